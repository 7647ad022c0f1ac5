"""Whatever is sent to the routes of appointments, plannings and payments that makes no sense: the right code, a sentence in
French on the field, and nothing written. What a booking and a move refuse is with them (test_api_creation, test_api_modifier)."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from guichet.identite.facade import TenantVue
from guichet.rdv.questions.jetons import write_code_arrivee
from guichet.reseau.facade import CentreVue
from guichet.socle.acces import Appelant
from guichet.socle.database import Database
from guichet.socle.horloge import frozen
from guichet.socle.ids import new_id
from tests.identite.fabrique import make_tenant
from tests.rdv.appels import ROUTE, Personne, corps, lien
from tests.rdv.fabrique import agent, at, fill_reservable

V1 = "/api/v1"
DISPO, CHERCHER = f"{V1}/disponibilites", f"{V1}/disponibilites/search"
PLANNING, AFFECTER, PAYER = f"{V1}/planning", f"{V1}/affectation", f"{V1}/payment/process"
MATIN = {"debut": "2026-11-24T08:00:00+01:00", "fin": "2026-11-24T12:00:00+01:00"}
BLOC: dict[str, Any] = {"type": "blocage", "centre_id": "{centre}", "motif": "Banc en panne", **MATIN}
ECRITES = (
    "rdv.rdv", "rdv.cadence", "rdv.remarque", "rdv.evenement_planning", "annuaire.client", "annuaire.vehicule",
    "paiements.paiement", "paiements.remboursement", "paiements.piece", "socle.audit", "socle.messages",
)  # fmt: skip
FRANCAIS = re.compile(r"[A-ZÀ-Ý«].*[.»:)0-9a-zé]$", re.DOTALL)
ANGLAIS = re.compile(r"\b(should|must|input|field|valid|value|required|than|expected)\b", re.IGNORECASE)
LONG = "x" * 20_000

# (verb, address, body or query, status, code, field); {rdv}, {centre}, ... stand for what exists, {inconnu} for what does not.
Cas = tuple[str, str, Mapping[str, Any], int, str, str | None]


def bloc(**fields: Any) -> dict[str, Any]:
    return {nom: valeur for nom, valeur in (BLOC | fields).items() if valeur is not ...}


LECTURES: list[Cas] = [
    ("GET", DISPO, {"date": "2026-11-23"}, 422, "CHAMPS_INVALIDES", "centre_id"),
    ("GET", DISPO, {"centre_id": "{centre}"}, 422, "CHAMPS_INVALIDES", "date"),
    ("GET", DISPO, {"centre_id": "x", "date": "2026-11-23"}, 422, "CHAMPS_INVALIDES", "centre_id"),
    ("GET", DISPO, {"centre_id": "{centre}", "date": "23/11/2026"}, 422, "CHAMPS_INVALIDES", "date"),
    ("GET", DISPO, {"centre_id": "{inconnu}", "date": "2026-11-23"}, 404, "CENTRE_NOT_FOUND", None),
    ("GET", DISPO, {"centre_id": "{centre}", "date": "2026-11-23", "fin": "2026-11-22"}, 422, "PERIODE_INVALIDE", "fin"),
    ("GET", DISPO, {"centre_id": "{centre}", "date": "2026-11-23", "fin": "2027-11-22"}, 422, "PERIODE_INVALIDE", "fin"),
    ("GET", DISPO, {"centre_id": "{centre}", "date": "2026-11-23", "carburant": "Bois"}, 422, "CHAMPS_INVALIDES", "carburant"),
    ("GET", DISPO, {"centre_id": "{centre}", "date": "2026-11-23", "type_controle": "CTC"}, 422, "TYPE_CONTROLE_INCOHERENT", "type_controle"),
    ("POST", CHERCHER, {}, 422, "CHAMPS_INVALIDES", "date"),
    ("POST", CHERCHER, {"date": "2026-11-23"}, 422, "LIEU_REQUIS", "lieu"),
    ("POST", CHERCHER, {"date": "2026-11-23", "lieu": "Nulleparthoun"}, 422, "LIEU_INTROUVABLE", "lieu"),
    ("POST", CHERCHER, {"date": "2026-11-23", "lieu": LONG}, 422, "CHAMPS_INVALIDES", "lieu"),
    ("POST", CHERCHER, {"date": "2026-11-23", "lat": 91, "lon": 2}, 422, "CHAMPS_INVALIDES", "lat"),
    ("POST", CHERCHER, {"date": "2026-11-23", "lieu": "Lyon", "rayon_km": 101}, 422, "CHAMPS_INVALIDES", "rayon_km"),
    ("POST", CHERCHER, {"date": "2026-11-23", "lieu": "Lyon", "tri": "hasard"}, 422, "CHAMPS_INVALIDES", "tri"),
    ("POST", CHERCHER, {"date": "2026-11-23", "date_fin": "2026-11-22", "lieu": "Lyon"}, 422, "PERIODE_INVALIDE", "date_fin"),
    ("POST", CHERCHER, {"date": "2026-11-23", "lieu": "Lyon", "tenant_id": "{inconnu}"}, 422, "CHAMPS_INVALIDES", "tenant_id"),
    ("GET", ROUTE, {"statut": "perdu"}, 422, "CHAMPS_INVALIDES", "statut"),
    ("GET", ROUTE, {"date": "lundi"}, 422, "CHAMPS_INVALIDES", "date"),
    ("GET", ROUTE, {"limite": "101"}, 422, "CHAMPS_INVALIDES", "limite"),
    ("GET", ROUTE, {"curseur": "x"}, 422, "CURSEUR_INVALIDE", "curseur"),
    ("GET", ROUTE, {"centre_id": "{inconnu}"}, 404, "CENTRE_NOT_FOUND", None),
    ("GET", f"{ROUTE}/{{inconnu}}", {}, 404, "RDV_NOT_FOUND", None),
    ("GET", f"{ROUTE}/x", {}, 404, "ADRESSE_INCONNUE", None),
    ("GET", f"{ROUTE}/ct/{{inconnu}}", {}, 404, "CENTRE_NOT_FOUND", None),
    ("GET", f"{ROUTE}/{{inconnu}}/solde", {}, 404, "RDV_NOT_FOUND", None),
    ("GET", f"{ROUTE}/{{inconnu}}/billet", {}, 404, "RDV_NOT_FOUND", None),
    ("GET", f"{PLANNING}/ct/{{inconnu}}", {}, 404, "CENTRE_NOT_FOUND", None),
    ("GET", f"{PLANNING}/ct/{{inconnu}}/surcharges", {}, 404, "CENTRE_NOT_FOUND", None),
    ("GET", f"{PLANNING}/ct/{{centre}}/surcharges", {"du": "demain"}, 422, "CHAMPS_INVALIDES", "du"),
    ("GET", f"{PLANNING}/ct/{{centre}}", {"du": "2026-11-23", "au": "2027-11-23"}, 422, "PERIODE_INVALIDE", "au"),
    ("GET", f"{PLANNING}/{{inconnu}}", {}, 404, "PLANNING_NOT_FOUND", None),
]  # fmt: skip

ACCUEIL: list[Cas] = [
    ("POST", f"{ROUTE}/{{rdv}}/refuser", {}, 422, "CHAMPS_INVALIDES", "raison"),
    ("POST", f"{ROUTE}/{{rdv}}/refuser", {"raison": "\n "}, 422, "RAISON_REQUISE", "raison"),
    ("POST", f"{ROUTE}/{{rdv}}/refuser", {"raison": LONG}, 422, "CHAMPS_INVALIDES", "raison"),
    ("POST", f"{ROUTE}/{{inconnu}}/refuser", {"raison": "Panne"}, 404, "RDV_NOT_FOUND", None),
    ("POST", f"{ROUTE}/{{rdv}}/notes", {}, 422, "CHAMPS_INVALIDES", "texte"),
    ("POST", f"{ROUTE}/{{rdv}}/notes", {"texte": ""}, 422, "NOTE_VIDE", "texte"),
    ("POST", f"{ROUTE}/{{rdv}}/notes", {"texte": "x" * 2001}, 422, "NOTES_TROP_LONGUES", "texte"),
    ("POST", f"{ROUTE}/{{rdv}}/notes", {"texte": LONG}, 422, "CHAMPS_INVALIDES", "texte"),
    ("POST", f"{ROUTE}/{{rdv}}/notes", {"texte": "a\x00b"}, 422, "TEXTE_INVALIDE", "texte"),
    ("POST", f"{ROUTE}/{{rdv}}/notes", {"texte": "a", "auteur": "Autre"}, 422, "CHAMPS_INVALIDES", "auteur"),
    ("POST", f"{ROUTE}/{{rdv}}/demarrer", {}, 409, "ETAT_INCOMPATIBLE", None),
    ("POST", f"{ROUTE}/{{rdv}}/demarrer", {"controleur_id": "x"}, 422, "CHAMPS_INVALIDES", "controleur_id"),
    ("POST", f"{ROUTE}/{{rdv}}/demarrer", {"statut": "termine"}, 422, "CHAMPS_INVALIDES", "statut"),
    ("POST", f"{ROUTE}/{{rdv}}/terminer", {}, 422, "CHAMPS_INVALIDES", "resultat"),
    ("POST", f"{ROUTE}/{{rdv}}/terminer", {"resultat": "parfait"}, 422, "CHAMPS_INVALIDES", "resultat"),
    ("POST", f"{ROUTE}/{{rdv}}/terminer", {"resultat": "favorable"}, 409, "ETAT_INCOMPATIBLE", None),
    ("POST", f"{ROUTE}/{{rdv}}/absent", {}, 409, "ABSENCE_TROP_TOT", None),
    ("DELETE", f"{ROUTE}/{{rdv}}/absent", {}, 200, "", None),
    ("POST", f"{ROUTE}/{{rdv}}/arrivee", {}, 409, "ARRIVEE_HORS_HEURE", None),
    ("POST", f"{ROUTE}/{{rdv}}/valider", {}, 409, "VALIDATION_NON_REQUISE", None),
    ("POST", f"{ROUTE}/arrivee", {}, 422, "CHAMPS_INVALIDES", "jeton"),
    ("POST", f"{ROUTE}/arrivee", {"jeton": 12}, 422, "CHAMPS_INVALIDES", "jeton"),
    ("POST", f"{ROUTE}/arrivee", {"jeton": "{numero}"}, 422, "JETON_INVALIDE", "jeton"),
    ("POST", f"{ROUTE}/arrivee", {"jeton": "{lien}"}, 422, "JETON_INVALIDE", "jeton"),
    *(("POST", f"{ROUTE}/{{inconnu}}/{verbe}", {}, 404, "RDV_NOT_FOUND", None)
      for verbe in ("demarrer", "absent", "arrivee", "valider", "renvoyer-confirmation")),
]  # fmt: skip

ARGENT: list[Cas] = [
    ("POST", PAYER, {}, 422, "CHAMPS_INVALIDES", "rdv_id"),
    ("POST", PAYER, {"rdv_id": "x"}, 422, "CHAMPS_INVALIDES", "rdv_id"),
    ("POST", PAYER, {"rdv_id": "{inconnu}"}, 404, "RDV_NOT_FOUND", None),
    ("POST", PAYER, {"rdv_id": "{rdv}"}, 409, "ETAT_INCOMPATIBLE", None),
    ("POST", PAYER, {"rdv_id": "{rdv}", "montant_ttc": "0.01"}, 422, "CHAMPS_INVALIDES", "montant_ttc"),
    ("POST", PAYER, {"rdv_id": "{rdv}", "numero_carte": "4970 1000 0000 0000"}, 422, "CHAMPS_INVALIDES", "numero_carte"),
    ("POST", f"{ROUTE}/{{rdv}}/encaissement", {}, 422, "CHAMPS_INVALIDES", "moyen"),
    ("POST", f"{ROUTE}/{{rdv}}/encaissement", {"moyen": "troc"}, 422, "CHAMPS_INVALIDES", "moyen"),
    ("POST", f"{ROUTE}/{{rdv}}/encaissement", {"moyen": "especes", "montant_cents": 1}, 422, "CHAMPS_INVALIDES", "montant_cents"),
    ("POST", f"{ROUTE}/{{inconnu}}/encaissement", {"moyen": "especes"}, 404, "RDV_NOT_FOUND", None),
]  # fmt: skip

PLANNINGS: list[Cas] = [
    ("POST", PLANNING, {}, 422, "CHAMPS_INVALIDES", "type"),
    ("POST", PLANNING, bloc(type="sieste"), 422, "CHAMPS_INVALIDES", "type"),
    ("POST", PLANNING, bloc(centre_id="x"), 422, "CHAMPS_INVALIDES", "centre_id"),
    ("POST", PLANNING, bloc(centre_id="{inconnu}"), 404, "CENTRE_NOT_FOUND", None),
    ("POST", PLANNING, bloc(centre_id="{centre_d_autrui}"), 404, "CENTRE_NOT_FOUND", None),
    ("POST", PLANNING, bloc(centre_id=...), 422, "CIBLE_REQUISE", "centre_id"),
    ("POST", PLANNING, bloc(centre_id=..., controleur_id="{inconnu}"), 404, "CONTROLEUR_NOT_FOUND", None),
    ("POST", PLANNING, bloc(centre_id=..., controleur_id="{controleur_d_autrui}"), 404, "CONTROLEUR_NOT_FOUND", None),
    ("POST", PLANNING, bloc(equipement_id="{inconnu}"), 422, "EQUIPEMENT_INCONNU", "equipement_id"),
    ("POST", PLANNING, bloc(debut=...), 422, "CHAMPS_INVALIDES", "debut"),
    ("POST", PLANNING, bloc(debut="2026-11-24T08:00:00"), 422, "CHAMPS_INVALIDES", "debut"),
    ("POST", PLANNING, bloc(fin=MATIN["debut"]), 422, "PERIODE_INVALIDE", "fin"),
    ("POST", PLANNING, bloc(debut="2026-11-01T08:00:00Z", fin="2026-11-01T09:00:00Z"), 422, "PERIODE_PASSEE", "fin"),
    ("POST", PLANNING, bloc(motif=...), 422, "CHAMPS_INVALIDES", "motif"),
    ("POST", PLANNING, bloc(motif=" "), 422, "MOTIF_REQUIS", "motif"),
    ("POST", PLANNING, bloc(motif="x" * 201), 422, "MOTIF_TROP_LONG", "motif"),
    ("POST", PLANNING, bloc(motif=LONG), 422, "CHAMPS_INVALIDES", "motif"),
    ("POST", PLANNING, bloc(recurrence="FREQ=SECONDLY"), 422, "RECURRENCE_INVALIDE", "recurrence"),
    ("POST", PLANNING, bloc(statut="actif"), 422, "CHAMPS_INVALIDES", "statut"),
    ("POST", PLANNING, bloc(tenant_id="{inconnu}"), 422, "CHAMPS_INVALIDES", "tenant_id"),
    ("PUT", f"{PLANNING}/{{inconnu}}", {"motif": "Autre"}, 404, "PLANNING_NOT_FOUND", None),
    ("PUT", f"{PLANNING}/{{bloc}}", {"motif": "Autre", "version": 9}, 409, "VERSION_PERIMEE", None),
    ("PUT", f"{PLANNING}/{{bloc}}", {"fin": "hier"}, 422, "CHAMPS_INVALIDES", "fin"),
    ("PUT", f"{PLANNING}/{{bloc}}", {"version": 0}, 422, "CHAMPS_INVALIDES", "version"),
    ("PUT", f"{PLANNING}/{{bloc_d_autrui}}", {"motif": "Autre"}, 404, "PLANNING_NOT_FOUND", None),
    ("DELETE", f"{PLANNING}/{{inconnu}}", {}, 404, "PLANNING_NOT_FOUND", None),
    ("DELETE", f"{PLANNING}/{{bloc_d_autrui}}", {}, 404, "PLANNING_NOT_FOUND", None),
    ("POST", f"{PLANNING}/{{bloc}}/appliquer", {}, 422, "CHAMPS_INVALIDES", "jeton"),
    ("POST", f"{PLANNING}/{{bloc}}/appliquer", {"jeton": "x", "resolutions": []}, 422, "JETON_INVALIDE", "jeton"),
    ("POST", f"{PLANNING}/{{bloc}}/appliquer", {"jeton": "x", "resolutions": [{"rdv_id": "{rdv}", "action": "oublier"}]}, 422, "CHAMPS_INVALIDES", "resolutions.0.action"),
    ("POST", f"{PLANNING}/{{bloc}}/valider", {}, 200, "", None),
    ("POST", f"{PLANNING}/{{bloc}}/refuser", {}, 422, "CHAMPS_INVALIDES", "raison"),
    ("POST", AFFECTER, {"rdv_id": "{inconnu}"}, 404, "RDV_NOT_FOUND", None),
    ("POST", AFFECTER, {"centre_id": "{inconnu}", "debut": MATIN["debut"]}, 404, "CENTRE_NOT_FOUND", None),
    ("POST", AFFECTER, {"centre_id": "{centre}", "debut": "2026-11-24T08:00"}, 422, "CHAMPS_INVALIDES", "debut"),
]  # fmt: skip


@pytest.fixture
def admin(application: FastAPI, reseau: TenantVue) -> Personne:
    """Whoever may do everything in their tenant."""
    return Personne(application, agent(reseau.id, "ADMIN_TENANT", user_id=new_id()))


@pytest.fixture
async def noms(
    application: FastAPI, admin: Personne, reseau: TenantVue, centre: CentreVue, database: Database
) -> dict[str, str]:
    """What exists: an appointment and a block of the tenant, and the same of another."""
    rdv = (await admin.post(ROUTE, json=corps(centre))).json()
    autrui = await make_tenant(database)
    async with database.transaction(autrui.id) as session:
        leur, (lui,) = await fill_reservable(session)
    etranger = Personne(application, agent(autrui.id, "ADMIN_TENANT", user_id=new_id()))
    blocs = [
        (await qui.post(PLANNING, json=bloc(centre_id=str(ou.id)))).json()["id"]
        for qui, ou in ((admin, centre), (etranger, leur))
    ]
    return {
        "rdv": rdv["id"], "numero": rdv["numero"], "centre": str(centre.id), "inconnu": str(new_id()),
        "lien": rdv["lien_gestion"].partition("lien=")[2], "bloc": blocs[0], "bloc_d_autrui": blocs[1],
        "centre_d_autrui": str(leur.id), "controleur_d_autrui": str(lui.id),
    }  # fmt: skip


def filled(value: Any, noms: dict[str, str]) -> Any:
    """A body or an address with what exists in its places."""
    if isinstance(value, str):
        return re.sub(r"\{(\w+)\}", lambda m: noms[m[1]], value)
    if isinstance(value, Mapping):
        return {nom: filled(v, noms) for nom, v in value.items()}
    return [filled(v, noms) for v in value] if isinstance(value, list) else value


async def rows(database: Database, tenant_id: UUID) -> dict[str, int]:
    async with database.transaction(tenant_id) as session:
        return {t: (await session.execute(text(f"select count(*) from {t}"))).scalar_one() for t in ECRITES}


def complaint(answer: httpx.Response, status: int, code: str, champ: str | None) -> str | None:
    """What is wrong with a refusal; None when it is the one expected, said in French on the field."""
    corps_ = answer.json()
    if (answer.status_code, corps_.get("code", "")) != (status, code):
        return f"{answer.status_code} {answer.text[:300]}"
    if status < 400:
        return None
    dits = [corps_["message"], *corps_.get("champs", {}).values()]
    if champ is not None and champ not in corps_.get("champs", {}):
        return f"no word on {champ}: {answer.text[:300]}"
    mal = [d for d in dits if ANGLAIS.search(d) or not FRANCAIS.match(d)]
    return f"not a sentence in French: {mal}" if mal else None


async def ask(qui: Personne, noms: dict[str, str], cas: Cas) -> httpx.Response:
    methode, chemin, envoi, *_attendu = cas
    rempli = filled(envoi, noms)
    options = {"params": rempli} if methode == "GET" else {"json": rempli}
    return await qui.request(methode, filled(chemin, noms), **options)


@pytest.mark.parametrize(
    "table", [LECTURES, ACCUEIL, ARGENT, PLANNINGS], ids=["lectures", "accueil", "argent", "plannings"]
)
async def test_what_makes_no_sense_is_refused_on_its_field_and_leaves_no_trace(
    admin: Personne, reseau: TenantVue, noms: dict[str, str], database: Database, table: list[Cas]
):
    avant = await rows(database, reseau.id)
    plaintes = {}
    for cas in table:
        if plainte := complaint(await ask(admin, noms, cas), *cas[3:]):
            plaintes[f"{cas[0]} {cas[1]} {str(cas[2])[:120]}"] = plainte
    assert plaintes == {}
    assert await rows(database, reseau.id) == avant


async def test_another_tenants_objects_do_not_exist_for_anybody(
    application: FastAPI, noms: dict[str, str], reseau: TenantVue, database: Database
):
    etranger = Personne(application, agent((await make_tenant(database)).id, "ADMIN_TENANT", user_id=new_id()))
    avant = await rows(database, reseau.id)
    gestes: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", "", {}), ("PUT", "", {"notes": "a"}), ("DELETE", "", {}), ("GET", "/solde", {}), ("GET", "/billet", {}),
        ("GET", "/annulation", {}), ("GET", "/notes", {}), ("POST", "/refuser", {"raison": "Panne"}),
        ("POST", "/notes", {"texte": "a"}), ("POST", "/arrivee", {}), ("POST", "/demarrer", {}),
        ("POST", "/terminer", {"resultat": "favorable"}), ("POST", "/absent", {}), ("POST", "/valider", {}),
        ("POST", "/renvoyer-confirmation", {}), ("POST", "/encaissement", {"moyen": "especes"}),
    ]  # fmt: skip
    for methode, suite, envoi in gestes:
        options = {} if methode == "GET" else {"json": envoi}
        answer = await etranger.request(methode, f"{ROUTE}/{noms['rdv']}{suite}", **options)
        assert (answer.status_code, answer.json()["code"]) == (404, "RDV_NOT_FOUND"), (methode, suite)
    refus = await etranger.post(PAYER, json={"rdv_id": noms["rdv"]})
    assert (refus.status_code, refus.json()["code"]) == (404, "RDV_NOT_FOUND")
    for chemin in (f"{PLANNING}/ct/{noms['centre']}", f"{ROUTE}/ct/{noms['centre']}", f"{PLANNING}/{noms['bloc']}"):
        assert (await etranger.get(chemin)).status_code == 404
    assert await rows(database, reseau.id) == avant


async def test_a_passer_by_and_another_link_open_nothing(
    application: FastAPI, noms: dict[str, str], reseau: TenantVue, database: Database
):
    avant = await rows(database, reseau.id)
    autre = Personne(application, lien({"id": str(new_id())}, reseau.id))
    passant = Personne(application, Appelant(ip="192.0.2.9"))
    for qui in (passant, autre):
        for methode, suite in (
            ("GET", ""),
            ("PUT", ""),
            ("DELETE", ""),
            ("POST", "/arrivee"),
            ("GET", "/solde"),
            ("GET", "/billet"),
        ):
            options: dict[str, Any] = {} if methode == "GET" else {"json": {}}
            refus = await qui.request(methode, f"{ROUTE}/{noms['rdv']}{suite}", **options)
            assert refus.status_code in {401, 403, 404}, (methode, suite, refus.text)
    assert await rows(database, reseau.id) == avant


async def test_what_is_sent_again_or_out_of_order_changes_nothing_more(
    admin: Personne, noms: dict[str, str], reseau: TenantVue, database: Database
):
    url = f"{ROUTE}/{noms['rdv']}"
    code = write_code_arrivee(tenant_id=reseau.id, rdv_id=UUID(noms["rdv"]))
    async with database.transaction(reseau.id) as session:
        controleur = await session.scalar(text("select controleur_id from rdv.rdv"))
    with frozen(at(9, 5)):
        for verbe, envoi in (
            ("arrivee", {}), ("demarrer", {"controleur_id": str(controleur)}), ("terminer", {"resultat": "favorable"}),
            ("encaissement", {"moyen": "especes"}),
        ):  # fmt: skip
            cle = {"Idempotency-Key": f"{verbe}-{noms['rdv']}"}
            premier = await admin.post(f"{url}/{verbe}", json=envoi, headers=cle)
            assert premier.status_code in {200, 201}, premier.text
            avant = await rows(database, reseau.id)
            assert (await admin.post(f"{url}/{verbe}", json=envoi, headers=cle)).json() == premier.json()
            autre = await admin.post(f"{url}/{verbe}", json=envoi | {"de_trop": 1}, headers=cle)
            assert autre.status_code == 422
            assert await rows(database, reseau.id) == avant
        for verbe, envoi in (
            ("demarrer", {}),
            ("absent", {}),
            ("terminer", {"resultat": "defavorable"}),
            ("refuser", {"raison": "Non"}),
        ):
            refus = await admin.post(f"{url}/{verbe}", json=envoi)
            assert (refus.status_code, refus.json()["code"] in {"ETAT_INCOMPATIBLE", "RESULTAT_DEJA_DONNE"}) == (
                409,
                True,
            ), refus.text
        assert (await admin.put(url, json={"notes": "trop tard"})).json()["code"] == "ETAT_INCOMPATIBLE"
        assert (await admin.delete(url)).json()["code"] == "ETAT_INCOMPATIBLE"
        encore = await admin.post(f"{ROUTE}/arrivee", json={"jeton": code})
        assert encore.json()["arrive_le"] == "2026-11-23T09:05:00+01:00"
        assert await rows(database, reseau.id) == avant
    with frozen(at(9, 5) + timedelta(days=1)):
        assert (await admin.post(f"{url}/absent")).json()["code"] == "ETAT_INCOMPATIBLE"
