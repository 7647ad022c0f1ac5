"""Home and results: what is found, what is said when nothing is, the address as the only state."""

from datetime import date, timedelta

import httpx
import pytest

from guichet.socle.database import Database
from tests.rdv.fabrique import AUJOURDHUI, LUNDI, fill_reservable
from tests.rdv.pages.conftest import Lieu, lire
from tests.reseau.fabrique import fill_centre


async def chercher(client: httpx.AsyncClient, adresse: str):
    return lire(await client.get(adresse))


async def test_the_home_page_asks_where_when_and_which_vehicle_with_the_usual_choices_shown(
    client: httpx.AsyncClient, lieu: Lieu
):
    page = await chercher(client, "/")
    assert page.status == 200
    assert page.un('[data-testid="vehicle-type"] option[selected]')["value"] == "VP"
    assert page.un('[data-testid="fuel-type"] option[selected]')["value"] == "Essence"
    assert page.un('[data-testid="inspection-type"] option[selected]')["value"] == "CTP"
    assert page.un('[data-testid="search-location"]')["name"] == "lieu"
    assert page.un('[data-testid="date-picker"] [data-testid="date-today"] input')["value"] == "jour"
    assert page.test("nav-mes-rdv")


async def test_the_board_shows_the_next_hours_each_leading_to_its_form(
    client: httpx.AsyncClient, database: Database, lieu: Lieu
):
    async with database.transaction(lieu.tenant.id) as session:
        await fill_reservable(session)
    page = await chercher(client, "/")
    liens = [a["href"] for a in page.select(".tableau .dep a")]
    assert liens
    assert all("/vous?debut=2026-11-" in str(lien) for lien in liens)


async def test_a_place_gives_centres_with_their_first_hours_and_a_map(client: httpx.AsyncClient, lieu: Lieu):
    page = await chercher(client, f"/recherche?{lieu.autour}&date={LUNDI}")
    (carte,) = page.test("disponibilite-card")
    assert "Centre des Essais" in carte.text
    assert "79\u00a0€" in carte.text
    heures = [t.text for t in carte.select(".heures time")]
    assert heures == ["8\u202fh\u202f00", "8\u202fh\u202f15", "8\u202fh\u202f30"]
    assert len(carte.select('[data-testid="reserver-button"]')) == 1
    assert "1 centre autour de" in page.mots("h1")
    assert page.un("svg.carte a.pin")["href"] == "#c1"
    assert carte["id"] == "c1"


async def test_the_card_is_the_first_child_of_its_list(client: httpx.AsyncClient, lieu: Lieu):
    page = await chercher(client, f"/recherche?{lieu.autour}")
    assert page.un('ol > [data-testid="disponibilite-card"]:first-child')


@pytest.mark.parametrize(
    ("parametres", "montres"),
    [
        ("prix_max=50", 0),
        ("prix_max=80", 1),
        ("note_min=4", 0),
        ("moment=matin", 1),
        ("moment=soir", 1),
        ("moment=samedi", 0),
        ("vehicule_type=VU", 1),
        ("type_controle=CTC&vehicule_type=VU", 0),
    ],
)
async def test_filters_narrow_the_list(client: httpx.AsyncClient, lieu: Lieu, parametres: str, montres: int):
    page = await chercher(client, f"/recherche?{lieu.autour}&date={LUNDI}&{parametres}")
    assert len(page.test("disponibilite-card")) == montres
    if not montres:
        assert page.test("aucun-resultat")


async def test_a_filter_on_the_evening_shows_evening_hours_first(client: httpx.AsyncClient, lieu: Lieu):
    page = await chercher(client, f"/recherche?{lieu.autour}&date={LUNDI}&moment=soir")
    assert page.select(".centre .heures time")[0].text == "17\u202fh\u202f00"


async def test_filters_are_links_that_keep_the_rest_of_the_search(client: httpx.AsyncClient, lieu: Lieu):
    page = await chercher(client, f"/recherche?{lieu.autour}&date={LUNDI}&moment=matin&vehicule_type=VU")
    actif = page.un('.filtres [aria-current="true"][href]:-soup-contains("Le matin")')
    assert "moment" not in str(actif["href"])
    assert f"date={LUNDI}" in str(actif["href"])
    assert "vehicule_type=VU" in str(actif["href"])


async def test_the_sort_is_in_the_address_and_kept_by_its_form(client: httpx.AsyncClient, lieu: Lieu):
    page = await chercher(client, f"/recherche?{lieu.autour}&tri=prix")
    assert page.un("#tri option[selected]")["value"] == "prix"
    assert page.un('form.tri input[name="lat"]')["value"] == str(lieu.centre.lat)


