"""What other contexts and the pages may ask of booking. Keyword-only after the session; frozen values; the caller's
transaction (a session without tenant enters the centre's)."""

from guichet.rdv.actions.annuler import cancel_rdv
from guichet.rdv.actions.planning.decider import create_evenement, grant_evenement
from guichet.rdv.actions.planning.demandes import DemandeEvenement
from guichet.rdv.actions.projeter import extend_projection, project_centre, project_controleur
from guichet.rdv.actions.reservation import build_cree
from guichet.rdv.actions.reserver import create_rdv
from guichet.rdv.actions.tenues import expire_holds
from guichet.rdv.metier.evenements import EvenementVue, StatutEvenement, TypeEvenement
from guichet.rdv.metier.numero import normalise_numero
from guichet.rdv.metier.reglages import Reservation
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
from guichet.rdv.metier.vues import (
    CentreResume,
    CentreTrouve,
    ClientRdv,
    Controle,
    ControleurResume,
    CreneauVue,
    DemandeRdv,
    DisponibilitesVue,
    JourVue,
    RdvCree,
    RdvVue,
    RechercheVue,
    VehiculeRdv,
)
from guichet.rdv.permissions import GENRE_LIEN
from guichet.rdv.questions.disponibilites import (
    Endroit,
    disponibilites_centre,
    find_endroit,
    search_disponibilites,
)
from guichet.rdv.questions.fiches import find_rdv, get_rdv, list_rdv
from guichet.rdv.questions.jetons import DisponibiliteChoisie, read_disponibilite_id, write_disponibilite_id
from guichet.rdv.questions.liens import get_rdv_by_lien, list_rdv_by_liens

__all__ = [
    "GENRE_LIEN",
    "CentreResume",
    "CentreTrouve",
    "ClientRdv",
    "Controle",
    "ControleurResume",
    "CreneauVue",
    "DemandeEvenement",
    "DemandeRdv",
    "DisponibiliteChoisie",
    "DisponibilitesVue",
    "Endroit",
    "EvenementVue",
    "JourVue",
    "MotifAnnulation",
    "Niveau",
    "PaiementMode",
    "PaiementStatut",
    "RaisonVide",
    "RdvCree",
    "RdvVue",
    "RechercheVue",
    "Reservation",
    "Resultat",
    "Source",
    "Statut",
    "StatutEvenement",
    "TypeEvenement",
    "VehiculeRdv",
    "build_cree",
    "cancel_rdv",
    "create_evenement",
    "create_rdv",
    "disponibilites_centre",
    "expire_holds",
    "extend_projection",
    "find_endroit",
    "find_rdv",
    "get_rdv",
    "get_rdv_by_lien",
    "grant_evenement",
    "list_rdv",
    "list_rdv_by_liens",
    "normalise_numero",
    "project_centre",
    "project_controleur",
    "read_disponibilite_id",
    "search_disponibilites",
    "write_disponibilite_id",
]
