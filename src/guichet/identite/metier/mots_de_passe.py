"""Passwords: what is accepted, how they are kept.

Kept as argon2id (RFC 9106, low-memory choice); bcrypt hashes brought from elsewhere are accepted and upgraded at the
next sign-in. Policy: length rather than character classes, nothing guessable (NIST SP 800-63B, CNIL 2022-100).
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import bcrypt
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type

LONGUEUR_MIN = 10
LONGUEUR_MAX = 128
BCRYPT_MAX = 72  # bcrypt reads no further; newer libraries refuse more
DISTINCTS_MIN = 5
MOT_MIN = 3

_COMMUNS = frozenset((Path(__file__).with_name("mots_de_passe_courants.txt")).read_text(encoding="utf-8").split())
_LEET = str.maketrans("0134@$!5", "oieaasis")
_SUITES = (
    "abcdefghijklmnopqrstuvwxyz",
    "azertyuiopqsdfghjklmwxcvbn",
    "qwertyuiopasdfghjklzxcvbnm",
    "01234567890",
    "1234567890",
)


class Defaut(StrEnum):
    """Why a password is refused."""

    TROP_COURT = "trop_court"
    TROP_LONG = "trop_long"
    TROP_COURANT = "trop_courant"
    TROP_SIMPLE = "trop_simple"
    PERSONNEL = "personnel"


def _bare(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.lower())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def defaut(mot_de_passe: str, *, indices: tuple[str, ...] = ()) -> Defaut | None:
    """What is wrong with a new password, or None. `indices` are what others know of the person: name, address, tenant."""
    if len(mot_de_passe) < LONGUEUR_MIN:
        return Defaut.TROP_COURT
    if len(mot_de_passe) > LONGUEUR_MAX:
        return Defaut.TROP_LONG
    bare = _bare(mot_de_passe)
    core = re.sub(r"^[^a-z]+|[^a-z]+$", "", bare)
    if {re.sub(r"[^a-z]", "", form) for form in (bare, core.translate(_LEET))} & _COMMUNS:
        return Defaut.TROP_COURANT
    if len(set(bare)) < DISTINCTS_MIN or any(bare in s or bare in s[::-1] for s in _SUITES):
        return Defaut.TROP_SIMPLE
    words = {w for text in indices for w in re.split(r"[\W_]+", _bare(text)) if len(w) >= MOT_MIN}
    rest = bare
    for word in sorted(words, key=len, reverse=True):
        rest = rest.replace(word, "")
    if rest != bare and len(rest) < LONGUEUR_MIN // 2:
        return Defaut.PERSONNEL
    return None


@dataclass(frozen=True)
class Cout:
    """What computing one hash costs."""

    time_cost: int
    memory_kib: int
    parallelism: int


COUT_NORMAL = Cout(time_cost=3, memory_kib=65536, parallelism=4)
COUT_ESSAI = Cout(time_cost=1, memory_kib=64, parallelism=1)


class Hacheur:
    """Makes and checks password hashes at a given cost."""

    def __init__(self, cout: Cout) -> None:
        self._argon2 = PasswordHasher(
            time_cost=cout.time_cost, memory_cost=cout.memory_kib, parallelism=cout.parallelism, type=Type.ID
        )
        self._leurre = self._argon2.hash("un compte qui n'existe pas")

    def hash(self, mot_de_passe: str) -> str:
        """The argon2id hash to keep (PHC string)."""
        return self._argon2.hash(unicodedata.normalize("NFC", mot_de_passe))

    def verify(self, empreinte: str | None, mot_de_passe: str) -> bool:
        """True when the password is right. Without a hash the same work is done for nothing, so that time tells nothing."""
        text = unicodedata.normalize("NFC", mot_de_passe)
        if empreinte is not None and empreinte.startswith("$2"):
            return _verify_bcrypt(empreinte, text)
        try:
            return self._argon2.verify(empreinte or self._leurre, text) and empreinte is not None
        except (VerificationError, InvalidHashError, UnicodeError):
            return False

    def is_stale(self, empreinte: str) -> bool:
        """True when the hash should be made again with the password just verified."""
        if empreinte.startswith("$2"):
            return True
        return self._argon2.check_needs_rehash(empreinte)


def _verify_bcrypt(empreinte: str, text: str) -> bool:
    try:
        return bcrypt.checkpw(text.encode()[:BCRYPT_MAX], empreinte.encode())
    except ValueError:
        return False
