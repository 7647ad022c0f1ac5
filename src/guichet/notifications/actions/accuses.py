"""What a provider says afterwards: what became of a text message, what the person answered."""

from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.notifications import tables
from guichet.notifications.actions.envois import locked, tell
from guichet.notifications.actions.preferences import record_preference
from guichet.notifications.metier import Canal, Issue, Statut, asks_to_stop, follow_accuse, read_accuse
from guichet.notifications.questions.preferences import Preference
from guichet.socle.horloge import now
from guichet.socle.i18n import _


async def record_accuse(session: AsyncSession, *, notification_id: UUID, numero: int, valeur: str) -> Statut | None:
    """Write the receipt of the attempt `numero`: `valeur` is the provider's word. None when it changes nothing.

    Raises NotFound `NOTIFICATION_NOT_FOUND`.
    """
    ligne = await locked(session, notification_id)
    accuse = read_accuse(valeur)
    statut = follow_accuse(Statut(ligne.statut), accuse)
    if statut is None or ligne.tentatives != numero:
        return None
    instant = now()
    ligne.statut = statut.value
    ligne.prochaine_tentative = None
    ligne.envoye_a = ligne.envoye_a or instant
    ligne.erreur = _("Le téléphone n'a pas été joint.") if statut is Statut.ECHEC else None
    if statut is Statut.DISTRIBUE:
        ligne.distribue_a = instant
    await session.execute(
        update(tables.Tentative)
        .where(
            tables.Tentative.notification_id == notification_id,
            tables.Tentative.numero == numero,
            tables.Tentative.issue.is_distinct_from(Issue.ACCEPTEE.value),
        )
        .values(fin=instant, issue=Issue.ACCEPTEE.value)
    )
    await tell(session, ligne)
    return statut


async def record_answer(session: AsyncSession, *, notification_id: UUID, texte: str) -> bool:
    """What a person answered to a text message: a STOP is obeyed at once. True when it was one.

    Raises NotFound `NOTIFICATION_NOT_FOUND`.
    """
    ligne = await locked(session, notification_id)
    if not asks_to_stop(texte) or ligne.adresse_cle is None:
        return False
    await record_preference(
        session,
        Preference(canal=Canal(ligne.canal), messages=False, rappels=False, source="desinscription"),
        adresse_cle=ligne.adresse_cle,
    )
    return True
