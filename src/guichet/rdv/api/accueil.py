"""The day of an appointment over HTTP: validated, arrived, started, finished, missed, noted."""

from datetime import datetime
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from guichet.rdv.actions.accueil import (
    check_in,
    check_in_by_code,
    finish_rdv,
    mark_absent,
    start_rdv,
    undo_absent,
    validate_rdv,
)
from guichet.rdv.actions.annuler import RAISON_MAX, refuse_rdv
from guichet.rdv.actions.confirmer import ask_confirmation
from guichet.rdv.actions.remarques import add_remarque, read_remarques
from guichet.rdv.api.modeles_rdv import RdvReponse, Saisie
from guichet.rdv.metier.types import Resultat
from guichet.rdv.metier.vues import RdvVue, RemarqueVue
from guichet.rdv.permissions import ACCUEIL, ANNULATION, LECTURE
from guichet.socle.acces import PUBLIC, CurrentAppelant, exige
from guichet.socle.web import Lecture, Tx, problemes

router = APIRouter(prefix="/api/v1", tags=["Rendez-vous"])

_COMMUNS: dict[int, list[str]] = {403: ["HORS_PERIMETRE"], 404: ["RDV_NOT_FOUND"]}


class RefusSaisie(Saisie):
    """Why the centre cannot take an appointment."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"raison": "Panne du banc de freinage"}]})

    raison: Annotated[str, Field(max_length=RAISON_MAX, description="Dite au client.")]


class DemarrageSaisie(Saisie):
    """Who inspects, when it is not the inspector of the appointment."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}]})

    controleur_id: UUID | None = None


class FinSaisie(Saisie):
    """The outcome of an inspection."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"resultat": "favorable"}]})

    resultat: Annotated[
        Resultat,
        Field(
            description="`contre_visite` : défaillances majeures ; `defavorable` : critiques. Les deux ouvrent droit à une contre-visite."
        ),
    ]


class NoteSaisie(Saisie):
    """A note of the staff."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"texte": "Client prévenu du retard de 10 minutes."}]})

    texte: Annotated[str, Field(max_length=10_000, description="2 000 caractères au plus.")]


class NoteReponse(BaseModel):
    """A note of the staff, with who wrote it."""

    id: UUID
    auteur_id: UUID | None
    auteur: str
    texte: str
    created_at: datetime

    @classmethod
    def of(cls, vue: RemarqueVue) -> "NoteReponse":
        """From the view."""
        return cls.model_validate({champ: getattr(vue, champ) for champ in cls.model_fields})


class ArriveeSaisie(Saisie):
    """What the code of a ticket holds."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"jeton": "RDV-K7M42PXQ/1.0.eyJyIjoi….s1gN4tur3"}]},
    )

    jeton: Annotated[str, Field(max_length=400, description="Le texte lu dans le code QR du billet, tel quel.")]


class ArriveeReponse(BaseModel):
    """Who has arrived, as a screen in a hall may show it: nothing of a person."""

    rdv_id: UUID
    numero: str
    statut: str
    centre_id: UUID
    centre: str
    immatriculation: str
    debut: datetime
    arrive_le: datetime | None

    @classmethod
    def of(cls, vue: RdvVue) -> "ArriveeReponse":
        """From the view, times on the centre's clock."""
        zone = ZoneInfo(vue.centre.fuseau)
        return cls(
            rdv_id=vue.id,
            numero=vue.numero,
            statut=vue.statut.value,
            centre_id=vue.centre.id,
            centre=vue.centre.nom,
            immatriculation=vue.vehicule.immatriculation,
            debut=vue.debut.astimezone(zone),
            arrive_le=vue.arrive_le and vue.arrive_le.astimezone(zone),
        )


