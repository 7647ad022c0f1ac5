"""Opening and changing agences."""

from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import lock_tenant
from guichet.reseau.actions.commun import complete, difference, lock_row, tenant_of
from guichet.reseau.actions.descriptions import describe_agence
from guichet.reseau.actions.phrases import raise_if_any
from guichet.reseau.actions.saisies import AgenceModification, AgenceSaisie
from guichet.reseau.actions.verifications import read_agence
from guichet.reseau.messages import AgenceChanged, AgenceCreated
from guichet.reseau.metier.horaires import Anomalies
from guichet.reseau.metier.vues import AgenceVue
from guichet.reseau.questions.agences import agence_not_found, count_active, get_agence
from guichet.reseau.tables import Agence
from guichet.socle.audit import audit
from guichet.socle.errors import Conflict
from guichet.socle.i18n import _, ngettext
from guichet.socle.ids import new_id
from guichet.socle.messages import publish


def _read(saisie: AgenceSaisie) -> dict[str, Any]:
    anomalies = Anomalies()
    colonnes = read_agence(saisie, anomalies)
    raise_if_any(anomalies)
    return colonnes


def _code_taken() -> Conflict:
    message = _("Ce code est déjà celui d'une autre agence.")
    return Conflict(message, code="CODE_AGENCE_PRIS", champs={"code": message})


async def _check_quota(session: AsyncSession) -> None:
    """Raises Conflict `LIMITE_AGENCES` when the tenant has all the active agences it may have.

    The tenant's row is held until the commit: two creations at once count one after the other.
    """
    tenant = await lock_tenant(session)
    if tenant.max_agences is not None and await count_active(session) >= tenant.max_agences:
        raise Conflict(
            ngettext(
                "Votre formule permet {n} agence : fermez-en une ou changez de formule.",
                "Votre formule permet {n} agences : fermez-en une ou changez de formule.",
                tenant.max_agences,
            ),
            code="LIMITE_AGENCES",
            limite=tenant.max_agences,
        )


async def create_agence(session: AsyncSession, saisie: AgenceSaisie, *, agence_id: UUID | None = None) -> AgenceVue:
    """Open an agence in the session's tenant; `agence_id` is made up unless given.

    Raises Invalid `CHAMPS_INVALIDES`, Conflict `LIMITE_AGENCES` or `CODE_AGENCE_PRIS`.
    """
    colonnes = _read(saisie)
    if saisie.actif:
        await _check_quota(session)
    ligne = {"id": agence_id or new_id(), "tenant_id": tenant_of(session), **colonnes}
    faite = insert(Agence).values(ligne).on_conflict_do_nothing(index_elements=["tenant_id", "code"])
    if await session.scalar(faite.returning(Agence.id)) is None:
        raise _code_taken()
    agence = await get_agence(session, ligne["id"])
    await audit(session, action="agence.create", entite="agence", entite_id=agence.id, apres=describe_agence(agence))
    await publish(session, AgenceCreated(agence_id=agence.id))
    return agence


async def update_agence(session: AsyncSession, agence_id: UUID, saisie: AgenceModification) -> AgenceVue:
    """Change what is given of an agence of the session's tenant.

    Raises NotFound `AGENCE_NOT_FOUND`, Conflict `VERSION_PERIMEE`, `CODE_AGENCE_PRIS` or (opened again beyond the limit)
    `LIMITE_AGENCES`, Invalid `CHAMPS_INVALIDES`.
    """
    row = await lock_row(session, Agence, agence_id, saisie.version, agence_not_found())
    avant = describe_agence(await get_agence(session, agence_id))
    colonnes = _read(complete(AgenceSaisie, avant, saisie.changes()))
    if colonnes["actif"] and not row.actif:
        await _check_quota(session)
    try:
        async with session.begin_nested():
            await session.execute(
                update(Agence).where(Agence.id == agence_id).values(**colonnes, version=Agence.version + 1)
            )
    except IntegrityError:
        raise _code_taken() from None
    apres = await get_agence(session, agence_id)
    change_avant, change_apres = difference(avant, describe_agence(apres))
    if change_apres:
        await audit(
            session,
            action="agence.update",
            entite="agence",
            entite_id=agence_id,
            avant=change_avant,
            apres=change_apres,
        )
        await publish(session, AgenceChanged(agence_id=agence_id, actif=apres.actif))
    return apres
