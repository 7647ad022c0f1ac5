"""The demonstration is filled network by network, from the ground up, once; an interrupted filling goes on where it stopped."""

import json
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.app import donnees_demo
from guichet.socle.database import Database, Role, set_database
from guichet.socle.demo import Monde, Tailles
from guichet.socle.registre import Module, Registre
from guichet.socle.settings import Settings

Appel = tuple[str, str, str]


@pytest.fixture
def appels(
    database_urls: dict[Role, str],
    database: Database,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[list[Appel]]:
    """What two made-up contexts were asked, in order: context, tenant, PostgreSQL role."""
    faits: list[Appel] = []

    def context(nom: str) -> Callable[..., Any]:
        async def fill(session: AsyncSession, monde: Monde) -> dict[str, int]:
            vu = await session.scalar(text("select current_setting('app.tenant_id')"))
            assert vu == str(monde.tenant.id)
            faits.append((nom, monde.tenant.slug, str(await session.scalar(text("select current_user")))))
            monde.progression("Choses", monde.tenant.centres, monde.tenant.centres)
            return {"choses": monde.tenant.centres, nom: 1}

        return fill

    registre = Registre(
        [Module(nom="bas", demo=context("bas")), Module(nom="sans"), Module(nom="haut", demo=context("haut"))]
    )
    monkeypatch.setattr(donnees_demo, "assemble", lambda: registre)
    monkeypatch.setattr(settings, "data_dir", tmp_path)
    set_database(Database(database_urls, settings))
    yield faits
    set_database(database)


def fill(**tailles: int) -> tuple[dict[str, int], str]:
    sortie = StringIO()
    counts = donnees_demo.fill(Console(file=sortie, width=100), tailles=Tailles(**tailles))
    return counts, sortie.getvalue()


def test_each_network_is_filled_floor_by_floor_and_the_counts_are_printed(appels, tmp_path):
    assert not donnees_demo.is_filled(tmp_path)
    counts, imprime = fill()
    slugs = ("controle-auto-france", "auto-securite-pro", "ct-express")
    assert [(nom, slug) for nom, slug, _role in appels] == [(nom, slug) for slug in slugs for nom in ("bas", "haut")]
    assert counts == {"choses": 60, "bas": 3, "haut": 3}
    assert "choses" in imprime
    assert "60" in imprime
    assert donnees_demo.is_filled(tmp_path)


def test_a_second_filling_makes_nothing_and_says_the_same(appels):
    premier = fill()
    appels.clear()
    assert fill() == premier
    assert appels == []


def test_more_centres_later_only_add_the_unlimited_network(appels):
    fill()
    appels.clear()
    fill(centres=32, rdv=700)
    assert {slug for _nom, slug, _role in appels} == {"grand-reseau"}


def test_what_is_copied_in_bulk_runs_as_the_maintenance_role(appels):
    fill(centres=31)
    roles = {slug: role for _nom, slug, role in appels}
    assert roles["grand-reseau"] == Role.MAINTENANCE
    assert roles["ct-express"] == Role.APP


def test_an_interrupted_filling_goes_on_where_it_stopped(appels, tmp_path, monkeypatch):
    original = donnees_demo._fill_one

    async def stop(module: Module, monde: Monde) -> dict[str, int]:
        if (module.nom, monde.tenant.slug) == ("haut", "auto-securite-pro"):
            raise RuntimeError("coupure")
        return await original(module, monde)

    monkeypatch.setattr(donnees_demo, "_fill_one", stop)
    with pytest.raises(RuntimeError, match="coupure"):
        fill()
    assert not donnees_demo.is_filled(tmp_path)
    assert list(json.loads((tmp_path / donnees_demo.ETAT).read_text())["faits"]["auto-securite-pro"]) == ["bas"]
    monkeypatch.setattr(donnees_demo, "_fill_one", original)
    appels.clear()
    fill()
    assert [(nom, slug) for nom, slug, _role in appels] == [
        ("haut", "auto-securite-pro"),
        ("bas", "ct-express"),
        ("haut", "ct-express"),
    ]
