"""What a review asks of the engine: an index, and rows of exactly the diff that it describes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import NamedTuple

from factory.client import Client
from factory.model import FactoryError
from factory.wire import Look, ReviewIndex, Row, Rows
from tui.diff.document import Document
from tui.diff.pages import PAGE
from tui.diff.paint import Sheet
from tui.text import line


class Question(NamedTuple):
    """Which diff is meant."""

    task: str
    look: Look
    context: int


class Fetched(NamedTuple):
    """A diff as far as it is known at first."""

    found: ReviewIndex
    begun: Rows | None


async def fetch(client: Client, question: Question, *, page: bool) -> Fetched:
    """The index, and with `page` the first rows in the same breath: most reviews begin there.

    Raises FactoryError where the engine does not answer or has no such diff.
    """
    task, look, context = question
    asked = client.review(task, look, context=context)
    if not page:
        return Fetched(await asked, None)
    rows = client.rows(task, 0, PAGE, look, context=context)
    return Fetched(*await asyncio.gather(asked, rows))


def document_of(
    fetched: Fetched,
    question: Question,
    client: Callable[[], Client],
    changed: Callable[[], object],
) -> Document:
    """The diff, to be read page by page.

    Rows of another tree must never stand under this index: where such come, they are refused and
    `changed` is called.
    """
    index, begun = fetched
    task, look, context = question

    async def fetch_rows(first: int, count: int) -> Sequence[Row]:
        rows = await client().rows(task, first, count, look, context=context)
        if not _same(rows, index):
            changed()
            raise FactoryError(f"{line(task)} was made anew meanwhile; it is being read again")
        return rows.rows

    document = Document(index, fetch_rows, Sheet(80))
    if begun is not None and _same(begun, index):
        document.pages.keep(0, begun.rows)
    return document


def _same(rows: Rows, index: ReviewIndex) -> bool:
    return not rows.tree or (rows.tree, rows.against) == (index.tree, index.against)
