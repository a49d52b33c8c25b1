"""Engines by fork: one process has imported everything, each engine is a child of it.

What runs is what `python -m factory` runs, in a process and a session of its own; only the half
second of imports is spared. It is for trials that kill engines by the thousand.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import signal
import subprocess  # noqa: TID251 - the stable is a process of its own
import sys
import traceback
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from factory.faults import VARIABLE
from factory.lifecycle import AnyEvent
from factory.model import Task
from factory.wire import Add, Reply, Request


class Stable:
    """Starts engines, at most one at a time for each repository."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            (sys.executable, "-P", "-c", _BEGIN, str(Path(__file__).parents[2])),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip

    def start(
        self, repository: Path, log: Path, home: Path, *, fault: str = "", lacks: str = ""
    ) -> int:
        """Start an engine; returns its process id at once.

        `fault` is as in `factory.faults`; `lacks` is what it does without, see `_weaken`.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("\t".join(map(str, (repository, log, home, fault, lacks))) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


@cache
def stable() -> Stable:
    """The one of this process; it ends with it."""
    return Stable()


_BEGIN = "import sys; sys.path.insert(0, sys.argv[1]); from tests.trust.stable import main; main()"


def main() -> None:
    """Fork an engine for each line that comes in, and say its number."""
    import anthropic  # noqa: F401

    import factory.__main__  # noqa: F401

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while line := sys.stdin.readline():
        repository, log, home, fault, lacks = line.rstrip("\n").split("\t")
        child = os.fork()
        if not child:
            for one in lacks.split("+"):
                _weaken(one)
            _become(repository, log, home, fault)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()


def _weaken(lacks: str) -> None:
    """Take a protection out of this process's engine, for a negative control."""
    from factory.commands import Commands
    from factory.landing import Landings
    from factory.shop import Shop
    from factory.store.database import Database

    match lacks:
        case "no transactions":

            @contextlib.contextmanager
            def none(self: Database) -> Iterator[None]:
                yield

            Database.transaction = none  # type: ignore[method-assign]
        case "no second look":
            whole = Landings._try

            async def forgetful(self: Landings, task: Task) -> AnyEvent | None:
                return await whole(self, Shop.amend(self._shop, task.id, landing=None))

            Landings._try = forgetful  # type: ignore[method-assign]
        case "writing before it answers":
            carry_out = Commands.take

            async def answer(self: Commands, request: Request) -> Reply:
                if not isinstance(request.command, Add):
                    return await carry_out(self, request)

                async def later() -> None:
                    await asyncio.sleep(0.5)
                    await carry_out(self, request)

                self.later = asyncio.create_task(later())  # type: ignore[attr-defined]
                return Reply(tasks=tuple(draft.title for draft in request.command.drafts))

            Commands.take = answer  # type: ignore[method-assign]
        case _:
            _weaken_agents(lacks)


def _weaken_agents(lacks: str) -> None:
    """The same, for what agents are driven by."""
    from factory.agents import acp, breaker, in_turn, setbacks

    match lacks:
        case "long pauses":
            ladder = tuple(seconds / 100 for seconds in setbacks.LADDER)
            for module in (breaker, in_turn, setbacks):
                setattr(module, "LADDER", ladder)  # noqa: B010 - its type tells its length, too
        case "saying it again":
            whole = acp._Session._words

            def forgetful(self: acp._Session, *, taken_up: bool) -> str:
                return acp._GO_ON if taken_up else whole(self, taken_up=False)

            acp._Session._words = forgetful  # type: ignore[method-assign]
        case _:
            pass


def _become(repository: str, log: str, home: str, fault: str) -> None:
    """Be that engine, to its end."""
    import factory.__main__ as engine
    from factory.git.place import find_repository

    try:
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for number, into in ((nothing, 0), (file, 1), (file, 2)):
            os.dup2(number, into)
        os.environ.update({"HOME": f"{home}/home", "FACTORY_TUI_HOME": f"{home}/state"})
        if fault:
            os.environ[VARIABLE] = fault
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        with contextlib.suppress(asyncio.CancelledError):
            asyncio.run(engine.serve(find_repository(Path(repository))))
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
