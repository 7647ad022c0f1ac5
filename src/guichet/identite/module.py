"""What identity brings to the house."""

from datetime import timedelta

from guichet.identite.api import ROUTERS, authenticate
from guichet.identite.cli import cli
from guichet.identite.demo import accounts, fill
from guichet.identite.metier.reglages import Branding, General, Securite
from guichet.identite.pages import ROUTERS as PAGES
from guichet.identite.permissions import PERMISSIONS
from guichet.identite.routines import purge, turn_keys
from guichet.socle.i18n import lazy
from guichet.socle.registre import Module, NavEntry, Reglages, Routine

MODULE = Module(
    nom="identite",
    routers=(*ROUTERS, *PAGES),
    authenticator=authenticate,
    permissions=PERMISSIONS,
    reglages=(
        Reglages(nom="general", modele=General, libelle=lazy("Général")),
        Reglages(nom="branding", modele=Branding, libelle=lazy("Apparence")),
        Reglages(nom="securite", modele=Securite, libelle=lazy("Sécurité")),
    ),
    cli=cli,
    demo=fill,
    navigation=(
        NavEntry(portail="public", libelle=lazy("Mon compte"), url="/compte", icone="user", ordre=90),
        NavEntry(portail="pied", libelle=lazy("Se connecter"), url="/connexion", icone="log-in", ordre=90),
        NavEntry(portail="compte", libelle=lazy("Sécurité"), url="/compte/securite", icone="shield-check", ordre=80),
        NavEntry(
            portail="compte",
            libelle=lazy("Agir dans un réseau"),
            court=lazy("Réseau"),
            url="/compte/reseau",
            icone="building-2",
            permission="plateforme:agir",
            ordre=85,
        ),
        NavEntry(
            portail="compte",
            libelle=lazy("Se déconnecter"),
            court=lazy("Quitter"),
            url="/deconnexion",
            icone="log-out",
            ordre=99,
        ),
    ),
    extensions={"comptes_demo": accounts, "page_connexion": "/connexion", "connexion": "/connexion"},
    routines=(
        Routine(nom="identite.cles", toutes=timedelta(hours=1), action=turn_keys),
        Routine(nom="identite.purge", toutes=timedelta(hours=6), action=purge),
    ),
)
