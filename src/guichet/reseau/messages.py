"""What happened to the network, for those above. `HorairesChanged`, `ControleurChanged` and `CentreChanged` are reacted to
at once by those who keep a projection of the opening ranges."""

from dataclasses import dataclass
from uuid import UUID

from guichet.socle.messages import Message, message

TOPIC = "planning.events"


@message("agence.created", topic=TOPIC, version=1)
@dataclass(frozen=True, kw_only=True)
class AgenceCreated(Message):
    """An agence was opened."""

    agence_id: UUID


@message("agence.changed", topic=TOPIC, version=1)
@dataclass(frozen=True, kw_only=True)
class AgenceChanged(Message):
    """Its name, address or state changed."""

    agence_id: UUID
    actif: bool


@dataclass(frozen=True, kw_only=True)
class _DuCentre(Message):
    centre_id: UUID

    def etiquettes(self) -> tuple[str, ...]:
        """Whatever was kept about this centre is stale."""
        return (f"reseau.centre:{self.centre_id}",)


@message("centre.created", topic=TOPIC, version=1)
@dataclass(frozen=True, kw_only=True)
class CentreCreated(_DuCentre):
    """A centre was opened, with its hours, tariffs and durations."""

    agence_id: UUID


@message("centre.changed", topic=TOPIC, version=1)
@dataclass(frozen=True, kw_only=True)
class CentreChanged(_DuCentre):
    """Its description, capacity, booking settings or state changed."""

    actif: bool


@message("centre.horaires.changed", topic=TOPIC, version=1)
@dataclass(frozen=True, kw_only=True)
class HorairesChanged(_DuCentre):
    """Its weekly hours, exceptions, territory or time zone changed: every opening range of the centre may have moved."""


@message("centre.tarifs.changed", topic=TOPIC, version=1)
@dataclass(frozen=True, kw_only=True)
class TarifChanged(_DuCentre):
    """Its prices changed; appointments already made keep theirs."""


@message("centre.durees.changed", topic=TOPIC, version=1)
@dataclass(frozen=True, kw_only=True)
class DureesChanged(_DuCentre):
    """Its own durations changed; appointments already made keep theirs."""


@message("centre.equipements.changed", topic=TOPIC, version=1)
@dataclass(frozen=True, kw_only=True)
class EquipementsChanged(_DuCentre):
    """Its lanes changed."""


@dataclass(frozen=True, kw_only=True)
class _DuControleur(Message):
    controleur_id: UUID

    def etiquettes(self) -> tuple[str, ...]:
        """Whatever was kept about this inspector is stale."""
        return (f"reseau.controleur:{self.controleur_id}",)


@message("controleur.created", topic=TOPIC, version=1)
@dataclass(frozen=True, kw_only=True)
class ControleurCreated(_DuControleur):
    """An inspector joined, with accreditations and working hours."""

    centre_id: UUID


@message("controleur.changed", topic=TOPIC, version=1)
@dataclass(frozen=True, kw_only=True)
class ControleurChanged(_DuControleur):
    """Centres, working hours, accreditations or state changed: every opening range of the person may have moved."""

    actif: bool
