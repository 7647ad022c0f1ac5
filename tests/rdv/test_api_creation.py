"""Booking over HTTP: what is answered, and what is refused with nothing written."""

from datetime import date, datetime, timedelta
from typing import Any

import httpx
from fastapi import FastAPI
from sqlalchemy import text

from guichet.identite.facade import TenantVue, set_reglages
from guichet.rdv.facade import Reservation
from guichet.reseau.facade import CentreVue, ControleurVue
from guichet.socle.database import Database
from guichet.socle.horloge import frozen
from guichet.socle.ids import new_id
from tests.rdv.appels import DELETE, DISPO, ROUTE, corps, count, open_as
from tests.rdv.fabrique import MAINTENANT, agent, fill_reservable
from tests.reseau.fabrique import fill_centre, fill_controleur


async def test_anybody_books_and_gets_everything_the_contract_names(passant: httpx.AsyncClient, centre: CentreVue):
    answer = await passant.post(ROUTE, json=corps(centre, notes="Portail vert"))
    assert answer.status_code == 201, answer.text
    rdv = answer.json()
    assert answer.headers["location"] == f"{ROUTE}/{rdv['id']}"
    assert rdv["centre"] == {
        "id": str(centre.id),
        "nom": centre.nom,
        "adresse": centre.adresse,
        "code_postal": centre.code_postal,
        "ville": centre.ville,
        "telephone": centre.telephone,
    }
    assert rdv["creneau"] == {
        "date": "2026-11-23",
        "heure_debut": "09:00",
        "heure_fin": "09:45",
        "duree_minutes": 45,
        "debut": "2026-11-23T09:00:00+01:00",
        "fin": "2026-11-23T09:45:00+01:00",
    }
    assert (rdv["statut"], rdv["montant_ttc"], rdv["source"]) == ("confirme", "79.00", "web")
    assert (rdv["surnombre"], rdv["url_paiement"], rdv["expire_a"]) == (False, None, None)
    assert rdv["controleur"]["agrements"] == ["Gaz", "L", "VL"]
    assert rdv["client"]["telephone"] == "+33639981234"
    assert rdv["numero"].startswith("RDV-")
    assert rdv["lien_gestion"]
    assert datetime.fromisoformat(rdv["created_at"]) == MAINTENANT


async def test_a_listed_start_is_booked_by_its_identifier(passant: httpx.AsyncClient, centre: CentreVue):
    jours = (await passant.get(DISPO, params={"centre_id": str(centre.id), "date": "2026-11-23"})).json()["jours"]
    dix_heures = next(c for c in jours[0]["creneaux"] if c["heure_debut"] == "10:00")
    body = corps(centre, disponibilite_id=dix_heures["id"], centre_id=DELETE, creneau=DELETE)
    answer = await passant.post(ROUTE, json=body)
    assert answer.json()["creneau"]["debut"] == dix_heures["debut"]
    body["disponibilite_id"] += "x"
    refused = await passant.post(ROUTE, json=body)
    assert (refused.status_code, refused.json()["code"]) == (422, "DISPONIBILITE_INVALIDE")


async def test_a_taken_start_says_so_with_up_to_three_alternatives(passant: httpx.AsyncClient, centre: CentreVue):
    await passant.post(ROUTE, json=corps(centre))
    refused = await passant.post(ROUTE, json=corps(centre, vehicule__immatriculation="AB-124-CD"))
    body = refused.json()
    assert (refused.status_code, body["code"], body["raison"]) == (409, "CRENEAU_INDISPONIBLE", "pris")
    assert [a["heure_debut"] for a in body["alternatives"]] == ["08:00", "08:15", "09:45"]
    again = corps(centre, disponibilite_id=body["alternatives"][0]["id"], centre_id=DELETE, creneau=DELETE)
    assert (await passant.post(ROUTE, json=again)).json()["creneau"]["heure_debut"] == "08:00"


