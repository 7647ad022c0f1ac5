"""The keys that sign access tokens: made, announced, used, forgotten; the same for every process of the house."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.metier import jetons
from guichet.identite.metier.cles_signature import Calendrier, first, following, needs_following, signing
from guichet.identite.metier.jetons import Claims, CleSignature
from guichet.identite.tables import CleSignature as Ligne
from guichet.socle.crypto import aad, decrypt, encrypt
from guichet.socle.database import Database
from guichet.socle.horloge import now
from guichet.socle.ids import new_id
from guichet.socle.settings import get_settings

VERROU = 7_284_003  # any number, the same for whoever makes a key
RELECTURE_S = 300.0
PLACE = aad(None, "identite.cle_signature", "privee")


@dataclass(frozen=True)
class Etat:
    """The keys as last read."""

    calendriers: tuple[Calendrier, ...]
    privees: Mapping[str, rsa.RSAPrivateKey]
    publiques: Mapping[str, rsa.RSAPublicKey]
    lu: float

    def signing(self, instant: datetime) -> CleSignature | None:
        """The key that signs now."""
        found = signing(list(self.calendriers), instant)
        return CleSignature(found.kid, self.privees[found.kid]) if found else None


class Trousseau:
    """The keys in this process, read again now and then, and at once when a token names one it does not know."""

    def __init__(self) -> None:
        self._etat: Etat | None = None
        self._of: Database | None = None
        self._reading = asyncio.Lock()

    async def sign(self, database: Database, claims: Claims) -> str:
        """An access token. Makes the first key when there is none."""
        etat = await self._read(database)
        key = etat.signing(now())
        if key is None:
            await renew_keys(database)
            key = (await self._read(database, again=True)).signing(now())
        assert key is not None
        return jetons.sign(claims, key, emetteur=emetteur(), jti=new_id(), now=now())

    async def read(self, database: Database, token: str) -> Claims | None:
        """What a genuine, living token says."""
        kid = jetons.kid_of(token)
        if kid is None:
            return None
        etat = await self._read(database)
        if kid not in etat.publiques and monotonic() - etat.lu > 1.0:
            etat = await self._read(database, again=True)
        return jetons.read(token, etat.publiques, emetteur=emetteur(), now=now())

    async def jwks(self, database: Database) -> dict[str, Any]:
        """The public keys, for whoever checks our tokens without asking us."""
        etat = await self._read(database)
        if not etat.publiques:
            await renew_keys(database)
            etat = await self._read(database, again=True)
        return {"keys": [jetons.to_jwk(kid, key) for kid, key in etat.publiques.items()]}

    def forget(self) -> None:
        """Read the keys again at the next need."""
        self._etat = None

    async def _read(self, database: Database, *, again: bool = False) -> Etat:
        etat = self._etat
        fresh = etat is not None and self._of is database and monotonic() - etat.lu < RELECTURE_S
        if fresh and not again:
            assert etat is not None
            return etat
        async with self._reading:
            if self._etat is not etat and self._etat is not None and self._of is database:
                return self._etat
            async with database.transaction() as session:
                self._etat = await _load(session)
            self._of = database
            return self._etat


async def _load(session: AsyncSession) -> Etat:
    rows = list(await session.scalars(select(Ligne).order_by(Ligne.signe_depuis)))
    calendars = {row.kid: Calendrier(row.kid, row.signe_depuis, row.signe_jusqua) for row in rows}
    living = [row for row in rows if calendars[row.kid].oubliee_le > now()]
    return Etat(
        calendriers=tuple(calendars[row.kid] for row in living),
        privees={row.kid: jetons.from_pem(decrypt(bytes(row.privee), PLACE)) for row in living},
        publiques={row.kid: jetons.from_jwk(row.publique) for row in living},
        lu=monotonic(),
    )


async def renew_keys(database: Database, *, forced: bool = False) -> str | None:
    """Make the first key when nothing signs, announce the next one when it is time. Returns the new key's identifier.

    `forced` announces one now (a key that may have leaked: then also withdraw the old one with `withdraw_key`).
    """
    async with database.transaction() as session:
        await session.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": VERROU})
        rows = await session.scalars(select(Ligne))
        known = [Calendrier(row.kid, row.signe_depuis, row.signe_jusqua) for row in rows]
        current = signing(known, now())
        kid = new_id().hex
        if current is None:
            calendar = first(kid, now())
        elif forced or needs_following(known, now()):
            calendar = following(kid, max(known, key=lambda k: k.signe_jusqua), now())
        else:
            return None
        private = await asyncio.to_thread(jetons.new_key)
        session.add(
            Ligne(
                kid=kid,
                publique=jetons.to_jwk(kid, private.public_key()),
                privee=encrypt(jetons.to_pem(private), PLACE),
                signe_depuis=calendar.signe_depuis,
                signe_jusqua=calendar.signe_jusqua,
                cree_le=now(),
            )
        )
    get_trousseau().forget()
    return kid


async def withdraw_key(database: Database, kid: str) -> bool:
    """Forget a key at once: every token it signed stops being good, and a new key signs. False when unknown."""
    async with database.transaction() as session:
        gone = await session.scalar(delete(Ligne).where(Ligne.kid == kid).returning(Ligne.kid))
    get_trousseau().forget()
    await renew_keys(database)
    return gone is not None


async def purge_keys(session: AsyncSession, *, before: datetime) -> None:
    """Forget the keys that stopped signing long before an instant."""
    await session.execute(delete(Ligne).where(Ligne.signe_jusqua < before - timedelta(days=1)))


def emetteur() -> str:
    """Who issues our tokens."""
    return get_settings().url


_trousseau = Trousseau()


def get_trousseau() -> Trousseau:
    """The keys of this process."""
    return _trousseau
