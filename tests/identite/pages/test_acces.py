"""The way back in, and signing up."""

from datetime import timedelta
from typing import Any

import httpx
import pyotp
import pytest
from bs4 import BeautifulSoup
from sqlalchemy import text, update

from guichet.identite.actions.totp import confirm_totp, start_totp
from guichet.identite.facade import Securite, TenantVue, UserVue, deactivate_user, find_user, lien_d_acces, set_reglages
from guichet.identite.tables import User
from guichet.socle.database import Database
from guichet.socle.errors import Conflict
from guichet.socle.horloge import frozen, now
from guichet.socle.ids import new_id
from guichet.socle.settings import Mode, get_settings
from tests.identite.fabrique import MOT_DE_PASSE, browser, make_tenant, make_user

NOUVEAU = "trois petites tortues"


def soup(answer: httpx.Response) -> Any:
    return BeautifulSoup(answer.text, "html.parser")


async def told(database: Database, tenant: TenantVue | UserVue, kind: str) -> list[dict[str, str]]:
    """The messages of that type a tenant published."""
    tenant_id = tenant.tenant_id if isinstance(tenant, UserVue) else tenant.id
    async with database.transaction(tenant_id) as session:
        query = text("select payload from socle.messages where tenant_id = :t and type = :k order by id")
        return list(await session.scalars(query, {"t": tenant_id, "k": kind}))


async def link(database: Database, user: UserVue, motif: str = "mot_de_passe") -> str:
    async with database.transaction(user.tenant_id) as session:
        return "/mot-de-passe/" + (await lien_d_acces(session, user_id=user.id, motif=motif)).url.rpartition("/")[2]


async def test_asking_says_the_same_whether_the_address_is_known(
    navigateur: httpx.AsyncClient, database: Database, ouvert: TenantVue
):
    user = await make_user(database, ouvert, "CLIENT")
    closed = await make_user(database, ouvert, "CLIENT")
    async with database.transaction(ouvert.id) as session:
        await deactivate_user(session, user_id=closed.id)
    answers = [
        await navigateur.post("/mot-de-passe-oublie", data={"email": email})
        for email in (user.email.upper(), closed.email, "inconnue@exemple.fr")
    ]
    assert {(a.status_code, a.headers["location"], a.text) for a in answers} == {
        (303, "/mot-de-passe-oublie/envoye", "")
    }
    assert "messagerie" in (await navigateur.get("/mot-de-passe-oublie/envoye")).text
    assert await told(database, ouvert, "user.password_reset.requested") == [
        {"user_id": str(user.id), "motif": "mot_de_passe"}
    ]


async def test_every_account_of_the_address_gets_its_mail_on_the_neutral_address_one_at_home(
    navigateur: httpx.AsyncClient, database: Database
):
    email, host = f"{new_id().hex}@exemple.fr", f"{new_id().hex[-12:]}.example"
    one, two = await make_tenant(database, hosts=[host]), await make_tenant(database)
    for tenant in (one, two):
        await make_user(database, tenant, "CLIENT", email=email)
    await navigateur.post("/mot-de-passe-oublie", data={"email": email}, headers={"host": host})
    assert [len(await told(database, t, "user.password_reset.requested")) for t in (one, two)] == [1, 0]
    await navigateur.post("/mot-de-passe-oublie", data={"email": email})
    assert [len(await told(database, t, "user.password_reset.requested")) for t in (one, two)] == [2, 1]


async def test_what_is_not_an_address_is_told_and_kept(navigateur: httpx.AsyncClient):
    answer = await navigateur.post("/mot-de-passe-oublie", data={"email": "ada@"})
    assert answer.status_code == 422
    assert soup(answer).find(id="email")["value"] == "ada@"


async def test_a_link_lets_choose_a_password_once_and_ends_every_session(
    navigateur: httpx.AsyncClient, database: Database, ouvert: TenantVue
):
    user = await make_user(database, ouvert, "CLIENT")
    old = await browser(database, user)
    path, other = await link(database, user), await link(database, user)
    page = soup(await navigateur.get(path))
    assert page.find(id="mot-de-passe")["autocomplete"] == "new-password"
    assert page.find("input", attrs={"autocomplete": "username"})["value"] == user.email
    weak = await navigateur.post(path, data={"mot_de_passe": "court"})
    assert (weak.status_code, "10 caractères" in weak.text.replace("\xa0", " ")) == (422, True)
    assert (await navigateur.post(path, data={})).status_code == 422
    done = await navigateur.post(path, data={"mot_de_passe": NOUVEAU})
    assert done.status_code == 303
    assert (await navigateur.get("/compte/securite")).status_code == 200
    cookie = {"cookie": "; ".join(f"{k}={v}" for k, v in old.items())}
    navigateur.cookies.clear()
    assert (await navigateur.get("/compte/securite", headers=cookie)).status_code == 303
    for used in (path, other):
        assert (await navigateur.get(used)).status_code == 410
        assert (await navigateur.post(used, data={"mot_de_passe": "un autre encore"})).status_code == 410
    sign_in = {"email": user.email, "mot_de_passe": MOT_DE_PASSE}
    assert (await navigateur.post("/connexion", data=sign_in)).status_code == 422
    assert (await navigateur.post("/connexion", data=sign_in | {"mot_de_passe": NOUVEAU})).status_code == 303
    assert len(await told(database, ouvert, "user.password.changed")) == 1


