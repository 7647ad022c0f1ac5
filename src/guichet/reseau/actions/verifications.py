"""From what was typed to what is stored: every rule that needs no database."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from guichet.reseau.actions.saisies import (
    AgenceSaisie,
    CentreSaisie,
    DureeSaisie,
    ExceptionSaisie,
    PlageSaisie,
    TarifSaisie,
)
from guichet.reseau.metier.coordonnees import CoordonneeInvalide, normalise_email, normalise_site, normalise_telephone
from guichet.reseau.metier.horaires import (
    Anomalies,
    Exceptionnel,
    Semaine,
    find_contradictions,
    parse_plages,
    parse_semaine,
)
from guichet.reseau.metier.identifiants import CodeInvalide, cle_tri, normalise_code_centre, normalise_siret
from guichet.reseau.metier.territoires import FUSEAUX, CodePostalInconnu, Territoire, locate_code_postal
from guichet.reseau.metier.types import CONTRE_VISITES, TypeControle, types_controle_possibles

PERIODE_MAX_JOURS: Final = 366


def _paires(plages: Iterable[PlageSaisie]) -> list[tuple[str, str]]:
    return [(p.debut, p.fin) for p in plages]


def read_semaine(saisie: Mapping[str, Sequence[PlageSaisie]], chemin: str, anomalies: Anomalies) -> Semaine:
    """Weekly hours as typed."""
    return parse_semaine({jour: _paires(plages) for jour, plages in saisie.items()}, chemin, anomalies)


def read_exceptions(
    saisies: Sequence[ExceptionSaisie], anomalies: Anomalies, chemin: str = "exceptions"
) -> list[Exceptionnel]:
    """Exceptions as typed, none of which contradicts another."""
    lues = []
    for rang, saisie in enumerate(saisies):
        au = saisie.au or saisie.du
        if (au - saisie.du).days >= PERIODE_MAX_JOURS:
            anomalies.add(f"{chemin}.{rang}.au", "periode")
        ouverture = saisie.type == "ouverture"
        lues.append(
            Exceptionnel(
                du=saisie.du,
                au=au,
                ouverture=ouverture,
                plages=parse_plages(_paires(saisie.plages), f"{chemin}.{rang}.plages", anomalies),
                motif=saisie.motif,
                controleurs=frozenset(saisie.controleur_ids) if ouverture and saisie.controleur_ids else None,
            )
        )
    find_contradictions(lues, chemin, anomalies)
    return lues


def read_coordonnee(
    lire: Callable[[str], str], valeur: str | None, champ: str, anomalies: Anomalies, code: str | None = None
) -> str | None:
    """A normalised contact detail, or None; what cannot be read is an anomaly."""
    if valeur is None:
        return None
    try:
        return lire(valeur)
    except (CoordonneeInvalide, CodeInvalide):
        anomalies.add(champ, code or champ)
        return None


def _read_photo(texte: str) -> str:
    return texte if texte.startswith("/") and not texte.startswith("//") else normalise_site(texte)


def locate(saisie: CentreSaisie, anomalies: Anomalies) -> tuple[Territoire, str]:
    """Territory and time zone: as typed, else from the postal code."""
    territoire, fuseau = Territoire.METROPOLE, "Europe/Paris"
    try:
        territoire, fuseau = locate_code_postal(saisie.code_postal)
    except CodePostalInconnu:
        anomalies.add("code_postal", "code_postal")
    if saisie.territoire is not None:
        if saisie.territoire in frozenset(Territoire):
            territoire = Territoire(saisie.territoire)
        else:
            anomalies.add("territoire", "territoire")
    if saisie.fuseau is not None:
        if saisie.fuseau in FUSEAUX:
            fuseau = saisie.fuseau
        else:
            anomalies.add("fuseau", "fuseau")
    return territoire, fuseau


def check_lignes(lignes: Sequence[TarifSaisie | DureeSaisie], chemin: str, anomalies: Anomalies) -> None:
    """Refuse a line given twice and an inspection that does not exist for the vehicle."""
    vues = set()
    for rang, ligne in enumerate(lignes):
        cle = (ligne.vehicule_type, ligne.carburant, ligne.type_controle)
        if cle in vues:
            anomalies.add(f"{chemin}.{rang}", "doublon")
        vues.add(cle)
        if ligne.type_controle not in types_controle_possibles(ligne.vehicule_type, ligne.carburant):
            anomalies.add(f"{chemin}.{rang}.type_controle", "incoherent")
        elif isinstance(ligne, TarifSaisie) and ligne.type_controle in CONTRE_VISITES:
            anomalies.add(f"{chemin}.{rang}.type_controle", "contre_visite")


def read_agence(saisie: AgenceSaisie, anomalies: Anomalies) -> dict[str, Any]:
    """The columns of an agence."""
    territoire = Territoire.METROPOLE
    if saisie.code_postal:
        try:
            territoire, _fuseau = locate_code_postal(saisie.code_postal)
        except CodePostalInconnu:
            anomalies.add("code_postal", "code_postal")
    if (saisie.lat is None) != (saisie.lon is None):
        anomalies.add("lon" if saisie.lon is None else "lat", "position_moitie")
    return {
        "code": saisie.code,
        "nom": saisie.nom,
        "cle_tri": cle_tri(saisie.nom),
        "adresse": saisie.adresse,
        "code_postal": saisie.code_postal,
        "ville": saisie.ville,
        "lat": saisie.lat,
        "lon": saisie.lon,
        "telephone": read_coordonnee(
            lambda t: normalise_telephone(t, territoire), saisie.telephone, "telephone", anomalies
        ),
        "email": read_coordonnee(normalise_email, saisie.email, "email", anomalies),
        "actif": saisie.actif,
    }


def read_centre(saisie: CentreSaisie, anomalies: Anomalies) -> dict[str, Any]:
    """The columns of a centre, position apart (see `actions.centres`)."""
    territoire, fuseau = locate(saisie, anomalies)
    check_lignes(saisie.tarifs, "tarifs", anomalies)
    check_lignes(saisie.durees, "durees", anomalies)
    noms = [e.nom.casefold() for e in saisie.equipements]
    for rang, nom in enumerate(noms):
        if nom in noms[:rang]:
            anomalies.add(f"equipements.{rang}.nom", "doublon")
    code_centre = read_coordonnee(normalise_code_centre, saisie.code_centre, "code_centre", anomalies)
    return {
        "agence_id": saisie.agence_id,
        "code_centre": code_centre,
        "siret": read_coordonnee(normalise_siret, saisie.siret, "siret", anomalies),
        "nom": saisie.nom,
        "cle_tri": cle_tri(saisie.nom),
        "adresse": saisie.adresse,
        "code_postal": saisie.code_postal,
        "ville": saisie.ville,
        "telephone": read_coordonnee(
            lambda t: normalise_telephone(t, territoire), saisie.telephone, "telephone", anomalies
        ),
        "email": read_coordonnee(normalise_email, saisie.email, "email", anomalies),
        "site_web": read_coordonnee(normalise_site, saisie.site_web, "site_web", anomalies),
        "photo": read_coordonnee(_read_photo, saisie.photo, "photo", anomalies),
        "territoire": territoire.value,
        "fuseau": fuseau,
        "capacite_journaliere": saisie.capacite_journaliere,
        "types_controle": [t.value for t in TypeControle if t in saisie.types_controle],
        "note": saisie.note,
        "nb_avis": saisie.nb_avis,
        "actif": saisie.actif,
        **saisie.reservation.model_dump(),
    }
