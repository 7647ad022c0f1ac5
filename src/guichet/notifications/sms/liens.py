"""The addresses a provider calls back: nothing signs its calls, so each address carries our own proof."""

from datetime import timedelta
from uuid import UUID

from guichet.socle.settings import get_settings
from guichet.socle.signature import sign, verify

USAGE = "notifications.accuse"
VALIDITE = timedelta(days=7)
CHEMIN = "/api/v1/notifications/sms"


def callback_urls(*, tenant_id: UUID, notification_id: UUID, numero: int) -> tuple[str, str]:
    """Where receipts and answers about the attempt `numero` are posted."""
    jeton = sign(USAGE, {"t": tenant_id.hex, "n": notification_id.hex, "k": numero}, validite=VALIDITE)
    base = f"{get_settings().url}{CHEMIN}"
    return f"{base}/accuses?jeton={jeton}", f"{base}/reponses?jeton={jeton}"


def read_callback(jeton: str) -> tuple[UUID, UUID, int]:
    """Tenant, message and attempt a call back is about. Raises Forbidden `LIEN_INVALIDE`, Gone `LIEN_EXPIRE`."""
    contenu = verify(USAGE, jeton)
    return UUID(contenu["t"]), UUID(contenu["n"]), int(contenu["k"])
