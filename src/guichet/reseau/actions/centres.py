"""Opening and changing centres, with their hours, tariffs, durations and lanes."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.reseau.actions.commun import complete, difference, lock_row, tenant_of
from guichet.reseau.actions.descriptions import describe_centre
from guichet.reseau.actions.phrases import raise_if_any
from guichet.reseau.actions.saisies import CentreModification, CentreSaisie, EquipementSaisie
from guichet.reseau.actions.verifications import read_centre, read_exceptions, read_semaine
from guichet.reseau.actions.vitrine import refresh_vitrine
from guichet.reseau.lieux import search_lieux
from guichet.reseau.messages import (
    CentreChanged,
    CentreCreated,
    DureesChanged,
    EquipementsChanged,
    HorairesChanged,
    TarifChanged,
)
from guichet.reseau.metier.horaires import Anomalies, Exceptionnel, write_plages, write_semaine
from guichet.reseau.metier.vues import CentreVue
from guichet.reseau.questions.centres import centre_not_found, get_centre
from guichet.reseau.tables import Agence, Centre, Controleur, Duree, Equipement, ExceptionHoraire, Tarif
from guichet.socle.audit import audit
from guichet.socle.errors import Conflict
from guichet.socle.i18n import _
from guichet.socle.ids import new_id
from guichet.socle.messages import Message, publish

HORAIRES: Final = frozenset({"horaires", "exceptions", "fuseau", "territoire", "actif"})
PARTIES: Final = frozenset({"horaires", "exceptions", "tarifs", "durees", "equipements"})
"""What has a message of its own; every other change of a centre is a `CentreChanged`."""


def _code_taken() -> Conflict:
    message = _("Ce code est déjà celui d'un autre centre.")
    return Conflict(message, code="CODE_CENTRE_PRIS", champs={"code_centre": message})


class _Prepare:
    """A centre as typed, checked and normalised, ready to be written."""

    def __init__(self, saisie: CentreSaisie, anomalies: Anomalies) -> None:
        self.saisie = saisie
        self.colonnes = read_centre(saisie, anomalies)
        self.colonnes["horaires"] = write_semaine(read_semaine(saisie.horaires, "horaires", anomalies))
        self.exceptions = read_exceptions(saisie.exceptions, anomalies)


def _place(saisie: CentreSaisie, avant: CentreVue | None, anomalies: Anomalies) -> dict[str, Any]:
    """The position: as typed, else the town's, which is then marked as approximate."""
    if saisie.lat is not None and saisie.lon is not None:
        approchee = (
            avant is not None and avant.position_approchee and (avant.lat, avant.lon) == (saisie.lat, saisie.lon)
        )
        return {"lat": saisie.lat, "lon": saisie.lon, "position_approchee": approchee}
    if saisie.lat is not None or saisie.lon is not None:
        anomalies.add("lat" if saisie.lat is None else "lon", "position_moitie")
        return {}
    textes = (f"{saisie.code_postal} {saisie.ville}", saisie.code_postal)
    lieux = (lieu for texte in textes for lieu in search_lieux(texte, 3) if saisie.code_postal in lieu.codes_postaux)
    lieu = next(lieux, None)
    if lieu is None:
        anomalies.add("lat", "position")
        return {}
    return {"lat": lieu.lat, "lon": lieu.lon, "position_approchee": True}


async def _prepare(session: AsyncSession, saisie: CentreSaisie, *, avant: CentreVue | None = None) -> _Prepare:
    anomalies = Anomalies()
    prepare = _Prepare(saisie, anomalies)
    agence_active = await session.scalar(select(Agence.actif).where(Agence.id == saisie.agence_id))
    if agence_active is None:
        anomalies.add("agence_id", "agence")
    elif not agence_active and (avant is None or saisie.agence_id != avant.agence_id):
        anomalies.add("agence_id", "agence_fermee")
    prepare.colonnes |= _place(saisie, avant, anomalies)
    await _check_controleurs(session, prepare.exceptions, anomalies)
    raise_if_any(anomalies)
    return prepare


