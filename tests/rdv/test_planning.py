"""Entering, granting, refusing, changing and taking back entries of plannings, and what is in their way."""

from datetime import date, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import TenantVue
from guichet.rdv.actions.planning.decider import (
    cancel_evenement,
    grant_evenement,
    update_evenement,
)
from guichet.rdv.actions.planning.demandes import ModificationEvenement
from guichet.rdv.facade import MotifAnnulation, Statut, get_rdv
from guichet.rdv.metier.collisions import ActionCollision, Resolution
from guichet.rdv.metier.evenements import StatutEvenement
from guichet.rdv.questions.planning.evenements import get_evenement
from guichet.reseau.facade import CentreVue, ControleurModification, ControleurVue, update_controleur
from guichet.socle.acces import Appelant
from guichet.socle.errors import Conflict, Invalid
from guichet.socle.horloge import frozen
from guichet.socle.ids import new_id
from tests.rdv.entrees import apply, booked, enter, told
from tests.rdv.fabrique import LUNDI, MAINTENANT, agent, at, autre_demande, book, fill_reservable
from tests.reseau.fabrique import fill_controleur


@pytest.fixture
def admin(tenant: TenantVue) -> Appelant:
    return agent(tenant.id, "ADMIN_TENANT")


async def test_a_block_without_appointments_acts_at_once_and_is_told(
    session: AsyncSession, tenant: TenantVue, admin: Appelant
):
    centre, _ = await fill_reservable(session)
    issue = await enter(session, admin, centre_id=centre.id)
    assert (issue.evenement.statut, issue.collisions) == (StatutEvenement.ACTIF, ())
    assert (await get_evenement(session, issue.evenement.id)) == issue.evenement
    with pytest.raises(Conflict) as refus:
        await booked(session, centre, 1)
    assert refus.value.extra["raison"] == "bloque"
    assert [m["du"] for m in await told(session, "planning.changed")] == [LUNDI.isoformat()]


async def test_a_block_with_appointments_waits_and_lists_them(
    session: AsyncSession, tenant: TenantVue, admin: Appelant
):
    centre, _ = await fill_reservable(session)
    pris = await booked(session, centre, 1)
    issue = await enter(session, admin, centre_id=centre.id)
    assert issue.evenement.statut is StatutEvenement.EN_ATTENTE
    assert (await get_evenement(session, issue.evenement.id)).statut is StatutEvenement.EN_ATTENTE
    (collision,) = issue.collisions
    assert (collision.rdv.id, collision.controleurs) == (pris.rdv.id, ())
    assert [c.debut for c in collision.creneaux] == [at(14), at(14, 15), at(14, 30)]
    assert collision.proposition.action is ActionCollision.DEPLACER
    # Nothing is blocked, nothing has moved.
    assert (await get_rdv(session, pris.rdv.id)).controleur == pris.rdv.controleur
    await booked(session, centre, 2, "10:00")
    assert await told(session, "planning.changed") == []


async def test_the_proposals_of_a_dry_run_hold_together_and_apply_as_they_are(
    session: AsyncSession, tenant: TenantVue, admin: Appelant
):
    centre, _ = await fill_reservable(session, controleurs=2)
    pris = [await booked(session, centre, n, f"{h:02d}:00") for n, h in enumerate((8, 8, 9, 10, 11))]
    issue = await enter(session, admin, centre_id=centre.id)
    assert len(issue.collisions) == 5
    assert {c.proposition.action for c in issue.collisions} == {ActionCollision.DEPLACER}
    fait = await apply(session, admin, issue)
    assert (fait.evenement.statut, fait.collisions) == (StatutEvenement.ACTIF, ())
    apres = [await get_rdv(session, p.rdv.id) for p in pris]
    assert all(r.statut is Statut.CONFIRME and r.controleur and not r.surnombre for r in apres)
    assert all(r.debut >= at(14) for r in apres)
    assert all(r.sequence == 1 for r in apres)
    messages = await told(session, "rdv.updated")
    assert {m["rdv_id"] for m in messages} == {str(r.id) for r in apres}
    assert all(m["raison"] == "planning" and m["avant_debut"] for m in messages)
    assert len(await told(session, "planning.changed")) == 1
    # The same token again: the same answer, nothing more.
    encore = await apply(session, admin, issue)
    assert (encore.evenement.statut, len(await told(session, "rdv.updated"))) == (StatutEvenement.ACTIF, 5)


