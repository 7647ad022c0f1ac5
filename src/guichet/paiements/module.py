"""What payments bring to the house."""

from guichet.paiements.api import ROUTERS
from guichet.paiements.cli import application
from guichet.paiements.demo import fill
from guichet.paiements.echanges import rembourser_job, traiter_job, verifier_job
from guichet.paiements.figures import measure
from guichet.paiements.pages import SourcesCadre, router
from guichet.paiements.permissions import PERMISSIONS
from guichet.paiements.reglages import ReglagesPaiement
from guichet.paiements.routines import ROUTINES
from guichet.socle.i18n import lazy
from guichet.socle.registre import Module, Reglages

MODULE = Module(
    nom="paiements",
    routers=(*ROUTERS, router),
    cli=application,
    demo=fill,
    demo_processes=(("paiement", ("paiements", "bac-a-sable")),),
    permissions=PERMISSIONS,
    reglages=(Reglages(nom="paiement", modele=ReglagesPaiement, libelle=lazy("Paiement")),),
    jobs=(rembourser_job, verifier_job, traiter_job),
    routines=ROUTINES,
    extensions={"mesures": measure, "csp": SourcesCadre()},
)
