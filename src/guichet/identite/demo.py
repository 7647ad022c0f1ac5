"""People of the demonstration: the three tenants, somebody of every role, and the passwords everyone knows.

Inspectors, and the scopes of the agency and centre administrators made here, come with the network, one floor above.
"""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.actions.demonstration import MOTS_DE_PASSE, open_demo_accounts
from guichet.identite.actions.tenants import create_tenant
from guichet.identite.actions.users import create_user
from guichet.identite.metier.roles import Role
from guichet.identite.metier.tenants import PLATEFORME
from guichet.identite.questions.users import find_user
from guichet.socle.database import get_database
from guichet.socle.demo import Monde
from guichet.socle.i18n import _

SUPER_ADMIN: Final = "superadmin@guichet.example"
PERSONNEL: Final = (("admin", Role.ADMIN_TENANT), ("agence", Role.ADMIN_AGENCE), ("centre", Role.ADMIN_CT))


async def fill(session: AsyncSession, monde: Monde) -> dict[str, int]:
    """Make the tenant of the session and its people. Returns the counts."""
    await _make_super_admin()
    here = monde.tenant
    await create_tenant(
        session,
        tenant_id=here.id,
        slug=here.slug,
        nom=here.nom,
        type=here.type,
        plan=here.plan,
        max_users=here.max_users,
        max_agences=here.max_agences,
        domaine=here.domaine,
        branding={"brand_h": here.brand_h, "brand_c": here.brand_c},
        contact={
            "telephone": monde.telephone(monde.rng("identite.contact"), mobile=False),
            "email": f"bonjour@{here.domaine}",
        },
    )
    rng = monde.rng("identite.personnes")
    made = 0
    roles = [*PERSONNEL, *((f"appels{n}", Role.CALL_CENTER) for n in range(1, here.centre_appels + 1))]
    for name, role in roles:
        person = monde.personne(rng)
        await create_user(
            session,
            user_id=monde.uuid(rng),
            email=f"{name}@{here.domaine}",
            nom=person.nom,
            prenom=person.prenom,
            role=role,
            telephone=monde.telephone(rng),
            inviter=False,
        )
        made += 1
    for n in range(1, here.clients + 1):
        person = monde.personne(rng)
        await create_user(
            session,
            user_id=monde.uuid(rng),
            email=f"client{n}@{here.domaine}",
            nom=person.nom,
            prenom=person.prenom,
            role=Role.CLIENT,
            telephone=monde.telephone(rng),
            inviter=False,
        )
        made += 1
    await open_demo_accounts(session)
    return {"réseaux": 1, "utilisateurs": made}


async def _make_super_admin() -> None:
    async with get_database().transaction(PLATEFORME) as session:
        if await find_user(session, email=SUPER_ADMIN) is None:
            await create_user(
                session, email=SUPER_ADMIN, nom="Admin", prenom="Super", role=Role.SUPER_ADMIN, inviter=False
            )
            await open_demo_accounts(session)


def accounts() -> list[tuple[str, str, str]]:
    """What a visitor of the demonstration may sign in with: role, address, password."""
    domain = "controle-auto-france.example"
    shown = [
        (_("Super-administrateur"), SUPER_ADMIN, Role.SUPER_ADMIN),
        (_("Administrateur du réseau"), f"admin@{domain}", Role.ADMIN_TENANT),
        (_("Administrateur d'agence"), f"agence@{domain}", Role.ADMIN_AGENCE),
        (_("Administrateur de centre"), f"centre@{domain}", Role.ADMIN_CT),
        (_("Centre d'appels"), f"appels1@{domain}", Role.CALL_CENTER),
        (_("Client"), f"client1@{domain}", Role.CLIENT),
    ]
    return [(label, email, MOTS_DE_PASSE[role]) for label, email, role in shown]
