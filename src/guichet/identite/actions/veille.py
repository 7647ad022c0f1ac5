"""What a process must know at every request without asking the database each time: the tenants, and what was revoked.

Read again at most once a second, and at once after a change made by this process: a revocation is obeyed everywhere
within that second.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import monotonic
from uuid import UUID

from sqlalchemy import event, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.metier.tenants import PLATEFORME, normalise_hote
from guichet.identite.metier.vues import TenantVue
from guichet.identite.questions.tenants import tenant_vue
from guichet.identite.tables import Revocation, Tenant
from guichet.socle.database import Database
from guichet.socle.horloge import now

FRAICHEUR_S = 1.0
LA_SESSION = -1


@dataclass(frozen=True)
class Vue:
    """The state as last read."""

    tenants: Mapping[UUID, TenantVue] = field(default_factory=dict)
    slugs: Mapping[str, TenantVue] = field(default_factory=dict)
    hotes: Mapping[str, TenantVue] = field(default_factory=dict)
    revoques: Mapping[UUID, int] = field(default_factory=dict)
    marque: tuple[int, int] = (-1, -1)

    def is_revoked(self, *, session_id: UUID, user_id: UUID | None = None, epoque: int = 0) -> bool:
        """True when a session or key was ended, or an account's rights changed after `epoque`."""
        if session_id in self.revoques:
            return True
        return user_id is not None and epoque < self.revoques.get(user_id, LA_SESSION)

    def of_host(self, host: str) -> TenantVue | None:
        """The tenant of a host name; None on the neutral host."""
        return self.hotes.get(normalise_hote(host) or "")


class Veille:
    """The state in this process."""

    def __init__(self) -> None:
        self._vue = Vue()
        self._of: Database | None = None
        self._until = 0.0
        self._reading = asyncio.Lock()

    def peek(self, database: Database) -> Vue | None:
        """The state, when it need not be read again yet."""
        return self._vue if self._of is database and monotonic() < self._until else None

    async def look(self, database: Database) -> Vue:
        """The state, at most a second old."""
        if (vue := self.peek(database)) is not None:
            return vue
        async with self._reading:
            if self._of is not database:
                self._vue, self._until = Vue(), 0.0
            if monotonic() >= self._until:
                until = monotonic() + FRAICHEUR_S
                self._until = until
                async with database.transaction() as session:
                    vue = await _read(session, self._vue)
                self._vue, self._of = vue, database
            return self._vue

    def forget(self) -> None:
        """Read again at the next request."""
        self._until = 0.0


async def _read(session: AsyncSession, before: Vue) -> Vue:
    instant = now()
    revoked = await session.execute(select(Revocation.sujet, Revocation.epoque).where(Revocation.expire_le > instant))
    revoques = {sujet: LA_SESSION if epoque is None else epoque for sujet, epoque in revoked}
    count, versions = (await session.execute(select(func.count(), func.coalesce(func.sum(Tenant.version), 0)))).one()
    if (count, versions) == before.marque:
        return Vue(before.tenants, before.slugs, before.hotes, revoques, before.marque)
    every = [tenant_vue(row) for row in await session.scalars(select(Tenant))]
    return Vue(
        tenants={t.id: t for t in every},
        slugs={t.slug: t for t in every if t.id != PLATEFORME},
        hotes={hote: t for t in every for hote in t.hosts},
        revoques=revoques,
        marque=(count, int(versions)),
    )


def look_again_after_commit(session: AsyncSession) -> None:
    """What this transaction changes must be obeyed by this process from its commit on."""
    if not session.info.get("veille"):
        session.info["veille"] = True
        event.listen(session.sync_session, "after_commit", _forget, once=True)


def _forget(_session: object) -> None:
    get_veille().forget()


_veille = Veille()


def get_veille() -> Veille:
    """The state of this process."""
    return _veille
