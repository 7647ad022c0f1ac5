"""The waiting list over HTTP: joined by anybody, read and answered by staff, by whoever made the entry, or by its link."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter, Response
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import get_user
from guichet.rdv.actions.attente.inscrire import join_list
from guichet.rdv.actions.attente.repondre import (
    accept_offre,
    come_back,
    leave_list,
    read_accessible_inscription,
    refuse_offre,
)
from guichet.rdv.api.modeles_attente import (
    AcceptationSaisie,
    InscriptionCreeReponse,
    InscriptionReponse,
    InscriptionSaisie,
)
from guichet.rdv.api.modeles_rdv import RdvCreeReponse
from guichet.rdv.metier.attente import StatutInscription
from guichet.rdv.permissions import LECTURE, LECTURE_PROPRE, is_staff
from guichet.rdv.questions.attente import Cle, list_inscriptions
from guichet.reseau.facade import check_centre, get_centre, list_centres, perimetre_of
from guichet.socle.acces import PUBLIC, Appelant, CurrentAppelant, exige
from guichet.socle.errors import Invalid
from guichet.socle.i18n import _, current_locale
from guichet.socle.web import Lecture, Liste, Page, Pagination, Tx, build_liste, problemes

router = APIRouter(prefix="/api/v1", tags=["Liste d'attente"])

ACCES: Final[dict[int, list[str]]] = {
    401: ["NON_CONNECTE"],
    403: ["HORS_PERIMETRE"],
    404: ["INSCRIPTION_NOT_FOUND"],
}
REPONSES: Final[dict[int, list[str]]] = {
    **ACCES,
    409: ["ETAT_INCOMPATIBLE"],
    410: ["OFFRE_EXPIREE", "OFFRE_RETIREE"],
}


@router.post(
    "/liste-attente",
    status_code=201,
    dependencies=[PUBLIC],
    response_model=InscriptionCreeReponse,
    summary="S'inscrire sur la liste d'attente",
    responses=problemes(
        {
            401: ["NON_CONNECTE"],
            403: ["HORS_PERIMETRE"],
            404: ["CENTRE_NOT_FOUND", "RDV_NOT_FOUND"],
            409: ["CENTRE_INACTIF", "ETAT_INCOMPATIBLE"],
            422: [
                "CENTRE_REQUIS", "CHAMP_REQUIS", "IMMATRICULATION_INVALIDE", "EMAIL_INVALIDE", "TELEPHONE_INVALIDE",
                "SIRET_INVALIDE", "TYPE_CONTROLE_INCOHERENT", "CONTRE_VISITE_HORS_DELAI",
                "DATE_CONTROLE_INITIAL_REQUISE", "AGREMENT_ABSENT", "DATE_INVALIDE", "HEURE_INVALIDE",
                "PERIODE_INVALIDE", "CRENEAU_PASSE", "CRENEAU_HORS_HORIZON", "PAIEMENT_EN_LIGNE_INDISPONIBLE",
            ],
            429: ["TROP_DE_RESERVATIONS"],
        }
    ),
)  # fmt: skip
async def inscrire(
    *, session: Tx, appelant: CurrentAppelant, saisie: InscriptionSaisie, response: Response
) -> InscriptionCreeReponse:
    """Une place qui se libère est proposée à la première inscription à qui elle convient, et gardée le temps de répondre.

    La même personne avec le même véhicule dans un même centre retrouve son inscription (200).
    """
    faite = await join_list(session, demande=saisie.to_demande(langue=current_locale()), appelant=appelant)
    response.status_code = 201 if faite.nouvelle else 200
    response.headers["Location"] = f"/api/v1/liste-attente/{faite.inscription.id}"
    return InscriptionCreeReponse.of_faite(faite, personnel=is_staff(appelant))


@router.get(
    "/liste-attente",
    dependencies=[exige(LECTURE, LECTURE_PROPRE)],
    response_model=Liste[InscriptionReponse],
    summary="La liste d'attente",
    responses=problemes({403: ["HORS_PERIMETRE"], 404: ["CENTRE_NOT_FOUND"]}),
)
async def lister_inscriptions(
    *,
    session: Lecture,
    appelant: CurrentAppelant,
    page: Pagination,
    centre_id: UUID | None = None,
    statut: StatutInscription | None = None,
) -> Liste[InscriptionReponse]:
    """Les plus anciennes d'abord : celles de ses centres pour le personnel, les siennes pour un client."""
    filtres: dict[str, Any] = {}
    personnel = appelant.can(LECTURE)
    if personnel:
        filtres["centre_ids"] = await _visible(session, appelant, centre_id)
    elif appelant.user_id is not None:
        filtres["compte"] = await get_user(session, user_id=appelant.user_id)
    else:
        return Liste(elements=[], suivant=None)
    vues = await list_inscriptions(session, **filtres, statut=statut, apres=_start_of(page), limite=page.limite + 1)
    return build_liste(
        vues,
        page,
        vers=lambda vue: InscriptionReponse.of(vue, personnel=personnel),
        cle_de=lambda vue: (vue.depuis, vue.id),
    )


