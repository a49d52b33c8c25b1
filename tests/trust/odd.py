"""Repositories as developers have them: a task lands, or one sentence says why; no more changes."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from factory.model import FactoryError, Struct, TaskState
from tests.developer import Developer
from tests.trust.base import Control, Outcome
from tests.trust.odd_kinds import KINDS, QUICK, Kind, World
from tests.works import RefusedError, Works, works

LANDED = "landed"
PATIENCE = 40.0
TOGETHER = 3
SENTENCE = re.compile(r"[^\n]{12,600}")


class Ended(Struct):
    """How one repository fared."""

    how: str
    """`landed`, or what was said."""
    changed: tuple[str, ...]
    """What else changed in it."""


# --- a picture of everything ---------------------------------------------------------------


def picture(world: Path) -> dict[str, str]:
    """Everything below a folder by its bytes, mode and place; objects of git's left out."""
    found: dict[str, str] = {}
    for root, folders, files in os.walk(world):
        if "objects" in folders and ("refs" in folders or "HEAD" in files):
            folders.remove("objects")
            found |= _of(Path(root) / "objects/info/alternates", world)
        for name in (*files, *folders):
            path = Path(root) / name
            if name != "factory-tui" and (path.is_symlink() or not path.is_dir()):
                found |= _of(path, world)
    return found


def _of(path: Path, world: Path) -> dict[str, str]:
    if not os.path.lexists(path):
        return {}
    data = os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes()
    name = os.fsdecode(os.fsencode(path.relative_to(world)))
    return {name: f"{path.lstat().st_mode:o} {hashlib.sha256(data).hexdigest()}"}


def differing(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """The names of what is not the same."""
    return [name for name in sorted({*before, *after}) if before.get(name) != after.get(name)]


FORWARD = re.compile(
    r"(?:.*/)?(?:refs/heads/\w+|logs/refs/heads/\w+|logs/HEAD|index|sharedindex\.\w+|hello\.txt)"
)
"""What a landing's fast-forward writes."""


# --- the story -----------------------------------------------------------------------------


async def _story(kind: Kind, folder: Path) -> Ended:
    world = World(folder / "w")
    repository = await asyncio.to_thread(kind.make, world)
    kept = await asyncio.to_thread(world.kept, repository)
    before = await asyncio.to_thread(picture, world.folder)
    try:
        async with asyncio.timeout(PATIENCE), works(_developer(repository)) as factory:
            how = await _tell(factory)
    except (FactoryError, RefusedError) as error:
        how = str(error).replace(str(world.folder), "…")
    except TimeoutError:
        how = "nothing more happened\n"
    after = await asyncio.to_thread(picture, world.folder)
    changed = differing(before, after)
    if how == LANDED:
        changed = [name for name in changed if not FORWARD.fullmatch(name)]
        changed += await asyncio.to_thread(world.lost, repository, kept)
    return Ended(how=how, changed=tuple(changed))


def _developer(path: Path) -> Developer:
    developer = Developer.__new__(Developer)
    developer.path = path
    return developer


async def _tell(factory: Works) -> str:
    """A task from its beginning to its end, or to the sentence that says why not."""
    task = await factory.add("Say hello", "echo hello > hello.txt")
    ends = (TaskState.READY, TaskState.PARKED)
    await factory.once(
        lambda: factory.task(task).state in ends or bool(factory.engine.runner.problem), task
    )
    if factory.engine.runner.problem:
        return factory.engine.runner.problem
    if said := _parked(factory, task):
        return said
    await factory.accept(task)
    await factory.once(lambda: _over(factory, task), task)
    return _parked(factory, task) or factory.task(task).waiting or LANDED


def _over(factory: Works, task: str) -> bool:
    row = factory.task(task)
    return row.state in (TaskState.LANDED, TaskState.PARKED) or bool(row.waiting)


def _parked(factory: Works, task: str) -> str:
    parked = factory.task(task).parked
    return parked.message if parked else ""


def verdict(kind: Kind, ended: Ended) -> str:
    """What is wrong with how a repository fared; empty where nothing is."""
    if ended.changed:
        return f"changed {', '.join(ended.changed[:5])} ({ended.how})"
    if kind.says is None:
        return "" if ended.how == LANDED else f"did not land: {ended.how}"
    if not SENTENCE.fullmatch(ended.how) or "Traceback" in ended.how:
        return f"no clear sentence: {ended.how!r}"
    return "" if re.search(kind.says, ended.how) else f"said something else: {ended.how}"


# --- the trial -----------------------------------------------------------------------------


@contextmanager
def _home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="ft-"))
    with mock.patch.dict(os.environ, {"FACTORY_TUI_HOME": str(folder / "state")}):
        yield folder
    shutil.rmtree(folder, ignore_errors=True)


async def _all(kinds: Mapping[str, Kind], folder: Path) -> dict[str, str]:
    gate = asyncio.Semaphore(TOGETHER)

    async def one(number: int, name: str, kind: Kind) -> tuple[str, str]:
        async with gate:
            own = folder / f"{number:02}"
            own.mkdir()
            return name, verdict(kind, await _story(kind, own))

    found = await asyncio.gather(*(one(n, *item) for n, item in enumerate(kinds.items())))
    return dict(found)


def odd(full: bool) -> Outcome:
    """All kinds at full size, some of them quickly."""
    kinds = {name: kind for name, kind in KINDS.items() if full or name in QUICK}
    with _home() as folder:
        found = asyncio.run(_all(kinds, folder))
        seen, bytes_changed = _spoilt(folder / "spoilt")
    wrong = {name: what for name, what in found.items() if what}
    lands = sum(kind.says is None for name, kind in kinds.items() if name not in wrong)
    return Outcome(
        tried=len(kinds),
        held=len(kinds) - len(wrong),
        control=f"of {bytes_changed} bytes changed behind its back the picture sees {seen}",
        proven=seen == bytes_changed,
        notes=tuple(f"{name}: {what}" for name, what in wrong.items()),
        figures=(("landed", lands),),
    )


def _spoilt(folder: Path) -> tuple[int, int]:
    """One byte after another is changed: in files, refs, index, config, stash and hooks."""
    folder.mkdir()
    world = World(folder / "w")
    path = KINDS["with a stash"].make(world)
    places = ("a.txt", ".git/index", ".git/config", ".git/refs/heads/main", ".git/refs/stash",
              ".git/HEAD", ".git/logs/refs/stash", ".git/info/exclude")  # fmt: skip
    seen = 0
    for place in places:
        before = picture(world.folder)
        file = path / place
        data = bytearray(file.read_bytes())
        data[-2] ^= 1
        file.write_bytes(bytes(data))
        seen += differing(before, picture(world.folder)) == [f"project/{place}"]
    return seen, len(places)


CONTROLS = (
    Control(
        name="odd-repositories",
        promise="in an odd repository a task lands, or one sentence says why; nothing else of it "
        "changes",
        run=odd,
    ),
)
