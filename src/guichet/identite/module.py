"""What identity brings to the house."""

from guichet.identite.metier.reglages import Branding, General, Securite
from guichet.identite.permissions import PERMISSIONS
from guichet.socle.i18n import lazy
from guichet.socle.registre import Module, Reglages

MODULE = Module(
    nom="identite",
    permissions=PERMISSIONS,
    reglages=(
        Reglages(nom="general", modele=General, libelle=lazy("Général")),
        Reglages(nom="branding", modele=Branding, libelle=lazy("Apparence")),
        Reglages(nom="securite", modele=Securite, libelle=lazy("Sécurité")),
    ),
)
