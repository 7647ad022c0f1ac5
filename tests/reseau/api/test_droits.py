"""The network over HTTP: who may do what, and how far each one sees."""

import pytest

from guichet.identite.facade import TenantVue
from guichet.reseau.facade import AgenceVue, CentreVue, ControleurVue
from guichet.socle.database import Database
from guichet.socle.ids import new_id
from tests.identite.fabrique import make_tenant
from tests.reseau.api.conftest import Ouvrir, plain
from tests.reseau.fabrique import JOURNEE, centre_saisie, fill_agence, fill_centre, fill_controleur


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


async def test_a_key_made_for_a_centre_stays_there(ouvrir: Ouvrir, centre: CentreVue, agence: AgenceVue):
    droits = ["centre:read", "centre:update", "agence:read", "agence:create"]
    async with ouvrir("API_KEY", permissions=droits, centre_ids=[centre.id]) as client:
        assert [c["id"] for c in (await client.get("/api/v1/cts")).json()["elements"]] == [str(centre.id)]
        assert (await client.post("/api/v1/agences", json={"nom": "X"})).json()["code"] == "HORS_PERIMETRE"
    async with ouvrir("API_KEY", permissions=droits) as client:
        assert len((await client.get("/api/v1/cts")).json()["elements"]) == 1
