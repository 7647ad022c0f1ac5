"""Joining the waiting list: what was typed is checked as for a booking, so that accepting an offer is one click."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import create_lien
from guichet.rdv.actions.attente.etat import wait_in_centres
from guichet.rdv.actions.attente.periode import read_periode
from guichet.rdv.actions.attente.plafonds import PlafondsListe
from guichet.rdv.actions.demande import Verifiee, check_demande
from guichet.rdv.actions.droits import find_right
from guichet.rdv.actions.lignes import typed_values
from guichet.rdv.actions.modifier import demande_of
from guichet.rdv.actions.placer import is_accredited
from guichet.rdv.messages import InscriptionRegistered
from guichet.rdv.metier.attente import (
    CENTRES_MAX,
    REPRISE_PRIORITE,
    VIVANTES,
    Souhait,
    StatutInscription,
    suits,
)
from guichet.rdv.metier.types import MotifAnnulation, PaiementMode, Statut
from guichet.rdv.metier.vues import CreneauVue, DemandeRdv, RdvVue
from guichet.rdv.permissions import (
    ANNULATION_PROPRE,
    CREATION_PROPRE,
    GENRE_LIEN_ATTENTE,
    LECTURE_PROPRE,
    is_staff,
)
from guichet.rdv.questions.attente import InscriptionVue, read_inscriptions
from guichet.rdv.questions.contexte import Contexte, load_contexte
from guichet.rdv.questions.creneaux import build_creneaux, fetch_libres, open_window
from guichet.rdv.questions.disponibilites import enter_centre
from guichet.rdv.questions.fiches import read_accessible
from guichet.rdv.tables import Inscription, InscriptionCentre, Rdv
from guichet.reseau.facade import check_centre, perimetre_of
from guichet.socle.acces import Appelant
from guichet.socle.audit import audit
from guichet.socle.crypto import blind_index
from guichet.socle.errors import Conflict, Invalid
from guichet.socle.horloge import now
from guichet.socle.i18n import _
from guichet.socle.ids import new_id
from guichet.socle.messages import publish
from guichet.socle.settings import get_settings

VALIDITE_LIEN: Final = timedelta(days=90)
"""A link lives this long after the last day that was waited for."""
LIBRES_MONTREES: Final = 3
MIDI: Final = "12:00"


@dataclass(frozen=True, kw_only=True)
class DemandeInscription:
    """What somebody waits for, as typed. `rdv_id`: the appointment given back for an earlier one; what was typed is then
    its own, else `reservation` (whose date and hour count for nothing). Days are ISO dates, hours `HH:MM`."""

    centre_ids: tuple[UUID, ...]
    du: str
    au: str | None = None
    heure_du: str | None = None
    heure_au: str | None = None
    rdv_id: UUID | None = None
    reservation: DemandeRdv | None = None


@dataclass(frozen=True, kw_only=True)
class InscriptionFaite:
    """An entry with the link that manages it. `nouvelle`: it was not there before. `libres`: starts free right now."""

    inscription: InscriptionVue
    jeton: str
    lien_gestion: str
    nouvelle: bool
    libres: tuple[CreneauVue, ...] = ()


async def join_list(session: AsyncSession, *, demande: DemandeInscription, appelant: Appelant) -> InscriptionFaite:
    """Put somebody on the waiting list of one or several centres of a tenant. The same person and plate: the same entry.

    Raises what a booking raises on its fields (422), `PERIODE_INVALIDE`, `CRENEAU_PASSE`, `CRENEAU_HORS_HORIZON` on the
    days, `CENTRE_NOT_FOUND`, `RDV_NOT_FOUND` (404), `HORS_PERIMETRE` (403), `CENTRE_INACTIF`, `ETAT_INCOMPATIBLE` (409),
    `TROP_DE_RESERVATIONS` (429: an anonymous caller's cap).
    """
    contextes = await _open_centres(session, demande.centre_ids, appelant)
    maintenant = now()
    ancien = None
    if demande.rdv_id is not None:
        ancien = await _own_rdv(session, demande.rdv_id, appelant, maintenant)
    periode = read_periode(
        du=demande.du,
        au=demande.au,
        heure_du=demande.heure_du,
        heure_au=demande.heure_au,
        contexte=contextes[0],
        avant=ancien.jour if ancien is not None and ancien.statut is Statut.CONFIRME else None,
        maintenant=maintenant,
    )
    saisie = await _typed(session, demande, ancien)
    verifiee = await _check(session, contextes, replace(saisie, date=periode.du.isoformat()), appelant, maintenant)
    valeurs = typed_values(verifiee.client, verifiee.vehicule)
    personne = blind_index(f"{verifiee.client.email or ''} {verifiee.client.telephone or ''}".lower(), "personne")
    plafonds = PlafondsListe(contextes[0], verifiee, appelant)
    await plafonds.lock(session, valeurs["immatriculation"])
    connue = await _find_same(session, demande.centre_ids, valeurs["immatriculation"], personne)
    if connue is not None:
        return await build_faite(session, connue, nouvelle=False)
    ligne = Inscription(
        id=new_id(),
        tenant_id=session.info["tenant_id"],
        statut=StatutInscription.ATTENTE.value,
        depuis=maintenant,
        priorite=await _has_priority(session, valeurs, maintenant),
        centres=list(demande.centre_ids),
        du=periode.du,
        au=periode.au,
        heure_du=periode.heure_du,
        heure_au=periode.heure_au,
        rdv_id=ancien.id if ancien is not None and ancien.statut is Statut.CONFIRME else None,
        **valeurs,
        personne=personne,
        type_controle=verifiee.controle.type_controle.value,
        date_controle_initial=verifiee.date_controle_initial,
        paiement_mode=verifiee.mode.value,
        source=verifiee.source.value,
        notes=verifiee.notes,
        langue=saisie.langue,
        cree_par=appelant.user_id,
        version=1,
        created_at=maintenant,
        updated_at=maintenant,
    )
    await plafonds.count(session, ligne.id, maintenant)
    session.add(ligne)
    await session.flush()
    await wait_in_centres(session, ligne)
    await publish(session, InscriptionRegistered(inscription_id=ligne.id, rang=1))
    await audit(session, action="attente.create", entite="inscription", entite_id=ligne.id, apres=_journal(ligne))
    libres = await _free_now(session, contextes, ligne, verifiee, maintenant)
    return await build_faite(session, ligne, nouvelle=True, libres=libres)


def _journal(ligne: Inscription) -> dict[str, Any]:
    return {
        "centres": [str(c) for c in ligne.centres],
        "du": ligne.du.isoformat(),
        "au": ligne.au.isoformat(),
        "type_controle": ligne.type_controle,
        "priorite": ligne.priorite,
        "rdv_id": ligne.rdv_id and str(ligne.rdv_id),
    }


async def build_faite(
    session: AsyncSession, ligne: Inscription, *, nouvelle: bool, libres: Sequence[CreneauVue] = ()
) -> InscriptionFaite:
    """An entry with the link that manages it."""
    jeton = write_list_link(session, ligne.id, ligne.au)
    return InscriptionFaite(
        inscription=(await read_inscriptions(session, [ligne]))[0],
        jeton=jeton,
        lien_gestion=list_address(ligne.id, jeton),
        nouvelle=nouvelle,
        libres=tuple(libres),
    )


def write_list_link(session: AsyncSession, inscription_id: UUID, au: date) -> str:
    """The signed link of an entry whose last day is `au`."""
    reste = datetime.combine(au, time(), now().tzinfo) - now()
    return create_lien(
        session,
        genre=GENRE_LIEN_ATTENTE,
        cible=inscription_id,
        permissions=(LECTURE_PROPRE, CREATION_PROPRE, ANNULATION_PROPRE),
        validite=max(reste, timedelta()) + VALIDITE_LIEN,
    )


def list_address(inscription_id: UUID, jeton: str) -> str:
    """The page of an entry, for a mail."""
    return f"{get_settings().url}/liste-attente/{inscription_id}?lien={jeton}"


async def _open_centres(session: AsyncSession, centre_ids: Sequence[UUID], appelant: Appelant) -> list[Contexte]:
    if not centre_ids or len(set(centre_ids)) != len(centre_ids) or len(centre_ids) > CENTRES_MAX:
        message = _("Indiquez de un à {n} centres, chacun une fois.", n=CENTRES_MAX)
        raise Invalid(message, code="CENTRE_REQUIS", champs={"centre_ids": message})
    contextes = []
    for centre_id in centre_ids:
        await enter_centre(session, centre_id)
        contexte = await load_contexte(session, centre_id)
        if is_staff(appelant):
            check_centre(perimetre_of(appelant), centre_id, contexte.centre.agence_id)
        contexte.check_open()
        contextes.append(contexte)
    return contextes


async def _own_rdv(session: AsyncSession, rdv_id: UUID, appelant: Appelant, maintenant: datetime) -> RdvVue:
    """The appointment to give back, or the one the centre cancelled."""
    rdv = await read_accessible(session, rdv_id=rdv_id, appelant=appelant)
    a_venir = rdv.statut is Statut.CONFIRME and rdv.debut > maintenant
    if not a_venir and rdv.annule_motif is not MotifAnnulation.CENTRE:
        raise Conflict(
            _("Ce rendez-vous n'est plus à venir : inscrivez-vous sans lui."),
            code="ETAT_INCOMPATIBLE",
            statut=rdv.statut.value,
        )
    return rdv


async def _typed(session: AsyncSession, demande: DemandeInscription, ancien: RdvVue | None) -> DemandeRdv:
    """The booking that was typed, at noon of a day that is checked elsewhere."""
    saisie = demande.reservation
    if ancien is not None:
        ligne = await session.get_one(Rdv, ancien.id)
        saisie = demande_of(ligne, ancien.centre.fuseau)
    if saisie is None:
        message = _("Indiquez vos coordonnées et votre véhicule.")
        raise Invalid(message, code="CHAMP_REQUIS", champs={"client": message, "vehicule": message})
    return replace(
        saisie,
        centre_id=demande.centre_ids[0],
        disponibilite_id=None,
        controleur_id=None,
        heure_debut=MIDI,
        decalage=None,
    )


async def _check(
    session: AsyncSession, contextes: Sequence[Contexte], saisie: DemandeRdv, appelant: Appelant, maintenant: datetime
) -> Verifiee:
    """Everything typed, against the rules of every centre. Nobody accredited anywhere: there is nothing to wait for."""
    personnel = is_staff(appelant) or (saisie.client_email is None and saisie.source is not None)
    verifiee = check_demande(saisie, contextes[0], maintenant=maintenant, personnel=personnel)
    for contexte in contextes:
        contexte.check_controle(verifiee.controle)
        if verifiee.mode is PaiementMode.EN_LIGNE and not contexte.reglages.paiement_en_ligne:
            message = _("Le paiement en ligne n'est pas proposé ici. Choisissez le paiement sur place.")
            raise Invalid(message, code="PAIEMENT_EN_LIGNE_INDISPONIBLE", champs={"paiement.mode": message})
    await find_right(session, contextes[0], verifiee, appelant)
    for contexte in contextes:
        if await is_accredited(session, contexte, verifiee.controle, maintenant):
            return verifiee
    message = _("Aucun contrôleur de ce centre n'est agréé pour ce véhicule. Choisissez un autre centre.")
    raise Invalid(message, code="AGREMENT_ABSENT", champs={"vehicule.type": message})


async def _find_same(
    session: AsyncSession, centre_ids: Sequence[UUID], plaque: str, personne: bytes
) -> Inscription | None:
    return await session.scalar(
        select(Inscription)
        .join(InscriptionCentre, InscriptionCentre.inscription_id == Inscription.id)
        .where(
            InscriptionCentre.centre_id.in_(centre_ids),
            InscriptionCentre.immatriculation == plaque,
            InscriptionCentre.personne == personne,
            Inscription.statut.in_([s.value for s in VIVANTES]),
        )
        .order_by(Inscription.depuis)
        .limit(1)
    )


async def _has_priority(session: AsyncSession, valeurs: dict[str, Any], maintenant: datetime) -> bool:
    """The centre cancelled an appointment of that person and plate lately, and nothing has been booked since."""
    siens = [
        Rdv.immatriculation == valeurs["immatriculation"],
        Rdv.offre_id.is_(None),
        (Rdv.client_email_index == valeurs["client_email_index"])
        | (Rdv.client_telephone_index == valeurs["client_telephone_index"]),
    ]
    annule_le = await session.scalar(
        select(Rdv.annule_le)
        .where(*siens, Rdv.annule_motif == MotifAnnulation.CENTRE.value, Rdv.annule_le > maintenant - REPRISE_PRIORITE)
        .order_by(Rdv.annule_le.desc())
        .limit(1)
    )
    if annule_le is None:
        return False
    depuis = select(Rdv.id).where(*siens, Rdv.statut != Statut.ANNULE.value, Rdv.created_at >= annule_le).limit(1)
    return await session.scalar(depuis) is None


async def _free_now(
    session: AsyncSession, contextes: Sequence[Contexte], ligne: Inscription, verifiee: Verifiee, maintenant: datetime
) -> list[CreneauVue]:
    """A few starts that suit and are free already: no need to wait for them."""
    souhait = Souhait(
        id=ligne.id, depuis=ligne.depuis, priorite=ligne.priorite,
        du=ligne.du, au=ligne.au, heure_du=ligne.heure_du, heure_au=ligne.heure_au,
    )  # fmt: skip
    fenetres = [open_window(c, ligne.du, ligne.au, maintenant) for c in contextes]
    libres = await fetch_libres(session, fenetres, verifiee.controle)
    trouves: list[CreneauVue] = []
    for contexte in contextes:
        conviennent = [x for _j, x in libres[contexte.centre.id] if suits(souhait, x.debut, contexte.zone)]
        trouves += build_creneaux(contexte, verifiee.controle, conviennent[:LIBRES_MONTREES])
    return sorted(trouves, key=lambda c: (c.debut, c.centre_id))[:LIBRES_MONTREES]
