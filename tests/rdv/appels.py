"""A small application of booking alone behind the real edge, and a booking as a program sends it."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI
from sqlalchemy import text

from guichet.annuaire.module import MODULE as ANNUAIRE
from guichet.identite.facade import TenantVue
from guichet.identite.module import MODULE as IDENTITE
from guichet.notifications.module import MODULE as NOTIFICATIONS
from guichet.paiements.module import MODULE as PAIEMENTS
from guichet.rdv.module import MODULE as RDV
from guichet.reseau.facade import CentreVue
from guichet.reseau.module import MODULE as RESEAU
from guichet.socle.acces import Appelant
from guichet.socle.database import Database
from tests.rdv.fabrique import LUNDI
from tests.socle.bord import browse

MODULES = (IDENTITE, RESEAU, ANNUAIRE, NOTIFICATIONS, PAIEMENTS, RDV)
DISPO = "/api/v1/disponibilites"
ROUTE = "/api/v1/rdv"
DELETE = object()


def open_as(application: FastAPI, appelant: Appelant | None = None) -> AbstractAsyncContextManager[httpx.AsyncClient]:
    """A client of that application, as somebody (default: a passer-by)."""
    return browse(application, appelant=appelant or Appelant(ip="192.0.2.7"), modules=MODULES)


class Personne:
    """Somebody who calls that application: each call is made in their name, whoever called before."""

    def __init__(self, application: FastAPI, appelant: Appelant | None = None) -> None:
        self._application, self._appelant = application, appelant

    async def request(self, methode: str, url: str, **options: Any) -> httpx.Response:
        async with open_as(self._application, self._appelant) as client:
            return await client.request(methode, url, **options)

    async def get(self, url: str, **options: Any) -> httpx.Response:
        return await self.request("GET", url, **options)

    async def post(self, url: str, **options: Any) -> httpx.Response:
        return await self.request("POST", url, **options)

    async def put(self, url: str, **options: Any) -> httpx.Response:
        return await self.request("PUT", url, **options)

    async def delete(self, url: str, **options: Any) -> httpx.Response:
        return await self.request("DELETE", url, **options)


def corps(centre: CentreVue, **fields: Any) -> dict[str, Any]:
    """A booking on Monday at nine; `client__email=...` changes a field, `DELETE` leaves it out."""
    body: dict[str, Any] = {
        "centre_id": str(centre.id),
        "client": {
            "nom": "Péan",
            "prenom": "Ève",
            "email": "eve@courriel.example",
            "telephone": "06 39 98 12 34",
            "type": "particulier",
        },
        "vehicule": {"immatriculation": "AB-123-CD", "type": "VP", "carburant": "Essence"},
        "type_controle": "CTP",
        "creneau": {"date": LUNDI.isoformat(), "heure_debut": "09:00"},
        "source": "backoffice",
    }
    for path, value in fields.items():
        *parents, last = path.split("__")
        place = body
        for parent in parents:
            place = place[parent]
        if value is DELETE:
            del place[last]
        else:
            place[last] = value
    return body


async def count(database: Database, tenant: TenantVue | UUID) -> dict[str, int]:
    """How many rows a tenant has of everything a booking may write."""
    tables = ("rdv.rdv", "rdv.cadence", "annuaire.client", "annuaire.vehicule", "annuaire.detention", "socle.audit")
    async with database.transaction(tenant if isinstance(tenant, UUID) else tenant.id) as session:
        return {t: (await session.execute(text(f"select count(*) from {t}"))).scalar_one() for t in tables}


@asynccontextmanager
async def booked(
    passant: httpx.AsyncClient | Personne, centre: CentreVue, **fields: Any
) -> AsyncIterator[dict[str, Any]]:
    """A booking that was accepted."""
    answer = await passant.post(ROUTE, json=corps(centre, **fields))
    assert answer.status_code == 201, answer.text
    yield answer.json()


def lien(rdv: dict[str, Any], tenant_id: UUID, cible: str | None = None) -> Appelant:
    """The caller the authenticator makes of a signed link."""
    return Appelant(
        tenant_id=tenant_id,
        permissions=frozenset({"rdv:read:own", "rdv:cancel:own"}),
        via="lien",
        lien={"genre": "rdv", "cible": UUID(cible or rdv["id"])},
    )
