"""Arriving with the code of a ticket: it says whose appointment it is and opens nothing else; the rules are those of arriving."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import segno
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from guichet.identite.facade import TenantVue
from guichet.rdv.billets import build_billet
from guichet.rdv.documents import billet as documents
from guichet.rdv.facade import get_rdv
from guichet.rdv.questions.jetons import read_code_arrivee, write_code_arrivee
from guichet.reseau.facade import CentreVue
from guichet.socle.acces import Appelant
from guichet.socle.database import Database
from guichet.socle.errors import Invalid
from guichet.socle.horloge import frozen
from guichet.socle.signature import sign
from tests.identite.fabrique import make_tenant
from tests.rdv.appels import ROUTE, Personne, booked
from tests.rdv.fabrique import agent, at

ICI = f"{ROUTE}/arrivee"


@pytest.fixture
def borne(application: FastAPI) -> Personne:
    """A kiosk in the hall: nobody is signed in at it."""
    return Personne(application, Appelant(ip="192.0.2.40"))


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


def jeton(rdv: dict[str, Any], reseau: TenantVue) -> str:
    return write_code_arrivee(tenant_id=reseau.id, rdv_id=UUID(rdv["id"]))


@given(tenant_id=st.uuids(), rdv_id=st.uuids())
def test_a_code_says_whose_appointment_it_is(tenant_id: UUID, rdv_id: UUID):
    ecrit = write_code_arrivee(tenant_id=tenant_id, rdv_id=rdv_id)
    assert read_code_arrivee(ecrit) == read_code_arrivee(f" RDV-K7M42PXQ/{ecrit}\n") == (tenant_id, rdv_id)


def test_a_code_that_was_altered_or_made_for_something_else_is_refused():
    bon = write_code_arrivee(tenant_id=UUID(int=1), rdv_id=UUID(int=2))
    autre = sign("lien", {"t": UUID(int=1).hex, "g": "rdv", "c": UUID(int=2).hex, "p": []})
    for faux in (bon[:-1] + ("A" if bon[-1] != "A" else "B"), autre, "", "RDV-K7M42PXQ", "é"):
        with pytest.raises(Invalid) as refus:
            read_code_arrivee(faux)
        assert (refus.value.code, list(refus.value.champs)) == ("JETON_INVALIDE", ["jeton"])


async def test_the_ticket_carries_number_and_code_in_a_square_a_telephone_reads(
    borne: Personne, reseau: TenantVue, centre: CentreVue, database: Database, monkeypatch: pytest.MonkeyPatch
):
    vus: list[str] = []
    make = segno.make

    def seen(texte: str, **options: Any) -> segno.QRCode:
        vus.append(texte)
        return make(texte, **options)

    monkeypatch.setattr(segno, "make", seen)
    async with booked(borne, centre) as rdv:
        async with database.transaction(reseau.id) as session:
            documents.qr_png(build_billet(await get_rdv(session, UUID(rdv["id"])), jeton=""))
        (texte,) = vus
        assert texte == f"{rdv['numero']}/{jeton(rdv, reseau)}"
        assert int(make(texte, error="m", micro=False).version) <= 8


async def test_a_kiosk_notes_the_arrival_once_and_shows_nothing_of_a_person(
    borne: Personne, reseau: TenantVue, centre: CentreVue
):
    async with booked(borne, centre) as rdv:
        with frozen(at(8, 40)):
            arrive = await borne.post(ICI, json={"jeton": f"{rdv['numero']}/{jeton(rdv, reseau)}"})
        assert arrive.status_code == 200, arrive.text
        assert arrive.json() == {
            "rdv_id": rdv["id"], "numero": rdv["numero"], "statut": "confirme", "centre_id": str(centre.id),
            "centre": centre.nom, "immatriculation": "AB-123-CD", "debut": "2026-11-23T09:00:00+01:00",
            "arrive_le": "2026-11-23T08:40:00+01:00",
        }  # fmt: skip
        with frozen(at(8, 50)):
            encore = await borne.post(ICI, json={"jeton": jeton(rdv, reseau)})
        assert encore.json() == arrive.json()


async def test_the_rules_of_arriving_are_the_same(borne: Personne, reseau: TenantVue, centre: CentreVue):
    async with booked(borne, centre) as rdv:
        for instant in (at(6, 59), at(9, 45), at(8, 40) - timedelta(days=1)):
            with frozen(instant):
                assert code(await borne.post(ICI, json={"jeton": jeton(rdv, reseau)})) == (409, "ARRIVEE_HORS_HEURE")
        assert code(await borne.post(ICI, json={"jeton": "n'importe quoi"})) == (422, "JETON_INVALIDE")
        inconnu = write_code_arrivee(tenant_id=reseau.id, rdv_id=UUID(int=3))
        assert code(await borne.post(ICI, json={"jeton": inconnu})) == (404, "RDV_NOT_FOUND")
        for vide in ({}, {"jeton": None}, {"jeton": "x" * 401}, {"jeton": "x", "rdv_id": rdv["id"]}):
            assert (await borne.post(ICI, json=vide)).status_code == 422


async def test_staff_reads_the_code_of_its_own_centre_and_tenant_only(
    application: FastAPI, borne: Personne, reseau: TenantVue, centre: CentreVue, database: Database
):
    sien = Personne(application, agent(reseau.id, "CONTROLEUR", centre_ids=frozenset({centre.id})))
    ailleurs = Personne(application, agent(reseau.id, "CONTROLEUR", centre_ids=frozenset({UUID(int=7)})))
    etranger = Personne(application, agent((await make_tenant(database)).id, "ADMIN_TENANT"))
    async with booked(borne, centre) as rdv:
        lu = {"jeton": jeton(rdv, reseau)}
        with frozen(at(6, 30)):
            assert code(await ailleurs.post(ICI, json=lu)) == (403, "HORS_PERIMETRE")
            assert code(await etranger.post(ICI, json=lu)) == (404, "RDV_NOT_FOUND")
            assert (await sien.post(ICI, json=lu)).json()["arrive_le"] == "2026-11-23T06:30:00+01:00"


async def test_a_signed_in_customer_shows_the_ticket_of_a_friend(
    application: FastAPI, borne: Personne, reseau: TenantVue, centre: CentreVue
):
    ami = Personne(application, agent(reseau.id, "CLIENT"))
    async with booked(borne, centre) as rdv:
        with frozen(at(8, 40)):
            assert (await ami.post(ICI, json={"jeton": jeton(rdv, reseau)})).status_code == 200
