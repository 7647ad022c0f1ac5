"""Reads of appointments."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.annuaire.facade import ClientType, index_email, list_clients
from guichet.identite.facade import UserVue
from guichet.rdv.metier.contre_visite import Initial
from guichet.rdv.metier.etats import read_statut
from guichet.rdv.metier.numero import normalise_numero
from guichet.rdv.metier.types import MotifAnnulation, PaiementMode, PaiementStatut, Resultat, Source, Statut
from guichet.rdv.metier.vues import CentreResume, ClientRdv, ControleurResume, RdvVue, VehiculeRdv
from guichet.rdv.permissions import LECTURE, check_access, has_link, not_connected, rdv_not_found
from guichet.rdv.tables import Rdv
from guichet.reseau.facade import (
    Carburant,
    CentreVue,
    ControleurVue,
    TypeControle,
    VehiculeType,
    get_centre,
    list_centres,
    list_controleurs,
    titres_valides,
)
from guichet.socle.acces import Appelant
from guichet.socle.horloge import now


def resume_centre(centre: CentreVue) -> CentreResume:
    """A centre as an appointment shows it."""
    return CentreResume(
        id=centre.id,
        nom=centre.nom,
        adresse=centre.adresse,
        code_postal=centre.code_postal,
        ville=centre.ville,
        telephone=centre.telephone,
        fuseau=centre.fuseau,
        lat=centre.lat,
        lon=centre.lon,
    )


def resume_controleur(controleur: ControleurVue, jour: date) -> ControleurResume:
    """An inspector as an appointment shows one, with what is valid that day."""
    return ControleurResume(
        id=controleur.id,
        nom=controleur.nom,
        prenom=controleur.prenom,
        agrements=tuple(sorted(titres_valides(controleur.agrements, jour))),
    )


def read_rdv(ligne: Rdv, centre: CentreVue, controleur: ControleurVue | None, maintenant: datetime) -> RdvVue:
    """A row as it must be shown at an instant."""
    motif = MotifAnnulation(ligne.annule_motif) if ligne.annule_motif else None
    statut, motif = read_statut(Statut(ligne.statut), motif, ligne.expire_a, maintenant)
    return RdvVue(
        id=ligne.id,
        tenant_id=ligne.tenant_id,
        numero=ligne.numero,
        centre=resume_centre(centre),
        controleur=None if controleur is None else resume_controleur(controleur, ligne.jour),
        client=ClientRdv(
            id=ligne.client_id,
            type=ClientType(ligne.client_type),
            nom=ligne.client_nom,
            prenom=ligne.client_prenom,
            raison_sociale=ligne.client_raison_sociale,
            siret=ligne.client_siret,
            email=ligne.client_email,
            telephone=ligne.client_telephone,
        ),
        vehicule=VehiculeRdv(
            id=ligne.vehicule_id,
            immatriculation=ligne.immatriculation,
            type=VehiculeType(ligne.vehicule_type),
            carburant=Carburant(ligne.carburant),
            marque=ligne.marque,
            modele=ligne.modele,
            date_mise_circulation=ligne.mise_circulation,
        ),
        type_controle=TypeControle(ligne.type_controle),
        debut=ligne.debut,
        fin=ligne.fin,
        jour=ligne.jour,
        statut=statut,
        resultat=Resultat(ligne.resultat) if ligne.resultat else None,
        surnombre=ligne.surnombre,
        montant_cents=ligne.montant_cents,
        paiement_mode=PaiementMode(ligne.paiement_mode),
        paiement_statut=PaiementStatut(ligne.paiement_statut) if ligne.paiement_statut else None,
        expire_a=ligne.expire_a,
        source=Source(ligne.source),
        notes=ligne.notes,
        langue=ligne.langue,
        annule_le=ligne.annule_le if motif is not MotifAnnulation.EXPIRATION else ligne.expire_a,
        annule_motif=motif,
        annule_raison=ligne.annule_raison,
        modifications=ligne.modifications,
        sequence=ligne.sequence,
        version=ligne.version,
        cree_par=ligne.cree_par,
        created_at=ligne.created_at,
        valide_le=ligne.valide_le,
        arrive_le=ligne.arrive_le,
        commence_le=ligne.commence_le,
        termine_le=ligne.termine_le,
    )


async def read_rdvs(session: AsyncSession, lignes: Sequence[Rdv]) -> list[RdvVue]:
    """Rows of the session's tenant as they must be shown now."""
    centres = {c.id: c for c in await list_centres(session, centre_ids=list({r.centre_id for r in lignes}))}
    qui = list({r.controleur_id for r in lignes if r.controleur_id})
    controleurs = {c.id: c for c in await list_controleurs(session, controleur_ids=qui)} if qui else {}
    return [
        read_rdv(r, centres[r.centre_id], controleurs.get(r.controleur_id) if r.controleur_id else None, now())
        for r in lignes
    ]


