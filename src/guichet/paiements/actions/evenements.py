"""What providers tell, kept as it came before anything is made of it; and how a tenant speaks to its provider."""

import json
from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.paiements.actions.verrous import tenant_of
from guichet.paiements.port import EvenementFournisseur
from guichet.paiements.tables import Acces, Evenement, Paiement
from guichet.socle.audit import audit
from guichet.socle.horloge import now
from guichet.socle.ids import new_id


async def store_evenement(
    session: AsyncSession, *, fournisseur: str, evenement: EvenementFournisseur, source: str
) -> UUID | None:
    """Keep an event once, by the provider's own identifier. Its id, or None when it is known already."""
    written: UUID | None = await session.scalar(
        insert(Evenement)
        .values(
            id=new_id(),
            tenant_id=tenant_of(session),
            fournisseur=fournisseur,
            evenement_ref=evenement.ref,
            genre=evenement.genre,
            session_id=evenement.session_id,
            source=source,
            corps=evenement.corps,
            recu_a=now(),
        )
        .on_conflict_do_nothing(index_elements=["tenant_id", "fournisseur", "evenement_ref"])
        .returning(Evenement.id)
    )
    return written


async def find_concerned(session: AsyncSession, *, evenement_id: UUID) -> UUID | None:
    """The payment an event not yet treated is about. None when treated, or when it is about nothing of ours: then it is."""
    evenement = await session.get(Evenement, evenement_id, populate_existing=True)
    if evenement is None or evenement.traite_a is not None:
        return None
    concerned: UUID | None = await session.scalar(
        select(Paiement.id).where(
            Paiement.fournisseur == evenement.fournisseur, Paiement.session_id == evenement.session_id
        )
    )
    if concerned is None:
        evenement.traite_a = now()
        evenement.erreur = "session inconnue"
        await session.flush()
    return concerned


async def mark_treated(session: AsyncSession, *, evenement_id: UUID, erreur: str | None = None) -> None:
    """An event was applied, or could not be (`erreur`) and will be tried again."""
    evenement = await session.get(Evenement, evenement_id, populate_existing=True)
    assert evenement is not None
    evenement.essais += 1
    evenement.erreur = erreur
    if erreur is None:
        evenement.traite_a = now()
    await session.flush()


async def set_secrets(session: AsyncSession, *, fournisseur: str, secrets: Mapping[str, str]) -> None:
    """Keep the keys of a tenant's provider, encrypted; they are never shown again."""
    await _upsert(session, fournisseur, secrets=json.dumps(dict(secrets)))
    await audit(
        session, action="paiement.secrets", entite="acces", entite_id=fournisseur, apres={"cles": sorted(secrets)}
    )


async def read_acces(session: AsyncSession, *, fournisseur: str) -> tuple[dict[str, str], str]:
    """The keys of a provider and how far its events have been read."""
    acces = await session.scalar(
        select(Acces).where(Acces.fournisseur == fournisseur).execution_options(populate_existing=True)
    )
    if acces is None:
        return {}, ""
    return (json.loads(acces.secrets) if acces.secrets else {}), acces.curseur


async def move_curseur(session: AsyncSession, *, fournisseur: str, curseur: str) -> None:
    """The events up to there have been read."""
    await _upsert(session, fournisseur, curseur=curseur)


async def _upsert(session: AsyncSession, fournisseur: str, **valeurs: str) -> None:
    row = {"id": new_id(), "tenant_id": tenant_of(session), "fournisseur": fournisseur, "updated_at": now(), **valeurs}
    await session.execute(
        insert(Acces)
        .values(row)
        .on_conflict_do_update(index_elements=["tenant_id", "fournisseur"], set_=valeurs | {"updated_at": now()})
    )
