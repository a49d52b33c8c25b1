"""Diffs on request: which two trees, what was seen of them, and pages of their rows."""

from __future__ import annotations

from collections import OrderedDict

from msgspec.structs import replace

from factory import review
from factory.config import Config
from factory.git.comparisons import parse_raw
from factory.model import Change, Struct, Task, UnknownError
from factory.review import Review, rounds
from factory.shop import Shop
from factory.wire import FileView, Look, ReviewIndex, Rows

_KEPT = 6
"""Diffs kept parsed: the open one, its neighbours, and other amounts of context."""


class _Sides(Struct):
    """The two trees of a diff, and what it is of."""

    left: str
    right: str
    snapshot: str
    tip: str


class Reviewing:
    """Reads diffs from the vault and keeps the newest ones parsed."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._parsed: OrderedDict[tuple[str, str, str, int], Review] = OrderedDict()
        self._shown: dict[str, _Sides] = {}
        """What a worktree held when its diff was last described: rows are of that."""

    async def index(self, name: str, look: Look, context: int) -> ReviewIndex:
        """The files and hunks of a diff. Raises UnknownError where there is nothing to look at."""
        task = self._shop.store.tasks.get(name)
        sides = await self._sides(task, look)
        if look is Look.LIVE or not sides.snapshot:
            self._shown[name] = sides
        found = await self._read(task, sides, context)
        seen = self._shop.store.reviews.seen(name)
        index = found.index(
            task=name, snapshot=sides.snapshot, tip=sides.tip, tree=sides.right,
            against=sides.left, delta=look is Look.DELTA,
        )  # fmt: skip
        hinders = await self._shop.repository.dirty(self._shop.vault.target)
        files = tuple(_marked(file, seen) for file in index.files)
        return replace(index, files=files, hinders=hinders if sides.snapshot else ())

    async def rows(self, name: str, look: Look, context: int, first: int, count: int) -> Rows:
        """Lines of the diff that `index` last described."""
        task = self._shop.store.tasks.get(name)
        live = look is Look.LIVE or self._shop.store.evidence.change(name) is None
        sides = self._shown.get(name) if live else None
        sides = sides or await self._sides(task, look)
        found = await self._read(task, sides, context)
        rows = found.page(first, min(count, 2_000))
        return Rows(first=first, rows=rows, tree=sides.right, against=sides.left)

    async def file(self, name: str, look: Look, path: str, *, new: bool) -> bytes | None:
        """A file on one side of a diff; None where that side has none."""
        task = self._shop.store.tasks.get(name)
        sides = (self._shown.get(name) if look is Look.LIVE else None) or await self._sides(
            task, look
        )
        return await self._shop.vault.objects.file(sides.right if new else sides.left, path)

    async def remember(self, change: Change) -> None:
        """Keep the ids of a change's hunks, so that lists can count what was seen."""
        left = await self._shop.vault.tree_of(change.tip)
        sides = _Sides(left=left, right=change.tree, snapshot=change.snapshot, tip=change.tip)
        found = await self._read(self._shop.store.tasks.get(change.task), sides, 3)
        ids = " ".join(hunk.id for file in found.files for hunk in file.hunks)
        self._shop.store.answers.put_note(hunks_note(change), ids)

    async def _sides(self, task: Task, look: Look) -> _Sides:
        if look is Look.LIVE:
            return await self._live(task)
        change = self._shop.store.evidence.change(task.id)
        if change is None:
            return await self._live(task)
        left = await self._shop.vault.tree_of(change.tip)
        if look is Look.DELTA and (old := self._looked_at(change)) is not None:
            left = await self._left(change, old)
        return _Sides(left=left, right=change.tree, snapshot=change.snapshot, tip=change.tip)

    def _looked_at(self, change: Change) -> Change | None:
        """The earlier round that the developer decided on; None where there is none."""
        tree = self._shop.store.answers.note(decided_note(change.task))
        earlier = self._shop.store.evidence.changes(change.task) if tree else ()
        return next((one for one in earlier if one.tree == tree), None)

    async def _left(self, change: Change, old: Change) -> str:
        """The earlier round as it would be on the tip of now: what others landed is no news."""
        if old.tip == change.tip:
            return old.tree
        merge = await self._shop.vault.merge(change.tip, old.snapshot)
        return old.tree if merge.conflicts else merge.tree

    async def settled(self, name: str, marks: tuple[str, ...], *, seen: bool) -> tuple[str, ...]:
        """Hunks of the whole change that are seen, or not, once these of its delta are."""
        change = self._shop.store.evidence.change(name)
        old = self._looked_at(change) if change else None
        if change is None or old is None:
            return ()
        task = self._shop.store.tasks.get(name)
        delta = await self._read(task, await self._sides(task, Look.DELTA), 3)
        if not {hunk.id for file in delta.files for hunk in file.hunks}.intersection(marks):
            return ()
        whole = await self._read(task, await self._sides(task, Look.CHANGE), 3)
        if not seen:
            return tuple(rounds.touched(whole.files, delta.files, marks))
        known = self._shop.store.reviews.seen(name).union(marks)
        if not known.issuperset(self._shop.store.answers.note(hunks_note(old)).split()):
            return ()
        return tuple(rounds.settled(whole.files, delta.files, known) - known)

    async def _live(self, task: Task) -> _Sides:
        if not task.worktree:
            raise UnknownError(f"{task.id} has no change and no worktree to look at yet")
        folder = self._shop.trees.worktrees / task.worktree
        tree = await self._shop.trees.tree(folder, task.base)
        left = await self._shop.vault.tree_of(task.base)
        return _Sides(left=left, right=tree, snapshot="", tip=task.base)

    async def _read(self, task: Task, sides: _Sides, context: int) -> Review:
        """A diff, from those kept parsed if it is there. Marks are laid over it elsewhere."""
        key = (task.id, sides.left, sides.right, context)
        known = self._parsed.get(key)
        if known is None:
            known = self._parse(task, await self._text(sides, context))
            self._parsed[key] = known
        self._parsed.move_to_end(key)
        while len(self._parsed) > _KEPT:
            self._parsed.popitem(last=False)
        return known

    async def _text(self, sides: _Sides, context: int) -> _Text:
        vault = self._shop.vault
        raw = await vault.raw(sides.left, sides.right)
        blobs = tuple(oid for changed in parse_raw(raw) for oid in changed.blobs)
        patch = await vault.patch(sides.left, sides.right, context=context)
        return _Text(raw=raw, patch=patch, sizes=await vault.sizes(blobs))

    def _parse(self, task: Task, text: _Text) -> Review:
        config = self._shop.tip.config or Config()
        change = self._shop.store.evidence.change(task.id)
        return review.read(
            text.raw, text.patch, text.sizes, critical=config.critical, folded=config.folded,
            protected=config.protected, marks=change.marks if change else (),
        )  # fmt: skip


class _Text(Struct):
    """What git says of two trees."""

    raw: bytes
    patch: bytes
    sizes: dict[str, int]


def decided_note(task: str) -> str:
    """Name of the note that holds the tree on which the developer last decided."""
    return f"decided:{task}"


def hunks_note(change: Change) -> str:
    """Name of the note that holds the ids of a change's hunks."""
    return f"hunks:{change.task}:{change.tree}"


def _marked(file: FileView, seen: frozenset[str]) -> FileView:
    """A file with what the developer has seen of it; a hunk seen once is not fresh again."""
    whole = file.mark in seen
    hunks = tuple(
        replace(hunk, seen=True, fresh=False) if whole or hunk.id in seen else hunk
        for hunk in file.hunks
    )
    return replace(
        file, hunks=hunks, seen=whole or (bool(hunks) and all(hunk.seen for hunk in hunks))
    )
