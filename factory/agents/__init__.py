"""Agent runtimes: the protocol in base.py, then one file a runtime, and here the table."""

from __future__ import annotations

from collections.abc import Callable

from factory.agents.acp import Acp
from factory.agents.base import Runtime
from factory.agents.claude import Claude
from factory.agents.command import Command
from factory.agents.in_turn import InTurn
from factory.agents.replay import Replay
from factory.config import AgentSpec
from factory.ledger import Prices, own_prices, prices
from factory.model import AgentError, ConfigError

RUNTIMES: dict[str, Callable[[AgentSpec, Prices], Runtime]] = {
    "claude": lambda _spec, table: Claude(table),
    "acp": lambda _spec, _table: InTurn(Acp()),
    "command": lambda _spec, _table: InTurn(Command()),
    "replay": lambda spec, table: Replay(table, spec.recording),
}
"""`kind` in factory.toml, and the runtime that it means."""


def runtime(spec: AgentSpec, table: Prices | None = None) -> Runtime:
    """The runtime of an agent; a `table` of None means the shipped one with the developer's rows.

    Raises AgentError for a kind that does not exist, or prices that cannot be read.
    """
    make = RUNTIMES.get(spec.kind)
    if make is None:
        kinds = ", ".join(RUNTIMES)
        raise AgentError(
            f"Agent {spec.name!r} has the kind {spec.kind!r}, which is none of {kinds}: "
            "correct it in factory.toml"
        )
    try:
        return make(spec, prices(own_prices()) if table is None else table)
    except ConfigError as error:
        raise AgentError("; ".join(error.problems)) from error
