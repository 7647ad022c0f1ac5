"""Charts: coordinates that stay in their frame, and the same figures as a table."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guichet.ui.graphiques import bars, curve, format_valeur, scale, spark

QUANTITES = st.lists(st.floats(0, 1e9, allow_nan=False), min_size=1, max_size=40)


@given(st.floats(0, 1e12, allow_nan=False))
def test_a_scale_starts_at_zero_and_covers_its_maximum_in_few_round_steps(maximum):
    steps = scale(maximum)
    assert steps[0] == 0
    assert steps[-1] >= maximum * (1 - 1e-9)
    assert 2 <= len(steps) <= 7


def test_steps_are_round():
    assert scale(1870) == [0, 500, 1000, 1500, 2000]
    assert scale(7) == [0, 2, 4, 6, 8]
    assert scale(0) == [0, 1]


def test_figures_are_written_in_french():
    assert format_valeur(1234.5, "k€") == "1\u202f234,5\u00a0k€"
    assert format_valeur(2000.04) == "2\u202f000"
    assert format_valeur(-3) == "−3"


@given(QUANTITES)
def test_bars_stay_in_their_frame(values):
    chart = bars([(f"n{n}", v) for n, v in enumerate(values)], "Titre")
    for bar in chart.barres:
        assert 0 <= bar.haut <= chart.hauteur
        assert chart.marge <= bar.gauche <= bar.milieu <= bar.droite <= chart.largeur + 0.1
        assert not re.search(r"nan|inf|e[+-]?\d", bar.trace)


def test_a_chart_says_its_figures_in_a_table_too():
    chart = bars(
        [("octobre 2026", "oct.", 1870), ("novembre 2026", "nov.", 1316)],
        "CA",
        reference=[1718, 1685],
        serie="CA",
        serie_reference="An dernier",
        unite="k€",
    )
    assert chart.series == ("CA", "An dernier")
    assert chart.lignes[0] == ("octobre 2026", ("1\u202f870\u00a0k€", "1\u202f718\u00a0k€"))
    assert [b.court for b in chart.barres] == ["oct.", "nov."]
    assert all(b.reference is not None for b in chart.barres)


def test_the_bar_to_look_at_and_the_one_still_growing_are_named_from_the_end():
    chart = bars([("a", 1), ("b", 2), ("c", 3)], "T", accent=-2, en_cours=-1)
    assert [(b.accent, b.en_cours) for b in chart.barres] == [(False, False), (True, False), (False, True)]


def test_a_negative_value_is_drawn_as_zero():
    chart = bars([("a", -5), ("b", 10)], "T")
    assert chart.barres[0].haut == chart.hauteur - 28


def test_charts_without_values_are_refused():
    with pytest.raises(ValueError, match="empty state"):
        bars([], "T")
    with pytest.raises(ValueError, match="as many"):
        bars([("a", 1)], "T", reference=[1, 2])
    with pytest.raises(ValueError, match="two points"):
        curve([("a", 1)], "T")


def test_a_curve_names_its_ends_and_a_few_points_between():
    chart = curve([(f"{h} h", h) for h in range(8, 20)], "T", seuil=30)
    assert chart.etiquettes[0].texte == "8 h"
    assert chart.etiquettes[0].ancre == "start"
    assert chart.etiquettes[-1].texte == "19 h"
    assert chart.etiquettes[-1].ancre == "end"
    assert len(chart.etiquettes) == 6
    assert len(chart.lignes) == 12
    assert chart.seuil is not None


def test_the_scale_of_a_curve_shows_its_limit():
    assert curve([("a", 1), ("b", 2)], "T", seuil=50).graduations[-1].valeur >= 50
    assert curve([("a", 1), ("b", 2)], "T").seuil is None


@given(st.lists(st.floats(-1e6, 1e6, allow_nan=False), max_size=30))
def test_a_sparkline_stays_in_its_frame(values):
    drawn = spark(values)
    ys = [float(y) for y in re.findall(r"[ML][\d.]+ ([\d.]+)", drawn.trait)]
    assert all(0 <= y <= drawn.hauteur for y in ys)


def test_few_bars_fit_a_phone():
    assert bars([("a", 1), ("b", 2)], "T").is_narrow
    assert not bars([(str(n), n) for n in range(12)], "T").is_narrow
