"""Payments as JSON."""

from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from guichet.paiements.metier.vues import CaisseVue, PaiementVue, RecuVue, RemboursementVue


class PieceReponse(BaseModel):
    """Une pièce comptable."""

    id: UUID
    serie: Literal["recu", "facture", "avoir"]
    code: str = Field(examples=["R-2026-000042"])
    montant_cents: int
    emise_a: datetime

    @classmethod
    def of(cls, vue: RecuVue) -> "PieceReponse":
        """The document as JSON."""
        return cls.model_validate(
            {
                "id": vue.id,
                "serie": vue.serie,
                "code": vue.code,
                "montant_cents": vue.montant_cents,
                "emise_a": vue.emise_a,
            }
        )


class RemboursementReponse(BaseModel):
    """Un remboursement : `a_envoyer` et `en_cours` chez nous, `en_attente` chez le prestataire, puis `effectue` ou `refuse`."""

    id: UUID
    montant_cents: int
    motif: str
    statut: Literal["a_envoyer", "en_cours", "en_attente", "effectue", "refuse"]
    demande_a: datetime
    effectue_a: datetime | None

    @classmethod
    def of(cls, vue: RemboursementVue) -> "RemboursementReponse":
        """The refund as JSON."""
        return cls.model_validate(
            {
                "id": vue.id,
                "montant_cents": vue.montant_cents,
                "motif": vue.motif,
                "statut": vue.statut,
                "demande_a": vue.demande_a,
                "effectue_a": vue.effectue_a,
            }
        )


class PaiementReponse(BaseModel):
    """Un paiement. `montant_ttc` est en euros, les champs `_cents` en centimes."""

    id: UUID
    reference: str
    statut: Literal["pending", "succeeded", "failed", "refunded"]
    motif: str | None = Field(None, description="Pourquoi il a échoué.")
    canal: Literal["en_ligne", "sur_place"]
    moyen: Literal["carte_bancaire", "especes", "cheque"]
    montant_ttc: Decimal
    montant_cents: int
    encaisse_cents: int
    rembourse_cents: int
    url_paiement: str | None = Field(None, description="Où payer, tant que le paiement attend.")
    expire_a: datetime | None
    paye_a: datetime | None
    created_at: datetime
    remboursements: list[RemboursementReponse] = []
    pieces: list[PieceReponse] = []

    @classmethod
    def of(cls, vue: PaiementVue, remboursements: list[RemboursementVue], pieces: list[RecuVue]) -> "PaiementReponse":
        """The payment as JSON."""
        return cls.model_validate(
            {
                "id": vue.id,
                "reference": vue.reference,
                "statut": vue.statut,
                "motif": vue.motif,
                "canal": vue.canal,
                "moyen": vue.moyen,
                "montant_ttc": (Decimal(vue.montant_cents) / 100).quantize(Decimal("0.01")),
                "montant_cents": vue.montant_cents,
                "encaisse_cents": vue.encaisse_cents,
                "rembourse_cents": vue.rembourse_cents,
                "url_paiement": vue.url_paiement if vue.statut == "pending" else None,
                "expire_a": vue.expire_a,
                "paye_a": vue.paye_a,
                "created_at": vue.created_at,
                "remboursements": [RemboursementReponse.of(r) for r in remboursements],
                "pieces": [PieceReponse.of(p) for p in pieces],
            }
        )


class RemboursementSaisie(BaseModel):
    """Ce qu'il faut rendre. Sans montant : tout ce qui reste."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"montant_cents": 2000, "motif": "geste commercial"}}
    )

    montant_cents: int | None = Field(None, gt=0, le=10**12, description="En centimes ; absent : tout le reste.")
    motif: str = Field(min_length=1, max_length=200)


class LigneCaisseReponse(BaseModel):
    """Un mouvement de la caisse, négatif quand l'argent est rendu."""

    le: datetime
    genre: Literal["encaissement", "remboursement"]
    moyen: Literal["carte_bancaire", "especes", "cheque"]
    montant_cents: int
    reference: str
    piece: str


class CaisseReponse(BaseModel):
    """La caisse d'un centre pour une de ses journées."""

    centre_id: UUID
    jour: date
    total_cents: int
    totaux: dict[str, int] = Field(description="Par moyen de paiement, en centimes.")
    lignes: list[LigneCaisseReponse]

    @classmethod
    def of(cls, centre_id: UUID, vue: CaisseVue) -> "CaisseReponse":
        """The till as JSON."""
        return cls.model_validate(
            {
                "centre_id": centre_id,
                "jour": vue.jour,
                "total_cents": vue.total_cents,
                "totaux": {moyen.value: montant for moyen, montant in vue.totaux.items()},
                "lignes": [
                    {
                        "le": ligne.le,
                        "genre": ligne.genre,
                        "moyen": ligne.moyen.value,
                        "montant_cents": ligne.montant_cents,
                        "reference": ligne.reference,
                        "piece": ligne.piece,
                    }
                    for ligne in vue.lignes
                ],
            }
        )
