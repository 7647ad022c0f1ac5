"""Millions of appointments for the measures: drawn without overlap, loaded by COPY, indexes built once at the end."""

from array import array
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from guichet.annuaire.facade import (
    ClientVue,
    VehiculeVue,
    index_email,
    index_telephone,
    list_clients,
    list_detentions,
    list_vehicules,
    name_key,
)
from guichet.rdv.actions.projeter import MARGE_JOURS, erase_projection, write_projection
from guichet.rdv.demo.tirages import draw_issue, draw_source
from guichet.rdv.metier.numero import ALPHABET, LONGUEUR
from guichet.rdv.metier.types import Statut
from guichet.rdv.metier.vues import Controle
from guichet.rdv.questions.contexte import Contexte, capacites_of, load_contexte
from guichet.rdv.tables import RDV
from guichet.reseau.facade import (
    Carburant,
    OuvertureControleur,
    TitresControleur,
    VehiculeType,
    list_centres,
    list_titres,
    opening_ranges,
)
from guichet.socle.crypto import aad, encrypt
from guichet.socle.database import get_database, raw
from guichet.socle.demo import Monde
from guichet.socle.i18n import _

SEUIL_INDEX: Final = 100_000
"""From so many appointments on, indexes and constraints are taken down and built once: the table is locked meanwhile."""
PASSE_JOURS: Final = 365
AVENIR_JOURS: Final = 60
PART_PASSEE: Final = 0.9
PAS_S: Final = 45 * 60
ECHANTILLON: Final = 4_000
"""Customers whose typed part is written in advance; the millions take turns."""

COLONNES: Final = (
    "id, tenant_id, numero, centre_id, controleur_id, type_controle, debut, fin, jour, statut, resultat, montant_cents,"
    " paiement_mode, paiement_statut, source, annule_le, annule_motif, created_at, updated_at, client_id, vehicule_id,"
    " client_type, client_nom, client_prenom, client_cle_nom, client_email, client_email_index, client_telephone,"
    " client_telephone_index, immatriculation, vehicule_type, carburant, marque, modele, mise_circulation"
)
COPIER: Final = f"copy rdv.rdv ({COLONNES}) from stdin"
_BASE: Final = len(ALPHABET)
_TOUS: Final = _BASE**LONGUEUR
_PAS: Final = 387_420_489_001  # shares no factor with _TOUS: every rank gives another number


@dataclass(frozen=True)
class _Visiteur:
    """The part of a row that depends on the customer and the vehicle alone, already written."""

    vehicule_type: VehiculeType
    carburant: Carburant
    suite: str


@dataclass(frozen=True)
class _Plan:
    """The places drawn in one centre: who, on which day (ordinal), when (seconds), in columns to hold millions of them."""

    contexte: Contexte
    controleurs: list[UUID]
    qui: "array[int]"
    jours: "array[int]"
    debuts: "array[int]"


async def fill_grand(session: AsyncSession, monde: Monde) -> dict[str, int]:
    """The big tenant's projection and appointments, written in a session that bypasses row-level security.

    What the tenant has is read first, as the application reads it: no other tenant's rows come along, and nothing waits
    for the locks of the load.
    """
    rng = monde.rng("rdv/grand")
    plans = []
    async with get_database().transaction(monde.tenant.id, read_only=True) as lecture:
        visiteurs = await _write_visiteurs(lecture, monde, rng)
        centres = await list_centres(lecture)
        for centre, voulu in zip(centres, _share(monde.tenant.rdv, len(centres)), strict=True):
            contexte = await load_contexte(lecture, centre.id)
            au = monde.jour(contexte.horizon + MARGE_JOURS)
            ouvertures = await opening_ranges(lecture, centre_id=centre.id, du=monde.jour(-PASSE_JOURS), au=au)
            titres = await list_titres(lecture, centre_id=centre.id)
            await erase_projection(session, contexte.centre, monde.today)
            futures = [o for o in ouvertures if o.jour >= monde.today]
            await write_projection(session, contexte.centre, (monde.today, au), futures, titres)
            plans.append(_draw_plan(rng, monde, contexte, (ouvertures, titres), voulu))
            monde.progression(_("Ouvertures"), len(centres), 1)
    total, depart = 0, rng.getrandbits(39)
    async with _bare_table(session, monde.tenant.rdv), (await raw(session)).cursor() as cursor:
        for plan in plans:
            texte = "".join(_rows(rng, monde, plan, visiteurs, depart=depart + total))
            async with cursor.copy(COPIER) as copie:
                await copie.write(texte)
            total += len(plan.debuts)
            monde.progression(_("Rendez-vous"), monde.tenant.rdv, len(plan.debuts))
    return {"rendez-vous": total}


