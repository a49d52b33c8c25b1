"""Reads the transcripts that are seen, as they grow, and no others."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

import msgspec

from factory.client import Client
from factory.entry import AnyEntry
from factory.wire import Chunk

TAIL = 16_384
"""Bytes from the end that a pane begins with."""
_FAR = 2_097_152
"""Bytes behind from which on a tail is begun anew: nobody reads what rushed past unseen."""
_READS = 60
"""Questions a second, over all transcripts."""

Ask = Callable[[Callable[[Client], Awaitable[Chunk]]], Awaitable[Chunk | None]]
"""Asks the engine; None where it refused or is away."""
Show = Callable[[str, list[AnyEntry]], None]
"""Takes the new entries of a transcript."""


@dataclass
class _Place:
    offset: int = 0
    size: int = 0
    begun: bool = False
    carry: str = ""
    """A line of which the end is not there yet."""


class Transcripts:
    """Follows a set of transcripts by byte offset; one question at a time, in turn."""

    def __init__(
        self, ask: Ask, show: Show, *, tail: int | None = TAIL, at_once: int = 1_048_576
    ) -> None:
        self._ask = ask
        self._show = show
        self._tail = tail
        """Bytes from the end to begin with; None begins at the beginning."""
        self._at_once = at_once
        """Bytes asked for in one question."""
        self._places: dict[str, _Place] = {}
        self._due: dict[str, None] = {}
        self._wake = asyncio.Event()

    def watch(self, names: Iterable[str]) -> None:
        """These are seen now, and only these. One that was left is begun anew when it returns."""
        wanted = dict.fromkeys(names)
        for name in tuple(self._places):
            if name not in wanted:
                del self._places[name]
                self._due.pop(name, None)
        for name in wanted:
            if name not in self._places:
                self._places[name] = _Place()
                self._want(name)

    def grew(self, name: str, size: int) -> None:
        """A transcript has reached this size."""
        place = self._places.get(name)
        if place is not None and size > place.size:
            place.size = size
            self._want(name)

    def catch_up(self) -> None:
        """Look at all of them again, after the engine was away."""
        for name in self._places:
            self._want(name)

    async def run(self) -> None:
        """Read what is due, for ever."""
        while True:
            await self._wake.wait()
            if not self._due:
                self._wake.clear()
                continue
            name = next(iter(self._due))
            del self._due[name]
            await self._read(name, self._places[name])
            await asyncio.sleep(1 / _READS)

    def _want(self, name: str) -> None:
        self._due[name] = None
        self._wake.set()

    async def _read(self, name: str, place: _Place) -> None:
        limit = self._at_once
        tail = False
        if self._tail is not None and (not place.begun or place.size - place.offset > _FAR):
            limit, tail, place.carry = self._tail, True, ""
        chunk = await self._ask(
            lambda client: client.transcript(name, place.offset, limit=limit, tail=tail)
        )
        if chunk is None or self._places.get(name) is not place:
            return
        place.begun = True
        place.offset = chunk.end
        place.size = max(place.size, chunk.size)
        *lines, place.carry = (place.carry + chunk.text).split("\n")
        entries = list(_entries(lines))
        if entries:
            self._show(name, entries)
        if chunk.end < place.size and chunk.end > chunk.offset:
            self._want(name)


def _entries(lines: Iterable[str]) -> Iterable[AnyEntry]:
    for line in lines:
        if line:
            try:
                yield _DECODER.decode(line)
            except msgspec.MsgspecError:
                continue  # half a line at the beginning of a tail, or a kind of a newer engine


_DECODER: msgspec.json.Decoder[AnyEntry] = msgspec.json.Decoder(AnyEntry)
