"""One agent of our own loop at work against scripted answers."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from factory.entry import AnyEntry, Finished, ToolResult
from factory.model import AgentError
from tests.agents.bench import Workplace, claude, spec, task
from tests.agents.scripted import Reply, Scripted

EDITOR = "str_replace_based_edit_tool"


class Story:
    """One agent at work against scripted answers."""

    def __init__(self, home: Path, *replies: Reply, turns: int = 200) -> None:
        self.endpoint = Scripted(list(replies))
        self.place = Workplace(home, spec(turns=turns), task())

    def work(self) -> list[AnyEntry]:
        """All entries of one run of the runtime."""

        async def follow() -> list[AnyEntry]:
            async with self.endpoint.listening() as url:
                self.place.spec = spec(
                    base_url=url, turns=self.place.spec.turns, instructions="Be kind."
                )
                return await self.place.work(claude())

        return asyncio.run(follow())

    def fails(self) -> AgentError:
        with pytest.raises(AgentError) as caught:
            self.work()
        return caught.value

    def results(self) -> list[ToolResult]:
        return [e for e in self.place.transcript.entries() if isinstance(e, ToolResult)]


def summary(entries: list[AnyEntry]) -> str:
    last = entries[-1]
    assert isinstance(last, Finished)
    return last.handoff.summary
