"""Entries of plannings over HTTP: blocks, openings, leave, absences."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.rdv.actions.planning.acces import check_reader
from guichet.rdv.actions.planning.appliquer import apply_resolutions
from guichet.rdv.actions.planning.decider import (
    cancel_evenement,
    create_evenement,
    grant_evenement,
    refuse_evenement,
    update_evenement,
)
from guichet.rdv.api.planning.commun import DansUnReseau, answer, weekly
from guichet.rdv.api.planning.modeles import (
    EvenementReponse,
    EvenementSaisie,
    PlanningCentreReponse,
    PlanningModification,
    RefusSaisie,
    ResolutionsSaisie,
)
from guichet.rdv.metier.evenements import StatutEvenement, TypeEvenement
from guichet.rdv.permissions import (
    PLANNING_CREATION,
    PLANNING_CREATION_PROPRE,
    PLANNING_LECTURE,
    PLANNING_MODIFICATION,
    PLANNING_PROPRE,
    PLANNING_SUPPRESSION,
)
from guichet.rdv.questions.planning.evenements import Cle, get_evenement, list_evenements
from guichet.reseau.facade import (
    CentreModification,
    CentreVue,
    Perimetre,
    check_centre,
    find_centre,
    get_centre,
    get_controleur,
    list_centres,
    list_controleurs,
    perimetre_of,
    update_centre,
)
from guichet.socle.acces import Appelant, CurrentAppelant, exige
from guichet.socle.errors import Forbidden, Invalid
from guichet.socle.i18n import _
from guichet.socle.web import Lecture, Liste, Page, Pagination, Tx, build_liste, problemes

router = APIRouter(prefix="/api/v1", tags=["Plannings"])

CHAMPS = [
    "CHAMPS_INVALIDES", "CIBLE_REQUISE", "CONTROLEUR_HORS_CENTRE", "EQUIPEMENT_INCONNU", "EQUIPEMENT_INATTENDU",
    "OUVERTURE_SANS_CONTROLEUR", "PERIODE_INVALIDE", "PERIODE_TROP_LONGUE", "PERIODE_TROP_LOINTAINE", "PERIODE_PASSEE",
    "RECURRENCE_INVALIDE", "MOTIF_REQUIS", "MOTIF_TROP_LONG", "TENANT_REQUIS",
]  # fmt: skip


@router.get(
    "/planning",
    dependencies=[exige(PLANNING_LECTURE)],
    response_model=Liste[EvenementReponse],
    summary="Les entrées des plannings",
    responses=problemes({403: ["HORS_PERIMETRE"], 404: ["CENTRE_NOT_FOUND", "CONTROLEUR_NOT_FOUND"]}),
)
async def lister_planning(
    *,
    session: Lecture,
    appelant: CurrentAppelant,
    page: Pagination,
    centre_id: UUID | None = None,
    controleur_id: UUID | None = None,
    type: TypeEvenement | None = None,  # noqa: A002  the name of the field
    statut: Annotated[StatutEvenement | None, Query(description="`demande` : les congés à décider.")] = None,
) -> Liste[EvenementReponse]:
    """Blocages, ouvertures, congés et absences des centres dont l'appelant s'occupe et de leurs contrôleurs."""
    centres, controleurs = await _visible(session, perimetre_of(appelant), centre_id, controleur_id)
    rows = await list_evenements(
        session,
        centre_ids=centres,
        controleur_ids=controleurs,
        genre=type,
        statuts=None if statut is None else [statut],
        apres=_start_of(page),
        limite=page.limite + 1,
    )
    return build_liste(rows, page, vers=EvenementReponse.of, cle_de=lambda e: (e.debut, e.id))


@router.post(
    "/planning",
    status_code=201,
    dependencies=[exige(PLANNING_CREATION, PLANNING_CREATION_PROPRE)],
    response_model=EvenementReponse,
    summary="Bloquer, ouvrir, mettre en congé ou déclarer absent",
    responses=problemes(
        {
            403: ["HORS_PERIMETRE", "CONGE_SEUL"],
            404: ["CENTRE_NOT_FOUND", "CONTROLEUR_NOT_FOUND"],
            409: ["PLANNING_COLLISION"],
            422: CHAMPS,
        }
    ),
)
async def creer_planning(
    *, session: Tx, appelant: DansUnReseau, saisie: EvenementSaisie, request: Request, response: Response
) -> EvenementReponse | Response:
    """Un contrôleur demande un congé pour lui-même ; tout le reste agit aussitôt.

    Si des rendez-vous sont touchés, l'entrée attend, rien n'est bloqué, et la réponse 409 les liste avec ce qui est possible
    pour chacun et le `jeton` qui applique leur résolution.
    """
    issue = await create_evenement(session, demande=saisie.to_demande(), appelant=appelant)
    response.headers["Location"] = f"/api/v1/planning/{issue.evenement.id}"
    return await answer(session, issue, request, response)


@router.get(
    "/planning/{planning_id}",
    dependencies=[exige(PLANNING_LECTURE)],
    response_model=EvenementReponse | PlanningCentreReponse,
    summary="Une entrée, ou le planning hebdomadaire d'un centre",
    responses=problemes({403: ["HORS_PERIMETRE"], 404: ["PLANNING_NOT_FOUND"]}),
)
async def lire_planning(
    *, session: Lecture, appelant: CurrentAppelant, planning_id: UUID, response: Response
) -> EvenementReponse | PlanningCentreReponse:
    """L'identifiant d'une entrée, ou celui d'un centre : ses horaires de la semaine et ses entrées à venir."""
    centre = await find_centre(session, planning_id)
    if centre is not None:
        check_centre(perimetre_of(appelant), centre.id, centre.agence_id)
        return await weekly(session, centre, response)
    evenement = await get_evenement(session, planning_id)
    await check_reader(session, appelant, evenement)
    response.headers["ETag"] = f'"{evenement.version}"'
    return EvenementReponse.of(evenement)


