"""Holds: an appointment that waits for its payment, and what becomes of it (rule 6).

Never money kept without a place, never a place given twice. What closes a payment is told by `RdvCancelled` and done a
moment later (`close_payment`): the row of a payment is always locked before a day, never after.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import get_reglages
from guichet.paiements.facade import (
    Acheteur,
    LignePaiement,
    PaiementVue,
    ReglagesPaiement,
    StatutRemboursement,
    close_paiement,
    find_paiements,
    list_remboursements,
    open_paiement,
    refund_paiement,
)
from guichet.rdv import mots
from guichet.rdv.actions.annonces import Avant, tell_cancelled, tell_expired, tell_updated
from guichet.rdv.actions.liberer import controle_of, release_place
from guichet.rdv.actions.replacer import find_other_place
from guichet.rdv.actions.verrous import lock_days, lock_rdv
from guichet.rdv.messages import RdvCancelled
from guichet.rdv.metier.etats import read_statut
from guichet.rdv.metier.paiement import SuiteEncaissement, follow_payment, read_remboursement
from guichet.rdv.metier.rappels import reminder_at
from guichet.rdv.metier.types import MotifAnnulation, PaiementStatut, Statut
from guichet.rdv.metier.vues import RdvVue
from guichet.rdv.questions.contexte import load_contexte
from guichet.rdv.questions.journee import Voulu
from guichet.rdv.tables import Rdv
from guichet.socle.database import raw
from guichet.socle.horloge import now

PREFIXE: Final = "rdv:"
TARDIF: Final = "paiement_tardif"
PRIX: Final = "prix"
ABANDONNE: Final = "paiement_abandonne"
REMPLACE: Final = "remplace"
MORTES: Final = """
select r.id, r.centre_id, r.jour from rdv.rdv r
 where r.statut = 'en_attente_paiement' and r.expire_a <= %(maintenant)s order by r.id limit %(lot)s
"""
EXPIRER: Final = """
update rdv.rdv r
   set statut = 'annule', annule_motif = 'expiration', annule_le = r.expire_a, updated_at = %(maintenant)s,
       version = r.version + 1
 where r.id = any(%(ids)s::uuid[]) and r.statut = 'en_attente_paiement' and r.expire_a <= %(maintenant)s
