"""Free starts kept ready for the peak are those the database would give: whatever is booked, changed, held, or o'clock."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from guichet.identite.facade import TenantVue
from guichet.rdv.api import pretes
from guichet.rdv.api.modeles_disponibilites import DisponibilitesReponse
from guichet.rdv.metier.vues import Controle
from guichet.rdv.questions import directes
from guichet.rdv.questions.directes import load_cadre
from guichet.rdv.questions.disponibilites import disponibilites_centre
from guichet.reseau.facade import (
    Carburant,
    CentreModification,
    CentreVue,
    TravailSaisie,
    VehiculeType,
    update_centre,
)
from guichet.socle.acces import Appelant
from guichet.socle.cache import MemoryCache, get_cache
from guichet.socle.database import Database
from guichet.socle.horloge import frozen
from tests.identite.fabrique import make_tenant
from tests.rdv.appels import DISPO, booked, open_as
from tests.rdv.fabrique import LUNDI, MAINTENANT, at, autre_demande, book
from tests.reseau.fabrique import fill_centre, fill_controleur

CONTROLES = [
    Controle(),
    Controle(vehicule_type=VehiculeType.VU, carburant=Carburant.DIESEL),
    Controle(carburant=Carburant.GAZ),
    Controle(vehicule_type=VehiculeType.MOTO),
]


@pytest.fixture(autouse=True)
async def cache() -> AsyncIterator[MemoryCache]:
    """The memory of this process, hearing announcements, and empty again afterwards."""
    await get_cache().resume()
    yield get_cache()
    await get_cache().suspend()


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """One word per reading of the database."""
    done: list[str] = []
    real = directes.read_creneaux

    async def counted(*args: Any, **fields: Any) -> Any:
        done.append("lu")
        await asyncio.sleep(0)
        return await real(*args, **fields)

    monkeypatch.setattr(pretes, "read_creneaux", counted)
    return done


async def starts(client: httpx.AsyncClient, centre: CentreVue, jour: date = LUNDI, **headers: str) -> list[str]:
    answer = await client.get(DISPO, params={"centre_id": str(centre.id), "date": jour.isoformat()}, headers=headers)
    assert answer.status_code == 200, answer.text
    return [c["heure_debut"] for j in answer.json()["jours"] for c in j["creneaux"]]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    premier=st.integers(-3, 130),
    nombre=st.integers(1, 9),
    controle=st.sampled_from(CONTROLES),
    minute=st.integers(0, 24 * 60),
)
async def test_the_short_way_answers_what_the_ordinary_one_does(
    database: Database, reseau: TenantVue, centre: CentreVue, premier: int, nombre: int, controle: Controle, minute: int
):
    du = LUNDI + timedelta(days=premier)
    au = du + timedelta(days=nombre - 1)
    with frozen(MAINTENANT + timedelta(minutes=minute)):
        async with database.transaction(reseau.id, read_only=True) as session:
            vue = await disponibilites_centre(session, centre_id=centre.id, du=du, au=au, controle=controle)
        lecture = await directes.read_creneaux(await load_cadre(None, centre.id), du=du, au=au, controle=controle)
        assert lecture.vue == vue
        assert pretes.render(lecture).corps == DisponibilitesReponse.of(vue).model_dump_json().encode()


async def test_an_answer_is_read_once_however_many_ask(
    passant: httpx.AsyncClient, centre: CentreVue, readings: list[str]
):
    answers = await asyncio.gather(*(starts(passant, centre) for _ in range(5)))
    assert answers == [answers[0]] * 5
    assert await starts(passant, centre) == answers[0]
    assert readings == ["lu"]


async def test_asking_for_the_last_word_reads_again(passant: httpx.AsyncClient, centre: CentreVue, readings: list[str]):
    await starts(passant, centre)
    await starts(passant, centre, **{"Cache-Control": "no-cache"})
    assert readings == ["lu", "lu"]


async def test_a_place_that_was_booked_is_gone_from_the_next_answer(passant: httpx.AsyncClient, centre: CentreVue):
    assert "09:00" in await starts(passant, centre)
    async with booked(passant, centre):
        assert "09:00" not in await starts(passant, centre)


async def test_a_booking_of_another_day_changes_nothing(
    passant: httpx.AsyncClient, centre: CentreVue, readings: list[str]
):
    await starts(passant, centre)
    async with booked(passant, centre, creneau__date="2026-11-25"):
        await starts(passant, centre)
    assert readings == ["lu"]


async def test_an_inspector_taken_elsewhere_is_no_longer_free_here(
    database: Database, reseau: TenantVue, passant: httpx.AsyncClient
):
    async with database.transaction(reseau.id) as session:
        here = await fill_centre(session)
        there = await fill_centre(session)
        both = [TravailSaisie(centre_id=here.id), TravailSaisie(centre_id=there.id)]
        await fill_controleur(session, here, centres=[t.model_dump() for t in both])
    assert "09:00" in await starts(passant, here)
    async with booked(passant, there):
        assert "09:00" not in await starts(passant, here)


async def test_new_hours_are_shown_at_once(
    database: Database, reseau: TenantVue, passant: httpx.AsyncClient, centre: CentreVue
):
    assert "08:00" in await starts(passant, centre)
    plage = [{"debut": "10:00", "fin": "12:00"}]
    async with database.transaction(reseau.id) as session:
        changes = CentreModification.model_validate({"horaires": {"lundi": plage}})
        await update_centre(session, centre.id, changes)
    assert (await starts(passant, centre))[0] == "10:00"


async def test_a_start_goes_when_its_hour_comes(passant: httpx.AsyncClient, centre: CentreVue, readings: list[str]):
    with frozen(at(8, 59)):
        assert (await starts(passant, centre))[0] == "09:00"
    with frozen(at(9)):
        assert (await starts(passant, centre))[0] == "09:15"
    with frozen(at(8, 59)):
        assert (await starts(passant, centre))[0] == "09:00", "the clock of a test also goes back"
    assert len(readings) == 3


async def test_the_place_of_a_dead_hold_comes_back_without_anybody_telling(
    database: Database, reseau: TenantVue, passant: httpx.AsyncClient, centre: CentreVue
):
    async with database.transaction(reseau.id) as session:
        held = await book(session, autre_demande(centre, 1))
        await session.execute(
            text("update rdv.rdv set statut = 'en_attente_paiement', expire_a = :fin where id = :id"),
            {"fin": MAINTENANT + timedelta(minutes=15), "id": held.rdv.id},
        )
    assert "09:00" not in await starts(passant, centre)
    with frozen(MAINTENANT + timedelta(minutes=15)):
        assert "09:00" in await starts(passant, centre)


async def test_why_today_is_over_is_not_kept_for_long(
    passant: httpx.AsyncClient, centre: CentreVue, readings: list[str]
):
    params = {"centre_id": str(centre.id), "date": LUNDI.isoformat()}
    for instant in (at(20), at(20) + timedelta(seconds=59), at(20) + timedelta(minutes=1)):
        with frozen(instant):
            assert (await passant.get(DISPO, params=params)).json()["jours"][0]["raison_vide"] == "passe"
    assert len(readings) == 2


async def test_another_tenant_s_centre_is_unknown_at_a_tenant_s_own_address(
    application: FastAPI, database: Database, passant: httpx.AsyncClient, centre: CentreVue
):
    await starts(passant, centre)
    stranger = await make_tenant(database)
    async with open_as(application, Appelant(tenant_id=stranger.id, ip="192.0.2.8")) as elsewhere:
        answer = await elsewhere.get(DISPO, params={"centre_id": str(centre.id), "date": LUNDI.isoformat()})
    assert (answer.status_code, answer.json()["code"]) == (404, "CENTRE_NOT_FOUND")


async def test_an_answer_whose_centre_changed_while_it_was_read_is_not_kept(
    database: Database,
    reseau: TenantVue,
    passant: httpx.AsyncClient,
    centre: CentreVue,
    monkeypatch: pytest.MonkeyPatch,
):
    real = directes.read_creneaux
    changed: list[bool] = []

    async def slow(*args: Any, **fields: Any) -> Any:
        lecture = await real(*args, **fields)
        if not changed:
            changed.append(True)
            get_cache().drop({f"reseau.centre:{centre.id}"})
        return lecture

    monkeypatch.setattr(pretes, "read_creneaux", slow)
    await starts(passant, centre)
    kept = [cle for cle in get_cache()._entries if cle.startswith("rdv.pretes:")]
    assert kept == []


async def test_a_connection_lost_in_the_pool_is_nobody_s_business(
    passant: httpx.AsyncClient, centre: CentreVue, monkeypatch: pytest.MonkeyPatch
):
    async def lost(*_args: Any, **_fields: Any) -> Any:
        raise psycopg.OperationalError("the connection is lost")

    monkeypatch.setattr(pretes, "read_creneaux", lost)
    assert "09:00" in await starts(passant, centre)


async def test_a_passer_by_is_answered_from_memory_before_anybody_asks_who_it_is(
    client: httpx.AsyncClient, centre: CentreVue, monkeypatch: pytest.MonkeyPatch
):
    first = await starts(client, centre)

    async def nobody_asks(_request: Any) -> Any:
        raise AssertionError("somebody asked")

    with monkeypatch.context() as patch:
        patch.setattr(pretes, "current_appelant", nobody_asks)
        assert await starts(client, centre) == first
    params = {"centre_id": str(centre.id), "date": LUNDI.isoformat()}
    shown = await client.get(DISPO, params=params, headers={"Authorization": "Bearer faux"})
    assert (shown.status_code, shown.json()["code"]) == (401, "JETON_INVALIDE"), "who shows something is asked"


async def test_a_kept_answer_is_made_smaller_for_whoever_accepts_it(client: httpx.AsyncClient, centre: CentreVue):
    params = {"centre_id": str(centre.id), "date": LUNDI.isoformat()}
    plain = await client.get(DISPO, params=params, headers={"Accept-Encoding": "identity"})
    for encoding in ("identity", "gzip", "br"):
        answer = await client.get(DISPO, params=params, headers={"Accept-Encoding": encoding})
        assert answer.json() == plain.json()
        assert answer.headers.get("content-encoding", "identity") == encoding
        assert answer.headers.get_list("vary") == ["Accept-Encoding"]


@pytest.mark.parametrize(
    "adresse",
    [
        b"centre_id=x&date=2026-11-23",
        b"date=2026-11-23",
        b"centre_id=0193a1f2-5b7c-7e1a-9d51-0c6f2f1f5e10&date=2026-11-23&date=2026-11-24",
        b"centre_id=0193a1f2-5b7c-7e1a-9d51-0c6f2f1f5e10&date=20261123",
        b"centre_id=0193a1f2-5b7c-7e1a-9d51-0c6f2f1f5e10&date=2026-02-30",
        b"centre_id=0193a1f2-5b7c-7e1a-9d51-0c6f2f1f5e10&date=2026-11-23&autre=1",
        b"centre_id=0193a1f2-5b7c-7e1a-9d51-0c6f2f1f5e10&date=2026-11-23&carburant=Eau",
    ],
)
def test_a_question_written_otherwise_is_left_to_the_ordinary_handler(adresse: bytes):
    assert pretes.read_question(adresse) is None