async def get_rdv(session: AsyncSession, rdv_id: UUID) -> RdvVue:
    """An appointment of the session's tenant. Raises `RDV_NOT_FOUND` (404)."""
    ligne = await session.get(Rdv, rdv_id)
    if ligne is None or ligne.offre_id is not None:
        raise rdv_not_found()
    return (await read_rdvs(session, [ligne]))[0]


async def read_accessible(session: AsyncSession, *, rdv_id: UUID, appelant: Appelant) -> RdvVue:
    """An appointment, for staff of its centre, its customer, or the holder of its link. Raises as `check_access`."""
    if not appelant.is_known and not has_link(appelant, rdv_id):
        raise not_connected()
    ligne = await session.get(Rdv, rdv_id)
    if ligne is None or ligne.offre_id is not None:
        raise rdv_not_found()
    centre = await get_centre(session, ligne.centre_id)
    check_access(
        appelant,
        LECTURE,
        rdv_id=rdv_id,
        centre_id=centre.id,
        agence_id=centre.agence_id,
        owners=await owners_of(session, ligne),
    )
    return (await read_rdvs(session, [ligne]))[0]


async def find_rdv(session: AsyncSession, numero: str) -> RdvVue | None:
    """The appointment of a number, however it was typed; None when there is none."""
    propre = normalise_numero(numero)
    ligne = (
        None
        if propre is None
        else await session.scalar(select(Rdv).where(Rdv.numero == propre, Rdv.offre_id.is_(None)))
    )
    return None if ligne is None else (await read_rdvs(session, [ligne]))[0]


Cle = tuple[datetime, UUID]
"""Where a page of appointments begins: start and identifier of the last one seen."""


async def list_rdv(
    session: AsyncSession,
    *,
    rdv_ids: Iterable[UUID] | None = None,
    centre_ids: Iterable[UUID] | None = None,
    jour: date | None = None,
    statut: Statut | None = None,
    compte: UserVue | None = None,
    apres: Cle | None = None,
    limite: int = 100,
) -> list[RdvVue]:
    """Appointments of the session's tenant that meet every condition given, in order of time.

    `compte`: those of a customer's account, made by it or at its verified address. A dead hold counts as cancelled.
    """
    conditions: list[ColumnElement[bool]] = [Rdv.offre_id.is_(None)]
    if rdv_ids is not None:
        conditions.append(Rdv.id.in_(list(rdv_ids)))
    if centre_ids is not None:
        conditions.append(Rdv.centre_id.in_(list(centre_ids)))
    if jour is not None:
        conditions.append(Rdv.jour == jour)
    if statut is not None:
        conditions.append(_reads_as(statut))
    if compte is not None:
        conditions.append(_belongs_to(compte))
    if apres is not None:
        conditions.append(tuple_(Rdv.debut, Rdv.id) > tuple_(*apres))
    lignes = await session.scalars(select(Rdv).where(*conditions).order_by(Rdv.debut, Rdv.id).limit(limite))
    return await read_rdvs(session, lignes.all())


def _reads_as(statut: Statut) -> ColumnElement[bool]:
    morte = (Rdv.statut == Statut.EN_ATTENTE_PAIEMENT.value) & (Rdv.expire_a <= now())
    if statut is Statut.ANNULE:
        return (Rdv.statut == statut.value) | morte
    return (Rdv.statut == statut.value) & ~morte


def _belongs_to(compte: UserVue) -> ColumnElement[bool]:
    faits = Rdv.cree_par == compte.id
    return faits | (Rdv.client_email_index == index_email(compte.email)) if compte.email_verifie else faits


async def owners_of(session: AsyncSession, rdv: Rdv) -> frozenset[UUID]:
    """The accounts an appointment belongs to: who made it, and the customer's own account."""
    comptes = {rdv.cree_par} if rdv.cree_par else set()
    if rdv.client_id is not None:
        comptes |= {c.user_id for c in await list_clients(session, [rdv.client_id]) if c.user_id}
    return frozenset(comptes)


async def list_inspections(session: AsyncSession, immatriculation: str, *, sauf: UUID | None = None) -> list[Initial]:
    """Finished inspections of a plate in the session's tenant, each with how many re-inspections followed it.

    `sauf` is an appointment that does not count as one of these.
    """
    requete = select(Rdv.id, Rdv.type_controle, Rdv.jour, Rdv.resultat, Rdv.initial_id, Rdv.statut, Rdv.expire_a).where(
        Rdv.immatriculation == immatriculation
    )
    maintenant = now()
    lignes: list[Any] = list(await session.execute(requete))
    suites: dict[UUID, int] = {}
    for ligne in lignes:
        vivant, _motif = read_statut(Statut(ligne.statut), None, ligne.expire_a, maintenant)
        if ligne.initial_id is not None and vivant is not Statut.ANNULE and ligne.id != sauf:
            suites[ligne.initial_id] = suites.get(ligne.initial_id, 0) + 1
    return [
        Initial(ligne.id, ligne.type_controle, ligne.jour, Resultat(ligne.resultat), suites.get(ligne.id, 0))
        for ligne in lignes
        if ligne.statut == Statut.TERMINE and ligne.resultat
    ]
