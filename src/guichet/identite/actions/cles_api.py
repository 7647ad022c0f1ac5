"""Keys of programs: made, shown once, revoked."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.actions.controles import check_permissions
from guichet.identite.actions.reperes import register_repere
from guichet.identite.actions.revocations import revoke
from guichet.identite.metier.reseaux_ip import is_network
from guichet.identite.metier.roles import not_held
from guichet.identite.metier.secrets import digest, new_api_key
from guichet.identite.metier.vues import CleApiVue
from guichet.identite.questions.cles_api import cle_api_vue
from guichet.identite.questions.contexte import tenant_of
from guichet.identite.tables import CleApi
from guichet.socle.audit import audit
from guichet.socle.errors import Forbidden, Invalid, NotFound
from guichet.socle.horloge import now
from guichet.socle.i18n import _
from guichet.socle.ids import new_id

LIMITE_MINUTE = 600


def unknown_key() -> NotFound:
    """The error for a key nobody knows here."""
    return NotFound(_("Clé d'API introuvable."), code="CLE_API_NOT_FOUND")


async def create_cle_api(
    session: AsyncSession,
    *,
    nom: str,
    permissions: Iterable[str],
    detenues: Iterable[str] = ("*",),
    agence_ids: Iterable[UUID] = (),
    centre_ids: Iterable[UUID] = (),
    limite_minute: int | None = LIMITE_MINUTE,
    ips: Iterable[str] = (),
    expire_le: datetime | None = None,
    cree_par: UUID | None = None,
) -> tuple[CleApiVue, str]:
    """A key of the session's tenant, and the secret that is never shown again.

    `detenues` are the permissions of whoever makes it: nobody gives what they do not hold. Raises Invalid
    (`PERMISSION_INCONNUE`, `ADRESSE_INVALIDE`, `EXPIRATION_PASSEE`), Forbidden `PERMISSION_NON_DETENUE`.
    """
    wanted = check_permissions(permissions)
    missing = not_held(detenues, wanted)
    if missing:
        raise Forbidden(
            _("Vous ne pouvez pas donner des droits que vous n'avez pas : {liste}.", liste=", ".join(missing)),
            code="PERMISSION_NON_DETENUE",
            champs={"permissions": _("Retirez : {liste}.", liste=", ".join(missing))},
        )
    networks = [text.strip() for text in ips]
    wrong = [text for text in networks if not is_network(text)]
    if wrong:
        message = _("Ce n'est pas une adresse IP ni un réseau : {liste}.", liste=", ".join(wrong))
        raise Invalid(message, code="ADRESSE_INVALIDE", champs={"ips": message})
    if expire_le is not None and expire_le <= now():
        message = _("La date d'expiration doit être à venir.")
        raise Invalid(message, code="EXPIRATION_PASSEE", champs={"expire_le": message})
    secret, shown = new_api_key()
    row = CleApi(
        tenant_id=tenant_of(session),
        id=new_id(),
        nom=nom.strip(),
        prefixe=shown,
        empreinte=digest(secret),
        permissions=wanted,
        agence_ids=sorted(set(agence_ids)),
        centre_ids=sorted(set(centre_ids)),
        limite_minute=limite_minute,
        ips=networks,
        cree_par=cree_par,
        cree_le=now(),
        expire_le=expire_le,
    )
    session.add(row)
    await session.flush()
    await register_repere(session, genre="cle_api", valeur=secret)
    await audit(session, action="cle_api.create", entite="cle_api", entite_id=row.id, apres=_facts(row))
    return cle_api_vue(row), secret


async def revoke_cle_api(session: AsyncSession, *, cle_id: UUID) -> CleApiVue:
    """End a key at once. Ended already, it stays as it is. Raises NotFound `CLE_API_NOT_FOUND`."""
    row = await session.scalar(select(CleApi).where(CleApi.id == cle_id).with_for_update())
    if row is None:
        raise unknown_key()
    if row.revoquee_le is None:
        row.revoquee_le = now()
        await session.flush()
        await revoke(session, sujet=row.id, raison="cle_api")
        await audit(session, action="cle_api.revoke", entite="cle_api", entite_id=row.id)
    return cle_api_vue(row)


def _facts(row: CleApi) -> dict[str, Any]:
    return {
        "nom": row.nom,
        "prefixe": row.prefixe,
        "permissions": row.permissions,
        "limite_minute": row.limite_minute,
        "ips": row.ips,
        "expire_le": row.expire_le,
    }
