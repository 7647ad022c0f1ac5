"""The command line of the product: `guichet --help`."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from guichet.socle.settings import Mode, ReglageRefuse, forget_settings, get_settings

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)

application = typer.Typer(
    name="guichet",
    help="Guichet : l'accueil d'un réseau de services. Chaque commande a son --help.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

Services = Annotated[
    str,
    typer.Option("--services", help="Services à faire tourner, séparés par des virgules (voir `guichet services`)."),
]


def _list(services: str) -> list[str]:
    return [s for s in services.split(",") if s.strip()]


@application.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Adresse d'écoute.")] = None,
    port: Annotated[int | None, typer.Option(help="Port d'écoute.")] = None,
    services: Services = "",
) -> None:
    """Répond sur le web."""
    from guichet.app import roles

    if host:
        os.environ["GUICHET_HOST"] = host
    if port:
        os.environ["GUICHET_PORT"] = str(port)
    forget_settings()
    roles.serve(_list(services))


@application.command()
def work(services: Services = "") -> None:
    """Fait les travaux en file et les routines."""
    from guichet.app import roles

    roles.work(_list(services))


@application.command()
def relay() -> None:
    """Relaie ce qui s'est passé : réactions différées, réveil des travaux, fraîcheur des caches."""
    from guichet.app import roles

    roles.relay()


@application.command()
def migrate() -> None:
    """Met le schéma de la base à jour."""
    from guichet.app import roles

    before, after = roles.migrate()
    console.print(f"Schéma à jour : {after}" if before == after else f"Schéma : {before or 'vide'} -> {after}")


@application.command("services")
def show_services() -> None:
    """Liste les services, et les contextes que chacun fait tourner."""
    from guichet.app.modules import MODULES
    from guichet.app.services import SERVICES

    present = {m.nom for m in MODULES}
    for service in SERVICES:
        here = ", ".join(sorted(service.contextes & present)) or "à venir"
        console.print(f"[bold]{service.nom:<15}[/] {service.libelle:<32} {here}")


@application.command("settings")
def show_settings() -> None:
    """Documente chaque réglage : nom, variables d'environnement, défaut, sens."""
    from guichet.app.reglages import describe_settings

    for line in describe_settings():
        console.print(f"[bold]{line.variable}[/]  (défaut : {line.defaut})")
        if line.alias:
            console.print(f"  aussi : {', '.join(line.alias)}")
        console.print(f"  {line.sens}\n")


@application.command()
def openapi() -> None:
    """Écrit la description OpenAPI de l'API, en JSON, sans démarrer de serveur."""
    import json

    from guichet.app.http import create_app

    typer.echo(json.dumps(create_app().openapi(), ensure_ascii=False, indent=2))


@application.command()
def permissions() -> None:
    """Écrit la matrice des permissions, en Markdown (docs/permissions.md)."""
    from guichet.app.modules import assemble
    from guichet.identite.facade import permissions_document

    assemble()
    typer.echo(permissions_document(), nl=False)


@application.command()
def traductions(
    verifier: Annotated[
        bool, typer.Option("--verifier", help="Ne change rien ; échoue s'il manque une phrase.")
    ] = False,
) -> None:
    """Met à jour les catalogues anglais de chaque contexte depuis le code et les gabarits."""
    from guichet.socle.i18n import extraction

    faulty = False
    for context in extraction.contexts():
        changed = False if verifier else extraction.update(context)
        state = extraction.check(context)
        faulty = faulty or not state.is_true
        if state.total or changed:
            word = "complet" if state.is_true else f"{len(state.manquantes)} à traduire, {len(state.perimees)} périmées"
            console.print(f"{state.contexte:<16} {state.total:>4} phrases  {word}")
        for sentence in [*state.manquantes, *(f"périmée : « {s} »" for s in state.perimees)]:
            console.print(f"  {sentence}", markup=False)
    if faulty and verifier:
        raise typer.Exit(1)


@application.command()
def demo(
    port: Annotated[int, typer.Option(help="Port du site.")] = 8000,
    data_dir: Annotated[Path | None, typer.Option(help="Dossier des données de la démonstration.")] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Efface la démonstration et la refait.")] = False,
) -> None:
    """Démarre tout le produit sur des données de démonstration ; Ctrl-C arrête tout."""
    from guichet.app import demo as demonstration

    raise typer.Exit(demonstration.run(port=port, data_dir=data_dir, fresh=fresh, console=console))


@application.command("demo-data")
def demo_data(
    centres: Annotated[
        int, typer.Option(help="Nombre de centres ; au-delà de 30, un réseau sans limite les porte.")
    ] = 30,
    rdv: Annotated[int, typer.Option(help="Nombre de rendez-vous, jusqu'à plusieurs millions.")] = 500,
    jours: Annotated[int, typer.Option(help="Jours de planning ouverts.")] = 90,
    graine: Annotated[int, typer.Option(help="La même graine donne les mêmes données.")] = 1,
) -> None:
    """Remplit la base de données de démonstration et dit combien de chaque sorte."""
    from guichet.app import donnees_demo
    from guichet.app.roles import house
    from guichet.socle.demo import Tailles
    from guichet.socle.telemetrie.journaux import set_up_logs

    settings = get_settings()
    set_up_logs(settings, "demo-data")
    with house(settings):
        donnees_demo.fill(console, tailles=Tailles(centres=centres, rdv=rdv, jours=jours), graine=graine)


COMMANDES = frozenset(
    {"serve", "work", "relay", "migrate", "settings", "openapi", "permissions", "traductions", "demo", "demo-data"}
)


def main() -> None:
    """Run the command line; a failure a person can act on is one sentence."""
    from guichet.app.services import UnknownService
    from guichet.socle.embarque import EmbeddedError

    if get_settings().mode is Mode.ESSAI:
        from guichet.socle.horloge_essai import follow

        follow()
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDES:
        add_contributions()
    try:
        application()
    except (EmbeddedError, ReglageRefuse, UnknownService) as error:
        errors.print(f"guichet : {error}", markup=False)
        raise SystemExit(1) from None


def add_contributions() -> None:
    """The commands contexts bring, under their name. Skipped for our own, which start faster without every context."""
    from guichet.app.modules import assemble
    from guichet.socle import cli as operation

    for name, command in operation.COMMANDES.items():
        application.add_typer(command, name=name, callback=_in_the_house)
    for module in assemble().modules:
        if module.cli is not None:
            application.add_typer(module.cli, name=module.nom, callback=_in_the_house)


def _in_the_house(context: typer.Context) -> None:
    """The database is there for the time of a contributed command, unless it is only asked what it does."""
    from guichet.app.roles import house

    if "--help" not in sys.argv:
        context.with_resource(house(get_settings()))
