"""Bookings through the public HTTP API, against pgbench running the same statement in the same run.

Every request carries an RS256 token, a body that is validated and an idempotency key; every booking writes its audit line
and its message; synchronous_commit is on. `./run bench booking [--rdv=N] [--secondes=N]`.
"""

import asyncio
import sys
import time
from collections.abc import Sequence
from typing import Any

import psycopg

from bench.charge import ECRIRE, Tir, execute, option, pgbench, relay, rows, shoot, token, versions, warm, web
from bench.donnees import RDV, Jeu, opened
from bench.places import Place, free_places, list_centres, write_bodies
from guichet.app.modules import assemble
from guichet.rdv.actions.directement import prepare_rdv
from guichet.rdv.api.directe import RENDU
from guichet.rdv.api.modeles_rdv import RdvSaisie
from guichet.socle.acces import Appelant
from guichet.socle.cache import get_cache
from guichet.socle.database import Database, set_database
from guichet.socle.idempotence import build_demande
from guichet.socle.ids import new_id
from guichet.socle.origine import origin

CHEMIN = "/api/v1/rdv"
RESERVE = 2_500  # places drawn for each second to fill
TYPES = [
    "uuid",
    "jsonb",
    "jsonb",
    "jsonb",
    "text[]",
    "timestamptz",
    "bytea[]",
    "integer[]",
    "interval",
    "text",
    "smallint",
    "jsonb",
    "jsonb",
    "uuid",
    "text",
    "text",
    "inet",
    "text",
    "text",
    "uuid",
    "bytea",
    "text",
    "bytea",
    "jsonb",
    "bytea",
    "json",
    "text[]",
]
COLONNES = ", ".join(f"p{n}" for n in range(len(TYPES)))
SCRIPT = f"""
select r.issue from (select nextval('public.bench_rang') as n offset 0) s
  join public.bench_reservations b on b.n = s.n
  cross join lateral rdv.reserver_directement({COLONNES}) r;
"""
FAITES = "select count(*) from socle.idempotence where cle like 'plafond-%'"
DOUBLES = """
select count(*) from rdv.rdv a join rdv.rdv b on b.controleur_id = a.controleur_id and b.id > a.id
   and b.debut < a.fin and b.debut > a.debut - interval '12 hours' and b.fin > a.debut
 where a.created_at > now() - interval '10 minutes' and a.statut = 'confirme' and b.statut = 'confirme'
"""


async def write_arguments(jeu: Jeu, places: Sequence[Place]) -> None:
    """The statement's arguments for these places, as the product makes them, where pgbench finds them."""
    columns = ", ".join(f"p{n} {kind}" for n, kind in enumerate(TYPES))
    execute(jeu, "delete from socle.idempotence where cle like 'plafond-%'")
    execute(jeu, f"drop table if exists public.bench_reservations; create table public.bench_reservations (n int primary key, {columns})")  # fmt: skip
    execute(jeu, "drop sequence if exists public.bench_rang; create sequence public.bench_rang")
    execute(jeu, "grant select on public.bench_reservations to guichet_app; grant usage on sequence public.bench_rang to guichet_app")  # fmt: skip
    database = Database(jeu.urls, jeu.settings)
    set_database(database)
    assemble()
    await get_cache().resume()  # for this process alone: nothing of the network changes meanwhile
    prepared: list[tuple[Any, ...]] = []
    for rank, place in enumerate(places):
        prepared.append((rank + 1, *await _prepare(jeu, place, rank)))
    marks = ", ".join(["%s"] * (len(TYPES) + 1))
    async with await psycopg.AsyncConnection.connect(jeu.admin) as connection:
        await connection.cursor().executemany(f"insert into public.bench_reservations values ({marks})", prepared)
    await get_cache().suspend()
    set_database(None)
    await database.close()
    execute(jeu, "vacuum analyze public.bench_reservations")


async def _prepare(jeu: Jeu, place: Place, rank: int) -> tuple[Any, ...]:
    clerk = Appelant(
        user_id=new_id(), tenant_id=jeu.monde.tenant.id, role="CALL_CENTER", permissions=frozenset({"*"}), via="jwt"
    )
    key = build_demande(
        tenant_id=clerk.tenant_id,
        appelant="plafond",
        methode="POST",
        chemin=CHEMIN,
        cle=f"plafond-{rank:08}",
        corps=b"",
    )
    asked = RdvSaisie.model_validate(place.body(rank, "plafond")).to_demande(langue="fr")
    with origin(via="jwt", ip_address="192.0.2.1", user_agent="mesure"):
        ready = await prepare_rdv(demande=asked, appelant=clerk, cle=key, rendu=RENDU)
    assert ready is not None, place
    return ready.parametres


def book(jeu: Jeu, address: str, bodies: Sequence[str], secondes: int) -> Tir:
    """As many bookings as the house takes."""
    headers = {"Authorization": f"Bearer {token(address, jeu)}", "Content-Type": "application/json"}
    serie = f"{time.time_ns():x}"
    return shoot(address, bodies, script=ECRIRE, secondes=secondes, en_tetes=headers, CHEMIN=CHEMIN, SERIE=serie)


def measure_ceiling(jeu: Jeu, places: Sequence[Place], secondes: int) -> float:
    """Bookings a second by pgbench; a place that was lost meanwhile is refused, as over HTTP, and does not count."""
    asyncio.run(write_arguments(jeu, places))
    tried = pgbench(jeu, SCRIPT, secondes=secondes) * secondes
    done = rows(jeu, FAITES)[0][0]
    assert tried < len(places), "more places are needed"
    assert done >= 0.85 * tried, f"{done} booked of {tried:.0f}"
    return float(done / secondes)


def main(arguments: Sequence[str]) -> None:
    """The house, the ceiling, the house again: the machine is not the same from one minute to the next."""
    secondes = option(arguments, "secondes", 10)
    with opened(option(arguments, "rdv", RDV)) as jeu, relay(jeu):
        print(f"  {versions(jeu)}, synchronous_commit {rows(jeu, 'show synchronous_commit')[0][0]}")
        part = RESERVE * secondes
        places = free_places(jeu, 3 * part + RESERVE * 3)
        bodies = write_bodies(places[part:], f"{time.time_ns():x}"[-6:])
        with web(jeu) as address:
            warm(address, jeu, list_centres(jeu))
            book(jeu, address, bodies[2 * part :], 3)
            first = book(jeu, address, bodies[:part], secondes)
            ceiling = measure_ceiling(jeu, places[:part], secondes)
            second = book(jeu, address, bodies[part : 2 * part], secondes)
        rate = (first.par_seconde(201) + second.par_seconde(201)) / 2
        print(f"  le plafond : pgbench, la même instruction, 16 clients : {ceiling:,.0f}/s")
        print(f"  réservés par HTTP, 16 clients : {rate:,.0f}/s, {rate / ceiling:.2f} du plafond")
        for seen in (first, second):
            print(f"    {seen.par_seconde(201):,.0f}/s ; {seen}")
        print(f"  contrôleurs en deux endroits à la fois : {rows(jeu, DOUBLES)[0][0]}")


main(sys.argv[1:])
