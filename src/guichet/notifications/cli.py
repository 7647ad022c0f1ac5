"""The commands of notifications."""

import asyncio

import typer

from guichet.notifications.boite.serveur import serve
from guichet.socle.settings import get_settings

application = typer.Typer(help="Messages : la boîte de démonstration.", no_args_is_help=True)


@application.callback()
def notifications() -> None:
    """Messages : la boîte de démonstration."""


@application.command()
def boite() -> None:
    """Fait tourner les serveurs de courrier et de SMS de la démonstration : ils gardent ce qu'ils reçoivent, rien ne sort d'ici."""
    settings = get_settings()
    if settings.is_production:
        typer.echo("guichet : la boîte n'existe qu'en démonstration (GUICHET_MODE=demo).", err=True)
        raise typer.Exit(1)
    asyncio.run(
        serve(
            settings.data_dir / "boite",
            settings.demo_smtp_port,
            lambda port, sms: typer.echo(f"Boîte à l'écoute sur 127.0.0.1:{port}, SMS sur 127.0.0.1:{sms}"),
            port_sms=settings.demo_sms_port,
        )
    )
