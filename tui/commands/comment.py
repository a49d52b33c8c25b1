"""The review's own verbs: a comment on a line, and what was seen, without a screen."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from pathlib import Path

from factory import wire
from factory.client import Client
from factory.model import Anchor, CommentKind, Struct
from factory.wire import FileView, ReviewIndex, Row, TaskView
from tui.commands.aloud import rows
from tui.commands.console import Console, UsageError
from tui.commands.session import engine, send, task
from tui.diff.places import anchor_of, marks_of
from tui.text import plural

_PLACE = re.compile(r"(?P<path>.+?)(?::(?P<first>\d+)(?:-(?P<last>\d+))?)?")


class _Place(Struct):
    """Where a comment goes; no path is the change, no line the file."""

    path: str
    first: int
    last: int


async def comment(
    console: Console,
    start: Path,
    *,
    name: str,
    place: str = "",
    text: str = "",
    kind: str = "do",
    old: bool = False,
    drop: str = "",
) -> int:
    """Write a draft comment, which `feedback` sends; or take one back."""
    if drop:
        async with engine(start, begin=True) as client:
            await send(client, wire.DropComment(id=drop))
        console.line(f"comment {drop} is taken back")
        return 0
    words = (console.read("-") if text == "-" else text).strip()
    if not words:
        raise UsageError("say what the comment is: -m TEXT, or -m - to read it")
    async with engine(start, begin=True) as client:
        view = await task(client, name)
        anchor = await _anchor(client, view, _parsed(place), new=not old)
        made = uuid.uuid4().hex[:12]
        await send(
            client,
            wire.SaveComment(
                id=made, task=view.task.id, kind=CommentKind(kind), anchor=anchor, text=words
            ),
        )
    where = f"{anchor.path}:{anchor.line}" if anchor.line else anchor.path or "the change"
    console.line(f"{kind} on {where}, not sent yet; `factory-tui feedback {view.task.id}` sends it")
    console.line(f"to take it back: factory-tui comment {view.task.id} --drop {made}")
    return 0


def _parsed(place: str) -> _Place:
    found = _PLACE.fullmatch(place)
    if found is None:
        return _Place(path="", first=0, last=0)
    first = int(found["first"] or 0)
    return _Place(path=found["path"], first=first, last=int(found["last"] or first))


async def _anchor(client: Client, view: TaskView, place: _Place, *, new: bool) -> Anchor:
    """The lines that are meant, as the diff has them, so that they are found again."""
    if not place.path:
        return Anchor()
    index = await client.review(view.task.id)
    number = next((at for at, f in enumerate(index.files) if f.path == place.path), None)
    if number is None:
        names = ", ".join(file.path for file in index.files[:8])
        raise UsageError(f"{view.task.id} does not change {place.path}; it changes {names}")
    if not place.first:
        return Anchor(path=place.path)
    wanted = range(place.first, place.last + 1)
    found: list[Row] = []
    async for row in rows(client, index, wire.Look.CHANGE):
        if row.file == number and (row.new if new else row.old) in wanted and row.kind in " +-":
            found.append(row)
    if not new:
        found = [row for row in found if row.kind == wire.RowKind.REMOVED]
    anchor = anchor_of(place.path, found)
    if anchor is None or anchor.line != place.first:
        side = "" if new else "removed "
        raise UsageError(
            f"the diff of {place.path} does not show the {side}line {place.first}; "
            f"`factory-tui show {view.task.id} --plain --diff` reads what it shows"
        )
    return anchor


async def seen(
    console: Console, start: Path, *, name: str, paths: Sequence[str] = (), unseen: bool = False
) -> int:
    """Mark all of a change, or these files of it, as seen or not seen."""
    async with engine(start, begin=True) as client:
        view = await task(client, name)
        index = await client.review(view.task.id)
        files = _files(index, paths)
        marks = tuple(mark for file in files for mark in marks_of(file))
        await send(client, wire.MarkSeen(task=view.task.id, marks=marks, seen=not unseen))
    state = "not seen" if unseen else "seen"
    console.line(f"{plural(len(files), 'file')} of {view.task.id} marked as {state}")
    return 0


def _files(index: ReviewIndex, paths: Sequence[str]) -> tuple[FileView, ...]:
    known = {file.path: file for file in index.files}
    if unknown := [path for path in paths if path not in known]:
        raise UsageError(f"{index.task} does not change {unknown[0]}")
    return tuple(known[path] for path in paths) if paths else index.files
