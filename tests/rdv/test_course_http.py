"""Fifty people on the last place, over HTTP: exactly one has it, or one and the places kept beyond the capacity."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from guichet.identite.facade import TenantVue
from guichet.reseau.facade import CentreVue, Territoire, jour_ferie
from guichet.socle.database import Database
from guichet.socle.horloge import now
from tests.identite.fabrique import make_tenant
from tests.rdv.appels import ROUTE, corps
from tests.rdv.fabrique import fill_reservable
from tests.rdv.test_course import COUREURS, OCCUPE, TOURS

HEURES = ("08:00", "09:00", "10:00", "11:00", "14:00", "15:00", "16:00", "17:00")


def weekdays(combien: int) -> list[date]:
    """Days to come, on the clock of the servers, which is nobody's but theirs; holidays left out."""
    start = now().date() + timedelta(days=3)
    days = (start + timedelta(days=n) for n in range(110))
    return [d for d in days if d.weekday() < 5 and jour_ferie(Territoire.METROPOLE, d) is None][:combien]


@pytest.fixture(autouse=True)
def horloge() -> None:
    """The house races on its own clock: it is another process."""


@pytest.fixture
async def coureurs(adresse: str) -> AsyncIterator[httpx.AsyncClient]:
    """Fifty connections to the house."""
    limits = httpx.Limits(max_connections=COUREURS, max_keepalive_connections=COUREURS)
    async with httpx.AsyncClient(base_url=adresse, limits=limits, timeout=60) as client:
        yield client


async def ask(client: httpx.AsyncClient, centre: CentreVue, rang: int, jour: date, heure: str) -> dict[str, Any]:
    """Somebody else each time asks for that start; nobody's telephone or address is counted twice."""
    body = corps(
        centre,
        creneau__date=jour.isoformat(),
        creneau__heure_debut=heure,
        client__email=f"client{rang}@courriel.example",
        client__telephone=f"+3363998{rang % 10_000:04d}",
        vehicule__immatriculation=f"A{chr(65 + rang // 999 % 8)}-{rang % 999 + 1:03d}-AA",
    )
    origine = f"2001:db8::{rang + 1:x}"
    answer = await client.post(
        ROUTE, json=body, headers={"X-Forwarded-For": origine, "Idempotency-Key": f"course-{rang:06d}"}
    )
    return {**answer.json(), "http": answer.status_code}


def outcomes(answers: list[dict[str, Any]]) -> Counter[str]:
    """`gagne`, `surnombre`, or the code of the refusal."""
    return Counter(
        ("surnombre" if a["surnombre"] else "gagne") if a["http"] == 201 else str(a["code"]) for a in answers
    )


async def open_centre(database: Database, **fields: Any) -> CentreVue:
    tenant: TenantVue = await make_tenant(database)
    async with database.transaction(tenant.id) as session:
        centre, _ = await fill_reservable(session, **fields)
    return centre


async def test_fifty_people_ask_for_the_last_place_and_exactly_one_has_it(
    database: Database, coureurs: httpx.AsyncClient
):
    centre = await open_centre(database, reservation={"tolerance_surreservation": 0})
    departs = [(jour, heure) for jour in weekdays(25) for heure in HEURES][:TOURS]
    for tour, (jour, heure) in enumerate(departs):
        rangs = range(tour * COUREURS, (tour + 1) * COUREURS)
        issues = outcomes(await asyncio.gather(*(ask(coureurs, centre, r, jour, heure) for r in rangs)))
        assert issues["gagne"] == 1, issues
        assert set(issues) <= {"gagne", "CRENEAU_INDISPONIBLE", OCCUPE}


async def test_beyond_the_capacity_exactly_the_places_kept_for_it_are_given(
    database: Database, coureurs: httpx.AsyncClient
):
    """Ten a day and a tolerance of 30 %: fifty ask for the tenth place, one has it and three are let in beyond it."""
    centre = await open_centre(database, capacite_journaliere=10, reservation={"tolerance_surreservation": 30})
    matin = ("08:00", "08:45", "09:30", "10:15", "11:00", "14:00", "14:45", "15:30", "16:15")
    for tour, jour in enumerate(weekdays(max(TOURS // 4, 5))):
        premier = (tour + 1) * 1000
        pris = [await ask(coureurs, centre, premier + n, jour, heure) for n, heure in enumerate(matin)]
        assert outcomes(pris) == {"gagne": len(matin)}
        rangs = range(premier + 100, premier + 100 + COUREURS)
        issues = outcomes(await asyncio.gather(*(ask(coureurs, centre, r, jour, "17:00") for r in rangs)))
        assert (issues["gagne"], issues["surnombre"]) == (1, 3), issues
        assert set(issues) <= {"gagne", "surnombre", "CRENEAU_INDISPONIBLE", OCCUPE}
