"""Step 2: who and which vehicle. What is wrong is said beside its field, a lost hour comes with others, nothing typed is lost."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.annuaire.facade import normalise_immatriculation
from guichet.rdv.facade import DemandeRdv, create_rdv, disponibilites_centre
from guichet.rdv.pages.carnet import remember
from guichet.rdv.pages.commun import open_centre, search_form, to_controle, to_libre
from guichet.rdv.pages.creneaux import back_to_slots, refuse_offline, summary
from guichet.rdv.pages.criteres import Criteres, Vehicule, read_vehicule
from guichet.rdv.pages.presentation import Libre, hour_view, read_debut, slots_address, write_debut
from guichet.rdv.pages.vues import HeureVue
from guichet.reseau.facade import VitrineCentre, get_duree
from guichet.socle.acces import PUBLIC, CurrentAppelant
from guichet.socle.errors import Conflict, GuichetError, Invalid, TooMany
from guichet.socle.horloge import now
from guichet.socle.i18n import _, current_locale, lazy
from guichet.socle.web import Lecture, Tx
from guichet.ui.facade import Saisie, redirect, render

router = APIRouter()

# The paths of the engine's errors, as the fields of the form, in the order of the page: so is the list of what is wrong.
CHAMPS: Final = {
    "client.prenom": "prenom",
    "client.nom": "nom",
    "client.email": "email",
    "client.telephone": "telephone",
    "client.type": "nom",
    "vehicule.type": "vehicule_type",
    "vehicule.carburant": "carburant",
    "type_controle": "type_controle",
    "date_controle_initial": "date_controle_initial",
    "vehicule.immatriculation": "immatriculation",
    "vehicule.marque": "marque",
    "vehicule.modele": "modele",
    "notes": "notes",
}
# What the engine says of the hour itself.
HEURE: Final = frozenset({"creneau.date", "creneau.heure_debut", "creneau.decalage", "disponibilite_id"})
# A field left empty is asked for by its name: in the list at the top, "this field" would say nothing.
VIDES: Final = {
    "nom": lazy("Indiquez votre nom."),
    "email": lazy("Indiquez votre adresse e-mail : la confirmation y sera envoyée."),
    "telephone": lazy("Indiquez votre numéro de téléphone."),
    "immatriculation": lazy("Indiquez l'immatriculation du véhicule."),
}
ALTERNATIVES: Final = 6
JOURS_ALTERNATIVES: Final = 21


@dataclass(frozen=True, kw_only=True)
class PlaqueVue:
    """What we read in a plate: its canonical writing, or what is wrong."""

    valeur: str = ""
    texte: str = ""
    erreur: str = ""


@dataclass(frozen=True, kw_only=True)
class IndisponibleVue:
    """The hour cannot be had: why, and which ones can."""

    titre: str
    texte: str
    heures: tuple[HeureVue, ...] = ()


@dataclass(frozen=True, kw_only=True)
class _Page:
    """One drawing of the form."""

    vitrine: VitrineCentre
    vehicule: Vehicule
    debut: datetime | None
    saisie: Saisie = field(default_factory=lambda: Saisie(soumise=False))
    indisponible: IndisponibleVue | None = None
    status: int = 200


@router.get("/reservation/plaque", dependencies=[PUBLIC])
async def check_plaque(request: Request, immatriculation: str = "") -> Response:
    """What we read in a plate as it is typed, for the line under its field."""
    return render(request, "rdv/_plaque.html", plaque_lue=read_plaque(immatriculation))


def read_plaque(texte: str) -> PlaqueVue | None:
    """The plate as we understand it; None while there is nothing to say."""
    if len(texte.strip()) < 4:
        return None
    try:
        plaque = normalise_immatriculation(texte)
    except Invalid as error:
        return PlaqueVue(erreur=next(iter(error.champs.values()), error.message))
    return PlaqueVue(valeur=plaque.valeur, texte=_("C'est bien cette plaque ?"))


@router.get("/reservation/{code}/vous", dependencies=[PUBLIC])
async def show_formulaire(request: Request, session: Lecture, code: str) -> Response:
    """The form for one hour. An hour that is gone says so before anything is typed."""
    vitrine = await open_centre(session, code)
    refuse_offline(vitrine)
    vehicule = read_vehicule(request.query_params)
    debut = read_debut(request.query_params.get("debut"))
    if debut is None or not vehicule.is_coherent:
        return redirect(request, slots_address(code, vehicule, manque="heure"))
    page = _Page(vitrine=vitrine, vehicule=vehicule, debut=debut)
    libres = await _free_hours(session, vitrine, vehicule, debut)
    if not any(libre.debut == debut for libre in libres):
        page = replace(page, indisponible=_gone(page, libres, past=debut <= now()))
    return await _draw(request, session, page)


@router.post("/reservation/{code}/vous", dependencies=[PUBLIC])
async def book(request: Request, session: Tx, appelant: CurrentAppelant, code: str) -> Response:
    """Book, then go to the ticket. A refusal draws the form again with everything that was typed."""
    vitrine = await open_centre(session, code)
    form = await request.form()
    vehicule = read_vehicule(form)
    debut = read_debut(read_text(form, "debut"))
    page = _Page(vitrine=vitrine, vehicule=vehicule, debut=debut, saisie=Saisie.from_form(form))
    if debut is None:
        libres = await _free_hours(session, vitrine, vehicule, now())
        return await _draw(request, session, replace(page, indisponible=_gone(page, libres, past=False), status=422))
    try:
        cree = await create_rdv(session, demande=_demande(form, vitrine, vehicule, debut), appelant=appelant)
    except (Invalid, Conflict, TooMany) as error:
        return await _refused(request, session, replace(page, status=error.http_status), error)
    reponse = redirect(request, f"/mes-rdv/{cree.rdv.id}?lien={quote(cree.jeton)}&nouveau=1")
    remember(request, reponse, cree.jeton)
    return reponse


def _demande(form: Any, vitrine: VitrineCentre, vehicule: Vehicule, debut: datetime) -> DemandeRdv:
    local = debut.astimezone(ZoneInfo(vitrine.fuseau))
    decalage = local.strftime("%z")
    return DemandeRdv(
        client_prenom=read_text(form, "prenom"),
        client_nom=read_text(form, "nom"),
        client_email=read_text(form, "email"),
        client_telephone=read_text(form, "telephone"),
        immatriculation=read_text(form, "immatriculation"),
        vehicule_type=vehicule.vehicule_type.value,
        carburant=vehicule.carburant.value,
        marque=read_text(form, "marque") or None,
        modele=read_text(form, "modele") or None,
        type_controle=vehicule.type_controle.value,
        date_controle_initial=read_text(form, "date_controle_initial") or None,
        centre_id=vitrine.centre_id,
        date=local.date().isoformat(),
        heure_debut=local.strftime("%H:%M"),
        decalage=f"{decalage[:3]}:{decalage[3:5]}",
        notes=read_text(form, "notes") or None,
        langue=current_locale(),
    )


def read_text(form: Any, nom: str) -> str:
    """A field as typed; empty when it is missing, or a file."""
    valeur = form.get(nom, "")
    return valeur if isinstance(valeur, str) else ""


def name_errors(error: GuichetError, champs: Mapping[str, str], saisie: Saisie) -> dict[str, str]:
    """What is wrong, by field of a form, in the order of `champs` (the path of an error -> the field).

    What concerns the hour alone has no field: it is said otherwise.
    """
    rangs = {chemin: rang for rang, chemin in enumerate(champs)}
    erreurs: dict[str, str] = {}
    for chemin in sorted(error.champs.keys() - HEURE, key=lambda chemin: rangs.get(chemin, len(rangs))):
        champ = champs.get(chemin, "")
        vide = champ in VIDES and not str(saisie.valeur(champ)).strip()
        erreurs.setdefault(champ, str(VIDES[champ]) if vide else error.champs[chemin])
    return erreurs


async def _refused(request: Request, session: AsyncSession, page: _Page, error: GuichetError) -> Response:
    """Draw the form again with what is wrong: the hour, or fields."""
    if error.code == "CRENEAU_INDISPONIBLE" or (error.champs and error.champs.keys() <= HEURE):
        assert page.debut is not None
        libres = await _free_hours(session, page.vitrine, page.vehicule, page.debut)
        perdu = replace(_gone(page, libres, past=False), texte=error.message)
        return await _draw(request, session, replace(page, indisponible=perdu))
    erreurs = name_errors(error, CHAMPS, page.saisie)
    saisie = replace(page.saisie, erreurs=erreurs or {"": error.message})
    return await _draw(request, session, replace(page, saisie=saisie))


async def _free_hours(
    session: AsyncSession, vitrine: VitrineCentre, vehicule: Vehicule, autour: datetime
) -> list[Libre]:
    """Free hours of three weeks from the day wanted (from today when it is past)."""
    zone = ZoneInfo(vitrine.fuseau)
    du = max(autour, now()).astimezone(zone).date()
    if not vehicule.is_coherent:
        return []
    dispo = await disponibilites_centre(
        session,
        centre_id=vitrine.centre_id,
        du=du,
        au=du + timedelta(days=JOURS_ALTERNATIVES - 1),
        controle=to_controle(vehicule),
    )
    return [to_libre(c) for jour in dispo.jours for c in jour.creneaux]


def _gone(page: _Page, libres: list[Libre], *, past: bool) -> IndisponibleVue:
    """The lost hour with the nearest free ones, in order of time."""
    voulu = page.debut or now()
    proches = sorted(sorted(libres, key=lambda h: abs(h.debut - voulu))[:ALTERNATIVES], key=lambda h: h.debut)
    heures = tuple(
        hour_view(
            h,
            code=page.vitrine.code_centre,
            nom=page.vitrine.nom,
            vehicule=page.vehicule,
            zone=ZoneInfo(page.vitrine.fuseau),
        )
        for h in proches
    )
    if page.debut is None:
        titre, texte = _("Choisissez une heure"), _("L'heure du rendez-vous manque.")
    elif past:
        titre, texte = _("Cette heure est passée"), _("Choisissez-en une autre ci-dessous.")
    else:
        titre, texte = _("Cette heure vient d'être prise"), _("Choisissez-en une autre ci-dessous.")
    return IndisponibleVue(titre=titre, texte=texte, heures=heures)


async def _draw(request: Request, session: AsyncSession, page: _Page) -> Response:
    vitrine, vehicule = page.vitrine, page.vehicule
    duree = None
    if vehicule.is_coherent:
        duree = await get_duree(
            session,
            centre_id=vitrine.centre_id,
            vehicule_type=vehicule.vehicule_type,
            carburant=vehicule.carburant,
            type_controle=vehicule.type_controle,
        )
    choix = {
        "vehicule_type": vehicule.vehicule_type.value,
        "carburant": vehicule.carburant.value,
        "type_controle": vehicule.type_controle.value,
    }
    saisie = replace(page.saisie, valeurs={**choix, **page.saisie.valeurs})
    return render(
        request,
        "rdv/vous.html",
        status=page.status,
        saisie=saisie,
        indisponible=page.indisponible,
        resume=summary(vitrine, vehicule=vehicule, debut=page.debut, duree=duree),
        recherche=search_form(Criteres(vehicule=vehicule)),
        plaque=read_plaque(str(saisie.valeur("immatriculation"))) if not saisie.erreur("immatriculation") else None,
        action=f"/reservation/{quote(vitrine.code_centre, safe='')}/vous",
        retour_href=back_to_slots(vitrine.code_centre, vehicule, page.debut),
        debut=write_debut(page.debut) if page.debut else "",
    )
