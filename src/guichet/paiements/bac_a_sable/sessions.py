"""A payment page as the provider sees it, and what may happen to it. No I/O: each verb changes the session and names the
events it causes."""

import secrets
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from guichet.paiements.bac_a_sable.cartes import ATTENTE_REMBOURSEMENT, LENTEUR, Carte, Reponse


def new_token(prefixe: str) -> str:
    """An identifier nobody can guess."""
    return f"{prefixe}_{secrets.token_hex(12)}"


class Tentative(BaseModel):
    """One card tried. Of its number only the last four digits are kept."""

    id: str = Field(default_factory=lambda: new_token("ten"))
    issue: Literal["en_cours", "acceptee", "refusee"]
    motif: str = ""
    fin_numero: str = ""
    remboursement: str = "immediat"
    defi: bool = False
    repond_a: datetime | None = None


class Remboursement(BaseModel):
    """Money given back."""

    id: str = Field(default_factory=lambda: new_token("rem"))
    reference: str = ""
    montant_cents: int
    statut: Literal["en_attente", "effectue", "refuse"]
    motif: str = ""
    repond_a: datetime | None = None
    fin: Literal["effectue", "refuse"] = "effectue"


class Ligne(BaseModel):
    """A line of what is paid."""

    libelle: str
    montant_cents: int
    taux_tva_pour_mille: int = 200


class DemandeSession(BaseModel):
    """What a merchant sends to open a page. No card data, ever."""

    model_config = {"extra": "forbid"}

    montant_cents: int = Field(gt=0)
    devise: Literal["EUR"]
    lignes: list[Ligne] = []
    reference: str = Field(max_length=100)
    email: str = ""
    langue: Literal["fr", "en"] = "fr"
    retour_url: str
    abandon_url: str
    notification_url: str
    origine: str
    expire_a: datetime
    tentatives_max: int = Field(5, ge=1, le=20)


class Session(DemandeSession):
    """A payment page: what was asked, and what has become of it."""

    id: str = Field(default_factory=lambda: new_token("ses"))
    marchand: UUID
    creee_a: datetime
    etat: Literal["ouverte", "payee", "abandonnee", "expiree"] = "ouverte"
    encaisse_cents: int = 0
    transaction: str = ""
    tentatives: list[Tentative] = []
    remboursements: list[Remboursement] = []

    @property
    def rendu_cents(self) -> int:
        """What was given back, or is about to be."""
        return sum(r.montant_cents for r in self.remboursements if r.statut != "refuse")

    @property
    def en_cours(self) -> Tentative | None:
        """The card whose bank has not answered."""
        return next((t for t in self.tentatives if t.issue == "en_cours"), None)

    @property
    def is_epuisee(self) -> bool:
        """True when no card may be tried any more."""
        return sum(t.issue == "refusee" for t in self.tentatives) >= self.tentatives_max

    def describe(self, base: str) -> dict[str, Any]:
        """What the merchant is told."""
        return {
            "id": self.id,
            "url": f"{base}/payer/{self.id}",
            "champs_url": f"{base}/champs/{self.id}",
            "etat": self.etat,
            "montant_cents": self.montant_cents,
            "encaisse_cents": self.encaisse_cents,
            "transaction": self.transaction,
            "reference": self.reference,
            "expire_a": self.expire_a.isoformat(),
            "tentatives": [t.model_dump(include={"id", "issue", "motif"}) for t in self.tentatives],
            "remboursements": [describe_refund(r) for r in self.remboursements],
        }


def describe_refund(rendu: Remboursement) -> dict[str, Any]:
    """What the merchant is told of a refund."""
    return rendu.model_dump(include={"id", "reference", "montant_cents", "statut", "motif"})


def try_card(session: Session, carte: Carte | None, numero: str, maintenant: datetime) -> tuple[Tentative, list[str]]:
    """A card typed on the page. Returns the attempt and the events it causes."""
    chiffres = "".join(c for c in numero if c.isdigit())
    tentative = Tentative(issue="en_cours", fin_numero=chiffres[-4:])
    session.tentatives.append(tentative)
    if carte is None:
        return tentative, refuse(session, tentative, "carte_inconnue")
    tentative.remboursement = carte.remboursement
    match carte.reponse:
        case Reponse.ACCEPTEE:
            return tentative, accept(session, tentative)
        case Reponse.REFUSEE:
            return tentative, refuse(session, tentative, carte.motif)
        case Reponse.DEFI:
            tentative.defi = True
        case Reponse.LENTE:
            tentative.repond_a = maintenant + LENTEUR
        case Reponse.MUETTE:
            pass
    return tentative, []


def accept(session: Session, tentative: Tentative) -> list[str]:
    """The bank said yes: the money is taken, once for the session, even when its page has closed meanwhile."""
    tentative.issue, tentative.defi = "acceptee", False
    if session.encaisse_cents:
        return []
    session.etat, session.encaisse_cents, session.transaction = "payee", session.montant_cents, tentative.id
    return ["session.payee"]


def refuse(session: Session, tentative: Tentative, motif: str) -> list[str]:
    """The bank said no: another card may be tried, unless this was the last one allowed."""
    del session
    tentative.issue, tentative.motif, tentative.defi = "refusee", motif, False
    return ["tentative.refusee"]


def abandon(session: Session) -> list[str]:
    """The person leaves the page for good."""
    return _close(session, "abandonnee")


def expire(session: Session) -> list[str]:
    """Nobody may pay any more."""
    return _close(session, "expiree")


def _close(session: Session, etat: Literal["abandonnee", "expiree"]) -> list[str]:
    if session.etat != "ouverte":
        return []
    session.etat = etat
    return [f"session.{etat}"]


def refund(session: Session, *, montant_cents: int, reference: str, motif: str, maintenant: datetime) -> list[str]:
    """Give money back; how it ends depends on the card. Raises ValueError for more than what is left."""
    if not 0 < montant_cents <= session.encaisse_cents - session.rendu_cents:
        raise ValueError("montant")
    carte = next((t.remboursement for t in session.tentatives if t.issue == "acceptee"), "immediat")
    rendu = Remboursement(reference=reference, montant_cents=montant_cents, motif=motif, statut="effectue")
    session.remboursements.append(rendu)
    if carte == "immediat":
        return ["remboursement.effectue"]
    rendu.statut, rendu.repond_a = "en_attente", maintenant + ATTENTE_REMBOURSEMENT
    rendu.fin = "refuse" if carte == "refuse" else "effectue"
    return ["remboursement.en_attente"]


def ripen(session: Session, maintenant: datetime) -> list[str]:
    """What time brings: banks that answer late, pages that expire, refunds that end."""
    evenements: list[str] = []
    for tentative in session.tentatives:
        if tentative.issue == "en_cours" and tentative.repond_a is not None and tentative.repond_a <= maintenant:
            evenements += accept(session, tentative)
    if session.etat == "ouverte" and session.expire_a <= maintenant:
        evenements += expire(session)
    for rendu in session.remboursements:
        if rendu.statut == "en_attente" and rendu.repond_a is not None and rendu.repond_a <= maintenant:
            rendu.statut = rendu.fin
            rendu.motif = "compte_cloture" if rendu.fin == "refuse" else rendu.motif
            evenements.append(f"remboursement.{rendu.fin}")
    return evenements
