"""What a new price leaves to pay, on the ticket."""

from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import update

from guichet.rdv.tables import Rdv
from guichet.socle.database import Database
from guichet.socle.settings import Settings
from tests.paiements.fabrique import sell_online
from tests.rdv.pages.conftest import Lieu
from tests.rdv.pages.test_reservation import reserver, voir


async def test_what_a_new_price_leaves_to_pay_is_shown_and_paid_from_the_ticket(
    client: httpx.AsyncClient, database: Database, lieu: Lieu, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    adresse = await reserver(client, lieu)
    async with database.transaction(lieu.centre.tenant_id) as session:
        await session.execute(update(Rdv).values(paiement_statut="en_attente"))
    page = await voir(client, adresse)
    assert "Il reste 79,00 € à payer" in page.mots()
    assert not page.test("payer-reste"), "this tenant sells nothing online"
    monkeypatch.setattr(settings, "payment_sandbox_url", "http://127.0.0.1:9")
    async with database.transaction(lieu.centre.tenant_id) as session:
        await sell_online(session)
    page = await voir(client, adresse)
    reponse = await client.post(str(page.un("form#payer-reste")["action"]))
    assert reponse.status_code == 303
    assert urlsplit(reponse.headers["Location"]).path.startswith("/paiement/")
