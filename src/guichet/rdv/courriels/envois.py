"""What makes messages leave: deferred reactions, each of them writing a message once however often it is told.

What the reader caused, or what changes their day, leaves at once; what may wait obeys the quiet hours of the centre.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.annuaire.facade import Nature
from guichet.identite.facade import get_reglages
from guichet.notifications.facade import Modele, queue_notification
from guichet.paiements.facade import Canal as CanalPaiement
from guichet.paiements.facade import PaiementVue, RecuVue, find_paiements, get_paiement, list_pieces
from guichet.paiements.messages import PaymentRefunded
from guichet.rdv.actions.payer import read_reste
from guichet.rdv.actions.rembourser import reckon_cancelled
from guichet.rdv.actions.tenues import ABANDONNE, REMPLACE, TARDIF, read_reference, reference_of
from guichet.rdv.billets import build_billet
from guichet.rdv.courriels import modeles
from guichet.rdv.courriels.voies import ways
from guichet.rdv.facade import (
    MotifAnnulation,
    PaiementStatut,
    RdvVue,
    Reservation,
    Resultat,
    Statut,
    build_cree,
    get_rdv,
)
from guichet.rdv.messages import ConfirmationRequested, RdvCancelled, RdvCreated, RdvUpdated, ReminderDue
from guichet.rdv.metier.suites import find_suite
from guichet.rdv.metier.types import ECHECS
from guichet.rdv.tables import Rdv
from guichet.reseau.facade import get_centre
from guichet.socle.horloge import now
from guichet.socle.settings import get_settings

AVOIR: Final = "avoir"
PLANNING: Final = "planning"


async def confirm_by_mail(session: AsyncSession, event: RdvCreated) -> None:
    """Write the confirmation of a confirmed appointment, once."""
    rdv = await get_rdv(session, event.rdv_id)
    if rdv.statut is Statut.CONFIRME:
        await _queue(session, modeles.CONFIRMATION, rdv)


async def confirm_again(session: AsyncSession, event: ConfirmationRequested) -> None:
    """Write the confirmation once more for each time it was asked."""
    rdv = await get_rdv(session, event.rdv_id)
    if rdv.statut is Statut.CONFIRME:
        await _queue(session, modeles.CONFIRMATION, rdv, cle=f"{rdv.sequence}:renvoi{event.rang}")


async def remind(session: AsyncSession, event: ReminderDue) -> None:
    """Remind of an appointment that still stands where it stood, as long as it has not begun. Once per start."""
    rdv = await get_rdv(session, event.rdv_id)
    if rdv.statut is not Statut.CONFIRME or rdv.debut != event.debut or rdv.debut <= now():
        return
    await _queue(session, modeles.RAPPEL, rdv, cle=rdv.debut.isoformat(), au_plus_tard=rdv.debut, transactionnel=False)


async def tell_update(session: AsyncSession, event: RdvUpdated) -> None:
    """Write what a change means to the customer: paid, paid late, moved, another inspector, a result."""
    rdv = await get_rdv(session, event.rdv_id)
    champs = frozenset(event.champs)
    if event.raison == TARDIF:
        await _tell_late(session, rdv)
    elif {"statut", "paiement"} <= champs and rdv.statut is Statut.CONFIRME:
        await _queue(session, modeles.CONFIRMATION, rdv)
    elif event.avant_debut is not None and rdv.statut is Statut.CONFIRME:
        await _tell_move(session, rdv, event, event.avant_debut)
    elif "controleur_choisi" in champs and rdv.statut is Statut.CONFIRME and rdv.controleur is not None:
        qui = f"{rdv.controleur.prenom} {rdv.controleur.nom}".strip()
        await _queue(session, modeles.CONTROLEUR, rdv, cle=f"{rdv.controleur.id}:{rdv.sequence}", controleur=qui)
    if "resultat" in champs and rdv.resultat is not None:
        await _tell_result(session, rdv, rdv.resultat)
    if "paiement" in champs and rdv.paiement_statut is PaiementStatut.PAYE and rdv.statut is not Statut.ANNULE:
        await _send_receipts(session, rdv)


async def _tell_late(session: AsyncSession, rdv: RdvVue) -> None:
    """Money came after the hold had died, and the place was found again or not."""
    paiements = await find_paiements(session, reference=reference_of(rdv.id))
    somme = sum(p.encaisse_cents for p in paiements)
    await _queue(session, modeles.PAIEMENT_TARDIF, rdv, cle=rdv.statut.value, somme_cents=somme)


async def _tell_move(session: AsyncSession, rdv: RdvVue, event: RdvUpdated, avant_debut: datetime) -> None:
    avant = await get_centre(session, event.avant_centre_id or rdv.centre.id)
    await _queue(
        session,
        modeles.DEPLACEMENT,
        rdv,
        avant_debut=avant_debut,
        avant_fuseau=avant.fuseau,
        avant_centre=avant.nom if event.avant_centre_id else "",
        par_centre=event.raison == PLANNING,
        reste_cents=await read_reste(session, rdv),
    )


async def _tell_result(session: AsyncSession, rdv: RdvVue, resultat: Resultat) -> None:
    suite = find_suite(
        type_controle=rdv.type_controle,
        resultat=resultat,
        jour=rdv.jour,
        initial=await _initial_of(session, rdv.id),
        vehicule_type=rdv.vehicule.type,
        carburant=rdv.vehicule.carburant,
        delai_offert_mois=(await get_reglages(session, Reservation)).contre_visite_offerte_mois,
    )
    echec, echeance = resultat in ECHECS, suite.echeance
    chercher = {
        "lieu": f"{rdv.centre.code_postal} {rdv.centre.ville}".strip(),
        "vehicule_type": rdv.vehicule.type.value,
        "carburant": rdv.vehicule.carburant.value,
        "type_controle": suite.type_controle or "",
    }
    await _queue(
        session,
        modeles.CONTRE_VISITE if echec else modeles.RESULTAT,
        rdv,
        cle=resultat.value,
        resultat=resultat.value,
        limite=suite.limite,
        offerte=suite.offerte,
        prochaine=echeance.limite if echeance else None,
        prochaine_pollution=echeance is not None and echeance.nature is Nature.POLLUTION,
        lien_suite=f"{get_settings().url}/recherche?{urlencode(chercher)}" if echec else "",
    )


async def _initial_of(session: AsyncSession, rdv_id: UUID) -> date | None:
    """The local date of the inspection a re-inspection follows."""
    initial = select(Rdv.initial_id).where(Rdv.id == rdv_id).scalar_subquery()
    trouve: date | None = await session.scalar(select(Rdv.jour).where(Rdv.id == initial))
    return trouve


async def tell_cancellation(session: AsyncSession, event: RdvCancelled) -> None:
    """Write that an appointment is cancelled, with what goes back; that a hold was lost; that money came too late.

    Nothing for a hold given up for another start, nor for the place an offer of the waiting list held.
    """
    ligne = await session.get(Rdv, event.rdv_id)
    if event.raison == REMPLACE or ligne is None or ligne.offre_id is not None:
        return
    rdv = await get_rdv(session, event.rdv_id)
    if event.raison == TARDIF:
        await _tell_late(session, rdv)
    elif event.motif == MotifAnnulation.EXPIRATION or event.raison == ABANDONNE:
        if rdv.statut is Statut.ANNULE:
            await _queue(session, modeles.PLACE_PERDUE, rdv, transactionnel=False)
    else:
        rendu = await reckon_cancelled(session, event)
        par_centre = event.motif == MotifAnnulation.CENTRE
        dite = par_centre and event.raison is None  # the reason of a planning is the centre's own business
        await _queue(
            session,
            modeles.ANNULATION,
            rdv,
            par_centre=par_centre,
            raison=(rdv.annule_raison or "") if dite else "",
            paye_cents=rendu.paye_cents,
            rendu_cents=rendu.rendu_cents,
        )


async def tell_refund(session: AsyncSession, event: PaymentRefunded) -> None:
    """Write that money has gone back, with its credit note."""
    rdv_id = read_reference(event.reference)
    if rdv_id is None or await session.get(Rdv, rdv_id) is None:
        return
    rdv = await get_rdv(session, rdv_id)
    pieces = await list_pieces(session, paiement_id=event.paiement_id)
    avoirs = [p for p in pieces if p.serie == AVOIR and p.montant_cents == event.montant_cents]
    await _queue_compte(
        session,
        modeles.REMBOURSEMENT,
        rdv,
        somme_cents=event.montant_cents,
        paiement=await get_paiement(session, paiement_id=event.paiement_id),
        piece=avoirs[-1] if avoirs else None,
        cle=f"{event.paiement_id}:{event.total_rembourse_cents}",
    )


async def _send_receipts(session: AsyncSession, rdv: RdvVue) -> None:
    """The documents of what was paid for an appointment, each once."""
    paiements: Sequence[PaiementVue] = await find_paiements(session, reference=reference_of(rdv.id))
    for paiement in paiements:
        for piece in await list_pieces(session, paiement_id=paiement.id):
            if piece.serie != AVOIR:
                await _queue_compte(
                    session,
                    modeles.RECU,
                    rdv,
                    somme_cents=piece.montant_cents,
                    paiement=paiement,
                    piece=piece,
                    cle=str(piece.id),
                )


async def _queue_compte(
    session: AsyncSession,
    modele: Modele,
    rdv: RdvVue,
    *,
    somme_cents: int,
    paiement: PaiementVue,
    piece: RecuVue | None,
    cle: str,
) -> None:
    await _queue(
        session,
        modele,
        rdv,
        cle=cle,
        somme_cents=somme_cents,
        tenant_id=str(rdv.tenant_id),
        paiement_id=str(paiement.id),
        en_ligne=paiement.canal == CanalPaiement.EN_LIGNE,
        piece_id=None if piece is None else str(piece.id),
        piece="" if piece is None else piece.code,
    )


async def _queue(
    session: AsyncSession,
    modele: Modele,
    rdv: RdvVue,
    *,
    cle: str | None = None,
    transactionnel: bool = True,
    au_plus_tard: datetime | None = None,
    **donnees: Any,
) -> None:
    """By mail, or by text message to who left a mobile number alone. Once per `cle` (default: the state of the event in
    calendars, `sequence`)."""
    voies = ways(rdv.client.email, rdv.client.telephone)
    if not voies:
        return
    canal, adresse = voies[0]
    billet = build_billet(rdv, jeton=build_cree(session, rdv, maintenant=now()).jeton)
    await queue_notification(
        session,
        modele=modele.nom,
        canal=canal,
        destinataire=adresse,
        locale=rdv.langue,
        donnees=modele.donnees.model_validate(billet.model_dump() | donnees).model_dump(mode="json"),
        cle=f"{modele.nom}:{rdv.id}:{rdv.sequence if cle is None else cle}",
        transactionnel=transactionnel,
        au_plus_tard=au_plus_tard,
        fuseau=rdv.centre.fuseau,
    )
