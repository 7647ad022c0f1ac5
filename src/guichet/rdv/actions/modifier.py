"""Moving an appointment, and changing what was typed on it. Everything a booking checks is checked again."""

from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from guichet.rdv.actions.annonces import Avant, tell_expired, tell_updated
from guichet.rdv.actions.demande import Verifiee, check_demande, check_start, read_debut
from guichet.rdv.actions.droits import check_controleur, find_right
from guichet.rdv.actions.liberer import controle_of, release_place
from guichet.rdv.actions.lignes import typed_again, typed_values
from guichet.rdv.actions.placer import Plafonds, refuse
from guichet.rdv.actions.replacer import find_other_place
from guichet.rdv.actions.tenues import reckon_reste
from guichet.rdv.actions.verrous import lock_inspections, lock_rdv
from guichet.rdv.metier.contre_visite import is_contre_visite, price
from guichet.rdv.metier.delais import MODIFICATIONS_MAX, RefusDeplacement, check_move
from guichet.rdv.metier.etats import read_statut
from guichet.rdv.metier.heures import jour_local
from guichet.rdv.metier.montants import montant_ttc
from guichet.rdv.metier.rappels import reminder_at
from guichet.rdv.metier.types import PaiementStatut, Statut
from guichet.rdv.metier.vues import DemandeRdv, RdvVue
from guichet.rdv.permissions import MODIFICATION, check_access, has_link, not_connected
from guichet.rdv.questions.contexte import Contexte, load_contexte
from guichet.rdv.questions.fiches import owners_of, read_rdvs
from guichet.rdv.questions.jetons import read_disponibilite_id
from guichet.rdv.questions.journee import Voulu
from guichet.rdv.tables import Rdv
from guichet.reseau.facade import get_centre
from guichet.socle.acces import Appelant
from guichet.socle.errors import Conflict, Forbidden
from guichet.socle.horloge import now
from guichet.socle.i18n import _

INCHANGE: Final = object()
"""The value of a field nobody sent. None is a value: it empties."""


@dataclass(frozen=True, kw_only=True)
class ModificationRdv:
    """What to change, as typed; a field left `INCHANGE` stays. Names are those of `DemandeRdv`.

    `prix_accepte`: the cents the customer agreed to pay for the new start. `version`: the one that was read.
    """

    client_nom: Any = INCHANGE
    client_prenom: Any = INCHANGE
    client_email: Any = INCHANGE
    client_telephone: Any = INCHANGE
    client_type: Any = INCHANGE
    client_raison_sociale: Any = INCHANGE
    client_siret: Any = INCHANGE
    immatriculation: Any = INCHANGE
    vehicule_type: Any = INCHANGE
    carburant: Any = INCHANGE
    marque: Any = INCHANGE
    modele: Any = INCHANGE
    date_mise_circulation: Any = INCHANGE
    type_controle: Any = INCHANGE
    date_controle_initial: Any = INCHANGE
    disponibilite_id: Any = INCHANGE
    centre_id: Any = INCHANGE
    date: Any = INCHANGE
    heure_debut: Any = INCHANGE
    decalage: Any = INCHANGE
    controleur_id: Any = INCHANGE
    notes: Any = INCHANGE
    prix_accepte: int | None = None
    version: int | None = None

    def apply(self, demande: DemandeRdv) -> DemandeRdv:
        """The booking as it would be typed now."""
        dits = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in {"prix_accepte", "version"}}
        changes = {nom: valeur for nom, valeur in dits.items() if valeur is not INCHANGE}
        # Another date or hour says nothing about an offset that was right for the old one.
        if {"date", "heure_debut"} & set(changes):
            changes.setdefault("decalage", None)
        return replace(demande, **changes)


async def update_rdv(
    session: AsyncSession, *, rdv_id: UUID, modification: ModificationRdv, appelant: Appelant
) -> RdvVue:
    """Move or edit an appointment, for its customer (account or link) or for staff. The same change again changes nothing.

    A customer moves it at most three times and until the tenant's delay; a new price needs their agreement
    (`prix_accepte`). Edited tariffs and durations apply to what moves. Raises what a booking raises, and
    `RDV_NOT_FOUND` (404), `HORS_PERIMETRE`, `DELAI_DEPASSE`, `LIMITE_MODIFICATIONS` (403), `ETAT_INCOMPATIBLE`,
    `PRIX_CHANGE`, `VERSION_PERIMEE` (409).
    """
    if not appelant.is_known and not has_link(appelant, rdv_id):
        raise not_connected()
    ligne = await _lock(session, rdv_id, modification)
    centre = await get_centre(session, ligne.centre_id)
    check_access(
        appelant,
        MODIFICATION,
        rdv_id=rdv_id,
        centre_id=centre.id,
        agence_id=centre.agence_id,
        owners=await owners_of(session, ligne),
    )
    maintenant = now()
    _check_state(ligne, modification, maintenant)
    change = await _prepare(session, ligne, modification, appelant, maintenant)
    avant = Avant.of(ligne)
    if change.moves:
        await _move(session, ligne, change, maintenant)
    champs = _write(ligne, change)
    if not champs:
        return (await read_rdvs(session, [ligne]))[0]
    if "montant_cents" in champs:
        champs += await _settle(session, ligne)
    ligne.version += int(not change.moves)  # the statement that moves it has counted
    await session.flush()
    await tell_updated(session, ligne, champs=champs, avant=avant)
    if change.moves:
        await release_place(session, centre_id=avant.centre_id, jour=avant.jour)
    return (await read_rdvs(session, [ligne]))[0]


