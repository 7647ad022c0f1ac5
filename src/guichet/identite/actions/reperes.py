"""Keeping what must be known before the tenant is."""

from collections.abc import Iterable

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.metier.tenants import normalise_hote
from guichet.identite.questions.contexte import tenant_of
from guichet.identite.questions.reperes import empreinte, find_tenants
from guichet.identite.tables import Repere
from guichet.socle.errors import Conflict, Invalid
from guichet.socle.i18n import _


async def register_repere(session: AsyncSession, *, genre: str, valeur: str) -> bool:
    """Let `valeur` lead to the session's tenant. False when it already leads to another (an e-mail may lead to several).

    Kinds: `email`, `cle_api`, `hote`, `lien`, `boite`, `webhook`.
    """
    tenant_id = tenant_of(session)
    mark = {"genre": genre, "empreinte": empreinte(genre, valeur), "tenant_id": tenant_id}
    await session.execute(insert(Repere).values(mark).on_conflict_do_nothing())
    return tenant_id in await find_tenants(session, genre=genre, valeur=valeur)


async def forget_repere(session: AsyncSession, *, genre: str, valeur: str) -> None:
    """`valeur` no longer leads to the session's tenant."""
    await session.execute(
        delete(Repere).where(
            Repere.genre == genre,
            Repere.empreinte == empreinte(genre, valeur),
            Repere.tenant_id == tenant_of(session),
        )
    )


def check_hosts(hosts: Iterable[str], domaine: str | None) -> list[str]:
    """The host names as they are kept, the domain first. Raises Invalid `HOTE_INVALIDE`."""
    kept: list[str] = []
    for text in (*([domaine] if domaine else []), *hosts):
        hote = normalise_hote(text)
        if hote is None or "." not in hote:
            raise Invalid(
                _("« {nom} » n'est pas un nom de domaine.", nom=text),
                code="HOTE_INVALIDE",
                champs={"hosts": _("Écrivez un nom comme rdv.exemple.fr, sans http:// ni chemin.")},
            )
        if hote not in kept:
            kept.append(hote)
    return kept


async def replace_hosts(session: AsyncSession, *, before: Iterable[str], after: Iterable[str]) -> None:
    """Let these hosts lead to the tenant and no other ones. Raises Conflict `HOTE_DEJA_UTILISE`."""
    old, new = set(before), list(after)
    for hote in sorted(old - set(new)):
        await forget_repere(session, genre="hote", valeur=hote)
    for hote in sorted(set(new) - old):
        if not await register_repere(session, genre="hote", valeur=hote):
            raise Conflict(
                _("Le domaine {nom} est déjà utilisé par un autre réseau.", nom=hote),
                code="HOTE_DEJA_UTILISE",
                champs={"hosts": _("Choisissez un autre nom de domaine.")},
            )
