"""The life of an appointment, as the document walks it, on a real house: a web, a provider, a clock that is set."""

import re
from pathlib import Path
from uuid import uuid4

import httpx
import psycopg

from guichet.identite.facade import PLATEFORME, Role, create_user
from guichet.socle.database import Database
from guichet.socle.database import Role as RoleBase
from guichet.socle.embarque import EmbeddedServer
from guichet.socle.settings import Settings
from tests.maison_vivante import open_house
from tests.reseau.test_api_exemples import BLOCS, DOCUMENT, MOT_DE_PASSE, VIE, commands, run
from tests.serveur import free_port

SECTIONS = re.compile(r"^## (\d+)\. ", re.MULTILINE)
RESEAU = {"0", "1", "2", "3", "4", "5", "6", "11"}
"""What of the first part the second stands on: a tenant, a centre, an inspector, a provider."""


def script() -> str:
    """The network of the first part, then the life."""
    reseau, _titre, vie = DOCUMENT.read_text().partition(VIE)
    morceaux = SECTIONS.split(f"## 0. \n{reseau}")[1:]
    sections = zip(morceaux[::2], morceaux[1::2], strict=True)
    return "\n".join(bloc for texte in [*(t for n, t in sections if n in RESEAU), vie] for bloc in BLOCS.findall(texte))


async def test_an_appointment_lives_as_the_document_says(server: EmbeddedServer, settings: Settings, tmp_path: Path):
    more = {"GUICHET_DEMO_PAYMENT_PORT": str(free_port())}
    with open_house(server, settings, "vie", roles=("serve", "paiements bac-a-sable"), **more) as maison:
        courriel = f"{uuid4().hex}@exemple.fr"
        base = Database(dict(maison.urls), settings)
        async with base.transaction(PLATEFORME) as session:
            await create_user(session, email=courriel, nom="Super", role=Role.SUPER_ADMIN, mot_de_passe=MOT_DE_PASSE)
        await base.close()
        depart = {"maintenant": "2026-03-02T09:00:00+01:00"}
        async with httpx.AsyncClient(base_url=maison.adresse, timeout=30) as client:
            (await client.put("/api/v1/essai/horloge", json=depart)).raise_for_status()
        status, output = await run(
            script(),
            PATH=commands(tmp_path), GUICHET=maison.adresse, SUPER_ADMIN=courriel, MOT_DE_PASSE=MOT_DE_PASSE,
            SLUG="rhone-controle", CODE_CENTRE="S069L001",
        )  # fmt: skip
        assert status == 0, output[-3000:]
        with psycopg.connect(maison.urls[RoleBase.MAINTENANCE]) as connexion:
            dits = connexion.execute(
                "select modele, count(*) from notifications.notification where modele like 'rdv.%' group by 1"
            ).fetchall()
            rendus = connexion.execute("select sum(rembourse_cents) from paiements.paiement").fetchone()
    assert {modele.removeprefix("rdv."): combien for modele, combien in dits} == {
        "confirmation": 5,  # paid, sent again, the re-inspection, the other one, the place that was freed
        "recu": 2,
        "deplacement": 2,  # by the customer, then by the centre
        "rappel": 1,
        "contre_visite": 1,
        "annulation": 1,
        "remboursement": 1,
        "attente_inscrit": 1,
        "attente_offre": 2,  # by mail and by text message
    }
    assert rendus == (7900,)
