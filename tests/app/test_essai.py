"""The test mode: one clock for the whole house, what waits done on demand, and none of it in any other mode."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import httpx
import hypothesis
import psycopg
import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck
from schemathesis.checks import not_a_server_error
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.app.essai import check_host, finish_everything
from guichet.app.http import create_app
from guichet.rdv.messages import DisponibiliteChanged
from guichet.socle import horloge, horloge_essai
from guichet.socle.database import Database, Role, raw
from guichet.socle.embarque import EmbeddedServer
from guichet.socle.ids import new_id
from guichet.socle.messages import publish
from guichet.socle.registre import Module, Registre, deferred
from guichet.socle.settings import Mode, ReglageRefuse, Settings
from tests.maison.test_aleas import EXAMPLES
from tests.maison_vivante import Maison, drop_database, fresh_database, open_house

LUNDI = "2025-11-24T09:30:00+01:00"
HORLOGE, TRAVAUX = "/api/v1/essai/horloge", "/api/v1/essai/travaux"


@pytest.fixture(scope="module")
def maison(server: EmbeddedServer, settings: Settings) -> Iterator[Maison]:
    """Web, worker and relay, each a process of its own, on a database of their own."""
    with open_house(server, settings, "essai", roles=("serve", "work", "relay")) as opened:
        yield opened


@pytest.fixture
def appel(maison: Maison) -> Iterator[httpx.Client]:
    """A program on that house; the clock is given back at the end."""
    with httpx.Client(base_url=maison.adresse, timeout=60) as client:
        yield client
        client.delete(HORLOGE).raise_for_status()


schema = schemathesis.openapi.from_dict(create_app(Settings(mode=Mode.ESSAI)).openapi()).include(
    path_regex=r"/essai/(horloge|travaux)"
)


@schema.parametrize()
@hypothesis.settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
    derandomize=True,
)
def test_the_clock_and_the_work_do_not_break_on_what_they_are_given(case, appel: httpx.Client):
    case.call_and_validate(base_url=str(appel.base_url), checks=[not_a_server_error])


def instant_of(answer: httpx.Response) -> datetime:
    answer.raise_for_status()
    return datetime.fromisoformat(answer.json()["maintenant"])


def test_the_clock_stands_where_it_is_put_until_it_is_given_back(appel: httpx.Client):
    put = appel.put(HORLOGE, json={"maintenant": LUNDI})
    assert put.json() == {"maintenant": "2025-11-24T08:30:00Z", "avance": False, "reelle": False}
    assert instant_of(appel.get(HORLOGE)) == datetime.fromisoformat(LUNDI)
    given_back = appel.delete(HORLOGE)
    assert (given_back.json()["reelle"], given_back.json()["avance"]) == (True, True)
    assert abs(instant_of(appel.delete(HORLOGE)) - horloge.real_now()) < timedelta(minutes=5)


def test_a_clock_that_runs_goes_on_from_where_it_was_put(appel: httpx.Client):
    appel.put(HORLOGE, json={"maintenant": LUNDI, "avance": True}).raise_for_status()
    first, second = instant_of(appel.get(HORLOGE)), instant_of(appel.get(HORLOGE))
    assert datetime.fromisoformat(LUNDI) < first < second < datetime.fromisoformat(LUNDI) + timedelta(minutes=5)


@pytest.mark.parametrize("body", [{"maintenant": "2025-11-24T09:30:00"}, {"maintenant": "demain"}, {}])
def test_an_instant_without_its_offset_is_refused_on_its_field(appel: httpx.Client, body: dict[str, str]):
    refused = appel.put(HORLOGE, json=body)
    assert (refused.status_code, list(refused.json()["champs"])) == (422, ["maintenant"])


MARDI = "2025-11-25T09:30:00+01:00"
MESSAGE = """
insert into socle.messages (type, version, payload, created_at)
values ('disponibilite.changed', 1,
        jsonb_build_object('centre_id', gen_random_uuid(), 'du', '2025-11-25', 'au', '2025-11-25'), now())
