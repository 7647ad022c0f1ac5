"""Single values of the official file, as they are really written."""

import re
from datetime import date
from typing import Final

from guichet.reseau.metier.identifiants import siret_valide
from guichet.reseau.metier.tarifs import MONTANT_MAX

_NOMBRE: Final = re.compile(r"-?\d+(?:\.\d+)?")
_DATE: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ].*)?")
_ESPACES: Final = re.compile(r"[\s\u00a0\u202f]+")
# Every French territory, oceans included.
_LAT: Final = (-28.0, 52.0)
_LON: Final = (-180.0, 180.0)


class ValeurRefusee(ValueError):
    """The value cannot be used; the message says why in French."""


def read_siret(texte: str) -> str:
    """Fourteen digits with a valid key. Raises `ValeurRefusee`."""
    siret = _ESPACES.sub("", texte)
    if not siret:
        raise ValeurRefusee("SIRET absent")
    if "E+" in siret.upper():
        raise ValeurRefusee("SIRET abîmé par un tableur (notation scientifique)")
    if not (siret.isascii() and siret.isdigit() and len(siret) == 14):
        raise ValeurRefusee("un SIRET a 14 chiffres")
    if not siret_valide(siret):
        raise ValeurRefusee("clé de contrôle du SIRET fausse")
    return siret


def read_nombre(texte: str) -> float | None:
    """A decimal number with a point or a comma, None when empty. Raises `ValeurRefusee`."""
    propre = _ESPACES.sub("", texte).replace(",", ".").removesuffix("€")
    if not propre:
        return None
    if not _NOMBRE.fullmatch(propre):
        raise ValeurRefusee("ce n'est pas un nombre")
    return float(propre)


def read_prix(texte: str) -> int | None:
    """Cents, None when empty or zero: not published. Raises `ValeurRefusee`."""
    nombre = read_nombre(texte)
    if not nombre:
        return None
    centimes = int(nombre * 100 + 0.5)
    if not 0 < centimes <= MONTANT_MAX:
        raise ValeurRefusee("prix invraisemblable")
    return centimes


def read_position(latitude: str, longitude: str, point: str = "") -> tuple[float, float] | None:
    """Degrees, from two columns or from one "lat, lon"; None when absent. Raises `ValeurRefusee`."""
    if not latitude and not longitude and point:
        latitude, _virgule, longitude = point.strip("[]{}() ").partition(",")
    lat, lon = read_nombre(latitude), read_nombre(longitude)
    if lat is None and lon is None:
        return None
    if lat is None or lon is None:
        raise ValeurRefusee("il manque une des deux coordonnées")
    if lat == 0 and lon == 0:
        return None
    if not (_LAT[0] <= lat <= _LAT[1] and _LON[0] <= lon <= _LON[1]):
        raise ValeurRefusee("position hors de tout territoire français")
    return lat, lon


def read_date(texte: str, aujourdhui: date) -> date | None:
    """A plausible ISO date, None for anything else: a wrong date only loses its place among the newest."""
    trouve = _DATE.fullmatch(texte)
    if not trouve:
        return None
    try:
        jour = date(int(trouve[1]), int(trouve[2]), int(trouve[3]))
    except ValueError:
        return None
    return jour if date(2000, 1, 1) <= jour <= aujourdhui else None
