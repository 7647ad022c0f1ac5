"""The payment page: what is owed, the provider's card fields framed in it, what became of it.

No transaction is open while the provider is asked. The page belongs to whoever holds its link.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import quote, urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse, Response

from guichet.identite.facade import read_lien
from guichet.paiements import echanges
from guichet.paiements.documents import build_piece_pdf
from guichet.paiements.facade import PaiementVue, RecuVue, Statut, get_paiement, list_pieces
from guichet.paiements.metier.types import MotifEchec
from guichet.paiements.permissions import GENRE_LIEN, paiement_not_found
from guichet.paiements.port import FournisseurIndisponible, FournisseurRefuse, SessionPaiement
from guichet.paiements.reglages import sandbox_url
from guichet.socle.acces import PUBLIC
from guichet.socle.database import get_database
from guichet.socle.i18n import _, format_date, format_heure, lazy
from guichet.socle.settings import get_settings
from guichet.ui.facade import local_path, render

router = APIRouter(include_in_schema=False)
PHRASES: dict[str, str] = {
    MotifEchec.ABANDON: lazy("Vous avez renoncé à payer. Aucun montant n'a été pris."),
    MotifEchec.ANNULE: lazy("Ce paiement a été annulé. Aucun montant n'a été pris."),
    MotifEchec.EXPIRATION: lazy("Le délai pour payer est passé. Aucun montant n'a été pris."),
    MotifEchec.TENTATIVES: lazy("Trop de cartes ont été refusées. Aucun montant n'a été pris."),
}


class SourcesCadre(Mapping[str, tuple[str, ...]]):
    """What the content policy of pages must allow: the frames of providers. Read when the application is made."""

    def _sources(self) -> dict[str, tuple[str, ...]]:
        url = sandbox_url(get_settings())
        return {"frame-src": (url,)} if url else {}

    def __getitem__(self, nom: str) -> tuple[str, ...]:
        return self._sources()[nom]

    def __iter__(self) -> Iterator[str]:
        return iter(self._sources())

    def __len__(self) -> int:
        return len(self._sources())


@dataclass(frozen=True)
class Ouvert:
    """A payment somebody's link opens."""

    tenant_id: UUID
    id: UUID
    jeton: str

    def address(self, suite: str = "") -> str:
        """A page of this payment."""
        return f"/paiement/{self.id}{suite}?lien={quote(self.jeton)}"

    async def read(self) -> tuple[PaiementVue, list[RecuVue]]:
        """The payment and its documents. Raises NotFound `PAIEMENT_NOT_FOUND`."""
        async with get_database().transaction(self.tenant_id, read_only=True) as session:
            return await get_paiement(session, paiement_id=self.id), await list_pieces(session, paiement_id=self.id)

    async def sync(self) -> bool:
        """Ask the provider now; False when it does not answer."""
        try:
            await echanges.sync_paiement(self.tenant_id, self.id)
        except (FournisseurIndisponible, FournisseurRefuse):
            return False
        return True


def open_by_link(paiement_id: UUID, lien: str) -> Ouvert:
    """The payment a link opens. Raises Forbidden `LIEN_INVALIDE`, NotFound `PAIEMENT_NOT_FOUND` for another one's link."""
    opened = read_lien(lien)
    if opened.genre != GENRE_LIEN or opened.cible != paiement_id:
        raise paiement_not_found()
    return Ouvert(opened.tenant_id, paiement_id, lien)


async def opened(paiement_id: UUID, lien: Annotated[str, Query()] = "") -> Ouvert:
    """The payment of an address."""
    return open_by_link(paiement_id, lien)


Demande = Annotated[Ouvert, Depends(opened)]


@router.get("/paiement/success", dependencies=[PUBLIC])
async def come_back(request: Request, paiement: UUID, lien: Annotated[str, Query()] = "") -> Response:
    """Back from the provider: its word is asked for at once, the notification may come later."""
    demande = open_by_link(paiement, lien)
    await demande.sync()
    vue, pieces = await demande.read()
    if vue.encaisse_cents and vue.retour_url:
        return RedirectResponse(_home(vue.retour_url), 303)
    return _state(request, demande, vue, pieces, attente=vue.statut == Statut.PENDING)


