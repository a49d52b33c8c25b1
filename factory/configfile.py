"""factory.toml as text → Config. Pure; docs/factory-toml.md is its reference.

target, agent, agents_at_once, checks_at_once, waiting_at_most, in_order, rounds
protected, critical, folded
[budget]           task_usd task_tokens task_minutes day_usd day_tokens day_minutes
[environment]      setup inputs toolchain path env
[standing_accept]  paths max_lines until
[agents.NAME]      the fields of AgentSpec
[[guardrail]]      the fields of GuardrailSpec
"""

from __future__ import annotations

from msgspec.structs import replace

from factory.config import (
    AGENT_KINDS,
    EFFORTS,
    FILE,
    FOLDED,
    GUARDRAIL_KINDS,
    OUTPUTS,
    PROTECTED,
    AgentSpec,
    Compare,
    Config,
    EnvironmentSpec,
    GuardrailSpec,
    Role,
    StandingAccept,
)
from factory.endpoints import ANTHROPIC, SERVICES, Cloud, Takes, service_named
from factory.model import Budget, ConfigError
from factory.presets import PRESETS, preset_named
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

_OURS = ("claude", "replay")
_PROGRAMS = ("acp", "command")
_ONLY = {
    "instructions": _OURS,
    "key_env": _OURS,
    "max_tokens": _OURS,
    "turns": _OURS,
    "patience": _OURS,
    "endpoint": ("claude",),
    "planner": ("claude",),
    "reviewer": ("claude",),
    "region": ("claude",),
    "project": ("claude",),
    "preset": _PROGRAMS,
    "run": _PROGRAMS,
    "output": ("command",),
    "script": ("command",),
    "permissions": ("acp",),
    "network": _PROGRAMS,
    "login": _PROGRAMS,
    "config": _PROGRAMS,
    "seeds": _PROGRAMS,
    "env": _PROGRAMS,
    "variables": _PROGRAMS,
    "recording": ("replay",),
}
"""Keys that mean something to some kinds of agent only; another would silently ignore them."""

_NO_GUARDRAIL = "expected at least one [[guardrail]]: no checks is never a pass"
_NO_AGENT = "expected at least one [agents.NAME]: somebody has to do the work"

