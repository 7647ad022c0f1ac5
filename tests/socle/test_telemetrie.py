"""Logs without persons, figures of contexts, health that says which part is missing."""

import json
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from guichet.socle import migrations
from guichet.socle.database import Database, Role, set_database
from guichet.socle.horloge import frozen, now
from guichet.socle.ids import new_id
from guichet.socle.origine import origin
from guichet.socle.registre import Module, Registre, set_registre
from guichet.socle.settings import get_settings
from guichet.socle.telemetrie import sante
from guichet.socle.telemetrie.journaux import FichierTournant, FormatECS, mask, set_up_logs
from guichet.socle.telemetrie.metriques import Mesure, compteur, expose


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("envoyé à jean.dupont+x@exemple.fr.", "envoyé à <email>."),
        ("appel du 06 12 34 56 78", "appel du <telephone>"),
        ("appel du +33612345678, du 0033 612345678", "appel du <telephone>, du <telephone>"),
        ("plaque AB-123-CD et AB123CD", "plaque <plaque> et <plaque>"),
        ("route /api/v1/rdv/0193a1f2-5b7c-7e1a-9d51-0c6f2f1f5e10 en 12.5 ms", None),
        ("SIRET 12345678901234, 2026-11-20T09:00:00", None),
    ],
)
def test_persons_are_masked(written: str, kept: str | None):
    assert mask(written) == (kept or written)


def line(record: logging.LogRecord) -> dict[str, Any]:
    return json.loads(FormatECS("essai").format(record))


def test_a_line_says_when_what_where_and_for_which_request():
    author = new_id()
    record = logging.makeLogRecord(
        {"name": "guichet.x", "levelname": "INFO", "msg": "pour %s", "args": ("a@b.fr",), "created": 0.5}
        | {"tenant": new_id(), "rien": None, "event.duration": 12, "mail": "a@b.fr"}
    )
    with origin(correlation_id="demande-1", auteur_id=author):
        told = line(record)
    assert told["@timestamp"] == "1970-01-01T00:00:00.500+00:00"
    assert (told["message"], told["mail"], told["log.level"]) == ("pour <email>", "<email>", "info")
    assert (told["trace.id"], told["user.id"], told["service.name"]) == ("demande-1", str(author), "essai")
    assert told["event.duration"] == 12
    assert "rien" not in told


def test_an_exception_is_told_masked():
    error = ValueError("a@b.fr est pris")
    told = line(logging.makeLogRecord({"name": "x", "msg": "échec", "exc_info": (ValueError, error, None)}))
    assert (told["error.type"], told["error.message"]) == ("ValueError", "<email> est pris")
    assert "a@b.fr" not in told["error.stack_trace"]
    assert "trace.id" not in told
    with origin(correlation_id="demande-2"):
        assert "user.id" not in line(logging.makeLogRecord({"name": "x", "msg": "y"}))


def test_logs_go_to_a_rotated_file_or_to_standard_error(tmp_path):
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    try:
        settings = get_settings().model_copy(update={"log_file": tmp_path / "j" / "guichet.json", "log_level": "INFO"})
        set_up_logs(settings, "web")
        logging.getLogger("guichet.essai").info("bonjour")
        (handler,) = root.handlers
        handler.close()
        assert json.loads((tmp_path / "j" / "guichet.json").read_text())["message"] == "bonjour"
        set_up_logs(settings.model_copy(update={"log_file": None}), "web")
        assert [type(h) for h in root.handlers] == [logging.StreamHandler]
    finally:
        root.handlers[:] = before
        root.setLevel(level)


def test_fields_that_name_nobody_are_added_as_they_are():
    author = new_id()
    told = line(
        logging.makeLogRecord({"name": "x", "msg": "GET /a", "ecs": {"user.id": author, "tenant": None, "n": 1}})
    )
    assert (told["user.id"], told["n"], "tenant" in told) == (str(author), 1, False)


