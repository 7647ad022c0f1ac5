"""A booking whose rules hold: its row, its caps, its answer. Shared by the plain path and the hot one."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from guichet.annuaire.facade import index_telephone
from guichet.identite.facade import create_lien
from guichet.rdv.actions.demande import Verifiee
from guichet.rdv.actions.lignes import typed_values
from guichet.rdv.actions.placer import Plafonds
from guichet.rdv.metier.contre_visite import Droit, price
from guichet.rdv.metier.rappels import reminder_at
from guichet.rdv.metier.types import PaiementMode, PaiementStatut, Statut
from guichet.rdv.metier.vues import RdvCree, RdvVue
from guichet.rdv.permissions import (
    ACCUEIL_PROPRE,
    ANNULATION_PROPRE,
    GENRE_LIEN,
    LECTURE_PROPRE,
    MODIFICATION_PROPRE,
    is_anonymous,
)
from guichet.rdv.questions.contexte import Contexte
from guichet.rdv.questions.journee import Voulu
from guichet.socle.acces import Appelant
from guichet.socle.crypto import blind_index
from guichet.socle.ids import new_id
from guichet.socle.settings import get_settings

VALIDITE_LIEN: Final = timedelta(days=90)
"""A management link lives this long after the appointment."""


@dataclass(frozen=True, kw_only=True)
class Reservation:
    """A booking ready to be placed."""

    contexte: Contexte
    verifiee: Verifiee
    droit: Droit | None
    maintenant: datetime
    appelant: Appelant
    langue: str
    choisi: UUID | None
    surbook: bool

    @property
    def voulu(self) -> Voulu:
        """The start that is wanted."""
        return Voulu(
            contexte=self.contexte,
            controle=self.verifiee.controle,
            debut=self.verifiee.debut,
            maintenant=self.maintenant,
            choisi=self.choisi,
        )

    @property
    def mode(self) -> PaiementMode:
        """How it is paid."""
        return self.verifiee.mode

    @property
    def est_tenue(self) -> bool:
        """Held until it is paid: something is owed, online."""
        return self.mode is PaiementMode.EN_LIGNE and bool(self.montant)

    @property
    def montant(self) -> int | None:
        """Cents, None where no price is published."""
        tarif = self.contexte.prix(self.verifiee.controle)
        return tarif if self.droit is None else price(self.droit, tarif)


def caps_of(reservation: Reservation) -> Plafonds:
    """What the caller may book lately; no limit for those who are known."""
    if not is_anonymous(reservation.appelant):
        return Plafonds()
    reglages, appelant = reservation.contexte.reglages, reservation.appelant
    telephone = reservation.verifiee.client.telephone
    assert telephone is not None
    cles, maxima = [index_telephone(telephone)], [reglages.plafond_telephone]
    if appelant.ip:
        cles.append(blind_index(appelant.ip, "adresse"))
        maxima.append(reglages.plafond_adresse)
    return Plafonds(tuple(cles), tuple(maxima), timedelta(minutes=reglages.plafond_minutes))


def row_values(session: AsyncSession, reservation: Reservation) -> dict[str, Any]:
    """The row to be, without its number, inspector, client and vehicle."""
    v, contexte = reservation.verifiee, reservation.contexte
    return {
        "id": new_id(),
        "tenant_id": session.info["tenant_id"],
        "centre_id": contexte.centre.id,
        "controleur_choisi": reservation.choisi is not None,
        "initial_id": reservation.droit and reservation.droit.initial.id,
        "type_controle": v.controle.type_controle.value,
        "debut": v.debut,
        "fin": reservation.voulu.fin,
        "jour": reservation.voulu.jour,
        "statut": (Statut.EN_ATTENTE_PAIEMENT if reservation.est_tenue else Statut.CONFIRME).value,
        "paiement_statut": PaiementStatut.EN_ATTENTE.value if reservation.est_tenue else None,
        "expire_a": reservation.maintenant + timedelta(minutes=contexte.reglages.tenue_minutes)
        if reservation.est_tenue
        else None,
        "surnombre": False,
        "montant_cents": reservation.montant,
        "paiement_mode": v.mode.value,
        "source": v.source.value,
        **typed_values(v.client, v.vehicule),
        "date_controle_initial": v.date_controle_initial,
        "notes": v.notes,
        "langue": reservation.langue,
        "modifications": 0,
        "sequence": 0,
        "cree_par": reservation.appelant.user_id,
        "rappel_le": reminder_at(v.debut, reservation.maintenant, contexte.zone),
        "version": 1,
        "created_at": reservation.maintenant,
        "updated_at": reservation.maintenant,
    }


def build_cree(session: AsyncSession, rdv: RdvVue, *, maintenant: datetime) -> RdvCree:
    """An appointment with the link that manages it."""
    jeton = create_lien(
        session,
        genre=GENRE_LIEN,
        cible=rdv.id,
        permissions=(LECTURE_PROPRE, ANNULATION_PROPRE, MODIFICATION_PROPRE, ACCUEIL_PROPRE),
        validite=max(rdv.fin - maintenant, timedelta()) + VALIDITE_LIEN,
    )
    return RdvCree(rdv=rdv, jeton=jeton, lien_gestion=f"{get_settings().url}/mes-rdv/{rdv.id}?lien={jeton}")
