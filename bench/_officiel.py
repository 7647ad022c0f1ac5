"""A network imported from the official file of centres, or from a generated set of the same shape."""

import asyncio
import csv
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stdnum import luhn

from bench.cadre import scratch_instance
from guichet.app.modules import assemble
from guichet.identite.facade import create_tenant
from guichet.reseau.facade import find_lieu
from guichet.socle import migrations
from guichet.socle.database import Database, Role, set_database
from guichet.socle.embarque import EmbeddedServer
from guichet.socle.settings import Settings

CENTRES = 5284
TARIFS_PAR_CENTRE = 20
VILLES = ("Rennes", "Lyon", "Marseille", "Nantes", "Lille", "Toulouse", "Strasbourg", "Bordeaux", "Dijon", "Brest")


def generate(folder: Path) -> None:
    """A pair of files of the official shape: real towns, made-up companies."""
    draw = random.Random(7)
    towns = [find_lieu(name).lieu for name in VILLES]
    with (
        (folder / "centres.csv").open("w", newline="") as centres,
        (folder / "tarifs.csv").open("w", newline="") as tarifs,
    ):
        c, t = csv.writer(centres), csv.writer(tarifs)
        c.writerow(
            [
                "cct_siret",
                "cct_denomination",
                "cct_adresse",
                "code_postal",
                "commune",
                "code_departement",
                "nom_departement",
                "cct_tel",
                "cct_url",
                "latitude",
                "longitude",
            ]
        )
        t.writerow(
            [
                "cct_siret",
                "cat_vehicule_id",
                "cat_energie_id",
                "prix_visite",
                "date_application_visite",
                "prix_contre_visite_min",
                "prix_contre_visite_max",
                "date_application_contre_visite",
            ]
        )
        for n in range(CENTRES):
            town = towns[n % len(towns)]
            assert town is not None
            body = f"8{n:012d}"
            siret = body + luhn.calc_check_digit(body)
            lat, lon = town.lat + draw.gauss(0, 0.15), town.lon + draw.gauss(0, 0.2)
            c.writerow(
                [
                    siret,
                    f"CENTRE {n}",
                    f"{n % 90 + 1} RUE DES ESSAIS",
                    town.code_postal,
                    town.nom,
                    town.departement,
                    "",
                    "",
                    "",
                    f"{lat:.6f}",
                    f"{lon:.6f}",
                ]
            )
            for k in range(TARIFS_PAR_CENTRE):
                t.writerow([siret, k // 5 + 1, k % 5 + 1, 60 + draw.randrange(40), "2023-03-01", 10, 25, "2023-03-01"])
    (folder / "libelles.json").write_text(
        '{"cat_vehicule": {"1": "Voiture Particulière", "2": "4 x 4", "3": "Voiture de collection", "4": "Camionnette",'
        ' "5": "Camping-car (moins de 3,5 tonnes)"},'
        ' "cat_energie": {"1": "Essence", "2": "Diesel", "3": "Gaz", "4": "Hybride", "5": "Electrique"}}'
    )


async def open_tenant(settings: Settings, urls: dict[Role, str]) -> None:
    """The network that receives the centres, without limits."""
    database = Database(urls, settings)
    set_database(database)
    async with database.transaction() as session:
        await create_tenant(session, nom="Mesure", slug="mesure", max_users=None, max_agences=None)
    await database.close()
    set_database(None)


def import_once(folder: Path, report: Path) -> str:
    """One run of the command; what it prints."""
    command = [
        Path(sys.executable).with_name("guichet"),
        "reseau",
        "import",
        "--tenant",
        "mesure",
        "--rapport",
        report,
        folder,
    ]
    return str(subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True).stdout)


@dataclass(frozen=True)
class Reseau:
    """An empty network without limits, and the folder of the files it may import."""

    settings: Settings
    urls: dict[Role, str]
    dossier: Path


@contextmanager
def network(arguments: list[str]) -> Iterator[Reseau]:
    """A scratch instance with an empty network; the files of the folder named, else generated ones."""
    with (
        scratch_instance() as settings,
        EmbeddedServer(settings).running() as server,
        tempfile.TemporaryDirectory() as made,
    ):
        urls = server.urls()
        migrations.migrate(urls[Role.MAINTENANCE])
        assemble()
        asyncio.run(open_tenant(settings, urls))
        folder = Path(arguments[0]) if arguments else Path(made)
        if not arguments:
            generate(folder)
            print(f"  jeu de même forme, fabriqué : {CENTRES} centres, {CENTRES * TARIFS_PAR_CENTRE} tarifs")
        yield Reseau(settings, urls, folder)
