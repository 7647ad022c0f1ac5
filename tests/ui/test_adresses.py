"""Order, filters and pages live in the address."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guichet.ui.adresses import change_query, near_pages, next_sort, sort_direction


def test_changing_a_parameter_keeps_the_others():
    assert (
        change_query("/tenant/agences", [("q", "lyon"), ("tri", "nom")], "tri", "-nom")
        == "/tenant/agences?q=lyon&tri=-nom"
    )


def test_a_new_order_goes_back_to_the_first_page():
    assert change_query("/a", [("page", "4"), ("apres", "x"), ("q", "b")], "tri", "nom") == "/a?q=b&tri=nom"


def test_a_new_page_keeps_the_order():
    assert change_query("/a", [("tri", "nom"), ("page", "1")], "page", 2) == "/a?tri=nom&page=2"


@pytest.mark.parametrize("vide", [None, ""])
def test_an_empty_value_removes_the_parameter(vide):
    assert change_query("/a", [("q", "b")], "q", vide) == "/a"


def test_several_values_of_a_parameter_are_kept():
    assert change_query("/a", [("etat", "x"), ("etat", "y")], "page", 2) == "/a?etat=x&etat=y&page=2"


def test_accents_and_spaces_are_encoded():
    assert change_query("/a", [], "q", "été & hiver") == "/a?q=%C3%A9t%C3%A9+%26+hiver"


def test_a_heading_asks_for_one_order_then_its_reverse():
    assert next_sort("", "nom") == "nom"
    assert next_sort("nom", "nom") == "-nom"
    assert next_sort("-nom", "nom") == "nom"
    assert next_sort("prix", "nom") == "nom"


def test_the_direction_shown_is_that_of_the_order_in_progress():
    assert [sort_direction(tri, "nom") for tri in ("nom", "-nom", "prix", "")] == ["+", "-", "", ""]
    assert sort_direction("nom", "") == ""


def test_pages_far_away_are_left_out():
    assert near_pages(4, 18) == [1, 2, 3, 4, 5, None, 18]
    assert near_pages(10, 18) == [1, None, 9, 10, 11, None, 18]
    assert near_pages(1, 1) == [1]


@given(st.integers(1, 400).flatmap(lambda pages: st.tuples(st.integers(1, pages), st.just(pages))))
def test_the_pages_named_hold_the_first_the_last_the_current_one_and_never_a_gap_of_one(couple):
    page, pages = couple
    named = near_pages(page, pages)
    numbers = [n for n in named if n is not None]
    assert numbers == sorted(set(numbers))
    assert {1, page, pages} <= set(numbers)
    for before, n, after in zip(named, named[1:], named[2:], strict=False):
        if n is None:
            assert before is not None
            assert after is not None
            assert after - before > 2
    for a, b in pairwise(numbers):
        assert b - a == 1 or None in named