@router.put(
    "/planning/{planning_id}",
    dependencies=[exige(PLANNING_MODIFICATION, PLANNING_PROPRE)],
    response_model=EvenementReponse | PlanningCentreReponse,
    summary="Modifier une entrée, ou les horaires d'un centre",
    responses=problemes(
        {
            403: ["HORS_PERIMETRE", "CONGE_DEJA_DECIDE"],
            404: ["PLANNING_NOT_FOUND"],
            409: ["PLANNING_COLLISION", "VERSION_PERIMEE", "ETAT_INCOMPATIBLE"],
            422: [*CHAMPS, "CHAMP_INATTENDU"],
        }
    ),
)
async def modifier_planning(
    *,
    session: Tx,
    appelant: DansUnReseau,
    planning_id: UUID,
    saisie: PlanningModification,
    request: Request,
    response: Response,
) -> EvenementReponse | PlanningCentreReponse | Response:
    """Une entrée qui agit ne change que si aucun rendez-vous n'est touché ; sinon 409, et le `jeton` porte le changement.

    Les horaires d'un centre changent toujours : les rendez-vous qui n'y tiennent plus sont listés « à risque ».
    """
    centre = await find_centre(session, planning_id)
    if centre is not None:
        return await _change_centre(session, appelant, centre, saisie, response)
    _reject(saisie, {"horaires"})
    issue = await update_evenement(
        session,
        evenement_id=planning_id,
        modification=saisie.to_modification(),
        version=saisie.version,
        appelant=appelant,
    )
    return await answer(session, issue, request, response)


@router.delete(
    "/planning/{planning_id}",
    dependencies=[exige(PLANNING_SUPPRESSION, PLANNING_PROPRE)],
    response_model=EvenementReponse,
    summary="Retirer une entrée",
    responses=problemes(
        {
            403: ["HORS_PERIMETRE", "CONGE_DEJA_DECIDE"],
            404: ["PLANNING_NOT_FOUND"],
            409: ["PLANNING_COLLISION"],
            422: ["TENANT_REQUIS"],
        }
    ),
)
async def retirer_planning(
    *, session: Tx, appelant: DansUnReseau, planning_id: UUID, request: Request, response: Response
) -> EvenementReponse | Response:
    """Les heures bloquées redeviennent libres. Deux fois donne la même réponse ; l'entrée reste lisible, `annule`."""
    issue = await cancel_evenement(session, evenement_id=planning_id, appelant=appelant)
    return await answer(session, issue, request, response)


@router.post(
    "/planning/{planning_id}/valider",
    dependencies=[exige(PLANNING_MODIFICATION)],
    response_model=EvenementReponse,
    summary="Valider un congé",
    responses=problemes(
        {
            403: ["HORS_PERIMETRE"],
            404: ["PLANNING_NOT_FOUND"],
            409: ["PLANNING_COLLISION", "ETAT_INCOMPATIBLE"],
            422: ["TENANT_REQUIS"],
        }
    ),
)
async def valider_planning(
    *, session: Tx, appelant: DansUnReseau, planning_id: UUID, request: Request, response: Response
) -> EvenementReponse | Response:
    """Commence par un essai : les rendez-vous touchés répondent 409 avec leur liste et un `jeton`, et rien ne change."""
    issue = await grant_evenement(session, evenement_id=planning_id, appelant=appelant)
    return await answer(session, issue, request, response)


