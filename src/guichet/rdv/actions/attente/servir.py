"""Offering what has just been freed to those who wait for it (rule 5). Under the locks of the day."""

from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.annuaire.facade import prepare_passage
from guichet.notifications.facade import leave_quiet
from guichet.rdv.actions.annonces import tell_expired
from guichet.rdv.actions.attente.etat import OFFRES, set_statut
from guichet.rdv.actions.demande import Verifiee, check_demande
from guichet.rdv.actions.droits import find_right
from guichet.rdv.actions.ecriture import Ecriture
from guichet.rdv.actions.lignes import typed_again
from guichet.rdv.actions.placer import Plafonds
from guichet.rdv.actions.reaffecter import reassign
from guichet.rdv.actions.reservation import Reservation, row_values
from guichet.rdv.actions.verrous import try_lock_inspections
from guichet.rdv.messages import OffreMade
from guichet.rdv.metier.attente import Souhait, StatutInscription, choose_start, deadline
from guichet.rdv.metier.capacite import is_nominal_full
from guichet.rdv.metier.contre_visite import is_contre_visite
from guichet.rdv.metier.faisabilite import Plan, Tache, Verdict
from guichet.rdv.metier.intervalles import Intervalle
from guichet.rdv.metier.journee import Journee, find_nominal, grid_starts
from guichet.rdv.metier.types import Statut
from guichet.rdv.metier.vues import Controle
from guichet.rdv.permissions import CREATION
from guichet.rdv.questions.attente import Attente, controle_of_inscription, list_attentes
from guichet.rdv.questions.contexte import Contexte, load_contexte
from guichet.rdv.questions.journee import Voulu, read_journee
from guichet.rdv.tables import Inscription, Offre
from guichet.socle.acces import Appelant
from guichet.socle.audit import audit
from guichet.socle.database import raw
from guichet.socle.errors import GuichetError
from guichet.socle.horloge import now
from guichet.socle.ids import new_id
from guichet.socle.messages import publish

LOT: Final = 20
"""Offers made in one transaction; the rest of the list follows a moment later."""
PLUS_TARD: Final = """
insert into rdv.a_servir (tenant_id, centre_id, jour, a_partir) values (%s, %s, %s, %s)
on conflict (centre_id, jour) do update set a_partir = least(rdv.a_servir.a_partir, excluded.a_partir)
"""


async def serve_list(session: AsyncSession, *, centre_id: UUID, jour: date) -> None:
    """Offer the nominal places that are free on a centre's local day, each to the first entry of the list it suits.

    At an hour nobody is disturbed, nothing is offered: the places stay on public sale, and what is still free is offered
    when the quiet hours end. Tells `OffreMade` for each offer.
    """
    attentes = await list_attentes(session, centre_id=centre_id, jour=jour)
    if not attentes:
        return
    contexte, maintenant = await load_contexte(session, centre_id), now()
    if not (contexte.centre.actif and contexte.tenant_actif) or jour > contexte.dernier_jour(maintenant):
        return
    reveil = await leave_quiet(session, instant=maintenant, fuseau=contexte.zone)
    if reveil > maintenant:
        await serve_later(session, centre_id=centre_id, jour=jour, a_partir=reveil)
        return
    service = _Service(session, contexte, jour, maintenant)
    for attente in attentes:
        if service.faites == LOT:
            await serve_later(session, centre_id=centre_id, jour=jour, a_partir=maintenant)
            break
        await service.serve(attente)


async def serve_later(session: AsyncSession, *, centre_id: UUID, jour: date, a_partir: datetime) -> None:
    """Note that the list of a day is to be served from an instant on."""
    await (await raw(session)).execute(PLUS_TARD, (session.info["tenant_id"], centre_id, jour, a_partir))


