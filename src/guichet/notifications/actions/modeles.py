"""A tenant's own words for a template: written, read back, given up; each change a version."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.notifications import tables
from guichet.notifications.gabarits import check_words
from guichet.notifications.metier import Canal
from guichet.notifications.modeles import Modele
from guichet.notifications.mots import Mots
from guichet.notifications.questions.modeles import get_words
from guichet.socle.audit import audit
from guichet.socle.errors import Conflict
from guichet.socle.horloge import now
from guichet.socle.i18n import _
from guichet.socle.origine import current_origin


@dataclass(frozen=True)
class Place:
    """Where words stand: a template, a channel, a language."""

    modele: Modele
    canal: Canal
    locale: str


VERROU = text("select pg_advisory_xact_lock(hashtextextended(:cle, 0))")


async def write_words(
    session: AsyncSession,
    *,
    modele: Modele,
    canal: Canal,
    locale: str,
    objet: str | None,
    texte: str,
    version: int | None = None,
) -> Mots:
    """The tenant's words for a template, a channel and a language, from now on.

    `version` is the one that was read, 0 when there was none. Raises Invalid `MODELE_INVALIDE` naming the field and the
    line, Conflict `VERSION_PERIMEE`.
    """
    check_words(modele, canal, objet=objet, texte=texte)
    return await _write(session, Place(modele, canal, locale), objet=objet, texte=texte, version=version)


async def reset_words(session: AsyncSession, *, modele: Modele, canal: Canal, locale: str) -> Mots:
    """Give the house's words back. Nothing is written when they already hold."""
    avant = await get_words(session, modele=modele.nom, canal=canal, locale=locale)
    if avant.texte is None:
        return avant
    return await _write(session, Place(modele, canal, locale), objet=None, texte=None, version=None)


async def _write(
    session: AsyncSession, place: Place, *, objet: str | None, texte: str | None, version: int | None
) -> Mots:
    modele, canal, locale = place.modele, place.canal, place.locale
    tenant_id = session.info["tenant_id"]
    await session.execute(VERROU, {"cle": f"notifications.modele:{tenant_id}:{modele.nom}:{canal}:{locale}"})
    avant = await get_words(session, modele=modele.nom, canal=canal, locale=locale)
    if version is not None and version != avant.version:
        raise Conflict(_("Ce modèle a changé entre-temps : relisez-le avant de l'enregistrer."), code="VERSION_PERIMEE")
    if (avant.objet, avant.texte) == (objet, texte):
        return avant
    session.add(
        tables.ModeleVersion(
            tenant_id=tenant_id,
            modele=modele.nom,
            canal=canal.value,
            locale=locale,
            version=avant.version + 1,
            objet=objet,
            texte=texte,
            auteur_id=current_origin().auteur_id,
            created_at=now(),
        )
    )
    await session.flush()
    await audit(
        session,
        action="notification.modele.update" if texte is not None else "notification.modele.reset",
        entite="modele",
        entite_id=f"{modele.nom}:{canal}:{locale}",
        avant={"version": avant.version, "objet": avant.objet, "texte": avant.texte},
        apres={"version": avant.version + 1, "objet": objet, "texte": texte},
    )
    return await get_words(session, modele=modele.nom, canal=canal, locale=locale)
