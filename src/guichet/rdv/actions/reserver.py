"""Booking: one transaction from what was typed to a confirmed appointment, its event and its audit line."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from guichet.annuaire.facade import index_telephone, prepare_passage
from guichet.identite.facade import create_lien, get_tenant
from guichet.rdv.actions.annonces import tell_created, tell_expired
from guichet.rdv.actions.demande import Verifiee, check_demande, check_start
from guichet.rdv.actions.droits import check_controleur, find_right
from guichet.rdv.actions.ecriture import Ecriture
from guichet.rdv.actions.etages import Recherche, find_place
from guichet.rdv.actions.lignes import typed_values
from guichet.rdv.actions.placer import Plafonds, refuse
from guichet.rdv.actions.tenues import free_replaced, open_payment
from guichet.rdv.metier.contre_visite import Droit, price
from guichet.rdv.metier.types import PaiementMode, PaiementStatut, Statut
from guichet.rdv.metier.vues import DemandeRdv, RdvCree, RdvVue
from guichet.rdv.permissions import (
    ACCUEIL_PROPRE,
    ANNULATION_PROPRE,
    GENRE_LIEN,
    LECTURE_PROPRE,
    MODIFICATION_PROPRE,
    SURBOOKING,
    is_anonymous,
    is_staff,
)
from guichet.rdv.questions.contexte import Contexte, load_contexte
from guichet.rdv.questions.disponibilites import enter_centre
from guichet.rdv.questions.fiches import read_rdv
from guichet.rdv.questions.jetons import read_disponibilite_id
from guichet.rdv.questions.journee import Voulu
from guichet.rdv.tables import Rdv
from guichet.reseau.facade import check_centre, get_controleur, list_controleurs, perimetre_of
from guichet.socle.acces import Appelant
from guichet.socle.audit import audit
from guichet.socle.crypto import blind_index
from guichet.socle.errors import Conflict, Forbidden, Invalid
from guichet.socle.horloge import now
from guichet.socle.i18n import _
from guichet.socle.ids import new_id
from guichet.socle.settings import get_settings

VALIDITE_LIEN: Final = timedelta(days=90)
"""A management link lives this long after the appointment."""


@dataclass(frozen=True, kw_only=True)
class _Reservation:
    """A booking ready to be placed."""

    contexte: Contexte
    verifiee: Verifiee
    droit: Droit | None
    maintenant: datetime
    appelant: Appelant
    langue: str
    choisi: UUID | None
    surbook: bool

    @property
    def voulu(self) -> Voulu:
        return Voulu(
            contexte=self.contexte,
            controle=self.verifiee.controle,
            debut=self.verifiee.debut,
            maintenant=self.maintenant,
            choisi=self.choisi,
        )

    @property
    def mode(self) -> PaiementMode:
        return self.verifiee.mode

    @property
    def est_tenue(self) -> bool:
        """Held until it is paid: something is owed, online."""
        return self.mode is PaiementMode.EN_LIGNE and bool(self.montant)

    @property
    def montant(self) -> int | None:
        tarif = self.contexte.prix(self.verifiee.controle)
        return tarif if self.droit is None else price(self.droit, tarif)


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
    reservation = _Reservation(
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
    tenant_id = await enter_centre(session, centre_id)
    contexte = await load_contexte(session, centre_id)
    if is_staff(appelant):
        check_centre(perimetre_of(appelant), centre_id, contexte.centre.agence_id)
    if not contexte.centre.actif or not (await get_tenant(session, tenant_id=tenant_id)).actif:
        raise Conflict(_("Ce centre ne prend plus de rendez-vous."), code="CENTRE_INACTIF")
    return contexte


async def _place(session: AsyncSession, reservation: _Reservation) -> RdvCree:
    v, contexte, maintenant = reservation.verifiee, reservation.contexte, reservation.maintenant
    equipe = {c.id: c for c in await list_controleurs(session, centre_id=contexte.centre.id)}
    ecriture = Ecriture(
        session,
        valeurs=_values(session, reservation),
        passage=prepare_passage(
            session, client=v.client, vehicule=v.vehicule, le=maintenant, langue=reservation.langue
        ),
        besoins=contexte.besoins(v.controle),
        choisi=reservation.choisi,
        maintenant=maintenant,
        plafonds=_caps(reservation),
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


def build_cree(session: AsyncSession, rdv: RdvVue, *, maintenant: datetime) -> RdvCree:
    """An appointment with the link that manages it."""
    jeton = create_lien(
        session,
        genre=GENRE_LIEN,
        cible=rdv.id,
        permissions=(LECTURE_PROPRE, ANNULATION_PROPRE, MODIFICATION_PROPRE, ACCUEIL_PROPRE),
        validite=max(rdv.fin - maintenant, timedelta()) + VALIDITE_LIEN,
    )
    return RdvCree(rdv=rdv, jeton=jeton, lien_gestion=f"{get_settings().url}/mes-rdv/{rdv.id}?lien={jeton}")


def _caps(reservation: _Reservation) -> Plafonds:
    if not is_anonymous(reservation.appelant):
        return Plafonds()
    reglages, appelant = reservation.contexte.reglages, reservation.appelant
    telephone = reservation.verifiee.client.telephone
    assert telephone is not None
    cles, maxima = [index_telephone(telephone)], [reglages.plafond_telephone]
    if appelant.ip:
        cles.append(blind_index(appelant.ip, "adresse"))
        maxima.append(reglages.plafond_adresse)
    return Plafonds(tuple(cles), tuple(maxima), timedelta(minutes=reglages.plafond_minutes))


def _values(session: AsyncSession, reservation: _Reservation) -> dict[str, Any]:
    v, contexte = reservation.verifiee, reservation.contexte
    return {
        "id": new_id(),
        "tenant_id": session.info["tenant_id"],
        "centre_id": contexte.centre.id,
        "controleur_choisi": reservation.choisi is not None,
        "initial_id": reservation.droit and reservation.droit.initial.id,
        "type_controle": v.controle.type_controle.value,
        "debut": v.debut,
        "fin": reservation.voulu.fin,
        "jour": reservation.voulu.jour,
        "statut": (Statut.EN_ATTENTE_PAIEMENT if reservation.est_tenue else Statut.CONFIRME).value,
        "paiement_statut": PaiementStatut.EN_ATTENTE.value if reservation.est_tenue else None,
        "expire_a": reservation.maintenant + timedelta(minutes=contexte.reglages.tenue_minutes)
        if reservation.est_tenue
        else None,
        "surnombre": False,
        "montant_cents": reservation.montant,
        "paiement_mode": v.mode.value,
        "source": v.source.value,
        **typed_values(v.client, v.vehicule),
        "date_controle_initial": v.date_controle_initial,
        "notes": v.notes,
        "langue": reservation.langue,
        "modifications": 0,
        "sequence": 0,
        "cree_par": reservation.appelant.user_id,
        "version": 1,
        "created_at": reservation.maintenant,
        "updated_at": reservation.maintenant,
    }
