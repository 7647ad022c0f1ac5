"""Order, filters and page of a table live in the address: links that change one and keep the others."""

from collections.abc import Sequence
from urllib.parse import urlencode

Parametres = Sequence[tuple[str, str]]


def change_query(chemin: str, parametres: Parametres, cle: str, valeur: object, *, garder: tuple[str, ...] = ()) -> str:
    """The address with one parameter changed (removed when `valeur` is None or empty).

    Changing anything but the page goes back to the first one: `page` and `apres` are dropped, unless in `garder`.
    """
    oublies = {cle} | ({"page", "apres"} - {cle} - set(garder))
    restent = [(k, v) for k, v in parametres if k not in oublies]
    if valeur is not None and valeur != "":
        restent.append((cle, str(valeur)))
    return f"{chemin}?{urlencode(restent)}" if restent else chemin


def next_sort(tri: str, cle: str) -> str:
    """What the heading of a column asks for next: ascending, descending, then ascending again."""
    return f"-{cle}" if tri == cle else cle


def sort_direction(tri: str, cle: str) -> str:
    """`+`, `-`, or nothing when the table is sorted by another column."""
    if not cle:
        return ""
    return {cle: "+", f"-{cle}": "-"}.get(tri, "")


def near_pages(page: int, pages: int) -> list[int | None]:
    """The pages to name: the first, the last, the current one and its neighbours; None stands for a gap.

    A gap of one page is that page.
    """
    noms = sorted({1, pages, *range(max(1, page - 1), min(pages, page + 1) + 1)})
    out: list[int | None] = []
    for n in noms:
        avant = out[-1] if out else None
        if avant is not None and n - avant == 2:
            out.append(n - 1)
        elif avant is not None and n - avant > 2:
            out.append(None)
        out.append(n)
    return out
