"""Enrolling and changing inspectors: account, centres, working hours, accreditations."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import Role, UserVue, find_user, get_user, link_or_create_user, update_user
from guichet.reseau.actions.commun import difference, lock_row, tenant_of
from guichet.reseau.actions.descriptions import describe_controleur
from guichet.reseau.actions.phrases import raise_if_any
from guichet.reseau.actions.saisies import (
    AgrementSaisie,
    ControleurModification,
    ControleurSaisie,
    TitreSaisie,
    TravailSaisie,
)
from guichet.reseau.actions.verifications import read_semaine
from guichet.reseau.actions.vitrine import refresh_vitrine
from guichet.reseau.messages import ControleurChanged, ControleurCreated
from guichet.reseau.metier.agrements import Titre
from guichet.reseau.metier.horaires import Anomalies, Semaine, write_semaine
from guichet.reseau.metier.identifiants import CodeInvalide, cle_tri, normalise_habilitation
from guichet.reseau.metier.vues import ControleurVue
from guichet.reseau.questions.controleurs import controleur_not_found, find_controleur, get_controleur
from guichet.reseau.tables import Agrement, Centre, Controleur, ControleurCentre, Habilitation
from guichet.socle.audit import audit
from guichet.socle.errors import Conflict
from guichet.socle.i18n import _
from guichet.socle.ids import new_id
from guichet.socle.messages import publish

SANS_POUVOIR = frozenset({Role.CONTROLEUR, Role.CLIENT})
"""Accounts whose scope may be widened by enrolment; an administrator's scope is what he administers, and stays."""
Travail = dict[UUID, Semaine | None]


async def _read_travail(
    session: AsyncSession, rattachement: UUID, saisies: Sequence[TravailSaisie], anomalies: Anomalies
) -> Travail:
    """Working hours by centre; the home centre is always among them, at its own hours when nothing is said."""
    travail: Travail = {}
    for rang, saisie in enumerate(saisies):
        if saisie.centre_id in travail:
            anomalies.add(f"centres.{rang}.centre_id", "doublon")
        chemin = f"centres.{rang}.horaires"
        travail[saisie.centre_id] = (
            None if saisie.horaires is None else read_semaine(saisie.horaires, chemin, anomalies)
        )
    travail.setdefault(rattachement, None)
    connus = set(await session.scalars(select(Centre.id).where(Centre.id.in_(travail))))
    if rattachement not in connus:
        anomalies.add("centre_id", "centre")
    for rang, saisie in enumerate(saisies):
        if saisie.centre_id not in connus:
            anomalies.add(f"centres.{rang}.centre_id", "centre")
    return travail


def _read_titres(saisies: Sequence[AgrementSaisie | TitreSaisie], chemin: str, anomalies: Anomalies) -> list[Titre]:
    titres = []
    for rang, saisie in enumerate(saisies):
        code = str(saisie.code)
        if isinstance(saisie, TitreSaisie):
            try:
                code = normalise_habilitation(code)
            except CodeInvalide:
                anomalies.add(f"{chemin}.{rang}.code", "habilitation")
        if saisie.valide_du is not None and saisie.valide_au < saisie.valide_du:
            anomalies.add(f"{chemin}.{rang}.valide_au", "validite")
        titre = Titre(code=code, valide_du=saisie.valide_du, valide_au=saisie.valide_au)
        if titre in titres:
            anomalies.add(f"{chemin}.{rang}", "doublon")
        titres.append(titre)
    return titres


async def _write_titres(
    session: AsyncSession, table: type[Agrement] | type[Habilitation], controleur_id: UUID, titres: Iterable[Titre]
) -> None:
    await session.execute(delete(table).where(table.controleur_id == controleur_id))
    lignes = [
        {
            "id": new_id(),
            "tenant_id": tenant_of(session),
            "controleur_id": controleur_id,
            "code": t.code,
            "valide_du": t.valide_du,
            "valide_au": t.valide_au,
        }
        for t in titres
    ]
    if lignes:
        await session.execute(insert(table), lignes)