class _Service:
    """One serving of one day. What the day still takes is reckoned once for each kind of inspection, until it changes."""

    def __init__(self, session: AsyncSession, contexte: Contexte, jour: date, maintenant: datetime) -> None:
        self._session = session
        self._contexte = contexte
        self._jour = jour
        self._maintenant = maintenant
        self._lues: dict[Controle, tuple[Voulu, Journee | None, dict[datetime, Plan | None]]] = {}
        self.faites = 0

    async def serve(self, attente: Attente) -> None:
        """Make an offer to an entry if a place suits it and it is still there; else pass it over."""
        trouve = await self._find(attente.souhait, controle_of_inscription(attente.ligne))
        if trouve is None or not await self._hold(attente.ligne):
            return
        debut, plan = trouve
        reservation = await self._check(attente.ligne, debut)
        if reservation is not None and await self._offer(attente.ligne, reservation, plan):
            self.faites += 1
            self._lues.clear()

    async def _find(self, souhait: Souhait, controle: Controle) -> tuple[datetime, Plan] | None:
        """The earliest start that suits and has a nominal place, moving others between inspectors if need be."""
        voulu, lue, plans = await self._read(controle)
        if lue is None or is_nominal_full(lue.nominaux, lue.capacite):
            return None

        def can_have(debut: datetime) -> bool:
            if debut not in plans:
                tache = Tache(new_id(), Intervalle(debut, debut + voulu.duree), voulu.besoins, None, fixe=False)
                plans[debut] = find_nominal(lue, tache)
            plan = plans[debut]
            return plan is not None and plan.verdict in {Verdict.DIRECT, Verdict.DEPLACE}

        debuts = grid_starts(lue, voulu.duree, voulu.besoins, voulu.grille)
        debut = choose_start(souhait, debuts, self._contexte.zone, can_have)
        plan = None if debut is None else plans[debut]
        return None if debut is None or plan is None else (debut, plan)

    async def _read(self, controle: Controle) -> tuple[Voulu, Journee | None, dict[datetime, Plan | None]]:
        if controle not in self._lues:
            minuit = datetime.combine(self._jour, datetime.min.time(), self._contexte.zone)
            voulu = Voulu(
                contexte=self._contexte,
                controle=controle,
                debut=minuit + timedelta(hours=12),
                maintenant=self._maintenant,
            )
            self._lues[controle] = voulu, await read_journee(self._session, voulu), {}
        return self._lues[controle]

    async def _hold(self, ligne: Inscription) -> bool:
        """Keep the entry for us. Another day may be serving it at this very moment: then it has what it waits for."""
        prise = select(Inscription.id).where(
            Inscription.id == ligne.id, Inscription.statut == StatutInscription.ATTENTE.value
        )
        return await self._session.scalar(prise.with_for_update(skip_locked=True)) is not None

    async def _check(self, ligne: Inscription, debut: datetime) -> Reservation | None:
        """The booking of a start by an entry; None when the rules no longer allow it."""
        contexte = self._contexte
        demande = typed_again(ligne, centre_id=contexte.centre.id, debut=debut, zone=contexte.zone)
        maison = Appelant(tenant_id=ligne.tenant_id, via="cle_api", permissions=frozenset({CREATION}))
        try:
            verifiee: Verifiee = check_demande(demande, contexte, maintenant=self._maintenant, personnel=True)
            contexte.check_controle(verifiee.controle)
            if is_contre_visite(verifiee.controle.type_controle) and not await try_lock_inspections(
                self._session, verifiee.vehicule.immatriculation.valeur
            ):  # somebody books for that plate right now, and may wait for the days we hold
                await serve_later(
                    self._session, centre_id=contexte.centre.id, jour=self._jour, a_partir=self._maintenant
                )
                return None
            droit = await find_right(self._session, contexte, verifiee, maison, sauf=ligne.rdv_id)
        except GuichetError:
            return None
        return Reservation(
            contexte=contexte,
            verifiee=verifiee,
            droit=droit,
            maintenant=self._maintenant,
            appelant=maison,
            langue=ligne.langue,
            choisi=None,
            surbook=False,
        )

    async def _offer(self, ligne: Inscription, reservation: Reservation, plan: Plan) -> bool:
        """Hold the start for the entry, and tell it; False, and nothing written, when it could not be had after all."""
        session, voulu = self._session, reservation.voulu
        offre_id = new_id()
        valeurs = self._row(ligne, reservation, offre_id)
        _voulu, lue, _plans = await self._read(voulu.controle)
        assert lue is not None
        async with session.begin_nested() as point:
            await reassign(session, lue, plan.affectations, voulu)
            ecriture = Ecriture(
                session,
                valeurs=valeurs,
                passage=prepare_passage(
                    session,
                    client=reservation.verifiee.client,
                    vehicule=reservation.verifiee.vehicule,
                    le=self._maintenant,
                    langue=ligne.langue,
                ),
                besoins=voulu.besoins,
                choisi=None,
                maintenant=self._maintenant,
                plafonds=Plafonds(),
            )
            place = await ecriture(surnombre=False, tolerance=None, garder=True)
            if not place.ok:
                await point.rollback()
                return False
        await tell_expired(session, place.liberes)
        await self._write(ligne, reservation, valeurs)
        return True

    def _row(self, ligne: Inscription, reservation: Reservation, offre_id: UUID) -> dict[str, Any]:
        voulu = reservation.voulu
        minutes = self._contexte.reglages.offre_minutes
        return row_values(self._session, reservation) | {
            "statut": Statut.EN_ATTENTE_PAIEMENT.value,
            "paiement_statut": None,
            "expire_a": deadline(self._maintenant, minutes=minutes, debut=voulu.debut),
            "offre_id": offre_id,
            "cree_par": ligne.cree_par,
            "source": ligne.source,
        }

    async def _write(self, ligne: Inscription, reservation: Reservation, valeurs: dict[str, Any]) -> None:
        session, voulu = self._session, reservation.voulu
        offre = Offre(
            id=valeurs["offre_id"],
            tenant_id=ligne.tenant_id,
            inscription_id=ligne.id,
            rdv_id=valeurs["id"],
            centre_id=self._contexte.centre.id,
            jour=voulu.jour,
            debut=voulu.debut,
            fin=voulu.fin,
            montant_cents=reservation.montant,
            faite_a=self._maintenant,
            expire_a=valeurs["expire_a"],
        )
        session.add(offre)
        ligne.offre_id = offre.id
        await set_statut(session, ligne, StatutInscription.OFFRE)
        OFFRES.labels("faite").inc()
        await publish(
            session,
            OffreMade(
                inscription_id=ligne.id,
                offre_id=offre.id,
                centre_id=offre.centre_id,
                jour=offre.jour,
                debut=offre.debut,
                expire_a=offre.expire_a,
            ),
        )
        await audit(
            session,
            action="attente.offer",
            entite="inscription",
            entite_id=ligne.id,
            apres={"offre_id": str(offre.id), "centre_id": str(offre.centre_id), "debut": offre.debut.isoformat()},
        )
