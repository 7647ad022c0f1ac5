"""A centre's day as re-optimisation takes it, and its fingerprint: two are equal when nothing of the day has changed."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from guichet.rdv.metier.faisabilite import Ressource, Tache
from guichet.rdv.metier.intervalles import Intervalle, subtract
from guichet.rdv.metier.optimisation import Jour, limit_surnombres
from guichet.rdv.metier.types import Statut
from guichet.rdv.metier.vues import Controle
from guichet.rdv.questions.contexte import Contexte
from guichet.reseau.facade import Carburant, VehiculeType
from guichet.socle.database import raw

COMMENCES: Final = frozenset({Statut.EN_COURS.value, Statut.TERMINE.value})

# One statement, so that it is one instant. Times in seconds: exact, and the same text every time.
LIRE: Final = """
select j.capacite,
       (select jsonb_agg(jsonb_build_array(o.controleur_id, o.capacites,
                 (select jsonb_agg(jsonb_build_array(extract(epoch from lower(p)), extract(epoch from upper(p))) order by p)
                    from unnest(o.plages) p)) order by o.controleur_id)
          from rdv.ouverture o where o.centre_id = j.centre_id and o.jour = j.jour),
       (select jsonb_agg(jsonb_build_array(k.id, k.controleur_id, extract(epoch from k.debut), extract(epoch from k.fin),
                 k.vehicule_type, k.carburant, k.statut, k.controleur_choisi, k.centre_id = j.centre_id, k.surnombre,
                 k.version) order by k.debut, k.created_at, k.id)
          from rdv.rdv k
         where k.debut > j.minuit - interval '12 hours' and k.debut < j.lendemain
           and rdv.occupe(k.statut, k.expire_a, %(maintenant)s)
           and (k.centre_id = j.centre_id and k.debut >= j.minuit
                or k.controleur_id in (select o.controleur_id from rdv.ouverture o
                                        where o.centre_id = j.centre_id and o.jour = j.jour)))
  from rdv.journee j
 where j.centre_id = %(centre)s and j.jour = %(jour)s and j.etat = 'ouvert'
"""


@dataclass(frozen=True)
class Optimisable:
    """The day for the rule, and its fingerprint."""

    jour: Jour
    empreinte: str


async def read_optimisable(
    session: AsyncSession, contexte: Contexte, *, jour: date, maintenant: datetime
) -> Optimisable | None:
    """A centre's local day; None when it is not open to booking.

    Fixed: what has begun, what was asked of one inspector by name. Time given in another centre is taken off. As many
    appointments in surnombre, the oldest first, as the nominal capacity still takes.
    """
    cursor = await (await raw(session)).execute(
        LIRE, {"centre": contexte.centre.id, "jour": jour, "maintenant": maintenant}
    )
    ligne = await cursor.fetchone()
    if ligne is None:
        return None
    capacite, ouverts, rdvs = ligne
    lues = [_Lu(contexte, maintenant, *rdv) for rdv in rdvs or ()]
    ailleurs: dict[UUID, list[Intervalle]] = {}
    for lu in lues:
        if not lu.ici and lu.tache.actuel is not None:
            ailleurs.setdefault(lu.tache.actuel, []).append(lu.tache.intervalle)
    ressources = tuple(
        Ressource(
            UUID(qui),
            tuple(subtract([_stretch(a, b) for a, b in plages or ()], ailleurs.get(UUID(qui), ()))),
            frozenset(capacites),
        )
        for qui, capacites, plages in ouverts or ()
    )
    presents = {r.id for r in ressources}
    jour_lu = Jour(
        ressources=ressources,
        taches=tuple(lu.tache for lu in lues if lu.ici and lu.tache.actuel in presents),
        surnombres=tuple(
            lu.tache for lu in lues if lu.ici and lu.surnombre and lu.tache.actuel is None and not lu.tache.fixe
        ),
        seuil=contexte.duree(Controle()),
    )
    nominaux = sum(1 for lu in lues if lu.ici and not lu.surnombre)
    brut = json.dumps([capacite, ouverts, rdvs], default=str, separators=(",", ":"))
    return Optimisable(limit_surnombres(jour_lu, capacite - nominaux), sha256(brut.encode()).hexdigest()[:32])


class _Lu:
    """An appointment read."""

    def __init__(self, contexte: Contexte, maintenant: datetime, rdv_id: str, qui: str | None, *reste: Any) -> None:
        debut, fin, vehicule, carburant, statut, choisi, self.ici, self.surnombre, _version = reste
        besoins = contexte.besoins(Controle(vehicule_type=VehiculeType(vehicule), carburant=Carburant(carburant)))
        quand = _stretch(debut, fin)
        fixe = choisi or statut in COMMENCES or quand.debut <= maintenant
        self.tache = Tache(UUID(rdv_id), quand, besoins, None if qui is None else UUID(qui), fixe=fixe)


def _stretch(debut: float, fin: float) -> Intervalle:
    origine = datetime.fromtimestamp(0, UTC)
    return Intervalle(origine + timedelta(seconds=debut), origine + timedelta(seconds=fin))
