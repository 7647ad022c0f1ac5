"""The way back in: asking for a mail, choosing a password with what it brought."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from guichet.identite.actions.courriels import choose_password, read_link, tenant_of_link
from guichet.identite.actions.demandes import request_reset
from guichet.identite.metier.mots_de_passe import LONGUEUR_MIN
from guichet.identite.metier.vues import TenantVue
from guichet.identite.pages.commun import enter, read_form
from guichet.identite.questions.connexion import get_candidate
from guichet.socle.acces import PUBLIC
from guichet.socle.database import get_database
from guichet.socle.errors import Gone, GuichetError, Invalid
from guichet.socle.i18n import _
from guichet.socle.web import LOGIN_RATE
from guichet.ui.facade import Saisie, redirect, render

router = APIRouter()


@router.get("/mot-de-passe-oublie", dependencies=[PUBLIC])
async def ask_page(request: Request) -> Response:
    """Where to send the mail."""
    email = request.query_params.get("email", "")[:254]
    return render(request, "identite/oublie.html", saisie=Saisie(valeurs={"email": email}, soumise=False))


@router.post("/mot-de-passe-oublie", dependencies=[PUBLIC, LOGIN_RATE])
async def ask(request: Request) -> Response:
    """Send it, if there is an account; the page says the same either way."""
    form = await read_form(request)
    tenant: TenantVue | None = getattr(request.state, "tenant", None)
    try:
        await request_reset(get_database(), email=form.get("email", ""), tenant_id=tenant.id if tenant else None)
    except GuichetError as error:
        return render(request, "identite/oublie.html", status=422, saisie=Saisie.from_form(form, error))
    return redirect(request, "/mot-de-passe-oublie/envoye")


@router.get("/mot-de-passe-oublie/envoye", dependencies=[PUBLIC])
async def asked(request: Request) -> Response:
    """What happens now."""
    return render(request, "identite/envoye.html", motif="mot_de_passe")


@router.get("/mot-de-passe/{jeton}", dependencies=[PUBLIC])
async def choose_page(request: Request, jeton: str) -> Response:
    """The form; looking at it uses nothing up (mail programs look at links too)."""
    return await _form(request, jeton, Saisie(soumise=False))


async def _form(request: Request, jeton: str, saisie: Saisie, *, status: int = 200) -> HTMLResponse:
    try:
        async with get_database().transaction(tenant_of_link(jeton)) as session:
            user, motif = await read_link(session, secret=jeton)
            email, prenom = user.email, user.prenom
    except Gone as error:
        return render(request, "identite/lien_expire.html", status=410, message=error.message)
    return render(
        request,
        "identite/mot_de_passe.html",
        status=status,
        saisie=saisie,
        jeton=jeton,
        motif=motif,
        email=email,
        prenom=prenom,
        longueur=LONGUEUR_MIN,
    )


@router.post("/mot-de-passe/{jeton}", dependencies=[PUBLIC, LOGIN_RATE])
async def choose(request: Request, jeton: str) -> Response:
    """Set the password, and go in unless a second factor is asked."""
    form = await read_form(request)
    try:
        _check_filled(form)
        tenant_id = tenant_of_link(jeton)
        async with get_database().transaction(tenant_id) as session:
            user, _motif = await choose_password(session, secret=jeton, mot_de_passe=form["mot_de_passe"])
            candidate = await get_candidate(session, tenant_id=tenant_id, user_id=user.id)
    except Invalid as error:
        return await _form(request, jeton, Saisie.from_form(form, error), status=422)
    except Gone as error:
        return render(request, "identite/lien_expire.html", status=410, message=error.message)
    assert candidate is not None
    done = _("Votre mot de passe est enregistré.")
    if candidate.user.double_facteur or not candidate.is_open:
        return redirect(request, "/connexion", message=done)
    return await enter(request, candidate, message=done)


def _check_filled(form: dict[str, str]) -> None:
    if not form.get("mot_de_passe"):
        message = _("Écrivez un mot de passe.")
        raise Invalid(message, code="CHAMPS_INVALIDES", champs={"mot_de_passe": message})
