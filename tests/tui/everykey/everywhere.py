"""What the keys of everywhere must do, at each place that has them."""

from __future__ import annotations

from factory.wire import Hold
from tests.tui.everykey.check import Check, Checks, So, front, sends, typed
from tests.tui.everykey.play import Play
from tui.keys import Where
from tui.standing import needs_you

SHOWN = {
    "show_floor": ("floor", "FloorScreen"), "show_inbox": ("inbox", "InboxScreen"),
    "show_tasks": ("tasks", "TasksScreen"), "show_ledger": ("ledger", "LedgerScreen"),
    "show_report": ("report", "ReportScreen"),
}  # fmt: skip
FIRST = {
    Where.FLOOR: "show_floor", Where.INBOX: "show_inbox", Where.TASKS: "show_tasks",
    Where.LEDGER: "show_ledger", Where.REPORT: "show_report",
}  # fmt: skip
"""The key of a mode that leads to the place itself."""
FOUND = {
    Where.FLOOR: ("working", "g"), Where.ZOOM: ("step 3", "g"), Where.INBOX: ("fix", "@rate-limit"),
    Where.REVIEW: ("float64", "g"), Where.RIVAL: ("float64", "g"),
    Where.EVIDENCE: ("checked 3", "@guardrail types", "enter", "g"), Where.TASKS: ("try", "g"),
    Where.FILE: ("now1", "g"), Where.LEDGER: ("e", "g"), Where.REPORT: ("landed", "g"),
    Where.PAGE: ("test", "g"),
}  # fmt: skip
"""Words that stand more than once at a place, and how to come to before the first."""
KEEP = (Where.REVIEW, Where.EVIDENCE, Where.FILE)
"""Where enter keeps the hits and closes the box."""
LOG = {Where.EVIDENCE: ("@guardrail types", "enter")}
"""The evidence moves to the side in a log only."""


def checks(where: Where) -> Checks:
    """For every action of everywhere, by id."""
    top, end = _ends(where)
    aside = LOG.get(where, ())
    words, *come = FOUND[where]
    return {
        **{name: (_shows(where, name),) for name in SHOWN},
        "next_waiting": (Check(_needed),),
        "left": (Check(lambda p: p.spot.x < p.was.spot.x, (*aside, "g", "l")),),
        "right": (Check(lambda p: p.spot.x > p.was.spot.x, (*aside, "g")),),
        "down": (Check(lambda p: p.spot.y > p.was.spot.y, ("g",)),),
        "up": (Check(lambda p: p.spot.y < p.was.spot.y, ("G",)),),
        "first": (Check(lambda p: p.spot.y == 0, end),),
        "last": (Check(lambda p: p.spot.last, top),),
        "half_down": (Check(lambda p: p.spot.y > p.was.spot.y + 1, top),),
        "half_up": (Check(lambda p: p.spot.y < p.was.spot.y - 1, end),),
        "panel": (Check(_PANEL.get(where, _is_focused("Files"))),),
        "back": (Check(lambda p: p.front not in ("", p.was.front)),),
        "find": (
            Check(_hit(words), (*come,), typed(words)),
            Check(_kept, (*come,), typed(words, "enter"))
            if where in KEEP
            else Check(_hit(words), (*come, "/", *typed(words, "escape")), typed(words, "enter")),
        ),
        "commands": (Check(front("CommandPalette")),),
        "keys": (Check(lambda p: p.front == "HelpScreen" and f"this screen: {where}" in p.text),),
        "copy": (Check(_copied, ("j",)),),
        "undo": (Check(sends(Hold(task="held", held=False)), ("undoable",), alone=True),),
    }


def _ends(where: Where) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Floor and evidence show what a page is in their list and in a log."""
    before = {Where.FLOOR: ("|",), Where.EVIDENCE: LOG[Where.EVIDENCE]}.get(where, ())
    if where is Where.LEDGER:
        before = ("tab",)
    return (*before, "g"), (*before, "G")


def _shows(where: Where, name: str) -> Check:
    mode, screen = SHOWN[name]
    away = "1" if mode == "inbox" else "2"
    keeps = FIRST.get(where) == name

    def so(play: Play) -> bool:
        return play.mode == mode and play.front == screen

    return Check(so, (away,) if keeps else (), keeps=keeps)


def _needed(play: Play) -> bool:
    tasks = play.stage.overview.tasks
    needs = next((needs_you(view) for view in tasks if view.task.id == play.task), False)
    return play.front == "FloorScreen" and needs and play.task != play.was.task


def _is_focused(name: str) -> So:
    return lambda play: type(play.screen.focused).__name__ == name


def _focused_list(play: Play) -> bool:
    return getattr(play.screen.focused, "id", "") == "ledger-history"


_PANEL: dict[Where, So] = {Where.LEDGER: _focused_list}


def _hit(words: str) -> So:
    return lambda play: (
        f"/{words}" in play.text and "nothing has this" not in play.text
        and play.spot != play.was.spot
    )  # fmt: skip


def _kept(play: Play) -> bool:
    return type(play.screen.focused).__name__ != "FindBox" and play.spot != play.was.spot


def _copied(play: Play) -> bool:
    """It is in the clipboard, and the screen says so."""
    copied = play.app.clipboard
    said = f"copied {len(copied)} characters" in play.text
    return bool(copied) and said and copied == play.factory_screen.copied()
