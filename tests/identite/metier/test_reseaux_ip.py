"""Allow-lists of addresses."""

import pytest

from guichet.identite.metier.reseaux_ip import is_allowed, is_network


@pytest.mark.parametrize(
    ("ip", "allowed", "yes"),
    [
        ("192.0.2.7", [], True),
        ("192.0.2.7", ["", " "], True),
        ("192.0.2.7", ["192.0.2.7"], True),
        ("192.0.2.7", ["192.0.2.0/24"], True),
        ("192.0.2.7", ["192.0.2.1/24"], True),
        ("192.0.3.7", ["192.0.2.0/24"], False),
        ("2001:db8::1", ["192.0.2.0/24", "2001:db8::/32"], True),
        ("::ffff:192.0.2.7", ["192.0.2.0/24"], True),
        ("", ["192.0.2.0/24"], False),
        ("testclient", ["192.0.2.0/24"], False),
    ],
)
def test_an_empty_list_lets_all_in_a_filled_one_only_its_own(ip: str, allowed: list[str], yes: bool):
    assert is_allowed(ip, allowed) is yes


def test_what_is_not_a_network_is_told():
    assert is_network(" 192.0.2.0/24 ")
    assert is_network("2001:db8::1")
    assert not is_network("192.0.2.0/33")
    assert not is_network("bureau")
