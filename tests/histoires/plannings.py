"""Blocks, leave and absences in a history: what the manager enters, and what must be true of it when it is over."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from random import Random
from typing import Any, Final

from tests.histoires.etat import Etat, Ligne
from tests.histoires.journal import Fait, gestes_of
from tests.histoires.modele import PARIS, Intention, Memoire, Monde, instant_of

HEURES: Final = (("09:00", "10:30"), ("14:30", "16:00"), ("16:00", "18:00"), ("08:00", "12:00"))
EFFECTIFS: Final = frozenset({"actif", "validee"})


def draw_block(rng: Random, monde: Monde, memoire: Memoire) -> Intention | None:
    """The manager closes some hours of a centre or of a person, or sends somebody on leave."""
    if memoire.client != 0 or not monde.regle:
        return None
    jour, (debut, fin) = rng.choice(monde.jours), rng.choice(HEURES)
    genre = rng.choice(("blocage", "blocage", "conge", "absence"))
    corps: dict[str, Any] = {
        "type": genre,
        "debut": instant_of(jour, debut).isoformat(),
        "fin": instant_of(jour, fin).isoformat(),
        "motif": "Histoire",
    }
    if genre != "blocage" or rng.random() < 0.7:
        corps["controleur_id"] = rng.choice(list(monde.controleurs))
    else:
        corps["centre_id"] = rng.choice(monde.centres)
    return Intention(
        operation="bloquer",
        sujet=corps.get("controleur_id") or corps["centre_id"],
        methode="POST",
        chemin="/api/v1/planning",
        corps=corps,
        entetes=dict(monde.entetes),
        demande={"type": genre, "debut": corps["debut"], "fin": corps["fin"]},
    )


def draw_application(rng: Random, monde: Monde, memoire: Memoire) -> Intention | None:
    """What was proposed for the appointments in the way of a block is sent back as it is."""
    if not memoire.essais:
        return None
    essai = memoire.essais.pop(rng.randrange(len(memoire.essais)))
    propositions = [c["proposition"] for c in essai["collisions"]]
    centres = {c["rdv_id"]: c["centre_id"] for c in essai["collisions"]}
    planning_id = essai["planning"]["id"]
    return Intention(
        operation="appliquer",
        sujet=planning_id,
        methode="POST",
        chemin=f"/api/v1/planning/{planning_id}/appliquer",
        corps={"jeton": essai["jeton"], "resolutions": propositions},
        entetes=dict(monde.entetes),
        demande={"resolutions": [{**p, "centre_id": centres[p["rdv_id"]]} for p in propositions]},
    )


def draw_withdrawal(rng: Random, monde: Monde, memoire: Memoire) -> Intention | None:
    """A block is taken back."""
    if not memoire.blocages or rng.random() < 0.4:
        return None
    planning_id = memoire.blocages.pop(rng.randrange(len(memoire.blocages)))
    return Intention(
        operation="debloquer",
        sujet=planning_id,
        methode="DELETE",
        chemin=f"/api/v1/planning/{planning_id}",
        entetes=dict(monde.entetes),
        demande={},
    )


def decided(faits: Iterable[Fait], rdvs: Iterable[Ligne]) -> list[Fait]:
    """What plannings did to appointments, as if somebody had asked for it: moved, cancelled, given to another inspector."""
    plaques = {r["id"]: r["immatriculation"] for r in rdvs}
    return [
        _as_asked(fait, resolution, plaques[resolution["rdv_id"]])
        for fait in faits
        if fait.operation == "appliquer"
        for resolution in fait.demande["resolutions"]
        if resolution["rdv_id"] in plaques
    ]


def _as_asked(fait: Fait, resolution: dict[str, Any], plaque: str) -> Fait:
    operation = resolution["action"]
    demande = {"rdv_id": resolution["rdv_id"], "centre_id": resolution["centre_id"]}
    if operation == "deplacer":
        local = datetime.fromisoformat(resolution["debut"]).astimezone(PARIS)
        demande |= {"date": local.date().isoformat(), "heure_debut": f"{local:%H:%M}"}
    return replace(fait, operation=operation, sujet=plaque, cle=f"{fait.cle}:{plaque}", demande=demande)


def nobody_works_on_blocked_hours(etat: Etat) -> Iterator[str]:
    """No living appointment stands where an entry that acts takes the hours away."""
    actifs = [e for e in etat.plannings if e["statut"] in EFFECTIFS and e["type"] != "ouverture"]
    for rdv in etat.vivants:
        for entree in actifs:
            ici = entree["centre_id"] in {None, rdv["centre_id"]}
            lui = entree["controleur_id"] in {None, rdv["controleur_id"]}
            if ici and lui and entree["debut"] < rdv["fin"] and rdv["debut"] < entree["fin"]:
                yield f"{rdv['immatriculation']} ({rdv['debut']:%d/%m %H:%M}) pendant {entree['type']} {entree['id']}"


def what_was_blocked_is_blocked(etat: Etat) -> Iterator[str]:
    """An entry that was granted acts, unless taking it back may have been heard; one taken back does not act."""
    par_id = {e["id"]: e for e in etat.plannings}
    retraits = {g.fait.sujet: g.accepte for g in gestes_of(etat.of("debloquer"))}
    accordes = {str(f.corps["id"]) for f in etat.of("bloquer") if f.accepte and f.corps is not None}
    accordes |= {f.sujet for f in etat.of("appliquer") if f.accepte}
    for planning_id in sorted(accordes):
        entree = par_id.get(planning_id)
        if planning_id not in retraits and (entree is None or entree["statut"] not in EFFECTIFS):
            yield f"{planning_id} : accordé, {entree and entree['statut']}"
    for planning_id, accepte in retraits.items():
        if accepte and par_id[planning_id]["statut"] in EFFECTIFS:
            yield f"{planning_id} : retiré, agit toujours"
