"""From what PostgreSQL stores to the values of `metier`."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

from guichet.reseau.metier.agrements import Titre
from guichet.reseau.metier.durees import Duree
from guichet.reseau.metier.horaires import read_exception, read_semaine
from guichet.reseau.metier.tarifs import Tarif
from guichet.reseau.metier.territoires import Territoire
from guichet.reseau.metier.types import Carburant, TypeControle, VehiculeType
from guichet.reseau.metier.vues import CentreVue, EquipementVue, ExceptionVue, ReservationCentre


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


@lru_cache(maxsize=65_536)
def _read_tarif(vehicule: str, carburant: str | None, controle: str, montant: int, contre_visite: int | None) -> Tarif:
    # The same line stands in many centres, and a search reads all of theirs.
    return Tarif(
        vehicule_type=VehiculeType(vehicule),
        carburant=Carburant(carburant) if carburant else None,
        type_controle=TypeControle(controle),
        montant=montant,
        contre_visite=contre_visite,
    )


def read_tarifs(stockes: Iterable[Sequence[Any]]) -> tuple[Tarif, ...]:
    """Tariff lines from `[vehicule_type, carburant, type_controle, montant, contre_visite]`."""
    return tuple(_read_tarif(*ligne) for ligne in stockes)


def read_durees(stockees: Iterable[Sequence[Any]]) -> tuple[Duree, ...]:
    """Duration cells from `[vehicule_type, carburant, type_controle, minutes]`."""
    return tuple(
        Duree(
            vehicule_type=VehiculeType(vehicule),
            carburant=Carburant(carburant) if carburant else None,
            type_controle=TypeControle(controle),
            minutes=minutes,
        )
        for vehicule, carburant, controle, minutes in stockees
    )


def read_titres(stockes: Iterable[Sequence[Any]]) -> tuple[Titre, ...]:
    """Accreditations from `[code, valide_du, valide_au]`."""
    return tuple(Titre(code=code, valide_du=_date(du), valide_au=date.fromisoformat(au)) for code, du, au in stockes)


def read_centre(row: Mapping[str, Any]) -> CentreVue:
    """A centre from its row and its children as JSON (see `questions.centres`)."""
    return CentreVue(
        id=row["id"],
        tenant_id=row["tenant_id"],
        agence_id=row["agence_id"],
        code_centre=row["code_centre"],
        siret=row["siret"],
        nom=row["nom"],
        adresse=row["adresse"],
        code_postal=row["code_postal"],
        ville=row["ville"],
        lat=row["lat"],
        lon=row["lon"],
        position_approchee=row["position_approchee"],
        telephone=row["telephone"],
        email=row["email"],
        site_web=row["site_web"],
        photo=row["photo"],
        territoire=Territoire(row["territoire"]),
        fuseau=row["fuseau"],
        capacite_journaliere=row["capacite_journaliere"],
        types_controle=tuple(TypeControle(t) for t in row["types_controle"]),
        horaires=read_semaine(row["horaires"]),
        exceptions=tuple(ExceptionVue(id=UUID(e["id"]), exception=read_exception(e)) for e in row["exceptions"]),
        reservation=ReservationCentre(
            grille_minutes=row["grille_minutes"],
            preavis_minutes=row["preavis_minutes"],
            horizon_jours=row["horizon_jours"],
            tolerance_surreservation=row["tolerance_surreservation"],
            validation_requise=row["validation_requise"],
        ),
        tarifs=read_tarifs(row["tarifs"]),
        durees=read_durees(row["durees"]),
        equipements=tuple(
            EquipementVue(
                id=UUID(identifiant),
                nom=nom,
                vehicule_types=frozenset(VehiculeType(v) for v in types),
                en_service=en_service,
            )
            for identifiant, nom, types, en_service in row["equipements"]
        ),
        note=None if row["note"] is None else float(row["note"]),
        nb_avis=row["nb_avis"],
        actif=row["actif"],
        version=row["version"],
        cle_tri=row["cle_tri"],
    )
