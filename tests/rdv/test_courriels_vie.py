"""What customers are told of the life of an appointment: each thing once, with its figures and its files."""

import json
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from icalendar import Calendar
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.annuaire.module import MODULE as ANNUAIRE
from guichet.identite.facade import TenantVue
from guichet.identite.module import MODULE as IDENTITE
from guichet.notifications.boite import lecture
from guichet.notifications.boite.serveur import listen
from guichet.notifications.envoi import send_one
from guichet.notifications.module import MODULE as NOTIFICATIONS
from guichet.paiements.facade import Moyen, refund_paiement
from guichet.paiements.messages import PaymentRefunded
from guichet.paiements.module import MODULE as PAIEMENTS
from guichet.rdv.actions.accueil import finish_rdv, start_rdv
from guichet.rdv.actions.annonces import facts_of
from guichet.rdv.actions.annuler import refuse_rdv
from guichet.rdv.actions.encaisser import collect_rdv
from guichet.rdv.actions.modifier import ModificationRdv, update_rdv
from guichet.rdv.actions.rembourser import refund_cancelled
from guichet.rdv.actions.tenues import expire_holds, reference_of
from guichet.rdv.courriels import confirm_again, tell_cancellation, tell_refund, tell_update
from guichet.rdv.courriels.donnees import BilletDeplace
from guichet.rdv.facade import RdvCree, Resultat, cancel_rdv
from guichet.rdv.messages import ConfirmationRequested, RdvCancelled, RdvUpdated
from guichet.rdv.metier.collisions import ActionCollision, Resolution
from guichet.rdv.module import MODULE as RDV
from guichet.rdv.tables import Rdv
from guichet.reseau.module import MODULE as RESEAU
from guichet.socle.acces import Appelant
from guichet.socle.crypto import aad, decrypt
from guichet.socle.database import Database
from guichet.socle.horloge import frozen
from guichet.socle.ids import new_id
from guichet.socle.messages import decode
from guichet.socle.registre import Registre, set_registre
from guichet.socle.settings import Settings
from tests.identite.fabrique import make_tenant
from tests.rdv.entrees import apply, enter
from tests.rdv.fabrique import LUNDI, agent, at, autre_demande, book, demande, fill_reservable
from tests.rdv.test_prix_change import set_price
from tests.rdv.test_rembourser import lien_of
from tests.rdv.test_tenues import bac, hold, pay, tenant

__all__ = ["bac", "tenant"]
MARDI = LUNDI + timedelta(days=1)
DEPLACE = ModificationRdv(date=MARDI.isoformat(), heure_debut="10:30")


@pytest.fixture(autouse=True)
def registre():
    """The house with its messages."""
    before = set_registre(Registre([IDENTITE, RESEAU, ANNUAIRE, PAIEMENTS, NOTIFICATIONS, RDV]))
    yield
    set_registre(before)


@pytest.fixture
def admin(tenant: TenantVue) -> Appelant:
    return agent(tenant.id, "ADMIN_TENANT", user_id=new_id())


async def relay(session: AsyncSession) -> None:
    """What the relay does of what was told so far, twice over."""
    reactions: dict[str, Any] = {
        "rdv.updated": [tell_update],
        "rdv.cancelled": [tell_cancellation, refund_cancelled, tell_cancellation],
        "payment.refunded": [tell_refund],
    }
    rows = (await session.execute(text("select type, version, payload from socle.messages order by id"))).all()
    for genre, version, payload in rows:
        for reaction in reactions.get(genre, ()) * 2:
            event = decode(genre, version, payload)
            assert isinstance(event, RdvUpdated | RdvCancelled | PaymentRefunded)
            await reaction(session, event)


async def sent(session: AsyncSession) -> list[tuple[str, dict[str, Any]]]:
    """Template and data of what was queued, in order."""
    rows = await session.execute(text("select tenant_id, modele, donnees from notifications.notification order by id"))
    where = "notifications.notification"
    return [
        (modele, json.loads(decrypt(bytes(donnees), aad(tenant_id, where, "donnees"))))
        for tenant_id, modele, donnees in rows
    ]