@router.post(
    "/rdv/arrivee",
    dependencies=[PUBLIC],
    response_model=ArriveeReponse,
    summary="Arriver en montrant son billet",
    responses=problemes(
        {
            403: ["HORS_PERIMETRE"],
            404: ["RDV_NOT_FOUND"],
            409: ["ETAT_INCOMPATIBLE", "ARRIVEE_HORS_HEURE"],
            422: ["JETON_INVALIDE"],
        }
    ),
)
async def arriver_par_code(*, session: Tx, appelant: CurrentAppelant, saisie: ArriveeSaisie) -> ArriveeReponse:
    """Le code QR du billet, lu par une borne ou par le personnel. Le code suffit ; il n'ouvre rien d'autre."""
    return ArriveeReponse.of(await check_in_by_code(session, code=saisie.jeton, appelant=appelant))


@router.post(
    "/rdv/{rdv_id}/valider",
    dependencies=[exige(ACCUEIL)],
    response_model=RdvReponse,
    summary="Valider un rendez-vous",
    responses=problemes({**_COMMUNS, 409: ["VALIDATION_NON_REQUISE", "ETAT_INCOMPATIBLE"]}),
)
async def valider(*, session: Tx, appelant: CurrentAppelant, rdv_id: UUID) -> RdvReponse:
    """Dans les centres qui le demandent. Deux fois donne la même réponse."""
    return RdvReponse.of(await validate_rdv(session, rdv_id=rdv_id, appelant=appelant))


@router.post(
    "/rdv/{rdv_id}/refuser",
    dependencies=[exige(ANNULATION)],
    response_model=RdvReponse,
    summary="Refuser un rendez-vous",
    responses=problemes({**_COMMUNS, 409: ["ETAT_INCOMPATIBLE"], 422: ["RAISON_REQUISE"]}),
)
async def refuser(*, session: Tx, appelant: CurrentAppelant, rdv_id: UUID, saisie: RefusSaisie) -> RdvReponse:
    """Le centre annule : le client est remboursé en entier, et passe en priorité sur la liste d'attente."""
    return RdvReponse.of(await refuse_rdv(session, rdv_id=rdv_id, appelant=appelant, raison=saisie.raison))


@router.post(
    "/rdv/{rdv_id}/arrivee",
    dependencies=[PUBLIC],
    response_model=RdvReponse,
    summary="Noter l'arrivée",
    responses=problemes({401: ["NON_CONNECTE"], **_COMMUNS, 409: ["ETAT_INCOMPATIBLE", "ARRIVEE_HORS_HEURE"]}),
)
async def arrivee(*, session: Tx, appelant: CurrentAppelant, rdv_id: UUID) -> RdvReponse:
    """Par le centre le jour même, ou par le client avec son lien, de deux heures avant le début jusqu'à la fin."""
    return RdvReponse.of(await check_in(session, rdv_id=rdv_id, appelant=appelant))


@router.post(
    "/rdv/{rdv_id}/demarrer",
    dependencies=[exige(ACCUEIL)],
    response_model=RdvReponse,
    summary="Démarrer le contrôle",
    responses=problemes(
        {
            403: ["HORS_PERIMETRE"],
            404: ["RDV_NOT_FOUND", "CONTROLEUR_NOT_FOUND"],
            409: ["ETAT_INCOMPATIBLE", "CONTROLEUR_OCCUPE"],
            422: ["CONTROLEUR_REQUIS", "CONTROLEUR_AGREMENT_INSUFFISANT"],
        }
    ),
)
async def demarrer(
    *, session: Tx, appelant: CurrentAppelant, rdv_id: UUID, saisie: DemarrageSaisie | None = None
) -> RdvReponse:
    """Le jour du rendez-vous. Un rendez-vous en surnombre demande un contrôleur : celui indiqué, sinon l'appelant."""
    controleur_id = saisie.controleur_id if saisie else None
    return RdvReponse.of(await start_rdv(session, rdv_id=rdv_id, appelant=appelant, controleur_id=controleur_id))


