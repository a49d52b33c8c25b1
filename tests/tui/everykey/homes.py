"""How each place is come to, and what stands on its stage."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from msgspec.structs import replace
from textual.app import App

from factory.entry import Response
from factory.model import Verdict
from factory.wire import (
    Details,
    FileText,
    GuardrailStatus,
    Look,
    Mention,
    Mentions,
    TaskView,
)
from tests.stage import NOW, Stage, played
from tests.stage_review import bucket, comments, overview, review_stage, views
from tests.tui import scene, test_asking, test_evidence, test_rivals, weekend
from tests.tui.everykey.play import Play
from tests.tui.reviewed import Clock
from tui.app import FactoryApp
from tui.keys import Where
from tui.screens.file import FileScreen
from tui.screens.review import ReviewScreen
from tui.screens.zoom import ZoomScreen
from tui.widgets.board import Board
from tui.widgets.footer import FindBox

EDITOR = """#!/bin/sh
echo "$PWD: $*" >> "{log}"
for last; do :; done
case "$last" in *.md) printf '## From the editor\\n' > "$last" ;; esac
"""
"""An editor as the tests have it: it says what it was given, and writes a task into a text."""

FILE = FileText(
    path="lib/clock.go",
    text="package lib\n\n" + "".join(f"func Now{n}() // {'x' * 150}\n" for n in range(90)),
)
MODES = {
    Where.FLOOR: "floor", Where.ZOOM: "floor", Where.TASKS: "tasks", Where.LEDGER: "ledger",
    Where.REPORT: "report", Where.TEXT: "floor",
}  # fmt: skip
"""The mode that a place belongs to; all others are come to from the Inbox."""


def _of_the_floor() -> Stage:
    stage = scene.stage()
    stage.overview = replace(stage.overview, agents=("claude", "codex"))
    stage.write(
        "retry-http.1",
        *(Response(content=({"type": "text", "text": f"step {n}"},)) for n in range(80)),
    )
    for item in stage.overview.tasks:
        stage.details[item.task.id] = Details(view=item)
    return stage


def _of_the_review() -> Stage:
    stage = review_stage(remarks=comments())
    asking, evidence = test_asking.stage(), test_evidence.red()
    stage.reasons, stage.deeds, stage.compared = asking.reasons, asking.deeds, asking.compared
    stage.logs = evidence.logs
    stage.files[FILE.path] = FILE
    here = Mention(path="internal/limit/bucket.go", line=42, text="\tb.refill(time.Now())")
    stage.mentions = Mentions(found=(here, Mention(path=FILE.path, line=3, text="func Now()")))
    aside = replace(views()[3], later=NOW)
    tasks = tuple(_plain(item) for item in stage.overview.tasks if item.task.id != aside.task.id)
    stage.overview = replace(stage.overview, tasks=(*tasks, aside))
    for item in stage.overview.tasks:
        name = item.task.id
        stage.details[name] = replace(stage.details[name], view=item)
    return stage


def _plain(item: TaskView) -> TaskView:
    """All of it seen, but of the change that most tests read; its types are red."""
    types = GuardrailStatus(name="types", verdict=Verdict.FAIL, seconds=3.2, run="run-types")
    if item.task.id == "rate-limit":
        return replace(item, guardrails=(*item.guardrails, types))
    return replace(item, seen=item.hunks)


def _of_two_attempts() -> Stage:
    stage = test_rivals.stage(*test_rivals.two())
    between = bucket()
    stage.reviews["rate-limit-2", Look.RIVAL] = between.index("rate-limit-2")
    stage.rows["rate-limit-2", Look.RIVAL] = tuple(between.rows)
    parked = (one for one in views() if one.task.id in ("csv-export", "fix-login"))
    stage.overview = overview(*stage.overview.tasks, *parked)
    return stage


STAGES: dict[Where, Callable[[], Stage]] = {
    Where.FLOOR: _of_the_floor, Where.ZOOM: _of_the_floor, Where.TEXT: _of_the_floor,
    Where.TASKS: weekend.stage, Where.LEDGER: weekend.stage, Where.REPORT: weekend.stage,
    Where.RIVAL: _of_two_attempts,
}  # fmt: skip


@contextlib.asynccontextmanager
async def opened(
    where: Where, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Play]:
    """The screen on this place's stage, with an editor and a worktree that are really there."""
    stage = STAGES.get(where, _of_the_review)()
    log, editor = folder / "log", folder / "vi"
    editor.write_text(EDITOR.format(log=log))
    editor.chmod(0o755)
    worktree = folder / "worktree"
    (worktree / "lib").mkdir(parents=True, exist_ok=True)
    (worktree / FILE.path).write_text(FILE.text)
    monkeypatch.setenv("VISUAL", str(editor))
    monkeypatch.setattr(App, "suspend", lambda app: contextlib.nullcontext())  # no terminal here
    for name, kept in stage.details.items():
        shell = (str(editor), "shell")
        stage.details[name] = replace(kept, worktree=str(worktree), shell=shell)
    app = FactoryApp(played(stage), open_at=MODES.get(where, "inbox"), now=Clock(step=1.0))
    size = (120, 24 if where in (Where.REVIEW, Where.RIVAL) else 40)
    async with app.run_test(size=size, notifications=True) as pilot:
        play = Play(app, stage, pilot, log)
        while app.feed.overview is None:
            await pilot.pause()
        yield play
        # What a command has changed may still be on its way while the screens are taken down.
        app.workers.cancel_node(app)


async def come_home(play: Play, where: Where) -> None:
    """Come to the place as if for the first time, with nothing sent, copied, drafted or done."""
    await _leave(play)
    play.app.show_mode(MODES.get(where, "inbox"))
    await play.settle()
    screen = play.factory_screen
    match where:
        case Where.FLOOR | Where.TEXT:
            if screen.query_one(Board).lists:
                await play.press("|")
            await play.press("g", "@csv-export")
        case Where.ZOOM:
            await _push(play, ZoomScreen("retry-http"))
        case Where.REVIEW | Where.EVIDENCE | Where.PAGE | Where.CARD:
            await _push(play, ReviewScreen("rate-limit"))
        case Where.RIVAL:
            await _push(play, ReviewScreen("rate-limit-2"))
        case Where.FILE:
            await _push(play, FileScreen("rate-limit", FILE, 3))
        case Where.LEDGER:
            screen.query_one("#ledger-costs").focus()
            await play.press("g")
        case _:
            screen.query_one("Listing").focus()
            await play.press("g")
    play.app.drafts.clear()
    await play.press(*ENTERED.get(where, ()))
    play.stage.commands.clear()
    play.stage.asked.clear()
    play.app.acts.clear()
    play.app.drafts.clear()
    play.app.copy_to_clipboard("")
    play.log.unlink(missing_ok=True)
    if play.app.screen is play.factory_screen:
        play.factory_screen.say("")
    await play.settle()


ENTERED = {
    Where.EVIDENCE: ("b",), Where.RIVAL: ("=",), Where.PAGE: ("b", "@guardrail tests", "o"),
    Where.CARD: ("a",), Where.TEXT: ("s", "h", "i"),
}  # fmt: skip


async def _leave(play: Play) -> None:
    """Close what takes keys before a screen does."""
    if play.app.screen.__class__.__name__ == "CommandPalette":
        await play.press("escape")
    if isinstance(play.screen.focused, FindBox):
        await play.press("escape")


async def _push(play: Play, screen: ZoomScreen | ReviewScreen | FileScreen) -> None:
    await play.app.push_screen(screen)
    await play.settle()
