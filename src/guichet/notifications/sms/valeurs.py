"""A text message as a provider is given it."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Sms:
    """`numero` in E.164, `expediteur` of 3 to 11 letters and digits (may be empty), `reference` ours.

    `accuse_url` is where the provider says what became of it, `reponse_url` where it passes on what the person answers.
    """

    numero: str
    texte: str
    expediteur: str
    reference: str
    accuse_url: str
    reponse_url: str
