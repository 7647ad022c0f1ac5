"""The messages of this context, declared in its manifest, and what makes them leave."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from guichet.annuaire.facade import is_mobile
from guichet.notifications.facade import Canal, Marque, Modele, PieceJointe, queue_notification
from guichet.rdv.billets import build_billet
from guichet.rdv.documents.agenda import make_ics
from guichet.rdv.documents.billet import Billet, make_pdf, qr_png
from guichet.rdv.facade import MotifAnnulation, RdvVue, Statut, build_cree, get_rdv
from guichet.rdv.messages import ConfirmationRequested, RdvCancelled, RdvCreated, RdvUpdated
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


EXEMPLE: Final = Billet(
    rdv_id="018f0000-0000-7000-8000-000000000001",
    numero="RDV-K7M42PXQ",
    sequence=0,
    statut=Statut.CONFIRME.value,
    debut=datetime(2026, 11, 24, 13, 30, tzinfo=UTC),
    fin=datetime(2026, 11, 24, 14, 15, tzinfo=UTC),
    fuseau="Europe/Paris",
    centre_nom="Lyon Monplaisir",
    centre_adresse="114 avenue des Frères-Lumière, 69008 Lyon",
    centre_telephone="04 65 71 01 18",
    immatriculation="FV-482-KQ",
    vehicule="Renault Clio V",
    vehicule_type="VP",
    type_controle="CTP",
    montant_cents=7900,
    client_nom="Camille Renaudin",
    client_email="camille.renaudin@courriel.example",
    gratuit_jusqua=datetime(2026, 11, 23, 13, 30, tzinfo=UTC),
    lien="https://guichet.example/mes-rdv/exemple",
)
CONFIRMATION: Final = Modele(
    nom="rdv.confirmation",
    libelle=lazy("Confirmation de rendez-vous"),
    donnees=Billet,
    dossier=DOSSIER,
    pieces=_pieces,
    canaux=frozenset({Canal.EMAIL, Canal.SMS}),
    exemple=EXEMPLE,
)
ANNULATION: Final = Modele(
    nom="rdv.annulation",
    libelle=lazy("Annulation de rendez-vous"),
    donnees=Billet,
    dossier=DOSSIER,
    pieces=_pieces,
    canaux=frozenset({Canal.EMAIL, Canal.SMS}),
    exemple=EXEMPLE.model_copy(update={"statut": Statut.ANNULE.value}),
)
MODELES: Final = (CONFIRMATION, ANNULATION)
TENUES: Final = frozenset({"remplace", "paiement_abandonne", "paiement_tardif"})
"""Reasons of a cancellation that ends a hold."""


async def confirm_by_mail(session: AsyncSession, event: RdvCreated) -> None:
    """Write the confirmation of a confirmed appointment, once."""
    rdv = await get_rdv(session, event.rdv_id)
    if rdv.statut is not Statut.CONFIRME:
        return
    await _queue(session, CONFIRMATION, rdv)


async def confirm_paid_by_mail(session: AsyncSession, event: RdvUpdated) -> None:
    """Write the confirmation of a hold once it is paid."""
    rdv = await get_rdv(session, event.rdv_id)
    if "statut" in event.champs and rdv.statut is Statut.CONFIRME:
        await _queue(session, CONFIRMATION, rdv)


async def tell_cancellation(session: AsyncSession, event: RdvCancelled) -> None:
    """Write that an appointment is cancelled; nothing for a hold that was given up or lapsed, which was never confirmed."""
    rdv = await get_rdv(session, event.rdv_id)
    if event.motif == MotifAnnulation.EXPIRATION or event.raison in TENUES:
        return
    await _queue(session, ANNULATION, rdv)


async def confirm_again(session: AsyncSession, event: ConfirmationRequested) -> None:
    """Write the confirmation once more for each time it was asked."""
    rdv = await get_rdv(session, event.rdv_id)
    if rdv.statut is Statut.CONFIRME:
        await _queue(session, CONFIRMATION, rdv, suite=f":renvoi{event.rang}")


async def _queue(session: AsyncSession, modele: Modele, rdv: RdvVue, *, suite: str = "") -> None:
    """By mail, or by text message to who left a mobile number alone."""
    voie = _way(rdv)
    if voie is None:
        return
    canal, adresse = voie
    jeton = build_cree(session, rdv, maintenant=now()).jeton
    await queue_notification(
        session,
        modele=modele.nom,
        canal=canal,
        destinataire=adresse,
        locale=rdv.langue,
        donnees=build_billet(rdv, jeton=jeton).model_dump(mode="json"),
        cle=f"{modele.nom}:{rdv.id}:{rdv.sequence}{suite}",
    )


def _way(rdv: RdvVue) -> tuple[Literal["email", "sms"], str] | None:
    """How its customer is reached; None for who left no address of any kind."""
    if rdv.client.email:
        return "email", rdv.client.email
    if rdv.client.telephone and is_mobile(rdv.client.telephone):
        return "sms", rdv.client.telephone
    return None
