"""Plannings over HTTP: shapes, refusals, who sees what, and how full the days are."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from guichet.identite.facade import TenantVue
from guichet.reseau.facade import (
    CentreModification,
    CentreVue,
    ControleurModification,
    list_controleurs,
    update_centre,
    update_controleur,
)
from guichet.socle.database import Database
from guichet.socle.ids import new_id
from tests.rdv.appels import booked, open_as
from tests.rdv.fabrique import LUNDI, agent
from tests.reseau.fabrique import SEMAINE, fill_controleur

ROUTE = "/api/v1/planning"
MATIN = {"debut": "2026-11-23T08:00:00+01:00", "fin": "2026-11-23T12:00:00+01:00"}


@pytest.fixture
async def admin(application: FastAPI, reseau: TenantVue) -> AsyncIterator[httpx.AsyncClient]:
    async with open_as(application, agent(reseau.id, "ADMIN_TENANT")) as client:
        yield client


def blocage(centre: CentreVue, **fields: Any) -> dict[str, Any]:
    return {"type": "blocage", "centre_id": str(centre.id), "motif": "Banc en panne", **MATIN} | fields


async def test_an_entry_has_the_shape_that_is_documented(admin: httpx.AsyncClient, centre: CentreVue):
    answer = await admin.post(ROUTE, json=blocage(centre, recurrence="FREQ=WEEKLY;COUNT=3"))
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert answer.headers["Location"] == f"{ROUTE}/{body['id']}"
    assert answer.headers["ETag"] == '"1"'
    assert {k: body[k] for k in ("type", "statut", "debut", "fin", "recurrence", "fuseau", "motif")} == {
        "type": "blocage",
        "statut": "actif",
        "debut": "2026-11-23T08:00:00+01:00",
        "fin": "2026-11-23T12:00:00+01:00",
        "recurrence": "FREQ=WEEKLY;COUNT=3",
        "fuseau": "Europe/Paris",
        "motif": "Banc en panne",
    }
    assert (await admin.get(f"{ROUTE}/{body['id']}")).json() == body
    (listed,) = (await admin.get(ROUTE, params={"centre_id": str(centre.id)})).json()["elements"]
    assert listed == body
    change = await admin.put(f"{ROUTE}/{body['id']}", json={"motif": "Réparé plus tard", "version": 1})
    assert (change.json()["motif"], change.json()["version"]) == ("Réparé plus tard", 2)
    assert (await admin.put(f"{ROUTE}/{body['id']}", json={"motif": "X", "version": 1})).status_code == 409
    for _fois in range(2):
        retire = await admin.delete(f"{ROUTE}/{body['id']}")
        assert (retire.status_code, retire.json()["statut"]) == (200, "annule")


async def test_a_collision_is_a_conflict_that_keeps_the_entry_waiting_and_is_applied_with_its_token(
    admin: httpx.AsyncClient, centre: CentreVue
):
    async with booked(admin, centre) as rdv:
        cle = {"Idempotency-Key": f"essai-{new_id().hex}"}
        refus = await admin.post(ROUTE, json=blocage(centre), headers=cle)
        body = refus.json()
        assert (refus.status_code, body["code"]) == (409, "PLANNING_COLLISION"), refus.text
        (collision,) = body["collisions"]
        assert (collision["rdv_id"], collision["numero"]) == (rdv["id"], rdv["numero"])
        assert (collision["debut"], collision["urgent"]) == ("2026-11-23T09:00:00+01:00", False)
        assert set(collision["possibilites"]) == {"reaffecter", "deplacer", "annuler"}
        assert len(collision["possibilites"]["deplacer"]) == 3
        entree = (await admin.get(f"{ROUTE}/{body['planning']['id']}")).json()
        assert entree == body["planning"]
        assert entree["statut"] == "en_attente"
        # The same request again, under the same key, is the same answer: no second entry.
        encore = await admin.post(ROUTE, json=blocage(centre), headers=cle)
        assert (encore.status_code, encore.json()["jeton"]) == (409, body["jeton"])
        envoi = {"jeton": body["jeton"], "resolutions": [collision["proposition"]]}
        for _fois in range(2):
            fait = await admin.post(f"{ROUTE}/{entree['id']}/appliquer", json=envoi)
            assert (fait.status_code, fait.json()["statut"]) == (200, "actif"), fait.text
        lu = (await admin.get(f"/api/v1/rdv/{rdv['id']}")).json()
        assert lu["creneau"]["debut"] == collision["proposition"]["debut"]


async def test_a_stale_token_answers_with_a_fresh_dry_run(admin: httpx.AsyncClient, centre: CentreVue):
    async with booked(admin, centre):
        essai = (await admin.post(ROUTE, json=blocage(centre))).json()
        async with booked(
            admin, centre, creneau__heure_debut="10:00", vehicule__immatriculation="BB-123-BB",
            client__email="lui@courriel.example", client__telephone="06 39 98 44 55",
        ):  # fmt: skip
            envoi = {"jeton": essai["jeton"], "resolutions": [c["proposition"] for c in essai["collisions"]]}
            refus = await admin.post(f"{ROUTE}/{essai['planning']['id']}/appliquer", json=envoi)
            assert (refus.status_code, refus.json()["code"]) == (409, "PLANNING_CHANGE")
            assert len(refus.json()["collisions"]) == 2
            frais = {
                "jeton": refus.json()["jeton"],
                "resolutions": [c["proposition"] for c in refus.json()["collisions"]],
            }
            fait = await admin.post(f"{ROUTE}/{essai['planning']['id']}/appliquer", json=frais)
            assert fait.status_code == 200, fait.text


async def test_leave_over_http(
    application: FastAPI, admin: httpx.AsyncClient, database: Database, reseau: TenantVue, centre: CentreVue
):
    async with database.transaction(reseau.id) as session:
        (anne,) = await list_controleurs(session, centre_id=centre.id)
    elle = agent(reseau.id, "CONTROLEUR", user_id=anne.user_id, centre_ids=[centre.id])
    async with open_as(application, elle) as client:
        demande = await client.post(ROUTE, json={"type": "conge", "motif": "Vacances", **MATIN})
        assert (demande.status_code, demande.json()["statut"]) == (201, "demande")
        chemin = f"{ROUTE}/{demande.json()['id']}"
        assert (await client.post(f"{chemin}/valider")).json()["code"] == "PERMISSION_REFUSEE"
        mien = await client.get(f"{ROUTE}/controleur/me", params={"du": "2026-11-23", "au": "2026-11-23"})
        assert mien.status_code == 200, mien.text
        (jour,) = mien.json()["jours"]
        assert [(e["type"], e["statut"]) for e in jour["evenements"]] == [("conge", "demande")]
        assert [len(c["plages"]) for c in jour["controleurs"]] == [2]
    async with open_as(application, elle) as client:
        assert (await client.get(chemin)).json()["statut"] == "demande"
    async with open_as(application, agent(reseau.id, "ADMIN_TENANT")) as chef:
        attendent = (await chef.get(ROUTE, params={"statut": "demande", "type": "conge"})).json()["elements"]
        assert [e["id"] for e in attendent] == [demande.json()["id"]]
        assert (await chef.post(f"{chemin}/refuser", json={"raison": ""})).status_code == 422
        assert (await chef.post(f"{chemin}/valider")).json()["statut"] == "validee"
        assert (await chef.post(f"{chemin}/refuser", json={"raison": "Non"})).json()["code"] == "ETAT_INCOMPATIBLE"
        assert (await chef.get(f"{ROUTE}/controleur/me")).json()["code"] == "CONTROLEUR_NOT_FOUND"
        vue = await chef.get(f"{ROUTE}/ct/{centre.id}", params={"du": "2026-11-23", "au": "2026-11-23"})
        (jour,) = vue.json()["jours"]
        assert [p["debut"] for c in jour["controleurs"] for p in c["plages"]] == ["2026-11-23T14:00:00+01:00"]
        autre = await chef.post(ROUTE, json={"type": "conge", "motif": "Non", "controleur_id": str(anne.id), **MATIN})
        assert autre.json()["statut"] == "validee"


async def test_the_planning_of_a_centre_and_how_full_it_is(admin: httpx.AsyncClient, centre: CentreVue):
    async with booked(admin, centre) as rdv:
        await admin.post(
            ROUTE, json=blocage(centre, debut="2026-11-23T14:00:00+01:00", fin="2026-11-23T18:00:00+01:00")
        )
        vue = await admin.get(f"{ROUTE}/ct/{centre.id}", params={"du": "2026-11-22", "au": "2026-11-24"})
        dimanche, lundi, mardi = vue.json()["jours"]
        assert (dimanche["remplissage"]["etat"], dimanche["remplissage"]["taux"]) == ("ferme", None)
        assert [(r["id"], r["client"], r["immatriculation"]) for r in lundi["rdv"]] == [
            (rdv["id"], "Ève Péan", "AB-123-CD")
        ]
        duree = rdv["creneau"]["duree_minutes"]
        plein = lundi["remplissage"]
        assert (plein["minutes_ouvertes"], plein["minutes_prises"], plein["nombre"]) == (240, duree, 1)
        assert plein["taux"] == duree * 100 // 240
        assert [b["motif"] for b in lundi["evenements"]] == ["Banc en panne"]
        assert mardi["remplissage"]["taux"] == 0
        tous = (await admin.get(f"{ROUTE}/global", params={"du": "2026-11-23", "au": "2026-11-23"})).json()
        (ligne,) = [c for c in tous["elements"] if c["centre_id"] == str(centre.id)]
        assert ligne["jours"] == [plein]
        un = await admin.get(f"{ROUTE}/global", params={"agence_id": str(centre.agence_id), "limite": 1})
        assert [c["centre_id"] for c in un.json()["elements"]] == [str(centre.id)]


@pytest.mark.parametrize(
    "params",
    [{"du": "2026-11-23", "au": "2026-11-22"}, {"du": "2026-01-01", "au": "2026-12-31"}, {"du": "9999-12-31"}],
)
async def test_a_period_is_bounded(admin: httpx.AsyncClient, centre: CentreVue, params: dict[str, str]):
    for chemin in (f"{ROUTE}/ct/{centre.id}", f"{ROUTE}/global"):
        refus = await admin.get(chemin, params=params)
        assert (refus.status_code, refus.json()["code"]) == (422, "PERIODE_INVALIDE")


async def test_the_identifier_of_a_centre_reads_and_writes_its_week(admin: httpx.AsyncClient, centre: CentreVue):
    await admin.post(ROUTE, json=blocage(centre))
    lu = (await admin.get(f"{ROUTE}/{centre.id}")).json()
    assert lu["horaires"]["lundi"] == SEMAINE["lundi"]
    assert lu["horaires"]["dimanche"] == []
    assert [e["motif"] for e in lu["evenements"]] == ["Banc en panne"]
    semaine = {"mardi": [{"debut": "09:00", "fin": "12:00"}]}
    ecrit = await admin.put(f"{ROUTE}/{centre.id}", json={"horaires": semaine, "version": lu["version"]})
    assert ecrit.status_code == 200, ecrit.text
    assert {j: p for j, p in ecrit.json()["horaires"].items() if p} == semaine
    perime = await admin.put(f"{ROUTE}/{centre.id}", json={"horaires": semaine, "version": lu["version"]})
    assert perime.json()["code"] == "VERSION_PERIMEE"
    faux = await admin.put(f"{ROUTE}/{centre.id}", json={"motif": "x"})
    assert (faux.status_code, list(faux.json()["champs"])) == (422, ["motif"])
    bloc = (await admin.get(f"{ROUTE}/{centre.id}")).json()["evenements"][0]
    autre = await admin.put(f"{ROUTE}/{bloc['id']}", json={"horaires": semaine})
    assert (autre.status_code, list(autre.json()["champs"])) == (422, ["horaires"])


async def test_staff_of_other_centres_and_inspectors_do_not_change_this_one(
    application: FastAPI, admin: httpx.AsyncClient, reseau: TenantVue, centre: CentreVue, database: Database
):
    bloc = (await admin.post(ROUTE, json=blocage(centre))).json()
    chemin = f"{ROUTE}/{bloc['id']}"
    ailleurs = agent(reseau.id, "ADMIN_CT", centre_ids=[new_id()])
    async with open_as(application, ailleurs) as client:
        for appel in (
            client.get(chemin),
            client.get(f"{ROUTE}/{centre.id}"),
            client.put(f"{ROUTE}/{centre.id}", json={"horaires": {}}),
            client.get(f"{ROUTE}/ct/{centre.id}"),
            client.get(f"{ROUTE}/ct/{centre.id}/a-risque"),
            client.get(f"{ROUTE}/global", params={"agence_id": str(centre.agence_id)}),
            client.get(ROUTE, params={"centre_id": str(centre.id)}),
            client.delete(chemin),
            client.put(chemin, json={"motif": "x"}),
        ):
            refus = await appel
            assert (refus.status_code, refus.json()["code"]) == (403, "HORS_PERIMETRE"), refus.request.url
        assert (await client.get(ROUTE)).json()["elements"] == []
    async with database.transaction(reseau.id) as session:
        (anne,) = await list_controleurs(session, centre_id=centre.id)
    async with open_as(application, ailleurs) as client:
        refus = await client.get(ROUTE, params={"controleur_id": str(anne.id)})
        assert refus.json()["code"] == "HORS_PERIMETRE"
    elle = agent(reseau.id, "CONTROLEUR", user_id=anne.user_id, centre_ids=[centre.id])
    async with open_as(application, elle) as client:
        assert (await client.put(f"{ROUTE}/{centre.id}", json={"horaires": {}})).json()["code"] == "PERMISSION_REFUSEE"
        assert (await client.delete(chemin)).json()["code"] == "PLANNING_NOT_FOUND"
        assert [e["id"] for e in (await client.get(ROUTE)).json()["elements"]] == [bloc["id"]]
    sans_reseau = agent(None, "SUPER_ADMIN")
    async with open_as(application, sans_reseau) as client:
        assert (await client.post(ROUTE, json=blocage(centre))).json()["code"] == "TENANT_REQUIS"


async def test_lists_go_on_from_their_own_cursor(admin: httpx.AsyncClient, centre: CentreVue):
    for n in range(3):
        await admin.post(
            ROUTE, json=blocage(centre, debut=f"2026-11-24T0{n + 1}:00:00+01:00", fin="2026-11-24T07:00:00+01:00")
        )
    premiere = (await admin.get(ROUTE, params={"limite": 2})).json()
    seconde = (await admin.get(ROUTE, params={"limite": 2, "curseur": premiere["suivant"]})).json()
    assert [len(premiere["elements"]), len(seconde["elements"]), seconde["suivant"]] == [2, 1, None]
    faux = await admin.get(f"{ROUTE}/global", params={"curseur": premiere["suivant"]})
    assert faux.json()["code"] == "CURSEUR_INVALIDE"
    liste = (await admin.get(f"{ROUTE}/global", params={"limite": 1})).json()
    assert liste["suivant"] is None


async def test_what_a_change_of_the_network_strands_is_listed_at_risk_and_not_dropped(
    admin: httpx.AsyncClient, database: Database, reseau: TenantVue, centre: CentreVue
):
    chemin = f"{ROUTE}/ct/{centre.id}/a-risque"
    assert (await admin.get(chemin)).json()["rdv"] == []

    async def raisons() -> list[list[str]]:
        return [r["raisons"] for r in (await admin.get(chemin)).json()["rdv"]]

    async def change_centre(**fields: Any) -> None:
        async with database.transaction(reseau.id) as session:
            await update_centre(session, centre.id, CentreModification.model_validate(fields))

    async with booked(admin, centre) as rdv:
        assert await raisons() == []
        await change_centre(horaires={"mardi": [{"debut": "08:00", "fin": "12:00"}]})
        assert await raisons() == [["hors_horaires"]]
        await change_centre(horaires=SEMAINE, capacite_journaliere=0)
        assert await raisons() == [["capacite"]]
        await change_centre(capacite_journaliere=50, equipements=[{"nom": "Moto", "vehicule_types": ["Moto"]}])
        assert await raisons() == [["equipement"]]
        await change_centre(equipements=[{"nom": "Moto", "vehicule_types": ["Moto", "VP"]}])
        async with database.transaction(reseau.id) as session:
            (anne,) = await list_controleurs(session, centre_id=centre.id)
            titres = [{"code": "VL", "valide_au": LUNDI - timedelta(days=1)}]
            await update_controleur(session, anne.id, ControleurModification.model_validate({"agrements": titres}))
        assert await raisons() == [["agrement"]]
        async with database.transaction(reseau.id) as session:
            await fill_controleur(session, centre)
            await update_controleur(session, anne.id, ControleurModification.model_validate({"actif": False}))
        assert await raisons() == [["controleur_absent"]]
        async with database.transaction(reseau.id) as session:
            await session.execute(
                text("update rdv.rdv set surnombre = true, controleur_id = null where id = :id"), {"id": rdv["id"]}
            )
        assert await raisons() == []
        await change_centre(actif=False)
        (risque,) = (await admin.get(chemin)).json()["rdv"]
        assert (risque["rdv_id"], risque["raisons"], risque["statut"]) == (rdv["id"], ["centre_ferme"], "confirme")