@pytest.mark.parametrize(("motif", "heures"), [("mot_de_passe", 1), ("inscription", 48), ("invitation", 168)])
async def test_a_link_lives_as_long_as_its_motive_allows(
    navigateur: httpx.AsyncClient, database: Database, ouvert: TenantVue, motif: str, heures: int
):
    user = await make_user(database, ouvert, "CLIENT", mot_de_passe=None)
    path = await link(database, user, motif)
    with frozen(now() + timedelta(hours=heures, minutes=-1)):
        assert (await navigateur.get(path)).status_code == 200
    with frozen(now() + timedelta(hours=heures, minutes=1)):
        answer = await navigateur.get(path)
    assert answer.status_code == 410
    assert soup(answer).find("a", href="/mot-de-passe-oublie") is not None


@pytest.mark.parametrize("jeton", ["x", "gm_", "gm_" + "A" * 64, "gs_" + "A" * 64, "%00"])
async def test_made_up_links_are_told_as_expired(navigateur: httpx.AsyncClient, jeton: str):
    assert (await navigateur.get(f"/mot-de-passe/{jeton}")).status_code == 410
    assert (await navigateur.post(f"/mot-de-passe/{jeton}", data={"mot_de_passe": NOUVEAU})).status_code == 410


async def test_an_invitation_proves_the_address_and_tells_it(
    navigateur: httpx.AsyncClient, database: Database, ouvert: TenantVue
):
    user = await make_user(database, ouvert, "CALL_CENTER", mot_de_passe=None, prenom="Grace")
    path = await link(database, user, "invitation")
    assert "Bienvenue Grace" in soup(await navigateur.get(path)).h1.text
    await navigateur.post(path, data={"mot_de_passe": NOUVEAU})
    async with database.transaction(ouvert.id) as session:
        found = await find_user(session, email=user.email)
    assert found is not None
    assert found.email_verifie
    assert len(await told(database, ouvert, "user.email.verified")) == 1
    assert await told(database, ouvert, "user.password.changed") == []


async def test_a_new_password_does_not_pass_the_second_factor(
    navigateur: httpx.AsyncClient, database: Database, ouvert: TenantVue
):
    user = await make_user(database, ouvert, "CLIENT")
    async with database.transaction(ouvert.id) as session:
        secret = await start_totp(session, user_id=user.id)
        await confirm_totp(session, user_id=user.id, code=pyotp.TOTP(secret).at(now()))
    done = await navigateur.post(await link(database, user), data={"mot_de_passe": NOUVEAU})
    assert done.headers["location"] == "/connexion"
    assert (await navigateur.get("/compte/securite")).status_code == 303


async def test_a_closed_account_gets_no_link_and_its_old_ones_die(
    navigateur: httpx.AsyncClient, database: Database, ouvert: TenantVue
):
    user = await make_user(database, ouvert, "CLIENT")
    path = await link(database, user)
    async with database.transaction(ouvert.id) as session:
        await deactivate_user(session, user_id=user.id)
    assert (await navigateur.get(path)).status_code == 410
    with pytest.raises(Conflict):
        await link(database, user)


async def test_a_link_opens_nothing_when_its_account_was_closed_meanwhile(
    navigateur: httpx.AsyncClient, database: Database, ouvert: TenantVue
):
    user = await make_user(database, ouvert, "CLIENT")
    path = await link(database, user)
    async with database.transaction(ouvert.id) as session:
        await session.execute(update(User).where(User.id == user.id).values(actif=False))
    assert (await navigateur.get(path)).status_code == 410


