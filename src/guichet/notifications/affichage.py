"""In-app messages put into words when they are read, in the language of their reader."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from guichet.notifications.marque import load_marque
from guichet.notifications.metier import Canal
from guichet.notifications.modeles import Marque, find_modele, render
from guichet.notifications.mots import Mots
from guichet.notifications.questions.interne import InterneVue
from guichet.notifications.questions.modeles import get_words
from guichet.socle.i18n import _, current_locale

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Affiche:
    """A message as it is read; `lien` is a page of ours, or None."""

    titre: str
    texte: str
    lien: str | None


async def to_words(session: AsyncSession, messages: Sequence[InterneVue]) -> list[Affiche]:
    """Each message in words. One whose template or data is of another day says so instead of hiding the others."""
    if not messages:
        return []
    locale = current_locale()
    marque = await load_marque(session, tenant_id=session.info["tenant_id"])
    mots = {
        nom: await get_words(session, modele=nom, canal=Canal.INTERNE, locale=locale)
        for nom in sorted({m.modele for m in messages})
    }
    return [_words(message, marque, mots[message.modele], locale) for message in messages]


def _words(message: InterneVue, marque: Marque, mots: Mots, locale: str) -> Affiche:
    try:
        modele = find_modele(message.modele)
        donnees = modele.donnees.model_validate_json(message.donnees)
        rendu = render(modele, donnees, marque, locale=locale, canal=Canal.INTERNE, mots=mots)
        return Affiche(titre=rendu.objet, texte=rendu.texte, lien=modele.lien(donnees) if modele.lien else None)
    except Exception:  # noqa: BLE001  whatever a template of another day raises
        _log.warning("in-app message %s cannot be put into words", message.id, exc_info=True)
        return Affiche(titre=_("Ancien message"), texte=_("Ce message ne peut plus être affiché."), lien=None)
