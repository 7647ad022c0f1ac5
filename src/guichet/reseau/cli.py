"""The commands of the network: `guichet reseau --help`."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from guichet.identite.facade import TenantVue, find_tenant, get_reglages
from guichet.reseau.actions.importation import Bilan, Lus, Suivi, find_fichiers, read_fichiers, store, write_rapport
from guichet.reseau.metier.importation import FichierIllisible
from guichet.reseau.questions.correspondances import ImportCentres
from guichet.socle.database import get_database
from guichet.socle.errors import GuichetError
from guichet.socle.horloge import today
from guichet.socle.i18n import format_nombre

ZONE = ZoneInfo("Europe/Paris")
RAPPORT = Path("rejets-import.csv")
SOURCE = "Source : DGCCRF – Prix des contrôles techniques, Licence Ouverte 2.0"

console = Console(highlight=False)
cli = typer.Typer(help="Le réseau : import des centres.", no_args_is_help=True)


@cli.command("import")
def import_centres(
    fichiers: Annotated[
        list[Path],
        typer.Argument(
            help="Les fichiers (centres.csv, tarifs.csv, libelles.json ; ou le CSV unique), ou leur dossier."
        ),
    ],
    tenant: Annotated[str, typer.Option(help="Identifiant court (slug) du réseau qui reçoit les centres.")],
    rapport: Annotated[Path, typer.Option(help="Où écrire ce qui n'a pas été pris.")] = RAPPORT,
) -> None:
    """Importe le fichier officiel des centres de contrôle technique et de leurs prix.

    Peut être relancé : ce qui n'a pas changé n'est pas réécrit.
    """
    try:
        debut = time.perf_counter()
        lus, bilan = asyncio.run(_run(tenant, find_fichiers(fichiers)))
        duree = time.perf_counter() - debut
    except (FichierIllisible, GuichetError) as erreur:
        console.print(f"Import arrêté : {erreur}", markup=False)
        raise typer.Exit(1) from None
    write_rapport(rapport, lus.rejets)
    for ligne in describe(lus, bilan, duree, rapport):
        console.print(ligne, markup=False)


async def _run(slug: str, fichiers: Sequence[Path]) -> tuple[Lus, Bilan]:
    database = get_database()
    try:
        async with database.transaction() as session:
            reseau = await find_tenant(session, slug=slug)
        if reseau is None:
            raise FichierIllisible(f"Aucun réseau ne s'appelle « {slug} ».")
        with _progress() as suivi:
            return await load(reseau, fichiers, suivi)
    finally:
        await database.close()


async def load(reseau: TenantVue, fichiers: Sequence[Path], suivi: Suivi) -> tuple[Lus, Bilan]:
    """Read the files, then store them in one transaction of the tenant."""
    database = get_database()
    async with database.transaction(reseau.id) as session:
        reglages = await get_reglages(session, ImportCentres)
    lus = read_fichiers(fichiers, reglages, today(ZONE), suivi)
    async with database.transaction(reseau.id) as session:
        return lus, await store(session, lus, suivi)


def describe(lus: Lus, bilan: Bilan, duree: float, rapport: Path) -> list[str]:
    """Sentences that say what was done, what was not, and how fast."""
    rejets = lus.rejets.count()
    nombre = format_nombre
    vitesse = nombre(round(lus.lignes / duree))
    lignes = [f"{nombre(lus.lignes)} lignes lues en {duree:.1f} s ({vitesse} par seconde)."]
    centres = f"{nombre(bilan.crees)} créés, {nombre(bilan.modifies)} modifiés, {nombre(bilan.inchanges)} inchangés"
    lignes.append(f"Centres : {centres} ; {nombre(bilan.agences)} agences ouvertes.")
    prix = f"{nombre(bilan.tarifs)} prix, {nombre(bilan.tarifs_changes)} centres déjà connus mis à jour"
    lignes.append(f"Tarifs : {prix} ; {nombre(lus.non_publies)} prix à zéro, donc non publiés.")
    for libelle, n in lus.inconnus.items():
        lignes.append(f"Tarifs passés, {libelle} absente des réglages : {nombre(n)}.")
    if rejets:
        details = ", ".join(f"{effet} : {nombre(n)}" for effet, n in rejets.items())
        lignes.append(f"Laissé de côté ({details}), détail dans {rapport} :")
        lignes += [f"  {nombre(n)} × {raison}" for raison, n in lus.rejets.reasons().most_common(8)]
    lignes.append(SOURCE)
    return lignes


@contextmanager
def _progress() -> Iterator[Suivi]:
    colonnes = (
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    )  # fmt: skip
    with Progress(*colonnes, console=console) as barres:
        taches: dict[str, TaskID] = {}

        def suivre(libelle: str, total: int, faits: int) -> None:
            if libelle not in taches:
                taches[libelle] = barres.add_task(libelle, total=total)
            barres.update(taches[libelle], total=total, advance=faits)

        yield suivre
