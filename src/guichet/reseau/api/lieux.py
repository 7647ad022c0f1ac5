"""The public search of places: JSON, no database, no tenant."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from guichet.reseau.lieux import Lieu, TypeLieu, nearest, search_lieux
from guichet.reseau.lieux.recherche import LONGUEUR_MAX
from guichet.socle.acces import PUBLIC

# Communes change once a year: browsers and proxies may keep answers for a day.
_CACHE = "public, max-age=86400"


class LieuReponse(BaseModel):
    """Un lieu : commune, arrondissement ou ancienne commune."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "libelle": "Lyon 3e (69003)", "nom": "Lyon 3e", "code_insee": "69383", "code_postal": "69003",
                    "codes_postaux": ["69003"], "departement": "69", "nom_departement": "Rhône",
                    "region": "Auvergne-Rhône-Alpes", "lat": 45.7612, "lon": 4.8518, "population": 100679,
                    "approximatif": False, "type": "arrondissement",
                }
            ]
        }
    )  # fmt: skip

    libelle: str = Field(description="Retrouve exactement ce lieu quand on le cherche")
    nom: str
    code_insee: str
    code_postal: str = Field(description="Celui qui a été cherché, sinon le premier")
    codes_postaux: list[str]
    departement: str
    nom_departement: str
    region: str
    lat: float
    lon: float
    population: int
    approximatif: bool = Field(description="Position déduite des communes voisines")
    type: TypeLieu


class LieuxReponse(BaseModel):
    """Les lieux trouvés, le plus probable d'abord."""

    lieux: list[LieuReponse]


def _write(lieu: Lieu) -> LieuReponse:
    return LieuReponse.model_validate(
        {champ: getattr(lieu, champ) for champ in LieuReponse.model_fields}, from_attributes=False
    )


def build_router() -> APIRouter:
    """The routes of places."""
    router = APIRouter(prefix="/api/v1", tags=["Recherche"], dependencies=[PUBLIC])

    @router.get("/lieux", summary="Chercher un lieu")
    async def lieux(
        response: Response,
        q: Annotated[
            str,
            Query(
                max_length=LONGUEUR_MAX,
                description="Nom ou début de nom, code postal, département, ou un nom avec l'un d'eux",
                examples=["lyon 3e"],
            ),
        ] = "",
        limite: Annotated[int, Query(ge=1, le=20)] = 8,
    ) -> LieuxReponse:
        """Accents, majuscules et tirets sont indifférents ; une faute de frappe est pardonnée."""
        response.headers["Cache-Control"] = _CACHE
        return LieuxReponse(lieux=[_write(lieu) for lieu in search_lieux(q, limite)])

    @router.get("/lieux/proche", summary="Le lieu le plus proche d'une position")
    async def lieu_proche(
        response: Response,
        lat: Annotated[float, Query(ge=-90, le=90, allow_inf_nan=False, examples=[45.76])],
        lon: Annotated[float, Query(ge=-180, le=180, allow_inf_nan=False, examples=[4.85])],
    ) -> LieuxReponse:
        """La liste est vide loin de la France."""
        response.headers["Cache-Control"] = "no-store"
        lieu = nearest(lat, lon)
        return LieuxReponse(lieux=[_write(lieu)] if lieu else [])

    return router
