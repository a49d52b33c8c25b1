"""What the keys of Floor and zoom must do, and those of a box to write in."""

from __future__ import annotations

from factory.model import Budget, Draft
from factory.wire import Add, Again, End, Hand, Look, Pause, RaiseBudget, Resume, Say
from tests.tui.everykey.check import Check, Checks, front, sends, shows, typed
from tests.tui.everykey.play import Play
from tui.keys import Where
from tui.screens.floor import FloorScreen
from tui.screens.zoom import ZoomScreen
from tui.widgets.prompt import Box


def _answers(play: Play) -> bool:
    below = [type(screen).__name__ for screen in play.app.screen_stack]
    return play.front == "Prompt" and "ZoomScreen" in below


def _as_list(play: Play) -> bool:
    screen = play.factory_screen
    return isinstance(screen, FloorScreen) and screen.board.lists and "▸! csv-export" in play.text


def _as_panes(play: Play) -> bool:
    screen = play.factory_screen
    return isinstance(screen, FloorScreen) and not screen.board.lists and "┬" in play.text


def _edits(play: Play) -> bool:
    return play.ran.strip().endswith("/worktree") and ": " in play.ran


def _shell(play: Play) -> bool:
    return play.ran.strip().endswith("/worktree: shell")


NEW = Add(drafts=(Draft(title="one"), Draft(title="two")))
BUDGET = Budget(usd=7)

FLOOR: Checks = {
    "open": (
        Check(_answers),
        Check(front("ZoomScreen"), ("@retry-http",)),
        Check(front("ReviewScreen"), ("|", "@docs-typos")),
    ),
    "new_tasks": (Check(sends(NEW), (), typed("one", "ctrl+j", *typed("two", "enter"))),),
    "edit_tasks": (Check(sends(Add(drafts=(Draft(title="From the editor"),)))),),
    "say": (
        Check(
            sends(Say(task="retry-http", text="hello")), ("@retry-http",), typed("hello", "enter")
        ),
    ),
    "pause": (
        Check(sends(Pause(task="retry-http")), ("@retry-http",)),
        Check(sends(Resume(task="fix-login")), ("@fix-login",)),
    ),
    "evidence": (Check(front("EvidenceScreen")),),
    "editor": (Check(_edits),),
    "shell": (Check(_shell),),
    "budget": (
        Check(
            sends(RaiseBudget(task="retry-http", budget=BUDGET)), ("@retry-http",),
            typed("$7", "enter"),
        ),
    ),
    "again": (Check(sends(Again(task="retry-http")), ("@retry-http",), ("y",)),),
    "hand": (
        Check(sends(Hand(task="retry-http", agent="codex")), ("@retry-http",), ("c", "enter")),
    ),
    "panel": (
        Check(lambda p: p.spot.y == p.was.spot.y + 1, ("g",)),
        Check(lambda p: p.spot.y == 0, ("G",)),
    ),
    "layout": (Check(_as_list), Check(_as_panes, ("|",))),
    "end": (Check(sends(End(task="retry-http")), ("@retry-http",), ("y",)),),
    "leave": (Check(lambda p: p.app._exit, alone=True),),
    "back": (Check(shows("nothing lies before the Floor; q leaves")),),
}  # fmt: skip


def _turned(play: Play) -> bool:
    zoom = play.factory_screen
    assert isinstance(zoom, ZoomScreen)
    first = zoom.pane.window.rows(*zoom.pane.room)[0]
    return play.spot.y != play.was.spot.y and first.source.turn


def _live(play: Play) -> bool:
    return play.front == "ReviewScreen" and play.review.look is Look.LIVE


ZOOM: Checks = {
    "open": (
        Check(front("ReviewScreen"), ("@docs-typos",)),
        Check(front("Prompt"), ("@csv-export",)),
    ),
    "previous_agent": (Check(lambda p: p.task == "retry-http", (")",)),),
    "next_agent": (Check(lambda p: p.task not in ("", p.was.task)),),
    "previous_turn": (Check(lambda p: _turned(p) and p.spot.y < p.was.spot.y, ("G",)),),
    "next_turn": (Check(lambda p: _turned(p) and p.spot.y > p.was.spot.y, ("g",)),),
    "live_diff": (Check(_live),),
    "last": (Check(lambda p: p.spot.last, ("g",)),),
    "copy": (Check(lambda p: "step 1\n" in p.app.clipboard and "step 79" in p.app.clipboard),),
    "back": (Check(front("FloorScreen")),),
}


def _box(play: Play) -> str:
    found = play.screen.query(Box)
    return found.first().text if found else ""


TEXT: Checks = {
    "send": (Check(sends(Say(task="csv-export", text="hi"))),),
    "newline": (Check(lambda p: _box(p) == "hi\n"),),
    "external": (Check(lambda p: _box(p) == "## From the editor" and ".md" in p.ran),),
    "ready_made": (
        Check(front("ReadyMade")),
        Check(lambda p: _box(p).startswith("hi") and len(_box(p)) > 2, (), ("enter",)),
    ),
    "put_away": (
        Check(lambda p: p.front != "Prompt" and "hi" in p.app.drafts.values()),
    ),
}  # fmt: skip

OWN = {Where.FLOOR: FLOOR, Where.ZOOM: ZOOM, Where.TEXT: TEXT}
