"""People of a tenant."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from guichet.identite.actions.revocations import close_sessions
from guichet.identite.actions.users import create_user, deactivate_user, invite_user, update_user
from guichet.identite.api.commun import AppelantTenant, check_attribution, not_null
from guichet.identite.api.modeles import UserChange, UserIn, UserOut
from guichet.identite.metier.roles import Role
from guichet.identite.questions import users
from guichet.identite.questions.droits import perimetre_of
from guichet.socle.acces import Appelant, exige
from guichet.socle.audit import audit
from guichet.socle.errors import Conflict, Invalid
from guichet.socle.i18n import _
from guichet.socle.web import Lecture, Liste, Pagination, Tx, build_liste
from guichet.socle.web.problemes import problemes

router = APIRouter(prefix="/api/v1/users", tags=["Comptes et accès"])
INCONNU = {404: ["USER_NOT_FOUND"]}


def _not_myself(appelant: Appelant, user_id: UUID) -> None:
    if appelant.user_id == user_id:
        raise Conflict(_("C'est votre propre compte : demandez à un autre administrateur."), code="PROPRE_COMPTE")


@dataclass(frozen=True, kw_only=True)
class Filtre:
    """What part of the people is asked for."""

    q: Annotated[str, Query(max_length=100, description="Début du nom ou de l'adresse.")] = ""
    role: Annotated[Role | None, Query()] = None
    actif: Annotated[bool | None, Query()] = None


@router.get("", dependencies=[exige("user:read")])
async def list_users(
    session: Lecture, appelant: AppelantTenant, page: Pagination, filtre: Annotated[Filtre, Depends()]
) -> Liste[UserOut]:
    """Les utilisateurs du réseau par ordre alphabétique ; un administrateur d'agence ou de centre voit les siens."""
    rows = await users.list_users(
        session,
        perimetre=perimetre_of(appelant),
        q=filtre.q.replace("\x00", ""),
        role=filtre.role,
        actif=filtre.actif,
        apres=_cursor(page.apres),
        limite=page.limite + 1,
    )
    return build_liste(
        rows, page, vers=lambda row: UserOut.model_validate(row[0]), cle_de=lambda row: (row[1], row[0].id)
    )


def _cursor(cle: tuple[object, ...] | None) -> tuple[str, UUID] | None:
    if cle is None:
        return None
    if len(cle) == 2 and isinstance(cle[0], str) and isinstance(cle[1], UUID):
        return cle[0], cle[1]
    raise Invalid(_("Ce curseur vient d'une autre liste."), code="CURSEUR_INVALIDE")


@router.post(
    "",
    dependencies=[exige("user:create")],
    status_code=201,
    responses=problemes(
        {
            403: ["ROLE_NON_ATTRIBUABLE", "PERMISSION_NON_DETENUE", "PERIMETRE_DEPASSE"],
            409: ["EMAIL_DEJA_UTILISE", "LIMITE_UTILISATEURS"],
            422: [
                "EMAIL_INVALIDE",
                "TELEPHONE_INVALIDE",
                "MOT_DE_PASSE_FAIBLE",
                "PERMISSION_INCONNUE",
                "TENANT_REQUIS",
            ],
        }
    ),
)
async def create(session: Tx, appelant: AppelantTenant, body: UserIn) -> UserOut:
    """Créer un compte. Sans mot de passe, la personne est invitée par message à le choisir."""
    check_attribution(
        appelant,
        roles=[body.role],
        permissions=body.permissions,
        agence_ids=body.agence_ids,
        centre_ids=body.centre_ids,
    )
    return UserOut.model_validate(await create_user(session, **body.model_dump()))


@router.get("/{user_id}", dependencies=[exige("user:read")], responses=problemes(INCONNU))
async def get_user(session: Lecture, appelant: AppelantTenant, user_id: UUID) -> UserOut:
    """Un utilisateur."""
    return UserOut.model_validate(await users.get_user(session, user_id=user_id, perimetre=perimetre_of(appelant)))


@router.put(
    "/{user_id}",
    dependencies=[exige("user:update")],
    responses=problemes(
        {
            403: ["ROLE_NON_ATTRIBUABLE", "PERMISSION_NON_DETENUE", "PERIMETRE_DEPASSE"],
            **INCONNU,
            409: [
                "VERSION_PERIMEE", "EMAIL_DEJA_UTILISE", "LIMITE_UTILISATEURS", "DERNIER_ADMINISTRATEUR", "PROPRE_COMPTE",
            ],
        }
    ),
)  # fmt: skip
async def update(session: Tx, appelant: AppelantTenant, user_id: UUID, body: UserChange) -> UserOut:
    """Modifier un compte : seuls les champs envoyés changent. Changer ses droits met fin à ses jetons d'accès."""
    known = await users.get_user(session, user_id=user_id, perimetre=perimetre_of(appelant))
    changes = not_null(body, nullable=["telephone"])
    if {"role", "actif", "permissions", "agence_ids", "centre_ids"} & changes.keys():
        _not_myself(appelant, user_id)
    scoped = {"agence_ids", "centre_ids"} & changes.keys()
    check_attribution(
        appelant,
        roles=[known.role, changes.get("role", known.role)],
        permissions=set(changes.get("permissions", ())) - set(known.permissions),
        agence_ids=changes.get("agence_ids", known.agence_ids) if scoped else None,
        centre_ids=changes.get("centre_ids", known.centre_ids) if scoped else None,
    )
    return UserOut.model_validate(await update_user(session, user_id=user_id, version=body.version, **changes))


@router.delete(
    "/{user_id}",
    dependencies=[exige("user:delete")],
    responses=problemes({403: ["ROLE_NON_ATTRIBUABLE"], **INCONNU, 409: ["DERNIER_ADMINISTRATEUR", "PROPRE_COMPTE"]}),
)
async def delete(session: Tx, appelant: AppelantTenant, user_id: UUID) -> UserOut:
    """Désactiver un compte : ses connexions se terminent aussitôt, rien n'est effacé."""
    known = await users.get_user(session, user_id=user_id, perimetre=perimetre_of(appelant))
    _not_myself(appelant, user_id)
    check_attribution(appelant, roles=[known.role])
    return UserOut.model_validate(await deactivate_user(session, user_id=user_id))


@router.post(
    "/{user_id}/invitation",
    dependencies=[exige("user:create")],
    responses=problemes({**INCONNU, 409: ["COMPTE_DESACTIVE", "DEJA_INSCRIT"]}),
)
async def invite(session: Tx, appelant: AppelantTenant, user_id: UUID) -> UserOut:
    """Renvoyer l'invitation."""
    known = await users.get_user(session, user_id=user_id, perimetre=perimetre_of(appelant))
    check_attribution(appelant, roles=[known.role])
    return UserOut.model_validate(await invite_user(session, user_id=user_id))


@router.post(
    "/{user_id}/deconnexion", dependencies=[exige("user:update")], status_code=204, responses=problemes(INCONNU)
)
async def sign_out(session: Tx, appelant: AppelantTenant, user_id: UUID) -> Response:
    """Mettre fin à toutes les connexions d'une personne."""
    known = await users.get_user(session, user_id=user_id, perimetre=perimetre_of(appelant))
    check_attribution(appelant, roles=[known.role])
    closed = await close_sessions(session, user_id=user_id, raison="administrateur")
    await audit(session, action="user.sign_out", entite="user", entite_id=user_id, apres={"connexions": closed})
    return Response(status_code=204)
