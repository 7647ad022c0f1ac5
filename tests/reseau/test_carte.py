"""Maps are valid SVG without style attributes, readable by keyboard, with their sources."""

import re
from itertools import combinations

import pytest
from bs4 import BeautifulSoup, Tag

from guichet.reseau.carte import PointCarte, contours, draw_carte, draw_carte_france, load_contours
from guichet.reseau.carte.contours import area_and_centroid, clip, distance_km, overlap
from guichet.reseau.carte.dessin import EPINGLES_MAX, draw_path, frame
from guichet.reseau.carte.etiquettes import Occupation, place_area, place_town, spread
from guichet.reseau.lieux import search_lieux

LYON = (45.75, 4.85)


def pins(n: int, lat: float = LYON[0], lon: float = LYON[1], pas: float = 0.02) -> list[PointCarte]:
    return [
        PointCarte(
            lat=lat + pas * (i % 5), lon=lon + pas * (i // 5), numero=i + 1, titre=f"{i + 1}. Centre", href=f"#c{i + 1}"
        )
        for i in range(n)
    ]


def draw(points: list[PointCarte], rayon: float = 30, lat: float = LYON[0], lon: float = LYON[1]) -> BeautifulSoup:
    html = draw_carte(lat=lat, lon=lon, rayon_km=rayon, points=points, titre="Carte des centres", depart="Lyon 3e")
    return BeautifulSoup(html, "html.parser")


def one(soupe: BeautifulSoup, selecteur: str) -> Tag:
    trouve = soupe.select_one(selecteur)
    assert trouve is not None
    return trouve


def test_pins_are_links_in_the_order_of_the_list_with_their_whole_name():
    soupe = draw(pins(3))
    liens = soupe.select("a.pin")
    assert [a["href"] for a in liens] == ["#c1", "#c2", "#c3"]
    assert [a["aria-label"] for a in liens] == ["1. Centre", "2. Centre", "3. Centre"]
    assert soupe.svg is not None
    assert soupe.svg["aria-label"] == "Carte des centres"
    assert soupe.svg["role"] == "group"


def test_the_background_is_hidden_from_screen_readers_and_the_start_is_named():
    soupe = draw(pins(1))
    assert soupe.select_one("g[aria-hidden=true] path.terre") is not None
    assert one(soupe, "circle.moi title").text == "Lyon 3e"


def test_no_style_attribute_no_script_and_what_people_wrote_is_escaped():
    point = PointCarte(lat=45.7, lon=4.8, numero=1, titre='<script>"', href='/x?a=1&b="')
    html = str(draw_carte(lat=45.75, lon=4.85, rayon_km=10, points=[point], titre="<b>", depart="<i>"))
    assert "style=" not in html
    assert "<script" not in html
    assert "<b>" not in html
    assert "<i>" not in html


def test_sources_are_named_under_the_map():
    legende = one(draw([]), "figcaption").text
    for source in ("Natural Earth", "svg-maps", "INSEE", "La Poste", "GeoNames"):
        assert source in legende


def test_a_muted_point_a_dot_and_an_unlinked_pin():
    soupe = draw(
        [
            PointCarte(lat=45.76, lon=4.85, numero=1, titre="Complet", href="#c1", plein=True),
            PointCarte(lat=45.70, lon=4.80, titre="Un centre"),
        ]
    )
    assert soupe.select_one("a.pin.plein") is not None
    point = one(soupe, "g.pin[role=img]")
    assert point["aria-label"] == "Un centre"
    assert point.text == ""


def test_the_whole_circle_is_shown_unless_every_point_is_near():
    large, proche = frame(*LYON, 30, []), frame(*LYON, 30, pins(5))
    assert proche.echelle > 2 * large.echelle
    assert frame(*LYON, 30, [PointCarte(lat=45.75, lon=4.85, titre="x")]).echelle < 10_000
    assert "30" in draw([]).text


def test_only_the_first_points_are_drawn():
    assert len(draw(pins(60)).select("a.pin")) == EPINGLES_MAX


def test_pins_at_the_same_place_are_pushed_apart_and_stay_inside():
    soupe = draw(pins(12, pas=0.0))
    cercles = [(float(str(c["cx"])), float(str(c["cy"]))) for c in soupe.select("a.pin circle")]
    for (x1, y1), (x2, y2) in combinations(cercles, 2):
        assert (x1 - x2) ** 2 + (y1 - y2) ** 2 > 24**2
    assert all(14 <= x <= 386 and 14 <= y <= 394 for x, y in cercles)
    assert soupe.select_one("line.fil") is not None


def test_a_displaced_pin_says_where_it_really_is():
    soupe = draw(pins(2, pas=0.0))
    vrais = {(a["data-x"], a["data-y"]) for a in soupe.select("a.pin")}
    assert vrais == {("200.0", "204.0")}
    assert not draw(pins(1)).select("[data-x]")


def test_the_buttons_of_the_script_wait_in_a_template_with_their_names():
    modele = one(draw([]), "template[data-dessin=outils]")
    assert [b["aria-label"] for b in modele.select("button")] == [
        "Agrandir la carte",
        "Réduire la carte",
        "Voir toute la carte",
    ]


def test_pins_stay_on_the_map_even_when_crowded():
    places = spread([(0.0, 0.0)] * 30, 14, 100, 100)
    assert all(14 <= x <= 86 and 14 <= y <= 86 for x, y in places)


def test_towns_around_are_named_without_covering_one_another():
    noms = [t.text for t in draw([], 40).select("text.ville")]
    assert "Villefranche-sur-Saône" in noms or "Vienne" in noms
    assert 3 <= len(noms) <= 9


def test_departments_are_named_when_several_are_seen():
    assert draw([], 60, 46.17, 1.87).select("text.dep")
    assert not draw([], 5).select("text.dep")


@pytest.mark.parametrize("q", ["Strasbourg", "Nice", "Lille", "Cayenne", "Saint-Denis (974)", "Brest", "Ajaccio"])
def test_borders_coasts_and_islands_have_a_background(q):
    lieu = search_lieux(q)[0]
    soupe = draw([], 40, lieu.lat, lieu.lon)
    assert soupe.select("path.terre")


def test_a_map_is_light():
    assert len(str(draw(pins(20), 30))) < 12_000


def test_paths_are_relative_and_drop_points_that_fall_together():
    assert draw_path([(0, 0), (10, 0), (10.2, 0.1), (10, 10)]) == "M0 0l10 0 0 10z"
    assert draw_path([(0, 0), (0.1, 0)]) == ""
    assert draw_path([]) == ""


def test_clipping_keeps_what_is_inside():
    carre = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0)]
    aire, centre = area_and_centroid(clip(carre, (5, 5, 20, 20)))
    assert (aire, centre) == (25.0, (7.5, 7.5))
    assert clip(carre, (20, 20, 30, 30)) == []
    assert area_and_centroid([]) == (0.0, (0.0, 0.0))
    assert area_and_centroid([(1.0, 2.0)]) == (0.0, (1.0, 2.0))
    assert overlap((0, 0, 1, 1), (1, 1, 2, 2))
    assert not overlap((0, 0, 1, 1), (2, 0, 3, 1))


