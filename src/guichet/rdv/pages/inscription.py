"""Joining the waiting list of a centre from the days on which nothing is free."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import Response

from guichet.rdv.actions.attente.inscrire import DemandeInscription, join_list
from guichet.rdv.facade import DemandeRdv
from guichet.rdv.metier.attente import JOURS_MAX
from guichet.rdv.pages.attente import list_page
from guichet.rdv.pages.commun import local_today, open_centre, search_form
from guichet.rdv.pages.creneaux import refuse_offline
from guichet.rdv.pages.criteres import Criteres, Vehicule, read_day, read_vehicule
from guichet.rdv.pages.presentation import full_address, slots_address
from guichet.rdv.pages.reservation import CHAMPS, name_errors, read_text
from guichet.reseau.facade import VitrineCentre
from guichet.socle.acces import PUBLIC, CurrentAppelant
from guichet.socle.errors import Conflict, GuichetError, Invalid, TooMany
from guichet.socle.i18n import current_locale, lazy
from guichet.socle.web import Lecture, Tx
from guichet.ui.facade import Saisie, redirect, render

router = APIRouter()

MOMENTS: Final = {
    "": (lazy("Toute la journée"), None, None),
    "matin": (lazy("Le matin"), None, "11:59"),
    "apres-midi": (lazy("L'après-midi"), "12:00", None),
}
PERIODE: Final = {"periode.du": "du", "periode.au": "au", "periode.heure_du": "moment", "periode.heure_au": "moment"}


@router.get("/reservation/{code}/attente", dependencies=[PUBLIC])
async def show_inscription_form(request: Request, session: Lecture, code: str) -> Response:
    """The form, filled with the days that were looked at."""
    vitrine = await open_centre(session, code)
    refuse_offline(vitrine)
    aujourdhui = local_today(vitrine.fuseau)
    du = max(read_day(request.query_params.get("du")) or aujourdhui, aujourdhui)
    au = max(read_day(request.query_params.get("au")) or du, du)
    valeurs = {"du": du.isoformat(), "au": min(au, du + timedelta(days=JOURS_MAX - 1)).isoformat()}
    return _draw(request, vitrine, read_vehicule(request.query_params), Saisie(valeurs=valeurs, soumise=False))


@router.post("/reservation/{code}/attente", dependencies=[PUBLIC])
async def join(request: Request, session: Tx, appelant: CurrentAppelant, code: str) -> Response:
    """Join, then go to the page of the entry. A refusal draws the form again with everything that was typed."""
    vitrine = await open_centre(session, code)
    form = await request.form()
    vehicule = read_vehicule(form)
    try:
        faite = await join_list(session, demande=_demande(form, vitrine, vehicule), appelant=appelant)
    except (Invalid, Conflict, TooMany) as error:
        return _draw(request, vitrine, vehicule, _wrong(form, error), status=error.http_status)
    return redirect(request, list_page(faite.inscription.id, faite.jeton))


def _demande(form: Any, vitrine: VitrineCentre, vehicule: Vehicule) -> DemandeInscription:
    _libelle, heure_du, heure_au = MOMENTS.get(read_text(form, "moment"), MOMENTS[""])
    return DemandeInscription(
        centre_ids=(vitrine.centre_id,),
        du=read_text(form, "du"),
        au=read_text(form, "au") or None,
        heure_du=heure_du,
        heure_au=heure_au,
        reservation=DemandeRdv(
            client_prenom=read_text(form, "prenom"),
            client_nom=read_text(form, "nom"),
            client_email=read_text(form, "email"),
            client_telephone=read_text(form, "telephone"),
            immatriculation=read_text(form, "immatriculation"),
            vehicule_type=vehicule.vehicule_type.value,
            carburant=vehicule.carburant.value,
            type_controle=vehicule.type_controle.value,
            date_controle_initial=read_text(form, "date_controle_initial") or None,
            langue=current_locale(),
        ),
    )


def _wrong(form: Any, error: GuichetError) -> Saisie:
    """What was typed, with what is wrong by field of the form, in the order of the page."""
    saisie = Saisie.from_form(form)
    return replace(saisie, erreurs=name_errors(error, {**PERIODE, **CHAMPS}, saisie) or {"": error.message})


def _draw(
    request: Request, vitrine: VitrineCentre, vehicule: Vehicule, saisie: Saisie, *, status: int = 200
) -> Response:
    choix = {
        "vehicule_type": vehicule.vehicule_type.value,
        "carburant": vehicule.carburant.value,
        "type_controle": vehicule.type_controle.value,
    }
    return render(
        request,
        "rdv/inscription.html",
        status=status,
        saisie=replace(saisie, valeurs={**choix, **saisie.valeurs}),
        recherche=search_form(Criteres(vehicule=vehicule)),
        moments=[(cle, str(libelle)) for cle, (libelle, _du, _au) in MOMENTS.items()],
        centre_nom=vitrine.nom,
        centre_adresse=full_address(vitrine.adresse, vitrine.code_postal, vitrine.ville),
        aujourdhui=local_today(vitrine.fuseau).isoformat(),
        action=f"/reservation/{quote(vitrine.code_centre, safe='')}/attente",
        retour_href=slots_address(vitrine.code_centre, vehicule),
    )