_command = text("a shell command")
_free = text("text", r"(?s).*")
_name = text(
    "a name of up to 40 letters, digits, `.`, `_` and `-`", r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}"
)
_word = text("a word such as low or high", r"[a-z-]{1,20}")
_model = text("the name of a model")
_word_of_cloud = text("a name such as eu-central-1 or my-project", r"[a-z0-9][a-z0-9.:-]{0,62}")
_variable = text("the name of a variable", r"[A-Za-z_][A-Za-z0-9_]*")
_own_variable = text(
    "the name of a variable other than PATH, which environment.path is for",
    r"(?!PATH$)[A-Za-z_][A-Za-z0-9_]*",
)
_branch = text(
    "the name of a branch, such as main",
    r"(?!refs/heads/)(?![-/.])(?!.*(?:\.\.|//|@\{|/\.|\.lock(?:/|$)))"
    r"[^\x00-\x20\x7f~^:?*\[\\]+(?<![./])",
)
_url = text("an address that begins with https:// or http://", r"https?://[^\s/]\S*")
_folder = text(
    "a folder of this machine such as /opt/go or ~/.rustup, and never a whole home or disk",
    r"(?!~/*$|/+$|/(?:home|root|Users)(?:/[^/]*)?/*$)(?!.*//)(?!.*/\.{1,2}(?:/|$))"
    r"(?:/|~/)[^\n]+",
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
    config = Config(
        target=top.get("target", _branch, usual.target),
        agent=_default_agent(top, agents),
        agents=agents,
        guardrails=_guardrails(top),
        environment=_environment(top.table("environment")),
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


def _environment(table: Table) -> EnvironmentSpec:
    spec = EnvironmentSpec(
        setup=table.each("setup", _command),
        inputs=table.each("inputs", _glob),
        toolchain=table.each("toolchain", _folder),
        path=table.each("path", _folder),
        env=table.pairs("env", _own_variable, _free),
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
    return tuple(_agent(name, table) for name, table in tables)


def _agent(name: str, table: Table) -> AgentSpec:
    kind = table.need("kind", choice(AGENT_KINDS), "")
    for key, kinds in _ONLY.items():
        if key in table and kind and kind not in kinds:
            table.complain(key, f"only agents of kind {' or '.join(kinds)} have it, not {kind}")
    usual = _usual(name, kind, table)
    needs_run = kind in _PROGRAMS and not usual.run
    needs_model = usual.endpoint not in ("", ANTHROPIC.name)
    effort = choice(EFFORTS) if kind in ("claude", "replay") else _word
    spec = AgentSpec(
        name=name,
        kind=kind,
        preset=usual.preset,
        model=(table.need if needs_model else table.get)("model", _model, usual.model),
        effort=table.get("effort", effort, usual.effort),
        planner=_role(table, "planner"),
        reviewer=_role(table, "reviewer"),
        endpoint=usual.endpoint,
        region=table.get("region", _word_of_cloud, usual.region),
        project=table.get("project", _word_of_cloud, usual.project),
        base_url=table.get("base_url", _url, usual.base_url),
        key_env=table.get("key_env", _variable, usual.key_env),
        max_tokens=table.get("max_tokens", whole("tokens"), usual.max_tokens),
        turns=table.get("turns", whole("turns"), usual.turns),
        patience=table.get("patience", positive("seconds"), usual.patience),
        instructions=table.get("instructions", _free, usual.instructions),
        run=(table.need if needs_run else table.get)("run", _command, usual.run),
        output=table.get("output", choice(OUTPUTS), usual.output),
        permissions=table.get("permissions", choice(("allow", "ask")), usual.permissions),
        script=table.get("script", flag, usual.script),
        network=table.get("network", flag, usual.network),
        login=usual.login + table.each("login", _folder),
        config=usual.config + table.each("config", _folder),
        seeds=usual.seeds + table.each("seeds", _folder),
        env=usual.env + table.each("env", _variable),
        variables=usual.variables + table.pairs("variables", _own_variable, _free),
        subscription=table.get("subscription", flag, usual.subscription),
        recording=table.get("recording", text("the path of a recording"), usual.recording),
    )
    table.close(_TOP)
    return _pointed(spec, table)


def _role(table: Table, key: str) -> Role | None:
    own = table.table(key)
    role = Role(model=own.get("model", _model, ""), effort=own.get("effort", choice(EFFORTS), ""))
    own.close(_TOP)
    return role if key in table else None


def _usual(name: str, kind: str, table: Table) -> AgentSpec:
    """What an agent has where its table is silent: its preset's, or everybody's."""
    if kind == "claude":
        return _served(AgentSpec(name=name, kind=kind), table)
    if kind not in _PROGRAMS:
        return AgentSpec(name=name, kind=kind)
    usual = AgentSpec(name=name, kind=kind, model="")
    names = tuple(preset.name for preset in PRESETS)
    preset = preset_named(table.get("preset", choice(names), ""))
    form = preset.form(kind) if preset else None
    if preset is None or form is None:
        return usual
    return replace(
        usual, preset=preset.name, run=form.run, output=form.output, network=True,
        login=preset.login, config=preset.config, seeds=preset.seeds, env=preset.handed,
        variables=preset.variables, subscription=True,
    )  # fmt: skip


def _served(usual: AgentSpec, table: Table) -> AgentSpec:
    """What our own loop has where its table is silent: as its endpoint says."""
    names = tuple(service.name for service in SERVICES)
    if not (name := table.get("endpoint", choice(names), "")):
        return usual
    service = service_named(name)
    for key, has in (
        ("effort", Takes.EFFORT in service.takes),
        ("region", service.cloud is not None),
        ("project", service.cloud is Cloud.VERTEX),
    ):
        if key in table and not has:
            table.complain(key, f"{service.title} takes none; leave it out")
    return replace(
        usual, endpoint=name, base_url="" if service is ANTHROPIC else service.base_url,
        key_env=service.key_env, subscription=service.local,
    )  # fmt: skip


def _pointed(spec: AgentSpec, table: Table) -> AgentSpec:
    """A program that is pointed to another endpoint has its address in a variable."""
    if spec.kind not in _PROGRAMS or not spec.base_url:
        return spec
    preset = preset_named(spec.preset)
    if preset is None or not preset.url:
        known = ", ".join(preset.name for preset in PRESETS if preset.url)
        table.complain("base_url", f"only the presets {known} take one; set `variables` instead")
        return spec
    return replace(spec, variables=(*spec.variables, (preset.url, spec.base_url)))


def _default_agent(top: Table, agents: tuple[AgentSpec, ...]) -> str:
    names = tuple(agent.name for agent in agents)
    match names:
        case ():
            return top.get("agent", _free, "")
        case (name,):
            return top.get("agent", choice(names), name)
        case _:
            return top.need("agent", choice(names), "")


def _guardrails(top: Table) -> tuple[GuardrailSpec, ...]:
    tables = top.items("guardrail", _NO_GUARDRAIL)
    specs = tuple(_guardrail(table) for table in tables)
    seen: dict[str, int] = {}
    for at, (table, spec) in enumerate(zip(tables, specs, strict=True), 1):
        first = seen.setdefault(spec.name.lower(), at)
        if spec.name and first != at:
            table.complain("name", f"expected a name of its own, but guardrail[{first}] has it too")
    return specs


def _guardrail(table: Table) -> GuardrailSpec:
    usual = GuardrailSpec(name="", run="")
    spec = GuardrailSpec(
        name=table.need("name", _name, ""),
        run=table.need("run", _command, ""),
        kind=table.get("kind", choice(GUARDRAIL_KINDS), usual.kind),
        compare=Compare(table.get("compare", choice(Compare), usual.compare.value)),
        timeout=table.get("timeout", positive("seconds"), usual.timeout),
        when=table.each("when", _glob),
        fix=table.get("fix", _command, usual.fix),
        version=table.get("version", _command, usual.version),
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
