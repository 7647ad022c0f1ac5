"""Telling merchants: signed, in the order that is due, again with growing waits until a 2xx."""

import asyncio
import logging
from datetime import timedelta
from typing import Final

import httpx

from guichet.paiements.bac_a_sable.magasin import Envoi, Magasin
from guichet.paiements.bac_a_sable.sessions import Session, ripen
from guichet.paiements.fournisseurs.bac_a_sable import SIGNATURE
from guichet.paiements.fournisseurs.cles_bac import notification_secret, sign
from guichet.socle.settings import Settings

ECHELLE: Final = tuple(
    timedelta(seconds=s) for s in (2, 10, 60, 300, 900, 3_600, 3 * 3_600, 6 * 3_600, 12 * 3_600, 24 * 3_600)
)
PAS: Final = 0.2  # seconds between two looks at what is due
FAUX_SECRET: Final = b"not the merchant's secret"

_log = logging.getLogger(__name__)


class Livreur:
    """Delivers what is due."""

    def __init__(self, magasin: Magasin, settings: Settings) -> None:
        self._magasin = magasin
        self._settings = settings

    async def run(self) -> None:
        """Deliver until cancelled."""
        async with httpx.AsyncClient(timeout=10, follow_redirects=False) as client:
            while True:
                try:
                    await self.deliver_due(client)
                except Exception:  # noqa: BLE001  a page that does not go out today goes out later
                    _log.exception("the notifications could not be delivered")
                await asyncio.sleep(PAS)

    async def deliver_due(self, client: httpx.AsyncClient) -> int:
        """What time has brought, then every notification that is due, one after the other. Returns how many were sent."""
        self.ripen_all()
        envois = self._magasin.due_envois()
        for envoi in envois:
            session = self._magasin.find(envoi.session_id)
            assert session is not None
            reponse = await self._post(client, session, envoi)
            encore = None
            if not 200 <= reponse < 300 and not envoi.fausse and envoi.essais < len(ECHELLE):
                encore = self._magasin.now() + ECHELLE[envoi.essais]
            self._magasin.settle_envoi(envoi, reponse=reponse, encore_a=encore)
        return len(envois)

    def ripen_all(self) -> None:
        """Late banks, expired pages, refunds that end."""
        for session in self._magasin.open_sessions():
            genres = ripen(session, self._magasin.now())
            if genres:
                self._magasin.save(session, genres)

    async def _post(self, client: httpx.AsyncClient, session: Session, envoi: Envoi) -> int:
        corps = envoi.corps.encode()
        secret = FAUX_SECRET if envoi.fausse else notification_secret(self._settings, session.marchand)
        signature = sign(secret, corps, int(self._magasin.now().timestamp()))
        headers = {"Content-Type": "application/json", SIGNATURE: signature}
        try:
            return (await client.post(session.notification_url, content=corps, headers=headers)).status_code
        except httpx.HTTPError:
            return 0
