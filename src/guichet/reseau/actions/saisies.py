"""What is typed about the network: shapes and limits only; the rules are checked by the actions.

Every model refuses unknown fields. Prices are cents, all taxes included; hours are local `HH:MM`; dates ISO 8601.
"""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from guichet.reseau.metier.durees import DUREE_MAX, DUREE_MIN
from guichet.reseau.metier.tarifs import MONTANT_MAX
from guichet.reseau.metier.types import Carburant, TypeControle, VehiculeType
from guichet.socle.i18n import _


def _storable(texte: str) -> str:
    if any((ord(c) < 32 and c not in "\n\t") or 0xD800 <= ord(c) <= 0xDFFF for c in texte):
        raise ValueError(_("Ce texte contient des caractères de contrôle."))
    return texte


def _empty_is_none(valeur: Any) -> Any:
    return None if isinstance(valeur, str) and not valeur.strip() else valeur


Nom = Annotated[str, Field(min_length=1, max_length=120), AfterValidator(_storable)]
Prenom = Annotated[str, Field(max_length=120), AfterValidator(_storable)]
Code = Annotated[str, Field(min_length=1, max_length=30), AfterValidator(_storable)]
CodePostal = Annotated[str, Field(min_length=1, max_length=10), AfterValidator(_storable)]
Adresse = Annotated[str, Field(max_length=200), AfterValidator(_storable)]
AdresseCentre = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_storable)]
Ville = Annotated[str, Field(max_length=100), AfterValidator(_storable)]
VilleCentre = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_storable)]
Motif = Annotated[str, Field(max_length=200), AfterValidator(_storable)]
Facultatif = Annotated[
    Annotated[str, Field(max_length=254), AfterValidator(_storable)] | None, BeforeValidator(_empty_is_none)
]
Heure = Annotated[str, Field(max_length=5, description="Heure locale, `08:00` ; `24:00` est la fin de la journée.")]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Version = Annotated[
    int | None, Field(ge=1, description="La version lue ; 409 `VERSION_PERIMEE` si elle a changé depuis.")
]
Montant = Annotated[int, Field(ge=0, le=MONTANT_MAX, description="En centimes, toutes taxes comprises.")]


def _never() -> UUID:
    return UUID(int=0)  # the field is left out, its value is never read


def _without_defaults(schema: dict[str, Any]) -> None:
    for champ in schema["properties"].values():
        champ.pop("default", None)  # left out means unchanged, not the default


