"""The first thread through the house: search, choose, book, keep the ticket, receive the mail. In a real browser."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
from fastapi import FastAPI
from playwright.async_api import Page, Route, expect

from guichet.notifications.boite import lecture
from guichet.notifications.boite.serveur import listen
from guichet.rdv.pages import accueil
from guichet.reseau.facade import CentreModification, CentreVue, find_lieu, update_centre
from guichet.socle.database import Database
from guichet.socle.horloge import frozen
from guichet.socle.jobs import run_waiting_jobs
from guichet.socle.registre import Registre, set_registre
from guichet.socle.relay import drain
from guichet.socle.settings import Settings
from tests.identite.fabrique import make_tenant
from tests.parcours.axe import alternate, margin, overflow, violations, violations_partout
from tests.parcours.conftest import BUREAU, TELEPHONE, Ouvrir
from tests.rdv.fabrique import LUNDI, MAINTENANT, book, demande, fill_reservable

JOURNEE = [{"debut": "07:00", "fin": "12:00"}, {"debut": "13:00", "fin": "19:00"}]
SEMAINE = dict.fromkeys(("lundi", "mardi", "mercredi", "jeudi", "vendredi"), JOURNEE)
_noms = count(1)


@dataclass(frozen=True)
class Monde:
    """A centre in the middle of Lyon, open before all the others, and the mailbox of the demo."""

    centre: CentreVue
    boite: Path
    database: Database
    registre: Registre

    async def livrer(self) -> None:
        """What the relay and the worker do a moment later."""
        await drain(self.database, self.registre)
        await run_waiting_jobs(self.database, self.registre.jobs, queues=["notifications"])


@pytest.fixture(autouse=True)
def horloge(app: FastAPI) -> Iterator[None]:
    """A Friday morning of November, on the assembled house."""
    before = set_registre(app.state.registre)
    accueil.forget()
    with frozen(MAINTENANT):
        yield
    set_registre(before)


@pytest.fixture
async def monde(
    database: Database, app: FastAPI, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Monde]:
    lyon = find_lieu("Lyon").lieu
    assert lyon is not None
    tenant = await make_tenant(database, nom="Contrôle Auto France")
    async with database.transaction(tenant.id) as session:
        centre, _ = await fill_reservable(
            session,
            nom=f"Lyon Essais {next(_noms)}",
            lat=lyon.lat,
            lon=lyon.lon,
            horaires=SEMAINE,
            telephone="+33465710118",
        )
    boite = settings.data_dir / "boite"
    server = await listen(boite, 0)
    monkeypatch.setattr(settings, "demo_smtp_port", server.sockets[0].getsockname()[1])
    yield Monde(centre, boite, database, app.state.registre)
    server.close()
    await server.wait_closed()
    # A search shows the thirty nearest centres: those of finished tests leave the middle of the town.
    async with database.transaction(tenant.id) as session:
        ferme = CentreModification.model_validate({"actif": False, "version": centre.version})
        await update_centre(session, centre.id, ferme)


async def chercher(page: Page, jour: str = LUNDI.isoformat()) -> None:
    """From the home page to the results around Lyon."""
    await page.get_by_test_id("search-location").fill("Lyon")
    await page.get_by_test_id("search-location").press("Tab")  # the proposals close, as for anybody who goes on
    await page.get_by_test_id("vehicle-type").select_option("VP")
    await page.get_by_text("Choisir un jour").click()
    await page.get_by_test_id("date-input").fill(jour)
    await page.get_by_test_id("search-button").click()
    await expect(page.locator("h1")).to_contain_text("autour de Lyon")


async def remplir(page: Page, **autres: str) -> None:
    """The form as a person fills it, once what reads the plate is there."""
    await page.wait_for_load_state()
    champs = {
        "first-name": "Camille",
        "last-name": "Renaudin",
        "email": "camille.renaudin@courriel.example",
        "phone": "06 39 98 12 34",
        "immatriculation": "FV-482-KQ",
        "marque": "Renault",
        "modele": "Clio V",
        "notes": "Portail bleu",
    } | {nom.replace("_", "-"): valeur for nom, valeur in autres.items()}
    for testid, valeur in champs.items():
        await page.get_by_test_id(testid).fill(valeur)


async def valeurs(page: Page) -> dict[str, str]:
    noms = ("first-name", "last-name", "email", "phone", "immatriculation", "marque", "modele", "notes")
    return {nom: await page.get_by_test_id(nom).input_value() for nom in noms}


def carte_de(page: Page, monde: Monde):
    return page.get_by_test_id("disponibilite-card").filter(has_text=monde.centre.nom)


@pytest.mark.parametrize(("largeur", "theme"), [(TELEPHONE, "dark"), (BUREAU, "light")])
async def test_from_a_search_to_the_ticket_and_the_mail(ouvrir: Ouvrir, monde: Monde, largeur: int, theme: str):
    page = await ouvrir("/", largeur=largeur, theme=theme)
    await chercher(page)
    carte = carte_de(page, monde)
    await expect(carte).to_have_count(1)
    if largeur == TELEPHONE:
        await page.get_by_text("Carte", exact=True).click()
    await expect(page.locator("svg.carte a.pin").first).to_be_visible()
    if largeur == TELEPHONE:
        await page.get_by_text("Liste", exact=True).click()
    await carte.get_by_test_id("reserver-button").click()
    await expect(page.get_by_test_id("reservation-form")).to_be_visible()
    await remplir(page)
    await expect(page.get_by_test_id("plaque-lue")).to_contain_text("FV-482-KQ")
    await page.get_by_test_id("confirm-button").click()
    message = page.get_by_test_id("confirmation-message")
    await expect(message).to_contain_text("Votre rendez-vous est confirmé")
    await expect(message).to_contain_text("lundi 23\u00a0novembre")
    numero = await page.get_by_test_id("rdv-numero").inner_text()
    await expect(page.locator(".qr-boite svg")).to_be_visible()
    for testid, debut in (("pdf", b"%PDF-"), ("ics", b"BEGIN:VCALENDAR")):
        adresse = await page.get_by_test_id(testid).get_attribute("href")
        reponse = await page.context.request.get(adresse or "")
        assert (await reponse.body()).startswith(debut)
    await page.get_by_test_id("nav-mes-rdv").click()
    await expect(page.get_by_test_id("rdv-card")).to_have_count(1)

    await monde.livrer()
    await page.goto(f"/boite?q={monde.centre.nom.replace(' ', '+')}")
    recu = page.get_by_test_id("boite-message").first
    await expect(recu).to_contain_text("Rendez-vous confirmé")
    await recu.locator("a").click()
    await expect(page.frame_locator("iframe").locator("h1")).to_contain_text("On vous attend lundi")
    await expect(page.get_by_test_id("boite-piece")).to_have_text([f"{numero}.ics", f"{numero}.pdf"])


async def test_the_whole_thread_works_without_script(ouvrir: Ouvrir, monde: Monde):
    page = await ouvrir("/", largeur=TELEPHONE, script=False)
    await chercher(page)
    await carte_de(page, monde).get_by_text("Toutes les heures").click()
    await page.locator(".bandeau-jours label").nth(1).click()
    await page.locator(".jour.j2 .creneau:visible").nth(2).click()
    await page.get_by_test_id("choisir-heure").click()
    await remplir(page, immatriculation="FV-482-KO")
    await page.get_by_test_id("confirm-button").click()
    await expect(page.locator(".errors")).to_contain_text("ni I ni O")
    assert (await valeurs(page))["notes"] == "Portail bleu"
    await page.get_by_test_id("immatriculation").fill("FV-482-KQ")
    await page.get_by_test_id("confirm-button").click()
    await expect(page.get_by_test_id("confirmation-message")).to_contain_text("mardi 24\u00a0novembre")


async def test_wrong_fields_are_listed_linked_and_keep_what_was_typed(ouvrir: Ouvrir, monde: Monde):
    page = await ouvrir(f"/reservation/{monde.centre.code_centre}/vous?debut=2026-11-23T08:00Z", largeur=TELEPHONE)
    await remplir(page, immatriculation="FV-482-KO", phone="06 39 98 12 345")
    avant = await valeurs(page)
    await page.get_by_test_id("confirm-button").click()
    resume = page.locator(".errors")
    await expect(resume).to_be_focused()
    await expect(resume.locator("li")).to_have_count(2)
    assert await valeurs(page) == avant
    assert await violations_partout(page) == []
    await resume.get_by_role("link").filter(has_text="plaques").click()
    await expect(page.get_by_test_id("immatriculation")).to_be_focused()


async def test_a_plate_is_read_while_it_is_typed(ouvrir: Ouvrir, monde: Monde):
    page = await ouvrir(f"/reservation/{monde.centre.code_centre}/vous?debut=2026-11-23T08:00Z")
    champ = page.get_by_test_id("immatriculation")
    await champ.press_sequentially("fv482ko")
    await expect(page.get_by_test_id("plaque-fausse")).to_contain_text("ni I ni O")
    await champ.press("Backspace")
    await champ.press_sequentially("q")
    await expect(page.get_by_test_id("plaque-lue")).to_contain_text("FV-482-KQ")
    await expect(champ).to_be_focused()


async def test_a_slot_taken_by_somebody_else_meanwhile_offers_others_and_loses_nothing(ouvrir: Ouvrir, monde: Monde):
    adresse = f"/reservation/{monde.centre.code_centre}/vous?debut=2026-11-23T08:00Z"
    lente = await ouvrir(adresse, largeur=TELEPHONE)
    await remplir(lente)
    rapide = await ouvrir(adresse)
    await remplir(rapide, immatriculation="GA-111-AA", phone="06 39 98 55 55")
    await rapide.get_by_test_id("confirm-button").click()
    await expect(rapide.get_by_test_id("confirmation-message")).to_be_visible()
    avant = await valeurs(lente)
    await lente.get_by_test_id("confirm-button").click()
    pris = lente.get_by_test_id("creneau-pris")
    await expect(pris).to_contain_text("vient d’être prise")
    await expect(pris).to_be_focused()
    assert await valeurs(lente) == avant
    assert await violations_partout(lente) == []
    await pris.locator(".creneau").first.click()
    await lente.get_by_test_id("confirm-button").click()
    await expect(lente.get_by_test_id("confirmation-message")).to_contain_text("Votre rendez-vous est confirmé")


async def test_a_past_day_and_a_past_hour_are_said_clearly(ouvrir: Ouvrir, monde: Monde):
    page = await ouvrir("/recherche?lieu=Lyon&date=2026-11-02")
    await expect(page.locator("h1")).to_contain_text("Le jour demandé est passé")
    await page.goto(f"/reservation/{monde.centre.code_centre}/vous?debut=2026-11-19T08:00Z")
    await expect(page.get_by_test_id("creneau-pris")).to_contain_text("Cette heure est passée")


async def test_the_ticket_follows_the_hour_that_is_chosen(ouvrir: Ouvrir, monde: Monde):
    page = await ouvrir(f"/reservation/{monde.centre.code_centre}?semaine={LUNDI}")
    await page.locator(".jour.j3 .creneau").nth(2).click()
    talon = page.locator("[data-resume] .talon")
    await expect(talon).to_contain_text("Mercredi 25\u00a0novembre")
    await page.get_by_role("link", name="Jours suivants").click()
    await expect(page.locator("#semaine b.nw")).to_contain_text("30\u00a0nov.")
    await page.go_back()
    await expect(page.locator("#semaine b.nw")).to_contain_text("23 – 28")


async def test_an_appointment_is_cancelled_in_two_steps(ouvrir: Ouvrir, monde: Monde):
    async with monde.database.transaction() as session:
        cree = await book(session, demande(monde.centre))
    page = await ouvrir(f"/mes-rdv/{cree.rdv.id}?lien={cree.jeton}", largeur=TELEPHONE, theme="dark")
    await page.get_by_test_id("annuler").click()
    await expect(page.get_by_test_id("annuler-confirmer")).to_be_visible()
    assert await violations_partout(page) == []
    await page.get_by_test_id("annuler-confirmer").click()
    await expect(page.locator("h1")).to_contain_text("annulé")
    assert await violations_partout(page) == []
    await monde.livrer()
    objets = [m.objet for m in lecture.list_messages(monde.boite, cherche=monde.centre.nom)]
    assert any(objet.startswith("Rendez-vous annulé") for objet in objets)


async def test_typing_a_place_proposes_towns_and_the_keyboard_takes_one(ouvrir: Ouvrir, monde: Monde):
    page = await ouvrir("/", largeur=TELEPHONE)
    champ = page.get_by_test_id("search-location")
    await champ.press_sequentially("renn")
    await expect(page.locator(".suggestions [role=option]").first).to_contain_text("Rennes")
    assert await violations_partout(page, (TELEPHONE,)) == []
    await champ.press("ArrowDown")
    await champ.press("Enter")
    await expect(champ).to_have_value("Rennes (35)")


async def test_what_was_typed_before_the_script_arrived_is_looked_up_too(ouvrir: Ouvrir):
    page = await ouvrir("/ui", largeur=TELEPHONE)
    arrivee = asyncio.Event()

    async def hold(route: Route) -> None:
        await arrivee.wait()
        await route.continue_()

    await page.route("**/*suggestions*.js", hold)
    await page.goto("/")
    await page.get_by_test_id("search-location").press_sequentially("renn")
    arrivee.set()
    await expect(page.locator(".suggestions [role=option]").first).to_contain_text("Rennes")


PAGES = {
    "accueil": "/",
    "echeance": "/?mec=2023-03-14#echeance",
    "resultats": f"/recherche?lieu=Lyon&date={LUNDI}",
    "inconnu": "/recherche?lieu=Xyzzyville",
    "vide": "/recherche?lieu=Lyon&prix_max=1",
    "centre": "/centres/{code}",
    "heures": f"/reservation/{{code}}?semaine={LUNDI}",
    "sans-heure": "/reservation/{code}?semaine=2027-06-07",
    "formulaire": "/reservation/{code}/vous?debut=2026-11-23T08:00Z",
    "passee": "/reservation/{code}/vous?debut=2026-11-19T08:00Z",
    "billet": "/mes-rdv/{rdv}?lien={lien}&nouveau=1",
    "annuler": "/mes-rdv/{rdv}/annuler?lien={lien}",
    "mes-rdv": "/mes-rdv",
    "boite": "/boite",
    "connexion": "/connexion",
    "oublie": "/mot-de-passe-oublie",
    "inscription": "/inscription",
    "reference": "/docs",
    "perdue": "/nulle-part",
}


@pytest.mark.parametrize(("nom", "largeur", "theme"), alternate(list(PAGES)))
async def test_every_public_page_is_clean_for_axe_and_fits_its_window(
    ouvrir: Ouvrir, monde: Monde, nom: str, largeur: int, theme: str
):
    async with monde.database.transaction() as session:
        cree = await book(session, demande(monde.centre, heure_debut="15:00"))
    adresse = PAGES[nom].format(code=monde.centre.code_centre, rdv=cree.rdv.id, lien=cree.jeton)
    page = await ouvrir(adresse, largeur=largeur, theme=theme)
    await page.evaluate("document.querySelectorAll('main details').forEach(d => d.open = true)")
    assert await violations(page) == []
    assert await overflow(page) == 0
    assert await margin(page) >= 16
