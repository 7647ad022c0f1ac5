"""One's own sign-ins, password and second factor, over the API."""

import httpx
import pyotp
import pytest

from guichet.identite.facade import PLATEFORME, TenantVue, UserVue, lien_d_acces
from guichet.socle.database import Database
from guichet.socle.horloge import now
from guichet.socle.ids import new_id
from tests.identite.fabrique import MOT_DE_PASSE, bearer, make_user

NOUVEAU = "trois petites tortues"


@pytest.fixture
async def ada(database: Database, ouvert: TenantVue) -> UserVue:
    return await make_user(database, ouvert, "CONTROLEUR")


async def test_sign_ins_are_listed_and_ended(http: httpx.AsyncClient, database: Database, ada: UserVue):
    one, two, three = [await bearer(database, ada) for _ in range(3)]
    listed = (await http.get("/api/v1/sessions", headers=one)).json()["elements"]
    assert [s["actuelle"] for s in listed].count(True) == 1
    other = next(s["id"] for s in listed if not s["actuelle"])
    assert (await http.delete(f"/api/v1/sessions/{other}", headers=one)).status_code == 204
    again = await http.delete(f"/api/v1/sessions/{other}", headers=one)
    assert (again.status_code, again.json()["code"]) == (404, "SESSION_NOT_FOUND")
    assert (await http.delete(f"/api/v1/sessions/{new_id()}", headers=one)).status_code == 404
    assert (await http.delete("/api/v1/sessions", headers=one)).status_code == 204
    assert [(await http.get("/api/v1/sessions", headers=h)).status_code for h in (one, two, three)] == [200, 401, 401]


async def test_the_password_changes_with_the_old_one(http: httpx.AsyncClient, database: Database, ada: UserVue):
    mine, other = await bearer(database, ada), await bearer(database, ada)
    path = "/api/v1/compte/mot-de-passe"
    wrong = await http.put(path, headers=mine, json={"ancien": "faux", "nouveau": NOUVEAU})
    assert (wrong.json()["code"], list(wrong.json()["champs"])) == ("MOT_DE_PASSE_FAUX", ["ancien"])
    weak = await http.put(path, headers=mine, json={"ancien": MOT_DE_PASSE, "nouveau": "court"})
    assert (weak.json()["code"], list(weak.json()["champs"])) == ("MOT_DE_PASSE_FAIBLE", ["nouveau"])
    done = await http.put(path, headers=mine, json={"ancien": MOT_DE_PASSE, "nouveau": NOUVEAU})
    assert done.status_code == 204
    assert (await http.get("/api/v1/sessions", headers=mine)).status_code == 200
    assert (await http.get("/api/v1/sessions", headers=other)).status_code == 401


@pytest.mark.parametrize("role", ["CLIENT", "SUPER_ADMIN"])
async def test_the_second_factor_is_turned_on_renewed_and_off(
    http: httpx.AsyncClient, database: Database, ouvert: TenantVue, role: str
):
    user = await make_user(database, PLATEFORME if role == "SUPER_ADMIN" else ouvert, role)
    mine = await bearer(database, user)
    path = "/api/v1/compte/totp"
    started = (await http.post(path, headers=mine)).json()
    assert started["uri"].startswith("otpauth://totp/Guichet:")
    assert (await http.post(f"{path}/confirmer", headers=mine, json={"code": "000000"})).json()[
        "code"
    ] == "CODE_TOTP_INVALIDE"
    assert (await http.post(f"{path}/codes", headers=mine, json={"mot_de_passe": MOT_DE_PASSE})).json()[
        "code"
    ] == "TOTP_INACTIF"
    code = pyotp.TOTP(started["secret"]).at(now())
    codes = (await http.post(f"{path}/confirmer", headers=mine, json={"code": code})).json()["codes"]
    assert len(codes) == 10
    for again in (path, f"{path}/confirmer"):
        assert (await http.post(again, headers=mine, json={"code": code})).json()["code"] == "TOTP_DEJA_ACTIF"
    renewed = await http.post(f"{path}/codes", headers=mine, json={"mot_de_passe": MOT_DE_PASSE})
    assert not set(renewed.json()["codes"]) & set(codes)
    refused = await http.post(f"{path}/desactiver", headers=mine, json={"mot_de_passe": "faux"})
    assert refused.json()["code"] == "MOT_DE_PASSE_FAUX"
    for _ in range(2):
        assert (
            await http.post(f"{path}/desactiver", headers=mine, json={"mot_de_passe": MOT_DE_PASSE})
        ).status_code == 204


async def test_a_code_without_a_secret_is_wrong(http: httpx.AsyncClient, database: Database, ada: UserVue):
    mine = await bearer(database, ada)
    answer = await http.post("/api/v1/compte/totp/confirmer", headers=mine, json={"code": "000000"})
    assert answer.json()["code"] == "CODE_TOTP_INVALIDE"


async def test_the_way_back_in_and_signing_up_work_for_programs_too(
    http: httpx.AsyncClient, ouvert: TenantVue, ada: UserVue
):
    for email in (ada.email, "inconnue@exemple.fr"):
        asked = await http.post("/api/v1/auth/mot-de-passe-oublie", json={"email": email})
        assert (asked.status_code, asked.json()["message"][:2]) == (202, "Si")
    body = {"email": f"{new_id().hex}@exemple.fr", "nom": "Roux", "tenant": ouvert.slug}
    assert (await http.post("/api/v1/auth/inscription", json=body)).status_code == 202
    nowhere = await http.post("/api/v1/auth/inscription", json={k: v for k, v in body.items() if k != "tenant"})
    assert (nowhere.status_code, nowhere.json()["code"]) == (422, "TENANT_REQUIS")


async def test_a_mailed_link_sets_the_password_over_the_api(http: httpx.AsyncClient, database: Database, ada: UserVue):
    async with database.transaction(ada.tenant_id) as session:
        secret = (await lien_d_acces(session, user_id=ada.id, motif="mot_de_passe")).url.rpartition("/")[2]
    path = "/api/v1/auth/mot-de-passe"
    assert (await http.post(path, json={"jeton": secret, "mot_de_passe": "court"})).json()[
        "code"
    ] == "MOT_DE_PASSE_FAIBLE"
    assert (await http.post(path, json={"jeton": secret, "mot_de_passe": NOUVEAU})).status_code == 204
    assert (await http.post(path, json={"jeton": secret, "mot_de_passe": NOUVEAU})).json()["code"] == "LIEN_EXPIRE"
    assert (await http.post(path, json={"jeton": "x", "mot_de_passe": NOUVEAU})).status_code == 410
