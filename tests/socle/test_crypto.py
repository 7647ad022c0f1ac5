"""Encrypted columns: what is stored opens only with its key, in its place; keys turn while the house is open."""

import base64
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy import Column, MetaData, Table, Uuid, insert, select, text

from guichet.socle.crypto import (
    CannotDecrypt,
    EncryptedText,
    KeyRing,
    aad,
    blind_index,
    decrypt,
    encrypt,
    get_key_ring,
    key_of,
    read_key_ring,
    rotate,
    rotate_column,
    set_key_ring,
)
from guichet.socle.database import Database, Role
from guichet.socle.ids import new_id
from guichet.socle.settings import Settings

OLD, NEW = b"a" * 32, b"b" * 32
PLACE = aad(UUID(int=7), "identite.users", "telephone")


@pytest.fixture(autouse=True)
def ring():
    set_key_ring(KeyRing({"k1": OLD}, "k1"))
    yield
    set_key_ring(None)


@given(st.text())
def test_any_text_comes_back_and_never_shows(words):
    stored = encrypt(words, PLACE)
    assert decrypt(stored, PLACE) == words
    assert encrypt(words, PLACE) != stored
    assert len(words) < 4 or words.encode() not in stored


@pytest.mark.parametrize(
    "place",
    [
        aad(UUID(int=8), "identite.users", "telephone"),
        aad(None, "identite.users", "telephone"),
        aad(UUID(int=7), "annuaire.client", "telephone"),
        aad(UUID(int=7), "identite.users", "totp"),
    ],
)
def test_a_value_copied_to_another_tenant_table_or_column_does_not_open(place):
    with pytest.raises(CannotDecrypt):
        decrypt(encrypt("06 39 98 12 34", PLACE), place)


def test_a_single_altered_bit_anywhere_is_refused():
    stored = encrypt("bonjour", PLACE)
    for position in range(len(stored)):
        altered = bytearray(stored)
        altered[position] ^= 1
        with pytest.raises(CannotDecrypt):
            decrypt(bytes(altered), PLACE)


@pytest.mark.parametrize("rubbish", [b"", b"\x01", b"\x02\x02k1" + b"0" * 40, b"\x01\x02k1short"])
def test_what_we_did_not_write_is_refused(rubbish):
    with pytest.raises(CannotDecrypt):
        decrypt(rubbish, PLACE)


def test_the_first_key_writes_and_every_key_of_the_ring_reads():
    before = encrypt("bonjour", PLACE)
    set_key_ring(KeyRing({"k2": NEW, "k1": OLD}, "k2"))
    assert decrypt(before, PLACE) == "bonjour"
    assert (key_of(before), key_of(encrypt("bonjour", PLACE))) == ("k1", "k2")


def test_turning_a_key_writes_again_only_what_an_older_one_wrote():
    before = encrypt("bonjour", PLACE)
    set_key_ring(KeyRing({"k2": NEW, "k1": OLD}, "k2"))
    after = rotate(before, PLACE)
    assert after is not None
    assert rotate(after, PLACE) is None
    set_key_ring(KeyRing({"k2": NEW}, "k2"))
    assert decrypt(after, PLACE) == "bonjour"
    with pytest.raises(CannotDecrypt):
        decrypt(before, PLACE)


def test_a_blind_index_finds_equal_texts_and_survives_a_turn_of_keys():
    before = blind_index("a@b.example", "email")
    assert before == blind_index("a@b.example", "email")
    assert before not in {blind_index("a@c.example", "email"), blind_index("a@b.example", "mobile")}
    set_key_ring(KeyRing({"k2": NEW, "k1": OLD}, "k2"))
    assert blind_index("a@b.example", "email") == before


