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
from guichet.rdv.pages.reservation import CHAMPS, VIDES
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
    _libelle, heure_du, heure_au = MOMENTS.get(_text(form, "moment"), MOMENTS[""])
    return DemandeInscription(
        centre_ids=(vitrine.centre_id,),
        du=_text(form, "du"),
        au=_text(form, "au") or None,
        heure_du=heure_du,
        heure_au=heure_au,
        reservation=DemandeRdv(
            client_prenom=_text(form, "prenom"),
            client_nom=_text(form, "nom"),
            client_email=_text(form, "email"),
            client_telephone=_text(form, "telephone"),
            immatriculation=_text(form, "immatriculation"),
            vehicule_type=vehicule.vehicule_type.value,
            carburant=vehicule.carburant.value,
            type_controle=vehicule.type_controle.value,
            date_controle_initial=_text(form, "date_controle_initial") or None,
            langue=current_locale(),
        ),
    )


def _text(form: Any, nom: str) -> str:
    valeur = form.get(nom, "")
    return valeur if isinstance(valeur, str) else ""


def _wrong(form: Any, error: GuichetError) -> Saisie:
    """What was typed, with what is wrong by field of the form, in the order of the page."""
    chemins = {**PERIODE, **CHAMPS}
    saisie = Saisie.from_form(form)
    erreurs: dict[str, str] = {}
    for chemin in sorted(error.champs, key=lambda c: list(chemins).index(c) if c in chemins else len(chemins)):
        champ = chemins.get(chemin, "")
        vide = champ in VIDES and not str(saisie.valeur(champ)).strip()
        erreurs.setdefault(champ, str(VIDES[champ]) if vide else error.champs[chemin])
    return replace(saisie, erreurs=erreurs or {"": error.message})


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
