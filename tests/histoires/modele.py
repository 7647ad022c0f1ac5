"""What may happen next: drawn from a seed, from what a client knows. Nothing here asks the time or speaks to anybody."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any, Final
from zoneinfo import ZoneInfo

PARIS: Final = ZoneInfo("Europe/Paris")
LETTRES: Final = "ABCDEFGHJKLMNPQRTVXYZ"
DEPART: Final = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
"""A Friday: where the clock of a history starts."""
JOURS: Final = (date(2026, 11, 24), date(2026, 11, 25))
HEURES: Final = tuple(f"{h:02d}:{m:02d}" for h in (8, 9, 10, 11, 14, 15, 16, 17) for m in (0, 15, 30, 45))
MATIN, SOIR = (time(8), time(12)), (time(14), time(18))
OUVERTURES: Final[Mapping[str, tuple[tuple[time, time], ...]]] = {"plein": (MATIN, SOIR), "matin": (MATIN,)}
AGREMENTS: Final[Mapping[str, frozenset[str]]] = {
    "tous": frozenset({"VL", "L", "Gaz"}),
    "sans_gaz": frozenset({"VL", "L"}),
    "leger": frozenset({"VL"}),
}
CHANGEANTS: Final = ("tous", "sans_gaz")
"""The accreditations an inspector may be given; those who begin `leger` stay so."""
CAPACITES: Final[Mapping[str, int]] = {"large": 40, "vingt": 20}
VEHICULES: Final = (("VP", "Essence"), ("VP", "Diesel"), ("VP", "Gaz"), ("VU", "Diesel"))
DEPLACER: Final = "PUT /api/v1/rdv/{rdv_id}"
PAGE: Final = re.compile(r"/paiement/([0-9a-f-]{36})")
REGLAGES: Final = ("regler_horaires", "regler_agrements", "regler_capacite")


@dataclass(frozen=True, kw_only=True)
class Monde:
    """What every client is told: where the house is, the key of its staff, what there is and what can be done."""

    adresse: str
    entetes: dict[str, str]
    centres: list[str]
    controleurs: dict[str, str]
    """Each inspector, with the accreditations they begin with."""
    chemins: list[str]
    jours: list[str] = field(default_factory=lambda: [j.isoformat() for j in JOURS])
    heures: list[str] = field(default_factory=lambda: list(HEURES))
    regle: bool = True
    """The first client changes hours, accreditations and capacities."""

    def can(self, chemin: str) -> bool:
        """True when the house has this operation (`PUT /api/v1/rdv/{rdv_id}`)."""
        return chemin in self.chemins


@dataclass(frozen=True, kw_only=True)
class Intention:
    """Something a client wants: one request, sent until it is answered."""

    operation: str
    sujet: str
    methode: str
    chemin: str
    corps: dict[str, Any] | None = None
    entetes: dict[str, str] = field(default_factory=dict)
    demande: dict[str, Any] = field(default_factory=dict)
    cle: str = ""
    presse: bool = False
    """Hangs up before the answer can have come."""


@dataclass
class Memoire:
    """What one client remembers: the appointments it was given, and what it asked."""

    client: int
    rang: int = 0
    miens: list[dict[str, Any]] = field(default_factory=list)
    faites: list[Intention] = field(default_factory=list)
    blocages: list[str] = field(default_factory=list)
    essais: list[dict[str, Any]] = field(default_factory=list)
    """Dry runs of plannings that were answered and not applied yet."""
    inscriptions: list[dict[str, Any]] = field(default_factory=list)

    def learn(self, intention: Intention, statut: int, corps: Mapping[str, Any]) -> None:
        """Take note of an answer."""
        if intention.operation == "reserver" and statut == 201:
            lien = str(corps["lien_gestion"]).partition("lien=")[2]
            mien = {"id": corps["id"], "lien": lien, "plaque": intention.sujet}
            if page := PAGE.search(str(corps.get("url_paiement"))):
                mien["paiement"] = page[1]
            self.miens.append(mien)
            self.faites.append(intention)
        elif intention.operation == "inscrire" and statut in {200, 201}:
            lien = str(corps["lien_gestion"]).partition("lien=")[2]
            self.inscriptions.append({"id": corps["id"], "lien": lien, "plaque": intention.sujet})
        elif intention.operation == "annuler":
            self.miens = [m for m in self.miens if m["id"] != intention.demande["rdv_id"]]
        elif intention.operation in {"bloquer", "appliquer"}:
            self._learn_planning(statut, corps)

    def _learn_planning(self, statut: int, corps: Mapping[str, Any]) -> None:
        if statut in {200, 201}:
            self.blocages.append(str(corps["id"]))
        elif "jeton" in corps:
            self.essais.append(dict(corps))


def plaque(n: int) -> str:
    """The n-th plate: each booking has its own, which is how it is found again."""
    reste, nombre = divmod(n, 999)
    lettres = ""
    for _rang in range(4):
        reste, rang = divmod(reste, len(LETTRES))
        lettres += LETTRES[rang]
    return f"{lettres[:2]}-{nombre + 1:03d}-{lettres[2:]}"


Tireur = Callable[[Random, Monde, Memoire], Intention | None]


def _staff(rng: Random, monde: Monde) -> dict[str, str]:
    if rng.random() < 0.3:
        return dict(monde.entetes)
    reseau = rng.choice(("192.0.2", "198.51.100", "203.0.113"))
    return {"X-Forwarded-For": f"{reseau}.{rng.randrange(1, 255)}"}


def draw_booking(rng: Random, monde: Monde, memoire: Memoire) -> Intention:
    """A booking by somebody new, on a crowded day."""
    memoire.rang += 1
    sujet = plaque(memoire.client * 100_000 + memoire.rang)
    vehicule_type, carburant = rng.choice(VEHICULES)
    demande = {
        "centre_id": rng.choice(monde.centres),
        "date": rng.choice(monde.jours),
        "heure_debut": rng.choice(monde.heures),
    }
    entetes = _staff(rng, monde)
    mode = "en_ligne" if rng.random() < 0.5 else "sur_place"
    corps = {
        "centre_id": demande["centre_id"],
        "creneau": {"date": demande["date"], "heure_debut": demande["heure_debut"]},
        "client": {
            "nom": "Essai",
            "prenom": "Ada",
            "email": f"{sujet.lower()}@courriel.example",
            "telephone": f"+3363998{rng.randrange(10_000):04d}",
        },
        "vehicule": {"immatriculation": sujet, "type": vehicule_type, "carburant": carburant},
        "type_controle": "CTP",
        "paiement": {"mode": mode},
    }
    return Intention(
        operation="reserver",
        sujet=sujet,
        methode="POST",
        chemin="/api/v1/rdv",
        corps=corps,
        entetes=entetes,
        demande={**demande, "mode": mode, "vehicule": [vehicule_type, carburant]},
    )


def draw_cancellation(rng: Random, monde: Monde, memoire: Memoire) -> Intention | None:
    """Somebody gives up what they had, by their link or by calling the centre."""
    # Giving back what was paid comes with moving: until then what was paid is kept.
    miens = memoire.miens if monde.can(DEPLACER) else [m for m in memoire.miens if "paiement" not in m]
    if not miens:
        return None
    mien = rng.choice(miens)
    par_lien = rng.random() < 0.6
    return Intention(
        operation="annuler",
        sujet=mien["plaque"],
        methode="DELETE",
        chemin=f"/api/v1/rdv/{mien['id']}",
        entetes={"Authorization": f"Bearer {mien['lien']}"} if par_lien else dict(monde.entetes),
        demande={"rdv_id": mien["id"]},
    )


def draw_reading(rng: Random, monde: Monde, memoire: Memoire) -> Intention:
    """Somebody looks: their appointment, or what a centre has left."""
    if memoire.miens and rng.random() < 0.5:
        mien = rng.choice(memoire.miens)
        chemin = f"/api/v1/rdv/{mien['id']}"
        return Intention(operation="lire", sujet=mien["plaque"], methode="GET", chemin=chemin, entetes=monde.entetes)
    centre, jour = rng.choice(monde.centres), rng.choice(monde.jours)
    chemin = f"/api/v1/disponibilites?centre_id={centre}&date={jour}"
    return Intention(operation="regarder", sujet=centre, methode="GET", chemin=chemin)


def draw_repetition(rng: Random, monde: Monde, memoire: Memoire) -> Intention | None:
    """A booking already acknowledged is sent again, as a phone does that lost the answer."""
    del monde
    return rng.choice(memoire.faites) if memoire.faites else None


def draw_move(rng: Random, monde: Monde, memoire: Memoire) -> Intention | None:
    """An appointment goes to another hour, day or centre, asked by the staff."""
    if not memoire.miens or not monde.can(DEPLACER):
        return None
    mien = rng.choice(memoire.miens)
    demande = {
        "centre_id": rng.choice(monde.centres),
        "date": rng.choice(monde.jours),
        "heure_debut": rng.choice(monde.heures),
    }
    creneau = {"date": demande["date"], "heure_debut": demande["heure_debut"]}
    return Intention(
        operation="deplacer",
        sujet=mien["plaque"],
        methode="PUT",
        chemin=f"/api/v1/rdv/{mien['id']}",
        corps={"centre_id": demande["centre_id"], "creneau": creneau},
        entetes=dict(monde.entetes),
        demande={"rdv_id": mien["id"], **demande},
    )


def draw_payment(rng: Random, monde: Monde, memoire: Memoire) -> Intention | None:
    """The provider is made to say what became of the payment of a hold.

    It says so early, late (after the hold is over), several times, in disorder, or somebody else says it in its name.
    """
    del monde
    tenus = [m for m in memoire.miens if "paiement" in m]
    if not tenus:
        return None
    mien = rng.choice(tenus)
    corps = {
        "statut": rng.choice(("succeeded", "succeeded", "succeeded", "failed")),
        "retard_s": rng.choice((0, 0, 0, 1200)),
        "copies": rng.choice((1, 1, 3)),
        "ordre": rng.choice(("normal", "inverse")),
        "signature": rng.choice(("valide",) * 9 + ("fausse",)),
    }
    return Intention(
        operation="payer",
        sujet=mien["plaque"],
        methode="POST",
        chemin=f"/api/v1/essai/paiements/{mien['paiement']}/notifications",
        corps=corps,
        demande={"rdv_id": mien["id"], **corps},
    )


def draw_setting(rng: Random, monde: Monde, memoire: Memoire) -> Intention | None:
    """The manager, who is the first client, changes hours, accreditations or the capacity of a day."""
    if memoire.client != 0 or not monde.regle:
        return None
    operation = rng.choice(REGLAGES)
    corps: dict[str, Any]
    if operation == "regler_agrements":
        cible = rng.choice([c for c, au_debut in monde.controleurs.items() if au_debut in CHANGEANTS])
        variante = rng.choice(CHANGEANTS)
        chemin, corps = f"/api/v1/controleurs/{cible}", {"agrements": agrements_of(variante)}
    else:
        cible = rng.choice(monde.centres)
        chemin = f"/api/v1/cts/{cible}"
        if operation == "regler_horaires":
            variante = rng.choice(sorted(OUVERTURES))
            corps = {"horaires": horaires_of(variante)}
        else:
            variante = rng.choice(sorted(CAPACITES))
            corps = {"capacite_journaliere": CAPACITES[variante]}
    return Intention(
        operation=operation,
        sujet=cible,
        methode="PUT",
        chemin=chemin,
        corps=corps,
        entetes=dict(monde.entetes),
        demande={"variante": variante},
    )


def horaires_of(variante: str) -> dict[str, Any]:
    """The weekly hours of a variant, as the API takes them."""
    plages = [{"debut": f"{d:%H:%M}", "fin": f"{f:%H:%M}"} for d, f in OUVERTURES[variante]]
    return dict.fromkeys(("lundi", "mardi", "mercredi", "jeudi", "vendredi"), plages)


def agrements_of(variante: str) -> list[dict[str, Any]]:
    """The accreditations of a variant, as the API takes them."""
    return [{"code": code, "valide_au": "2099-12-31"} for code in sorted(AGREMENTS[variante])]


def is_within(variante: str, debut: datetime, fin: datetime) -> bool:
    """Whether `[debut, fin)` lies in one range of the hours of a variant, by the wall clock of the centre."""
    local, au = debut.astimezone(PARIS), fin.astimezone(PARIS)
    return local.weekday() < 5 and any(d <= local.time() and au.time() <= f for d, f in OUVERTURES[variante])


def needs(vehicule_type: str, carburant: str) -> frozenset[str]:
    """The accreditations a vehicle needs (rule 3), written again on purpose."""
    de_base = "VL" if vehicule_type in {"VP", "VU"} else "L"
    return frozenset({de_base, "Gaz"} if carburant == "Gaz" else {de_base})


def instant_of(date_locale: str, heure: str) -> datetime:
    """The instant a local date and time of the world stand for."""
    local = datetime.combine(date.fromisoformat(date_locale), time.fromisoformat(heure), PARIS)
    return local.astimezone(UTC)


LONGTEMPS: Final = timedelta(hours=2)
"""By how much the clock moves at the end: every hold is over."""
