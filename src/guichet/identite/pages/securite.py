"""One's own security: password, second factor, sign-ins in progress."""

from typing import Any
from uuid import UUID

import segno
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from markupsafe import Markup

from guichet.identite.actions.connexion import check_own_password
from guichet.identite.actions.courriels import change_password
from guichet.identite.actions.revocations import close_session, close_sessions
from guichet.identite.actions.totp import confirm_totp, count_codes, disable_totp, renew_codes, start_totp
from guichet.identite.api.commun import Personne, home_of
from guichet.identite.metier import totp
from guichet.identite.metier.appareils import describe
from guichet.identite.metier.mots_de_passe import LONGUEUR_MIN
from guichet.identite.metier.roles import Role
from guichet.identite.pages.commun import form_status, home_path, read_form
from guichet.identite.questions.sessions import list_sessions
from guichet.identite.questions.users import get_user
from guichet.socle.acces import CONNECTE, Appelant
from guichet.socle.audit import audit
from guichet.socle.database import get_database
from guichet.socle.errors import GuichetError
from guichet.socle.i18n import _, format_relatif
from guichet.ui.facade import Saisie, redirect, render

router = APIRouter(prefix="/compte")
ICI = "/compte/securite"
VIDE = Saisie(soumise=False)


async def _page(request: Request, appelant: Appelant, *, status: int = 200, **saisies: Saisie) -> HTMLResponse:
    assert appelant.user_id is not None
    async with get_database().transaction(home_of(appelant)) as session:
        user = await get_user(session, user_id=appelant.user_id)
        sessions = await list_sessions(session, user_id=appelant.user_id)
        left = await count_codes(session, user_id=appelant.user_id)
    is_staff = user.role != Role.CLIENT
    return render(
        request,
        "identite/securite.html",
        status=status,
        gabarit="ui/staff.html" if is_staff else "ui/public.html",
        portail=home_path(user.role, appelant.permissions).strip("/").split("/")[0],
        user=user,
        connexions=[(row, describe(row.appareil, row.canal), row.id == appelant.session_id) for row in sessions],
        vues=[format_relatif(row.vue_le) for row in sessions],
        codes_restants=left,
        longueur=LONGUEUR_MIN,
        saisie_mdp=saisies.get("mdp", VIDE),
        saisie_totp=saisies.get("totp", VIDE),
    )


@router.get("", dependencies=[CONNECTE])
async def account(request: Request, appelant: Personne) -> Response:
    """Where a signed-in person starts."""
    return redirect(request, home_path(appelant.role or "", appelant.permissions))


@router.get("/securite", dependencies=[CONNECTE])
async def security(request: Request, appelant: Personne) -> Response:
    """The page."""
    return await _page(request, appelant)


@router.post("/securite/mot-de-passe", dependencies=[CONNECTE])
async def put_password(request: Request, appelant: Personne) -> Response:
    """Change the password; the other sign-ins end."""
    form = await read_form(request)
    try:
        await _ask_again(appelant, form.get("ancien", ""), "ancien")
        async with get_database().transaction(home_of(appelant)) as session:
            await change_password(
                session,
                user_id=_id(appelant),
                nouveau=form.get("nouveau", ""),
                garder=appelant.session_id,
            )
    except GuichetError as error:
        return await _page(request, appelant, status=form_status(error), mdp=Saisie(erreurs=_errors(error)))
    return redirect(request, ICI, message=_("Votre mot de passe est changé. Vos autres appareils sont déconnectés."))


def _id(appelant: Appelant) -> UUID:
    assert appelant.user_id is not None
    return appelant.user_id


def _errors(error: GuichetError) -> dict[str, str]:
    return dict(error.champs) or {"": error.message}


async def _ask_again(appelant: Appelant, mot_de_passe: str, champ: str = "mot_de_passe") -> None:
    await check_own_password(
        get_database(),
        tenant_id=home_of(appelant),
        user_id=_id(appelant),
        mot_de_passe=mot_de_passe,
        ip=appelant.ip,
        champ=champ,
    )


