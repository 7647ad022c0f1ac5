"""Whose planning it is: the caller's perimeter against the centre or the person of an entry."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from guichet.rdv.metier.evenements import EvenementVue, StatutEvenement, TypeEvenement
from guichet.rdv.permissions import PLANNING_LECTURE
from guichet.rdv.questions.planning.evenements import evenement_not_found
from guichet.reseau.facade import check_centre, find_controleur, get_centre, get_controleur, list_centres, perimetre_of
from guichet.socle.acces import Appelant
from guichet.socle.errors import Forbidden
from guichet.socle.i18n import _


async def controleur_of(session: AsyncSession, appelant: Appelant) -> UUID | None:
    """The inspector the caller is, or None."""
    propre = await find_controleur(session, appelant.user_id) if appelant.user_id else None
    return None if propre is None else propre.id


async def check_manager(session: AsyncSession, appelant: Appelant, evenement: EvenementVue) -> None:
    """Raises `HORS_PERIMETRE` (403) unless the centre of an entry, or the person's home centre, is the caller's."""
    centre_id = evenement.centre_id
    if centre_id is None:
        assert evenement.controleur_id is not None
        centre_id = (await get_controleur(session, evenement.controleur_id)).centre_id
    centre = await get_centre(session, centre_id)
    check_centre(perimetre_of(appelant), centre.id, centre.agence_id)


async def check_reader(session: AsyncSession, appelant: Appelant, evenement: EvenementVue) -> None:
    """Let through whoever sees the centre of an entry, or a centre its person works in, and that person.

    Raises `PLANNING_NOT_FOUND` (404) for somebody else's, `HORS_PERIMETRE` (403) for staff of other centres.
    """
    if evenement.controleur_id is not None and evenement.controleur_id == await controleur_of(session, appelant):
        return
    if not appelant.can(PLANNING_LECTURE):
        raise evenement_not_found()
    perimetre = perimetre_of(appelant)
    ids = [evenement.centre_id] if evenement.centre_id else []
    if not ids and evenement.controleur_id is not None:
        ids = [t.centre_id for t in (await get_controleur(session, evenement.controleur_id)).centres]
    if not any(perimetre.has_centre(c.id, c.agence_id) for c in await list_centres(session, centre_ids=ids)):
        raise Forbidden(_("Cette entrée concerne un centre dont vous ne vous occupez pas."), code="HORS_PERIMETRE")


async def check_editor(session: AsyncSession, appelant: Appelant, permission: str, evenement: EvenementVue) -> None:
    """Let through those who hold the permission within their perimeter, and an inspector for a leave still asked for.

    Raises `PLANNING_NOT_FOUND` (404), `HORS_PERIMETRE` or `CONGE_DEJA_DECIDE` (403).
    """
    if appelant.can(permission):
        await check_manager(session, appelant, evenement)
        return
    if evenement.controleur_id is None or evenement.controleur_id != await controleur_of(session, appelant):
        raise evenement_not_found()
    is_leave = evenement.type is TypeEvenement.CONGE
    if not is_leave or evenement.statut not in {StatutEvenement.DEMANDE, StatutEvenement.ANNULE}:
        raise Forbidden(
            _("Ce n'est plus une demande : adressez-vous à votre centre pour la changer."), code="CONGE_DEJA_DECIDE"
        )