async def test_what_nobody_and_no_hour_can_take_is_proposed_for_cancellation_by_the_centre(
    session: AsyncSession, tenant: TenantVue, admin: Appelant
):
    un_jour = {"horaires": {"lundi": [{"debut": "08:00", "fin": "12:00"}]}, "reservation": {"horizon_jours": 3}}
    centre, _ = await fill_reservable(session, **un_jour)
    pris = await booked(session, centre, 1)
    issue = await enter(session, admin, centre_id=centre.id)
    (collision,) = issue.collisions
    assert (collision.proposition.action, collision.creneaux, collision.controleurs) == (
        ActionCollision.ANNULER, (), (),
    )  # fmt: skip
    await apply(session, admin, issue)
    annule = await get_rdv(session, pris.rdv.id)
    assert (annule.statut, annule.annule_motif) == (Statut.ANNULE, MotifAnnulation.CENTRE)


async def test_leave_is_asked_for_then_granted_when_everybody_can_go_to_somebody_else(
    session: AsyncSession, tenant: TenantVue, admin: Appelant
):
    centre, equipe = await fill_reservable(session, controleurs=2)
    pris = [await booked(session, centre, n, h) for n, h in enumerate(("08:00", "08:00", "09:00", "10:00"))]
    anne = next(c for c in equipe if c.id == pris[0].rdv.controleur.id)
    elle = agent(tenant.id, "CONTROLEUR", user_id=anne.user_id, centre_ids=[centre.id])
    demande = await enter(session, elle, "conge", at(9), at(20))
    assert (demande.evenement.statut, demande.evenement.controleur_id) == (StatutEvenement.DEMANDE, anne.id)
    assert demande.collisions == ()
    issue = await grant_evenement(session, evenement_id=demande.evenement.id, appelant=admin)
    siens = {p.rdv.id for p in pris if p.rdv.controleur.id == anne.id and p.rdv.debut >= at(9)}
    assert {c.rdv.id for c in issue.collisions} == siens
    assert siens
    assert all(c.proposition.action is ActionCollision.REAFFECTER for c in issue.collisions)
    assert all([q.id for q in c.controleurs] != [anne.id] for c in issue.collisions)
    assert (await get_evenement(session, demande.evenement.id)).statut is StatutEvenement.DEMANDE
    fait = await apply(session, admin, issue)
    assert (fait.evenement.statut, fait.evenement.decide_par) == (StatutEvenement.VALIDEE, admin.user_id)
    for rdv_id in siens:
        rdv = await get_rdv(session, rdv_id)
        assert (rdv.controleur.id != anne.id, rdv.sequence) == (True, 0)
    messages = await told(session, "rdv.updated")
    assert [m["champs"] for m in messages] == [["controleur"]] * len(siens)
    # Granted already: the same answer.
    encore = await grant_evenement(session, evenement_id=demande.evenement.id, appelant=admin)
    assert encore.evenement == fait.evenement


async def test_an_appointment_goes_to_somebody_by_moving_another_one(
    session: AsyncSession, tenant: TenantVue, admin: Appelant
):
    """Anne (VL) leaves; Bruno (VL, Gaz) has a petrol car Chloé could take, but Chloé may not take the gas one."""
    vl = [{"code": "VL", "valide_au": date(2099, 12, 31)}]
    centre, _ = await fill_reservable(session, controleurs=0)
    gaz = [*vl, {"code": "Gaz", "valide_au": date(2099, 12, 31)}]
    anne = await fill_controleur(session, centre, agrements=gaz)
    bruno = await fill_controleur(session, centre, agrements=gaz)
    pris_gaz = await book(session, autre_demande(centre, 1, carburant="Gaz", controleur_id=anne.id))
    essence = await booked(session, centre, 2)
    chloe = await fill_controleur(session, centre, agrements=vl)
    assert (pris_gaz.rdv.controleur.id, essence.rdv.controleur.id) == (anne.id, bruno.id)
    issue = await enter(session, admin, "absence", controleur_id=anne.id)
    (collision,) = issue.collisions
    assert (collision.rdv.controleur_choisi, collision.controleurs) == (True, ())
    assert collision.proposition.controleur_id == bruno.id
    await apply(session, admin, issue)
    assert (await get_rdv(session, pris_gaz.rdv.id)).controleur.id == bruno.id
    assert (await get_rdv(session, essence.rdv.id)).controleur.id == chloe.id
    assert len(await told(session, "rdv.updated")) == 2


