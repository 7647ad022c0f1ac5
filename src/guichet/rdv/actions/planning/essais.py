"""A change of a planning: written and projected under the locks of its days, or tried and undone.

The dry run is the real run inside a savepoint that is rolled back: what it proposes is what the database would accept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.rdv.actions.annonces import tell_expired
from guichet.rdv.actions.liberer import release_place
from guichet.rdv.actions.projeter import MARGE_JOURS, project_centre
from guichet.rdv.actions.verrous import lock_days
from guichet.rdv.messages import PlanningChanged
from guichet.rdv.metier.collisions import (
    ActionCollision,
    Changement,
    CollisionVue,
    Orphelin,
    RdvTouche,
    Reserve,
    Resolution,
    reassign,
)
from guichet.rdv.metier.creneaux import choose_alternatives
from guichet.rdv.metier.evenements import EvenementVue
from guichet.rdv.metier.faisabilite import Ressource, Tache
from guichet.rdv.metier.heures import jour_local
from guichet.rdv.metier.intervalles import Intervalle, subtract
from guichet.rdv.metier.vues import Controle, ControleurResume
from guichet.rdv.questions.contexte import Contexte, load_contextes
from guichet.rdv.questions.creneaux import fetch_libres, open_window
from guichet.rdv.questions.fiches import resume_controleur
from guichet.rdv.questions.planning.jetons import write_jeton
from guichet.rdv.questions.planning.touches import (
    days_with_hours,
    find_offres,
    find_touches,
    fingerprint,
    places_left,
    read_day,
)
from guichet.rdv.tables import EvenementPlanning
from guichet.reseau.facade import CentreVue, get_controleur, list_centres, list_controleurs
from guichet.socle.database import raw
from guichet.socle.horloge import now
from guichet.socle.messages import publish

JOURS_ALTERNATIVES: Final = 14
"""Days around an appointment in which another start is looked for."""
LIBERER: Final = "update rdv.rdv set controleur_id = null, surnombre = true where id = any(%s)"
PLACER: Final = """
update rdv.rdv r set controleur_id = v.qui, surnombre = false
  from unnest(%(ids)s::uuid[], %(qui)s::uuid[]) as v(id, qui) where r.id = v.id
"""

ENTERRER: Final = """
update rdv.rdv r
   set statut = 'annule', annule_motif = 'expiration', annule_le = r.expire_a, updated_at = %(maintenant)s,
       version = r.version + 1
 where r.controleur_id in (select o.controleur_id from rdv.ouverture o where o.centre_id = %(centre)s and o.jour = %(jour)s)
   and r.statut = 'en_attente_paiement' and r.expire_a <= %(maintenant)s
