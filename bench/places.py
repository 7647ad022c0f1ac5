"""Free places to book in a measure: as many as there are seconds to fill, no two in each other's way."""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bench.charge import rows
from bench.donnees import Jeu

LETTRES = "ABCDEFGHJKLMNPQRTV"  # those of plates, without the series that are never given
PAR_JOUR = 6  # places a centre's day gives, at the least, when it is not full
PLACES = """
with journees as (
  select j.centre_id, j.jour from rdv.journee j
   where j.tenant_id = %(tenant)s and j.jour between %(du)s and %(au)s and j.etat = 'ouvert'
     and (%(centres)s::uuid[] is null or j.centre_id = any (%(centres)s))
   order by hashtextextended(j.centre_id::text || j.jour::text, %(graine)s) limit %(journees)s
)
select j.centre_id, c.fuseau, k.debut, k.places
  from journees j
  join reseau.centre c on c.id = j.centre_id
  cross join lateral rdv.creneaux(j.centre_id, j.jour, j.jour, interval '45 minutes', interval '1 hour', '{VL}', now(), now(), 1000, 'VP') k
 order by hashtextextended(j.centre_id::text || k.debut::text, %(graine)s) limit %(combien)s
"""


@dataclass(frozen=True)
class Place:
    """A free hour of a centre."""

    centre: str
    fuseau: str
    debut: datetime
    restant: int
    """How many inspectors are free for it; the last one taken, nobody is shown it any more."""

    def body(self, rank: int, serie: str) -> dict[str, Any]:
        """A booking there by somebody new, as a program sends it."""
        local = self.debut.astimezone(ZoneInfo(self.fuseau))
        draw = random.Random(f"{serie}/{rank}")
        a, b = ("".join(draw.choice(LETTRES) for _ in range(2)) for _ in range(2))
        return {
            "centre_id": self.centre,
            "client": {
                "nom": "Mesure",
                "prenom": f"{draw.choice(LETTRES)}{draw.choice(LETTRES).lower()}",
                "email": f"mesure.{serie}.{rank}@courriel.example",
                "telephone": f"+3363998{rank % 10_000:04d}",
            },
            "vehicule": {"immatriculation": f"{a}-{draw.randint(1, 999):03d}-{b}", "type": "VP", "carburant": "Essence"},
            "type_controle": "CTP",
            "creneau": {"date": local.date().isoformat(), "heure_debut": f"{local:%H:%M}"},
            "paiement": {"mode": "sur_place"},
        }  # fmt: skip


def free_places(jeu: Jeu, combien: int, *, du: int = 2, au: int = 90, centres: Sequence[str] = ()) -> list[Place]:
    """Free whole hours from day `du` to day `au` at the most, in an order that looks like chance and is new each day."""
    found = rows(
        jeu,
        PLACES,
        {
            "tenant": jeu.monde.tenant.id,
            "du": jeu.jour + timedelta(days=du),
            "au": jeu.jour + timedelta(days=au),
            "centres": list(centres) or None,
            "graine": random.randrange(1 << 30),
            "journees": combien // PAR_JOUR + 10,
            "combien": combien,
        },
    )
    return [Place(str(centre), fuseau, debut, restant) for centre, fuseau, debut, restant in found]


def list_centres(jeu: Jeu) -> list[str]:
    """The centres of the big network that can be booked."""
    return [str(c) for (c,) in rows(jeu, "select distinct centre_id from rdv.journee where tenant_id = %(t)s", {"t": jeu.monde.tenant.id})]  # fmt: skip


def write_bodies(places: Sequence[Place], serie: str) -> list[str]:
    """The bodies, one line each."""
    return [json.dumps(place.body(rank, serie), ensure_ascii=False) for rank, place in enumerate(places)]
