"""A centre's day as the rules of feasibility take it: read in one statement, so that it is one instant."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from guichet.rdv.metier.creneaux import Libre, Ouvert
from guichet.rdv.metier.faisabilite import Tache
from guichet.rdv.metier.heures import jour_local, minuit
from guichet.rdv.metier.intervalles import Intervalle
from guichet.rdv.metier.journee import Grille, Journee, starts_beyond
from guichet.rdv.metier.types import Statut
from guichet.rdv.metier.vues import Controle
from guichet.rdv.questions.contexte import Contexte
from guichet.reseau.facade import Carburant, VehiculeType
from guichet.socle.database import raw
from guichet.socle.horloge import now
from guichet.socle.ids import new_id

COMMENCES: Final = frozenset({Statut.EN_COURS.value, Statut.TERMINE.value})

# Instants come as JSON texts in UTC. An appointment lasts 12 hours at most: one that began before midnight is seen.
LIRE: Final = """
select j.capacite,
       (select count(*) from rdv.rdv k
         where k.centre_id = j.centre_id and k.debut >= j.minuit and k.debut < j.lendemain and not k.surnombre
           and k.id <> all(%(sauf)s::uuid[]) and rdv.occupe(k.statut, k.expire_a, %(maintenant)s)),
       (select count(*) from rdv.rdv k
         where k.centre_id = j.centre_id and k.debut >= j.minuit and k.debut < j.lendemain and k.surnombre
           and k.id <> all(%(sauf)s::uuid[]) and rdv.occupe(k.statut, k.expire_a, %(maintenant)s)),
       (select jsonb_agg(jsonb_build_array(coalesce(lower(p), j.minuit - interval '12 hours'),
                                           coalesce(upper(p), j.lendemain + interval '12 hours')) order by p)
          from unnest(rdv.voies_prises(j, %(vehicule)s, %(sauf)s::uuid[], %(maintenant)s)) p),
       (select jsonb_agg(jsonb_build_array(o.controleur_id, o.capacites,
                 (select jsonb_agg(jsonb_build_array(lower(p), upper(p)) order by p) from unnest(o.plages) p))
                 order by o.controleur_id)
          from rdv.ouverture o where o.centre_id = j.centre_id and o.jour = j.jour),
       (select jsonb_agg(jsonb_build_array(k.id, k.controleur_id, k.debut, k.fin, k.vehicule_type, k.carburant, k.statut,
                                           k.controleur_choisi or k.centre_id <> j.centre_id) order by k.debut, k.id)
          from rdv.ouverture o
          join rdv.rdv k on k.controleur_id = o.controleur_id and k.debut > j.minuit - interval '12 hours'
                        and k.debut < j.lendemain
         where o.centre_id = j.centre_id and o.jour = j.jour
           and k.id <> all(%(sauf)s::uuid[]) and rdv.occupe(k.statut, k.expire_a, %(maintenant)s))
  from rdv.journee j
 where j.centre_id = %(centre)s and j.jour = %(jour)s and j.etat = 'ouvert'
"""
SURCHARGES: Final = """
select j.jour, n.pris, j.capacite
  from rdv.journee j
  cross join lateral (
    select count(*) as pris from rdv.rdv k
     where k.centre_id = j.centre_id and k.debut >= j.minuit and k.debut < j.lendemain and not k.surnombre
       and rdv.occupe(k.statut, k.expire_a, %(maintenant)s)
  ) n
 where j.centre_id = %(centre)s and j.jour >= %(du)s and n.pris > j.capacite
 order by j.jour
