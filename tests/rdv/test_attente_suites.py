"""The waiting list and all that happens around it: quiet hours, plannings, bookings elsewhere, cancellations by a centre."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import TenantVue, set_reglages
from guichet.rdv.actions.annuler import refuse_rdv
from guichet.rdv.actions.attente.etat import end_dead_offre
from guichet.rdv.actions.attente.repondre import (
    accept_offre,
    come_back,
    leave_list,
    lock_inscription,
    refuse_offre,
)
from guichet.rdv.actions.attente.servir import LOT
from guichet.rdv.actions.attente.suites import close_past, drop_booked, give_priority, serve_due
from guichet.rdv.actions.ecriture import Ecriture
from guichet.rdv.actions.placer import Place
from guichet.rdv.actions.planning.decider import create_evenement
from guichet.rdv.actions.planning.demandes import DemandeEvenement
from guichet.rdv.actions.tenues import expire_holds
from guichet.rdv.facade import MotifAnnulation, Reservation, TypeEvenement, cancel_rdv, get_rdv
from guichet.rdv.messages import RdvCancelled, RdvCreated, RdvUpdated
from guichet.rdv.metier.attente import IssueOffre, StatutInscription
from guichet.rdv.reactions import on_booked
from guichet.rdv.tables import Offre, Rdv
from guichet.reseau.facade import CentreModification, update_centre
from guichet.socle.errors import Conflict, Gone, NotFound
from guichet.socle.horloge import frozen
from guichet.socle.ids import new_id
from tests.identite.fabrique import fill_tenant
from tests.rdv.fabrique import LUNDI, MAINTENANT, agent, at, autre_demande, book, fill_reservable
from tests.rdv.liste import fill_day, holder, read, row, told, wait

QUINZE = timedelta(minutes=15)
SOIR = at(22, jour=MAINTENANT.date())
MATIN = at(8, jour=MAINTENANT.date() + timedelta(days=1))
VENDREDI = MAINTENANT.date()


@pytest.fixture
async def tenant(session: AsyncSession) -> TenantVue:
    vue = await fill_tenant(session)
    await set_reglages(session, Reservation(tolerance_surreservation=0))
    return vue


async def test_at_night_a_freed_place_is_sold_to_all_and_offered_in_the_morning_if_still_free(
    session: AsyncSession, tenant: TenantVue
):
    centre, _ = await fill_reservable(session)
    pris = await fill_day(session, centre)
    faite = await wait(session, centre, 50)
    with frozen(SOIR):
        await cancel_rdv(session, rdv_id=pris[0].id, appelant=agent(tenant.id))
        await cancel_rdv(session, rdv_id=pris[1].id, appelant=agent(tenant.id))
        assert (await read(session, faite)).statut is StatutInscription.ATTENTE
        await book(session, autre_demande(centre, 60, heure_debut=pris[0].heure_debut))
        assert await serve_due(session) == 0
    with frozen(MATIN - timedelta(microseconds=1)):
        assert await serve_due(session) == 0
    with frozen(MATIN):
        assert [await serve_due(session), await serve_due(session)] == [1, 0]
        vue = await read(session, faite)
    assert vue.offre is not None
    assert (vue.statut, vue.offre.debut, vue.offre.expire_a) == (
        StatutInscription.OFFRE, pris[1].debut, MATIN + QUINZE,
    )  # fmt: skip


async def test_an_offer_that_lapses_in_the_evening_waits_for_the_morning_too(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    pris = await fill_day(session, centre)
    premier, second = await wait(session, centre, 50), await wait(session, centre, 51)
    tard = at(20, 50, jour=VENDREDI)
    with frozen(tard):
        await cancel_rdv(session, rdv_id=pris[0].id, appelant=agent(tenant.id))
    with frozen(tard + QUINZE):
        assert await expire_holds(session) == 1
        assert (await read(session, premier)).statut is StatutInscription.EXPIREE
        assert (await read(session, second)).statut is StatutInscription.ATTENTE
    with frozen(MATIN):
        await serve_due(session)
        assert (await read(session, second)).statut is StatutInscription.OFFRE


async def test_the_wished_hours_and_the_length_of_the_inspection_are_kept_to(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    pris = await fill_day(session, centre)
    apres_midi = await wait(session, centre, 50, heure_du="14:00", heure_au="14:30")
    long = await wait(session, centre, 51, vehicule_type="VU", carburant="Diesel")
    court = await wait(session, centre, 52)
    await cancel_rdv(session, rdv_id=pris[1].id, appelant=agent(tenant.id))
    assert (await read(session, apres_midi)).statut is StatutInscription.ATTENTE
    offertes = [f for f in (long, court) if (await read(session, f)).statut is StatutInscription.OFFRE]
    assert len(offertes) == 1
    await cancel_rdv(session, rdv_id=pris[5].id, appelant=agent(tenant.id))
    vue = await read(session, apres_midi)
    assert vue.offre is not None
    assert at(14) <= vue.offre.debut <= at(14, 30)


async def test_others_are_moved_between_inspectors_to_make_the_offered_place(session: AsyncSession, tenant: TenantVue):
    centre, equipe = await fill_reservable(session, controleurs=2)
    for controleur, codes in zip(equipe, ("{VL,Gaz}", "{VL}"), strict=True):
        await session.execute(
            text("update rdv.ouverture set capacites = :c where controleur_id = :q"),
            {"c": codes, "q": controleur.id},
        )
    une = (await book(session, autre_demande(centre, 1, heure_debut="08:00"))).rdv
    deux = (await book(session, autre_demande(centre, 2, heure_debut="08:00"))).rdv
    simple, gaz = (une, deux) if une.controleur and une.controleur.id == equipe[1].id else (deux, une)
    attend = await wait(session, centre, 50, carburant="Gaz", heure_du="08:00", heure_au="08:00")
    await cancel_rdv(session, rdv_id=simple.id, appelant=agent(tenant.id))
    vue = await read(session, attend)
    assert vue.offre is not None
    assert vue.offre.debut == gaz.debut
    autre = (await get_rdv(session, gaz.id)).controleur
    assert autre is not None
    assert autre.id == equipe[1].id


async def test_surnombre_comes_before_the_list(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    pris = await fill_day(session, centre)
    en_trop = (
        await book(
            session, autre_demande(centre, 40, heure_debut="08:00", surnombre=True), agent(tenant.id, "ADMIN_TENANT")
        )
    ).rdv
    assert en_trop.surnombre
    faite = await wait(session, centre, 50)
    await cancel_rdv(session, rdv_id=pris[0].id, appelant=agent(tenant.id))
    assert not (await get_rdv(session, en_trop.id)).surnombre
    assert (await read(session, faite)).statut is StatutInscription.ATTENTE


async def test_a_block_takes_the_offered_place_back_and_costs_no_rank(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    pris = await fill_day(session, centre)
    premier, second = await wait(session, centre, 50), await wait(session, centre, 51)
    await cancel_rdv(session, rdv_id=pris[0].id, appelant=agent(tenant.id))
    await create_evenement(
        session,
        demande=DemandeEvenement(
            type=TypeEvenement.BLOCAGE, centre_id=centre.id, debut=at(8), fin=pris[1].debut, motif="Panne"
        ),
        appelant=agent(tenant.id, "ADMIN_TENANT"),
    )
    with frozen(MAINTENANT + timedelta(minutes=1)):
        with pytest.raises(Gone) as refus:
            await accept_offre(session, inscription_id=premier.inscription.id, appelant=holder(premier))
        assert refus.value.code == "OFFRE_RETIREE"
        assert (await read(session, premier)).statut is StatutInscription.ATTENTE
        await expire_holds(session)
        vue = await read(session, premier)
        assert (vue.statut, vue.position) == (StatutInscription.ATTENTE, 1)
        assert (await read(session, second)).statut is StatutInscription.ATTENTE
    assert [m["issue"] for m in await told(session, "attente.answered")] == [IssueOffre.RETIREE.value]


async def test_hours_that_are_given_back_are_offered(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    admin = agent(tenant.id, "ADMIN_TENANT")
    await create_evenement(
        session,
        demande=DemandeEvenement(
            type=TypeEvenement.BLOCAGE, centre_id=centre.id, debut=at(8), fin=at(18), motif="Travaux"
        ),
        appelant=admin,
    )
    faite = await wait(session, centre, 50)
    await create_evenement(
        session,
        demande=DemandeEvenement(
            type=TypeEvenement.OUVERTURE, centre_id=centre.id, debut=at(18), fin=at(20), motif="Soirée"
        ),
        appelant=admin,
    )
    vue = await read(session, faite)
    assert vue.offre is not None
    assert vue.offre.debut == at(18)


async def test_booking_elsewhere_removes_the_entry_and_passes_its_offer_on(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    pris = await fill_day(session, centre)
    premier, second = await wait(session, centre, 50), await wait(session, centre, 51)
    await cancel_rdv(session, rdv_id=pris[0].id, appelant=agent(tenant.id))
    with frozen(MAINTENANT + timedelta(minutes=1)):
        ailleurs = (await book(session, autre_demande(centre, 50, date="2026-11-24"))).rdv
        await on_booked(session, _created(ailleurs))
        assert (await read(session, premier)).statut is StatutInscription.RETIREE
        assert (await read(session, second)).statut is StatutInscription.OFFRE
        await on_booked(session, _created(ailleurs))
        revenu = await come_back(session, inscription_id=premier.inscription.id, appelant=holder(premier))
        await drop_booked(session, rdv_id=ailleurs.id)
    assert revenu.statut is StatutInscription.ATTENTE
    assert [m["motif"] for m in await told(session, "attente.withdrawn")] == ["reservee", "reservee"]


def _created(rdv) -> RdvCreated:
    return RdvCreated(
        rdv_id=rdv.id, centre_id=rdv.centre.id, client_id=None, controleur_id=None, date_rdv=rdv.jour, debut=rdv.debut,
        fin=rdv.fin, statut="confirme", type_controle="CTP", montant_cents=None, source="web",
    )  # fmt: skip


async def test_a_hold_that_is_not_paid_yet_removes_nothing_and_an_entry_for_that_appointment_stays(
    session: AsyncSession, tenant: TenantVue
):
    centre, _ = await fill_reservable(session)
    rdv = (await book(session, autre_demande(centre, 50, heure_debut="16:00"))).rdv
    faite = await wait(session, centre, 50, appelant=agent(tenant.id), rdv_id=rdv.id)
    event = RdvUpdated(
        rdv_id=rdv.id, centre_id=centre.id, client_id=None, controleur_id=None, date_rdv=rdv.jour, debut=rdv.debut,
        fin=rdv.fin, statut="confirme", champs=("statut",),
    )  # fmt: skip
    await on_booked(session, event)
    assert (await read(session, faite)).is_alive
    await session.execute(text("update rdv.inscription set rdv_id = null"))
    await session.execute(
        text("update rdv.rdv set statut = 'en_attente_paiement', expire_a = :e"), {"e": MAINTENANT + QUINZE}
    )
    await on_booked(session, event)
    assert (await read(session, faite)).is_alive


async def test_whoever_the_centre_let_down_comes_first(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    pris = await fill_day(session, centre)
    patient, decu = await wait(session, centre, 50), await wait(session, centre, 3)
    lache = pris[2]
    await refuse_rdv(session, rdv_id=lache.id, appelant=agent(tenant.id, "ADMIN_TENANT"), raison="Panne")
    # Before the news has come round, the place went to who was first.
    assert (await read(session, patient)).statut is StatutInscription.OFFRE
    ligne = await row(session, lache.id)
    event = RdvCancelled(
        rdv_id=lache.id, centre_id=centre.id, client_id=None, controleur_id=None, date_rdv=lache.jour,
        debut=lache.debut, fin=lache.fin, statut="annule", motif=ligne.annule_motif,
    )  # fmt: skip
    assert ligne.annule_motif == MotifAnnulation.CENTRE
    await give_priority(session, event)
    assert (await read(session, decu)).priorite
    tardif = await wait(session, centre, 60)
    assert [(await read(session, f)).position for f in (decu, patient, tardif)] == [1, 2, 3]
    await refuse_offre(session, inscription_id=patient.inscription.id, appelant=holder(patient))
    assert (await read(session, decu)).statut is StatutInscription.OFFRE


async def test_joining_after_a_cancellation_by_the_centre_has_priority_until_something_is_booked(
    session: AsyncSession, tenant: TenantVue
):
    centre, _ = await fill_reservable(session)
    admin = agent(tenant.id, "ADMIN_TENANT")
    rdv = (await book(session, autre_demande(centre, 5))).rdv
    await refuse_rdv(session, rdv_id=rdv.id, appelant=admin, raison="Panne")
    avec = await wait(session, centre, 5, appelant=admin, rdv_id=rdv.id)
    assert (avec.inscription.priorite, avec.inscription.rdv_id) == (True, None)
    await leave_list(session, inscription_id=avec.inscription.id, appelant=admin)
    autre = (await book(session, autre_demande(centre, 5, heure_debut="10:00"))).rdv
    sans = await wait(session, centre, 5, du=LUNDI + timedelta(days=1))
    assert not sans.inscription.priorite
    with pytest.raises(Conflict):
        await wait(session, centre, 6, appelant=admin, rdv_id=(await _finished(session, autre)).id)


async def _finished(session: AsyncSession, rdv):
    await session.execute(text("update rdv.rdv set statut = 'termine' where id = :i"), {"i": rdv.id})
    session.expire_all()
    return await get_rdv(session, rdv.id)


async def test_days_that_are_over_close_the_entry_and_there_is_no_way_back(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    faite = await wait(session, centre, 50)
    assert await close_past(session) == 0
    with frozen(at(9, jour=LUNDI + timedelta(days=3))):
        assert [await close_past(session), await close_past(session)] == [1, 0]
        assert (await read(session, faite)).statut is StatutInscription.RETIREE
        with pytest.raises(Gone) as refus:
            await come_back(session, inscription_id=faite.inscription.id, appelant=holder(faite))
    assert refus.value.code == "INSCRIPTION_PERIMEE"


async def test_whoever_came_back_under_another_entry_is_on_the_list_already(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    premiere = await wait(session, centre, 50)
    await leave_list(session, inscription_id=premiere.inscription.id, appelant=holder(premiere))
    seconde = await wait(session, centre, 50)
    assert seconde.inscription.id != premiere.inscription.id
    with pytest.raises(Conflict) as refus:
        await come_back(session, inscription_id=premiere.inscription.id, appelant=holder(premiere))
    assert refus.value.code == "DEJA_INSCRIT"


async def test_coming_back_before_the_lapse_was_swept_lets_the_next_one_pass(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    pris = await fill_day(session, centre)
    premier, second = await wait(session, centre, 50), await wait(session, centre, 51)
    await cancel_rdv(session, rdv_id=pris[0].id, appelant=agent(tenant.id))
    vivante = await come_back(session, inscription_id=premier.inscription.id, appelant=holder(premier))
    assert vivante.statut is StatutInscription.OFFRE
    with frozen(MAINTENANT + QUINZE):
        vue = await come_back(session, inscription_id=premier.inscription.id, appelant=holder(premier))
        assert (vue.statut, vue.position) == (StatutInscription.ATTENTE, 2)
        assert (await read(session, second)).statut is StatutInscription.OFFRE
        assert await expire_holds(session) == 0


async def test_a_long_list_is_served_in_several_goes(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session, controleurs=3)
    faites = [await wait(session, centre, 50 + n) for n in range(LOT + 2)]
    rdv = (await book(session, autre_demande(centre, 1))).rdv
    await cancel_rdv(session, rdv_id=rdv.id, appelant=agent(tenant.id))

    async def offertes() -> int:
        return [(await read(session, f)).statut for f in faites].count(StatutInscription.OFFRE)

    assert await offertes() == LOT
    await serve_due(session)
    assert await offertes() == LOT + 2


async def test_a_closed_centre_and_a_day_beyond_the_horizon_offer_nothing(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    loin = LUNDI + timedelta(days=60)
    rdv = (await book(session, autre_demande(centre, 1, date=loin.isoformat()))).rdv
    ici = (await book(session, autre_demande(centre, 2))).rdv
    lointain, proche = await wait(session, centre, 50, du=loin), await wait(session, centre, 51)
    await set_reglages(session, Reservation(tolerance_surreservation=0, horizon_jours=30))
    await cancel_rdv(session, rdv_id=rdv.id, appelant=agent(tenant.id))
    assert (await read(session, lointain)).statut is StatutInscription.ATTENTE
    await update_centre(
        session, centre.id, CentreModification.model_validate({"actif": False, "version": centre.version})
    )
    await cancel_rdv(session, rdv_id=ici.id, appelant=agent(tenant.id))
    assert (await read(session, proche)).statut is StatutInscription.ATTENTE


async def test_an_inspection_the_centre_no_longer_offers_is_passed_over(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    pris = await fill_day(session, centre)
    premier, second = await wait(session, centre, 50, type_controle="CV"), await wait(session, centre, 51)
    await update_centre(
        session, centre.id, CentreModification.model_validate({"types_controle": ["CTP"], "version": centre.version})
    )
    await cancel_rdv(session, rdv_id=pris[0].id, appelant=agent(tenant.id))
    assert (await read(session, premier)).statut is StatutInscription.ATTENTE
    assert (await read(session, second)).statut is StatutInscription.OFFRE


async def test_what_is_told_again_or_of_nothing_changes_nothing(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    pris = await fill_day(session, centre)
    faite = await wait(session, centre, 50)
    await cancel_rdv(session, rdv_id=pris[0].id, appelant=agent(tenant.id))
    await refuse_offre(session, inscription_id=faite.inscription.id, appelant=holder(faite))
    offre = (await session.scalars(select(Offre))).one()
    await end_dead_offre(session, await session.get_one(Rdv, offre.rdv_id))
    assert [m["issue"] for m in await told(session, "attente.answered")] == ["refusee"]
    inconnu = new_id()
    faits = {"rdv_id": inconnu, "centre_id": centre.id, "client_id": None, "controleur_id": None, "date_rdv": LUNDI,
             "debut": at(8), "fin": at(9), "statut": "annule"}  # fmt: skip
    await give_priority(session, RdvCancelled(**faits, motif="centre"))
    await give_priority(session, RdvCancelled(**faits, motif="client"))
    await on_booked(session, RdvUpdated(**faits, champs=("controleur",)))
    await drop_booked(session, rdv_id=inconnu)
    with pytest.raises(NotFound):
        await lock_inscription(session, inconnu)
    assert not (await read(session, faite)).priorite


async def test_a_place_that_cannot_be_written_after_all_is_offered_to_nobody(
    session: AsyncSession, tenant: TenantVue, monkeypatch: pytest.MonkeyPatch
):
    centre, _ = await fill_reservable(session)
    pris = await fill_day(session, centre)
    faite = await wait(session, centre, 50)

    async def refused(self: Ecriture, **_autres: object) -> Place:
        return Place("pris")

    monkeypatch.setattr(Ecriture, "__call__", refused)
    await cancel_rdv(session, rdv_id=pris[0].id, appelant=agent(tenant.id))
    assert (await read(session, faite)).statut is StatutInscription.ATTENTE
    assert await told(session, "attente.offered") == []
