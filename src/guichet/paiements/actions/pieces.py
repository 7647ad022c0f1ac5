"""Issuing accounting documents: a number from the counter, the figures copied and sealed, in the operation's commit."""

from dataclasses import asdict
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import General, get_reglages, get_tenant
from guichet.paiements.metier.montants import credit_lines, totals_by_rate
from guichet.paiements.metier.pieces import build_code, choose_serie, seal
from guichet.paiements.metier.types import Serie
from guichet.paiements.questions.fiches import read_acheteur, read_lignes
from guichet.paiements.reglages import ReglagesPaiement
from guichet.paiements.tables import Operation, Paiement, Piece
from guichet.socle.database import raw
from guichet.socle.horloge import now
from guichet.socle.ids import new_id

# The row is held until the commit: whoever comes next waits for the number, and a rollback gives it back.
NUMERO = """
insert into paiements.compteur (tenant_id, serie, exercice, dernier) values (%s, %s, %s, 1)
on conflict (tenant_id, serie, exercice) do update set dernier = paiements.compteur.dernier + 1
returning dernier
"""


async def issue_piece(
    session: AsyncSession, *, paiement: Paiement, operation: Operation, serie: Serie | None = None, motif: str = ""
) -> Piece:
    """The document of an operation: an invoice for a company, a receipt for a person, or the `serie` asked for.

    A credit note names the document it reduces. Everything it says is copied now; nothing is read again to show it.
    """
    acheteur = read_acheteur(paiement.acheteur)
    choisie = serie or choose_serie(acheteur.siret)
    origine = await _original(session, paiement.id) if choisie is Serie.AVOIR else None
    instant = now()
    exercice = instant.astimezone(ZoneInfo(paiement.fuseau)).year
    lignes = read_lignes(paiement.lignes)
    if operation.montant_cents != paiement.montant_cents:
        lignes = tuple(credit_lines(lignes, operation.montant_cents))
    vendeur = await _vendeur(session, paiement.tenant_id)
    numero = await _next_number(session, paiement.tenant_id, choisie, exercice)
    code = build_code(choisie, exercice, numero)
    contenu, empreinte = seal(
        {
            "serie": choisie.value,
            "code": code,
            "emise_a": instant.isoformat(),
            "fuseau": paiement.fuseau,
            "langue": paiement.langue,
            "vendeur": vendeur,
            "acheteur": asdict(acheteur),
            "lignes": [{**asdict(ligne), "ht_cents": ligne.ht_cents, "tva_cents": ligne.tva_cents} for ligne in lignes],
            "totaux": [asdict(total) for total in totals_by_rate(lignes)],
            "montant_cents": operation.montant_cents,
            "moyen": paiement.moyen,
            "canal": paiement.canal,
            "reference": paiement.reference,
            "motif": motif,
            "annule": origine.code if origine else "",
        }
    )
    piece = Piece(
        id=new_id(),
        tenant_id=paiement.tenant_id,
        serie=choisie.value,
        exercice=exercice,
        numero=numero,
        code=code,
        paiement_id=paiement.id,
        operation_id=operation.id,
        annule_id=origine.id if origine else None,
        montant_cents=operation.montant_cents,
        contenu=contenu,
        empreinte=empreinte,
        emise_a=instant,
    )
    session.add(piece)
    await session.flush()
    return piece


async def _next_number(session: AsyncSession, tenant_id: UUID, serie: Serie, exercice: int) -> int:
    cursor = await (await raw(session)).execute(NUMERO, (tenant_id, serie.value, exercice))
    row = await cursor.fetchone()
    assert row is not None
    return int(row[0])


async def _original(session: AsyncSession, paiement_id: UUID) -> Piece | None:
    found: Piece | None = await session.scalar(
        select(Piece)
        .where(Piece.paiement_id == paiement_id, Piece.serie != Serie.AVOIR.value)
        .order_by(Piece.emise_a, Piece.id)
        .limit(1)
    )
    return found


async def _vendeur(session: AsyncSession, tenant_id: UUID) -> dict[str, Any]:
    reglages = await get_reglages(session, ReglagesPaiement)
    general = await get_reglages(session, General)
    tenant = await get_tenant(session, tenant_id=tenant_id)
    return {
        "nom": reglages.raison_sociale or tenant.nom,
        "adresse": reglages.adresse or general.adresse,
        "siret": reglages.siret,
        "tva": reglages.tva_intracommunautaire,
        "mentions": reglages.mentions,
        "email": general.email,
        "telephone": general.telephone,
    }
