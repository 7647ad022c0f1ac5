"""Moving and editing an appointment over HTTP."""

from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import ConfigDict, Field

from guichet.annuaire.facade import ClientType
from guichet.rdv.actions.modifier import ModificationRdv, update_rdv
from guichet.rdv.api.modeles_rdv import CreneauSaisie, RdvReponse, Saisie
from guichet.reseau.facade import Carburant, TypeControle, VehiculeType
from guichet.socle.acces import PUBLIC, CurrentAppelant
from guichet.socle.web import Tx, problemes

router = APIRouter(prefix="/api/v1", tags=["Rendez-vous"])


class ClientModification(Saisie):
    """What changes of the customer, as typed."""

    nom: Annotated[str | None, Field(max_length=200)] = None
    prenom: Annotated[str | None, Field(max_length=200)] = None
    email: Annotated[str | None, Field(max_length=300)] = None
    telephone: Annotated[str | None, Field(max_length=50)] = None
    type: ClientType | None = None
    raison_sociale: Annotated[str | None, Field(max_length=200)] = None
    siret: Annotated[str | None, Field(max_length=30)] = None


class VehiculeModification(Saisie):
    """What changes of the vehicle, as typed."""

    immatriculation: Annotated[str | None, Field(max_length=50)] = None
    type: VehiculeType | None = None
    carburant: Carburant | None = None
    marque: Annotated[str | None, Field(max_length=100)] = None
    modele: Annotated[str | None, Field(max_length=100)] = None
    date_mise_circulation: Annotated[str | None, Field(max_length=10)] = None


class RdvModification(Saisie):
    """A change: fields left out stay as they are."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"creneau": {"date": "2026-11-24", "heure_debut": "10:30"}}]}
    )

    centre_id: UUID | None = None
    disponibilite_id: Annotated[
        str | None,
        Field(max_length=500, description="L'`id` opaque d'un créneau listé, au lieu de centre_id et creneau."),
    ] = None
    creneau: CreneauSaisie | None = None
    client: ClientModification | None = None
    vehicule: VehiculeModification | None = None
    type_controle: TypeControle | None = None
    date_controle_initial: Annotated[str | None, Field(max_length=10)] = None
    controleur_id: Annotated[UUID | None, Field(description="Nul : n'importe quel contrôleur.")] = None
    notes: Annotated[str | None, Field(max_length=2000, description="500 caractères au plus.")] = None
    prix_accepte: Annotated[
        Decimal | None,
        Field(
            ge=0,
            le=10_000,
            decimal_places=2,
            description="En euros : le nouveau prix, quand il a changé (409 `PRIX_CHANGE`).",
        ),
    ] = None
    version: Annotated[int | None, Field(ge=1, description="Celle qui a été lue : refusé si elle a changé.")] = None

    def to_modification(self) -> ModificationRdv:
        """The change as the action takes it."""
        dits: dict[str, Any] = {
            nom: getattr(self, nom)
            for nom in (
                "centre_id",
                "disponibilite_id",
                "type_controle",
                "date_controle_initial",
                "controleur_id",
                "notes",
            )
            if nom in self.model_fields_set
        }
        if self.creneau is not None:
            dits |= {
                "date": self.creneau.date,
                "heure_debut": self.creneau.heure_debut,
                "decalage": self.creneau.decalage,
            }
        if self.client is not None:
            dits |= {f"client_{nom}": _typed(self.client, nom) for nom in self.client.model_fields_set}
        if self.vehicule is not None:
            autres = {"type": "vehicule_type"}
            dits |= {autres.get(nom, nom): _typed(self.vehicule, nom) for nom in self.vehicule.model_fields_set}
        cents = None if self.prix_accepte is None else int(self.prix_accepte * 100)
        return ModificationRdv(**dits, prix_accepte=cents, version=self.version)


def _typed(saisie: Saisie, nom: str) -> Any:
    """A field as it would be typed: null empties it, which a name or a plate refuses as it refuses nothing at all."""
    valeur = getattr(saisie, nom)
    return "" if valeur is None and nom in {"nom", "prenom", "immatriculation"} else valeur


@router.put(
    "/rdv/{rdv_id}",
    dependencies=[PUBLIC],
    response_model=RdvReponse,
    summary="Déplacer ou modifier un rendez-vous",
    responses=problemes(
        {
            401: ["NON_CONNECTE"],
            403: ["HORS_PERIMETRE", "DELAI_DEPASSE", "LIMITE_MODIFICATIONS"],
            404: ["RDV_NOT_FOUND", "CENTRE_NOT_FOUND", "CONTROLEUR_NOT_FOUND"],
            409: ["CRENEAU_INDISPONIBLE", "ETAT_INCOMPATIBLE", "PRIX_CHANGE", "VERSION_PERIMEE", "CENTRE_INACTIF"],
            422: [
                "IMMATRICULATION_INVALIDE", "EMAIL_INVALIDE", "TELEPHONE_INVALIDE", "TYPE_CONTROLE_INCOHERENT",
                "CONTRE_VISITE_HORS_DELAI", "AGREMENT_ABSENT", "CONTROLEUR_AGREMENT_INSUFFISANT", "CRENEAU_PASSE",
                "CRENEAU_PREAVIS", "CRENEAU_HORS_HORIZON", "CRENEAU_HORS_GRILLE", "CRENEAU_HORS_HORAIRES",
                "CRENEAU_INEXISTANT", "DECALAGE_REQUIS", "DECALAGE_INVALIDE", "DISPONIBILITE_INVALIDE",
            ],
        }
    ),
)  # fmt: skip
async def modifier_rdv(*, session: Tx, appelant: CurrentAppelant, rdv_id: UUID, saisie: RdvModification) -> RdvReponse:
    """Pour le personnel, pour son client connecté, ou avec le lien signé. Le client déplace trois fois au plus."""
    return RdvReponse.of(
        await update_rdv(session, rdv_id=rdv_id, modification=saisie.to_modification(), appelant=appelant)
    )
