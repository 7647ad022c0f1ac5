"""The ticket of an appointment, from the appointment."""

from guichet.rdv.documents.billet import Billet
from guichet.rdv.facade import PaiementStatut, RdvVue, Statut
from guichet.rdv.questions.jetons import write_code_arrivee
from guichet.socle.settings import get_settings


def link_of(rdv: RdvVue, jeton: str) -> str:
    """The address that manages an appointment without an account, for a mail or a document."""
    return f"{get_settings().url}/mes-rdv/{rdv.id}?lien={jeton}"


def build_billet(rdv: RdvVue, *, jeton: str) -> Billet:
    """Everything a ticket says of an appointment; `jeton` is its signed link."""
    centre, client, vehicule = rdv.centre, rdv.client, rdv.vehicule
    return Billet(
        rdv_id=str(rdv.id),
        numero=rdv.numero,
        sequence=rdv.sequence,
        statut=rdv.statut.value,
        debut=rdv.debut,
        fin=rdv.fin,
        fuseau=centre.fuseau,
        centre_nom=centre.nom,
        centre_adresse=", ".join(p for p in (centre.adresse, f"{centre.code_postal} {centre.ville}".strip()) if p),
        centre_telephone=centre.telephone or "",
        lat=centre.lat,
        lon=centre.lon,
        immatriculation=vehicule.immatriculation,
        vehicule=" ".join(p for p in (vehicule.marque, vehicule.modele) if p),
        vehicule_type=vehicule.type.value,
        type_controle=rdv.type_controle.value,
        montant_cents=rdv.montant_cents,
        paye=rdv.paiement_statut is PaiementStatut.PAYE,
        partiel=rdv.statut is Statut.CONFIRME and rdv.paiement_statut is PaiementStatut.EN_ATTENTE,
        client_nom=" ".join(p for p in (client.prenom, client.nom) if p),
        client_email=client.email or "",
        lien=link_of(rdv, jeton),
        code=write_code_arrivee(tenant_id=rdv.tenant_id, rdv_id=rdv.id),
    )
