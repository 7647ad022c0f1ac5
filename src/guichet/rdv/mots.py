"""The plain words people read for the codes of the domain. Each is a sentence of the catalogue, said in their language."""

from typing import Final

from guichet.socle.i18n import _, lazy, ngettext, pgettext

VEHICULES: Final = {
    "VP": lazy("Voiture"),
    "VU": lazy("Utilitaire"),
    "Moto": lazy("Moto, scooter"),
    "Cyclo": lazy("Cyclomoteur"),
}
CARBURANTS: Final = {
    "Essence": lazy("Essence"),
    "Diesel": lazy("Diesel"),
    "Hybride": lazy("Hybride"),
    "Electrique": lazy("Électrique"),
    "Gaz": lazy("Gaz"),
}
CONTROLES: Final = {
    "CTP": lazy("Contrôle périodique"),
    "CVP": lazy("Contre-visite"),
    "CV": lazy("Contrôle volontaire"),
    "CTC": lazy("Contrôle pollution"),
    "CVC": lazy("Contre-visite pollution"),
}
EXPLICATIONS: Final = {
    "CTP": lazy("Le contrôle obligatoire, tous les 2 ans pour une voiture."),
    "CVP": lazy("Après un contrôle refusé, dans les 2 mois, une fois les réparations faites."),
    "CV": lazy("Quand vous voulez un avis, sans obligation, par exemple avant un achat."),
    "CTC": lazy("Entre deux contrôles périodiques, pour un utilitaire qui n'est pas électrique."),
    "CVC": lazy("Après un contrôle pollution refusé."),
}
STATUTS: Final = {
    "en_attente_paiement": lazy("À payer"),
    "confirme": lazy("Confirmé"),
    "en_cours": lazy("En cours"),
    "termine": lazy("Terminé"),
    "absent": lazy("Absent"),
    "annule": lazy("Annulé"),
}


def controle_et_vehicule(type_controle: str, vehicule_type: str) -> str:
    """`Contrôle périodique, voiture`."""
    return f"{CONTROLES[type_controle]}, {vehicule_en_phrase(vehicule_type)}"


def vehicule_en_phrase(vehicule_type: str) -> str:
    """The vehicle inside a sentence, without a capital."""
    return {
        "VP": pgettext("dans une phrase", "voiture"),
        "VU": pgettext("dans une phrase", "utilitaire"),
        "Moto": pgettext("dans une phrase", "moto ou scooter"),
        "Cyclo": pgettext("dans une phrase", "cyclomoteur"),
    }[vehicule_type]


def rang_liste(position: int) -> str:
    """A rank on the waiting list, 1 being next, in a sentence."""
    if position == 1:
        return _("Vous êtes en tête de la liste.")
    return ngettext("{n} personne est avant vous.", "{n} personnes sont avant vous.", position - 1)