async def inspected(
    session: AsyncSession, admin: Appelant, resultat: Resultat, **champs: Any
) -> list[tuple[str, dict[str, Any]]]:
    centre, _ = await fill_reservable(session)
    rdv = (await book(session, demande(centre, **champs))).rdv
    with frozen(at(9, 5)):
        await start_rdv(session, rdv_id=rdv.id, appelant=admin)
        await finish_rdv(session, rdv_id=rdv.id, appelant=admin, resultat=resultat)
        await relay(session)
    return await sent(session)


async def test_a_move_is_told_once_with_the_old_hour_and_the_new(session: AsyncSession, admin: Appelant):
    centre, _ = await fill_reservable(session)
    rdv = (await book(session, demande(centre))).rdv
    await update_rdv(session, rdv_id=rdv.id, modification=DEPLACE, appelant=admin)
    await relay(session)
    ((modele, d),) = await sent(session)
    assert (modele, d["avant_debut"], d["debut"], d["sequence"], d["par_centre"]) == (
        "rdv.deplacement", "2026-11-23T08:00:00Z", "2026-11-24T09:30:00Z", 1, False,
    )  # fmt: skip


async def test_an_edit_that_moves_nothing_is_not_told(session: AsyncSession, admin: Appelant):
    centre, _ = await fill_reservable(session)
    rdv = (await book(session, demande(centre))).rdv
    await update_rdv(session, rdv_id=rdv.id, modification=ModificationRdv(notes="Portail vert"), appelant=admin)
    await relay(session)
    assert await sent(session) == []


async def test_a_cancellation_says_what_goes_back_whether_it_was_written_already_or_not(
    session: AsyncSession, tenant: TenantVue
):
    centre, _ = await fill_reservable(session)
    cree = await hold(session, centre)
    await pay(session, cree.rdv.id)
    await cancel_rdv(session, rdv_id=cree.rdv.id, appelant=lien_of(cree))
    await relay(session)
    dits = dict(await sent(session))
    annule = dits["rdv.annulation"]
    assert (annule["paye_cents"], annule["rendu_cents"], annule["par_centre"], annule["raison"]) == (
        7900,
        7900,
        False,
        "",
    )


