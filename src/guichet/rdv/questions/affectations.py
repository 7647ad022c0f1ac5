"""Who could take an appointment, the best first, and why: the booking rule shown (rule 8)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.rdv.metier.affectation import Candidat, RaisonAffectation, explain_rank, rank_controleurs, trou_perdu
from guichet.rdv.metier.faisabilite import Plan, Tache, find_plan
from guichet.rdv.metier.heures import jour_local
from guichet.rdv.metier.intervalles import Intervalle, subtract
from guichet.rdv.metier.optimisation import Jour
from guichet.rdv.metier.vues import Controle
from guichet.rdv.permissions import rdv_not_found
from guichet.rdv.questions.contexte import Contexte, load_contexte
from guichet.rdv.questions.journee_optimisable import read_optimisable
from guichet.rdv.tables import Rdv
from guichet.reseau.facade import Carburant, TypeControle, VehiculeType, check_centre, perimetre_of
from guichet.socle.acces import Appelant
from guichet.socle.horloge import now
from guichet.socle.ids import new_id


@dataclass(frozen=True, kw_only=True)
class RangVue:
    """An inspector who is free for it, with the figures of the rule and what puts them there."""

    controleur_id: UUID
    nb_titres: int
    charge: timedelta
    trou: timedelta
    raisons: tuple[RaisonAffectation, ...]


@dataclass(frozen=True, kw_only=True)
class AffectationVue:
    """The free inspectors in order; when there is none, the plan that moves others. `voulu` is the task placed in it,
    `de` says who has what now."""

    centre_id: UUID
    jour: date
    debut: datetime
    fin: datetime
    rangs: tuple[RangVue, ...]
    plan: Plan
    voulu: UUID
    de: Mapping[UUID, UUID]


async def rank_rdv(session: AsyncSession, *, appelant: Appelant, rdv_id: UUID) -> AffectationVue:
    """Who could take an appointment that is there. Raises `RDV_NOT_FOUND` (404), `HORS_PERIMETRE` (403)."""
    rdv = await session.scalar(select(Rdv).where(Rdv.id == rdv_id))
    if rdv is None or rdv.offre_id is not None:
        raise rdv_not_found()
    contexte = await _enter(session, appelant, rdv.centre_id)
    controle = Controle(
        vehicule_type=VehiculeType(rdv.vehicule_type),
        carburant=Carburant(rdv.carburant),
        type_controle=TypeControle(rdv.type_controle),
    )
    return await _rank(session, contexte, controle, Intervalle(rdv.debut, rdv.fin), rdv_id)


async def rank_start(
    session: AsyncSession, *, appelant: Appelant, centre_id: UUID, debut: datetime, controle: Controle
) -> AffectationVue:
    """Who could take an inspection at a start. Raises `CENTRE_NOT_FOUND` (404), `HORS_PERIMETRE` (403)."""
    contexte = await _enter(session, appelant, centre_id)
    contexte.check_controle(controle)
    return await _rank(session, contexte, controle, Intervalle(debut, debut + contexte.duree(controle)), new_id())


async def _enter(session: AsyncSession, appelant: Appelant, centre_id: UUID) -> Contexte:
    contexte = await load_contexte(session, centre_id)
    check_centre(perimetre_of(appelant), contexte.centre.id, contexte.centre.agence_id)
    return contexte


async def _rank(
    session: AsyncSession, contexte: Contexte, controle: Controle, quand: Intervalle, identifiant: UUID
) -> AffectationVue:
    jour = jour_local(quand.debut, contexte.zone)
    lu = await read_optimisable(session, contexte, jour=jour, maintenant=now())
    jour_lu = lu.jour if lu else Jour((), ())
    voulue = Tache(identifiant, quand, contexte.besoins(controle), None, fixe=False)
    candidats = rank_controleurs(_candidats(jour_lu, voulue))
    return AffectationVue(
        centre_id=contexte.centre.id,
        jour=jour,
        debut=quand.debut,
        fin=quand.fin,
        rangs=tuple(
            RangVue(
                controleur_id=c.controleur_id,
                nb_titres=c.capacites,
                charge=c.charge,
                trou=c.trou,
                raisons=explain_rank(c, candidats),
            )
            for c in candidats
        ),
        plan=find_plan(jour_lu.ressources, jour_lu.taches, voulue),
        voulu=identifiant,
        de=jour_lu.actuelles,
    )


def _candidats(jour: Jour, voulue: Tache) -> list[Candidat]:
    sortie = []
    for r in jour.ressources:
        siennes = [t.intervalle for t in jour.taches if t.actuel == r.id and t.id != voulue.id]
        libre = next((p for p in subtract(r.plages, siennes) if p.contains(voulue.intervalle)), None)
        if voulue.besoins <= r.capacites and libre is not None:
            charge = sum((i.duree for i in siennes), timedelta())
            sortie.append(Candidat(r.id, len(r.capacites), charge, trou_perdu(libre, voulue.intervalle)))
    return sortie