returning id
"""


def _one(maison: Maison, query: str, *values: object) -> object:
    with psycopg.connect(maison.urls[Role.MAINTENANCE], autocommit=True) as connection:
        row = connection.execute(query.encode(), values).fetchone()
    assert row is not None
    return row[0]


def test_the_worker_and_the_relay_obey_the_same_clock(appel: httpx.Client, maison: Maison):
    appel.put(HORLOGE, json={"maintenant": MARDI}).raise_for_status()
    message = _one(maison, MESSAGE)
    published = "select coalesce((select publie_le = %s from socle.messages where id = %s), pg_sleep(0.05) is null)"
    while not _one(maison, published, MARDI, message):
        pass
    swept = "select exists (select 1 from socle.routines where derniere_le = %s) or pg_sleep(0.05) is null"
    while not _one(maison, swept, MARDI):
        pass


def test_the_command_line_obeys_it_too(appel: httpx.Client, maison: Maison):
    appel.put(HORLOGE, json={"maintenant": LUNDI}).raise_for_status()
    command = [Path(sys.executable).with_name("guichet"), "routines", "lancer", "socle.travaux_oublies"]
    said = subprocess.run(command, env=maison.environnement, capture_output=True, text=True, check=True).stdout
    assert "socle.travaux_oublies" in said
    ran = "select derniere_le = %s from socle.routines where nom = 'socle.travaux_oublies'"
    assert _one(maison, ran, LUNDI)


def test_what_waits_is_done_when_the_answer_comes(appel: httpx.Client, maison: Maison):
    appel.put(HORLOGE, json={"maintenant": LUNDI}).raise_for_status()
    message = _one(maison, MESSAGE)
    done = appel.post(TRAVAUX)
    assert done.status_code == 200, done.text
    said = done.json()
    assert said["termine"] is True
    assert {"rdv.expiration", "notifications.envoi", "socle.audit_scelle"} <= set(said["routines"])
    assert _one(maison, "select publie_le is not null from socle.messages where id = %s", message)


@pytest.fixture
async def seule(server: EmbeddedServer, settings: Settings) -> AsyncIterator[Database]:
    """A database no process works on."""
    name = f"seule_{os.getpid()}"
    opened = Database(await asyncio.to_thread(fresh_database, server, name), settings)
    yield opened
    await opened.close()
    drop_database(server, name)


async def test_what_a_dead_relay_had_taken_is_taken_over(seule: Database):
    """Its lease has not lapsed and, on a clock that stands, never would."""
    seen: list[UUID] = []

    async def note(session: AsyncSession, event: DisponibiliteChanged) -> None:
        seen.append(event.centre_id)

    registre = Registre([Module(nom="essai", reactions=(deferred(DisponibiliteChanged, note),))])
    (reaction,) = registre.reactions(DisponibiliteChanged, immediate=False)
    event = DisponibiliteChanged(centre_id=new_id(), du=date(2025, 11, 24), au=date(2025, 11, 24))
    async with seule.transaction() as session:
        await publish(session, event)
    async with seule.transaction(role=Role.RELAIS) as session:
        connection = await raw(session)
        await connection.execute("update socle.messages set publie_le = now()")
        await connection.execute(
            "insert into socle.livraisons (message_id, reaction, message_le, etat, due_le)"
            " select id, %s, created_at, 'due', now() + interval '12 seconds' from socle.messages",
            (reaction.nom,),
        )
    said = await finish_everything(seule, registre, delai_s=30)
    assert (said.termine, seen) == (True, [event.centre_id])


async def test_what_cannot_be_finished_in_time_is_said_and_counted(seule: Database):
    async def fail(session: AsyncSession, event: DisponibiliteChanged) -> None:
        raise OSError("down")

    registre = Registre([Module(nom="essai", reactions=(deferred(DisponibiliteChanged, fail),))])
    async with seule.transaction() as session:
        await publish(session, DisponibiliteChanged(centre_id=new_id(), du=date(2025, 11, 24), au=date(2025, 11, 24)))
        await (await raw(session)).execute(
            "insert into travaux.procrastinate_jobs (queue_name, task_name, args) values ('ailleurs', 'inconnu', '{}')"
        )
    said = await finish_everything(seule, registre, delai_s=60)
    assert (said.termine, said.messages, said.reactions_a_reprendre, said.travaux_en_echec) == (True, 1, 1, 1)
    async with seule.transaction(role=Role.RELAIS) as session:
        await (await raw(session)).execute("update travaux.procrastinate_jobs set status = 'doing'")
    assert (await finish_everything(seule, registre, delai_s=0.2)).termine is False


async def test_the_clock_that_cannot_be_read_stays_as_it_was(seule: Database, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(horloge_essai, "get_database", lambda: seule)
    try:
        horloge_essai.follow()
        await horloge.synchronise()
        assert abs(horloge.now() - horloge.real_now()) < timedelta(minutes=1), "nobody has set it"
        await horloge_essai.write_clock(seule, datetime.fromisoformat(LUNDI), avance=False)
        await horloge.synchronise()
        assert horloge.now() == datetime.fromisoformat(LUNDI)

        def away() -> Database:
            raise OSError("away")

        monkeypatch.setattr(horloge_essai, "get_database", away)
        await horloge.synchronise()
        assert horloge.now() == datetime.fromisoformat(LUNDI)
    finally:
        horloge.set_source(None)
        horloge.set_clock(None)


def test_an_instant_without_a_zone_sets_no_clock():
    with pytest.raises(ValueError, match="aware"):
        horloge.set_clock(datetime(2025, 11, 24))  # noqa: DTZ001


@pytest.mark.parametrize("mode", [Mode.PRODUCTION, Mode.DEMO])
async def test_in_any_other_mode_nothing_of_it_exists(settings: Settings, mode: Mode):
    other = create_app(settings.model_copy(update={"mode": mode}))
    assert [p for p in other.openapi()["paths"] if "/essai" in p] == []
    async with httpx.AsyncClient(transport=httpx.ASGITransport(other), base_url="http://testserver") as program:
        for method, path in (("GET", HORLOGE), ("PUT", HORLOGE), ("DELETE", HORLOGE), ("POST", TRAVAUX)):
            answer = await program.request(method, path, headers={"Authorization": "Bearer x"}, json={})
            assert answer.status_code == 404, (method, path)


def test_the_routes_are_in_the_document_of_a_test_instance(app: FastAPI):
    assert {HORLOGE, TRAVAUX} <= set(app.openapi()["paths"])


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.8.0.1"])
def test_a_test_instance_listens_on_this_machine(host: str):
    check_host(Settings(mode=Mode.ESSAI, host=host))


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.4", "guichet.example"])
def test_a_test_instance_refuses_to_listen_beyond_it(host: str):
    with pytest.raises(ReglageRefuse, match=r"127\.0\.0\.1"):
        check_host(Settings(mode=Mode.ESSAI, host=host))
    check_host(Settings(mode=Mode.PRODUCTION, host=host))


def test_the_command_says_why_it_does_not_start(maison: Maison):
    command = [Path(sys.executable).with_name("guichet"), "serve", "--host", "0.0.0.0"]
    said = subprocess.run(command, env=maison.environnement, capture_output=True, text=True, check=False)
    assert said.returncode == 1
    assert said.stderr.startswith("guichet : En mode essai")
