"""Never refuse what is feasible, never sell beyond the rules: moves between inspectors, places in surnombre, lanes."""

import asyncio
from collections import Counter
from datetime import date, timedelta
from itertools import product
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import TenantVue
from guichet.rdv.facade import Controle, RdvVue, Statut, cancel_rdv, disponibilites_centre, get_rdv
from guichet.rdv.questions.journee import list_surcharges
from guichet.rdv.tables import Rdv
from guichet.reseau.facade import CentreVue, ControleurVue, VehiculeType
from guichet.socle.database import Database
from guichet.socle.errors import Conflict, Forbidden, Invalid
from guichet.socle.horloge import frozen
from tests.identite.fabrique import make_tenant
from tests.rdv.fabrique import LUNDI, MAINTENANT, agent, at, autre_demande, book, demande, fill_reservable
from tests.rdv.test_course import attempt, overlaps
from tests.reseau.fabrique import fill_centre, fill_controleur

VL = [{"code": "VL", "valide_au": date(2099, 1, 1)}]
DEUX_ROUES = [{"code": "L", "valide_au": date(2099, 1, 1)}]
TOUT = [*VL, {"code": "Gaz", "valide_au": date(2099, 1, 1)}]


async def team(session: AsyncSession, *agrements: Any, **champs: Any) -> tuple[CentreVue, list[ControleurVue]]:
    centre = await fill_centre(session, **champs)
    return centre, [await fill_controleur(session, centre, agrements=a) for a in agrements]


async def inspector_of(session: AsyncSession, rdv: RdvVue) -> UUID | None:
    return await session.scalar(
        select(Rdv.controleur_id).where(Rdv.id == rdv.id).execution_options(populate_existing=True)
    )


async def give(session: AsyncSession, rdv: RdvVue, controleur: ControleurVue | None) -> None:
    await session.execute(
        text("update rdv.rdv set controleur_id = :c where id = :id"),
        {"c": controleur and controleur.id, "id": rdv.id},
    )


async def test_another_appointment_changes_inspector_to_make_room(session: AsyncSession, tenant: TenantVue):
    centre, (ordinaire, gaz) = await team(session, VL, TOUT)
    voiture = (await book(session, autre_demande(centre, 1))).rdv
    await give(session, voiture, gaz)
    au_gaz = (await book(session, autre_demande(centre, 2, carburant="Gaz"))).rdv
    assert au_gaz.controleur is not None
    assert au_gaz.controleur.id == gaz.id
    assert await inspector_of(session, voiture) == ordinaire.id
    requete = text("select payload from socle.messages where type = 'rdv.updated'")
    (deplace,) = (await session.execute(requete)).scalars()
    assert (deplace["champs"], deplace["raison"], deplace["avant_debut"]) == (["controleur"], "faisabilite", None)


@pytest.mark.parametrize("pourquoi", ["choisi", "commence"])
async def test_an_inspector_asked_for_by_name_or_under_way_stays(
    session: AsyncSession, tenant: TenantVue, pourquoi: str
):
    centre, (_ordinaire, gaz) = await team(session, VL, TOUT)
    if pourquoi == "choisi":
        voiture = (await book(session, autre_demande(centre, 1, controleur_id=gaz.id))).rdv
    else:
        voiture = (await book(session, autre_demande(centre, 1))).rdv
        await give(session, voiture, gaz)
        await session.execute(text("update rdv.rdv set statut = 'en_cours' where id = :id"), {"id": voiture.id})
    with pytest.raises(Conflict):
        await book(session, autre_demande(centre, 2, carburant="Gaz"))
    assert await inspector_of(session, voiture) == gaz.id


async def test_who_is_chosen_by_name_is_freed_for_it(session: AsyncSession, tenant: TenantVue):
    centre, (un, deux) = await team(session, VL, VL)
    autre = (await book(session, autre_demande(centre, 1))).rdv
    await give(session, autre, un)
    voulu = (await book(session, autre_demande(centre, 2, controleur_id=un.id))).rdv
    assert voulu.controleur is not None
    assert (voulu.controleur.id, await inspector_of(session, autre)) == (un.id, deux.id)


async def test_what_an_inspector_does_in_another_centre_is_not_touched(session: AsyncSession, tenant: TenantVue):
    centre, (ordinaire,) = await team(session, VL)
    ailleurs = await fill_centre(session)
    semaine = {"lundi": [{"debut": "08:00", "fin": "12:00"}]}
    travail = [{"centre_id": c.id, "horaires": semaine} for c in (centre, ailleurs)]
    partage = await fill_controleur(session, centre, agrements=TOUT, centres=travail)
    la_bas = (await book(session, autre_demande(ailleurs, 1))).rdv
    assert await inspector_of(session, la_bas) == partage.id
    assert (await book(session, autre_demande(centre, 2))).rdv.controleur is not None
    with pytest.raises(Conflict):
        await book(session, autre_demande(centre, 3, carburant="Gaz"))
    assert await inspector_of(session, la_bas) == partage.id
    del ordinaire


