"""Giving appointments of a day to other inspectors, their time unchanged, to make room for one more."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.rdv.actions.annonces import Avant, tell_updated
from guichet.rdv.metier.journee import Journee
from guichet.rdv.questions.journee import Voulu
from guichet.rdv.tables import Rdv
from guichet.socle.database import raw

RELACHER: Final = "update rdv.rdv set controleur_id = null where id = any(%(ids)s::uuid[])"
AFFECTER: Final = """
update rdv.rdv r set controleur_id = n.controleur_id, version = r.version + 1, updated_at = %(maintenant)s
  from unnest(%(ids)s::uuid[], %(controleurs)s::uuid[]) as n(id, controleur_id)
 where r.id = n.id
"""


async def reassign(session: AsyncSession, jour: Journee, affectations: Mapping[UUID, UUID], voulu: Voulu) -> None:
    """Give appointments to other inspectors, all at once: released first, then assigned; each is told."""
    deplaces = {t.id: affectations[t.id] for t in jour.taches if t.id in affectations}
    if not deplaces:
        return
    lignes = list(
        (
            await session.scalars(
                select(Rdv).where(Rdv.id.in_(deplaces)).order_by(Rdv.id).execution_options(populate_existing=True)
            )
        ).all()
    )
    avant = {ligne.id: Avant.of(ligne) for ligne in lignes}
    connexion = await raw(session)
    ids = list(deplaces)
    await connexion.execute(RELACHER, {"ids": ids})
    await connexion.execute(
        AFFECTER, {"ids": ids, "controleurs": [deplaces[i] for i in ids], "maintenant": voulu.maintenant}
    )
    for ligne in lignes:
        await session.refresh(ligne)
        await tell_updated(session, ligne, champs=("controleur",), avant=avant[ligne.id], raison="faisabilite")
