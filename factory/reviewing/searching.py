"""Finding things for a reader: in a diff, in all files of a candidate, and what only moved."""

from __future__ import annotations

import asyncio

from factory.model import UnknownError
from factory.review.patch import line_text
from factory.reviewing import Reviewing
from factory.sandbox import TREE
from factory.shop import Shop
from factory.wire import FileBytes, FileText, Found, Look, Mention, Mentions, MovedLines

_LARGEST = 2_000_000
"""Bytes of a file that is sent to be read."""
_LINE = 400
"""Characters of a line in which words were found that are sent."""


class Searching:
    """Answers from the diffs that `Reviewing` keeps parsed, and from the vault."""

    def __init__(self, shop: Shop, reviewing: Reviewing) -> None:
        self._shop = shop
        self._reviewing = reviewing

    async def find(
        self, name: str, look: Look, context: int, words: str, start: int, *, back: bool
    ) -> Found:
        """The next row of a diff that has these words, or the one before."""
        found = await self._reviewing.reviewed(name, look, context)
        return await asyncio.to_thread(found.find, words, start, back=back)

    async def moves(self, name: str, look: Look, context: int) -> tuple[MovedLines, ...]:
        """What only moved within a diff."""
        found = await self._reviewing.reviewed(name, look, context)
        return await asyncio.to_thread(lambda: found.moves)

    async def mentions(self, name: str, look: Look, words: str) -> Mentions:
        """The lines that have these words in all files of the right side of a diff."""
        if not words.strip() or "\n" in words:
            return Mentions()
        sides = await self._reviewing.shown(name, look)
        lines, more = await self._shop.vault.grep(sides.right, words)
        found = (
            Mention(path=line_text(path), line=number, text=line_text(text)[:_LINE])
            for path, number, text in lines
        )
        return Mentions(found=tuple(found), more=more)

    async def text(self, name: str, look: Look, path: str) -> FileText:
        """A file of the right side of a diff. Raises UnknownError where there is none."""
        sides = await self._reviewing.shown(name, look)
        path = path.removeprefix(f"{TREE}/")  # as checks name it, which see the tree there
        data = await self._shop.vault.objects.file(sides.right, path)
        if data is None:
            raise UnknownError(f"{path} is no file of this candidate")
        text = line_text(data[:_LARGEST])
        return FileText(path=path, text=text, cut=len(data) > _LARGEST)

    async def data(self, name: str, look: Look, path: str, *, new: bool) -> FileBytes:
        """A file on one side of a diff, as it is, where it is not too large to be sent."""
        data = await self._reviewing.file(name, look, path, new=new) or b""
        cut = len(data) > _LARGEST
        return FileBytes(path=path, data=b"" if cut else data, cut=cut)
