"""What booking brings to the house."""

from guichet.rdv.api import ROUTERS
from guichet.rdv.metier.reglages import Reservation
from guichet.rdv.permissions import PERMISSIONS
from guichet.rdv.reactions import REACTIONS
from guichet.rdv.routines import ROUTINES
from guichet.socle.i18n import lazy
from guichet.socle.registre import Module, Reglages

MODULE = Module(
    nom="rdv",
    routers=ROUTERS,
    reactions=REACTIONS,
    routines=ROUTINES,
    permissions=PERMISSIONS,
    reglages=(Reglages(nom="reservation", modele=Reservation, libelle=lazy("Réservation")),),
)
