"""Building, reading and changing a network over HTTP."""

from typing import Any

import httpx
import pytest

from guichet.reseau.facade import AgenceModification, AgenceVue, CentreModification, CentreVue, ControleurModification
from guichet.socle.ids import new_id
from tests.reseau.fabrique import JOURNEE, SEMAINE


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


async def test_odd_searches_find_nothing_rather_than_fail(admin: httpx.AsyncClient, centre: CentreVue):
    for path in ("agences", "cts", "controleurs"):
        for q in ("\x00", "%25", "_", "\\", "'", "é" * 50):
            assert (await admin.get(f"/api/v1/{path}", params={"q": q})).status_code == 200


def test_a_change_documents_no_default_since_what_is_left_out_stays():
    for modele in (AgenceModification, CentreModification, ControleurModification):
        schema = modele.model_json_schema()
        assert not schema.get("required")
        assert not [nom for nom, champ in schema["properties"].items() if "default" in champ]
