"""Opening a payment, and closing it when nobody is expected to pay any more."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from guichet.paiements.actions.verrous import lock_reference, tenant_of
from guichet.paiements.messages import PaymentFailed
from guichet.paiements.metier.montants import LignePaiement, total
from guichet.paiements.metier.types import Canal, MotifEchec, Moyen, Statut
from guichet.paiements.metier.vues import Acheteur, PaiementVue
from guichet.paiements.questions.fiches import pack_acheteur, pack_lignes, to_view
from guichet.paiements.reglages import require_fournisseur
from guichet.paiements.tables import Paiement
from guichet.socle.audit import audit
from guichet.socle.errors import Invalid
from guichet.socle.horloge import now
from guichet.socle.i18n import LOCALES, _
from guichet.socle.ids import new_id
from guichet.socle.messages import publish


async def open_paiement(
    session: AsyncSession,
    *,
    reference: str,
    lignes: Sequence[LignePaiement],
    acheteur: Acheteur,
    retour_url: str,
    expire_a: datetime,
    langue: str,
    lieu: str | None = None,
    fuseau: str = "Europe/Paris",
) -> PaiementVue:
    """The payment waiting for this reference: the one there is, with its deadline brought up to date, or a new one.

    Raises Invalid `PAIEMENT_EN_LIGNE_INDISPONIBLE` when the tenant sells nothing online, Invalid `MONTANT_NUL` when there
    is nothing to pay.
    """
    montant = total(lignes)
    if montant <= 0:
        raise Invalid(_("Il n'y a rien à payer."), code="MONTANT_NUL")
    en_attente = [p for p in await lock_reference(session, reference) if p.statut == Statut.PENDING]
    if en_attente and en_attente[0].montant_cents == montant:
        if en_attente[0].session_id is None:  # an open page keeps the deadline it was opened with
            en_attente[0].expire_a = en_attente[0].a_verifier = expire_a
            await session.flush()
        return to_view(session, en_attente[0])
    for ancien in en_attente:  # the price has changed: what was asked is no longer what is owed
        await close(session, ancien, MotifEchec.ANNULE, tell=False)
    fournisseur = await require_fournisseur(session)
    ligne = Paiement(
        id=new_id(),
        tenant_id=tenant_of(session),
        reference=reference,
        canal=Canal.EN_LIGNE.value,
        moyen=Moyen.CARTE_BANCAIRE.value,
        statut=Statut.PENDING.value,
        montant_cents=montant,
        lignes=pack_lignes(lignes),
        acheteur=pack_acheteur(acheteur),
        langue=langue if langue in LOCALES else "fr",
        retour_url=retour_url,
        lieu=lieu,
        fuseau=fuseau,
        fournisseur=fournisseur,
        expire_a=expire_a,
        a_verifier=expire_a,
    )
    session.add(ligne)
    await session.flush()
    await session.refresh(ligne)
    await audit(
        session,
        action="paiement.open",
        entite="paiement",
        entite_id=ligne.id,
        apres={"reference": reference, "montant_cents": montant},
    )
    return to_view(session, ligne)


async def close_paiement(session: AsyncSession, *, reference: str, motif: str) -> list[Paiement]:
    """Nobody will pay this reference any more: what waits fails with `motif`, `annule` or `expiration`.

    Told like any other failure; money taken later is still told too, as late. Returns what was closed.
    """
    en_attente = [p for p in await lock_reference(session, reference) if p.statut == Statut.PENDING]
    for ligne in en_attente:
        await close(session, ligne, MotifEchec(motif), tell=True)
    return en_attente


async def close(session: AsyncSession, ligne: Paiement, motif: MotifEchec, *, tell: bool) -> None:
    """A locked, waiting payment fails. The provider's page is asked about until it is known to be closed."""
    ligne.statut = Statut.FAILED.value
    ligne.motif = motif.value
    ligne.ferme_a = now()
    ligne.a_verifier = now() if ligne.session_id else None
    await session.flush()
    await audit(
        session,
        action="paiement.fail",
        entite="paiement",
        entite_id=ligne.id,
        avant={"statut": Statut.PENDING.value},
        apres={"statut": ligne.statut, "motif": ligne.motif},
    )
    if tell:
        await publish(session, PaymentFailed(paiement_id=ligne.id, reference=ligne.reference, motif=motif.value))
