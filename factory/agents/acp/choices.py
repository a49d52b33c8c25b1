"""What is to be set in a session before it is prompted: how it asks leave, model, effort. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from factory.config import AgentSpec
from factory.model import Struct

Said = Mapping[str, Any]
"""An answer to `session/new`, `session/load` or `session/resume`."""

MODES = {
    "allow": (
        "bypassPermissions", "yolo", "auto-approve", "agent-full-access", "full-access",
        "allow_all", "build",
    ),
    "ask": ("default", "ask", "agent", "auto", "build"),
}  # fmt: skip
"""Ids of session modes by an agent's `permissions`, best first: the programs name them freely.

For `allow`, those in which a program asks nobody and judges nothing itself, since the sandbox
holds. For `ask`, those in which it asks before it changes anything.
"""
_EFFORT = ("thought_level", "thinking")


class Choice(Struct):
    """One request."""

    what: str
    """In a word, for whoever reads that it was refused."""
    value: str
    method: str
    fields: tuple[tuple[str, str], ...]
    """Its parameters besides the session."""


def choices(said: Said, spec: AgentSpec) -> tuple[Choice, ...]:
    """What differs from what the agent's settings want, where the session has a choice at all."""
    return (*_mode(said, spec), *_option(said, spec.effort, "effort", _EFFORT),
            *_option(said, spec.model, "model", ("model",)))  # fmt: skip


def model_of(said: Said) -> str:
    """The model that a session has; empty where the program does not tell."""
    if option := _of_category(said, ("model",)):
        return str(option.get("currentValue") or "")
    models = said.get("models")
    return str(models.get("currentModelId") or "") if isinstance(models, Mapping) else ""


def _mode(said: Said, spec: AgentSpec) -> tuple[Choice, ...]:
    modes = said.get("modes")
    if isinstance(modes, Mapping):
        offered = [str(one.get("id")) for one in _tables(modes.get("availableModes"))]
        wanted = next((mode for mode in MODES[spec.permissions] if mode in offered), "")
        if not wanted or wanted == modes.get("currentModeId"):
            return ()
        fields = (("modeId", wanted),)
        return (Choice(what="mode", value=wanted, method="session/set_mode", fields=fields),)
    offered = [str(one.get("value")) for one in _values(_of_category(said, ("mode",)))]
    wanted = next((mode for mode in MODES[spec.permissions] if mode in offered), "")
    return _option(said, wanted, "mode", ("mode",))


def _option(said: Said, wanted: str, what: str, categories: tuple[str, ...]) -> tuple[Choice, ...]:
    option = _of_category(said, categories)
    if not wanted or not option:
        return ()
    offered = _values(option)
    exact = next((one for one in offered if one.get("value") == wanted), None)
    named = exact or next((one for one in offered if one.get("name") == wanted), None)
    value = str(named.get("value")) if named else wanted
    if value == option.get("currentValue"):
        return ()
    fields = (("configId", str(option.get("id") or "")), ("value", value))
    return (Choice(what=what, value=wanted, method="session/set_config_option", fields=fields),)


def _of_category(said: Said, categories: tuple[str, ...]) -> Said:
    """A session's option; empty where it has none."""
    for option in _tables(said.get("configOptions")):
        if option.get("category") in categories or option.get("id") in categories:
            return option
    return {}


def _values(option: Said) -> list[Said]:
    """What an option offers, its groups laid flat."""
    return [
        value
        for one in _tables(option.get("options"))
        for value in (_tables(one.get("options")) or [one])
    ]


def _tables(value: object) -> list[Said]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []
