"""A booking as typed, checked against everything that needs no lock: fields, trade rules, the start itself."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final, TypeVar

from guichet.annuaire.facade import ClientSaisi, ClientType, Erreurs, VehiculeSaisi, check_client, check_vehicule
from guichet.rdv.metier.creneaux import RefusDebut, check_debut
from guichet.rdv.metier.heures import DecalageFaux, HeureAmbigue, HeureInexistante, instant_local
from guichet.rdv.metier.types import PaiementMode, Source
from guichet.rdv.metier.vues import Controle, DemandeRdv
from guichet.rdv.questions.contexte import Contexte
from guichet.rdv.questions.jetons import read_disponibilite_id
from guichet.reseau.facade import Carburant, TypeControle, VehiculeType
from guichet.socle.errors import Invalid
from guichet.socle.i18n import _, lazy

E = TypeVar("E", bound=StrEnum)
NOTES_MAX: Final = 500
_HEURE = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_DECALAGE = re.compile(r"([+-])(\d{2}):(\d{2})|Z")

_REFUS: Final = {
    RefusDebut.PASSE: lazy("Cette heure est déjà passée. Choisissez un autre créneau."),
    RefusDebut.PREAVIS: lazy("C'est trop tard pour ce créneau : ce centre demande à être prévenu plus tôt."),
    RefusDebut.HORS_HORIZON: lazy("Ce jour n'est pas encore ouvert à la réservation. Choisissez une date plus proche."),
    RefusDebut.HORS_GRILLE: lazy("Les rendez-vous de ce centre ne commencent pas à cette heure."),
}


@dataclass(frozen=True, kw_only=True)
class Verifiee:
    """A booking whose fields are right. `debut` is an instant."""

    client: ClientSaisi
    vehicule: VehiculeSaisi
    controle: Controle
    date_controle_initial: date | None
    debut: datetime
    mode: PaiementMode
    notes: str | None
    source: Source


def _choice(e: Erreurs, champ: str, valeur: str, valeurs: type[E]) -> E | None:
    try:
        return valeurs(valeur)
    except ValueError:
        possibles = ", ".join(valeurs)
        e.add(champ, "VALEUR_INCONNUE", _("Valeurs possibles : {liste}.", liste=possibles))
        return None


def _absorb(e: Erreurs, check: Any, **valeurs: Any) -> Any:
    try:
        return check(**valeurs)
    except Invalid as refus:
        e.absorb(refus)
        return None


def check_demande(demande: DemandeRdv, contexte: Contexte, *, maintenant: datetime, personnel: bool) -> Verifiee:
    """Everything typed, normalised. Every wrong field is named at once.

    `personnel`: staff may leave the e-mail out when a mobile is given, and says where the booking comes from.
    """
    e = Erreurs()
    vehicule_type = _choice(e, "vehicule.type", demande.vehicule_type, VehiculeType)
    carburant = _choice(e, "vehicule.carburant", demande.carburant, Carburant)
    type_controle = _choice(e, "type_controle", demande.type_controle, TypeControle)
    client_type = _choice(e, "client.type", demande.client_type, ClientType)
    mode = _choice(e, "paiement.mode", demande.paiement_mode, PaiementMode)
    source = _choice(e, "source", demande.source, Source) if personnel and demande.source else Source.WEB
    client = _absorb(
        e,
        check_client,
        type=client_type or ClientType.PARTICULIER,
        nom=demande.client_nom,
        prenom=demande.client_prenom,
        email=demande.client_email,
        telephone=demande.client_telephone,
        raison_sociale=demande.client_raison_sociale,
        siret=demande.client_siret,
        email_requis=not personnel,
    )
    vehicule = _absorb(
        e,
        check_vehicule,
        immatriculation=demande.immatriculation,
        type=vehicule_type or VehiculeType.VP,
        carburant=carburant or Carburant.ESSENCE,
        marque=demande.marque,
        modele=demande.modele,
        date_mise_circulation=demande.date_mise_circulation,
        aujourdhui=maintenant.astimezone(contexte.zone).date(),
    )
    initiale = _read_initiale(e, demande.date_controle_initial)
    notes = _read_notes(e, demande.notes)
    debut = _absorb(e, read_debut, demande=demande, contexte=contexte)
    e.raise_any()
    assert vehicule_type
    assert carburant
    assert type_controle
    assert mode
    assert source
    return Verifiee(
        client=client,
        vehicule=vehicule,
        controle=Controle(vehicule_type=vehicule_type, carburant=carburant, type_controle=type_controle),
        date_controle_initial=initiale,
        debut=debut,
        mode=mode,
        notes=notes,
        source=source,
    )


def _read_initiale(e: Erreurs, texte: str | None) -> date | None:
    if not (texte or "").strip():
        return None
    try:
        return date.fromisoformat((texte or "").strip())
    except ValueError:
        e.add("date_controle_initial", "DATE_INVALIDE", _("Écrivez une date comme 2026-11-20."))
        return None


def _read_notes(e: Erreurs, texte: str | None) -> str | None:
    notes = (texte or "").replace("\r\n", "\n").strip()
    if len(notes) > NOTES_MAX:
        e.add("notes", "NOTES_TROP_LONGUES", _("C'est trop long : {n} caractères au plus.", n=NOTES_MAX))
    elif not all(c.isprintable() or c in "\n\t" for c in notes):
        e.add("notes", "TEXTE_INVALIDE", _("Ce texte ne peut pas être lu : écrivez-le à nouveau."))
    return notes or None


def _refuse(champ: str, code: str, message: str) -> Invalid:
    return Invalid(message, code=code, champs={champ: message})


def read_debut(*, demande: DemandeRdv, contexte: Contexte) -> datetime:
    """The instant asked for, from a listed start or from a local date and time.

    Raises on the field concerned: `DISPONIBILITE_INVALIDE`, `DATE_INVALIDE`, `HEURE_INVALIDE`, `CRENEAU_INEXISTANT` (the
    hour spring skips), `DECALAGE_REQUIS` (the hour autumn repeats), `DECALAGE_INVALIDE`.
    """
    if demande.disponibilite_id:
        return read_disponibilite_id(demande.disponibilite_id).debut
    try:
        jour = date.fromisoformat((demande.date or "").strip())
    except ValueError:
        raise _refuse("creneau.date", "DATE_INVALIDE", _("Écrivez une date comme 2026-11-20.")) from None
    lue = _HEURE.fullmatch((demande.heure_debut or "").strip())
    if lue is None:
        raise _refuse("creneau.heure_debut", "HEURE_INVALIDE", _("Écrivez une heure comme 09:30."))
    decalage = _read_decalage(demande.decalage)
    try:
        return instant_local(jour, time(int(lue[1]), int(lue[2])), contexte.zone, decalage)
    except HeureInexistante:
        message = _("Cette heure n'existe pas ce jour-là : les horloges passent à l'heure d'été.")
        raise _refuse("creneau.heure_debut", "CRENEAU_INEXISTANT", message) from None
    except HeureAmbigue:
        message = _("Cette heure existe deux fois ce jour-là : précisez son décalage, +02:00 ou +01:00.")
        raise _refuse("creneau.decalage", "DECALAGE_REQUIS", message) from None
    except DecalageFaux:
        message = _("Ce décalage n'est pas celui du centre à cette heure.")
        raise _refuse("creneau.decalage", "DECALAGE_INVALIDE", message) from None


def _read_decalage(texte: str | None) -> timedelta | None:
    if not (texte or "").strip():
        return None
    lu = _DECALAGE.fullmatch((texte or "").strip())
    if lu is None:
        raise _refuse("creneau.decalage", "DECALAGE_INVALIDE", _("Écrivez un décalage comme +02:00."))
    if lu[1] is None:
        return timedelta()
    ecart = timedelta(hours=int(lu[2]), minutes=int(lu[3]))
    return -ecart if lu[1] == "-" else ecart


def check_start(contexte: Contexte, debut: datetime, *, maintenant: datetime) -> None:
    """Raises 422 with the code of the rule a start breaks: past, beyond the horizon, off the grid, too soon."""
    refus = check_debut(
        debut,
        maintenant=maintenant,
        zone=contexte.zone,
        grille=contexte.grille,
        horizon_jours=contexte.horizon,
        preavis_minutes=contexte.preavis,
    )
    if refus is not None:
        champ = "creneau.date" if refus is RefusDebut.HORS_HORIZON else "creneau.heure_debut"
        raise _refuse(champ, refus.value, str(_REFUS[refus]))
