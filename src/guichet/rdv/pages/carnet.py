"""The appointments booked in this browser: their signed links in a cookie, nothing else, nothing on the server."""

from uuid import UUID

from fastapi import Request
from fastapi.responses import Response

from guichet.identite.facade import read_lien
from guichet.socle.errors import GuichetError

COOKIE = "guichet_rdv"
SEPARATEUR = "~"
MAXIMUM = 15
UN_AN = 365 * 24 * 3600


def read_liens(request: Request) -> dict[UUID, str]:
    """The links of the cookie by appointment, latest first. One that was tampered with, or is over, is left out."""
    liens: dict[UUID, str] = {}
    for jeton in request.cookies.get(COOKIE, "").split(SEPARATEUR)[:MAXIMUM]:
        try:
            liens.setdefault(read_lien(jeton).cible, jeton)
        except GuichetError:
            continue
    return liens


def remember(request: Request, reponse: Response, jeton: str) -> None:
    """Put a link first in the cookie of the answer; beyond `MAXIMUM` the oldest is forgotten."""
    liens = {read_lien(jeton).cible: jeton, **{k: v for k, v in read_liens(request).items() if v != jeton}}
    reponse.set_cookie(
        COOKIE,
        SEPARATEUR.join(list(liens.values())[:MAXIMUM]),
        max_age=UN_AN,
        path="/",
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
