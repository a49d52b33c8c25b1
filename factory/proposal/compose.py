"""A proposal as the text of factory.toml, with a word on every part. Pure."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Collection, Iterable, Mapping
from functools import partial

import msgspec
from msgspec.structs import replace

from factory.config import AgentSpec, Compare, EnvironmentSpec, GuardrailSpec
from factory.model import Budget
from factory.proposal.findings import Proposal

_HEAD = """\
# What a change must pass, who does the work, and within which limits. The engine reads this file
# from the tip of the target; an agent's copy of it counts for nothing. Every key is explained in
# docs/factory-toml.md of factory-tui.
"""
_TOP = """\
# agents_at_once = 4
# checks_at_once = 2
# rounds = 3        # how often red guardrails go back to the agent before the task parks
# Tests, CI, tool settings and agent instructions are protected, lock files and vendored code are
# folded, without being named. These lists add to that; "!glob" takes a built-in one away.
# protected = []
# critical = []     # files that always need a person
# folded = []
"""
_BUDGET = """\
# Caps, looked at before each turn of an agent. Without a line there is no cap.
"""
_ENVIRONMENT = """\
# How tools and dependencies get into the sandbox: `setup` runs in /worktree with the network and
# fills /env, once per state of `inputs`. Agents and guardrails see /env read-only.
"""
_SCRIPTS = """\
# Any program can be an agent. With this one each task is a shell script, and no model is asked:
# [agents.script]
# kind = "command"
# run = 'bash -e "$FACTORY_PROMPT_FILE"'
# script = true
"""
_NO_WORSE = "# Red on the target today: nothing may fail that does not fail there.\n"
_RED = """\
# Red on the target today, and without ids that tell old failures from new ones: no change could
# pass. Mend the target, then take the # away.
"""
_NO_GUARDRAIL = """\
# No checks is never a pass: name at least one.
# [[guardrail]]
# name = "tests"
# run = "./run-tests"
"""


def compose(
    proposal: Proposal,
    *,
    measured: Mapping[str, Compare],
    caps: Budget,
    day: Budget,
    agent: str,
    target: str = "main",
    red: Collection[str] = (),
) -> str:
    """The file for a proposal; `factory.configfile.parse` reads it back.

    `measured` holds, by name, how guardrails compare after they ran on the base; the others stay
    as proposed. Those in `red`, and those no worse than a tip that their kind cannot be compared
    with, stand there as comments. `caps` are a task's, `day` those of a day. What is not green on
    the base loses its `fix`, which would bring every old sin of the tree into the first change.
    """
    budget = [f"{_BUDGET}[budget]", *_caps("task", caps), *_caps("day", day)]
    parts = [
        _HEAD + _said(proposal.missing),
        f"target = {_value(target)}\nagent = {_value(agent)}\n{_TOP}",
        "\n".join(budget) + "\n",
    ]
    if proposal.environment != EnvironmentSpec():
        parts.append(_ENVIRONMENT + _table("[environment]", proposal.environment))
    for spec in proposal.agents:
        name = _string(spec.name) if "." in spec.name else spec.name
        parts.append(_table(f"[agents.{name}]", spec, left_out=("name",)))
    parts.append(_SCRIPTS)
    for guardrail in proposal.guardrails:
        compare = measured.get(guardrail.name, guardrail.compare)
        parts.append(_guardrail(guardrail, compare, red=guardrail.name in red))
    if not proposal.guardrails:
        parts.append(_NO_GUARDRAIL)
    return "\n".join(parts)


def _said(missing: Iterable[str]) -> str:
    lines = ["".join(c if c.isprintable() else "�" for c in sentence) for sentence in missing]
    wrap = partial(textwrap.fill, width=98, initial_indent="# - ", subsequent_indent="#   ")
    return "".join(f"#\n{wrap(line)}\n" for line in lines)


def _caps(scope: str, budget: Budget) -> list[str]:
    return [
        f"{scope}_{name} = {_value(cap)}"
        for name, cap in msgspec.structs.asdict(budget).items()
        if cap is not None
    ]


def _guardrail(spec: GuardrailSpec, compare: Compare, *, red: bool) -> str:
    heading = "[[guardrail]]"
    if red or (compare is Compare.NO_WORSE and spec.kind == "command"):
        text = _table(heading, replace(spec, compare=Compare.STRICT, fix=""))
        return _RED + textwrap.indent(text, "# ")
    if compare is Compare.NO_WORSE:
        return _NO_WORSE + _table(heading, replace(spec, compare=compare, fix=""))
    return _table(heading, replace(spec, compare=compare))


def _table(
    heading: str,
    spec: AgentSpec | EnvironmentSpec | GuardrailSpec,
    left_out: tuple[str, ...] = (),
) -> str:
    """The fields that differ from their defaults, one a line."""
    lines = [heading]
    for field in msgspec.structs.fields(spec):
        value = getattr(spec, field.name)
        if field.name not in left_out and value != field.default:
            lines.append(f"{field.name} = {_value(value)}")
    return "\n".join(lines) + "\n"


def _value(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return _string(value)
        case float() if value.is_integer():
            return str(int(value))
        case int() | float():
            return str(value)
        case tuple() if value and all(isinstance(item, tuple) for item in value):
            return "{ " + ", ".join(f"{key} = {_string(text)}" for key, text in value) + " }"
        case tuple():
            return _list([_value(item) for item in value])
        case _:
            raise TypeError(f"{value!r} has no place in factory.toml")


def _list(items: list[str]) -> str:
    line = "[" + ", ".join(items) + "]"
    if len(line) <= 80:
        return line
    return "[\n" + "".join(f"    {item},\n" for item in items) + "]"


def _string(text: str) -> str:
    """A literal string where that spares backslashes, else a basic one."""
    if ('"' in text or "\\" in text) and "'" not in text and text.isprintable():
        return f"'{text}'"
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
