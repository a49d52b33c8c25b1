"""Worktrees made sixteen at once, while the target is fetched and both repositories are packed."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
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
BATCH, MOST = 48, 480
"""Made without protection: so many at first, and so many in all until one fails."""


def worktrees(full: bool) -> Outcome:
    """So many, each with the tip's files in it; then others with the protection off."""
    count = 640 if full else 48
    with homestead() as home:
        return asyncio.run(_all(home, count, full=full))


async def _all(home: Path, count: int, *, full: bool) -> Outcome:
    developer = Developer(home / "project", FILES)
    place = developer.place
    vault = Vault(place.state, Repository(place.path), "main")
    await vault.prepare()
    trees = Trees(vault, checkouts=2)
    try:
        async with _unrest(developer, vault):
            notes = await _made(trees, "w", count)
            failed, tried = await _unprotected(vault, BATCH if not full else MOST)
            alone = await _singly(vault, MOST) if full else ""
        spoiled = trees.worktrees / "w000"
        (spoiled / "7.txt").unlink()
    finally:
        vault.close()
    found = _lacks(spoiled)
    return Outcome(
        tried=count,
        held=count - len(notes),
        control=f"of {tried} made with no lock and in one try {failed} failed{alone}",
        proven=failed > 0 and bool(found),
        notes=tuple(notes[:10]),
    )


async def _unprotected(vault: Vault, batch: int) -> tuple[int, int]:
    """How many fail of how many, with neither lock nor second try."""
    tried = failed = 0
    while not failed and tried < MOST:
        failed += len(await _made(_bare(vault, locked=False, tries=1), f"n{tried}-", batch))
        tried += batch
    return failed, tried


async def _singly(vault: Vault, count: int) -> str:
    """What each half of the protection is worth without the other."""
    unlocked = await _made(_bare(vault, locked=False, tries=3), "u", count)
    once = await _made(_bare(vault, locked=True, tries=1), "o", count)
    return f"; in three tries with no lock {len(unlocked)}, in one try with the lock {len(once)}"


def _bare(vault: Vault, *, locked: bool, tries: int) -> Trees:
    trees = Trees(vault, checkouts=2)
    trees._tries = tries
    if not locked:
        trees._adding = asyncio.Semaphore(AT_ONCE)  # type: ignore[assignment]  # lets all in
    return trees


async def _made(trees: Trees, name: str, count: int) -> list[str]:
    """Make so many, sixteen at a time; what went wrong."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> str:
        async with turns:
            try:
                tree = await trees.vault.fetch()
                return _lacks(await trees.worktree(f"{name}{number:03}", tree))
            except FactoryError as error:
                return str(error)

    found = await asyncio.gather(*(one(number) for number in range(count)))
    return [wrong for wrong in found if wrong]


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


CONTROLS = (
    Control(
        name="worktrees",
        promise="worktrees made 16 at once beside a fetch and a gc are all made",
        run=worktrees,
    ),
)
