"""The edge of the web: what contexts use in their routes, and what the assembly puts around them."""

from guichet.socle.web.debit import LOGIN_RATE, UNLIMITED, UPLOAD
from guichet.socle.web.listes import Liste, Page, Pagination, build_liste, paginate
from guichet.socle.web.problemes import problemes
from guichet.socle.web.transaction import Lecture, Tx, keep_writes
from guichet.socle.web.validation import champs

__all__ = [
    "LOGIN_RATE",
    "UNLIMITED",
    "UPLOAD",
    "Lecture",
    "Liste",
    "Page",
    "Pagination",
    "Tx",
    "build_liste",
    "champs",
    "keep_writes",
    "paginate",
    "problemes",
]
