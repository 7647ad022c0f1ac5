"""The template engine: one environment over the templates of every context, with what components may call."""

import re
import unicodedata
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any
from zlib import crc32

import jinja2
from markupsafe import Markup

from guichet.socle import i18n
from guichet.socle.settings import get_settings
from guichet.ui import adresses, calendrier, graphiques, page, saisie, statique
from guichet.ui.composants import verifie

PAQUET = Path(__file__).parents[1]
TONS = {"": "", "ok": " is-ok", "attention": " is-warn", "ko": " is-ko", "info": " is-info", "marque": " is-brand"}


def template_folders(root: Path = PAQUET) -> list[Path]:
    """The template folders of the contexts."""
    return sorted(p for p in root.glob("*/templates") if p.is_dir())


def to_identifiant(nom: str) -> str:
    """An HTML id from the name of a field or a title: `client.email` -> `client-email`."""
    plat = unicodedata.normalize("NFKD", nom).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-zA-Z0-9]+", "-", plat).strip("-").lower()


def initials(nom: str) -> str:
    """First letters of the first and last words: "Élodie Le Gall" -> "ÉG"."""
    mots = re.split(r"[\s-]+", nom.strip())
    return (mots[0][:1] + (mots[-1][:1] if len(mots) > 1 else "")).upper()


def avatar_hue(nom: str) -> int:
    """One of five tints, always the same for a name."""
    return crc32(nom.encode()) % 5


def format_euros(centimes: int, ronds: bool = False) -> str:
    """An amount; `ronds` leaves out the cents when there are none ("79 €")."""
    texte = i18n.format_montant(centimes)
    if ronds and centimes % 100 == 0:
        return re.sub(r"[.,]00(?=\D*$)", "", texte)
    return texte


def format_date_heure(instant: datetime, forme: str = "long") -> str:
    """An instant in full, in the zone it carries (Paris for UTC)."""
    lieu = calendrier.local(instant)
    return i18n._("{date} à {heure}", date=i18n.format_date(lieu, forme), heure=i18n.format_heure(lieu))


def _format_nombre(nombre: float | Decimal, decimales: int = 0) -> str:
    return i18n.format_nombre(nombre, decimales)


def build_environment(cache: Path | None = None, *, auto_reload: bool = False) -> jinja2.Environment:
    """A fresh environment. `cache` is a folder for compiled templates, readable by this user only."""
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader([str(d) for d in template_folders()]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=auto_reload,
        cache_size=-1,
        bytecode_cache=jinja2.FileSystemBytecodeCache(str(cache)) if cache else None,
        extensions=["jinja2.ext.i18n"],
    )
    # Typed loosely by the library: the i18n extension adds the method.
    env.install_gettext_callables(i18n.gettext, _plain_ngettext, newstyle=True, pgettext=i18n.pgettext)  # type: ignore[attr-defined]
    env.policies["ext.i18n.trimmed"] = True
    env.globals.update(_globals())
    env.filters.update(_filters())
    return env


def _plain_ngettext(singulier: str, pluriel: str, n: float) -> str:
    # Jinja fills in %(num)s itself for {% trans %}.
    return i18n.ngettext(singulier, pluriel, n)


def _globals() -> dict[str, Any]:
    return {
        "_": i18n._,
        "ngettext": i18n.ngettext,
        "pgettext": i18n.pgettext,
        "adresse": page.page_address,
        "asset": statique.asset_url,
        "attributs": page.render_attributs,
        "aujourdhui": calendrier.paris_today,
        "champ_csrf": page.csrf_field,
        "champs_adresse": page.address_fields,
        "choix": saisie.to_choix,
        "dessin": statique.dessin,
        "est_choisie": saisie.is_chosen,
        "graphique_barres": graphiques.bars,
        "graphique_courbe": graphiques.curve,
        "graphique_sparkline": graphiques.spark,
        "hx": page.HxNonce(),
        "identifiant": to_identifiant,
        "initiales": initials,
        "mois_calendrier": calendrier.month_grid,
        "pages_voisines": adresses.near_pages,
        "parties_date": calendrier.date_parts,
        "parties_heure": calendrier.hour_parts,
        "recharge": page.reload_attributs,
        "secondes_restantes": calendrier.seconds_left,
        "sens_tri": adresses.sort_direction,
        "teinte": avatar_hue,
        "ton": TONS.__getitem__,
        "tri_suivant": adresses.next_sort,
        "verifie": verifie,
    }


def _filters() -> dict[str, Any]:
    return {
        "date": i18n.format_date,
        "date_heure": format_date_heure,
        "duree": calendrier.format_secondes,
        "euros": format_euros,
        "heure": i18n.format_heure,
        "minutes": i18n.format_duree,
        "nombre": _format_nombre,
        "relatif": i18n.format_relatif,
        "typo": i18n.typo,
    }


@lru_cache
def get_environment() -> jinja2.Environment:
    """The environment of this process."""
    settings = get_settings()
    cache: Path | None = settings.data_dir / "cache" / "gabarits"
    try:
        assert cache is not None
        cache.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError:
        cache = None
    return build_environment(cache, auto_reload=not settings.is_production)


def render_block(template: jinja2.Template, bloc: str, context: dict[str, Any]) -> Markup:
    """One block of a template, as it is in the whole page.

    The imports and assignments at the top of the template are run first; KeyError when no such block exists.
    """
    lieu = template.new_context(context)
    next(template.root_render_func(lieu), None)
    return Markup("".join(lieu.blocks[bloc][0](lieu)))  # noqa: S704  escaped by the template itself
