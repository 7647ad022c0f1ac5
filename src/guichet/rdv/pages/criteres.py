"""What a visitor looks for, as the address says it: read with tolerance, written back the same."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from guichet.rdv import mots
from guichet.reseau.facade import Carburant, TypeControle, VehiculeType, types_controle_possibles

RAYONS: Final = (10, 20, 30, 50, 100)
RAYON: Final = 30
TRIS: Final = ("heure", "distance", "prix", "note")
MOMENTS: Final = ("matin", "midi", "soir", "samedi")
LONGUEUR_LIEU: Final = 100


@dataclass(frozen=True, kw_only=True)
class Vehicule:
    """What is inspected and how: the three choices that decide durations and prices."""

    vehicule_type: VehiculeType = VehiculeType.VP
    carburant: Carburant = Carburant.ESSENCE
    type_controle: TypeControle = TypeControle.CTP

    @property
    def phrase(self) -> str:
        """`Contrôle périodique, voiture`."""
        return mots.controle_et_vehicule(self.type_controle, self.vehicule_type)

    @property
    def is_coherent(self) -> bool:
        """Does such an inspection exist for such a vehicle?"""
        return self.type_controle in types_controle_possibles(self.vehicule_type, self.carburant)

    @property
    def parametres(self) -> dict[str, str]:
        """As they are written in an address, the usual ones left out."""
        usuel = Vehicule()
        tous = {
            "vehicule_type": (self.vehicule_type, usuel.vehicule_type),
            "carburant": (self.carburant, usuel.carburant),
            "type_controle": (self.type_controle, usuel.type_controle),
        }
        return {nom: choisi.value for nom, (choisi, defaut) in tous.items() if choisi is not defaut}


@dataclass(frozen=True, kw_only=True)
class Criteres:
    """A search. `jour` None means as soon as possible; `moment`, `prix_max` (euros), `note_min` narrow the list."""

    lieu: str = ""
    lat: float | None = None
    lon: float | None = None
    jour: date | None = None
    vehicule: Vehicule = field(default_factory=Vehicule)
    rayon: int = RAYON
    tri: str = "heure"
    moment: str = ""
    prix_max: int | None = None
    note_min: int | None = None

    def address(self, chemin: str = "/recherche", **changements: Any) -> str:
        """The address of this search with some choices changed."""
        autre = replace(self, **changements)
        return f"{chemin}?{urlencode(autre.parametres())}"

    def parametres(self) -> dict[str, str]:
        """Every choice that is not the usual one, as text, in a stable order."""
        tous: dict[str, Any] = {
            "lieu": self.lieu,
            "lat": self.lat,
            "lon": self.lon,
            "date": self.jour.isoformat() if self.jour else None,
            **self.vehicule.parametres,
            "rayon": self.rayon if self.rayon != RAYON else None,
            "tri": self.tri if self.tri != "heure" else None,
            "moment": self.moment,
            "prix_max": self.prix_max,
            "note_min": self.note_min,
        }
        return {nom: str(valeur) for nom, valeur in tous.items() if valeur not in (None, "")}

    @property
    def du(self) -> date | None:
        """The first day wanted."""
        return self.jour


def read_vehicule(parametres: Any) -> Vehicule:
    """The three choices of an address or a form; what is unknown is the usual one."""
    return Vehicule(
        vehicule_type=_among(VehiculeType, parametres.get("vehicule_type"), VehiculeType.VP),
        carburant=_among(Carburant, parametres.get("carburant"), Carburant.ESSENCE),
        type_controle=_among(TypeControle, parametres.get("type_controle"), TypeControle.CTP),
    )


def read_criteres(parametres: Any, *, aujourdhui: date) -> Criteres:
    """The search of an address. What cannot be read is left out: a link cut short still opens a page.

    `quand` is the choice of the form without script: `tot` forgets the date, `jour` is today.
    """
    jour = read_day(parametres.get("date"))
    match parametres.get("quand"):
        case "tot":
            jour = None
        case "jour":
            jour = aujourdhui
        case _:
            pass
    lat, lon = _read_float(parametres.get("lat"), 90), _read_float(parametres.get("lon"), 180)
    rayon = _read_int(parametres.get("rayon")) or RAYON
    tri, moment = parametres.get("tri", ""), parametres.get("moment", "")
    return Criteres(
        lieu=" ".join((parametres.get("lieu") or "").split())[:LONGUEUR_LIEU],
        lat=lat if lon is not None else None,
        lon=lon if lat is not None else None,
        jour=jour,
        vehicule=read_vehicule(parametres),
        rayon=max(1, min(rayon, RAYONS[-1])),
        tri=tri if tri in TRIS else TRIS[0],
        moment=moment if moment in MOMENTS else "",
        prix_max=_read_int(parametres.get("prix_max")),
        note_min=_read_int(parametres.get("note_min")),
    )


def monday(jour: date) -> date:
    """The Monday of a day's week."""
    return jour - timedelta(days=jour.weekday())


def _among(enumeration: Any, texte: str | None, defaut: Any) -> Any:
    return enumeration(texte) if texte in set(enumeration) else defaut


def read_day(texte: str | None) -> date | None:
    """A day of an address; None when it is not one."""
    try:
        return date.fromisoformat(texte) if texte else None
    except ValueError:
        return None


def _read_int(texte: str | None) -> int | None:
    return int(texte) if texte and texte.isdecimal() and texte.isascii() and len(texte) <= 6 else None


def _read_float(texte: str | None, borne: float) -> float | None:
    try:
        valeur = float(texte or "")
    except ValueError:
        return None
    return valeur if -borne <= valeur <= borne else None
