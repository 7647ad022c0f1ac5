"""The commands for access."""

import pytest
import typer
from typer.testing import CliRunner

from guichet.identite import cli as commandes
from guichet.identite.cli import cli, open_key, open_super_admin
from guichet.identite.facade import PLATEFORME, TenantVue, find_user
from guichet.socle.database import Database
from guichet.socle.errors import NotFound
from guichet.socle.ids import new_id


async def test_the_first_super_administrator_gets_a_link(database: Database):
    email = f"{new_id().hex}@exemple.fr"
    links = [await open_super_admin(email=email, nom="Admin", prenom="") for _ in range(2)]
    assert all("/mot-de-passe/gm_" in link for link in links)
    async with database.transaction(PLATEFORME) as session:
        user = await find_user(session, email=email)
    assert user is not None
    assert (user.role, user.a_mot_de_passe) == ("SUPER_ADMIN", False)


async def test_a_key_is_made_for_a_network(database: Database, ouvert: TenantVue):
    secret = await open_key(slug=ouvert.slug, nom="Banc", permissions=["user:read"], limite=0)
    assert secret.startswith("gk_")
    with pytest.raises(NotFound):
        await open_key(slug="inconnu", nom="Banc", permissions=[], limite=0)


def test_each_command_writes_what_it_made(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(commandes, "_run", lambda work: typer.echo("fait"))
    runner = CliRunner()
    for command in (
        ["super-admin", "a@exemple.fr"],
        ["cles"],
        ["cle-api", "--tenant", "x", "--nom", "y", "--permission", "z"],
    ):
        assert "fait" in runner.invoke(cli, command).output
    assert "Clé" in runner.invoke(cli, ["cles", "--retirer", "x"]).output
