"""The waiting list in a history: joining, answering, leaving, coming back, and what must be true of it when it is over."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from random import Random

from tests.histoires.etat import Etat, Ligne
from tests.histoires.modele import VEHICULES, Intention, Memoire, Monde, plaque

LISTE = "/api/v1/liste-attente"
REPONSES = ("accepter", "accepter", "accepter", "refuser", "quitter", "reprendre")


def draw_entry(rng: Random, monde: Monde, memoire: Memoire) -> Intention:
    """Somebody new waits for a place on one of the crowded days, in one centre or in any."""
    memoire.rang += 1
    sujet = plaque(memoire.client * 100_000 + memoire.rang)
    vehicule_type, carburant = rng.choice(VEHICULES)
    centres = [rng.choice(monde.centres)] if rng.random() < 0.6 else list(monde.centres)
    corps = {
        "centre_ids": centres,
        "periode": {"du": monde.jours[0], "au": rng.choice(monde.jours)},
        "client": {
            "nom": "Attente",
            "prenom": "Ada",
            "email": f"{sujet.lower()}@courriel.example",
            "telephone": f"+33465710{rng.randrange(1000):03d}",  # no mobile: mail alone
        },
        "vehicule": {"immatriculation": sujet, "type": vehicule_type, "carburant": carburant},
    }
    return Intention(
        operation="inscrire",
        sujet=sujet,
        methode="POST",
        chemin=LISTE,
        corps=corps,
        entetes=dict(monde.entetes),
        demande={"centres": centres},
    )


def draw_answer(rng: Random, monde: Monde, memoire: Memoire) -> Intention | None:
    """Somebody who waits says yes, no, leaves or comes back, whatever there is to answer, by their link."""
    del monde
    if not memoire.inscriptions:
        return None
    mienne = rng.choice(memoire.inscriptions)
    reponse = rng.choice(REPONSES)
    chemin = f"{LISTE}/{mienne['id']}"
    return Intention(
        operation=reponse,
        sujet=mienne["plaque"],
        methode="DELETE" if reponse == "quitter" else "POST",
        chemin=chemin if reponse == "quitter" else f"{chemin}/{reponse}",
        corps={} if reponse == "accepter" else None,
        entetes={"Authorization": f"Bearer {mienne['lien']}"},
        demande={"inscription_id": mienne["id"]},
    )


def _by_entry(etat: Etat) -> dict[str, list[Ligne]]:
    par_inscription: dict[str, list[Ligne]] = defaultdict(list)
    for offre in sorted(etat.offres, key=lambda o: o["faite_a"]):
        par_inscription[offre["inscription_id"]].append(offre)
    return par_inscription


def every_offer_is_over(etat: Etat) -> Iterator[str]:
    """An offer past its deadline was answered or has lapsed; one that is over holds no place."""
    for offre in etat.offres:
        if offre["issue"] is None and offre["expire_a"] <= etat.maintenant:
            yield f"offre {offre['id']} : échue et jamais dénouée"
        if offre["issue"] is not None and offre["tient"]:
            yield f"offre {offre['id']} : {offre['issue']}, tient toujours sa place"


def nobody_holds_two_offers(etat: Etat) -> Iterator[str]:
    """An entry has one offer at a time, and none once it has left or was served."""
    statuts = {i["id"]: i["statut"] for i in etat.inscriptions}
    for inscription_id, offres in _by_entry(etat).items():
        for avant, apres in pairwise(offres):
            if avant["finie_a"] is None or avant["finie_a"] > apres["faite_a"]:
                yield f"inscription {inscription_id} : {avant['id']} et {apres['id']} à la fois"
        en_cours = sum(o["issue"] is None for o in offres)
        if en_cours != (statuts[inscription_id] == "offre"):
            yield f"inscription {inscription_id} : {statuts[inscription_id]}, {en_cours} offre en cours"


def an_entry_is_served_once(etat: Etat) -> Iterator[str]:
    """Whoever was served accepted one offer and has one appointment, the one they were told."""
    rdvs = {r["id"] for r in etat.rdvs}
    par_inscription = _by_entry(etat)
    for inscription in etat.inscriptions:
        acceptees = sum(o["issue"] == "acceptee" for o in par_inscription[inscription["id"]])
        servie = inscription["statut"] == "servie"
        if acceptees != servie:
            yield f"{inscription['immatriculation']} : {inscription['statut']}, {acceptees} offres acceptées"
        if servie and inscription["servie_par"] not in rdvs:
            yield f"{inscription['immatriculation']} : servie, sans rendez-vous"
    obtenus = {i["id"]: i["servie_par"] for i in etat.inscriptions}
    for fait in etat.of("accepter"):
        if fait.accepte and fait.corps is not None:
            obtenu = obtenus.get(fait.demande["inscription_id"])
            if obtenu != fait.corps["id"]:
                yield f"{fait.sujet} : rendez-vous {fait.corps['id']} accordé, {obtenu} dans la base"