async def sold(session: AsyncSession, centre: CentreVue) -> dict[bool, int]:
    """How many appointments have an inspector, and how many are in surnombre."""
    requete = text("select surnombre, count(*) as n from rdv.rdv where centre_id = :c group by 1")
    return {ligne.surnombre: ligne.n for ligne in await session.execute(requete, {"c": centre.id})}


async def fill_day(session: AsyncSession, centre: CentreVue, n: int, depart: int = 0) -> list[RdvVue]:
    heures = [f"{h:02d}:{m:02d}" for h, m in product((8, 9, 10, 11, 14, 15, 16, 17), (0,))][:n]
    return [
        (await book(session, autre_demande(centre, depart + rang, heure_debut=heure))).rdv
        for rang, heure in enumerate(heures)
    ]


async def test_beyond_the_capacity_exactly_the_tolerance_is_sold_without_inspector(
    session: AsyncSession, tenant: TenantVue
):
    centre, _ = await team(session, VL, VL, VL, capacite_journaliere=20, reservation={"tolerance_surreservation": 10})
    for depart in (0, 8):
        await fill_day(session, centre, 8, depart)
    nominaux = await fill_day(session, centre, 4, 16)
    assert all(r.controleur is not None for r in nominaux)
    beyond = [(await book(session, autre_demande(centre, 30 + n, heure_debut="08:00"))).rdv for n in range(2)]
    assert [(r.surnombre, r.controleur) for r in beyond] == [(True, None)] * 2
    with pytest.raises(Conflict) as refus:
        await book(session, autre_demande(centre, 40))
    assert refus.value.extra["raison"] == "complet"
    with pytest.raises(Invalid) as hors:
        await book(session, autre_demande(centre, 41, heure_debut="13:00"))
    assert hors.value.code == "CRENEAU_HORS_HORAIRES"
    chef = agent(tenant.id, "ADMIN_CT", centre_ids=frozenset({centre.id}), agence_ids=frozenset({centre.agence_id}))
    plus = (await book(session, autre_demande(centre, 42, surnombre=True), chef)).rdv
    assert plus.surnombre
    audits = (await session.execute(text("select count(*) from socle.audit where action = 'rdv.surbook'"))).scalar_one()
    assert audits == 1


async def test_only_who_may_goes_beyond_the_tolerance(session: AsyncSession, tenant: TenantVue):
    centre, _ = await team(session, VL)
    for caller in (None, agent(tenant.id)):
        with pytest.raises(Forbidden):
            await book(session, demande(centre, surnombre=True), caller)


async def test_a_busy_start_is_not_surnombre_while_the_day_has_room(session: AsyncSession, tenant: TenantVue):
    centre, _ = await team(session, VL, capacite_journaliere=20, reservation={"tolerance_surreservation": 50})
    await book(session, autre_demande(centre, 1))
    with pytest.raises(Conflict) as refus:
        await book(session, autre_demande(centre, 2))
    assert (refus.value.extra["raison"], len(refus.value.extra["alternatives"])) == ("pris", 3)


async def test_surnombre_opens_when_no_start_is_left_and_counts_in_the_past_too(
    session: AsyncSession, tenant: TenantVue
):
    centre, _ = await team(session, VL, capacite_journaliere=20, reservation={"tolerance_surreservation": 10})
    for heure in ("08:00", "08:45", "09:30", "10:15", "11:00", "14:00", "14:45", "15:30", "16:15", "17:00"):
        await book(session, autre_demande(centre, int(heure[:2]) * 60 + int(heure[3:]), heure_debut=heure))
    libres = [(await book(session, autre_demande(centre, n, heure_debut="09:00"))).rdv.surnombre for n in (1, 2)]
    assert libres == [True, True]
    with pytest.raises(Conflict):
        await book(session, autre_demande(centre, 3))


async def test_a_freed_inspector_makes_the_surnombre_nominal(session: AsyncSession, tenant: TenantVue):
    centre, _ = await team(session, VL, capacite_journaliere=1, reservation={"tolerance_surreservation": 100})
    nominal = (await book(session, autre_demande(centre, 1))).rdv
    attend = (await book(session, autre_demande(centre, 2))).rdv
    assert attend.surnombre
    await cancel_rdv(session, rdv_id=nominal.id, appelant=agent(tenant.id))
    promu = await get_rdv(session, attend.id)
    assert (promu.surnombre, promu.controleur is not None) == (False, True)


