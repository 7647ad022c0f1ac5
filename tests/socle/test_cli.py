"""The operator's commands say what is, in sentences, and end with a status a script can read."""

import asyncio
from collections.abc import Iterator
from datetime import date

import pytest
import typer
from typer.testing import CliRunner, Result

from guichet.socle import cli
from guichet.socle.audit import Anomalie, Rapport
from guichet.socle.database import Database, Role, get_database, raw, set_database
from guichet.socle.settings import Settings


@pytest.fixture
def command(database_urls: dict[Role, str], settings: Settings) -> Iterator[object]:
    """Run a command on a database opened for it, as the command line does."""
    application = typer.Typer()
    for group, commands in cli.COMMANDES.items():
        application.add_typer(commands, name=group)
    before = get_database()
    set_database(Database(database_urls, settings))

    def run(name: str, *arguments: str) -> Result:
        return CliRunner().invoke(application, [name, *arguments], env={"COLUMNS": "200"})

    yield run
    set_database(before)


def as_maintenance(urls: dict[Role, str], settings: Settings, statement: str) -> None:
    async def run() -> None:
        opened = Database(urls, settings)
        async with opened.transaction(role=Role.MAINTENANCE) as session:
            await (await raw(session)).execute(statement)
        await opened.close()

    asyncio.run(run())


def test_an_intact_journal_is_said_to_be(database: Database, command):
    assert command("audit", "sceller").exit_code == 0
    said = command("audit", "verifier")
    assert (said.exit_code, "Le journal est intact." in said.output) == (0, True)


def test_a_wrong_anchor_is_an_alarm_and_a_badly_written_one_is_explained(database: Database, command):
    said = command("audit", "verifier", "--ancre", "999999:00ff")
    assert (said.exit_code, "la fin de la chaîne a été supprimée" in said.output) == (1, True)
    said = command("audit", "verifier", "--ancre", "douze")
    assert (said.exit_code, "NUMÉRO:SCEAU" in said.output) == (2, True)


def test_a_report_names_the_rows():
    report = Rapport(sceaux=3, lignes=1200)
    report.anomalies = [
        Anomalie(2, "suppression", "lignes supprimées", (4, 5)),
        Anomalie(None, "intrus", "lignes qu'aucun sceau ne couvre", tuple(range(30))),
    ]
    lines = cli.describe(report)
    assert lines[1] == "Sceau 2 : lignes supprimées (4, 5)."
    assert lines[2].endswith("18, 19…).")
    assert lines[-1] == "LE JOURNAL N'EST PLUS INTACT."


def test_what_waits_and_what_failed_is_listed_and_replayed(
    database: Database, database_urls: dict[Role, str], settings: Settings, command
):
    instant = date(2025, 12, 1)
    as_maintenance(
        database_urls,
        settings,
        f"""
        delete from socle.livraisons;
        delete from travaux.procrastinate_jobs;
        insert into socle.messages (id, created_at, type, version, payload, publie_le)
          values (-1, '{instant}', 'essai.cli', 1, '{{}}', now());
        insert into socle.livraisons (message_id, reaction, message_le, etat, essais, due_le, erreur)
          values (-1, 'essai.reaction', '{instant}', 'echec', 8, now(), 'ValueError: panne');
        insert into travaux.procrastinate_jobs (id, queue_name, task_name, args, status)
          values (7000000, 'essai', 'essai.travail', '{{"arguments": {{}}}}', 'failed');
        """,
    )
    state = command("messages", "etat").output
    assert "en échec : 1" in state.splitlines()[1]
    assert "essai.reaction" in command("messages", "echecs").output
    assert "essai.travail" in command("travaux", "echecs").output
    assert "1 réactions remises en file." in command("messages", "rejouer", "--reaction", "essai.reaction").output
    assert "1 travaux remis en file." in command("travaux", "rejouer").output
    assert "Rien en échec." in command("messages", "echecs").output
    as_maintenance(
        database_urls,
        settings,
        "update socle.livraisons set due_le = '2001-01-01'; update travaux.procrastinate_jobs set status = 'failed'",
    )
    assert "essai.reaction" in command("messages", "echecs").output, "due for long, and no relay takes it"
    assert command("messages", "oublier").exit_code == 2, "never all of them by accident"
    assert "1 réactions oubliées." in command("messages", "oublier", "--message", "-1").output
    assert "1 travaux oubliés." in command("travaux", "oublier", "7000000").output
    as_maintenance(
        database_urls,
        settings,
        "delete from socle.livraisons; delete from travaux.procrastinate_jobs; delete from socle.messages where id = -1",
    )


def test_a_routine_nobody_knows_is_refused_with_the_names_there_are(database: Database, command):
    said = command("routines", "lancer", "inconnue")
    assert (said.exit_code, "Routine inconnue : inconnue." in said.output) == (2, True)
    assert command("routines", "lancer").exit_code == 0


def test_every_encrypted_column_is_turned_to_the_active_key(database: Database, command):
    import guichet.app.modules  # noqa: F401, PLC0415  maps every table

    places = cli.encrypted_places()
    assert "identite.users.totp_secret" in places
    said = command("cles", "tourner")
    assert said.exit_code == 0, said.output
    assert all(place in said.output for place in places)
