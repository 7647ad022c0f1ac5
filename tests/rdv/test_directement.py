"""The hot path of booking does what the plain one does, or nothing at all."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from guichet.identite.facade import TenantVue, set_reglages
from guichet.rdv.actions import directement
from guichet.rdv.api import directe
from guichet.rdv.messages import RdvCreated
from guichet.rdv.metier.reglages import Reservation
from guichet.reseau.facade import CentreVue
from guichet.socle.acces import Appelant
from guichet.socle.database import Database
from guichet.socle.ids import new_id
from guichet.socle.registre import Module, Registre, immediate, set_registre
from tests.identite.fabrique import make_tenant
from tests.rdv.appels import MODULES, ROUTE, corps, count, open_as
from tests.rdv.fabrique import agent, fill_reservable

ROWS = {
    "rdv.rdv": "centre_id, controleur_id, numero, client_id, vehicule_id, client_email, client_telephone, cree_par, created_at,"
    " updated_at, id, tenant_id, client_email_index, client_telephone_index",
    "socle.messages": "id, created_at, tenant_id, correlation_id, payload",
    "socle.audit": "id, created_at, tenant_id, entite_id, auteur_id, correlation_id, apres",
    "socle.idempotence": "cle, portee, tenant_id, empreinte, corps, entetes, created_at, trous",
    "annuaire.client": "id, tenant_id, email, telephone, email_index, telephone_index, created_at, updated_at",
    "annuaire.vehicule": "id, tenant_id, created_at, updated_at",
}
UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
HOTES = st.fixed_dictionaries(
    {},
    optional={
        "client__nom": st.sampled_from(["Péan", "d'Été-Ruiz", "O\u2019Hara", 'Guille"mets', "   ", "x" * 300]),
        "client__email": st.sampled_from(["eve@courriel.example", "pas une adresse", "EVE@Courriel.example"]),
        "client__telephone": st.sampled_from(["06 39 98 12 34", "+33639981234", "12"]),
        "client__type": st.sampled_from(["particulier", "professionnel"]),
        "vehicule__immatriculation": st.sampled_from(["AB-123-CD", "1234 AB 75", "AA-001-AA", "AI-123-CD"]),
        "vehicule__type": st.sampled_from(["VP", "VU", "Moto", "Tank"]),
        "vehicule__carburant": st.sampled_from(["Essence", "Gaz", "Electrique"]),
        "vehicule__date_mise_circulation": st.sampled_from(["2019-05-04", "2019", "2030-01-01", "hier"]),
        "type_controle": st.sampled_from(["CTP", "CV", "CTC", "CVP"]),
        "creneau__heure_debut": st.sampled_from(["09:00", "14:15", "09:07", "12:30", "20:00", "25:00"]),
        "creneau__date": st.sampled_from(["2026-11-23", "2026-11-24", "2026-11-22", "2026-11-19", "2028-01-03"]),
        "notes": st.sampled_from(["Portail vert", '"controleur":null', "é" * 501]),
        "source": st.sampled_from(["backoffice", "call_center", "web"]),
        "inconnu": st.just(1),
    },
)


@contextmanager
def closed() -> Iterator[None]:
    """Nobody takes the short way."""
    patch = pytest.MonkeyPatch()
    patch.setattr(directement, "_is_ordinary", lambda _demande: False)
    try:
        yield
    finally:
        patch.undo()


@pytest.fixture
async def twins(database: Database) -> tuple[tuple[TenantVue, CentreVue], tuple[TenantVue, CentreVue]]:
    """Two tenants that differ in nothing."""
    return await _twin(database), await _twin(database)


async def _twin(database: Database) -> tuple[TenantVue, CentreVue]:
    tenant = await make_tenant(database)
    async with database.transaction(tenant.id) as session:
        await set_reglages(session, Reservation(plafond_telephone=1_000, plafond_adresse=1_000))
        return tenant, (
            await fill_reservable(session, controleurs=2, nom="Jumeau", code_centre=f"J{new_id().hex[-10:]}")
        )[0]


def flat(value: Any, own: tuple[TenantVue, CentreVue]) -> Any:
    """An answer or a row without what cannot be the same: identifiers, draws, signatures."""
    word = str(value)
    for mine in (str(own[1].id), str(own[0].id), own[0].slug):
        word = word.replace(mine, "le-mien")
    word = UUID4.sub("id", word)
    word = re.sub(r"RDV-[0-9A-Z]{8}", "numero", word)
    return re.sub(r"(?:[\w\-]+\.){3}[\w\-]+", "jeton", word)


async def rows(database: Database, own: tuple[TenantVue, CentreVue]) -> dict[str, list[Any]]:
    found = {}
    async with database.transaction(own[0].id) as session:
        for table, hidden in ROWS.items():
            wanted = "to_jsonb(t)" + "".join(f" - '{name.strip()}'" for name in hidden.split(","))
            if table in {"socle.messages", "socle.audit"}:
                field = "payload" if table == "socle.messages" else "apres"
                wanted += f" || jsonb_build_object('{field}', t.{field})"
            which = "where type = 'rdv.created'" if table == "socle.messages" else ""
            which = "where action = 'rdv.create'" if table == "socle.audit" else which
            cursor = await session.execute(text(f"select {wanted} from {table} t {which}"))
            found[table] = sorted(flat(row[0], own) for row in cursor)
    return found


async def send(
    application: FastAPI, own: tuple[TenantVue, CentreVue], body: dict[str, Any], *, staff: bool, key: str | None
) -> httpx.Response:
    caller = agent(own[0].id) if staff else Appelant(ip="192.0.2.9")
    headers = {"Idempotency-Key": key} if key else {}
    async with open_as(application, caller) as client:
        return await client.post(ROUTE, json=body, headers=headers)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fields=HOTES, staff=st.booleans(), keyed=st.booleans())
async def test_the_hot_path_answers_and_writes_what_the_plain_one_does(
    application: FastAPI, database: Database, twins: Any, fields: dict[str, Any], staff: bool, keyed: bool
):
    plain, hot = twins
    keys = [f"jumeau-{new_id().hex}" if keyed else None for _ in twins]  # to a passer-by's key the centre is nothing
    with closed():
        expected = await send(application, plain, corps(plain[1], **fields), staff=staff, key=keys[0])
    answer = await send(application, hot, corps(hot[1], **fields), staff=staff, key=keys[1])
    assert answer.status_code == expected.status_code
    assert flat(answer.json(), hot) == flat(expected.json(), plain)
    assert ("location" in answer.headers) == ("location" in expected.headers)
    assert await rows(database, hot) == await rows(database, plain)


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Which bookings went the short way to its end."""
    done: list[bool] = []
    real = directement.book_directly

    async def counted(**fields: Any) -> Any:
        answer = await real(**fields)
        done.append(answer is not None)
        return answer

    monkeypatch.setattr(directe, "book_directly", counted)
    return done