@dataclass(frozen=True)
class _Change:
    """What the appointment would become. `moves`: another place has to be found for it."""

    contexte: Contexte
    verifiee: Verifiee
    choisi: UUID | None
    moves: bool
    by_customer: bool
    initial_id: UUID | None
    montant: int | None


async def _lock(session: AsyncSession, rdv_id: UUID, modification: ModificationRdv) -> Rdv:
    """The row, locked with the day it is on and the day it goes to."""
    connue = await session.get(Rdv, rdv_id)
    jours: list[tuple[UUID, Any]] = []
    if connue is not None:
        demande = modification.apply(demande_of(connue, (await get_centre(session, connue.centre_id)).fuseau))
        cible = _target(demande)
        contexte = await load_contexte(session, cible or connue.centre_id)
        jours.append((contexte.centre.id, jour_local(read_debut(demande=demande, contexte=contexte), contexte.zone)))
        if connue.initial_id is not None:
            await lock_inspections(
                session, connue.immatriculation
            )  # before the days: the order of everything that waits
    return await lock_rdv(session, rdv_id, jours=jours)


def _target(demande: DemandeRdv) -> UUID | None:
    return read_disponibilite_id(demande.disponibilite_id).centre_id if demande.disponibilite_id else demande.centre_id


def _check_state(ligne: Rdv, modification: ModificationRdv, maintenant: datetime) -> None:
    statut, _motif = read_statut(Statut(ligne.statut), None, ligne.expire_a, maintenant)
    if statut is not Statut.CONFIRME:
        raise Conflict(
            _("Seul un rendez-vous confirmé et pas encore commencé peut être modifié."),
            code="ETAT_INCOMPATIBLE",
            statut=statut.value,
        )
    if modification.version is not None and modification.version != ligne.version:
        raise Conflict(
            _("Ce rendez-vous a changé entre-temps. Relisez-le avant de le modifier."),
            code="VERSION_PERIMEE",
            version=ligne.version,
        )


async def _prepare(
    session: AsyncSession, ligne: Rdv, modification: ModificationRdv, appelant: Appelant, maintenant: datetime
) -> _Change:
    actuel = await load_contexte(session, ligne.centre_id)
    demande = modification.apply(demande_of(ligne, actuel.centre.fuseau))
    cible = _target(demande)
    ailleurs = cible is not None and cible != ligne.centre_id
    contexte = await load_contexte(session, cible) if cible is not None and ailleurs else actuel
    du_personnel = appelant.is_known and appelant.can(MODIFICATION)
    sans_adresse = du_personnel or ligne.client_email is None
    verifiee = check_demande(demande, contexte, maintenant=maintenant, personnel=sans_adresse)
    choisi = demande.controleur_id
    place = (contexte.centre.id, verifiee.debut, verifiee.controle, choisi)
    moves = place != (
        ligne.centre_id, ligne.debut, controle_of(ligne), ligne.controleur_id if ligne.controleur_choisi else None,
    )  # fmt: skip
    if moves:
        if not du_personnel:
            _check_customer(ligne, contexte, maintenant)
        deplace = verifiee.debut != ligne.debut or contexte is not actuel
        await _check_place(session, contexte, verifiee, choisi=choisi, depuis=maintenant if deplace else None)
    initial_id, montant = ligne.initial_id, ligne.montant_cents
    autre_plaque = verifiee.vehicule.immatriculation.valeur != ligne.immatriculation
    if moves or (autre_plaque and is_contre_visite(verifiee.controle.type_controle)):
        droit = await find_right(session, contexte, verifiee, appelant, sauf=ligne.id, connue=ligne.initial_id)
        tarif = contexte.prix(verifiee.controle)
        montant = tarif if droit is None else price(droit, tarif)
        initial_id = None if droit is None else droit.initial.id
    if not du_personnel and montant not in {ligne.montant_cents, modification.prix_accepte}:
        raise Conflict(
            _("Le prix n'est plus le même à cette heure-là. Acceptez le nouveau prix pour déplacer le rendez-vous."),
            code="PRIX_CHANGE",
            ancien_montant_ttc=montant_ttc(ligne.montant_cents),
            montant_ttc=montant_ttc(montant),
        )
    return _Change(contexte, verifiee, choisi, moves, not du_personnel, initial_id, montant)


