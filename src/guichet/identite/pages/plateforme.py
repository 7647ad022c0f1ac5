"""A super administrator steps into a network, and out of it."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from guichet.identite.actions.interventions import act_for
from guichet.identite.actions.veille import get_veille
from guichet.identite.api.commun import Personne
from guichet.identite.metier.coordonnees import cle_de_tri
from guichet.identite.metier.roles import Role
from guichet.identite.metier.tenants import PLATEFORME
from guichet.identite.pages.commun import home_path, read_form
from guichet.socle.acces import Appelant, exige
from guichet.socle.database import get_database
from guichet.socle.errors import Forbidden
from guichet.socle.i18n import _
from guichet.ui.facade import Saisie, redirect, render

router = APIRouter(prefix="/compte/reseau")


async def _page(request: Request, appelant: Appelant, *, erreur: str = "") -> HTMLResponse:
    tenants = [t for t in (await get_veille().look(get_database())).tenants.values() if t.id != PLATEFORME and t.actif]
    here = next((t for t in tenants if t.id == appelant.tenant_id), None)
    return render(
        request,
        "identite/agir.html",
        status=422 if erreur else 200,
        saisie=Saisie(erreurs={"tenant": erreur} if erreur else {}, soumise=bool(erreur)),
        reseaux=[(t.slug, t.nom) for t in sorted(tenants, key=lambda t: cle_de_tri(t.nom))],
        ici=here,
    )


@router.get("", dependencies=[exige("plateforme:agir")])
async def choose_page(request: Request, appelant: Personne) -> Response:
    """Where to act, and where one acts now."""
    return await _page(request, appelant)


@router.post("", dependencies=[exige("plateforme:agir")])
async def choose(request: Request, appelant: Personne) -> Response:
    """Step in, or out when no network is named. The network keeps a trace of it in its own journal."""
    if appelant.role != Role.SUPER_ADMIN or appelant.via != "session" or appelant.session_id is None:
        raise Forbidden(_("Votre compte ne permet pas cette action."), code="PERMISSION_REFUSEE")
    slug = (await read_form(request)).get("tenant", "")
    tenant = (await get_veille().look(get_database())).slugs.get(slug)
    if slug and (tenant is None or not tenant.actif):
        return await _page(request, appelant, erreur=_("Choisissez un réseau."))
    async with get_database().transaction(PLATEFORME) as session:
        await act_for(session, session_id=appelant.session_id, tenant_id=tenant.id if tenant else None)
    if tenant is None:
        return redirect(request, "/compte/reseau", message=_("Vous n'agissez plus dans aucun réseau."))
    return redirect(
        request,
        home_path(Role.ADMIN_TENANT, appelant.permissions),
        message=_("Vous agissez dans {nom}. Il en garde la trace.", nom=tenant.nom),
        genre="attention",
    )
