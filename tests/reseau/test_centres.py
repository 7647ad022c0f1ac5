"""Centres: opened, changed, refused, told about."""

import asyncio
from datetime import date
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import TenantVue
from guichet.reseau.facade import (
    CentreModification,
    CentreSaisie,
    CentreVue,
    Territoire,
    TypeControle,
    create_centre,
    find_centre,
    find_vitrine,
    get_centre,
    list_centres,
    update_centre,
)
from guichet.socle.database import Database, Role
from guichet.socle.errors import Conflict, Invalid, NotFound
from guichet.socle.ids import new_id
from tests.identite.fabrique import make_tenant
from tests.reseau.fabrique import JOURNEE, SEMAINE, centre_saisie, fill_agence, fill_centre, fill_controleur, unique

pytestmark = pytest.mark.usefixtures("tenant")


@pytest.fixture
async def tenant_of_its_own(database: Database) -> TenantVue:
    return await make_tenant(database)


async def told(session: AsyncSession) -> list[str]:
    return list(await session.scalars(text("select type from socle.messages order by id")))


async def told_about(session: AsyncSession, centre: CentreVue) -> list[str]:
    query = text("select type from socle.messages where payload->>'centre_id' = :id order by id")
    return list(await session.scalars(query, {"id": str(centre.id)}))


async def journal(session: AsyncSession, identifiant: UUID) -> list[tuple[str, Any, Any]]:
    query = text("select action, avant, apres from socle.audit where entite_id = :id order by id")
    return [(r.action, r.avant, r.apres) for r in await session.execute(query, {"id": str(identifiant)})]


async def change(session: AsyncSession, centre: CentreVue, **changes: Any) -> CentreVue:
    return await update_centre(session, centre.id, CentreModification.model_validate(changes))


def refused(error: pytest.ExceptionInfo[Any]) -> dict[str, str]:
    assert error.value.code == "CHAMPS_INVALIDES"
    champs: dict[str, str] = error.value.champs
    return champs


async def test_a_centre_is_opened_with_everything_set_on_it(session: AsyncSession):
    agence = await fill_agence(session)
    code = f"S{unique()}"
    centre = await fill_centre(
        session,
        agence,
        code_centre=f" {code.lower()} ",
        siret="732 829 320 00074",
        telephone="04 65 71 00 42",
        email="Lyon@Exemple.FR",
        site_web="exemple.fr/lyon",
        photo="/static/lyon.avif",
        capacite_journaliere=24,
        types_controle=["CTC", "CTP", "CTP"],
        exceptions=[
            {"type": "fermeture", "du": "2026-12-24", "plages": [{"debut": "16:00", "fin": "18:00"}]},
            {"type": "ouverture", "du": "2026-11-11", "plages": [{"debut": "09:00", "fin": "12:00"}], "motif": "Pont"},
        ],
        durees=[{"vehicule_type": "VP", "type_controle": "CTP", "minutes": 40}],
        equipements=[{"nom": "Ligne 1", "vehicule_types": ["VP", "VU"]}, {"nom": "Ligne 2", "vehicule_types": ["Moto"], "en_service": False}],
        reservation={"grille_minutes": 20, "validation_requise": True},
        note=4.6,
        nb_avis=120,
    )  # fmt: skip
    assert centre == await get_centre(session, centre.id)
    assert (centre.code_centre, centre.siret) == (code, "73282932000074")
    assert (centre.telephone, centre.email, centre.site_web) == (
        "+33465710042",
        "lyon@exemple.fr",
        "https://exemple.fr/lyon",
    )
    assert (centre.territoire, centre.fuseau, str(centre.zone)) == (
        Territoire.METROPOLE,
        "Europe/Paris",
        "Europe/Paris",
    )
    assert centre.types_controle == (TypeControle.CTP, TypeControle.CTC)
    assert [(e.nom, e.en_service) for e in centre.equipements] == [("Ligne 1", True), ("Ligne 2", False)]
    assert [t.montant for t in centre.tarifs] == [7900, 9900, 8900, 4500]
    assert (centre.durees[0].minutes, centre.reservation.grille_minutes, centre.note) == (40, 20, 4.6)
    assert centre.opening(date(2026, 11, 11)).plages[0].debut == 9 * 60
    assert centre.opening(date(2026, 12, 24)).plages[-1].fin == 16 * 60
    assert len(centre.opening_utc(date(2026, 11, 23))) == 2
    assert await told_about(session, centre) == ["centre.created"]
    assert [line[0] for line in await journal(session, centre.id)] == ["centre.create"]


