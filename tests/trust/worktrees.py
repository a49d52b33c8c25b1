"""Worktrees made sixteen at once, while the target is fetched and both repositories are packed."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from factory.git.repository import Repository
from factory.git.trees import Trees
from factory.git.vault import Vault
from factory.model import FactoryError
from tests.developer import Developer
from tests.trust.base import Control, Outcome
from tests.trust.life import homestead

AT_ONCE = 16
FILES = {f"{number}.txt": f"{number}\n" for number in range(20)}
PAUSE = 0.2


def worktrees(full: bool) -> Outcome:
    """So many, each with the tip's files in it; then 48 with no lock."""
    count = 640 if full else 48
    with homestead() as home:
        notes, failed, spoiled = asyncio.run(_all(home, count))
    return Outcome(
        tried=count,
        held=count - len(notes),
        control=f"found: {spoiled}; of 48 made with no lock {failed} failed",
        proven=bool(spoiled),
        notes=tuple(notes[:10]),
    )


async def _all(home: Path, count: int) -> tuple[list[str], int, str]:
    developer = Developer(home / "project", FILES)
    place = developer.place
    vault = Vault(place.state, Repository(place.path), "main")
    await vault.prepare()
    trees = Trees(vault, checkouts=2)

    bare = Trees(vault, checkouts=2)
    bare._adding = asyncio.Semaphore(AT_ONCE)  # type: ignore[assignment]  # lets all of them in

    async def make(trees: Trees, name: str) -> str:
        try:
            folder = await trees.worktree(name, await vault.fetch())
        except FactoryError as error:
            return str(error)
        return _lacks(folder)

    try:
        async with _unrest(developer, vault):
            notes = await _at_once(lambda number: make(trees, f"w{number:03}"), range(count))
        failed = len(await _at_once(lambda number: make(bare, f"b{number:03}"), range(48)))
        spoiled = trees.worktrees / "w000"
        (spoiled / "7.txt").unlink()
    finally:
        vault.close()
    return notes, failed, _lacks(spoiled)


def _lacks(folder: Path) -> str:
    """What a worktree has not of what it should hold."""
    missing = [name for name in FILES if not (folder / name).is_file()]
    return f"{folder.name} lacks {', '.join(missing)}" if missing else ""


@asynccontextmanager
async def _unrest(developer: Developer, vault: Vault) -> AsyncIterator[None]:
    """The developer commits, the engine fetches, and all are packed, over and over."""

    async def go_on() -> None:
        for number in itertools.count():
            await asyncio.to_thread(developer.commit, {"mine.txt": f"{number}\n"})
            await asyncio.gather(
                vault.fetch(),
                vault.git("gc", "--quiet", "--prune=now", ok=range(256)),  # may lose a race
                asyncio.to_thread(developer.git, "gc", "--quiet", "--prune=now", ok=False),
            )
            await asyncio.sleep(PAUSE)

    going = asyncio.create_task(go_on())
    try:
        yield
    finally:
        failed = going.done() and not going.cancelled() and going.exception()
        going.cancel()
        await asyncio.wait({going})
        if failed:
            raise failed


async def _at_once(make: Callable[[int], Awaitable[str]], numbers: Iterable[int]) -> list[str]:
    """Make one for each number, sixteen at a time; what went wrong."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> str:
        async with turns:
            return await make(number)

    found = await asyncio.gather(*(one(number) for number in numbers))
    return [wrong for wrong in found if wrong]


CONTROLS = (
    Control(
        name="worktrees",
        promise="worktrees made 16 at once beside a fetch and a gc are all made",
        run=worktrees,
    ),
)
