"""One's own security page."""

from typing import Any

import httpx
import pyotp
import pytest
from bs4 import BeautifulSoup

from guichet.identite.facade import PLATEFORME, TenantVue, UserVue
from guichet.identite.metier.appareils import describe
from guichet.socle.database import Database
from guichet.socle.horloge import now
from tests.identite.fabrique import MOT_DE_PASSE, bearer, browser, make_user

ICI = "/compte/securite"
NOUVEAU = "trois petites tortues"


@pytest.fixture
async def ada(database: Database, ouvert: TenantVue) -> UserVue:
    return await make_user(database, ouvert, "CONTROLEUR")


@pytest.fixture
async def chez_ada(navigateur: httpx.AsyncClient, database: Database, ada: UserVue) -> httpx.AsyncClient:
    navigateur.cookies.update(await browser(database, ada))
    return navigateur


def soup(answer: httpx.Response) -> Any:
    return BeautifulSoup(answer.text, "html.parser")


async def test_staff_and_customers_see_the_page_in_their_own_frame(
    navigateur: httpx.AsyncClient, database: Database, ouvert: TenantVue
):
    for role, kind in (("CLIENT", "public"), ("ADMIN_CT", "staff"), ("CALL_CENTER", "staff")):
        navigateur.cookies.clear()
        navigateur.cookies.update(await browser(database, await make_user(database, ouvert, role)))
        page = soup(await navigateur.get(ICI))
        assert kind in page.body["class"]


async def test_the_password_changes_with_the_old_one_and_other_devices_leave(
    chez_ada: httpx.AsyncClient, database: Database, ada: UserVue
):
    other = await bearer(database, ada)
    wrong = await chez_ada.post(f"{ICI}/mot-de-passe", data={"ancien": "faux", "nouveau": NOUVEAU})
    assert (wrong.status_code, [a["href"] for a in soup(wrong).find(attrs={"role": "alert"}).find_all("a")]) == (
        422,
        ["#ancien"],
    )
    weak = await chez_ada.post(f"{ICI}/mot-de-passe", data={"ancien": MOT_DE_PASSE, "nouveau": "court"})
    assert (weak.status_code, [a["href"] for a in soup(weak).find(attrs={"role": "alert"}).find_all("a")]) == (
        422,
        ["#nouveau"],
    )
    assert (await chez_ada.post(f"{ICI}/mot-de-passe", data={})).status_code == 422
    done = await chez_ada.post(f"{ICI}/mot-de-passe", data={"ancien": MOT_DE_PASSE, "nouveau": NOUVEAU})
    assert (done.status_code, done.headers["location"]) == (303, ICI)
    assert (await chez_ada.get(ICI)).status_code == 200
    chez_ada.cookies.clear()
    assert (await chez_ada.get("/api/v1/sessions", headers=other)).status_code == 401


async def test_guessing_the_old_password_is_braked(chez_ada: httpx.AsyncClient):
    answers = [
        (await chez_ada.post(f"{ICI}/mot-de-passe", data={"ancien": "faux", "nouveau": NOUVEAU})).status_code
        for _ in range(6)
    ]
    assert answers == [422] * 5 + [429]


