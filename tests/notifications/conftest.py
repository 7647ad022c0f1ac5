"""A house of identity and notifications, with a template of its own and a mail server that keeps what it receives."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from guichet.identite.facade import TenantVue
from guichet.identite.module import MODULE as IDENTITE
from guichet.notifications.boite.serveur import listen
from guichet.notifications.modeles import Donnees, Modele, PieceJointe
from guichet.notifications.reglages import ReglagesNotifications
from guichet.socle.database import Database
from guichet.socle.registre import Module, Registre, Reglages, set_registre
from guichet.socle.settings import Settings
from tests.identite.fabrique import make_tenant


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
    modele = Modele(nom="essais.bonjour", libelle="Bonjour", donnees=DonneesBonjour, dossier=dossier, pieces=_pieces)
    mien = Registre(
        [
            IDENTITE,
            Module(
                nom="notifications",
                reglages=(Reglages(nom="notifications", modele=ReglagesNotifications, libelle="Messages"),),
                extensions={"modeles": (modele,)},
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
