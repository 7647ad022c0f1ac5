"""What templates learn of the request, and the attributes they may write."""

import pytest
from jinja2 import Undefined
from markupsafe import Markup

from guichet.ui.page import (
    HxNonce,
    PageEnCours,
    address_fields,
    csrf_field,
    current_page,
    page_address,
    reload_attributs,
    render_attributs,
    rendering,
)

PAGE = PageEnCours(chemin="/tenant/agences", parametres=(("tri", "nom"), ("q", "lyon")), nonce="n0nce", csrf="j&ton")


def test_outside_of_a_rendering_there_is_no_nonce_and_no_token():
    assert current_page() == PageEnCours()
    assert csrf_field() == ""


def test_a_rendering_ends_even_when_it_fails():
    with pytest.raises(ZeroDivisionError), rendering(PAGE):
        raise ZeroDivisionError
    assert current_page() == PageEnCours()


def test_the_token_is_escaped():
    with rendering(PAGE):
        assert csrf_field() == '<input type="hidden" name="csrf" value="j&amp;ton">'


def test_addresses_are_those_of_the_page():
    with rendering(PAGE):
        assert page_address("tri", "-nom") == "/tenant/agences?q=lyon&tri=-nom"
        assert address_fields("tri") == '<input type="hidden" name="tri" value="nom">'


def test_attributes_without_a_value_are_left_out():
    assert (
        render_attributs(
            {"id": "a", "title": "", "hidden": False, "disabled": None, "lang": Undefined(), "required": True}
        )
        == ' id="a" required'
    )


def test_a_later_group_wins():
    assert render_attributs({"class": "a"}, {"class": "b"}) == ' class="b"'


def test_values_are_escaped():
    assert render_attributs({"title": '<"&>'}) == ' title="&lt;&#34;&amp;&gt;"'
    assert render_attributs({"title": Markup("<b>")}) == ' title="&lt;b&gt;"'


def test_htmx_attributes_carry_the_nonce_of_the_page():
    with rendering(PAGE):
        assert render_attributs({"hx-get": "/a"}) == ' hx-get="/a" hx-nonce="n0nce"'
        assert str(HxNonce()) == 'hx-nonce="n0nce"'


@pytest.mark.parametrize(
    "refused", [{"style": "color:red"}, {"onclick": "x()"}, {"hx-on:click": "x()"}, {"hx-vals": "js:{a:1}"}]
)
def test_what_the_content_policy_would_block_is_refused_at_once(refused):
    with pytest.raises(ValueError, match="content policy"):
        render_attributs(refused)


def test_a_link_that_replaces_a_part_is_still_a_link():
    with rendering(PAGE):
        attributes = reload_attributs("/a?page=2", "liste")
    assert 'hx-get="/a?page=2"' in attributes
    assert 'hx-target="#liste"' in attributes
    assert reload_attributs("/a", "") == ""
