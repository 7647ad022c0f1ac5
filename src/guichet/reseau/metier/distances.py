"""Distances on the earth, good to a few metres over the hundred kilometres people search in."""

from math import asin, cos, pi, radians, sin, sqrt
from typing import Final

RAYON_TERRE_KM: Final = 6371.0088
KM_PAR_DEGRE: Final = RAYON_TERRE_KM * pi / 180


def distance_km(lat_a: float, lon_a: float, lat_b: float, lon_b: float) -> float:
    """Great-circle distance (haversine formula)."""
    demi_lat, demi_lon = radians(lat_b - lat_a) / 2, radians(lon_b - lon_a) / 2
    corde = sin(demi_lat) ** 2 + cos(radians(lat_a)) * cos(radians(lat_b)) * sin(demi_lon) ** 2
    return 2 * RAYON_TERRE_KM * asin(sqrt(min(1.0, corde)))


def box_around(lat: float, lon: float, rayon_km: float) -> tuple[float, float, float, float]:
    """(lat min, lon min, lat max, lon max) that holds the whole disc; it does not wrap around the antimeridian.

    The widest part of the disc lies towards the pole, hence the cosine of its far edge.
    """
    ecart_lat = rayon_km / KM_PAR_DEGRE
    bord = min(89.0, abs(lat) + ecart_lat)
    ecart_lon = ecart_lat / cos(radians(bord))
    return lat - ecart_lat, lon - ecart_lon, lat + ecart_lat, lon + ecart_lon
