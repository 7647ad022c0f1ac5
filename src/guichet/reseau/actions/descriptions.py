"""A centre, an agence, an inspector in the words they are typed with: for the API, for changes, for the journal."""

from dataclasses import asdict
from typing import Any

from guichet.reseau.metier.agrements import Titre
from guichet.reseau.metier.horaires import JOURS, Semaine
from guichet.reseau.metier.plages import Plages, write_heure
from guichet.reseau.metier.tarifs import Tarif
from guichet.reseau.metier.types import VehiculeType
from guichet.reseau.metier.vues import AgenceVue, CentreVue, ControleurVue, ExceptionVue

CHAMPS_AGENCE = (
    "nom", "code", "adresse", "code_postal", "ville", "lat", "lon", "telephone", "email", "actif",
)  # fmt: skip
CHAMPS_CENTRE = (
    "agence_id", "code_centre", "siret", "nom", "adresse", "code_postal", "ville", "lat", "lon", "telephone", "email",
    "site_web", "photo", "fuseau", "capacite_journaliere", "note", "nb_avis", "actif",
)  # fmt: skip
CHAMPS_CONTROLEUR = ("nom", "prenom", "matricule", "centre_id", "actif")


def _describe_plages(plages: Plages) -> list[dict[str, str]]:
    return [{"debut": write_heure(p.debut), "fin": write_heure(p.fin)} for p in plages]


def describe_semaine(semaine: Semaine) -> dict[str, list[dict[str, str]]]:
    """Weekly hours; days of rest are left out."""
    return {jour: _describe_plages(plages) for jour, plages in zip(JOURS, semaine.jours, strict=True) if plages}


def _describe_exception(vue: ExceptionVue) -> dict[str, Any]:
    e = vue.exception
    return {
        "type": "ouverture" if e.ouverture else "fermeture",
        "du": e.du,
        "au": e.au,
        "plages": _describe_plages(e.plages),
        "motif": e.motif,
        "controleur_ids": None if e.controleurs is None else sorted(e.controleurs),
    }


def describe_agence(agence: AgenceVue) -> dict[str, Any]:
    """An agence as it is typed."""
    return {champ: getattr(agence, champ) for champ in CHAMPS_AGENCE}


def describe_tarif(tarif: Tarif) -> dict[str, Any]:
    """A price as it is typed."""
    return {
        "vehicule_type": tarif.vehicule_type.value,
        "carburant": tarif.carburant and tarif.carburant.value,
        "type_controle": tarif.type_controle.value,
        "prix": tarif.montant,
        "prix_contre_visite": tarif.contre_visite,
    }


def describe_centre(centre: CentreVue) -> dict[str, Any]:
    """A centre as it is typed, with all its parts."""
    return {champ: getattr(centre, champ) for champ in CHAMPS_CENTRE} | {
        "territoire": centre.territoire.value,
        "types_controle": [t.value for t in centre.types_controle],
        "horaires": describe_semaine(centre.horaires),
        "exceptions": [_describe_exception(e) for e in centre.exceptions],
        "tarifs": [describe_tarif(t) for t in centre.tarifs],
        "durees": [
            {
                "vehicule_type": d.vehicule_type.value,
                "carburant": d.carburant and d.carburant.value,
                "type_controle": d.type_controle.value,
                "minutes": d.minutes,
            }
            for d in centre.durees
        ],
        "equipements": [
            {
                "id": e.id,
                "nom": e.nom,
                "vehicule_types": [v.value for v in VehiculeType if v in e.vehicule_types],
                "en_service": e.en_service,
            }
            for e in centre.equipements
        ],
        "reservation": asdict(centre.reservation),
    }


def _describe_titre(titre: Titre) -> dict[str, Any]:
    return {"code": titre.code, "valide_du": titre.valide_du, "valide_au": titre.valide_au}


def describe_controleur(controleur: ControleurVue) -> dict[str, Any]:
    """An inspector as typed; the account's e-mail and phone are not repeated here."""
    return {champ: getattr(controleur, champ) for champ in CHAMPS_CONTROLEUR} | {
        "centres": [
            {
                "centre_id": t.centre_id,
                "horaires": None if t.horaires is None else describe_semaine(t.horaires),
            }
            for t in controleur.centres
        ],
        "agrements": [_describe_titre(t) for t in controleur.agrements],
        "habilitations": [_describe_titre(t) for t in controleur.habilitations],
    }
