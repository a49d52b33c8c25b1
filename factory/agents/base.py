"""The protocol of an agent runtime, and what one is given to work with."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from factory.agents.breaker import Breaker
from factory.clock import Clock
from factory.config import AgentSpec
from factory.entry import AnyEntry
from factory.model import Spend, Struct
from factory.sandbox import Profile


class Unpriced(StrEnum):
    """What to do where the price of a model is unknown."""

    COUNT = "count"
    """Its tokens are counted: a cap holds them, or the price matters to none."""
    ASK = "ask"
    REFUSE = "refuse"
    """Nobody attends who could be asked."""


class Desk(Struct):
    """Where an attempt's agent works: everything it may touch, and nothing else."""

    task: str
    title: str
    spec: AgentSpec
    profile: Profile
    """`tools` for our own loop, `cli` for a foreign program; the worktree is mounted in it. The
    network of its `hosts` is open as long as the agent works."""
    scratch: Path
    """A folder of the attempt's on the host, mounted at /tmp; survives between commands."""
    history: Sequence[AnyEntry]
    """The transcript so far, `Delta`s left out; the newest prompts are its last entries."""
    steering: Callable[[], tuple[str, ...]]
    """Takes what the developer has said since it was last asked."""
    reserve: Callable[[Spend], None]
    """Called before each turn with the most it can cost. Raises AgentError where a cap is hit."""
    release: Callable[[], None]
    """Called where a turn that was reserved for has failed, and cost nothing."""
    clock: Clock
    breaker: Breaker
    """Stands before the model's endpoint."""
    key: str = ""
    """The API key; never enters the sandbox."""
    unpriced: Unpriced = Unpriced.COUNT
    breaker_of: Callable[[AgentSpec], Breaker] | None = None
    """The one before another model of the account; None: the same."""

    def now(self) -> float:
        """Seconds since 1970."""
        return self.clock.now()


class Runtime(Protocol):
    """One way to run an agent.

    `work` yields entries; each is on disk before the generator is asked for the next. It ends
    after `Finished` (a claim) or `Question` (the task parks; the answer arrives as the next
    `Prompt`). It raises AgentError where it cannot go on. Closing the generator stops the agent.
    """

    def work(self, desk: Desk) -> AsyncGenerator[AnyEntry, None]:
        """Work from `desk.history` on until the agent stops."""
        ...
