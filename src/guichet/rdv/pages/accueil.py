"""The home page: the search, the next free hours, one's due date, the network."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import Response
from markupsafe import Markup
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.annuaire.facade import MiseCirculation, prochaine_echeance
from guichet.rdv.facade import CentreTrouve, Endroit, search_disponibilites
from guichet.rdv.pages.commun import PARIS, search_form, to_controle, to_libre
from guichet.rdv.pages.criteres import Criteres, Vehicule, read_criteres
from guichet.rdv.pages.memoire import Memoire
from guichet.rdv.pages.presentation import day_name, distance, hour_view
from guichet.rdv.pages.vues import DepartVue
from guichet.reseau.facade import Carburant, VehiculeType, draw_carte_france, find_lieu, list_vitrine
from guichet.socle.acces import PUBLIC
from guichet.socle.horloge import now, today
from guichet.socle.i18n import _, format_date, format_heure, ngettext
from guichet.socle.web import Lecture
from guichet.ui.facade import render

router = APIRouter()

LIGNES = 6
DEPARTEMENTS = 8
COOKIE_LIEU = "guichet_lieu"

_reseaux: Memoire[tuple[UUID | None], "Reseau"] = Memoire(timedelta(minutes=5))
_departs: Memoire[tuple[UUID | None, float, float], tuple[CentreTrouve, ...]] = Memoire(timedelta(seconds=20))


def forget() -> None:
    """Forget what is kept of the network and its next hours."""
    _reseaux.clear()
    _departs.clear()


@dataclass(frozen=True, kw_only=True)
class DepartementVue:
    """A department of the network: its name, how many centres, the search around it."""

    texte: str
    compte: int
    href: str


@dataclass(frozen=True, kw_only=True)
class Reseau:
    """The network as the home page shows it; `lieu` is where its next hours are shown by default."""

    nombre: int
    departements: tuple[DepartementVue, ...]
    points: tuple[tuple[float, float], ...]
    lieu: Endroit | None

    @property
    def carte(self) -> Markup:
        """The country with a dot for each centre."""
        titre = ngettext("{n} centre sur la carte de France", "{n} centres sur la carte de France", self.nombre)
        return draw_carte_france(points=self.points, titre=titre, legende=False)


@dataclass(frozen=True, kw_only=True)
class EcheanceVue:
    """The answer to "is it time?"."""

    vehicule_type: str
    mec: str
    erreur: str = ""
    titre: str = ""
    phrase: str = ""
    genre: str = "info"


@router.get("/", dependencies=[PUBLIC])
async def show_accueil(request: Request, session: Lecture) -> Response:
    """The home page. `echeance_type` and `mec` ask for a due date."""
    tenant_id = session.info.get("tenant_id")
    reseau = await _reseaux.get((tenant_id,), lambda: _load_reseau(session))
    endroit = _wanted_place(request) or reseau.lieu
    lignes: tuple[DepartVue, ...] = ()
    criteres = Criteres(lieu=endroit.nom or "" if endroit else "")
    if endroit is not None:
        ou = endroit
        trouves = await _departs.get((tenant_id, ou.lat, ou.lon), lambda: _load_departs(session, ou))
        lignes = next_departures(trouves, maintenant=now())
    court = (endroit.nom or "").partition(" (")[0] if endroit else ""
    return render(
        request,
        "rdv/accueil.html",
        recherche=search_form(read_criteres(request.query_params, aujourdhui=today(PARIS))),
        departs=lignes,
        departs_titre=_("Prochaines places près de {lieu}", lieu=court) if court else _("Prochaines places"),
        departs_note=_("Voiture, contrôle périodique. À jour à {heure}.", heure=format_heure(now().astimezone(PARIS))),
        departs_href=criteres.address(),
        echeance=due_date(request.query_params, aujourdhui=today(PARIS)),
        reseau=reseau,
    )


def _wanted_place(request: Request) -> Endroit | None:
    """The last place searched from this browser."""
    lieu = find_lieu(request.cookies.get(COOKIE_LIEU, "")).lieu
    return Endroit(lat=lieu.lat, lon=lieu.lon, nom=lieu.libelle) if lieu else None


async def _load_reseau(session: AsyncSession) -> Reseau:
    centres = await list_vitrine(session, tenant_id=session.info.get("tenant_id"))
    departements: Counter[str] = Counter()
    reservables: Counter[str] = Counter()
    for centre in centres:
        lieu = find_lieu(f"{centre.code_postal} {centre.ville}").lieu
        if lieu is not None:
            departements[lieu.nom_departement] += 1
            reservables[lieu.nom_departement] += centre.reservable
    frequents = departements.most_common(DEPARTEMENTS)
    # The default place: the main town of the department with the most centres one can book.
    meilleur = max(reservables, key=lambda nom: (reservables[nom], nom), default="")
    ville = find_lieu(meilleur).lieu if meilleur else None
    return Reseau(
        nombre=len(centres),
        departements=tuple(
            DepartementVue(texte=nom, compte=n, href=Criteres(lieu=nom, rayon=50).address())
            for nom, n in sorted(frequents, key=lambda d: (-d[1], d[0]))
        ),
        points=tuple((c.lat, c.lon) for c in centres),
        lieu=Endroit(lat=ville.lat, lon=ville.lon, nom=ville.libelle) if ville else None,
    )


async def _load_departs(session: AsyncSession, endroit: Endroit) -> tuple[CentreTrouve, ...]:
    aujourdhui = today(PARIS)
    trouve = await search_disponibilites(
        session,
        endroit=endroit,
        du=aujourdhui,
        au=aujourdhui + timedelta(days=6),
        controle=to_controle(Vehicule()),
        tri="date",
        limite=12,
    )
    return trouve.centres


def next_departures(trouves: Sequence[CentreTrouve], *, maintenant: datetime) -> tuple[DepartVue, ...]:
    """The board: the earliest hours over all centres, none of them past."""
    lignes: list[tuple[datetime, DepartVue]] = []
    for trouve in trouves:
        zone = ZoneInfo(trouve.vitrine.fuseau)
        aujourdhui = maintenant.astimezone(zone).date()
        for creneau in trouve.creneaux:
            if creneau.debut <= maintenant:
                continue
            heure = hour_view(
                to_libre(creneau),
                code=trouve.vitrine.code_centre,
                nom=trouve.vitrine.nom,
                vehicule=Vehicule(),
                zone=zone,
            )
            ligne = DepartVue(
                quand=day_name(heure.debut.date(), aujourdhui),
                instant=heure.debut,
                href=heure.href,
                titre=trouve.vitrine.nom,
                detail=distance(trouve.vitrine.distance_km),
                centimes=trouve.montant_cents,
            )
            lignes.append((creneau.debut, ligne))
    lignes.sort(key=lambda couple: (couple[0], couple[1].titre))
    return tuple(ligne for _debut, ligne in lignes[:LIGNES])


def due_date(parametres: Any, *, aujourdhui: date) -> EcheanceVue:
    """The next legal due date of a vehicle from its first registration, in words."""
    vehicule = parametres.get("echeance_type", "VP")
    vehicule = vehicule if vehicule in set(VehiculeType) else "VP"
    mec = (parametres.get("mec") or "").strip()[:10]
    vue = EcheanceVue(vehicule_type=vehicule, mec=mec)
    if not mec:
        return vue
    try:
        circulation = date.fromisoformat(mec)
    except ValueError:
        circulation = None
    if circulation is None or circulation > aujourdhui or circulation.year < 1900:
        erreur = _("Écrivez la date de la case B, par exemple 14/03/2023, pas une date à venir.")
        return EcheanceVue(vehicule_type=vehicule, mec=mec, erreur=erreur)
    echeance = prochaine_echeance(VehiculeType(vehicule), Carburant.ESSENCE, MiseCirculation(circulation))
    assert echeance is not None
    if echeance.limite < aujourdhui:
        return EcheanceVue(
            vehicule_type=vehicule,
            mec=mec,
            genre="attention",
            titre=_("Le premier contrôle était dû avant le {limite}.", limite=format_date(echeance.limite, "long")),
            phrase=_("S'il est fait, la date limite suivante est sur votre carte grise ou votre procès-verbal."),
        )
    semaines = (echeance.limite - aujourdhui).days // 7
    reste = ngettext("il vous reste {n} semaine", "il vous reste {n} semaines", semaines)
    if echeance.des > aujourdhui:
        phrase = _("Vous pourrez le passer à partir du {des}.", des=format_date(echeance.des, "mois"))
    else:
        phrase = _("Vous pouvez le passer dès maintenant : {reste}.", reste=reste)
    return EcheanceVue(
        vehicule_type=vehicule,
        mec=mec,
        genre="attention" if semaines <= 26 else "info",
        titre=_("Premier contrôle avant le {limite}.", limite=format_date(echeance.limite, "long")),
        phrase=phrase,
    )
