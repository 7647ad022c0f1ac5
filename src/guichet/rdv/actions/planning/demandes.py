"""An entry of a planning as typed, checked against everything that needs no lock."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from guichet.annuaire.facade import Erreurs
from guichet.rdv.metier.evenements import DE_PERSONNE, EvenementVue, TypeEvenement, waiting_statut
from guichet.rdv.metier.recurrence import (
    DUREE_MAX,
    Recurrence,
    RecurrenceInvalide,
    RefusRecurrence,
    occurrences,
    parse_recurrence,
)
from guichet.reseau.facade import CentreVue, ControleurVue, get_centre, get_controleur, list_controleurs
from guichet.socle.horloge import now
from guichet.socle.i18n import _, lazy
from guichet.socle.ids import new_id

AVANCE_MAX: Final = timedelta(days=732)
"""How far ahead an entry may begin."""
MOTIF_MAX: Final = 200
ANNEES: Final = range(2000, 2200)

_REFUS: Final = {
    RefusRecurrence.ILLISIBLE: lazy(
        "Écrivez une série comme FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20261231 : chaque jour ou chaque semaine."
    ),
    RefusRecurrence.SANS_FIN: lazy("Dites quand la série finit : UNTIL (une date) ou COUNT (un nombre de fois)."),
    RefusRecurrence.TROP_LONGUE: lazy("Une série dure un an au plus."),
    RefusRecurrence.VIDE: lazy("Aucune date ne correspond à cette série."),
    RefusRecurrence.SECONDES: lazy("Une série commence et finit à la minute, dans l'ordre de l'horloge du centre."),
}


@dataclass(frozen=True, kw_only=True)
class DemandeEvenement:
    """An entry as typed. `debut` and `fin` are aware; `recurrence` is the text of an RRULE."""

    type: TypeEvenement
    centre_id: UUID | None = None
    controleur_id: UUID | None = None
    equipement_id: UUID | None = None
    debut: datetime
    fin: datetime
    motif: str
    recurrence: str | None = None


@dataclass(frozen=True, kw_only=True)
class ModificationEvenement:
    """Changes of an entry; None leaves a value as it is, an empty `recurrence` ends the series."""

    debut: datetime | None = None
    fin: datetime | None = None
    motif: str | None = None
    recurrence: str | None = None


def check_periode(
    e: Erreurs, *, debut: datetime, fin: datetime, recurrence: str | None, fuseau: str
) -> Recurrence | None:
    """The series of a period. Every problem is noted on its field: `PERIODE_*` or `RECURRENCE_INVALIDE`."""
    maintenant = now()
    for champ, instant in (("debut", debut), ("fin", fin)):
        if instant.year not in ANNEES:
            e.add(champ, "PERIODE_INVALIDE", _("Cette date n'est pas possible."))
            return None
    if fin <= debut:
        e.add("fin", "PERIODE_INVALIDE", _("La fin doit venir après le début."))
    elif fin - debut > DUREE_MAX:
        e.add("fin", "PERIODE_TROP_LONGUE", _("Une entrée du planning dure un an au plus."))
    elif debut > maintenant + AVANCE_MAX:
        e.add("debut", "PERIODE_TROP_LOINTAINE", _("Cette date est trop lointaine : deux ans au plus."))
    else:
        return _check_serie(e, debut, fin, recurrence, fuseau)
    return None


def _check_serie(e: Erreurs, debut: datetime, fin: datetime, texte: str | None, fuseau: str) -> Recurrence | None:
    try:
        serie = parse_recurrence(texte, fuseau) if texte and texte.strip() else None
        dernier = occurrences(debut, fin, serie, fuseau)[-1].fin
    except RecurrenceInvalide as invalide:
        e.add("recurrence", "RECURRENCE_INVALIDE", _REFUS[invalide.refus])
        return None
    if dernier <= now():
        e.add("fin", "PERIODE_PASSEE", _("Cette période est déjà passée."))
    return serie


def check_motif(e: Erreurs, motif: str, champ: str = "motif") -> str:
    """The reason, trimmed: needed, short and printable. Problems are noted on `champ`."""
    propre = motif.strip()
    if not propre:
        e.add(champ, "MOTIF_REQUIS", _("À renseigner."))
    elif len(propre) > MOTIF_MAX:
        e.add(champ, "MOTIF_TROP_LONG", _("C'est trop long : {n} caractères au plus.", n=MOTIF_MAX))
    elif not propre.isprintable():
        e.add(champ, "TEXTE_INVALIDE", _("Ce texte ne peut pas être lu : écrivez-le à nouveau."))
    return propre


async def prepare(session: AsyncSession, demande: DemandeEvenement, *, par: UUID | None) -> EvenementVue:
    """The entry a request makes, waiting. A leave or an absence holds in every centre of the person.

    Raises `CENTRE_NOT_FOUND`, `CONTROLEUR_NOT_FOUND` (404), and 422 with each wrong field.
    """
    e = Erreurs()
    centre = None if demande.centre_id is None else await get_centre(session, demande.centre_id)
    qui = None if demande.controleur_id is None else await get_controleur(session, demande.controleur_id)
    _check_cible(e, demande, centre, qui)
    if demande.type is TypeEvenement.OUVERTURE and centre is not None and qui is None:
        await _check_somebody(session, e, centre)
    rattachement = centre or (await get_centre(session, qui.centre_id) if qui else None)
    fuseau = rattachement.fuseau if rattachement else "UTC"
    recurrence = check_periode(e, debut=demande.debut, fin=demande.fin, recurrence=demande.recurrence, fuseau=fuseau)
    motif = check_motif(e, demande.motif)
    e.raise_any()
    return EvenementVue(
        id=new_id(),
        tenant_id=session.info["tenant_id"],
        type=demande.type,
        centre_id=None if demande.type in DE_PERSONNE else demande.centre_id,
        controleur_id=demande.controleur_id,
        equipement_id=demande.equipement_id,
        fuseau=fuseau,
        debut=demande.debut,
        fin=demande.fin,
        recurrence=recurrence,
        motif=motif,
        statut=waiting_statut(demande.type),
        refus=None,
        demande_par=par,
        decide_par=None,
        decide_le=None,
        version=1,
        created_at=now(),
    )


def _check_cible(e: Erreurs, demande: DemandeEvenement, centre: CentreVue | None, qui: ControleurVue | None) -> None:
    if demande.type in DE_PERSONNE and qui is None:
        e.add("controleur_id", "CIBLE_REQUISE", _("Dites de quel contrôleur il s'agit."))
    if demande.type is TypeEvenement.OUVERTURE and centre is None:
        e.add("centre_id", "CIBLE_REQUISE", _("Dites dans quel centre."))
    if demande.type is TypeEvenement.BLOCAGE and centre is None and qui is None:
        e.add("centre_id", "CIBLE_REQUISE", _("Dites quel centre ou quel contrôleur bloquer."))
    if qui is not None and centre is not None and centre.id not in {t.centre_id for t in qui.centres}:
        e.add("controleur_id", "CONTROLEUR_HORS_CENTRE", _("Ce contrôleur ne travaille pas dans ce centre."))
    if demande.equipement_id is None:
        return
    if demande.type is not TypeEvenement.BLOCAGE or qui is not None:
        e.add("equipement_id", "EQUIPEMENT_INATTENDU", _("Un équipement se bloque seul, sans contrôleur."))
    elif centre is not None and demande.equipement_id not in {x.id for x in centre.equipements}:
        e.add("equipement_id", "EQUIPEMENT_INCONNU", _("Cet équipement n'est pas de ce centre."))
    elif centre is None:
        e.add("centre_id", "CIBLE_REQUISE", _("Dites dans quel centre."))


async def _check_somebody(session: AsyncSession, e: Erreurs, centre: CentreVue) -> None:
    equipe = await list_controleurs(session, centre_id=centre.id, actif=True)
    if all(c.centre_id != centre.id for c in equipe):
        message = _("Aucun contrôleur n'est rattaché à ce centre : dites qui travaillera.")
        e.add("controleur_id", "OUVERTURE_SANS_CONTROLEUR", message)


def modify(actuel: EvenementVue, modification: ModificationEvenement) -> EvenementVue:
    """The entry once changed, in the same state. Raises 422 with each wrong field."""
    e = Erreurs()
    debut, fin = modification.debut or actuel.debut, modification.fin or actuel.fin
    avant = str(actuel.recurrence) if actuel.recurrence else None
    texte = avant if modification.recurrence is None else modification.recurrence
    recurrence = check_periode(e, debut=debut, fin=fin, recurrence=texte, fuseau=actuel.fuseau)
    motif = actuel.motif if modification.motif is None else check_motif(e, modification.motif)
    e.raise_any()
    return replace(actuel, debut=debut, fin=fin, recurrence=recurrence, motif=motif)


def describe(evenement: EvenementVue, champs: Sequence[str] = ()) -> dict[str, object]:
    """An entry as the journal keeps it."""
    faits: dict[str, object] = {
        "type": evenement.type.value,
        "centre_id": evenement.centre_id and str(evenement.centre_id),
        "controleur_id": evenement.controleur_id and str(evenement.controleur_id),
        "equipement_id": evenement.equipement_id and str(evenement.equipement_id),
        "debut": evenement.debut.isoformat(),
        "fin": evenement.fin.isoformat(),
        "recurrence": evenement.recurrence and str(evenement.recurrence),
        "statut": evenement.statut.value,
    }
    return {champ: faits[champ] for champ in champs} if champs else faits
