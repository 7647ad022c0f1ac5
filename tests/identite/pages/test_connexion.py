"""Signing in and out in a browser."""

from datetime import timedelta
from typing import Any

import httpx
import pyotp
import pytest
from bs4 import BeautifulSoup
from fastapi import FastAPI

from guichet.identite.actions.totp import confirm_totp, start_totp
from guichet.identite.api.authentification import cookie_name
from guichet.identite.facade import PLATEFORME, TenantVue, UserVue, update_user
from guichet.identite.pages.commun import ETAPE
from guichet.socle.database import Database
from guichet.socle.horloge import frozen, now
from guichet.socle.ids import new_id
from guichet.socle.settings import Mode, get_settings
from tests.identite.fabrique import MOT_DE_PASSE, browser, make_tenant, make_user


@pytest.fixture
async def ada(database: Database, ouvert: TenantVue) -> UserVue:
    return await make_user(database, ouvert, "CLIENT")


def soup(answer: httpx.Response) -> Any:
    return BeautifulSoup(answer.text, "html.parser")


async def sign_in(navigateur: httpx.AsyncClient, user: UserVue, **fields: str) -> httpx.Response:
    return await navigateur.post("/connexion", data={"email": user.email, "mot_de_passe": MOT_DE_PASSE} | fields)


async def test_the_form_says_what_it_wants_and_helps_password_managers(navigateur: httpx.AsyncClient):
    page = soup(await navigateur.get("/connexion?email=a@exemple.fr"))
    email, password = page.find(id="email"), page.find(id="mot-de-passe")
    assert page.h1 is not None
    assert page.h1.text == "Se connecter"
    assert (email["autocomplete"], email["value"], password["autocomplete"]) == (
        "username",
        "a@exemple.fr",
        "current-password",
    )
    assert password.get("value", "") == ""
    assert page.find("meta", attrs={"name": "robots"})["content"] == "noindex"
    assert page.find(attrs={"data-testid": "comptes-demo"}) is None


async def test_the_right_password_opens_a_session_in_a_closed_cookie(navigateur: httpx.AsyncClient, ada: UserVue):
    answer = await sign_in(navigateur, ada)
    assert answer.status_code == 303
    cookie = next(c for c in answer.headers.get_list("set-cookie") if c.startswith(f"{cookie_name()}=gs_"))
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie
    page = await navigateur.get("/compte/securite")
    assert page.status_code == 200
    assert ada.email in page.text


