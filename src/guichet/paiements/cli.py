"""The commands of payments."""

import asyncio

import typer

from guichet.paiements.rapprochement import Rapport, reconcile_all
from guichet.socle.database import get_database
from guichet.socle.settings import get_settings

application = typer.Typer(help="Paiements : bac à sable, rapprochement.", no_args_is_help=True)


@application.callback()
def paiements() -> None:
    """Paiements : bac à sable, rapprochement."""


@application.command("bac-a-sable")
def bac_a_sable() -> None:
    """Fait tourner le prestataire de paiement d'essai ; n'existe pas en production."""
    from guichet.paiements.bac_a_sable.serveur import run

    settings = get_settings()
    if settings.is_production or not settings.demo_payment_port:
        typer.echo(
            "guichet : le bac à sable n'existe qu'en démonstration ou en essai (GUICHET_MODE, GUICHET_DEMO_PAYMENT_PORT).",
            err=True,
        )
        raise typer.Exit(1)
    run(settings, typer.echo)


@application.command()
def rapprocher() -> None:
    """Relit chez les prestataires ce qui est en suspens ou n'a pas été entendu, puis dit ce qui ne tombe pas juste."""
    rapport = asyncio.run(_reconcile())
    for ligne in describe(rapport):
        typer.echo(ligne)
    if rapport.ecarts:
        raise typer.Exit(1)


async def _reconcile() -> Rapport:
    try:
        return await reconcile_all()
    finally:
        await get_database().close()


def describe(rapport: Rapport) -> list[str]:
    """The report in sentences: what was read, what was missing, what a person must look at."""
    lignes = [
        f"Évènements jamais entendus et retrouvés : {rapport.evenements}.",
        f"Paiements et remboursements relus : {rapport.relus}.",
    ]
    lignes += [f"À voir : {ecart}" for ecart in rapport.ecarts]
    return lignes if rapport.ecarts else [*lignes, "Tout tombe juste."]
