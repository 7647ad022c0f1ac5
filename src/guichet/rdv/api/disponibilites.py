"""Free starts over HTTP, for anybody."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import get_reglages
from guichet.rdv.api.modeles_disponibilites import DisponibilitesReponse, RechercheReponse, RechercheSaisie
from guichet.rdv.api.pretes import answer_disponibilites, find_disponibilites
from guichet.rdv.metier.reglages import Reservation
from guichet.rdv.metier.vues import Controle
from guichet.rdv.questions.disponibilites import (
    RAYON_PAR_DEFAUT_KM,
    disponibilites_centre,
    find_endroit,
    search_disponibilites,
)
from guichet.reseau.facade import Carburant, TypeControle, VehiculeType
from guichet.socle.acces import PUBLIC
from guichet.socle.web import Lecture, problemes
from guichet.socle.web.express import express

router = APIRouter(prefix="/api/v1", tags=["Disponibilités"], dependencies=[PUBLIC])


@router.get(
    "/disponibilites",
    response_model=DisponibilitesReponse,
    summary="Les créneaux libres d'un centre",
    responses=problemes({404: ["CENTRE_NOT_FOUND"], 422: ["TYPE_CONTROLE_INCOHERENT", "PERIODE_INVALIDE"]}),
)
@express(answer_disponibilites, at_once=find_disponibilites)
async def lire_disponibilites(
    *,
    session: Lecture,
    centre_id: UUID,
    date: Annotated[date, Query(description="Premier jour, à la date du centre.")],
    fin: Annotated[date | None, Query(description="Dernier jour compris ; sans lui, un seul jour.")] = None,
    type_controle: TypeControle = TypeControle.CTP,
    vehicule_type: VehiculeType = VehiculeType.VP,
    carburant: Carburant = Carburant.ESSENCE,
) -> DisponibilitesReponse:
    """Jour par jour, dans l'heure locale du centre. Un jour sans créneau dit pourquoi (`raison_vide`)."""
    controle = Controle(vehicule_type=vehicule_type, carburant=carburant, type_controle=type_controle)
    return DisponibilitesReponse.of(
        await disponibilites_centre(session, centre_id=centre_id, du=date, au=fin, controle=controle)
    )


@router.post(
    "/disponibilites/search",
    response_model=RechercheReponse,
    summary="Les centres libres autour d'un lieu",
    responses=problemes({422: ["LIEU_REQUIS", "LIEU_INTROUVABLE", "PERIODE_INVALIDE"]}),
)
async def chercher_disponibilites(*, session: Lecture, saisie: RechercheSaisie) -> RechercheReponse:
    """Les centres proches, chacun avec ses prochains créneaux libres ou la raison de leur absence.

    Sur le site d'un réseau, ses centres seuls ; ailleurs, ceux de tous les réseaux.
    """
    return RechercheReponse.of(
        await search_disponibilites(
            session,
            endroit=find_endroit(lat=saisie.lat, lon=saisie.lon, lieu=saisie.lieu, code_postal=saisie.code_postal),
            du=saisie.date,
            au=saisie.date_fin,
            rayon_km=saisie.rayon_km or await _radius(session),
            controle=Controle(
                vehicule_type=saisie.vehicule_type, carburant=saisie.carburant, type_controle=saisie.type_controle
            ),
            tri=saisie.tri,
        )
    )


async def _radius(session: AsyncSession) -> float:
    if session.info.get("tenant_id") is None:
        return RAYON_PAR_DEFAUT_KM
    return float((await get_reglages(session, Reservation)).rayon_km)
