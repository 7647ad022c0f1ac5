"""Errors in both forms: problem+json for programs, a page for people; nothing leaks, everything has a number."""

import logging
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import psycopg
import pytest
from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, HttpUrl, TypeAdapter, ValidationError, field_validator
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from guichet.socle.acces import PUBLIC
from guichet.socle.database import Database, Role, set_database
from guichet.socle.errors import Conflict, GuichetError, TooMany, Unauthenticated
from guichet.socle.i18n import use_locale
from guichet.socle.registre import Module
from guichet.socle.web import Tx, champs
from guichet.socle.web.erreurs import describe, wants_json
from guichet.socle.web.validation import path_of, phrase
from tests.socle.bord import NOTRE, browse, build

router = APIRouter(dependencies=[PUBLIC])


class Client(BaseModel):
    model_config = ConfigDict(extra="forbid")
    nom: str = Field(min_length=1, max_length=5)
    age: int = Field(ge=18)
    plaque: str = ""

    @field_validator("plaque")
    @classmethod
    def _check(cls, value: str) -> str:
        if value == "non":
            raise ValueError("Cette plaque n'a pas la bonne forme.")
        return value


class Demande(BaseModel):
    client: Client


@router.post("/api/v1/demandes")
async def demander(demande: Demande) -> dict[str, Any]:
    return demande.model_dump()


@router.get("/api/v1/demandes")
async def lister(limite: Annotated[int, Query(le=100)] = 10) -> int:
    return limite


@router.post("/formulaire")
async def formulaire(nom: Annotated[str, Form(min_length=2)]) -> str:
    return nom


@router.get("/api/v1/objets/{identifiant}")
async def objet(identifiant: UUID) -> str:
    return str(identifiant)


@router.get("/conflit")
async def conflit() -> None:
    raise Conflict("Cette place <b>vient</b> d'être prise.", code="CRENEAU_INDISPONIBLE", alternatives=["9 h", "10 h"])


@router.get("/casse")
async def casse() -> None:
    raise ZeroDivisionError("jean@exemple.fr a divisé")


@router.get("/attends")
async def attends() -> None:
    raise TooMany("Attendez.", code="TROP", retry_after=7)


@router.get("/qui")
async def qui() -> None:
    raise Unauthenticated("Connectez-vous.", code="NON_CONNECTE")


@router.get("/verrou")
async def verrou(session: Tx) -> None:
    await session.execute(text("set local statement_timeout = '10ms'"))
    await session.execute(text("select pg_sleep(5)"))


@router.get("/base")
async def base(session: Tx) -> None:
    await session.execute(text("select 1"))


async def test_a_program_gets_a_problem_with_a_stable_code():
    async with browse(build(router)) as client:
        answer = await client.get("/conflit")
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body == {
        "type": "/docs#CRENEAU_INDISPONIBLE",
        "title": "Conflit",
        "status": 409,
        "code": "CRENEAU_INDISPONIBLE",
        "message": "Cette place <b>vient</b> d'être prise.",
        "champs": {},
        "correlation_id": answer.headers["x-request-id"],
        "alternatives": ["9 h", "10 h"],
    }


async def test_a_person_gets_a_page_even_when_nobody_brings_one():
    async with browse(build(router), headers={"Accept": "text/html"}) as client:
        answer = await client.get("/conflit")
    assert (answer.status_code, answer.headers["content-type"]) == (409, "text/html; charset=utf-8")
    assert "&lt;b&gt;vient&lt;/b&gt;" in answer.text
    assert answer.headers["x-request-id"] in answer.text


async def test_the_page_of_errors_is_brought_by_a_context():
    async def page(request: Request, error: GuichetError, *, reference: str) -> Response:
        return Response(f"{error.code} {reference[:4]}", error.http_status)

    def silent(request: Request, error: GuichetError, *, reference: str) -> None:
        return None

    def broken(request: Request, error: GuichetError, *, reference: str) -> Response:
        raise RuntimeError("gabarit cassé")

    headers = {"Accept": "text/html", "X-Request-ID": "abcd-efgh"}
    for renderer, expected in ((page, "CRENEAU_INDISPONIBLE abcd"), (silent, "abcd-efgh"), (broken, "abcd-efgh")):
        async with browse(build(router), modules=(Module(nom="ui", error_page=renderer),), headers=headers) as client:
            answer = await client.get("/conflit")
        assert answer.status_code == 409
        assert expected in answer.text


async def test_what_nobody_expected_says_nothing_but_a_number(caplog: pytest.LogCaptureFixture):
    async with browse(build(router)) as client:
        answer = await client.get("/casse")
    assert (answer.status_code, answer.json()["code"]) == (500, "ERREUR_INTERNE")
    assert "jean" not in answer.text
    assert "ZeroDivision" not in answer.text
    (record,) = (r for r in caplog.records if r.name == "guichet.web")
    assert record.levelno == logging.ERROR
    assert record.exc_info


async def test_waiting_times_and_challenges_are_in_the_headers():
    async with browse(build(router)) as client:
        assert (await client.get("/attends")).headers["retry-after"] == "7"
        assert (await client.get("/qui")).headers["www-authenticate"] == "Bearer"
    async with browse(build(router), headers={"Accept": "text/html"}) as client:
        assert "www-authenticate" not in (await client.get("/qui")).headers


