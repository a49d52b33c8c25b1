"""Worktrees made sixteen at once, while the target is fetched and both repositories are packed."""

from __future__ import annotations

import asyncio
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
ALONE = 160
"""Made with one half of the protection."""


def worktrees(full: bool) -> Outcome:
    """So many, each with the tip's files in it; then others with the protection off."""
    count = 640 if full else 48
    notes = _tried(count)
    tried = failed = 0
    while tried < MOST and (full or not failed):
        failed += len(_tried(BATCH, locked=False, tries=1))
        tried += BATCH
    alone = _alone() if full else ""
    return Outcome(
        tried=count,
        held=count - len(notes),
        control=f"of {tried} made with no lock and in one try {failed} failed{alone}",
        proven=failed > 0,
        notes=tuple(notes[:10]),
    )


def _alone() -> str:
    """What each half of the protection is worth without the other."""
    unlocked, once = len(_tried(ALONE, locked=False)), len(_tried(ALONE, tries=1))
    return f"; of {ALONE} each with no lock {unlocked}, in one try {once}"


def _tried(count: int, *, locked: bool = True, tries: int = 0) -> list[str]:
    """What goes wrong with so many worktrees of a new vault; `tries` 0 leaves them as they are."""
    with homestead() as home:
        return asyncio.run(_all(home, count, locked=locked, tries=tries))


async def _all(home: Path, count: int, *, locked: bool, tries: int) -> list[str]:
    developer = Developer(home / "project", FILES)
    place = developer.place
    vault = Vault(place.state, Repository(place.path), "main")
    await vault.prepare()
    trees = Trees(vault, checkouts=2)
    trees._tries = tries or trees._tries
    if not locked:
        trees._adding = asyncio.Semaphore(AT_ONCE)  # type: ignore[assignment]  # lets all in
    try:
        async with _unrest(developer, vault):
            return await _made(trees, count)
    finally:
        vault.close()


async def _made(trees: Trees, count: int) -> list[str]:
    """Make so many, sixteen at a time; what went wrong."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> str:
        async with turns:
            try:
                tree = await trees.vault.fetch()
                return _lacks(await trees.worktree(f"w{number:03}", tree))
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

    calm = asyncio.Event()

    async def go_on() -> None:
        number = 0
        while not calm.is_set():
            number += 1
            await asyncio.to_thread(developer.commit, {"mine.txt": f"{number}\n"})
            await asyncio.gather(
                vault.fetch(),
                vault.git("gc", "--quiet", "--prune=now", ok=range(256)),  # may lose a race
                asyncio.to_thread(developer.git, "gc", "--quiet", "--prune=now", ok=False),
            )
            await asyncio.sleep(PAUSE)

    async with asyncio.TaskGroup() as group:
        group.create_task(go_on())
        try:
            yield
        finally:
            calm.set()


CONTROLS = (
    Control(
        name="worktrees",
        promise="worktrees made 16 at once beside a fetch and a gc are all made",
        run=worktrees,
    ),
)
