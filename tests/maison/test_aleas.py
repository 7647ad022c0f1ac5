"""Every documented route, given what its own description allows and what it does not: no server error, ever."""

import os

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error

from guichet.app.http import create_app
from guichet.socle.database import Database
from guichet.socle.settings import Mode, Settings
from tests.identite.fabrique import bearer_of, make_tenant

EXAMPLES = 300 if os.environ.get("GUICHET_TESTS_COMPLETS") else 20
# Signing out would end the fuzzed caller's own rights; these have their tests in tests/identite. The clock of the test mode
# is that of every test on this database: it is fuzzed on a house of its own (tests/app/test_essai.py).
ENDING = r"/api/v1/(auth/logout|sessions|compte/mot-de-passe|compte/totp|essai/(horloge|travaux))|/users/\{user_id\}"


@pytest.fixture(scope="session")
async def porteur(database: Database) -> dict[str, str]:
    return await bearer_of(database, await make_tenant(database), "ADMIN_TENANT")


# Read at collection, from the same application: one test per route.
schema = schemathesis.openapi.from_dict(create_app(Settings(mode=Mode.ESSAI)).openapi()).exclude(path_regex=ENDING)


@schema.parametrize()
@settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None, derandomize=True
)
def test_no_route_breaks_on_what_it_is_given(case, porteur: dict[str, str], adresse: str):
    case.call_and_validate(base_url=adresse, headers=porteur, checks=[not_a_server_error])


def test_the_document_is_complete(adresse: str):
    document = httpx.get(f"{adresse}/openapi.json").json()
    bare = [
        f"{method.upper()} {path}"
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if not (operation.get("summary") and operation.get("operationId") and operation.get("x-permission"))
    ]
    assert bare == []
