"""The verb `log`: the journal's facts, or everything one task's agent said and did."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import aclosing
from pathlib import Path

import msgspec

from factory import wire
from factory.client import Client
from factory.entry import AnyEntry, Delta, Output
from factory.model import UnknownError
from tui.commands import describe
from tui.commands.console import Console
from tui.commands.json_text import dumps
from tui.commands.session import engine, task
from tui.lines import Script

_FACTS = 50


async def log(
    console: Console,
    start: Path,
    *,
    name: str = "",
    count: int | None = None,
    follow: bool = False,
    as_json: bool = False,
) -> int:
    """Print facts (newest last) or a transcript; with `follow` go on until the engine ends."""
    async with engine(start, begin=False) as client:
        if name:
            attempt = (await task(client, name)).attempt
            if not attempt:
                raise UnknownError(f"{name} has not started yet; nothing was said")
            await _transcript(console, client, attempt, count, follow=follow, as_json=as_json)
        else:
            await _facts(console, client, count or _FACTS, follow=follow, as_json=as_json)
    return 0


async def _facts(
    console: Console, client: Client, count: int, *, follow: bool, as_json: bool
) -> None:
    seen = 0
    for fact in await client.history(limit=count):
        seen = max(seen, fact.seq)
        _print_fact(console, fact, as_json=as_json)
    if follow:
        async for fact in facts_after(client, seen):
            _print_fact(console, fact, as_json=as_json)


def _print_fact(console: Console, fact: wire.Fact, *, as_json: bool) -> None:
    if as_json:
        console.raw(dumps(fact, indent=None))
    else:
        console.line(describe.fact_line(fact))


async def facts_after(client: Client, seen: int) -> AsyncGenerator[wire.Fact, None]:
    """The facts after journal number `seen`, as they happen."""
    async with aclosing(client.notices(seen)) as notices:
        async for notice in notices:
            if isinstance(notice, wire.Happened):
                yield notice.fact


async def _transcript(
    console: Console,
    client: Client,
    attempt: str,
    count: int | None,
    *,
    follow: bool,
    as_json: bool,
) -> None:
    kept: deque[str] = deque(maxlen=count)
    end = 0
    async for page in _pages(client, attempt, end):
        kept.extend(page.text.splitlines())
        end = page.end
    _print_entries(console, kept, as_json=as_json)
    if not follow:
        return
    seen = (await client.overview()).seq
    async with aclosing(client.notices(seen)) as notices:
        async for notice in notices:
            if isinstance(notice, wire.Grew) and notice.name == attempt:
                async for page in _pages(client, attempt, end):
                    _print_entries(console, page.text.splitlines(), as_json=as_json)
                    end = page.end


async def _pages(client: Client, attempt: str, offset: int) -> AsyncIterator[wire.Chunk]:
    """Whole lines from a byte offset to the transcript's present end."""
    while True:
        page = await client.transcript(attempt, offset)
        if page.end <= offset:
            return
        yield page
        offset = page.end


def _print_entries(console: Console, lines: Iterable[str], *, as_json: bool) -> None:
    decoder = msgspec.json.Decoder(AnyEntry)
    for line in lines:
        if as_json:
            console.raw(json.dumps(json.loads(line)) + "\n")
            continue
        try:
            entry = decoder.decode(line)
        except msgspec.DecodeError:
            continue  # an entry of a newer engine's
        for spoken in _spoken(entry):
            console.line(spoken)


def _spoken(entry: AnyEntry) -> list[str]:
    """An entry as lines, each with a mark of who speaks. Deltas come again as a response."""
    match entry:
        case Delta():
            return []
        case Output(text=text):
            return [f"  {row}" for row in text.removesuffix("\n").split("\n")]
        case _:
            lines = Script(whole=True).read((entry,)).lines
            return [f"{line.mark or ' '} {line.text}" for line in lines]
