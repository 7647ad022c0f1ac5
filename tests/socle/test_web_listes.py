"""Lists by cursor: every element once, whatever is inserted meanwhile; a cursor that is not ours is refused."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from fastapi import APIRouter
from sqlalchemy import column, select, table
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlalchemy.types import Text

from guichet.socle import idempotence
from guichet.socle.acces import PUBLIC
from guichet.socle.database import Database
from guichet.socle.errors import Invalid
from guichet.socle.ids import new_id
from guichet.socle.web import Lecture, Liste, Pagination, paginate
from guichet.socle.web.listes import Page, build_curseur, read_curseur
from tests.socle.bord import browse, build

CLES = table("idempotence", column("cle", Text), column("tenant_id", PG_UUID(as_uuid=True)), schema="socle")
router = APIRouter(dependencies=[PUBLIC])


@router.get("/cles")
async def lister(session: Lecture, page: Pagination, descendant: bool = False) -> Liste[str]:
    return await paginate(
        session,
        select(CLES.c.cle, CLES.c.tenant_id).where(CLES.c.tenant_id == session.info["tenant_id"]),
        page,
        CLES.c.tenant_id,
        CLES.c.cle,
        vers=lambda row: str(row.cle),
        cle_de=lambda row: (row.tenant_id, row.cle),
        descendant=descendant,
    )


async def add(database: Database, tenant_id: UUID | None, *cles: str) -> None:
    async with database.transaction(tenant_id) as session:
        for cle in cles:
            demande = idempotence.build_demande(
                tenant_id=tenant_id, appelant=cle, methode="POST", chemin="/", cle=cle, corps=b""
            )
            await idempotence.claim(session, demande)


@pytest.mark.parametrize("descendant", [False, True])
async def test_pages_give_each_element_once_in_order(database: Database, tenant_id: UUID, descendant: bool):
    cles = [f"element-{n:02}" for n in range(25)]
    await add(database, tenant_id, *cles)
    await add(database, None, *(f"sans-tenant-{n:02}-{tenant_id}" for n in range(12)))
    seen: list[str] = []
    suivant: str | None = ""
    async with browse(build(router), tenant_id=tenant_id) as client:
        while suivant is not None:
            answer = await client.get(
                "/cles", params={"limite": 10, "descendant": descendant, **({"curseur": suivant} if suivant else {})}
            )
            seen += answer.json()["elements"]
            suivant = answer.json()["suivant"]
            await add(database, tenant_id, f"nouveau--{len(seen):02}")
    wanted = [c for c in seen if c.startswith("element")]
    assert wanted == sorted(cles, reverse=descendant)
    assert len(seen) == len(set(seen))


async def test_at_most_a_hundred_at_a_time(tenant_id: UUID):
    async with browse(build(router), tenant_id=tenant_id) as client:
        answer = await client.get("/cles?limite=101")
        assert answer.json()["champs"] == {"limite": "Doit être au plus 100."}
        assert (await client.get("/cles?limite=0")).status_code == 422


async def test_a_cursor_that_is_not_ours_is_refused(tenant_id: UUID):
    async with browse(build(router), tenant_id=tenant_id) as client:
        for curseur in ("n'importe quoi", build_curseur("une seule valeur")):
            answer = await client.get("/cles", params={"curseur": curseur})
            assert (answer.status_code, answer.json()["code"]) == (422, "CURSEUR_INVALIDE")


def test_a_cursor_keeps_the_types_of_its_key():
    cle = (new_id(), datetime(2026, 1, 2, 3, tzinfo=UTC), date(2026, 1, 2), "texte", 3, None)
    assert read_curseur(build_curseur(*cle)) == cle


def test_a_page_without_a_cursor_starts_at_the_beginning():
    assert Page() == Page(limite=50, apres=None)
    with pytest.raises(Invalid):
        read_curseur("")