async def _write_travail(session: AsyncSession, controleur_id: UUID, travail: Travail) -> None:
    await session.execute(delete(ControleurCentre).where(ControleurCentre.controleur_id == controleur_id))
    lignes: list[dict[str, Any]] = [
        {
            "tenant_id": tenant_of(session),
            "controleur_id": controleur_id,
            "centre_id": centre_id,
            "horaires": None if semaine is None else write_semaine(semaine),
        }
        for centre_id, semaine in travail.items()
    ]
    await session.execute(insert(ControleurCentre), lignes)


def _matricule_taken() -> Conflict:
    message = _("Ce matricule est déjà celui d'un autre contrôleur.")
    return Conflict(message, code="MATRICULE_PRIS", champs={"matricule": message})


async def _agences_of(session: AsyncSession, centre_ids: Iterable[UUID]) -> set[UUID]:
    return set(await session.scalars(select(Centre.agence_id).where(Centre.id.in_(centre_ids))))


async def _find_or_make_user(
    session: AsyncSession, saisie: ControleurSaisie, travail: Travail, *, inviter: bool
) -> UserVue:
    """The account behind an inspector. Enrolling somebody never widens what an administrator administers."""
    known = await find_user(session, email=saisie.email)
    if known is not None and known.role not in SANS_POUVOIR:
        if not known.actif:
            message = _("Le compte de cette adresse est désactivé : faites-le rouvrir d'abord.")
            raise Conflict(message, code="COMPTE_DESACTIVE", champs={"email": message})
        return known
    return await link_or_create_user(
        session,
        email=saisie.email,
        nom=saisie.nom,
        prenom=saisie.prenom,
        role=Role.CONTROLEUR,
        telephone=saisie.telephone,
        agence_ids=await _agences_of(session, travail),
        centre_ids=tuple(travail),
        inviter=inviter,
    )


async def _follow_user(session: AsyncSession, user_id: UUID, nom: str, prenom: str, travail: Travail) -> None:
    """The account takes the name and, for an inspector, exactly the centres of his work."""
    user = await get_user(session, user_id=user_id)
    changes: dict[str, Any] = {"nom": nom, "prenom": prenom}
    if user.role == Role.CONTROLEUR:
        changes |= {"centre_ids": set(travail), "agence_ids": await _agences_of(session, travail)}
    await update_user(session, user_id=user_id, **changes)


async def create_controleur(
    session: AsyncSession, saisie: ControleurSaisie, *, inviter: bool = True, controleur_id: UUID | None = None
) -> ControleurVue:
    """Enrol an inspector in the session's tenant; the account is made (or linked, same e-mail) and invited by mail.

    Raises Invalid `CHAMPS_INVALIDES`, Conflict `CONTROLEUR_EXISTANT` or `MATRICULE_PRIS`, and what
    `identite.link_or_create_user` raises (limits, bad address).
    """
    anomalies = Anomalies()
    travail = await _read_travail(session, saisie.centre_id, saisie.centres, anomalies)
    agrements = _read_titres(saisie.agrements, "agrements", anomalies)
    habilitations = _read_titres(saisie.habilitations, "habilitations", anomalies)
    raise_if_any(anomalies)
    user = await _find_or_make_user(session, saisie, travail, inviter=inviter)
    if await find_controleur(session, user.id) is not None:
        message = _("Cette personne est déjà enregistrée comme contrôleur.")
        raise Conflict(message, code="CONTROLEUR_EXISTANT", champs={"email": message})
    controleur_id = controleur_id or new_id()
    ligne = {
        "id": controleur_id,
        "tenant_id": tenant_of(session),
        "user_id": user.id,
        "centre_id": saisie.centre_id,
        "matricule": saisie.matricule,
        "nom": user.nom,
        "prenom": user.prenom,
        "cle_tri": cle_tri(f"{user.nom} {user.prenom}"),
        "actif": saisie.actif,
    }
    fait = insert(Controleur).values(ligne).on_conflict_do_nothing(index_elements=["tenant_id", "matricule"])
    if await session.scalar(fait.returning(Controleur.id)) is None:
        raise _matricule_taken()
    await _write_travail(session, controleur_id, travail)
    await _write_titres(session, Agrement, controleur_id, agrements)
    await _write_titres(session, Habilitation, controleur_id, habilitations)
    await refresh_vitrine(session, travail)
    controleur = await get_controleur(session, controleur_id)
    await audit(
        session,
        action="controleur.create",
        entite="controleur",
        entite_id=controleur_id,
        apres=describe_controleur(controleur),
    )
    await publish(session, ControleurCreated(controleur_id=controleur_id, centre_id=controleur.centre_id))
    return controleur


