"""Patches inside tool calls: which lines of which file they write and take out. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from factory.model import Struct

_FILE = re.compile(r"(?:\*\*\* (?:Add|Update|Delete) File: |\+\+\+ (?:b/)?)([^\t\n]+)")
_TAKEN = re.compile(r"--- (?:a/)?([^\t\n]+)")


class Patched(Struct):
    """What a patch does to one file; lines that it only shows are in both."""

    path: str
    wrote: str
    took: str


def is_patch(text: str) -> bool:
    """Whether a text is, or holds, a patch with its files' names."""
    return "*** Begin Patch" in text or re.search(r"^\+\+\+ .+\n@@", text, re.MULTILINE) is not None


def patched(text: str, path: str = "") -> Iterator[Patched]:
    """The files of a patch, in the form of git or of Codex; `path` names the first where it does
    not itself."""
    wrote: list[str] = []
    took: list[str] = []
    for row in text.replace("\r\n", "\n").split("\n"):
        if found := _FILE.match(row) or _TAKEN.match(row):
            if path and (wrote or took):
                yield Patched(path=path, wrote="\n".join(wrote), took="\n".join(took))
                wrote, took = [], []
            path = found[1].strip() if found[1].strip() != "/dev/null" else path
        elif row.startswith(("+", " ")):
            wrote.append(row[1:])
            took += [row[1:]] if row[0] == " " else []
        elif row.startswith("-"):
            took.append(row[1:])
    if path and (wrote or took):
        yield Patched(path=path, wrote="\n".join(wrote), took="\n".join(took))
