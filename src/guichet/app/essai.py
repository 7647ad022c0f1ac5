"""The test mode: a clock that can be set, and everything that waits done now. Neither exists in any other mode."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping
from contextvars import Context
from datetime import datetime
from ipaddress import ip_address
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from guichet.socle import horloge, horloge_essai
from guichet.socle.acces import SANS_APPELANT
from guichet.socle.database import Database, Role, get_database, raw
from guichet.socle.jobs import run_waiting_jobs
from guichet.socle.messages import message_types
from guichet.socle.registre import Registre, get_registre
from guichet.socle.relay import LEASE, drain
from guichet.socle.routines import run_due_routines
from guichet.socle.settings import Mode, ReglageRefuse, Settings
from guichet.socle.web import UNLIMITED

PAUSE = 0.05

# What other processes hold, or will take within a moment: they are waited for.
UNDER_WAY = """
select (select count(*) from socle.messages where publie_le is null and type = any (%s))
     + (select count(*) from socle.livraisons where etat = 'due' and due_le <= %s)
     + (select count(*) from travaux.procrastinate_jobs
         where status = 'doing' or (status = 'todo' and (scheduled_at is null or scheduled_at <= now())))
"""
LEFT = """
select (select count(*) from socle.livraisons where etat = 'due'),
       (select count(*) from socle.livraisons where etat = 'echec'),
       (select count(*) from travaux.procrastinate_jobs where status in ('todo', 'doing')),
       (select count(*) from travaux.procrastinate_jobs where status = 'failed')
"""


def check_host(settings: Settings) -> None:
    """Raises ReglageRefuse when a test instance would listen beyond loopback: its clock is anybody's."""
    if settings.mode is not Mode.ESSAI:
        return
    try:
        is_local = settings.host == "localhost" or ip_address(settings.host).is_loopback
    except ValueError:
        is_local = False
    if not is_local:
        raise ReglageRefuse(
            f"En mode essai, le serveur n'écoute que sur cette machine (127.0.0.1) : « {settings.host} » est refusé."
        )


Application = Callable[[MutableMapping[str, Any], Any, Any], Awaitable[None]]


class HeurePartagee:
    """Each request begins by reading the shared clock."""

    def __init__(self, app: Application) -> None:
        self._app = app

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        """Read it, then pass on."""
        if scope["type"] == "http":
            await horloge.synchronise()
        await self._app(scope, receive, send)


class HorlogeSaisie(BaseModel):
    """An instant to stand at."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"maintenant": "2025-11-24T09:30:00+01:00", "avance": False}]}
    )

    maintenant: Annotated[AwareDatetime, Field(description="ISO 8601 avec décalage.")]
    avance: Annotated[
        bool, Field(description="Vrai : l'horloge repart de cet instant. Faux : elle s'y tient, jusqu'à nouvel ordre.")
    ] = False


class HorlogeReponse(BaseModel):
    """How the clock stands."""

    maintenant: datetime
    avance: bool
    reelle: Annotated[bool, Field(description="Vrai : l'heure de la machine.")]


class TravauxReponse(BaseModel):
    """What was done, and what is left."""

    termine: Annotated[bool, Field(description="Faux : le délai est passé avant la fin.")]
    messages: Annotated[int, Field(description="Messages relayés par cette demande.")]
    routines: Annotated[list[str], Field(description="Routines passées, dues ou non : chacune ne balaie que le dû.")]
    travaux: Annotated[dict[str, int], Field(description="Travaux réussis, par nom.")]
    reactions_a_reprendre: Annotated[int, Field(description="Réactions qui ont échoué et seront reprises plus tard.")]
    reactions_en_echec: int
    travaux_a_reprendre: int
    travaux_en_echec: int


def build_router() -> APIRouter:
    """The routes of the test mode."""
    router = APIRouter(prefix="/api/v1/essai", tags=["essai"], dependencies=[SANS_APPELANT, UNLIMITED])

    @router.get("/horloge", summary="L'heure de l'essai")
    async def lire_horloge() -> HorlogeReponse:
        """L'heure à laquelle toute la maison obéit."""
        return await _reponse(await horloge_essai.read_clock(get_database()))

    @router.put("/horloge", summary="Régler l'heure")
    async def regler_horloge(saisie: HorlogeSaisie) -> HorlogeReponse:
        """Toute demande, tout travail et toute routine commencés après la réponse sont à cette heure, dans tous les processus."""
        return await _reponse(await horloge_essai.write_clock(get_database(), saisie.maintenant, avance=saisie.avance))

    @router.delete("/horloge", summary="Revenir à l'heure réelle")
    async def rendre_horloge() -> HorlogeReponse:
        """Deux fois ne change rien de plus."""
        return await _reponse(await horloge_essai.write_clock(get_database(), None, avance=False))

    @router.post("/travaux", summary="Faire maintenant tout ce qui attend")
    async def faire_travaux(
        delai_s: Annotated[float, Query(gt=0, le=300, description="Temps accordé, en secondes réelles.")] = 30.0,
    ) -> TravauxReponse:
        """Relaie les messages, passe les routines et fait les travaux jusqu'à ce que plus rien n'attende, puis répond."""
        # A context of its own: neither the caller's language nor its correlation identifier is theirs.
        work = finish_everything(get_database(), get_registre(), delai_s=delai_s)
        return await asyncio.create_task(work, context=Context())

    return router


async def _reponse(found: horloge_essai.HorlogeEssai) -> HorlogeReponse:
    await horloge.synchronise()
    reelle = found.instant is None
    return HorlogeReponse(maintenant=horloge.now(), avance=found.avance or reelle, reelle=reelle)


async def finish_everything(database: Database, registre: Registre, *, delai_s: float) -> TravauxReponse:
    """Relay, sweep and work until nothing is left that can be done at the present instant, or `delai_s` has passed.

    What other processes have begun is waited for; what a dead one left is taken over. What failed and is to be tried
    again later is left, and counted.
    """
    limit = time.monotonic() + delai_s
    messages, travaux, passees = 0, Counter[str](), set[str]()
    routines = {r.nom for r in registre.routines}
    finished = False
    while not finished and time.monotonic() < limit:
        relayed = await drain(database, registre, leased=True)
        missing = routines - passees
        passees |= set(
            await run_due_routines(
                horloge.now(), database=database, registre=registre, noms=missing or None, force=True
            )
        )
        relayed += await drain(database, registre, leased=True)
        done = await run_waiting_jobs(database, registre.jobs)
        messages += relayed
        travaux.update(done)
        quiet = not relayed and not done and routines <= passees
        finished = quiet and await _under_way(database) == 0
        if quiet and not finished:
            await asyncio.sleep(PAUSE)
    reactions, reactions_ko, todo, failed = await _left(database)
    return TravauxReponse(
        termine=finished,
        messages=messages,
        routines=sorted(passees),
        travaux=dict(travaux),
        reactions_a_reprendre=reactions,
        reactions_en_echec=reactions_ko,
        travaux_a_reprendre=todo,
        travaux_en_echec=failed,
    )


async def _under_way(database: Database) -> int:
    async with database.transaction(role=Role.RELAIS) as session:
        row = await (
            await (await raw(session)).execute(UNDER_WAY, (list(message_types()), horloge.now() + LEASE))
        ).fetchone()
    return int(row[0]) if row else 0


async def _left(database: Database) -> tuple[int, int, int, int]:
    async with database.transaction(role=Role.RELAIS) as session:
        row = await (await (await raw(session)).execute(LEFT)).fetchone()
    assert row is not None
    return row[0], row[1], row[2], row[3]
