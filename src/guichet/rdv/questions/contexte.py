"""Everything the rules need to know about a centre before anything is booked there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import get_reglages
from guichet.rdv.metier.creneaux import dernier_jour, premier_debut
from guichet.rdv.metier.reglages import Reservation
from guichet.rdv.metier.vues import Controle
from guichet.reseau.facade import (
    CentreVue,
    Duree,
    Durees,
    Exigence,
    Titre,
    get_centre,
    get_exigences,
    list_centres,
    resolve_duree,
    resolve_prix,
    titres_requis,
    titres_valides,
    types_controle_possibles,
)
from guichet.socle.errors import Invalid
from guichet.socle.i18n import _

HABILITATION = "hab:"
"""Prefix of a habilitation among the capacities of a day: it can never be taken for an accreditation."""


@dataclass(frozen=True, kw_only=True)
class Contexte:
    """A centre with its tenant's settings: what a booking there lasts, costs and needs. Rules of `reseau` decide."""

    centre: CentreVue
    reglages: Reservation
    durees: tuple[Duree, ...]
    exigences: tuple[Exigence, ...]

    @property
    def zone(self) -> ZoneInfo:
        """The centre's time zone."""
        return self.centre.zone

    @property
    def grille(self) -> int:
        """Minutes between two starts."""
        return self.centre.reservation.grille_minutes or self.reglages.grille_minutes

    @property
    def preavis(self) -> int:
        """Minutes of notice."""
        propre = self.centre.reservation.preavis_minutes
        return self.reglages.preavis_minutes if propre is None else propre

    @property
    def horizon(self) -> int:
        """Days ahead that can be booked."""
        return self.centre.reservation.horizon_jours or self.reglages.horizon_jours

    @property
    def tolerance(self) -> int:
        """Per cent of the day's capacity that may be booked beyond it."""
        propre = self.centre.reservation.tolerance_surreservation
        return self.reglages.tolerance_surreservation if propre is None else propre

    def dernier_jour(self, maintenant: datetime) -> date:
        """The last local date that can be booked."""
        return dernier_jour(maintenant, self.zone, self.horizon)

    def premier_debut(self, maintenant: datetime) -> datetime:
        """The first instant a start may have."""
        return premier_debut(maintenant, self.preavis)

    def duree(self, controle: Controle) -> timedelta:
        """How long the inspection takes here."""
        minutes = resolve_duree(
            centre=self.centre.durees,
            tenant=self.durees,
            vehicule_type=controle.vehicule_type,
            carburant=controle.carburant,
            type_controle=controle.type_controle,
        )
        return timedelta(minutes=minutes)

    def prix(self, controle: Controle) -> int | None:
        """Cents of the inspection here, None when the centre publishes none."""
        return resolve_prix(self.centre.tarifs, controle.vehicule_type, controle.carburant, controle.type_controle)

    def besoins(self, controle: Controle) -> frozenset[str]:
        """What the inspector must be accredited for."""
        agrements, habilitations = titres_requis(controle.vehicule_type, controle.carburant, self.exigences)
        return agrements | {f"{HABILITATION}{code}" for code in habilitations}

    def check_controle(self, controle: Controle) -> None:
        """Raises `TYPE_CONTROLE_INCOHERENT` (422) when the vehicle cannot have it or the centre does not offer it."""
        if controle.type_controle not in types_controle_possibles(controle.vehicule_type, controle.carburant):
            message = _("Le contrôle pollution complémentaire concerne les utilitaires non électriques.")
        elif controle.type_controle not in self.centre.types_controle:
            message = _("Ce centre ne propose pas ce type de contrôle.")
        else:
            return
        raise Invalid(message, code="TYPE_CONTROLE_INCOHERENT", champs={"type_controle": message})


def capacites_of(agrements: Iterable[Titre], habilitations: Iterable[Titre], jour: date) -> frozenset[str]:
    """Everything an inspector may inspect on a day, as `besoins` names it."""
    propres = {f"{HABILITATION}{code}" for code in titres_valides(habilitations, jour)}
    return titres_valides(agrements, jour) | propres


async def load_contexte(session: AsyncSession, centre_id: UUID) -> Contexte:
    """The context of a centre of the session's tenant. Raises `CENTRE_NOT_FOUND` (404)."""
    centre = await get_centre(session, centre_id)
    return (await _dress(session, [centre]))[0]


async def load_contextes(session: AsyncSession, centre_ids: Sequence[UUID]) -> dict[UUID, Contexte]:
    """The contexts of several centres of the session's tenant; the unknown ones are left out."""
    centres = await list_centres(session, centre_ids=centre_ids)
    return {c.centre.id: c for c in await _dress(session, centres)}


async def _dress(session: AsyncSession, centres: Sequence[CentreVue]) -> list[Contexte]:
    reglages = await get_reglages(session, Reservation)
    durees = (await get_reglages(session, Durees)).cellules
    exigences = await get_exigences(session)
    return [Contexte(centre=c, reglages=reglages, durees=durees, exigences=exigences) for c in centres]
