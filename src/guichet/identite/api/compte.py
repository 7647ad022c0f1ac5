"""One's own sign-ins, password and second factor."""

from uuid import UUID

from fastapi import APIRouter, Response

from guichet.identite.actions.connexion import check_own_password
from guichet.identite.actions.courriels import change_password
from guichet.identite.actions.revocations import close_session, close_sessions
from guichet.identite.actions.totp import confirm_totp, disable_totp, renew_codes, start_totp
from guichet.identite.api.commun import Personne, home_of
from guichet.identite.api.modeles import (
    ChangementMotDePasse,
    CodesSecours,
    CodeTotp,
    Confirmation,
    SessionOut,
    TotpDebut,
)
from guichet.identite.metier import totp
from guichet.identite.questions.sessions import list_sessions
from guichet.socle.acces import CONNECTE, Appelant
from guichet.socle.audit import audit
from guichet.socle.database import get_database
from guichet.socle.errors import NotFound
from guichet.socle.i18n import _
from guichet.socle.web import Liste
from guichet.socle.web.problemes import problemes

router = APIRouter(prefix="/api/v1", tags=["Comptes et accès"])


async def _ask_again(appelant: Appelant, mot_de_passe: str, champ: str = "mot_de_passe") -> None:
    assert appelant.user_id is not None
    await check_own_password(
        get_database(),
        tenant_id=home_of(appelant),
        user_id=appelant.user_id,
        mot_de_passe=mot_de_passe,
        ip=appelant.ip,
        champ=champ,
    )


@router.get("/sessions", dependencies=[CONNECTE])
async def list_mine(appelant: Personne) -> Liste[SessionOut]:
    """Mes connexions en cours, la plus récente d'abord."""
    assert appelant.user_id is not None
    async with get_database().transaction(home_of(appelant)) as session:
        rows = await list_sessions(session, user_id=appelant.user_id)
    shown = [SessionOut.model_validate(row) for row in rows]
    return Liste(
        elements=[one.model_copy(update={"actuelle": one.id == appelant.session_id}) for one in shown], suivant=None
    )


@router.delete(
    "/sessions/{session_id}",
    dependencies=[CONNECTE],
    status_code=204,
    responses=problemes({404: ["SESSION_NOT_FOUND"]}),
)
async def close_mine(appelant: Personne, session_id: UUID) -> Response:
    """Mettre fin à l'une de mes connexions."""
    assert appelant.user_id is not None
    async with get_database().transaction(home_of(appelant)) as session:
        mine = {row.id for row in await list_sessions(session, user_id=appelant.user_id)}
        if session_id not in mine:
            raise NotFound(_("Cette connexion est déjà terminée."), code="SESSION_NOT_FOUND")
        await close_session(session, session_id=session_id, raison="personne")
        await audit(session, action="session.close", entite="user", entite_id=appelant.user_id)
    return Response(status_code=204)


@router.delete("/sessions", dependencies=[CONNECTE], status_code=204)
async def close_others(appelant: Personne) -> Response:
    """Mettre fin à toutes mes autres connexions."""
    assert appelant.user_id is not None
    async with get_database().transaction(home_of(appelant)) as session:
        await close_sessions(session, user_id=appelant.user_id, raison="personne", sauf=appelant.session_id)
        await audit(session, action="session.close", entite="user", entite_id=appelant.user_id)
    return Response(status_code=204)


@router.put(
    "/compte/mot-de-passe",
    dependencies=[CONNECTE],
    status_code=204,
    responses=problemes({422: ["MOT_DE_PASSE_FAUX", "MOT_DE_PASSE_FAIBLE"]}),
)
async def put_password(appelant: Personne, body: ChangementMotDePasse) -> Response:
    """Changer mon mot de passe ; mes autres connexions se terminent."""
    assert appelant.user_id is not None
    await _ask_again(appelant, body.ancien, "ancien")
    async with get_database().transaction(home_of(appelant)) as session:
        await change_password(session, user_id=appelant.user_id, nouveau=body.nouveau, garder=appelant.session_id)
    return Response(status_code=204)


@router.post("/compte/totp", dependencies=[CONNECTE], responses=problemes({409: ["TOTP_DEJA_ACTIF"]}))
async def start(appelant: Personne) -> TotpDebut:
    """Préparer la double authentification : le secret à donner à l'application, pas encore exigé."""
    assert appelant.user_id is not None
    async with get_database().transaction(home_of(appelant)) as session:
        secret = await start_totp(session, user_id=appelant.user_id)
    return TotpDebut(secret=secret, uri=totp.uri(secret, compte=appelant.email, emetteur="Guichet"))


@router.post(
    "/compte/totp/confirmer",
    dependencies=[CONNECTE],
    responses=problemes({409: ["TOTP_DEJA_ACTIF"], 422: ["CODE_TOTP_INVALIDE"]}),
)
async def confirm(appelant: Personne, body: CodeTotp) -> CodesSecours:
    """Activer la double authentification avec un premier code. Les codes de secours ne sont montrés qu'ici."""
    assert appelant.user_id is not None
    async with get_database().transaction(home_of(appelant)) as session:
        return CodesSecours(codes=await confirm_totp(session, user_id=appelant.user_id, code=body.code))


@router.post(
    "/compte/totp/codes",
    dependencies=[CONNECTE],
    responses=problemes({409: ["TOTP_INACTIF"], 422: ["MOT_DE_PASSE_FAUX"]}),
)
async def renew(appelant: Personne, body: Confirmation) -> CodesSecours:
    """Dix nouveaux codes de secours ; les précédents ne servent plus."""
    assert appelant.user_id is not None
    await _ask_again(appelant, body.mot_de_passe)
    async with get_database().transaction(home_of(appelant)) as session:
        return CodesSecours(codes=await renew_codes(session, user_id=appelant.user_id))


@router.post(
    "/compte/totp/desactiver",
    dependencies=[CONNECTE],
    status_code=204,
    responses=problemes({422: ["MOT_DE_PASSE_FAUX"]}),
)
async def disable(appelant: Personne, body: Confirmation) -> Response:
    """Désactiver la double authentification."""
    assert appelant.user_id is not None
    await _ask_again(appelant, body.mot_de_passe)
    async with get_database().transaction(home_of(appelant)) as session:
        await disable_totp(session, user_id=appelant.user_id)
    return Response(status_code=204)
