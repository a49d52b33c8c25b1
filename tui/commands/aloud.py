"""`show --plain` as it is read aloud: the whole Inbox, or one change with its lines."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable

from factory import wire
from factory.client import Client
from factory.wire import Overview, ReviewIndex, Row, RowKind, TaskView
from tui import spoken
from tui.commands.console import Console
from tui.diff.remarks import Remarks
from tui.waiting import waiting

_PAGE = 2_000


def read_inbox(console: Console, overview: Overview) -> None:
    """Every item that waits, in sentences."""
    for sentence in spoken.inbox(overview, waiting(overview)):
        console.line(sentence)


async def read_diff(console: Console, client: Client, view: TaskView) -> None:
    """A change line by line, comments after their lines, evidence and what to type at the end."""
    look = wire.Look.CHANGE if view.change else wire.Look.LIVE
    index = await client.review(view.task.id, look)
    details = await client.details(view.task.id)
    remarks = Remarks(details.comments, index.files)
    console.line(spoken.diff_begins(view, index))
    for comment in remarks.on_change:
        _say(console, spoken.comment(comment))
    async for row in rows(client, index, look):
        _say(console, spoken.row(row, index), exact=row.kind != RowKind.NOTE)
        for comment in remarks.under(row, index.files[row.file].path):
            _say(console, spoken.comment(comment))
    console.line()
    console.line("That was all.")
    console.line(spoken.guardrails(view.guardrails))
    if view.change is not None:
        _say(console, spoken.to_type(view))


async def rows(client: Client, index: ReviewIndex, look: wire.Look) -> AsyncIterator[Row]:
    """All rows of the diff that `index` describes, a page at a time."""
    first = 0
    while first < index.rows:
        page = await client.rows(index.task, first, _PAGE, look)
        if not page.rows:
            return
        for row in page.rows:
            yield row
        first += len(page.rows)


def _say(console: Console, sentences: Iterable[str], *, exact: bool = False) -> None:
    for sentence in sentences:
        console.line(sentence, exact=exact)