async def update_controleur(
    session: AsyncSession, controleur_id: UUID, saisie: ControleurModification
) -> ControleurVue:
    """Change what is given of an inspector of the session's tenant.

    Raises NotFound `CONTROLEUR_NOT_FOUND`, Conflict `VERSION_PERIMEE` or `MATRICULE_PRIS`, Invalid `CHAMPS_INVALIDES`.
    """
    row = await lock_row(session, Controleur, controleur_id, saisie.version, controleur_not_found())
    avant = await get_controleur(session, controleur_id)
    donnes = saisie.model_fields_set
    rattachement = saisie.centre_id if "centre_id" in donnes else row.centre_id
    anomalies = Anomalies()
    agrements = _read_titres(saisie.agrements, "agrements", anomalies)
    habilitations = _read_titres(saisie.habilitations, "habilitations", anomalies)
    if "centres" in donnes:
        travail = await _read_travail(session, rattachement, saisie.centres, anomalies)
    else:
        gardes = {t.centre_id: t.horaires for t in avant.centres}
        travail = gardes | await _read_travail(session, rattachement, (), anomalies) | gardes
    raise_if_any(anomalies)
    nom = saisie.nom if "nom" in donnes else row.nom
    prenom = saisie.prenom if "prenom" in donnes else row.prenom
    valeurs = {
        "nom": nom,
        "prenom": prenom,
        "cle_tri": cle_tri(f"{nom} {prenom}"),
        "centre_id": rattachement,
        "version": Controleur.version + 1,
    } | {champ: getattr(saisie, champ) for champ in ("matricule", "actif") if champ in donnes}
    try:
        async with session.begin_nested():
            await session.execute(update(Controleur).where(Controleur.id == controleur_id).values(valeurs))
    except IntegrityError:
        raise _matricule_taken() from None
    await _write_travail(session, controleur_id, travail)
    await _follow_user(session, row.user_id, nom, prenom, travail)
    if "agrements" in donnes:
        await _write_titres(session, Agrement, controleur_id, agrements)
    if "habilitations" in donnes:
        await _write_titres(session, Habilitation, controleur_id, habilitations)
    return await _settle(session, avant)


async def _settle(session: AsyncSession, avant: ControleurVue) -> ControleurVue:
    apres = await get_controleur(session, avant.id)
    change_avant, change_apres = difference(describe_controleur(avant), describe_controleur(apres))
    if not change_apres:
        return apres
    await refresh_vitrine(session, {t.centre_id for t in (*avant.centres, *apres.centres)})
    await audit(
        session,
        action="controleur.update",
        entite="controleur",
        entite_id=apres.id,
        avant=change_avant,
        apres=change_apres,
    )
    await publish(session, ControleurChanged(controleur_id=apres.id, actif=apres.actif))
    return apres


async def rename_controleur(session: AsyncSession, *, user_id: UUID, nom: str, prenom: str) -> None:
    """Follow the account's name; nothing happens when the person is no inspector."""
    await session.execute(
        update(Controleur)
        .where(Controleur.user_id == user_id)
        .values(nom=nom, prenom=prenom, cle_tri=cle_tri(f"{nom} {prenom}"))
    )
