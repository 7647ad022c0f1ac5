"""Plannings over HTTP: of a centre, of all centres, of the inspector who asks."""

from datetime import date, timedelta
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query

from guichet.rdv.api.planning.modeles_vues import (
    ARisqueReponse,
    CentreRempliReponse,
    JourSurchargeReponse,
    PlanningJoursReponse,
    RdvARisqueReponse,
    RemplissageReponse,
    SurchargesReponse,
)
from guichet.rdv.metier.heures import jour_local
from guichet.rdv.permissions import PLANNING_LECTURE
from guichet.rdv.questions.journee import list_surcharges
from guichet.rdv.questions.planning.jours import list_remplissages, planning_of_centre, planning_of_controleur
from guichet.rdv.questions.planning.risques import list_risques
from guichet.reseau.facade import (
    check_agence,
    check_centre,
    find_controleur,
    get_agence,
    get_centre,
    list_centres,
    perimetre_of,
)
from guichet.socle.acces import CurrentAppelant, exige
from guichet.socle.errors import Invalid, NotFound
from guichet.socle.horloge import now
from guichet.socle.i18n import _
from guichet.socle.web import Lecture, Liste, Pagination, build_liste, problemes

router = APIRouter(prefix="/api/v1", tags=["Plannings"])

JOURS_MAX = 62
ANNEES = range(2000, 2200)
Du = Annotated[date | None, Query(description="Premier jour ; sans lui, aujourd'hui.")]
Au = Annotated[date | None, Query(description="Dernier jour compris ; sans lui, une semaine. 62 jours au plus.")]


def read_periode(du: date | None, au: date | None, zone: ZoneInfo) -> tuple[date, date]:
    """The days asked for. Raises `PERIODE_INVALIDE` (422)."""
    debut = du or jour_local(now(), zone)
    if debut.year in ANNEES:
        fin = au or debut + timedelta(days=6)
        if debut <= fin < debut + timedelta(days=JOURS_MAX):
            return debut, fin
    message = _("Choisissez une période de {n} jours au plus.", n=JOURS_MAX)
    raise Invalid(message, code="PERIODE_INVALIDE", champs={"au": message})


@router.get(
    "/planning/global",
    dependencies=[exige(PLANNING_LECTURE)],
    response_model=Liste[CentreRempliReponse],
    summary="Le remplissage de tous les centres",
    responses=problemes({403: ["HORS_PERIMETRE"], 404: ["AGENCE_NOT_FOUND"], 422: ["PERIODE_INVALIDE"]}),
)
async def lire_planning_global(
    *,
    session: Lecture,
    appelant: CurrentAppelant,
    page: Pagination,
    du: Du = None,
    au: Au = None,
    agence_id: UUID | None = None,
) -> Liste[CentreRempliReponse]:
    """Centre par centre et jour par jour, pour les centres dont l'appelant s'occupe."""
    perimetre = perimetre_of(appelant)
    debut, fin = read_periode(du, au, ZoneInfo("Europe/Paris"))
    if agence_id is not None:
        check_agence(perimetre, (await get_agence(session, agence_id)).id)
    apres = page.apres
    if apres is not None and not (len(apres) == 2 and isinstance(apres[0], str) and isinstance(apres[1], UUID)):
        raise Invalid(_("Ce curseur vient d'une autre liste."), code="CURSEUR_INVALIDE")
    centres = await list_centres(
        session,
        perimetre=perimetre,
        agence_id=agence_id,
        actif=True,
        apres=(apres[0], apres[1]) if apres else None,
        limite=page.limite + 1,
    )
    remplis = await list_remplissages(session, centre_ids=[c.id for c in centres], du=debut, au=fin)
    jours: dict[UUID, list[RemplissageReponse]] = {}
    for r in remplis:
        jours.setdefault(r.centre_id, []).append(RemplissageReponse.of(r))
    return build_liste(
        centres,
        page,
        vers=lambda c: CentreRempliReponse(centre_id=c.id, nom=c.nom, agence_id=c.agence_id, jours=jours.get(c.id, [])),
        cle_de=lambda c: (c.cle_tri, c.id),
    )


