"""From facts to what pages show: words, links, order. No I/O; the present instant is a parameter."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

import phonenumbers

from guichet.rdv.pages.criteres import Criteres, Vehicule
from guichet.rdv.pages.vues import CarteCentreVue, HeureVue
from guichet.reseau.facade import VitrineCentre
from guichet.socle.i18n import _, format_date, format_heure, format_nombre, lazy, ngettext

HEURES_PAR_CARTE = 3
POURQUOI = {
    "complet": lazy("Complet ces jours-ci"),
    "ferme": lazy("Fermé ces jours-ci"),
    "ferie": lazy("Fermé ces jours-ci"),
    "passe": lazy("Plus rien aujourd'hui"),
    "hors_horizon": lazy("Pas encore ouvert à la réservation"),
    "aucun_agrement": lazy("Ne prend pas ce véhicule ces jours-ci"),
}
FORMAT_DEBUT = "%Y-%m-%dT%H:%MZ"
_DEBUT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}Z")


@dataclass(frozen=True, kw_only=True)
class Libre:
    """A free hour of a centre: aware instants, and its price in cents where it is published."""

    debut: datetime
    fin: datetime
    centimes: int | None = None
    suggere: bool = False


def write_debut(instant: datetime) -> str:
    """An instant as forms and addresses carry it, `2026-11-24T13:30Z`."""
    return instant.astimezone(UTC).strftime(FORMAT_DEBUT)


def read_debut(texte: str | None) -> datetime | None:
    """The instant of an address or a form; None when it is not one."""
    if not texte or not _DEBUT.fullmatch(texte):
        return None
    try:
        return datetime.strptime(texte, FORMAT_DEBUT).replace(tzinfo=UTC)
    except ValueError:
        return None


def day_name(jour: date, aujourdhui: date) -> str:
    """`Aujourd'hui`, `Demain`, else `Lundi 23 nov.`."""
    if jour == aujourdhui:
        return _("Aujourd'hui")
    if jour == aujourdhui + timedelta(days=1):
        return _("Demain")
    return capitalize(format_date(jour, "abrege"))


def capitalize(texte: str) -> str:
    """The first letter as a capital, the others as they are."""
    return texte[:1].upper() + texte[1:]


def full_address(adresse: str, code_postal: str, ville: str) -> str:
    """`114 avenue des Frères-Lumière, 69008 Lyon`."""
    return ", ".join(part for part in (adresse, f"{code_postal} {ville}".strip()) if part)


def distance(km: float | None) -> str:
    """`2,1 km`; empty when the place is not known."""
    return "" if km is None else _("{km} km", km=format_nombre(km, 1))


def rating(note: float | None) -> str:
    """`4,7`; empty without one."""
    return "" if note is None else format_nombre(note, 1)


def reviews(nb_avis: int) -> str:
    """How many people gave that rating."""
    return ngettext("sur 5, {n} avis", "sur 5, {n} avis", nb_avis)


def closing(ouvert_jusqua: str | None) -> str:
    """`ferme à 18 h 30` while the centre is open; empty otherwise."""
    if not ouvert_jusqua:
        return ""
    heures, minutes = ouvert_jusqua.split(":")
    return _("ferme à {heure}", heure=format_heure(datetime(2000, 1, 1, int(heures) % 24, int(minutes)), court=True))  # noqa: DTZ001  a clock time


def readable_phone(telephone: str | None) -> str:
    """`+33465710042` as people write it, `04 65 71 00 42`."""
    if not telephone:
        return ""
    try:
        numero = phonenumbers.parse(telephone, "FR")
    except phonenumbers.NumberParseException:
        return telephone
    forme = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(numero, forme.NATIONAL if numero.country_code == 33 else forme.INTERNATIONAL)


def directions(lat: float, lon: float) -> str:
    """Where to ask the way: the map program of the phone, or a map site."""
    return f"https://www.openstreetmap.org/directions?to={lat:.5f}%2C{lon:.5f}"


def centre_address(code: str, vehicule: Vehicule) -> str:
    """The page of a centre, for these choices."""
    return _with_query(f"/centres/{quote(code, safe='')}", vehicule.parametres)


def slots_address(code: str, vehicule: Vehicule, **autres: str) -> str:
    """The page where an hour is chosen."""
    return _with_query(f"/reservation/{quote(code, safe='')}", {**vehicule.parametres, **autres})


def join_address(code: str, vehicule: Vehicule, **parametres: str) -> str:
    """The page that joins the waiting list of a centre for a vehicle, from a day (`du`) to another (`au`)."""
    return _with_query(f"/reservation/{quote(code, safe='')}/attente", {**vehicule.parametres, **parametres})


def form_address(code: str, vehicule: Vehicule, debut: datetime) -> str:
    """The form for one hour."""
    return _with_query(
        f"/reservation/{quote(code, safe='')}/vous", {**vehicule.parametres, "debut": write_debut(debut)}
    )


def hour_view(
    libre: Libre, *, code: str, nom: str, vehicule: Vehicule, zone: ZoneInfo, choisi: datetime | None = None
) -> HeureVue:
    """A free hour one may click, with all a screen reader needs."""
    local = libre.debut.astimezone(zone)
    libelle = _(
        "Choisir {jour} à {heure}, {centre}", jour=format_date(local, "jour"), heure=format_heure(local), centre=nom
    )
    return HeureVue(
        debut=local,
        jour=capitalize(format_date(local, "jour")),
        court=capitalize(format_date(local, "abrege")),
        href=form_address(code, vehicule, libre.debut),
        libelle=libelle,
        valeur=write_debut(libre.debut),
        choisie=libre.debut == choisi,
    )


def centre_card(
    vitrine: VitrineCentre,
    libres: Sequence[Libre],
    *,
    rang: int,
    criteres: Criteres,
    maintenant: datetime,
    raison: str = "",
) -> CarteCentreVue:
    """A centre of the results with its next free hours; `raison` says why it has none."""
    zone = ZoneInfo(vitrine.fuseau)
    vehicule = criteres.vehicule
    aujourdhui = maintenant.astimezone(zone).date()
    etat, pourquoi, jour = "hors_ligne", "", ""
    heures: tuple[HeureVue, ...] = ()
    if vitrine.reservable and libres:
        etat = "libre"
        premier = libres[0].debut.astimezone(zone).date()
        jour = day_name(premier, aujourdhui)
        if premier == aujourdhui + timedelta(days=1):
            jour = _("{jour}, {date}", jour=jour, date=format_date(premier, "abrege"))
        du_jour = [h for h in libres if h.debut.astimezone(zone).date() == premier][:HEURES_PAR_CARTE]
        heures = tuple(
            hour_view(h, code=vitrine.code_centre, nom=vitrine.nom, vehicule=vehicule, zone=zone) for h in du_jour
        )
    elif vitrine.reservable and raison != "pas_en_ligne":
        etat = "complet"
        pourquoi = str(POURQUOI.get(raison, POURQUOI["complet"]))
    return CarteCentreVue(
        rang=rang,
        code=vitrine.code_centre,
        nom=vitrine.nom,
        href=centre_address(vitrine.code_centre, vehicule),
        adresse=full_address(vitrine.adresse, vitrine.code_postal, vitrine.ville),
        distance=distance(vitrine.distance_km),
        centimes=vitrine.prix(vehicule.vehicule_type, vehicule.carburant, vehicule.type_controle),
        note=rating(vitrine.note),
        avis=reviews(vitrine.nb_avis),
        ouverture=closing(vitrine.ouvert_jusqua),
        telephone=readable_phone(vitrine.telephone),
        etat=etat,
        raison=pourquoi,
        jour=jour,
        heures=heures,
        suite=_("Toutes les heures") if heures else _("Voir les jours suivants"),
        suite_href=_week_address(vitrine.code_centre, criteres, libres, zone),
    )


def _week_address(code: str, criteres: Criteres, libres: Sequence[Libre], zone: ZoneInfo) -> str:
    jour = libres[0].debut.astimezone(zone).date() if libres else criteres.jour
    return slots_address(code, criteres.vehicule, **({"jour": jour.isoformat()} if jour else {}))


def _with_query(chemin: str, parametres: dict[str, str]) -> str:
    return f"{chemin}?{urlencode(parametres)}" if parametres else chemin
