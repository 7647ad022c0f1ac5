"""SIRETs for the tests of the import."""

from collections.abc import Iterator

import pytest

from guichet.socle.ids import new_id
from tests.reseau.importation.fichiers import siret


@pytest.fixture
def numeros() -> Iterator[str]:
    """SIRETs no other test uses."""
    debut = new_id().int % 10**12
    return (siret(debut + i) for i in range(10**6))
