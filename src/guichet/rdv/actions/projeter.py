"""The projection of opening ranges: who works where and when, and what they may inspect, day by day.

`reseau` decides the hours; this keeps them where the hot statements need them. Written again whenever the network says
that something moved, and rolled forward every day.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import get_reglages
from guichet.rdv.messages import DisponibiliteChanged
from guichet.rdv.metier.capacite import Equipement, count_voies, write_masque
from guichet.rdv.metier.heures import jour_local, minuit
from guichet.rdv.metier.intervalles import merge
from guichet.rdv.metier.reglages import Reservation
from guichet.rdv.questions.contexte import capacites_of
from guichet.rdv.questions.planning.evenements import blocages_equipement, opening_with_planning
from guichet.reseau.facade import (
    CentreVue,
    OuvertureControleur,
    TitresControleur,
    find_centre,
    list_controleurs,
    list_titres,
)
from guichet.socle.database import raw
from guichet.socle.horloge import now
from guichet.socle.ids import new_id
from guichet.socle.messages import publish

MARGE_JOURS: Final = 7
"""Days projected beyond the horizon, so that a worker that is late changes nothing."""

VERROU: Final = "select pg_advisory_xact_lock(hashtextextended(%s::text, 2))"
EFFACER: Final = (
    "delete from rdv.ouverture where centre_id = %s and jour >= %s and jour <= coalesce(%s, 'infinity'::date)",
    "delete from rdv.journee where centre_id = %s and jour >= %s and jour <= coalesce(%s, 'infinity'::date)",
)
PROJETE: Final = "select exists (select from rdv.journee where centre_id = %s)"
JOURNEES: Final = """
insert into rdv.journee (tenant_id, centre_id, jour, minuit, lendemain, etat, capacite, voies)
select %(tenant)s, %(centre)s, j.jour, j.minuit, j.lendemain, j.etat, %(capacite)s, %(voies)s::integer[]
  from unnest(%(jours)s::date[], %(minuits)s::timestamptz[], %(lendemains)s::timestamptz[], %(etats)s::text[])
    as j(jour, minuit, lendemain, etat)
"""
VOIES: Final = """
insert into rdv.voie_fermee (id, tenant_id, centre_id, masque, debut, fin)
select v.id, %(tenant)s, %(centre)s, v.masque, v.debut, v.fin
  from unnest(%(ids)s::uuid[], %(masques)s::smallint[], %(debuts)s::timestamptz[], %(fins)s::timestamptz[])
    as v(id, masque, debut, fin)
"""
OUVERTURES: Final = """
insert into rdv.ouverture (tenant_id, centre_id, controleur_id, jour, plages, capacites)
select %(tenant)s, %(centre)s, o.controleur_id, o.jour, o.plages::tstzmultirange, o.capacites::text[]
  from unnest(%(controleurs)s::uuid[], %(jours)s::date[], %(plages)s::text[], %(capacites)s::text[])
    as o(controleur_id, jour, plages, capacites)
