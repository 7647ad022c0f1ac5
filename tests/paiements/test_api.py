"""Payments over HTTP: read, given back, their documents, the till; by whom."""

from io import BytesIO
from typing import Any

import httpx
import pytest
from pypdf import PdfReader

from guichet.identite.facade import TenantVue
from guichet.paiements.facade import PaiementVue, list_pieces
from guichet.paiements.metier.vues import RecuVue
from guichet.reseau.facade import CentreVue
from guichet.socle.database import Database
from guichet.socle.ids import new_id
from tests.identite.fabrique import bearer_of, make_tenant
from tests.paiements.fabrique import ENTREPRISE, fill_encaissement, fill_paiement, sell_online
from tests.reseau.fabrique import fill_centre

ROUTE = "/api/v1/payment"


@pytest.fixture
async def reseau(database: Database, sans_bac: None) -> TenantVue:
    tenant = await make_tenant(database, nom="Contrôle Auto France")
    async with database.transaction(tenant.id) as session:
        await sell_online(session, raison_sociale="Contrôle Auto France SAS", siret="732 829 320 00074")
    return tenant


@pytest.fixture
async def centre(database: Database, reseau: TenantVue) -> CentreVue:
    async with database.transaction(reseau.id) as session:
        return await fill_centre(session)


@pytest.fixture
async def recu(database: Database, reseau: TenantVue, centre: CentreVue) -> RecuVue:
    async with database.transaction(reseau.id) as session:
        return await fill_encaissement(session, lieu=centre.id, reference="rdv:1")


@pytest.fixture
async def attente(database: Database, reseau: TenantVue) -> PaiementVue:
    async with database.transaction(reseau.id) as session:
        return await fill_paiement(session)


@pytest.fixture
async def chef(database: Database, reseau: TenantVue) -> dict[str, str]:
    return await bearer_of(database, reseau, "ADMIN_TENANT")


async def test_a_payment_is_read_by_staff_and_by_whoever_holds_its_link(
    client: httpx.AsyncClient, chef: dict[str, str], attente: PaiementVue
):
    lien = attente.url_paiement.rpartition("lien=")[2]
    for headers in (chef, {"Authorization": f"Bearer {lien}"}):
        reponse = await client.get(f"{ROUTE}/{attente.id}", headers=headers)
        assert reponse.status_code == 200, reponse.text
        lu = reponse.json()
        assert (lu["statut"], lu["montant_ttc"], lu["montant_cents"]) == ("pending", "79.00", 7_900)
        assert lu["url_paiement"] == attente.url_paiement
    assert (await client.get(f"{ROUTE}/{attente.id}")).status_code == 401


async def test_a_link_opens_its_own_payment_only(client: httpx.AsyncClient, attente: PaiementVue, recu: RecuVue):
    lien = {"Authorization": f"Bearer {attente.url_paiement.rpartition('lien=')[2]}"}
    assert (await client.get(f"{ROUTE}/{recu.paiement_id}", headers=lien)).status_code == 401


async def test_somebody_elses_payment_does_not_exist(
    client: httpx.AsyncClient, database: Database, attente: PaiementVue, chef: dict[str, str]
):
    autre = await bearer_of(database, await make_tenant(database), "ADMIN_TENANT")
    assert (await client.get(f"{ROUTE}/{attente.id}", headers=autre)).json()["code"] == "PAIEMENT_NOT_FOUND"
    assert (await client.get(f"{ROUTE}/{new_id()}", headers=chef)).status_code == 404


async def test_a_customer_may_not_read_payments_by_guessing(
    client: httpx.AsyncClient, database: Database, reseau: TenantVue, attente: PaiementVue
):
    headers = await bearer_of(database, reseau, "CLIENT")
    assert (await client.get(f"{ROUTE}/{attente.id}", headers=headers)).status_code == 404


async def test_staff_of_a_centre_sees_the_money_of_that_centre_only(
    client: httpx.AsyncClient,
    database: Database,
    reseau: TenantVue,
    centre: CentreVue,
    recu: RecuVue,
    attente: PaiementVue,
):
    ici = await bearer_of(database, reseau, "ADMIN_CT", centre_ids=[centre.id])
    async with database.transaction(reseau.id) as session:
        autre = await fill_centre(session)
    ailleurs = await bearer_of(database, reseau, "ADMIN_CT", centre_ids=[autre.id])
    assert (await client.get(f"{ROUTE}/{recu.paiement_id}", headers=ici)).status_code == 200
    refus = await client.get(f"{ROUTE}/{recu.paiement_id}", headers=ailleurs)
    assert (refus.status_code, refus.json()["code"]) == (403, "HORS_PERIMETRE")
    assert (await client.get(f"{ROUTE}/{attente.id}", headers=ici)).status_code == 403  # of no centre
    jour = {"jour": "2026-11-20"}
    assert (await client.get(f"{ROUTE}/caisse/{centre.id}", headers=ailleurs, params=jour)).status_code == 403


