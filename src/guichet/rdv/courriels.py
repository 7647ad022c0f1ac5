"""The mails of this context, declared in its manifest."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from guichet.notifications.facade import Marque, Modele, PieceJointe
from guichet.rdv.documents.agenda import make_ics
from guichet.rdv.documents.billet import Billet, make_pdf, qr_png
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