async def test_the_public_sees_the_centre_at_once_and_what_changes(session: AsyncSession):
    centre = await fill_centre(session)
    shown = await find_vitrine(session, centre_id=centre.id)
    assert shown is not None
    assert (shown.nom, shown.prix_min, shown.vehicules, shown.reservable) == (centre.nom, 7900, ("VP", "VU"), False)
    await fill_controleur(session, centre)
    await change(session, centre, nom="Centre neuf", tarifs=[])
    shown = await find_vitrine(session, code=centre.code_centre)
    assert shown is not None
    assert (shown.nom, shown.prix_min, shown.vehicules, shown.reservable) == ("Centre neuf", None, (), True)
    await change(session, centre, actif=False)
    assert await find_vitrine(session, centre_id=centre.id) is None


async def test_overseas_the_postal_code_gives_territory_and_time_zone(session: AsyncSession):
    centre = await fill_centre(
        session, code_postal="97400", ville="Saint-Denis", telephone="0262 30 00 00", lat=-20.88, lon=55.45
    )
    assert (centre.territoire, centre.fuseau, centre.telephone) == (
        Territoire.REUNION,
        "Indian/Reunion",
        "+262262300000",
    )


async def test_a_territory_or_time_zone_may_be_said(session: AsyncSession):
    centre = await fill_centre(session, territoire="alsace-moselle", fuseau="Pacific/Tahiti")
    assert (centre.territoire, centre.fuseau) == (Territoire.ALSACE_MOSELLE, "Pacific/Tahiti")


async def test_a_move_to_another_territory_moves_the_hours(session: AsyncSession):
    centre = await fill_centre(session)
    moved = await change(session, centre, code_postal="67000", ville="Strasbourg")
    assert moved.territoire is Territoire.ALSACE_MOSELLE
    assert await told_about(session, centre) == ["centre.created", "centre.changed", "centre.horaires.changed"]


async def test_without_a_position_the_towns_is_taken_and_marked(session: AsyncSession):
    centre = await fill_centre(session, lat=None, lon=None)
    assert centre.position_approchee
    assert (round(centre.lat), round(centre.lon)) == (46, 5)
    again = await change(session, centre, nom="Autre nom", ville="Lyon")
    assert (again.position_approchee, again.lat) == (True, centre.lat)
    exact = await change(session, centre, lat=45.75, lon=4.85)
    assert not exact.position_approchee
    moved = await change(session, centre, code_postal="67000", ville="Strasbourg")
    assert (moved.position_approchee, round(moved.lat, 1)) == (True, 48.6)


@pytest.mark.parametrize(
    ("fields", "champ"),
    [
        ({"code_centre": "a"}, "code_centre"),
        ({"siret": "12345678901234"}, "siret"),
        ({"code_postal": "99999"}, "code_postal"),
        ({"telephone": "bonjour"}, "telephone"),
        ({"email": "lyon@"}, "email"),
        ({"site_web": "pas une adresse"}, "site_web"),
        ({"photo": "javascript:alert(1)"}, "photo"),
        ({"territoire": "atlantide"}, "territoire"),
        ({"fuseau": "America/New_York"}, "fuseau"),
        ({"lat": None}, "lat"),
        ({"lon": None}, "lon"),
        ({"lat": None, "lon": None, "code_postal": "97799", "ville": "Nulle part"}, "lat"),
        ({"agence_id": new_id()}, "agence_id"),
        ({"horaires": {"lundi": [{"debut": "12:00", "fin": "08:00"}]}}, "horaires.lundi.0.fin"),
        ({"exceptions": [{"type": "fermeture", "du": "2026-01-02", "au": "2026-01-01"}]}, "exceptions.0.au"),
        ({"exceptions": [{"type": "fermeture", "du": "2026-01-02", "au": "2027-06-01"}]}, "exceptions.0.au"),
        ({"exceptions": [{"type": "fermeture", "du": "2026-01-02", "plages": [{"debut": "8h", "fin": "9:00"}]}]}, "exceptions.0.plages.0.debut"),
        ({"exceptions": [{"type": "ouverture", "du": "2026-01-02", "controleur_ids": [str(new_id())]}]}, "exceptions.0.controleur_ids"),
        ({"tarifs": [{"vehicule_type": "VP", "prix": 1}, {"vehicule_type": "VP", "prix": 2}]}, "tarifs.1"),
        ({"tarifs": [{"vehicule_type": "VP", "type_controle": "CTC", "prix": 1}]}, "tarifs.0.type_controle"),
        ({"tarifs": [{"vehicule_type": "VP", "type_controle": "CVP", "prix": 1}]}, "tarifs.0.type_controle"),
        ({"durees": [{"vehicule_type": "VU", "carburant": "Electrique", "type_controle": "CTC", "minutes": 15}]}, "durees.0.type_controle"),
        ({"equipements": [{"nom": "A", "vehicule_types": ["VP"]}, {"nom": "a", "vehicule_types": ["VP"]}]}, "equipements.1.nom"),
        ({"equipements": [{"id": str(new_id()), "nom": "A", "vehicule_types": ["VP"]}]}, "equipements.0.id"),
    ],
)  # fmt: skip
async def test_what_is_badly_typed_names_its_field(session: AsyncSession, fields: dict[str, Any], champ: str):
    agence = await fill_agence(session)
    saisie = CentreSaisie.model_validate(centre_saisie(agence, **fields))
    with pytest.raises(Invalid) as error:
        await create_centre(session, saisie)
    assert list(refused(error)) == [champ]
    assert refused(error)[champ].endswith(".")


