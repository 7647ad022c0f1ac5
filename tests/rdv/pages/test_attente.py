"""The pages of the waiting list: joining from a full day, and the answers behind the link of a message."""

from datetime import timedelta
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import text

from guichet.identite.facade import set_reglages
from guichet.rdv.facade import RdvVue, Reservation, cancel_rdv, list_rdv
from guichet.socle.database import Database
from guichet.socle.horloge import frozen
from tests.rdv.fabrique import LUNDI, MAINTENANT, agent
from tests.rdv.liste import fill_day
from tests.rdv.pages.conftest import Lieu, Page, lire

QUINZE = timedelta(minutes=15)


def saisie(**champs: str) -> dict[str, str]:
    """The form as a person fills it."""
    return {
        "du": LUNDI.isoformat(),
        "au": LUNDI.isoformat(),
        "moment": "",
        "prenom": "Line",
        "nom": "Roux",
        "email": "line@courriel.example",
        "telephone": "06 39 98 55 66",
        "vehicule_type": "VP",
        "carburant": "Essence",
        "type_controle": "CTP",
        "immatriculation": "FV-482-KQ",
    } | champs


async def remplir(database: Database, lieu: Lieu) -> list[RdvVue]:
    async with database.transaction(lieu.tenant.id) as session:
        await set_reglages(session, Reservation(tolerance_surreservation=0))
        return await fill_day(session, lieu.centre)


async def inscrire(client: httpx.AsyncClient, lieu: Lieu, **champs: str) -> str:
    """Join, and return the address of the entry's page."""
    reponse = await client.post(f"/reservation/{lieu.code}/attente", data=saisie(**champs))
    assert reponse.status_code == 303, reponse.text
    return reponse.headers["Location"]


async def liberer(database: Database, rdv: RdvVue) -> None:
    async with database.transaction(rdv.tenant_id) as session:
        await cancel_rdv(session, rdv_id=rdv.id, appelant=agent(rdv.tenant_id))


async def repondre(client: httpx.AsyncClient, page: str, geste: str) -> httpx.Response:
    adresse = urlsplit(page)
    return await client.post(f"{adresse.path}/{geste}?{adresse.query}")


async def voir(client: httpx.AsyncClient, adresse: str) -> Page:
    return lire(await client.get(adresse))


async def test_the_week_leads_to_the_list_with_its_days(client: httpx.AsyncClient, lieu: Lieu):
    page = await voir(client, f"/reservation/{lieu.code}?semaine={LUNDI.isoformat()}&carburant=Diesel")
    adresse = str(page.un("[data-testid=attente-lien]")["href"])
    formulaire = await voir(client, adresse)
    assert formulaire.un("#attente [name=du]")["value"] == "2026-11-23"
    assert formulaire.un("#attente [name=au]")["value"] == "2026-11-29"
    assert formulaire.un("#attente [name=carburant] option[selected]")["value"] == "Diesel"


async def test_from_joining_to_the_ticket(client: httpx.AsyncClient, database: Database, lieu: Lieu):
    pris = await remplir(database, lieu)
    adresse = await inscrire(client, lieu)
    page = await voir(client, adresse)
    assert page.un("[data-testid=attente-attente] h1").text == "Vous êtes sur la liste d’attente"
    assert page.un("[data-testid=attente-rang]").text == "Vous êtes en tête de la liste."
    assert await inscrire(client, lieu) != "", "again, the same entry"
    await liberer(database, pris[0])
    page = await voir(client, adresse)
    assert page.un("[data-testid=attente-offre] h1").text == "Une place s’est libérée"
    assert str(page.un(".talon time")["datetime"]).startswith("2026-11-23T08:00")
    assert [b.text for b in page.select(".row form button")] == ["Prendre cette place", "Non merci, je garde mon rang"]
    non = await voir(client, f"{adresse}&reponse=non")
    assert non.un(".row form button").text == "La laisser à quelqu’un d’autre"
    accepte = await repondre(client, adresse, "accepter")
    assert accepte.status_code == 303
    assert "nouveau=1" in accepte.headers["Location"]
    billet = await voir(client, accepte.headers["Location"])
    assert "Votre rendez-vous est confirmé" in billet.text
    page = await voir(client, adresse)
    assert page.test("attente-servie")
    assert "/mes-rdv/" in str(page.un(".row a.btn")["href"])
    async with database.transaction(lieu.tenant.id) as session:
        assert [r.client.nom for r in await list_rdv(session, jour=LUNDI)].count("Roux") == 1