@router.post(
    "/planning/{planning_id}/refuser",
    dependencies=[exige(PLANNING_MODIFICATION)],
    response_model=EvenementReponse,
    summary="Refuser un congé",
    responses=problemes(
        {
            403: ["HORS_PERIMETRE"],
            404: ["PLANNING_NOT_FOUND"],
            409: ["ETAT_INCOMPATIBLE"],
            422: ["MOTIF_REQUIS", "MOTIF_TROP_LONG", "TENANT_REQUIS"],
        }
    ),
)
async def refuser_planning(
    *, session: Tx, appelant: DansUnReseau, planning_id: UUID, saisie: RefusSaisie, response: Response
) -> EvenementReponse:
    """La raison est lue par le contrôleur."""
    evenement = await refuse_evenement(session, evenement_id=planning_id, raison=saisie.raison, appelant=appelant)
    response.headers["ETag"] = f'"{evenement.version}"'
    return EvenementReponse.of(evenement)


@router.post(
    "/planning/{planning_id}/appliquer",
    dependencies=[exige(PLANNING_MODIFICATION)],
    response_model=EvenementReponse,
    summary="Appliquer un essai",
    responses=problemes(
        {
            403: ["HORS_PERIMETRE"],
            404: ["PLANNING_NOT_FOUND"],
            409: ["PLANNING_CHANGE", "ETAT_INCOMPATIBLE"],
            422: [
                "JETON_INVALIDE", "RESOLUTIONS_INCOMPLETES", "RESOLUTION_IMPOSSIBLE", "CRENEAU_PASSE",
                "CRENEAU_HORS_GRILLE", "CRENEAU_HORS_HORIZON", "TENANT_REQUIS",
            ],
        }
    ),
)  # fmt: skip
async def appliquer_planning(
    *,
    session: Tx,
    appelant: DansUnReseau,
    planning_id: UUID,
    saisie: ResolutionsSaisie,
    request: Request,
    response: Response,
) -> EvenementReponse | Response:
    """Le changement et le sort de chaque rendez-vous, ensemble ou pas du tout.

    Si quelque chose a changé depuis l'essai : 409 `PLANNING_CHANGE` avec un nouvel essai et son `jeton`.
    """
    issue = await apply_resolutions(
        session,
        evenement_id=planning_id,
        jeton=saisie.jeton,
        resolutions=saisie.to_resolutions(),
        appelant=appelant,
    )
    return await answer(session, issue, request, response)


def _reject(saisie: PlanningModification, champs: set[str]) -> None:
    inattendus = sorted(champs & saisie.model_fields_set)
    if inattendus:
        message = _("Ce champ ne se modifie pas ici.")
        raise Invalid(message, code="CHAMP_INATTENDU", champs=dict.fromkeys(inattendus, message))


async def _change_centre(
    session: AsyncSession, appelant: Appelant, centre: CentreVue, saisie: PlanningModification, response: Response
) -> PlanningCentreReponse:
    if not appelant.can(PLANNING_MODIFICATION):
        raise Forbidden(_("Votre compte ne permet pas cette action."), code="PERMISSION_REFUSEE")
    check_centre(perimetre_of(appelant), centre.id, centre.agence_id)
    _reject(saisie, {"debut", "fin", "motif", "recurrence"})
    donnes: dict[str, Any] = {"version": saisie.version} if saisie.version is not None else {}
    if saisie.horaires is not None:
        donnes["horaires"] = saisie.horaires
    apres = await update_centre(session, centre.id, CentreModification.model_validate(donnes))
    return await weekly(session, apres, response)


async def _visible(
    session: AsyncSession, perimetre: Perimetre, centre_id: UUID | None, controleur_id: UUID | None
) -> tuple[list[UUID] | None, list[UUID] | None]:
    """The centres and inspectors whose entries are listed; None for both: the whole tenant's."""
    if controleur_id is not None:
        qui = await get_controleur(session, controleur_id)
        siens = await list_centres(session, centre_ids=[t.centre_id for t in qui.centres])
        if not any(perimetre.has_centre(c.id, c.agence_id) for c in siens):
            raise Forbidden(_("Ce contrôleur ne travaille pas dans vos centres."), code="HORS_PERIMETRE")
        return None, [controleur_id]
    if centre_id is not None:
        centre = await get_centre(session, centre_id)
        check_centre(perimetre, centre.id, centre.agence_id)
        return [centre_id], [c.id for c in await list_controleurs(session, centre_id=centre_id)]
    if perimetre.tout:
        return None, None
    centres = [c.id for c in await list_centres(session, perimetre=perimetre)]
    return centres, [c.id for c in await list_controleurs(session, perimetre=perimetre)]


def _start_of(page: Page) -> Cle | None:
    match page.apres:
        case None:
            return None
        case (datetime() as debut, UUID() as identifiant):
            return debut, identifiant
    raise Invalid(_("Ce curseur vient d'une autre liste."), code="CURSEUR_INVALIDE")
