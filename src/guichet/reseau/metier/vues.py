"""What the network shows of itself: frozen values, never rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from guichet.reseau.metier.agrements import Titre
from guichet.reseau.metier.durees import Duree
from guichet.reseau.metier.horaires import Exceptionnel, JourCentre, Semaine, read_exception, read_semaine, resolve_jour
from guichet.reseau.metier.plages import Intervalle, to_utc, write_heure
from guichet.reseau.metier.tarifs import Tarif, resolve_prix
from guichet.reseau.metier.territoires import Territoire
from guichet.reseau.metier.types import Carburant, TypeControle, VehiculeType


@dataclass(frozen=True, slots=True, kw_only=True)
class AgenceVue:
    """An agence and how many active centres it has."""

    id: UUID
    tenant_id: UUID
    code: str | None
    nom: str
    adresse: str
    code_postal: str
    ville: str
    lat: float | None
    lon: float | None
    telephone: str | None
    email: str | None
    actif: bool
    version: int
    nb_centres: int
    cle_tri: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationCentre:
    """A centre's own booking settings; None means the tenant's. Percent for the overbooking, minutes, days."""

    grille_minutes: int | None = None
    preavis_minutes: int | None = None
    horizon_jours: int | None = None
    tolerance_surreservation: int | None = None
    validation_requise: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EquipementVue:
    """A lane."""

    id: UUID
    nom: str
    vehicule_types: frozenset[VehiculeType]
    en_service: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionVue:
    """An exceptional closing or opening with its identifier."""

    id: UUID
    exception: Exceptionnel


@dataclass(frozen=True, slots=True, kw_only=True)
class CentreVue:
    """A centre with everything that is set on it. Times are local to `fuseau`, prices in cents."""

    id: UUID
    tenant_id: UUID
    agence_id: UUID
    code_centre: str
    siret: str | None
    nom: str
    adresse: str
    code_postal: str
    ville: str
    lat: float
    lon: float
    position_approchee: bool
    telephone: str | None
    email: str | None
    site_web: str | None
    photo: str | None
    territoire: Territoire
    fuseau: str
    capacite_journaliere: int
    types_controle: tuple[TypeControle, ...]
    horaires: Semaine
    exceptions: tuple[ExceptionVue, ...]
    reservation: ReservationCentre
    tarifs: tuple[Tarif, ...]
    durees: tuple[Duree, ...]
    equipements: tuple[EquipementVue, ...]
    note: float | None
    nb_avis: int
    actif: bool
    version: int
    cle_tri: str

    @property
    def zone(self) -> ZoneInfo:
        """The centre's time zone."""
        return ZoneInfo(self.fuseau)

    def opening(self, jour: date) -> JourCentre:
        """What is open on a local day, and why nothing is."""
        return resolve_jour(jour, self.horaires, [e.exception for e in self.exceptions], self.territoire)

    def opening_utc(self, jour: date) -> tuple[Intervalle, ...]:
        """Opening of a local day as UTC intervals."""
        return to_utc(jour, self.opening(jour).plages, self.fuseau)


@dataclass(frozen=True, slots=True, kw_only=True)
class TravailCentre:
    """An inspector's hours in a centre; None follows the centre's."""

    centre_id: UUID
    horaires: Semaine | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ControleurVue:
    """An inspector. `centre_id` is the home centre, always among `centres`."""

    id: UUID
    tenant_id: UUID
    user_id: UUID
    centre_id: UUID
    matricule: str | None
    nom: str
    prenom: str
    actif: bool
    version: int
    agrements: tuple[Titre, ...]
    habilitations: tuple[Titre, ...]
    centres: tuple[TravailCentre, ...]
    cle_tri: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OuvertureControleur:
    """When an inspector works in a centre on a local day: disjoint UTC intervals in order, leave not deducted."""

    controleur_id: UUID
    centre_id: UUID
    jour: date
    plages: tuple[Intervalle, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TitresControleur:
    """An inspector's accreditations and habilitations, all periods."""

    controleur_id: UUID
    agrements: tuple[Titre, ...]
    habilitations: tuple[Titre, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VitrineCentre:
    """A centre as anybody may see it. `distance_km` is None when no place was given; prices in cents.

    Hours are kept as they are stored and read when asked for: a search sorts hundreds of centres and shows ten.
    `reservable` is False for a centre that is only listed: no hours or no inspector.
    """

    centre_id: UUID
    tenant_id: UUID
    agence_id: UUID
    code_centre: str
    nom: str
    adresse: str
    code_postal: str
    ville: str
    lat: float
    lon: float
    distance_km: float | None
    telephone: str | None
    site_web: str | None
    photo: str | None
    territoire: Territoire
    fuseau: str
    horaires: Mapping[str, Any]
    exceptions_stockees: Sequence[Mapping[str, Any]]
    types: tuple[str, ...]
    vehicules: tuple[str, ...]
    tarifs: tuple[Tarif, ...]
    prix_min: int | None
    note: float | None
    nb_avis: int
    reservable: bool
    vu_le: datetime

    def prix(self, vehicule_type: VehiculeType, carburant: Carburant, type_controle: TypeControle) -> int | None:
        """Cents of an inspection here, None when not published."""
        return resolve_prix(self.tarifs, vehicule_type, carburant, type_controle)

    @property
    def exceptions(self) -> tuple[Exceptionnel, ...]:
        """Exceptional closings and openings that are not over."""
        return tuple(map(read_exception, self.exceptions_stockees))

    def opening(self, jour: date) -> JourCentre:
        """What is open on a local day, and why nothing is."""
        return resolve_jour(jour, read_semaine(self.horaires), self.exceptions, self.territoire)

    @property
    def ouvert_jusqua(self) -> str | None:
        """Local closing time (`18:00`) of the range in progress when the centre was read; None when it was closed."""
        local = self.vu_le.astimezone(ZoneInfo(self.fuseau))
        minute = local.hour * 60 + local.minute
        plages = self.opening(local.date()).plages
        return next((write_heure(p.fin) for p in plages if p.debut <= minute < p.fin), None)