@router.get("/paiement/{paiement_id}", dependencies=[PUBLIC])
async def show_paiement(request: Request, demande: Demande, attente: bool = False) -> Response:
    """What is owed and how to pay it; what became of it otherwise. `attente`: the person has paid and waits for the word."""
    vue, pieces = await demande.read()
    if vue.statut == Statut.PENDING:
        answered = await demande.sync()
        vue, pieces = await demande.read()
        if vue.statut == Statut.PENDING and not attente:
            return await _form(request, demande, vue, reachable=answered)
    return _state(request, demande, vue, pieces, attente=attente)


@router.get("/paiement/{paiement_id}/prestataire", dependencies=[PUBLIC])
async def go_to_provider(request: Request, demande: Demande) -> Response:
    """To the provider's own page, opened at the first visit: for browsers without script, and providers without fields."""
    page = await _page(demande)
    if page is None:
        vue, pieces = await demande.read()
        if vue.statut == Statut.PENDING:
            return await _form(request, demande, vue, reachable=False)
        return _state(request, demande, vue, pieces, attente=False)
    return RedirectResponse(page.url, 303)


@router.get("/paiement/{paiement_id}/pieces/{piece_id}.pdf", dependencies=[PUBLIC])
async def send_piece(demande: Demande, piece_id: UUID) -> Response:
    """A receipt, an invoice or a credit note."""
    async with get_database().transaction(demande.tenant_id, read_only=True) as session:
        code, pdf = await build_piece_pdf(session, paiement_id=demande.id, piece_id=piece_id)
    headers = {"Content-Disposition": f'inline; filename="{code}.pdf"', "Cache-Control": "private, no-cache"}
    return Response(pdf, media_type="application/pdf", headers=headers)


async def _page(demande: Ouvert) -> SessionPaiement | None:
    try:
        return await echanges.ensure_session(demande.tenant_id, demande.id)
    except (FournisseurIndisponible, FournisseurRefuse):
        return None


async def _form(request: Request, demande: Ouvert, vue: PaiementVue, *, reachable: bool) -> Response:
    page = await _page(demande) if reachable else None
    champs = page.champs_url if page is not None else ""
    return render(
        request,
        "paiements/payer.html",
        status=200 if page is not None else 503,
        paiement=vue,
        champs=champs,
        origine="{0.scheme}://{0.netloc}".format(urlsplit(champs)),
        prestataire=demande.address("/prestataire") if page is not None else "",
        retour=f"/paiement/success?paiement={demande.id}&lien={quote(demande.jeton)}",
        ici=demande.address(),
        limite=_hour(vue, vue.expire_a),
    )


def _home(adresse: str) -> str:
    """Where the person goes afterwards: a page of this site, given as a path or in full."""
    return local_path(adresse.removeprefix(get_settings().url)) if adresse else ""


def _state(request: Request, demande: Ouvert, vue: PaiementVue, pieces: list[RecuVue], *, attente: bool) -> Response:
    encaisse = bool(vue.encaisse_cents)
    attend = attente and vue.statut == Statut.PENDING
    return render(
        request,
        "paiements/etat.html",
        paiement=vue,
        attend=attend,
        encaisse=encaisse,
        phrase="" if encaisse or attend else str(PHRASES.get(vue.motif or "", PHRASES[MotifEchec.EXPIRATION])),
        titre=_title(vue, attend=attend),
        paye_le=_day(vue, vue.paye_a),
        pieces=[(piece, demande.address(f"/pieces/{piece.id}.pdf")) for piece in pieces],
        ici=demande.address() + "&attente=1",
        suite=_home(vue.retour_url),
    )


def _title(vue: PaiementVue, *, attend: bool) -> str:
    if attend:
        return _("Paiement en cours")
    if vue.statut == Statut.REFUNDED:
        return _("Paiement remboursé")
    return _("Paiement reçu") if vue.encaisse_cents else _("Paiement non effectué")


def _hour(vue: PaiementVue, instant: datetime | None) -> str:
    return format_heure(instant, zone=ZoneInfo(vue.fuseau)) if instant else ""


def _day(vue: PaiementVue, instant: datetime | None) -> str:
    return format_date(instant.astimezone(ZoneInfo(vue.fuseau)), "mois") if instant else ""
