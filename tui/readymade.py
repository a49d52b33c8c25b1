"""Remarks that are made ready: the ones that reviewers write all the time, and one's own. Pure."""

from __future__ import annotations

from collections.abc import Sequence

BUILT_IN = (
    "Add a test that fails without this.",
    "Explain why this is needed.",
    "Use the existing function instead of writing it again.",
    "Undo this: it was not asked for.",
    "Name it by what it is.",
    "Handle the error, or say why it cannot happen.",
)


def offered(own: Sequence[str]) -> tuple[str, ...]:
    """All remarks in the order of their digits: one's own first, each once, none empty."""
    kept = (remark.strip() for remark in own)
    return tuple(dict.fromkeys([*(remark for remark in kept if remark), *BUILT_IN]))


def window(count: int, cursor: int, height: int) -> range:
    """Which of `count` remarks show in so many lines, the one under the cursor among them."""
    first = min(max(cursor - height + 1, 0), max(count - height, 0))
    return range(first, min(first + height, count))
