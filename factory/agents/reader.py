"""Reading what a `command` prints: the protocol, and plain text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from factory.config import AgentSpec
from factory.entry import AnyEntry, Finished, Output, Remark, Usage
from factory.model import AgentError, Handoff, Spend
from factory.sandbox import Finished as Ended

SUMMARY_LINES = 5
SUMMARY_CHARACTERS = 2_000
_SESSION = "session "


class Reader(Protocol):
    """Turns the output of one run into entries."""

    ended: Ended | None
    """How the program ended, once it has."""
    finished: bool
    """Whether the program has said that it is done."""

    @property
    def session_lost(self) -> bool:
        """Whether the program said that it does not know the session it was to resume."""
        ...

    def read(self, lines: Sequence[str]) -> Iterator[AnyEntry]:
        """The entries of further lines."""
        ...

    def end(self) -> Iterator[AnyEntry]:
        """The last entries, once the program has ended. Raises AgentError where it failed."""
        ...


class Text:
    """Plain text: the last lines are its word to the developer."""

    session_lost = False
    finished = False

    def __init__(self, spec: AgentSpec, now: Callable[[], float]) -> None:
        self.ended: Ended | None = None
        self._spec = spec
        self._now = now
        self._last: list[str] = []

    def read(self, lines: Sequence[str]) -> Iterator[AnyEntry]:
        """All of them as one piece of output."""
        if lines:
            said = [line for line in lines if line.strip()]
            self._last = [*self._last, *said][-SUMMARY_LINES:]
            yield Output(at=self._now(), text="".join(line + "\n" for line in lines))

    def end(self) -> Iterator[AnyEntry]:
        """It is done where the exit code is 0."""
        code = None if self.ended is None else self.ended.exit_code
        if code != 0:
            raise unexplained(self._spec, self.ended, self._last)
        summary = "\n".join(self._last)[-SUMMARY_CHARACTERS:]
        yield Finished(at=self._now(), handoff=Handoff(summary=summary))


def unexplained(spec: AgentSpec, ended: Ended | None, last: Sequence[str]) -> AgentError:
    """What to raise for a program that did not end with 0, and of which no more is known."""
    code = "no exit code" if ended is None else f"exit code {ended.exit_code}"
    said = f": {last[-1].strip()}" if last else " and without a word"
    return AgentError(
        f"The command of agent {spec.name!r} ended with {code}{said[:300]}; see the whole output "
        "in its transcript, correct `run` in factory.toml or the task, then resume it"
    )


def session_remark(session: str, at: float) -> Remark:
    """The entry by which a session is remembered."""
    return Remark(at=at, text=_SESSION + session)


def last_session(history: Sequence[AnyEntry]) -> str:
    """The session remembered last; empty where there is none."""
    began = session_began(history)
    entry = history[began] if began >= 0 else None
    return entry.text.removeprefix(_SESSION) if isinstance(entry, Remark) else ""


def session_began(history: Sequence[AnyEntry]) -> int:
    """Index of the entry by which the last session is remembered; -1 where there is none."""
    for at in range(len(history) - 1, -1, -1):
        entry = history[at]
        if isinstance(entry, Remark) and re.fullmatch(_SESSION + r"\S+", entry.text):
            return at
    return -1


def counted(history: Sequence[AnyEntry], session: str) -> Spend:
    """What the runs of a session have cost so far."""
    begun = [at for at, entry in enumerate(history) if _begins(entry, session)]
    since = history[begun[0] :] if session and begun else ()
    return sum((entry.spend for entry in since if isinstance(entry, Usage)), Spend())


def _begins(entry: AnyEntry, session: str) -> bool:
    return isinstance(entry, Remark) and entry.text == _SESSION + session
