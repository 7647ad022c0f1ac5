"""The results: centres around a place with their next free hours, as a list and on a map; places while one types."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from statistics import median_high
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from markupsafe import Markup

from guichet.rdv import mots
from guichet.rdv.facade import CentreTrouve, CreneauVue, Endroit, search_disponibilites
from guichet.rdv.pages.accueil import COOKIE_LIEU
from guichet.rdv.pages.commun import PARIS, search_form, to_controle, to_libre
from guichet.rdv.pages.criteres import RAYONS, Criteres, read_criteres
from guichet.rdv.pages.presentation import centre_card
from guichet.rdv.pages.vues import CarteCentreVue, FiltreVue, LienVue, ResultatsVue
from guichet.reseau.facade import Lieu, PointCarte, ResultatLieu, draw_carte, find_lieu, nearest, search_lieux
from guichet.socle.acces import PUBLIC
from guichet.socle.horloge import now, today
from guichet.socle.i18n import _, format_date, lazy, ngettext
from guichet.socle.web import Lecture
from guichet.ui.facade import render

router = APIRouter()

JOURS: Final = 7
JOURS_AU_PLUS_TOT: Final = 14
PROCHAINS_FILTRES: Final = 200
LIMITE: Final = 30
SOIR, MATIN = 17, 12
TRIS: Final = {
    "heure": lazy("Première heure libre"),
    "distance": lazy("Distance"),
    "prix": lazy("Prix"),
    "note": lazy("Note"),
}
_TRI_MOTEUR: Final = {"heure": "date", "distance": "distance", "prix": "prix", "note": "note"}
_MOMENTS: Final = {"matin": lazy("Le matin"), "soir": lazy("Après 17 h"), "samedi": lazy("Le samedi")}
TROIS_MOIS: Final = 90 * 24 * 3600


@router.get("/lieux", dependencies=[PUBLIC])
async def suggest_lieux(q: str = "") -> Response:
    """Places while one types, for the search field."""
    lieux = search_lieux(q[:100], 8) if q.strip() else []
    reponse = [{"libelle": lieu.libelle, "detail": _place_detail(lieu), "valeur": lieu.libelle} for lieu in lieux]
    return JSONResponse(reponse, headers={"Cache-Control": "public, max-age=3600"})


def _place_detail(lieu: Lieu) -> str:
    return lieu.nom_departement


@router.get("/recherche", dependencies=[PUBLIC])
async def show_recherche(request: Request, session: Lecture) -> Response:
    """The results of the search in the address; every part of it may be missing."""
    aujourdhui = today(PARIS)
    criteres = read_criteres(request.query_params, aujourdhui=aujourdhui)
    endroit, trouve = _find_place(criteres)
    if endroit is None:
        vue = _nowhere(criteres)
        erreur = vue.vide if criteres.lieu else ""
        return render(request, "rdv/recherche.html", v=vue, recherche=search_form(criteres, erreur_lieu=erreur))
    passe = criteres.jour is not None and criteres.jour < aujourdhui
    cherches = replace(criteres, jour=None) if passe else criteres
    if not criteres.vehicule.is_coherent:
        vue = _impossible(criteres, endroit)
    else:
        du = cherches.jour or aujourdhui
        trouves = await search_disponibilites(
            session,
            endroit=endroit,
            du=du,
            au=du + timedelta(days=(JOURS if cherches.jour else JOURS_AU_PLUS_TOT) - 1),
            rayon_km=cherches.rayon,
            controle=to_controle(cherches.vehicule),
            tri=_TRI_MOTEUR[cherches.tri],
            limite=LIMITE,
            **({"prochains": PROCHAINS_FILTRES} if cherches.moment else {}),
        )
        vue = results_view(
            trouves.centres, criteres=cherches, endroit=endroit, trouve=trouve, maintenant=now(), passe=passe
        )
    reponse = render(request, "rdv/recherche.html", v=vue, recherche=search_form(cherches))
    if trouve.lieu is not None:
        reponse.set_cookie(
            COOKIE_LIEU,
            f"{trouve.lieu.code_postal}",
            max_age=TROIS_MOIS,
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )
    return reponse


def _find_place(criteres: Criteres) -> tuple[Endroit | None, ResultatLieu]:
    """The place meant: a position first, else the text."""
    if criteres.lat is not None and criteres.lon is not None:
        proche = nearest(criteres.lat, criteres.lon)
        nom = criteres.lieu or (proche.libelle if proche else "")
        return Endroit(lat=criteres.lat, lon=criteres.lon, nom=nom), ResultatLieu(None, ())
    trouve = find_lieu(criteres.lieu) if criteres.lieu else ResultatLieu(None, ())
    if trouve.lieu is None:
        return None, trouve
    lieu = trouve.lieu
    return Endroit(lat=lieu.lat, lon=lieu.lon, nom=lieu.libelle), trouve


def results_view(
    trouves: Sequence[CentreTrouve],
    *,
    criteres: Criteres,
    endroit: Endroit,
    trouve: ResultatLieu,
    maintenant: datetime,
    passe: bool = False,
) -> ResultatsVue:
    """The page of results from what the engine found."""
    filtres = _filters(trouves, criteres)
    gardes = [t for t in (_narrow(t, criteres) for t in trouves) if t is not None]
    cartes = tuple(
        centre_card(
            t.vitrine,
            [to_libre(c) for c in t.creneaux],
            rang=rang,
            criteres=criteres,
            maintenant=maintenant,
            raison=t.raison_vide.value if t.raison_vide else "",
        )
        for rang, t in enumerate(gardes, start=1)
    )
    nom = (endroit.nom or "").partition(" (")[0] or _("votre position")
    titre = ngettext("{n} centre autour de {lieu}", "{n} centres autour de {lieu}", len(cartes), lieu=nom)
    if not cartes:
        titre = _("Aucun centre autour de {lieu}", lieu=nom)
    return ResultatsVue(
        titre=titre,
        precision=_when(criteres, passe=passe),
        filtres=filtres,
        tris=tuple((cle, str(texte)) for cle, texte in TRIS.items()),
        tri=criteres.tri,
        cartes=cartes,
        carte=_map(gardes, cartes, criteres, endroit, nom) if cartes else None,
        legende=None,
        suggestions=tuple(
            LienVue(texte=lieu.libelle, href=criteres.address(lieu=lieu.libelle)) for lieu in _homonyms(trouve)
        ),
        corrige=_("Nous avons compris « {lieu} ».", lieu=trouve.lieu.libelle) if trouve.corrige and trouve.lieu else "",
        plus_loin=_further(criteres),
        vide=_("Rien ne correspond à {rayon} km à la ronde avec ces choix.", rayon=criteres.rayon),
        vide_actions=tuple(a for a in (_further(criteres), _without_filters(criteres)) if a),
    )


def _when(criteres: Criteres, *, passe: bool) -> str:
    precision = criteres.vehicule.phrase
    if passe:
        return _("{quoi}. Le jour demandé est passé : voici à partir d'aujourd'hui.", quoi=precision)
    if criteres.jour is None:
        return precision
    return _("{quoi}, à partir du {jour}", quoi=precision, jour=format_date(criteres.jour, "jour"))


def _narrow(trouve: CentreTrouve, criteres: Criteres) -> CentreTrouve | None:
    """The centre with the hours that pass the filters; None when the centre itself does not."""
    if criteres.prix_max is not None and (
        trouve.montant_cents is None or trouve.montant_cents > criteres.prix_max * 100
    ):
        return None
    if criteres.note_min is not None and (trouve.vitrine.note is None or trouve.vitrine.note < criteres.note_min):
        return None
    if not criteres.moment:
        return trouve
    creneaux = tuple(c for c in trouve.creneaux if _suits(c, criteres.moment))
    return replace(trouve, creneaux=creneaux) if creneaux else None


def _suits(creneau: CreneauVue, moment: str) -> bool:
    local = creneau.debut_local
    match moment:
        case "matin":
            return local.hour < MATIN
        case "soir":
            return local.hour >= SOIR
        case _:
            return local.weekday() == 5


def _filters(trouves: Sequence[CentreTrouve], criteres: Criteres) -> tuple[FiltreVue, ...]:
    filtres = [
        FiltreVue(texte=_("{n} km", n=rayon), href=criteres.address(rayon=rayon), actif=criteres.rayon == rayon)
        for rayon in sorted({10, 30, 50, criteres.rayon})
    ]
    prix = sorted({t.montant_cents for t in trouves if t.montant_cents})
    seuil = criteres.prix_max or (-(-median_high(prix) // 500) * 5 if len(prix) > 1 else None)
    if seuil:
        actif = criteres.prix_max is not None
        filtres.append(
            FiltreVue(
                texte=_("{n} € au plus", n=seuil),
                href=criteres.address(prix_max=None if actif else seuil),
                actif=actif,
                icone="euro",
            )
        )
    for moment, texte in _MOMENTS.items():
        actif = criteres.moment == moment
        filtres.append(FiltreVue(texte=str(texte), href=criteres.address(moment="" if actif else moment), actif=actif))
    actif = criteres.note_min is not None
    filtres.append(
        FiltreVue(
            texte=_("Note de 4 et plus"),
            href=criteres.address(note_min=None if actif else 4),
            actif=actif,
            icone="star",
        )
    )
    return tuple(filtres)


def _map(
    trouves: Sequence[CentreTrouve], cartes: Sequence[CarteCentreVue], criteres: Criteres, endroit: Endroit, nom: str
) -> Markup:
    points = [
        PointCarte(
            lat=t.vitrine.lat,
            lon=t.vitrine.lon,
            titre=_point_title(c),
            numero=c.rang,
            href=f"#c{c.rang}",
            plein=c.etat != "libre",
        )
        for t, c in zip(trouves, cartes, strict=True)
    ]
    return draw_carte(
        lat=endroit.lat,
        lon=endroit.lon,
        rayon_km=criteres.rayon,
        points=points,
        titre=_("Carte des centres autour de {lieu}. La liste dit la même chose.", lieu=nom),
        depart=_("Votre point de départ, {lieu}", lieu=nom),
    )


def _point_title(carte: CarteCentreVue) -> str:
    etat = {"libre": carte.jour, "complet": carte.raison, "hors_ligne": _("sans réservation en ligne")}[carte.etat]
    return f"{carte.rang}. {carte.nom}, {etat}"


def _homonyms(trouve: ResultatLieu) -> Sequence[Lieu]:
    """Other places worth offering: those of the same name; near names only when the text was corrected."""
    if trouve.lieu is None:
        return ()
    if trouve.corrige:
        return trouve.suggestions[:4]
    return [lieu for lieu in trouve.suggestions if lieu.nom == trouve.lieu.nom][:4]


def _further(criteres: Criteres) -> LienVue | None:
    plus = next((rayon for rayon in RAYONS if rayon > criteres.rayon), None)
    if plus is None:
        return None
    return LienVue(texte=_("Élargir à {n} km", n=plus), href=criteres.address(rayon=plus))


def _without_filters(criteres: Criteres) -> LienVue | None:
    if not (criteres.moment or criteres.prix_max or criteres.note_min):
        return None
    return LienVue(texte=_("Retirer les filtres"), href=criteres.address(moment="", prix_max=None, note_min=None))


def _nowhere(criteres: Criteres) -> ResultatsVue:
    """No place, or one nobody knows."""
    inconnu = bool(criteres.lieu)
    return _empty(
        titre=_("Nous ne trouvons pas « {lieu} »", lieu=criteres.lieu)
        if inconnu
        else _("Où cherchez-vous un centre ?"),
        texte=_("Vérifiez l'orthographe, ou essayez un code postal ou une ville voisine.")
        if inconnu
        else _("Écrivez une ville, un code postal ou une adresse."),
        criteres=criteres,
    )


def _impossible(criteres: Criteres, endroit: Endroit) -> ResultatsVue:
    """An inspection that does not exist for such a vehicle."""
    usuel = replace(
        criteres, vehicule=replace(criteres.vehicule, type_controle=type(criteres.vehicule.type_controle).CTP)
    )
    return _empty(
        titre=_("Ce contrôle n'existe pas pour ce véhicule"),
        texte=str(mots.EXPLICATIONS[criteres.vehicule.type_controle]),
        criteres=criteres,
        actions=(LienVue(texte=_("Chercher un contrôle périodique"), href=usuel.address(lieu=endroit.nom or "")),),
    )


def _empty(*, titre: str, texte: str, criteres: Criteres, actions: tuple[LienVue, ...] = ()) -> ResultatsVue:
    return ResultatsVue(
        titre=titre,
        precision=criteres.vehicule.phrase,
        filtres=(),
        tris=(),
        tri=criteres.tri,
        cartes=(),
        carte=None,
        legende=None,
        vide=texte,
        vide_actions=actions,
    )
