"""The developer's comments through the rounds: sent, answered, addressed, outdated."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from msgspec.structs import replace

from factory.model import Anchor, Change, Comment, CommentKind, CommentState
from factory.review import anchors
from factory.review.anchors import Answer
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


async def settle(shop: Shop, change: Change, before: Sequence[Change]) -> None:
    """After a new round: what became of each comment, by the diff and the agent's answers."""
    comments = shop.store.reviews.comments(change.task)
    newest = max((one.round for one in comments), default=0)
    # In the order and number in which they were sent, whatever became of some of them since.
    sent = [one for one in comments if one.round == newest and one.state is not CommentState.DRAFT]
    answered = {one.id: one for one in anchors.replied(sent, change.handoff)}
    old = next((one for one in before if one.tree != change.tree), None)
    files = _Files(shop, change, old)
    for comment in comments:
        if comment.state is CommentState.OPEN:
            comment = answered.get(comment.id, comment)
        shop.store.reviews.put(await _settled(comment, files))


class _Files:
    """The files of two rounds of a change, each read once."""

    def __init__(self, shop: Shop, change: Change, old: Change | None) -> None:
        self._shop = shop
        self._trees = {True: change.tree, False: old.tree if old else ""}
        self._known: dict[tuple[bool, str], list[str] | None] = {}

    @property
    def again(self) -> bool:
        """Whether there was an earlier round."""
        return bool(self._trees[False])

    async def lines(self, path: str, *, now: bool) -> list[str] | None:
        """The lines of a file as it is now, or was; None where it is not there."""
        if (now, path) not in self._known:
            tree = self._trees[now]
            data = await self._shop.vault.objects.file(tree, path) if tree else None
            self._known[now, path] = None if data is None else line_text(data).split("\n")
        return self._known[now, path]


async def _settled(comment: Comment, files: _Files) -> Comment:
    """A comment in the new round: a *do* whose lines changed is addressed, else it is still open.

    Whatever its state, it goes with its lines.
    """
    is_open = comment.state is CommentState.OPEN
    if is_open and comment.kind is CommentKind.NOTE:
        comment, is_open = replace(comment, state=CommentState.ADDRESSED), False
    anchor = comment.anchor
    if not anchor.path:
        return (
            replace(comment, state=CommentState.ADDRESSED) if is_open and files.again else comment
        )
    after = await files.lines(anchor.path, now=True)
    if after is None:
        return replace(comment, state=CommentState.OUTDATED) if is_open and anchor.new else comment
    before = await files.lines(anchor.path, now=False)
    if not anchor.new or (comment.was and not anchor.text):
        return comment
    if not anchor.line:
        changed = is_open and files.again and before != after
        return replace(comment, state=CommentState.ADDRESSED) if changed else comment
    found = await asyncio.to_thread(_followed, anchor, before, after)
    if found is None:
        return replace(comment, state=CommentState.ADDRESSED) if is_open else comment
    if not found.changed:
        return replace(comment, anchor=found.anchor)
    if comment.state is CommentState.DRAFT:
        return comment  # it is still being written, about the lines that were read
    state = CommentState.ADDRESSED if is_open else comment.state
    return replace(comment, anchor=found.anchor, state=state, was=comment.was or anchor.text)


def _followed(anchor: Anchor, before: list[str] | None, after: list[str]) -> Answer | None:
    found = anchors.answer(anchor, before, after) if before is not None else None
    if found is not None:
        return found
    placed = anchors.place(anchor, after)
    return None if placed is None else Answer(anchor=placed, changed=placed.text != anchor.text)