async def test_a_dead_hold_serves_the_surnombre_before_a_newcomer(session: AsyncSession, tenant: TenantVue):
    centre, _ = await team(session, VL, capacite_journaliere=1, reservation={"tolerance_surreservation": 100})
    tenue = (await book(session, autre_demande(centre, 1))).rdv
    await session.execute(
        text("update rdv.rdv set statut = 'en_attente_paiement', expire_a = :e where id = :id"),
        {"id": tenue.id, "e": MAINTENANT + timedelta(minutes=5)},
    )
    attend = (await book(session, autre_demande(centre, 2))).rdv
    with frozen(MAINTENANT + timedelta(minutes=5)):
        nouveau = (await book(session, autre_demande(centre, 3))).rdv
        assert [(await get_rdv(session, r.id)).surnombre for r in (attend, nouveau)] == [False, True]
        assert (await get_rdv(session, tenue.id)).statut is Statut.ANNULE


async def listed(session: AsyncSession, centre: CentreVue) -> list[str]:
    vue = await disponibilites_centre(session, centre_id=centre.id, du=LUNDI)
    return [c.heure_debut for c in vue.jours[0].creneaux]


async def test_a_full_day_lists_what_can_still_be_had(session: AsyncSession, tenant: TenantVue):
    centre, _ = await team(session, VL, capacite_journaliere=1, reservation={"tolerance_surreservation": 100})
    assert "09:00" in await listed(session, centre)
    await book(session, autre_demande(centre, 1))
    en_surnombre = await listed(session, centre)
    assert (en_surnombre[0], en_surnombre[-1], len(en_surnombre)) == ("08:00", "17:15", 28)
    await book(session, autre_demande(centre, 2, heure_debut=en_surnombre[3]))
    assert await listed(session, centre) == []


async def test_a_start_that_needs_a_move_is_listed_when_no_other_is_left(session: AsyncSession, tenant: TenantVue):
    semaine = {"lundi": [{"debut": "08:00", "fin": "08:45"}]}
    centre = await fill_centre(session, reservation={"tolerance_surreservation": 0})
    travail = [{"centre_id": centre.id, "horaires": semaine}]
    ordinaire, moto = [
        await fill_controleur(session, centre, agrements=a, centres=travail) for a in (VL, [*VL, *DEUX_ROUES])
    ]
    voiture = (await book(session, autre_demande(centre, 1, heure_debut="08:00"))).rdv
    await give(session, voiture, moto)
    controle = Controle(vehicule_type=VehiculeType.MOTO)
    vue = await disponibilites_centre(session, centre_id=centre.id, du=LUNDI, controle=controle)
    assert [c.heure_debut for c in vue.jours[0].creneaux] == ["08:00", "08:15"]
    await book(session, autre_demande(centre, 2, heure_debut="08:15", vehicule_type="Moto"))
    assert await inspector_of(session, voiture) == ordinaire.id


async def test_lowering_the_capacity_cancels_nothing_and_stops_sales(session: AsyncSession, tenant: TenantVue):
    centre, _ = await team(session, VL, VL, reservation={"tolerance_surreservation": 0})
    await fill_day(session, centre, 3)
    await session.execute(text("update rdv.journee set capacite = 2"))
    with pytest.raises(Conflict) as refus:
        await book(session, autre_demande(centre, 9, heure_debut="17:00"))
    assert refus.value.extra["raison"] == "complet"
    assert (await session.execute(text("select count(*) from rdv.rdv where statut = 'confirme'"))).scalar_one() == 3
    assert await list_surcharges(session, centre_id=centre.id, du=LUNDI) == [(LUNDI, 3, 2)]


LIGNES = [
    {"nom": "Ligne 1", "vehicule_types": ["VP", "VU"]},
    {"nom": "Ligne 2", "vehicule_types": ["VU"]},
]


async def test_lanes_bound_what_runs_at_once_however_many_inspectors(session: AsyncSession, tenant: TenantVue):
    centre, _ = await team(session, VL, VL, VL, VL, equipements=LIGNES)
    await book(session, autre_demande(centre, 1))
    with pytest.raises(Conflict) as refus:
        await book(session, autre_demande(centre, 2, heure_debut="09:30"))
    assert refus.value.extra["raison"] == "lignes"
    assert "09:45" in {a["heure_debut"] for a in refus.value.extra["alternatives"]}
    await book(session, autre_demande(centre, 3, vehicule_type="VU"))
    with pytest.raises(Conflict):
        await book(session, autre_demande(centre, 4, vehicule_type="VU"))
    await book(session, autre_demande(centre, 5, heure_debut="09:45"))