async def _check_place(
    session: AsyncSession, contexte: Contexte, verifiee: Verifiee, *, choisi: UUID | None, depuis: datetime | None
) -> None:
    """What a booking checks of a place: its start, seen from `depuis`, only where it is another one."""
    contexte.check_controle(verifiee.controle)
    if not contexte.centre.actif:
        raise Conflict(_("Ce centre ne prend plus de rendez-vous."), code="CENTRE_INACTIF")
    if depuis is not None:
        check_start(contexte, verifiee.debut, maintenant=depuis)
    if choisi is not None:
        await check_controleur(session, contexte, verifiee, choisi)


def _check_customer(ligne: Rdv, contexte: Contexte, maintenant: datetime) -> None:
    heures = contexte.reglages.delai_modification_heures
    refus = check_move(ligne.debut, maintenant, delai_heures=heures, modifications=ligne.modifications)
    if refus is RefusDeplacement.DELAI:
        raise Forbidden(
            _("Un rendez-vous se déplace jusqu'à {n} heures avant. Appelez le centre, ou annulez-le.", n=heures),
            code=refus.value,
        )
    if refus is RefusDeplacement.LIMITE:
        raise Forbidden(
            _("Ce rendez-vous a déjà été déplacé {n} fois. Appelez le centre.", n=MODIFICATIONS_MAX), code=refus.value
        )


async def _move(session: AsyncSession, ligne: Rdv, change: _Change, maintenant: datetime) -> None:
    """Find the new place as a booking finds one, moving others between inspectors if that makes room."""
    voulu = Voulu(
        contexte=change.contexte,
        controle=change.verifiee.controle,
        debut=change.verifiee.debut,
        maintenant=maintenant,
        choisi=change.choisi,
    )
    avant = ligne.centre_id, ligne.debut
    place = await find_other_place(session, rdv_id=ligne.id, voulu=voulu)
    if not place.ok:
        raise await refuse(
            session,
            place.issue,
            contexte=voulu.contexte,
            controle=voulu.controle,
            debut=voulu.debut,
            choisi=voulu.choisi,
            maintenant=maintenant,
            plafonds=Plafonds(),
        )
    await tell_expired(session, place.liberes)
    await session.refresh(ligne)
    if (ligne.centre_id, ligne.debut) != avant:
        ligne.rappel_le = reminder_at(ligne.debut, maintenant, change.contexte.zone)


def _write(ligne: Rdv, change: _Change) -> tuple[str, ...]:
    """Put the new values on the row. Out: what is another one now."""
    v = change.verifiee
    valeurs: dict[str, Any] = {
        **typed_values(v.client, v.vehicule),
        "type_controle": v.controle.type_controle.value,
        "date_controle_initial": v.date_controle_initial,
        "notes": v.notes,
        "controleur_choisi": change.choisi is not None,
        "initial_id": change.initial_id,
        "montant_cents": change.montant,
    }
    changes = tuple(nom for nom, valeur in valeurs.items() if getattr(ligne, nom) != valeur)
    for nom in changes:
        setattr(ligne, nom, valeurs[nom])
    if change.moves:
        ligne.modifications += int(change.by_customer)
        return ("debut", *changes)
    return changes


async def _settle(session: AsyncSession, ligne: Rdv) -> tuple[str, ...]:
    """Of what was paid already, the new price leaves something to pay, or nothing. What is too much goes back a moment
    later (`refund_surplus`): the row of a payment is never locked after a day (ADR 78)."""
    if ligne.paiement_statut not in {PaiementStatut.PAYE.value, PaiementStatut.EN_ATTENTE.value}:
        return ()
    reste = await reckon_reste(session, ligne)
    statut = PaiementStatut.PAYE if reste <= 0 else PaiementStatut.EN_ATTENTE
    if ligne.paiement_statut == statut:
        return ()
    ligne.paiement_statut = statut.value
    return ("paiement",)


def demande_of(ligne: Rdv, fuseau: str) -> DemandeRdv:
    """An appointment as it could be typed again, in the zone of its centre."""
    demande = typed_again(ligne, centre_id=ligne.centre_id, debut=ligne.debut, zone=ZoneInfo(fuseau))
    return replace(demande, controleur_id=ligne.controleur_id if ligne.controleur_choisi else None)
