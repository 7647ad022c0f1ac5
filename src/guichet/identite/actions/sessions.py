"""Opening sign-ins, of browsers and of programs, and turning their refresh tokens."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.actions.cles_signature import get_trousseau
from guichet.identite.actions.revocations import close_session
from guichet.identite.metier.jetons import VIE_ACCES, VIE_REFRESH, Claims
from guichet.identite.metier.secrets import Genre, digest, new_secret, tenant_of
from guichet.identite.metier.vues import TenantVue, UserVue
from guichet.identite.questions import contexte
from guichet.identite.questions.connexion import Candidat, get_candidate
from guichet.identite.tables import JetonRefresh, SessionOuverte, User
from guichet.socle.audit import audit
from guichet.socle.database import Database
from guichet.socle.errors import Unauthenticated
from guichet.socle.horloge import now
from guichet.socle.i18n import _
from guichet.socle.ids import new_id

REPOS_PAGE = timedelta(hours=12)
FIN_PAGE = timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class Ouverture:
    """A sign-in just opened. `secret` is the cookie of a browser, or the refresh token of a program."""

    session_id: UUID
    secret: str
    expire_le: datetime
    fin_le: datetime
    user: UserVue
    tenant: TenantVue
    epoque: int


async def open_session(
    session: AsyncSession, candidate: Candidat, *, canal: str, ip: str = "", appareil: str = ""
) -> Ouverture:
    """Open a sign-in for a person who has proved who they are. `canal` is `page` or `api`; the session is in the tenant."""
    instant = now()
    is_page = canal == "page"
    secret = new_secret(Genre.SESSION if is_page else Genre.REFRESH, candidate.tenant.id)
    expire_le = instant + (REPOS_PAGE if is_page else VIE_REFRESH)
    row = SessionOuverte(
        tenant_id=candidate.tenant.id,
        id=new_id(),
        user_id=candidate.user.id,
        canal=canal,
        empreinte=digest(secret) if is_page else None,
        appareil=appareil[:300],
        ip=ip,
        cree_le=instant,
        vue_le=instant,
        expire_le=expire_le,
        fin_le=instant + (FIN_PAGE if is_page else VIE_REFRESH),
    )
    session.add(row)
    await session.flush()
    if not is_page:
        await _keep_refresh(session, session_id=row.id, secret=secret)
    await session.execute(update(User).where(User.id == candidate.user.id).values(derniere_connexion=instant))
    await audit(
        session, action="session.open", entite="user", entite_id=candidate.user.id, apres={"canal": canal, "ip": ip}
    )
    return Ouverture(
        session_id=row.id,
        secret=secret,
        expire_le=expire_le,
        fin_le=row.fin_le,
        user=candidate.user,
        tenant=candidate.tenant,
        epoque=candidate.epoque,
    )


async def _keep_refresh(session: AsyncSession, *, session_id: UUID, secret: str) -> None:
    session.add(
        JetonRefresh(
            tenant_id=contexte.tenant_of(session),
            empreinte=digest(secret),
            session_id=session_id,
            cree_le=now(),
            expire_le=now() + VIE_REFRESH,
        )
    )
    await session.flush()


async def issue_access(database: Database, opened: Ouverture) -> str:
    """An access token of one hour for this sign-in."""
    claims = Claims(
        user_id=opened.user.id,
        tenant_id=opened.tenant.id,
        session_id=opened.session_id,
        role=opened.user.role,
        epoque=opened.epoque,
        permissions=opened.user.permissions,
        centre_ids=opened.user.centre_ids,
        agence_ids=opened.user.agence_ids,
        nom=opened.user.nom_complet,
        email=opened.user.email,
    )
    return await get_trousseau().sign(database, claims)


def expires_in() -> int:
    """How long an access token lives, in seconds."""
    return int(VIE_ACCES.total_seconds())


def _refused() -> Unauthenticated:
    return Unauthenticated(_("Votre connexion a expiré. Connectez-vous de nouveau."), code="REFRESH_INVALIDE")


async def turn_refresh(database: Database, *, secret: str, ip: str = "") -> Ouverture:
    """Exchange a refresh token for the next one. One shown a second time ends the whole sign-in: it was copied.

    Raises Unauthenticated `REFRESH_INVALIDE`.
    """
    tenant_id = tenant_of(Genre.REFRESH, secret)
    if tenant_id is None:
        raise _refused()
    async with database.transaction(tenant_id) as session:
        turned = await _turn(session, tenant_id=tenant_id, secret=secret, ip=ip)
    if turned is None:
        raise _refused()
    return turned


async def _turn(session: AsyncSession, *, tenant_id: UUID, secret: str, ip: str) -> Ouverture | None:
    own = JetonRefresh.empreinte == digest(secret)
    session_id = await session.scalar(select(JetonRefresh.session_id).where(own))
    if session_id is None:
        return None
    held = select(SessionOuverte).where(SessionOuverte.id == session_id).with_for_update()
    signed_in = (await session.scalars(held)).one()
    token = (await session.scalars(select(JetonRefresh).where(own))).one()
    if token.utilise_le is not None:
        if await close_session(session, session_id=session_id, raison="refresh_reutilise"):
            await audit(
                session,
                action="session.reuse",
                entite="user",
                entite_id=signed_in.user_id,
                niveau="WARN",
                apres={"ip": ip},
            )
        return None
    candidate = await get_candidate(session, tenant_id=tenant_id, user_id=signed_in.user_id)
    dead = signed_in.revoquee_le is not None or token.expire_le <= now()
    if dead or candidate is None or not candidate.is_open:
        return None
    token.utilise_le = now()
    following = new_secret(Genre.REFRESH, tenant_id)
    await _keep_refresh(session, session_id=session_id, secret=following)
    signed_in.vue_le, signed_in.expire_le, signed_in.fin_le = now(), now() + VIE_REFRESH, now() + VIE_REFRESH
    signed_in.ip = ip or signed_in.ip
    await session.flush()
    return Ouverture(
        session_id=session_id,
        secret=following,
        expire_le=signed_in.expire_le,
        fin_le=signed_in.fin_le,
        user=candidate.user,
        tenant=candidate.tenant,
        epoque=candidate.epoque,
    )


async def end_with_refresh(database: Database, *, secret: str) -> None:
    """End the sign-in a refresh token belongs to. An unknown one ends nothing and says nothing."""
    tenant_id = tenant_of(Genre.REFRESH, secret)
    if tenant_id is None:
        return
    async with database.transaction(tenant_id) as session:
        query = select(JetonRefresh.session_id).where(JetonRefresh.empreinte == digest(secret))
        session_id = await session.scalar(query)
        if session_id is not None:
            await close_session(session, session_id=session_id, raison="deconnexion")
