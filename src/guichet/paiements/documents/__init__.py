"""Receipts, invoices and credit notes as accessible PDF, from what was sealed when they were issued."""

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.notifications.facade import Marque, load_marque
from guichet.paiements.metier.pieces import is_sealed
from guichet.paiements.metier.types import Moyen, Serie
from guichet.paiements.tables import Piece
from guichet.socle.documents import compile_pdf
from guichet.socle.errors import NotFound
from guichet.socle.i18n import _, format_date, format_montant, format_nombre, lazy, use_locale

MODELE: Final = Path(__file__).with_name("piece.typ")
TITRES: Final[dict[Serie, str]] = {
    Serie.RECU: lazy("Reçu"),
    Serie.FACTURE: lazy("Facture"),
    Serie.AVOIR: lazy("Avoir"),
}
MOYENS: Final[dict[Moyen, str]] = {
    Moyen.CARTE_BANCAIRE: lazy("Carte bancaire"),
    Moyen.ESPECES: lazy("Espèces"),
    Moyen.CHEQUE: lazy("Chèque"),
}


class PieceAlteree(RuntimeError):
    """A kept document is no longer the one that was issued: nothing is shown of it."""


async def build_piece_pdf(session: AsyncSession, *, paiement_id: UUID, piece_id: UUID) -> tuple[str, bytes]:
    """A document's code and its PDF, in the language and with the figures it was issued with.

    Raises NotFound `PIECE_NOT_FOUND`, PieceAlteree.
    """
    piece = await session.scalar(
        select(Piece)
        .where(Piece.id == piece_id, Piece.paiement_id == paiement_id)
        .execution_options(populate_existing=True)
    )
    if piece is None:
        raise NotFound(_("Cette pièce est introuvable."), code="PIECE_NOT_FOUND")
    if not is_sealed(piece.contenu, piece.empreinte):
        raise PieceAlteree(piece.code)
    marque = await load_marque(session, tenant_id=piece.tenant_id)
    return piece.code, build_pdf(json.loads(piece.contenu), marque)


def build_pdf(contenu: dict[str, Any], marque: Marque) -> bytes:
    """The PDF/UA of a sealed document; the same document gives the same bytes."""
    with use_locale(contenu["langue"]):
        donnees = document_data(contenu, marque)
    return compile_pdf(MODELE, donnees, date=datetime.fromisoformat(contenu["emise_a"]))


def document_data(contenu: dict[str, Any], marque: Marque) -> dict[str, Any]:
    """What the template shows, in the language in progress: words and figures, ready to print."""
    serie = Serie(contenu["serie"])
    titre = f"{TITRES[serie]} {contenu['code']}"
    emise = datetime.fromisoformat(contenu["emise_a"]).astimezone(ZoneInfo(contenu["fuseau"]))
    vendeur = contenu["vendeur"]
    signe = -1 if serie is Serie.AVOIR else 1
    return {
        "langue": contenu["langue"],
        "titre": titre,
        "emetteur": vendeur["nom"],
        "nature": str(TITRES[serie]),
        "pied": " · ".join(part for part in (vendeur["nom"], _siret(vendeur["siret"]), vendeur["mentions"]) if part),
        "palette": asdict(marque.palette),
        "phrase": _phrase(contenu, serie),
        "faits": _faits(contenu, serie, emise),
        "parties": [
            {"titre": _("Vendeur"), "lignes": _partie(vendeur)},
            {"titre": _("Client"), "lignes": _partie(contenu["acheteur"])},
        ],
        "entetes": [_("Prestation"), _("Prix HT"), _("TVA"), _("Prix TTC")],
        "lignes": [
            [
                ligne["libelle"],
                format_montant(signe * ligne["ht_cents"]),
                _taux(ligne["taux_tva_pour_mille"]),
                format_montant(signe * ligne["montant_cents"]),
            ]
            for ligne in contenu["lignes"]
        ],
        "totaux": [
            *(
                (_("TVA {taux}", taux=_taux(t["taux_pour_mille"])), format_montant(signe * t["tva_cents"]))
                for t in contenu["totaux"]
            ),
            (_("Total HT"), format_montant(signe * sum(t["ht_cents"] for t in contenu["totaux"]))),
        ],
        "total": [_("Total TTC"), format_montant(signe * contenu["montant_cents"])],
    }


def _phrase(contenu: dict[str, Any], serie: Serie) -> str:
    montant = format_montant(contenu["montant_cents"])
    if serie is Serie.AVOIR:
        return _("{montant} vous sont rendus.", montant=montant)
    return _("{montant} payés, merci.", montant=montant)


def _faits(contenu: dict[str, Any], serie: Serie, emise: datetime) -> list[tuple[str, str]]:
    faits = [
        (_("Numéro"), contenu["code"]),
        (_("Date"), format_date(emise, "mois")),
        (_("Moyen de paiement"), str(MOYENS[Moyen(contenu["moyen"])])),
        (_("Référence"), contenu["reference"]),
    ]
    if serie is Serie.AVOIR:
        faits += [(_("Annule en tout ou partie"), contenu["annule"]), (_("Motif"), contenu["motif"])]
    return [(nom, valeur) for nom, valeur in faits if valeur]


def _partie(qui: dict[str, Any]) -> list[str]:
    lignes = [qui["nom"], qui["adresse"], _siret(qui["siret"])]
    if qui.get("tva"):
        lignes.append(_("TVA intracommunautaire {numero}", numero=qui["tva"]))
    return [ligne for ligne in [*lignes, qui["email"]] if ligne]


def _siret(siret: str) -> str:
    return _("SIRET {numero}", numero=siret) if siret else ""


def _taux(pour_mille: int) -> str:
    decimales = 0 if pour_mille % 10 == 0 else 1
    return f"{format_nombre(pour_mille / 10, decimales)}\N{NO-BREAK SPACE}%"