async def test_links_lead_to_the_networks_own_domain_in_production_only(
    database: Database, monkeypatch: pytest.MonkeyPatch
):
    host = f"{new_id().hex[-12:]}.example"
    user = await make_user(database, await make_tenant(database, hosts=[host]), "CLIENT")
    async with database.transaction(user.tenant_id) as session:
        here = await lien_d_acces(session, user_id=user.id, motif="mot_de_passe")
        monkeypatch.setattr(get_settings(), "mode", Mode.PRODUCTION)
        there = await lien_d_acces(session, user_id=user.id, motif="mot_de_passe_change")
    assert here.url.startswith(f"{get_settings().url}/mot-de-passe/gm_")
    assert (there.url, there.expire_le) == (f"https://{host}/mot-de-passe-oublie", None)


def person(tenant: TenantVue | None, **fields: str) -> dict[str, str]:
    base = {"email": f"{new_id().hex}@exemple.fr", "nom": "Roux", "prenom": "Léo", "telephone": "06 39 98 12 34"}
    return base | ({"tenant": tenant.slug} if tenant else {}) | fields


async def test_signing_up_makes_an_account_that_opens_only_through_the_mail(
    navigateur: httpx.AsyncClient, database: Database, ouvert: TenantVue
):
    form = person(ouvert)
    answer = await navigateur.post("/inscription", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/inscription/envoye")
    assert (await navigateur.get("/inscription/envoye")).status_code == 200
    async with database.transaction(ouvert.id) as session:
        user = await find_user(session, email=form["email"])
    assert user is not None
    assert (user.role, user.telephone, user.email_verifie, user.a_mot_de_passe) == (
        "CLIENT",
        "+33639981234",
        False,
        False,
    )
    assert await told(database, ouvert, "user.sign_up.requested") == [{"user_id": str(user.id), "motif": "inscription"}]
    await navigateur.post(await link(database, user, "inscription"), data={"mot_de_passe": NOUVEAU})
    assert (await navigateur.get("/compte/securite")).status_code == 200


async def test_signing_up_twice_or_with_a_known_address_answers_the_same_and_changes_nothing(
    navigateur: httpx.AsyncClient, database: Database, ouvert: TenantVue
):
    known = await make_user(database, ouvert, "CLIENT", nom="Vrai")
    form = person(ouvert)
    for data in (form, form, person(ouvert, email=known.email, nom="Faux")):
        answer = await navigateur.post("/inscription", data=data)
        assert answer.headers["location"] == "/inscription/envoye"
    motives = [m["motif"] for m in await told(database, ouvert, "user.sign_up.requested")]
    assert motives == ["inscription", "inscription", "deja_inscrit"]
    async with database.transaction(ouvert.id) as session:
        assert (await find_user(session, email=known.email)) == known


@pytest.mark.parametrize(
    ("fields", "champs"),
    [
        ({"email": "", "nom": " "}, {"#nom", "#email"}),
        ({"email": "ada@"}, {"#email"}),
        ({"telephone": "12"}, {"#telephone"}),
        ({"tenant": ""}, {"#tenant"}),
    ],
)
async def test_a_wrong_form_keeps_what_was_typed(
    navigateur: httpx.AsyncClient, ouvert: TenantVue, fields: dict[str, str], champs: set[str]
):
    form = person(ouvert) | fields
    answer = await navigateur.post("/inscription", data=form)
    page = soup(answer)
    assert answer.status_code == 422
    assert {a["href"] for a in page.find(attrs={"role": "alert"}).find_all("a")} == champs
    for name in ("prenom", "telephone", "email"):
        assert page.find(id=name).get("value", "") == form[name]


async def test_an_unknown_network_is_told(navigateur: httpx.AsyncClient):
    answer = await navigateur.post("/inscription", data=person(None) | {"tenant": "inconnu"})
    assert (answer.status_code, "Réseau introuvable" in answer.text) == (422, True)


async def test_the_network_is_chosen_on_the_neutral_address_and_known_at_home(
    navigateur: httpx.AsyncClient, database: Database
):
    host = f"{new_id().hex[-12:]}.example"
    tenant = await make_tenant(database, hosts=[host])
    page = soup(await navigateur.get(f"/inscription?reseau={tenant.slug}"))
    assert page.find("option", selected=True)["value"] == tenant.slug
    assert page.find("option", value="plateforme") is None
    at_home = soup(await navigateur.get("/inscription", headers={"host": host}))
    assert at_home.find("select") is None
    answer = await navigateur.post("/inscription", data=person(None), headers={"host": host})
    assert answer.status_code == 303


async def test_a_network_may_close_sign_up(navigateur: httpx.AsyncClient, database: Database, ouvert: TenantVue):
    async with database.transaction(ouvert.id) as session:
        await set_reglages(session, Securite(inscription_clients=False))
    answer = await navigateur.post("/inscription", data=person(ouvert))
    assert answer.status_code == 422
    assert "n’ouvre pas de comptes" in answer.text
