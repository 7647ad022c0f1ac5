"""Allow-lists of addresses."""

from collections.abc import Iterable
from ipaddress import ip_address, ip_network


def is_network(text: str) -> bool:
    """True for an address or a network (`192.0.2.7`, `192.0.2.0/24`, `2001:db8::/32`)."""
    try:
        ip_network(text.strip(), strict=False)
    except ValueError:
        return False
    return True


def is_allowed(ip: str, allowed: Iterable[str]) -> bool:
    """True when the list is empty or holds the address. An address that cannot be read is in no list."""
    networks = [text.strip() for text in allowed if text.strip()]
    if not networks:
        return True
    try:
        address = ip_address(ip)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    address = mapped or address
    return any(
        address in network
        for network in (ip_network(text, strict=False) for text in networks)
        if network.version == address.version
    )
