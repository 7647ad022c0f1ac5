"""The contexts of the house, from the ground up. A new context is one line here."""

from datetime import datetime, timedelta

from guichet.annuaire.module import MODULE as ANNUAIRE
from guichet.ia.module import MODULE as IA
from guichet.identite.module import MODULE as IDENTITE
from guichet.notifications.module import MODULE as NOTIFICATIONS
from guichet.paiements.module import MODULE as PAIEMENTS
from guichet.rdv.module import MODULE as RDV
from guichet.reseau.module import MODULE as RESEAU
from guichet.socle import entretien, idempotence, live
from guichet.socle.acces import set_authenticator
from guichet.socle.registre import Module, Registre, Routine, set_registre
from guichet.ui.module import MODULE as UI


async def _purge_answers(instant: datetime) -> None:
    await idempotence.purge(instant - idempotence.CONSERVATION)


SOCLE = Module(
    nom="socle",
    routines=(
        *entretien.ROUTINES,
        Routine(nom="socle.idempotence", toutes=timedelta(hours=1), action=_purge_answers),
    ),
    extensions={"mesures": entretien.measure, "demarrage": live.start_listening},
)

MODULES: tuple[Module, ...] = (
    SOCLE,
    UI,
    IDENTITE,
    RESEAU,
    ANNUAIRE,
    IA,
    NOTIFICATIONS,
    PAIEMENTS,
    RDV,
)


def assemble() -> Registre:
    """Fill the registry of this process and name who recognises callers. Returns it."""
    registre = Registre(MODULES)
    set_registre(registre)
    set_authenticator(next((m.authenticator for m in MODULES if m.authenticator), None))
    return registre
