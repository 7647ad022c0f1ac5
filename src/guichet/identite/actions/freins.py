"""Counting failures, and refusing whoever has too many."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.metier.freins import REGLES, Etat, after_failure, en_minutes, wait
from guichet.identite.tables import Frein
from guichet.socle.crypto import blind_index
from guichet.socle.errors import TooMany
from guichet.socle.horloge import now
from guichet.socle.i18n import ngettext


@dataclass(frozen=True, order=True)
class Sujet:
    """What failures are counted for: `compte` and an address, `ip`, `tenant`."""

    genre: str
    valeur: str

    @property
    def empreinte(self) -> bytes:
        """What is kept of it."""
        return blind_index(self.valeur, f"frein:{self.genre}")


def _etat(row: Frein | None) -> Etat | None:
    return Etat(row.echecs, row.debut, row.bloque_jusqua) if row else None


async def check_braked(session: AsyncSession, sujets: Iterable[Sujet]) -> None:
    """Let pass when nobody among them has to wait. Raises TooMany `TROP_D_ESSAIS` with the seconds to wait."""
    instant = now()
    longest = None
    for sujet in sujets:
        left = wait(_etat(await session.get(Frein, (sujet.genre, sujet.empreinte))), instant)
        longest = max(filter(None, (longest, left)), default=None)
    if longest is None:
        return
    raise TooMany(
        ngettext(
            "Trop d'essais. Réessayez dans {n} minute, ou choisissez un nouveau mot de passe.",
            "Trop d'essais. Réessayez dans {n} minutes, ou choisissez un nouveau mot de passe.",
            en_minutes(longest),
        ),
        code="TROP_D_ESSAIS",
        retry_after=max(1, int(longest.total_seconds())),
    )


async def count_failure(session: AsyncSession, sujets: Iterable[Sujet]) -> None:
    """One more failure for each."""
    instant = now()
    for sujet in sorted(sujets):
        key = {"genre": sujet.genre, "empreinte": sujet.empreinte}
        await session.execute(insert(Frein).values(key | {"echecs": 0, "debut": instant}).on_conflict_do_nothing())
        query = select(Frein).filter_by(**key).with_for_update().execution_options(populate_existing=True)
        row = (await session.scalars(query)).one()
        after = after_failure(_etat(row) if row.echecs else None, instant, REGLES[sujet.genre])
        row.echecs, row.debut, row.bloque_jusqua = after.echecs, after.debut, after.bloque_jusqua
        await session.flush()


async def forget_failures(session: AsyncSession, sujet: Sujet) -> None:
    """The right person came: start counting afresh."""
    await session.execute(delete(Frein).where(Frein.genre == sujet.genre, Frein.empreinte == sujet.empreinte))


async def purge_brakes(session: AsyncSession, *, before: datetime) -> None:
    """Forget what started before an instant and makes nobody wait any more."""
    await session.execute(
        delete(Frein).where(Frein.debut < before, (Frein.bloque_jusqua.is_(None)) | (Frein.bloque_jusqua < before))
    )
