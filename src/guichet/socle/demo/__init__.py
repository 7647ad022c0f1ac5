"""What the demonstration data is made from: one seed, one calendar day, three networks, frequent names and vehicles.

Each context fills its own tables in a `demo=` function of its manifest: `async def fill(session, monde) -> dict[str, int]`.
"""

from guichet.socle.demo.monde import Monde, Progression, Tailles, TenantDemo, build_tenants, create_monde
from guichet.socle.demo.noms import Personne
from guichet.socle.demo.vehicules import ModeleVehicule, VehiculeDemo

__all__ = [
    "ModeleVehicule",
    "Monde",
    "Personne",
    "Progression",
    "Tailles",
    "TenantDemo",
    "VehiculeDemo",
    "build_tenants",
    "create_monde",
]
