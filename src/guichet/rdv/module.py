"""What booking brings to the house."""

from guichet.paiements.messages import PaymentRefunded
from guichet.rdv.api import ROUTERS
from guichet.rdv.courriels import (
    MODELES,
    MODELES_ATTENTE,
    confirm_again,
    confirm_by_mail,
    remind,
    tell_cancellation,
    tell_lapse,
    tell_offer,
    tell_refund,
    tell_registered,
    tell_update,
)
from guichet.rdv.demo import fill
from guichet.rdv.messages import (
    ConfirmationRequested,
    InscriptionRegistered,
    OffreEnded,
    OffreMade,
    RdvCancelled,
    RdvCreated,
    RdvUpdated,
    ReminderDue,
)
from guichet.rdv.metier.reglages import Reservation
from guichet.rdv.pages import NAVIGATION
from guichet.rdv.pages import router as pages
from guichet.rdv.permissions import PERMISSIONS
from guichet.rdv.reactions import REACTIONS
from guichet.rdv.routines import ROUTINES
from guichet.socle.i18n import lazy
from guichet.socle.registre import Module, Reglages, deferred

MODULE = Module(
    nom="rdv",
    routers=(*ROUTERS, pages),
    reactions=(
        *REACTIONS,
        deferred(RdvCreated, confirm_by_mail),
        deferred(RdvUpdated, tell_update),
        deferred(ReminderDue, remind),
        deferred(PaymentRefunded, tell_refund),
        deferred(ConfirmationRequested, confirm_again),
        deferred(RdvCancelled, tell_cancellation),
        deferred(InscriptionRegistered, tell_registered),
        deferred(OffreMade, tell_offer),
        deferred(OffreEnded, tell_lapse),
    ),
    navigation=NAVIGATION,
    extensions={"modeles": MODELES + MODELES_ATTENTE},
    routines=ROUTINES,
    demo=fill,
    permissions=PERMISSIONS,
    reglages=(Reglages(nom="reservation", modele=Reservation, libelle=lazy("Réservation")),),
)
