"""Step 1: the hour. A week of one centre, suggested hours first; on a phone, one day at a time, without a script."""

from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.rdv.facade import DisponibilitesVue, RaisonVide, disponibilites_centre
from guichet.rdv.pages.commun import local_today, open_centre, search_form, to_controle, to_libre
from guichet.rdv.pages.criteres import Criteres, Vehicule, monday, read_day, read_vehicule
from guichet.rdv.pages.presentation import (
    capitalize,
    centre_address,
    full_address,
    join_address,
    read_debut,
    slots_address,
    write_debut,
)
from guichet.rdv.pages.semaine import JourLibre, Lieu, level, week_view
from guichet.rdv.pages.vues import ResumeVue
from guichet.reseau.facade import VitrineCentre, get_duree
from guichet.socle.acces import PUBLIC
from guichet.socle.errors import Conflict
from guichet.socle.horloge import now
from guichet.socle.i18n import _, format_date, format_duree
from guichet.socle.web import Lecture
from guichet.ui.facade import redirect, render

router = APIRouter()

JOURS = 7
SEMAINES_PLUS_LOIN = 8


@router.get("/reservation/{code}", dependencies=[PUBLIC])
async def show_creneaux(request: Request, session: Lecture, code: str) -> Response:
    """The week asked for (`semaine`, `jour`), else the first one with a free hour."""
    vitrine = await open_centre(session, code)
    vehicule = read_vehicule(request.query_params)
    if not vitrine.reservable:
        return redirect(request, centre_address(code, vehicule))
    message = None
    if not vehicule.is_coherent:
        vehicule = Vehicule()
        message = (_("Ce contrôle n'existe pas pour ce véhicule."), _("Voici les heures pour un contrôle périodique."))
    if "manque" in request.query_params:
        message = (_("Choisissez une heure"), _("pour continuer."))
    choisi = read_debut(request.query_params.get("debut"))
    zone, aujourdhui = ZoneInfo(vitrine.fuseau), local_today(vitrine.fuseau)
    du = first_day(request.query_params, choisi.astimezone(zone).date() if choisi else None, aujourdhui)
    dispo, prochaine = await _load_week(session, vitrine, vehicule, du)
    duree = await get_duree(
        session,
        centre_id=vitrine.centre_id,
        vehicule_type=vehicule.vehicule_type,
        carburant=vehicule.carburant,
        type_controle=vehicule.type_controle,
    )
    jours = to_days(dispo)
    lieu = Lieu(code=code, nom=vitrine.nom, ville=vitrine.ville, zone=zone)
    return render(
        request,
        "rdv/creneaux.html",
        semaine=week_view(
            jours,
            lieu=lieu,
            vehicule=vehicule,
            duree=duree,
            maintenant=now(),
            fermee=dispo.jours[-1].raison_vide is RaisonVide.HORS_HORIZON,
            choisi=choisi,
            jour_demande=read_day(request.query_params.get("jour")),
            prochaine=prochaine,
        ),
        resume=summary(vitrine, vehicule=vehicule, debut=choisi, duree=duree),
        recherche=search_form(Criteres(vehicule=vehicule)),
        action_semaine=f"/reservation/{quote(code, safe='')}",
        action_choix=f"/reservation/{quote(code, safe='')}/vous",
        garde=tuple(vehicule.parametres.items()),
        retour_href=centre_address(code, vehicule),
        retour_texte=vitrine.nom,
        attente_href=join_address(
            code, vehicule, du=dispo.jours[0].date.isoformat(), au=dispo.jours[-1].date.isoformat()
        ),
        message={"titre": message[0], "texte": message[1]} if message else None,
    )


def first_day(parametres: Any, choisi: date | None, aujourdhui: date) -> date | None:
    """The first of the seven days to show: the one asked for, else the week of a day; None without a wish."""
    semaine, jour = read_day(parametres.get("semaine")), read_day(parametres.get("jour")) or choisi
    if semaine is None and jour is None:
        return None
    return max(aujourdhui, semaine or monday(jour or aujourdhui))


async def _load_week(
    session: AsyncSession, vitrine: VitrineCentre, vehicule: Vehicule, du: date | None
) -> tuple[DisponibilitesVue, date | None]:
    """Seven days and, when they are empty, the next free day. Without a wish they start where something is free."""
    aujourdhui = local_today(vitrine.fuseau)
    dispo = await _days(session, vitrine, vehicule, du or aujourdhui, JOURS)
    if any(j.creneaux for j in dispo.jours):
        return dispo, None
    suite = await _days(
        session, vitrine, vehicule, (du or aujourdhui) + timedelta(days=JOURS), JOURS * SEMAINES_PLUS_LOIN
    )
    prochaine = next((j.date for j in suite.jours if j.creneaux), None)
    if du is None and prochaine is not None:
        return await _days(session, vitrine, vehicule, prochaine, JOURS), None
    return dispo, prochaine


async def _days(
    session: AsyncSession, vitrine: VitrineCentre, vehicule: Vehicule, du: date, jours: int
) -> DisponibilitesVue:
    return await disponibilites_centre(
        session,
        centre_id=vitrine.centre_id,
        du=du,
        au=du + timedelta(days=jours - 1),
        controle=to_controle(vehicule),
    )


def to_days(dispo: DisponibilitesVue) -> list[JourLibre]:
    """The days of the engine as the week draws them."""
    return [
        JourLibre(
            jour=j.date,
            libres=tuple(to_libre(c) for c in j.creneaux),
            niveau=level(j.niveau),
            raison=j.raison_vide.value if j.raison_vide else "",
        )
        for j in dispo.jours
    ]


def summary(vitrine: VitrineCentre, *, vehicule: Vehicule, debut: datetime | None, duree: int | None) -> ResumeVue:
    """The ticket of what is being booked."""
    local = debut.astimezone(ZoneInfo(vitrine.fuseau)) if debut else None
    return ResumeVue(
        debut=local,
        jour=capitalize(format_date(local, "jour")) if local else "",
        court=capitalize(format_date(local, "abrege")) if local else "",
        valeur=write_debut(debut) if debut else "",
        centre_nom=vitrine.nom,
        centre_adresse=full_address(vitrine.adresse, vitrine.code_postal, vitrine.ville),
        controle=vehicule.phrase,
        duree=format_duree(duree) if duree else "",
        centimes=vitrine.prix(vehicule.vehicule_type, vehicule.carburant, vehicule.type_controle),
        gratuit_jusqua=_("Annulation gratuite jusqu'à l'heure du rendez-vous."),
    )


def refuse_offline(vitrine: VitrineCentre) -> None:
    """Raises Conflict `CENTRE_INACTIF` for a centre that is only listed."""
    if not vitrine.reservable:
        raise Conflict(_("Ce centre ne prend pas de rendez-vous en ligne."), code="CENTRE_INACTIF")


def back_to_slots(code: str, vehicule: Vehicule, debut: datetime | None) -> str:
    """The address of step 1 with the hour kept."""
    return slots_address(code, vehicule, **({"debut": write_debut(debut)} if debut else {}))
