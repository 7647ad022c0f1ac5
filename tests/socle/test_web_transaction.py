"""One request, one transaction, committed before the answer leaves; the same request twice has one effect."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from fastapi import APIRouter, Form, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from guichet.socle import idempotence
from guichet.socle.acces import PUBLIC
from guichet.socle.database import Database
from guichet.socle.errors import Conflict
from guichet.socle.horloge import now
from guichet.socle.ids import new_id
from guichet.socle.web import Lecture, Tx, keep_writes
from tests.socle.bord import NOTRE, browse, build

ECRIRE = text(
    "insert into socle.idempotence (portee, cle, tenant_id, empreinte, created_at)"
    " values ('\\x00', :cle, nullif(current_setting('app.tenant_id', true), '')::uuid, '\\x00', now())"
)
LIRE = text("select count(*) from socle.idempotence where portee = '\\x00' and cle = :cle")

router = APIRouter(dependencies=[PUBLIC])


@router.post("/ecrire/{cle}")
async def ecrire(cle: str, session: Tx, statut: int = 201) -> Response:
    await session.execute(ECRIRE, {"cle": cle})
    return JSONResponse({"cle": cle}, statut, headers={"Location": f"/lire/{cle}", "X-Moment": "oui"})


@router.post("/refuser/{cle}")
async def refuser(cle: str, session: Tx) -> None:
    await session.execute(ECRIRE, {"cle": cle})
    raise Conflict("Non.", code="NON")


@router.post("/compter/{cle}")
async def compter(cle: str, session: Tx, request: Request) -> Response:
    keep_writes(request)
    await session.execute(ECRIRE, {"cle": cle})
    return JSONResponse({}, 401)


@router.post("/sans-base")
async def sans_base(request: Request) -> Response:
    keep_writes(request)
    return JSONResponse({"fait": True})


@router.post("/lent/{cle}")
async def lent(cle: str, session: Tx) -> dict[str, str]:
    await session.execute(ECRIRE, {"cle": cle})
    await session.execute(text("select pg_sleep(0.2)"))
    return {"cle": cle}


@router.post("/formulaire")
async def formulaire(session: Tx, cle: str = Form()) -> dict[str, str]:
    await session.execute(ECRIRE, {"cle": cle})
    return {"cle": cle}


@router.post("/flux")
async def flux(session: Tx) -> Response:
    await session.execute(text("select 1"))

    async def parts() -> Any:
        yield b"a"

    return StreamingResponse(parts())


@router.get("/lire/{cle}")
async def lire(cle: str, session: Lecture) -> int:
    return int(await session.scalar(LIRE, {"cle": cle}))


@router.get("/tricher/{cle}")
async def tricher(cle: str, session: Lecture) -> None:
    await session.execute(ECRIRE, {"cle": cle})


@pytest.fixture
def une_cle() -> str:
    return str(new_id())


async def count(database: Database, tenant_id: UUID, cle: str) -> int:
    async with database.transaction(tenant_id) as session:
        return int(await session.scalar(LIRE, {"cle": cle}))


async def test_what_an_answer_acknowledges_is_already_stored(database: Database, tenant_id: UUID, une_cle: str):
    app = build(router)
    seen: list[int] = []

    async def spy(scope: Any, receive: Any, send: Any) -> None:
        async def look(message: Any) -> None:
            if message["type"] == "http.response.start":
                seen.append(await count(database, tenant_id, une_cle))
            await send(message)

        await app(scope, receive, look)

    async with browse(spy, tenant_id=tenant_id) as client:
        answer = await client.post(f"/ecrire/{une_cle}")
    assert answer.status_code == 201
    assert seen == [1]


async def test_an_error_undoes_what_was_written(database: Database, tenant_id: UUID, une_cle: str):
    async with browse(build(router), tenant_id=tenant_id) as client:
        answer = await client.post(f"/refuser/{une_cle}")
    assert answer.status_code == 409
    assert await count(database, tenant_id, une_cle) == 0


async def test_a_refusal_given_as_an_answer_undoes_too(database: Database, tenant_id: UUID, une_cle: str):
    async with browse(build(router), tenant_id=tenant_id) as client:
        answer = await client.post(f"/ecrire/{une_cle}?statut=422")
    assert answer.status_code == 422
    assert await count(database, tenant_id, une_cle) == 0


async def test_a_refusal_may_keep_what_it_wrote(database: Database, tenant_id: UUID, une_cle: str):
    async with browse(build(router), tenant_id=tenant_id) as client:
        assert (await client.post(f"/compter/{une_cle}")).status_code == 401
        assert (await client.post("/sans-base")).status_code == 200
    assert await count(database, tenant_id, une_cle) == 1


async def test_a_reading_route_cannot_write_and_leaves_the_connection_as_it_was(
    database: Database, tenant_id: UUID, une_cle: str
):
    async with browse(build(router), tenant_id=tenant_id) as client:
        for _attempt in range(12):
            assert (await client.get(f"/tricher/{une_cle}", headers={"Accept": "application/json"})).status_code == 500
        assert (await client.post(f"/ecrire/{une_cle}")).status_code == 201
        assert (await client.get(f"/lire/{une_cle}")).json() == 1


async def test_the_same_request_twice_has_one_effect_and_one_answer(database: Database, tenant_id: UUID, une_cle: str):
    headers = {"Idempotency-Key": f"cle-{une_cle}"}
    async with browse(build(router), tenant_id=tenant_id) as client:
        first = await client.post(f"/ecrire/{une_cle}", headers=headers)
        second = await client.post(f"/ecrire/{une_cle}", headers=headers)
    assert (second.status_code, second.content) == (first.status_code, first.content) == (201, first.content)
    assert second.headers["Location"] == first.headers["Location"]
    assert second.headers["Idempotency-Replayed"] == "true"
    assert "X-Moment" not in second.headers
    assert "Idempotency-Replayed" not in first.headers
    assert await count(database, tenant_id, une_cle) == 1


async def test_a_key_used_for_another_body_is_refused(tenant_id: UUID, une_cle: str):
    headers = {"Idempotency-Key": f"cle-{une_cle}"}
    async with browse(build(router), tenant_id=tenant_id) as client:
        first = await client.post(f"/ecrire/{une_cle}", headers=headers, json={"a": 1})
        second = await client.post(f"/ecrire/{une_cle}", headers=headers, json={"a": 2})
    assert first.status_code == 201
    assert (second.status_code, second.json()["code"]) == (422, "IDEMPOTENCE_CONFLIT")


async def test_keys_of_two_tenants_or_two_addresses_do_not_meet(database: Database, une_cle: str):
    headers = {"Idempotency-Key": f"cle-{une_cle}"}
    here, there = new_id(), new_id()
    app = build(router)
    for tenant in (here, there):
        async with browse(app, tenant_id=tenant) as client:
            assert "Idempotency-Replayed" not in (await client.post("/flux", headers=headers)).headers
            assert "Idempotency-Replayed" not in (await client.post(f"/lent/{tenant}", headers=headers)).headers


async def test_the_same_request_at_the_same_time_waits_for_the_first_and_gives_its_answer(
    database: Database, tenant_id: UUID, une_cle: str
):
    headers = {"Idempotency-Key": f"cle-{une_cle}"}
    async with browse(build(router), tenant_id=tenant_id) as client:
        answers = await asyncio.gather(*(client.post(f"/lent/{une_cle}", headers=headers) for _n in range(8)))
    assert {a.status_code for a in answers} == {200}
    assert sum("Idempotency-Replayed" in a.headers for a in answers) == 7
    assert await count(database, tenant_id, une_cle) == 1


async def test_a_request_that_failed_leaves_its_key_free(database: Database, tenant_id: UUID, une_cle: str):
    headers = {"Idempotency-Key": f"cle-{une_cle}"}
    async with browse(build(router), tenant_id=tenant_id) as client:
        assert (await client.post(f"/refuser/{une_cle}", headers=headers)).status_code == 409
        assert (await client.post(f"/refuser/{une_cle}", headers=headers)).json()["code"] == "NON"


async def test_waiting_too_long_for_the_first_is_told(database: Database, tenant_id: UUID, une_cle: str):
    demande = idempotence.build_demande(
        tenant_id=tenant_id, appelant="a", methode="POST", chemin="/", cle=une_cle, corps=b""
    )
    async with database.transaction(tenant_id) as first:
        assert await idempotence.claim(first, demande) is None
        async with database.transaction(tenant_id) as second:
            await second.execute(text("set local lock_timeout = '20ms'"))
            with pytest.raises(Conflict) as refused:
                await idempotence.claim(second, demande)
            await second.rollback()
    assert (refused.value.code, refused.value.retry_after) == ("IDEMPOTENCE_EN_COURS", 2)


async def test_an_answer_without_a_status_is_an_empty_one(database: Database, tenant_id: UUID, une_cle: str):
    demande = idempotence.build_demande(
        tenant_id=tenant_id, appelant="a", methode="POST", chemin="/", cle=une_cle, corps=b""
    )
    async with database.transaction(tenant_id) as session:
        await idempotence.claim(session, demande)
    async with database.transaction(tenant_id) as session:
        assert await idempotence.claim(session, demande) == idempotence.Reponse(statut=204, en_tetes={}, corps=b"")


@pytest.mark.parametrize("cle", ["court", "x" * 129, "clé-avec-accent", "avec\x7fcontrole"])
async def test_a_bad_key_is_refused_with_a_sentence(tenant_id: UUID, cle: str):
    async with browse(build(router), tenant_id=tenant_id) as client:
        answer = await client.post("/ecrire/x", headers={b"Idempotency-Key": cle.encode("latin-1")})
    assert (answer.status_code, answer.json()["code"]) == (422, "IDEMPOTENCE_CLE_INVALIDE")
    assert "Idempotency-Key" in answer.json()["champs"]


async def test_a_form_may_carry_a_key_too(database: Database, tenant_id: UUID, une_cle: str):
    headers = {"Idempotency-Key": f"cle-{une_cle}", **NOTRE}
    async with browse(build(router), tenant_id=tenant_id) as client:
        for _attempt in range(2):
            answer = await client.post("/formulaire", data={"cle": une_cle}, headers=headers)
            assert answer.json() == {"cle": une_cle}
    assert await count(database, tenant_id, une_cle) == 1


async def test_a_stored_answer_is_unreadable_in_the_database(database: Database, tenant_id: UUID, une_cle: str):
    async with browse(build(router), tenant_id=tenant_id) as client:
        await client.post(f"/ecrire/{une_cle}", headers={"Idempotency-Key": f"cle-{une_cle}"})
    async with database.transaction(tenant_id) as session:
        stored = await session.scalar(
            text("select corps from socle.idempotence where cle = :cle"), {"cle": f"cle-{une_cle}"}
        )
    assert stored is not None
    assert une_cle.encode() not in bytes(stored)


async def test_old_keys_are_forgotten(database: Database, tenant_id: UUID, une_cle: str):
    async with browse(build(router), tenant_id=tenant_id) as client:
        await client.post(f"/ecrire/{une_cle}", headers={"Idempotency-Key": f"cle-{une_cle}"})
    await idempotence.purge(now() - idempotence.CONSERVATION)
    async with database.transaction(tenant_id) as session:
        kept = text("select count(*) from socle.idempotence where cle = :cle")
        assert await session.scalar(kept, {"cle": f"cle-{une_cle}"}) == 1
    assert await idempotence.purge(now()) >= 1
    assert await count(database, tenant_id, une_cle) == 0


async def test_a_read_only_transaction_refuses_writes(database: Database, tenant_id: UUID):
    with pytest.raises(DBAPIError):
        async with database.transaction(tenant_id, read_only=True) as session:
            await session.execute(ECRIRE, {"cle": "x"})