def test_the_ring_of_the_settings_is_read_first_key_active(settings: Settings):
    keys = ",".join(f"{name}:{base64.b64encode(key).decode()}" for name, key in (("k2", NEW), ("k1", OLD)))
    ring = read_key_ring(settings.model_copy(update={"key_ring": SecretStr(keys)}))
    assert (ring.active, ring.keys) == ("k2", {"k2": NEW, "k1": OLD})


@pytest.mark.parametrize("written", ["k1", "k1:%%%", ":YWJj", "k1:YWJj", "k\u00e9:" + base64.b64encode(OLD).decode()])
def test_a_bad_ring_is_refused_without_showing_the_key(settings: Settings, written: str):
    with pytest.raises(ValueError, match=r"GUICHET_KEY_RING|bytes are needed|ASCII") as refusal:
        read_key_ring(settings.model_copy(update={"key_ring": SecretStr(written)}))
    assert "YWJj" not in str(refusal.value)


def test_a_ring_needs_its_active_key():
    with pytest.raises(ValueError, match="active key"):
        KeyRing({"k1": OLD}, "k2")


def test_without_a_ring_a_key_is_made_once_in_the_data_folder(settings: Settings):
    set_key_ring(None)
    ring = get_key_ring()
    assert read_key_ring(settings).keys == ring.keys
    assert (settings.data_dir / "cles" / "chiffrement").stat().st_mode & 0o077 == 0


NOTES = Table(
    "essai_notes",
    MetaData(schema="public"),
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Uuid),
    Column("texte", EncryptedText("public.essai_notes.texte")),
)


@pytest.fixture
async def notes(database: Database):
    async with database.transaction(role=Role.MAINTENANCE) as session:
        await session.execute(
            text("create table public.essai_notes (id uuid primary key, tenant_id uuid not null, texte bytea)")
        )
        await session.execute(text("grant select, insert on public.essai_notes to guichet_app"))
    yield NOTES
    async with database.transaction(role=Role.MAINTENANCE) as session:
        await session.execute(text("drop table public.essai_notes"))


async def write(database: Database, tenant: UUID, words: str | None) -> None:
    async with database.transaction(tenant) as session:
        await session.execute(insert(NOTES).values(id=new_id(), tenant_id=tenant, texte=words))


async def read(database: Database, tenant: UUID) -> list[str | None]:
    async with database.transaction(tenant) as session:
        return list(
            await session.scalars(select(NOTES.c.texte).where(NOTES.c.tenant_id == tenant).order_by(NOTES.c.id))
        )


async def test_a_column_is_encrypted_in_the_database_and_clear_for_its_tenant(database: Database, notes: Table):
    mine = new_id()
    await write(database, mine, "code 1234")
    await write(database, mine, None)
    assert await read(database, mine) == ["code 1234", None]
    async with database.transaction(role=Role.MAINTENANCE) as session:
        stored = await session.scalar(text("select texte from public.essai_notes where texte is not null"))
    assert b"1234" not in stored


async def test_a_row_handed_to_another_tenant_does_not_open_there(database: Database, notes: Table):
    mine, other = new_id(), new_id()
    await write(database, mine, "code 1234")
    async with database.transaction(role=Role.MAINTENANCE) as session:
        await session.execute(text("update public.essai_notes set tenant_id = :t"), {"t": other})
    with pytest.raises(CannotDecrypt):
        await read(database, other)


async def test_a_column_is_turned_to_the_new_key_in_batches_for_every_tenant(database: Database, notes: Table):
    tenants = [new_id() for _ in range(5)]
    for tenant in tenants:
        await write(database, tenant, f"note de {tenant}")
    set_key_ring(KeyRing({"k2": NEW, "k1": OLD}, "k2"))
    assert await rotate_column(database, "public.essai_notes", "texte", batch=2) == 5
    assert await rotate_column(database, "public.essai_notes", "texte", batch=5) == 0
    set_key_ring(KeyRing({"k2": NEW}, "k2"))
    for tenant in tenants:
        assert await read(database, tenant) == [f"note de {tenant}"]
