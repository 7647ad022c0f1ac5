"""The mailed link that lets a person choose a password: invitation, forgotten password, sign-up."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.actions.controles import check_email, check_mot_de_passe, check_telephone
from guichet.identite.actions.freins import Sujet, forget_failures
from guichet.identite.actions.hachage import get_hacheur
from guichet.identite.actions.revocations import close_sessions
from guichet.identite.actions.users import create_user
from guichet.identite.messages import PasswordChanged, PasswordResetRequested, SignUpRequested, UserEmailVerified
from guichet.identite.metier.roles import Role
from guichet.identite.metier.secrets import Genre, digest, new_secret, tenant_of
from guichet.identite.metier.vues import LienAcces, TenantVue, UserVue
from guichet.identite.questions.tenants import get_tenant
from guichet.identite.questions.users import find_user, get_user_row, user_vue
from guichet.identite.tables import JetonCourriel, User
from guichet.socle.audit import audit
from guichet.socle.errors import Conflict, Gone
from guichet.socle.horloge import now
from guichet.socle.i18n import _
from guichet.socle.messages import publish
from guichet.socle.settings import get_settings

VALIDITES = {
    "invitation": timedelta(days=7),
    "inscription": timedelta(days=2),
    "mot_de_passe": timedelta(hours=1),
}


def base_url(tenant: TenantVue) -> str:
    """Where links of a tenant's mails lead: its own domain in production, else the address of this instance."""
    settings = get_settings()
    if settings.is_production and tenant.hosts:
        return f"https://{tenant.hosts[0]}"
    return settings.url


async def lien_d_acces(session: AsyncSession, *, user_id: UUID, motif: str) -> LienAcces:
    """A fresh link for a mail to this person, valid 7 days (`invitation`), 2 (`inscription`) or 1 hour (`mot_de_passe`).

    Any other motive gives the page that asks for a new password. Raises NotFound; Conflict `COMPTE_DESACTIVE` (send nothing then).
    """
    user = await get_user_row(session, user_id=user_id)
    if not user.actif:
        raise Conflict(_("Ce compte est désactivé."), code="COMPTE_DESACTIVE")
    tenant = await get_tenant(session, tenant_id=user.tenant_id)
    vue = user_vue(user)
    instant = now()
    expire_le = instant + VALIDITES.get(motif, timedelta(0))
    url = f"{base_url(tenant)}/mot-de-passe-oublie"
    if motif in VALIDITES:
        secret = new_secret(Genre.COURRIEL, user.tenant_id)
        session.add(
            JetonCourriel(
                tenant_id=user.tenant_id,
                empreinte=digest(secret),
                user_id=user_id,
                motif=motif,
                cree_le=instant,
                expire_le=expire_le,
            )
        )
        await session.flush()
        url = f"{base_url(tenant)}/mot-de-passe/{secret}"
    return LienAcces(
        url=url,
        motif=motif,
        email=vue.email,
        prenom=vue.prenom,
        nom_complet=vue.nom_complet,
        langue=vue.langue,
        expire_le=expire_le if motif in VALIDITES else None,
    )


async def ask_reset(session: AsyncSession, *, email: str) -> None:
    """Mail a way in to the account of that normal address in the session's tenant; without one, or a closed one, nothing."""
    user = await find_user(session, email=email)
    if user is None or not user.actif:
        return
    await audit(session, action="user.password.ask", entite="user", entite_id=user.id)
    await publish(session, PasswordResetRequested(user_id=user.id))


async def ask_sign_up(
    session: AsyncSession, *, email: str, nom: str, prenom: str = "", telephone: str | None = None, langue: str = "fr"
) -> None:
    """Ask for a customer account in the session's tenant. The answer by mail says whether there was one already.

    The password is chosen after the address has proved itself, so that nobody prepares an account on someone else's
    address. Raises Invalid `EMAIL_INVALIDE`, `TELEPHONE_INVALIDE`.
    """
    normal, number = check_email(email), check_telephone(telephone)
    known = await find_user(session, email=normal)
    if known is None:
        known = await create_user(
            session,
            email=normal,
            nom=nom,
            prenom=prenom,
            telephone=number,
            role=Role.CLIENT,
            langue=langue,
            inviter=False,
        )
    motif = "deja_inscrit" if known.a_mot_de_passe else "inscription"
    if known.actif:
        await publish(session, SignUpRequested(user_id=known.id, motif=motif))


def tenant_of_link(secret: str) -> UUID:
    """The tenant a mailed link belongs to. Raises Gone `LIEN_EXPIRE` for what is not a link of ours."""
    tenant_id = tenant_of(Genre.COURRIEL, secret)
    if tenant_id is None:
        raise _dead()
    return tenant_id


def _dead() -> Gone:
    return Gone(
        _("Ce lien a déjà servi ou n'est plus valable. Demandez-en un nouveau, il arrive en une minute."),
        code="LIEN_EXPIRE",
    )


async def read_link(session: AsyncSession, *, secret: str, lock: bool = False) -> tuple[User, str]:
    """Whose link it is and why it was sent; nothing is used up. Raises Gone `LIEN_EXPIRE`."""
    query = select(JetonCourriel).where(JetonCourriel.empreinte == digest(secret))
    token = await session.scalar(query.with_for_update() if lock else query)
    if token is None or token.utilise_le is not None or token.expire_le <= now():
        raise _dead()
    user = await get_user_row(session, user_id=token.user_id, lock=lock)
    if not user.actif:
        raise _dead()
    return user, token.motif


def indices(user: User) -> tuple[str, ...]:
    """What a password must not be made of."""
    return (user.email, user.nom, user.prenom)


async def choose_password(session: AsyncSession, *, secret: str, mot_de_passe: str) -> tuple[UserVue, str]:
    """Set the password through a mailed link, which proves the address. Every sign-in and every other link ends.

    Returns the account and the motive of the link. Raises Gone `LIEN_EXPIRE`, Invalid `MOT_DE_PASSE_FAIBLE`.
    """
    user, motif = await read_link(session, secret=secret, lock=True)
    check_mot_de_passe(mot_de_passe, indices=indices(user))
    is_first_proof = user.email_verifie_le is None
    user.email_verifie_le = user.email_verifie_le or now()
    await _set_password(session, user, mot_de_passe)
    await session.execute(delete(JetonCourriel).where(JetonCourriel.user_id == user.id))
    await close_sessions(session, user_id=user.id, raison="mot_de_passe")
    if is_first_proof:
        await publish(session, UserEmailVerified(user_id=user.id))
    return user_vue(user), motif


async def change_password(session: AsyncSession, *, user_id: UUID, nouveau: str, garder: UUID | None = None) -> UserVue:
    """Change the password of a person who has just given the old one. The other sign-ins end, `garder` stays.

    Raises Invalid `MOT_DE_PASSE_FAIBLE` (field `nouveau`).
    """
    user = await get_user_row(session, user_id=user_id, lock=True)
    check_mot_de_passe(nouveau, indices=indices(user), champ="nouveau")
    await _set_password(session, user, nouveau)
    await close_sessions(session, user_id=user_id, raison="mot_de_passe", sauf=garder)
    return user_vue(user)


async def _set_password(session: AsyncSession, user: User, mot_de_passe: str) -> None:
    had_one = user.mot_de_passe is not None
    user.mot_de_passe, user.mot_de_passe_le = await get_hacheur().hash(mot_de_passe), now()
    await session.flush()
    await audit(session, action="user.password.change", entite="user", entite_id=user.id)
    await forget_failures(session, Sujet("compte", user.email))
    if had_one:
        await publish(session, PasswordChanged(user_id=user.id))
