"""The hot path of an ordinary booking: checked with the same rules, then one statement that is the whole transaction.

`create_rdv` stays the reference. Whatever is more than an ordinary booking (a hold, a contre-visite, a chosen inspector, a
place that needs a move, holds let go on the way, a key already used, any refusal) is left to it, and nothing is written
here. A test compares the two, answers and rows.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any, Final, cast
from uuid import UUID

import psycopg
from psycopg.types.json import Json, Jsonb

from guichet.annuaire.facade import prepare_passage
from guichet.rdv.actions.annonces import describe_creation, event_of_creation
from guichet.rdv.actions.demande import check_demande, check_start
from guichet.rdv.actions.lignes import write_json
from guichet.rdv.actions.reservation import Reservation, build_cree, caps_of, row_values
from guichet.rdv.messages import RdvCreated
from guichet.rdv.metier.contre_visite import is_contre_visite
from guichet.rdv.metier.numero import draw_numero
from guichet.rdv.metier.types import PaiementMode
from guichet.rdv.metier.vues import ControleurResume, DemandeRdv, RdvCree, RdvVue
from guichet.rdv.permissions import is_staff
from guichet.rdv.questions.directes import Cadre, load_cadre
from guichet.rdv.questions.fiches import read_rdv, resume_controleur
from guichet.rdv.questions.jetons import read_disponibilite_id
from guichet.rdv.tables import Rdv
from guichet.reseau.facade import check_centre, perimetre_of
from guichet.socle.acces import Appelant
from guichet.socle.cache import get_cache
from guichet.socle.database import get_database, unbound_session
from guichet.socle.errors import GuichetError
from guichet.socle.horloge import now
from guichet.socle.idempotence import Demande, fill_holes, pack
from guichet.socle.ids import new_id
from guichet.socle.messages import encode
from guichet.socle.origine import current_origin
from guichet.socle.registre import get_registre

SANS_CONTROLEUR: Final = '"controleur":null'
"""What an answer says before an inspector is known; it cannot stand inside a text, whose quotes are escaped."""
RESERVER: Final = f"""
select issue, controleur, client, vehicule from rdv.reserver_directement({", ".join(["%s"] * 27)})
"""  # noqa: S608  constants only
PLUS_A_DIRE: Final = "GU410"
VIDE: Final[dict[str, Any]] = dict.fromkeys(Rdv.__table__.columns.keys())


@dataclass(frozen=True)
class Rendu:
    """How answers are written: a booking, and an inspector inside it."""

    cree: Callable[[RdvCree], bytes]
    controleur: Callable[[ControleurResume], bytes]
    en_tetes: Callable[[RdvVue], dict[str, str]]


@dataclass(frozen=True)
class Reponse:
    """A booking that was made: its answer and the headers worth saying again."""

    corps: bytes
    en_tetes: dict[str, str]


@dataclass(frozen=True)
class Preparee:
    """A booking ready to be made: the statement's arguments, and its answer with what stands for the database's part."""

    parametres: tuple[Any, ...]
    event: RdvCreated
    reponse: Reponse
    equipe: Mapping[str, str]
    client_id: UUID
    vehicule_id: UUID

    def fill(self, controleur: UUID, client: UUID, vehicule: UUID) -> Reponse:
        """The answer, with what the database decided."""
        trous = {
            SANS_CONTROLEUR: self.equipe[str(controleur)],
            str(self.client_id): str(client),
            str(self.vehicule_id): str(vehicule),
        }
        return replace(self.reponse, corps=fill_holes(self.reponse.corps, trous))


async def book_directly(
    *, demande: DemandeRdv, appelant: Appelant, cle: Demande | None, rendu: Rendu
) -> Reponse | None:
    """Book an ordinary appointment, and keep the answer under `cle`. None: nothing was done, `create_rdv` must be asked."""
    preparee = await prepare_rdv(demande=demande, appelant=appelant, cle=cle, rendu=rendu)
    if preparee is None:
        return None
    try:
        async with get_database().hot() as connexion:
            trouve = await (await connexion.execute(RESERVER, preparee.parametres, binary=True)).fetchone()
    except psycopg.Error as error:
        if error.sqlstate == PLUS_A_DIRE:
            return None
        raise
    assert trouve is not None
    issue, controleur, client, vehicule = trouve
    if issue != "ok":
        return None
    get_cache().drop(preparee.event.etiquettes())
    return preparee.fill(controleur, client, vehicule)


async def prepare_rdv(*, demande: DemandeRdv, appelant: Appelant, cle: Demande | None, rendu: Rendu) -> Preparee | None:
    """An ordinary booking whose rules hold, ready for the statement; None for any other."""
    if not _is_ordinary(demande) or get_registre().reactions(RdvCreated, immediate=True):
        return None
    try:
        reservation, cadre = await _check(demande, appelant)
    except GuichetError:
        return None
    return _prepare(reservation, cadre, cle, rendu)


def _is_ordinary(demande: DemandeRdv) -> bool:
    return (
        demande.controleur_id is None
        and not demande.surnombre
        and demande.paiement_mode == PaiementMode.SUR_PLACE
        and not is_contre_visite(demande.type_controle)
        and (demande.centre_id is not None or demande.disponibilite_id is not None)
    )


async def _check(demande: DemandeRdv, appelant: Appelant) -> tuple[Reservation, Cadre]:
    centre_id = demande.centre_id
    if demande.disponibilite_id:
        centre_id = read_disponibilite_id(demande.disponibilite_id).centre_id
    assert centre_id is not None
    cadre = await load_cadre(appelant.tenant_id, centre_id)
    contexte, maintenant = cadre.contexte, now()
    if is_staff(appelant):
        check_centre(perimetre_of(appelant), centre_id, contexte.centre.agence_id)
    contexte.check_open()
    verifiee = check_demande(demande, contexte, maintenant=maintenant, personnel=is_staff(appelant))
    contexte.check_controle(verifiee.controle)
    check_start(contexte, verifiee.debut, maintenant=maintenant)
    reservation = Reservation(
        contexte=contexte,
        verifiee=verifiee,
        droit=None,
        maintenant=maintenant,
        appelant=appelant,
        langue=demande.langue,
        choisi=None,
        surbook=False,
    )
    return reservation, cadre


def _prepare(reservation: Reservation, cadre: Cadre, cle: Demande | None, rendu: Rendu) -> Preparee:
    session, v, maintenant = unbound_session(cadre.tenant_id), reservation.verifiee, reservation.maintenant
    valeurs = row_values(session, reservation) | {"numero": draw_numero()}
    client_id, vehicule_id = new_id(), new_id()  # stand for those the database finds or makes
    # Read like a row of the table, without the price of one.
    ligne = SimpleNamespace(**VIDE | valeurs | {"client_id": client_id, "vehicule_id": vehicule_id})
    rdv = read_rdv(cast(Rdv, ligne), cadre.contexte.centre, None, maintenant)
    reponse = Reponse(rendu.cree(build_cree(session, rdv, maintenant=maintenant)), rendu.en_tetes(rdv))
    equipe = {
        str(c.id): f'"controleur":{rendu.controleur(resume_controleur(c, rdv.jour)).decode()}'
        for c in cadre.equipe.values()
    }
    client, vehicule = prepare_passage(
        session, client=v.client, vehicule=v.vehicule, le=maintenant, langue=reservation.langue
    )
    plafonds, event, origine = caps_of(reservation), event_of_creation(rdv), current_origin()
    parametres = (
        cadre.tenant_id, write_json(valeurs), json.dumps(client), json.dumps(vehicule),
        sorted(cadre.contexte.besoins(v.controle)), maintenant,
        list(plafonds.cles), list(plafonds.maxima), plafonds.fenetre,
        event.nom, event.version, encode(event), Jsonb(describe_creation(rdv)),
        origine.auteur_id, origine.auteur, origine.via, origine.ip_address, origine.user_agent, origine.correlation_id,
        *_kept(cle, reponse), Json(equipe), [SANS_CONTROLEUR, str(client_id), str(vehicule_id)],
    )  # fmt: skip
    return Preparee(parametres, event, reponse, equipe, client_id, vehicule_id)


def _kept(cle: Demande | None, reponse: Reponse) -> tuple[Any, ...]:
    if cle is None:
        return None, None, None, None, None, None
    return cle.tenant_id, cle.portee, cle.cle, cle.empreinte, Jsonb(reponse.en_tetes), pack(reponse.corps)