"""
JOURS_FOUILLES: Final = 14


@dataclass(frozen=True, kw_only=True)
class Voulu:
    """A start somebody wants: where, what, when, with whom, asked at which instant."""

    contexte: Contexte
    controle: Controle
    debut: datetime
    maintenant: datetime
    choisi: UUID | None = None
    duree_tenue: timedelta | None = None

    @property
    def duree(self) -> timedelta:
        """How long it takes here; an appointment that is there already keeps its own (`duree_tenue`)."""
        return self.duree_tenue or self.contexte.duree(self.controle)

    @property
    def fin(self) -> datetime:
        """The end."""
        return self.debut + self.duree

    @property
    def jour(self) -> date:
        """The local date."""
        return jour_local(self.debut, self.contexte.zone)

    @property
    def besoins(self) -> frozenset[str]:
        """What the inspector must be accredited for."""
        return self.contexte.besoins(self.controle)

    @property
    def tache(self) -> Tache:
        """As the rule takes it."""
        return Tache(new_id(), Intervalle(self.debut, self.fin), self.besoins, None, fixe=False)

    @property
    def grille(self) -> Grille:
        """The starts of the day."""
        contexte = self.contexte
        return Grille(contexte.zone, contexte.grille, contexte.premier_debut(self.maintenant))


async def read_journee(session: AsyncSession, voulu: Voulu, *, sauf: Collection[UUID] = ()) -> Journee | None:
    """The day of a wanted start, without the appointments `sauf`; None when the centre is not open to booking that day.

    Two readings are equal exactly when nothing has changed that matters to a decision.
    """
    cursor = await (await raw(session)).execute(
        LIRE,
        {
            "centre": voulu.contexte.centre.id,
            "jour": voulu.jour,
            "maintenant": voulu.maintenant,
            "vehicule": voulu.controle.vehicule_type.value,
            "sauf": list(sauf),
        },
    )
    ligne = await cursor.fetchone()
    if ligne is None:
        return None
    capacite, nominaux, surnombres, prises, ouverts, taches = ligne
    return Journee(
        capacite=capacite,
        nominaux=nominaux,
        surnombres=surnombres,
        prises=_read_plages(prises),
        ouverts=tuple(
            Ouvert(UUID(qui), _read_plages(plages), frozenset(capacites)) for qui, capacites, plages in ouverts or ()
        ),
        taches=tuple(_read_tache(voulu, *tache) for tache in taches or ()),
    )


async def list_beyond(
    session: AsyncSession, contexte: Contexte, controle: Controle, jours: Iterable[date], maintenant: datetime
) -> list[tuple[date, Libre]]:
    """What days without a direct place still offer: starts that need a move of others, else those in surnombre.

    In order, at most `JOURS_FOUILLES` days: each is worked out one by one.
    """
    trouves: list[tuple[date, Libre]] = []
    for jour in islice(jours, JOURS_FOUILLES):
        voulu = Voulu(contexte=contexte, controle=controle, debut=minuit(jour, contexte.zone), maintenant=maintenant)
        lue = await read_journee(session, voulu)
        if lue is not None:
            libres = starts_beyond(lue, voulu.tache, voulu.grille, tolerance_pour_cent=contexte.tolerance)
            trouves += [(jour, libre) for libre in libres]
    return trouves


async def list_surcharges(session: AsyncSession, *, centre_id: UUID, du: date) -> list[tuple[date, int, int]]:
    """The days from `du` on which more is booked than the capacity, as it is now, allows: date, booked, capacity.

    Lowering a capacity cancels nothing: it stops sales, and these are the days to look at.
    """
    cursor = await (await raw(session)).execute(SURCHARGES, {"centre": centre_id, "du": du, "maintenant": now()})
    return [(jour, pris, capacite) for jour, pris, capacite in await cursor.fetchall()]


def _read_plages(plages: list[list[str]] | None) -> tuple[Intervalle, ...]:
    return tuple(Intervalle(datetime.fromisoformat(a), datetime.fromisoformat(b)) for a, b in plages or ())


def _read_tache(voulu: Voulu, rdv_id: str, qui: str, debut: str, fin: str, *reste: Any) -> Tache:
    vehicule, carburant, statut, tenu = reste
    depart = datetime.fromisoformat(debut)
    return Tache(
        UUID(rdv_id),
        Intervalle(depart, datetime.fromisoformat(fin)),
        voulu.contexte.besoins(Controle(vehicule_type=VehiculeType(vehicule), carburant=Carburant(carburant))),
        UUID(qui),
        fixe=tenu or statut in COMMENCES or depart <= voulu.maintenant,
    )
