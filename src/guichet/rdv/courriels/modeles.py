"""The templates of this context, declared in its manifest, and the files that travel with them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from guichet.notifications.facade import Canal, Marque, Modele, PieceJointe
from guichet.paiements.facade import build_piece_pdf
from guichet.rdv.courriels.donnees import (
    BilletAnnule,
    BilletConfie,
    BilletControle,
    BilletDeplace,
    BilletTardif,
    Compte,
)
from guichet.rdv.documents.agenda import make_ics
from guichet.rdv.documents.billet import Billet, make_pdf, qr_png
from guichet.rdv.metier.types import Resultat, Statut
from guichet.socle.database import get_database
from guichet.socle.horloge import now
from guichet.socle.i18n import lazy

DOSSIER = Path(__file__).parents[1] / "templates" / "rdv" / "courriels"
CANAUX: Final = frozenset({Canal.EMAIL, Canal.SMS})


async def _pieces(billet: Billet, marque: Marque, locale: str) -> Sequence[PieceJointe]:
    """The ticket as code, calendar event and PDF; of a cancelled one, what takes it out of calendars."""
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


async def _tardif(billet: BilletTardif, marque: Marque, locale: str) -> Sequence[PieceJointe]:
    """The ticket of a place found again; a place that is gone was in no calendar."""
    return [] if billet.is_annule else await _pieces(billet, marque, locale)


async def _rappel(billet: Billet, _marque: Marque, _locale: str) -> Sequence[PieceJointe]:
    """The code alone: the event is in the calendar already."""
    return [PieceJointe(nom="code.png", type_mime="image/png", contenu=qr_png(billet), cid="code")]


async def _document(compte: Compte, _marque: Marque, _locale: str) -> Sequence[PieceJointe]:
    """The receipt, invoice or credit note, with the figures it was sealed with."""
    if compte.piece_id is None:
        return []
    async with get_database().transaction(UUID(compte.tenant_id), read_only=True) as session:
        code, pdf = await build_piece_pdf(session, paiement_id=UUID(compte.paiement_id), piece_id=UUID(compte.piece_id))
    return [PieceJointe(nom=f"{code}.pdf", type_mime="application/pdf", contenu=pdf)]


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
_FAITS: Final[dict[str, Any]] = EXEMPLE.model_dump()
_ANNULE: Final[dict[str, Any]] = _FAITS | {"statut": Statut.ANNULE.value}
_FINI: Final[dict[str, Any]] = _FAITS | {"statut": Statut.TERMINE.value}
_PAYE: Final[dict[str, Any]] = {
    "somme_cents": 7900,
    "tenant_id": "018f0000-0000-7000-8000-000000000002",
    "paiement_id": "018f0000-0000-7000-8000-000000000003",
}


def _modele(nom: str, libelle: str, exemple: Billet, **autres: Any) -> Modele:
    return Modele(
        nom=f"rdv.{nom}",
        libelle=libelle,
        donnees=type(exemple),
        dossier=DOSSIER,
        canaux=CANAUX,
        exemple=exemple,
        **autres,
    )


CONFIRMATION: Final = _modele("confirmation", lazy("Confirmation de rendez-vous"), EXEMPLE, pieces=_pieces)
RAPPEL: Final = _modele("rappel", lazy("Rappel, la veille du rendez-vous"), EXEMPLE, pieces=_rappel, rappel=True)
DEPLACEMENT: Final = _modele(
    "deplacement",
    lazy("Rendez-vous déplacé"),
    BilletDeplace(
        **_FAITS | {"sequence": 1},
        avant_debut=datetime(2026, 11, 23, 8, 0, tzinfo=UTC),
        avant_fuseau="Europe/Paris",
    ),
    pieces=_pieces,
)
ANNULATION: Final = _modele(
    "annulation",
    lazy("Annulation de rendez-vous"),
    BilletAnnule(**_ANNULE, paye_cents=7900, rendu_cents=7900),
    pieces=_pieces,
)
PLACE_PERDUE: Final = _modele("place_perdue", lazy("Place rendue, faute de paiement"), Billet(**_ANNULE))
PAIEMENT_TARDIF: Final = _modele(
    "paiement_tardif", lazy("Paiement arrivé après l'heure"), BilletTardif(**_FAITS, somme_cents=7900), pieces=_tardif
)
RECU: Final = _modele("recu", lazy("Paiement reçu"), Compte(**_FAITS, **_PAYE, piece="R-2026-000042"), pieces=_document)
REMBOURSEMENT: Final = _modele(
    "remboursement",
    lazy("Remboursement fait"),
    Compte(**_ANNULE, **_PAYE, piece="A-2026-000007"),
    pieces=_document,
)
RESULTAT: Final = _modele(
    "resultat",
    lazy("Contrôle favorable, prochaine échéance"),
    BilletControle(**_FINI, resultat=Resultat.FAVORABLE.value, prochaine=date(2028, 11, 24)),
)
CONTRE_VISITE: Final = _modele(
    "contre_visite",
    lazy("Contre-visite à prévoir"),
    BilletControle(
        **_FINI,
        resultat=Resultat.CONTRE_VISITE.value,
        limite=date(2027, 1, 24),
        offerte=date(2027, 1, 24),
        lien_suite="https://guichet.example/recherche?lieu=69008+Lyon&type_controle=CVP",
    ),
)
CONTROLEUR: Final = _modele(
    "controleur", lazy("Changement de contrôleur"), BilletConfie(**_FAITS, controleur="Inès Morel")
)
MODELES: Final = (
    CONFIRMATION,
    RAPPEL,
    DEPLACEMENT,
    ANNULATION,
    PLACE_PERDUE,
    PAIEMENT_TARDIF,
    RECU,
    REMBOURSEMENT,
    RESULTAT,
    CONTRE_VISITE,
    CONTROLEUR,
)