def test_distances_are_right_to_a_percent():
    assert distance_km((48.8566, 2.3522), (45.764, 4.8357)) == pytest.approx(391.5, rel=0.01)


def test_words_find_room_or_are_left_out():
    occupation = Occupation(400, 408)
    places = [place_town(occupation, "Villeurbanne", 200, 200) for _ in range(3)]
    assert [p.ancre if p else None for p in places] == ["start", "end", None]
    en_haut = place_town(Occupation(130, 408), "Villeurbanne", 65, 200)
    assert en_haut is not None
    assert en_haut.ancre == "middle"
    assert place_area(occupation, "RHÔNE", [(200, 200), (200, 300)]) is not None
    assert place_area(occupation, "RHÔNE", [(200, 200), (2, 300)]) is None


def test_outlines_cover_every_department_with_its_name():
    departements = load_contours().departements
    assert len(departements) == 101
    assert departements["69"][0] == "Rhône"
    assert all(nom and anneaux for nom, anneaux in departements.values())
    assert len(load_contours().voisins) > 10


def test_outlines_agree_with_the_positions_of_towns():
    # Department seats stand inside their own department: the map and the table use the same coordinates.
    from guichet.reseau.carte.dessin import _contains  # noqa: PLC0415
    from guichet.reseau.lieux import load_table  # noqa: PLC0415

    places = load_table()
    rang_de = {code: rang for rang, code in reversed(list(enumerate(places.codes)))}
    dehors = []
    for d in places.departements:
        if d.code in load_contours().departements and d.chef_lieu in rang_de:
            rang = rang_de[d.chef_lieu]
            point = (places.lon[rang] / 1e4, places.lat[rang] / 1e4)
            if not _contains(load_contours().departements[d.code][1], point):
                dehors.append(d.nom)
    assert len(dehors) <= 6, dehors


def test_the_country_merges_near_places_and_opens_insets_only_where_needed():
    paris = [(48.85, 2.35), (48.86, 2.36)]
    html = str(draw_carte_france(points=[*paris, (45.75, 4.85)], titre="3 centres"))
    soupe = BeautifulSoup(html, "html.parser")
    assert len(soupe.select("circle.pt")) == 2
    assert len(soupe.select("circle.pt.b")) == 1
    assert one(soupe, "svg")["role"] == "img"
    assert not soupe.select("text")
    assert "style=" not in html


def test_overseas_places_have_their_inset_and_unknown_ones_are_left_out():
    points = [(16.2, -61.5), (14.6, -61.0), (4.9, -52.3), (-20.9, 55.5), (-12.8, 45.2), (0.0, 0.0)]
    soupe = BeautifulSoup(draw_carte_france(points=points, titre="x", legende=False), "html.parser")
    assert [t.text for t in soupe.select("text")] == ["Guadeloupe", "Martinique", "Guyane", "Réunion", "Mayotte"]
    assert len(soupe.select("circle")) == 5
    assert soupe.figcaption is None


def test_a_country_full_of_places_stays_light():
    points = [(43 + (i % 70) / 10, 0 + (i // 70) / 10) for i in range(3000)]
    assert len(str(draw_carte_france(points=points, titre="x"))) < 40_000
    assert re.search(r"<path", str(draw_carte_france(points=[], titre="vide")))


def test_missing_outlines_say_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr(contours, "FICHIER", tmp_path / "carte.json")
    with pytest.raises(FileNotFoundError, match="run setup"):
        contours.load_contours.__wrapped__()
