"""A worktree of a repository with ten thousand files: made, and given to the next task."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from factory.git import folders, fresh
from factory.git.repository import Repository
from factory.git.trees import Trees
from factory.git.vault import Vault

NAME = "worktree"

_FILES = 10_000
_TOUCHED = 40
_RUNS = 9
_BESIDE = 3


def measure() -> dict[str, float]:
    """Milliseconds: the first one of all, a used one made ready again (median), a snapshot."""
    return asyncio.run(_measure())


async def _measure() -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="ft-") as name:
        source = Path(name) / "project"
        for number in range(_FILES):
            file = source / f"part{number // 100:03}" / f"file{number % 100:02}.py"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"value = {number}\n" * 20)
        fresh.make(source, "Ten thousand files")
        root = Path(name) / "state"
        root.mkdir()
        vault = Vault(root, Repository(source), "main")
        try:
            return await _times(vault)
        finally:
            vault.close()


async def _times(vault: Vault) -> dict[str, float]:
    await vault.prepare()
    trees = Trees(vault, checkouts=2)
    base = await vault.repository.tip("main")
    began = time.perf_counter()
    folder = await trees.worktree("w01", base)
    cold = time.perf_counter() - began
    warm, snapshots = [], []
    for run in range(_RUNS):
        _work(folder, run)
        began = time.perf_counter()
        commit = await vault.commit(await trees.tree(folder, base), base, "a snapshot")
        snapshots.append(time.perf_counter() - began)
        began = time.perf_counter()
        await trees.worktree("w01", base if run % 2 else commit)
        warm.append(time.perf_counter() - began)
        if not run % 2:
            await trees.worktree("w01", base)
    other = await trees.worktree("w02", base)
    beside, left = [], 0
    for run in range(_BESIDE):
        _litter(folder / "node_modules")
        _litter(vault.root / "tmp")
        _work(other, run)
        deleting = asyncio.gather(trees.clear(folder), folders.discard(vault.root / "tmp"))
        await asyncio.sleep(0.02)
        began = time.perf_counter()
        await trees.worktree("w02", base)
        beside.append(time.perf_counter() - began)
        left += not deleting.done()
        await deleting
    return {
        "beside_deletion_ms": statistics.median(beside) * 1000,
        "deletions_still_on": left,
        "cold_ms": cold * 1000,
        "warm_ms": statistics.median(warm) * 1000,
        "warm_max_ms": max(warm) * 1000,
        "snapshot_ms": statistics.median(snapshots) * 1000,
    }


def _litter(place: Path) -> None:
    """Ten thousand files, as a worktree given back leaves them: in itself, and in its scratch."""
    for number in range(_FILES):
        file = place / f"part{number // 100:03}" / f"file{number % 100:02}"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("left over\n")


def _work(folder: Path, run: int) -> None:
    """What an agent leaves behind: files changed, added and ignored."""
    for number in range(_TOUCHED):
        (folder / f"part{number:03}" / "file00.py").write_text(f"changed = {run}\n")
        (folder / f"part{number:03}" / f"new{run}.py").write_text("new = True\n")


if __name__ == "__main__":
    for name, figure in measure().items():
        print(f"{name:20} {figure:8.1f}")
