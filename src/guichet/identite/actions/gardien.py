"""Who a presented proof belongs to: access token, session cookie, program's key. Remembered for a short while."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update

from guichet.identite.actions.cles_signature import get_trousseau
from guichet.identite.actions.sessions import REPOS_PAGE
from guichet.identite.actions.veille import Vue
from guichet.identite.metier.jetons import Claims
from guichet.identite.metier.roles import Role
from guichet.identite.metier.secrets import Genre, digest, tenant_of
from guichet.identite.questions.reperes import find_tenants
from guichet.identite.tables import CleApi, SessionOuverte, User
from guichet.socle.database import Database
from guichet.socle.horloge import now

MEMOIRE = timedelta(seconds=30)
MEMOIRE_JETON = timedelta(hours=1)
JETONS_MAX = 20_000
GLISSEMENT = timedelta(minutes=5)
USAGE = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class Porteur:
    """Who is behind a proof, and what the proof allows."""

    via: str
    tenant_id: UUID
    session_id: UUID
    role: str
    user_id: UUID | None = None
    epoque: int = 0
    permissions: tuple[str, ...] = ()
    centre_ids: tuple[UUID, ...] = ()
    agence_ids: tuple[UUID, ...] = ()
    nom: str = ""
    email: str = ""
    expire_le: datetime | None = None
    agit_pour: UUID | None = None
    limite_minute: int | None = None
    ips: tuple[str, ...] = ()

    def is_alive(self, vue: Vue, instant: datetime) -> bool:
        """False when expired, revoked, or when its tenant is closed."""
        tenant = vue.tenants.get(self.tenant_id)
        if tenant is None or not tenant.actif or (self.expire_le is not None and instant >= self.expire_le):
            return False
        return not vue.is_revoked(session_id=self.session_id, user_id=self.user_id, epoque=self.epoque)


class Memoire:
    """What proofs were found to be, by their hash; the oldest leave first."""

    def __init__(self, size: int = JETONS_MAX) -> None:
        self._size = size
        self._known: OrderedDict[bytes, tuple[Porteur, datetime, timedelta]] = OrderedDict()

    def get(self, key: bytes) -> Porteur | None:
        """What is remembered, unless it is too old."""
        found = self._known.get(key)
        return found[0] if found is not None and abs(now() - found[1]) < found[2] else None

    def keep(self, key: bytes, porteur: Porteur, duree: timedelta) -> None:
        """Remember for that long, by the one clock, which tests move both ways."""
        self._known[key] = (porteur, now(), duree)
        self._known.move_to_end(key)
        while len(self._known) > self._size:
            self._known.popitem(last=False)

    def clear(self) -> None:
        """Forget everything."""
        self._known.clear()


class Gardien:
    """The memory of one process."""

    def __init__(self) -> None:
        self._memoire = Memoire()

    def forget(self) -> None:
        """Ask again at the next proof."""
        self._memoire.clear()

    async def of_token(self, database: Database, token: str) -> Porteur | None:
        """Who an access token belongs to. Its signature is verified once, its life and revocation at every use."""
        key = digest(token)
        known = self._memoire.get(key)
        if known is not None:
            return known
        claims = await get_trousseau().read(database, token)
        if claims is None:
            return None
        porteur = _of_claims(claims)
        self._memoire.keep(key, porteur, MEMOIRE_JETON)
        return porteur

    async def of_cookie(self, database: Database, secret: str, vue: Vue) -> Porteur | None:
        """Whose browser a living session cookie belongs to; seeing it keeps the session open.

        An account whose rights changed is read again at once; a super administrator's is read every time, since the
        tenant acted for may change from one request to the next.
        """
        tenant_id = tenant_of(Genre.SESSION, secret)
        if tenant_id is None:
            return None
        key = digest(secret)
        known = self._memoire.get(key)
        if known is None or not known.is_alive(vue, now()):
            known = await _read_session(database, tenant_id, key)
            if known is not None and known.role != Role.SUPER_ADMIN:
                self._memoire.keep(key, known, MEMOIRE)
        return known if known is not None and known.is_alive(vue, now()) else None

    async def of_key(self, database: Database, secret: str) -> Porteur | None:
        """Which program a key belongs to."""
        key = digest(secret)
        known = self._memoire.get(key)
        if known is None:
            known = await _read_key(database, secret, key)
            if known is not None:
                self._memoire.keep(key, known, MEMOIRE)
        return known


def _of_claims(claims: Claims) -> Porteur:
    return Porteur(
        via="jwt",
        tenant_id=claims.tenant_id,
        session_id=claims.session_id,
        role=claims.role,
        user_id=claims.user_id,
        epoque=claims.epoque,
        permissions=claims.permissions,
        centre_ids=claims.centre_ids,
        agence_ids=claims.agence_ids,
        nom=claims.nom,
        email=claims.email,
        expire_le=claims.expire_le,
    )


async def _read_session(database: Database, tenant_id: UUID, key: bytes) -> Porteur | None:
    instant = now()
    async with database.transaction(tenant_id) as session:
        query = (
            select(SessionOuverte, User)
            .join(User, (User.tenant_id == SessionOuverte.tenant_id) & (User.id == SessionOuverte.user_id))
            .where(SessionOuverte.empreinte == key)
        )
        found = (await session.execute(query)).one_or_none()
        if found is None:
            return None
        row, user = found
        dead = row.revoquee_le is not None or row.expire_le <= instant or row.fin_le <= instant
        if dead or not user.actif:
            return None
        if instant - row.vue_le >= GLISSEMENT:
            row.vue_le = instant
            row.expire_le = min(instant + REPOS_PAGE, row.fin_le)
        return Porteur(
            via="session",
            tenant_id=tenant_id,
            session_id=row.id,
            role=user.role,
            user_id=user.id,
            epoque=user.epoque,
            permissions=tuple(user.permissions),
            centre_ids=tuple(user.centre_ids),
            agence_ids=tuple(user.agence_ids),
            nom=f"{user.prenom} {user.nom}".strip(),
            email=user.email,
            expire_le=row.expire_le,
            agit_pour=row.agit_pour,
        )


async def _read_key(database: Database, secret: str, key: bytes) -> Porteur | None:
    async with database.transaction() as session:
        tenants = await find_tenants(session, genre="cle_api", valeur=secret)
    if not tenants:
        return None
    instant = now()
    async with database.transaction(tenants[0]) as session:
        row = await session.scalar(select(CleApi).where(CleApi.empreinte == key, CleApi.revoquee_le.is_(None)))
        if row is None or (row.expire_le is not None and row.expire_le <= instant):
            return None
        if row.derniere_utilisation is None or instant - row.derniere_utilisation >= USAGE:
            await session.execute(update(CleApi).where(CleApi.id == row.id).values(derniere_utilisation=instant))
        return Porteur(
            via="cle_api",
            tenant_id=tenants[0],
            session_id=row.id,
            role=Role.API_KEY,
            permissions=tuple(row.permissions),
            centre_ids=tuple(row.centre_ids),
            agence_ids=tuple(row.agence_ids),
            nom=row.nom,
            expire_le=row.expire_le,
            limite_minute=row.limite_minute,
            ips=tuple(row.ips),
        )


_gardien = Gardien()


def get_gardien() -> Gardien:
    """The memory of this process."""
    return _gardien
