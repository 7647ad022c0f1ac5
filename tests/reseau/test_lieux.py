"""Places are found by what people really type, and the table behind them holds together."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guichet.reseau.api.lieux import build_router
from guichet.reseau.lieux import Lieu, TypeLieu, find_commune, find_lieu, load_table, nearest, search_lieux, table
from guichet.reseau.lieux.cles import compute_cle
from guichet.reseau.prechauffe import warm
from tests.socle.bord import browse, build


def first(q: str) -> str:
    """INSEE code of the best answer."""
    return search_lieux(q)[0].code_insee


@pytest.mark.parametrize(
    ("texte", "cle"),
    [
        ("L'Haÿ-les-Roses", "l hay les roses"),
        ("St-Étienne", "saint etienne"),
        ("Ste Foy", "sainte foy"),
        ("Œuilly", "oeuilly"),
        ("Lyon 3ème arr.", "lyon 3"),
        ("Paris 1er Arrondissement", "paris 1"),
        ("Marseille 08", "marseille 8"),
        ("  LYON  ", "lyon"),
        ("-", ""),
    ],
)
def test_a_key_forgets_case_accents_hyphens_and_ordinals(texte, cle):
    assert compute_cle(texte) == cle


def test_the_table_was_built_with_the_same_keys():
    places = load_table()
    for cle, rang in zip(places.cles, places.rangs, strict=True):
        nom = places.noms[rang]
        assert cle == compute_cle(nom)


def test_the_table_covers_france_in_order_of_population():
    places = load_table()
    assert sum(t == "0" for t in places.types) > 34_800
    assert sum(t == "1" for t in places.types) == 45
    assert len(set(places.codes)) > 34_800
    assert all(a >= b for a, b in pairwise(places.populations))
    assert places.cles == sorted(places.cles)
    assert places.suites == sorted(places.suites)
    assert places.approches.count("0") > 14_000


def test_every_place_stands_in_a_french_territory():
    places = load_table()
    for rang, code in enumerate(places.codes):
        lat, lon = places.lat[rang] / 1e4, places.lon[rang] / 1e4
        if code < "96":
            assert 41.2 < lat < 51.2
            assert -5.3 < lon < 9.7


@pytest.mark.parametrize(
    ("q", "code"),
    [
        ("lyon", "69123"),
        ("LYON", "69123"),
        ("lyo", "69123"),
        ("Lyon 3e", "69383"),
        ("lyon 3", "69383"),
        ("lyon 3ème arrondissement", "69383"),
        ("69003", "69383"),
        ("69003 Lyon", "69383"),
        ("Lyon 69003", "69383"),
        ("69", "69123"),
        ("saint etienne", "42218"),
        ("st-étienne", "42218"),
        ("etienne", "42218"),
        ("Paris 13", "75113"),
        ("marseille 13", "13213"),
        ("Marseille (13)", "13055"),
        ("2a", "2A004"),
        ("974", "97411"),
        ("saint denis", "97411"),
        ("saint denis 93", "93066"),
        ("Saint-Denis (93)", "93066"),
        ("saint denis seine saint denis", "93066"),
        ("saint denis reunion", "97411"),
        ("rhone", "69123"),
        ("Vienne", "38544"),
        ("evry", "91228"),
        ("st ouen", "93070"),
        ("toulouse, france", "31555"),
        ("Lyon CEDEX 03", "69123"),
        ("l'hay les roses", "94038"),
        ("ile de brehat", "22016"),
        ("oeuilly", "51410"),
        ("Y", "80829"),
    ],
)
def test_what_people_type_finds_the_place(q, code):
    assert first(q) == code


@pytest.mark.parametrize("q", ["marsille", "Marseile", "mraseille", "marsezille", "narseille"])
def test_one_typing_error_is_forgiven(q):
    trouve = find_lieu(q)
    assert trouve.lieu is not None
    assert trouve.lieu.nom == "Marseille"
    assert trouve.corrige


def test_an_error_in_a_later_word_is_forgiven_too():
    assert any(lieu.nom == "Villeneuve-Saint-Georges" for lieu in search_lieux("geroges"))


@pytest.mark.parametrize("q", ["", "   ", "?!", "zzzzzzz", "000", "lyon 13e zzz", "(99)", "x (69)", "12345678"])
def test_nothing_is_invented(q):
    assert search_lieux(q) == []
    assert find_lieu(q).lieu is None


def test_homonyms_come_by_population_and_say_their_department():
    lieux = [lieu for lieu in search_lieux("saint denis") if lieu.nom == "Saint-Denis"]
    assert [(lieu.nom_departement, lieu.libelle) for lieu in lieux[:2]] == [
        ("La Réunion", "Saint-Denis (974)"),
        ("Seine-Saint-Denis", "Saint-Denis (93)"),
    ]
    assert find_lieu("saint denis").suggestions[0].departement == "93"


def test_a_postal_code_shared_by_communes_gives_them_all():
    noms = {lieu.nom for lieu in search_lieux("69400")}
    assert {"Villefranche-sur-Saône", "Gleizé", "Limas", "Arnas"} <= noms
    assert {lieu.code_postal for lieu in search_lieux("69400")} == {"69400"}


def test_the_name_beside_a_postal_code_chooses_among_its_communes():
    assert search_lieux("limas 69400")[0].nom == "Limas"
    assert search_lieux("zzzz 69400")[0].nom == "Villefranche-sur-Saône"
    assert search_lieux("lyon 99999")[0].nom == "Lyon"
    assert search_lieux("99999") == []


def test_a_business_postal_code_answers_with_its_neighbourhood():
    assert {lieu.departement for lieu in search_lieux("69401")} == {"69"}


def test_an_address_is_understood_by_its_town():
    assert search_lieux("12 rue de la Paix, 75002 Paris")[0].nom == "Paris 2e"
    trouve = find_lieu("12 rue de la République, Lyon")
    assert trouve.lieu is not None
    assert trouve.lieu.nom == "Lyon"
    assert find_lieu("nulle part, vraiment zzzz").lieu is None


def test_the_number_of_answers_is_limited():
    assert len(search_lieux("saint", 5)) == 5
    assert len(search_lieux("69", 3)) == 3


def test_a_former_commune_is_found_under_its_present_postal_code():
    lieu = find_commune("Arbignieu", "01")
    assert lieu is not None
    assert lieu.type is TypeLieu.ANCIENNE
    assert lieu.code_postal == "01300"


def test_a_commune_is_found_by_exact_name_and_department():
    lieu = find_commune("SAINT DENIS", "93")
    assert lieu is not None
    assert lieu.code_insee == "93066"
    assert find_commune("Saint-Denis", "69") is None
    assert find_commune("Lyon", "ZZ") is None


def test_arrondissements_carry_their_city_and_number():
    lieu = search_lieux("paris 16")[0]
    assert isinstance(lieu, Lieu)
    assert lieu.type is TypeLieu.ARRONDISSEMENT
    assert lieu.codes_postaux == ("75016", "75116")
    assert lieu.region == "Île-de-France"
    assert not lieu.approximatif


@settings(max_examples=150)
@given(st.integers(0, 2000))
def test_a_label_finds_its_own_place_again(rang):
    lieu = load_table().lieu(rang)
    trouve = find_lieu(lieu.libelle).lieu
    assert trouve is not None
    assert (trouve.nom, trouve.departement) == (lieu.nom, lieu.departement)


@settings(max_examples=150)
@given(st.text(max_size=120))
def test_any_text_gets_an_answer(texte):
    assert len(search_lieux(texte)) <= 8
    find_lieu(texte)


def test_the_nearest_town_of_a_point():
    lyon = nearest(45.7612, 4.8518)
    assert lyon is not None
    assert lyon.nom == "Lyon 3e"
    au_large = nearest(47.5, -4.5)
    assert au_large is not None
    assert au_large.departement in {"56", "29"}
    assert nearest(0.0, 0.0) is None


def test_a_missing_table_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr(table, "FICHIER", tmp_path / "lieux.json")
    with pytest.raises(FileNotFoundError, match="run setup"):
        table.load_table.__wrapped__()


async def test_the_route_of_places_answers_anyone_and_may_be_cached(settings):
    async with browse(build(build_router())) as client:
        reponse = await client.get("/api/v1/lieux", params={"q": "lyon 3", "limite": 2})
    assert reponse.status_code == 200
    assert reponse.headers["Cache-Control"] == "public, max-age=86400"
    premier, *autres = reponse.json()["lieux"]
    assert len(autres) == 1
    assert premier == {
        "libelle": "Lyon 3e (69003)",
        "nom": "Lyon 3e",
        "code_insee": "69383",
        "code_postal": "69003",
        "codes_postaux": ["69003"],
        "departement": "69",
        "nom_departement": "Rhône",
        "region": "Auvergne-Rhône-Alpes",
        "lat": premier["lat"],
        "lon": premier["lon"],
        "population": premier["population"],
        "approximatif": False,
        "type": "arrondissement",
    }


async def test_the_route_of_places_refuses_what_it_cannot_read(settings):
    async with browse(build(build_router())) as client:
        assert (await client.get("/api/v1/lieux")).json() == {"lieux": []}
        assert (await client.get("/api/v1/lieux", params={"q": "x" * 101})).status_code == 422
        assert (await client.get("/api/v1/lieux", params={"q": "lyon", "limite": 0})).status_code == 422


async def test_the_route_of_the_nearest_place(settings):
    async with browse(build(build_router())) as client:
        proche = await client.get("/api/v1/lieux/proche", params={"lat": 45.7612, "lon": 4.8518})
        loin = await client.get("/api/v1/lieux/proche", params={"lat": 0, "lon": 0})
        faux = await client.get("/api/v1/lieux/proche", params={"lat": "nan", "lon": 0})
    assert proche.json()["lieux"][0]["nom"] == "Lyon 3e"
    assert proche.headers["Cache-Control"] == "no-store"
    assert loin.json() == {"lieux": []}
    assert faux.status_code == 422


async def test_the_web_process_reads_the_places_while_it_starts():
    load_table.cache_clear()
    arreter = await warm()
    await arreter()
    assert load_table.cache_info().currsize == 1
