"""Money taken at the counter for an appointment."""

from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import get_reglages
from guichet.paiements.facade import (
    ENCAISSEMENT,
    Acheteur,
    LignePaiement,
    Moyen,
    RecuVue,
    ReglagesPaiement,
    find_paiements,
    record_encaissement,
)
from guichet.rdv import mots
from guichet.rdv.actions.annonces import Avant, tell_updated
from guichet.rdv.actions.tenues import reference_of
from guichet.rdv.actions.verrous import lock_rdv
from guichet.rdv.metier.types import PaiementStatut, Statut
from guichet.rdv.permissions import check_access, rdv_not_found
from guichet.rdv.tables import Rdv
from guichet.reseau.facade import TypeControle, VehiculeType, get_centre
from guichet.socle.acces import Appelant
from guichet.socle.errors import Conflict
from guichet.socle.i18n import _

DUS: Final = frozenset({Statut.CONFIRME, Statut.EN_COURS, Statut.TERMINE})
"""The states in which the price of an appointment may be taken."""


async def collect_rdv(session: AsyncSession, *, rdv_id: UUID, appelant: Appelant, moyen: Moyen) -> RecuVue:
    """Take at the counter what is still owed for an appointment, and issue its receipt. Asked twice at once: one receipt.

    Raises `RDV_NOT_FOUND` (404), `HORS_PERIMETRE` (403), `ETAT_INCOMPATIBLE`, `RIEN_A_ENCAISSER` (409).
    """
    lue = await session.get(Rdv, rdv_id)
    if lue is None or lue.offre_id is not None:
        raise rdv_not_found()
    centre = await get_centre(session, lue.centre_id)
    check_access(
        appelant, ENCAISSEMENT, rdv_id=rdv_id, centre_id=centre.id, agence_id=centre.agence_id, owners=frozenset()
    )
    paiements = await find_paiements(session, reference=reference_of(rdv_id))
    reste = (lue.montant_cents or 0) - sum(p.remboursable_cents for p in paiements)
    if reste <= 0:
        raise Conflict(_("Il n'y a rien à encaisser pour ce rendez-vous."), code="RIEN_A_ENCAISSER")
    recu = await record_encaissement(
        session,
        reference=reference_of(rdv_id),
        lignes=[await _line(session, lue, reste)],
        acheteur=Acheteur(
            nom=lue.client_raison_sociale or f"{lue.client_prenom} {lue.client_nom}".strip(),
            email=lue.client_email or "",
            siret=lue.client_siret or "",
        ),
        moyen=moyen.value,
        lieu=str(centre.id),
        encaisse_par=appelant.user_id or rdv_id,
        cle=f"rdv:{rdv_id}:{len(paiements)}",
        fuseau=centre.fuseau,
        langue=lue.langue,
    )
    # The rows of payments come before the day (ADR 78): the appointment is looked at again, locked, once the money is in.
    ligne = await lock_rdv(session, rdv_id)
    if ligne.statut not in DUS:
        raise Conflict(_("Ce rendez-vous n'est ni confirmé ni fait : rien n'est dû."), code="ETAT_INCOMPATIBLE")
    if ligne.paiement_statut != PaiementStatut.PAYE:
        avant = Avant.of(ligne)
        ligne.paiement_statut = PaiementStatut.PAYE.value
        ligne.version += 1
        await session.flush()
        await tell_updated(session, ligne, champs=("paiement",), avant=avant)
    return recu


async def _line(session: AsyncSession, ligne: Rdv, montant_cents: int) -> LignePaiement:
    quoi = mots.controle_et_vehicule(TypeControle(ligne.type_controle), VehiculeType(ligne.vehicule_type))
    return LignePaiement(
        libelle=f"{quoi}, {ligne.immatriculation}",
        montant_cents=montant_cents,
        taux_tva_pour_mille=(await get_reglages(session, ReglagesPaiement)).taux_tva_pour_mille,
    )
