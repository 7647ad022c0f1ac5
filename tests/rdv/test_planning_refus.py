"""Whose planning it is, and what is refused: wrong fields, wrong tokens, wrong resolutions, wrong people."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import TenantVue
from guichet.rdv.actions.planning.acces import check_reader
from guichet.rdv.actions.planning.appliquer import apply_resolutions
from guichet.rdv.actions.planning.decider import (
    cancel_evenement,
    grant_evenement,
    refuse_evenement,
    update_evenement,
)
from guichet.rdv.actions.planning.demandes import ModificationEvenement
from guichet.rdv.facade import get_rdv
from guichet.rdv.metier.collisions import ActionCollision, Resolution
from guichet.rdv.metier.evenements import StatutEvenement
from guichet.rdv.questions.planning.evenements import get_evenement
from guichet.socle.acces import Appelant
from guichet.socle.errors import Conflict, Forbidden, Invalid, NotFound
from guichet.socle.horloge import frozen
from guichet.socle.ids import new_id
from tests.rdv.entrees import apply, booked, enter
from tests.rdv.fabrique import AUJOURDHUI, MAINTENANT, agent, at, fill_reservable


@pytest.fixture
def admin(tenant: TenantVue) -> Appelant:
    return agent(tenant.id, "ADMIN_TENANT")


@pytest.mark.parametrize(
    ("resolution", "code", "champ"),
    [
        (None, "RESOLUTIONS_INCOMPLETES", "resolutions"),
        ({"rdv_id": new_id()}, "CHAMPS_INVALIDES", "resolutions.0.rdv_id"),
        ({"action": ActionCollision.DEPLACER}, "RESOLUTIONS_INCOMPLETES", "resolutions.0.debut"),
        ({"action": ActionCollision.DEPLACER, "debut": at(10, 7)}, "CRENEAU_HORS_GRILLE", "resolutions.0.debut"),
        ({"action": ActionCollision.DEPLACER, "debut": at(6, jour=AUJOURDHUI)}, "CRENEAU_PASSE", "resolutions.0.debut"),
        (
            {"action": ActionCollision.DEPLACER, "debut": datetime.max.replace(tzinfo=at(8).tzinfo)},
            "PERIODE_INVALIDE",
            "resolutions.0.debut",
        ),
        ({"action": ActionCollision.DEPLACER, "debut": at(20)}, "RESOLUTION_IMPOSSIBLE", "resolutions.0"),
        ({"action": ActionCollision.REAFFECTER}, "RESOLUTION_IMPOSSIBLE", "resolutions.0"),
        (
            {"action": ActionCollision.REAFFECTER, "controleur_id": new_id()},
            "RESOLUTION_IMPOSSIBLE",
            "resolutions.0",
        ),
    ],
)
async def test_a_wrong_resolution_is_refused_on_its_field_and_nothing_is_written(
    session: AsyncSession, tenant: TenantVue, admin: Appelant, resolution: Any, code: str, champ: str
):
    centre, _ = await fill_reservable(session)
    pris = await booked(session, centre, 1)
    issue = await enter(session, admin, centre_id=centre.id)
    base = {"rdv_id": pris.rdv.id, "action": ActionCollision.ANNULER}
    with pytest.raises(Invalid) as refus:
        async with session.begin_nested():
            await apply(session, admin, issue, [] if resolution is None else [Resolution(**(base | resolution))])
    assert refus.value.code == code
    assert champ in refus.value.champs
    assert (await get_evenement(session, issue.evenement.id)).statut is StatutEvenement.EN_ATTENTE
    assert (await get_rdv(session, pris.rdv.id)).debut == at(9)


async def test_a_token_belongs_to_its_entry_its_version_and_its_day(
    session: AsyncSession, tenant: TenantVue, admin: Appelant
):
    centre, _ = await fill_reservable(session)
    await booked(session, centre, 1)
    issue = await enter(session, admin, centre_id=centre.id)
    autre = await enter(session, admin, centre_id=centre.id)
    for jeton in ("", "abc", issue.jeton[:-2], autre.jeton):
        with pytest.raises(Invalid) as refus:
            await apply_resolutions(
                session, evenement_id=issue.evenement.id, jeton=jeton, resolutions=[], appelant=admin
            )
        assert refus.value.code == "JETON_INVALIDE"
    with frozen(MAINTENANT + timedelta(hours=25)), pytest.raises(Invalid, match="jeton"):
        await apply(session, admin, issue)
    plus_long = ModificationEvenement(fin=at(11))
    change = await update_evenement(
        session, evenement_id=issue.evenement.id, modification=plus_long, version=1, appelant=admin
    )
    assert (change.evenement.version, len(change.collisions)) == (2, 1)
    assert (await apply(session, admin, issue)).perime
    assert (await apply(session, admin, change)).evenement.fin == at(11)
    await cancel_evenement(session, evenement_id=autre.evenement.id, appelant=admin)
    with pytest.raises(Conflict) as fini:
        await apply(session, admin, autre)
    assert fini.value.code == "ETAT_INCOMPATIBLE"


async def test_a_refused_leave_keeps_its_reason_and_cannot_be_granted_after(
    session: AsyncSession, tenant: TenantVue, admin: Appelant
):
    centre, (anne,) = await fill_reservable(session)
    elle = agent(tenant.id, "CONTROLEUR", user_id=anne.user_id, centre_ids=[centre.id])
    demande = (await enter(session, elle, "conge")).evenement
    for vide in ("", "  ", "x" * 201, "a\x00b"):
        with pytest.raises(Invalid) as sans:
            await refuse_evenement(session, evenement_id=demande.id, raison=vide, appelant=admin)
        assert list(sans.value.champs) == ["raison"]
    for _fois in range(2):
        refusee = await refuse_evenement(session, evenement_id=demande.id, raison="Trop tard", appelant=admin)
        assert (refusee.statut, refusee.refus) == (StatutEvenement.REFUSEE, "Trop tard")
    for action in (
        grant_evenement(session, evenement_id=demande.id, appelant=admin),
        update_evenement(
            session, evenement_id=demande.id, modification=ModificationEvenement(), version=None, appelant=admin
        ),
    ):
        with pytest.raises(Conflict) as fini:
            await action
        assert fini.value.code == "ETAT_INCOMPATIBLE"
    bloc = (await enter(session, admin, centre_id=centre.id)).evenement
    with pytest.raises(Conflict):
        await refuse_evenement(session, evenement_id=bloc.id, raison="Non", appelant=admin)


async def test_an_inspector_acts_on_their_own_requests_only(session: AsyncSession, tenant: TenantVue, admin: Appelant):
    centre, (anne, bruno) = await fill_reservable(session, controleurs=2)
    elle = agent(tenant.id, "CONTROLEUR", user_id=anne.user_id, centre_ids=[centre.id])
    lui = agent(tenant.id, "CONTROLEUR", user_id=bruno.user_id, centre_ids=[centre.id])
    personne = agent(tenant.id, "CONTROLEUR", centre_ids=[centre.id])
    for qui, genre, cible in (
        (elle, "blocage", {"centre_id": centre.id}),
        (elle, "absence", {"controleur_id": anne.id}),
        (elle, "conge", {"controleur_id": bruno.id}),
        (personne, "conge", {}),
    ):
        with pytest.raises(Forbidden) as refus:
            await enter(session, qui, genre, **cible)
        assert refus.value.code == "CONGE_SEUL"
    demande = (await enter(session, elle, "conge", controleur_id=anne.id)).evenement
    plus_tot = ModificationEvenement(debut=at(7), recurrence="FREQ=DAILY;COUNT=2", motif="Enfant")
    change = await update_evenement(
        session, evenement_id=demande.id, modification=plus_tot, version=None, appelant=elle
    )
    assert (change.evenement.statut, change.evenement.debut) == (StatutEvenement.DEMANDE, at(7))
    with pytest.raises(NotFound):
        await cancel_evenement(session, evenement_id=demande.id, appelant=lui)
    for _fois in range(2):
        retire = await cancel_evenement(session, evenement_id=demande.id, appelant=elle)
        assert retire.evenement.statut is StatutEvenement.ANNULE
    valide = (await enter(session, admin, "conge", controleur_id=anne.id)).evenement
    assert valide.statut is StatutEvenement.VALIDEE
    with pytest.raises(Forbidden) as decide:
        await cancel_evenement(session, evenement_id=valide.id, appelant=elle)
    assert decide.value.code == "CONGE_DEJA_DECIDE"


async def test_a_leave_is_read_by_its_person_and_by_nobody_without_a_planning_to_see(
    session: AsyncSession, tenant: TenantVue, admin: Appelant
):
    centre, (anne,) = await fill_reservable(session)
    conge = (await enter(session, admin, "conge", controleur_id=anne.id)).evenement
    # Her account may have lost every perimeter: her own leave stays hers.
    await check_reader(session, agent(tenant.id, "CONTROLEUR", user_id=anne.user_id), conge)
    client = Appelant(tenant_id=tenant.id, user_id=new_id(), role="CLIENT")
    with pytest.raises(NotFound):
        await check_reader(session, client, conge)
    # A leave has no centre: those of her centres see it, those of others do not.
    du_centre, ailleurs = (agent(tenant.id, "ADMIN_CT", centre_ids=[c]) for c in (centre.id, new_id()))
    await check_reader(session, du_centre, conge)
    with pytest.raises(Forbidden):
        await check_reader(session, ailleurs, conge)


async def test_a_perimeter_is_the_centre_or_the_home_centre(session: AsyncSession, tenant: TenantVue, admin: Appelant):
    centre, (anne,) = await fill_reservable(session)
    autre, _ = await fill_reservable(session)
    chef = agent(tenant.id, "ADMIN_CT", centre_ids=[autre.id])
    for cible in ({"centre_id": centre.id}, {"controleur_id": anne.id}):
        with pytest.raises(Forbidden) as refus:
            await enter(session, chef, **cible)
        assert refus.value.code == "HORS_PERIMETRE"
    assert (await enter(session, chef, centre_id=autre.id)).evenement.statut is StatutEvenement.ACTIF


def wrong(**fields: Any) -> dict[str, Any]:
    return fields


@pytest.mark.parametrize(
    ("fields", "code", "champ"),
    [
        (wrong(), "CIBLE_REQUISE", "centre_id"),
        (wrong(genre="conge"), "CIBLE_REQUISE", "controleur_id"),
        (wrong(genre="ouverture", controleur_id="anne"), "CIBLE_REQUISE", "centre_id"),
        (wrong(centre_id="vide", genre="ouverture"), "OUVERTURE_SANS_CONTROLEUR", "controleur_id"),
        (wrong(centre_id="vide", controleur_id="anne"), "CONTROLEUR_HORS_CENTRE", "controleur_id"),
        (wrong(centre_id="centre", equipement_id=new_id()), "EQUIPEMENT_INCONNU", "equipement_id"),
        (wrong(controleur_id="anne", equipement_id=new_id()), "EQUIPEMENT_INATTENDU", "equipement_id"),
        (wrong(equipement_id=new_id()), "CIBLE_REQUISE", "centre_id"),
        (wrong(centre_id="centre", motif=" "), "MOTIF_REQUIS", "motif"),
        (wrong(centre_id="centre", fin=at(8)), "PERIODE_INVALIDE", "fin"),
        (wrong(centre_id="centre", fin=at(8, jour=date(2028, 1, 1))), "PERIODE_TROP_LONGUE", "fin"),
        (wrong(centre_id="centre", debut=at(8, jour=date(2026, 11, 2)), fin=at(9, jour=date(2026, 11, 2))), "PERIODE_PASSEE", "fin"),
        (wrong(centre_id="centre", debut=at(8, jour=date(2029, 1, 1)), fin=at(9, jour=date(2029, 1, 1))), "PERIODE_TROP_LOINTAINE", "debut"),
        (wrong(centre_id="centre", debut=datetime.min.replace(tzinfo=at(8).tzinfo)), "PERIODE_INVALIDE", "debut"),
        (wrong(centre_id="centre", fin=datetime.max.replace(tzinfo=at(8).tzinfo)), "PERIODE_INVALIDE", "fin"),
        (wrong(centre_id="centre", recurrence="FREQ=YEARLY;COUNT=2"), "RECURRENCE_INVALIDE", "recurrence"),
        (wrong(centre_id="centre", recurrence="FREQ=DAILY"), "RECURRENCE_INVALIDE", "recurrence"),
    ],
)  # fmt: skip
async def test_bad_input_is_refused_on_its_field(
    session: AsyncSession, tenant: TenantVue, admin: Appelant, fields: dict[str, Any], code: str, champ: str
):
    centre, (anne,) = await fill_reservable(session)
    vide, _ = await fill_reservable(session, controleurs=0)
    noms = {"centre": centre.id, "vide": vide.id, "anne": anne.id}
    values = {cle: noms.get(v, v) if isinstance(v, str) else v for cle, v in fields.items()}
    with pytest.raises(Invalid) as refus:
        await enter(session, admin, values.pop("genre", "blocage"), **values)
    assert champ in refus.value.champs
    assert refus.value.code in {code, "CHAMPS_INVALIDES"}


async def test_unknown_places_and_people_are_not_found(session: AsyncSession, tenant: TenantVue, admin: Appelant):
    for fields in ({"centre_id": new_id()}, {"controleur_id": new_id()}):
        with pytest.raises(NotFound):
            await enter(session, admin, **fields)
    with pytest.raises(NotFound) as refus:
        await grant_evenement(session, evenement_id=new_id(), appelant=admin)
    assert refus.value.code == "PLANNING_NOT_FOUND"
