"""The operator's commands: the audit journal, what waits and what failed, routines, encryption keys."""

import asyncio
from collections.abc import Coroutine
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from guichet.socle import horloge, jobs, relay
from guichet.socle.audit import Rapport, seal, verify_chain
from guichet.socle.crypto import EncryptedText, get_key_ring, rotate_column
from guichet.socle.database import Base, get_database
from guichet.socle.i18n import format_nombre
from guichet.socle.registre import get_registre
from guichet.socle.routines import run_due_routines

T = TypeVar("T")
console = Console(highlight=False)

audit = typer.Typer(help="Le journal d'audit.", no_args_is_help=True)
messages = typer.Typer(help="Les messages et leurs réactions différées.", no_args_is_help=True)
travaux = typer.Typer(help="Les travaux en file.", no_args_is_help=True)
routines = typer.Typer(help="Les routines.", no_args_is_help=True)
cles = typer.Typer(help="Les clés de chiffrement.", no_args_is_help=True)
COMMANDES = {"audit": audit, "messages": messages, "travaux": travaux, "routines": routines, "cles": cles}


def _run(work: Coroutine[Any, Any, T]) -> T:
    async def run() -> T:
        try:
            await horloge.synchronise()
            return await work
        finally:
            await get_database().close()

    return asyncio.run(run())


@audit.command()
def verifier(
    ancre: Annotated[
        str, typer.Option(help="Un sceau conservé ailleurs (journaux, sauvegarde), sous la forme NUMÉRO:SCEAU.")
    ] = "",
) -> None:
    """Vérifie que rien n'a été modifié, ajouté ni supprimé dans le journal d'audit."""
    number, separator, kept = ancre.partition(":")
    if ancre and not (separator and number.isdigit()):
        console.print("L'ancre s'écrit NUMÉRO:SCEAU, par exemple 12:9f3a…")
        raise typer.Exit(2)
    report = _run(verify_chain(get_database(), anchor=(int(number), kept) if ancre else None))
    for line in describe(report):
        console.print(line, markup=False)
    if not report.intact:
        raise typer.Exit(1)


def describe(report: Rapport) -> list[str]:
    """What a verification found, in sentences."""
    lines = [
        (
            f"{format_nombre(report.sceaux)} sceaux, {format_nombre(report.lignes)} lignes relues, "
            f"{format_nombre(report.retires)} retirées après leur durée de conservation, "
            f"{format_nombre(report.en_attente)} pas encore scellées."
        )
    ]
    for anomalie in report.anomalies:
        where = f"Sceau {anomalie.numero} : " if anomalie.numero is not None else ""
        which = ", ".join(map(str, anomalie.lignes[:20])) + ("…" if len(anomalie.lignes) > 20 else "")
        lines.append(f"{where}{anomalie.detail}{f' ({which})' if which else ''}.")
    lines.append("Le journal est intact." if report.intact else "LE JOURNAL N'EST PLUS INTACT.")
    return lines


@audit.command()
def sceller() -> None:
    """Scelle tout de suite ce que le journal a reçu depuis le dernier sceau."""
    console.print(f"{format_nombre(_run(seal(get_database())))} lignes scellées.")


@messages.command()
def etat() -> None:
    """Dit ce qui attend et ce qui a échoué."""
    found = _run(relay.read_backlog(get_database()))
    console.print(f"Messages à relayer : {format_nombre(found.a_publier)} (le plus ancien : {found.retard_s:.0f} s)")
    console.print(f"Réactions à faire : {format_nombre(found.dues)}, en échec : {format_nombre(found.en_echec)}")
    console.print(
        f"Travaux à faire : {format_nombre(found.travaux_a_faire)}, en cours : {format_nombre(found.travaux_en_cours)}, "
        f"en échec : {format_nombre(found.travaux_en_echec)}"
    )


@messages.command("echecs")
def failed_deliveries() -> None:
    """Liste les réactions abandonnées après plusieurs essais."""
    failed = _run(relay.list_failed_deliveries(get_database()))
    _show(
        ["message", "type", "réaction", "essais", "erreur"],
        [[str(f.message_id), f.type, f.reaction, str(f.essais), f.erreur] for f in failed],
    )


