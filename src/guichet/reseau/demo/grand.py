"""A network of any size, for the measures: centres spread over the towns of France by population, loaded by COPY."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final
from uuid import UUID

from psycopg import sql
from psycopg.types.json import Jsonb
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import Role, create_user
from guichet.reseau.actions.agences import create_agence
from guichet.reseau.actions.commun import tenant_of
from guichet.reseau.actions.saisies import AgenceSaisie
from guichet.reseau.actions.vitrine import refresh_vitrine
from guichet.reseau.demo.tirages import draw_agrements, draw_equipements, draw_horaires, draw_note, draw_tarifs
from guichet.reseau.demo.villes import RUES
from guichet.reseau.lieux import Lieu, TypeLieu, load_table
from guichet.reseau.metier.identifiants import cle_tri
from guichet.reseau.metier.territoires import CodePostalInconnu, locate_code_postal
from guichet.socle.database import raw
from guichet.socle.demo import Monde, Personne
from guichet.socle.demo.monde import split

VILLES: Final = 3000
EQUIPE: Final = 2
_TYPES: Final = ["CTP", "CVP", "CV", "CTC", "CVC"]


@dataclass(frozen=True)
class _Centre:
    id: UUID
    agence_id: UUID
    lieu: Lieu
    rang: int
    numero: int


async def fill_grand(session: AsyncSession, monde: Monde) -> dict[str, int]:
    """The big tenant's network, in a session that bypasses row-level security. Returns how many of each."""
    lieux = _spread(monde.tenant.centres)
    agences = await _open_agences(session, monde, lieux)
    rng = monde.rng("reseau/grand")
    vus: Counter[str] = Counter()
    centres = []
    for numero, lieu in enumerate(lieux, start=1):
        vus[lieu.code_insee] += 1
        centres.append(_Centre(monde.uuid(rng), agences[lieu.departement], lieu, vus[lieu.code_insee], numero))
    tarifs = await _load_centres(session, monde, centres, rng)
    controleurs = await _load_controleurs(session, monde, centres, rng)

    def tell(faits: int) -> None:
        monde.progression(f"{monde.tenant.nom} : vitrine", len(centres), faits)

    await refresh_vitrine(session, [c.id for c in centres], progression=tell)
    return {
        "agences": len(set(agences.values())),
        "centres": len(centres),
        "controleurs": controleurs,
        "tarifs": tarifs,
    }


def _spread(centres: int) -> list[Lieu]:
    """A place per centre: the most populated towns, several centres where many people live."""
    table = load_table()
    communes = (lieu for lieu in map(table.lieu, range(len(table.noms))) if _is_town(lieu))
    villes = sorted(communes, key=lambda v: (-v.population, v.code_insee))[:VILLES]
    parts = split(centres, [v.population for v in villes])
    return [ville for ville, part in zip(villes, parts, strict=True) for _ in range(part)]


def _is_town(lieu: Lieu) -> bool:
    if lieu.type is not TypeLieu.COMMUNE or lieu.population <= 0:
        return False
    try:
        locate_code_postal(lieu.code_postal)
    except CodePostalInconnu:
        return False
    return True


async def _open_agences(session: AsyncSession, monde: Monde, lieux: Sequence[Lieu]) -> dict[str, UUID]:
    """One agence per department; when the tenant has fewer, the last one takes the departments left over."""
    rng = monde.rng("reseau/agences")
    departements = Counter(lieu.departement for lieu in lieux).most_common()
    noms = {lieu.departement: lieu.nom_departement for lieu in lieux}
    agences: dict[str, UUID] = {}
    derniere: UUID | None = None
    for rang, (departement, _nombre) in enumerate(departements):
        if derniere is None or rang < monde.tenant.agences:
            saisie = AgenceSaisie(nom=noms[departement], code=departement)
            derniere = (await create_agence(session, saisie, agence_id=monde.uuid(rng))).id
        agences[departement] = derniere
    return agences


async def _copy(session: AsyncSession, table: str, colonnes: Sequence[str], lignes: Iterable[Sequence[Any]]) -> int:
    connection = await raw(session)
    commande = sql.SQL("copy reseau.{} ({}) from stdin").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, colonnes))
    )
    nombre = 0
    async with connection.cursor() as cursor, cursor.copy(commande) as copie:
        for ligne in lignes:
            await copie.write_row(ligne)
            nombre += 1
    return nombre


