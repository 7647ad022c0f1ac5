"""Who may book, read and cancel appointments."""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from guichet.reseau.facade import check_centre, perimetre_of
from guichet.socle.acces import Appelant
from guichet.socle.errors import NotFound, Unauthenticated
from guichet.socle.i18n import _, lazy
from guichet.socle.registre import Permission

_GESTION: Final = frozenset({"ADMIN_TENANT", "ADMIN_AGENCE", "ADMIN_CT", "CALL_CENTER"})
_PERSONNEL: Final = _GESTION | {"CONTROLEUR"}
_CENTRE: Final = _PERSONNEL - {"CALL_CENTER"}
_CLIENT: Final = frozenset({"CLIENT"})
GENRE_LIEN: Final = "rdv"
GENRE_LIEN_ATTENTE: Final = "liste_attente"
LECTURE, CREATION, ANNULATION = "rdv:read", "rdv:create", "rdv:cancel"
SURBOOKING: Final = "rdv:surbook"
PLANNING_LECTURE, PLANNING_CREATION = "planning:read", "planning:create"
PLANNING_MODIFICATION, PLANNING_SUPPRESSION = "planning:update", "planning:delete"
PLANNING_CREATION_PROPRE, PLANNING_PROPRE = "planning:create:own", "planning:update:own"
_ENCADREMENT: Final = frozenset({"ADMIN_TENANT", "ADMIN_AGENCE", "ADMIN_CT"})
_CONTROLEUR: Final = frozenset({"CONTROLEUR"})
MODIFICATION, ACCUEIL = "rdv:update", "rdv:accueil"
LECTURE_PROPRE, CREATION_PROPRE, ANNULATION_PROPRE = "rdv:read:own", "rdv:create:own", "rdv:cancel:own"
MODIFICATION_PROPRE, ACCUEIL_PROPRE = "rdv:update:own", "rdv:accueil:own"

PERMISSIONS: Final = (
    Permission(code=LECTURE, libelle=lazy("Voir les rendez-vous"), roles=_PERSONNEL),
    Permission(code=CREATION, libelle=lazy("Prendre un rendez-vous pour un client"), roles=_GESTION),
    Permission(code=ANNULATION, libelle=lazy("Annuler le rendez-vous d'un client"), roles=_GESTION),
    Permission(code=MODIFICATION, libelle=lazy("Déplacer ou modifier le rendez-vous d'un client"), roles=_GESTION),
    Permission(code=ACCUEIL, libelle=lazy("Accueillir, démarrer et terminer les contrôles"), roles=_CENTRE),
    Permission(
        code=SURBOOKING,
        libelle=lazy("Dépasser la capacité d'une journée"),
        roles=frozenset({"ADMIN_TENANT", "ADMIN_CT"}),
    ),
    Permission(code=PLANNING_LECTURE, libelle=lazy("Voir les plannings"), roles=_PERSONNEL),
    Permission(
        code=PLANNING_CREATION, libelle=lazy("Bloquer, ouvrir, mettre en congé ou déclarer absent"), roles=_ENCADREMENT
    ),
    Permission(
        code=PLANNING_MODIFICATION,
        libelle=lazy("Modifier un planning, valider ou refuser un congé"),
        roles=_ENCADREMENT,
    ),
    Permission(code=PLANNING_SUPPRESSION, libelle=lazy("Retirer une entrée d'un planning"), roles=_ENCADREMENT),
    Permission(code=PLANNING_CREATION_PROPRE, libelle=lazy("Demander un congé"), roles=_CONTROLEUR),
    Permission(code=PLANNING_PROPRE, libelle=lazy("Modifier ou retirer sa demande de congé"), roles=_CONTROLEUR),
    Permission(code=LECTURE_PROPRE, libelle=lazy("Voir ses rendez-vous"), roles=_CLIENT),
    Permission(code=CREATION_PROPRE, libelle=lazy("Prendre un rendez-vous"), roles=_CLIENT),
    Permission(code=ANNULATION_PROPRE, libelle=lazy("Annuler son rendez-vous"), roles=_CLIENT),
    Permission(code=MODIFICATION_PROPRE, libelle=lazy("Déplacer ou modifier son rendez-vous"), roles=_CLIENT),
    Permission(code=ACCUEIL_PROPRE, libelle=lazy("Dire qu'on est arrivé"), roles=_CLIENT),
)


def is_staff(appelant: Appelant) -> bool:
    """True for those who book in somebody's name: the tenant's people and its programs."""
    return appelant.is_known and appelant.can(CREATION)


def is_anonymous(appelant: Appelant) -> bool:
    """True for whoever has not signed in: caps apply to them alone."""
    return not appelant.is_known


def has_link(appelant: Appelant, rdv_id: UUID) -> bool:
    """True for the holder of the signed link of that appointment."""
    lien = appelant.lien
    return appelant.via == "lien" and lien.get("genre") == GENRE_LIEN and str(lien.get("cible")) == str(rdv_id)


def has_list_link(appelant: Appelant, inscription_id: UUID) -> bool:
    """True for the holder of the signed link of that entry of the waiting list."""
    lien = appelant.lien
    return (
        appelant.via == "lien"
        and lien.get("genre") == GENRE_LIEN_ATTENTE
        and str(lien.get("cible")) == str(inscription_id)
    )


def inscription_not_found() -> NotFound:
    """The error for an entry of the waiting list that is unknown, or not the caller's."""
    return NotFound(_("Cette inscription est introuvable."), code="INSCRIPTION_NOT_FOUND")


def check_list_access(
    appelant: Appelant,
    permission: str,
    *,
    inscription_id: UUID,
    cree_par: UUID | None,
    centres: Iterable[tuple[UUID, UUID]],
) -> None:
    """Let through the holder of an entry's link, whoever made it, and staff of one of its `centres` (each with its agence).

    The caller is known, or holds that link. Raises `INSCRIPTION_NOT_FOUND` (404), `HORS_PERIMETRE` (403).
    """
    if has_list_link(appelant, inscription_id):
        return
    if appelant.can(permission):
        perimetre = perimetre_of(appelant)
        siens = list(centres)
        if not any(perimetre.has_centre(centre_id, agence_id) for centre_id, agence_id in siens):
            check_centre(perimetre, *siens[0])
        return
    if not appelant.can(f"{permission}:own") or appelant.user_id is None or appelant.user_id != cree_par:
        raise inscription_not_found()


def not_connected() -> Unauthenticated:
    """The error for a passer-by who asks for an appointment: nothing tells whether it exists."""
    return Unauthenticated(_("Connectez-vous, ou ouvrez le lien reçu avec la confirmation."), code="NON_CONNECTE")


def rdv_not_found() -> NotFound:
    """The error for an appointment that is unknown, or not the caller's: the two cannot be told apart."""
    return NotFound(_("Ce rendez-vous est introuvable."), code="RDV_NOT_FOUND")


def check_access(
    appelant: Appelant, permission: str, *, rdv_id: UUID, centre_id: UUID, agence_id: UUID, owners: frozenset[UUID]
) -> None:
    """Let staff through within their perimeter, the holder of the link, and the signed-in customer (`owners`).

    Raises 401 for a passer-by, `RDV_NOT_FOUND` (404) for somebody else's appointment, `HORS_PERIMETRE` (403) for staff of
    other centres.
    """
    if has_link(appelant, rdv_id):
        return
    if not appelant.is_known:
        raise not_connected()
    if appelant.can(permission):
        check_centre(perimetre_of(appelant), centre_id, agence_id)
        return
    if not appelant.can(f"{permission}:own") or appelant.user_id not in owners:
        raise rdv_not_found()
