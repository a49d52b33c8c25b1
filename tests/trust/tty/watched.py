"""What a program writes to its terminal, taken apart: sequences, controls, text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.tui.payloads import FORBIDDEN

TOKEN = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"
    r"|\x1b[PX^_][^\x1b]*\x1b\\"
    r"|\x1b[ -/]*[0-~]"
    r"|[\x00-\x09\x0b-\x1f\x7f-\x9f]"
)
_STYLE = r"(?:[0123479]|2[1-9]|[34]8;2;\d{1,3};\d{1,3};\d{1,3})"
PAINT = re.compile(rf"\x1b\[{_STYLE}(?:;{_STYLE})*m|\x1b\[\d{{1,2}};\d{{1,3}}H")
"""Colours and places, as Textual writes them."""
TITLE = re.compile(r"\x1b\]2;(q\w\w .*)\x07", re.DOTALL)


def tokens(written: bytes) -> set[str]:
    """Every control sequence in what was written, each once."""
    return set(TOKEN.findall(written.decode("utf-8", "surrogateescape")))


def foreign(written: bytes, own: set[str]) -> Iterator[str]:
    """What no terminal should have got: sequences that are not ours, and what hides in text.

    `own` are the sequences of a session in which nobody said anything odd.
    """
    said = written.decode("utf-8", "surrogateescape")
    for token in sorted(set(TOKEN.findall(said)) - own):
        title = TITLE.fullmatch(token)
        if not PAINT.fullmatch(token) and not (title and not FORBIDDEN.search(title[1])):
            yield repr(token)
    for found in sorted(set(FORBIDDEN.findall(TOKEN.sub("", said).replace("\n", "")))):
        yield repr(found)
