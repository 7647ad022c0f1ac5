"""Everything the rules need to know about a centre before anything is booked there.

Contexts and teams are remembered from one request to the next (`socle.fraicheur`): the messages of the network and of the
settings carry the tags under which they are kept.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import get_reglages, get_tenant
from guichet.rdv.metier.creneaux import dernier_jour, premier_debut
from guichet.rdv.metier.reglages import Reservation
from guichet.rdv.metier.vues import Controle
from guichet.reseau.facade import (
    CentreVue,
    ControleurVue,
    Duree,
    Durees,
    Exigence,
    Titre,
    find_centre_tenant,
    get_centre,
    get_exigences,
    list_centres,
    list_controleurs,
    resolve_duree,
    resolve_prix,
    titres_requis,
    titres_valides,
    types_controle_possibles,
)
from guichet.socle.errors import Conflict, Invalid
from guichet.socle.fraicheur import remember, remember_many
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
    tenant_actif: bool = True

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

    def check_open(self) -> None:
        """Raises `CENTRE_INACTIF` (409) when the centre, or its whole tenant, books nothing any more."""
        if not (self.centre.actif and self.tenant_actif):
            raise Conflict(_("Ce centre ne prend plus de rendez-vous."), code="CENTRE_INACTIF")

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


def etiquettes_centre(centre_id: UUID) -> frozenset[str]:
    """The tags of what is remembered of a centre: the centre, who works there and when, its tenant and its settings."""
    return _REGLAGES | {f"reseau.centre:{centre_id}", f"rdv.centre:{centre_id}"}


_REGLAGES = frozenset({
    "identite.tenant",
    *(f"identite.reglages:{section}" for section in ("reservation", "durees", "habilitations")),
})  # fmt: skip


async def load_tenant_of(session: AsyncSession, centre_id: UUID) -> UUID | None:
    """The tenant of a centre, visible or not; None when there is no such centre. A centre never changes hands."""
    return await remember(
        session,
        f"rdv.tenant:{centre_id}",
        lambda: find_centre_tenant(session, centre_id=centre_id),
        etiquettes=(f"reseau.centre:{centre_id}",),
    )


async def load_contexte(session: AsyncSession, centre_id: UUID) -> Contexte:
    """The context of a centre of the session's tenant. Raises `CENTRE_NOT_FOUND` (404)."""

    async def read() -> Contexte:
        return (await _dress(session, [await get_centre(session, centre_id)]))[0]

    return await remember(session, _cle(session, centre_id), read, etiquettes=etiquettes_centre(centre_id))


async def load_contextes(session: AsyncSession, centre_ids: Sequence[UUID]) -> dict[UUID, Contexte]:
    """The contexts of several centres of the session's tenant; the unknown ones are left out."""
    cles = {_cle(session, centre_id): centre_id for centre_id in centre_ids}

    async def read(manquants: Sequence[str]) -> Mapping[str, Contexte]:
        centres = await list_centres(session, centre_ids=[cles[cle] for cle in manquants])
        return {_cle(session, c.centre.id): c for c in await _dress(session, centres)}

    tags = {cle: etiquettes_centre(centre_id) for cle, centre_id in cles.items()}
    return {cles[cle]: contexte for cle, contexte in (await remember_many(session, tags, read)).items()}


async def load_equipe(session: AsyncSession, centre_id: UUID) -> dict[UUID, ControleurVue]:
    """Who works in a centre of the session's tenant, in French order. Their days are told under the centre's own tag."""

    async def read() -> dict[UUID, ControleurVue]:
        return {c.id: c for c in await list_controleurs(session, centre_id=centre_id)}

    cle = f"rdv.equipe:{session.info['tenant_id']}:{centre_id}"
    return await remember(session, cle, read, etiquettes=etiquettes_centre(centre_id))


def _cle(session: AsyncSession, centre_id: UUID) -> str:
    return f"rdv.contexte:{session.info['tenant_id']}:{centre_id}"


async def _dress(session: AsyncSession, centres: Sequence[CentreVue]) -> list[Contexte]:
    if not centres:
        return []
    reglages = await get_reglages(session, Reservation)
    durees = (await get_reglages(session, Durees)).cellules
    exigences = await get_exigences(session)
    actif = (await get_tenant(session, tenant_id=session.info["tenant_id"])).actif
    return [
        Contexte(centre=c, reglages=reglages, durees=durees, exigences=exigences, tenant_actif=actif) for c in centres
    ]
