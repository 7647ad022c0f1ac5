"""What templates may know of the request in progress, for the time of a rendering.

Macros are compiled once and see no render context: what changes with each request (nonce, token, address) reaches them
through here.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from jinja2 import Undefined
from markupsafe import Markup, escape

from guichet.ui.adresses import change_query

NOM_CSRF = "csrf"


@dataclass(frozen=True, kw_only=True)
class PageEnCours:
    """The request a template is rendered for."""

    chemin: str = "/"
    parametres: tuple[tuple[str, str], ...] = ()
    nonce: str = ""
    csrf: str = ""


_page: ContextVar[PageEnCours | None] = ContextVar("page", default=None)
_NEUTRE = PageEnCours()


@contextmanager
def rendering(page: PageEnCours) -> Iterator[None]:
    """Render for this request."""
    jeton = _page.set(page)
    try:
        yield
    finally:
        _page.reset(jeton)


def current_page() -> PageEnCours:
    """The request being rendered; a neutral one outside of a rendering (mails)."""
    return _page.get() or _NEUTRE


class HxNonce:
    """`{{ hx }}` in a tag allows its htmx attributes: the browser strips those that do not carry the page's nonce."""

    def __html__(self) -> str:
        return f'hx-nonce="{escape(current_page().nonce)}"'

    def __str__(self) -> str:
        return self.__html__()


def render_attributs(*groupes: Mapping[str, object]) -> Markup:
    """Attributes of a tag, with a space before each; later groups win.

    None, False and empty strings are left out, True is a bare attribute. htmx attributes bring their nonce along.
    ValueError for `style` and for attributes that would run code in the page (`on...`, `hx-on...`, `js:` values).
    """
    tous: dict[str, object] = {}
    for groupe in groupes:
        tous.update(groupe)
    parts = []
    for nom, valeur in tous.items():
        bas = nom.lower()
        if (
            bas == "style"
            or bas.startswith(("on", "hx-on"))
            or (bas.startswith("hx-") and str(valeur).startswith("js:"))
        ):
            raise ValueError(f"attribute {nom!r} is refused by the content policy: use a class or an island")
        if isinstance(valeur, Undefined):  # `x if condition` in a template, when the condition is false
            continue
        if valeur is True:
            parts.append(f" {escape(nom)}")
        elif valeur is not None and valeur is not False and valeur != "":
            parts.append(f' {escape(nom)}="{escape(str(valeur))}"')
    if any(nom.startswith("hx-") for nom in tous):
        parts.append(f" {HxNonce()}")
    return Markup("".join(parts))  # noqa: S704  every part is escaped above


def csrf_field() -> Markup:
    """The hidden field a form needs when the caller has a session; nothing otherwise."""
    jeton = current_page().csrf
    return Markup('<input type="hidden" name="{}" value="{}">').format(NOM_CSRF, jeton) if jeton else Markup()


def page_address(cle: str, valeur: object) -> str:
    """The address of this page with one parameter changed."""
    page = current_page()
    return change_query(page.chemin, page.parametres, cle, valeur)


def address_fields(*cles: str) -> Markup:
    """Hidden fields that keep parameters of the address through a form sent by GET."""
    champ = Markup('<input type="hidden" name="{}" value="{}">')
    return Markup().join(champ.format(k, v) for k, v in current_page().parametres if k in cles)


def reload_attributs(adresse: str, cible: str) -> Markup:
    """Attributes of a link that replaces only the part `cible` of the page, and still works as a plain link."""
    if not cible:
        return Markup()
    return render_attributs(
        {
            "hx-get": adresse,
            "hx-target": f"#{cible}",
            "hx-select": f"#{cible}",
            "hx-swap": "outerHTML",
            "hx-push-url": "true",
        }
    )
