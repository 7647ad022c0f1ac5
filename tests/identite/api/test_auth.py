"""Signing programs in and out."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import jwt
import pyotp
import pytest
from fastapi import FastAPI

from guichet.app.http import create_app
from guichet.identite.actions.totp import confirm_totp, start_totp
from guichet.identite.facade import TenantVue, UserVue, deactivate_tenant, deactivate_user, update_user
from guichet.identite.metier.jetons import AUDIENCE
from guichet.socle.database import Database
from guichet.socle.horloge import frozen, now
from guichet.socle.ids import new_id
from guichet.socle.settings import Settings, get_settings
from guichet.socle.web.debit import DebitLocal, set_debit
from tests.identite.fabrique import MOT_DE_PASSE, bearer, make_tenant, make_user

LOGIN = "/api/v1/auth/login"
MOI = "/api/v1/sessions"


@pytest.fixture
async def ada(database: Database, ouvert: TenantVue) -> UserVue:
    return await make_user(database, ouvert, "ADMIN_TENANT")


async def sign_in(http: httpx.AsyncClient, user: UserVue, **fields: Any) -> httpx.Response:
    return await http.post(LOGIN, json={"email": user.email, "mot_de_passe": MOT_DE_PASSE} | fields)


def header(body: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {body['access_token']}"}


async def test_the_right_password_gives_tokens_that_open_and_say_who(
    http: httpx.AsyncClient, ada: UserVue, ouvert: TenantVue
):
    answer = await sign_in(http, ada, email=ada.email.upper())
    assert answer.status_code == 200
    body = answer.json()
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 3600)
    assert (body["utilisateur"]["id"], body["tenant"]["slug"]) == (str(ada.id), ouvert.slug)
    assert "mot_de_passe" not in body["utilisateur"]
    mine = await http.get(MOI, headers=header(body))
    assert [(s["canal"], s["actuelle"]) for s in mine.json()["elements"]] == [("api", True)]
    keys = (await http.get("/.well-known/jwks.json")).json()["keys"]
    key = next(k for k in keys if k["kid"] == jwt.get_unverified_header(body["access_token"])["kid"])
    claims = jwt.decode(body["access_token"], jwt.PyJWK(key), audience=AUDIENCE, issuer=get_settings().url)
    assert (claims["role"], claims["tid"], claims["exp"] - claims["iat"]) == ("ADMIN_TENANT", str(ouvert.id), 3600)


@pytest.mark.parametrize(
    "fields", [{"mot_de_passe": "faux"}, {"email": "inconnue@exemple.fr"}, {"email": "pas une adresse"}]
)
async def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(
    http: httpx.AsyncClient, ada: UserVue, fields: dict[str, str]
):
    answer = await sign_in(http, ada, **fields)
    assert answer.status_code == 401
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert answer.json()["code"] == "IDENTIFIANTS_INVALIDES"
    assert answer.json()["message"] == "L’adresse e-mail ou le mot de passe n’est pas le bon."


@pytest.mark.parametrize(
    "body",
    [{}, {"email": "a@b.fr"}, {"email": "a@b.fr", "mot_de_passe": "x", "autre": 1}, {"email": 1, "mot_de_passe": []}],
)
async def test_a_malformed_sign_in_is_told_with_its_fields(http: httpx.AsyncClient, body: dict[str, Any]):
    answer = await http.post(LOGIN, json=body)
    assert answer.status_code == 422
    assert answer.json()["code"] == "CHAMPS_INVALIDES"
    assert answer.json()["champs"]


async def test_five_failures_make_even_the_right_password_wait(http: httpx.AsyncClient, ada: UserVue):
    for _ in range(5):
        assert (await sign_in(http, ada, mot_de_passe="faux")).status_code == 401
    answer = await sign_in(http, ada)
    assert (answer.status_code, answer.json()["code"]) == (429, "TROP_D_ESSAIS")
    assert 0 < int(answer.headers["retry-after"]) <= 60
    with frozen(now() + timedelta(minutes=1, seconds=1)):
        assert (await sign_in(http, ada)).status_code == 200
    assert (await sign_in(http, ada, mot_de_passe="faux")).status_code == 401


async def test_an_unknown_address_is_braked_the_same(http: httpx.AsyncClient):
    body = {"email": f"{new_id().hex}@exemple.fr", "mot_de_passe": "faux"}
    answers = [(await http.post(LOGIN, json=body)).json()["code"] for _ in range(6)]
    assert answers == ["IDENTIFIANTS_INVALIDES"] * 5 + ["TROP_D_ESSAIS"]


async def test_attempts_sent_together_are_braked_as_if_one_after_the_other(http: httpx.AsyncClient, ada: UserVue):
    answers = await asyncio.gather(*(sign_in(http, ada, mot_de_passe="faux") for _ in range(9)))
    assert sorted(a.json()["code"] for a in answers) == ["IDENTIFIANTS_INVALIDES"] * 5 + ["TROP_D_ESSAIS"] * 4


async def test_one_machine_trying_many_accounts_waits(app: FastAPI, database: Database):
    ip = "198.51.100.77"
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app, client=(ip, 1)), base_url="http://testserver"
    ) as machine:
        codes = set()
        for _ in range(31):
            set_debit(DebitLocal())
            body = {"email": f"{new_id().hex}@exemple.fr", "mot_de_passe": "faux"}
            codes.add((await machine.post(LOGIN, json=body)).json()["code"])
    assert codes == {"IDENTIFIANTS_INVALIDES", "TROP_D_ESSAIS"}


async def test_too_many_sign_ins_a_minute_from_one_address_are_refused(settings: Settings, app: FastAPI, ada: UserVue):
    strict = create_app(settings.model_copy(update={"rate_login_per_minute": 3}))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(strict), base_url="http://testserver") as machine:
        answers = [await sign_in(machine, ada) for _ in range(4)]
    assert [a.status_code for a in answers] == [200, 200, 200, 429]
    assert answers[-1].json()["code"] == "TROP_DE_REQUETES"


async def test_a_closed_account_or_tenant_is_told_only_to_who_knows_the_password(
    http: httpx.AsyncClient, database: Database, ouvert: TenantVue
):
    closed = await make_user(database, ouvert, "CLIENT")
    async with database.transaction(ouvert.id) as session:
        await deactivate_user(session, user_id=closed.id)
    assert (await sign_in(http, closed)).json()["code"] == "COMPTE_DESACTIVE"
    assert (await sign_in(http, closed, mot_de_passe="faux")).json()["code"] == "IDENTIFIANTS_INVALIDES"
    open_ = await make_user(database, ouvert, "CLIENT")
    async with database.transaction(ouvert.id) as session:
        await deactivate_tenant(session)
    assert (await sign_in(http, open_)).json()["code"] == "COMPTE_DESACTIVE"


async def test_an_address_of_several_tenants_chooses_once_the_password_is_right(
    http: httpx.AsyncClient, database: Database
):
    email = f"{new_id().hex}@exemple.fr"
    one, two, three = [await make_tenant(database, nom=nom) for nom in ("Un", "Deux", "Trois")]
    first = await make_user(database, one, email=email)
    await make_user(database, two, email=email)
    await make_user(database, three, email=email, mot_de_passe="un tout autre secret")
    assert (await sign_in(http, first, mot_de_passe="faux")).json()["code"] == "IDENTIFIANTS_INVALIDES"
    answer = await sign_in(http, first)
    assert (answer.status_code, answer.json()["code"]) == (409, "TENANT_A_CHOISIR")
    assert {t["slug"] for t in answer.json()["tenants"]} == {one.slug, two.slug}
    chosen = await sign_in(http, first, tenant=two.slug)
    assert chosen.json()["tenant"]["slug"] == two.slug
    assert (await sign_in(http, first, tenant=three.slug)).status_code == 401
    assert (await sign_in(http, first, tenant="inconnu")).json()["code"] == "TENANT_NOT_FOUND"


async def test_on_a_tenants_own_host_only_its_people_sign_in(app: FastAPI, http: httpx.AsyncClient, database: Database):
    host = f"{new_id().hex[-12:]}.example"
    home, other = await make_tenant(database, hosts=[host]), await make_tenant(database)
    mine, theirs = await make_user(database, home), await make_user(database, other)
    here = {"host": host}
    assert (
        await http.post(LOGIN, headers=here, json={"email": mine.email, "mot_de_passe": MOT_DE_PASSE})
    ).status_code == 200
    body = {"email": theirs.email, "mot_de_passe": MOT_DE_PASSE}
    assert (await http.post(LOGIN, headers=here, json=body)).json()["code"] == "IDENTIFIANTS_INVALIDES"
    body["tenant"] = other.slug
    assert (await http.post(LOGIN, headers=here, json=body)).json()["code"] == "TENANT_DIFFERENT"


async def test_a_refresh_token_turns_once(http: httpx.AsyncClient, ada: UserVue):
    first = (await sign_in(http, ada)).json()
    second = (await http.post("/api/v1/auth/refresh", json={"refresh_token": first["refresh_token"]})).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert (await http.get(MOI, headers=header(second))).status_code == 200


async def test_a_refresh_token_shown_twice_ends_the_whole_sign_in(http: httpx.AsyncClient, ada: UserVue):
    other = (await sign_in(http, ada)).json()
    first = (await sign_in(http, ada)).json()
    second = (await http.post("/api/v1/auth/refresh", json={"refresh_token": first["refresh_token"]})).json()
    again = await http.post("/api/v1/auth/refresh", json={"refresh_token": first["refresh_token"]})
    assert (again.status_code, again.json()["code"]) == (401, "REFRESH_INVALIDE")
    for body in (first, second):
        answer = await http.get(MOI, headers=header(body))
        assert (answer.status_code, answer.json()["code"]) == (401, "JETON_INVALIDE")
        gone = await http.post("/api/v1/auth/refresh", json={"refresh_token": body["refresh_token"]})
        assert gone.status_code == 401
    assert (await http.get(MOI, headers=header(other))).status_code == 200


async def test_of_ten_refreshes_at_once_one_wins_and_the_sign_in_ends(http: httpx.AsyncClient, ada: UserVue):
    first = (await sign_in(http, ada)).json()
    answers = await asyncio.gather(
        *(http.post("/api/v1/auth/refresh", json={"refresh_token": first["refresh_token"]}) for _ in range(10))
    )
    assert sorted(a.status_code for a in answers) == [200] + [401] * 9
    won = next(a.json() for a in answers if a.status_code == 200)
    assert (await http.get(MOI, headers=header(won))).status_code == 401


@pytest.mark.parametrize("token", ["", "gr_", "gr_" + "a" * 64, "gs_" + "a" * 64, "x"])
async def test_what_is_not_a_refresh_token_is_refused(http: httpx.AsyncClient, token: str):
    answer = await http.post("/api/v1/auth/refresh", json={"refresh_token": token})
    assert answer.status_code in {401, 422}


async def test_a_refresh_token_lives_thirty_days_from_its_last_use(http: httpx.AsyncClient, ada: UserVue):
    body = (await sign_in(http, ada)).json()
    with frozen(now() + timedelta(days=29)):
        body = (await http.post("/api/v1/auth/refresh", json={"refresh_token": body["refresh_token"]})).json()
    with frozen(now() + timedelta(days=58)):
        again = await http.post("/api/v1/auth/refresh", json={"refresh_token": body["refresh_token"]})
    assert again.status_code == 200
    with frozen(now() + timedelta(days=89)):
        late = await http.post("/api/v1/auth/refresh", json={"refresh_token": again.json()["refresh_token"]})
    assert late.status_code == 401


async def test_an_access_token_lives_one_hour(http: httpx.AsyncClient, ada: UserVue):
    body = (await sign_in(http, ada)).json()
    assert (await http.get(MOI, headers=header(body))).status_code == 200
    with frozen(now() + timedelta(minutes=61)):
        assert (await http.get(MOI, headers=header(body))).json()["code"] == "JETON_INVALIDE"


@pytest.mark.parametrize("by", ["bearer", "refresh", "both"])
async def test_signing_out_ends_both_tokens_at_once(http: httpx.AsyncClient, ada: UserVue, by: str):
    body = (await sign_in(http, ada)).json()
    assert (await http.get(MOI, headers=header(body))).status_code == 200
    out = await http.post(
        "/api/v1/auth/logout",
        headers=header(body) if by != "refresh" else {},
        json={"refresh_token": body["refresh_token"]} if by != "bearer" else {},
    )
    assert out.status_code == 204
    assert (await http.get(MOI, headers=header(body))).status_code == 401
    assert (await http.post("/api/v1/auth/refresh", json={"refresh_token": body["refresh_token"]})).status_code == 401


async def test_signing_out_of_nothing_is_fine(http: httpx.AsyncClient):
    assert (await http.post("/api/v1/auth/logout")).status_code == 204
    assert (await http.post("/api/v1/auth/logout", json={"refresh_token": "gr_x"})).status_code == 204
    unknown = "gr_" + "A" * 64
    assert (await http.post("/api/v1/auth/logout", json={"refresh_token": unknown})).status_code == 204


async def test_an_old_bearer_does_not_prevent_signing_in_again(http: httpx.AsyncClient, ada: UserVue):
    answer = await http.post(
        LOGIN, headers={"Authorization": "Bearer vieux"}, json={"email": ada.email, "mot_de_passe": MOT_DE_PASSE}
    )
    assert answer.status_code == 200
    assert (await http.get(MOI, headers={"Authorization": "Bearer vieux"})).json()["code"] == "JETON_INVALIDE"
    assert (await http.get(MOI)).json()["code"] == "NON_CONNECTE"


async def test_changed_rights_and_a_closed_account_end_the_tokens_at_once(
    http: httpx.AsyncClient, database: Database, ouvert: TenantVue
):
    user = await make_user(database, ouvert, "CALL_CENTER")
    before = await bearer(database, user)
    assert (await http.get(MOI, headers=before)).status_code == 200
    async with database.transaction(ouvert.id) as session:
        await update_user(session, user_id=user.id, role="ADMIN_CT")
    assert (await http.get(MOI, headers=before)).status_code == 401
    after = await bearer(database, user)
    assert (await http.get(MOI, headers=after)).status_code == 200
    async with database.transaction(ouvert.id) as session:
        await deactivate_user(session, user_id=user.id)
    assert (await http.get(MOI, headers=after)).status_code == 401


async def test_a_second_factor_is_asked_for_after_the_password(
    http: httpx.AsyncClient, database: Database, ada: UserVue
):
    async with database.transaction(ada.tenant_id) as session:
        secret = await start_totp(session, user_id=ada.id)
        codes = await confirm_totp(session, user_id=ada.id, code=pyotp.TOTP(secret).at(now()))
    assert (await sign_in(http, ada, mot_de_passe="faux")).json()["code"] == "IDENTIFIANTS_INVALIDES"
    assert (await sign_in(http, ada)).json()["code"] == "CODE_TOTP_REQUIS"
    assert (await sign_in(http, ada, code_totp="000000")).json()["code"] == "CODE_TOTP_INVALIDE"
    assert (await sign_in(http, ada, code_totp=pyotp.TOTP(secret).at(now()))).json()["code"] == "CODE_TOTP_INVALIDE"
    later = now() + timedelta(seconds=60)
    with frozen(later):
        assert (await sign_in(http, ada, code_totp=pyotp.TOTP(secret).at(later))).status_code == 200
        assert (await sign_in(http, ada, code_totp=codes[0].lower())).status_code == 200
        assert (await sign_in(http, ada, code_totp=codes[0])).json()["code"] == "CODE_TOTP_INVALIDE"


async def test_wrong_codes_are_braked_like_wrong_passwords(http: httpx.AsyncClient, database: Database, ada: UserVue):
    async with database.transaction(ada.tenant_id) as session:
        secret = await start_totp(session, user_id=ada.id)
        await confirm_totp(session, user_id=ada.id, code=pyotp.TOTP(secret).at(now()))
    codes = [(await sign_in(http, ada, code_totp="000000")).json()["code"] for _ in range(6)]
    assert codes == ["CODE_TOTP_INVALIDE"] * 5 + ["TROP_D_ESSAIS"]