async def test_a_refund_is_asked_once_a_key_and_never_beyond_what_is_left(
    client: httpx.AsyncClient, chef: dict[str, str], recu: RecuVue
):
    url = f"{ROUTE}/{recu.paiement_id}/refund"
    corps: dict[str, Any] = {"montant_cents": 2_000, "motif": "geste commercial"}
    for _ in range(2):
        reponse = await client.post(url, headers={**chef, "Idempotency-Key": "geste-0001"}, json=corps)
        assert reponse.status_code == 200, reponse.text
        assert reponse.json()["rembourse_cents"] == 2_000
    trop = await client.post(url, headers=chef, json={"montant_cents": 6_000, "motif": "x"})
    assert (trop.status_code, trop.json()["code"], trop.json()["disponible_cents"]) == (
        422,
        "REMBOURSEMENT_EXCESSIF",
        5_900,
    )
    reste = await client.post(url, headers=chef, json={"motif": "tout le reste"})
    assert (reste.json()["statut"], reste.json()["rembourse_cents"]) == ("refunded", 7_900)
    assert [p["serie"] for p in reste.json()["pieces"]] == ["recu", "avoir", "avoir"]
    rien = await client.post(url, headers=chef, json={"motif": "encore"})
    assert rien.status_code == 422


async def test_nothing_is_given_back_of_what_was_not_taken(
    client: httpx.AsyncClient, chef: dict[str, str], attente: PaiementVue
):
    reponse = await client.post(f"{ROUTE}/{attente.id}/refund", headers=chef, json={"montant_cents": 1, "motif": "x"})
    assert (reponse.status_code, reponse.json()["code"]) == (409, "PAIEMENT_NON_ENCAISSE")


@pytest.mark.parametrize(
    "corps", [{}, {"motif": ""}, {"motif": "x", "montant_cents": 0}, {"motif": "x", "carte": "4242"}]
)
async def test_a_refund_that_makes_no_sense_names_the_field(
    client: httpx.AsyncClient, chef: dict[str, str], recu: RecuVue, corps: dict[str, Any]
):
    reponse = await client.post(f"{ROUTE}/{recu.paiement_id}/refund", headers=chef, json=corps)
    assert (reponse.status_code, reponse.json()["code"]) == (422, "CHAMPS_INVALIDES")
    assert reponse.json()["champs"]


async def test_the_till_of_a_day_is_a_list_with_totals_and_a_table(
    client: httpx.AsyncClient,
    database: Database,
    reseau: TenantVue,
    centre: CentreVue,
    chef: dict[str, str],
    recu: RecuVue,
):
    async with database.transaction(reseau.id) as session:
        await fill_encaissement(session, lieu=centre.id, moyen="cheque", reference="=cmd()")
    jour = {"jour": "2026-11-20"}
    caisse = (await client.get(f"{ROUTE}/caisse/{centre.id}", headers=chef, params=jour)).json()
    assert (caisse["total_cents"], caisse["totaux"]) == (15_800, {"especes": 7_900, "cheque": 7_900})
    assert [ligne["piece"] for ligne in caisse["lignes"]] == ["R-2026-000001", "R-2026-000002"]
    assert (await client.get(f"{ROUTE}/caisse/{centre.id}", headers=chef)).json() == caisse  # today, at the centre
    tableau = await client.get(f"{ROUTE}/caisse/{centre.id}/caisse.csv", headers=chef, params=jour)
    assert tableau.headers["content-type"] == "text/csv; charset=utf-8"
    lignes = tableau.text.splitlines()
    assert lignes[1].endswith(";encaissement;especes;79,00;rdv:1;R-2026-000001")
    assert ";'=cmd();" in lignes[2]
    assert (await client.get(f"{ROUTE}/caisse/{new_id()}", headers=chef, params=jour)).status_code == 404


async def test_documents_are_accessible_pdf_with_the_figures_they_were_issued_with(
    client: httpx.AsyncClient, database: Database, reseau: TenantVue, centre: CentreVue, chef: dict[str, str]
):
    async with database.transaction(reseau.id) as session:
        facture = await fill_encaissement(session, lieu=centre.id, acheteur=ENTREPRISE, reference="rdv:9")
    await client.post(
        f"{ROUTE}/{facture.paiement_id}/refund", headers=chef, json={"montant_cents": 1_200, "motif": "geste"}
    )
    async with database.transaction(reseau.id) as session:
        pieces = await list_pieces(session, paiement_id=facture.paiement_id)
    textes = []
    for piece in pieces:
        url = f"{ROUTE}/{facture.paiement_id}/pieces/{piece.id}.pdf"
        reponse = await client.get(url, headers=chef)
        assert reponse.status_code == 200, reponse.text
        assert reponse.content == (await client.get(url, headers=chef)).content
        textes.append(
            PdfReader(BytesIO(reponse.content)).pages[0].extract_text().replace("\xa0", " ").replace("\u202f", " ")
        )
    assert "Facture F-2026-000001" in textes[0]
    for mot in ("Contrôle Auto France SAS", "SIRET 73282932000074", "Flotte du Rhône", "65,83 €", "13,17 €", "79,00 €"):
        assert mot in textes[0]
    assert "Avoir A-2026-000001" in textes[1]
    for mot in ("F-2026-000001", "−12,00 €", "−10,00 €", "geste"):
        assert mot in textes[1]
    inconnue = await client.get(f"{ROUTE}/{facture.paiement_id}/pieces/{new_id()}.pdf", headers=chef)
    assert inconnue.json()["code"] == "PIECE_NOT_FOUND"
