"""Appointments at risk: outside hours, without their inspector or accreditation, beyond the capacity or the lanes."""

from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.rdv.metier.capacite import Equipement
from guichet.rdv.metier.collisions import RdvTouche, find_without_lane
from guichet.rdv.metier.creneaux import Ouvert
from guichet.rdv.metier.intervalles import Intervalle
from guichet.rdv.metier.risques import RdvARisque, Risque, find_over_capacity, find_risque
from guichet.rdv.questions.contexte import load_contexte
from guichet.rdv.questions.planning.evenements import blocages_equipement
from guichet.rdv.questions.planning.touches import DUREE_MAX, places_left, read_touches
from guichet.rdv.tables import Journee, Ouverture, Rdv
from guichet.reseau.facade import CentreVue

LIMITE: Final = 500


async def list_risques(session: AsyncSession, *, centre_id: UUID) -> list[RdvARisque]:
    """Living appointments of a centre that lack something, in order of time, at most `LIMITE`.

    Days beyond the projection are not judged: nobody knows yet who works then.
    """
    contexte = await load_contexte(session, centre_id)
    ici = await read_touches(session, Rdv.centre_id == centre_id)
    if not ici:
        return []
    jours = {t.jour for t in ici}
    equipes = await _teams(session, centre_id, ici)
    dernier = await session.scalar(
        select(Journee.jour).where(Journee.centre_id == centre_id).order_by(Journee.jour.desc()).limit(1)
    )
    trouves: dict[UUID, list[Risque]] = {}
    for t in ici:
        if not contexte.centre.actif:
            trouves[t.id] = [Risque.CENTRE_FERME]
        elif dernier is None or t.jour <= dernier:
            risque = find_risque(t, contexte.besoins(t.controle), equipes.get(t.jour, []))
            trouves[t.id] = [risque] if risque else []
    if contexte.centre.actif:
        for jour, reste in (await places_left(session, centre_id, jours)).items():
            for rdv_id in find_over_capacity([t for t in ici if t.jour == jour], -reste, 0):
                trouves.setdefault(rdv_id, []).append(Risque.CAPACITE)
        for t in await _without_lane(session, contexte.centre, ici):
            trouves.setdefault(t.id, []).append(Risque.EQUIPEMENT)
    return [RdvARisque(rdv=t, raisons=tuple(trouves[t.id])) for t in ici if trouves.get(t.id)][:LIMITE]


async def _teams(session: AsyncSession, centre_id: UUID, ici: list[RdvTouche]) -> dict[object, list[Ouvert]]:
    rows = await session.execute(
        select(Ouverture.jour, Ouverture.controleur_id, Ouverture.plages, Ouverture.capacites).where(
            Ouverture.centre_id == centre_id, Ouverture.jour.in_({t.jour for t in ici})
        )
    )
    equipes: dict[object, list[Ouvert]] = {}
    for row in rows:
        plages = tuple(Intervalle(p.lower, p.upper) for p in row.plages)
        equipes.setdefault(row.jour, []).append(Ouvert(row.controleur_id, plages, frozenset(row.capacites)))
    return equipes


async def _without_lane(session: AsyncSession, centre: CentreVue, ici: list[RdvTouche]) -> list[RdvTouche]:
    equipements = [
        (e.id, Equipement(e.nom, frozenset(v.value for v in e.vehicule_types), e.en_service))
        for e in centre.equipements
    ]
    blocages = await blocages_equipement(
        session, centre_id=centre.id, du=ici[0].debut - DUREE_MAX, au=ici[-1].debut + DUREE_MAX
    )
    nominaux = [(t, t.controle.vehicule_type.value) for t in ici if not t.surnombre]
    return find_without_lane(nominaux, equipements, blocages, [t.intervalle for t, _vehicule in nominaux])
