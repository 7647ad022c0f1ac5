"""What anyone may ask without being known: a new password, a customer account. The answer never tells who is known."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic
from uuid import UUID

from guichet.identite.actions.controles import check_email, check_telephone
from guichet.identite.actions.courriels import ask_reset, ask_sign_up
from guichet.identite.metier.reglages import Securite
from guichet.identite.questions.reglages import get_reglages
from guichet.identite.questions.reperes import find_tenants
from guichet.socle.database import Database
from guichet.socle.errors import Forbidden, Invalid
from guichet.socle.i18n import _, current_locale
from guichet.socle.settings import Mode, get_settings

PLANCHER_S = 0.25


@asynccontextmanager
async def _same_time() -> AsyncIterator[None]:
    """Last the same whether there was something to do or not."""
    start = monotonic()
    yield
    if get_settings().mode is not Mode.ESSAI:
        await asyncio.sleep(max(0.0, PLANCHER_S - (monotonic() - start)))


async def request_reset(database: Database, *, email: str, tenant_id: UUID | None) -> None:
    """Mail a way in to every account of that address, in one tenant or all of them. Raises Invalid `EMAIL_INVALIDE`."""
    normal = check_email(email)
    async with _same_time():
        async with database.transaction() as session:
            known = await find_tenants(session, genre="email", valeur=normal)
        for each in known:
            if tenant_id in (None, each):
                async with database.transaction(each) as session:
                    await ask_reset(session, email=normal)


async def request_sign_up(
    database: Database,
    *,
    tenant_id: UUID | None,
    email: str,
    nom: str,
    prenom: str = "",
    telephone: str | None = None,
) -> None:
    """Ask for a customer account of a tenant.

    Raises Invalid (`TENANT_REQUIS`, `EMAIL_INVALIDE`, `TELEPHONE_INVALIDE`), Forbidden `INSCRIPTION_FERMEE`.
    """
    if tenant_id is None:
        message = _("Choisissez votre réseau.")
        raise Invalid(message, code="TENANT_REQUIS", champs={"tenant": message})
    normal, number = check_email(email), check_telephone(telephone)
    async with _same_time(), database.transaction(tenant_id) as session:
        if not (await get_reglages(session, Securite)).inscription_clients:
            raise Forbidden(_("Ce réseau n'ouvre pas de comptes clients en ligne."), code="INSCRIPTION_FERMEE")
        await ask_sign_up(session, email=normal, nom=nom, prenom=prenom, telephone=number, langue=current_locale())
