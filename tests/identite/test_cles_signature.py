"""The keys that sign access tokens."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.actions import cles_signature as module
from guichet.identite.actions.cles_signature import Trousseau, get_trousseau, purge_keys, renew_keys, withdraw_key
from guichet.identite.metier.cles_signature import ANNONCE, ROTATION
from guichet.identite.metier.jetons import Claims, kid_of
from guichet.identite.routines import turn_keys
from guichet.identite.tables import CleSignature
from guichet.socle.database import Database
from guichet.socle.horloge import frozen, now
from guichet.socle.ids import new_id


def claims() -> Claims:
    return Claims(user_id=new_id(), tenant_id=new_id(), session_id=new_id(), role="CLIENT", epoque=0)


@pytest.fixture
async def sans_cle(database: Database) -> Database:
    async with database.transaction() as session:
        await session.execute(delete(CleSignature))
    get_trousseau().forget()
    return database


async def test_ten_processes_starting_together_make_one_key(sans_cle: Database):
    rings = [Trousseau() for _ in range(10)]
    tokens = await asyncio.gather(*(ring.sign(sans_cle, claims()) for ring in rings))
    assert len({kid_of(t) for t in tokens}) == 1
    assert all([await ring.read(sans_cle, tokens[0]) for ring in rings])


async def test_the_private_half_is_kept_encrypted(sans_cle: Database):
    await renew_keys(sans_cle)
    async with sans_cle.transaction() as session:
        row = (await session.scalars(select(CleSignature))).one()
    assert b"PRIVATE" not in bytes(row.privee)
    assert set(row.publique) == {"kty", "use", "alg", "kid", "n", "e"}


async def test_keys_turn_without_a_token_being_refused(sans_cle: Database):
    ring = Trousseau()
    start = now()
    first = await ring.sign(sans_cle, claims())
    await turn_keys(start)
    assert len((await ring.jwks(sans_cle))["keys"]) == 1
    with frozen(start + ROTATION - ANNONCE + timedelta(minutes=1)):
        await turn_keys(now())
        ring.forget()
        assert len((await ring.jwks(sans_cle))["keys"]) == 2
        assert kid_of(await ring.sign(sans_cle, claims())) == kid_of(first)
    with frozen(start + ROTATION - timedelta(minutes=1)):
        last_of_first = await ring.sign(sans_cle, claims())
    with frozen(start + ROTATION + timedelta(minutes=2)):
        after = await ring.sign(sans_cle, claims())
        assert kid_of(after) != kid_of(first)
        assert kid_of(last_of_first) == kid_of(first)
        assert await ring.read(sans_cle, last_of_first) is not None
        assert await ring.read(sans_cle, after) is not None
    with frozen(start + ROTATION + timedelta(days=5)):
        ring.forget()
        assert len((await ring.jwks(sans_cle))["keys"]) == 1
        async with sans_cle.transaction() as session:
            await purge_keys(session, before=now())
            assert len(list(await session.scalars(select(CleSignature)))) == 1


async def test_requests_arriving_together_read_the_keys_once(sans_cle: Database, monkeypatch: pytest.MonkeyPatch):
    await renew_keys(sans_cle)
    reads: list[object] = []
    real = module._load

    async def load(session: AsyncSession) -> module.Etat:
        reads.append(session)
        return await real(session)

    monkeypatch.setattr(module, "_load", load)
    ring = Trousseau()
    seen = await asyncio.gather(*(ring.jwks(sans_cle) for _ in range(10)))
    assert len(reads) == 1
    assert all(keys == seen[0] for keys in seen)


async def test_a_leaked_key_is_withdrawn_at_once(sans_cle: Database):
    token = await get_trousseau().sign(sans_cle, claims())
    kid = kid_of(token)
    assert kid is not None
    announced = await renew_keys(sans_cle, forced=True)
    assert announced != kid
    assert await withdraw_key(sans_cle, kid)
    assert await get_trousseau().read(sans_cle, token) is None
    fresh = await get_trousseau().sign(sans_cle, claims())
    assert kid_of(fresh) not in {kid, announced}
    assert not await withdraw_key(sans_cle, "inconnue")


async def test_a_token_of_a_key_made_by_another_process_is_read_at_once(
    sans_cle: Database, monkeypatch: pytest.MonkeyPatch
):
    mine, other = Trousseau(), Trousseau()
    await mine.sign(sans_cle, claims())
    kid = await renew_keys(sans_cle, forced=True)
    with frozen(now() + ROTATION + timedelta(minutes=1)):
        token = await other.sign(sans_cle, claims())
        assert kid_of(token) == kid
        monkeypatch.setattr("guichet.identite.actions.cles_signature.monotonic", lambda: 10.0**9)
        mine._etat = mine._etat and type(mine._etat)(**{**vars(mine._etat), "lu": 10.0**9 - 2})
        assert await mine.read(sans_cle, token) is not None


async def test_the_set_of_keys_is_never_empty(sans_cle: Database):
    assert len((await Trousseau().jwks(sans_cle))["keys"]) == 1


async def test_what_is_no_token_asks_nothing(sans_cle: Database):
    assert await Trousseau().read(sans_cle, "bonjour") is None