@router.get(
    "/liste-attente/{inscription_id}",
    dependencies=[PUBLIC],
    response_model=InscriptionReponse,
    summary="Une inscription",
    responses=problemes(ACCES),
)
async def lire_inscription(*, session: Lecture, appelant: CurrentAppelant, inscription_id: UUID) -> InscriptionReponse:
    """Sa position, et la place proposée s'il y en a une. Avec le lien signé, son compte, ou pour le personnel."""
    vue = await read_accessible_inscription(session, inscription_id=inscription_id, appelant=appelant)
    return InscriptionReponse.of(vue, personnel=is_staff(appelant))


@router.delete(
    "/liste-attente/{inscription_id}",
    dependencies=[PUBLIC],
    response_model=InscriptionReponse,
    summary="Quitter la liste d'attente",
    responses=problemes(ACCES),
)
async def quitter_liste(*, session: Tx, appelant: CurrentAppelant, inscription_id: UUID) -> InscriptionReponse:
    """La place proposée passe à la personne suivante. Deux fois donne la même réponse."""
    vue = await leave_list(session, inscription_id=inscription_id, appelant=appelant)
    return InscriptionReponse.of(vue, personnel=is_staff(appelant))


@router.post(
    "/liste-attente/{inscription_id}/accepter",
    dependencies=[PUBLIC],
    response_model=RdvCreeReponse,
    summary="Accepter la place proposée",
    responses=problemes({**REPONSES, 422: ["PAIEMENT_EN_LIGNE_INDISPONIBLE"]}),
)
async def accepter_offre(
    *, session: Tx, appelant: CurrentAppelant, inscription_id: UUID, saisie: AcceptationSaisie
) -> RdvCreeReponse:
    """La place devient le rendez-vous ; celui qu'on avait plus tard y est avancé et sa place est proposée à son tour.

    Payée en ligne, elle est gardée jusqu'à `expire_a` et se paie à `url_paiement`. Deux fois donne la même réponse.
    """
    cree = await accept_offre(session, inscription_id=inscription_id, appelant=appelant, mode=saisie.mode)
    return RdvCreeReponse.of_cree(cree)


@router.post(
    "/liste-attente/{inscription_id}/refuser",
    dependencies=[PUBLIC],
    response_model=InscriptionReponse,
    summary="Refuser la place proposée",
    responses=problemes(REPONSES),
)
async def refuser_offre(*, session: Tx, appelant: CurrentAppelant, inscription_id: UUID) -> InscriptionReponse:
    """Elle passe à la personne suivante ; on garde son rang, et cette heure n'est plus proposée."""
    vue = await refuse_offre(session, inscription_id=inscription_id, appelant=appelant)
    return InscriptionReponse.of(vue, personnel=is_staff(appelant))


@router.post(
    "/liste-attente/{inscription_id}/reprendre",
    dependencies=[PUBLIC],
    response_model=InscriptionReponse,
    summary="Revenir sur la liste d'attente",
    responses=problemes({**ACCES, 409: ["ETAT_INCOMPATIBLE", "DEJA_INSCRIT"], 410: ["INSCRIPTION_PERIMEE"]}),
)
async def reprendre_inscription(*, session: Tx, appelant: CurrentAppelant, inscription_id: UUID) -> InscriptionReponse:
    """Après une offre restée sans réponse, ou après être parti : à la fin de la liste, sans rien retaper."""
    vue = await come_back(session, inscription_id=inscription_id, appelant=appelant)
    return InscriptionReponse.of(vue, personnel=is_staff(appelant))


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
        case (datetime() as depuis, UUID() as identifiant):
            return depuis, identifiant
    raise Invalid(_("Ce curseur vient d'une autre liste."), code="CURSEUR_INVALIDE")
