"""A worker in a process of its own, to be killed in the middle of a sending: `python -m tests.notifications.envoyeur`."""

import asyncio
import sys
from uuid import UUID

from guichet.app.modules import assemble
from guichet.notifications.envoi import send_one
from guichet.socle.database import Database, Role, set_database
from guichet.socle.settings import get_settings


async def main() -> None:
    """Send one message: application's and relay's addresses of the database, tenant, message."""
    assemble()
    database = Database({Role.APP: sys.argv[1], Role.RELAIS: sys.argv[2]}, get_settings())
    set_database(database)
    await send_one(UUID(sys.argv[3]), UUID(sys.argv[4]))


if __name__ == "__main__":
    asyncio.run(main())