BAD: list[tuple[dict[str, Any], int, str, str | None]] = [
    ({"centre_id": str(new_id())}, 404, "CENTRE_NOT_FOUND", None),
    ({"centre_id": "x"}, 422, "CHAMPS_INVALIDES", "centre_id"),
    ({"centre_id": DELETE}, 422, "CENTRE_REQUIS", "centre_id"),
    ({"client": DELETE}, 422, "CHAMPS_INVALIDES", "client"),
    ({"client__nom": ""}, 422, "NOM_INVALIDE", "client.nom"),
    ({"client__nom": "x" * 101}, 422, "NOM_INVALIDE", "client.nom"),
    ({"client__nom": DELETE}, 422, "CHAMPS_INVALIDES", "client.nom"),
    ({"client__prenom": "\x00"}, 422, "PRENOM_INVALIDE", "client.prenom"),
    ({"client__email": "eve"}, 422, "EMAIL_INVALIDE", "client.email"),
    ({"client__email": None}, 422, "EMAIL_INVALIDE", "client.email"),
    ({"client__telephone": "12"}, 422, "TELEPHONE_INVALIDE", "client.telephone"),
    ({"client__type": "robot"}, 422, "CHAMPS_INVALIDES", "client.type"),
    ({"client__type": "professionnel"}, 422, "RAISON_SOCIALE_INVALIDE", "client.raison_sociale"),
    ({"client__siret": "123"}, 422, "SIRET_INVALIDE", "client.siret"),
    ({"client__role": "admin"}, 422, "CHAMPS_INVALIDES", "client.role"),
    ({"vehicule__immatriculation": "BONJOUR"}, 422, "IMMATRICULATION_INVALIDE", "vehicule.immatriculation"),
    ({"vehicule__type": "Char"}, 422, "CHAMPS_INVALIDES", "vehicule.type"),
    ({"vehicule__carburant": "Charbon"}, 422, "CHAMPS_INVALIDES", "vehicule.carburant"),
    ({"vehicule__carburant": DELETE}, 422, "CHAMPS_INVALIDES", "vehicule.carburant"),
    ({"vehicule__marque": "x" * 61}, 422, "TEXTE_INVALIDE", "vehicule.marque"),
    (
        {"vehicule__date_mise_circulation": "2030"},
        422,
        "DATE_MISE_CIRCULATION_INVALIDE",
        "vehicule.date_mise_circulation",
    ),
    ({"type_controle": "XYZ"}, 422, "CHAMPS_INVALIDES", "type_controle"),
    ({"type_controle": "CTC"}, 422, "TYPE_CONTROLE_INCOHERENT", "type_controle"),
    ({"type_controle": "CVP"}, 422, "DATE_CONTROLE_INITIAL_REQUISE", "date_controle_initial"),
    (
        {"type_controle": "CVP", "date_controle_initial": "2026-11-02"},
        422,
        "TYPE_CONTROLE_INCOHERENT",
        "date_controle_initial",
    ),
    ({"date_controle_initial": "hier"}, 422, "DATE_INVALIDE", "date_controle_initial"),
    ({"creneau": DELETE}, 422, "DATE_INVALIDE", "creneau.date"),
    ({"creneau__date": "23/11/2026"}, 422, "DATE_INVALIDE", "creneau.date"),
    ({"creneau__heure_debut": "9h"}, 422, "HEURE_INVALIDE", "creneau.heure_debut"),
    ({"creneau__heure_debut": "25:00"}, 422, "HEURE_INVALIDE", "creneau.heure_debut"),
    ({"creneau__decalage": "demain"}, 422, "DECALAGE_INVALIDE", "creneau.decalage"),
    ({"creneau__decalage": "+05:00"}, 422, "DECALAGE_INVALIDE", "creneau.decalage"),
    ({"creneau__date": "2026-11-19"}, 422, "CRENEAU_PASSE", "creneau.heure_debut"),
    ({"creneau__date": "2026-11-20", "creneau__heure_debut": "08:30"}, 422, "CRENEAU_PASSE", "creneau.heure_debut"),
    ({"creneau__date": "2027-06-01"}, 422, "CRENEAU_HORS_HORIZON", "creneau.date"),
    ({"creneau__date": "9999-12-31"}, 422, "CRENEAU_HORS_HORIZON", "creneau.date"),
    ({"creneau__heure_debut": "09:07"}, 422, "CRENEAU_HORS_GRILLE", "creneau.heure_debut"),
    ({"creneau__heure_debut": "13:00"}, 422, "CRENEAU_HORS_HORAIRES", "creneau.heure_debut"),
    ({"creneau__heure_debut": "11:30"}, 422, "CRENEAU_HORS_HORAIRES", "creneau.heure_debut"),
    ({"creneau__date": "2026-11-22"}, 422, "CRENEAU_HORS_HORAIRES", "creneau.heure_debut"),
    ({"creneau__date": "2026-12-25"}, 422, "CRENEAU_HORS_HORAIRES", "creneau.heure_debut"),
    ({"controleur_id": str(new_id())}, 404, "CONTROLEUR_NOT_FOUND", None),
    ({"paiement": {"mode": "en_ligne"}}, 422, "PAIEMENT_EN_LIGNE_INDISPONIBLE", "paiement.mode"),
    ({"paiement": {"mode": "sur_place", "numero_carte": "4970"}}, 422, "CHAMPS_INVALIDES", "paiement.numero_carte"),
    ({"notes": "x" * 501}, 422, "NOTES_TROP_LONGUES", "notes"),
    ({"notes": "a\x00b"}, 422, "TEXTE_INVALIDE", "notes"),
    ({"source": "pirate"}, 422, "CHAMPS_INVALIDES", "source"),
    ({"disponibilite_id": "x"}, 422, "DISPONIBILITE_INVALIDE", "disponibilite_id"),
    ({"montant_ttc": "0.01"}, 422, "CHAMPS_INVALIDES", "montant_ttc"),
    ({"duree_minutes": 5}, 422, "CHAMPS_INVALIDES", "duree_minutes"),
    ({"tenant_id": str(new_id())}, 422, "CHAMPS_INVALIDES", "tenant_id"),
    ({"statut": "termine"}, 422, "CHAMPS_INVALIDES", "statut"),
]


