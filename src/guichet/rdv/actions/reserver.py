"""Booking: one transaction from what was typed to a confirmed appointment, its event and its audit line."""

from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncSession

from guichet.annuaire.facade import prepare_passage
from guichet.rdv.actions.annonces import tell_created, tell_expired
from guichet.rdv.actions.demande import check_demande, check_start
from guichet.rdv.actions.droits import check_controleur, find_right
from guichet.rdv.actions.ecriture import Ecriture
from guichet.rdv.actions.etages import Recherche, find_place
from guichet.rdv.actions.placer import refuse
from guichet.rdv.actions.reservation import Reservation, build_cree, caps_of, row_values
from guichet.rdv.actions.tenues import free_replaced, open_payment
from guichet.rdv.metier.types import PaiementMode, Statut
from guichet.rdv.metier.vues import DemandeRdv, RdvCree
from guichet.rdv.permissions import (
    SURBOOKING,
    is_staff,
)
from guichet.rdv.questions.contexte import Contexte, load_contexte, load_equipe
from guichet.rdv.questions.disponibilites import enter_centre
from guichet.rdv.questions.fiches import read_rdv
from guichet.rdv.questions.jetons import read_disponibilite_id
from guichet.rdv.tables import Rdv
from guichet.reseau.facade import check_centre, get_controleur, perimetre_of
from guichet.socle.acces import Appelant
from guichet.socle.audit import audit
from guichet.socle.errors import Forbidden, Invalid
from guichet.socle.horloge import now
from guichet.socle.i18n import _


async def create_rdv(session: AsyncSession, *, demande: DemandeRdv, appelant: Appelant) -> RdvCree:
    """Book an appointment. The tenant is the centre's; everything is checked again, whatever list was shown.

    What is owed and paid online is held until its deadline: `url_paiement` is where. Another hold of the same person for
    the same plate is given back.

    Raises what the rules forbid (422, each on its field), `CENTRE_NOT_FOUND`, `CONTROLEUR_NOT_FOUND` (404),
    `PERMISSION_REFUSEE` (403: `surnombre` asked without `rdv:surbook`), `CENTRE_INACTIF`, `CRENEAU_INDISPONIBLE` with `raison` and up to three `alternatives` (409), `TROP_DE_RESERVATIONS`
    (429). Nothing is written when it raises: the caller's transaction is rolled back.
    """
    contexte = await _open_centre(session, demande, appelant)
    maintenant = now()
    verifiee = check_demande(demande, contexte, maintenant=maintenant, personnel=is_staff(appelant))
    contexte.check_controle(verifiee.controle)
    check_start(contexte, verifiee.debut, maintenant=maintenant)
    if demande.surnombre and not appelant.can(SURBOOKING):
        message = _("Votre compte ne permet pas de dépasser la capacité d'une journée.")
        raise Forbidden(message, code="PERMISSION_REFUSEE", champs={"surnombre": message})
    if demande.controleur_id is not None:
        await check_controleur(session, contexte, verifiee, demande.controleur_id)
    reservation = Reservation(
        contexte=contexte,
        verifiee=verifiee,
        droit=await find_right(session, contexte, verifiee, appelant),
        maintenant=maintenant,
        appelant=appelant,
        langue=demande.langue,
        choisi=demande.controleur_id,
        surbook=demande.surnombre,
    )
    if reservation.mode is PaiementMode.EN_LIGNE and (
        not contexte.reglages.paiement_en_ligne or reservation.montant is None
    ):
        message = _("Le paiement en ligne n'est pas proposé ici. Choisissez le paiement sur place.")
        raise Invalid(message, code="PAIEMENT_EN_LIGNE_INDISPONIBLE", champs={"paiement.mode": message})
    return await _place(session, reservation)


async def _open_centre(session: AsyncSession, demande: DemandeRdv, appelant: Appelant) -> Contexte:
    centre_id = demande.centre_id
    if demande.disponibilite_id:
        centre_id = read_disponibilite_id(demande.disponibilite_id).centre_id
    if centre_id is None:
        message = _("Indiquez le centre.")
        raise Invalid(message, code="CENTRE_REQUIS", champs={"centre_id": message})
    await enter_centre(session, centre_id)
    contexte = await load_contexte(session, centre_id)
    if is_staff(appelant):
        check_centre(perimetre_of(appelant), centre_id, contexte.centre.agence_id)
    contexte.check_open()
    return contexte


async def _place(session: AsyncSession, reservation: Reservation) -> RdvCree:
    v, contexte, maintenant = reservation.verifiee, reservation.contexte, reservation.maintenant
    equipe = await load_equipe(session, contexte.centre.id)
    ecriture = Ecriture(
        session,
        valeurs=row_values(session, reservation),
        passage=prepare_passage(
            session, client=v.client, vehicule=v.vehicule, le=maintenant, langue=reservation.langue
        ),
        besoins=contexte.besoins(v.controle),
        choisi=reservation.choisi,
        maintenant=maintenant,
        plafonds=caps_of(reservation),
    )
    place = await find_place(
        session,
        Recherche(voulu=reservation.voulu, poser=ecriture, rendues=ecriture.list_tenues, surbook=reservation.surbook),
    )
    if not place.ok:
        raise await refuse(
            session,
            place.issue,
            contexte=contexte,
            controle=v.controle,
            debut=v.debut,
            choisi=reservation.choisi,
            maintenant=maintenant,
            plafonds=ecriture.plafonds,
        )
    await tell_expired(session, place.liberes)
    await free_replaced(session, place.remplaces)
    controleur = None
    if place.controleur_id is not None:
        controleur = equipe.get(place.controleur_id) or await get_controleur(session, place.controleur_id)
    ligne = Rdv(
        **ecriture.valeurs,
        controleur_id=place.controleur_id,
        client_id=place.client_id,
        vehicule_id=place.vehicule_id,
    )
    rdv = read_rdv(ligne, contexte.centre, controleur, maintenant)
    await tell_created(session, rdv)
    if place.au_dela:
        await audit(
            session, action="rdv.surbook", entite="rdv", entite_id=rdv.id, apres={"debut": rdv.debut.isoformat()}
        )
    cree = build_cree(session, rdv, maintenant=maintenant)
    if rdv.statut is Statut.EN_ATTENTE_PAIEMENT:
        paiement = await open_payment(session, rdv, retour=cree.lien_gestion)
        cree = replace(cree, url_paiement=paiement.url_paiement)
    return cree
