"""Entering, changing, granting, refusing and taking back entries of plannings."""

from dataclasses import replace
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from guichet.annuaire.facade import Erreurs
from guichet.rdv.actions.planning.acces import check_editor, check_manager, controleur_of
from guichet.rdv.actions.planning.demandes import (
    DemandeEvenement,
    ModificationEvenement,
    check_motif,
    describe,
    modify,
    prepare,
)
from guichet.rdv.actions.planning.essais import Issue, Projet, apply_if_free, dry_run, save
from guichet.rdv.metier.evenements import (
    EN_SUSPENS,
    EvenementVue,
    StatutEvenement,
    TypeEvenement,
    effective_statut,
)
from guichet.rdv.permissions import PLANNING_CREATION, PLANNING_MODIFICATION, PLANNING_SUPPRESSION
from guichet.rdv.questions.planning.evenements import get_evenement
from guichet.socle.acces import Appelant
from guichet.socle.audit import audit
from guichet.socle.errors import Conflict, Forbidden
from guichet.socle.horloge import now
from guichet.socle.i18n import _

SUPPRIME: Final = {"supprime": True}


async def create_evenement(session: AsyncSession, *, demande: DemandeEvenement, appelant: Appelant) -> Issue:
    """Enter a block, an opening, a leave or an absence.

    An inspector asks for a leave of their own, which waits. Anything else acts at once, unless appointments are in its
    way: it then waits, nothing is blocked, and they are listed with a token (`apply_resolutions`).
    Raises 404 and 422 as `prepare`, `HORS_PERIMETRE` and `CONGE_SEUL` (403).
    """
    gere = appelant.can(PLANNING_CREATION)
    if not gere:
        demande = replace(demande, controleur_id=await _own_leave(session, demande, appelant))
    evenement = await prepare(session, demande, par=appelant.user_id)
    if not gere:
        await save(session, Projet(actuel=None, cible=evenement))
        await write_journal(session, "planning.create", evenement)
        return Issue(evenement=evenement)
    await check_manager(session, appelant, evenement)
    issue = await _put(session, Projet(actuel=None, cible=_decided(evenement, appelant)))
    if not issue.collisions:
        await write_journal(session, "planning.create", issue.evenement)
        return issue
    await save(session, Projet(actuel=None, cible=evenement))
    await write_journal(session, "planning.create", evenement)
    return replace(issue, evenement=evenement)


async def _own_leave(session: AsyncSession, demande: DemandeEvenement, appelant: Appelant) -> UUID:
    propre = await controleur_of(session, appelant)
    if demande.type is not TypeEvenement.CONGE or propre is None or demande.controleur_id not in {None, propre}:
        raise Forbidden(_("Vous pouvez demander un congé pour vous-même, rien d'autre."), code="CONGE_SEUL")
    return propre


def _decided(evenement: EvenementVue, appelant: Appelant) -> EvenementVue:
    return replace(
        evenement, statut=effective_statut(evenement.type), decide_par=appelant.user_id, decide_le=now(), refus=None
    )


async def _put(session: AsyncSession, projet: Projet) -> Issue:
    """Apply a project when nothing is in its way, else say what is."""
    if await apply_if_free(session, projet):
        return Issue(evenement=projet.cible)
    collisions, jeton = await dry_run(session, projet)
    return Issue(evenement=projet.actuel or projet.cible, collisions=collisions, jeton=jeton)


async def update_evenement(
    session: AsyncSession,
    *,
    evenement_id: UUID,
    modification: ModificationEvenement,
    version: int | None,
    appelant: Appelant,
) -> Issue:
    """Change when an entry is, or its reason. What waits goes on waiting, unless nothing is in its way any more.

    An entry that acts is changed at once, or stays as it is while appointments are in the way of the change: the token
    listed with them carries it. Raises `PLANNING_NOT_FOUND` (404), `HORS_PERIMETRE`, `CONGE_DEJA_DECIDE` (403),
    `VERSION_PERIMEE`, `ETAT_INCOMPATIBLE` (409), and 422 as `modify`.
    """
    actuel = await get_evenement(session, evenement_id, verrouiller=True)
    await check_editor(session, appelant, PLANNING_MODIFICATION, actuel)
    _check_version(actuel, version)
    if actuel.statut in {StatutEvenement.ANNULE, StatutEvenement.REFUSEE}:
        raise _over()
    change = modify(actuel, modification)
    if change == actuel:
        return Issue(evenement=actuel)
    cible = replace(change, version=actuel.version + 1)
    if actuel.is_effective:
        issue = await _put(session, Projet(actuel=actuel, cible=cible, modifie=write_modifie(cible)))
    elif actuel.statut is StatutEvenement.DEMANDE:
        await save(session, Projet(actuel=actuel, cible=cible))
        issue = Issue(evenement=cible)
    else:
        await save(session, Projet(actuel=actuel, cible=cible))
        issue = await _put(session, Projet(actuel=cible, cible=_next(cible, appelant)))
    if issue.evenement != actuel:
        await write_journal(session, "planning.update", issue.evenement, avant=actuel)
    return issue


