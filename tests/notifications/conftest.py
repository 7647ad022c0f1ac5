"""A house of identity and notifications, with a template of its own and a mail server that keeps what it receives."""

import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from guichet.identite.facade import TenantVue
from guichet.identite.module import MODULE as IDENTITE
from guichet.notifications.boite.serveur import listen
from guichet.notifications.metier import Canal
from guichet.notifications.modeles import Donnees, Modele, PieceJointe
from guichet.notifications.permissions import PERMISSIONS
from guichet.notifications.reglages import ReglagesNotifications
from guichet.socle.database import Database, Role
from guichet.socle.registre import Module, Registre, Reglages, set_registre
from guichet.socle.settings import Settings
from tests.identite.fabrique import make_tenant
from tests.serveur import environment


class DonneesBonjour(Donnees):
    prenom: str
    panne: bool = False


async def _pieces(donnees: DonneesBonjour, marque: object, locale: str) -> list[PieceJointe]:
    if donnees.panne:
        raise RuntimeError("this template cannot make its file")
    return [PieceJointe(nom="mot.txt", type_mime="text/plain", contenu=f"{donnees.prenom} {locale}".encode())]


@pytest.fixture
def registre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registre]:
    dossier = tmp_path_factory.mktemp("modeles")
    (dossier / "bonjour.objet.txt").write_text("Bonjour {{ d.prenom }}")
    (dossier / "bonjour.txt").write_text(
        "{% extends 'notifications/base.txt' %}{% block corps %}Bonjour {{ d.prenom }}{% endblock %}"
    )
    (dossier / "bonjour.html").write_text(
        "{% extends 'notifications/base.html' %}{% block corps %}<p>Bonjour {{ d.prenom }}</p>{% endblock %}"
    )
    (dossier / "bonjour.sms.txt").write_text("Bonjour {{ d.prenom }}, à bientôt.")
    (dossier / "bonjour.interne.txt").write_text("Bonjour {{ d.prenom }}")
    for fichier in sorted(dossier.glob("bonjour.*")):
        (dossier / fichier.name.replace("bonjour", "rappel")).write_text(fichier.read_text())
    modele = Modele(
        nom="essais.bonjour",
        libelle="Bonjour",
        donnees=DonneesBonjour,
        dossier=dossier,
        pieces=_pieces,
        canaux=frozenset(Canal),
        exemple=DonneesBonjour(prenom="Camille"),
        lien=lambda donnees: f"/bonjour/{donnees.prenom}",
    )
    rappel = replace(modele, nom="essais.rappel", libelle="Rappel", pieces=None, rappel=True, lien=None)
    mien = Registre(
        [
            IDENTITE,
            Module(
                nom="notifications",
                permissions=PERMISSIONS,
                reglages=(Reglages(nom="notifications", modele=ReglagesNotifications, libelle="Messages"),),
                extensions={"modeles": (modele, rappel)},
            ),
        ]
    )
    avant = set_registre(mien)
    yield mien
    set_registre(avant)


@pytest.fixture
async def ouvert(database: Database, registre: Registre) -> TenantVue:
    """A committed tenant."""
    return await make_tenant(database, nom="Contrôle Auto France")


@pytest.fixture
async def boite(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Path]:
    """The demo's mail server, running; the folder where it keeps messages."""
    server = await listen(tmp_path, 0)
    monkeypatch.setattr(settings, "demo_smtp_port", server.sockets[0].getsockname()[1])
    yield tmp_path
    server.close()
    await server.wait_closed()


@dataclass(frozen=True)
class Plateforme:
    """The demo's text message platform, in a process of its own: its address, the folder where it keeps messages."""

    url: str
    dossier: Path


@pytest.fixture(scope="session")
def processus_boite(database_urls: dict[Role, str], settings: Settings) -> Iterator[Plateforme]:
    """`guichet notifications boite`, as the demo runs it: beside a database that is there already."""
    donnees = settings.data_dir / "demonstration"
    donnees.mkdir()
    donnees.chmod(0o711)
    process = subprocess.Popen(
        [Path(sys.executable).with_name("guichet"), "notifications", "boite"],
        env=environment(database_urls, settings)
        | {"GUICHET_MODE": "demo", "GUICHET_DATA_DIR": str(donnees), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    try:
        ligne = process.stdout.readline()
        trouve = re.search(r"SMS sur (127\.0\.0\.1:\d+)", ligne)
        assert trouve, ligne + process.stdout.read()
        yield Plateforme(url=f"http://{trouve[1]}", dossier=donnees / "boite" / "sms")
    finally:
        process.terminate()
        process.communicate(timeout=20)


@pytest.fixture
def plateforme(processus_boite: Plateforme, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Plateforme:
    """The platform, empty, and the only provider of the settings."""
    for fichier in processus_boite.dossier.glob("*.json"):
        fichier.unlink()
    monkeypatch.setattr(settings, "demo_sms_port", int(processus_boite.url.rpartition(":")[2]))
    return processus_boite
