"""The address where a reader says what they accept: a signed link that names a message, never the person."""

from datetime import timedelta
from uuid import UUID

from guichet.socle.settings import get_settings
from guichet.socle.signature import sign, verify

USAGE = "notifications.choix"
VALIDITE = timedelta(days=400)


def build_choix(*, tenant_id: UUID, notification_id: UUID) -> str:
    """The proof that the reader of a message holds."""
    return sign(USAGE, {"t": tenant_id.hex, "n": notification_id.hex}, validite=VALIDITE)


def choix_url(jeton: str) -> str:
    """The page of a reader's choices."""
    return f"{get_settings().url}/messages/choix/{jeton}"


def read_choix(jeton: str) -> tuple[UUID, UUID]:
    """Tenant and message of a proof. Raises Forbidden `LIEN_INVALIDE`, Gone `LIEN_EXPIRE`."""
    contenu = verify(USAGE, jeton)
    return UUID(contenu["t"]), UUID(contenu["n"])
