"""One object of each kind, in a tenant of its own. A context whose routes name a new kind adds it here."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from guichet.identite.facade import TenantVue, create_cle_api
from guichet.notifications.facade import queue_notification
from guichet.rdv.facade import DemandeEvenement, TypeEvenement, create_evenement
from guichet.socle.database import Database
from guichet.socle.horloge import now
from tests.identite.fabrique import appelant, make_tenant, make_user
from tests.paiements.fabrique import fill_encaissement
from tests.reseau.fabrique import fill_centre, fill_controleur

LISTS = (
    "/api/v1/users",
    "/api/v1/cles-api",
    "/api/v1/agences",
    "/api/v1/cts",
    "/api/v1/controleurs",
    "/api/v1/notifications",
    "/api/v1/planning",
    "/api/v1/liste-attente",
)


@dataclass(frozen=True)
class Objets:
    """A tenant and its objects, by the name of the path parameter that reaches them."""

    tenant: TenantVue
    ids: dict[str, UUID]


async def make_objects(database: Database) -> Objets:
    """Committed."""
    tenant = await make_tenant(database)
    user = await make_user(database, tenant, "CALL_CENTER")
    async with database.transaction(tenant.id) as session:
        cle, _secret = await create_cle_api(session, nom="Essai", permissions={"centre:read"})
        centre = await fill_centre(session)
        controleur = await fill_controleur(session, centre)
        notification_id = await queue_notification(
            session,
            modele="notifications.compte",
            destinataire="camille@courriel.example",
            locale="fr",
            donnees={"motif": "invitation"},
            cle="essai",
        )
        bloc = await create_evenement(
            session,
            demande=DemandeEvenement(
                type=TypeEvenement.BLOCAGE,
                centre_id=centre.id,
                debut=now() + timedelta(days=3),
                fin=now() + timedelta(days=4),
                motif="Essai",
            ),
            appelant=appelant("ADMIN_TENANT", tenant_id=tenant.id),
        )
        recu = await fill_encaissement(session, lieu=centre.id)
    return Objets(
        tenant=tenant,
        ids={
            "user_id": user.id,
            "cle_id": cle.id,
            "agence_id": centre.agence_id,
            "ct_id": centre.id,
            "controleur_id": controleur.id,
            "notification_id": notification_id,
            "planning_id": bloc.evenement.id,
            "paiement_id": recu.paiement_id,
        },
    )