async def test_each_resolution_is_carried_out_as_said(session: AsyncSession, tenant: TenantVue, admin: Appelant):
    centre, equipe = await fill_reservable(session, controleurs=3)
    pris = [await booked(session, centre, n, controleur_id=equipe[0].id, heure=f"{8 + n:02d}:00") for n in range(3)]
    issue = await enter(session, admin, "absence", controleur_id=equipe[0].id)
    demain = at(9, jour=LUNDI + timedelta(days=1))
    fait = await apply(
        session,
        admin,
        issue,
        [
            Resolution(rdv_id=pris[0].rdv.id, action=ActionCollision.REAFFECTER, controleur_id=equipe[2].id),
            Resolution(rdv_id=pris[1].rdv.id, action=ActionCollision.DEPLACER, debut=demain),
            Resolution(rdv_id=pris[2].rdv.id, action=ActionCollision.ANNULER),
        ],
    )
    assert fait.evenement.statut is StatutEvenement.ACTIF
    un, deux, trois = [await get_rdv(session, p.rdv.id) for p in pris]
    assert (un.controleur.id, un.debut) == (equipe[2].id, at(8))
    assert (deux.debut, deux.jour) == (demain, LUNDI + timedelta(days=1))
    assert (trois.statut, trois.annule_motif, trois.annule_raison) == (Statut.ANNULE, "centre", "Essai")
    assert [m["motif"] for m in await told(session, "rdv.cancelled")] == ["centre"]


async def test_what_changed_since_the_dry_run_is_told_with_a_fresh_one(
    session: AsyncSession, tenant: TenantVue, admin: Appelant
):
    centre, _ = await fill_reservable(session)
    await booked(session, centre, 1)
    issue = await enter(session, admin, centre_id=centre.id)
    autre = await booked(session, centre, 2, "10:00")
    perime = await apply(session, admin, issue)
    assert (perime.perime, perime.evenement.statut) == (True, StatutEvenement.EN_ATTENTE)
    assert autre.rdv.id in {c.rdv.id for c in perime.collisions}
    assert perime.jeton != issue.jeton
    assert (await apply(session, admin, perime)).evenement.statut is StatutEvenement.ACTIF


async def test_a_start_taken_meanwhile_is_a_change_not_a_double_booking(
    session: AsyncSession, tenant: TenantVue, admin: Appelant
):
    centre, _ = await fill_reservable(session)
    await booked(session, centre, 1)
    issue = await enter(session, admin, centre_id=centre.id)
    demain = LUNDI + timedelta(days=1)
    (collision,) = issue.collisions
    voulu = Resolution(rdv_id=collision.rdv.id, action=ActionCollision.DEPLACER, debut=at(9, jour=demain))
    await booked(session, centre, 2, date=demain.isoformat())
    perime = await apply(session, admin, issue, [voulu])
    assert perime.perime
    assert len(perime.collisions) == 1


async def test_only_what_matters_to_the_days_of_the_collisions_makes_a_dry_run_stale(
    session: AsyncSession, tenant: TenantVue, admin: Appelant
):
    centre, _ = await fill_reservable(session)
    await booked(session, centre, 1)
    issue = await enter(session, admin, centre_id=centre.id, fin=at(12, jour=LUNDI + timedelta(days=1)))
    await booked(session, centre, 2, date=(LUNDI + timedelta(days=3)).isoformat())
    assert (await apply(session, admin, issue)).evenement.statut is StatutEvenement.ACTIF


