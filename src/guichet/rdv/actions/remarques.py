"""What the staff writes to itself about an appointment: never shown to the customer, never changed afterwards."""

from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from guichet.rdv.metier.vues import RemarqueVue
from guichet.rdv.permissions import ACCUEIL, LECTURE, check_access, rdv_not_found
from guichet.rdv.questions.remarques import list_remarques
from guichet.rdv.tables import Rdv, Remarque
from guichet.reseau.facade import get_centre
from guichet.socle.acces import Appelant
from guichet.socle.errors import Invalid
from guichet.socle.horloge import now
from guichet.socle.i18n import _
from guichet.socle.ids import new_id

LONGUEUR_MAX: Final = 2000


async def add_remarque(session: AsyncSession, *, rdv_id: UUID, appelant: Appelant, texte: str) -> list[RemarqueVue]:
    """Write a note; the same text again by the same person as the last one adds nothing. Out: all of them, oldest first.

    Raises `RDV_NOT_FOUND` (404), `HORS_PERIMETRE` (403), `NOTE_VIDE`, `NOTES_TROP_LONGUES`, `TEXTE_INVALIDE` (422).
    """
    await _check(session, rdv_id, appelant, ACCUEIL)
    propre = _read(texte)
    connues = await list_remarques(session, rdv_id=rdv_id)
    if not connues or (connues[-1].texte, connues[-1].auteur_id) != (propre, appelant.user_id):
        session.add(
            Remarque(
                id=new_id(),
                tenant_id=session.info["tenant_id"],
                rdv_id=rdv_id,
                auteur_id=appelant.user_id,
                auteur=appelant.nom or "",
                texte=propre,
                created_at=now(),
            )
        )
        await session.flush()
    return await list_remarques(session, rdv_id=rdv_id)


async def read_remarques(session: AsyncSession, *, rdv_id: UUID, appelant: Appelant) -> list[RemarqueVue]:
    """The notes of an appointment, for staff of its centre. Raises as `add_remarque`."""
    await _check(session, rdv_id, appelant, LECTURE)
    return await list_remarques(session, rdv_id=rdv_id)


async def _check(session: AsyncSession, rdv_id: UUID, appelant: Appelant, permission: str) -> None:
    ligne = await session.get(Rdv, rdv_id)
    if ligne is None or ligne.offre_id is not None:
        raise rdv_not_found()
    centre = await get_centre(session, ligne.centre_id)
    check_access(
        appelant, permission, rdv_id=rdv_id, centre_id=centre.id, agence_id=centre.agence_id, owners=frozenset()
    )


def _read(texte: str) -> str:
    propre = texte.replace("\r\n", "\n").strip()
    if not propre:
        code, message = "NOTE_VIDE", _("Écrivez votre note.")
    elif len(propre) > LONGUEUR_MAX:
        code, message = "NOTES_TROP_LONGUES", _("C'est trop long : {n} caractères au plus.", n=LONGUEUR_MAX)
    elif not all(c.isprintable() or c in "\n\t" for c in propre):
        code, message = "TEXTE_INVALIDE", _("Ce texte ne peut pas être lu : écrivez-le à nouveau.")
    else:
        return propre
    raise Invalid(message, code=code, champs={"texte": message})
