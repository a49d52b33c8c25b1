"""The ledger and the journal as lines. Pure."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from textual.content import Content

from factory.model import Spend, Struct
from factory.wire import Fact, LedgerRow, LedgerView, Overview
from tui import happened
from tui.text import clock, count, line, money, pad, plural, usd
from tui.widgets.listing import Slot, spread

_BAR = 20
_WIDE = 90
_WIDEST = 116


class Row(Struct):
    """One line of the ledger: what cost, and how it compares with the dearest beside it."""

    part: str
    """`days`, `agents` or `tasks`."""
    row: LedgerRow
    share: float
    """Of the dearest row of its part, 0 to 1; of its tokens where no money was paid."""


def rows(ledger: LedgerView) -> dict[str, Row]:
    """All rows by the key of their slot, in the order they are shown."""
    parts = (
        ("days", ledger.days),
        ("agents", sorted(ledger.agents, key=_dearest)),
        ("tasks", sorted(ledger.tasks, key=_dearest)),
    )
    return {
        f"{part} {found.row.name}": found
        for part, part_rows in parts
        for found in _of(part, part_rows)
    }


def _of(part: str, found: Sequence[LedgerRow]) -> Iterable[Row]:
    dearest = max((_weight(row.spent) for row in found), default=(0.0, 0))
    for row in found:
        dollars, tokens = _weight(row.spent)
        share = dollars / dearest[0] if dearest[0] else tokens / dearest[1] if dearest[1] else 0.0
        yield Row(part=part, row=row, share=share)


def _dearest(row: LedgerRow) -> tuple[float, int]:
    dollars, tokens = _weight(row.spent)
    return (-dollars, -tokens)


def _weight(spent: Spend) -> tuple[float, int]:
    return (spent.usd or 0.0, spent.tokens)


def _name(width: int) -> int:
    """Cells for a name, where a line has `width`."""
    return 34 if width >= _WIDEST else 22


def slots(found: dict[str, Row], width: int) -> list[Slot]:
    """The lines: a heading before each part."""
    lines: list[Slot] = []
    part = ""
    for key, row in found.items():
        if row.part != part:
            if part:
                lines.append(Slot(""))
            part = row.part
            name = f"by {part.removesuffix('s')}"
            columns = "" if len(lines) else f"{'cost':>9}{'tokens':>11}{'time':>10}"
            lines.append(Slot("", title=f"{name:<{_name(width) + 3}}{columns}"))
        lines.append(Slot(key))
    return lines


def draw(row: Row, width: int) -> Content:
    """`Thu 14 Jan  $9.80  990k tok  61:40  6 tasks, 1 landed  ████`."""
    room = _name(width)
    width = min(width, _WIDEST)
    spent = row.row.spent
    tokens = "" if spent.usd is None else f"{count(spent.tokens)} tok"
    name = _day(row.row.name) if row.part == "days" else row.row.name
    left = Content.assemble(
        f"   {pad(line(name), room)} ",
        (f"{money(spent):>9}", "bold"),
        (f"  {tokens:>9}", "$text-muted"),
        (f"  {clock(spent.seconds):>8}", "$text-muted"),
        (f"  {_tasks(row)}", "$text-muted"),
    )
    if width < _WIDE:
        return left
    bar = "━" * max(round(row.share * _BAR), int(row.share > 0))
    return spread(left, Content.assemble((bar, "$primary"), " " * (_BAR - len(bar) + 1)), width)


def _tasks(row: Row) -> str:
    if row.part == "tasks":
        return "landed" if row.row.landed else ""
    return f"{plural(row.row.tasks, 'task')}, {row.row.landed} landed"


def _day(name: str) -> str:
    try:
        return time.strftime("%a %d %b", time.strptime(name, "%Y-%m-%d"))
    except ValueError:
        return name


def heading(overview: Overview, width: int) -> Content:
    """What today has cost, of what, and how fast."""
    today = overview.spent_today
    cap = overview.day_cap
    paid = usd(0) if today.usd is None and not today.tokens else money(today)
    words = [f"today {paid}"]
    if cap.usd is not None and today.usd is not None:
        words.append(f"of ${cap.usd:g}")
    if cap.tokens is not None:
        words.append(f"{count(today.tokens)} of {count(cap.tokens)} tok")
    if overview.usd_per_hour:
        words.append(f"· {usd(overview.usd_per_hour)}/h")
    left = Content.assemble((" Ledger", "bold"), f"  {' '.join(words)}")
    return spread(left, Content(f"{line(overview.repository)} "), width)


def fact(found: Fact, width: int) -> Content:
    """`15 Jan 07:50  csv-export  parked  asks: …`."""
    at = time.strftime("%d %b %H:%M", time.localtime(found.at))
    name = pad(line(found.task), _name(width))
    return Content.assemble(
        (f"   {at}  ", "$text-muted"),
        name,
        (f" {happened.words(found)}  ", "bold"),
        happened.said(found),
    ).truncate(width, ellipsis=True)
