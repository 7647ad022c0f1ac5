"""Re-optimising a day: a proposal with its gain, then its application if nothing of the day has changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.ia.facade import RessourceSolveur, TacheSolveur, optimise_journee
from guichet.rdv.actions.annonces import Avant, tell_updated
from guichet.rdv.actions.deplacer import move_place
from guichet.rdv.actions.verrous import lock_days
from guichet.rdv.metier.faisabilite import Tache
from guichet.rdv.metier.optimisation import Jour, Proposition, assign_in_turn, possibles, propose
from guichet.rdv.questions.contexte import Contexte, load_contexte
from guichet.rdv.questions.journee_optimisable import Optimisable, read_optimisable
from guichet.rdv.tables import Rdv
from guichet.reseau.facade import check_centre, perimetre_of
from guichet.socle.acces import Appelant
from guichet.socle.audit import audit
from guichet.socle.database import get_database, raw
from guichet.socle.errors import Conflict, GuichetError, Invalid
from guichet.socle.horloge import now
from guichet.socle.i18n import _
from guichet.socle.signature import sign, verify

USAGE: Final = "optimisation"
VALIDITE: Final = timedelta(minutes=30)
DELAI_MS: Final = 8000
RELACHER: Final = "update rdv.rdv set controleur_id = null where id = any(%(ids)s::uuid[])"
AFFECTER: Final = """
update rdv.rdv r set controleur_id = n.controleur_id, version = r.version + 1, updated_at = %(maintenant)s
  from unnest(%(ids)s::uuid[], %(controleurs)s::uuid[]) as n(id, controleur_id)
 where r.id = n.id