def _share(total: int, parts: int) -> list[int]:
    return [total // parts + (n < total % parts) for n in range(parts)]


def _draw_plan(
    rng: Random,
    monde: Monde,
    contexte: Contexte,
    travail: tuple[Sequence[OuvertureControleur], Sequence[TitresControleur]],
    voulu: int,
) -> _Plan:
    """`voulu` starts three quarters of an hour apart in the ranges of those who may inspect cars, in order of time."""
    ouvertures, titres = travail
    par_controleur = {t.controleur_id: t for t in titres}
    controleurs = sorted(par_controleur)
    rangs = {qui: rang for rang, qui in enumerate(controleurs)}
    passes: list[tuple[int, int, int]] = []
    futurs: list[tuple[int, int, int]] = []
    dernier = monde.jour(AVENIR_JOURS)
    for o in ouvertures:
        t = par_controleur[o.controleur_id]
        if o.jour > dernier or "VL" not in capacites_of(t.agrements, t.habilitations, o.jour):
            continue
        sac, rang, jour = passes if o.jour < monde.today else futurs, rangs[o.controleur_id], o.jour.toordinal()
        for debut, fin in o.plages:
            depart = int(debut.timestamp())
            sac.extend((depart + n * PAS_S, jour, rang) for n in range(int((fin - debut).total_seconds()) // PAS_S))
    avant = min(len(passes), int(voulu * PART_PASSEE))
    tires = sorted(rng.sample(passes, avant) + rng.sample(futurs, min(len(futurs), voulu - avant)))
    return _Plan(
        contexte,
        controleurs,
        array("H", (rang for _debut, _jour, rang in tires)),
        array("l", (jour for _debut, jour, _rang in tires)),
        array("q", (debut for debut, _jour, _rang in tires)),
    )


def _rows(rng: Random, monde: Monde, plan: _Plan, visiteurs: Sequence[_Visiteur], *, depart: int) -> Iterator[str]:
    """One line of COPY text per appointment."""
    tenant, centre = str(monde.tenant.id), str(plan.contexte.centre.id)
    prefixe = f"{rng.getrandbits(64):016x}"
    tarifs: dict[tuple[VehiculeType, Carburant], tuple[int | None, timedelta]] = {}
    noms = [str(qui) for qui in plan.controleurs]
    for rang, (qui, ordinal, secondes) in enumerate(zip(plan.qui, plan.jours, plan.debuts, strict=True), start=depart):
        visiteur = visiteurs[int(rng.random() * len(visiteurs))]
        cle = (visiteur.vehicule_type, visiteur.carburant)
        if cle not in tarifs:
            controle = Controle(vehicule_type=cle[0], carburant=cle[1])
            tarifs[cle] = plan.contexte.prix(controle), plan.contexte.duree(controle)
        prix, duree = tarifs[cle]
        debut, jour = datetime.fromtimestamp(secondes, UTC), date.fromordinal(ordinal)
        issue = draw_issue(rng, jour, monde.today, visiteur.vehicule_type)
        annule = issue.statut is Statut.ANNULE
        cree = (debut - timedelta(days=1 + int(rng.random() * 20))).isoformat()
        yield (
            f"{_uuid(prefixe, rang)}\t{tenant}\t{write_numero(rang)}\t{centre}\t{noms[qui]}\tCTP\t{debut.isoformat()}\t"
            f"{(debut + duree).isoformat()}\t{jour.isoformat()}\t{issue.statut.value}\t"
            f"{issue.resultat.value if issue.resultat else _NUL}\t{_NUL if prix is None else prix}\tsur_place\t"
            f"{'paye' if issue.statut is Statut.TERMINE else _NUL}\t{draw_source(rng).value}\t"
            f"{cree if annule else _NUL}\t{issue.motif.value if issue.motif else _NUL}\t{cree}\t{cree}\t{visiteur.suite}\n"
        )


_NUL: Final = "\\N"


def _uuid(prefixe: str, rang: int) -> str:
    return f"{prefixe[:8]}-{prefixe[8:12]}-4{prefixe[12:15]}-8{rang >> 48 & 0xFFF:03x}-{rang & 0xFFFFFFFFFFFF:012x}"


def write_numero(rang: int) -> str:
    """The number of a rank: no two ranks share one, and they do not look like a sequence."""
    reste = (rang + 1) * _PAS % _TOUS
    lettres = []
    for _position in range(LONGUEUR):
        reste, chiffre = divmod(reste, _BASE)
        lettres.append(ALPHABET[chiffre])
    return "RDV-" + "".join(lettres)


async def _write_visiteurs(session: AsyncSession, monde: Monde, rng: Random) -> list[_Visiteur]:
    clients = {c.id: c for c in await list_clients(session)}
    vehicules = {v.id: v for v in await list_vehicules(session)}
    liens = [
        (clients[d.client_id], vehicules[d.vehicule_id])
        for d in await list_detentions(session)
        if _is_ordinary(vehicules[d.vehicule_id])
    ]
    liens.sort(key=lambda lien: lien[1].immatriculation)
    return [_write_visiteur(monde, *lien) for lien in rng.sample(liens, min(ECHANTILLON, len(liens)))]


def _is_ordinary(vehicule: VehiculeVue) -> bool:
    """What any accredited inspector may take in three quarters of an hour."""
    return vehicule.type in {VehiculeType.VP, VehiculeType.VU} and vehicule.carburant is not Carburant.GAZ


def _write_visiteur(monde: Monde, client: ClientVue, vehicule: VehiculeVue) -> _Visiteur:
    assert client.email is not None
    assert client.telephone is not None
    champs: list[Any] = [
        client.id,
        vehicule.id,
        client.type.value,
        client.nom,
        client.prenom,
        name_key(client.nom, client.prenom),
        _bytea(encrypt(client.email, aad(monde.tenant.id, RDV, "client_email"))),
        _bytea(index_email(client.email)),
        _bytea(encrypt(client.telephone, aad(monde.tenant.id, RDV, "client_telephone"))),
        _bytea(index_telephone(client.telephone)),
        vehicule.immatriculation,
        vehicule.type.value,
        vehicule.carburant.value,
        vehicule.marque,
        vehicule.modele,
        vehicule.mise_circulation,
    ]
    return _Visiteur(vehicule.type, vehicule.carburant, "\t".join(_NUL if c is None else str(c) for c in champs))


def _bytea(octets: bytes) -> str:
    return "\\\\x" + octets.hex()  # the backslash of PostgreSQL's hexadecimal form, escaped as COPY wants it


# The keys of other tables that lead here stand on its unique constraint: they go first and come back last.
_CONTRAINTES: Final = """
select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint
 where (conrelid = 'rdv.rdv'::regclass and contype in ('f', 'u', 'x')) or (confrelid = 'rdv.rdv'::regclass and contype = 'f')
 order by contype, conname
"""
_INDEX: Final = """
select i.relname, pg_get_indexdef(i.oid) from pg_index x join pg_class i on i.oid = x.indexrelid
 where x.indrelid = 'rdv.rdv'::regclass and not exists (select from pg_constraint c where c.conindid = i.oid)
"""


@asynccontextmanager
async def _bare_table(session: AsyncSession, nombre: int) -> AsyncIterator[None]:
    """The table without its indexes and constraints for the time of a large load; they are checked when built again."""
    connexion = await raw(session)
    if nombre < SEUIL_INDEX:
        yield
    else:
        await connexion.execute("set local maintenance_work_mem = '512MB'; set local statement_timeout = 0")
        contraintes = await (await connexion.execute(_CONTRAINTES)).fetchall()
        index = await (await connexion.execute(_INDEX)).fetchall()
        for table, nom, _definition in contraintes:
            await connexion.execute(f"alter table {table} drop constraint {nom}".encode())
        for nom, _definition in index:
            await connexion.execute(f"drop index rdv.{nom}".encode())
        yield
        for _nom, definition in index:
            await connexion.execute(definition.encode())
        for table, nom, definition in reversed(contraintes):
            await connexion.execute(f"alter table {table} add constraint {nom} {definition}".encode())
    for table in ("journee", "ouverture", "rdv"):
        await connexion.execute(f"analyze rdv.{table}".encode())