class Saisie(BaseModel):
    """The base of what is typed."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class _Modification(Saisie):
    model_config = ConfigDict(json_schema_extra=_without_defaults)

    version: Version = None

    def changes(self) -> dict[str, Any]:
        """What was given, `version` apart."""
        return self.model_dump(exclude_unset=True, exclude={"version"})


class AgenceSaisie(Saisie):
    """An agence to open."""

    nom: Nom
    code: Facultatif = None
    adresse: Adresse = ""
    code_postal: Annotated[str, Field(max_length=10), AfterValidator(_storable)] = ""
    ville: Ville = ""
    lat: Latitude | None = None
    lon: Longitude | None = None
    telephone: Facultatif = None
    email: Facultatif = None
    actif: bool = True


class AgenceModification(AgenceSaisie, _Modification):
    """Changes of an agence: a field left out stays as it is."""

    nom: Nom = ""


class PlageSaisie(Saisie):
    """A range of hours; the time between two ranges of a day is a break."""

    debut: Heure
    fin: Heure


Horaires = Annotated[
    dict[str, list[PlageSaisie]],
    Field(max_length=14, description="Par jour (`lundi`, ...), les plages d'ouverture ; un jour absent est fermé."),
]


class ExceptionSaisie(Saisie):
    """An exceptional closing or opening, from `du` to `au` included (one day when `au` is left out)."""

    type: Literal["fermeture", "ouverture"]
    du: date
    au: date | None = None
    plages: Annotated[list[PlageSaisie], Field(max_length=20)] = []
    motif: Motif = ""
    controleur_ids: Annotated[list[UUID], Field(max_length=100)] | None = None


class TarifSaisie(Saisie):
    """A price; without `carburant` it is that of every fuel without a line of its own."""

    vehicule_type: VehiculeType
    carburant: Carburant | None = None
    type_controle: TypeControle = TypeControle.CTP
    prix: Montant
    prix_contre_visite: Montant | None = None


class DureeSaisie(Saisie):
    """A duration in minutes; without `carburant` it is that of every fuel without a line of its own."""

    vehicule_type: VehiculeType
    carburant: Carburant | None = None
    type_controle: TypeControle
    minutes: Annotated[int, Field(ge=DUREE_MIN, le=DUREE_MAX)]


class EquipementSaisie(Saisie):
    """A lane. With `id` (or the name of one that exists) it is changed, else added."""

    id: UUID | None = None
    nom: Nom
    vehicule_types: Annotated[list[VehiculeType], Field(min_length=1, max_length=4)]
    en_service: bool = True


class ReservationSaisie(Saisie):
    """A centre's own booking settings; null means the tenant's."""

    grille_minutes: Literal[5, 10, 15, 20, 30, 60] | None = None
    preavis_minutes: Annotated[int, Field(ge=0, le=43_200)] | None = None
    horizon_jours: Annotated[int, Field(ge=1, le=365)] | None = None
    tolerance_surreservation: Annotated[int, Field(ge=0, le=100, description="En pour cent.")] | None = None
    validation_requise: bool = False


Exceptions = Annotated[list[ExceptionSaisie], Field(max_length=400)]
Tarifs = Annotated[list[TarifSaisie], Field(max_length=120)]
Durees = Annotated[list[DureeSaisie], Field(max_length=120)]
Equipements = Annotated[list[EquipementSaisie], Field(max_length=50)]
TypesControle = Annotated[list[TypeControle], Field(min_length=1, max_length=5)]


class CentreSaisie(Saisie):
    """A centre to open. Position, territory and time zone are found from the postal code when left out."""

    agence_id: UUID
    code_centre: Code
    siret: Facultatif = None
    nom: Nom
    adresse: AdresseCentre
    code_postal: CodePostal
    ville: VilleCentre
    lat: Latitude | None = None
    lon: Longitude | None = None
    telephone: Facultatif = None
    email: Facultatif = None
    site_web: Facultatif = None
    photo: Facultatif = None
    territoire: str | None = None
    fuseau: str | None = None
    capacite_journaliere: Annotated[int, Field(ge=0, le=1000)] = 50
    types_controle: TypesControle = [TypeControle.CTP, TypeControle.CVP, TypeControle.CV]
    horaires: Horaires = {}
    exceptions: Exceptions = []
    tarifs: Tarifs = []
    durees: Durees = []
    equipements: Equipements = []
    reservation: ReservationSaisie = ReservationSaisie()
    note: Annotated[float, Field(ge=0, le=5, allow_inf_nan=False)] | None = None
    nb_avis: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    actif: bool = True


class CentreModification(CentreSaisie, _Modification):
    """Changes of a centre: a field left out stays as it is, a list or object given replaces the whole of it."""

    agence_id: UUID = Field(default_factory=_never)
    code_centre: Code = ""
    nom: Nom = ""
    adresse: AdresseCentre = ""
    code_postal: CodePostal = ""
    ville: VilleCentre = ""


class TitreSaisie(Saisie):
    """A habilitation of the tenant's own; `valide_au` is its last day."""

    code: Annotated[str, Field(min_length=1, max_length=30)]
    valide_du: date | None = None
    valide_au: date


class AgrementSaisie(Saisie):
    """An accreditation; `valide_au` is its last day."""

    code: Literal["VL", "L", "Gaz"]
    valide_du: date | None = None
    valide_au: date


class TravailSaisie(Saisie):
    """Working hours in a centre; without `horaires` they are the centre's."""

    centre_id: UUID
    horaires: Horaires | None = None


Travaux = Annotated[list[TravailSaisie], Field(max_length=50)]
Agrements = Annotated[list[AgrementSaisie], Field(max_length=50)]
Habilitations = Annotated[list[TitreSaisie], Field(max_length=50)]


class ControleurModification(_Modification):
    """Changes of an inspector: a field left out stays as it is, a list given replaces the whole list.

    E-mail address and phone are the account's, and are changed there.
    """

    nom: Nom = ""
    prenom: Prenom = ""
    matricule: Facultatif = None
    centre_id: UUID = Field(default_factory=_never)
    centres: Travaux = []
    agrements: Agrements = []
    habilitations: Habilitations = []
    actif: bool = True


class ControleurSaisie(Saisie):
    """An inspector to enrol: an account with this e-mail is made, or linked when it exists, and invited by mail.

    `centre_id` is the home centre; `centres` adds others and gives working hours.
    """

    email: Annotated[str, Field(min_length=3, max_length=254)]
    nom: Nom
    prenom: Prenom = ""
    telephone: Facultatif = None
    matricule: Facultatif = None
    centre_id: UUID
    centres: Travaux = []
    agrements: Agrements = []
    habilitations: Habilitations = []
    actif: bool = True
