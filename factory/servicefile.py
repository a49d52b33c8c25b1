"""The `[[service]]` tables of factory.toml → ServiceSpecs. Pure."""

from __future__ import annotations

from factory.config import ServiceSpec
from factory.expected import command
from factory.tables import Reader, Table, choice, flag, positive, text, whole

_name = text("a name of up to 20 letters, digits and `_`", r"[A-Za-z][A-Za-z0-9_]{0,19}")


def services(top: Table, ports: int) -> tuple[ServiceSpec, ...]:
    """All of them, in the file's order, which is the order they start in. `ports`: of a block."""
    if "service" not in top:
        top.get("service", lambda value: value, None)
        return ()
    tables = top.items("service", "expected a service; leave the key out for none")
    specs = tuple(_service(table) for table in tables)
    names: dict[str, int] = {}
    taken: dict[int, int] = {}
    for at, (table, spec) in enumerate(zip(tables, specs, strict=True), 1):
        first = names.setdefault(spec.name.lower(), at)
        if spec.name and first != at:
            table.complain("name", f"expected a name of its own, but service[{first}] has it too")
        if spec.port is None:
            continue
        if spec.port >= ports:
            table.complain("port", f"expected a number below environment.ports, which is {ports}")
        elif (first := taken.setdefault(spec.port, at)) != at:
            table.complain("port", f"expected a port of its own, but service[{first}] has it too")
    return specs


def named(known: tuple[str, ...]) -> Reader[str]:
    """Read the name of one of the services."""
    return choice(known) if known else text("a [[service]] of this file, which has none", "(?!)")


def _service(table: Table) -> ServiceSpec:
    usual = ServiceSpec(name="", run="")
    spec = ServiceSpec(
        name=table.need("name", _name, ""),
        run=table.need("run", command, ""),
        port=table.get("port", whole("a port of the block", 0, 99), usual.port),
        ready=table.get("ready", command, usual.ready),
        timeout=table.get("timeout", positive("seconds"), usual.timeout),
        agents=table.get("agents", flag, usual.agents),
    )
    table.close()
    return spec
