"""The till of a centre. Recording money taken belongs to whoever knows what is paid (appointments)."""

import csv
import io
from datetime import date
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from fastapi.responses import Response

from guichet.paiements.api.acces import check_visible
from guichet.paiements.api.modeles import CaisseReponse
from guichet.paiements.facade import CaisseVue, list_caisse
from guichet.paiements.permissions import LECTURE
from guichet.reseau.facade import get_centre
from guichet.socle.acces import CurrentAppelant, exige
from guichet.socle.horloge import today
from guichet.socle.i18n import _
from guichet.socle.web import Lecture, problemes

router = APIRouter(prefix="/api/v1/payment/caisse", tags=["Paiements"])
CODES = {403: ["HORS_PERIMETRE"], 404: ["CENTRE_NOT_FOUND"]}
Jour = Annotated[date | None, Query(description="Le jour, à la date du centre ; absent : aujourd'hui.")]


@router.get(
    "/{ct_id}",
    dependencies=[exige(LECTURE)],
    response_model=CaisseReponse,
    summary="La caisse d'un centre",
    responses=problemes(CODES),
)
async def lire_caisse(*, session: Lecture, appelant: CurrentAppelant, ct_id: UUID, jour: Jour = None) -> CaisseReponse:
    """Ce qui est entré et sorti de la caisse ce jour-là, avec les totaux par moyen de paiement."""
    return CaisseReponse.of(ct_id, await _read(session, appelant, ct_id, jour))


@router.get(
    "/{ct_id}/caisse.csv",
    dependencies=[exige(LECTURE)],
    summary="La caisse d'un centre, en tableau",
    response_class=Response,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}, **problemes(CODES)},
)
async def telecharger_caisse(
    *, session: Lecture, appelant: CurrentAppelant, ct_id: UUID, jour: Jour = None
) -> Response:
    """La même chose en CSV (point-virgule, UTF-8), une ligne par mouvement."""
    vue = await _read(session, appelant, ct_id, jour)
    headers = {"Content-Disposition": f'attachment; filename="caisse-{vue.jour}.csv"'}
    return Response(write_csv(vue), media_type="text/csv; charset=utf-8", headers=headers)


def write_csv(vue: CaisseVue) -> str:
    """The till as spreadsheets read it: amounts with a decimal comma; text that a spreadsheet would run is defused."""
    sortie = io.StringIO()
    sortie.write("\N{ZERO WIDTH NO-BREAK SPACE}")
    tableau = csv.writer(sortie, delimiter=";", lineterminator="\r\n")
    tableau.writerow([_("Instant"), _("Mouvement"), _("Moyen"), _("Montant (EUR)"), _("Référence"), _("Pièce")])
    for ligne in vue.lignes:
        signe = "-" if ligne.montant_cents < 0 else ""
        montant = f"{signe}{abs(ligne.montant_cents) // 100},{abs(ligne.montant_cents) % 100:02}"
        reference = f"'{ligne.reference}" if ligne.reference[:1] in {"=", "+", "-", "@"} else ligne.reference
        tableau.writerow([ligne.le.isoformat(), ligne.genre, ligne.moyen.value, montant, reference, ligne.piece])
    return sortie.getvalue()


async def _read(session: Lecture, appelant: CurrentAppelant, ct_id: UUID, jour: date | None) -> CaisseVue:
    centre = await get_centre(session, ct_id)
    await check_visible(session, appelant, str(centre.id))
    return await list_caisse(session, lieu=str(centre.id), jour=jour or today(ZoneInfo(centre.fuseau)))