async def test_every_bad_input_has_its_code_its_field_and_leaves_no_trace(
    passant: httpx.AsyncClient, centre: CentreVue, database: Database
):
    before = await count(database, centre.tenant_id)
    for fields, status, code, champ in BAD:
        answer = await passant.post(ROUTE, json=corps(centre, **fields))
        body = answer.json()
        assert (answer.status_code, body["code"]) == (status, code), (fields, body)
        if champ is not None:
            assert champ in body["champs"], (fields, body)
        assert body["message"]
    assert await count(database, centre.tenant_id) == before


async def test_several_wrong_fields_are_all_named(passant: httpx.AsyncClient, centre: CentreVue):
    body = corps(centre, client__email="x", vehicule__immatriculation="?", creneau__heure_debut="9")
    refused = (await passant.post(ROUTE, json=body)).json()
    assert refused["code"] == "CHAMPS_INVALIDES"
    assert set(refused["champs"]) == {"client.email", "vehicule.immatriculation", "creneau.heure_debut"}


async def test_a_centre_that_is_closed_for_good_takes_no_booking(
    application: FastAPI, passant: httpx.AsyncClient, database: Database, reseau: TenantVue
):
    async with database.transaction(reseau.id) as session:
        ferme = await fill_centre(session, actif=False)
        vide = await fill_centre(session)
    refused = await passant.post(ROUTE, json=corps(ferme))
    assert (refused.status_code, refused.json()["code"]) == (409, "CENTRE_INACTIF")
    refused = await passant.post(ROUTE, json=corps(vide))
    assert (refused.status_code, refused.json()["code"]) == (422, "AGREMENT_ABSENT")


async def test_nobody_accredited_is_not_the_same_as_closed_at_that_hour(
    passant: httpx.AsyncClient, database: Database, reseau: TenantVue
):
    async with database.transaction(reseau.id) as session:
        centre = await fill_centre(session)
        vl = [{"code": "VL", "valide_au": date(2099, 1, 1)}]
        await fill_controleur(session, centre, agrements=vl)
        jeudi = {"jeudi": [{"debut": "08:00", "fin": "12:00"}]}
        gaz = await fill_controleur(session, centre, centres=[{"centre_id": centre.id, "horaires": jeudi}])
    moto = {"vehicule__type": "Moto", "vehicule__carburant": "Essence"}
    refused = (await passant.post(ROUTE, json=corps(centre, vehicule__carburant="Gaz"))).json()
    assert refused["code"] == "CRENEAU_HORS_HORAIRES"
    assert refused["alternatives"][0]["date"] == "2026-11-26"
    refused = (await passant.post(ROUTE, json=corps(centre, **moto, creneau__date="2026-11-26"))).status_code
    assert refused == 201
    async with database.transaction(reseau.id) as session:
        await session.execute(text("delete from rdv.ouverture where controleur_id = :id"), {"id": gaz.id})
    refused = (await passant.post(ROUTE, json=corps(centre, **moto))).json()
    assert refused["code"] == "AGREMENT_ABSENT"


