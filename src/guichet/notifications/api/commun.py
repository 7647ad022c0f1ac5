"""What the routes of messages share: who reads, where a list goes on."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends

from guichet.socle.acces import Appelant, CurrentAppelant
from guichet.socle.errors import Invalid, Unauthenticated
from guichet.socle.i18n import _
from guichet.socle.web import Page

PREFIXE = "/api/v1/notifications"
ETIQUETTE = "Messages"


async def _person(appelant: CurrentAppelant) -> UUID:
    """The account behind the request. Raises Unauthenticated for a program's key: nobody writes to it."""
    if appelant.user_id is None:
        raise Unauthenticated(_("Connectez-vous pour continuer."), code="NON_CONNECTE")
    return appelant.user_id


async def _of_tenant(appelant: CurrentAppelant) -> Appelant:
    """A caller that stands in a tenant. Raises Invalid `TENANT_REQUIS` for a super administrator who named none."""
    if appelant.tenant_id is None:
        raise Invalid(
            _("Dites dans quel réseau agir, avec l'en-tête X-Tenant-ID."),
            code="TENANT_REQUIS",
            champs={"X-Tenant-ID": _("À renseigner.")},
        )
    return appelant


Moi = Annotated[UUID, Depends(_person)]
DansUnTenant = Annotated[Appelant, Depends(_of_tenant)]


def start_of(page: Page) -> tuple[datetime, UUID] | None:
    """Where a list by date goes on. Raises Invalid `CURSEUR_INVALIDE` for the cursor of another list."""
    match page.apres:
        case None:
            return None
        case (datetime() as instant, UUID() as identifiant):
            return instant, identifiant
    raise Invalid(_("Ce curseur vient d'une autre liste."), code="CURSEUR_INVALIDE")
