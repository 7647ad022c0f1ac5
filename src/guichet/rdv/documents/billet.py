"""The data of a ticket, and the files made from it.

One value, `Billet`, carries all that a confirmation says; the mail, the PDF, the calendar event and the page are made
from it, so that they cannot disagree. It is stored with the mail until it is sent: plain JSON values only.
"""

from dataclasses import asdict
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import segno

from guichet.notifications.facade import Donnees, Marque
from guichet.rdv import mots
from guichet.socle.documents import compile_pdf
from guichet.socle.i18n import _, format_date, format_heure, format_instant, format_montant, use_locale

MODELE = Path(__file__).with_name("billet.typ")
AVANCE = timedelta(minutes=5)
SEPARATEUR = "/"


class Billet(Donnees):
    """An appointment as its customer knows it. `sequence` rises at each change; instants are aware; `code` is what the QR code
    holds, besides the number; `partiel`: paid before its price rose, so that a part is left to pay."""

    rdv_id: str
    numero: str
    sequence: int
    statut: str
    debut: datetime
    fin: datetime
    fuseau: str
    centre_nom: str
    centre_adresse: str
    centre_telephone: str = ""
    lat: float | None = None
    lon: float | None = None
    immatriculation: str
    vehicule: str = ""
    vehicule_type: str
    type_controle: str
    montant_cents: int | None = None
    paye: bool = False
    partiel: bool = False
    client_nom: str = ""
    client_email: str = ""
    gratuit_jusqua: datetime | None = None
    lien: str
    code: str = ""

    @property
    def zone(self) -> ZoneInfo:
        """The centre's own zone."""
        return ZoneInfo(self.fuseau)

    @property
    def debut_local(self) -> datetime:
        """The start on the centre's clock."""
        return self.debut.astimezone(self.zone)

    @property
    def fin_local(self) -> datetime:
        """The end on the centre's clock."""
        return self.fin.astimezone(self.zone)

    @property
    def is_annule(self) -> bool:
        """True once cancelled."""
        return self.statut == "annule"

    @property
    def jour(self) -> str:
        """`mardi 24 novembre 2026`."""
        return format_date(self.debut_local, "long")

    @property
    def jour_titre(self) -> str:
        """`Mardi 24 novembre 2026`, to begin a line."""
        return self.jour[:1].upper() + self.jour[1:]

    @property
    def jour_court(self) -> str:
        """`mardi 24 novembre`."""
        return format_date(self.debut_local, "jour")

    @property
    def heure(self) -> str:
        """`14 h 30`."""
        return format_heure(self.debut_local)

    @property
    def phrase(self) -> str:
        """What a person at the counter would say."""
        return _("On vous attend {jour} à\N{NO-BREAK SPACE}{heure}.", jour=self.jour_court, heure=self.heure)

    @property
    def precision(self) -> str:
        """When to arrive, when it ends."""
        return _(
            "Arrivez à {arrivee}, fin vers {fin}",
            arrivee=format_heure(self.debut_local - AVANCE),
            fin=format_heure(self.fin_local),
        )

    @property
    def vehicule_entier(self) -> str:
        """The plate and, where known, the make and model."""
        return f"{self.immatriculation}, {self.vehicule}" if self.vehicule else self.immatriculation

    @property
    def faits(self) -> list[tuple[str, str]]:
        """The facts of the ticket as (name, value)."""
        lignes = [
            (_("Centre"), self.centre_nom),
            (_("Adresse"), self.centre_adresse),
            (_("Véhicule"), self.vehicule_entier),
            (_("Contrôle"), mots.controle_et_vehicule(self.type_controle, self.vehicule_type)),
        ]
        if self.montant_cents is not None and not self.is_annule:
            montant = format_montant(self.montant_cents) if self.montant_cents else _("Gratuit")
            quoi = _("Payé") if self.paye else _("Prix") if self.partiel else _("À payer sur place")
            lignes.append((quoi, montant))
        if self.client_nom:
            lignes.append((_("Au nom de"), self.client_nom))
        return lignes

    @property
    def a_apporter(self) -> list[tuple[str, str]]:
        """What to bring, as (thing, why)."""
        return [
            (_("La carte grise originale"), _("Le certificat d'immatriculation ; une photocopie ne suffit pas.")),
            (_("Ce billet, sur votre téléphone ou imprimé"), _("Montrez le code en arrivant.")),
            (
                _("Un véhicule propre, plaques lisibles, vidé de son coffre"),
                _("Sinon le contrôleur peut devoir refuser l'examen."),
            ),
        ]

    @property
    def empechement(self) -> str:
        """Until when a change is free, in words."""
        if self.paye:
            return _("Annulez en deux gestes : ce qui vous est remboursé est affiché avant que vous confirmiez.")
        if self.gratuit_jusqua is None:
            return _(
                "Annulez en deux gestes et sans frais, jusqu'à l'heure du rendez-vous : l'heure servira à quelqu'un d'autre."
            )
        return _(
            "Annulez en deux gestes, sans frais jusqu'au {limite}.",
            limite=format_instant(self.gratuit_jusqua, self.zone, "jour"),
        )


