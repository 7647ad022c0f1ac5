"""Messages hold plain values, come back as they were, and are told in the same commit as what happened."""

from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from guichet.socle.database import Database, Role, raw
from guichet.socle.horloge import frozen
from guichet.socle.ids import new_id
from guichet.socle.messages import Message, UnreadableMessage, decode, encode, message, message_types, publish, schema
from guichet.socle.origine import origin
from guichet.socle.registre import Module, Registre, immediate, set_registre
from tests.socle.conftest import Traces


class Etat(StrEnum):
    OUVERT = "ouvert"
    FERME = "ferme"


@message("essai.changed", topic="essai.events")
@dataclass(frozen=True, kw_only=True)
class EssaiChanged(Message):
    essai_id: UUID
    libelle: str
    rang: int
    actif: bool
    jour: date
    debut: datetime
    etat: Etat
    sens: Literal["aller", "retour"] = "aller"
    parent_id: UUID | None = None
    voisins: tuple[UUID, ...] = ()


def event(**fields: Any) -> EssaiChanged:
    usual: dict[str, Any] = {
        "essai_id": new_id(),
        "libelle": "été",
        "rang": 3,
        "actif": True,
        "jour": date(2025, 11, 20),
        "debut": datetime(2025, 11, 20, 8, 30, tzinfo=UTC),
        "etat": Etat.OUVERT,
    }
    return EssaiChanged(**{**usual, **fields})


class Base(DeclarativeBase):
    pass


class Effet(Base):
    __tablename__ = "essai_effets"
    __table_args__ = {"schema": "public"}  # noqa: RUF012  SQLAlchemy's own attribute
    id: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[UUID]
    quoi: Mapped[str]


@pytest.fixture
def heard():
    """Immediate reactions to the message of these tests."""
    handlers: list[Any] = []

    class Listening(Registre):
        def reactions(self, message: type[Any], *, immediate: bool):
            return [r for r in handlers if r.immediate is immediate and r.message is message]

    before = set_registre(Listening([Module(nom="essai")]))
    yield handlers
    set_registre(before)


@given(
    st.builds(
        event,
        essai_id=st.uuids(),
        libelle=st.text(),
        rang=st.integers(-(2**53), 2**53),
        jour=st.dates(),
        debut=st.datetimes(timezones=st.just(UTC)),
        etat=st.sampled_from(Etat),
        parent_id=st.none() | st.uuids(),
        voisins=st.lists(st.uuids(), max_size=3).map(tuple),
    )
)
def test_a_message_comes_back_as_it_was(sent):
    import json  # noqa: PLC0415

    assert decode("essai.changed", 1, json.loads(encode(sent))) == sent


def test_a_field_that_is_not_a_plain_value_is_refused():
    for wrong in (float, dict, bytes, list[str], Any):

        @dataclass(frozen=True, kw_only=True)
        class Bad(Message):
            valeur: wrong  # type: ignore[valid-type]

        with pytest.raises(TypeError, match=r"Bad\.valeur"):
            message("essai.bad", topic="essai.events")(Bad)


def test_a_field_may_not_take_the_place_of_the_message_s_own_name():
    @dataclass(frozen=True, kw_only=True)
    class Bad(Message):
        nom: str

    with pytest.raises(TypeError, match=r"Bad\.nom"):
        message("essai.bad", topic="essai.events")(Bad)


def test_a_message_is_a_frozen_dataclass_derived_from_message():
    class Plain(Message):
        pass

    @dataclass
    class Stray:
        essai_id: UUID

    for wrong in (Stray, UUID):
        with pytest.raises(TypeError, match="frozen dataclass"):
            message("essai.bad", topic="essai.events")(wrong)  # type: ignore[type-var]
    with pytest.raises(TypeError, match="not declared"):
        encode(Plain())


def test_a_name_belongs_to_one_message():
    @dataclass(frozen=True, kw_only=True)
    class Other(Message):
        essai_id: UUID

    with pytest.raises(ValueError, match="already declared"):
        message("essai.changed", topic="essai.events")(Other)
    assert message_types()["essai.changed"] is EssaiChanged


