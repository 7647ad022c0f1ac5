"""Clients and vehicles of the demonstration: frequent names, plates of the right shape, numbers that ring nowhere."""

from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.annuaire.metier.immatriculation import normalise_immatriculation
from guichet.annuaire.metier.vues import ClientType, Origine
from guichet.annuaire.questions import index_email, index_telephone, name_key
from guichet.annuaire.tables import Client, Detention, Vehicule
from guichet.socle.demo import Monde
from guichet.socle.i18n import _

LOT: Final = 500
POUR_CENT_CLIENTS: Final = 90
"""Clients for a hundred appointments: some people come back."""
GRAND_MAX: Final = 50_000
_METIERS = ("Transports", "Garage", "Ambulances", "Électricité", "Plomberie", "Boulangerie", "Paysages", "Taxis")


def _size(monde: Monde) -> int:
    if monde.tenant.grand:
        return min(GRAND_MAX, max(1_000, monde.tenant.rdv // 50))
    return max(1, monde.tenant.rdv * POUR_CENT_CLIENTS // 100)


async def fill(session: AsyncSession, monde: Monde) -> dict[str, int]:
    """Make the clients of the current tenant, each with a vehicle; one in ten has a second one."""
    rng = monde.rng("annuaire")
    plaques: set[str] = set()
    total, vehicules = _size(monde), 0
    for debut in range(0, total, LOT):
        lots: dict[type[Any], list[dict[str, Any]]] = {Client: [], Vehicule: [], Detention: []}
        for _rang in range(debut, min(debut + LOT, total)):
            personne, cree = monde.personne(rng), monde.jour(-rng.randrange(30, 1500))
            le = datetime.combine(cree, time(9), UTC) + timedelta(minutes=rng.randrange(600))
            pro = rng.random() < 0.08
            telephone, email = monde.telephone(rng), monde.email(personne, rng)
            commun = {"tenant_id": monde.tenant.id, "created_at": le, "updated_at": le}
            client_id = monde.uuid(rng)
            lots[Client].append(
                commun
                | {
                    "id": client_id,
                    "type": (ClientType.PROFESSIONNEL if pro else ClientType.PARTICULIER).value,
                    "nom": personne.nom,
                    "prenom": personne.prenom,
                    "raison_sociale": f"{rng.choice(_METIERS)} {personne.nom}" if pro else None,
                    "cle_nom": name_key(personne.nom, personne.prenom),
                    "email": email,
                    "email_index": index_email(email),
                    "telephone": telephone,
                    "telephone_index": index_telephone(telephone),
                    "langue": "fr",
                    "origine": Origine.RESERVATION.value,
                    "version": 1,
                }
            )
            for _voiture in range(2 if rng.random() < 0.1 else 1):
                vehicule = monde.vehicule(rng)
                while vehicule.immatriculation in plaques:
                    vehicule = monde.vehicule(rng)
                plaques.add(vehicule.immatriculation)
                vehicules += 1
                vehicule_id, plaque = monde.uuid(rng), normalise_immatriculation(vehicule.immatriculation)
                lots[Vehicule].append(
                    commun
                    | {
                        "id": vehicule_id,
                        "immatriculation": plaque.valeur,
                        "forme": plaque.forme.value,
                        "type": vehicule.categorie,
                        "carburant": vehicule.carburant,
                        "marque": vehicule.marque,
                        "modele": vehicule.modele,
                        "mise_circulation": vehicule.date_mise_circulation,
                        "annee_seule": False,
                        "version": 1,
                    }
                )
                lots[Detention].append(
                    {"tenant_id": monde.tenant.id, "vehicule_id": vehicule_id, "client_id": client_id, "depuis": le}
                )
        for table, lignes in lots.items():
            await session.execute(insert(table).on_conflict_do_nothing(), lignes)
        monde.progression(_("Clients et véhicules"), total, min(LOT, total - debut))
    return {"clients": total, "vehicules": vehicules}
