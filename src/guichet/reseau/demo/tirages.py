"""What a centre of the demonstration is like: hours, prices, lanes, ratings, drawn from a stream of chance."""

from datetime import date, timedelta
from random import Random
from typing import Any

from guichet.reseau.metier.horaires import JOURS

_JOURNEES = (
    (("08:00", "12:00"), ("14:00", "18:00")),
    (("08:00", "12:00"), ("13:30", "18:30")),
    (("08:30", "12:30"), ("14:00", "18:30")),
    (("08:00", "18:00"),),
)
_MATINEES = (("08:00", "12:00"), ("08:30", "12:30"))


def _plages(*paires: tuple[str, str]) -> list[dict[str, str]]:
    return [{"debut": debut, "fin": fin} for debut, fin in paires]


def draw_horaires(rng: Random) -> dict[str, list[dict[str, str]]]:
    """Weekdays with a break or not, and Saturday morning three times out of four."""
    journee = rng.choice(_JOURNEES)
    semaine = {jour: _plages(*journee) for jour in JOURS[:5]}
    if rng.random() < 0.75:
        semaine["samedi"] = _plages(rng.choice(_MATINEES))
    return semaine


def draw_exceptions(rng: Random, today: date) -> list[dict[str, Any]]:
    """Early closing before Christmas and New Year, sometimes an inventory and a Saturday afternoon opened by exception."""
    exceptions: list[dict[str, Any]] = []
    for mois, jour in ((12, 24), (12, 31)):
        veille = date(today.year, mois, jour)
        if veille < today:
            veille = veille.replace(year=today.year + 1)
        exceptions.append(
            {"type": "fermeture", "du": veille, "plages": _plages(("16:00", "24:00")), "motif": "Veille de fête"}
        )
    if rng.random() < 0.3:
        exceptions.append(
            {"type": "fermeture", "du": today + timedelta(days=rng.randint(30, 80)), "motif": "Inventaire"}
        )
    if rng.random() < 0.3:
        samedi = today + timedelta(days=(5 - today.weekday()) % 7 + 14)
        exceptions.append(
            {"type": "ouverture", "du": samedi, "plages": _plages(("13:30", "17:00")), "motif": "Samedi après-midi"}
        )
    return exceptions


def draw_tarifs(rng: Random, *, deux_roues: bool) -> list[dict[str, Any]]:
    """Prices around the national medians (79 euros for a car), in cents; a re-inspection is free in one centre of four."""
    voiture = rng.choice((7190, 7490, 7690, 7900, 7990, 8200, 8490, 8800))
    reprise = rng.choice((0, 1500, 2000, 2200))
    tarifs: list[dict[str, Any]] = [
        {"vehicule_type": "VP", "prix": voiture, "prix_contre_visite": reprise},
        {"vehicule_type": "VP", "carburant": "Gaz", "prix": voiture + 2000, "prix_contre_visite": reprise},
        {"vehicule_type": "VU", "prix": voiture + 800, "prix_contre_visite": reprise},
        {"vehicule_type": "VU", "carburant": "Gaz", "prix": voiture + 2800, "prix_contre_visite": reprise},
        {"vehicule_type": "VU", "type_controle": "CTC", "prix": 4500, "prix_contre_visite": reprise},
    ]
    if deux_roues:
        moto = rng.choice((5500, 5900, 6200, 6500))
        tarifs += [
            {"vehicule_type": "Moto", "prix": moto, "prix_contre_visite": reprise},
            {"vehicule_type": "Cyclo", "prix": moto - 500, "prix_contre_visite": reprise},
        ]
    return tarifs


def draw_equipements(lignes: int, *, deux_roues: bool) -> list[dict[str, Any]]:
    """As many lanes as inspectors, so that neither is the bottleneck; one for two wheels where they are taken."""
    equipements: list[dict[str, Any]] = [
        {"nom": f"Ligne {n}", "vehicule_types": ["VP", "VU"]} for n in range(1, max(1, lignes) + 1)
    ]
    if deux_roues:
        equipements.append({"nom": "Ligne deux-roues", "vehicule_types": ["Moto", "Cyclo"]})
    return equipements


def draw_agrements(rng: Random, today: date, rang: int) -> list[dict[str, Any]]:
    """Everyone VL; every other one L, the first of each centre and some others Gaz; one in ten ends within a month."""

    def fin() -> date:
        return today + timedelta(days=rng.randint(8, 30) if rng.random() < 0.1 else rng.randint(120, 1100))

    codes = ["VL"]
    if rang % 2 == 0:
        codes.append("L")
    if rang == 0 or rng.random() < 0.25:
        codes.append("Gaz")
    return [{"code": c, "valide_du": today - timedelta(days=rng.randint(100, 900)), "valide_au": fin()} for c in codes]


def draw_travail(rng: Random, horaires: dict[str, list[dict[str, str]]]) -> dict[str, list[dict[str, str]]] | None:
    """An inspector's own week: the centre's for most, a day off for the others."""
    if rng.random() < 0.7:
        return None
    repos = rng.choice(JOURS[:5])
    return {jour: plages for jour, plages in horaires.items() if jour != repos}


def draw_note(rng: Random) -> tuple[float, int]:
    """A rating and how many gave one."""
    return round(rng.triangular(3.6, 4.9, 4.5), 1), rng.randint(18, 640)