async def test_saying_no_leaving_and_coming_back(client: httpx.AsyncClient, database: Database, lieu: Lieu):
    pris = await remplir(database, lieu)
    adresse = await inscrire(client, lieu)
    await liberer(database, pris[0])
    assert (await repondre(client, adresse, "refuser")).headers["Location"] == adresse
    assert (await voir(client, adresse)).test("attente-attente")
    refuse = await repondre(client, adresse, "refuser")
    assert refuse.headers["Location"] == adresse
    assert "guichet" in refuse.headers.get("Set-Cookie", "")
    await repondre(client, adresse, "quitter")
    assert (await voir(client, adresse)).test("attente-retiree")
    await repondre(client, adresse, "reprendre")
    assert (await voir(client, adresse)).test("attente-attente")


async def test_a_late_answer_says_so_and_gives_the_way_back(client: httpx.AsyncClient, database: Database, lieu: Lieu):
    pris = await remplir(database, lieu)
    adresse = await inscrire(client, lieu)
    await liberer(database, pris[0])
    with frozen(MAINTENANT + QUINZE):
        assert (await repondre(client, adresse, "accepter")).headers["Location"] == adresse
        page = await voir(client, adresse)
        assert page.test("attente-expiree")
        assert page.un("[data-testid=attente-reprendre] button").text == "Revenir sur la liste"
        await repondre(client, adresse, "reprendre")
        assert (await voir(client, adresse)).test("attente-attente")


async def test_what_is_wrong_is_said_by_its_field_and_nothing_is_lost(
    client: httpx.AsyncClient, database: Database, lieu: Lieu
):
    reponse = await client.post(
        f"/reservation/{lieu.code}/attente",
        data=saisie(nom="", immatriculation="FV-482-KO", au="2026-11-22", moment="matin"),
    )
    assert reponse.status_code == 422
    page = lire(reponse)
    assert page.un("[name=email]")["value"] == "line@courriel.example"
    assert page.un("[name=moment] option[selected]")["value"] == "matin"
    reponse = await client.post(f"/reservation/{lieu.code}/attente", data=saisie(nom="", immatriculation="FV-482-KO"))
    erreurs = [e.text for e in lire(reponse).select(".errors li")]
    assert erreurs[0] == "Indiquez votre nom."
    assert len(erreurs) == 2
    async with database.transaction(lieu.tenant.id) as session:
        assert await session.scalar(text("select count(*) from rdv.inscription")) == 0


@pytest.mark.parametrize(
    ("champs", "heures"),
    [({}, "à toute heure"), ({"moment": "matin"}, "jusqu’à 11 h 59"), ({"moment": "apres-midi"}, "à partir de 12 h")],
)
async def test_the_wished_hours_are_said(client: httpx.AsyncClient, lieu: Lieu, champs: dict[str, str], heures: str):
    page = await voir(client, await inscrire(client, lieu, au="2026-11-24", **champs))
    texte = page.un("dl.facts").text.replace("\u202f", " ").replace("\xa0", " ")
    assert f"Du lundi 23 novembre au mardi 24 novembre, {heures}" in texte


async def test_the_page_needs_its_link(client: httpx.AsyncClient, lieu: Lieu):
    adresse = await inscrire(client, lieu)
    sans = await client.get(urlsplit(adresse).path)
    assert (sans.status_code, urlsplit(sans.headers["Location"]).path) == (303, "/connexion")
    assert (await client.get(f"{urlsplit(adresse).path}?lien=gl_faux")).status_code == 403
