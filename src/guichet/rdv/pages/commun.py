"""What the public pages share: the choices of the search form, the centre of an address, the hours of a day."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from guichet.rdv import mots
from guichet.rdv.facade import Controle, CreneauVue
from guichet.rdv.pages.criteres import Criteres, Vehicule
from guichet.rdv.pages.presentation import Libre
from guichet.reseau.facade import VitrineCentre, find_vitrine
from guichet.socle.errors import NotFound
from guichet.socle.horloge import now, today
from guichet.socle.i18n import _

PARIS = ZoneInfo("Europe/Paris")
HORIZON = timedelta(days=365)

Options = list[tuple[str, Any]]


@dataclass(frozen=True, kw_only=True)
class ChercherVue:
    """The search form as it must be drawn."""

    lieu: str
    quand: str
    date: str
    date_min: str
    date_max: str
    vehicule_type: str
    carburant: str
    type_controle: str
    vehicules: Options
    carburants: Options
    controles: Options
    explications: Options
    erreur_lieu: str = ""


def search_form(criteres: Criteres, *, erreur_lieu: str = "") -> ChercherVue:
    """The form filled with a search."""
    aujourdhui = today(PARIS)
    jour = criteres.jour
    vehicule = criteres.vehicule
    return ChercherVue(
        lieu=criteres.lieu,
        quand="tot" if jour is None else "jour" if jour == aujourdhui else "date",
        date=jour.isoformat() if jour else "",
        date_min=aujourdhui.isoformat(),
        date_max=(aujourdhui + HORIZON).isoformat(),
        vehicule_type=vehicule.vehicule_type.value,
        carburant=vehicule.carburant.value,
        type_controle=vehicule.type_controle.value,
        vehicules=_options(mots.VEHICULES),
        carburants=_options(mots.CARBURANTS),
        controles=_options(mots.CONTROLES),
        explications=[(str(mots.CONTROLES[code]), str(texte)) for code, texte in mots.EXPLICATIONS.items()],
        erreur_lieu=erreur_lieu,
    )


def _options(table: dict[str, Any]) -> Options:
    return [(code, str(texte)) for code, texte in table.items()]


def to_controle(vehicule: Vehicule) -> Controle:
    """The three choices as the engine takes them."""
    return Controle(
        vehicule_type=vehicule.vehicule_type, carburant=vehicule.carburant, type_controle=vehicule.type_controle
    )


def to_libre(creneau: CreneauVue) -> Libre:
    """A free hour as the pages draw it."""
    return Libre(debut=creneau.debut, fin=creneau.fin, centimes=creneau.montant_cents, suggere=creneau.suggere)


async def open_centre(session: AsyncSession, code: str) -> VitrineCentre:
    """The centre of an address. Raises NotFound `CENTRE_NOT_FOUND`, also on another tenant's own host."""
    vitrine = await find_vitrine(session, code=code)
    hote = session.info.get("tenant_id")
    if vitrine is None or hote not in {None, vitrine.tenant_id}:
        raise NotFound(_("Ce centre est introuvable."), code="CENTRE_NOT_FOUND")
    return vitrine


def local_today(fuseau: str) -> date:
    """The date at a centre."""
    return now().astimezone(ZoneInfo(fuseau)).date()