@messages.command("rejouer")
def replay_deliveries(
    message: Annotated[int | None, typer.Option(help="Seulement ce message.")] = None,
    reaction: Annotated[str | None, typer.Option(help="Seulement cette réaction.")] = None,
) -> None:
    """Remet en file les réactions abandonnées."""
    count = _run(relay.replay_deliveries(get_database(), message_id=message, reaction=reaction))
    console.print(f"{format_nombre(count)} réactions remises en file.")


@messages.command("oublier")
def forget_deliveries(
    message: Annotated[int | None, typer.Option(help="Seulement ce message.")] = None,
    reaction: Annotated[str | None, typer.Option(help="Seulement cette réaction.")] = None,
) -> None:
    """Renonce pour de bon à des réactions abandonnées : celles d'un message, ou une réaction partout."""
    if message is None and reaction is None:
        console.print("Dites lesquelles : --message NUMÉRO, ou --reaction NOM.")
        raise typer.Exit(2)
    count = _run(relay.forget_deliveries(get_database(), message_id=message, reaction=reaction))
    console.print(f"{format_nombre(count)} réactions oubliées.")


@travaux.command("echecs")
def failed_jobs() -> None:
    """Liste les travaux abandonnés après plusieurs essais."""
    failed = _run(jobs.list_failed(get_database()))
    _show(
        ["travail", "nom", "file", "essais", "erreur"],
        [[str(f.id), f.nom, f.queue, str(f.essais), f.erreur] for f in failed],
    )


@travaux.command("rejouer")
def replay_jobs(
    numero: Annotated[int | None, typer.Argument(help="Seulement ce travail ; sinon tous.")] = None,
) -> None:
    """Remet en file les travaux abandonnés."""
    console.print(f"{format_nombre(_run(jobs.replay(get_database(), numero)))} travaux remis en file.")


@travaux.command("oublier")
def forget_job(numero: Annotated[int, typer.Argument(help="Le numéro du travail.")]) -> None:
    """Renonce pour de bon à un travail abandonné."""
    console.print(f"{format_nombre(_run(jobs.forget(get_database(), numero)))} travaux oubliés.")


@routines.command("lancer")
def run_routines(
    noms: Annotated[list[str] | None, typer.Argument(help="Leurs noms ; sinon toutes celles qui sont dues.")] = None,
) -> None:
    """Lance des routines tout de suite, sans attendre leur heure."""
    known = {r.nom for r in get_registre().routines}
    if unknown := sorted(set(noms or ()) - known):
        console.print(f"Routine inconnue : {', '.join(unknown)}. Routines : {', '.join(sorted(known))}.", markup=False)
        raise typer.Exit(2)

    async def run() -> list[str]:
        return await run_due_routines(horloge.now(), noms=noms or None, force=bool(noms))

    ran = _run(run())
    console.print(f"Lancées : {', '.join(ran) or 'aucune'}.", markup=False)


@cles.command("tourner")
def turn_keys() -> None:
    """Réécrit sous la clé active (la première du trousseau) tout ce qu'une autre clé avait chiffré."""

    async def turn() -> list[tuple[str, int]]:
        database = get_database()
        return [(place, await rotate_column(database, *place.rsplit(".", 1))) for place in encrypted_places()]

    for place, count in _run(turn()):
        console.print(f"{place} : {format_nombre(count)} valeurs réécrites", markup=False)
    ring = get_key_ring()
    console.print(
        f"Clé active : {ring.active}. Gardez la dernière du trousseau ({list(ring.keys)[-1]}) : elle sert aux recherches."
    )


def encrypted_places() -> list[str]:
    """The encrypted columns of the house, `schema.table.column`."""
    columns = (column for table in Base.metadata.sorted_tables for column in table.columns)
    return [column.type.place for column in columns if isinstance(column.type, EncryptedText)]


def _show(headers: list[str], rows: list[list[str]]) -> None:
    if not rows:
        console.print("Rien en échec.")
        return
    table = Table(*headers)
    for row in rows:
        table.add_row(*row)
    console.print(table)
