"""A transaction that needs something slow is undone, what it needs is fetched without it, and it is done again, once."""

from typing import Any

import pytest
from fastapi import APIRouter, File, Request, UploadFile
from sqlalchemy import text

from guichet.socle.acces import PUBLIC
from guichet.socle.database import Database, in_transaction
from guichet.socle.ids import new_id
from guichet.socle.reprise import Reprise, brought, can_resume, resumable
from guichet.socle.web import UPLOAD, Tx
from tests.socle.bord import NOTRE, browse, build
from tests.socle.test_web_transaction import ECRIRE, LIRE

router = APIRouter(dependencies=[PUBLIC])


@pytest.fixture
def demandes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was fetched, in order."""
    faites: list[str] = []
    monkeypatch.setattr("tests.socle.test_reprise.FAITES", faites)
    return faites


FAITES: list[str] = []


async def fetch(quoi: str) -> str:
    assert not in_transaction()
    FAITES.append(quoi)
    return f"pour {quoi}"


@router.post("/chercher/{cle}")
async def chercher(cle: str, request: Request, session: Tx) -> dict[str, Any]:
    corps = (await request.body()).decode()
    await session.execute(ECRIRE, {"cle": cle})
    apport = brought(str)
    if apport is None:
        assert can_resume()
        raise Reprise(lambda: fetch(corps))
    assert not can_resume()
    return {"apport": apport}


@router.post("/recevoir", dependencies=[UPLOAD])
async def recevoir(fichier: UploadFile = File()) -> bool:
    await fichier.read()
    return can_resume()


async def written(database: Database, cle: str) -> int:
    async with database.transaction() as session:
        return (await session.execute(LIRE, {"cle": cle})).scalar_one()


async def test_a_request_is_undone_and_done_again_with_its_body_and_what_was_fetched(
    database: Database, demandes: list[str]
):
    cle = new_id().hex
    async with browse(build(router)) as client:
        answer = await client.post(f"/chercher/{cle}", content=b"le corps", headers=NOTRE)
    assert (answer.status_code, answer.json()) == (200, {"apport": "pour le corps"})
    assert demandes == ["le corps"]
    assert await written(database, cle) == 1


async def test_the_same_request_again_is_answered_from_memory(database: Database, demandes: list[str]):
    cle = new_id().hex
    en_tetes = {**NOTRE, "Idempotency-Key": new_id().hex}
    async with browse(build(router)) as client:
        answers = [await client.post(f"/chercher/{cle}", content=b"x", headers=en_tetes) for _fois in range(2)]
    assert [a.json() for a in answers] == [{"apport": "pour x"}] * 2
    assert demandes == ["x"]
    assert await written(database, cle) == 1


async def test_an_upload_is_not_kept_in_memory_to_be_done_again():
    async with browse(build(router)) as client:
        answer = await client.post("/recevoir", files={"fichier": b"x" * 1000}, headers=NOTRE)
    assert answer.json() is False


async def test_nothing_is_done_a_third_time(database: Database):
    fois = []

    async def insatiable() -> None:
        fois.append(can_resume())
        async with database.transaction():
            raise Reprise(lambda: fetch("encore"))

    with pytest.raises(Reprise):
        await resumable(insatiable)
    assert fois == [True, False]


async def test_what_was_brought_is_for_whoever_asked_for_that_kind():
    async def ask() -> tuple[int | None, str | None]:
        if can_resume():
            raise Reprise(lambda: fetch("un texte"))
        return brought(int), brought(str)

    assert await resumable(ask) == (None, "pour un texte")
    assert (can_resume(), brought(str)) == (False, None)


async def test_inside_a_transaction_nobody_but_its_owner_does_it_again(database: Database):
    async def ready() -> bool:
        return can_resume()

    assert await resumable(ready)
    async with database.transaction() as session:
        await session.execute(text("select 1"))
        assert not await resumable(ready)
