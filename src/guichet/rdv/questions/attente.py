"""Reads of the waiting list."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, exists, false, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from guichet.identite.facade import UserVue
from guichet.rdv.metier.attente import (
    APRES_ISSUE,
    VIVANTES,
    IssueOffre,
    Souhait,
    StatutInscription,
    is_lapsed,
    issue_of_dead,
    rank_key,
)
from guichet.rdv.metier.types import PaiementMode, Statut
from guichet.rdv.metier.vues import CentreResume, Controle
from guichet.rdv.questions.fiches import resume_centre
from guichet.rdv.tables import Inscription, InscriptionCentre, Offre, Rdv
from guichet.reseau.facade import Carburant, TypeControle, VehiculeType, list_centres
from guichet.socle.horloge import now

Cle = tuple[datetime, UUID]
"""Where a page of the list begins: instant and identifier of the last entry seen."""
VIVES: Final = [s.value for s in VIVANTES]


@dataclass(frozen=True, kw_only=True)
class OffreVue:
    """A start held for an entry, from `faite_a` to `expire_a`; the price in cents, None where none is published."""

    id: UUID
    centre: CentreResume
    debut: datetime
    fin: datetime
    faite_a: datetime
    expire_a: datetime
    montant_cents: int | None
    issue: IssueOffre | None

    @property
    def debut_local(self) -> datetime:
        """The start on the wall of the centre."""
        return self.debut.astimezone(ZoneInfo(self.centre.fuseau))

    @property
    def fin_local(self) -> datetime:
        """The end on the wall of the centre."""
        return self.fin.astimezone(ZoneInfo(self.centre.fuseau))


@dataclass(frozen=True, kw_only=True)
class InscriptionVue:
    """An entry as it must be shown now: an offer past its deadline reads as lapsed.

    `position`: its rank among those who wait for the same centres and days, 1 is next; None once it has ended. `offre`:
    the latest one, pending while `statut` is `offre`. `servie_par`: the appointment it ended with.
    """

    id: UUID
    tenant_id: UUID
    statut: StatutInscription
    position: int | None
    priorite: bool
    centres: tuple[CentreResume, ...]
    du: date
    au: date
    heure_du: str | None
    heure_au: str | None
    controle: Controle
    immatriculation: str
    client_nom: str
    client_prenom: str
    client_email: str | None
    client_telephone: str | None
    paiement_mode: PaiementMode
    langue: str
    rdv_id: UUID | None
    offre: OffreVue | None
    servie_par: UUID | None
    depuis: datetime
    version: int

    @property
    def is_alive(self) -> bool:
        """Does it wait, or have an offer?"""
        return self.statut in VIVANTES


def controle_of_inscription(ligne: Inscription) -> Controle:
    """What an entry waits for."""
    return Controle(
        vehicule_type=VehiculeType(ligne.vehicule_type),
        carburant=Carburant(ligne.carburant),
        type_controle=TypeControle(ligne.type_controle),
    )


@dataclass(frozen=True)
class Attente:
    """An entry that could be served on a day: its row, and what it waits for."""

    ligne: Inscription
    souhait: Souhait


async def list_attentes(session: AsyncSession, *, centre_id: UUID, jour: date) -> list[Attente]:
    """Who waits for a place in a centre on a local day, in the order of the list.

    Whoever would give back an appointment that has begun, or that still waits for its payment, waits for nothing.
    """
    maintenant = now()
    lignes = (
        await session.execute(
            select(Inscription, Rdv.statut, Rdv.debut)
            .join(InscriptionCentre, InscriptionCentre.inscription_id == Inscription.id)
            .outerjoin(Rdv, Rdv.id == Inscription.rdv_id)
            .where(
                InscriptionCentre.centre_id == centre_id,
                InscriptionCentre.du <= jour,
                InscriptionCentre.au >= jour,
                Inscription.statut == StatutInscription.ATTENTE.value,
            )
            .execution_options(populate_existing=True)
        )
    ).all()
    deja = await _offered(session, [ligne.id for ligne, _statut, _debut in lignes], centre_id)
    trouvees = []
    for ligne, statut, debut in lignes:
        if statut not in {None, Statut.ANNULE.value} and (statut != Statut.CONFIRME.value or debut <= maintenant):
            continue
        souhait = _souhait(ligne, deja.get(ligne.id, ()))
        if statut == Statut.CONFIRME.value:
            souhait = replace(souhait, rdv_debut=debut)
        trouvees.append(Attente(ligne, souhait))
    return sorted(trouvees, key=lambda attente: rank_key(attente.souhait))


def _souhait(ligne: Inscription, offertes: Iterable[tuple[datetime, datetime]]) -> Souhait:
    return Souhait(
        id=ligne.id,
        depuis=ligne.depuis,
        priorite=ligne.priorite,
        du=ligne.du,
        au=ligne.au,
        heure_du=ligne.heure_du,
        heure_au=ligne.heure_au,
        deja=frozenset(debut for debut, faite_a in offertes if faite_a >= ligne.depuis),
    )


async def _offered(
    session: AsyncSession, ids: Collection[UUID], centre_id: UUID
) -> dict[UUID, list[tuple[datetime, datetime]]]:
    """The starts of a centre that entries were offered, with the instant; not those the centre took back."""
    sortie: dict[UUID, list[tuple[datetime, datetime]]] = {}
    if ids:
        rows = await session.execute(
            select(Offre.inscription_id, Offre.debut, Offre.faite_a).where(
                Offre.inscription_id.in_(ids),
                Offre.centre_id == centre_id,
                or_(Offre.issue.is_(None), Offre.issue != IssueOffre.RETIREE.value),
            )
        )
        for row in rows:
            sortie.setdefault(row.inscription_id, []).append((row.debut, row.faite_a))
    return sortie


async def list_inscriptions(
    session: AsyncSession,
    *,
    ids: Iterable[UUID] | None = None,
    centre_ids: Iterable[UUID] | None = None,
    statut: StatutInscription | None = None,
    compte: UserVue | None = None,
    apres: Cle | None = None,
    limite: int = 100,
) -> list[InscriptionVue]:
    """Entries of the session's tenant that meet every condition given, the oldest first.

    `statut` is the stored one. `compte`: those made from a customer's account.
    """
    conditions: list[ColumnElement[bool]] = []
    if ids is not None:
        conditions.append(Inscription.id.in_(list(ids)))
    if centre_ids is not None:
        conditions.append(or_(false(), *(Inscription.centres.any_() == c for c in centre_ids)))
    if statut is not None:
        conditions.append(Inscription.statut == statut.value)
    if compte is not None:
        conditions.append(Inscription.cree_par == compte.id)
    if apres is not None:
        conditions.append(tuple_(Inscription.depuis, Inscription.id) > tuple_(*apres))
    lignes = await session.scalars(
        select(Inscription)
        .where(*conditions)
        .order_by(Inscription.depuis, Inscription.id)
        .limit(limite)
        .execution_options(populate_existing=True)
    )
    return await read_inscriptions(session, lignes.all())


async def read_inscriptions(session: AsyncSession, lignes: Sequence[Inscription]) -> list[InscriptionVue]:
    """Rows of the session's tenant as they must be shown now."""
    if not lignes:
        return []
    maintenant = now()
    offres = await _latest_offres(session, [x.offre_id for x in lignes if x.offre_id])
    voulus = {c for x in lignes for c in x.centres} | {o.centre_id for o, _fin in offres.values()}
    centres = {c.id: resume_centre(c) for c in await list_centres(session, centre_ids=list(voulus))}
    rangs = await _positions(session, [x.id for x in lignes])
    sortie = []
    for ligne in lignes:
        statut = StatutInscription(ligne.statut)
        offre = None
        if ligne.offre_id in offres:
            trouvee, fin = offres[ligne.offre_id]
            offre = _offre_vue(trouvee, fin, centres)
            if statut is StatutInscription.OFFRE and is_lapsed(fin, maintenant):
                statut = APRES_ISSUE[issue_of_dead(trouvee.expire_a, ecourtee_a=fin)]
        sortie.append(_vue(ligne, statut, rangs.get(ligne.id), tuple(centres[c] for c in ligne.centres), offre))
    return sortie