async def _check_controleurs(session: AsyncSession, exceptions: Sequence[Exceptionnel], anomalies: Anomalies) -> None:
    nommes = {qui for e in exceptions for qui in e.controleurs or ()}
    if not nommes:
        return
    connus = set(await session.scalars(select(Controleur.id).where(Controleur.id.in_(nommes))))
    for rang, exception in enumerate(exceptions):
        if (exception.controleurs or frozenset()) - connus:
            anomalies.add(f"exceptions.{rang}.controleur_ids", "controleur")


async def _replace(session: AsyncSession, table: Any, centre_id: UUID, lignes: list[dict[str, Any]]) -> None:
    await session.execute(delete(table).where(table.centre_id == centre_id))
    if lignes:
        commun = {"tenant_id": tenant_of(session), "centre_id": centre_id}
        await session.execute(insert(table), [{"id": new_id(), **commun, **ligne} for ligne in lignes])


async def _write_exceptions(session: AsyncSession, centre_id: UUID, exceptions: Sequence[Exceptionnel]) -> None:
    await _replace(
        session,
        ExceptionHoraire,
        centre_id,
        [
            {
                "du": e.du,
                "au": e.au,
                "ouverture": e.ouverture,
                "plages": write_plages(e.plages),
                "motif": e.motif,
                "controleurs": None if e.controleurs is None else sorted(e.controleurs),
            }
            for e in exceptions
        ],
    )


async def _write_tarifs(session: AsyncSession, centre_id: UUID, saisie: CentreSaisie) -> None:
    await _replace(
        session,
        Tarif,
        centre_id,
        [
            {
                "vehicule_type": t.vehicule_type.value,
                "carburant": t.carburant and t.carburant.value,
                "type_controle": t.type_controle.value,
                "montant": t.prix,
                "contre_visite": t.prix_contre_visite,
            }
            for t in saisie.tarifs
        ],
    )


async def _write_durees(session: AsyncSession, centre_id: UUID, saisie: CentreSaisie) -> None:
    await _replace(
        session,
        Duree,
        centre_id,
        [
            {
                "vehicule_type": d.vehicule_type.value,
                "carburant": d.carburant and d.carburant.value,
                "type_controle": d.type_controle.value,
                "minutes": d.minutes,
            }
            for d in saisie.durees
        ],
    )


async def _write_equipements(session: AsyncSession, centre_id: UUID, saisies: Sequence[EquipementSaisie]) -> None:
    """Lanes keep their identifier, found by `id` then by name; one that is left out and still referred to goes out of service."""
    presents = {e.id: e for e in await session.scalars(select(Equipement).where(Equipement.centre_id == centre_id))}
    par_nom = {e.nom.casefold(): e.id for e in presents.values()}
    anomalies, gardes = Anomalies(), []
    for rang, saisie in enumerate(saisies):
        identifiant = saisie.id or par_nom.get(saisie.nom.casefold())
        if identifiant is not None and (identifiant not in presents or identifiant in gardes):
            anomalies.add(f"equipements.{rang}.id", "equipement")
        gardes.append(identifiant or new_id())
    raise_if_any(anomalies)
    for identifiant in presents.keys() - set(gardes):
        await _retire(session, identifiant)
    for rang, (identifiant, saisie) in enumerate(zip(gardes, saisies, strict=True)):
        valeurs = {
            "nom": saisie.nom,
            "vehicule_types": [v.value for v in dict.fromkeys(saisie.vehicule_types)],
            "en_service": saisie.en_service,
            "rang": rang,
        }
        if identifiant in presents:
            await session.execute(update(Equipement).where(Equipement.id == identifiant).values(valeurs))
        else:
            cles = {"id": identifiant, "tenant_id": tenant_of(session), "centre_id": centre_id}
            await session.execute(insert(Equipement).values(cles | valeurs))


async def _retire(session: AsyncSession, equipement_id: UUID) -> None:
    try:
        async with session.begin_nested():
            await session.execute(delete(Equipement).where(Equipement.id == equipement_id))
    except IntegrityError:
        await session.execute(update(Equipement).where(Equipement.id == equipement_id).values(en_service=False))


