"""What the network does when tenants and people change, and what its messages make stale."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import TenantVue, update_tenant, update_user
from guichet.identite.messages import TenantUpdated, UserUpdated
from guichet.reseau.actions.commun import tenant_of
from guichet.reseau.facade import find_vitrine, get_controleur
from guichet.reseau.messages import CentreChanged, ControleurChanged
from guichet.reseau.module import MODULE
from guichet.reseau.reactions import follow_name, show_or_hide
from guichet.socle.database import Database
from guichet.socle.ids import new_id
from tests.reseau.fabrique import fill_centre, fill_controleur


async def test_a_closed_tenants_centres_leave_the_public_pages_and_come_back(session: AsyncSession, tenant: TenantVue):
    centre = await fill_centre(session)
    for actif in (False, True):
        await update_tenant(session, actif=actif)
        await show_or_hide(session, TenantUpdated(actif=actif))
        assert (await find_vitrine(session, centre_id=centre.id) is not None) == actif


async def test_an_inspector_takes_the_new_name_of_his_account(session: AsyncSession, tenant: TenantVue):
    controleur = await fill_controleur(session, await fill_centre(session))
    await update_user(session, user_id=controleur.user_id, nom="Nouveau")
    await follow_name(session, UserUpdated(user_id=controleur.user_id, role="CONTROLEUR"))
    assert (await get_controleur(session, controleur.id)).nom == "Nouveau"


def test_both_reactions_come_after_the_commit():
    assert {(r.message, r.immediate) for r in MODULE.reactions} == {(TenantUpdated, False), (UserUpdated, False)}


def test_messages_say_what_they_make_stale():
    identifiant = new_id()
    assert CentreChanged(centre_id=identifiant, actif=True).etiquettes() == (f"reseau.centre:{identifiant}",)
    assert ControleurChanged(controleur_id=identifiant, actif=True).etiquettes() == (
        f"reseau.controleur:{identifiant}",
    )


async def test_a_write_without_a_tenant_is_a_mistake_of_ours(database: Database):
    async with database.transaction() as session:
        with pytest.raises(RuntimeError, match="no tenant"):
            tenant_of(session)
