"""Answering an offer of the waiting list, leaving the list, coming back to it."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.rdv.actions.annonces import Avant, tell_created, tell_updated
from guichet.rdv.actions.attente.etat import (
    end_dead_offre,
    end_offre,
    free_offre,
    pending_offre,
    set_statut,
    withdraw,
)
from guichet.rdv.actions.liberer import controle_of, release_place
from guichet.rdv.actions.reservation import build_cree
from guichet.rdv.actions.tenues import open_payment
from guichet.rdv.actions.verrous import lock_days
from guichet.rdv.messages import InscriptionRegistered
from guichet.rdv.metier.attente import VIVANTES, IssueOffre, StatutInscription, is_lapsed
from guichet.rdv.metier.heures import jour_local
from guichet.rdv.metier.rappels import reminder_at
from guichet.rdv.metier.types import MotifAnnulation, PaiementMode, PaiementStatut, Statut
from guichet.rdv.metier.vues import RdvCree
from guichet.rdv.permissions import (
    ANNULATION,
    CREATION,
    LECTURE,
    check_list_access,
    has_list_link,
    inscription_not_found,
    not_connected,
)
from guichet.rdv.questions.attente import InscriptionVue, read_inscriptions
from guichet.rdv.questions.contexte import load_contexte
from guichet.rdv.questions.fiches import get_rdv
from guichet.rdv.tables import Inscription, InscriptionCentre, Offre, Rdv
from guichet.reseau.facade import list_centres
from guichet.socle.acces import Appelant
from guichet.socle.audit import audit
from guichet.socle.errors import Conflict, Gone, Invalid
from guichet.socle.horloge import now
from guichet.socle.i18n import _
from guichet.socle.messages import publish

RAISON = "liste_attente"


async def read_accessible_inscription(
    session: AsyncSession, *, inscription_id: UUID, appelant: Appelant
) -> InscriptionVue:
    """An entry, for staff of one of its centres, who made it, or the holder of its link. Raises as `check_list_access`."""
    ligne = await _find(session, inscription_id, appelant, LECTURE)
    return (await read_inscriptions(session, [ligne]))[0]


async def accept_offre(
    session: AsyncSession, *, inscription_id: UUID, appelant: Appelant, mode: PaiementMode | None = None
) -> RdvCree:
    """The hold of an offer becomes the appointment: confirmed, or held until it is paid. Again: the same answer.

    Whoever has a later appointment keeps it: it moves to the offered place, with its number, its link and what was paid,
    and the place it leaves is offered in turn. `mode`: how it is paid, when another way is wanted than was typed.

    Raises 401 for a passer-by, `INSCRIPTION_NOT_FOUND` (404), `HORS_PERIMETRE` (403), `ETAT_INCOMPATIBLE` (409: nothing
    is offered), `OFFRE_EXPIREE`, `OFFRE_RETIREE` (410), `PAIEMENT_EN_LIGNE_INDISPONIBLE` (422).
    """
    await _find(session, inscription_id, appelant, CREATION)
    ligne, offre = await lock_inscription(session, inscription_id)
    if ligne.statut == StatutInscription.SERVIE and ligne.servie_par is not None:
        return await _answer(session, ligne.servie_par)
    offre, tenue = await _living(session, ligne, offre)
    ancien = await _appointment_given_back(session, ligne)
    if ancien is None:
        return await _take(session, ligne, offre, tenue, mode)
    if controle_of(ancien) != controle_of(tenue):  # edited since: the place was looked for with other needs
        message = _(
            "Votre rendez-vous a changé depuis votre inscription. Quittez la liste et inscrivez-vous à nouveau."
        )
        raise Conflict(message, code="ETAT_INCOMPATIBLE")
    if ancien.debut <= tenue.debut:
        raise Conflict(_("Votre rendez-vous est déjà plus tôt que cette place."), code="ETAT_INCOMPATIBLE")
    return await _move_forward(session, ligne, offre, tenue, ancien)


async def refuse_offre(session: AsyncSession, *, inscription_id: UUID, appelant: Appelant) -> InscriptionVue:
    """Say no to an offer: it passes to the next entry; this one keeps its rank and is not offered that start again.

    Raises as `accept_offre`.
    """
    await _find(session, inscription_id, appelant, CREATION)
    ligne, offre = await lock_inscription(session, inscription_id)
    offre, _tenue = await _living(session, ligne, offre)
    await free_offre(session, offre)
    await end_offre(session, offre, ligne, IssueOffre.REFUSEE, apres=None)
    await release_place(session, centre_id=offre.centre_id, jour=offre.jour)
    return (await read_inscriptions(session, [ligne]))[0]


async def leave_list(session: AsyncSession, *, inscription_id: UUID, appelant: Appelant) -> InscriptionVue:
    """Leave the list; what was offered passes to the next entry. Again: the same answer.

    Raises 401, `INSCRIPTION_NOT_FOUND` (404), `HORS_PERIMETRE` (403).
    """
    await _find(session, inscription_id, appelant, ANNULATION)
    ligne, _offre = await lock_inscription(session, inscription_id)
    if ligne.statut in VIVANTES:
        await drop_out(session, ligne, motif="demande")
    return (await read_inscriptions(session, [ligne]))[0]


async def drop_out(session: AsyncSession, ligne: Inscription, *, motif: str) -> None:
    """Take a living entry off the list, under `lock_inscription`, and serve those behind it."""
    offre = await withdraw(session, ligne, motif=motif)
    if offre is not None:
        await release_place(session, centre_id=offre.centre_id, jour=offre.jour)


async def come_back(session: AsyncSession, *, inscription_id: UUID, appelant: Appelant) -> InscriptionVue:
    """The way back for whoever let an offer lapse, or left: at the end of the list, with what was typed. Again: no change.

    Raises as `leave_list`, `ETAT_INCOMPATIBLE`, `DEJA_INSCRIT` (409), `INSCRIPTION_PERIMEE` (410: its days are over).
    """
    await _find(session, inscription_id, appelant, CREATION)
    ligne, offre = await lock_inscription(session, inscription_id)
    if offre is not None:
        await _bury(session, offre)
    if ligne.statut in VIVANTES:
        return (await read_inscriptions(session, [ligne]))[0]
    if ligne.statut == StatutInscription.SERVIE:
        raise Conflict(_("Vous avez déjà obtenu un rendez-vous par cette inscription."), code="ETAT_INCOMPATIBLE")
    contexte = await load_contexte(session, ligne.centres[0])
    if ligne.au < jour_local(now(), contexte.zone):
        raise Gone(_("Les jours que vous attendiez sont passés. Inscrivez-vous à nouveau."), code="INSCRIPTION_PERIMEE")
    autre = select(InscriptionCentre.inscription_id).where(
        InscriptionCentre.centre_id.in_(ligne.centres),
        InscriptionCentre.immatriculation == ligne.immatriculation,
        InscriptionCentre.personne == ligne.personne,
    )
    if await session.scalar(autre.limit(1)) is not None:
        raise Conflict(_("Ce véhicule est déjà sur la liste de ce centre, à votre nom."), code="DEJA_INSCRIT")
    ligne.depuis = now()
    await set_statut(session, ligne, StatutInscription.ATTENTE)
    await publish(session, InscriptionRegistered(inscription_id=ligne.id, rang=ligne.version))
    await audit(session, action="attente.resume", entite="inscription", entite_id=ligne.id)
    return (await read_inscriptions(session, [ligne]))[0]


async def lock_inscription(session: AsyncSession, inscription_id: UUID) -> tuple[Inscription, Offre | None]:
    """An entry, its pending offer if any, locked after the days of the offer and of the appointment given back.

    Raises `INSCRIPTION_NOT_FOUND` (404).
    """
    pris: set[tuple[UUID, date]] = set()
    while True:
        lue = await session.get(Inscription, inscription_id, populate_existing=True)
        if lue is None:
            raise inscription_not_found()
        pris |= await days_of_inscription(session, lue)
        await lock_days(session, jours=pris)
        ligne = await session.get_one(Inscription, inscription_id, populate_existing=True, with_for_update=True)
        if await days_of_inscription(session, ligne) <= pris:
            return ligne, await pending_offre(session, ligne)


async def days_of_inscription(session: AsyncSession, ligne: Inscription) -> set[tuple[UUID, date]]:
    """The centre-days an answer of an entry touches."""
    jours = set()
    offre = await pending_offre(session, ligne)
    if offre is not None:
        jours.add((offre.centre_id, offre.jour))
    if ligne.rdv_id is not None:
        lieu = await session.execute(select(Rdv.centre_id, Rdv.jour).where(Rdv.id == ligne.rdv_id))
        jours |= {(row.centre_id, row.jour) for row in lieu}
    return jours


async def _find(session: AsyncSession, inscription_id: UUID, appelant: Appelant, permission: str) -> Inscription:
    if not appelant.is_known and not has_list_link(appelant, inscription_id):
        raise not_connected()
    ligne = await session.get(Inscription, inscription_id)
    if ligne is None:
        raise inscription_not_found()
    centres = await list_centres(session, centre_ids=ligne.centres)
    check_list_access(
        appelant,
        permission,
        inscription_id=ligne.id,
        cree_par=ligne.cree_par,
        centres=[(c.id, c.agence_id) for c in centres],
    )
    return ligne


async def _living(session: AsyncSession, ligne: Inscription, offre: Offre | None) -> tuple[Offre, Rdv]:
    """The pending offer and the row that holds it. Raises 409 without an offer, 410 for a dead one."""
    if offre is None:
        expiree = ligne.statut == StatutInscription.EXPIREE
        if expiree and ligne.offre_id is not None:
            raise _gone(retiree=False)
        raise Conflict(_("Aucune place n'est proposée en ce moment."), code="ETAT_INCOMPATIBLE", statut=ligne.statut)
    tenue = await session.get_one(Rdv, offre.rdv_id, populate_existing=True, with_for_update=True)
    assert tenue.expire_a is not None
    if is_lapsed(tenue.expire_a, now()):
        raise _gone(retiree=tenue.expire_a < offre.expire_a)
    return offre, tenue


def _gone(*, retiree: bool) -> Gone:
    if retiree:
        return Gone(_("Le centre a dû retirer cette heure. Vous gardez votre rang sur la liste."), code="OFFRE_RETIREE")
    return Gone(_("Le délai est passé : la place a été proposée à quelqu'un d'autre."), code="OFFRE_EXPIREE")


async def _bury(session: AsyncSession, offre: Offre) -> None:
    """Let a dead offer go before anything has swept it, and serve those behind it; nothing for a living one."""
    tenue = await session.get_one(Rdv, offre.rdv_id, populate_existing=True, with_for_update=True)
    if tenue.statut != Statut.EN_ATTENTE_PAIEMENT or tenue.expire_a is None or not is_lapsed(tenue.expire_a, now()):
        return
    tenue.statut = Statut.ANNULE.value
    tenue.annule_motif, tenue.annule_le = MotifAnnulation.EXPIRATION.value, tenue.expire_a
    tenue.version += 1
    await session.flush()
    await end_dead_offre(session, tenue)
    await release_place(session, centre_id=offre.centre_id, jour=offre.jour)


async def _appointment_given_back(session: AsyncSession, ligne: Inscription) -> Rdv | None:
    """The later appointment of an entry, locked; None when it has none any more. Raises 409 once it has begun."""
    if ligne.rdv_id is None:
        return None
    ancien = await session.get_one(Rdv, ligne.rdv_id, populate_existing=True, with_for_update=True)
    if ancien.statut == Statut.ANNULE:
        return None
    if ancien.statut != Statut.CONFIRME or ancien.debut <= now():
        raise Conflict(_("Votre rendez-vous a déjà commencé."), code="ETAT_INCOMPATIBLE")
    return ancien


async def _take(
    session: AsyncSession, ligne: Inscription, offre: Offre, tenue: Rdv, mode: PaiementMode | None
) -> RdvCree:
    contexte, maintenant = await load_contexte(session, offre.centre_id), now()
    en_ligne = contexte.reglages.paiement_en_ligne and tenue.montant_cents is not None
    if mode is PaiementMode.EN_LIGNE and not en_ligne:
        message = _("Le paiement en ligne n'est pas proposé ici. Choisissez le paiement sur place.")
        raise Invalid(message, code="PAIEMENT_EN_LIGNE_INDISPONIBLE", champs={"paiement.mode": message})
    voulu = mode or PaiementMode(ligne.paiement_mode)
    a_payer = voulu is PaiementMode.EN_LIGNE and en_ligne and bool(tenue.montant_cents)
    tenue.offre_id = None
    tenue.paiement_mode = (voulu if en_ligne else PaiementMode.SUR_PLACE).value
    tenue.created_at = maintenant
    tenue.version += 1
    if a_payer:
        tenue.expire_a = maintenant + timedelta(minutes=contexte.reglages.tenue_minutes)
        tenue.paiement_statut = PaiementStatut.EN_ATTENTE.value
    else:
        tenue.statut, tenue.expire_a = Statut.CONFIRME.value, None
    await session.flush()
    ligne.servie_par = tenue.id
    await end_offre(session, offre, ligne, IssueOffre.ACCEPTEE, apres=None)
    await tell_created(session, await get_rdv(session, tenue.id))
    return await _answer(session, tenue.id)


async def _move_forward(session: AsyncSession, ligne: Inscription, offre: Offre, tenue: Rdv, ancien: Rdv) -> RdvCree:
    """Under the locks the offered place is given back and taken by the later appointment: nobody can come between."""
    avant = Avant.of(ancien)
    controleur_id, prix = tenue.controleur_id, tenue.montant_cents
    await free_offre(session, offre)
    changes = ["debut", *(["centre"] if ancien.centre_id != offre.centre_id else []), "controleur"]
    ancien.centre_id, ancien.jour = offre.centre_id, offre.jour
    ancien.debut, ancien.fin = offre.debut, offre.fin
    ancien.rappel_le = reminder_at(offre.debut, now(), (await load_contexte(session, offre.centre_id)).zone)
    ancien.controleur_id, ancien.controleur_choisi, ancien.surnombre = controleur_id, False, False
    if ancien.paiement_statut is None and ancien.montant_cents != prix:
        ancien.montant_cents = prix
        changes.append("montant_cents")
    ancien.sequence += 1
    ancien.version += 1
    await session.flush()
    ligne.servie_par = ancien.id
    await end_offre(session, offre, ligne, IssueOffre.ACCEPTEE, apres=None)
    await tell_updated(session, ancien, champs=tuple(changes), avant=avant, raison=RAISON)
    await release_place(session, centre_id=avant.centre_id, jour=avant.jour)
    return await _answer(session, ancien.id)


async def _answer(session: AsyncSession, rdv_id: UUID) -> RdvCree:
    rdv = await get_rdv(session, rdv_id)
    maintenant: datetime = now()
    cree = build_cree(session, rdv, maintenant=maintenant)
    if rdv.statut is Statut.EN_ATTENTE_PAIEMENT:
        paiement = await open_payment(session, rdv, retour=cree.lien_gestion)
        cree = replace(cree, url_paiement=paiement.url_paiement)
    return cree
