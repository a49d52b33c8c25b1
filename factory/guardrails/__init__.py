"""Kinds of guardrail: one protocol, one file a kind, one line here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from factory.guardrails.base import Kind
from factory.guardrails.command import Command
from factory.guardrails.pytest import Pytest
from factory.guardrails.ruff import Ruff
from factory.model import ConfigError

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "command": Command(),
        "pytest": Pytest(),
        "ruff": Ruff(),
    }
)
"""Every kind by its name in factory.toml."""


def kind(name: str) -> Kind:
    """The kind of that name; raises ConfigError where there is none."""
    try:
        return KINDS[name]
    except KeyError:
        known = ", ".join(KINDS)
        problem = f"guardrail.kind: {name!r} is not a kind of guardrail; use one of {known}"
        raise ConfigError((problem,)) from None
