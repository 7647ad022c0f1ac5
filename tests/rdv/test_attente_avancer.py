"""Accepting an offer: with an appointment to give back, and with something to pay."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import TenantVue, set_reglages
from guichet.rdv.actions.accueil import mark_absent, undo_absent
from guichet.rdv.actions.attente.repondre import accept_offre
from guichet.rdv.facade import PaiementMode, Reservation, Statut, cancel_rdv
from guichet.rdv.metier.attente import StatutInscription
from guichet.socle.errors import Conflict, Invalid
from guichet.socle.horloge import frozen
from guichet.socle.settings import Settings
from tests.identite.fabrique import fill_tenant
from tests.paiements.fabrique import sell_online
from tests.rdv.fabrique import MAINTENANT, agent, at, autre_demande, book, fill_reservable
from tests.rdv.liste import fill_day, holder, read, told, wait

QUINZE = timedelta(minutes=15)


@pytest.fixture
async def tenant(session: AsyncSession) -> TenantVue:
    vue = await fill_tenant(session)
    await set_reglages(session, Reservation(tolerance_surreservation=0))
    return vue


async def test_an_entry_that_would_give_back_what_has_begun_waits_for_nothing(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    pris = await fill_day(session, centre)
    staff = agent(tenant.id)
    faite = await wait(session, centre, 50, appelant=staff, rdv_id=pris[9].id)
    await session.execute(text("update rdv.rdv set statut = 'en_cours' where id = :i"), {"i": pris[9].id})
    await cancel_rdv(session, rdv_id=pris[0].id, appelant=staff)
    assert (await read(session, faite)).statut is StatutInscription.ATTENTE
    await session.execute(text("update rdv.rdv set statut = 'confirme' where id = :i"), {"i": pris[9].id})
    session.expire_all()
    await cancel_rdv(session, rdv_id=pris[1].id, appelant=staff)
    assert (await read(session, faite)).statut is StatutInscription.OFFRE
    await session.execute(text("update rdv.rdv set statut = 'en_cours' where id = :i"), {"i": pris[9].id})
    with pytest.raises(Conflict):
        await accept_offre(session, inscription_id=faite.inscription.id, appelant=holder(faite))
    await session.execute(
        text("update rdv.rdv set statut = 'annule', annule_le = :m where id = :i"), {"i": pris[9].id, "m": MAINTENANT}
    )
    session.expire_all()
    cree = await accept_offre(session, inscription_id=faite.inscription.id, appelant=holder(faite))
    assert cree.rdv.id != pris[9].id


async def test_an_offer_that_is_no_longer_earlier_is_refused(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    pris = await fill_day(session, centre)
    faite = await wait(session, centre, 50, appelant=agent(tenant.id), rdv_id=pris[9].id)
    await cancel_rdv(session, rdv_id=pris[5].id, appelant=agent(tenant.id))
    await session.execute(
        text("update rdv.rdv set debut = :d, fin = :f where id = :i"),
        {"i": pris[9].id, "d": at(6), "f": at(7)},
    )
    session.expire_all()
    with pytest.raises(Conflict):
        await accept_offre(session, inscription_id=faite.inscription.id, appelant=holder(faite))


async def test_a_place_looked_for_with_other_needs_is_not_given_to_an_appointment_edited_since(
    session: AsyncSession, tenant: TenantVue
):
    centre, _ = await fill_reservable(session)
    pris = await fill_day(session, centre)
    faite = await wait(session, centre, 50, appelant=agent(tenant.id), rdv_id=pris[9].id)
    await cancel_rdv(session, rdv_id=pris[0].id, appelant=agent(tenant.id))
    await session.execute(text("update rdv.rdv set carburant = 'Gaz' where id = :i"), {"i": pris[9].id})
    session.expire_all()
    with pytest.raises(Conflict) as refus:
        await accept_offre(session, inscription_id=faite.inscription.id, appelant=holder(faite))
    assert refus.value.code == "ETAT_INCOMPATIBLE"


async def test_an_accepted_place_paid_online_is_held_until_it_is_paid(
    session: AsyncSession, tenant: TenantVue, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(settings, "payment_sandbox_url", "http://127.0.0.1:9")
    await sell_online(session)
    await set_reglages(session, Reservation(tolerance_surreservation=0, paiement_en_ligne=True))
    centre, _ = await fill_reservable(session)
    pris = await fill_day(session, centre)
    faite = await wait(session, centre, 50, paiement_mode="en_ligne")
    await cancel_rdv(session, rdv_id=pris[0].id, appelant=agent(tenant.id))
    with frozen(MAINTENANT + timedelta(minutes=10)):
        cree = await accept_offre(session, inscription_id=faite.inscription.id, appelant=holder(faite))
        encore = await accept_offre(session, inscription_id=faite.inscription.id, appelant=holder(faite))
    assert (cree.rdv.statut, cree.rdv.expire_a) == (
        Statut.EN_ATTENTE_PAIEMENT, MAINTENANT + timedelta(minutes=10) + QUINZE,
    )  # fmt: skip
    assert cree.url_paiement is not None
    assert encore.url_paiement == cree.url_paiement
    autre = await wait(session, centre, 51)
    await cancel_rdv(session, rdv_id=pris[1].id, appelant=agent(tenant.id))
    sur_place = await accept_offre(
        session, inscription_id=autre.inscription.id, appelant=holder(autre), mode=PaiementMode.SUR_PLACE
    )
    assert sur_place.rdv.statut is Statut.CONFIRME


async def test_paying_online_where_it_is_not_sold_is_refused(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    pris = await fill_day(session, centre)
    faite = await wait(session, centre, 50)
    await cancel_rdv(session, rdv_id=pris[0].id, appelant=agent(tenant.id))
    with pytest.raises(Invalid) as refus:
        await accept_offre(
            session, inscription_id=faite.inscription.id, appelant=holder(faite), mode=PaiementMode.EN_LIGNE
        )
    assert refus.value.code == "PAIEMENT_EN_LIGNE_INDISPONIBLE"


async def test_the_price_of_the_earlier_place_is_the_one_now_unless_something_is_paid(
    session: AsyncSession, tenant: TenantVue
):
    centre, _ = await fill_reservable(session)
    pris = await fill_day(session, centre)
    staff = agent(tenant.id)
    cher = await wait(session, centre, 50, appelant=staff, rdv_id=pris[9].id)
    await session.execute(
        text("update rdv.rdv set montant_cents = 9900 where id in (:a, :b)"), {"a": pris[9].id, "b": pris[8].id}
    )
    await session.execute(text("update rdv.rdv set paiement_statut = 'paye' where id = :i"), {"i": pris[8].id})
    session.expire_all()
    await cancel_rdv(session, rdv_id=pris[0].id, appelant=staff)
    avance = await accept_offre(session, inscription_id=cher.inscription.id, appelant=holder(cher))
    assert avance.rdv.montant_cents == 7900
    paye = await wait(session, centre, 51, appelant=staff, rdv_id=pris[8].id)
    await cancel_rdv(session, rdv_id=pris[1].id, appelant=staff)
    avance = await accept_offre(session, inscription_id=paye.inscription.id, appelant=holder(paye))
    assert avance.rdv.montant_cents == 9900


async def test_an_absence_taken_back_beside_a_dead_hold_finds_what_the_list_leaves(
    session: AsyncSession, tenant: TenantVue
):
    centre, _equipe = await fill_reservable(session, controleurs=2)
    absent = (await book(session, autre_demande(centre, 1, heure_debut="09:00"))).rdv
    tenu = (await book(session, autre_demande(centre, 2, heure_debut="09:00"))).rdv
    await wait(session, centre, 50, heure_du="17:00")
    staff = agent(tenant.id, "ADMIN_TENANT")
    with frozen(at(9, 5)):
        await mark_absent(session, rdv_id=absent.id, appelant=staff)
        assert absent.controleur is not None
        await session.execute(
            text("update rdv.rdv set statut = 'en_attente_paiement', expire_a = :e, controleur_id = :q where id = :i"),
            {"e": at(9, 4), "q": absent.controleur.id, "i": tenu.id},
        )
        session.expire_all()
        revenu = await undo_absent(session, rdv_id=absent.id, appelant=staff)
    assert revenu.statut is Statut.CONFIRME


async def test_a_hold_that_changes_hands_for_another_booking_stays_offered_and_untold(
    session: AsyncSession, tenant: TenantVue
):
    centre, equipe = await fill_reservable(session, controleurs=2)
    for controleur, codes in zip(equipe, ("{VL,Gaz}", "{VL}"), strict=True):
        await session.execute(
            text("update rdv.ouverture set capacites = :c where controleur_id = :q"), {"c": codes, "q": controleur.id}
        )
    un = (await book(session, autre_demande(centre, 1, heure_debut="08:00"))).rdv
    deux = (await book(session, autre_demande(centre, 2, heure_debut="08:00"))).rdv
    faite = await wait(session, centre, 50, heure_du="08:00", heure_au="08:00")
    gaz = un if un.controleur and un.controleur.id == equipe[0].id else deux
    await cancel_rdv(session, rdv_id=gaz.id, appelant=agent(tenant.id))
    assert (await read(session, faite)).statut is StatutInscription.OFFRE
    autre = deux if gaz is un else un
    await cancel_rdv(session, rdv_id=autre.id, appelant=agent(tenant.id))
    avant = len(await told(session, "rdv.updated"))
    pris = (await book(session, autre_demande(centre, 3, heure_debut="08:00", carburant="Gaz"))).rdv
    assert pris.controleur is not None
    assert pris.controleur.id == equipe[0].id
    assert len(await told(session, "rdv.updated")) == avant
    cree = await accept_offre(session, inscription_id=faite.inscription.id, appelant=holder(faite))
    assert cree.rdv.controleur is not None
    assert cree.rdv.controleur.id == equipe[1].id