def _next(evenement: EvenementVue, appelant: Appelant) -> EvenementVue:
    return replace(_decided(evenement, appelant), version=evenement.version + 1)


def write_modifie(cible: EvenementVue) -> dict[str, str]:
    """What a change makes of an entry, as a token carries it."""
    return {
        "debut": cible.debut.isoformat(),
        "fin": cible.fin.isoformat(),
        "recurrence": str(cible.recurrence) if cible.recurrence else "",
        "motif": cible.motif,
    }


async def grant_evenement(session: AsyncSession, *, evenement_id: UUID, appelant: Appelant) -> Issue:
    """Grant a leave that was asked for, or try again an entry that waits. Already done: the same answer.

    Appointments in its way are listed with a token, and nothing changes. Raises `PLANNING_NOT_FOUND` (404),
    `HORS_PERIMETRE` (403), `ETAT_INCOMPATIBLE` (409).
    """
    actuel = await get_evenement(session, evenement_id, verrouiller=True)
    await check_manager(session, appelant, actuel)
    if actuel.is_effective:
        return Issue(evenement=actuel)
    if actuel.statut not in EN_SUSPENS:
        raise _over()
    issue = await _put(session, Projet(actuel=actuel, cible=_next(actuel, appelant)))
    if not issue.collisions:
        await write_journal(session, "planning.grant", issue.evenement, avant=actuel)
    return issue


async def refuse_evenement(
    session: AsyncSession, *, evenement_id: UUID, raison: str, appelant: Appelant
) -> EvenementVue:
    """Refuse a leave, with a reason the inspector will read. Refused already: the same answer.

    Raises `PLANNING_NOT_FOUND` (404), `HORS_PERIMETRE` (403), `ETAT_INCOMPATIBLE` (409), `MOTIF_REQUIS` (422).
    """
    actuel = await get_evenement(session, evenement_id, verrouiller=True)
    await check_manager(session, appelant, actuel)
    if actuel.statut is StatutEvenement.REFUSEE:
        return actuel
    if actuel.statut is not StatutEvenement.DEMANDE:
        raise _over()
    e = Erreurs()
    refus = check_motif(e, raison, "raison")
    e.raise_any()
    cible = replace(
        actuel,
        statut=StatutEvenement.REFUSEE,
        refus=refus,
        decide_par=appelant.user_id,
        decide_le=now(),
        version=actuel.version + 1,
    )
    await save(session, Projet(actuel=actuel, cible=cible))
    await write_journal(session, "planning.refuse", cible, avant=actuel)
    return cible


async def cancel_evenement(session: AsyncSession, *, evenement_id: UUID, appelant: Appelant) -> Issue:
    """Take an entry back; hours it took are given back at once. Taken back already: the same answer.

    An opening with appointments in it stays until they are resolved. Raises `PLANNING_NOT_FOUND` (404),
    `HORS_PERIMETRE`, `CONGE_DEJA_DECIDE` (403).
    """
    actuel = await get_evenement(session, evenement_id, verrouiller=True)
    await check_editor(session, appelant, PLANNING_SUPPRESSION, actuel)
    if actuel.statut is StatutEvenement.ANNULE:
        return Issue(evenement=actuel)
    cible = replace(actuel, statut=StatutEvenement.ANNULE, version=actuel.version + 1)
    issue = await _put(session, Projet(actuel=actuel, cible=cible, modifie=SUPPRIME))
    if not issue.collisions:
        await write_journal(session, "planning.cancel", cible, avant=actuel)
    return issue


def _check_version(actuel: EvenementVue, version: int | None) -> None:
    if version is not None and version != actuel.version:
        raise Conflict(
            _("Ces informations ont été modifiées entre-temps. Rechargez-les avant d'enregistrer."),
            code="VERSION_PERIMEE",
            version=actuel.version,
        )


def _over() -> Conflict:
    return Conflict(_("Cette entrée du planning n'attend plus de décision."), code="ETAT_INCOMPATIBLE")


async def write_journal(
    session: AsyncSession, action: str, apres: EvenementVue, *, avant: EvenementVue | None = None
) -> None:
    faits = describe(apres)
    if avant is None:
        await audit(session, action=action, entite="planning", entite_id=apres.id, apres=faits)
        return
    anciens = describe(avant)
    champs = [champ for champ in faits if faits[champ] != anciens[champ]]
    await audit(
        session,
        action=action,
        entite="planning",
        entite_id=apres.id,
        avant=describe(avant, champs) if champs else {},
        apres=describe(apres, champs) if champs else {},
    )