async def _load_centres(session: AsyncSession, monde: Monde, centres: Sequence[_Centre], rng: Random) -> int:
    tenant_id = tenant_of(session)
    rows: dict[str, list[list[Any]]] = {"centre": [], "tarif": [], "equipement": []}
    for centre in centres:
        lieu = centre.lieu
        territoire, fuseau = locate_code_postal(lieu.code_postal)
        deux_roues = rng.random() < 0.4
        note, nb_avis = draw_note(rng)
        nom = f"{monde.tenant.nom} {lieu.nom}" + (f" {centre.rang}" if centre.rang > 1 else "")
        horaires = {j: [[p["debut"], p["fin"]] for p in plages] for j, plages in draw_horaires(rng).items()}
        rows["centre"].append([
            centre.id, tenant_id, centre.agence_id, f"GR-{centre.numero:05d}", nom, cle_tri(nom),
            f"{rng.randint(1, 180)} {rng.choice(RUES)}", lieu.code_postal, lieu.nom,
            lieu.lat + rng.uniform(-0.02, 0.02), lieu.lon + rng.uniform(-0.02, 0.02),
            monde.telephone(rng, mobile=False), territoire.value, fuseau, 10 * EQUIPE, _TYPES, Jsonb(horaires), note, nb_avis,
        ])  # fmt: skip
        rows["tarif"] += [
            [
                monde.uuid(rng), tenant_id, centre.id, t["vehicule_type"], t.get("carburant"),
                t.get("type_controle", "CTP"), t["prix"], t["prix_contre_visite"],
            ]
            for t in draw_tarifs(rng, deux_roues=deux_roues)
        ]  # fmt: skip
        rows["equipement"] += [
            [monde.uuid(rng), tenant_id, centre.id, e["nom"], e["vehicule_types"], rang]
            for rang, e in enumerate(draw_equipements(EQUIPE, deux_roues=deux_roues))
        ]
    await _copy(
        session, "centre",
        (
            "id", "tenant_id", "agence_id", "code_centre", "nom", "cle_tri", "adresse", "code_postal", "ville", "lat",
            "lon", "telephone", "territoire", "fuseau", "capacite_journaliere", "types_controle", "horaires", "note",
            "nb_avis",
        ),
        rows["centre"],
    )  # fmt: skip
    await _copy(
        session, "equipement", ("id", "tenant_id", "centre_id", "nom", "vehicule_types", "rang"), rows["equipement"]
    )
    return await _copy(
        session, "tarif",
        (
            "id", "tenant_id", "centre_id", "vehicule_type", "carburant", "type_controle", "montant", "contre_visite",
        ),
        rows["tarif"],
    )  # fmt: skip


async def _load_controleurs(session: AsyncSession, monde: Monde, centres: Sequence[_Centre], rng: Random) -> int:
    tenant_id = tenant_of(session)
    rows: dict[str, list[list[Any]]] = {"controleur": [], "controleur_centre": [], "agrement": []}
    for centre in centres:
        for rang in range(EQUIPE):
            personne = monde.personne(rng)
            matricule = f"GR-{centre.numero:05d}-{rang + 1}"
            controleur_id = monde.uuid(rng)
            user_id = await _make_user(session, monde, centre, personne, matricule=matricule, user_id=monde.uuid(rng))
            rows["controleur"].append([
                controleur_id, tenant_id, user_id, centre.id, matricule, personne.nom, personne.prenom,
                cle_tri(f"{personne.nom} {personne.prenom}"),
            ])  # fmt: skip
            rows["controleur_centre"].append([tenant_id, controleur_id, centre.id])
            rows["agrement"] += [
                [monde.uuid(rng), tenant_id, controleur_id, a["code"], a["valide_du"], a["valide_au"]]
                for a in draw_agrements(rng, monde.today, rang)
            ]
        monde.progression(f"{monde.tenant.nom} : contrôleurs", len(centres) * EQUIPE, EQUIPE)
    nombre = await _copy(
        session, "controleur", ("id", "tenant_id", "user_id", "centre_id", "matricule", "nom", "prenom", "cle_tri"),
        rows["controleur"],
    )  # fmt: skip
    await _copy(session, "controleur_centre", ("tenant_id", "controleur_id", "centre_id"), rows["controleur_centre"])
    await _copy(
        session, "agrement", ("id", "tenant_id", "controleur_id", "code", "valide_du", "valide_au"), rows["agrement"]
    )
    return nombre


async def _make_user(
    session: AsyncSession, monde: Monde, centre: _Centre, personne: Personne, *, matricule: str, user_id: UUID
) -> UUID:
    user = await create_user(
        session,
        email=f"{personne.identifiant}.{matricule.lower()}@{monde.tenant.domaine}",
        nom=personne.nom,
        prenom=personne.prenom,
        role=Role.CONTROLEUR,
        agence_ids=[centre.agence_id],
        centre_ids=[centre.id],
        inviter=False,
        user_id=user_id,
    )
    return user.id