@router.post(
    "/rdv/{rdv_id}/terminer",
    dependencies=[exige(ACCUEIL)],
    response_model=RdvReponse,
    summary="Terminer le contrôle",
    responses=problemes({**_COMMUNS, 409: ["ETAT_INCOMPATIBLE", "RESULTAT_DEJA_DONNE"]}),
)
async def terminer(*, session: Tx, appelant: CurrentAppelant, rdv_id: UUID, saisie: FinSaisie) -> RdvReponse:
    """Avec le résultat. Le même résultat deux fois donne la même réponse."""
    return RdvReponse.of(await finish_rdv(session, rdv_id=rdv_id, appelant=appelant, resultat=saisie.resultat))


@router.post(
    "/rdv/{rdv_id}/absent",
    dependencies=[exige(ACCUEIL)],
    response_model=RdvReponse,
    summary="Noter une absence",
    responses=problemes({**_COMMUNS, 409: ["ETAT_INCOMPATIBLE", "ABSENCE_TROP_TOT"]}),
)
async def absent(*, session: Tx, appelant: CurrentAppelant, rdv_id: UUID) -> RdvReponse:
    """Une fois l'heure passée. Le contrôleur est libre pour les suivants."""
    return RdvReponse.of(await mark_absent(session, rdv_id=rdv_id, appelant=appelant))


@router.delete(
    "/rdv/{rdv_id}/absent",
    dependencies=[exige(ACCUEIL)],
    response_model=RdvReponse,
    summary="Revenir sur une absence",
    responses=problemes({**_COMMUNS, 409: ["ETAT_INCOMPATIBLE", "CRENEAU_INDISPONIBLE"]}),
)
async def present(*, session: Tx, appelant: CurrentAppelant, rdv_id: UUID) -> RdvReponse:
    """Le jour même, s'il reste un contrôleur."""
    return RdvReponse.of(await undo_absent(session, rdv_id=rdv_id, appelant=appelant))


@router.get(
    "/rdv/{rdv_id}/notes",
    dependencies=[exige(LECTURE)],
    response_model=list[NoteReponse],
    summary="Les notes du personnel",
    responses=problemes(_COMMUNS),
)
async def lire_notes(*, session: Lecture, appelant: CurrentAppelant, rdv_id: UUID) -> list[NoteReponse]:
    """Dans l'ordre où elles ont été écrites. Le client ne les voit jamais."""
    return [NoteReponse.of(n) for n in await read_remarques(session, rdv_id=rdv_id, appelant=appelant)]


@router.post(
    "/rdv/{rdv_id}/notes",
    status_code=201,
    dependencies=[exige(ACCUEIL)],
    response_model=list[NoteReponse],
    summary="Ajouter une note",
    responses=problemes({**_COMMUNS, 422: ["NOTE_VIDE", "NOTES_TROP_LONGUES", "TEXTE_INVALIDE"]}),
)
async def ajouter_note(
    *, session: Tx, appelant: CurrentAppelant, rdv_id: UUID, saisie: NoteSaisie
) -> list[NoteReponse]:
    """Répond toutes les notes du rendez-vous."""
    notes = await add_remarque(session, rdv_id=rdv_id, appelant=appelant, texte=saisie.texte)
    return [NoteReponse.of(n) for n in notes]


@router.post(
    "/rdv/{rdv_id}/renvoyer-confirmation",
    status_code=202,
    dependencies=[PUBLIC],
    response_model=RdvReponse,
    summary="Renvoyer la confirmation",
    responses=problemes(
        {401: ["NON_CONNECTE"], **_COMMUNS, 409: ["ETAT_INCOMPATIBLE", "SANS_ADRESSE"], 429: ["TROP_DE_RENVOIS"]}
    ),
)
async def renvoyer_confirmation(*, session: Tx, appelant: CurrentAppelant, rdv_id: UUID) -> RdvReponse:
    """À l'adresse du rendez-vous, jamais à une autre."""
    return RdvReponse.of(await ask_confirmation(session, rdv_id=rdv_id, appelant=appelant))