async def test_the_second_factor_turns_on_with_a_drawing_and_a_first_code(chez_ada: httpx.AsyncClient, ada: UserVue):
    page = soup(await chez_ada.get(f"{ICI}/totp"))
    assert page.find("svg", class_="segno") is not None
    assert "style=" not in str(page.find(class_="qr"))
    secret = page.find(attrs={"data-testid": "totp-secret"}).text.replace(" ", "")
    assert (await chez_ada.post(f"{ICI}/totp", data={"code": "000000"})).status_code == 422
    again = soup(await chez_ada.get(f"{ICI}/totp")).find(attrs={"data-testid": "totp-secret"}).text.replace(" ", "")
    assert again == secret
    done = await chez_ada.post(f"{ICI}/totp", data={"code": pyotp.TOTP(secret).at(now())})
    codes = [code.text for code in soup(done).find(attrs={"data-testid": "codes-secours"}).find_all("code")]
    assert (done.status_code, len(codes)) == (200, 10)
    assert "10 codes de secours" in (await chez_ada.get(ICI)).text.replace("\xa0", " ")
    assert (await chez_ada.get(f"{ICI}/totp")).status_code == 303
    assert (await chez_ada.post(f"{ICI}/totp", data={"code": "000000"})).status_code == 303
    for path in ("codes", "totp/desactiver"):
        assert (await chez_ada.post(f"{ICI}/{path}", data={"mot_de_passe": "faux"})).status_code == 422
    fresh = await chez_ada.post(f"{ICI}/codes", data={"mot_de_passe": MOT_DE_PASSE})
    new = [code.text for code in soup(fresh).find(attrs={"data-testid": "codes-secours"}).find_all("code")]
    assert not set(new) & set(codes)
    off = await chez_ada.post(f"{ICI}/totp/desactiver", data={"mot_de_passe": MOT_DE_PASSE})
    assert off.status_code == 303
    none = await chez_ada.post(f"{ICI}/codes", data={"mot_de_passe": MOT_DE_PASSE})
    assert none.status_code == 422


async def test_sign_ins_are_listed_and_ended_one_by_one_or_together(
    chez_ada: httpx.AsyncClient, database: Database, ada: UserVue
):
    one, two, three = [await bearer(database, ada) for _ in range(3)]
    page = soup(await chez_ada.get(ICI))
    forms = [f["action"] for f in page.find_all("form") if "/connexions/" in f["action"]]
    assert len(forms) == 4
    stranger = await make_user(database, ada.tenant_id, "CLIENT")
    theirs = await bearer(database, stranger)
    closed = await chez_ada.post(forms[0])
    assert closed.status_code == 303
    alive = [(await chez_ada.get("/api/v1/sessions", headers=h)).status_code for h in (one, two, three)]
    assert sorted(alive) == [200, 200, 401]
    await chez_ada.post(f"{ICI}/connexions/fermer")
    assert [(await chez_ada.get("/api/v1/sessions", headers=h)).status_code for h in (one, two, three)] == [401] * 3
    assert (await chez_ada.get("/api/v1/sessions", headers=theirs)).status_code == 200
    assert (await chez_ada.get(ICI)).status_code == 200


async def test_someone_elses_sign_in_cannot_be_ended(chez_ada: httpx.AsyncClient, database: Database, ada: UserVue):
    stranger = await make_user(database, ada.tenant_id, "CLIENT")
    theirs = await bearer(database, stranger)
    listed = (await chez_ada.get("/api/v1/sessions", headers=theirs)).json()["elements"]
    await chez_ada.post(f"{ICI}/connexions/{listed[0]['id']}/fermer")
    assert (await chez_ada.get("/api/v1/sessions", headers=theirs)).status_code == 200


async def test_a_super_administrator_has_the_page_too(navigateur: httpx.AsyncClient, database: Database):
    boss = await make_user(database, PLATEFORME, "SUPER_ADMIN")
    navigateur.cookies.update(await browser(database, boss))
    assert boss.email in (await navigateur.get(ICI)).text
    done = await navigateur.post(f"{ICI}/mot-de-passe", data={"ancien": MOT_DE_PASSE, "nouveau": NOUVEAU})
    assert done.status_code == 303


@pytest.mark.parametrize(
    ("agent", "canal", "said"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/140.0", "page", "Firefox sur Windows"),
        (
            "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36",
            "page",
            "Chrome sur Android",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile Safari/604.1",
            "page",
            "Safari sur iPhone",
        ),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0", "page", "Edge sur Windows"),
        ("curl/8", "api", "Programme (API)"),
        ("curl/8", "page", "Navigateur inconnu"),
        ("Linux", "page", "Linux"),
    ],
)
def test_a_device_is_named_as_people_would(agent: str, canal: str, said: str):
    assert describe(agent, canal) == said
