"""What the public pages show: frozen values, ready to be written."""

from dataclasses import dataclass
from datetime import date, datetime

from markupsafe import Markup


@dataclass(frozen=True, kw_only=True)
class HeureVue:
    """A free hour one may click: the local start, where the click leads, what a screen reader says."""

    debut: datetime
    jour: str
    court: str
    href: str
    libelle: str
    valeur: str = ""
    choisie: bool = False


@dataclass(frozen=True, kw_only=True)
class DepartVue:
    """A line of the board on the home page."""

    quand: str
    instant: datetime
    href: str
    titre: str
    detail: str
    centimes: int | None


@dataclass(frozen=True, kw_only=True)
class CarteCentreVue:
    """A centre in the list of results. `etat`: `libre`, `complet` (why in `raison`), `hors_ligne`."""

    rang: int
    code: str
    nom: str
    href: str
    adresse: str
    distance: str
    centimes: int | None
    note: str
    avis: str
    ouverture: str
    telephone: str
    etat: str
    raison: str = ""
    jour: str = ""
    heures: tuple[HeureVue, ...] = ()
    suite: str = ""
    suite_href: str = ""


@dataclass(frozen=True, kw_only=True)
class FiltreVue:
    """A filter of the list as a link that puts it on or takes it off."""

    texte: str
    href: str
    actif: bool
    icone: str = ""


@dataclass(frozen=True, kw_only=True)
class LienVue:
    """A link in words."""

    texte: str
    href: str


@dataclass(frozen=True, kw_only=True)
class ResultatsVue:
    """The page of results."""

    titre: str
    precision: str
    filtres: tuple[FiltreVue, ...]
    tris: tuple[tuple[str, str], ...]
    tri: str
    cartes: tuple[CarteCentreVue, ...]
    carte: Markup | None
    legende: Markup | None
    suggestions: tuple[LienVue, ...] = ()
    corrige: str = ""
    plus_loin: LienVue | None = None
    vide: str = ""
    vide_actions: tuple[LienVue, ...] = ()


@dataclass(frozen=True, kw_only=True)
class MoitieVue:
    """Half a day of hours. Where there are many, those between the half-hours (`autres`) are folded away."""

    nom: str
    heures: tuple[HeureVue, ...]
    autres: tuple[HeureVue, ...] = ()
    ouverte: bool = False


@dataclass(frozen=True, kw_only=True)
class JourVue:
    """A day of the week of hours. `niveau`: `libre`, `moyen`, `presque`, `complet`."""

    cle: str
    jour: date
    nom: str
    court: str
    date_courte: str
    numero: str
    niveau: str
    niveau_texte: str
    compte: str
    moities: tuple["MoitieVue", ...]
    vide: str = ""

    @property
    def heures(self) -> tuple[HeureVue, ...]:
        """Every hour of the day."""
        return tuple(sorted((h for m in self.moities for h in m.heures + m.autres), key=lambda h: h.debut))


@dataclass(frozen=True, kw_only=True)
class PropositionVue:
    """One of the suggested hours, with its reason."""

    titre: str
    icone: str
    jour: str
    heure: HeureVue
    raison: str


@dataclass(frozen=True, kw_only=True)
class SemaineVue:
    """The week of hours of a centre."""

    titre: str
    jours: tuple[JourVue, ...]
    jour_choisi: str
    precedente: LienVue | None
    suivante: LienVue | None
    propositions: tuple[PropositionVue, ...]
    note: str
    prochaine: LienVue | None = None


@dataclass(frozen=True, kw_only=True)
class CentreVue:
    """A centre as its page and its tickets name it."""

    code: str
    nom: str
    adresse: str
    telephone: str
    telephone_lien: str
    href: str
    itineraire: str
    note: str
    avis: str
    ouverture: str
    horaires: tuple[tuple[str, str, bool], ...] = ()
    exceptions: tuple[str, ...] = ()
    tarifs: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()
    reservable: bool = True
    site_web: str = ""
    carte: Markup | None = None


@dataclass(frozen=True, kw_only=True)
class ResumeVue:
    """The ticket beside a form: what is being booked. `debut` None: no hour chosen yet."""

    debut: datetime | None
    jour: str
    court: str
    valeur: str
    centre_nom: str
    centre_adresse: str
    controle: str
    duree: str
    centimes: int | None
    gratuit_jusqua: str


@dataclass(frozen=True, kw_only=True)
class RdvLigneVue:
    """An appointment in "Mes rendez-vous"."""

    debut: datetime
    titre: str
    immatriculation: str
    lieu: str
    statut: str
    statut_genre: str
    statut_icone: str
    relatif: str
    billet_href: str
    annuler_href: str
    gratuit_jusqua: str
    centimes: int | None
