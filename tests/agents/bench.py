"""What the tests of the runtimes share: a desk, and work followed as the engine follows it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from factory.agents.base import Desk, Runtime
from factory.agents.breaker import Breaker
from factory.agents.claude import Claude
from factory.clock import SYSTEM, Clock
from factory.config import AgentSpec
from factory.entry import AnyEntry, Delta, Origin, Prompt
from factory.ledger import prices
from factory.model import Spend
from factory.sandbox import tools
from factory.transcript import Transcript

KEY = "sk-of-the-developer"
QUICK = (0.01, 0.01, 0.01)


def spec(kind: str = "claude", **settings: Any) -> AgentSpec:
    return replace(AgentSpec(name="tester", kind=kind), **settings)


def claude(waits: Sequence[float] = QUICK) -> Claude:
    return Claude(prices(), waits)


def task(title: str = "Greet") -> Prompt:
    return Prompt(text=f"Task: {title}\n\nDo what the title says.")


class Workplace:
    """A worktree, a scratch folder and a transcript on disk."""

    def __init__(self, home: Path, spec: AgentSpec, *history: AnyEntry, key: str = KEY) -> None:
        self.tree = home / "tree"
        self.scratch = home / "scratch"
        self.tree.mkdir(parents=True, exist_ok=True)
        self.scratch.mkdir(parents=True, exist_ok=True)
        self.transcript = Transcript(home / "transcript.jsonl")
        self.spec = spec
        self.key = key
        self.unheard: list[str] = []
        self.reserved: list[Spend] = []
        self.reserve: Callable[[Spend], None] = self.reserved.append
        self.contained = True
        self.git = ""
        """A git dir for the agent, on the host; none where it is empty."""
        self.clock: Clock = SYSTEM
        self.breaker: Breaker | None = None
        for entry in history:
            self.transcript.append(entry)

    def desk(self) -> Desk:
        profile = tools(str(self.tree), str(self.scratch), private_git=self.git)
        return Desk(
            task="t-1",
            title="Greet",
            spec=self.spec,
            profile=replace(profile, contained=self.contained),
            scratch=self.scratch,
            history=self.transcript.entries(),
            steering=lambda: tuple(self.unheard),
            reserve=lambda most: self.reserve(most),
            release=lambda: None,
            clock=self.clock,
            breaker=self.breaker or Breaker(self.clock, QUICK),
            key=self.key,
        )

    async def follow(self, runtime: Runtime) -> AsyncGenerator[AnyEntry, None]:
        """Each entry once it is on disk; what was heard is steering no more."""
        self.transcript.resume(self.clock.now())
        async with aclosing(runtime.work(self.desk())) as entries:
            async for entry in entries:
                self.transcript.append(entry)
                if isinstance(entry, Prompt) and entry.text in self.unheard:
                    self.unheard.remove(entry.text)
                yield entry

    async def work(self, runtime: Runtime) -> list[AnyEntry]:
        """All it says until it stops, without the text as it streams."""
        return [entry async for entry in self.follow(runtime) if not isinstance(entry, Delta)]

    def tell(self, text: str) -> None:
        self.transcript.append(Prompt(text=text, origin=Origin.DEVELOPER))

    def files(self) -> dict[str, str]:
        return {
            str(path.relative_to(self.tree)): path.read_text()
            for path in sorted(self.tree.rglob("*"))
            if path.is_file()
        }


def running(words: str) -> bool:
    """Whether a process of this machine has these words in its command line."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ")
        except OSError:
            continue
        if words.encode() in line:
            return True
    return False
