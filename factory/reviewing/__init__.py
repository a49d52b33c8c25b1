"""Diffs on request: which two trees, what was seen of them, and pages of their rows."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

from msgspec.structs import replace

from factory import review
from factory.config import Config
from factory.git.comparisons import parse_raw
from factory.git.vault import Vault
from factory.model import Change, FactoryError, Struct, Task, TaskState
from factory.parting import left_out
from factory.review import Review, contents, rounds
from factory.reviewing.kept import KeptDiffs
from factory.reviewing.sides import Sides, SidesOf
from factory.shop import Shop
from factory.wire import FileView, Look, ReviewIndex, Rows

log = logging.getLogger(__name__)

_WARM = 12
"""Changes whose diffs are read ahead when the engine starts."""


class Reviewing:
    """Reads diffs from the vault and keeps the newest ones parsed."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._sides = SidesOf(shop)
        self._kept = KeptDiffs()
        self._shown: dict[str, Sides] = {}
        """What a worktree held when its diff was last described: rows are of that."""

    async def index(self, name: str, look: Look, context: int) -> ReviewIndex:
        """The files and hunks of a diff. Raises UnknownError where there is nothing to look at."""
        task = self._shop.store.tasks.get(name)
        sides = await self._sides.find(task, look)
        if look is Look.LIVE or not sides.snapshot:
            self._shown[name] = sides
        found = await self._read(task, sides, context)
        seen = self._shop.store.reviews.seen(name)
        index = found.index(
            task=name, snapshot=sides.snapshot, tip=sides.tip, tree=sides.right,
            against=sides.left, delta=sides.again,
        )  # fmt: skip
        hinders = await self._shop.repository.dirty(self._shop.vault.target)
        left = left_out(self._shop, name)
        files = tuple(_marked(file, seen, left) for file in index.files)
        return replace(index, files=files, hinders=hinders if sides.snapshot else ())

    async def rows(self, name: str, look: Look, context: int, first: int, count: int) -> Rows:
        """Lines of the diff that `index` last described."""
        sides = await self.shown(name, look)
        found = await self.reviewed(name, look, context)
        rows = found.page(first, min(count, 2_000))
        return Rows(first=first, rows=rows, tree=sides.right, against=sides.left)

    async def reviewed(self, name: str, look: Look, context: int) -> Review:
        """The diff that `index` last described."""
        sides = await self.shown(name, look)
        return await self._read(self._shop.store.tasks.get(name), sides, context)

    async def shown(self, name: str, look: Look) -> Sides:
        """The two trees that `index` last described. Raises UnknownError where there are none."""
        task = self._shop.store.tasks.get(name)
        live = look is Look.LIVE or self._shop.store.evidence.change(name) is None
        sides = self._shown.get(name) if live else None
        return sides or await self._sides.find(task, look)

    async def file(self, name: str, look: Look, path: str, *, new: bool) -> bytes | None:
        """A file on one side of a diff; None where that side has none."""
        sides = await self.shown(name, look)
        return await self._shop.vault.objects.file(sides.right if new else sides.left, path)

    async def remember(self, change: Change) -> None:
        """Keep the ids of a change's hunks, so that lists can count what was seen."""
        left = await self._shop.vault.tree_of(change.tip)
        sides = Sides(left=left, right=change.tree, snapshot=change.snapshot, tip=change.tip)
        found = await self._read(self._shop.store.tasks.get(change.task), sides, 3)
        ids = " ".join(mark for file in found.files for mark in _marks(file))
        self._shop.store.answers.put_note(hunks_note(change), ids)

    async def read_ahead(self) -> None:
        """Read the diffs of the changes that wait, so that the first look does not wait for git."""
        ready = (t for t in self._shop.store.tasks.all() if t.state is TaskState.READY)
        for task in sorted(ready, key=lambda task: task.changed_at)[-_WARM:]:
            try:
                await self._read(task, await self._sides.find(task, Look.CHANGE), 3)
            except FactoryError as error:
                log.warning("the diff of %s could not be read ahead: %s", task.id, error)

    async def settled(self, name: str, marks: tuple[str, ...], *, seen: bool) -> tuple[str, ...]:
        """Hunks of the whole change that are seen, or not, once these of its delta are."""
        change = self._shop.store.evidence.change(name)
        old = self._sides.looked_at(change) if change else None
        if change is None or old is None:
            return ()
        task = self._shop.store.tasks.get(name)
        delta = await self._read(task, await self._sides.find(task, Look.DELTA), 3)
        if not {hunk.id for file in delta.files for hunk in file.hunks}.intersection(marks):
            return ()
        whole = await self._read(task, await self._sides.find(task, Look.CHANGE), 3)
        if not seen:
            return tuple(rounds.touched(whole.files, delta.files, marks))
        known = self._shop.store.reviews.seen(name).union(marks)
        earlier = self._shop.store.answers.note(hunks_note(old)).split()
        if not earlier or not known.issuperset(earlier):
            return ()
        return tuple(rounds.settled(whole.files, delta.files, known) - known)

    async def _read(self, task: Task, sides: Sides, context: int) -> Review:
        """A diff, from those kept parsed if it is there. Marks are laid over it elsewhere."""

        async def made() -> Review:
            return await self._parse(task, await _said(self._shop.vault, sides, context))

        return await self._kept.read((task.id, sides.left, sides.right, context), made)

    async def _parse(self, task: Task, text: _Text) -> Review:
        config = self._shop.tip.config or Config()
        change = self._shop.store.evidence.change(task.id)
        return await asyncio.to_thread(  # half a second, where it is a large one
            review.read, text.raw, text.patch, text.sizes, critical=config.critical,
            folded=config.folded, protected=config.protected,
            marks=change.marks if change else (), blobs=text.blobs, attributes=text.attributes,
        )  # fmt: skip


