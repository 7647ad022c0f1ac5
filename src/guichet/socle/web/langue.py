"""Which language a request is answered in: the address, else the cookie, else what the browser prefers, else French."""

from starlette.requests import cookie_parser

from guichet.socle.i18n import LOCALES

COOKIE = "guichet_langue"


def split_path(path: str) -> tuple[str | None, str]:
    """`/en/recherche` as `("en", "/recherche")`; no language and the same path when it names none."""
    for locale in LOCALES:
        if path == f"/{locale}" or path.startswith(f"/{locale}/"):
            return locale, path[len(locale) + 1 :] or "/"
    return None, path


def choose_locale(*, chemin: str | None, cookie: str, accept: str) -> str:
    """The language of a request, from the one its address names, its cookies and its Accept-Language."""
    if chemin is not None:
        return chemin
    if f"{COOKIE}=" in cookie:
        chosen = cookie_parser(cookie).get(COOKIE)
        if chosen in LOCALES:
            return chosen
    return _preferred(accept) if accept else LOCALES[0]


def _preferred(accept: str) -> str:
    best, best_weight = LOCALES[0], 0.0
    for part in accept[:200].split(","):
        tag, _, rest = part.partition(";")
        locale = tag.strip().lower()[:2]
        weight = _weight(rest)
        if locale in LOCALES and weight > best_weight:
            best, best_weight = locale, weight
    return best


def _weight(parameters: str) -> float:
    name, _, value = parameters.partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
