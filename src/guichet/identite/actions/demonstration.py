"""The passwords of the demonstration, good in demonstration and test mode only."""

from typing import Final

from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.actions.hachage import get_hacheur
from guichet.identite.metier.roles import Role
from guichet.identite.tables import User
from guichet.socle.horloge import now
from guichet.socle.settings import get_settings

MOTS_DE_PASSE: Final = {
    Role.SUPER_ADMIN: "SuperAdmin123!",
    Role.ADMIN_TENANT: "Admin123!",
    Role.ADMIN_AGENCE: "Agence123!",
    Role.ADMIN_CT: "Centre123!",
    Role.CONTROLEUR: "Controleur123!",
    Role.CALL_CENTER: "CallCenter123!",
    Role.CLIENT: "Client123!",
}


async def open_demo_accounts(session: AsyncSession) -> int:
    """Give every account of the session's tenant that has no password the known one of its role.

    One hash a role, whatever the number of accounts. Elsewhere than in a demonstration or a test, nothing happens.
    Returns how many accounts were opened.
    """
    if get_settings().is_production:
        return 0
    opened = 0
    for role, mot_de_passe in MOTS_DE_PASSE.items():
        waiting = (User.role == role) & User.mot_de_passe.is_(None)
        if not await session.scalar(func.count().select().select_from(User).where(waiting)):
            continue
        values = {
            "mot_de_passe": await get_hacheur().hash(mot_de_passe),
            "mot_de_passe_le": now(),
            "email_verifie_le": now(),
        }
        opened += len((await session.scalars(update(User).where(waiting).values(values).returning(User.id))).all())
    return opened