async def test_in_production_the_cookie_is_bound_to_the_host_and_encrypted_connections(
    navigateur: httpx.AsyncClient, ada: UserVue, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(get_settings(), "mode", Mode.PRODUCTION)
    answer = await sign_in(navigateur, ada)
    cookie = next(c for c in answer.headers.get_list("set-cookie") if c.startswith("__Host-guichet=gs_"))
    assert "Secure" in cookie
    assert "Domain" not in cookie


@pytest.mark.parametrize(
    ("fields", "champs", "status"),
    [
        ({"mot_de_passe": "faux"}, [], 422),
        ({"email": "inconnue@exemple.fr"}, [], 422),
        ({"email": ""}, ["#email"], 422),
        ({"email": " ", "mot_de_passe": ""}, ["#email", "#mot-de-passe"], 422),
    ],
)
async def test_a_refusal_keeps_the_address_never_the_password_and_links_to_the_fields(
    navigateur: httpx.AsyncClient, ada: UserVue, fields: dict[str, str], champs: list[str], status: int
):
    answer = await sign_in(navigateur, ada, **fields)
    page = soup(answer)
    assert answer.status_code == status
    summary = page.find(attrs={"role": "alert"})
    assert summary is not None
    assert [a["href"] for a in summary.find_all("a")] == champs
    assert page.find(id="email").get("value", "").strip() == fields.get("email", ada.email).strip()
    assert MOT_DE_PASSE not in answer.text
    assert page.title.text.startswith("Erreur")
    assert cookie_name() not in answer.cookies


async def test_known_and_unknown_addresses_read_the_same(navigateur: httpx.AsyncClient, ada: UserVue):
    known = await sign_in(navigateur, ada, mot_de_passe="faux")
    unknown = await sign_in(
        navigateur, ada, mot_de_passe="faux", email="x" * len(ada.email.split("@")[0]) + "@exemple.fr"
    )

    def words(answer: httpx.Response) -> str:
        return soup(answer).find("main").text

    assert words(known) == words(unknown)


async def test_too_many_failures_say_how_long_to_wait(navigateur: httpx.AsyncClient, ada: UserVue):
    for _ in range(5):
        await sign_in(navigateur, ada, mot_de_passe="faux")
    answer = await sign_in(navigateur, ada)
    assert answer.status_code == 429
    assert "Réessayez dans 1 minute" in soup(answer).find(attrs={"role": "alert"}).text.replace("\xa0", " ")


@pytest.mark.parametrize(
    ("suite", "where"),
    [
        ("/compte/securite?x=1", "/compte/securite?x=1"),
        ("https://ailleurs.example/", None),
        ("//ailleurs.example", None),
        ("/\\ailleurs.example", None),
        ("javascript:alert(1)", None),
    ],
)
async def test_after_signing_in_one_goes_on_but_never_to_another_site(
    navigateur: httpx.AsyncClient, ada: UserVue, suite: str, where: str | None
):
    form = soup(await navigateur.get("/connexion", params={"suite": suite}))
    hidden = form.find("input", attrs={"name": "suite"})
    assert (hidden["value"] if hidden else None) == where
    answer = await sign_in(navigateur, ada, suite=suite)
    assert answer.headers["location"] == (where or answer.headers["location"])
    assert answer.headers["location"].startswith("/")
    assert "ailleurs" not in answer.headers["location"]


async def test_a_closed_page_sends_to_sign_in_and_back(navigateur: httpx.AsyncClient, ada: UserVue):
    sent = await navigateur.get("/compte/securite")
    assert sent.status_code == 303
    form = soup(await navigateur.get(sent.headers["location"]))
    assert form.find("input", attrs={"name": "suite"})["value"] == "/compte/securite"


async def test_who_is_signed_in_goes_straight_on(navigateur: httpx.AsyncClient, ada: UserVue):
    await sign_in(navigateur, ada)
    assert (await navigateur.get("/connexion?suite=/compte/securite")).headers["location"] == "/compte/securite"
    assert (await navigateur.get("/compte")).status_code == 303


async def test_an_address_of_two_networks_chooses_after_the_password(navigateur: httpx.AsyncClient, database: Database):
    email = f"{new_id().hex}@exemple.fr"
    one, two = await make_tenant(database, nom="Réseau Un"), await make_tenant(database, nom="Réseau Deux")
    user = await make_user(database, one, "CLIENT", email=email)
    await make_user(database, two, "CLIENT", email=email)
    answer = await sign_in(navigateur, user, suite="/compte/securite")
    assert answer.headers["location"] == "/connexion/reseau"
    page = soup(await navigateur.get("/connexion/reseau"))
    assert {i["value"] for i in page.find_all("input", attrs={"name": "tenant"})} == {one.slug, two.slug}
    assert (await navigateur.post("/connexion/reseau", data={"tenant": "autre"})).status_code == 422
    chosen = await navigateur.post("/connexion/reseau", data={"tenant": two.slug})
    assert (chosen.status_code, chosen.headers["location"]) == (303, "/compte/securite")
    assert "Réseau Deux" in (await navigateur.get("/compte/securite")).text


async def test_the_steps_cannot_be_entered_without_the_password(navigateur: httpx.AsyncClient, ada: UserVue):
    for path in ("/connexion/reseau", "/connexion/code"):
        assert (await navigateur.get(path)).headers["location"] == "/connexion"
        assert (await navigateur.post(path, data={"tenant": "x", "code": "1"})).headers["location"] == "/connexion"
    navigateur.cookies.set(ETAPE, "fabriqué.0.e30.xxxx".encode("ascii", "ignore").decode())
    assert (await navigateur.get("/connexion/code")).headers["location"] == "/connexion"


async def with_totp(database: Database, user: UserVue) -> str:
    async with database.transaction(user.tenant_id) as session:
        secret = await start_totp(session, user_id=user.id)
        await confirm_totp(session, user_id=user.id, code=pyotp.TOTP(secret).at(now() - timedelta(seconds=30)))
    return secret


async def test_a_second_factor_is_asked_on_its_own_page(
    navigateur: httpx.AsyncClient, database: Database, ada: UserVue
):
    secret = await with_totp(database, ada)
    answer = await sign_in(navigateur, ada)
    assert answer.headers["location"] == "/connexion/code"
    assert (await navigateur.get("/compte/securite")).status_code == 303
    field = soup(await navigateur.get("/connexion/code")).find(id="code")
    assert (field["autocomplete"], field["inputmode"]) == ("one-time-code", "numeric")
    wrong = await navigateur.post("/connexion/code", data={"code": "000000"})
    assert wrong.status_code == 422
    empty = await navigateur.post("/connexion/code", data={})
    assert empty.status_code == 422
    right = await navigateur.post("/connexion/code", data={"code": pyotp.TOTP(secret).at(now())})
    assert right.status_code == 303
    assert (await navigateur.get("/compte/securite")).status_code == 200


async def test_a_step_ends_after_ten_minutes_or_when_the_account_changed(
    navigateur: httpx.AsyncClient, database: Database, ada: UserVue
):
    await with_totp(database, ada)
    await sign_in(navigateur, ada)
    with frozen(now() + timedelta(minutes=11)):
        assert (await navigateur.get("/connexion/code")).headers["location"] == "/connexion"
    assert (await navigateur.get("/connexion/code")).status_code == 200
    async with database.transaction(ada.tenant_id) as session:
        await update_user(session, user_id=ada.id, permissions=["user:read"])
    assert (await navigateur.get("/connexion/code")).headers["location"] == "/connexion"


async def test_a_network_with_a_second_factor_asks_for_it_after_the_choice(
    navigateur: httpx.AsyncClient, database: Database
):
    email = f"{new_id().hex}@exemple.fr"
    one, two = await make_tenant(database), await make_tenant(database)
    user = await make_user(database, one, "CLIENT", email=email)
    await with_totp(database, await make_user(database, two, "CLIENT", email=email))
    await sign_in(navigateur, user)
    chosen = await navigateur.post("/connexion/reseau", data={"tenant": two.slug})
    assert chosen.headers["location"] == "/connexion/code"


async def test_signing_out_ends_the_session_and_forgets_the_cookie(navigateur: httpx.AsyncClient, ada: UserVue):
    await sign_in(navigateur, ada)
    kept = navigateur.cookies.get(cookie_name())
    assert (await navigateur.get("/deconnexion")).status_code == 200
    assert (await navigateur.get("/compte/securite")).status_code == 200
    out = await navigateur.post("/deconnexion")
    assert (out.status_code, out.headers["location"]) == (303, "/connexion")
    assert navigateur.cookies.get(cookie_name()) is None
    navigateur.cookies.set(cookie_name(), kept or "")
    assert (await navigateur.get("/compte/securite")).status_code == 303
    assert (await navigateur.post("/deconnexion")).status_code == 303


async def test_another_site_cannot_sign_anyone_in_or_out(app: FastAPI, ada: UserVue):
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://testserver", headers={"Sec-Fetch-Site": "cross-site"}
    ) as other:
        for path in ("/connexion", "/deconnexion", "/compte/securite/mot-de-passe"):
            assert (await other.post(path, data={"email": ada.email, "mot_de_passe": MOT_DE_PASSE})).status_code == 403