returning r.id
"""

Place = tuple[UUID, date]
Jours = list[tuple[CentreVue, set[date]]]
"""Centres with the local days of theirs that a change touches."""


@dataclass(frozen=True, kw_only=True)
class Projet:
    """An entry as stored (None: not yet) and as it is to be stored. `modifie`: what makes the second out of the first."""

    actuel: EvenementVue | None
    cible: EvenementVue
    modifie: dict[str, Any] | None = None

    @property
    def changement(self) -> Changement:
        """What that does to working hours."""
        avant = self.actuel if self.actuel is not None and self.actuel.is_effective else None
        return Changement(avant=avant, apres=self.cible if self.cible.is_effective else None)


@dataclass(frozen=True, kw_only=True)
class Issue:
    """What came of a request: the entry, and the appointments in its way with the token that applies their resolution.

    `perime`: a resolution came too late, the days have changed since its dry run.
    """

    evenement: EvenementVue
    collisions: tuple[CollisionVue, ...] = ()
    jeton: str | None = None
    perime: bool = False


async def centres_of(session: AsyncSession, changement: Changement) -> list[CentreVue]:
    """The centres a change may touch, sorted."""
    ids: set[UUID] = set()
    for e in changement.evenements:
        if e.centre_id is not None:
            ids.add(e.centre_id)
        else:
            assert e.controleur_id is not None  # without a centre it is somebody's
            ids |= {t.centre_id for t in (await get_controleur(session, e.controleur_id)).centres}
            demain = now().date() + timedelta(days=366)
            ids |= {c for c, _j in await days_with_hours(session, [e.controleur_id], now().date(), demain)}
    return sorted(await list_centres(session, centre_ids=list(ids)), key=lambda c: str(c.id))


def local_days(changement: Changement, centre: CentreVue) -> set[date]:
    """The days of a centre a change touches, from its today on, within what may be projected."""
    aujourdhui = jour_local(now(), centre.zone)
    dernier = aujourdhui + timedelta(days=365 + MARGE_JOURS)
    sortie: set[date] = set()
    for o in (o for e in changement.evenements for o in e.occurrences):
        jour = max(jour_local(o.debut, centre.zone), aujourdhui)
        fin = min(jour_local(o.fin - timedelta(microseconds=1), centre.zone), dernier)
        while jour <= fin:
            sortie.add(jour)
            jour += timedelta(days=1)
    return sortie


async def days_of(session: AsyncSession, changement: Changement) -> Jours:
    """Centres a change touches with their days."""
    centres = await centres_of(session, changement)
    return [(c, jours) for c in centres if (jours := local_days(changement, c))]


def flatten(jours: Jours) -> list[Place]:
    """Centre-days, one by one."""
    return [(c.id, j) for c, siens in jours for j in siens]


async def save(session: AsyncSession, projet: Projet, *, applique: bytes | None = None) -> None:
    """Write the entry of a project."""
    cible = projet.cible
    valeurs: dict[str, Any] = {
        "debut": cible.debut,
        "fin": cible.fin,
        "recurrence": cible.recurrence and str(cible.recurrence),
        "jusqu_a": cible.occurrences[-1].fin,
        "motif": cible.motif,
        "statut": cible.statut.value,
        "refus": cible.refus,
        "applique": applique,
        "decide_par": cible.decide_par,
        "decide_le": cible.decide_le,
        "version": cible.version,
    }
    if projet.actuel is not None:
        await session.execute(
            update(EvenementPlanning)
            .where(EvenementPlanning.id == cible.id)
            .values(valeurs)
            .execution_options(synchronize_session=False)
        )
        return
    cles = {
        champ: getattr(cible, champ)
        for champ in (
            "id", "tenant_id", "centre_id", "controleur_id", "equipement_id", "fuseau", "demande_par", "created_at",
        )
    }  # fmt: skip
    await session.execute(insert(EvenementPlanning).values(cles | valeurs | {"type": cible.type.value}))


async def project_change(session: AsyncSession, changement: Changement, jours: Jours) -> None:
    """Project the days of a change again, and tell it."""
    qui = next((e.controleur_id for e in changement.evenements), None)
    for centre, siens in jours:
        du, au = min(siens), max(siens)
        await project_centre(session, centre_id=centre.id, du=du, au=au)
        await publish(session, PlanningChanged(centre_id=centre.id, controleur_id=qui, du=du, au=au))


async def apply_if_free(session: AsyncSession, projet: Projet) -> bool:
    """Write and project a change unless an appointment is in its way; then nothing is written and no lock is kept."""
    changement = projet.changement
    async with session.begin_nested() as essai:
        jours = await days_of(session, changement)
        await lock_days(session, jours=flatten(jours))
        await save(session, projet)
        await project_change(session, changement, jours)
        touches = await find_touches(session, changement)
        if touches:
            await essai.rollback()
            return False
        await end_offres(session, changement)
        await serve_waiting(session, changement, jours)
    return True


async def end_offres(session: AsyncSession, changement: Changement) -> None:
    """Starts offered to the waiting list that are no more: their hold dies now, and the list is served as after any lapse."""
    offres = await find_offres(session, changement)
    if offres:
        await (await raw(session)).execute(
            "update rdv.rdv set expire_a = %s, version = version + 1 where id = any(%s)", (now(), offres)
        )


async def serve_waiting(session: AsyncSession, changement: Changement, jours: Jours) -> None:
    """Give the hours a change has freed to those who wait for them."""
    avant, apres = changement.avant, changement.apres
    if (avant is None or not avant.removes_hours) and (apres is None or apres.removes_hours):
        return
    for centre_id, jour in sorted(flatten(jours)):
        await release_place(session, centre_id=centre_id, jour=jour)


async def dry_run(session: AsyncSession, projet: Projet) -> tuple[tuple[CollisionVue, ...], str]:
    """What a change hits, what may become of each appointment, and the token that applies it. Nothing is written."""
    changement = projet.changement
    async with session.begin_nested() as essai:
        jours = await days_of(session, changement)
        await save(session, projet)
        await project_change(session, changement, jours)
        touches = await find_touches(session, changement)
        empreinte = await fingerprint(session, touches)
        collisions = await _Recherche(session, changement, touches).run()
        await essai.rollback()
    depart = projet.actuel or projet.cible
    return collisions, write_jeton(depart.id, depart.version, empreinte, projet.modifie)


async def bury_holds(session: AsyncSession, centre_id: UUID, jour: date) -> None:
    """Let the dead holds of a day's inspectors go: they still occupy the exclusion constraint."""
    cursor = await (await raw(session)).execute(ENTERRER, {"centre": centre_id, "jour": jour, "maintenant": now()})
    await tell_expired(session, [rdv_id for (rdv_id,) in await cursor.fetchall()])


async def release(session: AsyncSession, rdv_ids: Sequence[UUID]) -> None:
    """Take appointments off their inspectors and off the count of their day, until they are placed again."""
    await (await raw(session)).execute(LIBERER, (list(rdv_ids),))


async def assign(session: AsyncSession, affectations: dict[UUID, UUID]) -> None:
    """Give appointments to inspectors, all at once: those that change hands let go first."""
    connexion = await raw(session)
    await connexion.execute("update rdv.rdv set controleur_id = null where id = any(%s)", (list(affectations),))
    await connexion.execute(PLACER, {"ids": list(affectations), "qui": list(affectations.values())})


