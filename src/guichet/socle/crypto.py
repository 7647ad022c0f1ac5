"""Encryption of columns: AES-256-GCM under a ring of keys, and blind indexes to find what is encrypted.

What is stored says which key wrote it; the first key of the ring writes, all of them read, so keys are turned while
the house is open (`rotate_column`). Each value is bound to its tenant, table and column: copied elsewhere, it does not
open.
"""

import base64
import hmac
import secrets
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from psycopg.sql import SQL, Identifier
from sqlalchemy import Dialect, LargeBinary
from sqlalchemy.types import TypeDecorator

from guichet.socle.database import Database, Role, current_tenant, raw
from guichet.socle.settings import Settings, get_settings

FORMAT = 1
NONCE = 12
KEY = 32


class CannotDecrypt(Exception):
    """A stored value does not open: unknown key, wrong place, or altered. Says which of them never."""


@dataclass(frozen=True)
class KeyRing:
    """The keys by identifier; `active` encrypts. Identifiers are short ASCII words."""

    keys: dict[str, bytes]
    active: str

    def __post_init__(self) -> None:
        if self.active not in self.keys:
            raise ValueError("the active key is not in the ring")
        for key_id, key in self.keys.items():
            if not (key_id.isascii() and 0 < len(key_id) < 256):
                raise ValueError(f"key identifier {key_id!r}: 1 to 255 ASCII characters")
            if len(key) != KEY:
                raise ValueError(f"key {key_id!r}: {KEY} bytes are needed")

    def derive(self, key_id: str, usage: str) -> bytes:
        """A key of its own for each usage, so that no two of them ever share one. Raises CannotDecrypt, key unknown."""
        if key_id not in self.keys:
            raise CannotDecrypt
        return _derive(self.keys[key_id], usage)


@lru_cache(maxsize=64)
def _derive(key: bytes, usage: str) -> bytes:
    return HKDF(SHA256(), KEY, salt=None, info=f"guichet:{usage}".encode()).derive(key)


def read_key_ring(settings: Settings) -> KeyRing:
    """The ring of the settings, `id:base64,id:base64`; without one, a key made once in the data folder.

    Raises ValueError, naming the entry but never showing it.
    """
    written = settings.key_ring.get_secret_value().strip()
    if not written:
        return KeyRing({"locale": settings.secret("chiffrement")}, "locale")
    keys: dict[str, bytes] = {}
    for number, entry in enumerate(written.split(","), start=1):
        key_id, separator, value = entry.strip().partition(":")
        try:
            keys[key_id] = base64.b64decode(value, validate=True)
        except ValueError:
            separator = ""
        if not separator or key_id == "":
            raise ValueError(f"GUICHET_KEY_RING, entry {number}: `identifier:base64 of 32 bytes` is expected")
    return KeyRing(keys, next(iter(keys)))


_ring: KeyRing | None = None


def get_key_ring() -> KeyRing:
    """The ring of this process."""
    global _ring  # noqa: PLW0603  one per process
    if _ring is None:
        _ring = read_key_ring(get_settings())
    return _ring


def set_key_ring(ring: KeyRing | None) -> None:
    """Used by tests and by rotation; None reads the settings again."""
    global _ring  # noqa: PLW0603  one per process
    _ring = ring


def aad(tenant_id: UUID | None, table: str, column: str) -> bytes:
    """The place a value belongs to: it opens nowhere else."""
    return f"{tenant_id or '-'}|{table}|{column}".encode()


def encrypt(text: str, place: bytes) -> bytes:
    """The text under the active key, bound to its place (`aad(...)`). Two calls never give the same bytes."""
    ring = get_key_ring()
    header = bytes([FORMAT, len(ring.active)]) + ring.active.encode()
    nonce = secrets.token_bytes(NONCE)
    sealed = AESGCM(ring.derive(ring.active, "colonnes")).encrypt(nonce, text.encode(), header + place)
    return header + nonce + sealed


def decrypt(stored: bytes, place: bytes) -> str:
    """The text again. Raises CannotDecrypt."""
    key_id, header, rest = _open(stored)
    cipher = AESGCM(get_key_ring().derive(key_id, "colonnes"))
    try:
        return cipher.decrypt(rest[:NONCE], rest[NONCE:], header + place).decode()
    except (InvalidTag, ValueError):
        raise CannotDecrypt from None


def key_of(stored: bytes) -> str:
    """The identifier of the key that wrote a value. Raises CannotDecrypt when it is not one of ours."""
    return _open(stored)[0]


def _open(stored: bytes) -> tuple[str, bytes, bytes]:
    if len(stored) < 2 or stored[0] != FORMAT or len(stored) < 2 + stored[1] + NONCE:
        raise CannotDecrypt
    end = 2 + stored[1]
    return stored[2:end].decode("ascii", "replace"), stored[:end], stored[end:]


def rotate(stored: bytes, place: bytes) -> bytes | None:
    """The same text under the active key; None when it already is. Raises CannotDecrypt."""
    if key_of(stored) == get_key_ring().active:
        return None
    return encrypt(decrypt(stored, place), place)


def blind_index(text: str, usage: str = "") -> bytes:
    """Equal texts give equal bytes, which say nothing of the text: for look-ups by an encrypted value.

    The caller normalises first. `usage` keeps columns apart. Its key is the last of the ring, the one every rotation
    keeps until the indexes are computed again.
    """
    ring = get_key_ring()
    oldest = list(ring.keys)[-1]
    return hmac.new(ring.derive(oldest, f"index:{usage}"), text.encode(), sha256).digest()


async def rotate_column(database: Database, table: str, column: str, *, batch: int = 500) -> int:
    """Write again, under the active key, every value of an encrypted column that another key wrote.

    In batches of one transaction each, rows locked, while the house is open; started again, it goes on where it was.
    `table` is qualified and has `id` and `tenant_id`. Returns how many values were written. Raises CannotDecrypt on a
    value that does not open: nothing of its batch is written.
    """
    names = {"t": Identifier(*table.split(".")), "c": Identifier(column)}
    page = SQL("select id, tenant_id, {c} from {t} where {c} is not null and id > %s order by id limit %s for update")
    write = SQL("update {t} set {c} = %s where id = %s")
    written, last = 0, UUID(int=0)
    while True:
        async with database.transaction(role=Role.MAINTENANCE) as session:
            cursor = (await raw(session)).cursor()
            await cursor.execute(page.format(**names), (last, batch))
            rows = await cursor.fetchall()
            turned = [(rotate(bytes(value), aad(tenant, table, column)), id_) for id_, tenant, value in rows]
            changes = [(value, id_) for value, id_ in turned if value is not None]
            await cursor.executemany(write.format(**names), changes)
        written += len(changes)
        if len(rows) < batch:
            return written
        last = rows[-1][0]


class EncryptedText(TypeDecorator[str]):
    """A text column stored encrypted (bytea), bound to the tenant of the transaction, its table and its column.

    `EncryptedText("identite.users.telephone")`. A transaction without a tenant reads and writes values without one only.
    """

    impl = LargeBinary
    cache_ok = True

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place

    def _aad(self) -> bytes:
        table, _, column = self.place.rpartition(".")
        return aad(current_tenant(), table, column)

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        """Encrypt on the way in."""
        del dialect
        return None if value is None else encrypt(value, self._aad())

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        """Decrypt on the way out."""
        del dialect
        return None if value is None else decrypt(bytes(value), self._aad())
