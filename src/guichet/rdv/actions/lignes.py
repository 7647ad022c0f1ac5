"""An appointment's row, as Python values and as the JSON the booking statement reads."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic_core import to_json as to_json_bytes

from guichet.annuaire.facade import ClientSaisi, VehiculeSaisi, index_email, index_telephone, name_key
from guichet.rdv.metier.heures import format_decalage
from guichet.rdv.metier.vues import DemandeRdv
from guichet.rdv.tables import RDV, Inscription, Rdv
from guichet.socle.crypto import aad, encrypt

CHIFFREES = frozenset({"client_email", "client_telephone"})


def typed_values(client: ClientSaisi, vehicule: VehiculeSaisi) -> dict[str, Any]:
    """What was typed, as it stays on the appointment."""
    return {
        "client_type": client.type.value,
        "client_nom": client.nom,
        "client_prenom": client.prenom,
        "client_raison_sociale": client.raison_sociale,
        "client_siret": client.siret,
        "client_cle_nom": name_key(client.nom, client.prenom),
        "client_email": client.email,
        "client_email_index": client.email and index_email(client.email),
        "client_telephone": client.telephone,
        "client_telephone_index": client.telephone and index_telephone(client.telephone),
        "immatriculation": vehicule.immatriculation.valeur,
        "vehicule_type": vehicule.type.value,
        "carburant": vehicule.carburant.value,
        "marque": vehicule.marque,
        "modele": vehicule.modele,
        "mise_circulation": str(vehicule.mise_circulation) if vehicule.mise_circulation else None,
    }


def to_json(valeurs: Mapping[str, Any]) -> dict[str, Any]:
    """The row for `jsonb_populate_record`: contacts encrypted, bytes as PostgreSQL writes them, instants in ISO 8601."""
    sortie: dict[str, Any] = {}
    for nom, brute in valeurs.items():
        valeur = brute
        if nom in CHIFFREES and valeur is not None:
            valeur = encrypt(valeur, aad(valeurs["tenant_id"], RDV, nom))
        if isinstance(valeur, bytes):
            valeur = "\\x" + valeur.hex()
        elif isinstance(valeur, (datetime, date)):
            valeur = valeur.isoformat()
        elif isinstance(valeur, UUID):
            valeur = str(valeur)
        sortie[nom] = valeur
    return sortie


def write_json(valeurs: dict[str, Any]) -> str:
    """The same as text."""
    chiffre = {nom: valeurs[nom] and encrypt(valeurs[nom], aad(valeurs["tenant_id"], RDV, nom)) for nom in CHIFFREES}
    octets = {nom: "\\x" + v.hex() for nom, v in (valeurs | chiffre).items() if isinstance(v, bytes)}
    return to_json_bytes(valeurs | octets).decode()


def typed_again(ligne: Rdv | Inscription, *, centre_id: UUID, debut: datetime, zone: ZoneInfo) -> DemandeRdv:
    """What was typed, as a booking of another start could be typed: in the zone of its centre, by nobody named."""
    local = debut.astimezone(zone)
    return DemandeRdv(
        client_nom=ligne.client_nom,
        client_prenom=ligne.client_prenom,
        client_email=ligne.client_email,
        client_telephone=ligne.client_telephone,
        client_type=ligne.client_type,
        client_raison_sociale=ligne.client_raison_sociale,
        client_siret=ligne.client_siret,
        immatriculation=ligne.immatriculation,
        vehicule_type=ligne.vehicule_type,
        carburant=ligne.carburant,
        marque=ligne.marque,
        modele=ligne.modele,
        date_mise_circulation=ligne.mise_circulation,
        type_controle=ligne.type_controle,
        date_controle_initial=ligne.date_controle_initial.isoformat() if ligne.date_controle_initial else None,
        centre_id=centre_id,
        date=local.date().isoformat(),
        heure_debut=local.strftime("%H:%M"),
        decalage=format_decalage(debut, zone),
        paiement_mode=ligne.paiement_mode,
        notes=ligne.notes,
        source=ligne.source,
        langue=ligne.langue,
    )
