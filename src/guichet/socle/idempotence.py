"""The same request sent twice has one effect and one answer.

The first transaction to claim a key writes it before anything else; another one with the same key waits on that row
until the first ends, then replays its answer, or takes its place when it failed. Claim, effect and answer are one
commit. Only answers that were committed are kept: a refused request had no effect and may simply be tried again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.socle.crypto import decrypt, encrypt
from guichet.socle.database import Role, get_database, raw
from guichet.socle.errors import Conflict, Invalid
from guichet.socle.horloge import now
from guichet.socle.i18n import _

CONSERVATION = timedelta(hours=24)
LONGUEUR = range(8, 129)
_PLACE = b"socle.idempotence.corps"
# Headers of an answer worth saying again; the others belong to the moment.
EN_TETES = frozenset({"content-type", "location", "etag", "link"})


@dataclass(frozen=True, kw_only=True)
class Demande:
    """What makes a request itself: who sends it where (`portee`), under which key, with which body."""

    portee: bytes
    cle: str
    empreinte: bytes
    tenant_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class Reponse:
    """An answer as it was sent."""

    statut: int
    en_tetes: dict[str, str]
    corps: bytes


def build_demande(
    *, tenant_id: UUID | None, appelant: str, methode: str, chemin: str, cle: str, corps: bytes
) -> Demande:
    """A request to claim. `appelant` tells callers of a tenant apart; `chemin` is the exact path with its query.

    Raises Invalid `IDEMPOTENCE_CLE_INVALIDE` for a key shorter than 8, longer than 128 or not printable ASCII.
    """
    if len(cle) not in LONGUEUR or not cle.isascii() or not cle.isprintable():
        raise Invalid(
            _("La clé d'idempotence compte de 8 à 128 caractères ASCII imprimables."),
            code="IDEMPOTENCE_CLE_INVALIDE",
            champs={"Idempotency-Key": _("De 8 à 128 caractères ASCII imprimables.")},
        )
    scope = "\x00".join((str(tenant_id), appelant, methode, chemin))
    return Demande(
        portee=sha256(scope.encode()).digest(), cle=cle, empreinte=sha256(corps).digest(), tenant_id=tenant_id
    )


async def claim(session: AsyncSession, demande: Demande) -> Reponse | None:
    """Take the key in this transaction; None when it is ours, else the answer already given.

    Waits for a transaction that holds it. Raises Invalid `IDEMPOTENCE_CONFLIT` when the key came with another body, and
    Conflict `IDEMPOTENCE_EN_COURS` when the first request is still running after the lock timeout.
    """
    connection = await raw(session)
    try:
        cursor = await connection.execute(
            "insert into socle.idempotence (portee, cle, tenant_id, empreinte, created_at) values (%s, %s, %s, %s, %s)"
            " on conflict do nothing",
            (demande.portee, demande.cle, demande.tenant_id, demande.empreinte, now()),
        )
    except psycopg.errors.LockNotAvailable:
        raise Conflict(
            _("La même demande est encore en cours. Attendez sa réponse."), code="IDEMPOTENCE_EN_COURS", retry_after=2
        ) from None
    if cursor.rowcount == 1:
        return None
    cursor = await connection.execute(
        "select empreinte, statut, entetes, corps, trous from socle.idempotence where portee = %s and cle = %s",
        (demande.portee, demande.cle),
    )
    row = await cursor.fetchone()
    if row is None or bytes(row[0]) != demande.empreinte:
        raise Invalid(
            _("Cette clé d'idempotence a déjà servi à une autre demande : prenez-en une nouvelle."),
            code="IDEMPOTENCE_CONFLIT",
        )
    _print, statut, entetes, corps, trous = row
    return Reponse(statut=statut or 204, en_tetes=entetes, corps=fill_holes(_unpack(corps), trous or {}))


def fill_holes(corps: bytes, trous: Mapping[str, str]) -> bytes:
    """A body written before the database decided, with what it decided: each text that stands for it, and its own."""
    for texte, valeur in trous.items():
        corps = corps.replace(texte.encode(), valeur.encode())
    return corps


def pack(corps: bytes) -> bytes:
    """A body as it is kept: answers name people."""
    return encrypt(corps.decode("latin-1"), _PLACE)


async def keep(session: AsyncSession, demande: Demande, reponse: Reponse) -> None:
    """Keep the answer of a request whose key this transaction has claimed."""
    kept = {name: value for name, value in reponse.en_tetes.items() if name in EN_TETES}
    connection = await raw(session)
    await connection.execute(
        "update socle.idempotence set statut = %s, entetes = %s, corps = %s where portee = %s and cle = %s",
        (reponse.statut, Jsonb(kept), pack(reponse.corps), demande.portee, demande.cle),
    )


async def purge(before: datetime) -> int:
    """Forget the keys claimed before an instant. Returns how many."""
    async with get_database().transaction(role=Role.RELAIS) as session:
        connection = await raw(session)
        cursor = await connection.execute("delete from socle.idempotence where created_at < %s", (before,))
        return cursor.rowcount


def _unpack(corps: bytes | None) -> bytes:
    return decrypt(bytes(corps), _PLACE).encode("latin-1") if corps else b""
