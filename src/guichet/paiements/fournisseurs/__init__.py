"""The providers Guichet can speak to, by the name tenants choose in their settings."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from guichet.paiements.fournisseurs.bac_a_sable import build_bac_a_sable
from guichet.paiements.port import Fabrique, Fournisseur
from guichet.paiements.reglages import BAC_A_SABLE

FABRIQUES: Final[dict[str, Fabrique]] = {BAC_A_SABLE: build_bac_a_sable}


def build_fournisseur(nom: str, *, tenant_id: UUID, secrets: Mapping[str, str]) -> Fournisseur:
    """The adapter of a tenant's provider. Raises KeyError for a name nobody knows."""
    return FABRIQUES[nom](tenant_id, secrets)
