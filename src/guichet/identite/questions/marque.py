"""How a tenant looks, for the layouts."""

from functools import lru_cache

import phonenumbers

from guichet.identite.metier.tenants import PLATEFORME
from guichet.identite.metier.vues import TenantVue
from guichet.socle.i18n import _
from guichet.ui.facade import Marque


def marque_of(tenant: TenantVue | None, *, acting: bool = False) -> Marque:
    """The name, colours and telephone of a tenant; Guichet's own without one. `acting`: a super administrator is in it."""
    if tenant is None or tenant.id == PLATEFORME:
        return Marque()
    nom = tenant.branding.get("nom_court") or tenant.nom
    return Marque(
        nom=_("{nom} (super-administrateur)", nom=nom) if acting else nom,
        logo=tenant.branding.get("logo", ""),
        telephone=_readable(tenant.contact.get("telephone", "")),
        telephone_heures=tenant.contact.get("horaires_telephone", ""),
        brand_h=tenant.branding.get("brand_h", Marque.brand_h),
        brand_c=tenant.branding.get("brand_c", Marque.brand_c),
    )


@lru_cache(maxsize=1_000)
def _readable(telephone: str) -> str:
    if not telephone:
        return ""
    number = phonenumbers.parse(telephone, "FR")
    forms = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(number, forms.NATIONAL if number.country_code == 33 else forms.INTERNATIONAL)
