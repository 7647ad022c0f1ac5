"""The free starts of centres, from one statement of the database (`rdv.creneaux`), and why there are none."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from guichet.rdv.metier.creneaux import Libre, choose_suggestions, niveau, niveau_jour, why_empty
from guichet.rdv.metier.types import RaisonVide
from guichet.rdv.metier.vues import Controle, CreneauVue, JourVue
from guichet.rdv.questions.contexte import Contexte
from guichet.rdv.questions.jetons import write_disponibilite_id
from guichet.socle.database import raw

SANS_LIMITE: Final = 1_000_000

# One row per free start, centre after centre. The present instant is the house's, never the database's.
CRENEAUX: Final = """
select d.centre_id, k.jour, k.debut, k.places, k.au_travail, k.sans_trou
  from unnest(%(centres)s::uuid[], %(du)s::date[], %(au)s::date[], %(durees)s::interval[], %(grilles)s::interval[],
              %(depuis)s::timestamptz[]) as d(centre_id, du, au, duree, grille, depuis)
  cross join lateral rdv.creneaux(d.centre_id, d.du, d.au, d.duree, d.grille, %(besoins)s::text[], d.depuis,
                                  %(maintenant)s, %(limite)s, %(vehicule)s) k
"""
JOURNEES: Final = """
select j.centre_id, j.jour, j.etat,
       (select max(upper(o.plages)) from rdv.ouverture o
         where o.centre_id = j.centre_id and o.jour = j.jour and o.capacites @> %(besoins)s::text[]) as fin
  from rdv.journee j
 where j.centre_id = any(%(centres)s::uuid[]) and j.jour between %(du)s and %(au)s
"""
RESERVABLES: Final = """
select c.id from unnest(%(centres)s::uuid[]) as c(id)
 where exists (select from rdv.journee j where j.centre_id = c.id and j.jour >= %(jour)s)
"""


@dataclass(frozen=True)
class Fenetre:
    """The local days asked for in one centre, cut to what may be booked. `du` > `au`: nothing of it may be."""

    contexte: Contexte
    du: date
    au: date
    depuis: datetime
    maintenant: datetime


def open_window(contexte: Contexte, du: date, au: date, maintenant: datetime) -> Fenetre:
    """The part of `du`..`au` that lies between today and the horizon of the centre."""
    aujourdhui = maintenant.astimezone(contexte.zone).date()
    return Fenetre(
        contexte,
        max(du, aujourdhui),
        min(au, contexte.dernier_jour(maintenant)),
        contexte.premier_debut(maintenant),
        maintenant,
    )


async def fetch_libres(
    session: AsyncSession, fenetres: Sequence[Fenetre], controle: Controle, *, limite: int = SANS_LIMITE
) -> dict[UUID, list[tuple[date, Libre]]]:
    """Free starts of several centres of one tenant, in order, at most `limite` a centre."""
    trouves: dict[UUID, list[tuple[date, Libre]]] = {f.contexte.centre.id: [] for f in fenetres}
    ouvertes = [f for f in fenetres if f.du <= f.au]
    if not ouvertes:
        return trouves
    contextes = [f.contexte for f in ouvertes]
    parametres: dict[str, Any] = {
        "centres": [c.centre.id for c in contextes],
        "du": [f.du for f in ouvertes],
        "au": [f.au for f in ouvertes],
        "durees": [c.duree(controle) for c in contextes],
        "grilles": [timedelta(minutes=c.grille) for c in contextes],
        "depuis": [f.depuis for f in ouvertes],
        "besoins": sorted(contextes[0].besoins(controle)),
        "maintenant": ouvertes[0].maintenant,
        "limite": limite,
        "vehicule": controle.vehicule_type.value,
    }
    cursor = await (await raw(session)).execute(CRENEAUX, parametres)
    for centre_id, jour, debut, places, au_travail, sans_trou in await cursor.fetchall():
        trouves[centre_id].append((jour, Libre(debut, places, au_travail, sans_trou)))
    return trouves


def build_creneaux(contexte: Contexte, controle: Controle, libres: Sequence[Libre]) -> list[CreneauVue]:
    """Free starts as they are shown, the suggested ones marked."""
    zone, duree, montant = contexte.zone, contexte.duree(controle), contexte.prix(controle)
    suggeres = choose_suggestions(libres, zone)
    return [
        CreneauVue(
            id=write_disponibilite_id(contexte.centre.id, libre.debut, controle),
            centre_id=contexte.centre.id,
            jour=libre.debut.astimezone(zone).date(),
            debut=libre.debut,
            fin=libre.debut + duree,
            fuseau=contexte.centre.fuseau,
            duree_minutes=int(duree.total_seconds()) // 60,
            niveau=niveau(libre.places, libre.au_travail),
            suggere=libre.debut in suggeres,
            montant_cents=montant,
            raison_suggestion=suggeres.get(libre.debut),
        )
        for libre in libres
    ]


async def explain(
    session: AsyncSession, fenetres: Sequence[Fenetre], controle: Controle, demande: Iterable[date]
) -> dict[tuple[UUID, date], RaisonVide]:
    """Why nothing is free, for each centre and each day of `demande`."""
    jours = list(demande)
    centres = [f.contexte.centre.id for f in fenetres]
    connexion = await raw(session)
    besoins = sorted(fenetres[0].contexte.besoins(controle)) if fenetres else []
    cursor = await connexion.execute(
        JOURNEES, {"centres": centres, "du": min(jours), "au": max(jours), "besoins": besoins}
    )
    journees = {(centre, jour): (etat, fin) for centre, jour, etat, fin in await cursor.fetchall()}
    au_plus_tot = min(f.maintenant.astimezone(f.contexte.zone).date() for f in fenetres)
    cursor = await connexion.execute(RESERVABLES, {"centres": centres, "jour": au_plus_tot})
    en_ligne = {centre for (centre,) in await cursor.fetchall()}
    return {
        (f.contexte.centre.id, jour): _reason(
            f, jour, f.contexte.centre.id in en_ligne, journees.get((f.contexte.centre.id, jour)), controle
        )
        for f in fenetres
        for jour in jours
    }


def _reason(
    fenetre: Fenetre, jour: date, en_ligne: bool, journee: tuple[str, datetime | None] | None, controle: Controle
) -> RaisonVide:
    contexte = fenetre.contexte
    etat, fin = journee or (None, None)
    return why_empty(
        jour,
        en_ligne=en_ligne and contexte.centre.actif,
        aujourdhui=fenetre.maintenant.astimezone(contexte.zone).date(),
        dernier=contexte.dernier_jour(fenetre.maintenant),
        etat=etat,
        dernier_debut=None if fin is None else fin - contexte.duree(controle),
        depuis=fenetre.depuis,
    )


def build_jours(
    contexte: Contexte,
    controle: Controle,
    jours: Sequence[date],
    libres: Sequence[tuple[date, Libre]],
    raisons: dict[tuple[UUID, date], RaisonVide],
) -> tuple[JourVue, ...]:
    """Days in order, each with its free starts or its reason."""
    par_jour = {jour: [libre for _, libre in groupe] for jour, groupe in groupby(libres, key=lambda paire: paire[0])}
    sortie = []
    for jour in jours:
        du_jour = par_jour.get(jour, [])
        creneaux = build_creneaux(contexte, controle, du_jour)
        sortie.append(
            JourVue(
                date=jour,
                creneaux=tuple(creneaux),
                raison_vide=None if creneaux else raisons[contexte.centre.id, jour],
                niveau=niveau_jour(len(creneaux)),
            )
        )
    return tuple(sortie)
