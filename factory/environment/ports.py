"""The block of ports of an attempt or a check, as variables, and the services that use it."""

from __future__ import annotations

import socket
from collections.abc import Container, Iterable

from msgspec.structs import replace

from factory.config import EnvironmentSpec, ServiceSpec
from factory.model import FactoryError
from factory.sandbox import Profile, Service

_LOWEST, _HIGHEST = 20_000, 32_700
"""Below the ports that Linux and others give out by themselves."""


def block(count: int, taken: Iterable[tuple[int, int]], start: int = 0) -> tuple[int, int]:
    """`(first, count)` of ports in a row that nobody listens on, and that are in no other block.

    `start` is any number: two engines that begin their search elsewhere do not meet. Raises
    FactoryError where there are none.
    """
    if not count:
        return (0, 0)
    held = {port for first, many in taken for port in range(first, first + many)}
    rows = (_HIGHEST - _LOWEST) // count
    for row in range(rows):
        first = _LOWEST + (start + row) % rows * count
        ports = range(first, first + count)
        if held.isdisjoint(ports) and all(map(_free, ports)):
            return (first, count)
    raise FactoryError(
        f"no {count} free loopback ports in a row between {_LOWEST} and {_HIGHEST}: end some "
        "tasks, or lower environment.ports in factory.toml"
    )


def fixed(count: int) -> tuple[int, int]:
    """The block of a sandbox that has a network of its own, where every port is free."""
    return (_LOWEST, count) if count else (0, 0)


def accompanied(
    profile: Profile, spec: EnvironmentSpec, ports: tuple[int, int], names: Container[str]
) -> Profile:
    """The profile with these ports as variables, and those of the services that are named.

    FACTORY_PORT is the first, FACTORY_PORTS all of them, FACTORY_PORT_NAME that of a service.
    """
    first, count = ports
    env: list[tuple[str, str]] = []
    if count:
        env.append(("FACTORY_PORT", str(first)))
        env.append(("FACTORY_PORTS", " ".join(map(str, range(first, first + count)))))
    for service in spec.services:
        if service.port is not None and service.port < count:
            env.append((f"FACTORY_PORT_{service.name.upper()}", str(first + service.port)))
    services = tuple(_service(one, ports) for one in spec.services if one.name in names)
    return replace(profile, env=(*profile.env, *env), services=services)


def _service(spec: ServiceSpec, ports: tuple[int, int]) -> Service:
    has = spec.port is not None and spec.port < ports[1]
    return Service(
        name=spec.name, run=spec.run, port=ports[0] + (spec.port or 0) if has else 0,
        ready=spec.ready, timeout=spec.timeout,
    )  # fmt: skip


def _free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError):
            return False
    return True
