"""The page of a centre: where, when, how much, how well rated, and its next free hours."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import Response

from guichet.rdv import mots
from guichet.rdv.facade import disponibilites_centre
from guichet.rdv.pages.commun import local_today, open_centre, to_controle, to_libre
from guichet.rdv.pages.criteres import Vehicule, read_vehicule
from guichet.rdv.pages.presentation import (
    capitalize,
    closing,
    day_name,
    directions,
    full_address,
    rating,
    readable_phone,
    reviews,
    slots_address,
)
from guichet.rdv.pages.semaine import JourLibre, Lieu, day_view, level
from guichet.rdv.pages.vues import CentreVue
from guichet.reseau.facade import Exceptionnel, PointCarte, Tarif, VitrineCentre, draw_carte
from guichet.socle.acces import PUBLIC
from guichet.socle.horloge import now
from guichet.socle.i18n import _, format_date, format_heure, format_montant
from guichet.socle.web import Lecture
from guichet.ui.facade import local_path, render

router = APIRouter()

JOURS = 14
JOURS_MONTRES = 3
RAYON_CARTE_KM = 5.0
SEMAINE = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")


@router.get("/centres/{code}", dependencies=[PUBLIC])
async def show_centre(request: Request, session: Lecture, code: str) -> Response:
    """A centre by its code."""
    vitrine = await open_centre(session, code)
    vehicule = read_vehicule(request.query_params)
    if not vehicule.is_coherent:
        vehicule = Vehicule()
    jours: list[JourLibre] = []
    if vitrine.reservable:
        du = local_today(vitrine.fuseau)
        dispo = await disponibilites_centre(
            session,
            centre_id=vitrine.centre_id,
            du=du,
            au=du + timedelta(days=JOURS - 1),
            controle=to_controle(vehicule),
        )
        jours = [
            JourLibre(jour=j.date, libres=tuple(to_libre(c) for c in j.creneaux), niveau=level(j.niveau))
            for j in dispo.jours
            if j.creneaux
        ][:JOURS_MONTRES]
    lieu = Lieu(code=code, nom=vitrine.nom, ville=vitrine.ville, zone=ZoneInfo(vitrine.fuseau))
    aujourdhui = local_today(vitrine.fuseau)
    retour = local_path(request.query_params.get("retour", "/"))
    return render(
        request,
        "rdv/centre.html",
        centre=centre_view(vitrine, vehicule=vehicule, maintenant=now()),
        controle=vehicule.phrase,
        jours=[
            day_view(j, lieu=lieu, vehicule=vehicule, rang=n, nom=day_name(j.jour, aujourdhui))
            for n, j in enumerate(jours, 1)
        ],
        reserver_href=slots_address(code, vehicule),
        retour_href=retour,
        retour_texte=_("Les centres") if retour.startswith("/recherche") else _("Chercher un centre"),
    )


def centre_view(vitrine: VitrineCentre, *, vehicule: Vehicule, maintenant: datetime) -> CentreVue:
    """The public facts of a centre in words."""
    aujourdhui = maintenant.astimezone(ZoneInfo(vitrine.fuseau)).date()
    return CentreVue(
        code=vitrine.code_centre,
        nom=vitrine.nom,
        adresse=full_address(vitrine.adresse, vitrine.code_postal, vitrine.ville),
        telephone=readable_phone(vitrine.telephone),
        telephone_lien=vitrine.telephone or "",
        href=slots_address(vitrine.code_centre, vehicule),
        itineraire=directions(vitrine.lat, vitrine.lon),
        note=rating(vitrine.note),
        avis=reviews(vitrine.nb_avis),
        ouverture=capitalize(_("ouvert, {ferme}", ferme=closing(vitrine.ouvert_jusqua)))
        if vitrine.ouvert_jusqua
        else "",
        horaires=list_horaires(vitrine.horaires, aujourdhui=aujourdhui),
        exceptions=exceptional_days(vitrine.exceptions, aujourdhui=aujourdhui),
        tarifs=price_table(vitrine.tarifs),
        reservable=vitrine.reservable,
        carte=draw_carte(
            lat=vitrine.lat,
            lon=vitrine.lon,
            rayon_km=RAYON_CARTE_KM,
            points=[PointCarte(lat=vitrine.lat, lon=vitrine.lon, titre=vitrine.nom, numero=1)],
            titre=_("Carte autour de {centre}", centre=vitrine.nom),
            depart=vitrine.nom,
        ),
    )


def list_horaires(horaires: Mapping[str, Any], *, aujourdhui: date) -> tuple[tuple[str, str, bool], ...]:
    """Each weekday with its hours, today marked; nothing when the centre publishes none."""
    if not horaires:
        return ()
    lundi = aujourdhui - timedelta(days=aujourdhui.weekday())
    lignes = []
    for rang, cle in enumerate(SEMAINE):
        plages = horaires.get(cle) or ()
        nom = capitalize(format_date(lundi + timedelta(days=rang), "long").split(" ")[0])
        texte = ", ".join(_range(plage) for plage in plages) or _("Fermé")
        lignes.append((nom, texte, rang == aujourdhui.weekday()))
    return tuple(lignes)


def _range(plage: Sequence[str]) -> str:
    debut, fin = plage
    return _("{debut} – {fin}", debut=_clock(debut), fin=_clock(fin))


def write_heure(minutes: int) -> str:
    """Minutes of a day as `HH:MM`."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _clock(heure: str) -> str:
    if heure == "24:00":
        return _("minuit")
    heures, minutes = heure.split(":")[:2]
    return format_heure(datetime(2000, 1, 1, int(heures), int(minutes)), court=True)  # noqa: DTZ001  a clock time


