"""What identity brings to the house."""

from datetime import timedelta

from guichet.identite.api import ROUTERS, authenticate
from guichet.identite.cli import cli
from guichet.identite.demo import accounts, fill
from guichet.identite.metier.reglages import Branding, General, Securite
from guichet.identite.permissions import PERMISSIONS
from guichet.identite.routines import purge, turn_keys
from guichet.socle.i18n import lazy
from guichet.socle.registre import Module, Reglages, Routine

MODULE = Module(
    nom="identite",
    routers=ROUTERS,
    authenticator=authenticate,
    permissions=PERMISSIONS,
    reglages=(
        Reglages(nom="general", modele=General, libelle=lazy("Général")),
        Reglages(nom="branding", modele=Branding, libelle=lazy("Apparence")),
        Reglages(nom="securite", modele=Securite, libelle=lazy("Sécurité")),
    ),
    cli=cli,
    demo=fill,
    extensions={"comptes_demo": accounts, "page_connexion": "/connexion"},
    routines=(
        Routine(nom="identite.cles", toutes=timedelta(hours=1), action=turn_keys),
        Routine(nom="identite.purge", toutes=timedelta(hours=6), action=purge),
    ),
)
