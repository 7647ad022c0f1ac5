"""Which living appointments a change of a planning hits, and what the days they stand on look like."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.rdv.metier.capacite import Equipement
from guichet.rdv.metier.collisions import Changement, RdvTouche, find_without_lane
from guichet.rdv.metier.evenements import EvenementVue
from guichet.rdv.metier.faisabilite import Ressource, Tache
from guichet.rdv.metier.intervalles import Intervalle, subtract
from guichet.rdv.metier.types import Statut
from guichet.rdv.metier.vues import Controle
from guichet.rdv.questions.contexte import Contexte
from guichet.rdv.questions.planning.evenements import blocages_equipement
from guichet.rdv.tables import Rdv
from guichet.reseau.facade import Carburant, TypeControle, VehiculeType, get_centre
from guichet.socle.database import raw
from guichet.socle.horloge import now

DUREE_MAX: Final = timedelta(hours=12)
"""No appointment is longer (`ck_rdv_duree`): how far before an instant one that covers it may start."""
A_VENIR: Final = (Statut.EN_ATTENTE_PAIEMENT.value, Statut.CONFIRME.value)
JOURS: Final = """
select distinct o.centre_id, o.jour from rdv.ouverture o where o.controleur_id = any(%s) and o.jour between %s and %s
"""
CONTENUS: Final = """
select r.id from unnest(%(ids)s::uuid[]) as v(id) join rdv.rdv r on r.id = v.id
 where exists (select from rdv.ouverture o
                where o.centre_id = r.centre_id and o.jour = r.jour
                  and (r.controleur_id is null or o.controleur_id = r.controleur_id)
                  and o.plages @> tstzrange(r.debut, r.fin))
"""
EQUIPE: Final = """
select o.controleur_id, o.plages, o.capacites from rdv.ouverture o where o.centre_id = %s and o.jour = %s
"""
ETAT: Final = """
select 'r', r.id::text, r.version::text, r.statut, coalesce(r.controleur_id::text, ''), r.debut::text
  from rdv.rdv r join unnest(%(centres)s::uuid[], %(jours)s::date[]) as d(centre, jour)
    on r.centre_id = d.centre and r.jour = d.jour
 where rdv.occupe(r.statut, r.expire_a, %(maintenant)s)
union all
select 'o', o.centre_id::text, o.jour::text, o.controleur_id::text, o.plages::text, o.capacites::text
  from rdv.ouverture o join unnest(%(centres)s::uuid[], %(jours)s::date[]) as d(centre, jour)
    on o.centre_id = d.centre and o.jour = d.jour
 order by 1, 2, 3, 4
