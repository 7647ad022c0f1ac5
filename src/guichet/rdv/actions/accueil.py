"""The day of an appointment, at the centre: received, stamped, started, finished, or missed.

Every verb locks the appointment with its centre's day, may be sent twice, and tells what changed.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.rdv.actions.annonces import Avant, tell_updated
from guichet.rdv.actions.deplacer import move_place
from guichet.rdv.actions.liberer import controle_of, free_dead_holds, release_place
from guichet.rdv.actions.verrous import lock_rdv
from guichet.rdv.metier.etats import can_become, can_check_in, can_start, read_statut
from guichet.rdv.metier.types import Resultat, Statut
from guichet.rdv.metier.vues import RdvVue
from guichet.rdv.permissions import ACCUEIL, GENRE_LIEN, check_access, has_link, not_connected, rdv_not_found
from guichet.rdv.questions.contexte import capacites_of, load_contexte
from guichet.rdv.questions.fiches import owners_of, read_rdvs
from guichet.rdv.questions.jetons import read_code_arrivee
from guichet.rdv.tables import Rdv
from guichet.reseau.facade import CentreVue, ControleurVue, get_centre, get_controleur, list_controleurs
from guichet.socle.acces import Appelant
from guichet.socle.database import enter_tenant
from guichet.socle.errors import Conflict, Invalid, NotFound
from guichet.socle.horloge import now
from guichet.socle.i18n import _

AVANCE_ARRIVEE: Final = timedelta(hours=2)
"""How early a customer may say that they have arrived."""


async def check_in(session: AsyncSession, *, rdv_id: UUID, appelant: Appelant) -> RdvVue:
    """The customer is there. Said by the centre, or by the customer from two hours before the start until its end.

    Raises `RDV_NOT_FOUND` (404), `HORS_PERIMETRE` (403), `ETAT_INCOMPATIBLE`, `ARRIVEE_HORS_HEURE` (409).
    """
    ligne, centre = await _open(session, rdv_id, appelant, client=True)
    if ligne.arrive_le is not None:
        return await _view(session, ligne)
    _require(ligne, {Statut.CONFIRME, Statut.EN_COURS})
    maintenant = now()
    du_centre = appelant.is_known and appelant.can(ACCUEIL)
    if not can_check_in(
        ligne.debut, ligne.fin, maintenant, zone=centre.zone, avance=None if du_centre else AVANCE_ARRIVEE
    ):
        raise Conflict(_("L'arrivée se note le jour du rendez-vous, un peu avant l'heure."), code="ARRIVEE_HORS_HEURE")
    avant = Avant.of(ligne)
    ligne.arrive_le = maintenant
    return await _tell(session, ligne, avant, "arrivee")


async def check_in_by_code(session: AsyncSession, *, code: str, appelant: Appelant) -> RdvVue:
    """Whoever shows the code of a ticket has arrived: at a kiosk nobody is signed in at, or read by the staff of the centre.

    A session without tenant enters the ticket's own. Raises `JETON_INVALIDE` (422), and as `check_in`.
    """
    tenant_id, rdv_id = read_code_arrivee(code)
    if session.info.get("tenant_id") not in {None, tenant_id}:
        raise rdv_not_found()
    await enter_tenant(session, tenant_id)
    if not (appelant.is_known and appelant.can(ACCUEIL)):
        lien = {"genre": GENRE_LIEN, "cible": rdv_id}
        appelant = replace(appelant, tenant_id=tenant_id, user_id=None, via="lien", lien=lien)
    return await check_in(session, rdv_id=rdv_id, appelant=appelant)


async def validate_rdv(session: AsyncSession, *, rdv_id: UUID, appelant: Appelant) -> RdvVue:
    """The centre accepts an appointment, where its settings ask for it.

    Raises as `start_rdv`, and `VALIDATION_NON_REQUISE` (409) where the centre asks for no such thing.
    """
    ligne, centre = await _open(session, rdv_id, appelant)
    if ligne.valide_le is not None:
        return await _view(session, ligne)
    if not centre.reservation.validation_requise:
        raise Conflict(
            _("Ce centre ne demande pas de valider les rendez-vous : ils sont confirmés d'emblée."),
            code="VALIDATION_NON_REQUISE",
        )
    _require(ligne, {Statut.CONFIRME})
    avant = Avant.of(ligne)
    ligne.valide_le = now()
    return await _tell(session, ligne, avant, "validation")


async def start_rdv(
    session: AsyncSession, *, rdv_id: UUID, appelant: Appelant, controleur_id: UUID | None = None
) -> RdvVue:
    """The inspection begins, by its inspector or by `controleur_id`; an appointment in surnombre needs one to begin.

    Raises `RDV_NOT_FOUND`, `CONTROLEUR_NOT_FOUND` (404), `HORS_PERIMETRE` (403), `ETAT_INCOMPATIBLE`,
    `CONTROLEUR_OCCUPE` (409), `CONTROLEUR_REQUIS`, `CONTROLEUR_AGREMENT_INSUFFISANT` (422).
    """
    ligne, centre = await _open(session, rdv_id, appelant)
    if ligne.statut == Statut.EN_COURS and controleur_id in {None, ligne.controleur_id}:
        return await _view(session, ligne)
    _require(ligne, {Statut.CONFIRME})
    maintenant = now()
    if not can_start(ligne.debut, maintenant, zone=centre.zone):
        raise Conflict(_("Un contrôle commence le jour de son rendez-vous."), code="ETAT_INCOMPATIBLE")
    avant = Avant.of(ligne)
    champs = ["statut"]
    voulu = controleur_id or ligne.controleur_id or await _own_controleur(session, centre, appelant)
    if voulu is None:
        message = _("Indiquez le contrôleur qui prend ce véhicule.")
        raise Invalid(message, code="CONTROLEUR_REQUIS", champs={"controleur_id": message})
    if voulu != ligne.controleur_id:
        await _assign(session, ligne, centre, voulu)
        champs += ["controleur", *(["surnombre"] if avant.surnombre else [])]
    ligne.statut = Statut.EN_COURS.value
    ligne.commence_le = maintenant
    ligne.arrive_le = ligne.arrive_le or maintenant
    return await _tell(session, ligne, avant, *champs)


async def finish_rdv(session: AsyncSession, *, rdv_id: UUID, appelant: Appelant, resultat: Resultat) -> RdvVue:
    """The inspection is over. `contre_visite` (major defects) and `defavorable` (critical ones) open the right to another.

    Raises as `start_rdv`; `RESULTAT_DEJA_DONNE` (409) when another result was given before.
    """
    ligne, _centre = await _open(session, rdv_id, appelant)
    if ligne.statut == Statut.TERMINE:
        if ligne.resultat != resultat:
            raise Conflict(_("Un autre résultat a déjà été donné pour ce contrôle."), code="RESULTAT_DEJA_DONNE")
        return await _view(session, ligne)
    _require(ligne, {Statut.EN_COURS})
    avant = Avant.of(ligne)
    ligne.statut = Statut.TERMINE.value
    ligne.resultat = resultat.value
    ligne.termine_le = now()
    return await _tell(session, ligne, avant, "statut", "resultat")


async def mark_absent(session: AsyncSession, *, rdv_id: UUID, appelant: Appelant) -> RdvVue:
    """Nobody came. Not before the hour; the inspector is free for what waits.

    Raises `RDV_NOT_FOUND` (404), `HORS_PERIMETRE` (403), `ETAT_INCOMPATIBLE`, `ABSENCE_TROP_TOT` (409).
    """
    ligne, centre = await _open(session, rdv_id, appelant)
    if ligne.statut == Statut.ABSENT:
        return await _view(session, ligne)
    _require(ligne, {Statut.CONFIRME})
    if not can_become(Statut.CONFIRME, Statut.ABSENT, debut=ligne.debut, maintenant=now(), zone=centre.zone):
        raise Conflict(_("L'heure du rendez-vous n'est pas encore passée."), code="ABSENCE_TROP_TOT")
    avant = Avant.of(ligne)
    ligne.statut = Statut.ABSENT.value
    vue = await _tell(session, ligne, avant, "statut")
    await release_place(session, centre_id=ligne.centre_id, jour=ligne.jour)
    return vue


async def undo_absent(session: AsyncSession, *, rdv_id: UUID, appelant: Appelant) -> RdvVue:
    """The customer came after all, the same day: the appointment is back, with any inspector who is still free.

    Raises as `mark_absent`, and `CRENEAU_INDISPONIBLE` (409) when nobody is: it has to be moved.
    """
    ligne, centre = await _open(session, rdv_id, appelant)
    if ligne.statut == Statut.CONFIRME:
        return await _view(session, ligne)
    maintenant = now()
    _require(ligne, {Statut.ABSENT})
    if not can_become(Statut.ABSENT, Statut.CONFIRME, debut=ligne.debut, maintenant=maintenant, zone=centre.zone):
        raise Conflict(_("Une absence ne s'annule que le jour même."), code="ETAT_INCOMPATIBLE")
    avant = Avant.of(ligne)
    if not await _is_written(session, ligne, statut=Statut.CONFIRME.value):
        contexte = await load_contexte(session, ligne.centre_id)
        await free_dead_holds(session, centre_id=ligne.centre_id, jour=ligne.jour)
        place = await move_place(
            session,
            rdv_id=ligne.id,
            centre_id=ligne.centre_id,
            jour=ligne.jour,
            debut=ligne.debut,
            fin=ligne.fin,
            besoins=contexte.besoins(controle_of(ligne)),
            choisi=None,
            maintenant=maintenant,
            statut=Statut.CONFIRME.value,
        )
        if not place.ok:
            raise Conflict(
                _("Sa place a été donnée entre-temps. Déplacez le rendez-vous à une autre heure."),
                code="CRENEAU_INDISPONIBLE",
                raison="pris",
                alternatives=[],
            )
    await session.refresh(ligne)
    changes = ["statut", *(["controleur"] if ligne.controleur_id != avant.controleur_id else [])]
    return await _tell(session, ligne, avant, *changes)


async def _open(
    session: AsyncSession, rdv_id: UUID, appelant: Appelant, *, client: bool = False
) -> tuple[Rdv, CentreVue]:
    """The appointment, locked with its day, for staff of its centre; for its customer too when `client`."""
    if not appelant.is_known and not (client and has_link(appelant, rdv_id)):
        raise not_connected()
    if not client and not appelant.can(ACCUEIL):
        raise rdv_not_found()
    ligne = await lock_rdv(session, rdv_id)
    centre = await get_centre(session, ligne.centre_id)
    check_access(
        appelant,
        ACCUEIL,
        rdv_id=rdv_id,
        centre_id=centre.id,
        agence_id=centre.agence_id,
        owners=await owners_of(session, ligne),
    )
    return ligne, centre


def _require(ligne: Rdv, attendus: set[Statut]) -> None:
    statut, _motif = read_statut(Statut(ligne.statut), None, ligne.expire_a, now())
    if statut not in attendus:
        raise Conflict(
            _("Ce n'est plus possible : le rendez-vous est dans un autre état."),
            code="ETAT_INCOMPATIBLE",
            statut=statut.value,
        )


async def _own_controleur(session: AsyncSession, centre: CentreVue, appelant: Appelant) -> UUID | None:
    """The inspector the caller is, when they work in the centre."""
    equipe = await list_controleurs(session, centre_id=centre.id, actif=True)
    return next((c.id for c in equipe if c.user_id == appelant.user_id), None)


async def _assign(session: AsyncSession, ligne: Rdv, centre: CentreVue, controleur_id: UUID) -> None:
    controleur = await get_controleur(session, controleur_id)
    if not controleur.actif or centre.id not in {t.centre_id for t in controleur.centres}:
        raise NotFound(_("Ce contrôleur ne travaille pas dans ce centre."), code="CONTROLEUR_NOT_FOUND")
    if not await _is_accredited(session, ligne, controleur):
        message = _("Ce contrôleur n'est pas agréé pour ce véhicule à cette date.")
        raise Invalid(message, code="CONTROLEUR_AGREMENT_INSUFFISANT", champs={"controleur_id": message})
    if not await _is_written(session, ligne, controleur_id=controleur_id, surnombre=False):
        raise Conflict(_("Ce contrôleur est déjà pris à cette heure."), code="CONTROLEUR_OCCUPE")
    await session.refresh(ligne)


async def _is_accredited(session: AsyncSession, ligne: Rdv, controleur: ControleurVue) -> bool:
    contexte = await load_contexte(session, ligne.centre_id)
    capacites = capacites_of(controleur.agrements, controleur.habilitations, ligne.jour)
    return contexte.besoins(controle_of(ligne)) <= capacites


async def _is_written(session: AsyncSession, ligne: Rdv, **valeurs: object) -> bool:
    """Write values of a row; False when the exclusion constraint refuses, with nothing written."""
    try:
        async with session.begin_nested():
            await session.execute(update(Rdv).where(Rdv.id == ligne.id).values(**valeurs))
    except IntegrityError:
        return False
    return True


async def _tell(session: AsyncSession, ligne: Rdv, avant: Avant, *champs: str) -> RdvVue:
    ligne.version += 1
    await session.flush()
    await tell_updated(session, ligne, champs=champs, avant=avant)
    return await _view(session, ligne)


async def _view(session: AsyncSession, ligne: Rdv) -> RdvVue:
    return (await read_rdvs(session, [ligne]))[0]
