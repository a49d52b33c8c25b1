"""factory.toml as text → Config. Pure; docs/factory-toml.md is its reference.

target, agent, agents_at_once, checks_at_once, waiting_at_most, in_order, rounds
protected, critical, folded
[budget]           task_usd task_tokens task_minutes day_usd day_tokens day_minutes
[environment]      setup inputs toolchain path env prepare teardown ports submodules
[[service]]        the fields of ServiceSpec
[standing_accept]  paths max_lines until
[agents.NAME]      the fields of AgentSpec
[[guardrail]]      the fields of GuardrailSpec
"""

from __future__ import annotations

from factory import servicefile
from factory.agentfile import agent
from factory.config import (
    FILE,
    FOLDED,
    GUARDRAIL_KINDS,
    PROTECTED,
    AgentSpec,
    Compare,
    Config,
    EnvironmentSpec,
    GuardrailSpec,
    StandingAccept,
)
from factory.expected import command, folder, free, own_variable
from factory.model import Budget, ConfigError
from factory.tables import (
    Table,
    TomlSyntaxError,
    Wrong,
    choice,
    flag,
    load,
    meant,
    moment,
    positive,
    shown,
    text,
    whole,
)

_TOP = (
    "target", "agent", "agents_at_once", "checks_at_once", "waiting_at_most", "in_order",
    "rounds", "protected", "critical", "folded",
)  # fmt: skip

_NO_GUARDRAIL = "expected at least one [[guardrail]]: no checks is never a pass"
_NO_AGENT = "expected at least one [agents.NAME]: somebody has to do the work"

_name = text(
    "a name of up to 40 letters, digits, `.`, `_` and `-`", r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}"
)
_branch = text(
    "the name of a branch, such as main",
    r"(?!refs/heads/)(?![-/.])(?!.*(?:\.\.|//|@\{|/\.|\.lock(?:/|$)))"
    r"[^\x00-\x20\x7f~^:?*\[\\]+(?<![./])",
)


def parse(source: str) -> Config:
    """Read factory.toml. Raises ConfigError, naming every mistake in it at once."""
    try:
        data = load(source)
    except TomlSyntaxError as error:
        raise ConfigError((str(error),)) from None
    problems: list[str] = []
    config = _config(Table(data, "", problems))
    if problems:
        raise ConfigError(tuple(problems))
    return config


def _config(top: Table) -> Config:
    usual = Config()
    agents = _agents(top)
    budget = top.table("budget")
    environment = _environment(top)
    config = Config(
        target=top.get("target", _branch, usual.target),
        agent=_default_agent(top, agents),
        agents=agents,
        guardrails=_guardrails(top, environment),
        environment=environment,
        standing_accept=_standing_accept(top.table("standing_accept")),
        agents_at_once=top.get("agents_at_once", whole("agents", 1, 64), usual.agents_at_once),
        checks_at_once=top.get("checks_at_once", whole("checks", 1, 64), usual.checks_at_once),
        waiting_at_most=top.get("waiting_at_most", whole("items", 0, 1_000), usual.waiting_at_most),
        in_order=top.get("in_order", flag, usual.in_order),
        rounds=top.get("rounds", whole("rounds", 0, 100), usual.rounds),
        task_budget=_budget(budget, "task"),
        day_budget=_budget(budget, "day"),
        protected=_with_built_in(top, "protected", PROTECTED),
        critical=top.each("critical", _glob),
        folded=_with_built_in(top, "folded", FOLDED),
    )
    budget.close(_TOP)
    top.close()
    return config


def _budget(table: Table, scope: str) -> Budget:
    no_cap = "; leave it out for no cap"
    return Budget(
        usd=table.get(f"{scope}_usd", positive("dollars", no_cap), None),
        tokens=table.get(f"{scope}_tokens", whole("tokens"), None),
        minutes=table.get(f"{scope}_minutes", positive("minutes", no_cap), None),
    )


def _environment(top: Table) -> EnvironmentSpec:
    table, usual = top.table("environment"), EnvironmentSpec()
    ports = table.get("ports", whole("ports", 0, 100), usual.ports)
    spec = EnvironmentSpec(
        setup=table.each("setup", command),
        inputs=table.each("inputs", _glob),
        toolchain=table.each("toolchain", folder),
        path=table.each("path", folder),
        env=table.pairs("env", own_variable, free),
        prepare=table.each("prepare", command),
        teardown=table.each("teardown", command),
        ports=ports,
        submodules=table.get("submodules", flag, usual.submodules),
        services=servicefile.services(top, ports),
    )
    table.close(_TOP)
    return spec


