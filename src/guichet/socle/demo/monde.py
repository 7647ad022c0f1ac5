"""The world of the demonstration: who exists, how many of each, and where chance comes from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from hashlib import sha256
from random import Random
from uuid import UUID

from guichet.socle.demo.noms import Personne, draw_personne, draw_telephone
from guichet.socle.demo.vehicules import VehiculeDemo, draw_vehicule

# Tells how far a long step is: called with the step's label, its total, and how many more are done.
Progression = Callable[[str, int, int], None]


def _silence(_libelle: str, _total: int, _faits: int) -> None:
    """Say nothing: the progression of tests and scripts."""


@dataclass(frozen=True, kw_only=True)
class Tailles:
    """How much to make, over all tenants.

    `centres` and `rdv` beyond the ordinary demonstration go to a fourth, unlimited tenant.
    """

    centres: int = 30
    rdv: int = 500
    jours: int = 90

    def __post_init__(self) -> None:
        if self.centres < 1 or self.rdv < 0 or self.jours < 1:
            raise ValueError("une taille de démonstration est positive")


@dataclass(frozen=True, kw_only=True)
class TenantDemo:
    """One network of the demonstration and its share of the sizes.

    The identifier is decided here, so that a session can be opened in the tenant before its row exists.
    `max_users` and `max_agences`: None means without limit. `grand`: fill with COPY, not row by row.
    """

    id: UUID
    slug: str
    nom: str
    type: str
    plan: str
    domaine: str
    brand_h: int
    brand_c: float
    agences: int
    centres: int
    controleurs: int
    centre_appels: int
    clients: int
    rdv: int
    max_users: int | None
    max_agences: int | None
    grand: bool = False


@dataclass(frozen=True, kw_only=True)
class _Modele:
    slug: str
    nom: str
    type: str
    plan: str
    brand_h: int
    brand_c: float
    agences: int
    centres: int
    controleurs: int
    rdv: int
    max_users: int
    max_agences: int


# The three networks of the founding documents: 15 agences, 30 centres, 60 controleurs, 500 rdv together.
_MODELES = (
    _Modele(
        slug="controle-auto-france", nom="Contrôle Auto France", type="reseau", plan="enterprise",
        brand_h=262, brand_c=0.13, agences=5, centres=16, controleurs=36, rdv=290, max_users=100, max_agences=50,
    ),
    _Modele(
        slug="auto-securite-pro", nom="Auto Sécurité Pro", type="franchise", plan="business",
        brand_h=150, brand_c=0.09, agences=5, centres=9, controleurs=16, rdv=140, max_users=50, max_agences=20,
    ),
    _Modele(
        slug="ct-express", nom="CT Express", type="independant", plan="starter",
        brand_h=45, brand_c=0.12, agences=5, centres=5, controleurs=8, rdv=70, max_users=20, max_agences=5,
    ),
)  # fmt: skip
_BASE = Tailles()
_CONTROLEURS_PAR_CENTRE = 2


def split(total: int, poids: Sequence[int]) -> list[int]:
    """Share `total` by the weights, largest remainders first; the parts add up to `total`."""
    somme = sum(poids)
    parts = [total * p // somme for p in poids]
    restes = sorted(range(len(poids)), key=lambda i: (-(total * poids[i] % somme), i))
    for i in restes[: total - sum(parts)]:
        parts[i] += 1
    return parts


def _draw_id(seed: int, nom: str) -> UUID:
    return UUID(bytes=sha256(f"{seed}/tenant/{nom}".encode()).digest()[:16], version=4)


def build_tenants(seed: int, tailles: Tailles) -> tuple[TenantDemo, ...]:
    """Decide the tenants of a demonstration; those left without a centre are not made."""
    centres = split(min(tailles.centres, _BASE.centres), [m.centres for m in _MODELES])
    rdv = split(min(tailles.rdv, _BASE.rdv), [m.rdv for m in _MODELES])
    tenants = [
        TenantDemo(
            id=_draw_id(seed, m.slug), slug=m.slug, nom=m.nom, type=m.type, plan=m.plan, domaine=f"{m.slug}.example",
            brand_h=m.brand_h, brand_c=m.brand_c, agences=min(m.agences, n),  centres=n,
            controleurs=m.controleurs * n // m.centres or 1, centre_appels=2, clients=10, rdv=r,
            max_users=m.max_users, max_agences=m.max_agences,
        )
        for m, n, r in zip(_MODELES, centres, rdv, strict=True)
        if n
    ]  # fmt: skip
    reste_centres, reste_rdv = max(0, tailles.centres - _BASE.centres), max(0, tailles.rdv - _BASE.rdv)
    if reste_centres or reste_rdv:
        n = max(1, reste_centres)
        tenants.append(
            TenantDemo(
                id=_draw_id(seed, "grand-reseau"), slug="grand-reseau", nom="Grand Réseau", type="reseau",
                plan="enterprise", domaine="grand-reseau.example", brand_h=200, brand_c=0.08,
                agences=min(n, 96), centres=n, controleurs=n * _CONTROLEURS_PAR_CENTRE, centre_appels=2, clients=10,
                rdv=reste_rdv, max_users=None, max_agences=None, grand=True,
            )
        )  # fmt: skip
    return tuple(tenants)


@dataclass(frozen=True, kw_only=True)
class Monde:
    """Everything a fill function may depend on; same seed, day and sizes give the same data.

    `tenant` is the one being filled; `rng` streams are named so that one context's draws never move another's.
    """

    seed: int
    today: date
    tailles: Tailles
    tenants: tuple[TenantDemo, ...]
    tenant: TenantDemo
    progression: Progression = field(default=_silence, compare=False)

    def rng(self, nom: str) -> Random:
        """Open the stream of chance called `nom` for the current tenant, from its beginning."""
        graine = sha256(f"{self.seed}/{self.tenant.slug}/{nom}".encode()).digest()
        return Random(int.from_bytes(graine, "big"))  # noqa: S311 - reproducible demonstration data, never a secret

    def uuid(self, rng: Random) -> UUID:
        """Draw an identifier from a stream, so that two runs give the same objects the same identifiers."""
        return UUID(int=rng.getrandbits(128), version=4)

    def personne(self, rng: Random) -> Personne:
        """Draw a person with frequent French names."""
        return draw_personne(rng)

    def telephone(self, rng: Random, *, mobile: bool = True) -> str:
        """Draw an E.164 number of the ranges the regulator keeps for fiction: it rings nowhere."""
        return draw_telephone(rng, mobile=mobile)

    def email(self, personne: Personne, rng: Random | None = None) -> str:
        """Make a customer's address under .example; with a stream, a number makes it nearly unique."""
        suffixe = "" if rng is None else str(rng.randrange(10, 100_000))
        return f"{personne.identifiant}{suffixe}@courriel.example"

    def email_pro(self, personne: Personne, n: int = 0) -> str:
        """Make a staff address under the tenant's own .example domain; `n` tells namesakes apart."""
        return f"{personne.identifiant}{n or ''}@{self.tenant.domaine}"

    def vehicule(self, rng: Random, *, categorie: str | None = None) -> VehiculeDemo:
        """Draw a vehicle with its plate, makes and energies in plausible shares; `categorie` forces VP, VU, Moto or Cyclo."""
        return draw_vehicule(rng, self.today, categorie=categorie)

    def jour(self, decalage: int) -> date:
        """Give the day `decalage` days after today (before, if negative)."""
        return self.today + timedelta(days=decalage)

    def for_tenant(self, tenant: TenantDemo) -> "Monde":
        """Give the same world seen from another tenant."""
        return replace(self, tenant=tenant)


def create_monde(
    *, seed: int, today: date, tailles: Tailles | None = None, progression: Progression = _silence
) -> Monde:
    """Build the world, standing in its first tenant."""
    tailles = tailles or Tailles()
    tenants = build_tenants(seed, tailles)
    return Monde(seed=seed, today=today, tailles=tailles, tenants=tenants, tenant=tenants[0], progression=progression)
