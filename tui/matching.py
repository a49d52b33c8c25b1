"""Which paths a few typed letters mean, the best first, and which line has words. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def ranked(words: str, paths: Iterable[str]) -> tuple[str, ...]:
    """The paths that have these letters in this order, in the order in which they are meant.

    First those whose name begins with them, then whose name has them in one piece, then whose path
    does, then those that have them scattered, the closest together first. Case counts where one of
    the letters is upper. Without letters, all as they stand.
    """
    exactly = words != words.lower()
    found = []
    for at, path in enumerate(paths):
        worth = _worth(words, path if exactly else path.lower())
        if worth is not None:
            found.append((worth, len(path) if words else 0, at, path))
    return tuple(path for *_, path in sorted(found))


def hit(lines: Sequence[str], words: str, cursor: int, by: int) -> int | None:
    """The line with these words that is next (`by` 1), before (-1), or the nearest from here (0).

    It goes round the end, the cursor's own line last; None where no line has them. Case is nothing.
    """
    step, sought = -1 if by < 0 else 1, words.casefold()
    around = ((cursor + by + step * nth) % len(lines) for nth in range(len(lines)))
    return next((at for at in around if sought in lines[at].casefold()), None)


def _worth(words: str, path: str) -> tuple[int, int] | None:
    """The less the better; None where the letters are not all there."""
    name = path.rpartition("/")[2]
    if not words or name.startswith(words):
        return 0, 0
    if words in name:
        return 1, name.index(words)
    if words in path:
        return 2, 0
    start = at = -1
    for letter in words:
        at = path.find(letter, at + 1)
        if at < 0:
            return None
        start = at if start < 0 else start
    return 3, at - start