def _standing_accept(table: Table) -> StandingAccept:
    spec = StandingAccept(
        paths=table.each("paths", _glob),
        max_lines=table.get("max_lines", whole("lines"), StandingAccept().max_lines),
        until=table.get("until", moment, None),
    )
    table.close(_TOP)
    return spec


def _agents(top: Table) -> tuple[AgentSpec, ...]:
    tables = top.named("agents", _NO_AGENT)
    seen: dict[str, str] = {}
    for name, _ in tables:
        try:
            _name(name)
        except Wrong as wrong:
            top.complain("agents", f"expected {wrong.expected}, found {shown(name)}")
        twin = seen.setdefault(name.lower(), name)
        if twin != name:
            top.complain("agents", f"{shown(twin)} and {shown(name)} differ in capitals only")
    return tuple(agent(name, table, _TOP) for name, table in tables)


def _default_agent(top: Table, agents: tuple[AgentSpec, ...]) -> str:
    names = tuple(agent.name for agent in agents)
    match names:
        case ():
            return top.get("agent", free, "")
        case (name,):
            return top.get("agent", choice(names), name)
        case _:
            return top.need("agent", choice(names), "")


def _guardrails(top: Table, environment: EnvironmentSpec) -> tuple[GuardrailSpec, ...]:
    tables = top.items("guardrail", _NO_GUARDRAIL)
    known = tuple(service.name for service in environment.services)
    specs = tuple(_guardrail(table, known) for table in tables)
    seen: dict[str, int] = {}
    for at, (table, spec) in enumerate(zip(tables, specs, strict=True), 1):
        first = seen.setdefault(spec.name.lower(), at)
        if spec.name and first != at:
            table.complain("name", f"expected a name of its own, but guardrail[{first}] has it too")
    return specs


def _guardrail(table: Table, services: tuple[str, ...]) -> GuardrailSpec:
    usual = GuardrailSpec(name="", run="")
    spec = GuardrailSpec(
        name=table.need("name", _name, ""),
        run=table.need("run", command, ""),
        kind=table.get("kind", choice(GUARDRAIL_KINDS), usual.kind),
        compare=Compare(table.get("compare", choice(Compare), usual.compare.value)),
        timeout=table.get("timeout", positive("seconds"), usual.timeout),
        when=table.each("when", _glob),
        fix=table.get("fix", command, usual.fix),
        version=table.get("version", command, usual.version),
        services=table.each("services", servicefile.named(services)),
    )
    if spec.compare is Compare.NO_WORSE and spec.kind == "command":
        table.complain(
            "compare",
            "no-worse needs the ids of what fails, which kind command does not give; "
            "use kind pytest or ruff, or strict",
        )
    table.close(_TOP)
    return spec


def _glob(value: object) -> str:
    what = "a glob relative to the repository's root, such as src/**"
    match value:
        case str() if not value.strip() or "\0" in value or "//" in value:
            raise Wrong(what)
        case str() if value.startswith("!"):
            raise Wrong(what, "; it cannot be negated here")
        case str() if value.startswith(("/", "./", "~/")):
            raise Wrong(what, "; write it without the leading " + value[: value.find("/") + 1])
        case str() if {".", ".."} & set(value.split("/")):
            raise Wrong(what, "; it cannot lead out of the repository")
        case str():
            return value
        case _:
            raise Wrong(what)


def _with_built_in(top: Table, key: str, built_in: tuple[str, ...]) -> tuple[str, ...]:
    """The built-in globs less those the file negates, then the file's own."""
    removable = tuple(glob for glob in built_in if glob != FILE)

    def read(value: object) -> str:
        if not (isinstance(value, str) and value.startswith("!")):
            return _glob(value)
        if value[1:] not in removable:
            raise Wrong("after ! one of the built-in globs", meant(value[1:], removable))
        return value

    own = top.each(key, read)
    kept = tuple(glob for glob in built_in if "!" + glob not in own)
    return kept + tuple(glob for glob in own if not glob.startswith("!") and glob not in kept)
