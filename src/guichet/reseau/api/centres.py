"""Centres over HTTP, for those who run them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from guichet.reseau.actions.centres import create_centre, update_centre
from guichet.reseau.actions.saisies import CentreModification, CentreSaisie
from guichet.reseau.api.commun import (
    PREFIXE,
    IfMatch,
    PerimetreAppelant,
    Recherche,
    key_of,
    mark,
    searchable,
    start_of,
    with_version,
)
from guichet.reseau.api.modeles import CentreReponse
from guichet.reseau.metier.territoires import Territoire
from guichet.reseau.permissions import check_agence, check_centre
from guichet.reseau.questions.agences import get_agence
from guichet.reseau.questions.centres import get_centre, list_centres
from guichet.socle.acces import exige
from guichet.socle.errors import NotFound
from guichet.socle.web import Lecture, Liste, Pagination, Tx, build_liste, problemes

router = APIRouter(prefix=PREFIXE, tags=["Réseau"])


@router.get("/cts", dependencies=[exige("centre:read")], response_model=Liste[CentreReponse])
async def lister_centres(
    *,
    session: Lecture,
    perimetre: PerimetreAppelant,
    page: Pagination,
    q: Recherche = "",
    agence_id: UUID | None = None,
    territoire: Territoire | None = None,
    actif: Annotated[bool | None, Query(description="Ouverts ou fermés seulement.")] = None,
) -> Liste[CentreReponse]:
    """Les centres du réseau, dans l'ordre alphabétique."""
    rows = await list_centres(
        session,
        perimetre=perimetre,
        agence_id=agence_id,
        territoire=territoire,
        recherche=searchable(q),
        actif=actif,
        apres=start_of(page),
        limite=page.limite + 1,
    )
    return build_liste(rows, page, vers=CentreReponse.of, cle_de=key_of)


@router.post(
    "/cts",
    status_code=201,
    dependencies=[exige("centre:create")],
    response_model=CentreReponse,
    responses=problemes({403: ["HORS_PERIMETRE"], 409: ["CODE_CENTRE_PRIS"]}),
)
async def creer_centre(
    *, session: Tx, perimetre: PerimetreAppelant, saisie: CentreSaisie, response: Response
) -> CentreReponse:
    """Ouvre un centre, avec ses horaires, ses tarifs, ses durées, ses équipements et ses réglages de réservation."""
    await _check_destination(session, perimetre, saisie.agence_id)
    centre = await create_centre(session, saisie)
    mark(response, centre.version, f"{PREFIXE}/cts/{centre.id}")
    return CentreReponse.of(centre)


@router.get(
    "/cts/{ct_id}",
    dependencies=[exige("centre:read")],
    response_model=CentreReponse,
    responses=problemes({403: ["HORS_PERIMETRE"], 404: ["CENTRE_NOT_FOUND"]}),
)
async def lire_centre(
    *, session: Lecture, perimetre: PerimetreAppelant, ct_id: UUID, response: Response
) -> CentreReponse:
    """Un centre et tout ce qui y est réglé."""
    centre = await get_centre(session, ct_id)
    check_centre(perimetre, centre.id, centre.agence_id)
    mark(response, centre.version)
    return CentreReponse.of(centre)


@router.put(
    "/cts/{ct_id}",
    dependencies=[exige("centre:update")],
    response_model=CentreReponse,
    responses=problemes(
        {403: ["HORS_PERIMETRE"], 404: ["CENTRE_NOT_FOUND"], 409: ["VERSION_PERIMEE", "CODE_CENTRE_PRIS"]}
    ),
)
async def modifier_centre(
    *,
    session: Tx,
    perimetre: PerimetreAppelant,
    ct_id: UUID,
    saisie: CentreModification,
    response: Response,
    if_match: IfMatch = None,
) -> CentreReponse:
    """Modifie un centre : ce qui n'est pas envoyé reste inchangé, une liste envoyée remplace toute la liste.

    Les rendez-vous déjà pris gardent leur durée et leur prix.
    """
    centre = await get_centre(session, ct_id)
    check_centre(perimetre, centre.id, centre.agence_id)
    if "agence_id" in saisie.model_fields_set and saisie.agence_id != centre.agence_id:
        await _check_destination(session, perimetre, saisie.agence_id)
    centre = await update_centre(session, ct_id, with_version(saisie, if_match))
    mark(response, centre.version)
    return CentreReponse.of(centre)


async def _check_destination(session: Tx, perimetre: PerimetreAppelant, agence_id: UUID) -> None:
    """Only somebody of the agence puts a centre into it; an unknown agence is a field to correct, not a refusal."""
    try:
        await get_agence(session, agence_id)
    except NotFound:
        return
    check_agence(perimetre, agence_id)