async def _enrolment(request: Request, appelant: Appelant, saisie: Saisie, *, status: int = 200) -> HTMLResponse:
    async with get_database().transaction(home_of(appelant)) as session:
        secret = await start_totp(session, user_id=_id(appelant))
    address = totp.uri(secret, compte=appelant.email, emetteur=_issuer(request))
    picture = segno.make(address, error="m").svg_inline(border=2, dark="#000", light="#fff", omitsize=True)
    spaced = " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))
    # Our own drawing, from characters we chose.
    qr = Markup(picture)  # noqa: S704
    return render(request, "identite/totp.html", status=status, saisie=saisie, qr=qr, secret=spaced, lien=address)


def _issuer(request: Request) -> str:
    marque: Any = getattr(request.state, "marque", None)
    return str(marque.nom) if marque else "Guichet"


@router.get("/securite/totp", dependencies=[CONNECTE])
async def enrol_page(request: Request, appelant: Personne) -> Response:
    """The drawing to scan, and the first code to type."""
    try:
        return await _enrolment(request, appelant, VIDE)
    except GuichetError as error:
        return redirect(request, ICI, message=error.message, genre="info")


@router.post("/securite/totp", dependencies=[CONNECTE])
async def enrol(request: Request, appelant: Personne) -> Response:
    """Turn it on; the recovery codes are shown this once."""
    form = await read_form(request)
    try:
        async with get_database().transaction(home_of(appelant)) as session:
            codes = await confirm_totp(session, user_id=_id(appelant), code=form.get("code", ""))
    except GuichetError as error:
        if error.http_status == 409:
            return redirect(request, ICI, message=error.message, genre="info")
        return await _enrolment(request, appelant, Saisie(erreurs=_errors(error)), status=422)
    return render(request, "identite/codes.html", codes=codes, premiers=True)


@router.post("/securite/codes", dependencies=[CONNECTE])
async def renew(request: Request, appelant: Personne) -> Response:
    """New recovery codes, after the password."""
    form = await read_form(request)
    try:
        await _ask_again(appelant, form.get("mot_de_passe", ""))
        async with get_database().transaction(home_of(appelant)) as session:
            codes = await renew_codes(session, user_id=_id(appelant))
    except GuichetError as error:
        return await _page(request, appelant, status=form_status(error), totp=Saisie(erreurs=_errors(error)))
    return render(request, "identite/codes.html", codes=codes, premiers=False)


@router.post("/securite/totp/desactiver", dependencies=[CONNECTE])
async def disable(request: Request, appelant: Personne) -> Response:
    """Turn it off, after the password."""
    form = await read_form(request)
    try:
        await _ask_again(appelant, form.get("mot_de_passe", ""))
        async with get_database().transaction(home_of(appelant)) as session:
            await disable_totp(session, user_id=_id(appelant))
    except GuichetError as error:
        return await _page(request, appelant, status=form_status(error), totp=Saisie(erreurs=_errors(error)))
    return redirect(request, ICI, message=_("La double authentification est désactivée."))


@router.post("/securite/connexions/fermer", dependencies=[CONNECTE])
async def close_others(request: Request, appelant: Personne) -> Response:
    """End every other sign-in."""
    async with get_database().transaction(home_of(appelant)) as session:
        await close_sessions(session, user_id=_id(appelant), raison="personne", sauf=appelant.session_id)
        await audit(session, action="session.close", entite="user", entite_id=appelant.user_id)
    return redirect(request, ICI, message=_("Vos autres connexions sont terminées."))


@router.post("/securite/connexions/{session_id}/fermer", dependencies=[CONNECTE])
async def close_one(request: Request, appelant: Personne, session_id: UUID) -> Response:
    """End one sign-in."""
    async with get_database().transaction(home_of(appelant)) as session:
        mine = {row.id for row in await list_sessions(session, user_id=_id(appelant))}
        if session_id in mine:
            await close_session(session, session_id=session_id, raison="personne")
            await audit(session, action="session.close", entite="user", entite_id=appelant.user_id)
    return redirect(request, ICI, message=_("Cette connexion est terminée."))
