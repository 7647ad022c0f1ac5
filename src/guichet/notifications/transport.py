"""Handing a mail to an SMTP server, and saying exactly what is known of the outcome.

Until the text of the mail leaves, a failure is harmless and may be tried again. Once it has started to leave, silence
means nobody knows: the outcome is `incertaine`.
"""

import asyncio
import re
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import parseaddr

import aiosmtplib

from guichet.notifications.metier import Issue
from guichet.socle.i18n import _
from guichet.socle.settings import Mode, Settings

DELAI_TOTAL = 90.0
DELAI_REPONSE = 30.0
LONGUEUR_REPONSE = 500
# RFC 3463: 5.7 is about who writes, its reputation or its signature; the address itself is not dead.
POLITIQUE = re.compile(r"\s*5\.7\.")


@dataclass(frozen=True, kw_only=True)
class Resultat:
    """How an attempt ended, and what the server said.

    `adresse_rejetee`: it was the address that was refused, for good. `fournisseur`, `reference` and `segments` are those
    of a text message.
    """

    issue: Issue
    reponse: str = ""
    adresse_rejetee: bool = False
    fournisseur: str = ""
    reference: str = ""
    segments: int | None = None


@dataclass(frozen=True, kw_only=True)
class Serveur:
    """An SMTP server and how to speak to it: `starttls`, `tls` or `none`."""

    hote: str
    port: int
    securite: str = "starttls"
    compte: str = ""
    mot_de_passe: str = ""


def configured_server(settings: Settings) -> Serveur | None:
    """The outgoing server of the settings; in the demo, its own mail server; None when there is none."""
    if settings.smtp_host:
        return Serveur(
            hote=settings.smtp_host,
            port=settings.smtp_port,
            securite=settings.smtp_security,
            compte=settings.smtp_user,
            mot_de_passe=settings.smtp_password.get_secret_value(),
        )
    if settings.mode is not Mode.PRODUCTION and settings.demo_smtp_port:
        return Serveur(hote="127.0.0.1", port=settings.demo_smtp_port, securite="none")
    return None


async def hand_over(mail: EmailMessage, *, destinataire: str, serveur: Serveur | None) -> Resultat:
    """One attempt. Never raises for what a server or a network does; takes at most `DELAI_TOTAL` seconds."""
    if serveur is None:
        return Resultat(issue=Issue.A_REPRENDRE, reponse=_("Aucun serveur d'envoi n'est configuré."))
    client = aiosmtplib.SMTP(
        hostname=serveur.hote,
        port=serveur.port,
        username=serveur.compte or None,
        password=serveur.mot_de_passe or None,
        use_tls=serveur.securite == "tls",
        start_tls=serveur.securite == "starttls",
        timeout=DELAI_REPONSE,
    )
    parti = False
    try:
        async with asyncio.timeout(DELAI_TOTAL):
            await client.connect()
            await client.mail(parseaddr(str(mail["From"]))[1])
            await client.rcpt(destinataire)
            parti = True
            reponse = await client.data(mail.as_bytes())
        return Resultat(issue=Issue.ACCEPTEE, reponse=_short(f"{reponse.code} {reponse.message}"))
    except aiosmtplib.SMTPResponseException as error:
        issue = _verdict(error)
        refusee = issue is Issue.REFUSEE and isinstance(error, aiosmtplib.SMTPRecipientRefused)
        return Resultat(
            issue=issue,
            reponse=_short(f"{error.code} {error.message}"),
            adresse_rejetee=refusee and not POLITIQUE.match(str(error.message)),
        )
    except (aiosmtplib.SMTPException, OSError) as error:  # a TimeoutError is an OSError
        issue = Issue.INCERTAINE if parti else Issue.A_REPRENDRE
        return Resultat(issue=issue, reponse=_short(str(error) or type(error).__name__))
    finally:
        await _close(client)


def _verdict(error: aiosmtplib.SMTPResponseException) -> Issue:
    """A refusal is final when it is about this person or this text; about us or for now, it may be tried again."""
    about_the_message = isinstance(error, aiosmtplib.SMTPRecipientRefused | aiosmtplib.SMTPDataError)
    return Issue.REFUSEE if about_the_message and error.code >= 500 else Issue.A_REPRENDRE


async def _close(client: aiosmtplib.SMTP) -> None:
    if client.is_connected:
        try:
            async with asyncio.timeout(2):
                await client.quit()
        except (aiosmtplib.SMTPException, OSError):
            client.close()


def _short(texte: str) -> str:
    return " ".join(texte.split())[:LONGUEUR_REPONSE]
