"""The port of text messages, and trying the providers one after the other."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from guichet.notifications.metier import Issue
from guichet.notifications.sms.smsmode import SmsMode
from guichet.notifications.sms.valeurs import Sms
from guichet.notifications.transport import Resultat
from guichet.socle.i18n import _
from guichet.socle.settings import Mode, Settings

__all__ = ["FournisseurSms", "Sms", "configured_providers", "hand_over_sms"]


class FournisseurSms(Protocol):
    """A provider of text messages."""

    @property
    def nom(self) -> str:
        """What it is called in attempts and figures."""
        ...

    async def send(self, sms: Sms) -> Resultat:
        """One attempt. Never raises for what the provider or the network does.

        `a_reprendre` says that the provider surely did not take the message: another one may be tried at once.
        """
        ...


def configured_providers(settings: Settings) -> list[FournisseurSms]:
    """The providers of the settings, the preferred one first; in the demo, its own platform. Empty: nobody sends SMS."""
    providers: list[FournisseurSms] = []
    if key := settings.sms_api_key.get_secret_value():
        providers.append(SmsMode(nom="smsmode", url=settings.sms_url, cle=key))
    if key := settings.sms_secours_api_key.get_secret_value():
        providers.append(SmsMode(nom="smsmode-secours", url=settings.sms_secours_url, cle=key))
    if not providers and settings.mode is not Mode.PRODUCTION and settings.demo_sms_port:
        providers.append(SmsMode(nom="smsmode", url=f"http://127.0.0.1:{settings.demo_sms_port}", cle="demonstration"))
    return providers


async def hand_over_sms(sms: Sms, fournisseurs: Sequence[FournisseurSms]) -> Resultat:
    """One attempt: the first provider that takes the message, or the last word of the last one.

    The next provider is asked only when the one before surely did not take it: in doubt a person would be written twice.
    """
    resultat = Resultat(
        issue=Issue.A_REPRENDRE, reponse=_("Aucun fournisseur n'est configuré pour envoyer ce message.")
    )
    for fournisseur in fournisseurs:
        resultat = replace(await fournisseur.send(sms), fournisseur=fournisseur.nom)
        if resultat.issue is not Issue.A_REPRENDRE:
            break
    return resultat
