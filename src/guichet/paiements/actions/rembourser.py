"""Giving money back: the intent in the caller's transaction, the provider afterwards, the outcome under the lock."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.paiements.actions.livre import write_operation
from guichet.paiements.actions.pieces import issue_piece
from guichet.paiements.actions.verrous import lock_paiement, lock_reference
from guichet.paiements.messages import PaymentRefunded
from guichet.paiements.metier.delais import DELAI_ORPHELIN, next_try
from guichet.paiements.metier.types import Canal, Genre, Serie, Statut, StatutRemboursement
from guichet.paiements.metier.vues import RemboursementVue
from guichet.paiements.questions.fiches import to_refund
from guichet.paiements.tables import Paiement, Remboursement
from guichet.socle.audit import audit
from guichet.socle.errors import Conflict, Invalid
from guichet.socle.horloge import now
from guichet.socle.i18n import _, format_montant
from guichet.socle.ids import new_id
from guichet.socle.messages import publish
from guichet.socle.origine import current_origin


@dataclass(frozen=True, kw_only=True)
class ARembourser:
    """A claimed refund, with all that asking for it needs."""

    id: UUID
    paiement_id: UUID
    fournisseur: str
    session_id: str
    montant_cents: int
    motif: str
    essai: int


async def refund_paiement(
    session: AsyncSession,
    *,
    reference: str,
    montant_cents: int,
    motif: str,
    cle: str,
    paiement_id: UUID | None = None,
) -> RemboursementVue:
    """Write that `montant_cents` of a reference go back to the customer; the same `cle` gives the same refund.

    Taken from the newest payment that still has enough, or from `paiement_id`. Money taken at the counter is given back
    there and then; a card is credited by its provider, asked by a job. Raises Invalid `REMBOURSEMENT_EXCESSIF` (with what
    is left, `disponible_cents`), Conflict `PAIEMENT_NON_ENCAISSE` when nothing was taken, Conflict
    `REMBOURSEMENT_DIFFERENT` for a key used for another amount.
    """
    lignes = await lock_reference(session, reference)
    connu = await session.scalar(
        select(Remboursement).where(Remboursement.cle == cle).execution_options(populate_existing=True)
    )
    if connu is not None:
        if connu.montant_cents != montant_cents:
            raise Conflict(
                _("Ce remboursement a déjà été demandé, pour un autre montant."), code="REMBOURSEMENT_DIFFERENT"
            )
        return to_refund(connu)
    encaisses = [p for p in lignes if p.encaisse_cents and paiement_id in {None, p.id}]
    if not encaisses:
        raise Conflict(
            _("Ce paiement n'a pas été encaissé : il n'y a rien à rembourser."), code="PAIEMENT_NON_ENCAISSE"
        )
    restes = {p.id: p.encaisse_cents - await _claimed(session, p.id) for p in encaisses}
    ligne = next((p for p in encaisses if 0 < montant_cents <= restes[p.id]), None)
    if ligne is None:
        reste = max(restes.values())
        message = _("Au plus {montant} peuvent encore être remboursés.", montant=format_montant(reste))
        raise Invalid(message, code="REMBOURSEMENT_EXCESSIF", champs={"montant_cents": message}, disponible_cents=reste)
    return await _write(session, ligne, montant_cents=montant_cents, motif=motif, cle=cle)


async def _write(
    session: AsyncSession, ligne: Paiement, *, montant_cents: int, motif: str, cle: str
) -> RemboursementVue:
    sur_place = ligne.canal == Canal.SUR_PLACE
    instant = now()
    remboursement = Remboursement(
        id=new_id(),
        tenant_id=ligne.tenant_id,
        paiement_id=ligne.id,
        cle=cle,
        montant_cents=montant_cents,
        motif=motif,
        statut=StatutRemboursement.A_ENVOYER.value,
        prochaine_tentative=instant,
        demande_par=current_origin().auteur_id,
        demande_a=instant,
    )
    session.add(remboursement)
    await session.flush()
    await audit(
        session,
        action="paiement.rembourser",
        entite="paiement",
        entite_id=ligne.id,
        apres={"remboursement_id": remboursement.id, "montant_cents": montant_cents, "motif": motif},
    )
    if sur_place:
        await settle_done(session, ligne, remboursement)
    return to_refund(remboursement)


async def settle_done(session: AsyncSession, ligne: Paiement, remboursement: Remboursement) -> None:
    """A refund that went through, on a locked payment: ledger, credit note, message. Once: it must not be done yet."""
    remboursement.statut = StatutRemboursement.EFFECTUE.value
    remboursement.effectue_a = now()
    remboursement.prochaine_tentative = None
    remboursement.erreur = None
    ligne.rembourse_cents += remboursement.montant_cents
    if ligne.rembourse_cents == ligne.encaisse_cents:
        ligne.statut = Statut.REFUNDED.value
    await session.flush()
    operation = await write_operation(
        session,
        paiement=ligne,
        genre=Genre.REMBOURSEMENT,
        montant_cents=remboursement.montant_cents,
        cle=str(remboursement.id),
        remboursement_id=remboursement.id,
        par=remboursement.demande_par,
    )
    piece = await issue_piece(
        session, paiement=ligne, operation=operation, serie=Serie.AVOIR, motif=remboursement.motif
    )
    await audit(
        session,
        action="paiement.rembourse",
        entite="paiement",
        entite_id=ligne.id,
        apres={"montant_cents": remboursement.montant_cents, "total": ligne.rembourse_cents, "piece": piece.code},
    )
    await publish(
        session,
        PaymentRefunded(
            paiement_id=ligne.id,
            reference=ligne.reference,
            montant_cents=remboursement.montant_cents,
            total_rembourse_cents=ligne.rembourse_cents,
        ),
    )


async def claim_remboursement(session: AsyncSession, *, remboursement_id: UUID) -> ARembourser | None:
    """Take a due refund for one request to the provider. None when somebody else has it or it waits.

    Found `en_cours` long after, it is asked again: the provider knows it by its identifier and does it once.
    """
    instant = now()
    ligne = await session.scalar(
        select(Remboursement)
        .where(
            Remboursement.id == remboursement_id,
            Remboursement.statut.in_((StatutRemboursement.A_ENVOYER.value, StatutRemboursement.EN_COURS.value)),
            Remboursement.prochaine_tentative <= instant,
        )
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    if ligne is None:
        return None
    paiement = await session.get(Paiement, ligne.paiement_id)
    assert paiement is not None
    assert paiement.fournisseur
    assert paiement.session_id  # nothing is taken without a page
    ligne.statut = StatutRemboursement.EN_COURS.value
    ligne.tentatives += 1
    ligne.prochaine_tentative = instant + DELAI_ORPHELIN
    await session.flush()
    return ARembourser(
        id=ligne.id,
        paiement_id=ligne.paiement_id,
        fournisseur=paiement.fournisseur,
        session_id=paiement.session_id,
        montant_cents=ligne.montant_cents,
        motif=ligne.motif,
        essai=ligne.tentatives,
    )


async def postpone_remboursement(session: AsyncSession, *, demande: ARembourser, erreur: str) -> None:
    """The provider could not be asked, or did not answer: again later, under the same key."""
    ligne = await _lock(session, demande)
    if ligne.statut != StatutRemboursement.EN_COURS.value or ligne.tentatives != demande.essai:
        return
    ligne.statut = StatutRemboursement.A_ENVOYER.value
    ligne.prochaine_tentative = next_try(demande.essai, now())
    ligne.erreur = erreur
    await session.flush()


async def _lock(session: AsyncSession, demande: ARembourser) -> Remboursement:
    await lock_paiement(session, demande.paiement_id)
    ligne = await session.get(Remboursement, demande.id, populate_existing=True)
    assert ligne is not None
    return ligne


async def _claimed(session: AsyncSession, paiement_id: UUID) -> int:
    """What is given back already, or on its way. Under the payment's lock."""
    somme = await session.scalar(
        select(func.coalesce(func.sum(Remboursement.montant_cents), 0)).where(
            Remboursement.paiement_id == paiement_id, Remboursement.statut != StatutRemboursement.REFUSE.value
        )
    )
    return int(somme or 0)
