"""What a tool said, in a few lines: foreign output made plain, and its most telling lines. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

LINES = 20
"""Most lines that go back to an agent, of one run and of one round."""
WIDTH = 200
"""Most characters of such a line."""

_END = 2 << 20
_CONTROL = re.compile(
    r"""
      \x1b\[ [0-?]* [ -/]* [@-~]                    # colours and cursor movements
    | \x1b[\]PX^_] [^\x07\x1b\n]{0,2000} (?: \x07 | \x1b\\ )  # titles, links
    | \x1b [ -/]* [0-~]?                            # every other escape
    | [\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]
    """,
    re.VERBOSE,
)
_PLACE = re.compile(r"(?:^|[\s('\"])[\w./+-]*\w\.\w+:\d+(?::\d+)?\b")
_TROUBLE = re.compile(
    r"\berrors?\b|\bFAIL(?:ED|URE)?\b|\bfailed\b|\bfatal\b|\bpanic\b|\b\w+(?:Error|Exception)\b",
    re.IGNORECASE,
)
_TOTALS = re.compile(
    r"\b\d+ (?:\w+ ){0,2}(?:errors?|failed|failures?|failing|problems?|issues?|warnings?)\b"
    r"|\b(?:failed|errors?|failures?): *\d+|\bwould be reformatted\b",
    re.IGNORECASE,
)


def plain(output: str) -> str:
    """The text without escape sequences, control characters and overwritten parts of lines.

    Of more than four million characters, the beginning and the end.
    """
    if len(output) > 2 * _END:
        output = f"{output[:_END]}\n⋯\n{output[-_END:]}"
    lines = _CONTROL.sub("", output.replace("\r\n", "\n")).split("\n")
    return "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in lines)


def cut(line: str, width: int = WIDTH) -> str:
    """One line of at most `width` characters."""
    line = " ".join(line.split("\n")).rstrip()
    return line if len(line) <= width else line[: width - 1] + "…"


def telling(text: str, most: int = LINES) -> tuple[str, ...]:
    """At most `most` lines: those that name an error, else a place, and then the tail.

    They keep the tool's own order, for what comes first is often the cause.
    """
    lines = [line for line in text.split("\n") if line.strip()]
    if len(lines) <= most:
        return tuple(cut(line) for line in lines)
    tail = most // 4
    head = [at for at, line in enumerate(lines) if _TROUBLE.search(line[:1000])]
    head += [at for at, line in enumerate(lines) if _PLACE.search(line[:1000])]
    first = sorted(list(dict.fromkeys(head))[: most - tail])
    rest = [at for at in range(len(lines) - most, len(lines)) if at not in first]
    last = rest[len(first) - most :]
    return tuple(cut(lines[at]) for at in (*first, *last))


def totals(text: str) -> str:
    """The line that counts what is wrong, else the last line; empty where there is none."""
    lines = [line.strip() for line in text.split("\n")[-400:] if line.strip()]
    counted = [line for line in lines if _TOTALS.search(line[:1000])]
    return cut((counted or lines or [""])[-1].strip("= "), 120)


def named(names: Sequence[str], most: int = 5) -> str:
    """Some names in a sentence: `a, b and 3 more`."""
    shown = ", ".join(cut(name, 120) for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def counted(number: int, word: str) -> str:
    """`1 test`, `2 tests`."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def joined(lines: Iterable[str], most: int = LINES) -> str:
    """At most `most` lines as one text; the last one says how many were left out."""
    kept = [cut(line) for line in lines]
    if len(kept) > most:
        kept = [*kept[: most - 1], f"⋯ {len(kept) - most + 1} more lines in the log"]
    return "\n".join(kept)
