"""Monday's peak: 16 clients read 200 busy centres without pause while 50 bookings a second are made in them.

A quarter of an hour of arrivals is compressed into `--secondes`. Readers and bookers talk to two processes, as behind a
balancer; how long a place booked in one is still shown by the other is measured from the answer to the booking (its commit
came just before) to the first reading without it. `./run bench peak [--rdv=N] [--secondes=N]`.
"""

import asyncio
import sys
import time
from collections.abc import Sequence
from datetime import datetime

import httpx
import uvloop

from bench.cadre import percentiles
from bench.charge import Tir, option, relay, shoot, token, versions, web
from bench.donnees import RDV, Jeu, opened
from bench.places import Place, free_places

CENTRES, PAR_SECONDE, DU, AU = 200, 50, 3, 9
SURVEILLEES = 2  # one in so many, of those that take the last inspector, is watched until it is seen everywhere
PERDU_S = 5.0
LIVE = {"Cache-Control": "no-cache"}


def question(place: Place) -> str:
    """The day of a place, as a reader asks for it."""
    return f"/api/v1/disponibilites?centre_id={place.centre}&date={place.debut.date()}"


async def is_shown(client: httpx.AsyncClient, place: Place, **en_tetes: str) -> bool:
    """Whether readers are told of that start."""
    days = (await client.get(question(place), headers=en_tetes)).json()["jours"]
    return place.debut in {datetime.fromisoformat(c["debut"]) for day in days for c in day["creneaux"]}


async def watch(client: httpx.AsyncClient, place: Place) -> float | None:
    """Seconds until a place just booked is no longer shown to readers; None when another inspector is free for it."""
    since = time.perf_counter()
    while True:
        begin = time.perf_counter()
        if not await is_shown(client, place):
            return begin - since
        if await is_shown(client, place, **LIVE):
            return None
        assert begin - since < PERDU_S, "a booked place is still shown"


class Guichetiers:
    """Those who book, at a steady rate."""

    def __init__(self, jeu: Jeu, booker: str, reader: str) -> None:
        self._jeu, self._booker, self._reader = jeu, booker, reader
        self.times: list[float] = []
        self.staleness: list[float] = []
        self.refused = 0

    async def run(self, places: Sequence[Place]) -> None:
        """Book these places, `PAR_SECONDE` of them a second."""
        headers = {"Authorization": f"Bearer {token(self._booker, self._jeu)}"}
        async with (
            httpx.AsyncClient(base_url=self._booker, headers=headers, timeout=30) as booking,
            httpx.AsyncClient(base_url=self._reader, timeout=30) as reading,
            asyncio.TaskGroup() as group,
        ):
            begin = time.perf_counter()
            for rank, place in enumerate(places):
                await asyncio.sleep(max(0.0, begin + rank / PAR_SECONDE - time.perf_counter()))
                group.create_task(self._book(booking, reading, place, rank))

    async def _book(self, booking: httpx.AsyncClient, reading: httpx.AsyncClient, place: Place, rank: int) -> None:
        if watched := place.restant == 1 and rank % SURVEILLEES == 0:
            await reading.get(question(place))  # it is among what is kept
        key = f"pointe-{time.time_ns():x}-{rank}"
        begin = time.perf_counter()
        answer = await booking.post("/api/v1/rdv", json=place.body(rank, "pointe"), headers={"Idempotency-Key": key})
        self.times.append(time.perf_counter() - begin)
        if answer.status_code != 201:
            self.refused += 1
        elif watched and (seconds := await watch(reading, place)) is not None:
            self.staleness.append(seconds)


async def rush(jeu: Jeu, reader: str, booker: str, secondes: int) -> tuple[Tir, Guichetiers]:
    """Readers and bookers together."""
    centres = sorted({place.centre for place in free_places(jeu, 5_000, du=DU, au=AU)})[:CENTRES]
    places = free_places(jeu, PAR_SECONDE * secondes, du=DU, au=AU, centres=centres)
    asked = sorted({question(place) for place in free_places(jeu, 20_000, du=DU, au=AU, centres=centres)})
    guichetiers = Guichetiers(jeu, booker, reader)
    reading = asyncio.create_task(asyncio.to_thread(shoot, reader, asked, secondes=secondes))
    await guichetiers.run(places)
    return await reading, guichetiers


def main(arguments: Sequence[str]) -> None:
    """One rush."""
    secondes = option(arguments, "secondes", 20)
    with opened(option(arguments, "rdv", RDV)) as jeu, relay(jeu), web(jeu) as reader, web(jeu) as booker:
        print(f"  {versions(jeu)}")
        uvloop.run(rush(jeu, reader, booker, 3))
        seen, guichetiers = uvloop.run(rush(jeu, reader, booker, secondes))
        done = len(guichetiers.times) - guichetiers.refused
        print(f"  lectures : {seen.par_seconde():,.0f}/s ; {seen}")
        print(
            f"  réservations : {done / secondes:,.0f}/s, refusées {guichetiers.refused} ; {percentiles(guichetiers.times)}"
        )
        print(
            f"  une place prise reste montrée ailleurs : {percentiles(guichetiers.staleness)},"
            f" au plus {max(guichetiers.staleness) * 1000:.1f} ms ({len(guichetiers.staleness)} suivies)"
        )


main(sys.argv[1:])
