"""Turning the second factor on and off, and using its codes."""

from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.metier import totp
from guichet.identite.questions.contexte import tenant_of
from guichet.identite.questions.users import get_user_row
from guichet.identite.tables import CodeSecours
from guichet.socle.audit import audit
from guichet.socle.crypto import blind_index
from guichet.socle.errors import Conflict, Invalid
from guichet.socle.horloge import now
from guichet.socle.i18n import _


def _print(code: str) -> bytes:
    return blind_index(totp.normalise_code(code), "code_secours")


async def start_totp(session: AsyncSession, *, user_id: UUID) -> str:
    """A secret to show once, not yet in use. Started again before confirmation, the same one. Raises Conflict, NotFound."""
    user = await get_user_row(session, user_id=user_id, lock=True)
    if user.totp_actif_le is not None:
        raise Conflict(_("La double authentification est déjà active."), code="TOTP_DEJA_ACTIF")
    if user.totp_secret is None:
        user.totp_secret = totp.new_secret()
        await session.flush()
    return user.totp_secret


async def confirm_totp(session: AsyncSession, *, user_id: UUID, code: str) -> list[str]:
    """Turn it on with a first right code. Returns the recovery codes, shown once.

    Raises Invalid `CODE_TOTP_INVALIDE`, Conflict `TOTP_DEJA_ACTIF`.
    """
    user = await get_user_row(session, user_id=user_id, lock=True)
    if user.totp_actif_le is not None:
        raise Conflict(_("La double authentification est déjà active."), code="TOTP_DEJA_ACTIF")
    step = totp.verify(user.totp_secret, code, now(), None) if user.totp_secret else None
    if step is None:
        message = _("Ce code n'est pas le bon. Vérifiez l'heure de votre téléphone, puis tapez le code affiché.")
        raise Invalid(message, code="CODE_TOTP_INVALIDE", champs={"code": message})
    user.totp_actif_le, user.totp_pas = now(), step
    await session.flush()
    await audit(session, action="user.totp.enable", entite="user", entite_id=user_id)
    return await _renew_codes(session, user_id)


async def renew_codes(session: AsyncSession, *, user_id: UUID) -> list[str]:
    """Ten new recovery codes; the ones before stop working. Raises Conflict `TOTP_INACTIF`."""
    user = await get_user_row(session, user_id=user_id, lock=True)
    if user.totp_actif_le is None:
        raise Conflict(_("La double authentification n'est pas active."), code="TOTP_INACTIF")
    await audit(session, action="user.totp.codes", entite="user", entite_id=user_id)
    return await _renew_codes(session, user_id)


async def _renew_codes(session: AsyncSession, user_id: UUID) -> list[str]:
    codes = totp.new_codes()
    await session.execute(delete(CodeSecours).where(CodeSecours.user_id == user_id))
    rows = [{"tenant_id": tenant_of(session), "user_id": user_id, "empreinte": _print(code)} for code in codes]
    await session.execute(insert(CodeSecours), rows)
    return codes


async def use_code(session: AsyncSession, *, user_id: UUID, code: str) -> bool:
    """True when the code is right, which uses it: an application's code works once, so does a recovery code."""
    user = await get_user_row(session, user_id=user_id, lock=True)
    if user.totp_secret is None:
        return False
    step = totp.verify(user.totp_secret, code, now(), user.totp_pas)
    if step is not None:
        user.totp_pas = step
        await session.flush()
        return True
    used = await session.scalar(
        update(CodeSecours)
        .where(CodeSecours.user_id == user_id, CodeSecours.empreinte == _print(code), CodeSecours.utilise_le.is_(None))
        .values(utilise_le=now())
        .returning(CodeSecours.user_id)
    )
    if used is not None:
        await audit(session, action="user.totp.recovery", entite="user", entite_id=user_id)
    return used is not None


async def disable_totp(session: AsyncSession, *, user_id: UUID) -> None:
    """Turn it off and forget the secret and the recovery codes. The caller has asked for the password again."""
    user = await get_user_row(session, user_id=user_id, lock=True)
    if user.totp_secret is None:
        return
    user.totp_secret, user.totp_actif_le, user.totp_pas = None, None, None
    await session.flush()
    await session.execute(delete(CodeSecours).where(CodeSecours.user_id == user_id))
    await audit(session, action="user.totp.disable", entite="user", entite_id=user_id)


async def count_codes(session: AsyncSession, *, user_id: UUID) -> int:
    """How many recovery codes are left."""
    query = select(func.count()).select_from(CodeSecours)
    return await session.scalar(query.where(CodeSecours.user_id == user_id, CodeSecours.utilise_le.is_(None))) or 0
