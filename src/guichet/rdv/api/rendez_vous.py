"""Appointments over HTTP: booked by anybody, read and cancelled by staff, by their customer, or by their signed link."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import get_user
from guichet.rdv.actions.annuler import RAISON_MAX, cancel_rdv
from guichet.rdv.actions.reserver import create_rdv
from guichet.rdv.api.directe import answer_rdv
from guichet.rdv.api.modeles_rdv import RdvCreeReponse, RdvReponse, RdvSaisie
from guichet.rdv.metier.types import Statut
from guichet.rdv.metier.vues import RdvVue
from guichet.rdv.permissions import LECTURE, LECTURE_PROPRE
from guichet.rdv.questions.fiches import Cle, list_rdv, read_accessible
from guichet.rdv.questions.jetons import write_code_arrivee
from guichet.reseau.facade import check_centre, get_centre, list_centres, perimetre_of
from guichet.socle.acces import PUBLIC, Appelant, CurrentAppelant, exige
from guichet.socle.errors import Invalid
from guichet.socle.i18n import _, current_locale
from guichet.socle.web import Lecture, Liste, Page, Pagination, Tx, build_liste, problemes
from guichet.socle.web.express import express

router = APIRouter(prefix="/api/v1", tags=["Rendez-vous"])

CODES_CREATION = {
    403: ["PERMISSION_REFUSEE"],
    404: ["CENTRE_NOT_FOUND", "CONTROLEUR_NOT_FOUND"],
    409: ["CRENEAU_INDISPONIBLE", "CENTRE_INACTIF"],
    422: [
        "IMMATRICULATION_INVALIDE", "EMAIL_INVALIDE", "TELEPHONE_INVALIDE", "SIRET_INVALIDE", "TYPE_CONTROLE_INCOHERENT",
        "CONTRE_VISITE_HORS_DELAI", "DATE_CONTROLE_INITIAL_REQUISE", "AGREMENT_ABSENT",
        "CONTROLEUR_AGREMENT_INSUFFISANT", "CRENEAU_PASSE", "CRENEAU_PREAVIS", "CRENEAU_HORS_HORIZON",
        "CRENEAU_HORS_GRILLE", "CRENEAU_HORS_HORAIRES", "CRENEAU_INEXISTANT", "DECALAGE_REQUIS", "DECALAGE_INVALIDE",
        "DISPONIBILITE_INVALIDE", "PAIEMENT_EN_LIGNE_INDISPONIBLE",
    ],
    429: ["TROP_DE_RESERVATIONS"],
}  # fmt: skip


@router.post(
    "/rdv",
    status_code=201,
    dependencies=[PUBLIC],
    response_model=RdvCreeReponse,
    summary="Prendre un rendez-vous",
    responses=problemes(CODES_CREATION),
)
@express(answer_rdv)
async def creer_rdv(*, session: Tx, appelant: CurrentAppelant, saisie: RdvSaisie, response: Response) -> RdvCreeReponse:
    """Réserve un créneau. Le réseau est celui du centre ; toutes les règles sont vérifiées à l'écriture.

    Payé en ligne, le créneau est gardé jusqu'à `expire_a` et se paie à `url_paiement`. Un créneau pris entre-temps répond
    409 avec une `raison` et jusqu'à trois `alternatives`.
    """
    cree = await create_rdv(session, demande=saisie.to_demande(langue=current_locale()), appelant=appelant)
    response.headers["Location"] = f"/api/v1/rdv/{cree.rdv.id}"
    return RdvCreeReponse.of_cree(cree)


@router.get("/rdv", dependencies=[exige(LECTURE)], response_model=Liste[RdvReponse], summary="Les rendez-vous")
async def lister_rdv(
    *,
    session: Lecture,
    appelant: CurrentAppelant,
    page: Pagination,
    centre_id: UUID | None = None,
    date: Annotated[date | None, Query(description="Le jour, à la date du centre.")] = None,
    statut: Statut | None = None,
) -> Liste[RdvReponse]:
    """Dans l'ordre des heures ; ceux des centres dont l'appelant s'occupe."""
    rows = await list_rdv(
        session,
        centre_ids=await _visible(session, appelant, centre_id),
        jour=date,
        statut=statut,
        apres=_start_of(page),
        limite=page.limite + 1,
    )
    return _page(rows, page)


@router.get(
    "/rdv/me",
    dependencies=[exige(LECTURE, LECTURE_PROPRE)],
    response_model=Liste[RdvReponse],
    summary="Mes rendez-vous",
)
async def lister_mes_rdv(
    *, session: Lecture, appelant: CurrentAppelant, page: Pagination, statut: Statut | None = None
) -> Liste[RdvReponse]:
    """Ceux que la personne connectée a pris, et ceux pris à son adresse une fois celle-ci vérifiée."""
    if appelant.user_id is None:
        return Liste(elements=[], suivant=None)
    compte = await get_user(session, user_id=appelant.user_id)
    rows = await list_rdv(session, compte=compte, statut=statut, apres=_start_of(page), limite=page.limite + 1)
    return _page(rows, page)


