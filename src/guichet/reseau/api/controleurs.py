"""Inspectors over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import get_user
from guichet.reseau.actions.controleurs import create_controleur, update_controleur
from guichet.reseau.actions.descriptions import describe_controleur
from guichet.reseau.actions.saisies import ControleurModification, ControleurSaisie
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
from guichet.reseau.api.modeles import Compte, ControleurReponse
from guichet.reseau.metier.vues import ControleurVue
from guichet.reseau.permissions import Perimetre
from guichet.reseau.questions.controleurs import get_controleur, list_controleurs
from guichet.reseau.questions.perimetre import agences_of, check_centres
from guichet.socle.acces import exige
from guichet.socle.errors import Forbidden
from guichet.socle.i18n import _
from guichet.socle.web import Lecture, Liste, Pagination, Tx, build_liste, problemes

router = APIRouter(prefix=PREFIXE, tags=["Réseau"])


@router.get("/controleurs", dependencies=[exige("controleur:read")], response_model=Liste[ControleurReponse])
async def lister_controleurs(
    *,
    session: Lecture,
    perimetre: PerimetreAppelant,
    page: Pagination,
    q: Recherche = "",
    centre_id: Annotated[UUID | None, Query(description="Ceux qui travaillent dans ce centre.")] = None,
    actif: bool | None = None,
) -> Liste[ControleurReponse]:
    """Les contrôleurs du réseau, dans l'ordre alphabétique."""
    rows = await list_controleurs(
        session,
        perimetre=perimetre,
        centre_id=centre_id,
        recherche=searchable(q),
        actif=actif,
        apres=start_of(page),
        limite=page.limite + 1,
    )
    return build_liste(rows, page, vers=ControleurReponse.of, cle_de=key_of)


@router.post(
    "/controleurs",
    status_code=201,
    dependencies=[exige("controleur:create")],
    response_model=ControleurReponse,
    responses=problemes(
        {
            403: ["HORS_PERIMETRE"],
            409: ["CONTROLEUR_EXISTANT", "MATRICULE_PRIS", "COMPTE_DESACTIVE", "LIMITE_UTILISATEURS"],
        }
    ),
)
async def creer_controleur(
    *, session: Tx, perimetre: PerimetreAppelant, saisie: ControleurSaisie, response: Response
) -> ControleurReponse:
    """Enregistre un contrôleur : son compte est créé ou retrouvé par son adresse, et il est invité par e-mail."""
    await check_centres(session, perimetre, [saisie.centre_id, *(t.centre_id for t in saisie.centres)])
    controleur = await create_controleur(session, saisie)
    mark(response, controleur.version, f"{PREFIXE}/controleurs/{controleur.id}")
    return await _answer(session, controleur)


@router.get(
    "/controleurs/{controleur_id}",
    dependencies=[exige("controleur:read")],
    response_model=ControleurReponse,
    responses=problemes({403: ["HORS_PERIMETRE"], 404: ["CONTROLEUR_NOT_FOUND"]}),
)
async def lire_controleur(
    *, session: Lecture, perimetre: PerimetreAppelant, controleur_id: UUID, response: Response
) -> ControleurReponse:
    """Un contrôleur, ses agréments et ses horaires dans chaque centre."""
    controleur = await get_controleur(session, controleur_id)
    await _check_visible(session, perimetre, controleur)
    mark(response, controleur.version)
    return await _answer(session, controleur)


@router.put(
    "/controleurs/{controleur_id}",
    dependencies=[exige("controleur:update")],
    response_model=ControleurReponse,
    responses=problemes(
        {403: ["HORS_PERIMETRE"], 404: ["CONTROLEUR_NOT_FOUND"], 409: ["VERSION_PERIMEE", "MATRICULE_PRIS"]}
    ),
)
async def modifier_controleur(
    *,
    session: Tx,
    perimetre: PerimetreAppelant,
    controleur_id: UUID,
    saisie: ControleurModification,
    response: Response,
    if_match: IfMatch = None,
) -> ControleurReponse:
    """Modifie un contrôleur : ce qui n'est pas envoyé reste inchangé, une liste envoyée remplace toute la liste."""
    controleur = await get_controleur(session, controleur_id)
    await _check_visible(session, perimetre, controleur)
    await check_centres(session, perimetre, _centres_touched(controleur, saisie))
    controleur = await update_controleur(session, controleur_id, with_version(saisie, if_match))
    mark(response, controleur.version)
    return await _answer(session, controleur)


def _centres_touched(controleur: ControleurVue, saisie: ControleurModification) -> set[UUID]:
    """The centres a change acts upon: those whose hours differ, and both home centres for anything else."""
    donnes = saisie.model_fields_set - {"version"}
    touches: set[UUID] = set()
    if "centres" in donnes:
        avant = {t["centre_id"]: t["horaires"] for t in describe_controleur(controleur)["centres"]}
        apres = {t.centre_id: t.model_dump(mode="json")["horaires"] for t in saisie.centres}
        absent = object()
        touches |= {c for c in avant.keys() | apres.keys() if avant.get(c, absent) != apres.get(c, absent)}
    if donnes - {"centres"}:
        touches.add(controleur.centre_id)
    if "centre_id" in donnes:
        touches.add(saisie.centre_id)
    return touches


async def _check_visible(session: AsyncSession, perimetre: Perimetre, controleur: ControleurVue) -> None:
    siens = await agences_of(session, [t.centre_id for t in controleur.centres])
    if not any(perimetre.has_centre(centre_id, agence_id) for centre_id, agence_id in siens.items()):
        raise Forbidden(_("Ce contrôleur ne travaille pas dans vos centres."), code="HORS_PERIMETRE")


async def _answer(session: AsyncSession, controleur: ControleurVue) -> ControleurReponse:
    user = await get_user(session, user_id=controleur.user_id)
    compte = Compte(email=user.email, telephone=user.telephone, actif=user.actif, invite_le=user.invite_le)
    return ControleurReponse.of(controleur, compte)
