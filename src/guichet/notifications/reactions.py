"""What identity tells becomes a mail: invitations, sign-ups, passwords. What did not leave is told in the product."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import lien_d_acces, list_users
from guichet.identite.messages import PasswordChanged, PasswordResetRequested, SignUpRequested, UserInvited
from guichet.notifications.comptes import COMPTE, INCIDENT, PARIS
from guichet.notifications.facade import queue_notification
from guichet.notifications.messages import NotificationFailed
from guichet.socle.errors import Conflict, NotFound
from guichet.socle.horloge import now
from guichet.socle.ids import new_id

PAR_PAGE = 100
# The motives whose link opens once, until a date worth saying.
A_DUREE = frozenset({"invitation", "inscription", "mot_de_passe"})

Compte = UserInvited | PasswordResetRequested | SignUpRequested | PasswordChanged


async def tell_incident(session: AsyncSession, event: NotificationFailed) -> None:
    """Tell the tenant's administrators, in the product and once a day, that messages did not leave."""
    del event
    jour = now().astimezone(PARIS).date()
    apres: tuple[str, UUID] | None = None
    while True:
        page = await list_users(session, role="ADMIN_TENANT", actif=True, apres=apres, limite=PAR_PAGE)
        for user, _cle in page:
            await queue_notification(
                session,
                modele=INCIDENT.nom,
                canal="interne",
                destinataire=str(user.id),
                locale=user.langue,
                donnees={"jour": jour},
                cle=f"{INCIDENT.nom}:{jour}:{user.id}",
            )
        if len(page) < PAR_PAGE:
            return
        apres = (page[-1][1], page[-1][0].id)


async def write_to_account(session: AsyncSession, event: Compte) -> None:
    """Mail the person an event is about. Nothing for an account that is gone or closed meanwhile.

    The relay runs this once per event, in one transaction with the message: each run is a message of its own.
    """
    try:
        lien = await lien_d_acces(session, user_id=event.user_id, motif=event.motif)
    except (NotFound, Conflict):
        return
    await queue_notification(
        session,
        modele=COMPTE.nom,
        destinataire=lien.email,
        locale=lien.langue,
        donnees={
            "motif": event.motif,
            "prenom": lien.nom_complet.split(" ")[0],
            "lien": lien.url,
            "expire_le": lien.expire_le if event.motif in A_DUREE else None,
        },
        cle=f"{COMPTE.nom}:{event.motif}:{new_id()}",
    )
