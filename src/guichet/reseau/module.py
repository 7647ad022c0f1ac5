"""What the network brings to the house."""

from guichet.reseau.api import ROUTERS, lieux
from guichet.reseau.cli import cli
from guichet.reseau.demo import fill
from guichet.reseau.permissions import PERMISSIONS
from guichet.reseau.prechauffe import warm
from guichet.reseau.questions.correspondances import ImportCentres
from guichet.reseau.questions.reglages import Durees, Habilitations
from guichet.reseau.reactions import REACTIONS
from guichet.socle.i18n import lazy
from guichet.socle.registre import Module, Reglages

MODULE = Module(
    nom="reseau",
    reactions=REACTIONS,
    routers=(*ROUTERS, lieux.build_router()),
    demo=fill,
    permissions=PERMISSIONS,
    cli=cli,
    extensions={"demarrage": warm},
    reglages=(
        Reglages(nom="durees", modele=Durees, libelle=lazy("Durées des contrôles")),
        Reglages(nom="habilitations", modele=Habilitations, libelle=lazy("Habilitations exigées")),
        Reglages(nom="import_centres", modele=ImportCentres, libelle=lazy("Import des centres")),
    ),
)
