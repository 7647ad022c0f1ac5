"""The tenant's settings of this context."""

from pydantic import BaseModel, Field


class ReglagesNotifications(BaseModel):
    """Who writes to customers, where their answers go."""

    expediteur_nom: str = Field(
        "", max_length=120, description="Nom affiché comme expéditeur ; vide : le nom du réseau"
    )
    expediteur_adresse: str = Field(
        "", max_length=254, description="Adresse d'expédition ; vide : celle de l'installation"
    )
    reponse_a: str = Field(
        "", max_length=254, description="Adresse qui reçoit les réponses ; vide : celle d'expédition"
    )
    telephone: str = Field("", max_length=40, description="Téléphone donné au bas des messages ; vide : aucun")