def exceptional_days(exceptions: Sequence[Exceptionnel], *, aujourdhui: date) -> tuple[str, ...]:
    """Closings and openings of the next two months, in words."""
    proches = [e for e in exceptions if e.au >= aujourdhui and e.du <= aujourdhui + timedelta(days=60)]
    return tuple(_exception(e) for e in sorted(proches, key=lambda e: e.du))


def _exception(e: Exceptionnel) -> str:
    du, au = format_date(e.du, "jour"), format_date(e.au, "jour")
    if e.du == e.au:
        phrase = _("Ouvert exceptionnellement le {du}", du=du) if e.ouverture else _("Fermé le {du}", du=du)
    elif e.ouverture:
        phrase = _("Ouvert exceptionnellement du {du} au {au}", du=du, au=au)
    else:
        phrase = _("Fermé du {du} au {au}", du=du, au=au)
    if not e.plages:
        return f"{phrase}."
    debut, fin = write_heure(e.plages[0].debut), write_heure(e.plages[-1].fin)
    if len(e.plages) == 1 and fin == "24:00":
        return _("{phrase}, à partir de {debut}.", phrase=phrase, debut=_clock(debut))
    if len(e.plages) == 1 and debut == "00:00":
        return _("{phrase}, jusqu'à {fin}.", phrase=phrase, fin=_clock(fin))
    heures = ", ".join(_range((write_heure(p.debut), write_heure(p.fin))) for p in e.plages)
    return f"{phrase}, {heures}."


def price_table(tarifs: Sequence[Tarif]) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """The published prices by vehicle: the inspection and its fuel, then the re-inspection."""
    tableaux = []
    for code, nom in mots.VEHICULES.items():
        lignes: list[tuple[str, str]] = []
        for tarif in (t for t in tarifs if t.vehicule_type == code):
            controle = str(mots.CONTROLES[tarif.type_controle])
            energie = f" ({str(mots.CARBURANTS[tarif.carburant]).lower()})" if tarif.carburant else ""
            lignes.append((controle + energie, format_montant(tarif.montant)))
            if tarif.contre_visite is not None:
                reprise = format_montant(tarif.contre_visite) if tarif.contre_visite else _("Gratuite")
                lignes.append((_("Contre-visite") + energie, reprise))
        if lignes:
            tableaux.append((str(nom), tuple(dict.fromkeys(lignes))))
    return tuple(tableaux)