"""


def is_living(*, offres: bool = False) -> ColumnElement[bool]:
    """The condition on an appointment of being neither over, nor under way, nor cancelled, nor a dead hold.

    A row held for an offer of the waiting list is nobody's appointment; `offres`: those alone.
    """
    vivante = (Rdv.statut == Statut.CONFIRME.value) | (Rdv.expire_a > now())
    offerte = Rdv.offre_id.is_not(None) if offres else Rdv.offre_id.is_(None)
    return Rdv.statut.in_(A_VENIR) & vivante & (Rdv.fin > now()) & offerte


async def read_touches(
    session: AsyncSession, *conditions: ColumnElement[bool], verrouiller: bool = False, offres: bool = False
) -> list[RdvTouche]:
    """Living appointments that meet the conditions, in order of time; `verrouiller` keeps their rows."""
    colonnes = (
        Rdv.id, Rdv.numero, Rdv.centre_id, Rdv.controleur_id, Rdv.controleur_choisi, Rdv.debut, Rdv.fin, Rdv.jour,
        Rdv.statut, Rdv.surnombre, Rdv.version, Rdv.vehicule_type, Rdv.carburant, Rdv.type_controle, Rdv.created_at,
    )  # fmt: skip
    requete = select(*colonnes).where(is_living(offres=offres), *conditions).order_by(Rdv.debut, Rdv.id)
    return [_read(row) for row in await session.execute(requete.with_for_update() if verrouiller else requete)]


def _read(row: Any) -> RdvTouche:
    return RdvTouche(
        id=row.id,
        numero=row.numero,
        centre_id=row.centre_id,
        controleur_id=row.controleur_id,
        controleur_choisi=row.controleur_choisi,
        debut=row.debut,
        fin=row.fin,
        jour=row.jour,
        statut=Statut(row.statut),
        surnombre=row.surnombre,
        version=row.version,
        controle=Controle(
            vehicule_type=VehiculeType(row.vehicule_type),
            carburant=Carburant(row.carburant),
            type_controle=TypeControle(row.type_controle),
        ),
        created_at=row.created_at,
    )


def _around(evenement: EvenementVue) -> ColumnElement[bool]:
    qui = [
        colonne == valeur
        for colonne, valeur in ((Rdv.centre_id, evenement.centre_id), (Rdv.controleur_id, evenement.controleur_id))
        if valeur is not None
    ]
    return and_(*qui, Rdv.debut > evenement.occurrences[0].debut - DUREE_MAX, Rdv.debut < evenement.occurrences[-1].fin)


async def find_touches(session: AsyncSession, changement: Changement, *, verrouiller: bool = False) -> list[RdvTouche]:
    """Living appointments a change hits. The change is written and projected already: what it strands is seen there."""
    if not changement.evenements:
        return []
    ici = await read_touches(session, or_(*map(_around, changement.evenements)), verrouiller=verrouiller)
    touches = {r.id for r in ici if changement.hits(r)}
    perdus = [r.id for r in ici if r.id not in touches and changement.may_strand(r)]
    if perdus:
        cursor = await (await raw(session)).execute(CONTENUS, {"ids": perdus})
        touches |= set(perdus) - {rdv_id for (rdv_id,) in await cursor.fetchall()}
    apres = changement.apres
    if apres is not None and apres.equipement_id is not None:
        touches |= {r.id for r in await _without_lane(session, apres, ici)}
    return [r for r in ici if r.id in touches]


async def find_offres(session: AsyncSession, changement: Changement) -> list[UUID]:
    """The starts held for offers of the waiting list that a change takes away."""
    if changement.apres is None:
        return []
    ici = await read_touches(session, _around(changement.apres), verrouiller=True, offres=True)
    return [r.id for r in ici if changement.hits(r)]


async def _without_lane(session: AsyncSession, evenement: EvenementVue, ici: Sequence[RdvTouche]) -> list[RdvTouche]:
    assert evenement.centre_id is not None
    centre = await get_centre(session, evenement.centre_id)
    debut, fin = evenement.occurrences[0].debut, evenement.occurrences[-1].fin
    blocages = await blocages_equipement(session, centre_id=centre.id, du=debut - DUREE_MAX, au=fin + DUREE_MAX)
    equipements = [
        (e.id, Equipement(e.nom, frozenset(v.value for v in e.vehicule_types), e.en_service))
        for e in centre.equipements
    ]
    nominaux = [(r, r.controle.vehicule_type.value) for r in ici if not r.surnombre]
    return find_without_lane(nominaux, equipements, blocages, evenement.occurrences)


async def days_with_hours(
    session: AsyncSession, controleur_ids: Iterable[UUID], du: date, au: date
) -> set[tuple[UUID, date]]:
    """The centre-days on which one of the inspectors has hours."""
    cursor = await (await raw(session)).execute(JOURS, (list(controleur_ids), du, au))
    return set(await cursor.fetchall())


async def fingerprint(session: AsyncSession, touches: Sequence[RdvTouche]) -> str:
    """What a dry run saw: the appointments it hits, and every appointment and opening range of the days they stand on."""
    jours = sorted({(t.centre_id, t.jour) for t in touches})
    parametres = {"centres": [c for c, _j in jours], "jours": [j for _c, j in jours], "maintenant": now()}
    cursor = await (await raw(session)).execute(ETAT, parametres)
    etat = [*(("t", str(t.id)) for t in touches), *await cursor.fetchall()]
    return sha256(repr(etat).encode()).hexdigest()[:32]


async def read_day(
    session: AsyncSession, contexte: Contexte, jour: date, *, sauf: Iterable[UUID]
) -> tuple[list[Ressource], list[Tache]]:
    """The inspectors of a centre's local day and their appointments, `sauf` left out.

    What they give to other centres is taken off their hours. An appointment whose inspector was chosen by name, or that
    is under way or over, stays where it is.
    """
    cursor = await (await raw(session)).execute(EQUIPE, (contexte.centre.id, jour))
    equipe: list[tuple[UUID, Any, list[str]]] = await cursor.fetchall()
    rows = await session.execute(
        select(
            Rdv.id, Rdv.centre_id, Rdv.controleur_id, Rdv.controleur_choisi, Rdv.debut, Rdv.fin, Rdv.statut,
            Rdv.vehicule_type, Rdv.carburant, Rdv.type_controle,
        ).where(
            Rdv.controleur_id.in_([qui for qui, _plages, _titres in equipe]),
            Rdv.id.not_in(list(sauf)),
            _overlaps_day(equipe),
            Rdv.statut.in_([*A_VENIR, Statut.EN_COURS.value, Statut.TERMINE.value]),
            (Rdv.statut != Statut.EN_ATTENTE_PAIEMENT.value) | (Rdv.expire_a > now()),
        )
    )  # fmt: skip
    ailleurs: dict[UUID, list[Intervalle]] = {}
    taches = []
    for row in rows:
        if row.centre_id != contexte.centre.id:
            ailleurs.setdefault(row.controleur_id, []).append(Intervalle(row.debut, row.fin))
            continue
        controle = Controle(
            vehicule_type=VehiculeType(row.vehicule_type),
            carburant=Carburant(row.carburant),
            type_controle=TypeControle(row.type_controle),
        )
        fixe = row.controleur_choisi or row.statut not in A_VENIR
        taches.append(
            Tache(row.id, Intervalle(row.debut, row.fin), contexte.besoins(controle), row.controleur_id, fixe)
        )
    ressources = [
        Ressource(
            qui,
            tuple(subtract([Intervalle(p.lower, p.upper) for p in plages], ailleurs.get(qui, ()))),
            frozenset(titres),
        )
        for qui, plages, titres in equipe
    ]
    return ressources, taches


def _overlaps_day(equipe: Sequence[tuple[UUID, Any, list[str]]]) -> ColumnElement[bool]:
    bornes = [p for _qui, plages, _titres in equipe for p in plages]
    if not bornes:
        return ~true()
    debut: datetime = min(p.lower for p in bornes)
    fin: datetime = max(p.upper for p in bornes)
    return and_(Rdv.debut > debut - DUREE_MAX, Rdv.debut < fin)


async def places_left(session: AsyncSession, centre_id: UUID, jours: Iterable[date]) -> Mapping[date, int]:
    """How many nominal appointments each local day may still take."""
    cursor = await (await raw(session)).execute(
        "select j.jour, j.capacite - (select count(*) from rdv.rdv r where r.centre_id = j.centre_id"
        "   and r.debut >= j.minuit and r.debut < j.lendemain and not r.surnombre"
        "   and rdv.occupe(r.statut, r.expire_a, %s))"
        " from rdv.journee j where j.centre_id = %s and j.jour = any(%s)",
        (now(), centre_id, list(jours)),
    )
    return {jour: int(reste) for jour, reste in await cursor.fetchall()}
