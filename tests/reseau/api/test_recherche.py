"""The public search over HTTP."""

from datetime import UTC, datetime
from typing import Any

import pytest

from guichet.identite.facade import TenantVue
from guichet.reseau.api.modeles import CentreTrouve, RechercheReponse
from guichet.reseau.api.recherche import tenant_searched
from guichet.reseau.facade import CentreVue
from guichet.socle.acces import Appelant
from guichet.socle.database import Database
from guichet.socle.horloge import frozen
from guichet.socle.ids import new_id
from tests.identite.fabrique import make_tenant
from tests.reseau.api.conftest import Ouvrir
from tests.reseau.fabrique import fill_agence, fill_centre


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


async def test_centres_are_found_by_town_postal_code_and_position(ouvrir: Ouvrir, centre: CentreVue, reseau: TenantVue):
    async with ouvrir("") as client:
        for query in ("lieu=Lyon", "code_postal=69003", "lat=45.76&lon=4.83", "lieu=12 rue des Essais, 69003 Lyon"):
            answer = (await client.get(f"/api/v1/centres/search?{query}")).json()
            RechercheReponse.model_validate(answer)
            (found,) = answer["elements"]
            assert (found["id"], found["prix"], found["prix_min"]) == (str(centre.id), 7900, 7900), query
            assert found["distance_km"] < 5
            assert found.keys() == CentreTrouve.model_fields.keys()
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
        by_one = [await noms(limite=1)]
        page = (await client.get("/api/v1/centres/search?lat=45&lon=4&limite=1")).json()
        while page["suivant"] is not None:
            query = {"lat": 45, "lon": 4, "limite": 1, "curseur": page["suivant"]}
            page = (await client.get("/api/v1/centres/search", params=query)).json()
            by_one.append([c["nom"] for c in page["elements"]])
        assert by_one == [["C0"], ["C1"], ["C2"], ["C3"]]
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


async def test_on_a_tenants_own_site_only_its_centres_are_found(reseau: TenantVue, database: Database):
    class Site:
        state = type("State", (), {"tenant": reseau})()

    request: Any = Site()
    client = Appelant(role="CLIENT", user_id=new_id(), tenant_id=new_id())
    assert await tenant_searched(request, client) == reseau.id
