"""The origin of a piece of work is said once and read by all it causes."""

import asyncio

from guichet.socle.ids import new_id
from guichet.socle.origine import current_correlation_id, current_origin, origin


def test_nobody_said_where_the_work_comes_from():
    assert current_correlation_id() is None
    assert current_origin().auteur_id is None


def test_an_inner_block_completes_the_outer_one_and_leaves_it_as_it_was():
    person = new_id()
    with origin(correlation_id="c-1", ip_address="192.0.2.7", via="session"):
        with origin(auteur_id=person) as inner:
            assert (inner.correlation_id, inner.ip_address, inner.auteur_id) == ("c-1", "192.0.2.7", person)
        assert current_origin().auteur_id is None
        assert current_correlation_id() == "c-1"
    assert current_correlation_id() is None


async def test_two_tasks_do_not_see_each_other_s_origin():
    async def one(correlation_id: str) -> str | None:
        with origin(correlation_id=correlation_id):
            await asyncio.sleep(0)
            return current_correlation_id()

    assert list(await asyncio.gather(one("a"), one("b"))) == ["a", "b"]
