"""Search of centres by anybody: around a place, a postal code or a position."""

from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic_core import to_json

from guichet.identite.facade import Role
from guichet.reseau.actions.descriptions import describe_tarif
from guichet.reseau.api.commun import PREFIXE
from guichet.reseau.api.modeles import LieuReponse, RechercheReponse
from guichet.reseau.lieux import find_lieu
from guichet.reseau.metier.types import Carburant, TypeControle, VehiculeType
from guichet.reseau.metier.vues import VitrineCentre
from guichet.reseau.questions.vitrine import RAYON_MAX_KM, search_vitrine
from guichet.socle.acces import PUBLIC, CurrentAppelant
from guichet.socle.errors import Invalid
from guichet.socle.i18n import _
from guichet.socle.web import Lecture, Pagination, problemes
from guichet.socle.web.listes import build_curseur

router = APIRouter(prefix=PREFIXE, tags=["Recherche"])
RESULTATS_MAX = 1000
CHAMPS = (
    "code_centre", "nom", "adresse", "code_postal", "ville", "lat", "lon", "distance_km", "telephone", "site_web",
    "photo", "fuseau", "ouvert_jusqua", "vehicules", "prix_min", "note", "nb_avis", "reservable",
)  # fmt: skip


class Tri(StrEnum):
    """How results are sorted; the distance decides between equals."""

    DISTANCE = "distance"
    PRIX = "prix"
    NOTE = "note"


async def tenant_searched(request: Request, appelant: CurrentAppelant) -> UUID | None:
    """The tenant whose site this is, else that of somebody who works for one; None: every tenant's centres."""
    site = getattr(request.state, "tenant", None)
    if site is not None:
        return UUID(str(site.id))
    works_here = appelant.is_known and appelant.role != Role.CLIENT
    return appelant.tenant_id if works_here or not appelant.is_known else None


TenantCherche = Annotated[UUID | None, Depends(tenant_searched)]


@router.get(
    "/centres/search",
    dependencies=[PUBLIC],
    response_model=RechercheReponse,
    responses=problemes({422: ["LIEU_INCONNU", "CHAMPS_INVALIDES", "CURSEUR_INVALIDE"]}),
)
async def chercher_centres(
    *,
    session: Lecture,
    tenant_id: TenantCherche,
    page: Pagination,
    lieu: Annotated[str | None, Query(max_length=200, description="Ville, code postal ou adresse.")] = None,
    code_postal: Annotated[str | None, Query(max_length=10)] = None,
    lat: Annotated[float | None, Query(ge=-90, le=90, allow_inf_nan=False)] = None,
    lon: Annotated[float | None, Query(ge=-180, le=180, allow_inf_nan=False)] = None,
    rayon_km: Annotated[float, Query(gt=0, le=RAYON_MAX_KM, allow_inf_nan=False)] = 30.0,
    vehicule_type: VehiculeType = VehiculeType.VP,
    carburant: Carburant = Carburant.ESSENCE,
    type_controle: TypeControle = TypeControle.CTP,
    prix_max: Annotated[int | None, Query(ge=0, description="En centimes.")] = None,
    note_min: Annotated[float | None, Query(ge=0, le=5, allow_inf_nan=False)] = None,
    ouvert: Annotated[bool, Query(description="Ouverts en ce moment seulement.")] = False,
    reservable: Annotated[bool, Query(description="Réservables en ligne seulement.")] = False,
    tri: Tri = Tri.DISTANCE,
) -> Response:
    """Les centres autour d'un lieu : une position, sinon un code postal, sinon un lieu écrit en toutes lettres.

    Sur le site d'un réseau, seuls ses centres ; ailleurs, ceux de tous les réseaux.
    """
    autour = _locate(lieu, code_postal, lat, lon)
    rang = _start_of(page.apres)
    # By distance the database takes exactly the page; anything else is decided over all that is around.
    par_distance = tri is Tri.DISTANCE and prix_max is None and note_min is None and not ouvert
    trouves = await search_vitrine(
        session,
        lat=autour.lat,
        lon=autour.lon,
        rayon_km=rayon_km,
        limite=rang + page.limite + 1 if par_distance else RESULTATS_MAX,
        tenant_id=tenant_id,
        vehicule_type=vehicule_type,
        type_controle=type_controle,
        reservable=reservable,
    )
    avec_prix = [(c, c.prix(vehicule_type, carburant, type_controle)) for c in trouves]
    gardes = [
        (c, prix)
        for c, prix in avec_prix
        if (prix_max is None or (prix is not None and prix <= prix_max))
        and (note_min is None or (c.note is not None and c.note >= note_min))
        and (not ouvert or c.ouvert_jusqua is not None)
    ]
    gardes.sort(key=lambda paire: _rank(tri, *paire))
    montres = gardes[rang : rang + page.limite]
    reste = len(gardes) > rang + page.limite
    return Response(
        to_json({
            "lieu": autour,
            "rayon_km": rayon_km,
            "elements": [_show(centre, prix) for centre, prix in montres],
            "suivant": build_curseur(rang + page.limite) if reste else None,
        }),
        media_type="application/json",
    )  # fmt: skip


def _locate(lieu: str | None, code_postal: str | None, lat: float | None, lon: float | None) -> LieuReponse:
    """Where to search. Raises Invalid `LIEU_INCONNU` when the place is in no gazetteer, or none is given."""
    if lat is not None and lon is not None:
        return LieuReponse(libelle=lieu or "", lat=lat, lon=lon)
    if (lat is None) != (lon is None):
        champ = "lon" if lon is None else "lat"
        message = _("Indiquez la latitude et la longitude, ou aucune des deux.")
        raise Invalid(message, code="CHAMPS_INVALIDES", champs={champ: message})
    champ, texte = ("code_postal", code_postal) if code_postal else ("lieu", lieu)
    trouve = find_lieu(texte) if texte else None
    if trouve is None or trouve.lieu is None:
        message = (
            _("Nous ne trouvons pas « {lieu} ». Essayez un nom de ville ou un code postal.", lieu=texte)
            if texte
            else _("Indiquez une ville, un code postal ou une position.")
        )
        raise Invalid(message, code="LIEU_INCONNU", champs={champ: message})
    return LieuReponse(libelle=trouve.lieu.libelle, lat=trouve.lieu.lat, lon=trouve.lieu.lon)


def _start_of(apres: tuple[object, ...] | None) -> int:
    match apres:
        case None:
            return 0
        case (int() as rang,):
            return rang
    raise Invalid(_("Ce curseur vient d'une autre liste."), code="CURSEUR_INVALIDE")


def _rank(tri: Tri, centre: VitrineCentre, prix: int | None) -> tuple[float, float]:
    distance = centre.distance_km or 0.0
    if tri is Tri.PRIX:
        return (float("inf") if prix is None else prix, distance)
    if tri is Tri.NOTE:
        return (-(centre.note or 0.0), distance)
    return (distance, 0.0)


def _show(centre: VitrineCentre, prix: int | None) -> dict[str, Any]:
    """A `CentreTrouve`, written straight: a page of results is the largest answer of the public API."""
    return {champ: getattr(centre, champ) for champ in CHAMPS} | {
        "id": centre.centre_id,
        "horaires": {j: [{"debut": d, "fin": f} for d, f in plages] for j, plages in centre.horaires.items()},
        "types_controle": centre.types,
        "tarifs": [describe_tarif(t) for t in centre.tarifs],
        "prix": prix,
    }
