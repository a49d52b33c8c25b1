"""Fault points: named places in the life of a task at which a test can break the engine.

A point does nothing unless `FACTORY_TUI_FAULT` is in the environment of the engine's own process,
`POINT:KIND:FILE`, and `FILE` exists. No program in a sandbox has that environment, and neither
factory.toml nor anything else in a repository can set it. Reached, the point removes the file, so
that it strikes once, stops the process where it is (`SIGSTOP`), and once that is told to go on,
fails as `KIND` says: `kill`, `error` or `full` (the disk).
"""

from __future__ import annotations

import errno
import os
import signal
from enum import StrEnum

VARIABLE = "FACTORY_TUI_FAULT"


class Point(StrEnum):
    """The places, in the order in which a task comes by."""

    START_LOCKED = "start.locked"
    """The engine holds its lock."""
    START_STORE = "start.store"
    """The database is open, no repository of ours is."""
    START_VAULT = "start.vault"
    """The vault stands; nothing runs yet."""
    COMMAND_DONE = "command.done"
    """What a command does is written, its answer is not; neither is committed."""
    COMMAND_KEPT = "command.kept"
    """Both are on disk, and nobody was answered."""
    STEP_WRITTEN = "step.written"
    """A task's new state and its fact are written and not committed."""
    STEP_KEPT = "step.kept"
    """Both are on disk, and nothing came of them yet."""
    WORK_LAID = "work.laid"
    """The worktree stands, and the row does not know it."""
    WORK_TOLD = "work.told"
    """The transcript has the prompt, and the row has it still."""
    WORK_SAID = "work.said"
    """The transcript has a word of the agent's; nothing was done about it."""
    WORK_DONE = "work.done"
    """The agent has said that it is done; the row says that it works."""
    CHECK_TREE = "check.tree"
    """The worktree is a tree in the vault that no ref holds."""
    CHECK_KEPT = "check.kept"
    """The snapshot has its ref, and the row does not know it."""
    CHECK_MERGED = "check.merged"
    """The candidate is a tree that no ref holds."""
    CHECK_RAN = "check.ran"
    """A guardrail has run, and its evidence is not written."""
    CHECK_JUDGED = "check.judged"
    """The evidence is written, the change is not."""
    CHECK_DONE = "check.done"
    """The change is written; the row says that it is being checked."""
    LAND_BEGUN = "land.begun"
    """A landing has its turn, and has looked at the target."""
    LAND_GATED = "land.gated"
    """What would land is what was accepted; there is no commit of it."""
    LAND_COMMITTED = "land.committed"
    """The commit is in the vault, and no ref holds it."""
    LAND_WRITTEN = "land.written"
    """The row has lease and commit; nothing was pushed."""
    LAND_HOOKED = "land.hooked"
    """The hooks of this push are written; git was not started."""
    LAND_PUSHED = "land.pushed"
    """The target has moved, and the row does not know it."""
    LAND_DONE = "land.done"
    """The row says landed; nothing was audited."""
    CLEAN_KEPT = "clean.kept"
    """The files of a task that is over are held by a ref; its worktree is still its own."""
    CLEAN_GIVEN = "clean.given"
    """The worktree is back in the pool, its scratch not removed."""
    FETCH_DONE = "fetch.done"
    """The target's new tip is in history.git, and the vault does not hold it."""


def reached(point: Point) -> None:
    """The engine is at this point. Does what was armed there: nothing, but for a test."""
    armed = os.environ.get(VARIABLE)
    if armed is not None and armed.startswith(f"{point}:"):
        _strike(*armed.split(":", 2)[1:])


def _strike(kind: str, file: str) -> None:
    try:
        os.unlink(file)  # noqa: PTH108  no path to be made where it must not be
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGSTOP)
    match kind:
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "full":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        case _:
            raise RuntimeError("a fault that a test has asked for")
