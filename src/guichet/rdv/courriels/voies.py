"""How a person is reached, from what they left."""

from typing import Literal

from guichet.annuaire.facade import is_mobile

Voie = tuple[Literal["email", "sms"], str]


def ways(email: str | None, telephone: str | None) -> list[Voie]:
    """Channel and address, the best way first; none for who left no address of any kind."""
    voies: list[Voie] = []
    if email:
        voies.append(("email", email))
    if telephone and is_mobile(telephone):
        voies.append(("sms", telephone))
    return voies
