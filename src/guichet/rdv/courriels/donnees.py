"""What each message says besides the ticket. Plain JSON values: they are stored with the message until it is sent."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from guichet.rdv import mots
from guichet.rdv.documents.billet import Billet
from guichet.socle.i18n import _, format_date, format_heure, format_montant


def _delai() -> str:
    return _("Comptez jusqu'à 10 jours pour les voir sur votre compte, selon votre banque.")


class BilletDeplace(Billet):
    """An appointment that has another start or centre. `par_centre`: the centre had to move it."""

    avant_debut: datetime
    avant_fuseau: str
    avant_centre: str = ""
    par_centre: bool = False
    reste_cents: int = 0

    @property
    def reste(self) -> str:
        """What the new price leaves to pay; empty when nothing is."""
        if self.reste_cents <= 0:
            return ""
        montant = format_montant(self.reste_cents)
        return _("Le prix n'est plus le même : il reste {montant} à payer, en ligne ou sur place.", montant=montant)

    @property
    def avant(self) -> str:
        """`lundi 23 novembre à 9 h 00, Lyon Gerland`: where it stood, the centre only when it is another one."""
        debut = self.avant_debut.astimezone(ZoneInfo(self.avant_fuseau))
        quand = _("{jour} à {heure}", jour=format_date(debut, "jour"), heure=format_heure(debut))
        return f"{quand}, {self.avant_centre}" if self.avant_centre else quand


class BilletAnnule(Billet):
    """A cancelled appointment, with what was paid online and what goes back (cents). `raison`: what the centre says."""

    par_centre: bool = False
    raison: str = ""
    paye_cents: int = 0
    rendu_cents: int = 0

    @property
    def remboursement(self) -> str:
        """What becomes of the money; empty when none was paid online."""
        if not self.paye_cents:
            return ""
        paye, rendu = format_montant(self.paye_cents), format_montant(self.rendu_cents)
        if not self.rendu_cents:
            return _("Les {montant} payés restent au centre : l'annulation est venue trop tard.", montant=paye)
        if self.rendu_cents == self.paye_cents:
            return _("Les {montant} payés vous sont rendus sur votre carte.", montant=paye) + " " + _delai()
        dit = _("Sur les {paye} payés, {rendu} vous sont rendus sur votre carte.", paye=paye, rendu=rendu)
        return dit + " " + _delai()


class BilletTardif(Billet):
    """Money that came after the hold had died: the place is found again, or all of it goes back."""

    somme_cents: int

    @property
    def remboursement(self) -> str:
        """What becomes of the money when the place was gone."""
        montant = format_montant(self.somme_cents)
        return _("Les {montant} payés vous sont rendus en entier, sur votre carte.", montant=montant) + " " + _delai()


class Compte(Billet):
    """Money that came in or went back, with its document, which is made at sending. `en_ligne`: by card, at the provider."""

    somme_cents: int
    tenant_id: str
    paiement_id: str
    piece_id: str | None = None
    piece: str = ""
    en_ligne: bool = True

    @property
    def somme(self) -> str:
        """`79,00 €`."""
        return format_montant(self.somme_cents)

    @property
    def delai(self) -> str:
        """How long a bank may take; empty for what was given back at the counter."""
        return _delai() if self.en_ligne else ""

    @property
    def faits(self) -> list[tuple[str, str]]:
        """What was paid for."""
        lignes = [
            (_("Montant"), self.somme),
            (_("Pièce"), self.piece),
            (_("Contrôle"), mots.controle_et_vehicule(self.type_controle, self.vehicule_type)),
            (_("Véhicule"), self.vehicule_entier),
            (_("Centre"), self.centre_nom),
        ]
        return [(nom, valeur) for nom, valeur in lignes if valeur]


class BilletControle(Billet):
    """An inspection that is done. `limite`: the last day of a re-inspection, `offerte`: the last one it is free on;
    `prochaine`: the next legal due date, and whether a pollution check is what is due then."""

    resultat: str
    limite: date | None = None
    offerte: date | None = None
    prochaine: date | None = None
    prochaine_pollution: bool = False
    lien_suite: str = ""

    @property
    def faits(self) -> list[tuple[str, str]]:
        """What was inspected, where."""
        return [
            (_("Véhicule"), self.vehicule_entier),
            (_("Contrôle"), mots.controle_et_vehicule(self.type_controle, self.vehicule_type)),
            (_("Centre"), self.centre_nom),
        ]

    @property
    def echeance(self) -> str:
        """When the law wants the vehicle back; empty when that is not known."""
        if self.prochaine is None:
            return ""
        quand = format_date(self.prochaine, "long")
        if self.prochaine_pollution:
            return _("Prochain contrôle pollution : au plus tard le {date}.", date=quand)
        return _("Prochain contrôle périodique : au plus tard le {date}.", date=quand)

    @property
    def limite_phrase(self) -> str:
        """Until when a re-inspection may be made, and what it costs."""
        if self.limite is None:
            return ""
        dit = _(
            "La contre-visite est possible jusqu'au {date} inclus, dans tous nos centres.",
            date=format_date(self.limite, "long"),
        )
        if self.offerte is None:
            return dit
        if self.offerte == self.limite:
            return dit + " " + _("La première est gratuite.")
        return dit + " " + _("La première est gratuite jusqu'au {date}.", date=format_date(self.offerte, "long"))

    @property
    def gravite(self) -> str:
        """What was found, in plain words."""
        if self.resultat == "defavorable":
            return _(
                "Des défaillances critiques ont été relevées : le véhicule ne peut plus circuler après le jour du contrôle."
            )
        return _("Des défaillances majeures ont été relevées : elles sont à réparer.")


class BilletConfie(Billet):
    """An appointment whose inspector, chosen by name, is another one."""

    controleur: str = ""
