"""What the routes of the network share: versions, cursors, the caller's perimeter."""

import re
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import Depends, Header, Query, Response

from guichet.reseau.actions.saisies import Saisie
from guichet.reseau.permissions import Perimetre, perimetre_of
from guichet.socle.acces import CurrentAppelant
from guichet.socle.errors import Invalid
from guichet.socle.i18n import _
from guichet.socle.web import Page

PREFIXE = "/api/v1"
_ETIQUETTE = re.compile(r'(?:W/)?"?([1-9]\d{0,8})"?')

S = TypeVar("S", bound=Saisie)


async def _perimetre(appelant: CurrentAppelant) -> Perimetre:
    """How far the caller sees. Raises Invalid `TENANT_REQUIS` for a super administrator who named no tenant."""
    if appelant.tenant_id is None:
        raise Invalid(
            _("Dites dans quel réseau agir, avec l'en-tête X-Tenant-ID."),
            code="TENANT_REQUIS",
            champs={"X-Tenant-ID": _("À renseigner.")},
        )
    return perimetre_of(appelant)


PerimetreAppelant = Annotated[Perimetre, Depends(_perimetre)]
IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", max_length=40, description='La version lue, par exemple `"3"` (voir `ETag`).'),
]
Recherche = Annotated[str, Query(max_length=100, description="Début ou partie d'un nom, d'un code, d'une ville.")]


def with_version(saisie: S, if_match: str | None) -> S:
    """The change with the version of `If-Match`, unless its body has one. Raises Invalid when the header is no version."""
    if if_match is None or if_match.strip() == "*" or getattr(saisie, "version", None) is not None:
        return saisie
    found = _ETIQUETTE.fullmatch(if_match.strip())
    if found is None:
        raise Invalid(
            _("L'en-tête If-Match doit donner la version lue."),
            code="CHAMPS_INVALIDES",
            champs={"If-Match": _('Écrivez la version lue, par exemple "3".')},
        )
    return saisie.model_copy(update={"version": int(found[1])})


def mark(response: Response, version: int, chemin: str | None = None) -> None:
    """Say the version of what is answered, and where it is when it is new."""
    response.headers["ETag"] = f'"{version}"'
    if chemin is not None:
        response.headers["Location"] = chemin


def start_of(page: Page) -> tuple[str, UUID] | None:
    """Where a list in French order goes on. Raises Invalid `CURSEUR_INVALIDE` for the cursor of another list."""
    match page.apres:
        case None:
            return None
        case (str() as cle, UUID() as identifiant):
            return cle, identifiant
    raise Invalid(_("Ce curseur vient d'une autre liste."), code="CURSEUR_INVALIDE")


def key_of(vue: Any) -> tuple[str, UUID]:
    """The sort key of an element of such a list."""
    return vue.cle_tri, vue.id


def searchable(texte: str) -> str:
    """What was typed to search, without what no column can hold."""
    return "".join(c for c in texte if c.isprintable())
