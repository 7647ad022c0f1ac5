"""Signals fit in PostgreSQL's notifications, whatever their number, and come back as they were."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guichet.socle.signaux import LIMIT, Signal, pack, unpack

signals = st.builds(
    Signal,
    tenant_id=st.none() | st.uuids(),
    type=st.sampled_from(["rdv.created", "centre.changed"]),
    etiquettes=st.frozensets(st.text(max_size=60), min_size=1, max_size=40),
)


def flat(many: list[Signal]) -> set[tuple[UUID | None, str, str]]:
    return {(s.tenant_id, s.type, tag) for s in many for tag in s.etiquettes}


@given(st.lists(signals, max_size=30))
def test_signals_come_back_and_every_payload_fits(sent):
    payloads = pack(sent)
    assert all(len(p.encode()) <= LIMIT for p in payloads)
    assert flat([s for p in payloads for s in unpack(p)]) == flat(sent)


def test_signals_of_the_same_tenant_and_type_are_merged():
    tenant = UUID(int=1)
    sent = [Signal(tenant_id=tenant, type="rdv.created", etiquettes=frozenset({tag})) for tag in ("a", "b", "a")]
    (payload,) = pack(sent)
    assert unpack(payload) == [Signal(tenant_id=tenant, type="rdv.created", etiquettes=frozenset({"a", "b"}))]


def test_a_full_batch_takes_few_notifications():
    sent = [
        Signal(tenant_id=UUID(int=n % 3), type="rdv.created", etiquettes=frozenset({f"rdv.centre:{UUID(int=n)}"}))
        for n in range(500)
    ]
    assert len(pack(sent)) <= 6
    assert pack([]) == []


@pytest.mark.parametrize("payload", ["", "{}x", "[1]", '[["x", "t", []]]', "[[null]]"])
def test_what_is_not_ours_is_refused(payload):
    with pytest.raises(ValueError, match=r"."):
        unpack(payload)
