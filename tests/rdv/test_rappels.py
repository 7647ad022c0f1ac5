"""The reminder of the day before: at ten, once per start, never for who has just booked nor for what is over."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import TenantVue
from guichet.notifications.module import MODULE as NOTIFICATIONS
from guichet.rdv import routines
from guichet.rdv.actions.modifier import ModificationRdv, update_rdv
from guichet.rdv.actions.rappeler import tell_reminders
from guichet.rdv.courriels import remind
from guichet.rdv.facade import RdvVue, cancel_rdv
from guichet.rdv.messages import ReminderDue
from guichet.rdv.metier.rappels import reminder_at
from guichet.rdv.tables import Rdv
from guichet.socle.database import Database, Role
from guichet.socle.horloge import frozen
from guichet.socle.messages import decode
from guichet.socle.registre import Registre, set_registre
from tests.identite.fabrique import make_tenant
from tests.rdv.appels import MODULES
from tests.rdv.fabrique import LUNDI, MAINTENANT, PARIS, agent, at, autre_demande, book, demande, fill_reservable
from tests.rdv.test_tenues import EN_LIGNE, bac, pay, sell

__all__ = ["bac"]
DIMANCHE_DIX = at(10, jour=LUNDI - timedelta(days=1))
ZONES = st.sampled_from(["Europe/Paris", "Indian/Reunion", "America/Guadeloupe", "Pacific/Noumea"]).map(ZoneInfo)
INSTANTS = st.integers(1_735_689_600, 1_861_919_999).map(lambda s: datetime.fromtimestamp(s, UTC))


@pytest.fixture(autouse=True)
def registre():
    """The house with its messages."""
    before = set_registre(Registre([*MODULES[:-1], NOTIFICATIONS, MODULES[-1]]))
    yield
    set_registre(before)


@pytest.mark.parametrize(
    ("debut", "reserve_le", "attendu"),
    [
        (at(9), MAINTENANT, DIMANCHE_DIX),
        (at(9), at(9) - timedelta(hours=24), DIMANCHE_DIX),  # the limit itself
        (at(9), at(9) - timedelta(hours=23, minutes=59), None),
        (at(15), at(15) - timedelta(hours=24, minutes=1), None),  # ten o'clock has passed
        (at(8, 30), at(8, 31, jour=LUNDI - timedelta(days=1)), None),  # booked less than 24 hours before
        (at(15), at(9, 59, jour=LUNDI - timedelta(days=1)), DIMANCHE_DIX),
        (at(15), DIMANCHE_DIX, None),
    ],
)
def test_the_hour_of_a_reminder(debut: datetime, reserve_le: datetime, attendu: datetime | None):
    assert reminder_at(debut, reserve_le, PARIS) == attendu


@given(debut=INSTANTS, avance=st.timedeltas(timedelta(), timedelta(days=60)), zone=ZONES)
def test_a_reminder_is_at_ten_on_the_wall_the_day_before_and_after_the_booking(
    debut: datetime, avance: timedelta, zone: ZoneInfo
):
    rappel = reminder_at(debut, debut - avance, zone)
    if rappel is None:
        return
    local = rappel.astimezone(zone)
    assert local.time() == time(10)
    assert local.date() == debut.astimezone(zone).date() - timedelta(days=1)
    assert debut - avance < rappel < debut
    assert avance >= timedelta(hours=24)


async def due(session: AsyncSession, rdv_id: UUID) -> datetime | None:
    found: datetime | None = await session.scalar(select(Rdv.rappel_le).where(Rdv.id == rdv_id))
    return found


async def told(session: AsyncSession) -> list[dict[str, Any]]:
    requete = text("select payload from socle.messages where type = 'rdv.reminder.due' order by id")
    return list((await session.execute(requete)).scalars())


def event_of(payload: dict[str, Any]) -> ReminderDue:
    event = decode("rdv.reminder.due", 1, payload)
    assert isinstance(event, ReminderDue)
    return event


async def queued(session: AsyncSession) -> list[tuple[Any, ...]]:
    requete = "select modele, canal, statut, transactionnel, prochaine_tentative, perime_a from notifications.notification order by id"
    return [tuple(r) for r in (await session.execute(text(requete))).all()]


async def test_a_booking_is_reminded_of_once_at_ten_the_day_before(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    rdv = (await book(session, demande(centre))).rdv
    assert await due(session, rdv.id) == DIMANCHE_DIX
    with frozen(DIMANCHE_DIX - timedelta(seconds=1)):
        assert await tell_reminders(session) == 0
    with frozen(DIMANCHE_DIX):
        assert await tell_reminders(session) == 1
        assert await tell_reminders(session) == 0
        (payload,) = await told(session)
        for _twice in range(2):
            await remind(session, event_of(payload))
    assert await queued(session) == [("rdv.rappel", "email", "a_envoyer", False, DIMANCHE_DIX, at(9))]


async def test_a_move_asks_for_a_reminder_of_its_own_and_another_vehicle_does_not(
    session: AsyncSession, tenant: TenantVue
):
    centre, _ = await fill_reservable(session)
    rdv = (await book(session, demande(centre))).rdv
    qui = agent(tenant.id, "ADMIN_TENANT")
    with frozen(at(11, jour=LUNDI - timedelta(days=1))):  # 22 hours before, and nobody has swept since
        await update_rdv(session, rdv_id=rdv.id, modification=ModificationRdv(carburant="Diesel"), appelant=qui)
        assert await due(session, rdv.id) == DIMANCHE_DIX
        mercredi = LUNDI + timedelta(days=2)
        deplace = ModificationRdv(date=mercredi.isoformat(), heure_debut="10:30")
        await update_rdv(session, rdv_id=rdv.id, modification=deplace, appelant=qui)
        assert await due(session, rdv.id) == at(10, jour=LUNDI + timedelta(days=1))
        proche = ModificationRdv(date=LUNDI.isoformat(), heure_debut="10:30")
        await update_rdv(session, rdv_id=rdv.id, modification=proche, appelant=qui)
        assert await due(session, rdv.id) is None


async def test_nothing_is_said_of_what_was_cancelled_moved_on_or_has_begun(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    annule = (await book(session, autre_demande(centre, 1))).rdv
    tard = (await book(session, autre_demande(centre, 2, heure_debut="10:00"))).rdv
    await cancel_rdv(session, rdv_id=annule.id, appelant=agent(tenant.id))
    with frozen(tard.debut):  # the worker was down all night
        assert await tell_reminders(session) == 2
    assert await told(session) == []
    with frozen(tard.debut):
        await remind(session, told_of(tard))
    with frozen(DIMANCHE_DIX):
        await remind(session, told_of(annule))
        await remind(session, told_of(tard, debut=tard.debut + timedelta(hours=1)))
    assert await queued(session) == []


def told_of(rdv: RdvVue, **champs: Any) -> ReminderDue:
    return ReminderDue(
        **{
            "rdv_id": rdv.id, "centre_id": rdv.centre.id, "client_id": None, "controleur_id": None,
            "date_rdv": rdv.jour, "debut": rdv.debut, "fin": rdv.fin, "statut": "confirme",
        }
        | champs
    )  # fmt: skip


async def test_late_in_the_evening_it_waits_for_the_morning_unless_that_would_be_too_late(
    session: AsyncSession, tenant: TenantVue
):
    centre, _ = await fill_reservable(session)
    neuf = (await book(session, autre_demande(centre, 1))).rdv
    huit = (await book(session, autre_demande(centre, 2, heure_debut="08:00"))).rdv
    with frozen(at(21, 30, jour=LUNDI - timedelta(days=1))):
        await remind(session, told_of(neuf))
        await remind(session, told_of(huit))
    assert [(r[2], r[4]) for r in await queued(session)] == [("a_envoyer", at(8)), ("ecarte", None)]


async def test_a_living_hold_waits_until_it_is_paid(session: AsyncSession, tenant: TenantVue):
    await sell(session)
    centre, _ = await fill_reservable(session)
    juste_avant = DIMANCHE_DIX - timedelta(minutes=5)
    with frozen(juste_avant):
        rdv = (await book(session, demande(centre, heure_debut="15:00", **EN_LIGNE))).rdv
    with frozen(DIMANCHE_DIX):
        assert await tell_reminders(session) == 0
        await pay(session, rdv.id)
        assert await tell_reminders(session) == 1
    assert len(await told(session)) == 1


async def test_the_routine_goes_batch_by_batch_and_one_tenants_trouble_stops_no_other(
    database: Database, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(routines, "LOT", 2)
    malade, sain = await make_tenant(database), await make_tenant(database)
    async with database.transaction(sain.id) as session:
        centre, _ = await fill_reservable(session, controleurs=5)
        for rang in range(5):
            await book(session, autre_demande(centre, rang))

    async def fragile(session: AsyncSession, *, lot: int) -> int:
        if session.info["tenant_id"] == malade.id:
            raise ValueError("broken")
        return await tell_reminders(session, lot=lot)

    monkeypatch.setattr(routines, "tell_reminders", fragile)
    with frozen(DIMANCHE_DIX), pytest.raises(ExceptionGroup, match="broken"):
        await routines.remind(DIMANCHE_DIX)
    async with database.transaction(sain.id) as session:
        assert len(await told(session)) == 5


async def test_the_sweep_goes_through_its_index_as_the_application(database: Database, database_urls: dict[Role, str]):
    tenant = await make_tenant(database)
    async with database.transaction(tenant.id) as session:
        centre, _ = await fill_reservable(session)
        await book(session, demande(centre))
        await session.execute(update(Rdv).values(rappel_le=MAINTENANT))
    with psycopg.connect(database_urls[Role.APP]) as opened:
        opened.execute("select set_config('app.tenant_id', %s, true)", (str(tenant.id),))
        opened.execute("set local enable_seqscan = off")
        plan = opened.execute(
            "explain select r.id from rdv.rdv r where r.rappel_le <= %s and (r.statut <> 'en_attente_paiement' or"
            " r.expire_a <= %s) order by r.rappel_le limit 200 for update skip locked",
            (MAINTENANT, MAINTENANT),
        ).fetchall()
        opened.rollback()
    dit = "\n".join(ligne for (ligne,) in plan)
    assert "ix_rdv_rappel" in dit
    assert "Sort" not in dit
