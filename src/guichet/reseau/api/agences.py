"""Agences over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from guichet.reseau.actions.agences import create_agence, update_agence
from guichet.reseau.actions.saisies import AgenceModification, AgenceSaisie
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
from guichet.reseau.api.modeles import AgenceReponse
from guichet.reseau.permissions import check_agence, check_tout
from guichet.reseau.questions.agences import get_agence, list_agences
from guichet.reseau.questions.perimetre import check_agence_visible
from guichet.socle.acces import exige
from guichet.socle.web import Lecture, Liste, Pagination, Tx, build_liste, problemes

router = APIRouter(prefix=PREFIXE, tags=["Réseau"])


@router.get("/agences", dependencies=[exige("agence:read")], response_model=Liste[AgenceReponse])
async def lister_agences(
    *,
    session: Lecture,
    perimetre: PerimetreAppelant,
    page: Pagination,
    q: Recherche = "",
    actif: Annotated[bool | None, Query(description="Ouvertes ou fermées seulement.")] = None,
) -> Liste[AgenceReponse]:
    """Les agences du réseau, dans l'ordre alphabétique."""
    rows = await list_agences(
        session,
        perimetre=perimetre,
        recherche=searchable(q),
        actif=actif,
        apres=start_of(page),
        limite=page.limite + 1,
    )
    return build_liste(rows, page, vers=AgenceReponse.of, cle_de=key_of)


@router.post(
    "/agences",
    status_code=201,
    dependencies=[exige("agence:create")],
    response_model=AgenceReponse,
    responses=problemes({403: ["HORS_PERIMETRE"], 409: ["LIMITE_AGENCES", "CODE_AGENCE_PRIS"]}),
)
async def creer_agence(
    *, session: Tx, perimetre: PerimetreAppelant, saisie: AgenceSaisie, response: Response
) -> AgenceReponse:
    """Ouvre une agence dans le réseau de l'appelant."""
    check_tout(perimetre)
    agence = await create_agence(session, saisie)
    mark(response, agence.version, f"{PREFIXE}/agences/{agence.id}")
    return AgenceReponse.of(agence)


@router.get(
    "/agences/{agence_id}",
    dependencies=[exige("agence:read")],
    response_model=AgenceReponse,
    responses=problemes({403: ["HORS_PERIMETRE"], 404: ["AGENCE_NOT_FOUND"]}),
)
async def lire_agence(
    *, session: Lecture, perimetre: PerimetreAppelant, agence_id: UUID, response: Response
) -> AgenceReponse:
    """Une agence."""
    agence = await get_agence(session, agence_id)
    await check_agence_visible(session, perimetre, agence_id)
    mark(response, agence.version)
    return AgenceReponse.of(agence)


@router.put(
    "/agences/{agence_id}",
    dependencies=[exige("agence:update")],
    response_model=AgenceReponse,
    responses=problemes(
        {
            403: ["HORS_PERIMETRE"],
            404: ["AGENCE_NOT_FOUND"],
            409: ["VERSION_PERIMEE", "LIMITE_AGENCES", "CODE_AGENCE_PRIS"],
        }
    ),
)
async def modifier_agence(
    *,
    session: Tx,
    perimetre: PerimetreAppelant,
    agence_id: UUID,
    saisie: AgenceModification,
    response: Response,
    if_match: IfMatch = None,
) -> AgenceReponse:
    """Modifie une agence : ce qui n'est pas envoyé reste inchangé."""
    await get_agence(session, agence_id)
    check_agence(perimetre, agence_id)
    agence = await update_agence(session, agence_id, with_version(saisie, if_match))
    mark(response, agence.version)
    return AgenceReponse.of(agence)
