"""A new appointment as the engine writes it: as often as a stage needs, until one of them has a place."""

import json
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from guichet.rdv.actions.lignes import to_json
from guichet.rdv.actions.placer import Place, Plafonds, take_place
from guichet.rdv.metier.numero import draw_numero
from guichet.socle.database import raw

TIRAGES: Final = 3
TENUES: Final = """
select t.id, t.centre_id, t.jour from rdv.tenues(jsonb_populate_record(null::rdv.rdv, %s), %s) t order by t.id
"""


class Ecriture:
    """The row of an appointment to come (`valeurs`), with what was typed for the directory (`passage`)."""

    def __init__(
        self,
        session: AsyncSession,
        *,
        valeurs: dict[str, Any],
        passage: tuple[dict[str, Any], dict[str, Any]],
        besoins: frozenset[str],
        choisi: UUID | None,
        maintenant: datetime,
        plafonds: Plafonds,
    ) -> None:
        self._session = session
        self.valeurs = valeurs
        self._client, self._vehicule = passage
        self._besoins = besoins
        self._choisi = choisi
        self._maintenant = maintenant
        self.plafonds = plafonds

    async def __call__(self, *, surnombre: bool, tolerance: int | None, garder: bool) -> Place:
        """Take a place for it, with a number nobody has."""
        self.valeurs["surnombre"] = surnombre
        place = Place("numero")
        for _tirage in range(TIRAGES):
            if place.issue != "numero":
                break
            self.valeurs["numero"] = draw_numero()
            place = await take_place(
                self._session,
                rdv=to_json(self.valeurs),
                client=self._client,
                vehicule=self._vehicule,
                besoins=self._besoins,
                choisi=self._choisi,
                maintenant=self._maintenant,
                plafonds=self.plafonds,
                tolerance=tolerance,
                garder=garder,
            )
        return place

    async def list_tenues(self) -> dict[UUID, tuple[UUID, date]]:
        """The living holds it takes the place of, each with its centre and day."""
        cursor = await (await raw(self._session)).execute(
            TENUES, (json.dumps(to_json({**self.valeurs, "numero": ""})), self._maintenant)
        )
        return {rdv_id: (centre, jour) for rdv_id, centre, jour in await cursor.fetchall()}
