"""Lists by cursor: a page says where it stopped, the next one starts there, whatever was inserted meanwhile.

The cursor is signed and opaque: it carries the sort key of the last element, nothing else.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, Select, literal, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.socle.errors import GuichetError, Invalid
from guichet.socle.i18n import _
from guichet.socle.signature import sign, verify

LIMITE_MAX = 100
LIMITE = 50
_USAGE = "curseur"

T = TypeVar("T")


class Liste(BaseModel, Generic[T]):
    """A page of a list. `suivant` is the cursor of the next one, null on the last."""

    elements: list[T]
    suivant: str | None = Field(None, description="À renvoyer dans `curseur` pour la suite ; null à la fin.")


@dataclass(frozen=True, kw_only=True)
class Page:
    """What part of a list is asked for: at most `limite` elements, after the sort key `apres`."""

    limite: int = LIMITE
    apres: tuple[Any, ...] | None = None


async def page(
    limite: Annotated[int, Query(ge=1, le=LIMITE_MAX, description="Nombre d'éléments, 100 au plus.")] = LIMITE,
    curseur: Annotated[str | None, Query(max_length=1000, description="Le `suivant` de la page précédente.")] = None,
) -> Page:
    """The page asked for by `limite` and `curseur`. Raises Invalid `CURSEUR_INVALIDE`."""
    return Page(limite=limite, apres=read_curseur(curseur) if curseur else None)


Pagination = Annotated[Page, Depends(page)]


def build_curseur(*cle: Any) -> str:
    """The cursor of an element, from its sort key (text, numbers, dates, UUIDs)."""
    return sign(_USAGE, {"c": [_dump(value) for value in cle]})


def read_curseur(curseur: str) -> tuple[Any, ...]:
    """The sort key in a cursor. Raises Invalid `CURSEUR_INVALIDE` for anything we did not make."""
    try:
        return tuple(_load(value) for value in verify(_USAGE, curseur)["c"])
    except GuichetError:
        raise Invalid(
            _("Ce curseur n'est pas valable : reprenez la liste au début."),
            code="CURSEUR_INVALIDE",
            champs={"curseur": _("Reprenez la liste au début.")},
        ) from None


async def paginate(
    session: AsyncSession,
    requete: Select[Any],
    demande: Page,
    *cle: ColumnElement[Any] | Any,
    vers: Callable[[Any], T],
    cle_de: Callable[[Any], Sequence[Any]],
    descendant: bool = False,
) -> Liste[T]:
    """Run a query one page at a time.

    `cle` are the columns of a total order (the last one unique), `cle_de` reads the same values from a row, `vers` makes
    an element of the answer of it. The query brings its own conditions and no order.
    """
    if demande.apres is not None:
        if len(demande.apres) != len(cle):
            raise Invalid(_("Ce curseur vient d'une autre liste."), code="CURSEUR_INVALIDE")
        bound = tuple_(*(literal(v, c.type) for v, c in zip(demande.apres, cle, strict=True)))
        requete = requete.where(tuple_(*cle) < bound if descendant else tuple_(*cle) > bound)
    requete = requete.order_by(*(c.desc() if descendant else c.asc() for c in cle)).limit(demande.limite + 1)
    rows = (await session.execute(requete)).unique().all()
    return build_liste([row[0] if len(row) == 1 else row for row in rows], demande, vers=vers, cle_de=cle_de)


def build_liste(
    rows: Sequence[Any], demande: Page, *, vers: Callable[[Any], T], cle_de: Callable[[Any], Sequence[Any]]
) -> Liste[T]:
    """A page from rows read with one more than the limit: that one tells whether there is a next page."""
    shown = rows[: demande.limite]
    following = build_curseur(*cle_de(shown[-1])) if len(rows) > demande.limite else None
    return Liste(elements=[vers(row) for row in shown], suivant=following)


def _dump(value: Any) -> Any:
    if isinstance(value, UUID):
        return {"u": value.hex}
    if isinstance(value, datetime):
        return {"i": value.isoformat()}
    if isinstance(value, date):
        return {"d": value.isoformat()}
    return value


def _load(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    ((kind, text),) = value.items()
    readers: dict[str, Callable[[str], Any]] = {"u": UUID, "i": datetime.fromisoformat, "d": date.fromisoformat}
    return readers[kind](text)
