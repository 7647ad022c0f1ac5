"""Languages: French sentences are the message identifiers, English comes from the catalogues.

The language belongs to the request (or job) in progress; French typography is applied by gettext itself.
"""

from guichet.socle.i18n.catalogues import LOCALES, current_locale, load_catalogues, use_locale
from guichet.socle.i18n.formats import (
    format_date,
    format_duree,
    format_heure,
    format_instant,
    format_montant,
    format_nombre,
    format_relatif,
)
from guichet.socle.i18n.phrases import _, gettext, lazy, ngettext, npgettext, pgettext
from guichet.socle.i18n.typographie import typo

__all__ = [
    "LOCALES",
    "_",
    "current_locale",
    "format_date",
    "format_duree",
    "format_heure",
    "format_instant",
    "format_montant",
    "format_nombre",
    "format_relatif",
    "gettext",
    "lazy",
    "load_catalogues",
    "ngettext",
    "npgettext",
    "pgettext",
    "typo",
    "use_locale",
]
