"""When an agent hears a word that is said while it works."""

from __future__ import annotations

import pytest

from factory.agents.hearing import hears
from factory.config import AgentSpec
from factory.model import Hears


@pytest.mark.parametrize(
    ("kind", "output", "when"),
    [
        ("claude", "text", Hears.BETWEEN_CALLS),
        ("replay", "text", Hears.BETWEEN_CALLS),
        ("acp", "text", Hears.NEXT_TURN),
        ("command", "claude-stream-json", Hears.NEXT_TURN),
        ("command", "text", Hears.BEGINS_AGAIN),
    ],
)
def test_each_kind_of_agent_says_when_it_listens(kind: str, output: str, when: Hears) -> None:
    assert hears(AgentSpec(name="x", kind=kind, output=output)) is when
