"""Errors as pages people can read: what happened, what is safe, what to do. Never a number, never a trace."""

import json
from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from guichet.socle.errors import GuichetError
from guichet.socle.i18n import _, lazy
from guichet.socle.registre import get_registre
from guichet.ui.facade import is_htmx, render


@dataclass(frozen=True, kw_only=True)
class Explication:
    """How a kind of error is told."""

    titre: str
    icone: str
    sauf: str = ""
    reessayer: bool = False


EXPLICATIONS: dict[int, Explication] = {
    401: Explication(titre=lazy("Connectez-vous pour continuer"), icone="lock"),
    403: Explication(
        titre=lazy("Cette page ne vous est pas ouverte"),
        icone="lock",
        sauf=lazy("Si vous devez y avoir accès, demandez-le à l'administrateur de votre réseau."),
    ),
    404: Explication(
        titre=lazy("Cette page n'existe pas, ou plus"),
        icone="search",
        sauf=lazy("L'adresse a pu changer. Vos rendez-vous, eux, n'ont pas bougé."),
    ),
    409: Explication(
        titre=lazy("Ce n'est plus possible en l'état"),
        icone="refresh-cw",
        sauf=lazy("Quelqu'un a agi juste avant vous. Rien de ce que vous aviez enregistré n'est perdu."),
        reessayer=True,
    ),
    410: Explication(titre=lazy("Ce lien n'est plus valable"), icone="calendar-x"),
    429: Explication(
        titre=lazy("Un instant, s'il vous plaît"),
        icone="hourglass",
        sauf=lazy("Trop de demandes sont arrivées de votre connexion. Rien n'est perdu."),
        reessayer=True,
    ),
    503: Explication(
        titre=lazy("Le service reprend son souffle"),
        icone="hourglass",
        sauf=lazy("Ce qui est déjà confirmé reste confirmé. Réessayez dans un instant."),
        reessayer=True,
    ),
}
CLIENT = Explication(titre=lazy("Cette demande n'a pas pu être comprise"), icone="triangle-alert", reessayer=True)
SERVEUR = Explication(
    titre=lazy("Quelque chose s'est mal passé de notre côté"),
    icone="triangle-alert",
    sauf=lazy("L'équipe technique est prévenue. Ce qui est déjà confirmé reste confirmé."),
    reessayer=True,
)


def explain(status: int) -> Explication:
    """How an HTTP status is told."""
    return EXPLICATIONS.get(status) or (SERVEUR if status >= 500 else CLIENT)


def error_page(request: Request, erreur: GuichetError, *, reference: str = "") -> Response:
    """The page of an error. Someone who must sign in is sent to do so, and comes back.

    To htmx: nothing is replaced on the page, a toast says the message.
    """
    if is_htmx(request):
        return _as_toast(erreur)
    status = erreur.http_status
    connexion = next(iter(get_registre().extensions("connexion")), None)
    if status == 401 and connexion and request.method == "GET":
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"{connexion}?{urlencode({'retour': request.url.path + query})}", status_code=303)
    dit = explain(status)
    actions = [(_("Revenir à l'accueil"), "/", "" if dit.reessayer else "principal")]
    if status == 401 and connexion:
        actions.insert(0, (_("Se connecter"), connexion, "principal"))
    elif dit.reessayer and request.method == "GET":
        actions.insert(0, (_("Réessayer"), request.url.path, "principal"))
    response = render(
        request,
        "ui/erreur.html",
        status=status,
        titre=str(dit.titre),
        message=erreur.message,
        sauf=str(dit.sauf),
        dessin_erreur=dit.icone,
        champs=erreur.champs,
        actions=actions,
        reference=reference,
    )
    if erreur.retry_after is not None:
        response.headers["Retry-After"] = str(erreur.retry_after)
    return response


def _as_toast(erreur: GuichetError) -> Response:
    headers = {
        "HX-Reswap": "none",
        "HX-Trigger": json.dumps({"guichet:toast": {"texte": erreur.message, "genre": "ko"}}),
        "Vary": "HX-Request",
    }
    if erreur.retry_after is not None:
        headers["Retry-After"] = str(erreur.retry_after)
    return Response(status_code=erreur.http_status, headers=headers, media_type="text/html")
