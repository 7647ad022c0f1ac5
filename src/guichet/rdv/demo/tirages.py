"""What chance decides about an appointment: what for, how it ended, where it came from. Shares of the trade, in 2023.

Source of the shares: national figures of 2023, 19 % of cars and 23 % of vans sent to a re-inspection, of which 0.74 points
for critical defects.
"""

from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Final

from guichet.rdv.metier.numero import ALPHABET, LONGUEUR
from guichet.rdv.metier.types import MotifAnnulation, Resultat, Source, Statut
from guichet.reseau.facade import Carburant, TypeControle, VehiculeType

PART_CONTRE_VISITE: Final = {VehiculeType.VU: 0.2213}
PART_CONTRE_VISITE_VOITURE: Final = 0.1826
PART_DEFAVORABLE: Final = 0.0074
PART_RETOUR: Final = 0.8
"""Of those sent to a re-inspection, how many come back to the same network."""

_SOURCES: Final = (Source.WEB, Source.CALL_CENTER, Source.MOBILE, Source.BACKOFFICE, Source.COURRIER)
_POIDS_SOURCES: Final = (62, 18, 12, 6, 2)
_NOTES: Final = (
    "Attelage démonté la veille.",
    "Je viendrai avec mon fils, c'est lui qui conduit.",
    "Merci de m'appeler si vous avez du retard.",
    "Voyant moteur allumé depuis hier.",
    "Le double de la clé est dans l'enveloppe.",
)


@dataclass(frozen=True)
class Issue:
    """How an appointment stands."""

    statut: Statut
    resultat: Resultat | None = None
    motif: MotifAnnulation | None = None


def draw_numero(rng: Random) -> str:
    """A number of the usual shape, from a stream."""
    return "RDV-" + "".join(rng.choices(ALPHABET, k=LONGUEUR))


def draw_issue(rng: Random, jour: date, aujourdhui: date, vehicule_type: VehiculeType) -> Issue:
    """What became, or will become, of an appointment."""
    sort = rng.random()
    if jour >= aujourdhui:
        return Issue(Statut.ANNULE, motif=MotifAnnulation.CLIENT) if sort < 0.05 else Issue(Statut.CONFIRME)
    if sort < 0.035:
        return Issue(Statut.ANNULE, motif=MotifAnnulation.CLIENT)
    if sort < 0.04:
        return Issue(Statut.ANNULE, motif=MotifAnnulation.CENTRE)
    if sort < 0.075:
        return Issue(Statut.ABSENT)
    return Issue(Statut.TERMINE, resultat=draw_resultat(rng, vehicule_type))


def draw_resultat(rng: Random, vehicule_type: VehiculeType) -> Resultat:
    """The outcome of a first inspection."""
    sort = rng.random()
    if sort < PART_DEFAVORABLE:
        return Resultat.DEFAVORABLE
    part = PART_CONTRE_VISITE.get(vehicule_type, PART_CONTRE_VISITE_VOITURE)
    return Resultat.CONTRE_VISITE if sort < PART_DEFAVORABLE + part else Resultat.FAVORABLE


def draw_type(rng: Random, vehicule_type: VehiculeType, carburant: Carburant, offerts: frozenset[str]) -> TypeControle:
    """What a customer comes for, among what the centre offers: mostly the periodic inspection."""
    sort = rng.random()
    if sort < 0.04 and TypeControle.CV in offerts:
        return TypeControle.CV
    pollution = vehicule_type is VehiculeType.VU and carburant is not Carburant.ELECTRIQUE
    return TypeControle.CTC if pollution and sort < 0.3 and TypeControle.CTC in offerts else TypeControle.CTP


def draw_source(rng: Random) -> Source:
    """Where a booking came from."""
    return rng.choices(_SOURCES, weights=_POIDS_SOURCES)[0]


def draw_notes(rng: Random) -> str | None:
    """A word from the customer, now and then."""
    return rng.choice(_NOTES) if rng.random() < 0.08 else None
