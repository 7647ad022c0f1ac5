"""Reads of the entries of plannings."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.rdv.metier.evenements import (
    EFFECTIFS,
    Bornes,
    Equipe,
    EvenementVue,
    StatutEvenement,
    TypeEvenement,
    adjust_ouvertures,
)
from guichet.rdv.metier.heures import minuit
from guichet.rdv.metier.intervalles import Intervalle
from guichet.rdv.metier.recurrence import parse_recurrence
from guichet.rdv.questions.contexte import Contexte, capacites_of
from guichet.rdv.tables import EvenementPlanning
from guichet.reseau.facade import CentreVue, OuvertureControleur, list_controleurs, list_titres, opening_ranges
from guichet.socle.errors import NotFound
from guichet.socle.i18n import _

COLONNES = EvenementPlanning.__table__.columns
Cle = tuple[datetime, UUID]
"""Where a page of entries begins: start and identifier of the last one seen."""


def evenement_not_found() -> NotFound:
    """The error for an entry that is unknown here."""
    return NotFound(_("Cette entrée du planning est introuvable."), code="PLANNING_NOT_FOUND")


async def read_evenements(
    session: AsyncSession, *conditions: ColumnElement[bool], limite: int | None = None, verrouiller: bool = False
) -> list[EvenementVue]:
    """Entries of the session's tenant that meet the conditions, in order of time; `verrouiller` keeps their rows."""
    requete = select(*COLONNES).where(*conditions).order_by(EvenementPlanning.debut, EvenementPlanning.id).limit(limite)
    rows = await session.execute(requete.with_for_update() if verrouiller else requete)
    return [
        EvenementVue(
            id=row.id,
            tenant_id=row.tenant_id,
            type=TypeEvenement(row.type),
            centre_id=row.centre_id,
            controleur_id=row.controleur_id,
            equipement_id=row.equipement_id,
            fuseau=row.fuseau,
            debut=row.debut,
            fin=row.fin,
            recurrence=row.recurrence and parse_recurrence(row.recurrence, row.fuseau),
            motif=row.motif,
            statut=StatutEvenement(row.statut),
            refus=row.refus,
            demande_par=row.demande_par,
            decide_par=row.decide_par,
            decide_le=row.decide_le,
            version=row.version,
            created_at=row.created_at,
        )
        for row in rows
    ]


async def get_evenement(session: AsyncSession, evenement_id: UUID, *, verrouiller: bool = False) -> EvenementVue:
    """An entry of the session's tenant. Raises `PLANNING_NOT_FOUND` (404)."""
    trouves = await read_evenements(session, EvenementPlanning.id == evenement_id, verrouiller=verrouiller)
    if not trouves:
        raise evenement_not_found()
    return trouves[0]


def _touching(du: datetime, au: datetime) -> list[ColumnElement[bool]]:
    return [EvenementPlanning.debut < au, EvenementPlanning.jusqu_a > du]


async def list_evenements(
    session: AsyncSession,
    *,
    centre_ids: Iterable[UUID] | None = None,
    controleur_ids: Iterable[UUID] | None = None,
    du: datetime | None = None,
    au: datetime | None = None,
    genre: TypeEvenement | None = None,
    statuts: Iterable[StatutEvenement] | None = None,
    apres: Cle | None = None,
    limite: int | None = None,
) -> list[EvenementVue]:
    """Entries of one of the centres or of one of the inspectors, that touch `[du, au)`, of a type and in a state."""
    conditions: list[ColumnElement[bool]] = []
    cibles = [
        colonne.in_(list(valeurs))
        for colonne, valeurs in (
            (EvenementPlanning.centre_id, centre_ids),
            (EvenementPlanning.controleur_id, controleur_ids),
        )
        if valeurs is not None
    ]
    if cibles:
        conditions.append(or_(*cibles))
    if du is not None:
        conditions.append(EvenementPlanning.jusqu_a > du)
    if au is not None:
        conditions.append(EvenementPlanning.debut < au)
    if genre is not None:
        conditions.append(EvenementPlanning.type == genre.value)
    if statuts is not None:
        conditions.append(EvenementPlanning.statut.in_([s.value for s in statuts]))
    if apres is not None:
        conditions.append(tuple_(EvenementPlanning.debut, EvenementPlanning.id) > tuple_(*apres))
    return await read_evenements(session, *conditions, limite=limite)