async def test_too_late_a_cancellation_says_that_nothing_goes_back(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    cree = await hold(session, centre)
    await pay(session, cree.rdv.id)
    with frozen(at(8)):
        await cancel_rdv(session, rdv_id=cree.rdv.id, appelant=lien_of(cree))
        await relay(session)
    annule = dict(await sent(session))["rdv.annulation"]
    assert (annule["paye_cents"], annule["rendu_cents"]) == (7900, 0)


async def test_a_refusal_tells_the_customer_why(session: AsyncSession, admin: Appelant):
    centre, _ = await fill_reservable(session)
    rdv = (await book(session, demande(centre))).rdv
    await refuse_rdv(session, rdv_id=rdv.id, appelant=admin, raison="Banc de freinage en panne")
    await relay(session)
    ((_modele, d),) = await sent(session)
    assert (d["par_centre"], d["raison"]) == (True, "Banc de freinage en panne")


async def test_the_reason_of_a_planning_stays_in_the_house(session: AsyncSession, admin: Appelant):
    centre, _ = await fill_reservable(session)
    rdv = (await book(session, demande(centre))).rdv
    issue = await enter(session, admin, centre_id=centre.id, motif="Congé maladie")
    await apply(session, admin, issue, [Resolution(rdv_id=rdv.id, action=ActionCollision.ANNULER)])
    await relay(session)
    ((modele, d),) = await sent(session)
    assert (modele, d["par_centre"], d["raison"]) == ("rdv.annulation", True, "")


async def test_a_planning_that_moves_an_appointment_says_that_the_centre_did(session: AsyncSession, admin: Appelant):
    centre, _ = await fill_reservable(session)
    rdv = (await book(session, demande(centre))).rdv
    issue = await enter(session, admin, centre_id=centre.id)
    await apply(session, admin, issue, [Resolution(rdv_id=rdv.id, action=ActionCollision.DEPLACER, debut=at(14))])
    await relay(session)
    ((modele, d),) = await sent(session)
    assert (modele, d["par_centre"], d["debut"]) == ("rdv.deplacement", True, "2026-11-23T13:00:00Z")
    rappel = await session.scalar(text("select rappel_le from rdv.rdv"))
    assert rappel == at(10, jour=LUNDI - timedelta(days=1))


async def test_only_who_chose_an_inspector_is_told_of_another(session: AsyncSession, admin: Appelant):
    centre, (premier, second) = await fill_reservable(session, controleurs=2)
    choisi = await book(session, autre_demande(centre, 1, controleur_id=premier.id))
    await book(session, autre_demande(centre, 2, controleur_id=None, heure_debut="10:00"))
    issue = await enter(session, admin, "absence", controleur_id=premier.id)
    await apply(session, admin, issue)
    await relay(session)
    ((modele, d),) = await sent(session)
    assert (modele, d["rdv_id"]) == ("rdv.controleur", str(choisi.rdv.id))
    assert d["controleur"] == f"{second.prenom} {second.nom}".strip()


async def test_a_hold_that_was_not_paid_is_told_once(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    cree = await hold(session, centre)
    assert cree.rdv.expire_a is not None
    with frozen(cree.rdv.expire_a):
        await expire_holds(session)
        await relay(session)
    assert [m for m, _d in await sent(session)] == ["rdv.place_perdue"]


async def test_another_start_of_the_same_person_or_an_offer_that_lapsed_is_not_told_as_lost(
    session: AsyncSession, tenant: TenantVue
):
    centre, _ = await fill_reservable(session)
    await hold(session, centre, 1)
    await hold(session, centre, 1, heure_debut="10:00")
    await relay(session)
    assert await sent(session) == []
    await session.execute(update(Rdv).where(Rdv.statut == "en_attente_paiement").values(offre_id=new_id()))
    offre = await session.scalar(text("select id from rdv.rdv where offre_id is not null"))
    await session.execute(
        update(Rdv).where(Rdv.id == offre).values(statut="annule", annule_le=at(8), annule_motif="expiration")
    )
    ligne = await session.get_one(Rdv, offre, populate_existing=True)
    await tell_cancellation(session, RdvCancelled(**facts_of(ligne), statut="annule", motif="expiration"))
    assert await sent(session) == []


@pytest.mark.parametrize("libre", [True, False])
async def test_money_that_came_late_is_answered_either_way(session: AsyncSession, tenant: TenantVue, libre: bool):
    centre, _ = await fill_reservable(session)
    cree = await hold(session, centre)
    with frozen(at(9) - timedelta(days=2)):
        await expire_holds(session)
        if not libre:
            await book(session, autre_demande(centre, 2))
        await pay(session, cree.rdv.id)
        await relay(session)
    dits = await sent(session)
    (tardif,) = [d for m, d in dits if m == "rdv.paiement_tardif"]
    assert (tardif["statut"], tardif["somme_cents"]) == ("confirme" if libre else "annule", 7900)
    assert "rdv.confirmation" not in dict(dits)
    assert ("rdv.recu" in dict(dits)) == libre


async def test_what_is_paid_at_the_counter_brings_one_receipt(session: AsyncSession, admin: Appelant):
    centre, _ = await fill_reservable(session)
    rdv = (await book(session, demande(centre))).rdv
    recu = await collect_rdv(session, rdv_id=rdv.id, appelant=admin, moyen=Moyen.ESPECES)
    await relay(session)
    ((modele, d),) = await sent(session)
    assert (modele, d["somme_cents"], d["piece"], d["piece_id"]) == ("rdv.recu", 7900, recu.code, str(recu.id))


async def test_a_refund_is_told_when_it_is_made_with_its_credit_note(session: AsyncSession, admin: Appelant):
    centre, _ = await fill_reservable(session)
    rdv = (await book(session, demande(centre))).rdv
    await collect_rdv(session, rdv_id=rdv.id, appelant=admin, moyen=Moyen.ESPECES)
    await refund_paiement(session, reference=reference_of(rdv.id), montant_cents=900, motif="geste", cle="geste")
    await relay(session)
    rendu = dict(await sent(session))["rdv.remboursement"]
    assert (rendu["somme_cents"], rendu["en_ligne"]) == (900, False)
    assert rendu["piece"].startswith("A")
    ailleurs = PaymentRefunded(paiement_id=new_id(), reference="autre:1", montant_cents=1, total_rembourse_cents=1)
    await tell_refund(session, ailleurs)
    inconnu = PaymentRefunded(
        paiement_id=new_id(), reference=f"rdv:{new_id()}", montant_cents=1, total_rembourse_cents=1
    )
    await tell_refund(session, inconnu)
    assert len([m for m, _d in await sent(session) if m == "rdv.remboursement"]) == 1


async def test_a_pass_tells_the_next_legal_date(session: AsyncSession, admin: Appelant):
    dits = await inspected(session, admin, Resultat.FAVORABLE)
    assert [(m, d["prochaine"], d["limite"]) for m, d in dits] == [("rdv.resultat", "2028-11-23", None)]


async def test_a_failure_tells_until_when_to_come_back_and_where_to_book(session: AsyncSession, admin: Appelant):
    ((modele, d),) = await inspected(session, admin, Resultat.CONTRE_VISITE)
    assert (modele, d["limite"], d["offerte"], d["prochaine"]) == (
        "rdv.contre_visite", "2027-01-23", "2027-01-23", None,
    )  # fmt: skip
    assert "/recherche?lieu=" in d["lien_suite"]
    assert "type_controle=CVP" in d["lien_suite"]


async def test_who_left_no_address_is_told_nothing(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    rdv = (await book(session, demande(centre))).rdv
    await session.execute(update(Rdv).values(client_email=None, client_telephone=None))
    ligne = await session.get_one(Rdv, rdv.id, populate_existing=True)
    await tell_update(session, RdvUpdated(**facts_of(ligne), statut="confirme", champs=("debut",), avant_debut=at(14)))
    assert await sent(session) == []


async def test_a_move_to_a_higher_price_says_what_is_left_to_pay(session: AsyncSession, admin: Appelant):
    centre, _ = await fill_reservable(session)
    cree = await hold(session, centre)
    await pay(session, cree.rdv.id)
    await set_price(session, centre, 8900)
    await update_rdv(session, rdv_id=cree.rdv.id, modification=DEPLACE, appelant=admin)
    await relay(session)
    d = dict(await sent(session))["rdv.deplacement"]
    assert (d["reste_cents"], d["partiel"], d["paye"]) == (1000, True, False)
    billet = BilletDeplace.model_validate(d)
    assert "10,00" in billet.reste
    assert ("Prix", "89,00\N{NO-BREAK SPACE}€") in billet.faits


async def test_after_a_lower_price_the_receipt_is_not_sent_again(session: AsyncSession, admin: Appelant):
    centre, _ = await fill_reservable(session)
    rdv = (await book(session, demande(centre))).rdv
    await collect_rdv(session, rdv_id=rdv.id, appelant=admin, moyen=Moyen.ESPECES)
    await set_price(session, centre, 6500)
    await update_rdv(session, rdv_id=rdv.id, modification=DEPLACE, appelant=admin)
    await refund_paiement(session, reference=reference_of(rdv.id), montant_cents=1400, motif="prix", cle="prix")
    await relay(session)
    dits = [m for m, _d in await sent(session)]
    assert sorted(dits) == ["rdv.deplacement", "rdv.recu", "rdv.remboursement"]


async def test_a_confirmation_asked_again_is_written_once_each_time(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    rdv = (await book(session, demande(centre))).rdv
    ligne = await session.get_one(Rdv, rdv.id)
    for rang in (1, 1, 2):
        await confirm_again(session, ConfirmationRequested(**facts_of(ligne), statut="confirme", rang=rang))
    assert [m for m, _d in await sent(session)] == ["rdv.confirmation"] * 2
    await cancel_rdv(session, rdv_id=rdv.id, appelant=agent(tenant.id))
    await confirm_again(session, ConfirmationRequested(**facts_of(ligne), statut="annule", rang=3))
    assert len(await sent(session)) == 2


@pytest.fixture
async def boite(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    server = await listen(tmp_path, 0)
    monkeypatch.setattr(settings, "demo_smtp_port", server.sockets[0].getsockname()[1])
    yield tmp_path
    server.close()
    await server.wait_closed()


async def delivered(database: Database, tenant_id: UUID, boite: Path) -> dict[str, EmailMessage]:
    """The mails that arrived, by the start of their subject."""
    async with database.transaction(tenant_id) as session:
        ids = (await session.scalars(text("select id from notifications.notification order by created_at, id"))).all()
    for identifiant in ids:
        await send_one(tenant_id, identifiant)
    mails = {}
    for ligne in lecture.list_messages(boite):
        mail = message_from_bytes(lecture.read_source(boite, ligne.id) or b"", policy=policy.default)
        assert isinstance(mail, EmailMessage)
        mails[ligne.objet.split("\u202f")[0].strip()] = mail
    return mails


def event_in(mail: EmailMessage) -> tuple[str, Any]:
    """Method and event of the calendar a mail carries."""
    (partie,) = [p for p in mail.walk() if p.get_content_type() == "text/calendar" and not p.get_filename()]
    calendrier = Calendar.from_ical(partie.get_payload(decode=True))
    (evenement,) = calendrier.walk("VEVENT")
    assert partie.get_param("method") == calendrier["METHOD"]
    return str(calendrier["METHOD"]), evenement


async def test_in_a_calendar_one_event_moves_and_then_disappears(database: Database, boite: Path):
    vue = await make_tenant(database, nom="Contrôle Auto France")
    qui = agent(vue.id, "ADMIN_TENANT")
    async with database.transaction(vue.id) as session:
        centre, _ = await fill_reservable(session)
        cree: RdvCree = await book(session, demande(centre), qui)
        await update_rdv(session, rdv_id=cree.rdv.id, modification=DEPLACE, appelant=qui)
        await relay(session)
    async with database.transaction(vue.id) as session:
        await cancel_rdv(session, rdv_id=cree.rdv.id, appelant=qui)
        await relay(session)
    mails = await delivered(database, vue.id, boite)
    methode, deplace = event_in(mails["Rendez-vous déplacé"])
    assert (methode, deplace["SEQUENCE"], deplace.decoded("DTSTART")) == ("REQUEST", 1, at(10, 30, jour=MARDI))
    methode, annule = event_in(mails["Rendez-vous annulé"])
    assert (methode, annule["SEQUENCE"], annule["UID"]) == ("CANCEL", 2, deplace["UID"])


async def test_a_receipt_travels_with_its_pdf(database: Database, boite: Path):
    vue = await make_tenant(database, nom="Contrôle Auto France")
    qui = agent(vue.id, "ADMIN_TENANT", user_id=new_id())
    async with database.transaction(vue.id) as session:
        centre, _ = await fill_reservable(session)
        cree = await book(session, demande(centre), qui)
        recu = await collect_rdv(session, rdv_id=cree.rdv.id, appelant=qui, moyen=Moyen.ESPECES)
        await relay(session)
    (mail,) = (await delivered(database, vue.id, boite)).values()
    pdfs = {p.get_filename(): p.get_payload(decode=True) for p in mail.iter_attachments()}
    assert list(pdfs) == [f"{recu.code}.pdf"]
    assert bytes(pdfs[f"{recu.code}.pdf"]).startswith(b"%PDF")
