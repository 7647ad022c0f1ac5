"""Storing an import in one transaction of its tenant: copy aside, compare, write only what differs.

What the file says wins over what was stored for the name, address, position, phone, web address and periodic prices of a
centre; its agence, hours, capacity and everything else stay the tenant's.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import psycopg
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.reseau.actions.agences import create_agence
from guichet.reseau.actions.commun import tenant_of
from guichet.reseau.actions.importation.fichiers import Lus, Suivi
from guichet.reseau.actions.saisies import AgenceSaisie
from guichet.reseau.actions.vitrine import refresh_vitrine
from guichet.reseau.lieux import Lieu, load_table
from guichet.reseau.messages import CentreChanged, CentreCreated, HorairesChanged, TarifChanged
from guichet.reseau.metier.identifiants import cle_tri
from guichet.reseau.metier.importation import CentreImporte
from guichet.reseau.metier.importation.rejets import LIGNE_REJETEE, Rejet
from guichet.reseau.metier.tarifs import Tarif
from guichet.reseau.metier.types import TypeControle
from guichet.reseau.tables import Agence
from guichet.socle.audit import audit
from guichet.socle.database import raw
from guichet.socle.ids import new_id
from guichet.socle.messages import INSERT, Message, outbox_values, react

_TYPES: Final = [TypeControle.CTP.value, TypeControle.CVP.value, TypeControle.CV.value]
_COLONNES: Final = (
    "nom", "cle_tri", "adresse", "code_postal", "ville", "lat", "lon", "position_approchee", "telephone", "site_web",
    "territoire", "fuseau",
)  # fmt: skip
_LISTE: Final = ", ".join(_COLONNES)

_TABLES: Final = """
set local statement_timeout = 0;
select pg_advisory_xact_lock(hashtextextended('reseau.import ' || current_setting('app.tenant_id'), 0));
create temporary table import_centre (
  id uuid, siret text primary key, departement text, nom text, cle_tri text, adresse text, code_postal text, ville text,
  lat double precision, lon double precision, position_approchee boolean, telephone text, site_web text, territoire text,
  fuseau text
) on commit drop;
create temporary table import_tarif (
  id uuid, siret text, vehicule_type text, carburant text, montant integer, contre_visite integer
) on commit drop;
"""
# The vitrine is read by all: it tells whose a code is when the centre itself cannot be seen.
_PRIS: Final = """
delete from import_centre i using reseau.vitrine v
 where v.code_centre = i.siret and v.tenant_id <> %s returning i.siret
"""
_CHANGER: Final = f"""
update reseau.centre c set ({_LISTE}) = ({", ".join(f"i.{n}" for n in _COLONNES)}), version = c.version + 1, updated_at = now()
  from import_centre i, reseau.centre avant
 where c.code_centre = i.siret and avant.id = c.id
   and ({", ".join(f"c.{n}" for n in _COLONNES)}) is distinct from ({", ".join(f"i.{n}" for n in _COLONNES)})
returning c.id, c.actif, (avant.territoire, avant.fuseau) is distinct from (i.territoire, i.fuseau)
"""  # noqa: S608  the columns are ours
_CREER: Final = f"""
insert into reseau.centre (id, tenant_id, agence_id, code_centre, siret, types_controle, {_LISTE})
select i.id, a.tenant_id, a.id, i.siret, i.siret, %s, {", ".join(f"i.{n}" for n in _COLONNES)}
  from import_centre i join reseau.agence a on a.code = 'DEP-' || i.departement
 where not exists (select 1 from reseau.centre c where c.code_centre = i.siret)
on conflict (code_centre) do nothing
returning id, agence_id, code_centre
"""  # noqa: S608  the columns are ours
_PERDUS: Final = """
select i.siret from import_centre i where not exists (select 1 from reseau.centre c where c.code_centre = i.siret)
"""
_RETIRER_TARIFS: Final = """
delete from reseau.tarif t using reseau.centre c
 where c.id = t.centre_id and t.type_controle = 'CTP'
   and exists (select 1 from import_tarif i where i.siret = c.code_centre)
   and not exists (select 1 from import_tarif i where i.siret = c.code_centre
                      and i.vehicule_type = t.vehicule_type and i.carburant is not distinct from t.carburant)
returning t.centre_id
"""
_ECRIRE_TARIFS: Final = """
insert into reseau.tarif as t (id, tenant_id, centre_id, vehicule_type, carburant, type_controle, montant, contre_visite)
select i.id, c.tenant_id, c.id, i.vehicule_type, i.carburant, 'CTP', i.montant, i.contre_visite
  from import_tarif i join reseau.centre c on c.code_centre = i.siret
on conflict (centre_id, vehicule_type, carburant, type_controle) do update
   set montant = excluded.montant, contre_visite = excluded.contre_visite
 where (t.montant, t.contre_visite) is distinct from (excluded.montant, excluded.contre_visite)