async def test_taking_a_block_back_gives_the_hours_back_and_serves_who_waits(
    session: AsyncSession, tenant: TenantVue, admin: Appelant
):
    centre, _ = await fill_reservable(session)
    bloc = (await enter(session, admin, centre_id=centre.id)).evenement
    pris = await booked(session, centre, 1, "14:00")
    await session.execute(
        text("update rdv.rdv set debut = :d, fin = :f, surnombre = true, controleur_id = null"),
        {"d": at(9), "f": at(9, 45)},
    )
    await cancel_evenement(session, evenement_id=bloc.id, appelant=admin)
    assert pris.rdv.controleur
    (ligne,) = await session.execute(text("select surnombre, controleur_id is not null from rdv.rdv"))
    assert tuple(ligne) == (False, True)


async def test_an_opening_with_appointments_in_it_is_not_taken_back_without_them(
    session: AsyncSession, tenant: TenantVue, admin: Appelant
):
    samedi = LUNDI + timedelta(days=5)
    centre, _ = await fill_reservable(session)
    ouverture = await enter(session, admin, "ouverture", at(8, jour=samedi), at(12, jour=samedi), centre_id=centre.id)
    pris = await booked(session, centre, 1, date=samedi.isoformat())
    issue = await cancel_evenement(session, evenement_id=ouverture.evenement.id, appelant=admin)
    assert (issue.evenement.statut, [c.rdv.id for c in issue.collisions]) == (StatutEvenement.ACTIF, [pris.rdv.id])
    plus_court = await update_evenement(
        session,
        evenement_id=ouverture.evenement.id,
        modification=ModificationEvenement(debut=at(9, jour=samedi)),
        version=None,
        appelant=admin,
    )
    assert plus_court.collisions == ()
    encore = await cancel_evenement(session, evenement_id=ouverture.evenement.id, appelant=admin)
    assert (await apply(session, admin, encore)).evenement.statut is StatutEvenement.ANNULE
    assert (await get_rdv(session, pris.rdv.id)).debut < at(0, jour=samedi)


async def test_a_change_with_appointments_in_its_way_travels_in_its_token(
    session: AsyncSession, tenant: TenantVue, admin: Appelant
):
    centre, _ = await fill_reservable(session)
    bloc = (await enter(session, admin, centre_id=centre.id, fin=at(9))).evenement
    await booked(session, centre, 1, "10:00")
    voulu = ModificationEvenement(fin=at(12), motif="Plus long", recurrence="FREQ=DAILY;COUNT=2")
    issue = await update_evenement(session, evenement_id=bloc.id, modification=voulu, version=1, appelant=admin)
    assert (issue.evenement, len(issue.collisions)) == (bloc, 1)
    with pytest.raises(Conflict) as perime:
        await update_evenement(session, evenement_id=bloc.id, modification=voulu, version=7, appelant=admin)
    assert perime.value.code == "VERSION_PERIMEE"
    fait = (await apply(session, admin, issue)).evenement
    assert (fait.fin, fait.motif, str(fait.recurrence)) == (at(12), "Plus long", "FREQ=DAILY;COUNT=2")
    meme = ModificationEvenement(motif="Plus long", recurrence="FREQ=DAILY;COUNT=2")
    rien = await update_evenement(session, evenement_id=bloc.id, modification=meme, version=None, appelant=admin)
    assert rien.evenement.version == fait.version
    seul = await update_evenement(
        session, evenement_id=bloc.id, modification=ModificationEvenement(recurrence=""), version=None, appelant=admin
    )
    assert (seul.evenement.recurrence, seul.evenement.statut) == (None, StatutEvenement.ACTIF)


