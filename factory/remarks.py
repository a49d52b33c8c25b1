"""The developer's comments through the rounds: sent, answered, addressed, outdated."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from msgspec.structs import replace

from factory.model import Change, Comment, CommentKind, CommentState
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
    drafts = [one for one in shop.store.reviews.comments(task) if one.state is CommentState.DRAFT]
    number = 1 + max((one.round for one in shop.store.reviews.comments(task)), default=0)
    for draft in drafts:
        shop.store.reviews.put(replace(draft, state=CommentState.OPEN, round=number))
    return anchors.feedback(drafts, remark)


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


async def settle(shop: Shop, change: Change, before: Sequence[Change]) -> None:
    """After a new round: what became of each open comment, by the diff and the agent's answers."""
    comments = shop.store.reviews.comments(change.task)
    newest = max((one.round for one in comments), default=0)
    open_ = [one for one in comments if one.state is CommentState.OPEN]
    sent = [one for one in open_ if one.round == newest]
    answered = {one.id: one for one in anchors.replied(sent, change.handoff)}
    old = next((one for one in before if one.tree != change.tree), None)
    for comment in open_:
        comment = answered.get(comment.id, comment)
        if comment.state is CommentState.OPEN:
            comment = await _by_diff(shop, comment, change, old)
        shop.store.reviews.put(comment)


async def _by_diff(shop: Shop, comment: Comment, change: Change, old: Change | None) -> Comment:
    """A *do* whose lines changed is addressed; lines that only moved keep it open."""
    if comment.kind is CommentKind.NOTE:
        return replace(comment, state=CommentState.ADDRESSED)
    anchor = comment.anchor
    if not anchor.path:
        return replace(comment, state=CommentState.ADDRESSED) if old else comment
    if not anchor.new:
        return comment
    text = await shop.vault.objects.file(change.tree, anchor.path)
    if text is None:
        return replace(comment, state=CommentState.OUTDATED)
    if not anchor.line:
        was = await shop.vault.objects.file(old.tree, anchor.path) if old else text
        return comment if was == text else replace(comment, state=CommentState.ADDRESSED)
    placed = anchors.place(anchor, line_text(text).split("\n"))
    if placed is None:
        return replace(comment, state=CommentState.ADDRESSED)
    if placed.text == anchor.text:
        return replace(comment, anchor=placed)
    return replace(comment, anchor=placed, state=CommentState.ADDRESSED)
