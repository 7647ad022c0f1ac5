"""A worker is killed (SIGKILL) in the middle of a sending: nothing is sent twice, nothing is lost from sight."""

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

import pytest

from guichet.identite.facade import TenantVue
from guichet.notifications import envoi
from guichet.notifications.facade import get_notification, queue_notification, resend_notification
from guichet.rdv.courriels.modeles import EXEMPLE
from guichet.socle.database import Database, Role
from guichet.socle.horloge import frozen, now
from guichet.socle.settings import Settings
from tests.identite.fabrique import make_tenant
from tests.serveur import environment


class Temoin:
    """A provider over TCP that counts the messages it took; while `retient`, it takes them and never says so."""

    def __init__(self, *, http: bool) -> None:
        self.pris: list[bytes] = []
        self.pris_un = asyncio.Event()
        self.retient = True
        self._http = http
        self.port = 0

    async def _dialogue(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await (self._over_http(reader, writer) if self._http else self._over_smtp(reader, writer))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _over_smtp(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 bonjour\r\n")
        while ligne := await reader.readline():
            verbe = ligne.split(maxsplit=1)[0].strip().upper()
            if verbe != b"DATA":
                writer.write(b"250 oui\r\n")
                continue
            writer.write(b"354 parlez\r\n")
            self._take(await reader.readuntil(b"\r\n.\r\n"))
            if self.retient:
                await reader.read()
                return
            writer.write(b"250 garde\r\n")

    async def _over_http(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tete = await reader.readuntil(b"\r\n\r\n")
        longueur = next(int(x.split(b":")[1]) for x in tete.split(b"\r\n") if x.lower().startswith(b"content-length"))
        self._take(await reader.readexactly(longueur))
        if self.retient:
            await reader.read()
            return
        corps = b'{"messageId": "m-1", "body": {"messagePartCount": 1}}'
        writer.write(b"HTTP/1.1 201 Created\r\ncontent-type: application/json\r\nconnection: close\r\n")
        writer.write(b"content-length: %d\r\n\r\n" % len(corps) + corps)
        await writer.drain()

    def _take(self, message: bytes) -> None:
        self.pris.append(message)
        self.pris_un.set()

    def count(self, identifiant: UUID) -> int:
        """How many times it took that message; a sweep brings those of other tests too."""
        return sum(identifiant.hex.encode() in message for message in self.pris)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        ecoute = await asyncio.start_server(self._dialogue, "127.0.0.1", 0, limit=1 << 24)
        self.port = ecoute.sockets[0].getsockname()[1]
        async with ecoute:
            yield
            ecoute.close()


@pytest.fixture
async def tenant(database: Database) -> TenantVue:
    return await make_tenant(database)


@pytest.mark.parametrize("canal", ["email", "sms"])
async def test_killed_between_the_provider_and_our_commit_a_message_is_never_repeated_by_itself(
    database: Database,
    database_urls: Mapping[Role, str],
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    tenant: TenantVue,
    canal: str,
):
    temoin = Temoin(http=canal == "sms")
    async with temoin.listening():
        reglage = "demo_sms_port" if canal == "sms" else "demo_smtp_port"
        monkeypatch.setattr(settings, reglage, temoin.port)
        async with database.transaction(tenant.id) as session:
            identifiant = await queue_notification(
                session,
                modele="rdv.confirmation",
                canal=canal,
                destinataire="06 39 98 12 34" if canal == "sms" else "camille@courriel.example",
                locale="fr",
                donnees=EXEMPLE.model_dump(mode="json"),
                cle="panne",
            )
        processus = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.notifications.envoyeur",
            database_urls[Role.APP],
            database_urls[Role.RELAIS],
            str(tenant.id),
            str(identifiant),
            env=environment(database_urls, settings, **{f"GUICHET_{reglage.upper()}": str(temoin.port)}),
        )
        async with asyncio.timeout(60):
            await temoin.pris_un.wait()
        processus.kill()
        await processus.wait()
        assert await statut(database, tenant, identifiant) == "en_cours"

        temoin.retient = False
        await envoi.sweep(now())
        with frozen(now() + timedelta(minutes=11)):
            await envoi.sweep(now())
            await envoi.sweep(now())
            assert await statut(database, tenant, identifiant) == "incertain"
            assert temoin.count(identifiant) == 1

            async with database.transaction(tenant.id) as session:
                await resend_notification(session, notification_id=identifiant)
            await envoi.send_one(tenant.id, identifiant)
        assert await statut(database, tenant, identifiant) == "envoye"
        assert temoin.count(identifiant) == 2, "a person asked for it"


async def statut(database: Database, tenant: TenantVue, identifiant: UUID) -> str:
    async with database.transaction(tenant.id) as session:
        vue = await get_notification(session, notification_id=identifiant)
    assert vue is not None
    return vue.statut