async def test_a_blocked_lane_moves_those_booked_last(session: AsyncSession, tenant: TenantVue, admin: Appelant):
    pistes = [{"nom": f"Piste {n}", "vehicule_types": ["VP"]} for n in (1, 2)]
    centre, _ = await fill_reservable(session, controleurs=2, equipements=pistes)
    premier, dernier = [await booked(session, centre, n) for n in (1, 2)]
    await session.execute(
        text("update rdv.rdv set created_at = created_at + interval '1 hour' where id = :id"), {"id": dernier.rdv.id}
    )
    issue = await enter(session, admin, centre_id=centre.id, equipement_id=centre.equipements[0].id)
    (collision,) = issue.collisions
    assert (collision.rdv.id, collision.controleurs) == (dernier.rdv.id, ())
    with pytest.raises(Invalid) as refus:
        async with session.begin_nested():
            await apply(session, admin, issue, [Resolution(rdv_id=dernier.rdv.id, action=ActionCollision.REAFFECTER)])
    assert refus.value.code == "RESOLUTION_IMPOSSIBLE"
    await apply(session, admin, issue)
    assert (await get_rdv(session, premier.rdv.id)).debut == at(9)
    assert (await get_rdv(session, dernier.rdv.id)).debut != at(9)


async def test_a_dead_hold_hits_nothing_and_a_living_one_does(
    session: AsyncSession, tenant: TenantVue, admin: Appelant
):
    centre, _ = await fill_reservable(session, controleurs=2)
    tenu, pris = [await booked(session, centre, n) for n in (1, 2)]
    await session.execute(
        text(
            "update rdv.rdv set statut = 'en_attente_paiement', paiement_mode = 'en_ligne', expire_a = :e where id = :id"
        ),
        {"e": MAINTENANT + timedelta(minutes=15), "id": tenu.rdv.id},
    )
    issue = await enter(session, admin, "absence", controleur_id=pris.rdv.controleur.id)
    assert [c.controleurs for c in issue.collisions] == [()]
    with frozen(MAINTENANT + timedelta(minutes=16)):
        essai = await grant_evenement(session, evenement_id=issue.evenement.id, appelant=admin)
        assert [c.proposition.controleur_id for c in essai.collisions] == [tenu.rdv.controleur.id]
        await apply(session, admin, essai)
    assert (await get_rdv(session, pris.rdv.id)).controleur.id == tenu.rdv.controleur.id
    assert [m["motif"] for m in await told(session, "rdv.cancelled")] == ["expiration"]


async def test_a_start_held_for_an_offer_lapses_and_is_in_nobodys_way(
    session: AsyncSession, tenant: TenantVue, admin: Appelant
):
    centre, _ = await fill_reservable(session)
    offert = await booked(session, centre, 1)
    await session.execute(
        text("update rdv.rdv set statut = 'en_attente_paiement', expire_a = :e, offre_id = :o where id = :id"),
        {"e": MAINTENANT + timedelta(minutes=15), "o": new_id(), "id": offert.rdv.id},
    )
    assert (await enter(session, admin, centre_id=centre.id)).evenement.statut is StatutEvenement.ACTIF
    expire_a = await session.scalar(text("select expire_a from rdv.rdv where id = :id"), {"id": offert.rdv.id})
    assert expire_a == MAINTENANT


async def test_leave_counts_in_every_centre_of_the_person(session: AsyncSession, tenant: TenantVue, admin: Appelant):
    centre, (anne,) = await fill_reservable(session)
    autre, _ = await fill_reservable(session, controleurs=0)
    await _also_works(session, anne, autre)
    ici = await booked(session, centre, 1, "09:00")
    la = await booked(session, autre, 2, "10:00")
    issue = await enter(session, admin, "conge", controleur_id=anne.id, centre_id=centre.id)
    assert issue.evenement.centre_id is None
    assert [c.rdv.id for c in issue.collisions] == [ici.rdv.id, la.rdv.id]
    await apply(session, admin, issue)
    assert [m["centre_id"] for m in await told(session, "planning.changed")] == sorted(map(str, (centre.id, autre.id)))
    jeudi = LUNDI + timedelta(days=3)
    seul = await enter(
        session, admin, "blocage", at(8, jour=jeudi), at(9, jour=jeudi), controleur_id=anne.id, centre_id=autre.id
    )
    assert (seul.evenement.centre_id, seul.evenement.statut) == (autre.id, StatutEvenement.ACTIF)


async def _also_works(session: AsyncSession, qui: ControleurVue, centre: CentreVue) -> None:
    centres = [{"centre_id": str(t.centre_id)} for t in qui.centres] + [{"centre_id": str(centre.id)}]
    await update_controleur(session, qui.id, ControleurModification.model_validate({"centres": centres}))
