"""The appointments of this browser, the ticket of one, its files, its cancellation. No account: a signed link opens one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from markupsafe import Markup

from guichet.notifications.facade import load_marque, mask_address
from guichet.paiements.facade import sells_online
from guichet.rdv import mots
from guichet.rdv.actions.payer import ask_payment, read_reste
from guichet.rdv.actions.rembourser import Rendu, reckon_refund
from guichet.rdv.billets import build_billet
from guichet.rdv.documents.agenda import make_ics
from guichet.rdv.documents.billet import MODELE, document_data, qr_svg
from guichet.rdv.facade import (
    MotifAnnulation,
    PaiementMode,
    RdvVue,
    Statut,
    cancel_rdv,
    get_rdv_by_lien,
    list_rdv_by_liens,
)
from guichet.rdv.pages.carnet import read_liens, remember
from guichet.rdv.pages.presentation import directions, full_address, readable_phone
from guichet.rdv.pages.vues import RdvLigneVue
from guichet.socle.acces import PUBLIC, CurrentAppelant
from guichet.socle.documents import render_pdf
from guichet.socle.errors import NotFound
from guichet.socle.horloge import now
from guichet.socle.i18n import _, current_locale, format_montant, format_relatif
from guichet.socle.settings import get_settings
from guichet.socle.web import Lecture, Tx
from guichet.ui.facade import redirect, render

router = APIRouter()

GENRES: Final = {
    Statut.EN_ATTENTE_PAIEMENT: ("attention", "hourglass"),
    Statut.CONFIRME: ("ok", "circle-check"),
    Statut.EN_COURS: ("info", "play"),
    Statut.TERMINE: ("", "check"),
    Statut.ABSENT: ("attention", "circle-x"),
    Statut.ANNULE: ("", "undo-2"),
}


@dataclass(frozen=True)
class Ouvert:
    """An appointment opened by its link."""

    rdv: RdvVue
    jeton: str

    @property
    def is_annulable(self) -> bool:
        """May its customer still cancel it?"""
        return self.rdv.statut in {Statut.CONFIRME, Statut.EN_ATTENTE_PAIEMENT} and self.rdv.debut > now()

    def address(self, suite: str = "") -> str:
        """One of its pages, with the link."""
        return rdv_address(self.rdv.id, self.jeton, suite)


def rdv_address(rdv_id: UUID, jeton: str, suite: str = "") -> str:
    """A page of an appointment: its ticket, or `/billet.pdf`, `/rendez-vous.ics`, `/annuler`."""
    return f"/mes-rdv/{rdv_id}{suite}?lien={quote(jeton)}"


async def opened(request: Request, session: Lecture, rdv_id: UUID, lien: Annotated[str, Query()] = "") -> Ouvert:
    """The appointment of an address: by the link in it, else by this browser's cookie.

    Raises Forbidden `LIEN_INVALIDE`, Gone `LIEN_EXPIRE`, NotFound `RDV_NOT_FOUND`.
    """
    jeton = lien or read_liens(request).get(rdv_id, "")
    if not jeton:
        raise _unknown()
    rdv = await get_rdv_by_lien(session, jeton=jeton)
    if rdv.id != rdv_id:
        raise _unknown()
    return Ouvert(rdv, jeton)


Demande = Annotated[Ouvert, Depends(opened, scope="function")]


def _unknown() -> NotFound:
    return NotFound(_("Ce rendez-vous est introuvable."), code="RDV_NOT_FOUND")


@router.get("/mes-rdv", dependencies=[PUBLIC])
async def show_mes_rdv(request: Request) -> Response:
    """The appointments booked in this browser, coming ones first."""
    liens = read_liens(request)
    rdvs = await list_rdv_by_liens(jetons=list(liens.values()))
    maintenant = now()
    lignes = [(_is_coming(rdv, maintenant), line_view(rdv, liens[rdv.id], maintenant)) for rdv in rdvs]
    return render(
        request,
        "rdv/mes_rdv.html",
        a_venir=[vue for a_venir, vue in lignes if a_venir],
        passes=[vue for a_venir, vue in reversed(lignes) if not a_venir],
    )


def _is_coming(rdv: RdvVue, maintenant: datetime) -> bool:
    return rdv.fin > maintenant and rdv.statut not in {Statut.ANNULE, Statut.TERMINE, Statut.ABSENT}


def line_view(rdv: RdvVue, jeton: str, maintenant: datetime) -> RdvLigneVue:
    """An appointment of the list."""
    genre, icone = GENRES[rdv.statut]
    vehicule = " ".join(p for p in (rdv.vehicule.marque, rdv.vehicule.modele) if p)
    controle = mots.controle_et_vehicule(rdv.type_controle, rdv.vehicule.type)
    annulable = Ouvert(rdv, jeton).is_annulable
    return RdvLigneVue(
        debut=rdv.debut_local,
        titre=f"{mots.CONTROLES[rdv.type_controle]}, {vehicule}" if vehicule else controle,
        immatriculation=rdv.vehicule.immatriculation,
        lieu=f"{rdv.centre.nom}, {full_address(rdv.centre.adresse, rdv.centre.code_postal, rdv.centre.ville)}",
        statut=str(mots.STATUTS[rdv.statut]),
        statut_genre=genre,
        statut_icone=icone,
        relatif=format_relatif(rdv.debut, maintenant),
        billet_href=rdv_address(rdv.id, jeton),
        annuler_href=rdv_address(rdv.id, jeton, "/annuler") if annulable else "",
        gratuit_jusqua=_("Annulation gratuite") if annulable else "",
        centimes=rdv.montant_cents,
    )


@router.get("/mes-rdv/{rdv_id}", dependencies=[PUBLIC])
async def show_billet(request: Request, session: Lecture, demande: Demande, nouveau: bool = False) -> Response:
    """The ticket, with what a new price leaves to pay. `nouveau`: it was booked a moment ago, and the page says so."""
    rdv = demande.rdv
    reste = await read_reste(session, rdv)
    billet = build_billet(rdv, jeton=demande.jeton)
    annule = billet.is_annule
    etat = _("Rendez-vous annulé") if annule else str(mots.STATUTS[rdv.statut])
    precision = ""
    if nouveau and not annule:
        etat = _("Votre rendez-vous est confirmé")
        if rdv.client.email:
            precision = _("La confirmation part à {adresse}.", adresse=mask_address(rdv.client.email))
    reponse = render(
        request,
        "rdv/confirmation.html",
        billet=billet,
        nouveau=nouveau and not annule,
        titre=_("Rendez-vous annulé") if annule else _("Rendez-vous confirmé") if nouveau else _("Votre rendez-vous"),
        etat=etat,
        phrase=_("Ce rendez-vous est annulé.") if annule else billet.phrase,
        precision=precision,
        qr=Markup(qr_svg(billet)) if not annule else "",  # noqa: S704  drawn by us from the number
        controle=mots.controle_et_vehicule(rdv.type_controle, rdv.vehicule.type),
        montant_phrase=_price(rdv),
        reste=format_montant(reste) if reste else "",
        payer_href=demande.address("/payer") if reste and await sells_online(session) else "",
        ics_href=demande.address("/rendez-vous.ics"),
        pdf_href=demande.address("/billet.pdf"),
        annuler_href=demande.address("/annuler") if demande.is_annulable else "",
        partage=_("{jour} à {heure}, {centre}", jour=billet.jour_court, heure=billet.heure, centre=billet.centre_nom),
        itineraire=directions(rdv.centre.lat, rdv.centre.lon),
        telephone=readable_phone(rdv.centre.telephone),
        telephone_lien=rdv.centre.telephone or "",
        reprendre_href="/",
    )
    remember(request, reponse, demande.jeton)
    return reponse


@router.post("/mes-rdv/{rdv_id}/payer", dependencies=[PUBLIC])
async def pay_rest(request: Request, session: Tx, appelant: CurrentAppelant, rdv_id: UUID) -> Response:
    """To the page where what a new price left to pay is paid. The link in the address says who asks."""
    paiement = await ask_payment(session, rdv_id=rdv_id, appelant=appelant)
    return redirect(request, paiement.url_paiement.removeprefix(get_settings().url))


def _price(rdv: RdvVue) -> str:
    if rdv.montant_cents is None:
        return ""
    if not rdv.montant_cents:
        return _("Gratuit")
    if rdv.paiement_mode is PaiementMode.EN_LIGNE:
        return _("{montant}, en ligne", montant=format_montant(rdv.montant_cents))
    return _("{montant}, sur place", montant=format_montant(rdv.montant_cents))


@router.get("/mes-rdv/{rdv_id}/billet.pdf", dependencies=[PUBLIC])
async def send_pdf(session: Lecture, demande: Demande) -> Response:
    """The ticket as an accessible PDF."""
    rdv, locale = demande.rdv, current_locale()
    marque = await load_marque(session, tenant_id=rdv.tenant_id)
    billet = build_billet(rdv, jeton=demande.jeton)
    pdf = await render_pdf(MODELE, document_data(billet, marque, locale), date=rdv.created_at)
    return _file(pdf, "application/pdf", f"{rdv.numero}.pdf", inline=True)


@router.get("/mes-rdv/{rdv_id}/rendez-vous.ics", dependencies=[PUBLIC])
async def send_ics(session: Lecture, demande: Demande) -> Response:
    """The appointment as a calendar file."""
    rdv = demande.rdv
    marque = await load_marque(session, tenant_id=rdv.tenant_id)
    billet = build_billet(rdv, jeton=demande.jeton)
    ics = make_ics(billet, marque, current_locale(), date=now())
    return _file(ics, "text/calendar; charset=utf-8", f"{rdv.numero}.ics", inline=False)


def _file(contenu: bytes, type_mime: str, nom: str, *, inline: bool) -> Response:
    sens = "inline" if inline else "attachment"
    headers = {"Content-Disposition": f'{sens}; filename="{nom}"', "Cache-Control": "private, no-cache"}
    return Response(contenu, media_type=type_mime, headers=headers)


@router.get("/mes-rdv/{rdv_id}/annuler", dependencies=[PUBLIC])
async def ask_annulation(request: Request, session: Lecture, demande: Demande) -> Response:
    """What cancelling does, before it is done; of what was paid online, what comes back."""
    if not demande.is_annulable:
        return redirect(request, demande.address())
    return render(
        request,
        "rdv/annuler.html",
        billet=build_billet(demande.rdv, jeton=demande.jeton),
        argent=_refund(await reckon_refund(session, demande.rdv, motif=MotifAnnulation.CLIENT)),
        retour_href=demande.address(),
        action=demande.address("/annuler"),
    )


def _refund(rendu: Rendu) -> str:
    if not rendu.paye_cents:
        return _("Vous n'avez rien payé : rien n'est à rembourser.")
    paye, rendus = format_montant(rendu.paye_cents), format_montant(rendu.rendu_cents)
    if rendu.rendu_cents == rendu.paye_cents:
        return _("Les {montant} payés vous sont rendus sur votre carte.", montant=paye)
    if not rendu.rendu_cents:
        return _("C'est trop tard pour un remboursement : les {montant} payés restent au centre.", montant=paye)
    return _("Sur les {paye} payés, {rendu} vous sont rendus sur votre carte.", paye=paye, rendu=rendus)


@router.post("/mes-rdv/{rdv_id}/annuler", dependencies=[PUBLIC])
async def cancel(request: Request, session: Tx, appelant: CurrentAppelant, rdv_id: UUID, lien: str = "") -> Response:
    """Cancel; again, the same answer. The link in the address says who asks."""
    await cancel_rdv(session, rdv_id=rdv_id, appelant=appelant)
    return redirect(request, rdv_address(rdv_id, lien), message=_("Le rendez-vous est annulé."))
