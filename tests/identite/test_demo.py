"""The people of the demonstration."""

from datetime import date

import pytest

from guichet.identite.actions.demonstration import MOTS_DE_PASSE
from guichet.identite.actions.hachage import get_hacheur
from guichet.identite.demo import SUPER_ADMIN, accounts, fill
from guichet.identite.facade import PLATEFORME, Role, create_user, find_user, get_tenant, list_users, open_demo_accounts
from guichet.identite.tables import User
from guichet.socle.database import Database
from guichet.socle.demo import create_monde
from guichet.socle.ids import new_id
from guichet.socle.settings import Mode, get_settings


@pytest.fixture
def graine() -> int:

    return new_id().int % 10**9


async def test_three_tenants_with_somebody_of_every_role(
    database: Database, graine: int, monkeypatch: pytest.MonkeyPatch
):
    monde = create_monde(seed=graine, today=date(2026, 11, 20))
    counts = []
    for there in monde.tenants:
        suffix = there.id.hex[:6]
        here = type(there)(**{**vars(there), "slug": f"{there.slug}-{suffix}", "domaine": f"{suffix}.{there.domaine}"})
        async with database.transaction(here.id) as session:
            counts.append(await fill(session, monde.for_tenant(here)))
            roles = {u.role for u, _ in await list_users(session)}
            assert roles == {"ADMIN_TENANT", "ADMIN_AGENCE", "ADMIN_CT", "CALL_CENTER", "CLIENT"}
            seen = await get_tenant(session, tenant_id=here.id)
            assert (seen.plan, seen.branding["brand_h"]) == (here.plan, here.brand_h)
            admin = await find_user(session, email=f"admin@{here.domaine}")
            assert admin is not None
            row = await session.get_one(User, (here.id, admin.id))
            assert await get_hacheur().verify(row.mot_de_passe, "Admin123!")
    assert counts == [{"réseaux": 1, "utilisateurs": 15}] * 3
    async with database.transaction(PLATEFORME) as session:
        boss = await find_user(session, email=SUPER_ADMIN)
        assert boss is not None
        assert boss.a_mot_de_passe


async def test_accounts_made_later_open_with_the_password_of_their_role(database: Database, session, tenant):
    user = await create_user(session, email="c@exemple.fr", nom="C", role="CONTROLEUR", inviter=False)
    assert await open_demo_accounts(session) == 1
    assert await open_demo_accounts(session) == 0
    row = await session.get_one(User, (tenant.id, user.id), populate_existing=True)
    assert await get_hacheur().verify(row.mot_de_passe, MOTS_DE_PASSE[Role.CONTROLEUR])


async def test_in_production_known_passwords_open_nothing(session, tenant, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(get_settings(), "mode", Mode.PRODUCTION)
    await create_user(session, email="c@exemple.fr", nom="C", role="CONTROLEUR", inviter=False)
    assert await open_demo_accounts(session) == 0


def test_the_accounts_shown_are_of_every_kind():
    shown = accounts()
    assert ("Super-administrateur", "superadmin@guichet.example", "SuperAdmin123!") in shown
    assert len({email for _, email, _ in shown}) == len(shown) == 6
