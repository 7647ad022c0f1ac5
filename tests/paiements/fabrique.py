"""A payment as a booking would ask for it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import set_reglages
from guichet.paiements.facade import (
    BAC_A_SABLE,
    Acheteur,
    LignePaiement,
    PaiementVue,
    ReglagesPaiement,
    open_paiement,
    record_encaissement,
)
from guichet.paiements.metier.vues import RecuVue
from guichet.socle.horloge import now
from guichet.socle.ids import new_id

MAINTENANT = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)  # a Friday, nine in Paris
LIGNES = (LignePaiement(libelle="Contrôle technique, voiture essence", montant_cents=7_900, taux_tva_pour_mille=200),)
ACHETEUR = Acheteur(nom="Ève Péan", email="eve@courriel.example")
ENTREPRISE = Acheteur(
    nom="Flotte du Rhône", email="flotte@rhone.example", adresse="1 rue du Port, 69002 Lyon", siret="73282932000074"
)


async def sell_online(session: AsyncSession, **valeurs: Any) -> None:
    """The tenant of the session sells through the sandbox."""
    await set_reglages(session, ReglagesPaiement(fournisseur=BAC_A_SABLE, **valeurs))


async def fill_paiement(session: AsyncSession, **champs: Any) -> PaiementVue:
    """A payment waiting, ten minutes left."""
    valeurs: dict[str, Any] = {
        "reference": f"rdv:{new_id()}",
        "lignes": LIGNES,
        "acheteur": ACHETEUR,
        "retour_url": "/mes-rdv",
        "expire_a": now() + timedelta(minutes=10),
        "langue": "fr",
    }
    return await open_paiement(session, **(valeurs | champs))


async def fill_encaissement(session: AsyncSession, *, lieu: UUID | str, **champs: Any) -> RecuVue:
    """Money taken at the counter."""
    valeurs: dict[str, Any] = {
        "reference": f"rdv:{new_id()}",
        "lignes": LIGNES,
        "acheteur": ACHETEUR,
        "moyen": "especes",
        "encaisse_par": new_id(),
        "cle": str(new_id()),
    }
    return await record_encaissement(session, lieu=str(lieu), **(valeurs | champs))
