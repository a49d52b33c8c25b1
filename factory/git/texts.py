"""The contents of many blobs at once, and where words stand in the files of a tree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TypeAlias

from factory.git.command import Git

Line: TypeAlias = tuple[bytes, int, bytes]
"""A path, a line's number, and its text as far as it is looked at."""

_EACH, _MOST = 50, 2_000
"""Lines with some words of one file, and of all."""
_MUCH = 8_000_000
"""Bytes that git says of where some words are before it is stopped: a letter is everywhere."""
_LONGEST = 4_000
"""Bytes of such a line."""


class Texts:
    """Reads blobs and searches trees; touches no working tree."""

    git: Git

    async def sizes(self, blobs: tuple[str, ...]) -> dict[str, int]:
        """Bytes of each blob; ids that are not there are left out."""
        if not blobs:
            return {}
        asked = "\n".join(blobs).encode() + b"\n"
        answer = await self.git(
            "cat-file", "--batch-check=%(objectname) %(objectsize)", stdin=asked
        )
        lines = (line.split(" ") for line in answer.text.split("\n"))
        return {
            words[0]: int(words[1]) for words in lines if len(words) == 2 and words[1].isdigit()
        }

    async def blobs(self, oids: tuple[str, ...]) -> dict[str, bytes]:
        """The contents of blobs, by their ids; those that are not there are left out."""
        if not oids:
            return {}
        answer = await self.git("cat-file", "--batch", stdin="\n".join(oids).encode() + b"\n")
        return dict(_batch(answer.out))

    async def grep(self, tree: str, words: str) -> tuple[tuple[Line, ...], bool]:
        """The lines of a tree's text files that have these words, and whether there are more.

        Upper and lower case count where one of the letters is upper. Some of each file, and some
        of all; GitError where git is not done in 15 s.
        """
        case = () if words != words.lower() else ("--ignore-case",)
        found = await self.git(
            "grep", "-I", "-n", "-z", "--full-name", "--no-color", "--no-textconv",
            "--fixed-strings", f"--max-count={_EACH}", *case, "-e", words, tree,
            ok=(0, 1), timeout=15.0, most=_MUCH,
        )  # fmt: skip
        cut = len(found.out) >= _MUCH
        lines: list[Line] = []
        counted: Counter[bytes] = Counter()
        for entry in found.out[: found.out.rfind(b"\n") + 1].split(b"\n"):
            path, number, text = (*entry.split(b"\0", 2), b"", b"")[:3]
            if number.isdigit() and len(lines) < _MOST:
                path = path.partition(b":")[2]  # after the tree's own name
                lines.append((path, int(number), text[:_LONGEST]))
                counted[path] += 1
        return tuple(lines), cut or len(lines) >= _MOST or _EACH in counted.values()


def _batch(out: bytes) -> Iterator[tuple[str, bytes]]:
    """`OID blob SIZE`, newline, the bytes, newline; or `OID missing`."""
    at = 0
    while (end := out.find(b"\n", at)) >= 0:
        words = out[at:end].split(b" ")
        at = end + 1
        if len(words) == 3:
            size = int(words[2])
            yield words[0].decode(), out[at : at + size]
            at += size + 1
