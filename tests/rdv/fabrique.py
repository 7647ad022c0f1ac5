"""What the tests of booking share: an instant, days, a centre that can be booked, a booking as typed."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from guichet.rdv.facade import DemandeRdv, RdvCree, create_rdv
from guichet.reseau.facade import CentreVue, ControleurVue
from guichet.socle.acces import Appelant
from guichet.socle.ids import new_id
from tests.identite.fabrique import appelant
from tests.reseau.fabrique import fill_centre, fill_controleur

PARIS = ZoneInfo("Europe/Paris")
MAINTENANT = datetime(2026, 11, 20, 7, 30, tzinfo=UTC)
AUJOURDHUI = date(2026, 11, 20)
LUNDI = date(2026, 11, 23)


def at(heure: int, minute: int = 0, jour: date = LUNDI, zone: ZoneInfo = PARIS) -> datetime:
    """An instant given by the wall clock of a place."""
    return datetime.combine(jour, time(heure, minute), zone).astimezone(UTC)


async def fill_reservable(
    session: AsyncSession, *, controleurs: int = 1, **fields: Any
) -> tuple[CentreVue, list[ControleurVue]]:
    """A centre with inspectors who follow its hours: weekdays 8-12 and 14-18."""
    centre = await fill_centre(session, **fields)
    return centre, [await fill_controleur(session, centre) for _ in range(controleurs)]


def demande(centre: CentreVue | UUID | None = None, **fields: Any) -> DemandeRdv:
    """A booking on Monday at nine, as typed."""
    values = {
        "client_nom": "Péan",
        "client_prenom": "Ève",
        "client_email": "eve@courriel.example",
        "client_telephone": "06 39 98 12 34",
        "immatriculation": "AB-123-CD",
        "carburant": "Essence",
        "centre_id": centre.id if isinstance(centre, CentreVue) else centre,
        "date": LUNDI.isoformat(),
        "heure_debut": "09:00",
    }
    return DemandeRdv(**(values | fields))


def autre_demande(centre: CentreVue, rang: int, **fields: Any) -> DemandeRdv:
    """A booking by somebody else each time."""
    propre = {
        "client_nom": f"Client {chr(65 + rang % 26)}{rang}",
        "client_email": f"client{rang}@courriel.example",
        "client_telephone": f"+3363998{rang % 10_000:04d}",
        "immatriculation": f"AA-{rang % 999 + 1:03d}-AA",
    }
    return demande(centre, **(propre | fields))


def anonyme(ip: str = "192.0.2.1") -> Appelant:
    """A passer-by."""
    return Appelant(ip=ip)


def agent(tenant_id: UUID, role: str = "CALL_CENTER", **fields: Any) -> Appelant:
    """Somebody of the tenant's staff."""
    return appelant(role, tenant_id=tenant_id, **fields)


async def book(session: AsyncSession, asked: DemandeRdv, caller: Appelant | None = None) -> RdvCree:
    """Book as a passer-by nobody counts (another address each time), or as the caller given."""
    return await create_rdv(session, demande=asked, appelant=caller or anonyme(f"test-{new_id().hex}"))


def minutes(n: int) -> timedelta:
    """A duration."""
    return timedelta(minutes=n)
