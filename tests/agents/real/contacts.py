"""Who was contacted: an strace's record of `connect` and the sends that name an address."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path

from factory.model import Struct

_INET = re.compile(
    r"sa_family=AF_INET6?, sin6?_port=htons\((\d+)\).*?"
    r'(?:inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)")'
)
_DNS = 53
_TRIAL = ("198.51.100.1", "2001:db8::1")
"""Where the engine tries, when it starts, that a sandbox without network reaches nothing."""


class Contacts(Struct):
    """Addresses, as `host:port`, that something tried to reach."""

    loopback: int = 0
    """How many times one of this machine's own was reached for."""
    others: tuple[str, ...] = ()
    """All others, and name servers wherever they are: there must be none."""


def contacts(trace: Path) -> Contacts:
    """Read a trace that `strace -f -e trace=connect,sendto,sendmsg,sendmmsg` has written."""
    loopback, others = 0, set()
    for line in trace.read_text(errors="replace").splitlines():
        found = _INET.search(line)
        if found is None:
            continue
        port, host = int(found[1]), found[2] or found[3]
        address = ipaddress.ip_address(host)
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        if address.is_loopback and port != _DNS:
            loopback += 1
        elif host in _TRIAL and "ENETUNREACH" in line:
            continue
        else:
            others.add(f"{host}:{port}")
    return Contacts(loopback=loopback, others=tuple(sorted(others)))
