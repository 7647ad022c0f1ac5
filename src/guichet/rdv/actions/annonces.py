"""What is told when appointments change: the message, and the audit line. Never personal data."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.rdv.actions.attente.etat import end_dead_offre
from guichet.rdv.messages import RdvCancelled, RdvCreated, RdvUpdated
from guichet.rdv.metier.types import MotifAnnulation, Statut
from guichet.rdv.metier.vues import RdvVue
from guichet.rdv.tables import Rdv
from guichet.socle.audit import audit
from guichet.socle.messages import publish


def _facts(rdv: Rdv | RdvVue, *, centre_id: UUID, controleur_id: UUID | None, client_id: UUID | None) -> dict[str, Any]:
    return {
        "rdv_id": rdv.id,
        "centre_id": centre_id,
        "client_id": client_id,
        "controleur_id": controleur_id,
        "date_rdv": rdv.jour,
        "debut": rdv.debut,
        "fin": rdv.fin,
    }


def facts_of(rdv: Rdv) -> dict[str, Any]:
    """What every message about an appointment says, from its row."""
    return _facts(rdv, centre_id=rdv.centre_id, controleur_id=rdv.controleur_id, client_id=rdv.client_id)


def event_of_creation(rdv: RdvVue) -> RdvCreated:
    """The message of a booking."""
    return RdvCreated(
        **_facts(
            rdv,
            centre_id=rdv.centre.id,
            controleur_id=rdv.controleur.id if rdv.controleur else None,
            client_id=rdv.client.id,
        ),
        statut=rdv.statut.value,
        type_controle=rdv.type_controle.value,
        montant_cents=rdv.montant_cents,
        source=rdv.source.value,
        expire_a=rdv.expire_a,
    )


def describe_creation(rdv: RdvVue) -> dict[str, Any]:
    """What the journal keeps of a booking."""
    return {
        "numero": rdv.numero,
        "centre_id": str(rdv.centre.id),
        "debut": rdv.debut.isoformat(),
        "type_controle": rdv.type_controle.value,
        "statut": rdv.statut.value,
        "montant_cents": rdv.montant_cents,
        "source": rdv.source.value,
    }


async def tell_created(session: AsyncSession, rdv: RdvVue) -> None:
    """An appointment was booked."""
    await publish(session, event_of_creation(rdv))
    await audit(session, action="rdv.create", entite="rdv", entite_id=rdv.id, apres=describe_creation(rdv))


@dataclass(frozen=True, slots=True)
class Avant:
    """Where an appointment stood before a change."""

    centre_id: UUID
    jour: date
    debut: datetime
    controleur_id: UUID | None
    surnombre: bool
    statut: str

    @classmethod
    def of(cls, rdv: Rdv) -> "Avant":
        """From its row, before it is changed."""
        return cls(rdv.centre_id, rdv.jour, rdv.debut, rdv.controleur_id, rdv.surnombre, rdv.statut)


async def tell_updated(
    session: AsyncSession, rdv: Rdv, *, champs: tuple[str, ...], avant: Avant, raison: str | None = None
) -> None:
    """Something of an appointment changed: `rdv` is its row now, `champs` what is another one, `avant` where it stood.

    Nothing is told of a row that holds an offer of the waiting list: nobody knows it.
    """
    if rdv.offre_id is not None:
        return
    deplace = (avant.centre_id, avant.debut) != (rdv.centre_id, rdv.debut)
    await publish(
        session,
        RdvUpdated(
            **facts_of(rdv),
            statut=rdv.statut,
            champs=champs,
            avant_debut=avant.debut if deplace else None,
            avant_centre_id=avant.centre_id if avant.centre_id != rdv.centre_id else None,
            avant_jour=avant.jour if deplace else None,
            raison=raison,
        ),
    )
    maintenant = Avant.of(rdv)
    autres = [f.name for f in fields(Avant) if getattr(avant, f.name) != getattr(maintenant, f.name)]
    await audit(
        session,
        action="rdv.update",
        entite="rdv",
        entite_id=rdv.id,
        avant={nom: _plain(getattr(avant, nom)) for nom in autres},
        apres={nom: _plain(getattr(maintenant, nom)) for nom in autres} | ({"raison": raison} if raison else {}),
    )


def _plain(valeur: object) -> object:
    return valeur if isinstance(valeur, bool) or valeur is None else str(valeur)


async def tell_cancelled(
    session: AsyncSession, rdv: Rdv, *, motif: MotifAnnulation, avant: Statut, raison: str | None = None
) -> None:
    """An appointment was cancelled; its place is free. `raison`: as in the message."""
    await publish(
        session,
        RdvCancelled(
            **facts_of(rdv),
            statut=Statut.ANNULE.value,
            motif=motif.value,
            raison=raison,
        ),
    )
    await audit(
        session,
        action="rdv.cancel",
        entite="rdv",
        entite_id=rdv.id,
        avant={"statut": avant.value},
        apres={"statut": Statut.ANNULE.value, "motif": motif.value} | ({"raison": raison} if raison else {}),
    )


async def tell_expired(session: AsyncSession, rdv_ids: Sequence[UUID]) -> None:
    """Holds that were dead have been let go: appointments that waited for their payment, and offers of the waiting list."""
    if not rdv_ids:
        return
    lignes = await session.scalars(
        select(Rdv).where(Rdv.id.in_(rdv_ids)).order_by(Rdv.id).execution_options(populate_existing=True)
    )
    for ligne in lignes.all():
        if ligne.offre_id is not None:
            await end_dead_offre(session, ligne)
        else:
            await tell_cancelled(session, ligne, motif=MotifAnnulation.EXPIRATION, avant=Statut.EN_ATTENTE_PAIEMENT)
