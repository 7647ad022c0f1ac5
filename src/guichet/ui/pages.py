"""The gallery, the choice of how screens are drawn, and the built files."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import FileResponse, JSONResponse, Response
from pydantic import BaseModel

from guichet.socle.acces import PUBLIC, SANS_APPELANT
from guichet.socle.errors import NotFound
from guichet.socle.i18n import LOCALES, _, current_locale, lazy
from guichet.ui.composants import COMPOSANTS, Famille
from guichet.ui.erreurs import explain
from guichet.ui.essai import read_reglages, try_component
from guichet.ui.facade import Marque, local_path, redirect, render
from guichet.ui.galerie import components_of, describe_component, sample_appelant, sample_data, sample_navigation
from guichet.ui.preferences import COOKIE, DUREE, read_affichage
from guichet.ui.statique import DOSSIER, asset_url, get_fichiers, icon_names

router = APIRouter(include_in_schema=False)

COOKIE_LANGUE = "guichet_langue"
UN_AN = "public, max-age=31536000, immutable"

TITRES: dict[Famille, str] = {
    Famille.ATOMES: lazy("Atomes"),
    Famille.MOLECULES: lazy("Molécules"),
    Famille.ORGANISMES: lazy("Organismes"),
    Famille.METIERS: lazy("Signes du métier"),
}
MARQUES: dict[str, tuple[str, float, float]] = {
    "218": ("Clairvoie", 218, 0.085),
    "150": ("Sapin", 150, 0.09),
    "318": ("Prune", 318, 0.11),
    "40": ("Brique", 40, 0.1),
}


class Demande(BaseModel):
    """How someone wants screens drawn; what is absent does not change."""

    retour: str = "/"
    theme: str | None = None
    contraste: str | None = None
    taille: str | None = None
    nav: str | None = None
    langue: str | None = None


@router.get("/ui", dependencies=[PUBLIC])
async def show_galerie(request: Request, marque: str = "218") -> Response:
    """Tokens, and the way to every component."""
    return _render(
        request, "ui/galerie/_index.html", marque, familles=_familles(), icones=icon_names(), **sample_data()
    )


@router.get("/ui/gabarits/{nom}", dependencies=[PUBLIC])
async def show_gabarit(request: Request, nom: str, marque: str = "218") -> Response:
    """A layout with an ordinary page in it."""
    if nom not in {"public", "staff", "rail", "erreur"}:
        raise NotFound(_("Ce gabarit n'existe pas."), code="GABARIT_INCONNU")
    erreur = _sample_error() if nom == "erreur" else {}
    return _render(
        request,
        f"ui/galerie/_gabarit_{nom}.html",
        marque,
        navigation=sample_navigation,
        appelant=sample_appelant(),
        **sample_data(),
        **erreur,
    )


@router.get("/ui/essai/{nom}", dependencies=[PUBLIC])
async def show_essai(request: Request, nom: str, marque: str = "218") -> Response:
    """A component drawn with the options of the address; to htmx, the drawing alone."""
    composant = COMPOSANTS.get(nom)
    if composant is None:
        raise NotFound(_("Ce composant n'existe pas."), code="COMPOSANT_INCONNU")
    reglages = read_reglages(nom, dict(request.query_params) if "essai" in request.query_params else None)
    rendu = partial(try_component, nom, reglages)  # drawn within the page: its nonce is then known
    return _render(
        request, "ui/galerie/_essai.html", marque, bloc="rendu", composant=composant, reglages=reglages, rendu=rendu
    )


@router.get("/ui/{famille}", dependencies=[PUBLIC])
async def show_famille(request: Request, famille: str, marque: str = "218") -> Response:
    """The components of a family: every variant and state, their markup, their options."""
    if famille not in set(Famille):
        raise NotFound(_("Cette famille de composants n'existe pas."), code="FAMILLE_INCONNUE")
    choisie = Famille(famille)
    return _render(
        request,
        "ui/galerie/_famille.html",
        marque,
        famille=choisie,
        titre=str(TITRES[choisie]),
        composants=components_of(choisie),
        fiche=describe_component,
        familles=_familles(),
    )


@router.get("/preferences", dependencies=[PUBLIC])
async def show_preferences(request: Request, retour: str = "/") -> Response:
    """The same choices as at the foot of every page, on a page of their own."""
    return render(request, "ui/preferences.html", retour=local_path(retour))


@router.post("/preferences", dependencies=[PUBLIC])
async def set_preferences(request: Request, demande: Annotated[Demande, Form()]) -> Response:
    """Keep how this person wants screens drawn and in which language, then go back. Unknown values change nothing."""
    choices = {k: v for k, v in demande.model_dump(exclude={"retour", "langue"}).items() if v is not None}
    choisi = read_affichage(request.cookies.get(COOKIE)).with_choices(**choices)
    response = redirect(request, local_path(demande.retour))
    options: dict[str, Any] = {"path": "/", "samesite": "lax", "secure": request.url.scheme == "https"}
    if cookie := choisi.to_cookie():
        response.set_cookie(COOKIE, cookie, max_age=DUREE, **options)
    else:
        response.delete_cookie(COOKIE, path="/")
    if demande.langue in LOCALES:
        response.set_cookie(COOKIE_LANGUE, demande.langue, max_age=DUREE, **options)
    return response


@router.api_route("/static/{nom}", methods=["GET", "HEAD"], dependencies=[SANS_APPELANT])
async def send_static(request: Request, nom: str) -> Response:
    """A built file, in the lightest form the client takes. Names change with contents: kept for a year."""
    fichier = get_fichiers().get(nom)
    if fichier is None:
        raise NotFound(_("Ce fichier n'existe pas."), code="FICHIER_INCONNU")
    chemin, codage = fichier.for_codings(request.headers.get("Accept-Encoding", ""))
    headers = {"Cache-Control": UN_AN, "Vary": "Accept-Encoding"}
    if codage:
        headers["Content-Encoding"] = codage
    return FileResponse(chemin, media_type=fichier.type, headers=headers)


@router.get("/manifest.webmanifest", dependencies=[PUBLIC])
async def send_manifest(request: Request) -> Response:
    """What a telephone needs to keep the site among its applications, in the name and colours of the tenant."""
    marque: Marque = getattr(request.state, "marque", None) or Marque()
    icones = [
        {"src": asset_url("icone.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": "any"},
        {"src": asset_url("icone-masque.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": "maskable"},
    ]
    return JSONResponse(
        {
            "id": marque.accueil,
            "name": marque.nom,
            "short_name": marque.nom[:12],
            "lang": current_locale(),
            "start_url": marque.accueil,
            "scope": "/",
            "display": "standalone",
            "theme_color": marque.couleur_claire,
            "background_color": marque.couleur_claire,
            "icons": icones,
        },
        media_type="application/manifest+json",
        headers={"Cache-Control": "private, max-age=3600", "Vary": "Cookie, Accept-Language"},
    )


@router.get("/favicon.ico", dependencies=[SANS_APPELANT])
async def send_favicon() -> Response:
    """The icon, for clients that ask for it without reading the page."""
    return FileResponse(DOSSIER.parent / "images" / "icone.svg", media_type="image/svg+xml")


def _sample_error() -> dict[str, Any]:
    dit = explain(404)
    return {
        "titre": str(dit.titre),
        "message": _("Nous n'avons rien trouvé à cette adresse."),
        "sauf": str(dit.sauf),
        "dessin_erreur": dit.icone,
        "champs": {},
        "actions": [(_("Revenir à l'accueil"), "/", "principal")],
        "reference": "K7M4-2PXN",
    }


def _familles() -> list[dict[str, Any]]:
    return [
        {"code": f.value, "titre": str(TITRES[f]), "composants": [(c.nom, str(c.dit)) for c in components_of(f)]}
        for f in Famille
    ]


def _render(request: Request, template: str, marque: str, **context: Any) -> Response:
    nom, teinte, chroma = MARQUES.get(marque, MARQUES["218"])
    request.state.marque = Marque(nom=nom, sous_titre=_("Contrôle technique"), brand_h=teinte, brand_c=chroma)
    return render(
        request,
        template,
        marques=[(code, *reste) for code, reste in MARQUES.items()],
        marque_choisie=marque if marque in MARQUES else "218",
        **context,
    )
