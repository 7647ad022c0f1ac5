"""A booking is confirmed by mail and a cancellation told, once each, with their files."""

from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from guichet.annuaire.module import MODULE as ANNUAIRE
from guichet.identite.module import MODULE as IDENTITE
from guichet.notifications.boite import lecture
from guichet.notifications.boite.serveur import listen
from guichet.notifications.envoi import send_one
from guichet.notifications.facade import Canal, Marque, Modele, get_notification
from guichet.notifications.metier import Encodage, weigh
from guichet.notifications.modeles import render
from guichet.notifications.module import MODULE as NOTIFICATIONS
from guichet.rdv.courriels import MODELES, confirm_by_mail, tell_cancellation
from guichet.rdv.facade import RdvVue, cancel_rdv
from guichet.rdv.messages import RdvCancelled, RdvCreated
from guichet.rdv.module import MODULE as RDV
from guichet.reseau.module import MODULE as RESEAU
from guichet.socle.database import Database
from guichet.socle.registre import Registre, set_registre
from guichet.socle.settings import Settings
from tests.identite.fabrique import make_tenant
from tests.rdv.fabrique import agent, book, demande, fill_reservable


@pytest.fixture(autouse=True)
def registre():
    """The house with its mails."""
    before = set_registre(Registre([IDENTITE, RESEAU, ANNUAIRE, NOTIFICATIONS, RDV]))
    yield
    set_registre(before)


@pytest.fixture
async def boite(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    server = await listen(tmp_path, 0)
    monkeypatch.setattr(settings, "demo_smtp_port", server.sockets[0].getsockname()[1])
    yield tmp_path
    server.close()
    await server.wait_closed()


async def reserver(database: Database, **champs) -> RdvVue:
    tenant = await make_tenant(database, nom="Contrôle Auto France")
    async with database.transaction(tenant.id) as session:
        centre, _ = await fill_reservable(session)
        return (await book(session, demande(centre, **champs), agent(tenant.id))).rdv


def commun(rdv: RdvVue) -> dict[str, Any]:
    return {
        "rdv_id": rdv.id,
        "centre_id": rdv.centre.id,
        "client_id": rdv.client.id,
        "controleur_id": None,
        "date_rdv": rdv.jour,
        "debut": rdv.debut,
        "fin": rdv.fin,
    }


def cree(rdv: RdvVue) -> RdvCreated:
    return RdvCreated(**commun(rdv), statut="confirme", type_controle="CTP", montant_cents=7900, source="web")


def annule(rdv: RdvVue, motif: str = "client") -> RdvCancelled:
    return RdvCancelled(**commun(rdv), statut="annule", motif=motif)


async def en_attente(database: Database, rdv: RdvVue) -> list[Any]:
    async with database.transaction(rdv.tenant_id) as session:
        return list(
            (await session.scalars(text("select id from notifications.notification order by created_at, id"))).all()
        )


async def envoyer(database: Database, rdv: RdvVue) -> None:
    for identifiant in await en_attente(database, rdv):
        await send_one(rdv.tenant_id, identifiant)


async def test_a_confirmation_arrives_once_with_ticket_calendar_and_code(database: Database, boite: Path):
    rdv = await reserver(database)
    for _fois in range(2):
        async with database.transaction(rdv.tenant_id) as session:
            await confirm_by_mail(session, cree(rdv))
    await envoyer(database, rdv)
    (ligne,) = lecture.list_messages(boite)
    assert (
        ligne.objet == "Rendez-vous confirmé\u202f: lundi 23\u00a0novembre à 9\u202fh\u202f00, Centre de la Part-Dieu"
    )
    message = lecture.read_message(boite, ligne.id)
    assert message is not None
    assert [p.nom for p in message.pieces] == [f"{rdv.numero}.ics", f"{rdv.numero}.pdf"]
    assert "data:image/png;base64" in message.html
    assert f"/mes-rdv/{rdv.id}?lien=" in message.texte
    mail = message_from_bytes(lecture.read_source(boite, ligne.id) or b"", policy=policy.default)
    (invitation,) = [p for p in mail.walk() if p.get_content_type() == "text/calendar" and not p.get_filename()]
    assert invitation.get_param("method") == "REQUEST"


async def test_a_cancellation_removes_the_event_from_calendars(database: Database, boite: Path):
    rdv = await reserver(database)
    async with database.transaction(rdv.tenant_id) as session:
        await cancel_rdv(session, rdv_id=rdv.id, appelant=agent(rdv.tenant_id))
        await tell_cancellation(session, annule(rdv, "centre"))
    await envoyer(database, rdv)
    (ligne,) = lecture.list_messages(boite)
    assert ligne.objet.startswith("Rendez-vous annulé")
    source = (lecture.read_source(boite, ligne.id) or b"").decode("ascii", "ignore")
    assert 'method="CANCEL"' in source or "method=CANCEL" in source


async def test_nothing_is_written_about_a_hold_that_lapsed_or_after_a_quick_cancellation(database: Database):
    rdv = await reserver(database)
    async with database.transaction(rdv.tenant_id) as session:
        await tell_cancellation(session, annule(rdv, "expiration"))  # it lives again since
        await cancel_rdv(session, rdv_id=rdv.id, appelant=agent(rdv.tenant_id))
        await confirm_by_mail(session, cree(rdv))
    assert await en_attente(database, rdv) == []


async def test_who_left_a_mobile_number_alone_is_written_to_by_text_message(database: Database):
    rdv = await reserver(database, client_email=None)
    async with database.transaction(rdv.tenant_id) as session:
        await confirm_by_mail(session, cree(rdv))
        await cancel_rdv(session, rdv_id=rdv.id, appelant=agent(rdv.tenant_id))
        await tell_cancellation(session, annule(rdv))
    async with database.transaction(rdv.tenant_id) as session:
        vues = [await get_notification(session, notification_id=i) for i in await en_attente(database, rdv)]
    assert [(v.modele, v.canal, v.destinataire) for v in vues if v] == [
        ("rdv.confirmation", "sms", "+33•••••34"),
        ("rdv.annulation", "sms", "+33•••••34"),
    ]


@pytest.mark.parametrize("modele", MODELES)
@pytest.mark.parametrize("locale", ["fr", "en"])
def test_a_text_message_is_one_part_in_the_short_alphabet(modele: Modele, locale: str):
    marque = Marque(nom="Contrôle Auto France")
    assert modele.exemple is not None
    rendu = render(modele, modele.exemple, marque, locale=locale, canal=Canal.SMS)
    poids = weigh(rendu.texte)
    assert (poids.encodage, poids.segments) == (Encodage.GSM7, 1), rendu.texte