"""


async def project_centre(
    session: AsyncSession, *, centre_id: UUID, du: date | None = None, au: date | None = None
) -> int:
    """Write again the opening ranges of a centre from `du` (default: its today) to `au` (default: beyond its horizon).

    What `reseau` opens, plus exceptional openings, minus blocks, leave and absences. Nothing is kept of a centre where
    nobody works: it is not booked online. Tells `DisponibiliteChanged`. Returns how many inspector-days are open.
    """
    await (await raw(session)).execute(VERROU, (str(centre_id),))
    centre = await find_centre(session, centre_id)
    if centre is None:
        return 0
    if au is not None and not await _is_projected(session, centre_id):
        du = au = None  # a few days alone would make the whole centre look booked online
    aujourdhui = jour_local(now(), centre.zone)
    debut = max(du, aujourdhui) if du else aujourdhui
    dernier = aujourdhui + timedelta(days=await _depth(session, centre))
    await _close_lanes(session, centre, dernier)
    fin = min(au, dernier) if au else dernier
    if fin < debut:
        return 0
    ouvertures: list[OuvertureControleur] = []
    bloques: frozenset[date] = frozenset()
    titres: list[TitresControleur] = []
    if centre.actif:
        ouvertures, bloques = await opening_with_planning(session, centre, debut, fin)
        titres = await list_titres(session, centre_id=centre_id) if ouvertures else []
    periode = (debut, fin) if ouvertures or bloques or du is not None else None
    await erase_projection(session, centre, debut, au and fin)
    if periode is not None:
        await write_projection(session, centre, periode, ouvertures, titres, bloques=bloques)
    await publish(session, DisponibiliteChanged(centre_id=centre_id, du=debut, au=fin))
    return len(ouvertures)


async def _close_lanes(session: AsyncSession, centre: CentreVue, jusqua: date) -> None:
    """Write again when the lanes of a centre are closed, from now to the end of a local day."""
    ouvertes = {e.id: write_masque(t.value for t in e.vehicule_types) for e in centre.equipements if e.en_service}
    blocages = await blocages_equipement(
        session, centre_id=centre.id, du=now(), au=minuit(jusqua + timedelta(days=1), centre.zone)
    )
    fermees = [(ouvertes[qui], i) for qui, stretches in blocages.items() if ouvertes.get(qui) for i in merge(stretches)]
    connexion = await raw(session)
    await connexion.execute("delete from rdv.voie_fermee where centre_id = %s", (centre.id,))
    if fermees:
        await connexion.execute(
            VOIES,
            {
                "tenant": centre.tenant_id,
                "centre": centre.id,
                "ids": [new_id() for _ in fermees],
                "masques": [masque for masque, _i in fermees],
                "debuts": [i.debut for _masque, i in fermees],
                "fins": [i.fin for _masque, i in fermees],
            },
        )


async def _is_projected(session: AsyncSession, centre_id: UUID) -> bool:
    cursor = await (await raw(session)).execute(PROJETE, (centre_id,))
    return bool((await cursor.fetchone() or (False,))[0])


async def _depth(session: AsyncSession, centre: CentreVue) -> int:
    horizon = centre.reservation.horizon_jours or (await get_reglages(session, Reservation)).horizon_jours
    return horizon + MARGE_JOURS


async def erase_projection(session: AsyncSession, centre: CentreVue, du: date, au: date | None = None) -> None:
    """Forget the projection of a centre from a day on, or to `au` included."""
    connexion = await raw(session)
    for ordre in EFFACER:
        await connexion.execute(ordre, (centre.id, du, au))


async def write_projection(
    session: AsyncSession,
    centre: CentreVue,
    periode: tuple[date, date],
    ouvertures: Sequence[OuvertureControleur],
    titres: Sequence[TitresControleur],
    *,
    bloques: frozenset[date] = frozenset(),
) -> None:
    """Add the days of a period and the opening ranges in it to the projection of a centre, which has none there yet.

    `bloques` are days nobody works any more: closed, whatever the hours say.
    """
    connexion = await raw(session)
    cle = {"centre": centre.id, "tenant": centre.tenant_id}
    jours = _days(centre, *periode, ouverts={o.jour for o in ouvertures}, bloques=bloques)
    await connexion.execute(
        JOURNEES, {**cle, "capacite": centre.capacite_journaliere, "voies": voies_of(centre), **jours}
    )
    capacites = _Capacites(titres)
    await connexion.execute(
        OUVERTURES,
        {
            **cle,
            "controleurs": [o.controleur_id for o in ouvertures],
            "jours": [o.jour for o in ouvertures],
            "plages": [format_plages(o.plages) for o in ouvertures],
            "capacites": [capacites.write(o.controleur_id, o.jour) for o in ouvertures],
        },
    )


def voies_of(centre: CentreVue) -> list[int] | None:
    """The lanes of a centre by set of vehicle types, as its days carry them."""
    voies = count_voies(
        Equipement(e.nom, frozenset(t.value for t in e.vehicule_types), e.en_service) for e in centre.equipements
    )
    return None if voies is None else list(voies)


def _days(
    centre: CentreVue, du: date, au: date, *, ouverts: set[date], bloques: frozenset[date]
) -> dict[str, list[date] | list[datetime] | list[str]]:
    jours = [du + timedelta(days=n) for n in range((au - du).days + 1)]
    bornes = [minuit(jour, centre.zone) for jour in [*jours, au + timedelta(days=1)]]
    return {
        "jours": jours,
        "minuits": bornes[:-1],
        "lendemains": bornes[1:],
        "etats": ["ouvert" if jour in ouverts else etat_of(centre, jour, bloques) for jour in jours],
    }


def etat_of(centre: CentreVue, jour: date, bloques: frozenset[date] = frozenset()) -> str:
    """`ouvert`, `ferie` or `ferme`."""
    ouverture = centre.opening(jour)
    if ouverture.plages:
        return "ferme" if jour in bloques else "ouvert"
    return "ferie" if ouverture.raison == "ferie" else "ferme"


def format_plages(plages: Iterable[tuple[datetime, datetime]]) -> str:
    """UTC ranges as the text of a multirange."""
    return "{" + ",".join(f"[{debut.isoformat()},{fin.isoformat()})" for debut, fin in plages) + "}"


class _Capacites:
    """What each inspector may inspect on a day, as the text of an array."""

    def __init__(self, titres: Iterable[TitresControleur]) -> None:
        self._titres = {t.controleur_id: t for t in titres}

    def write(self, controleur_id: UUID, jour: date) -> str:
        t = self._titres[controleur_id]
        codes = capacites_of(t.agrements, t.habilitations, jour)
        return "{" + ",".join(f'"{code}"' for code in sorted(codes)) + "}"


async def project_controleur(session: AsyncSession, *, controleur_id: UUID) -> None:
    """Write again the days of every centre where an inspector works, or worked until now."""
    cursor = await (await raw(session)).execute(
        "select distinct centre_id from rdv.ouverture where controleur_id = %s and jour >= %s",
        (controleur_id, now().date() - timedelta(days=1)),
    )
    centres = {centre_id for (centre_id,) in await cursor.fetchall()}
    for controleur in await list_controleurs(session, controleur_ids=[controleur_id]):
        centres |= {travail.centre_id for travail in controleur.centres}
    for centre_id in sorted(centres):
        await project_centre(session, centre_id=centre_id)


async def extend_projection(session: AsyncSession) -> int:
    """Roll the session's tenant forward: project the days that have come within reach. Returns how many centres moved."""
    cursor = await (await raw(session)).execute("select centre_id, max(jour) from rdv.journee group by centre_id")
    jusqua: dict[UUID, date] = dict(await cursor.fetchall())
    centres = {t.centre_id for c in await list_controleurs(session, actif=True) for t in c.centres} | set(jusqua)
    avances = 0
    for centre_id in sorted(centres):
        centre = await find_centre(session, centre_id)
        if centre is None or not centre.actif:
            continue
        cible = jour_local(now(), centre.zone) + timedelta(days=await _depth(session, centre))
        dernier = jusqua.get(centre_id)
        if dernier is None or dernier < cible:
            await project_centre(session, centre_id=centre_id, du=dernier and dernier + timedelta(days=1))
            avances += 1
    return avances
