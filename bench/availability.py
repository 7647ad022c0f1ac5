"""Free starts of a centre over HTTP, against pgbench running the same statement: read live, then kept in process.

Then the public search around a town, this week. `./run bench availability [--rdv=N] [--secondes=N]`.
"""

import random
import sys
from collections.abc import Iterator, Sequence
from datetime import timedelta

import httpx

from bench.cadre import chronometer, percentiles
from bench.charge import execute, option, pgbench, relay, rows, shoot, versions, warm, web
from bench.donnees import RDV, Jeu, opened

AFFLUENCE = 200
RECHERCHES = 300
VILLES = ("Rennes", "Lyon", "Marseille", "Nantes", "Lille", "Toulouse", "Strasbourg", "Bordeaux", "Dijon", "Brest")

PLACES = """
drop table if exists public.bench_centres;
create table public.bench_centres as
  select row_number() over (order by c.id)::int as n, c.tenant_id, c.id,
         (select array_agg(k.controleur_id) from reseau.controleur_centre k where k.centre_id = c.id) as equipe
    from reseau.centre c where c.tenant_id = %s;
alter table public.bench_centres add primary key (n);
grant select on public.bench_centres to guichet_app;
analyze public.bench_centres;
"""
SCRIPT = """
\\set n random(1, {centres})
\\set d random(1, 30)
select l.* from public.bench_centres b cross join lateral rdv.lire_creneaux(
  b.tenant_id, b.id, date '{jour}' + :d::int, date '{jour}' + :d::int, interval '45 minutes', interval '15 minutes', '{{VL}}',
  now(), now(), date '{jour}', b.equipe, 'VP') l where b.n = :n::int;
"""


def questions(jeu: Jeu, centres: Sequence[str], *, combien: int = 4_000) -> list[str]:
    """Addresses of one day of one centre, at random."""
    draw = random.Random(11)
    return [
        f"/api/v1/disponibilites?centre_id={draw.choice(centres)}&date={jeu.jour + timedelta(days=draw.randint(1, 30))}"
        for _ in range(combien)
    ]


def measure(jeu: Jeu, address: str, secondes: int) -> None:
    """The three ways to the same answer."""
    execute(jeu, PLACES.replace("%s", f"'{jeu.monde.tenant.id}'"))
    centres = [str(row[0]) for row in rows(jeu, "select id from public.bench_centres order by n")]
    live = questions(jeu, centres)
    warm(address, jeu, centres)
    shoot(address, live, secondes=2, en_tetes={"Cache-Control": "no-cache"})
    ceiling = pgbench(jeu, SCRIPT.format(centres=len(centres), jour=jeu.jour), secondes=secondes)
    seen = shoot(address, live, secondes=secondes, en_tetes={"Cache-Control": "no-cache"})
    ratio = seen.par_seconde() / ceiling
    print(f"  un jour d'un centre, lu en base : {seen.par_seconde():,.0f}/s, {ratio:.2f} du plafond ; {seen}")
    print(f"  le plafond : pgbench, la même instruction, 16 clients : {ceiling:,.0f}/s")
    busy = questions(jeu, centres[:AFFLUENCE], combien=1_000)
    shoot(address, busy, secondes=2)
    seen = shoot(address, busy, secondes=secondes)
    print(f"  {AFFLUENCE} centres demandés sans cesse, réponses prêtes : {seen.par_seconde():,.0f}/s ; {seen}")


def search(jeu: Jeu, address: str) -> Iterator[float]:
    """Around a town, this week: seconds of each answer, one at a time."""
    draw = random.Random(5)
    with httpx.Client(base_url=address, timeout=30) as client:
        for _ in range(RECHERCHES):
            body: dict[str, object] = {
                "lieu": draw.choice(VILLES),
                "rayon_km": draw.choice((10, 20, 30)),
                "date": str(jeu.jour + timedelta(days=1)),
                "date_fin": str(jeu.jour + timedelta(days=7)),
            }

            def ask(body: dict[str, object] = body) -> None:
                answer = client.post("/api/v1/disponibilites/search", json=body)
                assert answer.status_code == 200, answer.text

            yield chronometer(ask)


def main(arguments: Sequence[str]) -> None:
    """All of it on one data set."""
    secondes = option(arguments, "secondes", 10)
    with opened(option(arguments, "rdv", RDV)) as jeu, relay(jeu), web(jeu) as address:
        print(f"  {versions(jeu)}")
        measure(jeu, address, secondes)
        print(
            f"  recherche autour d'une ville, 7 jours, {RECHERCHES} appels : {percentiles(list(search(jeu, address)))}"
        )


main(sys.argv[1:])
