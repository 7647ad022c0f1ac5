"""The command line: settings documented, services listed, the API described, translations kept."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from guichet.app import cli, modules
from guichet.app.reglages import describe_settings
from guichet.app.services import UnknownService
from guichet.socle.i18n import extraction
from guichet.socle.registre import Module
from guichet.socle.settings import Settings

lance = CliRunner()


def test_every_setting_is_documented_with_its_variable_and_its_other_names():
    told = lance.invoke(cli.application, ["settings"]).output
    described = {r.nom: r for r in describe_settings()}
    assert set(described) == set(Settings.model_fields)
    for reglage in described.values():
        assert reglage.sens, f"{reglage.nom}: say what it means"
        assert reglage.variable in told
    assert described["database_url"].alias == ("DATABASE_URL",)
    assert described["smtp_host"].variable == "GUICHET_SMTP_HOST"
    assert described["key_ring"].defaut == "vide"
    assert described["port"].defaut == "8000"


def test_services_are_listed_with_their_contexts():
    told = lance.invoke(cli.application, ["services"]).output
    assert "utilisateurs" in told
    assert "identite" in told


def test_the_description_of_the_api_needs_no_server():
    document = json.loads(lance.invoke(cli.application, ["openapi"]).output)
    assert document["info"]["title"] == "Guichet"


@pytest.fixture
def a_context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    context = tmp_path / "essai"
    context.mkdir()
    (context / "__init__.py").write_text('_("Bonjour")\n', encoding="utf-8")
    monkeypatch.setattr(extraction, "contexts", lambda: [context])
    return context


def test_translations_are_extracted_and_checked(a_context: Path):
    checked = lance.invoke(cli.application, ["traductions", "--verifier"])
    assert checked.exit_code == 1
    assert "« Bonjour »" in checked.output
    assert not (a_context / "locale").exists()
    assert lance.invoke(cli.application, ["traductions"]).exit_code == 0
    catalogue = a_context / "locale" / "en.po"
    catalogue.write_text(catalogue.read_text().replace('msgstr ""', 'msgstr "Hello"'))
    assert lance.invoke(cli.application, ["traductions", "--verifier"]).exit_code == 0
    (a_context / "__init__.py").write_text("", encoding="utf-8")
    assert "périmée" in lance.invoke(cli.application, ["traductions", "--verifier"]).output


def test_contexts_bring_commands_under_their_name(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    brought = typer.Typer()

    @brought.command()
    def saluer() -> None:
        typer.echo("bonjour")

    @brought.command()
    def refuser() -> None:
        raise UnknownService("« x » n'est pas un service.")

    fresh = typer.Typer()
    monkeypatch.setattr(cli, "application", fresh)
    monkeypatch.setattr(modules, "MODULES", (Module(nom="essai", cli=brought), Module(nom="muet")))
    monkeypatch.setattr("sys.argv", ["guichet", "essai", "saluer"])
    with pytest.raises(SystemExit) as left:
        cli.main()
    assert left.value.code == 0
    assert "bonjour" in capsys.readouterr().out
    monkeypatch.setattr("sys.argv", ["guichet", "essai", "refuser"])
    with pytest.raises(SystemExit) as left:
        cli.main()
    assert left.value.code == 1
    assert "guichet : « x »" in capsys.readouterr().err
