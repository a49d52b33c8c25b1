"""The developer's remarks on a change."""

from __future__ import annotations

from enum import StrEnum

from factory.model.struct import Struct


class CommentKind(StrEnum):
    """What a comment asks for."""

    DO = "do"
    QUESTION = "question"
    NOTE = "note"


class CommentState(StrEnum):
    """Where a comment stands."""

    DRAFT = "draft"
    OPEN = "open"
    ANSWERED = "answered"
    ADDRESSED = "addressed"
    OUTDATED = "outdated"


class Anchor(Struct):
    """What a comment is about: the change (no path), a file (line 0), a line or a range."""

    path: str = ""
    line: int = 0
    """First line, 1-based, of the side named by `new`."""
    end: int = 0
    """Last line of a range, inclusive; 0 for one line."""
    new: bool = True
    """True for the candidate's side, False for the tip's."""
    text: str = ""
    """The lines themselves, to find them again."""


class Comment(Struct):
    """A remark of the developer's."""

    id: str
    task: str
    kind: CommentKind
    anchor: Anchor
    text: str
    state: CommentState = CommentState.DRAFT
    round: int = 0
    """How many times feedback had been sent when it was last sent; 0 for a draft."""
    reply: str = ""
    at: float = 0.0
    first: int = 0
    """The round it was first sent in, where it is still open from there."""
    tree: str = ""
    """The tree whose lines the anchor names; empty where it was not said."""
    was: str = ""
    """What its lines said when it was sent, where they read otherwise now.

    The anchor then names the lines that stand in their place, or their file where none do.
    """
