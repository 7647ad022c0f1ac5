"""What is wrong, in French: the codes of `metier` as sentences."""

from typing import Final

from guichet.reseau.metier.horaires import Anomalies
from guichet.socle.errors import Invalid
from guichet.socle.i18n import _, lazy

PHRASES: Final[dict[str, str]] = {
    "heure": lazy("Écrivez l'heure sous la forme 08:00."),
    "ordre": lazy("L'heure de fin doit être après l'heure de début."),
    "chevauchement": lazy("Cette plage chevauche une autre plage du même jour."),
    "jour": lazy("Ce jour de la semaine est inconnu : écrivez lundi, mardi, mercredi, etc."),
    "dates": lazy("La date de fin doit être le même jour que la date de début, ou après."),
    "contradiction": lazy("Cette ouverture et une fermeture portent sur les mêmes heures."),
    "trop": lazy("Une journée compte au plus huit plages."),
    "periode": lazy("Une exception dure au plus un an."),
    "controleur": lazy("Ce contrôleur est introuvable."),
    "code_postal": lazy("Écrivez un code postal français de cinq chiffres, par exemple 69003."),
    "territoire": lazy("Ce territoire est inconnu."),
    "fuseau": lazy("Ce fuseau horaire n'est pas celui d'un territoire français, par exemple Europe/Paris."),
    "position": lazy("Indiquez la latitude et la longitude : ce code postal ne suffit pas à situer le lieu."),
    "position_moitie": lazy("Indiquez la latitude et la longitude, ou aucune des deux."),
    "telephone": lazy("Ce numéro de téléphone n'est pas valable, par exemple 04 65 71 00 42."),
    "email": lazy("Cette adresse e-mail n'est pas complète, par exemple accueil@exemple.fr."),
    "site_web": lazy("Cette adresse web n'est pas valable, par exemple https://exemple.fr."),
    "photo": lazy("Indiquez un chemin qui commence par / ou une adresse https."),
    "siret": lazy("Ce numéro SIRET n'est pas valable : vérifiez ses 14 chiffres."),
    "code_centre": lazy(
        "Un code de centre compte 3 à 20 lettres, chiffres ou tirets ; 14 chiffres forment un SIRET valable."
    ),
    "agence": lazy("Cette agence est introuvable ou fermée."),
    "agence_fermee": lazy("Cette agence est fermée : rouvrez-la d'abord."),
    "centre": lazy("Ce centre est introuvable."),
    "doublon": lazy("Cette ligne en répète une autre."),
    "contre_visite": lazy(
        "Le prix d'une contre-visite s'écrit dans prix_contre_visite, sur la ligne du contrôle qu'elle suit."
    ),
    "incoherent": lazy(
        "Ce contrôle n'existe pas pour ce véhicule : le contrôle pollution concerne les VU non électriques."
    ),
    "equipement": lazy("Cet équipement est introuvable dans ce centre."),
    "habilitation": lazy("Un code d'habilitation compte au plus 30 lettres sans accent, chiffres ou tirets."),
    "validite": lazy("La fin de validité doit être le même jour que le début, ou après."),
    "requis": lazy("À renseigner."),
}
"""The sentence of each problem."""

FERIES: Final[frozenset[str]] = frozenset(
    {
        lazy("1er janvier"),
        lazy("Lundi de Pâques"),
        lazy("1er mai"),
        lazy("8 mai"),
        lazy("Ascension"),
        lazy("Lundi de Pentecôte"),
        lazy("14 juillet"),
        lazy("Assomption"),
        lazy("Toussaint"),
        lazy("11 novembre"),
        lazy("Jour de Noël"),
        lazy("Vendredi saint"),
        lazy("2ème jour de Noël"),
        lazy("Abolition de l'esclavage"),
    }
)
"""The holidays' names, here so that they are translated."""


def raise_if_any(anomalies: Anomalies) -> None:
    """Raises Invalid `CHAMPS_INVALIDES` with a sentence per field when something was found."""
    if anomalies.champs:
        champs = {champ: str(PHRASES[code]) for champ, code in anomalies.champs.items()}
        raise Invalid(_("Certains champs sont à corriger."), code="CHAMPS_INVALIDES", champs=champs)
