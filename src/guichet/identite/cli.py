"""The commands of identity: `guichet identite --help`."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, TypeVar

import typer

from guichet.identite.actions.cles_api import LIMITE_MINUTE, create_cle_api
from guichet.identite.actions.cles_signature import renew_keys, withdraw_key
from guichet.identite.actions.courriels import lien_d_acces
from guichet.identite.actions.users import create_user
from guichet.identite.metier.roles import Role
from guichet.identite.metier.tenants import PLATEFORME
from guichet.identite.questions.tenants import find_tenant, unknown_tenant
from guichet.identite.questions.users import find_user
from guichet.socle.database import get_database, set_database
from guichet.socle.embarque import EmbeddedServer
from guichet.socle.errors import GuichetError
from guichet.socle.settings import get_settings

T = TypeVar("T")
cli = typer.Typer(help="Les accès : premier super-administrateur, clés d'API, clés de signature.", no_args_is_help=True)


@contextmanager
def _house() -> Iterator[None]:
    settings = get_settings()
    set_database(None)
    if settings.database_url:
        yield
        return
    with EmbeddedServer(settings).running():
        yield


def _run(work: Callable[[], Awaitable[T]]) -> T:
    async def whole() -> T:
        try:
            return await work()
        finally:
            await get_database().close()

    with _house():
        try:
            return asyncio.run(whole())
        except GuichetError as error:
            typer.echo(f"guichet : {error}", err=True)
            raise typer.Exit(1) from None


@cli.command("super-admin")
def super_admin(
    email: Annotated[str, typer.Argument(help="Son adresse e-mail.")],
    nom: Annotated[str, typer.Option(help="Son nom.")] = "Admin",
    prenom: Annotated[str, typer.Option(help="Son prénom.")] = "",
) -> None:
    """Ouvre un compte de super-administrateur (ou en rend l'accès) et écrit le lien pour choisir son mot de passe."""
    typer.echo(_run(lambda: open_super_admin(email=email, nom=nom, prenom=prenom)))


async def open_super_admin(*, email: str, nom: str, prenom: str) -> str:
    """Make the account unless it exists. Returns the link, valid one hour."""
    async with get_database().transaction(PLATEFORME) as session:
        user = await find_user(session, email=email)
        if user is None:
            user = await create_user(session, email=email, nom=nom, prenom=prenom, role=Role.SUPER_ADMIN, inviter=False)
        return (await lien_d_acces(session, user_id=user.id, motif="mot_de_passe")).url


@cli.command("cle-api")
def cle_api(
    tenant: Annotated[str, typer.Option(help="Identifiant court (slug) du réseau.")],
    nom: Annotated[str, typer.Option(help="À quoi elle sert.")],
    permission: Annotated[list[str], typer.Option(help="Une permission ; peut se répéter.")],
    limite: Annotated[int, typer.Option(help="Requêtes par minute ; 0 : sans limite.")] = LIMITE_MINUTE,
) -> None:
    """Crée une clé d'API et l'écrit : elle n'est montrée que cette fois."""
    typer.echo(_run(lambda: open_key(slug=tenant, nom=nom, permissions=permission, limite=limite)))


async def open_key(*, slug: str, nom: str, permissions: list[str], limite: int) -> str:
    """Make the key. Returns its secret."""
    async with get_database().transaction() as session:
        tenant = await find_tenant(session, slug=slug)
    if tenant is None:
        raise unknown_tenant()
    async with get_database().transaction(tenant.id) as session:
        _vue, secret = await create_cle_api(session, nom=nom, permissions=permissions, limite_minute=limite or None)
    return secret


@cli.command("cles")
def cles(
    retirer: Annotated[str, typer.Option(help="Identifiant (kid) d'une clé compromise : oubliée aussitôt.")] = "",
) -> None:
    """Annonce la prochaine clé de signature des jetons, ou retire celle qui a fui."""
    if retirer:
        gone = _run(lambda: withdraw_key(get_database(), retirer))
        typer.echo("Clé retirée, les jetons qu'elle a signés ne valent plus rien." if gone else "Clé inconnue.")
        return
    typer.echo(f"Clé annoncée : {_run(lambda: renew_keys(get_database(), forced=True))}")
