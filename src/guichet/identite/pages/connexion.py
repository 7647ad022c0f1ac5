"""Signing in, one question at a time: address and password, which network, which code; and signing out."""

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from guichet.identite.actions.connexion import check_password, check_second_factor
from guichet.identite.actions.revocations import close_session
from guichet.identite.api.commun import home_of, ip_of
from guichet.identite.metier.vues import TenantVue
from guichet.identite.pages.commun import (
    enter,
    following,
    forget_cookies,
    form_status,
    home_path,
    is_same,
    keep_step,
    read_form,
    read_step,
)
from guichet.identite.questions.connexion import Candidat, get_candidate
from guichet.socle.acces import PUBLIC, CurrentAppelant
from guichet.socle.database import get_database
from guichet.socle.errors import GuichetError, Invalid
from guichet.socle.i18n import _
from guichet.socle.registre import get_registre
from guichet.socle.settings import Mode, get_settings
from guichet.socle.web import LOGIN_RATE
from guichet.ui.facade import Saisie, redirect, render

router = APIRouter()


@router.get("/connexion", dependencies=[PUBLIC])
async def sign_in_page(request: Request, appelant: CurrentAppelant) -> Response:
    """The form; who is signed in already goes on."""
    suite = following(request)
    if appelant.via == "session" and appelant.role is not None:
        return redirect(request, suite or home_path(appelant.role, appelant.permissions))
    email = request.query_params.get("email", "")[:254]
    return _form(request, Saisie(valeurs={"email": email}, soumise=False), suite=suite)


def _form(request: Request, saisie: Saisie, *, suite: str, status: int = 200) -> HTMLResponse:
    demo = next(iter(get_registre().extensions("comptes_demo")), None)
    accounts = demo() if demo is not None and get_settings().mode is Mode.DEMO else []
    return render(request, "identite/connexion.html", status=status, saisie=saisie, suite=suite, comptes_demo=accounts)


@router.post("/connexion", dependencies=[PUBLIC, LOGIN_RATE])
async def sign_in(request: Request) -> Response:
    """Check the address and the password, then go to the next question, or in."""
    form = await read_form(request)
    suite = following(request, form)
    try:
        _check_filled(form)
        candidates = await check_password(
            get_database(),
            email=form["email"],
            mot_de_passe=form["mot_de_passe"],
            ip=ip_of(request),
            tenant_id=_place(request),
        )
    except GuichetError as error:
        return _form(request, Saisie.from_form(form, error), suite=suite, status=form_status(error))
    if len(candidates) > 1:
        return _step(request, "/connexion/reseau", candidates, suite)
    if candidates[0].user.double_facteur:
        return _step(request, "/connexion/code", candidates, suite)
    await check_second_factor(get_database(), candidates[0], code=None, ip=ip_of(request))
    return await enter(request, candidates[0], suite=suite)


def _check_filled(form: dict[str, str]) -> None:
    champs = {}
    if not form.get("email", "").strip():
        champs["email"] = _("Écrivez votre adresse e-mail.")
    if not form.get("mot_de_passe"):
        champs["mot_de_passe"] = _("Écrivez votre mot de passe.")
    if champs:
        raise Invalid(_("Certains champs sont à corriger."), code="CHAMPS_INVALIDES", champs=champs)


def _place(request: Request) -> UUID | None:
    tenant: TenantVue | None = getattr(request.state, "tenant", None)
    return tenant.id if tenant else None


def _step(request: Request, url: str, candidates: list[Candidat], suite: str) -> Response:
    response = redirect(request, url)
    keep_step(request, response, candidates, suite=suite)
    return response


async def _remembered(request: Request) -> tuple[list[Candidat], str]:
    """The accounts whose password was found right a moment ago; none when it is too late or something changed."""
    step = read_step(request)
    if step is None:
        return [], ""
    candidates = []
    for tenant_id, user_id, epoque, mark in step[0]:
        async with get_database().transaction(tenant_id) as session:
            found = await get_candidate(session, tenant_id=tenant_id, user_id=user_id)
        if found is not None and is_same(found, epoque, mark):
            candidates.append(found)
    return candidates, step[1]


def _too_late(request: Request) -> Response:
    return redirect(request, "/connexion", message=_("Trop de temps a passé : reprenez au début."), genre="attention")


@router.get("/connexion/reseau", dependencies=[PUBLIC])
async def choose_tenant_page(request: Request) -> Response:
    """Which of the networks this address belongs to."""
    candidates, _suite = await _remembered(request)
    if not candidates:
        return _too_late(request)
    return _tenants(request, candidates)


def _tenants(request: Request, candidates: list[Candidat], *, erreurs: dict[str, str] | None = None) -> HTMLResponse:
    return render(
        request,
        "identite/reseau.html",
        status=422 if erreurs else 200,
        saisie=Saisie(erreurs=erreurs or {}),
        reseaux=[(c.tenant.slug, c.tenant.nom) for c in candidates],
    )


@router.post("/connexion/reseau", dependencies=[PUBLIC, LOGIN_RATE])
async def choose_tenant(request: Request) -> Response:
    """Go on with the chosen network."""
    candidates, suite = await _remembered(request)
    if not candidates:
        return _too_late(request)
    slug = (await read_form(request)).get("tenant")
    chosen = next((c for c in candidates if c.tenant.slug == slug), None)
    if chosen is None:
        return _tenants(request, candidates, erreurs={"tenant": _("Choisissez un réseau.")})
    if chosen.user.double_facteur:
        return _step(request, "/connexion/code", [chosen], suite)
    await check_second_factor(get_database(), chosen, code=None, ip=ip_of(request))
    return await enter(request, chosen, suite=suite)


@router.get("/connexion/code", dependencies=[PUBLIC])
async def second_factor_page(request: Request) -> Response:
    """The code of the authenticator application."""
    candidates, _suite = await _remembered(request)
    if len(candidates) != 1:
        return _too_late(request)
    return render(request, "identite/code.html", saisie=Saisie(soumise=False))


@router.post("/connexion/code", dependencies=[PUBLIC, LOGIN_RATE])
async def second_factor(request: Request) -> Response:
    """Check the code, then in."""
    candidates, suite = await _remembered(request)
    if len(candidates) != 1:
        return _too_late(request)
    form = await read_form(request)
    try:
        await check_second_factor(get_database(), candidates[0], code=form.get("code", "").strip(), ip=ip_of(request))
    except GuichetError as error:
        saisie = Saisie(erreurs={"code": error.message})
        return render(request, "identite/code.html", status=form_status(error), saisie=saisie)
    return await enter(request, candidates[0], suite=suite)


@router.get("/deconnexion", dependencies=[PUBLIC])
async def sign_out_page(request: Request) -> Response:
    """Ask before ending: an address that is merely visited changes nothing."""
    return render(request, "identite/deconnexion.html")


@router.post("/deconnexion", dependencies=[PUBLIC])
async def sign_out(request: Request, appelant: CurrentAppelant) -> Response:
    """End this browser's session."""
    if appelant.via == "session" and appelant.session_id is not None:
        async with get_database().transaction(home_of(appelant)) as session:
            await close_session(session, session_id=appelant.session_id, raison="deconnexion")
    response = redirect(request, "/connexion", message=_("Vous êtes déconnecté."))
    forget_cookies(request, response)
    return response