class _Recherche:
    """Looks, inside the savepoint, for what may become of the appointments a change hits."""

    def __init__(self, session: AsyncSession, changement: Changement, touches: Sequence[RdvTouche]) -> None:
        self.session = session
        self.touches = touches
        self.par_lignes = changement.apres is not None and changement.apres.equipement_id is not None
        self.possibles: dict[UUID, list[UUID]] = {}
        self.choisis: dict[UUID, UUID] = {}
        self.offres: dict[tuple[UUID, Controle], list[tuple[date, datetime, int]]] = {}
        self.restant: dict[Place, int] = {}

    async def run(self) -> tuple[CollisionVue, ...]:
        """One value per appointment, in order of time."""
        contextes = await load_contextes(self.session, list({t.centre_id for t in self.touches}))
        await release(self.session, [t.id for t in self.touches])
        if not self.par_lignes:
            for centre_id, jour in sorted({(t.centre_id, t.jour) for t in self.touches}):
                await self._find_controleurs(contextes[centre_id], jour)
        await self._find_creneaux(contextes)
        qui = sorted({c for liste in self.possibles.values() for c in liste} | set(self.choisis.values()))
        noms = {c.id: c for c in await list_controleurs(self.session, controleur_ids=qui)} if qui else {}
        reserve = Reserve(self.restant)
        sortie = []
        for t in sorted(self.touches, key=lambda t: (t.id not in self.choisis, t.debut, t.id)):
            possibles = [resume_controleur(noms[c], t.jour) for c in self.possibles.get(t.id, [])]
            sortie.append(self._view(t, contextes[t.centre_id], possibles, reserve))
        return tuple(sorted(sortie, key=lambda c: (c.rdv.debut, c.rdv.id)))

    async def _find_controleurs(self, contexte: Contexte, jour: date) -> None:
        ici = [t for t in self.touches if (t.centre_id, t.jour) == (contexte.centre.id, jour)]
        await bury_holds(self.session, contexte.centre.id, jour)
        ressources, taches = await read_day(self.session, contexte, jour, sauf=[t.id for t in ici])
        for t in ici:
            self.possibles[t.id] = free_for(ressources, taches, t.intervalle, contexte.besoins(t.controle))
        orphelins = [Orphelin(t.id, t.intervalle, contexte.besoins(t.controle)) for t in ici]
        affectations, _sans = reassign(ressources, taches, orphelins)
        await assign(self.session, affectations)
        self.choisis |= {t.id: affectations[t.id] for t in ici if t.id in affectations}

    async def _find_creneaux(self, contextes: dict[UUID, Contexte]) -> None:
        for centre_id, contexte in contextes.items():
            ici = [t for t in self.touches if t.centre_id == centre_id]
            du = min(t.jour for t in ici) - timedelta(days=JOURS_ALTERNATIVES)
            au = max(t.jour for t in ici) + timedelta(days=JOURS_ALTERNATIVES)
            fenetre = open_window(contexte, du, au, now())
            for controle in {t.controle for t in ici}:
                libres = (await fetch_libres(self.session, [fenetre], controle))[centre_id]
                self.offres[centre_id, controle] = [(jour, libre.debut, libre.places) for jour, libre in libres]
            jours = {jour for (c, _k), offres in self.offres.items() if c == centre_id for jour, _d, _n in offres}
            reste = await places_left(self.session, centre_id, jours)
            self.restant |= {(centre_id, jour): n for jour, n in reste.items()}

    def _view(
        self, t: RdvTouche, contexte: Contexte, possibles: list[ControleurResume], reserve: Reserve
    ) -> CollisionVue:
        duree = contexte.duree(t.controle)
        proches = [
            offre
            for offre in self.offres[t.centre_id, t.controle]
            if abs(offre[0] - t.jour) <= timedelta(days=JOURS_ALTERNATIVES)
        ]
        choix = choose_alternatives(reserve.libres(t.centre_id, proches, duree), t.debut)
        if t.id in self.choisis:
            proposition = Resolution(rdv_id=t.id, action=ActionCollision.REAFFECTER, controleur_id=self.choisis[t.id])
        elif choix:
            debut = min(choix, key=lambda d: (abs(d - t.debut), d))
            reserve.take(t.centre_id, jour_local(debut, contexte.zone), Intervalle(debut, debut + duree))
            proposition = Resolution(rdv_id=t.id, action=ActionCollision.DEPLACER, debut=debut)
        else:
            proposition = Resolution(rdv_id=t.id, action=ActionCollision.ANNULER)
        return CollisionVue(
            rdv=t,
            controleurs=tuple(possibles),
            creneaux=tuple(Intervalle(d, d + duree) for d in choix),
            proposition=proposition,
        )


def free_for(
    ressources: Sequence[Ressource], taches: Sequence[Tache], voulu: Intervalle, besoins: frozenset[str]
) -> list[UUID]:
    """The accredited inspectors whose time is free as things stand."""
    return [
        r.id
        for r in ressources
        if besoins <= r.capacites
        and any(
            libre.contains(voulu) for libre in subtract(r.plages, [t.intervalle for t in taches if t.actuel == r.id])
        )
    ]