async def test_a_closed_agence_takes_no_new_centre_but_keeps_its_own(session: AsyncSession):
    agence = await fill_agence(session)
    centre = await fill_centre(session, agence)
    ferme = await fill_agence(session, actif=False)
    with pytest.raises(Invalid) as error:
        await change(session, centre, agence_id=ferme.id)
    assert list(refused(error)) == ["agence_id"]
    await session.execute(text("update reseau.agence set actif = false where id = :id"), {"id": agence.id})
    assert (await change(session, centre, nom="Toujours là")).nom == "Toujours là"


async def test_a_change_touches_only_what_is_given_and_tells_only_what_changed(session: AsyncSession):
    centre = await fill_centre(session, equipements=[{"nom": "Ligne 1", "vehicule_types": ["VP"]}])
    await change(session, centre, horaires={"lundi": JOURNEE})
    await change(session, centre, tarifs=[{"vehicule_type": "VP", "prix": 8000}])
    await change(session, centre, durees=[{"vehicule_type": "VP", "type_controle": "CTP", "minutes": 35}])
    await change(session, centre, exceptions=[{"type": "fermeture", "du": "2026-12-24"}])
    await change(session, centre, equipements=[])
    after = await change(session, centre, nom=centre.nom)
    assert (after.nom, after.version, len(after.tarifs)) == (centre.nom, 7, 1)
    assert await told_about(session, centre) == [
        "centre.created",
        "centre.horaires.changed",
        "centre.tarifs.changed",
        "centre.durees.changed",
        "centre.horaires.changed",
        "centre.equipements.changed",
    ]
    lines = await journal(session, centre.id)
    assert len(lines) == 6
    assert list(lines[1][2]) == ["horaires"]


async def test_a_lane_keeps_its_identity_when_it_is_changed(session: AsyncSession):
    centre = await fill_centre(
        session, equipements=[{"nom": "Ligne 1", "vehicule_types": ["VP"]}, {"nom": "Pont", "vehicule_types": ["Moto"]}]
    )
    ligne, pont = centre.equipements
    after = await change(
        session,
        centre,
        equipements=[
            {"nom": "PONT", "vehicule_types": ["Moto", "Cyclo"]},
            {"id": str(ligne.id), "nom": "Grande ligne", "vehicule_types": ["VP"], "en_service": False},
            {"nom": "Neuve", "vehicule_types": ["VU"]},
        ],
    )
    assert [e.id for e in after.equipements[:2]] == [pont.id, ligne.id]
    assert [(e.nom, e.en_service) for e in after.equipements] == [
        ("PONT", True),
        ("Grande ligne", False),
        ("Neuve", True),
    ]
    twice = [{"id": str(ligne.id), "nom": n, "vehicule_types": ["VP"]} for n in "AB"]
    with pytest.raises(Invalid) as error:
        await change(session, centre, equipements=twice)
    assert list(refused(error)) == ["equipements.1.id"]


async def test_a_lane_still_referred_to_goes_out_of_service_instead_of_away(
    tenant_of_its_own: TenantVue, database: Database, database_urls: dict[Role, str]
):
    async with database.transaction(tenant_of_its_own.id) as session:
        centre = await fill_centre(session, equipements=[{"nom": "Ligne 1", "vehicule_types": ["VP"]}])
    with psycopg.connect(database_urls[Role.MAINTENANCE], autocommit=True) as connection:
        connection.execute(
            "create table reseau.essai_reference (tenant_id uuid, equipement_id uuid,"
            " foreign key (tenant_id, equipement_id) references reseau.equipement (tenant_id, id))"
        )
        try:
            (ligne,) = centre.equipements
            connection.execute("insert into reseau.essai_reference values (%s, %s)", (centre.tenant_id, ligne.id))
            async with database.transaction(tenant_of_its_own.id) as session:
                after = await change(session, centre, equipements=[])
            assert [(e.id, e.en_service) for e in after.equipements] == [(ligne.id, False)]
        finally:
            connection.execute("drop table reseau.essai_reference")