async def test_a_session_slides_while_used_and_ends_when_forgotten(
    navigateur: httpx.AsyncClient, database: Database, ada: UserVue
):
    start = now()
    navigateur.cookies.update(await browser(database, ada))
    for hours in (0, 11, 22, 33):
        with frozen(start + timedelta(hours=hours)):
            assert (await navigateur.get("/compte/securite")).status_code == 200
    with frozen(start + timedelta(hours=46)):
        assert (await navigateur.get("/compte/securite")).status_code == 303


async def test_a_session_ends_after_thirty_days_even_used_every_hour(
    navigateur: httpx.AsyncClient, database: Database, ada: UserVue
):
    start = now()
    navigateur.cookies.update(await browser(database, ada))
    for hours in range(0, 30 * 24, 11):
        with frozen(start + timedelta(hours=hours)):
            last = (await navigateur.get("/compte/securite")).status_code
    assert last == 200
    with frozen(start + timedelta(days=30, minutes=1)):
        assert (await navigateur.get("/compte/securite")).status_code == 303


async def test_at_another_networks_address_a_cookie_is_nobody(
    app: FastAPI, navigateur: httpx.AsyncClient, database: Database, ada: UserVue
):
    host = f"{new_id().hex[-12:]}.example"
    await make_tenant(database, hosts=[host])
    cookies = await browser(database, ada)
    header = {"cookie": "; ".join(f"{k}={v}" for k, v in cookies.items())}
    assert (await navigateur.get("/compte/securite", headers=header)).status_code == 200
    assert (await navigateur.get("/compte/securite", headers=header | {"host": host})).status_code == 303


async def test_the_pages_wear_the_colours_of_the_network_whose_address_it_is(
    navigateur: httpx.AsyncClient, database: Database
):
    host = f"{new_id().hex[-12:]}.example"
    await make_tenant(
        database,
        nom="Clairvoie",
        hosts=[host],
        branding={"brand_h": 33, "brand_c": 0.12},
        contact={"telephone": "04 65 71 00 42"},
    )
    page = await navigateur.get("/connexion", headers={"host": host})
    assert "--brand-h: 33" in page.text
    assert "Clairvoie" in page.text
    assert "tel:0465710042" in page.text
    assert "Clairvoie" not in (await navigateur.get("/connexion")).text


async def test_in_a_demonstration_the_open_accounts_are_shown(
    navigateur: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(get_settings(), "mode", Mode.DEMO)
    page = await navigateur.get("/connexion")
    assert "superadmin@guichet.example" in page.text


async def test_a_super_administrator_signs_in_on_the_neutral_address(navigateur: httpx.AsyncClient, database: Database):
    boss = await make_user(database, PLATEFORME, "SUPER_ADMIN")
    assert (await sign_in(navigateur, boss)).status_code == 303
    page = await navigateur.get("/compte/securite")
    assert boss.email in page.text
