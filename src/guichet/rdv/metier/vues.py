"""What booking gives out and takes in: frozen values, never rows. Instants are aware UTC, prices in cents."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from guichet.annuaire.facade import ClientType
from guichet.rdv.metier.creneaux import RaisonSuggestion
from guichet.rdv.metier.types import (
    MotifAnnulation,
    Niveau,
    PaiementMode,
    PaiementStatut,
    RaisonVide,
    Resultat,
    Source,
    Statut,
)
from guichet.reseau.facade import Carburant, TypeControle, VehiculeType, VitrineCentre


@dataclass(frozen=True, kw_only=True)
class Controle:
    """What is to be inspected, and how."""

    vehicule_type: VehiculeType = VehiculeType.VP
    carburant: Carburant = Carburant.ESSENCE
    type_controle: TypeControle = TypeControle.CTP


@dataclass(frozen=True, kw_only=True)
class CreneauVue:
    """A free start of a centre. `id` is opaque and signed: it books this start."""

    id: str
    centre_id: UUID
    jour: date
    debut: datetime
    fin: datetime
    fuseau: str
    duree_minutes: int
    niveau: Niveau
    suggere: bool
    montant_cents: int | None
    disponible: bool = True
    raison_suggestion: RaisonSuggestion | None = None

    @property
    def debut_local(self) -> datetime:
        """The start on the wall of the centre."""
        return self.debut.astimezone(ZoneInfo(self.fuseau))

    @property
    def fin_local(self) -> datetime:
        """The end on the wall of the centre."""
        return self.fin.astimezone(ZoneInfo(self.fuseau))

    @property
    def heure_debut(self) -> str:
        """`HH:MM` on the wall of the centre."""
        return _heure(self.debut, self.fuseau)

    @property
    def heure_fin(self) -> str:
        """`HH:MM` on the wall of the centre."""
        return _heure(self.fin, self.fuseau)


def _heure(instant: datetime, fuseau: str) -> str:
    return instant.astimezone(ZoneInfo(fuseau)).strftime("%H:%M")


@dataclass(frozen=True, kw_only=True)
class JourVue:
    """A local day of a centre: its free starts, or why there is none. `niveau` tells how much of the day is left."""

    date: date
    creneaux: tuple[CreneauVue, ...]
    raison_vide: RaisonVide | None = None
    niveau: Niveau | None = None


@dataclass(frozen=True, kw_only=True)
class DisponibilitesVue:
    """The free starts of a centre, day by day."""

    centre_id: UUID
    fuseau: str
    controle: Controle
    jours: tuple[JourVue, ...]


@dataclass(frozen=True, kw_only=True)
class CentreTrouve:
    """A centre of a search, with its next free starts or why there is none, and the price of what was asked."""

    vitrine: VitrineCentre
    creneaux: tuple[CreneauVue, ...]
    raison_vide: RaisonVide | None
    montant_cents: int | None


@dataclass(frozen=True, kw_only=True)
class RechercheVue:
    """What a search found, in the order asked for."""

    lat: float
    lon: float
    lieu: str | None
    rayon_km: float
    du: date
    au: date
    controle: Controle
    centres: tuple[CentreTrouve, ...]


@dataclass(frozen=True, kw_only=True)
class CentreResume:
    """A centre as an appointment shows it."""

    id: UUID
    nom: str
    adresse: str
    code_postal: str
    ville: str
    telephone: str | None
    fuseau: str
    lat: float
    lon: float


@dataclass(frozen=True, kw_only=True)
class ControleurResume:
    """An inspector as an appointment shows one."""

    id: UUID
    nom: str
    prenom: str
    agrements: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ClientRdv:
    """The client as typed on the appointment. `id` is the directory's record; nothing of it is shown here."""

    id: UUID | None
    type: ClientType
    nom: str
    prenom: str
    raison_sociale: str | None
    siret: str | None
    email: str | None
    telephone: str | None


@dataclass(frozen=True, kw_only=True)
class VehiculeRdv:
    """The vehicle as typed on the appointment."""

    id: UUID | None
    immatriculation: str
    type: VehiculeType
    carburant: Carburant
    marque: str | None
    modele: str | None
    date_mise_circulation: str | None


@dataclass(frozen=True, kw_only=True)
class RdvVue:
    """An appointment as it must be shown now: a dead hold reads as cancelled by expiry."""

    id: UUID
    tenant_id: UUID
    numero: str
    centre: CentreResume
    controleur: ControleurResume | None
    client: ClientRdv
    vehicule: VehiculeRdv
    type_controle: TypeControle
    debut: datetime
    fin: datetime
    jour: date
    statut: Statut
    resultat: Resultat | None
    surnombre: bool
    montant_cents: int | None
    paiement_mode: PaiementMode
    paiement_statut: PaiementStatut | None
    expire_a: datetime | None
    source: Source
    notes: str | None
    langue: str
    annule_le: datetime | None
    annule_motif: MotifAnnulation | None
    annule_raison: str | None
    modifications: int
    sequence: int
    version: int
    cree_par: UUID | None
    created_at: datetime
    valide_le: datetime | None = None
    arrive_le: datetime | None = None
    commence_le: datetime | None = None
    termine_le: datetime | None = None

    @property
    def duree_minutes(self) -> int:
        """Elapsed minutes from start to end."""
        return int((self.fin - self.debut).total_seconds()) // 60

    @property
    def debut_local(self) -> datetime:
        """The start on the wall of the centre."""
        return self.debut.astimezone(ZoneInfo(self.centre.fuseau))

    @property
    def fin_local(self) -> datetime:
        """The end on the wall of the centre."""
        return self.fin.astimezone(ZoneInfo(self.centre.fuseau))

    @property
    def heure_debut(self) -> str:
        """`HH:MM` on the wall of the centre."""
        return _heure(self.debut, self.centre.fuseau)

    @property
    def heure_fin(self) -> str:
        """`HH:MM` on the wall of the centre."""
        return _heure(self.fin, self.centre.fuseau)


@dataclass(frozen=True, kw_only=True)
class RemarqueVue:
    """A note of the staff. `auteur`: the name at the time."""

    id: UUID
    auteur_id: UUID | None
    auteur: str
    texte: str
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class DemandeRdv:
    """A booking as asked for, as typed: everything is checked by the action.

    Either `disponibilite_id` (a listed start), or `centre_id`, `date` (ISO) and `heure_debut` (`HH:MM`), with `decalage`
    (`+02:00`) on the ambiguous hours of the autumn clock change. `surnombre`: beyond the capacity if need be.
    """

    client_nom: str
    client_prenom: str = ""
    client_email: str | None = None
    client_telephone: str | None = None
    client_type: str = "particulier"
    client_raison_sociale: str | None = None
    client_siret: str | None = None
    immatriculation: str
    vehicule_type: str = "VP"
    carburant: str
    marque: str | None = None
    modele: str | None = None
    date_mise_circulation: str | None = None
    type_controle: str = "CTP"
    date_controle_initial: str | None = None
    disponibilite_id: str | None = None
    centre_id: UUID | None = None
    date: str | None = None
    heure_debut: str | None = None
    decalage: str | None = None
    controleur_id: UUID | None = None
    surnombre: bool = False
    paiement_mode: str = "sur_place"
    notes: str | None = None
    source: str | None = None
    langue: str = "fr"


@dataclass(frozen=True, kw_only=True)
class RdvCree:
    """A booking that was accepted, with the link that manages it; a hold also says where it is paid."""

    rdv: RdvVue
    jeton: str
    lien_gestion: str
    url_paiement: str | None = None
