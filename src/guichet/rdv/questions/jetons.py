"""The opaque identifier of a listed start: signed, so that what is booked is what was shown."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from guichet.rdv.metier.vues import Controle
from guichet.reseau.facade import Carburant, TypeControle, VehiculeType
from guichet.socle.errors import GuichetError, Invalid
from guichet.socle.i18n import _
from guichet.socle.signature import signer, verify

USAGE = "disponibilite"


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
