"""Which hosts a program may reach, and whether an address may stand for one. Pure.

`hosts` is always the list of factory.toml: `api.example.com` and `*.example.com` mean the ports of
the web, 443 and 80; `api.example.com:8443` that port alone; `*` any name. An address of this
machine or of a private network is reached only where it stands there itself, with its port.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from factory.model import Struct

WEB = (443, 80)
LOOPBACK = ("127.0.0.1", "::1")
LOWEST = 1024
"""Nobody but root listens on a port below this one, and nobody inside is root."""
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*")
_PORT = re.compile(r"[1-9][0-9]{0,4}")
_BY_V4 = ip_network("64:ff9b::/96")
"""IPv6 addresses that lead to the IPv4 address in their last four bytes."""
_METADATA = {ip_address("168.63.129.16")}
"""Addresses that look public and belong to the machine's own cloud."""

Address = IPv4Address | IPv6Address


class Place(Struct):
    """A host and a port; 0 where none is said."""

    host: str
    port: int = 0

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}" if self.port else host


def place(text: str) -> Place | None:
    """`host`, `host:port` or `[address]:port`, in small letters; None where it is none of them."""
    host, colon, port = text.rpartition(":")
    if text.endswith("]") or not colon:
        host, port = text, ""
    if (colon and host != text and not _PORT.fullmatch(port)) or int(port or 0) > 65535:
        return None
    found = host.lower().removesuffix(".")
    if found.startswith("["):
        address = _address(found[1:-1]) if found.endswith("]") else None
        return Place(host=str(address), port=int(port or 0)) if address else None
    return Place(host=found, port=int(port or 0)) if _NAME.fullmatch(found) else None


def grant(text: str) -> Place | None:
    """An entry of the list, or None where it is none or grants what cannot be held.

    An address that is not public needs its port, and one of this machine a port from 1024 on.
    """
    star = "*." if text.startswith("*.") else ""
    if text == "*" or text.startswith("*:"):
        rest = place("any" + text[1:])
        return Place(host="*", port=rest.port) if rest else None
    found = place(text[len(star) :])
    if found is None:
        return None
    if star:
        return None if _addresses(found.host) else Place(host=star + found.host, port=found.port)
    own = [address for address in _addresses(found.host) if not _public(address)]
    if own and not found.port:
        return None
    return None if any(one.is_loopback for one in own) and found.port < LOWEST else found


def allows(hosts: Sequence[str], asked: Place) -> bool:
    """Whether a program may ask for this host by this name, on this port."""
    return any(_covers(one, asked) for one in _grants(hosts))


def unfit(hosts: Sequence[str], address: str, port: int) -> str:
    """Why this address may not stand for a host that was granted by name; empty where it may."""
    found = _address(address)
    if found is None:
        return f"{address} is no address"
    named = any(one.port == port and found in _addresses(one.host) for one in _grants(hosts))
    if named or _public(found):
        return ""
    inner = _inner(found)
    if inner.is_loopback or inner.is_unspecified:
        kind = "this machine's own"
    elif inner.is_link_local or inner in _METADATA:
        kind = "link-local, where clouds keep a machine's keys"
    else:
        kind = "of a private network"
    return f"{address} is {kind}"


def literal(host: str) -> tuple[str, ...]:
    """The addresses that a host is without being asked for; empty for a name."""
    return tuple(str(address) for address in _addresses(host))


def own_ports(hosts: Sequence[str]) -> tuple[int, ...]:
    """Ports of this machine's loopback that are granted."""
    found = {
        one.port
        for one in _grants(hosts)
        if any(address.is_loopback for address in _addresses(one.host))
    }
    return tuple(sorted(found))


def proxy_port(hosts: Sequence[str]) -> int:
    """The port inside at which a program finds the proxy."""
    taken = own_ports(hosts)
    return next(port for port in range(48_080, 48_080 + len(taken) + 1) if port not in taken)


def _grants(hosts: Iterable[str]) -> Iterator[Place]:
    return (found for found in map(grant, hosts) if found is not None)


def _covers(one: Place, asked: Place) -> bool:
    if asked.port not in ((one.port,) if one.port else WEB):
        return False
    addresses = _addresses(asked.host)
    if one.host == "*":
        return True
    if one.host.startswith("*."):
        return not addresses and asked.host.endswith(one.host[1:])
    return one.host == asked.host or not {*addresses}.isdisjoint(_addresses(one.host))


def _addresses(host: str) -> tuple[Address, ...]:
    if host == "localhost":
        return tuple(map(ip_address, LOOPBACK))
    found = _address(host)
    return (found,) if found else ()


def _address(text: str) -> Address | None:
    try:
        return ip_address(text.partition("%")[0])
    except ValueError:
        return None


def _public(address: Address) -> bool:
    inner = _inner(address)
    own = isinstance(inner, IPv6Address) and inner.is_site_local  # fec0::/10, of old
    return inner.is_global and not (own or inner.is_multicast or inner in _METADATA)


def _inner(address: Address) -> Address:
    """The IPv4 address that an IPv6 address leads to, where it does."""
    if isinstance(address, IPv4Address):
        return address
    if address in _BY_V4:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
