"""The Floor's first and last lines of text: how the factory stands, what needs you, the checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual.content import Content

from factory.model import Verdict
from factory.wire import GuardrailStatus, Overview, TaskView
from tui import text
from tui.keys import NONE, own_key
from tui.standing import Counts, counts, needs_you, short, why
from tui.summary import keys_for, timed

_STYLES = {
    Verdict.PASS: "$success",
    Verdict.FAIL: "$error",
    Verdict.ERROR: "$error",
    Verdict.FLAKY: "$error",
    Verdict.WAIVED: "$warning",
    Verdict.STALE: "$warning",
    Verdict.RUNNING: "$primary",
    Verdict.NOT_RUN: "$text-muted",
}


_STOPS = (Verdict.FAIL, Verdict.ERROR, Verdict.FLAKY)


def worst(statuses: Sequence[GuardrailStatus]) -> Verdict:
    """One verdict for many guardrails, the worst there is; where none ran it is not a pass."""
    order = list(_ORDER)
    return min((status.verdict for status in statuses), key=order.index, default=Verdict.NOT_RUN)


_ORDER = (
    Verdict.ERROR, Verdict.FAIL, Verdict.FLAKY, Verdict.RUNNING,
    Verdict.NOT_RUN, Verdict.STALE, Verdict.WAIVED, Verdict.PASS,
)  # fmt: skip


def standing(overview: Overview) -> Verdict:
    """The tip's own verdict: red where the audit of a landing found something wrong with it."""
    return Verdict.FAIL if overview.alarm else worst(overview.tip_guardrails)


def header(overview: Overview, width: int) -> Content:
    """Repository, tip, counts and money; short forms where there is little room."""
    tip = standing(overview)
    name = text.line(overview.repository, max(8, width // 4))
    target = text.line(overview.target, 20)
    long = width >= 100
    where = Content.assemble(
        (f" {name}", "bold"),
        f"  {target}" if long else "",
        f" {text.line(overview.tip)[:7]} ",
        (tip.sign, _STYLES[tip]),
    )
    numbers = counts(overview.tasks)
    middle = _counted(numbers) if long else Content(f"  {short(numbers)}")
    money = Content.styled(_money(overview, long=long) + " ", "$text-muted")
    gap = max(2, width - where.cell_length - middle.cell_length - money.cell_length)
    left = gap // 2 if long else 0
    return Content.assemble(where, " " * left, middle, " " * (gap - left), money)


def _counted(numbers: Counts) -> Content:
    words = (
        (f"!{numbers.needs_you} need you", numbers.needs_you, "$warning bold"),
        (f"{numbers.working} working", numbers.working, "$primary"),
        (f"{numbers.checking} checking", numbers.checking, "$primary"),
        (f"{numbers.ready} ready", numbers.ready, "$success"),
        (f"{numbers.landing} landing", numbers.landing, "$primary"),
        (f"{numbers.queued} queued", numbers.queued, "$text-muted"),
    )
    shown = [Content.styled(word, style) for word, number, style in words if number]
    return Content("  ").join(shown) if shown else Content.styled("idle", "$text-muted")


def _money(overview: Overview, *, long: bool) -> str:
    spent = text.money(overview.spent_today)
    cap = overview.day_cap.usd
    if cap is not None and overview.spent_today.usd is None:
        spent = "$0" if not overview.spent_today.tokens else spent
    of = "" if cap is None else (f" of ${cap:g}" if long else f"/${cap:g}")
    rate = f" · {text.usd(overview.usd_per_hour)}/h" if long and overview.usd_per_hour else ""
    return f"{spent}{of}{rate}"


def troubles(overview: Overview, width: int) -> list[Content]:
    """What is wrong with the target, and what stops everything: whole, in as many lines."""
    return [
        Content.styled(f" {'!' if at == 0 else ' '} {part}", style)
        for words, style in ((overview.alarm, "$error"), (overview.problem, "$warning"))
        for at, part in enumerate(text.wrap(text.line(words), width - 4) if words else ())
    ]


def attention(
    overview: Overview, width: int, now: float, keymap: Mapping[str, str] = NONE, rows: int = 2
) -> list[Content]:
    """What needs the developer, side by side where two fit; what does not fit is counted."""
    lines = troubles(overview, width)
    waiting = [view for view in overview.tasks if needs_you(view)]
    beside = 2 if width >= 100 and len(waiting) > 1 else 1
    room = max(0, rows - len(lines)) * beside
    shown = waiting if len(waiting) <= room else waiting[: max(0, room - 1)]
    alone = len(shown) if len(shown) == len(waiting) and len(shown) % beside else 0
    cells = [
        _needy(view, width if at == alone else width // beside, now, keymap)
        for at, view in enumerate(shown, start=1)
    ]
    if len(shown) < len(waiting):
        more = f" ! {len(waiting) - len(shown)} {'more ' if shown else ''}need you"
        key = own_key("everywhere.next_waiting", keymap)
        cells.append(Content.assemble((more, "$warning"), (f"  {key} next", "$text-muted")))
    for at in range(0, len(cells), beside):
        lines.append(_beside(cells[at : at + beside], width // beside))
    return lines


def _needy(view: TaskView, width: int, now: float, keymap: Mapping[str, str]) -> Content:
    press = keys_for(view, keymap).split(" · ")[0]
    name = text.line(view.task.id, 24)
    room = max(0, width - len(press) - len(name) - 7)
    return Content.assemble(
        (" ! ", "$warning bold"),
        (name, "bold"),
        f" {text.fit(why(view, now), room)}  ",
        (press, "$accent"),
    )


def _beside(cells: list[Content], width: int) -> Content:
    padded = [cell.pad_right(max(0, width - cell.cell_length)) for cell in cells[:-1]]
    return Content.assemble(*padded, *cells[-1:])


def bar(view: TaskView | None, overview: Overview, width: int) -> Content:
    """The guardrails of the task under the cursor, and of the tip."""
    base = standing(overview)
    stop = [status.name for status in overview.tip_guardrails if status.verdict in _STOPS]
    failing = f" {text.line(', '.join(stop), max(8, width // 5))}" if stop else ""
    tip = Content.assemble("base ", (f"{base.sign}{failing}", _STYLES[base]), " ")
    name = text.line(view.task.id, 24) if view else ""
    if view is None or not view.guardrails:
        names = overview.guardrails if view else ()
        statuses: Sequence[GuardrailStatus] = [
            GuardrailStatus(name=name, verdict=Verdict.NOT_RUN) for name in names
        ]
    else:
        statuses = view.guardrails
    head = Content.assemble((" guardrails", "$text-muted"), f" · {name}  " if name else "  ")
    checks = _fitting(statuses, width - head.cell_length - tip.cell_length - 2)
    gap = max(1, width - head.cell_length - checks.cell_length - tip.cell_length)
    return Content.assemble(head, checks, " " * gap, tip)


def _fitting(statuses: Sequence[GuardrailStatus], room: int) -> Content:
    """As many as fit; those that pass give way first, and are counted."""
    left = list(statuses)
    while True:
        shown = [Content.styled(timed(status), _STYLES[status.verdict]) for status in left]
        if len(left) < len(statuses):
            shown.append(Content.styled(f"+{len(statuses) - len(left)} more", "$text-muted"))
        checks = Content("  ").join(shown)
        if checks.cell_length <= room or not left:
            return checks
        passing = [n for n, status in enumerate(left) if status.verdict is Verdict.PASS]
        del left[passing[-1] if passing else -1]
