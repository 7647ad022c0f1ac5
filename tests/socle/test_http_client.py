"""Outside calls are bounded, made again only when it is safe, and never inside a transaction."""

from datetime import UTC, datetime

import httpx
import pytest

from guichet.socle.database import Database
from guichet.socle.errors import Unavailable
from guichet.socle.horloge import frozen
from guichet.socle.http_client import CORRELATION, CalledInTransaction, HttpClient
from guichet.socle.origine import origin
from guichet.socle.settings import Mode, Settings

NOON = datetime(2025, 12, 1, 12, 0, tzinfo=UTC)
Answer = httpx.Response | type[httpx.TransportError]


class Outside:
    """A service that answers as told, in turn, and remembers what it was asked."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []
        self.waits: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers.pop(0) if self.answers else httpx.Response(200)
        if isinstance(answer, httpx.Response):
            return answer
        raise answer("panne")

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)

    def client(self, essais: int = 3) -> HttpClient:
        return HttpClient(
            "SIR", base_url="https://sir.example", essais=essais, transport=httpx.MockTransport(self), sleep=self.sleep
        )


async def test_an_idempotent_call_is_made_again_after_a_passing_trouble():
    outside = Outside(httpx.ConnectError, httpx.Response(503), httpx.Response(200, json={"ok": True}))
    async with outside.client() as client:
        assert (await client.get("/vehicules/1")).json() == {"ok": True}
    assert len(outside.asked) == 3
    assert all(0 <= wait <= 5 for wait in outside.waits)


@pytest.mark.parametrize("answer", [httpx.Response(503), httpx.Response(429)])
async def test_the_last_answer_is_given_when_the_trouble_lasts(answer: httpx.Response):
    outside = Outside(*[answer] * 5)
    async with outside.client() as client:
        assert (await client.get("/")).status_code == answer.status_code
    assert len(outside.asked) == 3


async def test_a_call_that_may_have_had_an_effect_is_not_made_again():
    outside = Outside(httpx.ReadTimeout)
    async with outside.client() as client:
        with pytest.raises(Unavailable) as refusal:
            await client.post("/rdv", json={})
    assert (len(outside.asked), refusal.value.code, refusal.value.http_status) == (1, "SERVICE_INDISPONIBLE", 503)
    assert "SIR" in refusal.value.message


@pytest.mark.parametrize("options", [{"headers": {"Idempotency-Key": "cle-1"}}, {"idempotent": True}])
async def test_a_call_that_says_it_may_be_repeated_is(options: dict[str, object]):
    outside = Outside(httpx.ReadTimeout)
    async with outside.client() as client:
        assert (await client.post("/rdv", json={}, **options)).status_code == 200
    assert len(outside.asked) == 2


async def test_other_answers_are_given_at_once():
    outside = Outside(httpx.Response(404), httpx.Response(500))
    async with outside.client() as client:
        assert [(await client.get("/")).status_code for _ in range(2)] == [404, 500]
    assert outside.waits == []


@pytest.mark.parametrize(
    ("asked", "waited"),
    [("7", 7.0), ("3600", 30.0), ("Mon, 01 Dec 2025 12:00:09 GMT", 9.0), ("Mon, 01 Dec 2025 11:00:00 GMT", 0.0)],
)
async def test_the_wait_the_service_asks_for_is_kept_within_reason(asked: str, waited: float):
    outside = Outside(httpx.Response(429, headers={"Retry-After": asked}))
    with frozen(NOON):
        async with outside.client() as client:
            await client.get("/")
    assert outside.waits == [waited]


async def test_a_wait_nobody_understands_is_ignored():
    outside = Outside(httpx.Response(429, headers={"Retry-After": "bientôt".encode()}))
    async with outside.client() as client:
        await client.get("/")
    assert len(outside.waits) == 1


async def test_the_correlation_goes_along():
    outside = Outside()
    async with outside.client() as client:
        with origin(correlation_id="c-5"):
            await client.get("/")
        await client.get("/")
    assert [r.headers.get(CORRELATION) for r in outside.asked] == ["c-5", None]


async def test_a_call_inside_a_transaction_is_refused(database: Database):
    outside = Outside()
    async with outside.client() as client:
        async with database.transaction():
            with pytest.raises(CalledInTransaction, match="SIR"):
                await client.get("/")
        await client.get("/")
    assert len(outside.asked) == 1


async def test_in_production_it_is_an_error_in_the_logs(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    production = settings.model_copy(update={"mode": Mode.PRODUCTION})
    monkeypatch.setattr(
        "guichet.socle.http_client.get_settings",
        lambda: production,
    )
    outside = Outside()
    async with outside.client() as client, database.transaction():
        assert (await client.get("/")).status_code == 200
    assert "outside call inside a transaction" in caplog.text