async def create_centre(session: AsyncSession, saisie: CentreSaisie, *, centre_id: UUID | None = None) -> CentreVue:
    """Open a centre in the session's tenant, visible to the public at the commit; `centre_id` is made up unless given.

    Raises Invalid `CHAMPS_INVALIDES` with a sentence per field, Conflict `CODE_CENTRE_PRIS`.
    """
    prepare = await _prepare(session, saisie)
    centre_id = centre_id or new_id()
    ligne = {"id": centre_id, "tenant_id": tenant_of(session), **prepare.colonnes}
    fait = insert(Centre).values(ligne).on_conflict_do_nothing(index_elements=["code_centre"])
    if await session.scalar(fait.returning(Centre.id)) is None:
        raise _code_taken()
    await _write_exceptions(session, centre_id, prepare.exceptions)
    await _write_tarifs(session, centre_id, saisie)
    await _write_durees(session, centre_id, saisie)
    await _write_equipements(session, centre_id, saisie.equipements)
    await refresh_vitrine(session, [centre_id])
    centre = await get_centre(session, centre_id)
    await audit(session, action="centre.create", entite="centre", entite_id=centre_id, apres=describe_centre(centre))
    await publish(session, CentreCreated(centre_id=centre_id, agence_id=centre.agence_id))
    return centre


async def update_centre(session: AsyncSession, centre_id: UUID, saisie: CentreModification) -> CentreVue:
    """Change what is given of a centre of the session's tenant. Appointments already made keep their price and duration.

    Raises NotFound `CENTRE_NOT_FOUND`, Conflict `VERSION_PERIMEE` or `CODE_CENTRE_PRIS`, Invalid `CHAMPS_INVALIDES`.
    """
    await lock_row(session, Centre, centre_id, saisie.version, centre_not_found())
    avant = await get_centre(session, centre_id)
    decrit = describe_centre(avant)
    changements = saisie.changes()
    ailleurs = {c for c in ("code_postal", "ville") if c in changements and changements[c] != decrit[c]}
    if "code_postal" in ailleurs:
        # A new address brings its own territory and time zone, unless they are given too.
        decrit |= {"territoire": None, "fuseau": None}
    if ailleurs and not {"lat", "lon"} & changements.keys():
        decrit |= {"lat": None, "lon": None}
    voulu = complete(CentreSaisie, decrit, changements)
    prepare = await _prepare(session, voulu, avant=avant)
    try:
        async with session.begin_nested():
            await session.execute(
                update(Centre).where(Centre.id == centre_id).values(**prepare.colonnes, version=Centre.version + 1)
            )
    except IntegrityError:
        raise _code_taken() from None
    if "exceptions" in changements:
        await _write_exceptions(session, centre_id, prepare.exceptions)
    if "tarifs" in changements:
        await _write_tarifs(session, centre_id, voulu)
    if "durees" in changements:
        await _write_durees(session, centre_id, voulu)
    if "equipements" in changements:
        await _write_equipements(session, centre_id, voulu.equipements)
    return await _settle(session, avant)


async def _settle(session: AsyncSession, avant: CentreVue) -> CentreVue:
    """After a change: the vitrine, the journal, and the messages of what is really different."""
    await refresh_vitrine(session, [avant.id])
    apres = await get_centre(session, avant.id)
    change_avant, change_apres = difference(describe_centre(avant), describe_centre(apres))
    if not change_apres:
        return apres
    await audit(
        session, action="centre.update", entite="centre", entite_id=apres.id, avant=change_avant, apres=change_apres
    )
    for event in _events(apres, frozenset(change_apres)):
        await publish(session, event)
    return apres


def _events(centre: CentreVue, champs: frozenset[str]) -> list[Message]:
    events: list[Message] = []
    if champs - PARTIES:
        events.append(CentreChanged(centre_id=centre.id, actif=centre.actif))
    if champs & HORAIRES:
        events.append(HorairesChanged(centre_id=centre.id))
    if "tarifs" in champs:
        events.append(TarifChanged(centre_id=centre.id))
    if "durees" in champs:
        events.append(DureesChanged(centre_id=centre.id))
    if "equipements" in champs:
        events.append(EquipementsChanged(centre_id=centre.id))
    return events
