"""Signing in and out of programs: tokens, their keys, and the way back in."""

from typing import Any

from fastapi import APIRouter, Request, Response

from guichet.identite.actions.cles_signature import get_trousseau
from guichet.identite.actions.connexion import check_password, check_second_factor, check_single
from guichet.identite.actions.courriels import choose_password, tenant_of_link
from guichet.identite.actions.demandes import request_reset, request_sign_up
from guichet.identite.actions.revocations import close_session
from guichet.identite.actions.sessions import (
    Ouverture,
    end_with_refresh,
    expires_in,
    issue_access,
    open_session,
    turn_refresh,
)
from guichet.identite.api.commun import device_of, home_of, ip_of, tenant_named
from guichet.identite.api.modeles import (
    Accuse,
    ChoixMotDePasse,
    Connexion,
    Deconnexion,
    DemandeAcces,
    Inscription,
    Jetons,
    Rafraichissement,
    TenantCourt,
    UserOut,
)
from guichet.identite.metier.tenants import PLATEFORME
from guichet.socle.acces import PUBLIC, CurrentAppelant
from guichet.socle.database import get_database
from guichet.socle.i18n import _
from guichet.socle.web import LOGIN_RATE
from guichet.socle.web.problemes import problemes

router = APIRouter(tags=["Comptes et accès"])
api = APIRouter(prefix="/api/v1/auth", tags=["Comptes et accès"])


async def _jetons(opened: Ouverture) -> Jetons:
    return Jetons(
        access_token=await issue_access(get_database(), opened),
        refresh_token=opened.secret,
        expires_in=expires_in(),
        utilisateur=UserOut.model_validate(opened.user),
        tenant=None if opened.tenant.id == PLATEFORME else TenantCourt.model_validate(opened.tenant),
    )


@api.post(
    "/login",
    dependencies=[PUBLIC, LOGIN_RATE],
    responses=problemes(
        {
            401: ["IDENTIFIANTS_INVALIDES", "CODE_TOTP_REQUIS", "CODE_TOTP_INVALIDE"],
            403: ["COMPTE_DESACTIVE", "TENANT_DIFFERENT"],
            404: ["TENANT_NOT_FOUND"],
            409: ["TENANT_A_CHOISIR"],
            429: ["TROP_D_ESSAIS", "TROP_DE_REQUETES"],
        }
    ),
)
async def login(request: Request, body: Connexion) -> Jetons:
    """Se connecter : adresse et mot de passe, puis le code de double authentification s'il est actif.

    Une adresse connue de plusieurs réseaux répond 409 `TENANT_A_CHOISIR` avec leur liste, une fois le mot de passe juste.
    """
    database, ip = get_database(), ip_of(request)
    tenant = await tenant_named(request, body.tenant)
    found = await check_password(
        database, email=body.email, mot_de_passe=body.mot_de_passe, ip=ip, tenant_id=tenant.id if tenant else None
    )
    candidate = check_single(found)
    await check_second_factor(database, candidate, code=body.code_totp, ip=ip)
    async with database.transaction(candidate.tenant.id) as session:
        opened = await open_session(session, candidate, canal="api", ip=ip, appareil=device_of(request))
    return await _jetons(opened)


@api.post("/refresh", dependencies=[PUBLIC], responses=problemes({401: ["REFRESH_INVALIDE"]}))
async def refresh(request: Request, body: Rafraichissement) -> Jetons:
    """Échanger un jeton de rafraîchissement contre le suivant. Montré deux fois, il met fin à toute la connexion."""
    return await _jetons(await turn_refresh(get_database(), secret=body.refresh_token, ip=ip_of(request)))


@api.post("/logout", dependencies=[PUBLIC], status_code=204)
async def logout(appelant: CurrentAppelant, body: Deconnexion | None = None) -> Response:
    """Se déconnecter : la connexion du jeton donné, ou celle de l'appelant, se termine aussitôt."""
    if body is not None and body.refresh_token:
        await end_with_refresh(get_database(), secret=body.refresh_token)
    if appelant.user_id is not None and appelant.session_id is not None:
        async with get_database().transaction(home_of(appelant)) as session:
            await close_session(session, session_id=appelant.session_id, raison="deconnexion")
    return Response(status_code=204)


@api.post("/mot-de-passe-oublie", dependencies=[PUBLIC, LOGIN_RATE], status_code=202)
async def ask_password(request: Request, body: DemandeAcces) -> Accuse:
    """Demander un nouveau mot de passe. La réponse est la même que l'adresse soit connue ou non."""
    tenant = await tenant_named(request, body.tenant)
    await request_reset(get_database(), email=body.email, tenant_id=tenant.id if tenant else None)
    return Accuse(message=_("Si un compte existe à cette adresse, un message vient de partir."))


@api.post(
    "/mot-de-passe",
    dependencies=[PUBLIC, LOGIN_RATE],
    status_code=204,
    responses=problemes({410: ["LIEN_EXPIRE"], 422: ["MOT_DE_PASSE_FAIBLE"]}),
)
async def set_password(body: ChoixMotDePasse) -> Response:
    """Choisir son mot de passe avec le jeton reçu par message."""
    async with get_database().transaction(tenant_of_link(body.jeton)) as session:
        await choose_password(session, secret=body.jeton, mot_de_passe=body.mot_de_passe)
    return Response(status_code=204)


@api.post(
    "/inscription",
    dependencies=[PUBLIC, LOGIN_RATE],
    status_code=202,
    responses=problemes({403: ["INSCRIPTION_FERMEE"], 422: ["EMAIL_INVALIDE", "TELEPHONE_INVALIDE", "TENANT_REQUIS"]}),
)
async def sign_up(request: Request, body: Inscription) -> Accuse:
    """Demander un compte client. L'adresse est vérifiée par message avant tout ; la réponse ne dit pas si elle est connue."""
    tenant = await tenant_named(request, body.tenant)
    await request_sign_up(
        get_database(),
        tenant_id=tenant.id if tenant else None,
        email=body.email,
        nom=body.nom,
        prenom=body.prenom,
        telephone=body.telephone,
    )
    return Accuse(message=_("Un message vient de partir : il contient la suite."))


@router.get("/.well-known/jwks.json", dependencies=[PUBLIC], tags=["Comptes et accès"])
async def jwks(response: Response) -> dict[str, Any]:
    """Les clés publiques qui vérifient nos jetons (RFC 7517)."""
    response.headers["Cache-Control"] = "public, max-age=3600"
    return await get_trousseau().jwks(get_database())


router.include_router(api)
