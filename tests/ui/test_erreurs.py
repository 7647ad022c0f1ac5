"""Errors as pages: what happened, what is safe, what to do; to htmx, a toast that replaces nothing."""

import json

import pytest
from bs4 import BeautifulSoup

from guichet.socle.errors import (
    Conflict,
    Forbidden,
    Gone,
    GuichetError,
    Invalid,
    NotFound,
    TooMany,
    Unauthenticated,
    Unavailable,
)
from guichet.socle.registre import Module, Registre, set_registre
from guichet.ui.erreurs import error_page
from tests.ui.demande import build_request

TOUTES = [
    NotFound("Centre introuvable.", code="CENTRE_NOT_FOUND"),
    Forbidden("Votre compte ne permet pas cette action.", code="X"),
    Conflict("Cette heure vient d'être prise.", code="X"),
    Gone("Ce lien a expiré.", code="X"),
    TooMany("Trop de demandes.", code="X", retry_after=30),
    Unavailable("La base est occupée.", code="X", retry_after=5),
    Invalid("À corriger.", code="X", champs={"date": "Ce jour est passé."}),
    GuichetError("Une erreur est survenue.", code="X", status=500),
]


@pytest.mark.parametrize("erreur", TOUTES, ids=lambda e: str(e.http_status))
def test_an_error_is_a_page_one_can_read_and_leave(erreur):
    answer = error_page(build_request("/tenant/centres/1"), erreur, reference="K7M4")
    page = BeautifulSoup(answer.body, "html.parser")
    assert answer.status_code == erreur.http_status
    text = page.main.text
    assert erreur.message.replace("'", "’") in text.replace("'", "’")
    assert "K7M4" in text
    assert page.select('main a[href="/"]')
    assert str(erreur.http_status) not in text
    assert page.select_one('meta[name="robots"]')["content"] == "noindex"
    assert all(m in text for m in erreur.champs.values())


def test_what_may_work_in_a_moment_can_be_tried_again():
    answer = error_page(build_request("/recherche"), Unavailable("Occupé.", code="X", retry_after=5))
    assert answer.headers["Retry-After"] == "5"
    assert BeautifulSoup(answer.body, "html.parser").select_one("main .btn.primary")["href"] == "/recherche"


def test_a_form_is_not_sent_again_by_a_link():
    answer = error_page(build_request("/rdv", method="POST"), Conflict("Prise.", code="X"))
    assert BeautifulSoup(answer.body, "html.parser").select_one('main a[href="/rdv"]') is None


def test_to_htmx_an_error_is_a_toast_and_nothing_is_replaced():
    request = build_request(headers={"HX-Request": "true"})
    answer = error_page(request, TooMany("Trop de demandes.", code="X", retry_after=30))
    assert (answer.status_code, answer.body) == (429, b"")
    assert answer.headers["HX-Reswap"] == "none"
    assert json.loads(answer.headers["HX-Trigger"])["guichet:toast"] == {"texte": "Trop de demandes.", "genre": "ko"}
    assert answer.headers["Retry-After"] == "30"
    assert "Retry-After" not in error_page(request, NotFound("Rien.", code="X")).headers


def test_someone_who_must_sign_in_is_sent_there_and_comes_back():
    before = set_registre(Registre([Module(nom="essai", extensions={"connexion": "/connexion"})]))
    try:
        erreur = Unauthenticated("Connectez-vous.", code="NON_CONNECTE")
        answer = error_page(build_request("/pro/planning", query="jour=2026-11-24"), erreur)
        assert answer.status_code == 303
        assert answer.headers["location"] == "/connexion?retour=%2Fpro%2Fplanning%3Fjour%3D2026-11-24"
        posted = error_page(build_request("/pro/planning", method="POST"), erreur)
        assert posted.status_code == 401
        assert BeautifulSoup(posted.body, "html.parser").select_one('main a[href="/connexion"]')
    finally:
        set_registre(before)


async def test_an_unknown_address_is_a_friendly_page_and_problem_json_for_programs(client):
    page = await client.get("/nulle-part", headers={"Accept": "text/html"})
    assert page.status_code == 404
    assert "Cette page n’existe pas, ou plus" in page.text
    program = await client.get("/api/v1/nulle-part")
    assert program.headers["content-type"] == "application/problem+json"
