"""Making, changing and closing accounts."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.actions.controles import check_email, check_mot_de_passe, check_permissions, check_telephone
from guichet.identite.actions.hachage import get_hacheur
from guichet.identite.actions.reperes import forget_repere, register_repere
from guichet.identite.actions.revocations import close_sessions, revoke
from guichet.identite.actions.tenants import check_version, lock_tenant
from guichet.identite.messages import UserCreated, UserDeactivated, UserInvited, UserUpdated
from guichet.identite.metier.coordonnees import cle_de_tri
from guichet.identite.metier.roles import Role, counts
from guichet.identite.metier.vues import UserVue, changed
from guichet.identite.questions.contexte import tenant_of
from guichet.identite.questions.users import count_users, find_user, get_user_row, user_vue
from guichet.identite.tables import JetonCourriel, User
from guichet.socle.audit import audit
from guichet.socle.errors import Conflict
from guichet.socle.horloge import now
from guichet.socle.i18n import _
from guichet.socle.ids import new_id
from guichet.socle.messages import publish

AUDITES = ("email", "nom", "prenom", "telephone", "role", "permissions", "agence_ids", "centre_ids", "langue", "actif")
DROITS = ("role", "permissions", "agence_ids", "centre_ids", "actif")
ENSEMBLES = frozenset({"agence_ids", "centre_ids"})
NOMS = frozenset({"nom", "prenom"})


def facts(row: User) -> dict[str, Any]:
    """What the audit journal keeps of an account."""
    return {
        name: [str(each) for each in value] if isinstance(value := getattr(row, name), list) else value
        for name in AUDITES
    }


def _email_taken() -> Conflict:
    return Conflict(
        _("Un compte existe déjà avec cette adresse e-mail."),
        code="EMAIL_DEJA_UTILISE",
        champs={"email": _("Utilisez une autre adresse, ou modifiez le compte existant.")},
    )


async def _take_place(session: AsyncSession) -> None:
    """Hold the tenant and check that one more account fits. Raises Conflict `LIMITE_UTILISATEURS`."""
    tenant = await lock_tenant(session)
    if tenant.max_users is not None and await count_users(session) >= tenant.max_users:
        raise Conflict(
            _(
                "Votre formule compte {n} utilisateurs, tous attribués. Désactivez un compte ou changez de formule.",
                n=tenant.max_users,
            ),
            code="LIMITE_UTILISATEURS",
            max_users=tenant.max_users,
        )


async def create_user(
    session: AsyncSession,
    *,
    email: str,
    nom: str,
    prenom: str = "",
    role: str,
    telephone: str | None = None,
    mot_de_passe: str | None = None,
    permissions: Iterable[str] = (),
    agence_ids: Iterable[UUID] = (),
    centre_ids: Iterable[UUID] = (),
    langue: str = "fr",
    inviter: bool = True,
    email_verifie: bool = False,
    politique: bool = True,
    user_id: UUID | None = None,
) -> UserVue:
    """Make an account in the session's tenant; without a password the person is invited by mail to choose one.

    Give `agence_ids` along with `centre_ids`: the administrators of those agences see the account through them.
    `politique=False` accepts any password (demonstration, imports). Raises Invalid (`EMAIL_INVALIDE`,
    `TELEPHONE_INVALIDE`, `PERMISSION_INCONNUE`, `MOT_DE_PASSE_FAIBLE`), Conflict (`EMAIL_DEJA_UTILISE`,
    `LIMITE_UTILISATEURS`).
    """
    role = Role(role)
    normal = check_email(email)
    row = {
        "tenant_id": tenant_of(session),
        "id": user_id or new_id(),
        "email": normal,
        "nom": nom.strip(),
        "prenom": prenom.strip(),
        "tri": cle_de_tri(nom, prenom),
        "telephone": check_telephone(telephone),
        "role": role.value,
        "permissions": check_permissions(permissions),
        "agence_ids": sorted(set(agence_ids)),
        "centre_ids": sorted(set(centre_ids)),
        "langue": langue,
        "email_verifie_le": now() if email_verifie else None,
        "created_at": now(),
        "updated_at": now(),
    }
    if mot_de_passe is not None:
        if politique:
            check_mot_de_passe(mot_de_passe, indices=(normal, nom, prenom))
        row |= {"mot_de_passe": await get_hacheur().hash(mot_de_passe), "mot_de_passe_le": now()}
    if counts(role):
        await _take_place(session)
    statement = insert(User).values(row).on_conflict_do_nothing(index_elements=["tenant_id", "email"]).returning(User)
    user = await session.scalar(statement)
    if user is None:
        raise _email_taken()
    await register_repere(session, genre="email", valeur=normal)
    await audit(session, action="user.create", entite="user", entite_id=user.id, apres=facts(user))
    await publish(session, UserCreated(user_id=user.id, role=role))
    if inviter and mot_de_passe is None:
        await _invite(session, user)
    return user_vue(user)


async def _invite(session: AsyncSession, user: User) -> None:
    user.invite_le = now()
    await session.flush()
    await publish(session, UserInvited(user_id=user.id))


async def invite_user(session: AsyncSession, *, user_id: UUID) -> UserVue:
    """Send the invitation (again). Raises NotFound, Conflict `COMPTE_DESACTIVE`, Conflict `DEJA_INSCRIT`."""
    user = await get_user_row(session, user_id=user_id, lock=True)
    if not user.actif:
        raise Conflict(_("Ce compte est désactivé."), code="COMPTE_DESACTIVE")
    if user.mot_de_passe is not None:
        raise Conflict(_("Cette personne a déjà choisi son mot de passe."), code="DEJA_INSCRIT")
    await _invite(session, user)
    await audit(session, action="user.invite", entite="user", entite_id=user.id)
    return user_vue(user)


async def link_or_create_user(
    session: AsyncSession,
    *,
    email: str,
    nom: str,
    prenom: str = "",
    role: str,
    telephone: str | None = None,
    agence_ids: Iterable[UUID] = (),
    centre_ids: Iterable[UUID] = (),
    inviter: bool = True,
) -> UserVue:
    """The account of that address, made if there is none; an existing one gains the scope, and the role if a customer's.

    Staff keep their role: a centre administrator who also inspects stays one. Raises what `create_user` raises.
    """
    known = await find_user(session, email=email)
    if known is None:
        return await create_user(
            session,
            email=email,
            nom=nom,
            prenom=prenom,
            role=role,
            telephone=telephone,
            agence_ids=agence_ids,
            centre_ids=centre_ids,
            inviter=inviter,
        )
    changes: dict[str, Any] = {
        "agence_ids": {*known.agence_ids, *agence_ids},
        "centre_ids": {*known.centre_ids, *centre_ids},
        "actif": True,
    }
    if known.role == Role.CLIENT:
        changes["role"] = role
    user = await update_user(session, user_id=known.id, **changes)
    if inviter and not user.a_mot_de_passe and user.invite_le is None:
        return await invite_user(session, user_id=user.id)
    return user


async def update_user(session: AsyncSession, *, user_id: UUID, version: int | None = None, **changes: Any) -> UserVue:
    """Change an account of the session's tenant: any of the fields of `create_user` but the password, and `actif`.

    What changes rights ends the access tokens given before. Raises NotFound, Invalid as `create_user`, Conflict
    (`VERSION_PERIMEE`, `EMAIL_DEJA_UTILISE`, `LIMITE_UTILISATEURS`, `DERNIER_ADMINISTRATEUR`).
    """
    seen = await get_user_row(session, user_id=user_id)
    counted_after = changes.get("actif", seen.actif) and counts(changes.get("role", seen.role))
    if counted_after or seen.role == Role.ADMIN_TENANT:
        await lock_tenant(session)  # before the person's row, in the order of create_user
    user = await get_user_row(session, user_id=user_id, lock=True)
    check_version(user.version, version)
    before = facts(user)
    if counted_after and not (user.actif and counts(user.role)):
        await _take_place(session)
    await _apply(session, user, changes)
    after = facts(user)
    if after == before:
        return user_vue(user)
    user.version += 1
    user.updated_at = now()
    if any(after[name] != before[name] for name in DROITS):
        user.epoque += 1
    await session.flush()
    if before["role"] == Role.ADMIN_TENANT and before["actif"]:
        await _check_administrator_left(session)
    avant, apres = changed(before, after)
    await audit(session, action="user.update", entite="user", entite_id=user.id, avant=avant, apres=apres)
    if user.epoque and any(after[name] != before[name] for name in DROITS):
        await revoke(session, sujet=user.id, raison="droits", epoque=user.epoque)
    await publish(session, UserUpdated(user_id=user.id, role=user.role))
    if before["actif"] and not user.actif:
        await _close(session, user)
    return user_vue(user)


async def _apply(session: AsyncSession, user: User, changes: dict[str, Any]) -> None:
    values = dict(changes)
    if "email" in values:
        await _move_address(session, user, check_email(values.pop("email")))
    if "telephone" in values:
        values["telephone"] = check_telephone(values["telephone"])
    if "permissions" in values:
        values["permissions"] = check_permissions(values["permissions"])
    for name in ENSEMBLES & values.keys():
        values[name] = sorted(set(values[name]))
    for name in NOMS & values.keys():
        values[name] = values[name].strip()
    for name, value in values.items():
        setattr(user, name, value)
    user.tri = cle_de_tri(user.nom, user.prenom)


async def _move_address(session: AsyncSession, user: User, email: str) -> None:
    if email == user.email:
        return
    if await session.scalar(select(User.id).where(User.email == email)):
        raise _email_taken()
    await forget_repere(session, genre="email", valeur=user.email)
    await register_repere(session, genre="email", valeur=email)
    user.email, user.email_verifie_le = email, None


async def _check_administrator_left(session: AsyncSession) -> None:
    query = select(func.count()).select_from(User).where(User.actif, User.role == Role.ADMIN_TENANT)
    if not await session.scalar(query):
        raise Conflict(
            _("C'est le dernier administrateur du réseau : nommez-en un autre d'abord."), code="DERNIER_ADMINISTRATEUR"
        )


async def _close(session: AsyncSession, user: User) -> None:
    await session.execute(delete(JetonCourriel).where(JetonCourriel.user_id == user.id))
    await close_sessions(session, user_id=user.id, raison="desactivation")
    await publish(session, UserDeactivated(user_id=user.id, role=user.role))


async def deactivate_user(session: AsyncSession, *, user_id: UUID) -> UserVue:
    """Close an account at once: its sessions end, its tokens and mailed links stop working. Nothing is erased.

    Raises NotFound, Conflict `DERNIER_ADMINISTRATEUR`.
    """
    return await update_user(session, user_id=user_id, actif=False)
