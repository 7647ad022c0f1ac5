"""Inspectors: enrolled, linked, moved, renamed; what they may inspect."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import TenantVue, create_user, get_user, update_user
from guichet.reseau.actions.controleurs import rename_controleur
from guichet.reseau.facade import (
    ControleurModification,
    ControleurVue,
    agrements_valides,
    find_controleur,
    find_vitrine,
    get_controleur,
    list_controleurs,
    list_titres,
    update_controleur,
)
from guichet.reseau.permissions import Perimetre
from guichet.socle.database import Database
from guichet.socle.errors import Conflict, Invalid, NotFound
from guichet.socle.ids import new_id
from tests.identite.fabrique import make_tenant
from tests.reseau.fabrique import JOURNEE, fill_centre, fill_controleur

pytestmark = pytest.mark.usefixtures("tenant")
FIN = date(2027, 6, 30)


async def change(session: AsyncSession, controleur: ControleurVue, **changes: Any) -> ControleurVue:
    return await update_controleur(session, controleur.id, ControleurModification.model_validate(changes))


async def told(session: AsyncSession) -> list[str]:
    query = text("select type from socle.messages where type like 'controleur.%' or type = 'user.invited' order by id")
    return list(await session.scalars(query))


async def test_an_inspector_is_enrolled_with_account_hours_and_accreditations(session: AsyncSession):
    maison, autre = await fill_centre(session), await fill_centre(session)
    controleur = await fill_controleur(
        session,
        maison,
        email="Claude.Essai@exemple.fr",
        matricule="M-1",
        telephone="0612345678",
        centres=[{"centre_id": autre.id, "horaires": {"mardi": JOURNEE}}],
        agrements=[
            {"code": "VL", "valide_du": "2025-07-01", "valide_au": FIN},
            {"code": "Gaz", "valide_au": "2026-01-31"},
        ],
        habilitations=[{"code": "haute tension", "valide_au": FIN}],
    )
    assert controleur == await get_controleur(session, controleur.id)
    assert controleur == await find_controleur(session, controleur.user_id)
    assert [(t.code, t.valide_au) for t in controleur.agrements] == [("Gaz", date(2026, 1, 31)), ("VL", FIN)]
    assert [t.code for t in controleur.habilitations] == ["HAUTE_TENSION"]
    assert [(t.centre_id, t.horaires is None) for t in controleur.centres] == [(maison.id, True), (autre.id, False)]
    user = await get_user(session, user_id=controleur.user_id)
    assert (user.role, user.email, user.nom) == ("CONTROLEUR", "claude.essai@exemple.fr", "Essai")
    assert set(user.centre_ids) == {maison.id, autre.id}
    assert set(user.agence_ids) == {maison.agence_id, autre.agence_id}
    assert await told(session) == ["controleur.created"]


async def test_enrolling_invites_by_mail(session: AsyncSession):
    from guichet.reseau.facade import ControleurSaisie, create_controleur  # noqa: PLC0415

    centre = await fill_centre(session)
    saisie = ControleurSaisie(email="neuf@exemple.fr", nom="Neuf", centre_id=centre.id)
    await create_controleur(session, saisie)
    assert await told(session) == ["user.invited", "controleur.created"]


async def test_an_existing_customer_becomes_the_inspector(session: AsyncSession):
    centre = await fill_centre(session)
    user = await create_user(
        session, email="client@exemple.fr", nom="Martin", prenom="Zoé", role="CLIENT", inviter=False
    )
    controleur = await fill_controleur(session, centre, email="client@exemple.fr", nom="Autre")
    assert (controleur.user_id, controleur.nom, controleur.prenom) == (user.id, "Martin", "Zoé")
    assert (await get_user(session, user_id=user.id)).role == "CONTROLEUR"


async def test_enrolling_an_administrator_never_widens_what_he_administers(session: AsyncSession):
    sien, autre = await fill_centre(session), await fill_centre(session)
    admin = await create_user(
        session, email="admin@exemple.fr", nom="A", role="ADMIN_CT", centre_ids=[sien.id], inviter=False
    )
    controleur = await fill_controleur(session, autre, email="admin@exemple.fr")
    await change(session, controleur, centres=[{"centre_id": sien.id}])
    after = await get_user(session, user_id=admin.id)
    assert (after.role, after.centre_ids, after.agence_ids) == ("ADMIN_CT", (sien.id,), ())


async def test_enrolling_does_not_open_a_closed_administrators_account(session: AsyncSession):
    centre = await fill_centre(session)
    admin = await create_user(session, email="parti@exemple.fr", nom="A", role="CALL_CENTER", inviter=False)
    await update_user(session, user_id=admin.id, actif=False)
    with pytest.raises(Conflict) as error:
        await fill_controleur(session, centre, email="parti@exemple.fr")
    assert error.value.code == "COMPTE_DESACTIVE"


async def test_a_person_is_one_inspector_only(session: AsyncSession):
    centre = await fill_centre(session)
    await fill_controleur(session, centre, email="un@exemple.fr", matricule="7")
    with pytest.raises(Conflict) as error:
        await fill_controleur(session, centre, email="un@exemple.fr")
    assert error.value.code == "CONTROLEUR_EXISTANT"
    with pytest.raises(Conflict) as error:
        await fill_controleur(session, centre, matricule="7")
    assert error.value.code == "MATRICULE_PRIS"
    second = await fill_controleur(session, centre)
    with pytest.raises(Conflict) as error:
        await change(session, second, matricule="7")
    assert error.value.code == "MATRICULE_PRIS"


@pytest.mark.parametrize(
    ("fields", "champ"),
    [
        ({"centre_id": new_id()}, "centre_id"),
        ({"centres": [{"centre_id": str(new_id())}]}, "centres.0.centre_id"),
        (
            {"agrements": [{"code": "VL", "valide_du": "2026-02-01", "valide_au": "2026-01-01"}]},
            "agrements.0.valide_au",
        ),
        ({"agrements": [{"code": "VL", "valide_au": "2026-01-01"}] * 2}, "agrements.1"),
        ({"habilitations": [{"code": "é", "valide_au": "2026-01-01"}]}, "habilitations.0.code"),
    ],
)
async def test_what_is_badly_typed_names_its_field(session: AsyncSession, fields: dict[str, Any], champ: str):
    centre = await fill_centre(session)
    with pytest.raises(Invalid) as error:
        await fill_controleur(session, centre, **fields)
    assert list(error.value.champs) == [champ]


async def test_hours_in_a_centre_given_twice_are_refused(session: AsyncSession):
    centre = await fill_centre(session)
    with pytest.raises(Invalid) as error:
        await fill_controleur(
            session,
            centre,
            centres=[
                {"centre_id": centre.id},
                {"centre_id": centre.id, "horaires": {"lundi": [{"debut": "9", "fin": "10:00"}]}},
            ],
        )
    assert list(error.value.champs) == ["centres.1.centre_id", "centres.1.horaires.lundi.0.debut"]


async def test_a_change_moves_the_person_the_account_and_the_vitrine(session: AsyncSession):
    maison, autre = await fill_centre(session), await fill_centre(session)
    controleur = await fill_controleur(
        session, maison, centres=[{"centre_id": maison.id, "horaires": {"lundi": JOURNEE}}]
    )
    moved = await change(
        session, controleur, centre_id=autre.id, nom="Nouveau", agrements=[], habilitations=[], version=1
    )
    assert [t.centre_id for t in moved.centres] == [autre.id, maison.id]
    assert moved.centres[1].horaires is not None
    assert (moved.nom, moved.agrements, moved.version) == ("Nouveau", (), 2)
    user = await get_user(session, user_id=moved.user_id)
    assert (user.nom, set(user.centre_ids)) == ("Nouveau", {maison.id, autre.id})
    left = await change(session, moved, centres=[])
    assert [t.centre_id for t in left.centres] == [autre.id]
    shown = [await find_vitrine(session, centre_id=c.id) for c in (maison, autre)]
    assert [s is not None and s.reservable for s in shown] == [False, True]
    await change(session, left, actif=False)
    shown = [await find_vitrine(session, centre_id=c.id) for c in (maison, autre)]
    assert [s is not None and s.reservable for s in shown] == [False, False]
    assert await told(session) == ["controleur.created", *["controleur.changed"] * 3]


async def test_saving_the_same_again_tells_nobody(session: AsyncSession):
    controleur = await fill_controleur(session, await fill_centre(session))
    after = await change(session, controleur, nom=controleur.nom)
    assert after.version == 2
    assert await told(session) == ["controleur.created"]
    with pytest.raises(Conflict):
        await change(session, controleur, nom="Tard", version=1)


async def test_the_name_follows_the_account(session: AsyncSession):
    controleur = await fill_controleur(session, await fill_centre(session))
    await rename_controleur(session, user_id=controleur.user_id, nom="Élan", prenom="Ève")
    after = await get_controleur(session, controleur.id)
    assert (after.nom, after.cle_tri) == ("Élan", "elan eve")
    await rename_controleur(session, user_id=new_id(), nom="X", prenom="Y")


async def test_accreditations_of_a_day(session: AsyncSession):
    maison, autre = await fill_centre(session), await fill_centre(session)
    a = await fill_controleur(
        session, maison, agrements=[{"code": "VL", "valide_au": FIN}, {"code": "L", "valide_au": "2026-01-01"}]
    )
    b = await fill_controleur(session, autre)
    parti = await fill_controleur(session, maison, actif=False)
    assert await agrements_valides(session, jour=FIN, centre_id=maison.id) == {a.id: frozenset({"VL"})}
    nommes = await agrements_valides(session, jour=FIN, controleur_ids=[b.id, parti.id])
    assert nommes == {b.id: frozenset({"VL", "L", "Gaz"})}
    assert {t.controleur_id for t in await list_titres(session)} == {a.id, b.id}


async def test_lists_are_in_french_order_and_filtered(session: AsyncSession):
    maison, autre = await fill_centre(session), await fill_centre(session)
    eva = await fill_controleur(session, maison, nom="Évrard", matricule="E7")
    await fill_controleur(session, autre, nom="Zola", centres=[{"centre_id": maison.id}])
    await fill_controleur(session, autre, nom="Aubin", actif=False)

    async def noms(**filters: Any) -> list[str]:
        return [c.nom for c in await list_controleurs(session, **filters)]

    assert await noms() == ["Aubin", "Évrard", "Zola"]
    assert await noms(centre_id=maison.id) == ["Évrard", "Zola"]
    assert await noms(actif=True) == ["Évrard", "Zola"]
    assert await noms(recherche="evr") == ["Évrard"]
    assert await noms(recherche="E7") == ["Évrard"]
    assert await noms(controleur_ids=[eva.id]) == ["Évrard"]
    assert await noms(apres=(eva.cle_tri, eva.id)) == ["Zola"]
    assert await noms(perimetre=Perimetre(tout=False, centres=frozenset({autre.id}))) == ["Aubin", "Zola"]
    assert await noms(perimetre=Perimetre(tout=False, agences=frozenset({maison.agence_id}))) == ["Évrard", "Zola"]


async def test_another_tenant_neither_sees_nor_changes_an_inspector(session: AsyncSession, database: Database):
    controleur = await fill_controleur(session, await fill_centre(session))
    other: TenantVue = await make_tenant(database)
    async with database.transaction(other.id) as theirs:
        assert await list_controleurs(theirs) == []
        assert await find_controleur(theirs, controleur.user_id) is None
        for attempt in (get_controleur(theirs, controleur.id), change(theirs, controleur, nom="X")):
            with pytest.raises(NotFound) as error:
                await attempt
            assert error.value.code == "CONTROLEUR_NOT_FOUND"