async def test_a_closed_lane_lowers_the_number_while_it_is_closed(session: AsyncSession, tenant: TenantVue):
    centre, _ = await team(session, VL, VL, equipements=[LIGNES[0], {**LIGNES[0], "nom": "Ligne 3"}])
    await session.execute(
        text(
            "insert into rdv.voie_fermee (id, tenant_id, centre_id, masque, debut, fin)"
            " values (gen_random_uuid(), :t, :c, 3, :d, :f)"
        ),
        {"t": tenant.id, "c": centre.id, "d": at(9), "f": at(10)},
    )
    await book(session, autre_demande(centre, 1))
    with pytest.raises(Conflict):
        await book(session, autre_demande(centre, 2, heure_debut="09:15"))
    await book(session, autre_demande(centre, 3, heure_debut="10:00"))
    await book(session, autre_demande(centre, 4, heure_debut="10:00"))


async def test_a_race_for_a_full_day_sells_the_nominal_places_and_exactly_the_tolerance(database: Database):
    tenant = await make_tenant(database)
    for tour in range(4):
        async with database.transaction(tenant.id) as session:
            centre, _ = await fill_reservable(
                session, controleurs=2, capacite_journaliere=10, reservation={"tolerance_surreservation": 30},
            )  # fmt: skip
        demandes = [
            autre_demande(centre, tour * 30 + n, heure_debut=f"{8 + n % 4:02d}:00", date=LUNDI.isoformat())
            for n in range(30)
        ]
        issues = Counter(await asyncio.gather(*(attempt(database, tenant.id, d) for d in demandes)))
        async with database.transaction(tenant.id) as session:
            vendus = await sold(session, centre)
        assert set(issues) <= {"gagne", "CRENEAU_INDISPONIBLE", "OCCUPE"}
        assert vendus.get(False, 0) <= 8
        assert vendus.get(True, 0) == 0, "the day still had free starts in the afternoon"
    assert await overlaps(database, tenant.id) == 0


async def test_one_place_and_its_surnombre_are_sold_exactly_once_each(database: Database):
    tenant = await make_tenant(database)
    for tour in range(4):
        async with database.transaction(tenant.id) as session:
            centre, _ = await fill_reservable(
                session, capacite_journaliere=1, reservation={"tolerance_surreservation": 100}
            )
        demandes = [autre_demande(centre, tour * 20 + n) for n in range(20)]
        issues = Counter(await asyncio.gather(*(attempt(database, tenant.id, d) for d in demandes)))
        assert issues["gagne"] == 2, issues
        async with database.transaction(tenant.id) as session:
            assert await sold(session, centre) == {False: 1, True: 1}


async def test_moves_race_with_each_other_and_nobody_is_in_two_places(database: Database):
    tenant = await make_tenant(database)
    async with database.transaction(tenant.id) as session:
        centre, _ = await team(session, VL, VL, TOUT, TOUT, capacite_journaliere=1000)
    for tour in range(3):
        jour = (LUNDI + timedelta(days=7 * tour)).isoformat()
        demandes = [
            autre_demande(
                centre, tour * 40 + n, date=jour, heure_debut=f"{8 + n % 3:02d}:{n % 4 * 15:02d}",
                carburant="Gaz" if n % 3 else "Essence",
            )
            for n in range(30)
        ]  # fmt: skip
        issues = Counter(await asyncio.gather(*(attempt(database, tenant.id, d) for d in demandes)))
        assert set(issues) <= {"gagne", "CRENEAU_INDISPONIBLE", "OCCUPE"}, issues
    assert await overlaps(database, tenant.id) == 0


async def test_the_database_changing_its_mind_three_times_is_a_refusal_not_an_error(
    session: AsyncSession, tenant: TenantVue, monkeypatch: pytest.MonkeyPatch
):
    centre, (_ordinaire, gaz) = await team(session, VL, TOUT)
    voiture = (await book(session, autre_demande(centre, 1))).rdv
    await give(session, voiture, gaz)
    essais = []

    async def deadlock(*_: object, **__: object) -> None:
        essais.append(1)
        raise psycopg.errors.DeadlockDetected

    monkeypatch.setattr("guichet.rdv.actions.etages.lock_days", deadlock)
    with pytest.raises(Conflict) as refus:
        await book(session, autre_demande(centre, 2, carburant="Gaz"))
    assert (refus.value.code, len(essais)) == ("CRENEAU_INDISPONIBLE", 3)
