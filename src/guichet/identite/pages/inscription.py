"""Asking for a customer account. The address proves itself first; the password comes after."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from guichet.identite.actions.demandes import request_sign_up
from guichet.identite.actions.veille import get_veille
from guichet.identite.api.commun import tenant_named
from guichet.identite.metier.coordonnees import cle_de_tri
from guichet.identite.metier.tenants import PLATEFORME
from guichet.identite.metier.vues import TenantVue
from guichet.identite.pages.commun import form_status, read_form
from guichet.socle.acces import PUBLIC
from guichet.socle.database import get_database
from guichet.socle.errors import GuichetError, Invalid
from guichet.socle.i18n import _
from guichet.socle.web import LOGIN_RATE
from guichet.ui.facade import Saisie, redirect, render

router = APIRouter()


@router.get("/inscription", dependencies=[PUBLIC])
async def sign_up_page(request: Request) -> Response:
    """The form; on the neutral host, with the network to choose."""
    chosen = request.query_params.get("reseau", "")[:48]
    return await _form(request, Saisie(valeurs={"tenant": chosen}, soumise=False))


async def _form(request: Request, saisie: Saisie, *, status: int = 200) -> HTMLResponse:
    place: TenantVue | None = getattr(request.state, "tenant", None)
    tenants: list[tuple[str, str]] = []
    if place is None:
        every = (await get_veille().look(get_database())).tenants.values()
        open_ = sorted((t for t in every if t.actif and t.id != PLATEFORME), key=lambda t: cle_de_tri(t.nom))
        tenants = [("", _("Choisissez")), *((t.slug, t.nom) for t in open_)]
    return render(request, "identite/inscription.html", status=status, saisie=saisie, reseaux=tenants)


@router.post("/inscription", dependencies=[PUBLIC, LOGIN_RATE])
async def sign_up(request: Request) -> Response:
    """Send the mail that goes on from here."""
    form = await read_form(request)
    try:
        _check_filled(form)
        tenant = await tenant_named(request, form.get("tenant"))
        await request_sign_up(
            get_database(),
            tenant_id=tenant.id if tenant else None,
            email=form.get("email", ""),
            nom=form.get("nom", "")[:100],
            prenom=form.get("prenom", "")[:100],
            telephone=form.get("telephone"),
        )
    except GuichetError as error:
        return await _form(request, Saisie.from_form(form, error), status=form_status(error))
    return redirect(request, "/inscription/envoye")


def _check_filled(form: dict[str, str]) -> None:
    champs = {}
    if not form.get("nom", "").strip():
        champs["nom"] = _("Écrivez votre nom.")
    if not form.get("email", "").strip():
        champs["email"] = _("Écrivez votre adresse e-mail.")
    if champs:
        raise Invalid(_("Certains champs sont à corriger."), code="CHAMPS_INVALIDES", champs=champs)


@router.get("/inscription/envoye", dependencies=[PUBLIC])
async def signed_up(request: Request) -> Response:
    """What happens now."""
    return render(request, "identite/envoye.html", motif="inscription")
