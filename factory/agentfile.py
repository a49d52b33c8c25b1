"""The `[agents.NAME]` tables of factory.toml → AgentSpecs. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from msgspec.structs import replace

from factory.config import AGENT_KINDS, EFFORTS, OUTPUTS, AgentSpec, Role
from factory.endpoints import ANTHROPIC, SERVICES, Cloud, Takes, service_named
from factory.expected import command, folder, free, own_variable
from factory.hosts import LOWEST, grant
from factory.presets import PRESETS, preset_named
from factory.tables import Table, Wrong, choice, flag, positive, text, whole

_OURS = ("claude", "replay")
_PROGRAMS = ("acp", "command")
_ONLY = {
    "instructions": _OURS,
    "key_env": _OURS,
    "max_tokens": _OURS,
    "turns": _OURS,
    "patience": _OURS,
    "endpoint": ("claude",),
    "context": ("claude", "replay"),
    "planner": ("claude",),
    "reviewer": ("claude",),
    "region": ("claude",),
    "project": ("claude",),
    "preset": _PROGRAMS,
    "run": _PROGRAMS,
    "output": ("command",),
    "early": ("command",),
    "script": ("command",),
    "permissions": ("acp",),
    "network": _PROGRAMS,
    "hosts": _PROGRAMS,
    "login": _PROGRAMS,
    "config": _PROGRAMS,
    "seeds": _PROGRAMS,
    "env": _PROGRAMS,
    "variables": _PROGRAMS,
    "recording": ("replay",),
}
"""Keys that mean something to some kinds of agent only; another would silently ignore them."""

_word = text("a word such as low or high", r"[a-z-]{1,20}")
_model = text("the name of a model")
_word_of_cloud = text("a name such as eu-central-1 or my-project", r"[a-z0-9][a-z0-9.:-]{0,62}")
_variable = text("the name of a variable", r"[A-Za-z_][A-Za-z0-9_]*")
_url = text("an address that begins with https:// or http://", r"https?://[^\s/]\S*")


def agent(name: str, table: Table, top: Iterable[str]) -> AgentSpec:
    """One agent. `top`: the keys of the file itself, for who wrote one here."""
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
        context=table.get("context", whole("tokens", 4_096), usual.context),
        max_tokens=table.get("max_tokens", whole("tokens"), usual.max_tokens),
        turns=table.get("turns", whole("turns"), usual.turns),
        patience=table.get("patience", positive("seconds"), usual.patience),
        instructions=table.get("instructions", free, usual.instructions),
        run=(table.need if needs_run else table.get)("run", command, usual.run),
        output=table.get("output", choice(OUTPUTS), usual.output),
        permissions=table.get("permissions", choice(("allow", "ask")), usual.permissions),
        early=table.get("early", command, usual.early),
        script=table.get("script", flag, usual.script),
        network=table.get("network", flag, usual.network),
        hosts=_hosts(usual, table),
        login=usual.login + table.each("login", folder),
        config=usual.config + table.each("config", folder),
        seeds=usual.seeds + table.each("seeds", folder),
        env=usual.env + table.each("env", _variable),
        variables=usual.variables + table.pairs("variables", own_variable, free),
        subscription=table.get("subscription", flag, usual.subscription),
        recording=table.get("recording", text("the path of a recording"), usual.recording),
    )
    if spec.early and "FACTORY_EARLY" not in spec.run:
        table.complain("early", "only preset claude-code, or a `run` with $FACTORY_EARLY, heeds it")
    table.close(top)
    return _pointed(spec, table)


def _role(table: Table, key: str) -> Role | None:
    own = table.table(key)
    role = Role(model=own.get("model", _model, ""), effort=own.get("effort", choice(EFFORTS), ""))
    own.close()
    return role if key in table else None


def _hosts(usual: AgentSpec, table: Table) -> tuple[str, ...]:
    """Its preset's hosts and the file's; none where the file speaks of `network` alone."""
    own = table.each("hosts", _host)
    denied = table.get("network", flag, None) is False
    if "hosts" in table:
        if table.get("hosts", lambda value: value, None) == []:
            table.complain("hosts", "expected at least one host; for no network leave it out")
        if denied:
            table.complain("network", "hosts grants a network, and false denies it; leave one out")
        return usual.hosts + own
    return () if "network" in table else usual.hosts


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
        hosts=preset.hosts,
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
    for key in ("planner", "reviewer"):
        own = table.table(key)
        if "effort" in own and Takes.EFFORT not in service.takes:
            own.complain("effort", f"{service.title} takes none; leave it out")
    return replace(
        usual, endpoint=name, base_url="" if service is ANTHROPIC else service.base_url,
        key_env=service.key_env, subscription=service.local, context=service.context,
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
    hosts = spec.hosts and (_pointed_to(spec.base_url), *spec.hosts[len(preset.hosts) :])
    other = [(name, text.replace("{base_url}", spec.base_url)) for name, text in preset.pointed]
    variables = (*spec.variables, (preset.url, spec.base_url), *other)
    return replace(spec, variables=variables, hosts=hosts)


def _pointed_to(url: str) -> str:
    """The host of an address and its port, as an entry of `hosts`."""
    found = urlsplit(url)
    host = found.netloc.rpartition("@")[2]
    return host if re.search(r":\d+$", host) else f"{host}:{443 if found.scheme == 'https' else 80}"


def _host(value: object) -> str:
    what = "a host such as api.example.com, *.example.com, *, or 127.0.0.1:8080 with its port"
    if isinstance(value, str) and grant(value) is not None:
        return value
    if isinstance(value, str) and re.match("(?i)https?://", value):
        raise Wrong(what, "; write the host alone, without https:// and path")
    if isinstance(value, str) and grant(f"{value}:{LOWEST}") is not None:
        raise Wrong(what, "; an address that is not public needs its port")
    if isinstance(value, str) and grant(re.sub(r"\d+$", str(LOWEST), value)) is not None:
        raise Wrong(what, f"; a port of this machine's own is {LOWEST} or higher")
    raise Wrong(what)