@router.get(
    "/planning/controleur/me",
    dependencies=[exige(PLANNING_LECTURE)],
    response_model=PlanningJoursReponse,
    summary="Mon planning",
    responses=problemes({404: ["CONTROLEUR_NOT_FOUND"], 422: ["PERIODE_INVALIDE"]}),
)
async def lire_mon_planning(
    *, session: Lecture, appelant: CurrentAppelant, du: Du = None, au: Au = None
) -> PlanningJoursReponse:
    """Les heures, les rendez-vous, les congés et absences du contrôleur connecté, dans tous ses centres."""
    controleur = await find_controleur(session, appelant.user_id) if appelant.user_id else None
    if controleur is None:
        raise NotFound(_("Votre compte n'est pas celui d'un contrôleur."), code="CONTROLEUR_NOT_FOUND")
    centre = await get_centre(session, controleur.centre_id)
    debut, fin = read_periode(du, au, centre.zone)
    planning = await planning_of_controleur(session, controleur=controleur, centre=centre, du=debut, au=fin)
    return PlanningJoursReponse.of(planning, centre=centre, du=debut, au=fin, controleur=controleur)


@router.get(
    "/planning/ct/{ct_id}",
    dependencies=[exige(PLANNING_LECTURE)],
    response_model=PlanningJoursReponse,
    summary="Le planning d'un centre",
    responses=problemes({403: ["HORS_PERIMETRE"], 404: ["CENTRE_NOT_FOUND"], 422: ["PERIODE_INVALIDE"]}),
)
async def lire_planning_centre(
    *, session: Lecture, appelant: CurrentAppelant, ct_id: UUID, du: Du = None, au: Au = None
) -> PlanningJoursReponse:
    """Jour par jour : qui travaille, les rendez-vous, les blocages, le taux de remplissage."""
    centre = await get_centre(session, ct_id)
    check_centre(perimetre_of(appelant), centre.id, centre.agence_id)
    debut, fin = read_periode(du, au, centre.zone)
    planning = await planning_of_centre(session, centre=centre, du=debut, au=fin)
    return PlanningJoursReponse.of(planning, centre=centre, du=debut, au=fin)


@router.get(
    "/planning/ct/{ct_id}/a-risque",
    dependencies=[exige(PLANNING_LECTURE)],
    response_model=ARisqueReponse,
    summary="Les rendez-vous à risque d'un centre",
    responses=problemes({403: ["HORS_PERIMETRE"], 404: ["CENTRE_NOT_FOUND"]}),
)
async def lire_a_risque(*, session: Lecture, appelant: CurrentAppelant, ct_id: UUID) -> ARisqueReponse:
    """Ceux qui n'ont plus ce qu'il leur faut : horaires, contrôleur, agrément, capacité, ligne. Jamais supprimés."""
    centre = await get_centre(session, ct_id)
    check_centre(perimetre_of(appelant), centre.id, centre.agence_id)
    risques = await list_risques(session, centre_id=ct_id)
    return ARisqueReponse(centre_id=ct_id, rdv=[RdvARisqueReponse.of(r, centre.zone) for r in risques])


@router.get(
    "/planning/ct/{ct_id}/surcharges",
    dependencies=[exige(PLANNING_LECTURE)],
    response_model=SurchargesReponse,
    summary="Les jours où un centre a plus de rendez-vous que sa capacité",
    responses=problemes({403: ["HORS_PERIMETRE"], 404: ["CENTRE_NOT_FOUND"]}),
)
async def lire_surcharges(
    *, session: Lecture, appelant: CurrentAppelant, ct_id: UUID, du: Du = None
) -> SurchargesReponse:
    """Après une capacité abaissée : la vente s'y arrête, rien n'est annulé. À partir de `du`, aujourd'hui sans rien dire."""
    centre = await get_centre(session, ct_id)
    check_centre(perimetre_of(appelant), centre.id, centre.agence_id)
    jours = await list_surcharges(session, centre_id=ct_id, du=du or jour_local(now(), centre.zone))
    return SurchargesReponse(
        centre_id=ct_id,
        jours=[JourSurchargeReponse(date=jour, rendez_vous=pris, capacite=capacite) for jour, pris, capacite in jours],
    )