"""


@dataclass(frozen=True, kw_only=True)
class PropositionVue:
    """A proposal: what changes, the figures before and after, and the token that applies it (None: nothing to gain)."""

    centre_id: UUID
    jour: date
    proposition: Proposition
    de: Mapping[UUID, UUID]
    methode: str
    jeton: str | None


async def propose_day(*, tenant_id: UUID, appelant: Appelant, centre_id: UUID, jour: date) -> PropositionVue:
    """Look for a better day: inspectors only, times unchanged. Writes nothing; the search runs outside any transaction.

    Raises `CENTRE_NOT_FOUND` (404), `HORS_PERIMETRE` (403), `JOUR_FERME` (422).
    """
    async with get_database().transaction(tenant_id, read_only=True) as session:
        contexte = await _enter(session, appelant, centre_id)
        lu = await _read(session, contexte, jour)
    solution = await _search(lu.jour)
    proposition = propose(lu.jour, [solution] if solution is not None else [assign_in_turn(lu.jour)])
    return PropositionVue(
        centre_id=centre_id,
        jour=jour,
        proposition=proposition,
        de=lu.jour.actuelles,
        methode="regle" if solution is None else "solveur",
        jeton=_write_jeton(centre_id, jour, lu.empreinte, proposition) if proposition.affectations else None,
    )


async def apply_day(session: AsyncSession, *, appelant: Appelant, centre_id: UUID, jeton: str) -> int:
    """Apply a proposal under the locks of the day, if the day is still the one it was made for.

    Returns how many appointments have another inspector; each is told and audited. Raises `JETON_INVALIDE` (422),
    `PROPOSITION_PERIMEE` (409).
    """
    contenu = _read_jeton(jeton, centre_id)
    jour = date.fromisoformat(contenu["j"])
    await lock_days(session, jours=[(centre_id, jour)])
    contexte = await _enter(session, appelant, centre_id)
    lu = await _read(session, contexte, jour)
    if lu.empreinte != contenu["e"]:
        raise _stale()
    voulues = {UUID(hex=rdv): UUID(hex=qui) for rdv, qui in contenu["m"]}
    await _reassign(session, {t.id: voulues[t.id] for t in lu.jour.taches if t.id in voulues})
    for tache in lu.jour.surnombres:
        if tache.id in voulues:
            await _promote(session, tache, voulues[tache.id], centre_id=centre_id, jour=jour)
    await audit(
        session,
        action="planning.optimise",
        entite="centre",
        entite_id=centre_id,
        apres={"jour": jour.isoformat(), "deplacements": len(voulues)},
    )
    return len(voulues)


async def _enter(session: AsyncSession, appelant: Appelant, centre_id: UUID) -> Contexte:
    contexte = await load_contexte(session, centre_id)
    check_centre(perimetre_of(appelant), contexte.centre.id, contexte.centre.agence_id)
    return contexte


async def _read(session: AsyncSession, contexte: Contexte, jour: date) -> Optimisable:
    lu = await read_optimisable(session, contexte, jour=jour, maintenant=now())
    if lu is None:
        message = _("Le centre n'est pas ouvert à la réservation ce jour-là.")
        raise Invalid(message, code="JOUR_FERME", champs={"date": message})
    return lu


async def _search(jour: Jour) -> Mapping[UUID, UUID] | None:
    ressources = [
        RessourceSolveur(r.id, tuple((p.debut, p.fin) for p in r.plages), len(r.capacites)) for r in jour.ressources
    ]
    facultatives = {t.id for t in jour.surnombres}
    taches = [
        TacheSolveur(
            t.id, t.intervalle.debut, t.intervalle.fin, possibles(jour, t), t.actuel, facultative=t.id in facultatives
        )
        for t in (*jour.taches, *jour.surnombres)
    ]
    solution = await optimise_journee(ressources=ressources, taches=taches, seuil=jour.seuil, delai_ms=DELAI_MS)
    return None if solution is None else solution.affectations


def _write_jeton(centre_id: UUID, jour: date, empreinte: str, proposition: Proposition) -> str:
    deplaces = [[rdv.hex, qui.hex] for rdv, qui in proposition.affectations.items()]
    return sign(USAGE, {"c": centre_id.hex, "j": jour.isoformat(), "e": empreinte, "m": deplaces}, validite=VALIDITE)


def _read_jeton(jeton: str, centre_id: UUID) -> dict[str, Any]:
    try:
        contenu = verify(USAGE, jeton)
    except GuichetError:
        contenu = {}
    if contenu.get("c") != centre_id.hex:
        message = _("Cette proposition n'est pas reconnue. Demandez-en une nouvelle.")
        raise Invalid(message, code="JETON_INVALIDE", champs={"jeton": message})
    return contenu


def _stale() -> Conflict:
    return Conflict(
        _("La journée a changé depuis la proposition. Demandez-en une nouvelle."), code="PROPOSITION_PERIMEE"
    )


async def _rows(session: AsyncSession, ids: list[UUID]) -> list[Rdv]:
    lignes = await session.scalars(
        select(Rdv).where(Rdv.id.in_(ids)).order_by(Rdv.id).execution_options(populate_existing=True)
    )
    return list(lignes.all())


async def _reassign(session: AsyncSession, voulues: Mapping[UUID, UUID]) -> None:
    """All at once: released first, then assigned, so that two may swap."""
    ids = list(voulues)
    lignes = await _rows(session, ids)
    avant = {ligne.id: Avant.of(ligne) for ligne in lignes}
    connexion = await raw(session)
    await connexion.execute(RELACHER, {"ids": ids})
    await connexion.execute(AFFECTER, {"ids": ids, "controleurs": list(voulues.values()), "maintenant": now()})
    for ligne in lignes:
        await session.refresh(ligne)
        await tell_updated(session, ligne, champs=("controleur",), avant=avant[ligne.id], raison="optimisation")


async def _promote(session: AsyncSession, tache: Tache, qui: UUID, *, centre_id: UUID, jour: date) -> None:
    (ligne,) = await _rows(session, [tache.id])
    avant = Avant.of(ligne)
    place = await move_place(
        session,
        rdv_id=tache.id,
        centre_id=centre_id,
        jour=jour,
        debut=ligne.debut,
        fin=ligne.fin,
        besoins=tache.besoins,
        choisi=qui,
        maintenant=now(),
    )
    if place.issue != "ok":  # a lane is missing: the appointment stays as it was
        raise _stale()
    await session.refresh(ligne)
    ligne.controleur_choisi = False  # nobody asked for this inspector by name
    await session.flush()
    await tell_updated(session, ligne, champs=("controleur", "surnombre"), avant=avant, raison="optimisation")
