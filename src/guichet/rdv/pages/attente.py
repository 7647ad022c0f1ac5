"""The page of an entry of the waiting list: where it stands, what is offered, and the four answers. A signed link opens it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal
from urllib.parse import quote
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from guichet.rdv import mots
from guichet.rdv.actions.attente.repondre import (
    accept_offre,
    come_back,
    leave_list,
    read_accessible_inscription,
    refuse_offre,
)
from guichet.rdv.facade import build_cree, get_rdv
from guichet.rdv.metier.attente import StatutInscription
from guichet.rdv.pages.carnet import remember
from guichet.rdv.pages.presentation import capitalize, full_address
from guichet.rdv.questions.attente import InscriptionVue, OffreVue
from guichet.socle.acces import PUBLIC, CurrentAppelant
from guichet.socle.errors import Conflict, Gone, GuichetError
from guichet.socle.horloge import now
from guichet.socle.i18n import _, format_date, format_heure
from guichet.socle.web import Lecture, Tx
from guichet.ui.facade import redirect, render

router = APIRouter()

Lien = Annotated[str, Query(max_length=500)]


@dataclass(frozen=True, kw_only=True)
class OffrePage:
    """The place that is held: local start and deadline, seconds it was given, centre and price."""

    debut: datetime
    jour: str
    limite: datetime
    duree: int
    centre_nom: str
    centre_adresse: str
    centimes: int | None


@dataclass(frozen=True, kw_only=True)
class AttentePage:
    """An entry in words."""

    statut: str
    titre: str
    phrase: str
    centres: str
    periode: str
    heures: str
    controle: str
    immatriculation: str
    rang: str
    avance: bool
    offre: OffrePage | None
    rdv_href: str = ""
    chercher_href: str = "/"


def list_page(inscription_id: UUID, jeton: str, suite: str = "") -> str:
    """The page of an entry, or one of its answers (`/accepter`, `/refuser`, `/reprendre`, `/quitter`)."""
    return f"/liste-attente/{inscription_id}{suite}?lien={quote(jeton)}"


@router.get("/liste-attente/{inscription_id}", dependencies=[PUBLIC])
async def show_inscription(
    *,
    request: Request,
    session: Lecture,
    appelant: CurrentAppelant,
    inscription_id: UUID,
    lien: Lien = "",
    reponse: Annotated[str, Query(max_length=10)] = "",
) -> Response:
    """Where the entry stands. `reponse=non`: whoever followed the other link of the message is asked that first."""
    vue = await read_accessible_inscription(session, inscription_id=inscription_id, appelant=appelant)
    rdv_href = ""
    if vue.servie_par is not None:
        cree = build_cree(session, await get_rdv(session, vue.servie_par), maintenant=now())
        rdv_href = f"/mes-rdv/{cree.rdv.id}?lien={quote(cree.jeton)}"
    return render(
        request,
        "rdv/attente.html",
        page=page_view(vue, rdv_href=rdv_href),
        refus=reponse == "non",
        actions={
            nom: list_page(inscription_id, lien, f"/{nom}") for nom in ("accepter", "refuser", "reprendre", "quitter")
        },
    )


@router.post("/liste-attente/{inscription_id}/{geste}", dependencies=[PUBLIC])
async def answer_inscription(
    *,
    request: Request,
    session: Tx,
    appelant: CurrentAppelant,
    inscription_id: UUID,
    geste: Literal["accepter", "refuser", "reprendre", "quitter"],
    lien: Lien = "",
) -> Response:
    """One click. What is no longer possible leads back to the page, which says why."""
    page = list_page(inscription_id, lien)
    try:
        if geste == "accepter":
            cree = await accept_offre(session, inscription_id=inscription_id, appelant=appelant)
            suite = redirect(request, f"/mes-rdv/{cree.rdv.id}?lien={quote(cree.jeton)}&nouveau=1")
            remember(request, suite, cree.jeton)
            return suite
        if geste == "refuser":
            await refuse_offre(session, inscription_id=inscription_id, appelant=appelant)
            return redirect(
                request, page, message=_("La place est proposée à quelqu'un d'autre. Vous gardez votre rang.")
            )
        if geste == "reprendre":
            await come_back(session, inscription_id=inscription_id, appelant=appelant)
            return redirect(request, page, message=_("Vous êtes de nouveau sur la liste d'attente."))
        await leave_list(session, inscription_id=inscription_id, appelant=appelant)
        return redirect(request, page, message=_("Vous avez quitté la liste d'attente."))
    except (Conflict, Gone) as error:
        return _back(request, page, error)


def _back(request: Request, page: str, error: GuichetError) -> Response:
    return redirect(request, page, message=error.message, genre="attention")


def page_view(vue: InscriptionVue, *, rdv_href: str = "") -> AttentePage:
    """An entry as its page says it."""
    titre, phrase = _say(vue)
    du, au = format_date(vue.du, "jour"), format_date(vue.au, "jour")
    return AttentePage(
        statut=vue.statut.value,
        titre=titre,
        phrase=phrase,
        centres=", ".join(c.nom for c in vue.centres),
        periode=capitalize(du) if vue.du == vue.au else capitalize(_("du {du} au {au}", du=du, au=au)),
        heures=_hours(vue.heure_du, vue.heure_au),
        controle=mots.controle_et_vehicule(vue.controle.type_controle, vue.controle.vehicule_type),
        immatriculation=vue.immatriculation,
        rang=mots.rang_liste(vue.position) if vue.position else "",
        avance=vue.rdv_id is not None,
        offre=_offer_view(vue.offre) if vue.offre and vue.statut is StatutInscription.OFFRE else None,
        rdv_href=rdv_href,
    )


def _say(vue: InscriptionVue) -> tuple[str, str]:
    match vue.statut:
        case StatutInscription.OFFRE:
            return _("Une place s'est libérée"), _("Elle est gardée pour vous, le temps de répondre.")
        case StatutInscription.ATTENTE:
            return (
                _("Vous êtes sur la liste d'attente"),
                _("Dès qu'une heure se libère, nous vous écrivons et nous vous la gardons le temps de répondre."),
            )
        case StatutInscription.SERVIE:
            return _("Vous avez votre rendez-vous"), _("Cette inscription a servi : bonne route.")
        case StatutInscription.EXPIREE:
            return (
                _("Le délai pour répondre est passé"),
                _("La place a été proposée à la personne suivante, et vous n'êtes plus sur la liste."),
            )
        case StatutInscription.RETIREE:
            return _("Vous n'êtes plus sur la liste"), _("Vous pouvez y revenir en un geste, sans rien retaper.")


def _hours(du: str | None, au: str | None) -> str:
    if du and au:
        return _("entre {du} et {au}", du=_clock(du), au=_clock(au))
    if du:
        return _("à partir de {du}", du=_clock(du))
    return _("jusqu'à {au}", au=_clock(au)) if au else _("à toute heure")


def _clock(heure: str) -> str:
    heures, minutes = heure.split(":")
    return format_heure(datetime(2000, 1, 1, int(heures), int(minutes)), court=True)  # noqa: DTZ001  a clock time


def _offer_view(offre: OffreVue) -> OffrePage:
    zone = ZoneInfo(offre.centre.fuseau)
    return OffrePage(
        debut=offre.debut_local,
        jour=capitalize(format_date(offre.debut_local, "jour")),
        limite=offre.expire_a.astimezone(zone),
        duree=int((offre.expire_a - offre.faite_a).total_seconds()),
        centre_nom=offre.centre.nom,
        centre_adresse=full_address(offre.centre.adresse, offre.centre.code_postal, offre.centre.ville),
        centimes=offre.montant_cents,
    )
