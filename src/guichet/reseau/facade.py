"""What other contexts may ask of the network. Keyword-only after the session; frozen values; the caller's transaction.

Vehicle types, fuels and inspection types go in as the enumerations below or as their plain words (`VP`, `Diesel`, `CTP`).
"""

from guichet.reseau.actions.agences import create_agence, update_agence
from guichet.reseau.actions.centres import create_centre, update_centre
from guichet.reseau.actions.controleurs import create_controleur, update_controleur
from guichet.reseau.actions.saisies import (
    AgenceModification,
    AgenceSaisie,
    AgrementSaisie,
    CentreModification,
    CentreSaisie,
    ControleurModification,
    ControleurSaisie,
    DureeSaisie,
    EquipementSaisie,
    ExceptionSaisie,
    PlageSaisie,
    ReservationSaisie,
    TarifSaisie,
    TitreSaisie,
    TravailSaisie,
)
from guichet.reseau.actions.vitrine import refresh_vitrine
from guichet.reseau.carte import PointCarte, draw_carte, draw_carte_france, draw_legende
from guichet.reseau.lieux import Lieu, ResultatLieu, TypeLieu, find_commune, find_lieu, nearest, search_lieux
from guichet.reseau.metier.agrements import (
    AgrementType,
    Exigence,
    Titre,
    agrements_requis,
    peut_controler,
    titres_requis,
    titres_valides,
)
from guichet.reseau.metier.durees import DUREES_PAR_DEFAUT, Duree, resolve_duree
from guichet.reseau.metier.feries import jour_ferie, jours_feries
from guichet.reseau.metier.horaires import Exceptionnel, JourCentre, Semaine
from guichet.reseau.metier.plages import Intervalle, Plage, to_utc
from guichet.reseau.metier.tarifs import Tarif, resolve_prix
from guichet.reseau.metier.territoires import Territoire
from guichet.reseau.metier.types import CONTRE_VISITES, Carburant, TypeControle, VehiculeType, types_controle_possibles
from guichet.reseau.metier.vues import (
    AgenceVue,
    CentreVue,
    ControleurVue,
    EquipementVue,
    OuvertureControleur,
    ReservationCentre,
    TitresControleur,
    VitrineCentre,
)
from guichet.reseau.permissions import Perimetre, check_agence, check_centre, perimetre_of
from guichet.reseau.questions.agences import find_agence, get_agence, list_agences
from guichet.reseau.questions.baremes import get_duree, get_exigences, get_tarif
from guichet.reseau.questions.centres import find_centre, get_centre, list_centres
from guichet.reseau.questions.controleurs import (
    agrements_valides,
    find_controleur,
    get_controleur,
    list_controleurs,
    list_titres,
)
from guichet.reseau.questions.ouvertures import opening_ranges
from guichet.reseau.questions.reglages import Durees, Habilitations
from guichet.reseau.questions.vitrine import find_centre_tenant, find_vitrine, list_vitrine, search_vitrine

__all__ = [
    "CONTRE_VISITES",
    "DUREES_PAR_DEFAUT",
    "AgenceModification",
    "AgenceSaisie",
    "AgenceVue",
    "AgrementSaisie",
    "AgrementType",
    "Carburant",
    "CentreModification",
    "CentreSaisie",
    "CentreVue",
    "ControleurModification",
    "ControleurSaisie",
    "ControleurVue",
    "Duree",
    "DureeSaisie",
    "Durees",
    "EquipementSaisie",
    "EquipementVue",
    "ExceptionSaisie",
    "Exceptionnel",
    "Exigence",
    "Habilitations",
    "Intervalle",
    "JourCentre",
    "Lieu",
    "OuvertureControleur",
    "Perimetre",
    "Plage",
    "PlageSaisie",
    "PointCarte",
    "ReservationCentre",
    "ReservationSaisie",
    "ResultatLieu",
    "Semaine",
    "Tarif",
    "TarifSaisie",
    "Territoire",
    "Titre",
    "TitreSaisie",
    "TitresControleur",
    "TravailSaisie",
    "TypeControle",
    "TypeLieu",
    "VehiculeType",
    "VitrineCentre",
    "agrements_requis",
    "agrements_valides",
    "check_agence",
    "check_centre",
    "create_agence",
    "create_centre",
    "create_controleur",
    "draw_carte",
    "draw_carte_france",
    "draw_legende",
    "find_agence",
    "find_centre",
    "find_centre_tenant",
    "find_commune",
    "find_controleur",
    "find_lieu",
    "find_vitrine",
    "get_agence",
    "get_centre",
    "get_controleur",
    "get_duree",
    "get_exigences",
    "get_tarif",
    "jour_ferie",
    "jours_feries",
    "list_agences",
    "list_centres",
    "list_controleurs",
    "list_titres",
    "list_vitrine",
    "nearest",
    "opening_ranges",
    "perimetre_of",
    "peut_controler",
    "refresh_vitrine",
    "resolve_duree",
    "resolve_prix",
    "search_lieux",
    "search_vitrine",
    "titres_requis",
    "titres_valides",
    "to_utc",
    "types_controle_possibles",
    "update_agence",
    "update_centre",
    "update_controleur",
]
