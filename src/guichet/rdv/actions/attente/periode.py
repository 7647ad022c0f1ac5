"""The days and hours somebody waits for, as typed."""

from dataclasses import dataclass
from datetime import date, datetime, time

from guichet.annuaire.facade import Erreurs
from guichet.rdv.metier.attente import JOURS_MAX
from guichet.rdv.metier.heures import jour_local
from guichet.rdv.questions.contexte import Contexte
from guichet.socle.i18n import _


@dataclass(frozen=True)
class Periode:
    """Local days and starts on the wall clock, all included."""

    du: date
    au: date
    heure_du: time | None
    heure_au: time | None


def read_periode(
    *,
    du: str,
    au: str | None,
    heure_du: str | None,
    heure_au: str | None,
    contexte: Contexte,
    avant: date | None,
    maintenant: datetime,
) -> Periode:
    """What was typed, checked: `au` (default: `du`) is brought back to `avant`, the day of the appointment given back.

    Raises 422 on `periode.*`: `DATE_INVALIDE`, `HEURE_INVALIDE`, `CRENEAU_PASSE`, `CRENEAU_HORS_HORIZON`,
    `PERIODE_INVALIDE` (backwards, or longer than `JOURS_MAX`).
    """
    e = Erreurs("")
    premier = _read_date(e, "periode.du", du)
    dernier = _read_date(e, "periode.au", au) if (au or "").strip() else premier
    depart, arrivee = _read_heure(e, "periode.heure_du", heure_du), _read_heure(e, "periode.heure_au", heure_au)
    e.raise_any()
    assert premier is not None
    assert dernier is not None
    dernier = min(dernier, avant or dernier)
    a_l_envers = dernier < premier or (depart is not None and arrivee is not None and arrivee < depart)
    if dernier < jour_local(maintenant, contexte.zone):
        e.add("periode.au", "CRENEAU_PASSE", _("Ces jours sont déjà passés."))
    elif a_l_envers:
        e.add("periode.au", "PERIODE_INVALIDE", _("La fin de la période vient avant son début."))
    elif (dernier - premier).days >= JOURS_MAX:
        e.add("periode.au", "PERIODE_INVALIDE", _("Demandez au plus {n} jours à la fois.", n=JOURS_MAX))
    elif premier > contexte.dernier_jour(maintenant):
        e.add("periode.du", "CRENEAU_HORS_HORIZON", _("Ce jour n'est pas encore ouvert à la réservation."))
    e.raise_any()
    return Periode(max(premier, jour_local(maintenant, contexte.zone)), dernier, depart, arrivee)


def _read_date(e: Erreurs, champ: str, texte: str | None) -> date | None:
    try:
        lu = date.fromisoformat((texte or "").strip())
    except ValueError:
        lu = None
    if lu is None or not 2000 <= lu.year <= 9000:
        e.add(champ, "DATE_INVALIDE", _("Écrivez une date comme 2026-11-20."))
        return None
    return lu


def _read_heure(e: Erreurs, champ: str, texte: str | None) -> time | None:
    if not (texte or "").strip():
        return None
    try:
        return datetime.strptime((texte or "").strip(), "%H:%M").time()  # noqa: DTZ007  a wall clock
    except ValueError:
        e.add(champ, "HEURE_INVALIDE", _("Écrivez une heure comme 09:30."))
        return None
