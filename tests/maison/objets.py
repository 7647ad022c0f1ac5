"""One object of each kind, in a tenant of its own. A context whose routes name a new kind adds it here."""

from dataclasses import dataclass
from uuid import UUID

from guichet.identite.facade import TenantVue, create_cle_api
from guichet.socle.database import Database
from tests.identite.fabrique import make_tenant, make_user
from tests.paiements.fabrique import fill_encaissement
from tests.reseau.fabrique import fill_centre, fill_controleur

LISTS = ("/api/v1/users", "/api/v1/cles-api", "/api/v1/agences", "/api/v1/cts", "/api/v1/controleurs")


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
        recu = await fill_encaissement(session, lieu=centre.id)
    return Objets(
        tenant=tenant,
        ids={
            "user_id": user.id,
            "cle_id": cle.id,
            "agence_id": centre.agence_id,
            "ct_id": centre.id,
            "controleur_id": controleur.id,
            "paiement_id": recu.paiement_id,
        },
    )
