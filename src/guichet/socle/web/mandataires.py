"""Behind a proxy: who is really calling, by which name and scheme. Only the proxies we were told about are believed."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

Reseaux = tuple[IPv4Network | IPv6Network, ...]


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """The client as we believe it. `hote` is None when no proxy says another name than the request's own."""

    ip: str
    schema: str
    hote: str | None = None


def parse_reseaux(text: str) -> Reseaux:
    """Read `10.0.0.0/8, 127.0.0.1`. Raises ValueError for anything else."""
    return tuple(ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip())


def is_within(ip: str, reseaux: Sequence[IPv4Network | IPv6Network]) -> bool:
    """True when an address belongs to one of the networks. What is not an address belongs to none."""
    try:
        address = ip_address(ip)
    except ValueError:
        return False
    return any(address in network for network in reseaux)


def resolve(
    *, ip: str, schema: str, transmis_pour: str, transmis_schema: str, transmis_hote: str, confiance: Reseaux
) -> Provenance:
    """Who calls, from the peer's address and the `X-Forwarded-*` headers.

    The list of addresses is read from the right: each trusted proxy vouches for the one before it, the first one that
    is not trusted is the client.
    """
    if not is_within(ip, confiance):
        return Provenance(ip=ip, schema=schema)
    for hop in reversed([h.strip() for h in transmis_pour.split(",") if h.strip()]):
        ip = hop
        if not is_within(hop, confiance):
            break
    believed = transmis_schema.rsplit(",", maxsplit=1)[-1].strip().lower()
    host = transmis_hote.rsplit(",", maxsplit=1)[-1].strip().lower()
    return Provenance(ip=ip, schema=believed if believed in {"http", "https"} else schema, hote=host or None)
