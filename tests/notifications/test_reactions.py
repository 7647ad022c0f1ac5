"""An event about an account becomes a mail with a link that works."""

from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text

from guichet.identite.facade import TenantVue, deactivate_user
from guichet.identite.messages import PasswordChanged, PasswordResetRequested, UserInvited
from guichet.identite.module import MODULE as IDENTITE
from guichet.notifications import envoi
from guichet.notifications.boite import lecture
from guichet.notifications.module import MODULE
from guichet.notifications.reactions import write_to_account
from guichet.socle.database import Database
from guichet.socle.ids import new_id
from guichet.socle.registre import Registre, set_registre
from tests.identite.fabrique import make_tenant, make_user


@pytest.fixture
async def reseau(database: Database):
    avant = set_registre(Registre([IDENTITE, MODULE]))
    yield await make_tenant(database, nom="CT Express")
    set_registre(avant)


async def en_attente(database: Database, tenant: TenantVue) -> list[UUID]:
    async with database.transaction(tenant.id) as session:
        lignes = await session.execute(text("select id from notifications.notification order by created_at, id"))
        return [ligne.id for ligne in lignes]


@pytest.mark.parametrize(
    ("evenement", "objet", "chemin"),
    [
        (UserInvited, "CT Express vous ouvre un accès", "/mot-de-passe/"),
        (PasswordResetRequested, "Choisissez un nouveau mot de passe", "/mot-de-passe/"),
        (PasswordChanged, "Votre mot de passe a été changé", "/mot-de-passe-oublie"),
    ],
)
async def test_an_event_about_an_account_is_mailed_to_its_person(
    database: Database, reseau: TenantVue, boite: Path, evenement, objet: str, chemin: str
):
    user = await make_user(database, reseau, "CONTROLEUR", email="paul@exemple.fr", prenom="Paul", nom="Morel")
    async with database.transaction(reseau.id) as session:
        await write_to_account(session, evenement(user_id=user.id))
    for identifiant in await en_attente(database, reseau):
        await envoi.send_one(reseau.id, identifiant)
    trouves = [m for m in lecture.list_messages(boite, cherche="paul@exemple.fr") if m.objet == objet]
    message = lecture.read_message(boite, trouves[0].id)
    assert message is not None
    assert "Bonjour Paul," in message.texte
    assert chemin in message.texte
    assert ("jusqu’au" in message.texte) is (chemin == "/mot-de-passe/")


async def test_nobody_is_written_to_about_an_account_that_is_closed_or_gone(database: Database, reseau: TenantVue):
    user = await make_user(database, reseau, "CONTROLEUR")
    async with database.transaction(reseau.id) as session:
        await deactivate_user(session, user_id=user.id)
        avant = await session.scalar(text("select count(*) from notifications.notification"))
        await write_to_account(session, PasswordResetRequested(user_id=user.id))
        await write_to_account(session, PasswordResetRequested(user_id=new_id()))
        assert await session.scalar(text("select count(*) from notifications.notification")) == avant
