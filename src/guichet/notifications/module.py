"""What notifications bring to the house."""

from datetime import timedelta

from guichet.identite.messages import PasswordChanged, PasswordResetRequested, SignUpRequested, UserInvited
from guichet.notifications.api import ROUTERS
from guichet.notifications.cli import application
from guichet.notifications.comptes import MODELES
from guichet.notifications.envoi import send, sweep
from guichet.notifications.messages import NotificationFailed
from guichet.notifications.pages import messages, router
from guichet.notifications.permissions import PERMISSIONS
from guichet.notifications.reactions import tell_incident, write_to_account
from guichet.notifications.reglages import ReglagesNotifications
from guichet.socle.i18n import lazy
from guichet.socle.registre import Module, Reglages, Routine, deferred

MODULE = Module(
    nom="notifications",
    routers=(*ROUTERS, router, messages),
    permissions=PERMISSIONS,
    reglages=(Reglages(nom="notifications", modele=ReglagesNotifications, libelle=lazy("Messages")),),
    jobs=(send,),
    routines=(Routine(nom="notifications.envoi", toutes=timedelta(seconds=20), action=sweep),),
    reactions=(
        *(
            deferred(event, write_to_account)
            for event in (UserInvited, PasswordResetRequested, SignUpRequested, PasswordChanged)
        ),
        deferred(NotificationFailed, tell_incident),
    ),
    cli=application,
    demo_processes=(("boite", ("notifications", "boite")),),
    extensions={"modeles": MODELES},
)
