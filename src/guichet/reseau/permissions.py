"""Who may do what in the network, and how far each one sees."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from guichet.socle.acces import Appelant
from guichet.socle.errors import Forbidden
from guichet.socle.i18n import _, lazy
from guichet.socle.registre import Permission

ADMIN_TENANT, ADMIN_AGENCE, ADMIN_CT = "ADMIN_TENANT", "ADMIN_AGENCE", "ADMIN_CT"
CONTROLEUR, CALL_CENTER = "CONTROLEUR", "CALL_CENTER"
_PERSONNEL: Final = frozenset({ADMIN_TENANT, ADMIN_AGENCE, ADMIN_CT, CONTROLEUR, CALL_CENTER})

PERMISSIONS: Final = (
    Permission(code="agence:read", libelle=lazy("Voir les agences"), roles=_PERSONNEL),
    Permission(code="agence:create", libelle=lazy("Créer une agence"), roles=frozenset({ADMIN_TENANT})),
    Permission(
        code="agence:update", libelle=lazy("Modifier une agence"), roles=frozenset({ADMIN_TENANT, ADMIN_AGENCE})
    ),
    Permission(code="centre:read", libelle=lazy("Voir les centres"), roles=_PERSONNEL),
    Permission(code="centre:create", libelle=lazy("Créer un centre"), roles=frozenset({ADMIN_TENANT, ADMIN_AGENCE})),
    Permission(
        code="centre:update",
        libelle=lazy("Modifier un centre, ses horaires et ses tarifs"),
        roles=frozenset({ADMIN_TENANT, ADMIN_AGENCE, ADMIN_CT}),
    ),
    Permission(code="controleur:read", libelle=lazy("Voir les contrôleurs"), roles=_PERSONNEL),
    Permission(
        code="controleur:create",
        libelle=lazy("Créer un contrôleur"),
        roles=frozenset({ADMIN_TENANT, ADMIN_AGENCE, ADMIN_CT}),
    ),
    Permission(
        code="controleur:update",
        libelle=lazy("Modifier un contrôleur, ses agréments et ses horaires"),
        roles=frozenset({ADMIN_TENANT, ADMIN_AGENCE, ADMIN_CT}),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Perimetre:
    """What a caller sees inside its tenant: everything, or its agences with their centres and its centres."""

    tout: bool = True
    agences: frozenset[UUID] = frozenset()
    centres: frozenset[UUID] = frozenset()

    def has_agence(self, agence_id: UUID) -> bool:
        """True when the caller administers that agence."""
        return self.tout or agence_id in self.agences

    def has_centre(self, centre_id: UUID, agence_id: UUID) -> bool:
        """True when the centre, or its whole agence, is the caller's."""
        return self.tout or centre_id in self.centres or agence_id in self.agences


TOUT: Final = Perimetre()


def perimetre_of(appelant: Appelant) -> Perimetre:
    """How far a caller sees: agency administrators their agences and centres, centre administrators and inspectors
    their centres (an agence on their account only says who administers it), keys what they were made for.
    """
    if appelant.role in {ADMIN_CT, CONTROLEUR}:
        return Perimetre(tout=False, centres=appelant.centre_ids)
    key = appelant.via == "cle_api" and bool(appelant.agence_ids or appelant.centre_ids)
    if appelant.role == ADMIN_AGENCE or key:
        return Perimetre(tout=False, agences=appelant.agence_ids, centres=appelant.centre_ids)
    return TOUT


def check_tout(perimetre: Perimetre) -> None:
    """Raises `HORS_PERIMETRE` (403) when the caller sees only a part of the tenant."""
    if not perimetre.tout:
        raise Forbidden(_("Cette action concerne tout le réseau."), code="HORS_PERIMETRE")


def check_agence(perimetre: Perimetre, agence_id: UUID) -> None:
    """Raises `HORS_PERIMETRE` (403) when the agence is not the caller's."""
    if not perimetre.has_agence(agence_id):
        raise Forbidden(_("Cette agence ne fait pas partie de celles dont vous vous occupez."), code="HORS_PERIMETRE")


def check_centre(perimetre: Perimetre, centre_id: UUID, agence_id: UUID) -> None:
    """Raises `HORS_PERIMETRE` (403) when the centre is not the caller's."""
    if not perimetre.has_centre(centre_id, agence_id):
        raise Forbidden(_("Ce centre ne fait pas partie de ceux dont vous vous occupez."), code="HORS_PERIMETRE")
