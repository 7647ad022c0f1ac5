"""Delivery: running the reactions noted at dispatch, side by side, none in the way of another."""

import asyncio
import contextlib
import logging
from collections import Counter, deque
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from guichet.socle.database import Database, Role, raw
from guichet.socle.errors import describe_error
from guichet.socle.horloge import now
from guichet.socle.jobs.declaration import QUEUES
from guichet.socle.messages import Message
from guichet.socle.origine import origin
from guichet.socle.registre import Reaction
from guichet.socle.telemetrie.metriques import compteur

logger = logging.getLogger(__name__)

DELAYS = tuple(timedelta(seconds=s) for s in (1, 5, 30, 120, 600, 3600, 3 * 3600))
TIMEOUT = timedelta(seconds=30)
WAITING_PER_REACTION = 500

# Taking the note locks it: a second relay skips it, a crash puts it back.
TAKE = """
with prise as (select message_id, reaction from socle.livraisons
                where message_id = %s and reaction = %s and etat = 'due' for update skip locked)
delete from socle.livraisons l using prise p where l.message_id = p.message_id and l.reaction = p.reaction
"""
POSTPONE = """
update socle.livraisons set essais = essais + 1, due_le = %(due_le)s, erreur = %(erreur)s,
       etat = case when essais + 1 > %(reprises)s then 'echec' else 'due' end
 where message_id = %(message_id)s and reaction = %(reaction)s and etat = 'due' returning etat
"""

DELIVERED = compteur("reactions", "Deferred reactions run, by outcome", ("reaction", "issue"))


@dataclass(frozen=True, kw_only=True)
class Livraison:
    """A message to hand to a reaction. `essais` counts the failed attempts so far."""

    message_id: int
    reaction: str
    tenant_id: UUID | None
    event: Message
    correlation_id: str | None
    essais: int = 0

    @property
    def key(self) -> tuple[int, str]:
        """What makes it itself."""
        return self.message_id, self.reaction


class Livreur:
    """Runs deliveries, `places` at once and `places_par_reaction` of the same reaction: a slow one keeps room for others."""

    def __init__(
        self, database: Database, reactions: dict[str, Reaction], *, places: int, places_par_reaction: int
    ) -> None:
        self._database = database
        self._reactions = reactions
        self._places = places
        self._places_par_reaction = places_par_reaction
        self._waiting: dict[str, deque[Livraison]] = {}
        self._known: set[tuple[int, str]] = set()
        self._running: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self.queues: set[str] = set()

    def has_room(self, reaction: str) -> bool:
        """False when enough of its deliveries wait here: further ones stay in the table meanwhile."""
        return len(self._waiting.get(reaction, ())) < WAITING_PER_REACTION

    def offer(self, livraison: Livraison) -> None:
        """Run it as soon as there is room; does nothing when it is already here."""
        if livraison.key in self._known:
            return
        self._known.add(livraison.key)
        self._waiting.setdefault(livraison.reaction, deque()).append(livraison)
        self._start()

    def _start(self) -> None:
        """Fill the free places, one reaction after the other."""
        progress = True
        while progress and len(self._tasks) < self._places:
            progress = False
            for reaction, waiting in list(self._waiting.items()):
                if len(self._tasks) >= self._places:
                    break
                if not waiting:
                    del self._waiting[reaction]
                elif self._running[reaction] < self._places_par_reaction:
                    self._begin(waiting.popleft())
                    progress = True

    def _begin(self, livraison: Livraison) -> None:
        task = asyncio.create_task(self._run(livraison), name=f"reaction {livraison.reaction}")
        self._running[livraison.reaction] += 1
        self._tasks.add(task)

        def ended(done: asyncio.Task[None]) -> None:
            self._tasks.discard(done)
            self._known.discard(livraison.key)
            self._running[livraison.reaction] -= 1
            if not done.cancelled():
                self._start()

        task.add_done_callback(ended)

    async def _run(self, livraison: Livraison) -> None:
        try:
            async with asyncio.timeout(TIMEOUT.total_seconds()):
                await self._deliver(livraison)
        except Exception as error:  # noqa: BLE001  whatever it is, it is this reaction's own
            await self._postpone(livraison, error)
        else:
            DELIVERED.labels(livraison.reaction, "faite").inc()

    async def _deliver(self, livraison: Livraison) -> None:
        handler = self._reactions[livraison.reaction].handler
        correlation = {"correlation_id": livraison.correlation_id} if livraison.correlation_id else {}
        with origin(**correlation, via="relais", auteur=livraison.reaction):
            async with self._database.transaction(livraison.tenant_id) as session:
                taken = await (await raw(session)).execute(TAKE, livraison.key)
                if taken.rowcount == 0:
                    return
                await handler(session, livraison.event)
                queues = set(session.info.get(QUEUES, ()))
        self.queues |= queues

    async def _postpone(self, livraison: Livraison, error: Exception) -> None:
        values = {
            "message_id": livraison.message_id,
            "reaction": livraison.reaction,
            "due_le": now() + DELAYS[min(livraison.essais, len(DELAYS) - 1)],
            "erreur": describe_error(error),
            "reprises": len(DELAYS),
        }
        kept: str | None = None
        # The database may be what is failing: then the note stays as it is, and comes up again when its lease ends.
        with contextlib.suppress(Exception):
            async with self._database.transaction(role=Role.RELAIS) as session:
                row = await (await (await raw(session)).execute(POSTPONE, values)).fetchone()
                kept = row[0] if row else None
        issue = "echec" if kept == "echec" else "reprise"
        DELIVERED.labels(livraison.reaction, issue).inc()
        level = logging.ERROR if kept == "echec" else logging.WARNING
        logger.log(
            level,
            "a reaction failed and %s",
            "is given up" if kept == "echec" else "will be tried again",
            extra={"reaction": livraison.reaction, "message_id": livraison.message_id, "essais": livraison.essais + 1},
            exc_info=error,
        )

    async def idle(self) -> None:
        """Wait until everything offered has been run."""
        while self._tasks:
            await asyncio.wait(self._tasks)
            await asyncio.sleep(0)

    async def close(self, grace: float) -> None:
        """Let what is running finish for `grace` seconds, then leave it to be found again."""
        self._waiting.clear()
        if self._tasks:
            _done, late = await asyncio.wait(self._tasks, timeout=grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