async def test_an_unknown_place_says_so_beside_the_field_and_keeps_it(client: httpx.AsyncClient, lieu: Lieu):
    page = await chercher(client, "/recherche?lieu=Xyzzyville-sur-Rien")
    assert page.status == 200
    assert "Nous ne trouvons pas" in page.un("h1").text
    champ = page.un("#lieu")
    assert (champ["value"], champ["aria-invalid"]) == ("Xyzzyville-sur-Rien", "true")
    assert page.un("#lieu-erreur").text.strip()


async def test_without_a_place_the_page_asks_for_one(client: httpx.AsyncClient):
    page = await chercher(client, "/recherche")
    assert "Où cherchez-vous" in page.un("h1").text
    assert page.un("#lieu")["value"] == ""


async def test_a_typing_error_is_understood_and_said(client: httpx.AsyncClient):
    page = await chercher(client, "/recherche?lieu=Marseile")
    assert "Nous avons compris" in page.mots()
    assert "Marseille" in page.un("h1").text


async def test_towns_of_the_same_name_are_offered(client: httpx.AsyncClient):
    page = await chercher(client, "/recherche?lieu=Saint-Denis")
    liens = [a.text for a in page.select('nav[aria-label="Autres lieux possibles"] a')]
    assert any("974" in lien or "93" in lien for lien in liens)


async def test_a_day_that_is_past_is_said_and_searched_from_today(client: httpx.AsyncClient, lieu: Lieu):
    page = await chercher(client, f"/recherche?{lieu.autour}&date={date(2026, 11, 2)}")
    assert "Le jour demandé est passé" in page.un("h1").text
    assert page.test("disponibilite-card")


async def test_an_inspection_that_does_not_exist_for_the_vehicle_says_so(client: httpx.AsyncClient, lieu: Lieu):
    page = await chercher(client, f"/recherche?{lieu.autour}&type_controle=CTC&vehicule_type=VP")
    assert "n’existe pas pour ce véhicule" in page.un("h1").text
    assert "type_controle" not in str(page.un('[data-testid="aucun-resultat"] a')["href"])


async def test_a_centre_that_only_listed_says_how_to_reach_it(
    client: httpx.AsyncClient, database: Database, lieu: Lieu
):
    async with database.transaction(lieu.tenant.id) as session:
        await fill_centre(session, nom="Centre importé", horaires={}, lat=lieu.centre.lat, lon=lieu.centre.lon)
    page = await chercher(client, f"/recherche?{lieu.autour}&date={LUNDI}")
    assert "Réservation en ligne indisponible" in page.mots()
    assert page.select(".centre.plein")


async def test_a_wider_radius_is_offered_until_the_widest(client: httpx.AsyncClient, lieu: Lieu):
    page = await chercher(client, f"/recherche?{lieu.autour}")
    assert page.select('a:-soup-contains("Élargir à 10")')
    page = await chercher(client, f"/recherche?lat={lieu.centre.lat}&lon={lieu.centre.lon}&rayon=100")
    assert not page.select('a:-soup-contains("Élargir")')


async def test_the_place_searched_is_remembered_for_the_board(client: httpx.AsyncClient, lieu: Lieu):
    await client.get("/recherche?lieu=Rennes")
    page = await chercher(client, "/")
    assert "Rennes" in page.un(".tableau").text


async def test_places_are_proposed_while_one_types(client: httpx.AsyncClient):
    reponse = await client.get("/lieux?q=lyon")
    assert reponse.json()[0] == {"libelle": "Lyon (69)", "detail": "Rhône", "valeur": "Lyon (69)"}
    assert (await client.get("/lieux?q=")).json() == []


@pytest.mark.parametrize(
    ("parametres", "attendu"),
    [
        (f"mec={AUJOURDHUI - timedelta(days=4 * 365 + 1 - 90)}", "dès maintenant"),
        (f"mec={AUJOURDHUI - timedelta(days=365)}", "Vous pourrez le passer à partir du"),
        ("mec=2010-03-14", "était dû avant"),
        ("mec=2030-01-01", "pas une date à venir"),
        ("mec=demain", "pas une date à venir"),
        ("mec=2024-01-10&echeance_type=Moto", "10\u00a0janvier 2029"),
    ],
)
async def test_a_due_date_is_computed_in_words(client: httpx.AsyncClient, parametres: str, attendu: str):
    assert attendu in (await chercher(client, f"/?{parametres}")).un("#echeance").text


async def test_the_pages_speak_english_when_asked(client: httpx.AsyncClient, lieu: Lieu):
    page = lire(await client.get("/", headers={"Accept-Language": "en"}))
    assert page.un("html")["lang"] == "en"
