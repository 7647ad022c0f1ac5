"""Money taken at the counter."""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.paiements.actions.livre import write_operation
from guichet.paiements.actions.pieces import issue_piece
from guichet.paiements.actions.verrous import tenant_of
from guichet.paiements.metier.montants import LignePaiement, total
from guichet.paiements.metier.types import Canal, Genre, Moyen, Statut
from guichet.paiements.metier.vues import Acheteur, RecuVue
from guichet.paiements.questions.fiches import pack_acheteur, pack_lignes, to_recu
from guichet.paiements.tables import Paiement, Piece
from guichet.socle.audit import audit
from guichet.socle.database import raw
from guichet.socle.errors import Conflict, Invalid
from guichet.socle.horloge import now
from guichet.socle.i18n import _, current_locale
from guichet.socle.ids import new_id

VERROU = "select pg_advisory_xact_lock(hashtextextended('encaissement:' || %s || ':' || %s, 0))"


async def record_encaissement(
    session: AsyncSession,
    *,
    reference: str,
    lignes: Sequence[LignePaiement],
    acheteur: Acheteur,
    moyen: Literal["carte_bancaire", "especes", "cheque"],
    lieu: str,
    encaisse_par: UUID,
    cle: str,
    fuseau: str = "Europe/Paris",
    langue: str | None = None,
) -> RecuVue:
    """Write money taken at `lieu` (a centre's id) and issue its receipt; the same `cle` gives the same receipt.

    The day of the till is that of `fuseau`. No `payment.completed` is told: whoever records it knows. Raises Invalid
    `MONTANT_NUL` for nothing to pay, Conflict `ENCAISSEMENT_DIFFERENT` for a key already used for another amount or
    reference.
    """
    tenant_id = tenant_of(session)
    await (await raw(session)).execute(VERROU, (str(tenant_id), cle))
    connu = await session.scalar(select(Paiement).where(Paiement.cle == cle).execution_options(populate_existing=True))
    montant = total(lignes)
    if connu is not None:
        return await _same(session, connu, reference=reference, montant=montant)
    if montant <= 0:
        raise Invalid(_("Il n'y a rien à encaisser."), code="MONTANT_NUL")
    instant = now()
    ligne = Paiement(
        id=new_id(),
        tenant_id=tenant_id,
        reference=reference,
        canal=Canal.SUR_PLACE.value,
        moyen=Moyen(moyen).value,
        statut=Statut.SUCCEEDED.value,
        montant_cents=montant,
        encaisse_cents=montant,
        lignes=pack_lignes(lignes),
        acheteur=pack_acheteur(acheteur),
        langue=langue or current_locale(),
        lieu=lieu,
        fuseau=fuseau,
        cle=cle,
        encaisse_par=encaisse_par,
        paye_a=instant,
    )
    session.add(ligne)
    await session.flush()
    operation = await write_operation(
        session, paiement=ligne, genre=Genre.ENCAISSEMENT, montant_cents=montant, cle=cle, par=encaisse_par
    )
    piece = await issue_piece(session, paiement=ligne, operation=operation)
    await audit(
        session,
        action="paiement.encaisser",
        entite="paiement",
        entite_id=ligne.id,
        apres={"reference": reference, "montant_cents": montant, "moyen": moyen, "lieu": lieu, "piece": piece.code},
    )
    return to_recu(piece)


async def _same(session: AsyncSession, connu: Paiement, *, reference: str, montant: int) -> RecuVue:
    if connu.reference != reference or connu.montant_cents != montant:
        raise Conflict(
            _("Cet encaissement a déjà été enregistré, avec un autre montant ou pour une autre prestation."),
            code="ENCAISSEMENT_DIFFERENT",
        )
    piece = await session.scalar(
        select(Piece).where(Piece.paiement_id == connu.id).order_by(Piece.emise_a, Piece.id).limit(1)
    )
    assert piece is not None
    return to_recu(piece)
