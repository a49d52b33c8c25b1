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
BARE = 640
"""So many at most are made by git alone, until one of them fails."""
PAUSE = 0.2


def worktrees(full: bool) -> Outcome:
    """So many, each with the tip's files in it; then git's own `worktree add`, with no lock."""
    count = 640 if full else 48
    with homestead() as home:
        notes, failed, tried = asyncio.run(_all(home, count))
    return Outcome(
        tried=count,
        held=count - len(notes),
        control=f"{failed} of {tried} that git made with no lock failed",
        proven=failed > 0,
        notes=tuple(notes[:10]),
    )


async def _all(home: Path, count: int) -> tuple[list[str], int, int]:
    developer = Developer(home / "project", FILES)
    place = developer.place
    vault = Vault(place.state, Repository(place.path), "main")
    await vault.prepare()
    trees = Trees(vault, checkouts=2)

    async def ours(number: int) -> str:
        try:
            folder = await trees.worktree(f"w{number:03}", await vault.fetch())
        except FactoryError as error:
            return str(error)
        there = [name for name in FILES if (folder / name).is_file()]
        return "" if len(there) == len(FILES) else f"{folder.name} has {len(there)} files"

    async def plain(number: int) -> str:
        line = ("worktree", "add", "--quiet", "--detach", str(home / f"b{number}"), "HEAD~0")
        done = await vault.git(*line, ok=range(256))
        return "" if done.code == 0 else done.err

    try:
        async with _unrest(developer, vault):
            notes = await _at_once(ours, range(count))
        await vault.git("update-ref", "HEAD", await vault.fetch())
        numbers, failed, tried = itertools.count(), 0, 0
        while not failed and tried < BARE:
            some = list(itertools.islice(numbers, 48))
            failed, tried = len(await _at_once(plain, some)), tried + len(some)
    finally:
        vault.close()
    return notes, failed, tried


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