def test_a_full_file_turns_and_a_broken_one_breaks_nothing(tmp_path, monkeypatch: pytest.MonkeyPatch):
    handler = FichierTournant(tmp_path / "j.json", maxBytes=300, backupCount=2, encoding="utf-8")
    handler.setFormatter(FormatECS("essai"))
    for number in range(4):
        handler.emit(logging.makeLogRecord({"name": "x", "msg": f"{number}" * 100}))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["j.json", "j.json.1", "j.json.2"]
    monkeypatch.setattr(logging, "raiseExceptions", False)
    handler.emit(logging.makeLogRecord({"name": "x", "msg": "%s %s", "args": ("un seul",)}))
    handler.close()


async def test_figures_of_contexts_are_read_at_each_scrape(database: Database):
    async def read(session: Any) -> list[Mesure]:
        n = int(await session.scalar(text("select 7")))
        return [
            Mesure(nom="essai_file", aide="Essai", valeur=n),
            Mesure(nom="essai_par_canal", aide="Essai", valeur=2, etiquettes={"canal": "sms"}),
        ]

    async def broken(session: Any) -> list[Mesure]:
        raise RuntimeError

    compteur("essai_compte", "Essai").inc(3)
    before = set_registre(
        Registre([Module(nom="a", extensions={"mesures": broken}), Module(nom="b", extensions={"mesures": read})])
    )
    try:
        for _scrape in range(2):
            told = (await expose()).decode()
    finally:
        set_registre(before)
    assert "guichet_essai_file 7.0" in told
    assert 'guichet_essai_par_canal{canal="sms"} 2.0' in told
    assert "guichet_essai_compte_total 3.0" in told
    assert "guichet_scrape_errors_total 2.0" in told
    assert 'guichet_db_pool_connections{state="in_use"}' in told


def test_the_expected_revision_is_the_head_of_the_history():
    assert sante.expected_revision() == migrations.head()


async def test_health_is_good_when_everything_is(database: Database):
    found = await sante.read_health()
    assert sante.summarise(found)["statut"] == "ok"
    assert [c.nom for c in found] == ["base", "migrations", "relais"]


async def test_health_says_which_part_is_missing(database: Database, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sante, "expected_revision", lambda: "9999_demain")
    found = {c.nom: c for c in await sante.read_health()}
    assert (found["base"].va_bien, found["migrations"].va_bien) == (True, False)
    assert "9999_demain" in found["migrations"].detail


async def test_health_without_a_database_says_so(database: Database):
    away = Database({Role.APP: "postgresql://guichet_app@127.0.0.1:1/rien"}, get_settings())
    set_database(away)
    try:
        found = await sante.read_health()
    finally:
        set_database(database)
        await away.close()
    assert not sante.is_ready(found)
    assert {c.nom: c.va_bien for c in found} == {"base": False, "migrations": False, "relais": True}


async def test_the_lag_of_the_relay_is_the_age_of_the_oldest_message_that_waits(
    database: Database, monkeypatch: pytest.MonkeyPatch
):
    strict = get_settings().model_copy(update={"relay_lag_limit_s": 60})
    monkeypatch.setattr(sante, "get_settings", lambda: strict)
    tenant = new_id()
    instant = datetime(2026, 11, 20, 9, tzinfo=UTC)
    async with database.transaction(role=Role.RELAIS) as session:
        await session.execute(text("update socle.messages set publie_le = now() where publie_le is null"))
    with frozen(instant):
        assert await sante.relay_lag(database) == 0
        async with database.transaction(tenant) as session:
            await session.execute(
                text(
                    "insert into socle.messages (created_at, tenant_id, type, version, payload)"
                    " values (:le, :tenant, 'essai', 1, '{}')"
                ),
                {"tenant": tenant, "le": now() - timedelta(seconds=90)},
            )
        assert await sante.relay_lag(database) == 90
        assert not sante.is_ready(await sante.read_health())
    async with database.transaction(role=Role.RELAIS) as session:
        await session.execute(text("update socle.messages set publie_le = now() where publie_le is null"))
