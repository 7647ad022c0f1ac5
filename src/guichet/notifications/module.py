"""What notifications bring to the house."""

from datetime import timedelta

from guichet.notifications.comptes import MODELES
from guichet.notifications.envoi import send, sweep
from guichet.notifications.pages import router
from guichet.notifications.permissions import PERMISSIONS
from guichet.notifications.reglages import ReglagesNotifications
from guichet.socle.i18n import lazy
from guichet.socle.registre import Module, Reglages, Routine

MODULE = Module(
    nom="notifications",
    routers=(router,),
    permissions=PERMISSIONS,
    reglages=(Reglages(nom="notifications", modele=ReglagesNotifications, libelle=lazy("Messages")),),
    jobs=(send,),
    routines=(Routine(nom="notifications.envoi", toutes=timedelta(seconds=20), action=sweep),),
    extensions={"modeles": MODELES},
)
