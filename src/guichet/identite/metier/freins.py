"""The brake on guessing: how failures of one account, address or tenant turn into a wait.

Counted whether the account exists or not, so that the answer tells nothing.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Regle:
    """`seuil` failures within `fenetre` start a wait of `attentes[0]`, the next failures the following ones."""

    seuil: int
    fenetre: timedelta
    attentes: tuple[timedelta, ...]


@dataclass(frozen=True)
class Etat:
    """What is remembered of one subject."""

    echecs: int
    debut: datetime
    bloque_jusqua: datetime | None = None


MIN = timedelta(minutes=1)
REGLES: dict[str, Regle] = {
    "compte": Regle(5, timedelta(hours=1), (MIN, 2 * MIN, 5 * MIN, 15 * MIN)),
    "ip": Regle(30, timedelta(hours=1), (5 * MIN, 15 * MIN, 60 * MIN)),
    "tenant": Regle(500, timedelta(minutes=10), (MIN,)),
}


def wait(etat: Etat | None, now: datetime) -> timedelta | None:
    """How long the subject still has to wait, or None."""
    if etat is None or etat.bloque_jusqua is None or etat.bloque_jusqua <= now:
        return None
    return etat.bloque_jusqua - now


def after_failure(etat: Etat | None, now: datetime, regle: Regle) -> Etat:
    """What to remember after one more failure. A window without failure forgets the ones before."""
    if etat is None or (now - etat.debut >= regle.fenetre and wait(etat, now) is None):
        etat = Etat(0, now)
    etat = replace(etat, echecs=etat.echecs + 1)
    beyond = etat.echecs - regle.seuil
    if beyond < 0:
        return etat
    return replace(etat, bloque_jusqua=now + regle.attentes[min(beyond, len(regle.attentes) - 1)])


def en_minutes(wait_: timedelta) -> int:
    """A wait as people are told it: whole minutes, rounded up, at least one."""
    return max(1, -(-int(wait_.total_seconds()) // 60))
