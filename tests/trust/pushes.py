"""A landing's push killed with its whole process group, at any moment; locks left lying about."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import re
import signal
import subprocess  # noqa: TID251 - the developer does what the sentence says
from pathlib import Path

from factory.git import folders
from factory.git.torn import torn
from tests.developer import Developer
from tests.git.cellar import Cellar, cellar
from tests.trust.base import Control, Outcome
from tests.trust.life import homestead
from tests.trust.processes import command_lines

LONGEST = 0.4
"""Seconds within which the push is killed, after it began or after its first file."""
SLOW = 5
"""Files through a filter that takes its time, so that many kills come in their midst."""
LOCKS = (
    "vault.git/index.lock", "vault.git/HEAD.lock", "vault.git/packed-refs.lock", "vault.git/gc.pid",
    "vault.git/config.lock", "vault.git/refs/factory/w99.lock", "vault.git/shallow.lock",
    "vault.git/worktrees/w99/index.lock", "vault.git/worktrees/w99/HEAD.lock",
    "history.git/HEAD.lock", "history.git/packed-refs.lock", "history.git/refs/heads/main.lock",
    "history.git/gc.pid", "history.git/objects/info/commit-graph.lock",
    "worktrees/w99.index.lock", "checkouts/c00.index.lock", "ignore.index.lock",
)  # fmt: skip
THEIRS = ("index.lock", "HEAD.lock", "refs/heads/main.lock", "packed-refs.lock", "gc.pid")


def pushes(full: bool) -> Outcome:
    """Kill, look, do what the sentence says where there is one, land again; over and over."""
    count = 200 if full else 4
    with homestead() as home:
        notes, cut = asyncio.run(_pushes(home, count))
    return Outcome(
        tried=count,
        held=count - len(notes),
        control=f"{cut} of {count} kills left a torn checkout, each with its way out",
        proven=cut > 0,
        notes=tuple(notes),
    )


async def _pushes(home: Path, count: int) -> tuple[list[str], int]:
    developer = Developer(home / "project", {f"f{n}.slow": "0\n" for n in range(SLOW)})
    developer.git("config", "--global", "filter.slow.smudge", "sleep 0.08; cat")
    developer.git("config", "--global", "filter.slow.clean", "cat")
    developer.commit({".gitattributes": "*.slow filter=slow\n", "a.txt": "0\n"})
    chance, notes, cut = random.Random(5), [], 0
    async with cellar(developer) as vault:
        for number in range(1, count + 1):
            files = {f"f{n}.slow": f"{number}\n" for n in range(SLOW)}
            files |= {"a.txt": f"{number}\n", f"new{number}.txt": "new\n"}
            commit = await vault.holding(files)
            lease = developer.tip()
            pushing = asyncio.create_task(vault.land(commit))
            begun = developer.path / "a.txt"  # the first of its files
            while number % 2 and _text(begun) != files["a.txt"] and not pushing.done():
                await asyncio.sleep(0.01)
            await asyncio.sleep(chance.uniform(0, LONGEST))
            _kill(vault)
            await asyncio.wait({pushing})
            said = await _way_out(vault, lease, commit)
            cut += bool(said)
            if wrong := await _wrong(vault, lease, commit, said):
                notes.append(f"push {number}: {wrong}")
                break
    return notes, cut


def _text(path: Path) -> str:
    with contextlib.suppress(OSError):  # git takes a file away before it writes it
        return path.read_text()
    return ""


def _kill(vault: Cellar) -> None:
    """The push's whole group; it stands in a session of its own, so the group is all of it."""
    mark = f"--git-dir={vault.vault.git_dir}".encode()
    for pid, line in command_lines():
        words = line.split(b"\0")
        if mark in words and b"push" in words:
            with contextlib.suppress(OSError):
                os.killpg(pid, signal.SIGKILL)


async def _way_out(vault: Cellar, lease: str, commit: str) -> str:
    if vault.developer.tip() == commit:
        return ""
    inside = vault.vault
    return await torn(inside.repository, inside, target="main", old=lease, new=commit)


async def _wrong(vault: Cellar, lease: str, commit: str, said: str) -> str:
    """What is not as it must be: landed whole, or not at all, or one sentence that mends it."""
    developer = vault.developer
    if developer.tip() not in (lease, commit):
        return f"the target is at {developer.tip()}"
    if said:
        subprocess.run(re.findall(r"`(.*)`", said)[0], shell=True, cwd=developer.path,
                       check=True, capture_output=True)  # fmt: skip
    if left := [name for name in THEIRS if (developer.path / ".git" / name).exists()]:
        for name in left:  # nothing was written; the engine's sentence names the lock
            (developer.path / ".git" / name).unlink()
    if status := developer.git("status", "--porcelain"):
        return f"the checkout is not clean: {status!r}"
    if developer.tip() == lease and not (await vault.land(commit)).done:
        return "it does not land afterwards"
    return developer.git("diff", "--stat", commit)


def locks(_full: bool) -> Outcome:
    """Each lock by itself in our folders is gone after a start; in theirs each is still there."""
    with homestead() as home:
        notes, stuck = asyncio.run(_locks(home))
    return Outcome(
        tried=len(LOCKS) + len(THEIRS),
        held=len(LOCKS) + len(THEIRS) - len(notes),
        control=f"{stuck} of 3 stop git where nobody sweeps",
        proven=stuck == 3,
        notes=tuple(notes),
    )


async def _locks(home: Path) -> tuple[list[str], int]:
    developer = Developer(home / "project")
    stuck = 0
    async with cellar(developer) as vault:
        root, git = vault.vault.root, vault.vault.git
        for name in ("HEAD", "refs/factory/w99", "packed-refs"):
            lock = root / "vault.git" / f"{name}.lock"
            lock.parent.mkdir(parents=True, exist_ok=True)
            lock.touch()
            change = ("pack-refs", "--all") if name == "packed-refs" else (
                "update-ref", name, await vault.vault.fetch())  # fmt: skip
            stuck += (await git(*change, ok=range(256))).code != 0
            lock.unlink()
        ours = [root / name for name in LOCKS]
        theirs = [developer.path / ".git" / name for name in THEIRS]
        for lock in (*ours, *theirs):
            lock.parent.mkdir(parents=True, exist_ok=True)
            lock.touch()
        await asyncio.to_thread(folders.sweep, root)
    notes = [f"{lock} is still there" for lock in ours if lock.exists()]
    notes += [f"{lock} was removed" for lock in theirs if not lock.exists()]
    return notes, stuck


CONTROLS = (
    Control(
        name="pushes",
        promise="a landing killed with its whole group has landed, has not, or says the way out",
        run=pushes,
    ),
    Control(
        name="locks",
        promise="stale locks in our folders heal at a start, those of the developer stay",
        run=locks,
    ),
)
