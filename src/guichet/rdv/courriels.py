"""The mails of this context, declared in its manifest, and what makes them leave."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from guichet.notifications.facade import Marque, Modele, PieceJointe, queue_notification
from guichet.rdv.billets import build_billet
from guichet.rdv.documents.agenda import make_ics
from guichet.rdv.documents.billet import Billet, make_pdf, qr_png
from guichet.rdv.facade import MotifAnnulation, RdvVue, Statut, build_cree, get_rdv
from guichet.rdv.messages import ConfirmationRequested, RdvCancelled, RdvCreated
from guichet.socle.horloge import now
from guichet.socle.i18n import lazy

DOSSIER = Path(__file__).parent / "templates" / "rdv" / "courriels"


async def _pieces(billet: Billet, marque: Marque, locale: str) -> Sequence[PieceJointe]:
    agenda = PieceJointe(
        nom=f"{billet.numero}.ics",
        type_mime="text/calendar",
        contenu=make_ics(billet, marque, locale, date=now(), invitation=True),
        parametres={"method": "CANCEL" if billet.is_annule else "REQUEST"},
    )
    if billet.is_annule:
        return [agenda]
    return [
        PieceJointe(nom="code.png", type_mime="image/png", contenu=qr_png(billet), cid="code"),
        agenda,
        PieceJointe(
            nom=f"{billet.numero}.pdf",
            type_mime="application/pdf",
            contenu=make_pdf(billet, marque, locale, date=now()),
        ),
    ]


CONFIRMATION: Final = Modele(
    nom="rdv.confirmation",
    libelle=lazy("Confirmation de rendez-vous"),
    donnees=Billet,
    dossier=DOSSIER,
    pieces=_pieces,
)
ANNULATION: Final = Modele(
    nom="rdv.annulation",
    libelle=lazy("Annulation de rendez-vous"),
    donnees=Billet,
    dossier=DOSSIER,
    pieces=_pieces,
)
MODELES: Final = (CONFIRMATION, ANNULATION)


async def confirm_by_mail(session: AsyncSession, event: RdvCreated) -> None:
    """Mail the confirmation of a confirmed appointment, once."""
    rdv = await get_rdv(session, event.rdv_id)
    if rdv.statut is not Statut.CONFIRME or not rdv.client.email:
        return
    await _queue(session, CONFIRMATION, rdv)


async def tell_cancellation(session: AsyncSession, event: RdvCancelled) -> None:
    """Mail that an appointment is cancelled; nothing for a hold that lapsed, which was never confirmed."""
    rdv = await get_rdv(session, event.rdv_id)
    if event.motif == MotifAnnulation.EXPIRATION or not rdv.client.email:
        return
    await _queue(session, ANNULATION, rdv)


async def confirm_again(session: AsyncSession, event: ConfirmationRequested) -> None:
    """Mail the confirmation once more for each time it was asked."""
    rdv = await get_rdv(session, event.rdv_id)
    if rdv.statut is Statut.CONFIRME and rdv.client.email:
        await _queue(session, CONFIRMATION, rdv, suite=f":renvoi{event.rang}")


async def _queue(session: AsyncSession, modele: Modele, rdv: RdvVue, *, suite: str = "") -> None:
    jeton = build_cree(session, rdv, maintenant=now()).jeton
    await queue_notification(
        session,
        modele=modele.nom,
        destinataire=rdv.client.email or "",
        locale=rdv.langue,
        donnees=build_billet(rdv, jeton=jeton).model_dump(mode="json"),
        cle=f"{modele.nom}:{rdv.id}:{rdv.sequence}{suite}",
    )
