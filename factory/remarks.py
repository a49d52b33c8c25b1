"""The developer's comments through the rounds: sent, answered, addressed, outdated."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Sequence

from msgspec.structs import replace

from factory.model import Anchor, Change, Comment, CommentKind, CommentState, Struct
from factory.review import anchors
from factory.review.patch import line_text
from factory.shop import Shop


def send(shop: Shop, task: str, remark: str) -> str:
    """Turn the drafts of a task into open comments; returns what the agent is told.

    To a script that is the remark alone, another script; nobody would read the comments.
    """
    agent = shop.agent(shop.store.tasks.get(task))
    if agent is not None and agent.script:
        return remark.strip()
    known = shop.store.reviews.comments(task)
    number = 1 + max((one.round for one in known), default=0)
    sent = [
        replace(one, state=CommentState.OPEN, round=number, first=one.first or one.round or number)
        for one in known
        if one.state in (CommentState.DRAFT, CommentState.OPEN)
    ]
    for comment in sent:
        shop.store.reviews.put(comment)
    return anchors.feedback(sent, remark)


def decided_note(task: str) -> str:
    """Name of the note that holds the tree on which the developer last decided."""
    return f"decided:{task}"


def drafts(shop: Shop, task: str) -> tuple[str, ...]:
    """Ids of the comments that would be sent now."""
    comments = shop.store.reviews.comments(task)
    return tuple(one.id for one in comments if one.state is CommentState.DRAFT)


def unsend(shop: Shop, task: str, sent: Collection[str]) -> None:
    """Comments that were sent, and that nobody has answered, are drafts again."""
    for one in shop.store.reviews.comments(task):
        if one.id in sent and one.state is CommentState.OPEN:
            shop.store.reviews.put(replace(one, state=CommentState.DRAFT, round=0))


class Moved(Struct):
    """A comment as it was read, and as it stands on the lines of a newer tree."""

    was: Comment
    now: Comment


def keep(shop: Shop, moved: Iterable[Moved]) -> None:
    """Write where comments stand; one that the developer has changed meanwhile stays as it is."""
    for one in moved:
        if one.now != one.was and shop.store.reviews.comment(one.was.id) == one.was:
            shop.store.reviews.put(one.now)


async def settle(shop: Shop, change: Change, before: Sequence[Change]) -> tuple[Moved, ...]:
    """After a new round: where each comment stands now, and what became of each open one.

    A comment is moved whatever its state; one whose lines are gone stands on its file from then
    on, for a line that it was never about would be a lie.
    """
    comments = shop.store.reviews.comments(change.task)
    newest = max((one.round for one in comments), default=0)
    # In the order and number in which they were sent, whatever became of some of them since.
    sent = [one for one in comments if one.round == newest and one.state is not CommentState.DRAFT]
    answered = {one.id: one for one in anchors.replied(sent, change.handoff)}
    old = next((one.tree for one in before if one.tree != change.tree), "")
    between = _Between(shop, old, change)
    moved: list[Moved] = []
    for was in comments:
        if was.state is CommentState.OUTDATED:
            continue
        if not was.anchor.new:
            moved.append(await between.on_the_tip(was))
            continue
        files = between.files(was)
        is_open = was.state is CommentState.OPEN
        comment = answered.get(was.id, was) if is_open else was
        place = await files.follow(comment.anchor)
        if comment.state is CommentState.OPEN:
            comment = await _by_diff(comment, place, files)
        else:
            comment = await _stands(comment, place, files, was=is_open)
        moved.append(Moved(was=was, now=replace(comment, tree=change.tree)))
    return tuple(moved)


async def carry(shop: Shop, change: Change, before: Sequence[Change]) -> tuple[Moved, ...]:
    """After the target moved: where each comment stands now. What became of it is as it was."""
    old = next((one.tree for one in before if one.tree != change.tree), "")
    between = _Between(shop, old, change)
    moved: list[Moved] = []
    for was in shop.store.reviews.comments(change.task):
        if not was.anchor.new:
            moved.append(await between.on_the_tip(was))
            continue
        files = between.files(was)
        now = await _stands(was, await files.follow(was.anchor), files, was=False)
        moved.append(Moved(was=was, now=replace(now, tree=change.tree)))
    return tuple(moved)


class _Between:
    """What lies between the lines that comments were made on and a change as it is now."""

    def __init__(self, shop: Shop, old: str, change: Change) -> None:
        self._shop = shop
        self._old, self._change = old, change
        self._files: dict[tuple[str, str], _Files] = {}

    def files(self, comment: Comment) -> _Files:
        """The files of the tree that a comment was made on, and of the change."""
        return self._of(comment.tree or self._old, self._change.tree)

    async def on_the_tip(self, was: Comment) -> Moved:
        """A comment on a line that the change took out: it stands where the tip has it now."""
        if not was.tree or not was.anchor.line:
            return Moved(was=was, now=was)
        tip = await self._shop.vault.tree_of(self._change.tip)
        files = self._of(was.tree, tip)
        found = await files.follow(was.anchor) or anchors.gone(was.anchor)
        return Moved(was=was, now=replace(was, anchor=found, tree=tip))

    def _of(self, old: str, new: str) -> _Files:
        return self._files.setdefault((old, new), _Files(self._shop, old, new))


class _Files:
    """The files of two trees, the later of which may have given them other names."""

    def __init__(self, shop: Shop, old: str, new: str) -> None:
        self._vault = shop.vault
        self.old, self._new = old, new
        self._renamed: dict[str, str] | None = None

    async def follow(self, anchor: Anchor) -> Anchor | None:
        """Where an anchor is in the later tree; None where its file or its lines are gone."""
        if not anchor.path or self.old == self._new:
            return anchor
        anchor = replace(anchor, path=await self._new_name(anchor.path))
        text = await self.text(anchor.path)
        if text is None:
            return None
        was = await self.before(anchor)
        lines = text.split("\n"), None if was is None else was.split("\n")
        return await asyncio.to_thread(anchors.place, anchor, *lines)

    async def only_file(self, anchor: Anchor) -> Anchor:
        """The file of an anchor whose lines are gone, by the name that it has now."""
        return replace(anchor, path=await self._new_name(anchor.path), line=0, end=0)

    async def answer(self, anchor: Anchor) -> Anchor | None:
        """What stands in the place of an anchor's lines; None where that cannot be told."""
        path = await self._new_name(anchor.path)
        text, was = await self.text(path), await self.before(anchor)
        if text is None or was is None:
            return None
        old, new = was.split("\n"), text.split("\n")
        found = await asyncio.to_thread(anchors.answer, anchor, old, new)
        return replace(found.anchor, path=path) if found is not None and found.changed else None

    async def text(self, path: str) -> str | None:
        """A file of the later tree."""
        data = await self._vault.objects.file(self._new, path)
        return None if data is None else line_text(data)

    async def before(self, anchor: Anchor) -> str | None:
        """The same file in the earlier tree; None where there was none."""
        if not self.old:
            return None
        names = {new: old for old, new in (self._renamed or {}).items()}
        path = names.get(anchor.path, anchor.path)
        data = await self._vault.objects.file(self.old, path)
        return None if data is None else line_text(data)

    async def _new_name(self, path: str) -> str:
        """The path itself where it is still there, or where nothing has come of it."""
        if not self.old or await self.text(path) is not None:
            return path
        if self._renamed is None:
            self._renamed = await self._vault.renamed(self.old, self._new)
        return self._renamed.get(path, path)