async def test_fields_are_named_by_their_path_with_a_sentence_each():
    body = {"client": {"nom": "", "age": 3, "plaque": "non", "taille": 1}}
    async with browse(build(router)) as client:
        answer = await client.post("/api/v1/demandes", json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "CHAMPS_INVALIDES")
        assert answer.json()["champs"] == {
            "client.nom": "À renseigner.",
            "client.age": "Doit être au moins 18.",
            "client.plaque": "Cette plaque n'a pas la bonne forme.",
            "client.taille": "Ce champ n’existe pas.",
        }
        answer = await client.post("/api/v1/demandes", json=body, headers={"Accept-Language": "en"})
        assert answer.json()["champs"]["client.nom"] == "Please fill this in."
        assert (await client.post("/api/v1/demandes")).json()["champs"] == {"corps": "À renseigner."}
        assert (await client.get("/api/v1/demandes?limite=x")).json()["champs"] == {
            "limite": "Un nombre entier est attendu."
        }
        answer = await client.post("/formulaire", data={"nom": "a"}, headers=NOTRE)
        assert answer.json()["champs"] == {"nom": "Au moins 2 caractères."}


async def test_broken_json_and_broken_addresses_are_told():
    async with browse(build(router)) as client:
        headers = {"Content-Type": "application/json"}
        answer = await client.post("/api/v1/demandes", content=b'{"client":', headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "JSON_ILLISIBLE")
        answer = await client.get("/api/v1/objets/pas-un-uuid")
        assert (answer.status_code, answer.json()["code"]) == (404, "ADRESSE_INCONNUE")


async def test_a_statement_that_lasts_too_long_is_a_503(database: Database):
    async with browse(build(router)) as client:
        answer = await client.get("/verrou")
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "OCCUPE", "5")


async def test_without_a_database_people_are_asked_to_come_back(database: Database, settings: Any):
    away = Database({Role.APP: "postgresql://guichet_app@127.0.0.1:1/rien"}, settings)
    set_database(away)
    try:
        async with browse(build(router)) as client:
            answer = await client.get("/base")
        async with browse(build(router), headers={"Accept": "text/html"}) as client:
            page = await client.get("/base")
    finally:
        set_database(database)
        await away.close()
    assert (answer.status_code, answer.json()["code"]) == (503, "SERVICE_INDISPONIBLE")
    assert answer.headers["retry-after"] == "5"
    assert page.status_code == 503
    assert "indisponible un instant" in page.text


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (psycopg.errors.LockNotAvailable(), 503, "OCCUPE"),
        (DBAPIError("", {}, psycopg.errors.SerializationFailure()), 503, "OCCUPE"),
        (psycopg.errors.DiskFull(), 503, "SERVICE_INDISPONIBLE"),
        (psycopg.errors.AdminShutdown(), 503, "SERVICE_INDISPONIBLE"),
        (OperationalError("", {}, psycopg.OperationalError("connection refused")), 503, "SERVICE_INDISPONIBLE"),
        (PoolTimeout(), 503, "SERVICE_INDISPONIBLE"),
        (ConnectionResetError(), 503, "SERVICE_INDISPONIBLE"),
        (psycopg.errors.UniqueViolation(), 500, "ERREUR_INTERNE"),
        (HTTPException(418), 418, "REQUETE_REFUSEE"),
        (HTTPException(403), 403, "ACTION_REFUSEE"),
    ],
)
def test_foreign_errors_become_ours(error: Exception, status: int, code: str):
    told = describe(error)
    assert (told.http_status, told.code) == (status, code)
    assert told.message


@pytest.mark.parametrize(
    ("path", "accept", "expected"),
    [
        ("/api/v1/x", "text/html", True),
        ("/page", "text/html,application/json", False),
        ("/page", "application/json", True),
        ("/page", "*/*", False),
        ("/health/ready", "", True),
    ],
)
def test_programs_and_people_are_told_apart(path: str, accept: str, expected: bool):
    scope = {"type": "http", "path": path, "headers": [(b"accept", accept.encode())], "query_string": b""}
    assert wants_json(Request({**scope, "scheme": "http", "server": ("t", 80)})) is expected


class Tout(BaseModel):
    a: Decimal = Field(Decimal(1), max_digits=3, decimal_places=1)
    b: date = date(2026, 1, 1)
    c: Literal["x", "y"] = "x"
    d: list[int] = Field([1], min_length=1, max_length=2)
    e: AwareDatetime | None = None
    f: HttpUrl | None = None
    g: str = Field("aa", min_length=2, max_length=3, pattern="^a")
    h: frozenset[int] | None = None
    i: complex | None = None


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("a", "1.23", "Chiffres après la virgule\u202f: 1 au plus."),
        ("b", "hier", "Une date est attendue, par exemple 2026-03-14."),
        ("c", "z", "À choisir parmi\u202f: x ou y."),
        ("d", [], "Au moins 1 élément."),
        ("d", [1, 2, 3], "Au plus 2 éléments."),
        ("e", "2026-01-01T00:00:00", "Le décalage horaire manque, par exemple +01:00."),
        ("f", "ftp://a", "L’adresse doit commencer par http ou https."),
        ("g", "a", "Au moins 2 caractères."),
        ("g", "aaaa", "Au plus 3 caractères."),
        ("g", "ba", "La forme n’est pas la bonne."),
        ("h", 3, "Cette valeur n’est pas valable."),
        ("i", "x", "Cette valeur n’est pas valable."),
    ],
)
def test_each_finding_is_a_sentence(field: str, value: Any, said: str):
    with pytest.raises(ValidationError) as found:
        TypeAdapter(Tout).validate_python({field: value})
    assert champs(found.value.errors())[field] == said


def test_a_finding_without_its_details_is_still_a_sentence():
    assert phrase({"type": "greater_than", "loc": ("a",), "ctx": {}}) == "Cette valeur n’est pas valable."
    assert phrase({"type": "assertion_error", "loc": ("a",)}) == "Cette valeur n’est pas valable."
    assert path_of(("ailleurs", 0, "x")) == "ailleurs.0.x"
    with use_locale("en"):
        assert phrase({"type": "missing", "loc": ("a",)}) == "Please fill this in."