def days_of(centre: CentreVue, du: date, au: date) -> list[Bornes]:
    """The local days of a centre from `du` to `au`, both included."""
    jours = [du + timedelta(days=n) for n in range((au - du).days + 1)]
    minuits = [minuit(jour, centre.zone) for jour in [*jours, au + timedelta(days=1)]]
    return [Bornes(jour, minuits[n], minuits[n + 1]) for n, jour in enumerate(jours)]


async def opening_with_planning(
    session: AsyncSession, centre: CentreVue, du: date, au: date, *, sans_retraits: bool = False
) -> tuple[list[OuvertureControleur], frozenset[date]]:
    """Working hours of a centre, its planning counted, and the days on which that leaves nobody.

    `sans_retraits`: as if nothing were blocked and nobody away.
    """
    ouvertures = await opening_ranges(session, centre_id=centre.id, du=du, au=au)
    bornes = days_of(centre, du, au)
    evenements = await _effective(session, centre, bornes, {o.controleur_id for o in ouvertures})
    if sans_retraits:
        evenements = [e for e in evenements if not e.removes_hours]
    if not evenements:
        return ouvertures, frozenset()
    return adjust_ouvertures(centre.id, ouvertures, evenements, bornes, await _team(session, centre, evenements))


async def _effective(
    session: AsyncSession, centre: CentreVue, bornes: list[Bornes], presents: set[UUID]
) -> list[EvenementVue]:
    periode = _touching(bornes[0].minuit, bornes[-1].lendemain)
    actifs = EvenementPlanning.statut.in_([s.value for s in EFFECTIFS])
    ici = await read_evenements(session, EvenementPlanning.centre_id == centre.id, actifs, *periode)
    qui = presents | {e.controleur_id for e in ici if e.controleur_id}
    if any(e.type is TypeEvenement.OUVERTURE for e in ici):
        qui |= {c.id for c in await list_controleurs(session, centre_id=centre.id, actif=True)}
    partout = EvenementPlanning.centre_id.is_(None) & EvenementPlanning.controleur_id.in_(qui)
    return ici + (await read_evenements(session, partout, actifs, *periode) if qui else [])


async def _team(session: AsyncSession, centre: CentreVue, evenements: list[EvenementVue]) -> Equipe:
    if all(e.type is not TypeEvenement.OUVERTURE for e in evenements):
        return Equipe(frozenset(), frozenset())
    equipe = await list_controleurs(session, centre_id=centre.id, actif=True)
    return Equipe(frozenset(c.id for c in equipe), frozenset(c.id for c in equipe if c.centre_id == centre.id))


async def is_blocked(
    session: AsyncSession, contexte: Contexte, *, besoins: frozenset[str], voulu: Intervalle, choisi: UUID | None
) -> bool:
    """True when a start outside the projected hours would be inside them without blocks, leave and absences."""
    jour = voulu.debut.astimezone(contexte.zone).date()
    sans, _vides = await opening_with_planning(session, contexte.centre, jour, jour, sans_retraits=True)
    qui = {
        o.controleur_id
        for o in sans
        if (choisi is None or o.controleur_id == choisi)
        and any(d <= voulu.debut and voulu.fin <= f for d, f in o.plages)
    }
    titres = await list_titres(session, controleur_ids=sorted(qui)) if qui else []
    if not any(besoins <= capacites_of(t.agrements, t.habilitations, jour) for t in titres):
        return False
    avec, _vides = await opening_with_planning(session, contexte.centre, jour, jour)
    restent = {o.controleur_id for o in avec if any(d <= voulu.debut and voulu.fin <= f for d, f in o.plages)}
    return any(
        t.controleur_id not in restent and besoins <= capacites_of(t.agrements, t.habilitations, jour) for t in titres
    )


async def blocages_equipement(
    session: AsyncSession, *, centre_id: UUID, du: datetime, au: datetime
) -> dict[UUID, tuple[Intervalle, ...]]:
    """The stretches of `[du, au)` during which lanes of a centre are blocked, by lane."""
    actifs = EvenementPlanning.statut.in_([s.value for s in EFFECTIFS])
    sortie: dict[UUID, tuple[Intervalle, ...]] = {}
    for e in await read_evenements(
        session,
        EvenementPlanning.centre_id == centre_id,
        EvenementPlanning.equipement_id.is_not(None),
        actifs,
        *_touching(du, au),
    ):
        assert e.equipement_id is not None
        touches = tuple(o for o in e.occurrences if o.debut < au and du < o.fin)
        if touches:
            sortie[e.equipement_id] = sortie.get(e.equipement_id, ()) + touches
    return sortie
