"""The demo's mailbox over real SMTP, and its reading."""

from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import pytest

from guichet.notifications.boite import lecture
from guichet.notifications.boite.serveur import listen


@pytest.fixture
async def port(tmp_path: Path) -> AsyncIterator[int]:
    server = await listen(tmp_path, 0)
    yield server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()


def un_mail() -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "Contrôle Auto France <bonjour@caf.example>"
    mail["To"] = "camille@example.org"
    mail["Subject"] = "Votre rendez-vous est confirmé"
    mail.set_content("Bonjour Camille.\n.\nÀ mardi.")
    mail.add_alternative('<p>Bonjour</p><img src="cid:code">', subtype="html")
    html = mail.get_body(("html",))
    assert isinstance(html, EmailMessage)
    html.add_related(b"\x89PNG", maintype="image", subtype="png", cid="<code>")
    mail.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="billet.pdf")
    return mail


async def envoyer(port: int, mail: EmailMessage) -> None:
    await aiosmtplib.send(mail, hostname="127.0.0.1", port=port, start_tls=False)


async def test_a_message_sent_over_smtp_is_in_the_list_and_can_be_read(port: int, tmp_path: Path):
    await envoyer(port, un_mail())
    (ligne,) = lecture.list_messages(tmp_path)
    assert ligne.objet == "Votre rendez-vous est confirmé"
    assert ligne.a == "camille@example.org"
    message = lecture.read_message(tmp_path, ligne.id)
    assert message is not None
    assert message.texte.splitlines() == ["Bonjour Camille.", ".", "À mardi."]
    assert "data:image/png;base64,iVBORw==" in message.html
    assert [(p.nom, p.type_mime, p.octets) for p in message.pieces] == [("billet.pdf", "application/pdf", 8)]
    assert ("Return-Path", "<bonjour@caf.example>") in message.entetes


async def test_a_piece_and_the_source_can_be_taken(port: int, tmp_path: Path):
    await envoyer(port, un_mail())
    (ligne,) = lecture.list_messages(tmp_path)
    assert lecture.read_piece(tmp_path, ligne.id, 0) == ("billet.pdf", "application/pdf", b"%PDF-1.7")
    assert lecture.read_piece(tmp_path, ligne.id, 1) is None
    assert b"Delivered-To: camille@example.org" in (lecture.read_source(tmp_path, ligne.id) or b"")


async def test_the_newest_message_comes_first_and_a_search_narrows_the_list(port: int, tmp_path: Path):
    for nom in ("premier", "second"):
        mail = un_mail()
        mail.replace_header("Subject", f"Le {nom}")
        await envoyer(port, mail)
    assert [ligne.objet for ligne in lecture.list_messages(tmp_path)] == ["Le second", "Le premier"]
    assert [ligne.objet for ligne in lecture.list_messages(tmp_path, cherche="PREMIER")] == ["Le premier"]
    assert [ligne.objet for ligne in lecture.list_messages(tmp_path, limite=1)] == ["Le second"]
    assert lecture.empty(tmp_path) == 2
    assert lecture.list_messages(tmp_path) == []


def test_a_message_made_by_hand_is_read_whatever_it_lacks(tmp_path: Path):
    identifiant = "0" * 32
    (tmp_path / f"{identifiant}.eml").write_bytes(
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: message/rfc822\r\n"
        b"Content-Disposition: attachment\r\n\r\nSubject: dedans\r\n\r\nbonjour\r\n--x--\r\n"
    )
    message = lecture.read_message(tmp_path, identifiant)
    assert message is not None
    assert (message.objet, message.texte, message.html) == ("", "", "")
    assert message.pieces[0].nom == "piece-1"
    assert message.pieces[0].octets > 0


@pytest.mark.parametrize("identifiant", ["../../etc/passwd", "f" * 32, "", "0" * 31])
def test_an_unknown_message_is_none_and_no_path_leads_outside(tmp_path: Path, identifiant: str):
    assert lecture.read_message(tmp_path, identifiant) is None
    assert lecture.read_piece(tmp_path, identifiant, 0) is None
    assert lecture.read_source(tmp_path, identifiant) is None
