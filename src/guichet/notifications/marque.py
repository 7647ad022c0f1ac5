"""Who a tenant's messages come from: its name, colours and addresses."""

from uuid import UUID

import phonenumbers
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import Branding, General, get_reglages, get_tenant
from guichet.notifications.metier import sms_sender
from guichet.notifications.modeles import Marque
from guichet.notifications.reglages import ReglagesNotifications
from guichet.socle.couleurs import palette, palette_sombre
from guichet.socle.settings import get_settings


async def load_marque(session: AsyncSession, *, tenant_id: UUID) -> Marque:
    """The sender of a tenant's messages: its settings first, the installation's otherwise."""
    tenant = await get_tenant(session, tenant_id=tenant_id)
    reglages = await get_reglages(session, ReglagesNotifications)
    apparence = await get_reglages(session, Branding)
    general = await get_reglages(session, General)
    settings = get_settings()
    return Marque(
        nom=reglages.expediteur_nom or tenant.nom,
        palette=palette(apparence.brand_h, apparence.brand_c),
        sombre=palette_sombre(apparence.brand_h, apparence.brand_c),
        url=settings.url,
        expediteur=reglages.expediteur_adresse or settings.smtp_from,
        reponse_a=reglages.reponse_a or general.email,
        telephone=_readable(general.telephone),
        expediteur_sms=reglages.expediteur_sms or sms_sender(reglages.expediteur_nom or tenant.nom),
    )


def _readable(telephone: str) -> str:
    """`+33465710042` as people write it, `04 65 71 00 42`."""
    if not telephone:
        return ""
    numero = phonenumbers.parse(telephone, "FR")
    forme = phonenumbers.PhoneNumberFormat
    national = numero.country_code == 33
    return phonenumbers.format_number(numero, forme.NATIONAL if national else forme.INTERNATIONAL)