async def _latest_offres(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, tuple[Offre, datetime]]:
    """Offers with the instant their hold ends: the deadline, or earlier when the centre took the place back."""
    if not ids:
        return {}
    rows = await session.execute(
        select(Offre, Rdv.expire_a, Rdv.offre_id)
        .join(Rdv, Rdv.id == Offre.rdv_id)
        .where(Offre.id.in_(ids))
        .execution_options(populate_existing=True)
    )
    return {o.id: (o, fin if fin and offerte else o.expire_a) for o, fin, offerte in rows}


async def _positions(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, int]:
    """The rank of living entries among those who wait for one of their centres on one of their days."""
    moi, mien, autre, sien = (
        aliased(Inscription),
        aliased(InscriptionCentre),
        aliased(Inscription),
        aliased(InscriptionCentre),
    )
    avant = or_(
        and_(autre.priorite, ~moi.priorite),
        and_(autre.priorite == moi.priorite, tuple_(autre.depuis, autre.id) < tuple_(moi.depuis, moi.id)),
    )
    partage = exists().where(
        mien.inscription_id == moi.id,
        sien.inscription_id == autre.id,
        sien.centre_id == mien.centre_id,
        sien.du <= moi.au,
        sien.au >= moi.du,
    )
    devant = select(func.count()).where(autre.statut.in_(VIVES), avant, partage).scalar_subquery()
    rows = await session.execute(select(moi.id, devant).where(moi.id.in_(ids), moi.statut.in_(VIVES)))
    return {identifiant: devants + 1 for identifiant, devants in rows}


def _heure(heure: time | None) -> str | None:
    return None if heure is None else heure.strftime("%H:%M")


def _offre_vue(offre: Offre, fin: datetime, centres: dict[UUID, CentreResume]) -> OffreVue:
    return OffreVue(
        id=offre.id,
        centre=centres[offre.centre_id],
        debut=offre.debut,
        fin=offre.fin,
        faite_a=offre.faite_a,
        expire_a=min(offre.expire_a, fin),
        montant_cents=offre.montant_cents,
        issue=IssueOffre(offre.issue) if offre.issue else None,
    )


def _vue(
    ligne: Inscription,
    statut: StatutInscription,
    position: int | None,
    centres: tuple[CentreResume, ...],
    offre: OffreVue | None,
) -> InscriptionVue:
    return InscriptionVue(
        id=ligne.id,
        tenant_id=ligne.tenant_id,
        statut=statut,
        position=position if statut in VIVANTES else None,
        priorite=ligne.priorite,
        centres=centres,
        du=ligne.du,
        au=ligne.au,
        heure_du=_heure(ligne.heure_du),
        heure_au=_heure(ligne.heure_au),
        controle=controle_of_inscription(ligne),
        immatriculation=ligne.immatriculation,
        client_nom=ligne.client_nom,
        client_prenom=ligne.client_prenom,
        client_email=ligne.client_email,
        client_telephone=ligne.client_telephone,
        paiement_mode=PaiementMode(ligne.paiement_mode),
        langue=ligne.langue,
        rdv_id=ligne.rdv_id,
        offre=offre,
        servie_par=ligne.servie_par,
        depuis=ligne.depuis,
        version=ligne.version,
    )
