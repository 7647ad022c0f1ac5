"""Text messages: the port a provider fills, the providers in the order of the settings."""

from guichet.notifications.sms.port import FournisseurSms, Sms, configured_providers, hand_over_sms

__all__ = ["FournisseurSms", "Sms", "configured_providers", "hand_over_sms"]