def qr_svg(billet: Billet) -> str:
    """The number and its signed code as a QR code, SVG text, dark on white in every theme."""
    return str(_qr(billet).svg_inline(border=2, omitsize=True, dark="#10181c", light="#ffffff"))


def qr_png(billet: Billet) -> bytes:
    """The same code as a PNG, for mail clients."""
    flux = BytesIO()
    _qr(billet).save(flux, kind="png", scale=6, border=2, dark="#10181c", light="#ffffff")
    return flux.getvalue()


def _qr(billet: Billet) -> segno.QRCode:
    contenu = f"{billet.numero}{SEPARATEUR}{billet.code}" if billet.code else billet.numero
    return segno.make(contenu, error="m", micro=False)


def make_pdf(billet: Billet, marque: Marque, locale: str, *, date: datetime) -> bytes:
    """The confirmation as an accessible PDF in the reader's language; `date` is the instant written in the file."""
    return compile_pdf(MODELE, document_data(billet, marque, locale), date=date)


def document_data(billet: Billet, marque: Marque, locale: str) -> dict[str, Any]:
    """What the template of the PDF is filled with, in the reader's language."""
    with use_locale(locale):
        return _words(billet, marque, locale)


def _words(billet: Billet, marque: Marque, locale: str) -> dict[str, Any]:
    venir = [billet.centre_adresse]
    if billet.centre_telephone:
        venir.append(_("Téléphone du centre : {telephone}", telephone=billet.centre_telephone))
    sections: list[dict[str, Any]] = [
        {"titre": _("À apporter"), "points": billet.a_apporter, "paragraphes": [], "lien": None},
        {"titre": _("Venir"), "points": [], "paragraphes": venir, "lien": None},
        {
            "titre": _("Un empêchement ?"),
            "points": [],
            "paragraphes": [billet.empechement],
            "lien": {"adresse": billet.lien, "texte": _("Gérer mon rendez-vous")},
        },
    ]
    if billet.is_annule:
        sections = []
    return {
        "langue": locale,
        "titre": _("Rendez-vous {numero}", numero=billet.numero),
        "emetteur": marque.nom,
        "nature": _("Annulation de rendez-vous") if billet.is_annule else _("Confirmation de rendez-vous"),
        "pied": _("{nom}, rendez-vous {numero}", nom=marque.nom, numero=billet.numero),
        "palette": asdict(marque.palette),
        "etat": _("Rendez-vous annulé") if billet.is_annule else _("Rendez-vous confirmé"),
        "phrase": _("Ce rendez-vous est annulé.") if billet.is_annule else billet.phrase,
        "jour": billet.jour_titre,
        "heure": billet.heure,
        "arrivee": billet.precision,
        "numero_nom": _("Numéro"),
        "numero": billet.numero,
        "faits": billet.faits,
        "qr": qr_svg(billet),
        "qr_alt": _("Code QR à montrer en arrivant, rendez-vous {numero}", numero=billet.numero),
        "sections": sections,
    }
