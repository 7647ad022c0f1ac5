"""Who may see money, take it and give it back."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from guichet.socle.acces import Appelant
from guichet.socle.errors import Forbidden, NotFound
from guichet.socle.i18n import _, lazy
from guichet.socle.registre import Permission

_GESTION: Final = frozenset({"ADMIN_TENANT", "ADMIN_AGENCE", "ADMIN_CT"})
GENRE_LIEN: Final = "paiement"
LECTURE, REMBOURSEMENT, ENCAISSEMENT = "payment:read", "payment:refund", "payment:encaisser"

PERMISSIONS: Final = (
    Permission(
        code=LECTURE, libelle=lazy("Voir les paiements et la caisse"), roles=_GESTION | {"CALL_CENTER", "CONTROLEUR"}
    ),
    Permission(code=REMBOURSEMENT, libelle=lazy("Rembourser un paiement"), roles=_GESTION),
    Permission(code=ENCAISSEMENT, libelle=lazy("Encaisser sur place"), roles=_GESTION | {"CONTROLEUR", "CALL_CENTER"}),
)


def has_link(appelant: Appelant, paiement_id: UUID) -> bool:
    """True for the holder of the signed link of that payment."""
    lien = appelant.lien
    return appelant.via == "lien" and lien.get("genre") == GENRE_LIEN and lien.get("cible") == paiement_id


def check_lieu(lieu: str | None, *, tout: bool, lieux: Collection[str]) -> None:
    """A caller limited to some places sees the money of those only. Raises Forbidden `HORS_PERIMETRE`."""
    if not tout and (lieu is None or lieu not in lieux):
        raise Forbidden(_("Ce paiement n'est pas dans votre périmètre."), code="HORS_PERIMETRE")


def paiement_not_found() -> NotFound:
    """The error for a payment that is unknown, or of another tenant: the two cannot be told apart."""
    return NotFound(_("Ce paiement est introuvable."), code="PAIEMENT_NOT_FOUND")