class _Text(Struct):
    """What git says of two trees."""

    raw: bytes
    patch: bytes
    sizes: dict[str, int]
    blobs: dict[str, bytes]
    attributes: bytes


def hunks_note(change: Change) -> str:
    """Name of the note that holds the ids of a change's hunks."""
    return f"hunks:{change.task}:{change.tree}"


def aside_note(task: str) -> str:
    """Name of the note that says when a task was put aside, and how it stood then."""
    return f"later:{task}"


def aside(task: Task, change: Change | None) -> str:
    """How a task stands that is put aside: where it stands otherwise, it is aside no more.

    That is the agent's work, what speaks against it and since when it waits, not the tip: a change
    that merges with a new one as it was is still the change that was put aside. What was taken up
    meanwhile and waits once more is not, though it may say the same.
    """
    stands = f"{change.snapshot} {change.lane} {change.green}" if change else ""
    parked = f"{task.parked.reason} {task.parked.message}" if task.parked else ""
    return f"{task.state} {task.changed_at} {stands} {parked}"


def put_aside(shop: Shop, task: Task, change: Change | None) -> float:
    """When a task was put aside as it stands now; 0 where it was not, or has changed since."""
    at, _, stood = shop.store.answers.note(aside_note(task.id)).partition(" ")
    return float(at) if at and stood == aside(task, change) else 0.0


def all_aside(shop: Shop, tasks: Iterable[Task]) -> frozenset[str]:
    """Ids of the tasks that wait and are put aside."""
    find, note = shop.store.evidence.change, shop.store.answers.note
    waiting = (task for task in tasks if task.state in (TaskState.READY, TaskState.PARKED))
    waits = (task for task in waiting if note(aside_note(task.id)))
    return frozenset(task.id for task in waits if put_aside(shop, task, find(task.id)))


def _marks(file: FileView) -> tuple[str, ...]:
    """The ids by which a file is marked as seen: its hunks, or itself where it has none."""
    return tuple(hunk.id for hunk in file.hunks) or ((file.mark,) if file.mark else ())


def _marked(file: FileView, seen: frozenset[str], left: frozenset[str]) -> FileView:
    """A file with what the developer has seen of it; a hunk seen once is not fresh again."""
    whole = file.mark in seen
    hunks = tuple(
        replace(hunk, seen=True, fresh=False) if whole or hunk.id in seen else hunk
        for hunk in file.hunks
    )
    out = file.mark in left
    hunks = tuple(replace(hunk, left_out=True) if out or hunk.id in left else hunk
                  for hunk in hunks)  # fmt: skip
    return replace(
        file, hunks=hunks, seen=whole or (bool(hunks) and all(hunk.seen for hunk in hunks)),
        left_out=out or (bool(hunks) and all(hunk.left_out for hunk in hunks)),
    )  # fmt: skip


async def _said(vault: Vault, sides: Sides, context: int) -> _Text:
    raw = await vault.raw(sides.left, sides.right, renames=True)
    patch, beside = await asyncio.gather(
        vault.patch(sides.left, sides.right, context=context, renames=True),
        _beside(vault, raw, sides.tip),
    )
    return replace(beside, patch=patch)


async def _beside(vault: Vault, raw: bytes, tip: str) -> _Text:
    """What is told besides the lines: it is read while git makes the patch."""
    changed = parse_raw(raw)
    sizes = await vault.sizes(tuple(oid for one in changed for oid in one.blobs))
    blobs = await vault.blobs(contents.wanted(changed, sizes))
    attributes = await vault.objects.file(tip, ".gitattributes") or b""
    return _Text(raw=raw, patch=b"", sizes=sizes, blobs=blobs, attributes=attributes)
