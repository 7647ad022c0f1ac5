"""A mail, from a filled template: text and HTML, images shown inside, attached files, headers that never change."""

from collections.abc import Sequence
from datetime import datetime
from email.header import Header
from email.headerregistry import Address, AddressHeader
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, parseaddr
from typing import Any

from guichet.notifications.modeles import Marque, PieceJointe, Rendu

FIN = "\r\n"


class _Poste(EmailPolicy):
    """What is not ASCII is encoded by `email.header`: the folding of EmailPolicy loses a space between two long words."""

    def fold(self, name: str, value: Any) -> str:
        """The header as it travels, in lines of 75 characters at most (RFC 2047, 2)."""
        if str(value).isascii():
            folded: str = super().fold(name, value)
            return folded
        if isinstance(value, AddressHeader):
            encoded = ", ".join(_encode(name, a.display_name, a.addr_spec) for a in value.addresses)
        else:
            encoded = Header(str(value), "utf-8", header_name=name).encode(linesep=FIN)
        return f"{name}: {encoded}{FIN}"

    def fold_binary(self, name: str, value: Any) -> bytes:
        """The same, in bytes."""
        return self.fold(name, value).encode("ascii", "surrogateescape")


def _encode(name: str, nom: str, adresse: str) -> str:
    return Header(nom, "utf-8", header_name=name).encode(linesep=FIN) + f" <{adresse}>"


POSTE = _Poste(linesep=FIN)


def build_mail(
    rendu: Rendu,
    *,
    marque: Marque,
    destinataire: str,
    message_id: str,
    date: datetime,
    locale: str,
    pieces: Sequence[PieceJointe] = (),
    choix: str = "",
) -> EmailMessage:
    """The mail as it travels. The same arguments give the same headers at every attempt.

    With `choix`, the address of the reader's choices, mail programs offer to unsubscribe in one click (RFC 8058).

    A text/calendar piece is also offered as an alternative body, which is where mail clients look for an invitation.
    """
    mail = EmailMessage(policy=POSTE)
    nom, adresse = parseaddr(marque.expediteur)
    mail["From"] = Address(display_name=marque.nom or nom, addr_spec=adresse)
    mail["To"] = Address(addr_spec=destinataire)
    if marque.reponse_a:
        mail["Reply-To"] = Address(display_name=marque.nom, addr_spec=marque.reponse_a)
    mail["Subject"] = rendu.objet
    mail["Date"] = format_datetime(date)
    mail["Message-ID"] = message_id
    mail["Content-Language"] = locale
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's out-of-office answers it
    mail["X-Auto-Response-Suppress"] = "All"
    if choix:
        mail["List-Unsubscribe"] = f"<{choix}/desinscription>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(rendu.texte, subtype="plain", cte="quoted-printable")
    mail.add_alternative(rendu.html, subtype="html", cte="quoted-printable")
    corps = mail.get_body(("html",))
    assert isinstance(corps, EmailMessage)
    for piece in pieces:
        if piece.cid:
            _attach(corps, piece, inline=True)
    for piece in pieces:
        if piece.type_mime == "text/calendar":
            methode = piece.parametres.get("method", "PUBLISH")
            mail.add_alternative(
                piece.contenu.decode(), subtype="calendar", params={"method": methode}, cte="quoted-printable"
            )
    for piece in pieces:
        if not piece.cid:
            _attach(mail, piece, inline=False)
    return mail


def _attach(mail: EmailMessage, piece: PieceJointe, *, inline: bool) -> None:
    principal, _, secondaire = piece.type_mime.partition("/")
    if inline:
        mail.add_related(
            piece.contenu,
            maintype=principal,
            subtype=secondaire,
            cid=f"<{piece.cid}>",
            filename=piece.nom,
            disposition="inline",
        )
    elif principal == "text":
        mail.add_attachment(
            piece.contenu.decode(),
            subtype=secondaire,
            filename=piece.nom,
            params=piece.parametres or None,
            cte="base64",
        )
    else:
        mail.add_attachment(
            piece.contenu, maintype=principal, subtype=secondaire, filename=piece.nom, params=piece.parametres or None
        )
