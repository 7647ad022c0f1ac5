"""What people carry for us, signed: the identifier of a listed start, so that what is booked is what was shown, and the code
of a ticket, which says who has arrived."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from guichet.rdv.metier.vues import Controle
from guichet.reseau.facade import Carburant, TypeControle, VehiculeType
from guichet.socle.errors import GuichetError, Invalid
from guichet.socle.i18n import _
from guichet.socle.signature import sign, signer, verify

USAGE = "disponibilite"
ARRIVEE = "arrivee"


@dataclass(frozen=True, kw_only=True)
class DisponibiliteChoisie:
    """A start somebody picked from a list, and what it was listed for."""

    centre_id: UUID
    debut: datetime
    controle: Controle


def write_disponibilite_id(centre_id: UUID, debut: datetime, controle: Controle) -> str:
    """The identifier of a start."""
    return disponibilite_writer(centre_id, controle)(debut)


def disponibilite_writer(centre_id: UUID, controle: Controle) -> Callable[[datetime], str]:
    """Writes the identifiers of many starts of one centre for one inspection."""
    seal = signer(USAGE)
    quoi = json.dumps([controle.vehicule_type, controle.carburant, controle.type_controle], separators=(",", ":"))
    avant, apres = f'{{"c":"{centre_id.hex}","d":', f',"k":{quoi}}}'
    return lambda debut: seal(f"{avant}{int(debut.timestamp()) // 60}{apres}")


def read_disponibilite_id(texte: str) -> DisponibiliteChoisie:
    """What an identifier stands for. Raises `DISPONIBILITE_INVALIDE` (422) for anything we did not write."""
    try:
        contenu = verify(USAGE, texte)
    except GuichetError:
        message = _("Ce créneau n'est pas reconnu. Choisissez-le à nouveau dans la liste.")
        raise Invalid(message, code="DISPONIBILITE_INVALIDE", champs={"disponibilite_id": message}) from None
    vehicule, carburant, controle = contenu["k"]
    return DisponibiliteChoisie(
        centre_id=UUID(hex=contenu["c"]),
        debut=datetime.fromtimestamp(contenu["d"] * 60, UTC),
        controle=Controle(
            vehicule_type=VehiculeType(vehicule),
            carburant=Carburant(carburant),
            type_controle=TypeControle(controle),
        ),
    )


def write_code_arrivee(*, tenant_id: UUID, rdv_id: UUID) -> str:
    """What the code of a ticket holds: whose appointment, signed; short, to be read from a telephone. It never expires: the
    hour at which it serves is a rule of arriving."""
    return sign(ARRIVEE, {"r": base64.b85encode(tenant_id.bytes + rdv_id.bytes).decode()})


def read_code_arrivee(texte: str) -> tuple[UUID, UUID]:
    """Tenant and appointment of a code, alone or after the number as the QR code has it. Raises `JETON_INVALIDE` (422) for anything we did not write."""
    try:
        octets = base64.b85decode(verify(ARRIVEE, texte.strip().rpartition("/")[2])["r"])
    except GuichetError:
        message = _(
            "Ce code n'est pas celui d'un de nos billets. Présentez-le à nouveau, ou dites votre numéro à l'accueil."
        )
        raise Invalid(message, code="JETON_INVALIDE", champs={"jeton": message}) from None
    return UUID(bytes=octets[:16]), UUID(bytes=octets[16:])
