"""Applying what a provider answered, under the lock of the payment's row: each fact once, in whatever order it is heard."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.paiements.actions.livre import write_operation
from guichet.paiements.actions.ouvrir import close
from guichet.paiements.actions.pieces import issue_piece
from guichet.paiements.actions.rembourser import settle_done
from guichet.paiements.actions.verrous import lock_paiement
from guichet.paiements.figures import ECARTS, PAIEMENTS, REFUS_REMBOURSEMENT
from guichet.paiements.messages import PaymentCompleted
from guichet.paiements.metier.constats import Constat, RemboursementConstate, Suite, decide, is_settled
from guichet.paiements.metier.delais import GRACE, next_try
from guichet.paiements.metier.types import Genre, MotifEchec, Statut, StatutRemboursement
from guichet.paiements.tables import Paiement, Remboursement, Tentative
from guichet.socle.audit import audit
from guichet.socle.horloge import now
from guichet.socle.ids import new_id
from guichet.socle.messages import publish

EN_ROUTE = frozenset({StatutRemboursement.A_ENVOYER, StatutRemboursement.EN_COURS, StatutRemboursement.EN_ATTENTE})


async def apply_constat(session: AsyncSession, *, paiement_id: UUID, constat: Constat) -> Statut:
    """Bring a payment to what its provider says. Returns its state afterwards.

    Publishes payment.completed, payment.failed and payment.refunded for what is new. Raises NotFound `PAIEMENT_NOT_FOUND`.
    """
    ligne = await lock_paiement(session, paiement_id)
    assert ligne.expire_a is not None
    await _record_tentatives(session, ligne, constat)
    suite = decide(
        constat,
        statut=Statut(ligne.statut),
        encaisse_cents=ligne.encaisse_cents,
        expire_a=ligne.expire_a,
        maintenant=now(),
    )
    if suite.encaisse_cents:
        await _take(session, ligne, constat, suite)
        ligne = await lock_paiement(session, paiement_id)  # what reacted may have written on it
    elif suite.echec is not None:
        PAIEMENTS.labels(suite.echec.value).inc()
        await close(session, ligne, suite.echec, tell=True)
    for rendu in constat.remboursements:
        await _apply_refund(session, ligne, rendu)
    await _plan_next(session, ligne, constat)
    return Statut(ligne.statut)


async def give_up(session: AsyncSession, *, paiement_id: UUID) -> bool:
    """A payment past its deadline that nobody went to pay fails. False when it is no longer waiting, or not past it."""
    ligne = await lock_paiement(session, paiement_id)
    if ligne.statut != Statut.PENDING or ligne.session_id:
        ligne.a_verifier = ligne.a_verifier if ligne.session_id else None
        return False
    assert ligne.expire_a is not None
    if now() < ligne.expire_a + GRACE:
        ligne.a_verifier = ligne.expire_a + GRACE
        return False
    PAIEMENTS.labels(MotifEchec.EXPIRATION.value).inc()
    await close(session, ligne, MotifEchec.EXPIRATION, tell=True)
    return True


async def postpone_verification(session: AsyncSession, *, paiement_id: UUID) -> None:
    """The provider did not answer: ask again later."""
    ligne = await lock_paiement(session, paiement_id)
    ligne.verifications += 1
    ligne.a_verifier = next_try(ligne.verifications, now())
    await session.flush()


async def _take(session: AsyncSession, ligne: Paiement, constat: Constat, suite: Suite) -> None:
    avant = ligne.statut
    ligne.encaisse_cents += suite.encaisse_cents
    ligne.statut = Statut.SUCCEEDED.value
    ligne.motif = None
    ligne.paye_a = now()
    await session.flush()
    operation = await write_operation(
        session,
        paiement=ligne,
        genre=Genre.ENCAISSEMENT,
        montant_cents=suite.encaisse_cents,
        cle=f"{constat.transaction}:{ligne.encaisse_cents}",
    )
    piece = await issue_piece(session, paiement=ligne, operation=operation)
    if ligne.encaisse_cents != ligne.montant_cents:
        ECARTS.inc()
    PAIEMENTS.labels("tardif" if suite.tardif else "encaisse").inc()
    await audit(
        session,
        action="paiement.complete",
        entite="paiement",
        entite_id=ligne.id,
        avant={"statut": avant},
        apres={
            "statut": ligne.statut,
            "montant_cents": suite.encaisse_cents,
            "tardif": suite.tardif,
            "piece": piece.code,
        },
    )
    await publish(
        session,
        PaymentCompleted(
            paiement_id=ligne.id,
            reference=ligne.reference,
            montant_cents=suite.encaisse_cents,
            tardif=suite.tardif,
        ),
    )


async def _record_tentatives(session: AsyncSession, ligne: Paiement, constat: Constat) -> None:
    connues = {
        t.fournisseur_ref: t for t in await session.scalars(select(Tentative).where(Tentative.paiement_id == ligne.id))
    }
    for vue in constat.tentatives:
        connue = connues.get(vue.ref)
        if connue is not None:
            connue.issue, connue.motif = vue.issue.value, vue.motif
            continue
        connues[vue.ref] = Tentative(
            tenant_id=ligne.tenant_id,
            paiement_id=ligne.id,
            numero=len(connues) + 1,
            fournisseur_ref=vue.ref,
            issue=vue.issue.value,
            motif=vue.motif,
            vue_a=now(),
        )
        session.add(connues[vue.ref])
    await session.flush()


async def _apply_refund(session: AsyncSession, ligne: Paiement, rendu: RemboursementConstate) -> None:
    connu = await _find_refund(session, ligne, rendu)
    if connu is None:  # made on the provider's own side
        await _make_room(session, ligne, rendu.montant_cents)
        connu = Remboursement(
            id=new_id(),
            tenant_id=ligne.tenant_id,
            paiement_id=ligne.id,
            cle=f"{ligne.fournisseur}:{rendu.ref}",
            montant_cents=rendu.montant_cents,
            motif=rendu.motif or "fournisseur",
            statut=StatutRemboursement.EN_ATTENTE.value,
            fournisseur_ref=rendu.ref,
            prochaine_tentative=now(),
            demande_a=now(),
        )
        session.add(connu)
        await session.flush()
    if StatutRemboursement(connu.statut) not in EN_ROUTE:
        return
    connu.fournisseur_ref = rendu.ref
    if rendu.statut is StatutRemboursement.EFFECTUE:
        await settle_done(session, ligne, connu)
    elif rendu.statut is StatutRemboursement.REFUSE:
        connu.statut, connu.prochaine_tentative, connu.erreur = rendu.statut.value, None, rendu.motif
        REFUS_REMBOURSEMENT.inc()
        await session.flush()
        await audit(
            session,
            action="paiement.remboursement_refuse",
            entite="paiement",
            entite_id=ligne.id,
            apres={"remboursement_id": connu.id, "montant_cents": connu.montant_cents, "motif": rendu.motif},
            niveau="WARN",
        )
    else:
        connu.statut = StatutRemboursement.EN_ATTENTE.value
        connu.prochaine_tentative = next_try(max(connu.tentatives, 1), now())
        await session.flush()


async def _make_room(session: AsyncSession, ligne: Paiement, montant_cents: int) -> None:
    """What the provider gave back by itself comes before what we only meant to: intents that no longer fit are dropped."""
    siens = await session.scalars(
        select(Remboursement)
        .where(Remboursement.paiement_id == ligne.id, Remboursement.statut != StatutRemboursement.REFUSE.value)
        .order_by(Remboursement.demande_a, Remboursement.id)
    )
    rangs = siens.all()
    trop = sum(r.montant_cents for r in rangs) + montant_cents - ligne.encaisse_cents
    for intention in reversed(rangs):
        if trop > 0 and intention.statut == StatutRemboursement.A_ENVOYER:
            intention.statut, intention.prochaine_tentative = StatutRemboursement.REFUSE.value, None
            intention.erreur = "fournisseur"
            trop -= intention.montant_cents
    await session.flush()


async def _find_refund(session: AsyncSession, ligne: Paiement, rendu: RemboursementConstate) -> Remboursement | None:
    siens = list(
        await session.scalars(
            select(Remboursement).where(Remboursement.paiement_id == ligne.id).execution_options(populate_existing=True)
        )
    )
    by_ref = next((r for r in siens if r.fournisseur_ref == rendu.ref), None)
    return by_ref or next((r for r in siens if str(r.id) == rendu.reference), None)


async def _plan_next(session: AsyncSession, ligne: Paiement, constat: Constat) -> None:
    if is_settled(constat):
        ligne.a_verifier = None
    else:
        ligne.verifications += 1
        ligne.a_verifier = next_try(ligne.verifications, now())
    await session.flush()
