"""What the routes of plannings answer together: an entry or its conflict, a centre's week."""

from typing import Annotated, Any

from fastapi import Depends, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.rdv.actions.planning.essais import Issue
from guichet.rdv.api.planning.modeles import CollisionReponse, EvenementReponse, PlanningCentreReponse
from guichet.rdv.questions.planning.evenements import list_evenements
from guichet.reseau.facade import CentreVue, list_centres, list_controleurs
from guichet.socle.acces import Appelant, CurrentAppelant
from guichet.socle.errors import Conflict, Invalid
from guichet.socle.horloge import now
from guichet.socle.i18n import _
from guichet.socle.web import keep_writes
from guichet.socle.web.erreurs import render_error


async def _tenant(appelant: CurrentAppelant) -> Appelant:
    """The caller, who acts in a tenant. Raises `TENANT_REQUIS` (422) for a super administrator who named none."""
    if appelant.tenant_id is None:
        raise Invalid(
            _("Dites dans quel réseau agir, avec l'en-tête X-Tenant-ID."),
            code="TENANT_REQUIS",
            champs={"X-Tenant-ID": _("À renseigner.")},
        )
    return appelant


DansUnReseau = Annotated[Appelant, Depends(_tenant)]


async def answer(
    session: AsyncSession, issue: Issue, request: Request, response: Response
) -> EvenementReponse | Response:
    """The entry; or, when appointments are in the way, the conflict that lists them. What was written of it stays."""
    evenement = issue.evenement
    response.headers["ETag"] = f'"{evenement.version}"'
    if not issue.collisions and not issue.perime:
        return EvenementReponse.of(evenement)
    refus = await render_error(request, await _conflict(session, issue))
    refus.headers.update(response.headers)
    keep_writes(request)
    return refus


async def _conflict(session: AsyncSession, issue: Issue) -> Conflict:
    centres = await list_centres(session, centre_ids=list({c.rdv.centre_id for c in issue.collisions}))
    zones = {c.id: c.zone for c in centres}
    collisions = [
        CollisionReponse.of(c, zones[c.rdv.centre_id], now().astimezone(zones[c.rdv.centre_id]).date())
        for c in issue.collisions
    ]
    suite: dict[str, Any] = {
        "planning": EvenementReponse.of(issue.evenement).model_dump(mode="json"),
        "collisions": [c.model_dump(mode="json") for c in collisions],
        "jeton": issue.jeton,
    }
    if issue.perime:
        message = _("Le planning a changé depuis cet essai. En voici un nouveau.")
        return Conflict(message, code="PLANNING_CHANGE", **suite)
    message = _("Des rendez-vous sont pris sur ces heures. Dites ce que devient chacun d'eux.")
    return Conflict(message, code="PLANNING_COLLISION", **suite)


async def weekly(session: AsyncSession, centre: CentreVue, response: Response) -> PlanningCentreReponse:
    """The week of a centre and its entries that are not over."""
    response.headers["ETag"] = f'"{centre.version}"'
    equipe = await list_controleurs(session, centre_id=centre.id)
    evenements = await list_evenements(
        session, centre_ids=[centre.id], controleur_ids=[c.id for c in equipe], du=now(), limite=500
    )
    return PlanningCentreReponse.model_validate(
        {
            "centre_id": centre.id,
            "fuseau": centre.fuseau,
            "horaires": write_horaires(centre),
            "evenements": [EvenementReponse.of(e) for e in evenements],
            "version": centre.version,
        }
    )


def write_horaires(centre: CentreVue) -> dict[str, list[dict[str, str]]]:
    """The weekly hours of a centre as they are typed."""
    jours = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
    return {
        nom: [{"debut": _heure(p.debut), "fin": _heure(p.fin)} for p in plages]
        for nom, plages in zip(jours, centre.horaires.jours, strict=True)
    }


def _heure(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