def test_an_older_version_is_brought_up_to_today_s_and_a_newer_one_is_refused():
    def upgrade(version: int, fields: dict[str, Any]) -> dict[str, Any]:
        assert version == 1
        return {"libelle": fields["nom"]}

    @message("essai.renamed", topic="essai.events", version=2, upgrade=upgrade)
    @dataclass(frozen=True, kw_only=True)
    class EssaiRenamed(Message):
        libelle: str

    assert decode("essai.renamed", 1, {"nom": "ancien"}) == EssaiRenamed(libelle="ancien")
    with pytest.raises(UnreadableMessage, match="version 3 is stored"):
        decode("essai.renamed", 3, {"libelle": "x"})


@pytest.mark.parametrize(
    ("nom", "version", "champs"),
    [("essai.unknown", 1, {}), ("essai.changed", 2, {}), ("essai.changed", 1, {"libelle": "secret"})],
)
def test_what_cannot_be_read_is_refused_without_showing_its_values(nom, version, champs):
    with pytest.raises(UnreadableMessage) as refusal:
        decode(nom, version, champs)
    assert "secret" not in str(refusal.value)


def test_the_schema_of_a_message_names_every_field():
    described = schema(EssaiChanged)
    assert (described["nom"], described["version"]) == ("essai.changed", 1)
    assert set(described["champs"]["properties"]) == {f.name for f in fields(EssaiChanged)}


async def outbox(database: Database, sent: EssaiChanged) -> list[Any]:
    query = text(
        "select tenant_id, type, version, payload, correlation_id, created_at, publie_le from socle.messages"
        " where payload ->> 'essai_id' = :id"
    )
    async with database.transaction(role=Role.RELAIS) as session:
        return list((await session.execute(query, {"id": str(sent.essai_id)})).all())


async def test_a_committed_message_waits_in_the_outbox_with_its_tenant_and_correlation(
    database: Database, tenant_id: UUID, heard
):
    sent = event()
    instant = datetime(2025, 12, 1, 9, 0, tzinfo=UTC)
    with origin(correlation_id="c-42"), frozen(instant):
        async with database.transaction(tenant_id) as session:
            await publish(session, sent)
    (row,) = await outbox(database, sent)
    assert (row.tenant_id, row.type, row.version, row.correlation_id) == (tenant_id, "essai.changed", 1, "c-42")
    assert decode(row.type, row.version, row.payload) == sent
    assert (row.created_at, row.publie_le) == (instant, None)


async def test_a_rolled_back_transaction_tells_nothing(database: Database, tenant_id: UUID, heard):
    sent = event()
    async with database.transaction(tenant_id) as session:
        await publish(session, sent)
        await session.rollback()
    assert await outbox(database, sent) == []


async def test_an_immediate_reaction_acts_in_the_publisher_s_own_transaction(session: AsyncSession, heard):
    seen: list[Any] = []

    async def react(inside: AsyncSession, told: EssaiChanged) -> None:
        seen.append((inside, told))

    heard.append(immediate(EssaiChanged, react))
    sent = event()
    await publish(session, sent)
    assert seen == [(session, sent)]


async def test_an_immediate_reaction_reads_what_the_publisher_has_just_changed(
    session: AsyncSession, tenant_id: UUID, heard, effets: Traces
):
    seen: list[Any] = []

    async def count(inside: AsyncSession, told: EssaiChanged) -> None:
        cursor = await (await raw(inside)).execute(
            "select count(*) from public.essai_effets where tenant_id = %s", (tenant_id,)
        )
        seen.append(await cursor.fetchone())

    heard.append(immediate(EssaiChanged, count))
    session.add(Effet(tenant_id=tenant_id, quoi="pas encore écrit"))
    await publish(session, event())
    assert seen == [(1,)]


async def test_an_immediate_reaction_that_fails_undoes_what_happened(database: Database, tenant_id: UUID, heard):
    async def fail(inside: AsyncSession, told: EssaiChanged) -> None:
        raise ZeroDivisionError

    heard.append(immediate(EssaiChanged, fail))
    sent = event()
    with pytest.raises(ZeroDivisionError):
        async with database.transaction(tenant_id) as session:
            await publish(session, sent)
    assert await outbox(database, sent) == []


async def test_a_tenant_reads_its_own_messages_only_and_changes_none(database: Database, tenant_id: UUID, heard):
    async with database.transaction(tenant_id) as session:
        await publish(session, event())
    async with database.transaction(new_id()) as session:
        assert await session.scalar(text("select count(*) from socle.messages")) == 0
    for statement in ("update socle.messages set version = 9", "delete from socle.messages"):
        with pytest.raises(Exception, match="permission denied"):
            async with database.transaction(tenant_id) as session:
                await session.execute(text(statement))