async def test_two_lanes_may_swap_their_names(session: AsyncSession):
    centre = await fill_centre(session, equipements=[{"nom": n, "vehicule_types": ["VP"]} for n in ("A", "B")])
    a, b = centre.equipements
    after = await change(
        session, centre, equipements=[{"id": str(a.id), "nom": "B", "vehicule_types": ["VP"]}, {"id": str(b.id), "nom": "A", "vehicule_types": ["VP"]}]
    )  # fmt: skip
    assert [(e.id, e.nom) for e in after.equipements] == [(a.id, "B"), (b.id, "A")]


async def test_a_change_based_on_an_old_version_is_refused(session: AsyncSession):
    centre = await fill_centre(session)
    await change(session, centre, nom="Premier", version=1)
    with pytest.raises(Conflict) as error:
        await change(session, centre, nom="Second", version=1)
    assert (error.value.code, error.value.extra) == ("VERSION_PERIMEE", {"version": 2})


async def test_an_unknown_centre_is_not_found(session: AsyncSession):
    with pytest.raises(NotFound) as error:
        await update_centre(session, new_id(), CentreModification(nom="X"))
    assert error.value.code == "CENTRE_NOT_FOUND"
    assert await find_centre(session, new_id()) is None


async def test_another_tenant_neither_finds_nor_changes_a_centre(session: AsyncSession, database: Database):
    centre = await fill_centre(session)
    other = await make_tenant(database)
    async with database.transaction(other.id) as theirs:
        assert await list_centres(theirs) == []
        with pytest.raises(NotFound):
            await get_centre(theirs, centre.id)
        with pytest.raises(NotFound):
            await update_centre(theirs, centre.id, CentreModification(nom="X"))


async def test_a_code_is_unique_over_all_tenants(session: AsyncSession, tenant: TenantVue, database: Database):
    code = f"U{unique()}"
    other = await make_tenant(database)
    async with database.transaction(other.id) as theirs:
        await fill_centre(theirs, code_centre=code)
    with pytest.raises(Conflict) as error:
        await fill_centre(session, code_centre=code)
    assert (error.value.code, list(error.value.champs)) == ("CODE_CENTRE_PRIS", ["code_centre"])
    mine = await fill_centre(session)
    with pytest.raises(Conflict):
        await change(session, mine, code_centre=code)


async def test_of_ten_tenants_that_take_the_same_code_at_once_exactly_one_has_it(database: Database):
    code = f"R{unique()}"
    tenants = [await make_tenant(database) for _ in range(10)]

    async def take(tenant: TenantVue) -> bool:
        try:
            async with database.transaction(tenant.id) as session:
                await fill_centre(session, code_centre=code)
        except Conflict:
            return False
        return True

    assert sum(await asyncio.gather(*map(take, tenants))) == 1


async def test_lists_are_in_french_order_and_filtered(session: AsyncSession):
    agence, autre = await fill_agence(session), await fill_agence(session)
    for nom, where, fields in (
        ("Évreux", agence, {"code_postal": "27000", "ville": "Évreux"}),
        ("zone sud", agence, {"actif": False}),
        ("Étampes", autre, {"code_postal": "97400", "ville": "Saint-Denis", "lat": -20.9, "lon": 55.4}),
    ):
        await fill_centre(session, where, nom=nom, **fields)

    async def noms(**filters: Any) -> list[str]:
        return [c.nom for c in await list_centres(session, **filters)]

    assert await noms() == ["Étampes", "Évreux", "zone sud"]
    assert await noms(agence_id=agence.id) == ["Évreux", "zone sud"]
    assert await noms(actif=True) == ["Étampes", "Évreux"]
    assert await noms(territoire="la-reunion") == ["Étampes"]
    assert await noms(recherche="etam") == ["Étampes"]
    assert await noms(recherche="évreux") == ["Évreux"]
    assert await noms(recherche="974") == ["Étampes"]
    assert await noms(recherche="%") == ["Étampes", "Évreux", "zone sud"]
    first = (await list_centres(session, limite=1))[0]
    assert await noms(apres=(first.cle_tri, first.id)) == ["Évreux", "zone sud"]


async def test_what_is_stored_incomplete_is_asked_for_at_the_next_change(session: AsyncSession):
    centre = await fill_centre(session)
    await session.execute(text("update reseau.centre set adresse = '' where id = :id"), {"id": centre.id})
    with pytest.raises(Invalid) as error:
        await change(session, centre, horaires=SEMAINE)
    assert refused(error) == {"adresse": "À renseigner."}