returning r.id
"""


def reference_of(rdv_id: UUID) -> str:
    """What payments call an appointment."""
    return f"{PREFIXE}{rdv_id}"


def read_reference(reference: str) -> UUID | None:
    """The appointment of a payment; None when something else was paid."""
    try:
        return UUID(reference.removeprefix(PREFIXE)) if reference.startswith(PREFIXE) else None
    except ValueError:
        return None


async def open_payment(
    session: AsyncSession,
    rdv: RdvVue,
    *,
    retour: str,
    montant_cents: int | None = None,
    expire_a: datetime | None = None,
) -> PaiementVue:
    """Ask for cents of an appointment until an instant, by default the price of a hold until its deadline; again, the same
    payment. `retour` is where one comes back."""
    montant_cents = rdv.montant_cents if montant_cents is None else montant_cents
    expire_a = expire_a or rdv.expire_a
    assert montant_cents is not None
    assert expire_a is not None
    client = rdv.client
    return await open_paiement(
        session,
        reference=reference_of(rdv.id),
        lignes=[
            LignePaiement(
                libelle=f"{mots.controle_et_vehicule(rdv.type_controle, rdv.vehicule.type)}, {rdv.vehicule.immatriculation}",
                montant_cents=montant_cents,
                taux_tva_pour_mille=(await get_reglages(session, ReglagesPaiement)).taux_tva_pour_mille,
            )
        ],
        acheteur=Acheteur(
            nom=client.raison_sociale or f"{client.prenom} {client.nom}".strip(),
            email=client.email or "",
            siret=client.siret or "",
        ),
        retour_url=retour,
        expire_a=expire_a,
        langue=rdv.langue,
    )


async def close_payment(session: AsyncSession, event: RdvCancelled) -> None:
    """Nobody will pay for an appointment that is cancelled: its payment, if one waits, is closed."""
    motif = "expiration" if event.motif == MotifAnnulation.EXPIRATION else "annule"
    await close_paiement(session, reference=reference_of(event.rdv_id), motif=motif)


async def free_replaced(session: AsyncSession, rdv_ids: Sequence[UUID]) -> None:
    """Tell that holds were given back for another start of the same person and plate, and serve those who wait there."""
    if not rdv_ids:
        return
    lignes = await session.scalars(
        select(Rdv).where(Rdv.id.in_(rdv_ids)).order_by(Rdv.id).execution_options(populate_existing=True)
    )
    for ligne in lignes.all():
        await tell_cancelled(
            session, ligne, motif=MotifAnnulation.CLIENT, avant=Statut.EN_ATTENTE_PAIEMENT, raison=REMPLACE
        )
        await release_place(session, centre_id=ligne.centre_id, jour=ligne.jour)


async def expire_holds(session: AsyncSession, *, lot: int = 200) -> int:
    """Let the session's tenant's dead holds and offers go, at most `lot`. They were dead already: this tells it, and serves
    others."""
    connexion = await raw(session)
    maintenant = now()
    cursor = await connexion.execute(MORTES, {"maintenant": maintenant, "lot": lot})
    mortes = await cursor.fetchall()
    if not mortes:
        return 0
    jours = {(centre, jour) for _id, centre, jour in mortes}
    await lock_days(session, jours=jours)
    cursor = await connexion.execute(EXPIRER, {"ids": [m[0] for m in mortes], "maintenant": maintenant})
    liberees = [rdv_id for (rdv_id,) in await cursor.fetchall()]
    await tell_expired(session, liberees)
    for centre_id, jour in sorted(jours):
        await release_place(session, centre_id=centre_id, jour=jour)
    return len(liberees)


async def confirm_paid(session: AsyncSession, *, rdv_id: UUID, paiement_id: UUID, montant_cents: int) -> None:
    """Money came in. A living hold is confirmed. A dead one gets its start again if it is still free, moving others if
    need be; else, and for whatever was cancelled on purpose or is paid already, everything is given back.
    """
    ligne = await lock_rdv(session, rdv_id)
    maintenant = now()
    motif = MotifAnnulation(ligne.annule_motif) if ligne.annule_motif else None
    statut, motif = read_statut(Statut(ligne.statut), motif, ligne.expire_a, maintenant)
    paiement = PaiementStatut(ligne.paiement_statut) if ligne.paiement_statut else None
    suite = follow_payment(statut, motif, paiement, debut=ligne.debut, maintenant=maintenant)
    if suite is SuiteEncaissement.CONFIRMER:
        await _confirm(session, ligne)
    elif suite is SuiteEncaissement.NOTER:
        await _note_paid(session, ligne, paiement_id, montant_cents)
    elif suite is SuiteEncaissement.RENDRE or not await _book_again(session, ligne, maintenant):
        await _give_back(session, ligne, paiement_id, montant_cents)


async def _confirm(session: AsyncSession, ligne: Rdv) -> None:
    avant = Avant.of(ligne)
    ligne.statut = Statut.CONFIRME.value
    ligne.paiement_statut = PaiementStatut.PAYE.value
    ligne.expire_a = None
    ligne.version += 1
    await session.flush()
    await tell_updated(session, ligne, champs=("statut", "paiement"), avant=avant)


async def _note(session: AsyncSession, ligne: Rdv, statut: PaiementStatut) -> None:
    avant = Avant.of(ligne)
    ligne.paiement_statut = statut.value
    ligne.version += 1
    await session.flush()
    await tell_updated(session, ligne, champs=("paiement",), avant=avant)


async def _note_paid(session: AsyncSession, ligne: Rdv, paiement_id: UUID, montant_cents: int) -> None:
    """Money for an appointment that stands: all of the price, a part of it, or more since the price went down meanwhile."""
    reste = await reckon_reste(session, ligne)
    await _note(session, ligne, PaiementStatut.PAYE if reste <= 0 else PaiementStatut.EN_ATTENTE)
    if reste < 0 and ligne.montant_cents is not None:
        await _refund(session, ligne, paiement_id, min(-reste, montant_cents), PRIX)


async def reckon_reste(session: AsyncSession, ligne: Rdv) -> int:
    """Cents still owed of the price of an appointment; below zero, cents too many."""
    return (ligne.montant_cents or 0) - await reckon_paye(session, ligne.id)


async def reckon_paye(session: AsyncSession, rdv_id: UUID) -> int:
    """Cents paid for an appointment, less those that went back or will."""
    paiements = await find_paiements(session, reference=reference_of(rdv_id))
    return sum([p.encaisse_cents - await reckon_promis(session, p.id) for p in paiements])


async def reckon_promis(session: AsyncSession, paiement_id: UUID) -> int:
    """Cents of a payment that went back or will."""
    faits = await list_remboursements(session, paiement_id=paiement_id)
    return sum(f.montant_cents for f in faits if f.statut != StatutRemboursement.REFUSE)


async def _book_again(session: AsyncSession, ligne: Rdv, maintenant: datetime) -> bool:
    contexte = await load_contexte(session, ligne.centre_id)
    controle = controle_of(ligne)
    voulu = Voulu(
        contexte=contexte,
        controle=controle,
        debut=ligne.debut,
        maintenant=maintenant,
        choisi=ligne.controleur_id if ligne.controleur_choisi else None,
        duree_tenue=ligne.fin - ligne.debut,
    )
    avant = Avant.of(ligne)
    place = await find_other_place(session, rdv_id=ligne.id, voulu=voulu, statut=Statut.CONFIRME.value)
    if not place.ok:
        return False
    await session.refresh(ligne)
    await tell_expired(session, place.liberes)
    ligne.paiement_statut = PaiementStatut.PAYE.value
    ligne.rappel_le = reminder_at(ligne.debut, maintenant, contexte.zone)
    await session.flush()
    await tell_updated(session, ligne, champs=("statut", "paiement"), avant=avant, raison=TARDIF)
    return True


async def _give_back(session: AsyncSession, ligne: Rdv, paiement_id: UUID, montant_cents: int) -> None:
    avant = Statut(ligne.statut)
    if avant is Statut.EN_ATTENTE_PAIEMENT:
        ligne.statut = Statut.ANNULE.value
        ligne.annule_motif, ligne.annule_le = MotifAnnulation.EXPIRATION.value, ligne.expire_a
    if ligne.statut == Statut.ANNULE:
        ligne.paiement_statut = PaiementStatut.PAYE.value
        ligne.version += 1
        await session.flush()
        motif = MotifAnnulation(ligne.annule_motif or MotifAnnulation.EXPIRATION)
        await tell_cancelled(session, ligne, motif=motif, avant=avant, raison=TARDIF)
    await _refund(session, ligne, paiement_id, montant_cents, TARDIF)


async def _refund(session: AsyncSession, ligne: Rdv, paiement_id: UUID, montant_cents: int, motif: str) -> None:
    await refund_paiement(
        session,
        reference=reference_of(ligne.id),
        montant_cents=montant_cents,
        motif=motif,
        cle=f"{motif}:{paiement_id}",
        paiement_id=paiement_id,
    )


async def free_unpaid(session: AsyncSession, *, rdv_id: UUID, motif: str) -> None:
    """Nobody will pay: a hold that still waits is let go, and its place served to others."""
    ligne = await lock_rdv(session, rdv_id)
    if ligne.statut != Statut.EN_ATTENTE_PAIEMENT:
        return
    maintenant = now()
    expiree = motif == MotifAnnulation.EXPIRATION or (ligne.expire_a is not None and ligne.expire_a <= maintenant)
    fin = MotifAnnulation.EXPIRATION if expiree else MotifAnnulation.CLIENT
    ligne.statut = Statut.ANNULE.value
    ligne.annule_motif, ligne.annule_le = fin.value, maintenant
    ligne.paiement_statut = None
    ligne.version += 1
    await session.flush()
    await tell_cancelled(
        session, ligne, motif=fin, avant=Statut.EN_ATTENTE_PAIEMENT, raison=None if expiree else ABANDONNE
    )
    await release_place(session, centre_id=ligne.centre_id, jour=ligne.jour)


async def note_refund(session: AsyncSession, *, rdv_id: UUID) -> None:
    """Money went back: all of it, or a part of the price."""
    ligne = await lock_rdv(session, rdv_id)
    paiements = await find_paiements(session, reference=reference_of(rdv_id))
    statut = read_remboursement(sum(p.remboursable_cents for p in paiements), ligne.montant_cents)
    if ligne.paiement_statut != statut:
        await _note(session, ligne, statut)
