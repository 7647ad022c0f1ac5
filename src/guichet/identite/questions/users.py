"""Reads of people."""

from uuid import UUID

from sqlalchemy import Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.metier.coordonnees import cle_de_tri, normalise_email
from guichet.identite.metier.roles import HORS_QUOTA
from guichet.identite.metier.vues import Perimetre, UserVue
from guichet.identite.tables import User
from guichet.socle.errors import NotFound
from guichet.socle.i18n import _

DERNIER = "\U0010ffff"


def user_vue(row: User) -> UserVue:
    """The row as others see it."""
    return UserVue(
        id=row.id,
        tenant_id=row.tenant_id,
        email=row.email,
        nom=row.nom,
        prenom=row.prenom,
        telephone=row.telephone,
        role=row.role,
        permissions=tuple(row.permissions),
        agence_ids=tuple(row.agence_ids),
        centre_ids=tuple(row.centre_ids),
        langue=row.langue,
        actif=row.actif,
        email_verifie=row.email_verifie_le is not None,
        a_mot_de_passe=row.mot_de_passe is not None,
        double_facteur=row.totp_actif_le is not None,
        invite_le=row.invite_le,
        derniere_connexion=row.derniere_connexion,
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def unknown_user() -> NotFound:
    """The error for a person nobody knows here."""
    return NotFound(_("Utilisateur introuvable."), code="USER_NOT_FOUND")


def within(query: Select[User], perimetre: Perimetre | None) -> Select[User]:
    """Only the people of these agences and centres; None sees them all, an empty scope nobody."""
    if perimetre is None:
        return query
    shared = [
        column.overlap(sorted(ids))
        for column, ids in ((User.agence_ids, perimetre.agence_ids), (User.centre_ids, perimetre.centre_ids))
        if ids
    ]
    return query.where(or_(*shared)) if shared else query.where(User.id.is_(None))


async def get_user_row(
    session: AsyncSession, *, user_id: UUID, perimetre: Perimetre | None = None, lock: bool = False
) -> User:
    """The row of a person of the session's tenant. Raises NotFound `USER_NOT_FOUND`."""
    query = within(select(User).where(User.id == user_id), perimetre).execution_options(populate_existing=True)
    row = await session.scalar(query.with_for_update(key_share=True) if lock else query)
    if row is None:
        raise unknown_user()
    return row


async def get_user(session: AsyncSession, *, user_id: UUID, perimetre: Perimetre | None = None) -> UserVue:
    """A person of the session's tenant. Raises NotFound `USER_NOT_FOUND`."""
    return user_vue(await get_user_row(session, user_id=user_id, perimetre=perimetre))


async def find_user(session: AsyncSession, *, email: str) -> UserVue | None:
    """The person of that address in the session's tenant, whatever the case of the letters."""
    normal = normalise_email(email)
    row = await session.scalar(select(User).where(User.email == normal)) if normal else None
    return user_vue(row) if row else None


async def list_users(
    session: AsyncSession,
    *,
    perimetre: Perimetre | None = None,
    q: str = "",
    role: str | None = None,
    actif: bool | None = None,
    apres: tuple[str, UUID] | None = None,
    limite: int = 100,
) -> list[tuple[UserVue, str]]:
    """People of the session's tenant by name, each with its sort key.

    `q` is the beginning of a name (`nom prénom`) or an address; `apres` the sort key and identifier of the last one seen.
    """
    query = within(select(User), perimetre)
    if role is not None:
        query = query.where(User.role == role)
    if actif is not None:
        query = query.where(User.actif == actif)
    if q.strip():
        name, address = cle_de_tri(q), q.strip().lower()
        query = query.where(
            or_(User.tri.between(name, name + DERNIER), User.email.between(address, address + DERNIER))
            if name
            else User.email.between(address, address + DERNIER)
        )
    if apres is not None:
        tri, last = apres
        query = query.where((User.tri > tri) | ((User.tri == tri) & (User.id > last)))
    rows = await session.scalars(query.order_by(User.tri, User.id).limit(limite))
    return [(user_vue(row), row.tri) for row in rows]


async def count_users(session: AsyncSession) -> int:
    """How many places of `max_users` are taken: active accounts, customers not counted."""
    query = select(func.count()).select_from(User).where(User.actif, User.role.not_in(HORS_QUOTA))
    return await session.scalar(query) or 0