async def _by_diff(comment: Comment, moved: Anchor | None, files: _Files) -> Comment:
    """A *do* whose lines changed is addressed; lines that only moved keep it open."""
    done = replace(comment, state=CommentState.ADDRESSED)
    anchor = comment.anchor
    if not anchor.path:
        return done if files.old or comment.kind is CommentKind.NOTE else comment
    if moved is None:
        file = await files.only_file(anchor)
        if comment.kind is not CommentKind.NOTE and await files.text(file.path) is None:
            return replace(comment, state=CommentState.OUTDATED)
        return await _stands(done, moved, files, was=True)
    if comment.kind is CommentKind.NOTE:
        return replace(done, anchor=moved)
    if not anchor.line:
        same = files.old is None or await files.before(moved) == await files.text(moved.path)
        return replace(comment if same else done, anchor=moved)
    if moved.text == anchor.text:
        return replace(comment, anchor=moved)
    return await _stands(done, moved, files, was=True)


async def _stands(comment: Comment, moved: Anchor | None, files: _Files, *, was: bool) -> Comment:
    """A comment where it stands now: on its lines, on those that answer it, else on its file.

    `was` is true in the round that answers it; what its lines said then is kept.
    """
    anchor = comment.anchor
    if moved is not None and (moved.text == anchor.text or not anchor.line):
        return replace(comment, anchor=moved)
    if not was or comment.was:
        return replace(comment, anchor=moved or anchors.gone(await files.only_file(anchor)))
    now = await files.answer(anchor) or moved or anchors.gone(await files.only_file(anchor))
    return replace(comment, anchor=now, was=anchor.text if anchor.line else "")