@router.get(
    "/rdv/ct/{ct_id}",
    dependencies=[exige(LECTURE)],
    response_model=Liste[RdvReponse],
    summary="Les rendez-vous d'un centre",
    responses=problemes({403: ["HORS_PERIMETRE"], 404: ["CENTRE_NOT_FOUND"]}),
)
async def lister_rdv_centre(
    *,
    session: Lecture,
    appelant: CurrentAppelant,
    page: Pagination,
    ct_id: UUID,
    date: Annotated[date | None, Query(description="Le jour, à la date du centre.")] = None,
    statut: Statut | None = None,
) -> Liste[RdvReponse]:
    """Dans l'ordre des heures."""
    centre = await get_centre(session, ct_id)
    check_centre(perimetre_of(appelant), centre.id, centre.agence_id)
    rows = await list_rdv(
        session, centre_ids=[ct_id], jour=date, statut=statut, apres=_start_of(page), limite=page.limite + 1
    )
    return _page(rows, page)


@router.get(
    "/rdv/{rdv_id}",
    dependencies=[PUBLIC],
    response_model=RdvReponse,
    summary="Un rendez-vous",
    responses=problemes({401: ["NON_CONNECTE"], 403: ["HORS_PERIMETRE"], 404: ["RDV_NOT_FOUND"]}),
)
async def lire_rdv(*, session: Lecture, appelant: CurrentAppelant, rdv_id: UUID) -> RdvReponse:
    """Pour le personnel, pour son client connecté, ou avec le lien signé de la confirmation."""
    return RdvReponse.of(await read_accessible(session, rdv_id=rdv_id, appelant=appelant))


@router.delete(
    "/rdv/{rdv_id}",
    dependencies=[PUBLIC],
    response_model=RdvReponse,
    summary="Annuler un rendez-vous",
    responses=problemes(
        {
            401: ["NON_CONNECTE"],
            403: ["HORS_PERIMETRE", "DELAI_DEPASSE"],
            404: ["RDV_NOT_FOUND"],
            409: ["ETAT_INCOMPATIBLE"],
        }
    ),
)
async def annuler_rdv(
    *,
    session: Tx,
    appelant: CurrentAppelant,
    rdv_id: UUID,
    raison: Annotated[str | None, Query(max_length=RAISON_MAX)] = None,
) -> RdvReponse:
    """Jusqu'au début pour le client ; le centre peut encore le faire après. Deux fois donne la même réponse."""
    return RdvReponse.of(await cancel_rdv(session, rdv_id=rdv_id, appelant=appelant, raison=raison))


async def _visible(session: AsyncSession, appelant: Appelant, centre_id: UUID | None) -> list[UUID] | None:
    perimetre = perimetre_of(appelant)
    if centre_id is not None:
        centre = await get_centre(session, centre_id)
        check_centre(perimetre, centre.id, centre.agence_id)
        return [centre_id]
    return None if perimetre.tout else [c.id for c in await list_centres(session, perimetre=perimetre)]


def _start_of(page: Page) -> Cle | None:
    match page.apres:
        case None:
            return None
        case (datetime() as debut, UUID() as identifiant):
            return debut, identifiant
    raise Invalid(_("Ce curseur vient d'une autre liste."), code="CURSEUR_INVALIDE")


def _page(rows: Sequence[RdvVue], page: Page) -> Liste[RdvReponse]:
    return build_liste(rows, page, vers=RdvReponse.of, cle_de=lambda rdv: (rdv.debut, rdv.id))


class BilletReponse(BaseModel):
    """What the QR code of a ticket holds, for whoever shows it otherwise than on our ticket."""

    numero: str
    code: Annotated[str, Field(description="À mettre tel quel dans un code QR ; `POST /rdv/arrivee` le lit.")]


@router.get(
    "/rdv/{rdv_id}/billet",
    dependencies=[PUBLIC],
    response_model=BilletReponse,
    summary="Le code du billet",
    responses=problemes({401: ["NON_CONNECTE"], 403: ["HORS_PERIMETRE"], 404: ["RDV_NOT_FOUND"]}),
)
async def lire_billet(*, session: Lecture, appelant: CurrentAppelant, rdv_id: UUID) -> BilletReponse:
    """Il dit qui arrive, et n'ouvre rien d'autre."""
    rdv = await read_accessible(session, rdv_id=rdv_id, appelant=appelant)
    code = write_code_arrivee(tenant_id=rdv.tenant_id, rdv_id=rdv.id)
    return BilletReponse(numero=rdv.numero, code=f"{rdv.numero}/{code}")
