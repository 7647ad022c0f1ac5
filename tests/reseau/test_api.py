"""The network over HTTP: who may, what is answered, what is refused."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from guichet.identite.facade import TenantVue
from guichet.identite.module import MODULE as IDENTITE
from guichet.reseau.facade import AgenceVue, CentreVue, ControleurVue
from guichet.reseau.module import MODULE as RESEAU
from guichet.socle.acces import Appelant
from guichet.socle.database import Database
from guichet.socle.horloge import frozen
from guichet.socle.ids import new_id
from guichet.socle.registre import Registre
from guichet.socle.settings import get_settings
from guichet.socle.web.application import build_app
from tests.identite.fabrique import appelant, make_tenant
from tests.reseau.fabrique import JOURNEE, SEMAINE, centre_saisie, fill_agence, fill_centre, fill_controleur
from tests.socle.bord import browse

MODULES = (IDENTITE, RESEAU)
Ouvrir = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


@pytest.fixture(scope="module")
def application(database: Database) -> FastAPI:
    registre = Registre(MODULES)
    return build_app([("reseau", r) for r in RESEAU.routers], settings=get_settings(), registre=registre)


@pytest.fixture
async def reseau(database: Database) -> TenantVue:
    return await make_tenant(database)


@pytest.fixture
async def agence(database: Database, reseau: TenantVue) -> AgenceVue:
    async with database.transaction(reseau.id) as session:
        return await fill_agence(session)


@pytest.fixture
async def centre(database: Database, reseau: TenantVue, agence: AgenceVue) -> CentreVue:
    async with database.transaction(reseau.id) as session:
        return await fill_centre(session, agence)


@pytest.fixture
async def controleur(database: Database, reseau: TenantVue, centre: CentreVue) -> ControleurVue:
    async with database.transaction(reseau.id) as session:
        return await fill_controleur(session, centre)


@pytest.fixture
def ouvrir(application: FastAPI, reseau: TenantVue) -> Ouvrir:
    """A client called by a person of the tenant."""

    def call(role: str = "ADMIN_TENANT", **scope: Any) -> AbstractAsyncContextManager[httpx.AsyncClient]:
        tenant_id = scope.pop("tenant_id", reseau.id)
        caller = Appelant(tenant_id=tenant_id) if role == "" else appelant(role, tenant_id=tenant_id, **scope)
        return browse(application, appelant=caller, modules=MODULES, headers={"Authorization": "Bearer x"})

    return call


@pytest.fixture
async def admin(ouvrir: Ouvrir) -> AsyncIterator[httpx.AsyncClient]:
    async with ouvrir() as client:
        yield client


def plain(saisie: dict[str, Any]) -> dict[str, Any]:
    return {k: str(v) if isinstance(v, UUID) else v for k, v in saisie.items()}


async def test_a_network_is_built_read_and_changed_over_http(admin: httpx.AsyncClient):
    made = await admin.post("/api/v1/agences", json={"nom": "Rhône", "code": "69"})
    assert (made.status_code, made.headers["etag"]) == (201, '"1"')
    agence = made.json()
    assert (await admin.get(made.headers["location"])).json() == agence

    typed = {
        "agence_id": agence["id"], "code_centre": f"C{new_id().hex[-10:]}", "nom": "Lyon Sud", "adresse": "3 rue du Banc",
        "code_postal": "69007", "ville": "Lyon", "lat": 45.73, "lon": 4.83, "telephone": "04 65 71 00 42", "horaires": SEMAINE,
        "exceptions": [{"type": "fermeture", "du": "2026-12-24"}],
        "tarifs": [{"vehicule_type": "VP", "prix": 7900, "prix_contre_visite": 2000}],
        "durees": [{"vehicule_type": "VP", "type_controle": "CTP", "minutes": 40}],
        "equipements": [{"nom": "Ligne 1", "vehicule_types": ["VP", "VU"]}],
        "reservation": {"grille_minutes": 20},
    }  # fmt: skip
    made = await admin.post("/api/v1/cts", json=typed)
    assert made.status_code == 201, made.text
    centre = made.json()
    assert (centre["telephone"], centre["territoire"], centre["fuseau"]) == (
        "+33465710042",
        "metropole",
        "Europe/Paris",
    )
    assert centre["horaires"] == SEMAINE
    assert centre["exceptions"][0]["au"] == "2026-12-24"
    assert centre["reservation"]["grille_minutes"] == 20
    assert (await admin.get(made.headers["location"])).json() == centre

    sent_back = {k: v for k, v in centre.items() if k not in {"id", "position_approchee"}}
    same = await admin.put(f"/api/v1/cts/{centre['id']}", json=sent_back)
    assert same.json() == centre | {"version": 2}

    made = await admin.post(
        "/api/v1/controleurs",
        json={
            "email": f"{new_id().hex}@exemple.fr", "nom": "Roux", "prenom": "Inès", "matricule": "R1", "centre_id": centre["id"],
            "centres": [{"centre_id": centre["id"], "horaires": {"lundi": JOURNEE}}],
            "agrements": [{"code": "VL", "valide_au": "2027-06-30"}],
        },
    )  # fmt: skip
    assert made.status_code == 201, made.text
    controleur = made.json()
    assert controleur["compte"]["invite_le"] is not None
    assert controleur["centres"] == [{"centre_id": centre["id"], "horaires": {"lundi": JOURNEE}}]
    changed = await admin.put(
        made.headers["location"],
        json={"agrements": [{"code": "VL", "valide_au": "2029-06-30"}]},
        headers={"If-Match": made.headers["etag"]},
    )
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    assert (await admin.get(made.headers["location"])).json() == changed.json()
    assert (await admin.get("/api/v1/agences")).json()["elements"][0]["nb_centres"] == 1


async def test_lists_go_page_by_page_in_french_order(admin: httpx.AsyncClient):
    for nom in ("Écully", "Dijon", "étampes", "Zuydcoote"):
        await admin.post("/api/v1/agences", json={"nom": nom})
    first = (await admin.get("/api/v1/agences?limite=3")).json()
    assert [a["nom"] for a in first["elements"]] == ["Dijon", "Écully", "étampes"]
    rest = (await admin.get("/api/v1/agences", params={"limite": 3, "curseur": first["suivant"]})).json()
    assert ([a["nom"] for a in rest["elements"]], rest["suivant"]) == (["Zuydcoote"], None)
    elsewhere = (await admin.get("/api/v1/centres/search?lieu=Lyon&limite=1")).json()["suivant"]
    if elsewhere is not None:
        refused = await admin.get("/api/v1/agences", params={"curseur": elsewhere})
        assert refused.json()["code"] == "CURSEUR_INVALIDE"
    for path in ("agences", "cts", "controleurs", "centres/search?lieu=Lyon&x=1"):
        separator = "&" if "?" in path else "?"
        assert (await admin.get(f"/api/v1/{path}{separator}curseur=faux")).json()["code"] == "CURSEUR_INVALIDE"


@pytest.mark.parametrize(
    ("path", "body", "champ"),
    [
        ("agences", {}, "nom"),
        ("agences", {"nom": "A", "couleur": "bleu"}, "couleur"),
        ("agences", {"nom": "A\x00"}, "nom"),
        ("agences", {"nom": "A", "email": "x"}, "email"),
        ("cts", {"nom": "A"}, "agence_id"),
        ("controleurs", {"nom": "A", "email": "a@exemple.fr"}, "centre_id"),
    ],
)
async def test_a_bad_body_names_its_fields_in_french(
    admin: httpx.AsyncClient, path: str, body: dict[str, Any], champ: str
):
    answer = await admin.post(f"/api/v1/{path}", json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert answer.json()["code"] == "CHAMPS_INVALIDES"
    assert answer.json()["champs"][champ].endswith(".")


async def test_a_lone_surrogate_is_refused_not_fatal(admin: httpx.AsyncClient):
    answer = await admin.post(
        "/api/v1/agences", content=b'{"nom": "\\ud800"}', headers={"Content-Type": "application/json"}
    )
    assert (answer.status_code, list(answer.json()["champs"])) == (422, ["nom"])


async def test_the_same_key_gives_one_agence_and_the_same_answer(admin: httpx.AsyncClient):
    headers = {"Idempotency-Key": new_id().hex}
    first, second = [await admin.post("/api/v1/agences", json={"nom": "Une"}, headers=headers) for _ in range(2)]
    assert first.json() == second.json()
    assert second.headers["idempotency-replayed"] == "true"
    assert (second.headers["location"], second.headers["etag"]) == (first.headers["location"], first.headers["etag"])
    other = await admin.post("/api/v1/agences", json={"nom": "Autre"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "IDEMPOTENCE_CONFLIT")
    assert len((await admin.get("/api/v1/agences")).json()["elements"]) == 1


async def test_a_change_based_on_an_old_version_is_refused(admin: httpx.AsyncClient, agence: AgenceVue):
    path = f"/api/v1/agences/{agence.id}"
    assert (await admin.put(path, json={"nom": "Un"}, headers={"If-Match": 'W/"1"'})).json()["version"] == 2
    late = await admin.put(path, json={"nom": "Deux"}, headers={"If-Match": '"1"'})
    assert (late.status_code, late.json()["code"], late.json()["version"]) == (409, "VERSION_PERIMEE", 2)
    assert (await admin.put(path, json={"nom": "Deux", "version": 1})).status_code == 409
    assert (await admin.put(path, json={"nom": "Deux"}, headers={"If-Match": "*"})).status_code == 200
    wrong = await admin.put(path, json={"nom": "Trois"}, headers={"If-Match": "abc"})
    assert (wrong.status_code, list(wrong.json()["champs"])) == (422, ["If-Match"])


async def test_what_is_of_another_tenant_is_not_found(
    ouvrir: Ouvrir, database: Database, agence: AgenceVue, centre: CentreVue, controleur: ControleurVue
):
    other = await make_tenant(database)
    paths = {
        f"/api/v1/agences/{agence.id}": "AGENCE_NOT_FOUND",
        f"/api/v1/cts/{centre.id}": "CENTRE_NOT_FOUND",
        f"/api/v1/controleurs/{controleur.id}": "CONTROLEUR_NOT_FOUND",
    }
    async with ouvrir(tenant_id=other.id) as theirs:
        for path, code in paths.items():
            for answer in (await theirs.get(path), await theirs.put(path, json={"nom": "Volé"})):
                assert (answer.status_code, answer.json()["code"]) == (404, code)
        for path in ("agences", "cts", "controleurs"):
            assert (await theirs.get(f"/api/v1/{path}")).json()["elements"] == []
        pris = await theirs.post("/api/v1/cts", json=plain(centre_saisie(agence)))
        assert list(pris.json()["champs"]) == ["agence_id"]
        pris = await theirs.post(
            "/api/v1/controleurs", json={"email": "a@exemple.fr", "nom": "A", "centre_id": str(centre.id)}
        )
        assert list(pris.json()["champs"]) == ["centre_id"]


async def test_a_passer_by_only_searches(ouvrir: Ouvrir, agence: AgenceVue):
    async with ouvrir("", tenant_id=None) as passant:
        for path in ("agences", "cts", "controleurs", f"agences/{agence.id}"):
            assert (await passant.get(f"/api/v1/{path}")).status_code == 401
        for path in ("agences", "cts", "controleurs"):
            assert (await passant.post(f"/api/v1/{path}", json={})).status_code == 401
        assert (await passant.get("/api/v1/centres/search?lat=45&lon=4")).status_code == 200


@pytest.mark.parametrize(
    ("role", "reads", "writes"),
    [
        ("ADMIN_TENANT", {"agences", "cts", "controleurs"}, {"agences", "cts", "controleurs"}),
        ("ADMIN_AGENCE", {"agences", "cts", "controleurs"}, {"cts", "controleurs"}),
        ("ADMIN_CT", {"agences", "cts", "controleurs"}, {"controleurs"}),
        ("CONTROLEUR", {"agences", "cts", "controleurs"}, set()),
        ("CALL_CENTER", {"agences", "cts", "controleurs"}, set()),
        ("CLIENT", set(), set()),
    ],
)
async def test_each_role_does_what_the_matrix_says(ouvrir: Ouvrir, role: str, reads: set[str], writes: set[str]):
    async with ouvrir(role) as client:
        for path in ("agences", "cts", "controleurs"):
            assert ((await client.get(f"/api/v1/{path}")).status_code == 200) == (path in reads), path
            assert ((await client.post(f"/api/v1/{path}", json={})).status_code == 422) == (path in writes), path


async def test_an_agency_administrator_stays_in_his_agences(
    ouvrir: Ouvrir,
    database: Database,
    reseau: TenantVue,
    agence: AgenceVue,
    centre: CentreVue,
    controleur: ControleurVue,
):
    async with database.transaction(reseau.id) as session:
        ailleurs = await fill_agence(session, nom="Ailleurs")
        loin = await fill_centre(session, ailleurs)
        autre = await fill_controleur(session, loin)
    async with ouvrir("ADMIN_AGENCE", agence_ids=[agence.id]) as client:
        assert [a["id"] for a in (await client.get("/api/v1/agences")).json()["elements"]] == [str(agence.id)]
        assert [c["id"] for c in (await client.get("/api/v1/cts")).json()["elements"]] == [str(centre.id)]
        assert [c["id"] for c in (await client.get("/api/v1/controleurs")).json()["elements"]] == [str(controleur.id)]
        for path in (f"agences/{ailleurs.id}", f"cts/{loin.id}", f"controleurs/{autre.id}"):
            for answer in (await client.get(f"/api/v1/{path}"), await client.put(f"/api/v1/{path}", json={"nom": "X"})):
                assert (answer.status_code, answer.json()["code"]) == (403, "HORS_PERIMETRE"), path
        assert (await client.put(f"/api/v1/agences/{agence.id}", json={"nom": "À moi"})).status_code == 200
        assert (await client.post("/api/v1/cts", json=plain(centre_saisie(agence)))).status_code == 201
        assert (await client.post("/api/v1/cts", json=plain(centre_saisie(ailleurs)))).status_code == 403
        moved = await client.put(f"/api/v1/cts/{centre.id}", json={"agence_id": str(ailleurs.id)})
        assert moved.status_code == 403
        assert (await client.put(f"/api/v1/cts/{centre.id}", json={"agence_id": str(agence.id)})).status_code == 200


async def test_a_centre_administrator_stays_in_his_centres(
    ouvrir: Ouvrir, database: Database, reseau: TenantVue, agence: AgenceVue, centre: CentreVue
):
    async with database.transaction(reseau.id) as session:
        loin = await fill_centre(session, agence)
        partage = await fill_controleur(session, loin, centres=[{"centre_id": centre.id}])
    async with ouvrir("ADMIN_CT", centre_ids=[centre.id], agence_ids=[agence.id]) as client:
        assert (await client.get(f"/api/v1/agences/{agence.id}")).status_code == 200
        assert (await client.get(f"/api/v1/cts/{loin.id}")).status_code == 403
        assert (await client.put(f"/api/v1/cts/{centre.id}", json={"horaires": {}})).status_code == 200
        path = f"/api/v1/controleurs/{partage.id}"
        assert (await client.get(path)).status_code == 200
        assert (await client.put(path, json={"nom": "X"})).status_code == 403
        ici = [{"centre_id": str(loin.id)}, {"centre_id": str(centre.id), "horaires": {"lundi": JOURNEE}}]
        assert (await client.put(path, json={"centres": ici})).status_code == 200
        assert (await client.put(path, json={"centres": ici[1:]})).status_code == 403
        assert (await client.put(path, json={"centre_id": str(centre.id)})).status_code == 403
        typed = {"email": f"{new_id().hex}@exemple.fr", "nom": "A"}
        assert (await client.post("/api/v1/controleurs", json=typed | {"centre_id": str(loin.id)})).status_code == 403
        assert (await client.post("/api/v1/controleurs", json=typed | {"centre_id": str(centre.id)})).status_code == 201


async def test_a_super_administrator_says_in_which_tenant(ouvrir: Ouvrir, centre: CentreVue):
    async with ouvrir("SUPER_ADMIN", tenant_id=None) as client:
        for path in ("agences", "cts", "controleurs"):
            assert (await client.get(f"/api/v1/{path}")).json()["code"] == "TENANT_REQUIS"
        assert (await client.post("/api/v1/agences", json={"nom": "A"})).json()["code"] == "TENANT_REQUIS"
        assert (await client.get("/api/v1/centres/search?lieu=Lyon")).status_code == 200
    async with ouvrir("SUPER_ADMIN") as client:
        assert [c["id"] for c in (await client.get("/api/v1/cts")).json()["elements"]] == [str(centre.id)]


async def test_a_customer_searches_every_tenants_centres(ouvrir: Ouvrir, database: Database, reseau: TenantVue):
    async with database.transaction(reseau.id) as session:
        en_mer = await fill_centre(session, lat=43.0, lon=9.0)
    other = await make_tenant(database)
    seen = {}
    for role in ("CLIENT", "CALL_CENTER"):
        async with ouvrir(role, tenant_id=other.id) as client:
            answer = await client.get("/api/v1/centres/search?lat=43&lon=9&rayon_km=1")
        seen[role] = [c["id"] for c in answer.json()["elements"]]
    assert seen == {"CLIENT": [str(en_mer.id)], "CALL_CENTER": []}


async def test_a_key_made_for_a_centre_stays_there(ouvrir: Ouvrir, centre: CentreVue, agence: AgenceVue):
    droits = ["centre:read", "centre:update", "agence:read", "agence:create"]
    async with ouvrir("API_KEY", permissions=droits, centre_ids=[centre.id]) as client:
        assert [c["id"] for c in (await client.get("/api/v1/cts")).json()["elements"]] == [str(centre.id)]
        assert (await client.post("/api/v1/agences", json={"nom": "X"})).json()["code"] == "HORS_PERIMETRE"
    async with ouvrir("API_KEY", permissions=droits) as client:
        assert len((await client.get("/api/v1/cts")).json()["elements"]) == 1


async def test_centres_are_found_by_town_postal_code_and_position(ouvrir: Ouvrir, centre: CentreVue, reseau: TenantVue):
    async with ouvrir("") as client:
        for query in ("lieu=Lyon", "code_postal=69003", "lat=45.76&lon=4.83", "lieu=12 rue des Essais, 69003 Lyon"):
            answer = (await client.get(f"/api/v1/centres/search?{query}")).json()
            (found,) = answer["elements"]
            assert (found["id"], found["prix"], found["prix_min"]) == (str(centre.id), 7900, 7900), query
            assert found["distance_km"] < 5
            assert found["reservable"] is False
        assert (await client.get("/api/v1/centres/search?lieu=Lyon")).json()["lieu"]["libelle"] == "Lyon (69)"


@pytest.mark.parametrize(
    ("query", "champ"),
    [
        ("", "lieu"),
        ("lieu=zzzzqqq", "lieu"),
        ("code_postal=00000", "code_postal"),
        ("lat=45", "lon"),
        ("lon=4", "lat"),
        ("lat=nan&lon=4", "lat"),
        ("lieu=Lyon&rayon_km=101", "rayon_km"),
        ("lieu=Lyon&tri=couleur", "tri"),
    ],
)
async def test_a_search_that_cannot_be_made_says_what_to_correct(ouvrir: Ouvrir, query: str, champ: str):
    async with ouvrir("") as client:
        answer = await client.get(f"/api/v1/centres/search?{query}")
    assert answer.status_code == 422
    assert answer.json()["champs"][champ].endswith(".")


async def test_results_are_filtered_sorted_and_paged(ouvrir: Ouvrir, database: Database, reseau: TenantVue):
    async with database.transaction(reseau.id) as session:
        agence = await fill_agence(session)
        for n, (prix, note) in enumerate(((9000, 4.0), (None, None), (7000, 3.0), (8000, 5.0))):
            tarifs = [] if prix is None else [{"vehicule_type": "VP", "prix": prix}]
            await fill_centre(session, agence, nom=f"C{n}", lat=45.0 + n / 100, lon=4.0, tarifs=tarifs, note=note)

    async with ouvrir("") as client:

        async def noms(**query: Any) -> list[str]:
            answer = await client.get("/api/v1/centres/search", params={"lat": 45.0, "lon": 4.0} | query)
            return [c["nom"] for c in answer.json()["elements"]]

        assert await noms() == ["C0", "C1", "C2", "C3"]
        assert await noms(tri="prix") == ["C2", "C3", "C0", "C1"]
        assert await noms(tri="note") == ["C3", "C0", "C2", "C1"]
        assert await noms(prix_max=8000) == ["C2", "C3"]
        assert await noms(note_min=4) == ["C0", "C3"]
        assert await noms(reservable=True) == []
        first = (await client.get("/api/v1/centres/search?lat=45&lon=4&tri=prix&limite=3")).json()
        assert await noms(tri="prix", limite=3, curseur=first["suivant"]) == ["C1"]
        other = (await client.get("/api/v1/centres/search", params={"lat": 45, "lon": 4, "limite": 1})).json()
        async with ouvrir() as admin:
            wrong = await admin.get("/api/v1/cts", params={"curseur": other["suivant"]})
            assert (wrong.status_code, wrong.json()["code"]) == (422, "CURSEUR_INVALIDE")
            liste = (await admin.get("/api/v1/cts?limite=1")).json()["suivant"]
        wrong = await client.get("/api/v1/centres/search", params={"lat": 45, "lon": 4, "curseur": liste})
        assert (wrong.status_code, wrong.json()["code"]) == (422, "CURSEUR_INVALIDE")


async def test_only_what_is_open_now(ouvrir: Ouvrir, centre: CentreVue, database: Database, reseau: TenantVue):
    async with database.transaction(reseau.id) as session:
        await fill_centre(session, horaires={})
    found = {}
    async with ouvrir("") as client:
        for heure in (10, 12):
            with frozen(datetime(2026, 11, 23, heure, tzinfo=UTC)):
                answer = await client.get("/api/v1/centres/search?lieu=Lyon&ouvert=true")
            found[heure] = [(c["id"], c["ouvert_jusqua"]) for c in answer.json()["elements"]]
    assert found == {10: [(str(centre.id), "12:00")], 12: []}


async def test_odd_searches_find_nothing_rather_than_fail(admin: httpx.AsyncClient, centre: CentreVue):
    for path in ("agences", "cts", "controleurs"):
        for q in ("\x00", "%25", "_", "\\", "'", "é" * 50):
            assert (await admin.get(f"/api/v1/{path}", params={"q": q})).status_code == 200
