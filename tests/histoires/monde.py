"""The network a history happens in: `python -m tests.histoires.monde` builds it in the configured database, in JSON."""

import asyncio
import json
from datetime import time
from typing import Any

from guichet.app.modules import assemble
from guichet.identite.facade import permissions_of, set_reglages
from guichet.notifications.reglages import ReglagesNotifications
from guichet.paiements.facade import BAC_A_SABLE, ReglagesPaiement
from guichet.rdv.metier.reglages import Reservation
from guichet.socle.database import get_database
from guichet.socle.horloge_essai import write_clock
from tests.histoires.modele import CAPACITES, DEPART, agrements_of, horaires_of
from tests.identite.fabrique import bearer_of, make_tenant
from tests.reseau.fabrique import fill_agence, fill_centre, fill_controleur


async def build() -> dict[str, Any]:
    """Two centres of one tenant, four inspectors of whom one works in both, and the key of the staff."""
    assemble()
    database = get_database()
    await write_clock(database, DEPART, avance=True)
    tenant = await make_tenant(database)
    async with database.transaction(tenant.id) as session:
        await set_reglages(session, ReglagesPaiement(fournisseur=BAC_A_SABLE))
        await set_reglages(session, Reservation(paiement_en_ligne=True))
        # Offers are made at any hour: the clock of a history hardly leaves the night it starts in.
        await set_reglages(session, ReglagesNotifications(silence_debut=time(0), silence_fin=time(0)))
        agence = await fill_agence(session)
        horaires = horaires_of("plein")
        fields = {"horaires": horaires, "capacite_journaliere": CAPACITES["large"], "types_controle": ["CTP"]}
        premier = await fill_centre(session, agence, **fields)
        second = await fill_centre(session, agence, **fields)
        seul = await fill_controleur(session, premier)
        autre = await fill_controleur(session, second)
        leger = await fill_controleur(session, premier, agrements=agrements_of("leger"))
        itinerant = await fill_controleur(
            session, premier, centres=[{"centre_id": premier.id}, {"centre_id": second.id}]
        )
    entetes = await bearer_of(database, tenant, "API_KEY", permissions=permissions_of("ADMIN_TENANT"))
    await database.close()
    return {
        "entetes": entetes,
        "centres": [str(premier.id), str(second.id)],
        "controleurs": {str(c.id): "tous" for c in (seul, autre, itinerant)} | {str(leger.id): "leger"},
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(build())))
