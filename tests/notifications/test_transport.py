"""What is known after an attempt, against servers that misbehave in every way."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from email.message import EmailMessage

import pytest

from guichet.notifications import transport
from guichet.notifications.metier import Issue
from guichet.notifications.transport import Serveur, configured_server, hand_over
from guichet.socle.settings import Mode, Settings

Reponse = Callable[[bytes], bytes | None]


@asynccontextmanager
async def serveur(
    reponses: dict[bytes, bytes | None], final: bytes | None = b"250 garde\r\n"
) -> AsyncIterator[tuple[Serveur, list[bytes]]]:
    """An SMTP server that says what it is told to; None closes the connection without a word."""
    recu: list[bytes] = []

    async def dialogue(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(reponses.get(b"", b"220 bonjour\r\n") or b"")
        while ligne := await reader.readline():
            recu.append(ligne)
            verbe = ligne.split(maxsplit=1)[0].strip().upper()
            reponse = reponses.get(verbe, b"354 parlez\r\n" if verbe == b"DATA" else b"250 oui\r\n")
            if reponse is None:
                break
            writer.write(reponse)
            if verbe == b"DATA" and reponse.startswith(b"354"):
                while (texte := await reader.readline()) not in (b".\r\n", b""):
                    recu.append(texte)
                if final is None:
                    break
                writer.write(final)
            if verbe == b"QUIT":
                break
        writer.close()

    ecoute = await asyncio.start_server(dialogue, "127.0.0.1", 0)
    async with ecoute:
        port = ecoute.sockets[0].getsockname()[1]
        yield Serveur(hote="127.0.0.1", port=port, securite="none"), recu


@pytest.fixture
def mail() -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "Guichet <bonjour@guichet.example>"
    mail["To"] = "camille@example.org"
    mail.set_content("Bonjour")
    return mail


async def tenter(mail: EmailMessage, serveur: Serveur | None) -> transport.Resultat:
    return await hand_over(mail, destinataire="camille@example.org", serveur=serveur)


async def test_an_accepted_mail_says_what_the_server_said(mail: EmailMessage):
    async with serveur({}) as (cible, recu):
        resultat = await tenter(mail, cible)
    assert (resultat.issue, resultat.reponse) == (Issue.ACCEPTEE, "250 garde")
    assert b"MAIL FROM:<bonjour@guichet.example>\r\n" in recu
    assert b"RCPT TO:<camille@example.org>\r\n" in recu


@pytest.mark.parametrize(
    ("reponses", "final", "issue"),
    [
        ({b"RCPT": b"550 inconnu\r\n"}, b"", Issue.REFUSEE),
        ({b"RCPT": b"450 plus tard\r\n"}, b"", Issue.A_REPRENDRE),
        ({b"MAIL": b"550 pas vous\r\n"}, b"", Issue.A_REPRENDRE),
        ({b"": b"554 ferme\r\n"}, b"", Issue.A_REPRENDRE),
        ({b"DATA": b"554 non\r\n"}, b"", Issue.REFUSEE),
        ({}, b"552 trop gros\r\n", Issue.REFUSEE),
        ({}, b"451 plus tard\r\n", Issue.A_REPRENDRE),
        ({b"RCPT": None}, b"", Issue.A_REPRENDRE),
        ({}, None, Issue.INCERTAINE),
    ],
)
async def test_each_refusal_is_final_passing_or_unknown(
    mail: EmailMessage, reponses: dict[bytes, bytes | None], final: bytes | None, issue: Issue
):
    async with serveur(reponses, final) as (cible, _recu):
        assert (await tenter(mail, cible)).issue is issue


async def test_a_closed_port_is_tried_again(mail: EmailMessage):
    async with serveur({}) as (cible, _recu):
        pass
    assert (await tenter(mail, cible)).issue is Issue.A_REPRENDRE


async def test_a_server_without_the_demanded_encryption_gets_nothing(mail: EmailMessage):
    async with serveur({}) as (cible, recu):
        resultat = await tenter(mail, Serveur(hote=cible.hote, port=cible.port, securite="starttls"))
    assert resultat.issue is Issue.A_REPRENDRE
    assert not any(ligne.startswith(b"MAIL") for ligne in recu)


async def test_a_server_that_hangs_up_on_goodbye_changes_nothing(mail: EmailMessage):
    async with serveur({b"QUIT": None}) as (cible, _recu):
        assert (await tenter(mail, cible)).issue is Issue.ACCEPTEE


async def test_without_a_server_the_message_waits(mail: EmailMessage):
    assert (await tenter(mail, None)).issue is Issue.A_REPRENDRE


def test_the_outgoing_server_is_the_configured_one_else_the_demos_own():
    assert configured_server(
        Settings(smtp_host="mx.example", smtp_port=25, smtp_user="u", smtp_password="p", smtp_security="tls")
    ) == Serveur(hote="mx.example", port=25, securite="tls", compte="u", mot_de_passe="p")
    assert configured_server(Settings(smtp_host="", mode=Mode.DEMO, demo_smtp_port=2525)) == Serveur(
        hote="127.0.0.1", port=2525, securite="none"
    )
    assert configured_server(Settings(smtp_host="", mode=Mode.PRODUCTION, demo_smtp_port=2525)) is None
    assert configured_server(Settings(smtp_host="", mode=Mode.DEMO, demo_smtp_port=0)) is None