returning t.centre_id
"""

Connexion = psycopg.AsyncConnection[Any]


@dataclass(frozen=True, slots=True)
class Bilan:
    """What an import did. `tarifs` counts the prices in the file, `tarifs_changes` the centres whose tariff moved."""

    crees: int
    modifies: int
    inchanges: int
    agences: int
    tarifs: int
    tarifs_changes: int


async def store(session: AsyncSession, lus: Lus, suivi: Suivi) -> Bilan:
    """Store centres and tariffs; adds to the report those whose code another tenant holds.

    Raises Conflict `LIMITE_AGENCES` when the tenant may not have an agence per department.
    """
    connexion = await raw(session)
    await connexion.execute(_TABLES)
    await _copy_centres(connexion, lus.centres.values(), suivi)
    await _reject_taken(session, connexion, lus)
    agences = await _open_agences(session, lus.centres.values())
    changes = await _rows(connexion, _CHANGER)
    crees = await _rows(connexion, _CREER, (_TYPES,))
    # Two imports of the same code at once, in two tenants: the database lets one through.
    for (siret,) in await _rows(connexion, _PERDUS):
        _add_taken(lus, siret)
    tarifs = await _copy_tarifs(connexion, lus.tarifs, suivi)
    touches = {ligne[0] for requete in (_RETIRER_TARIFS, _ECRIRE_TARIFS) for ligne in await _rows(connexion, requete)}
    nouveaux = {ligne[0] for ligne in crees}
    await _show(session, {ligne[0] for ligne in changes} | nouveaux | touches, suivi)
    bilan = Bilan(
        crees=len(crees),
        modifies=len(changes),
        inchanges=len(lus.centres) - len(crees) - len(changes),
        agences=agences,
        tarifs=tarifs,
        tarifs_changes=len(touches - nouveaux),
    )
    await audit(
        session,
        action="reseau.import",
        entite="tenant",
        entite_id=tenant_of(session),
        apres={"crees": bilan.crees, "modifies": bilan.modifies, "inchanges": bilan.inchanges, "tarifs": tarifs},
    )
    await _tell(session, connexion, [CentreCreated(centre_id=c, agence_id=a) for c, a, _code in crees])
    await _tell(session, connexion, [CentreChanged(centre_id=c, actif=actif) for c, actif, _deplace in changes])
    await _tell(session, connexion, [HorairesChanged(centre_id=c) for c, _actif, deplace in changes if deplace])
    await _tell(session, connexion, [TarifChanged(centre_id=c) for c in sorted(touches - nouveaux)])
    return bilan


async def _rows(connexion: Connexion, requete: str, parametres: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    return await (await connexion.execute(requete, parametres)).fetchall()


async def _open_agences(session: AsyncSession, centres: Iterable[CentreImporte]) -> int:
    """One agence per department, in its main town; those that are there are kept as they are."""
    noms = {c.departement: c.nom_departement for c in centres}
    presentes = set(await session.scalars(select(Agence.code).where(Agence.code.in_([f"DEP-{d}" for d in noms]))))
    manquantes = sorted(d for d in noms if f"DEP-{d}" not in presentes)
    for departement in manquantes:
        ville = _main_town(departement)
        await create_agence(
            session,
            AgenceSaisie(
                nom=f"{noms[departement]} ({departement})",
                code=f"DEP-{departement}",
                ville=ville.nom if ville else "",
                code_postal=ville.code_postal if ville else "",
                lat=ville.lat if ville else None,
                lon=ville.lon if ville else None,
            ),
        )
    return len(manquantes)


def _main_town(departement: str) -> Lieu | None:
    table = load_table()
    numero = table.par_code_departement.get(departement)
    if numero is None:
        return None
    chef_lieu = table.departements[numero].chef_lieu
    rangs = [r for r in table.par_departement.get(numero, []) if table.codes[r] == chef_lieu]
    return table.lieu(rangs[0]) if rangs else None


async def _copy_centres(connexion: Connexion, centres: Iterable[CentreImporte], suivi: Suivi) -> None:
    lignes = [
        (
            new_id(), c.siret, c.departement, c.nom, cle_tri(c.nom), c.adresse, c.code_postal, c.ville, c.lat, c.lon,
            c.position_approchee, c.telephone, c.site_web, c.territoire.value, c.fuseau,
        )
        for c in centres
    ]  # fmt: skip
    await _copy(connexion, "import_centre", lignes, "Copie des centres", suivi)


async def _copy_tarifs(connexion: Connexion, tarifs: dict[str, list[Tarif]], suivi: Suivi) -> int:
    lignes = [
        (new_id(), siret, t.vehicule_type.value, t.carburant and t.carburant.value, t.montant, t.contre_visite)
        for siret, du_centre in tarifs.items()
        for t in du_centre
    ]
    await _copy(connexion, "import_tarif", lignes, "Copie des tarifs", suivi)
    return len(lignes)


async def _copy(
    connexion: Connexion, table: str, lignes: Sequence[tuple[Any, ...]], libelle: str, suivi: Suivi
) -> None:
    suivi(libelle, len(lignes), 0)
    async with connexion.cursor() as curseur:
        async with curseur.copy(f"copy {table} from stdin") as copie:
            for ligne in lignes:
                await copie.write_row(ligne)
        await curseur.execute(f"analyze {table}")
    suivi(libelle, len(lignes), len(lignes))


async def _reject_taken(session: AsyncSession, connexion: Connexion, lus: Lus) -> None:
    for (siret,) in await _rows(connexion, _PRIS, (tenant_of(session),)):
        _add_taken(lus, siret)


def _add_taken(lus: Lus, siret: str) -> None:
    centre = lus.centres.pop(siret)
    lus.tarifs.pop(siret, None)
    raison = "code déjà tenu par un autre réseau"
    lus.rejets.lignes.append(Rejet(centre.fichier, centre.ligne, "cct_siret", siret, LIGNE_REJETEE, raison))


async def _show(session: AsyncSession, centre_ids: set[UUID], suivi: Suivi) -> None:
    libelle = "Mise en vitrine"
    suivi(libelle, len(centre_ids), 0)
    await refresh_vitrine(session, centre_ids, progression=lambda faits: suivi(libelle, len(centre_ids), faits))


async def _tell(session: AsyncSession, connexion: Connexion, events: Sequence[Message]) -> None:
    """`publish`, for many messages in one round trip."""
    for event in events:
        await react(session, event)
    if events:
        async with connexion.cursor() as curseur:
            await curseur.executemany(INSERT.encode(), [outbox_values(event) for event in events])
