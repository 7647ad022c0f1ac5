"""Applying a dry run: the change and what becomes of each appointment in its way, in one transaction or not at all."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.annuaire.facade import Erreurs
from guichet.rdv.actions.annonces import Avant, tell_cancelled, tell_expired, tell_updated
from guichet.rdv.actions.demande import check_start
from guichet.rdv.actions.deplacer import move_place
from guichet.rdv.actions.planning.acces import check_manager
from guichet.rdv.actions.planning.decider import write_journal
from guichet.rdv.actions.planning.demandes import ANNEES
from guichet.rdv.actions.planning.essais import (
    Issue,
    Place,
    Projet,
    assign,
    bury_holds,
    days_of,
    dry_run,
    end_offres,
    flatten,
    project_change,
    release,
    save,
    serve_waiting,
)
from guichet.rdv.actions.verrous import lock_days
from guichet.rdv.metier.collisions import ActionCollision, Orphelin, RdvTouche, Resolution, reassign
from guichet.rdv.metier.evenements import EN_SUSPENS, EvenementVue, StatutEvenement, effective_statut
from guichet.rdv.metier.heures import jour_local
from guichet.rdv.metier.rappels import reminder_at
from guichet.rdv.metier.recurrence import parse_recurrence
from guichet.rdv.metier.types import MotifAnnulation, Statut
from guichet.rdv.questions.contexte import Contexte, load_contextes
from guichet.rdv.questions.planning.evenements import get_evenement
from guichet.rdv.questions.planning.jetons import JetonPlanning, read_jeton
from guichet.rdv.questions.planning.touches import find_touches, fingerprint, read_day
from guichet.rdv.tables import EvenementPlanning, Rdv
from guichet.socle.acces import Appelant
from guichet.socle.errors import Conflict, Invalid
from guichet.socle.horloge import now
from guichet.socle.i18n import _

RAISON: Final = "planning"


class _Perime(Exception):
    """Something of the days has changed since the dry run."""


async def apply_resolutions(
    session: AsyncSession, *, evenement_id: UUID, jeton: str, resolutions: Sequence[Resolution], appelant: Appelant
) -> Issue:
    """Apply a dry run, with one resolution for each appointment it listed. The same token again: the same answer.

    When anything of its days has changed since, nothing is written and a fresh dry run is returned (`perime`).
    Raises `PLANNING_NOT_FOUND` (404), `HORS_PERIMETRE` (403), `ETAT_INCOMPATIBLE` (409), and 422: `JETON_INVALIDE`,
    `RESOLUTIONS_INCOMPLETES`, `RESOLUTION_IMPOSSIBLE` or the rule a new start breaks, on `resolutions.N`.
    """
    lu = read_jeton(jeton)
    _check_dates(resolutions)
    actuel = await get_evenement(session, evenement_id, verrouiller=True)
    await check_manager(session, appelant, actuel)
    if lu.evenement_id != evenement_id:
        message = _("Ce jeton est celui d'une autre entrée du planning.")
        raise Invalid(message, code="JETON_INVALIDE", champs={"jeton": message})
    marque = sha256(jeton.encode()).digest()
    if marque == await session.scalar(select(EvenementPlanning.applique).where(EvenementPlanning.id == evenement_id)):
        return Issue(evenement=actuel)
    projet = _rebuild(actuel, lu, appelant)
    try:
        async with session.begin_nested():
            await _Application(session, projet, resolutions).run(lu, marque)
    except _Perime:
        collisions, frais = await dry_run(session, projet)
        return Issue(evenement=actuel, collisions=collisions, jeton=frais, perime=True)
    await write_journal(session, "planning.apply", projet.cible, avant=actuel)
    return Issue(evenement=projet.cible)


def _check_dates(resolutions: Sequence[Resolution]) -> None:
    e = Erreurs()
    for rang, resolution in enumerate(resolutions):
        if resolution.debut is not None and resolution.debut.year not in ANNEES:
            e.add(f"resolutions.{rang}.debut", "PERIODE_INVALIDE", _("Cette date n'est pas possible."))
    e.raise_any()


def _rebuild(actuel: EvenementVue, jeton: JetonPlanning, appelant: Appelant) -> Projet:
    """The project a token stands for, on the entry as it is now."""
    modifie = jeton.modifie
    if actuel.statut not in EN_SUSPENS and (modifie is None or not actuel.is_effective):
        raise Conflict(_("Cette entrée du planning n'attend plus de décision."), code="ETAT_INCOMPATIBLE")
    cible = replace(actuel, version=actuel.version + 1)
    if modifie is None:
        cible = replace(
            cible, statut=effective_statut(actuel.type), decide_par=appelant.user_id, decide_le=now(), refus=None
        )
    elif "supprime" in modifie:
        cible = replace(cible, statut=StatutEvenement.ANNULE)
    else:
        cible = replace(
            cible,
            debut=datetime.fromisoformat(modifie["debut"]),
            fin=datetime.fromisoformat(modifie["fin"]),
            recurrence=parse_recurrence(modifie["recurrence"], actuel.fuseau) if modifie["recurrence"] else None,
            motif=modifie["motif"],
        )
    return Projet(actuel=actuel, cible=cible, modifie=modifie)


@dataclass(frozen=True)
class _Decide:
    """An appointment in the way, what becomes of it, and where that was said."""

    rang: int
    rdv: RdvTouche
    resolution: Resolution

    @property
    def avant(self) -> Avant:
        r = self.rdv
        return Avant(r.centre_id, r.jour, r.debut, r.controleur_id, r.surnombre, r.statut.value)


class _Application:
    """The change and its resolutions, inside a savepoint. Raises `_Perime` when the days are no longer those of the dry run."""

    def __init__(self, session: AsyncSession, projet: Projet, resolutions: Sequence[Resolution]) -> None:
        self.session = session
        self.projet = projet
        self.resolutions = resolutions

    async def run(self, jeton: JetonPlanning, marque: bytes) -> None:
        """Lock, write, look, resolve."""
        changement = self.projet.changement
        if self.projet.cible.version != jeton.version + 1:
            raise _Perime
        jours = await days_of(self.session, changement)
        await lock_days(self.session, jours=[*flatten(jours), *await self._targets()])
        await save(self.session, self.projet, applique=marque)
        await project_change(self.session, changement, jours)
        touches = await find_touches(self.session, changement, verrouiller=True)
        if await fingerprint(self.session, touches) != jeton.empreinte:
            raise _Perime
        decides = self._match(touches)
        contextes = await load_contextes(self.session, list({t.centre_id for t in touches}))
        garde = [d for d in decides if d.resolution.action is not ActionCollision.ANNULER]
        await release(self.session, [d.rdv.id for d in garde])
        for decide in decides:
            if decide.resolution.action is ActionCollision.ANNULER:
                await self._cancel(decide)
        for centre_id, jour in sorted({(d.rdv.centre_id, d.rdv.jour) for d in garde}):
            siens = [d for d in garde if (d.rdv.centre_id, d.rdv.jour) == (centre_id, jour)]
            await self._reassign(contextes[centre_id], siens)
        for decide in garde:
            if decide.resolution.action is ActionCollision.DEPLACER:
                await self._move(contextes[decide.rdv.centre_id], decide)
        await end_offres(self.session, changement)
        await serve_waiting(self.session, changement, jours)

    async def _targets(self) -> list[Place]:
        """The centre-days starts are moved to, known before anything is locked; an appointment stays in its centre."""
        voulus = {r.rdv_id: r.debut for r in self.resolutions if r.debut is not None}
        if not voulus:
            return []
        rows = await self.session.execute(select(Rdv.id, Rdv.centre_id, Rdv.jour).where(Rdv.id.in_(voulus)))
        lieux = {row.id: (row.centre_id, row.jour) for row in rows}
        contextes = await load_contextes(self.session, list({centre_id for centre_id, _jour in lieux.values()}))
        return [
            place
            for rdv_id, (centre_id, jour) in lieux.items()
            for place in ((centre_id, jour), (centre_id, jour_local(voulus[rdv_id], contextes[centre_id].zone)))
        ]

    def _match(self, touches: Sequence[RdvTouche]) -> list[_Decide]:
        """Each appointment with its resolution. Raises `RESOLUTIONS_INCOMPLETES` unless there is exactly one for each."""
        par_id = {t.id: t for t in touches}
        e = Erreurs()
        decides: dict[UUID, _Decide] = {}
        for rang, resolution in enumerate(self.resolutions):
            if resolution.rdv_id not in par_id or resolution.rdv_id in decides:
                e.add(
                    f"resolutions.{rang}.rdv_id",
                    "RESOLUTIONS_INCOMPLETES",
                    _("Ce rendez-vous n'est pas, ou plus, dans la liste à résoudre."),
                )
                continue
            decides[resolution.rdv_id] = _Decide(rang, par_id[resolution.rdv_id], resolution)
            if resolution.action is ActionCollision.DEPLACER and resolution.debut is None:
                e.add(f"resolutions.{rang}.debut", "RESOLUTIONS_INCOMPLETES", _("Dites à quelle heure."))
        manquants = [t.numero for t in touches if t.id not in decides]
        if manquants:
            e.add(
                "resolutions",
                "RESOLUTIONS_INCOMPLETES",
                _("Dites ce que deviennent ces rendez-vous : {liste}.", liste=", ".join(manquants)),
            )
        e.raise_any()
        return list(decides.values())

    async def _row(self, rdv_id: UUID) -> Rdv:
        ligne = await self.session.scalar(select(Rdv).where(Rdv.id == rdv_id).execution_options(populate_existing=True))
        assert ligne is not None
        return ligne

    async def _cancel(self, decide: _Decide) -> None:
        ligne = await self._row(decide.rdv.id)
        ligne.statut = Statut.ANNULE.value
        ligne.annule_le = now()
        ligne.annule_motif = MotifAnnulation.CENTRE.value
        ligne.annule_raison = self.projet.cible.motif
        ligne.sequence += 1
        ligne.version += 1
        await self.session.flush()
        await tell_cancelled(self.session, ligne, motif=MotifAnnulation.CENTRE, avant=decide.rdv.statut, raison=RAISON)

    async def _reassign(self, contexte: Contexte, du_jour: Iterable[_Decide]) -> None:
        tous = list(du_jour)
        siens = {d.rdv.id: d for d in tous if d.resolution.action is ActionCollision.REAFFECTER}
        if not siens:
            return
        jour = tous[0].rdv.jour
        await bury_holds(self.session, contexte.centre.id, jour)
        ressources, taches = await read_day(self.session, contexte, jour, sauf=[d.rdv.id for d in tous])
        affectations, sans = reassign(
            ressources,
            taches,
            [
                Orphelin(d.rdv.id, d.rdv.intervalle, contexte.besoins(d.rdv.controle), d.resolution.controleur_id)
                for d in siens.values()
            ],
        )
        apres = self.projet.changement.apres
        if apres is not None and apres.equipement_id is not None:
            sans = list(siens)  # another inspector brings no lane
        _refuse([siens[rdv_id].rang for rdv_id in sans], _("Aucun contrôleur ne peut le prendre à cette heure-là."))
        avant = {rdv_id: d.avant for rdv_id, d in siens.items()}
        for rdv_id in affectations.keys() - siens.keys():
            avant[rdv_id] = Avant.of(await self._row(rdv_id))
        await assign(self.session, affectations)
        for rdv_id in affectations:
            ligne = await self._row(rdv_id)
            ligne.version += 1
            champs: tuple[str, ...] = ("controleur",)
            if rdv_id in siens and ligne.controleur_choisi:
                ligne.controleur_choisi = False
                champs = ("controleur", "controleur_choisi")
            await self.session.flush()
            await tell_updated(self.session, ligne, champs=champs, avant=avant[rdv_id], raison=RAISON)

    async def _move(self, contexte: Contexte, decide: _Decide) -> None:
        debut, controle = decide.resolution.debut, decide.rdv.controle
        assert debut is not None
        champ = f"resolutions.{decide.rang}"
        try:
            check_start(contexte, debut, maintenant=now())
        except Invalid as refus:
            raise Invalid(refus.message, code=refus.code, champs={f"{champ}.debut": refus.message}) from None
        place = await move_place(
            self.session,
            rdv_id=decide.rdv.id,
            centre_id=decide.rdv.centre_id,
            jour=jour_local(debut, contexte.zone),
            debut=debut,
            fin=debut + contexte.duree(controle),
            besoins=contexte.besoins(controle),
            choisi=decide.resolution.controleur_id,
            maintenant=now(),
            garder=True,
        )
        if place.issue == "hors_horaires":
            _refuse([decide.rang], _("Ce centre ne reçoit pas à cette heure-là."))
        if place.issue != "ok":
            raise _Perime
        await tell_expired(self.session, place.liberes)
        ligne = await self._row(decide.rdv.id)
        ligne.rappel_le = reminder_at(debut, now(), contexte.zone)
        await self.session.flush()
        champs = ("debut", "controleur") if ligne.controleur_id != decide.rdv.controleur_id else ("debut",)
        await tell_updated(self.session, ligne, champs=champs, avant=decide.avant, raison=RAISON)


def _refuse(rangs: Sequence[int], message: str) -> None:
    e = Erreurs()
    for rang in rangs:
        e.add(f"resolutions.{rang}", "RESOLUTION_IMPOSSIBLE", message)
    e.raise_any()