async def test_an_ordinary_booking_takes_the_short_way(
    passant: httpx.AsyncClient, centre: CentreVue, taken: list[bool]
):
    assert (await passant.post(ROUTE, json=corps(centre))).status_code == 201
    assert taken == [True]


@pytest.mark.parametrize(
    "fields",
    [
        {"paiement": {"mode": "en_ligne"}},
        {"type_controle": "CVP", "date_controle_initial": "2026-11-02"},
        {"controleur_id": str(new_id())},
        {"disponibilite_id": "n'importe quoi"},
        {"creneau__heure_debut": "20:00"},
    ],
)
async def test_what_is_more_than_an_ordinary_booking_is_left_to_the_plain_path(
    passant: httpx.AsyncClient, database: Database, reseau: TenantVue, centre: CentreVue, taken: list[bool],
    fields: dict[str, Any],
):  # fmt: skip
    before = await count(database, reseau)
    answer = await passant.post(ROUTE, json=corps(centre, **fields))
    assert taken == [False]
    if answer.status_code >= 400:
        assert await count(database, reseau) == before


async def test_the_same_request_twice_books_once_and_answers_the_same(
    passant: httpx.AsyncClient, database: Database, reseau: TenantVue, centre: CentreVue, taken: list[bool]
):
    headers = {"Idempotency-Key": "deux-fois-la-meme"}
    first = await passant.post(ROUTE, json=corps(centre), headers=headers)
    again = await passant.post(ROUTE, json=corps(centre), headers=headers)
    assert taken == [True, False]
    assert again.content == first.content
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["idempotency-replayed"] == "true"
    other = await passant.post(ROUTE, json=corps(centre, notes="autre"), headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "IDEMPOTENCE_CONFLIT")
    assert (await count(database, reseau))["rdv.rdv"] == 1


async def test_the_same_request_many_times_at_once_books_once(application: FastAPI, database: Database):
    tenant, centre = await _twin(database)
    async with open_as(application) as client:
        headers = {"Idempotency-Key": "toutes-ensemble"}
        answers = await asyncio.gather(*(client.post(ROUTE, json=corps(centre), headers=headers) for _ in range(6)))
    assert {a.status_code for a in answers} == {201}
    assert len({a.content for a in answers}) == 1
    assert (await count(database, tenant))["rdv.rdv"] == 1


async def test_a_dead_hold_on_the_way_is_told_by_the_plain_path(
    passant: httpx.AsyncClient, database: Database, reseau: TenantVue, centre: CentreVue, taken: list[bool]
):
    assert (await passant.post(ROUTE, json=corps(centre))).status_code == 201
    async with database.transaction(reseau.id) as session:
        await session.execute(
            text(
                "update rdv.rdv set statut = 'en_attente_paiement', expire_a = '2026-11-20 07:00+00', client_email_index = null"
            )
        )
    answer = await passant.post(ROUTE, json=corps(centre, vehicule__immatriculation="AC-123-CD"))
    assert (answer.status_code, taken) == (201, [True, False])
    async with database.transaction(reseau.id) as session:
        told = await session.scalar(text("select count(*) from socle.messages where type = 'rdv.cancelled'"))
    assert told == 1


async def test_the_short_way_is_closed_when_something_must_happen_in_the_booking_s_own_commit(
    passant: httpx.AsyncClient, centre: CentreVue, taken: list[bool]
):
    async def react(_session: Any, _event: RdvCreated) -> None: ...

    before = set_registre(Registre([*MODULES, Module(nom="essai", reactions=(immediate(RdvCreated, react),))]))
    answer = await passant.post(ROUTE, json=corps(centre))
    set_registre(before)
    assert (answer.status_code, taken) == (201, [False])


def test_the_house_keeps_the_short_way_open(app: FastAPI):
    assert app.state.registre.reactions(RdvCreated, immediate=True) == []