async def test_a_chosen_inspector_is_the_one_or_is_refused(
    passant: httpx.AsyncClient, database: Database, reseau: TenantVue
):
    async with database.transaction(reseau.id) as session:
        centre, (premier,) = await fill_reservable(session)
        second = await fill_controleur(session, centre, agrements=[{"code": "VL", "valide_au": date(2026, 11, 22)}])
        ailleurs: ControleurVue = await fill_controleur(session, await fill_centre(session))
    for qui, status, code in [
        (second, 422, "CONTROLEUR_AGREMENT_INSUFFISANT"),
        (ailleurs, 404, "CONTROLEUR_NOT_FOUND"),
    ]:
        refused = await passant.post(ROUTE, json=corps(centre, controleur_id=str(qui.id)))
        assert (refused.status_code, refused.json()["code"]) == (status, code)
    taken = await passant.post(ROUTE, json=corps(centre, controleur_id=str(premier.id)))
    assert taken.json()["controleur"]["id"] == str(premier.id)


async def test_the_same_key_gives_the_same_appointment(passant: httpx.AsyncClient, centre: CentreVue):
    cle = {"Idempotency-Key": "essai-0001"}
    first = await passant.post(ROUTE, json=corps(centre), headers=cle)
    again = await passant.post(ROUTE, json=corps(centre), headers=cle)
    assert (again.status_code, again.json()) == (201, first.json())
    other = await passant.post(ROUTE, json=corps(centre, notes="autre"), headers=cle)
    assert (other.status_code, other.json()["code"]) == (422, "IDEMPOTENCE_CONFLIT")


async def test_caps_hold_back_anonymous_callers_only(
    application: FastAPI, passant: httpx.AsyncClient, centre: CentreVue, database: Database
):
    for heure in ("08:00", "09:00", "10:00"):
        assert (await passant.post(ROUTE, json=corps(centre, creneau__heure_debut=heure))).status_code == 201
    refused = await passant.post(ROUTE, json=corps(centre, creneau__heure_debut="11:00"))
    assert (refused.status_code, refused.json()["code"]) == (429, "TROP_DE_RESERVATIONS")
    assert refused.headers["retry-after"] == "900"
    async with open_as(application, agent(centre.tenant_id)) as appels:
        staff = await appels.post(ROUTE, json=corps(centre, creneau__heure_debut="11:00"))
        assert (staff.status_code, staff.json()["source"]) == (201, "backoffice")
    with frozen(MAINTENANT + timedelta(minutes=16)):
        later = await passant.post(ROUTE, json=corps(centre, creneau__heure_debut="14:00"))
        assert later.status_code == 201


async def test_an_address_has_its_own_cap(passant: httpx.AsyncClient, centre: CentreVue, database: Database):
    async with database.transaction(centre.tenant_id) as session:
        await set_reglages(session, Reservation(plafond_adresse=2))
    statuses = [
        (
            await passant.post(
                ROUTE, json=corps(centre, creneau__heure_debut=f"{8 + n:02d}:00", client__telephone=f"06 39 98 00 0{n}")
            )
        ).status_code
        for n in range(3)
    ]
    assert statuses == [201, 201, 429]


async def test_staff_may_book_without_an_address_when_there_is_a_mobile(application: FastAPI, centre: CentreVue):
    async with open_as(application, agent(centre.tenant_id)) as appels:
        answer = await appels.post(ROUTE, json=corps(centre, client__email=None, source="call_center"))
        assert (answer.status_code, answer.json()["source"]) == (201, "call_center")
