"""What the tests of every context take from the network: an agence, a centre with hours, inspectors.

Each function works in the session it is given (`session` of a tenant that exists, see `tests.identite.fabrique`):
`agence = await fill_agence(session)`, `centre = await fill_centre(session, agence)`,
`controleur = await fill_controleur(session, centre)`.
"""

from datetime import date
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from guichet.reseau.facade import (
    AgenceSaisie,
    AgenceVue,
    CentreSaisie,
    CentreVue,
    ControleurSaisie,
    ControleurVue,
    create_agence,
    create_centre,
    create_controleur,
)
from guichet.socle.ids import new_id

JOURNEE = [{"debut": "08:00", "fin": "12:00"}, {"debut": "14:00", "fin": "18:00"}]
SEMAINE = dict.fromkeys(("lundi", "mardi", "mercredi", "jeudi", "vendredi"), JOURNEE)
TARIFS = [
    {"vehicule_type": "VP", "prix": 7900, "prix_contre_visite": 2000},
    {"vehicule_type": "VP", "carburant": "Gaz", "prix": 9900, "prix_contre_visite": 2500},
    {"vehicule_type": "VU", "prix": 8900, "prix_contre_visite": 2000},
    {"vehicule_type": "VU", "type_controle": "CTC", "prix": 4500, "prix_contre_visite": 1500},
]
LYON = (45.7578, 4.8320)


def unique() -> str:
    """A code no other test uses."""
    return new_id().hex[-12:].upper()


async def fill_agence(session: AsyncSession, **fields: Any) -> AgenceVue:
    """An agence of the session's tenant."""
    return await create_agence(session, AgenceSaisie.model_validate({"nom": "Agence de Lyon"} | fields))


def centre_saisie(agence: AgenceVue, **fields: Any) -> dict[str, Any]:
    """A centre in Lyon, open on weekdays, as it is typed."""
    return {
        "agence_id": agence.id,
        "code_centre": f"C{unique()}",
        "nom": "Centre de la Part-Dieu",
        "adresse": "12 rue des Essais",
        "code_postal": "69003",
        "ville": "Lyon",
        "lat": LYON[0],
        "lon": LYON[1],
        "horaires": SEMAINE,
        "tarifs": TARIFS,
    } | fields


async def fill_centre(session: AsyncSession, agence: AgenceVue | None = None, **fields: Any) -> CentreVue:
    """A centre of the session's tenant, in an agence of its own unless one is given."""
    agence = agence or await fill_agence(session)
    return await create_centre(session, CentreSaisie.model_validate(centre_saisie(agence, **fields)))


async def fill_controleur(session: AsyncSession, centre: CentreVue, **fields: Any) -> ControleurVue:
    """An inspector of that centre with every accreditation, who follows its hours."""
    typed = {
        "email": f"{new_id().hex}@exemple.fr",
        "nom": "Essai",
        "prenom": "Claude",
        "centre_id": centre.id,
        "agrements": [{"code": code, "valide_au": date(2099, 12, 31)} for code in ("VL", "L", "Gaz")],
    }
    return await create_controleur(session, ControleurSaisie.model_validate(typed | fields), inviter=False)
