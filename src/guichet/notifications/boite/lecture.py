"""Reading the mailbox: the list of messages, one message taken apart."""

import base64
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser, BytesParser
from email.utils import parsedate_to_datetime
from pathlib import Path

from guichet.socle.horloge import now

LIMITE = 200
ESPACES = re.compile(r"[ \t\r\n]+")
IDENTIFIANT = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, kw_only=True)
class LigneVue:
    """A message in the list."""

    id: str
    de: str
    a: str
    objet: str
    recu: datetime


@dataclass(frozen=True, kw_only=True)
class PieceVue:
    """An attached file of a message."""

    rang: int
    nom: str
    type_mime: str
    octets: int


@dataclass(frozen=True, kw_only=True)
class MessageVue:
    """A message taken apart. `html` has its inner images inlined; it is not safe outside a sandbox."""

    id: str
    de: str
    a: str
    objet: str
    recu: datetime
    texte: str
    html: str
    entetes: tuple[tuple[str, str], ...]
    pieces: tuple[PieceVue, ...]


def list_messages(dossier: Path, *, cherche: str = "", limite: int = LIMITE) -> list[LigneVue]:
    """The latest messages, newest first; with `cherche`, those whose people or subject contain it."""
    lignes = []
    mot = cherche.strip().casefold()
    for fichier in sorted(dossier.glob("*.eml"), reverse=True):
        ligne = _line(fichier)
        if not mot or any(mot in champ.casefold() for champ in (ligne.de, ligne.a, ligne.objet)):
            lignes.append(ligne)
        if len(lignes) == limite:
            break
    return lignes


def read_message(dossier: Path, identifiant: str) -> MessageVue | None:
    """One message, or None when there is none of that identifier."""
    mail = _open(dossier, identifiant)
    if mail is None:
        return None
    texte, html = mail.get_body(("plain",)), mail.get_body(("html",))
    return MessageVue(
        id=identifiant,
        de=_header(mail, "From"),
        a=_header(mail, "To"),
        objet=_header(mail, "Subject"),
        recu=_received(mail),
        texte=texte.get_content() if texte else "",
        html=_inline_images(mail, html.get_content()) if html else "",
        entetes=tuple((nom, str(valeur)) for nom, valeur in mail.items()),
        pieces=tuple(
            PieceVue(rang=rang, nom=_name(piece, rang), type_mime=piece.get_content_type(), octets=len(_bytes(piece)))
            for rang, piece in enumerate(mail.iter_attachments())
        ),
    )


def read_piece(dossier: Path, identifiant: str, rang: int) -> tuple[str, str, bytes] | None:
    """An attached file as (name, type, bytes), or None."""
    mail = _open(dossier, identifiant)
    pieces = list(mail.iter_attachments()) if mail else []
    if not 0 <= rang < len(pieces):
        return None
    piece = pieces[rang]
    return _name(piece, rang), piece.get_content_type(), _bytes(piece)


def read_source(dossier: Path, identifiant: str) -> bytes | None:
    """The message as it came, or None."""
    fichier = dossier / f"{identifiant}.eml"
    return fichier.read_bytes() if IDENTIFIANT.fullmatch(identifiant) and fichier.is_file() else None


def empty(dossier: Path) -> int:
    """Throw every message away; how many there were."""
    fichiers = list(dossier.glob("*.eml"))
    for fichier in fichiers:
        fichier.unlink(missing_ok=True)
    return len(fichiers)


def _open(dossier: Path, identifiant: str) -> EmailMessage | None:
    source = read_source(dossier, identifiant)
    if source is None:
        return None
    mail = BytesParser(policy=policy.default).parsebytes(source)
    assert isinstance(mail, EmailMessage)
    return mail


def _line(fichier: Path) -> LigneVue:
    with fichier.open("rb") as flux:
        entetes = BytesHeaderParser(policy=policy.default).parse(flux)
    assert isinstance(entetes, EmailMessage)
    return LigneVue(
        id=fichier.stem,
        de=_header(entetes, "From"),
        a=_header(entetes, "To") or _header(entetes, "Delivered-To"),
        objet=_header(entetes, "Subject"),
        recu=_received(entetes),
    )


def _header(mail: EmailMessage, nom: str) -> str:
    return ESPACES.sub(" ", str(mail.get(nom, ""))).strip()


def _received(mail: EmailMessage) -> datetime:
    trace = str(mail.get("Received", ""))
    try:
        return parsedate_to_datetime(trace.rpartition(";")[2].strip()).astimezone(UTC)
    except ValueError:
        return now()


def _name(piece: EmailMessage, rang: int) -> str:
    return Path(piece.get_filename() or f"piece-{rang + 1}").name


def _bytes(piece: EmailMessage) -> bytes:
    contenu = piece.get_payload(decode=True)
    return contenu if isinstance(contenu, bytes) else piece.as_bytes()


def _inline_images(mail: EmailMessage, html: str) -> str:
    for partie in mail.walk():
        identifiant = str(partie.get("Content-ID", "")).strip("<> ")
        if identifiant and partie.get_content_maintype() == "image":
            donnees = base64.b64encode(_bytes(partie)).decode()
            html = html.replace(f"cid:{identifiant}", f"data:{partie.get_content_type()};base64,{donnees}")
    return html
