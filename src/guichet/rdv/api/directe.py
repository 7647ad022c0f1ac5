"""The short way of `POST /rdv`: raw request in, bytes out."""

from typing import Final

from fastapi import Request
from pydantic import ValidationError
from starlette.responses import Response

from guichet.rdv.actions.directement import Rendu, book_directly
from guichet.rdv.api.modeles_rdv import ControleurReponse, RdvCreeReponse, RdvSaisie
from guichet.rdv.metier.vues import ControleurResume, RdvCree, RdvVue
from guichet.socle.acces import current_appelant
from guichet.socle.i18n import current_locale
from guichet.socle.web.transaction import read_demande

JSON: Final = "application/json"


async def answer_rdv(request: Request) -> Response | None:
    """An ordinary booking, answered 201; None for everything else, which the ordinary handler answers."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
        return None
    try:
        saisie = RdvSaisie.model_validate_json(await request.body())
    except ValidationError:
        return None
    appelant = await current_appelant(request)
    reponse = await book_directly(
        demande=saisie.to_demande(langue=current_locale()),
        appelant=appelant,
        cle=await read_demande(request, appelant),
        rendu=RENDU,
    )
    return None if reponse is None else Response(reponse.corps, 201, reponse.en_tetes)


def _write_cree(cree: RdvCree) -> bytes:
    return RdvCreeReponse.of_cree(cree).model_dump_json().encode()


def _write_controleur(c: ControleurResume) -> bytes:
    return (
        ControleurReponse(id=c.id, nom=c.nom, prenom=c.prenom, agrements=list(c.agrements)).model_dump_json().encode()
    )


def _headers(rdv: RdvVue) -> dict[str, str]:
    return {"content-type": JSON, "location": f"/api/v1/rdv/{rdv.id}"}


RENDU: Final = Rendu(cree=_write_cree, controleur=_write_controleur, en_tetes=_headers)
