"""The contents of many blobs at once, and where words stand in the files of a tree."""

from __future__ import annotations

from collections.abc import Iterator

from factory.git.command import Git


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
