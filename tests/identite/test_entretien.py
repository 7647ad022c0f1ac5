"""What is forgotten in time, and what is not."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.actions.courriels import ask_sign_up
from guichet.identite.actions.entretien import purge_tenant
from guichet.identite.actions.freins import Sujet, count_failure
from guichet.identite.facade import PLATEFORME, TenantVue, find_tenants, find_user, lien_d_acces
from guichet.identite.routines import purge
from guichet.identite.tables import Frein, JetonCourriel, Revocation, SessionOuverte
from guichet.socle.database import Base, Database
from guichet.socle.horloge import frozen, now
from guichet.socle.ids import new_id
from tests.identite.fabrique import bearer, browser, make_user


async def count(database: Database, tenant_id: UUID, table: type[Base]) -> int:
    async with database.transaction(tenant_id) as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def test_what_is_over_is_forgotten_what_lives_stays(database: Database, ouvert: TenantVue):
    user = await make_user(database, ouvert, "CLIENT")
    start = now()
    await browser(database, user)
    async with database.transaction(ouvert.id) as session:
        await lien_d_acces(session, user_id=user.id, motif="mot_de_passe")
    await purge(start + timedelta(hours=1))
    assert (await count(database, ouvert.id, SessionOuverte), await count(database, ouvert.id, JetonCourriel)) == (1, 1)
    with frozen(start + timedelta(days=61)):
        await bearer(database, user)
        await purge(now())
    assert (await count(database, ouvert.id, SessionOuverte), await count(database, ouvert.id, JetonCourriel)) == (1, 0)


async def test_a_sign_up_nobody_confirmed_is_erased_after_a_week(database: Database, ouvert: TenantVue):
    asked, known = f"{new_id().hex}@exemple.fr", await make_user(database, ouvert, "CLIENT")
    start = now()
    async with database.transaction(ouvert.id) as session:
        await ask_sign_up(session, email=asked, nom="Roux")
        invited = await make_user(database, ouvert, "CONTROLEUR", mot_de_passe=None)
    await purge(start + timedelta(days=6))
    async with database.transaction(ouvert.id) as session:
        assert await find_user(session, email=asked) is not None
    await purge(start + timedelta(days=8))
    async with database.transaction(ouvert.id) as session:
        assert await find_user(session, email=asked) is None
        assert ouvert.id not in await find_tenants(session, genre="email", valeur=asked)
        assert await find_user(session, email=known.email) is not None
        assert await find_user(session, email=invited.email) is not None


async def test_a_sign_up_something_else_already_stands_on_is_kept(database: Database, ouvert: TenantVue):
    email = f"{new_id().hex}@exemple.fr"
    start = now()
    async with database.transaction(ouvert.id) as session:
        await ask_sign_up(session, email=email, nom="Roux")
        user = await find_user(session, email=email)
        assert user is not None
        await session.execute(
            text(
                "insert into annuaire.client (tenant_id, id, type, nom, cle_nom, email_index, origine, user_id)"
                " values (:t, :i, 'particulier', 'Roux', 'roux', '\\x00', 'compte', :u)"
            ),
            {"t": ouvert.id, "i": new_id(), "u": user.id},
        )
    await purge(start + timedelta(days=8))
    async with database.transaction(ouvert.id) as session:
        assert await find_user(session, email=email) is not None


async def test_counters_and_revocations_are_forgotten(database: Database, ouvert: TenantVue):
    sujet = Sujet("compte", new_id().hex)
    start = now()
    async with database.transaction(ouvert.id) as session:
        await count_failure(session, [sujet])
        session.add(Revocation(tenant_id=ouvert.id, sujet=new_id(), epoque=None, expire_le=start + timedelta(hours=2)))
    await purge(start + timedelta(hours=1))
    async with database.transaction(ouvert.id) as session:
        assert await session.get(Frein, (sujet.genre, sujet.empreinte)) is not None
    await purge(start + timedelta(days=2, hours=1))
    async with database.transaction(ouvert.id) as session:
        assert await session.get(Frein, (sujet.genre, sujet.empreinte)) is None
        mine = select(func.count()).select_from(Revocation).where(Revocation.tenant_id == ouvert.id)
        assert await session.scalar(mine) == 0


async def test_a_tenant_that_cannot_be_purged_holds_up_no_other(
    database: Database, ouvert: TenantVue, monkeypatch: pytest.MonkeyPatch
):
    start = now()
    async with database.transaction(ouvert.id) as session:
        session.add(Revocation(tenant_id=ouvert.id, sujet=new_id(), epoque=None, expire_le=start))

    async def broken(session: AsyncSession, *, now: datetime) -> None:
        if session.info["tenant_id"] == PLATEFORME:
            raise RuntimeError("panne")
        await purge_tenant(session, now=now)

    monkeypatch.setattr("guichet.identite.routines.purge_tenant", broken)
    with pytest.raises(ExceptionGroup, match="panne"):
        await purge(start + timedelta(hours=1))
    assert await count(database, ouvert.id, Revocation) == 0
