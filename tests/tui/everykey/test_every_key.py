"""Every key does, at every place, what the help says of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from factory.wire import Hold, Reply
from tests.screen import text_of
from tests.tui.everykey import everywhere, listed, reading, working
from tests.tui.everykey.check import Check, Checks
from tests.tui.everykey.homes import come_home, opened
from tests.tui.everykey.play import Play
from tui.keys import REGISTRY, Action, Where, actions
from tui.undo import inverse

pytestmark = pytest.mark.anyio

ALONE = {Where.CARD, Where.TEXT}
"""Places that have their own keys and no others."""
PLACES = tuple(where for where in Where if where is not Where.EVERYWHERE)
"""Everywhere is no place: its keys are checked at each that has them."""
OVERRIDDEN = (Where.EVERYWHERE, "open")
"""Every place says for itself what it opens, or gives the key another meaning."""
OWN: dict[Where, Checks] = {**listed.OWN, **reading.OWN, **working.OWN}


def checks_of(where: Where) -> dict[str, tuple[Check, ...]]:
    """What is checked at a place: its own actions before those of everywhere."""
    given = {} if where in ALONE else everywhere.checks(where)
    borrowed = OWN[Where.FLOOR] if where is Where.ZOOM else {}
    reached = {action.id for action in actions(where)}
    known = {name: kept for name, kept in {**given, **borrowed}.items() if name in reached}
    return {**known, **OWN[where]}


@pytest.mark.parametrize("where", PLACES)
def test_every_action_of_a_place_is_checked_and_nothing_else(where: Where) -> None:
    assert set(checks_of(where)) == {action.id for action in actions(where)}


def test_every_action_of_the_registry_is_reached_somewhere() -> None:
    reached = {(a.where, a.id, key) for where in PLACES for a in actions(where) for key in a.keys}
    wanted = {(a.where, a.id, key) for a in REGISTRY for key in a.keys}
    assert {(where, name) for where, name, _ in wanted - reached} == {OVERRIDDEN}


@pytest.mark.parametrize("part", [0, 1], ids=["one half", "the other half"])
@pytest.mark.parametrize("where", PLACES)
async def test_every_key_does_what_the_help_says(
    where: Where, part: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, wrong = checks_of(where), list[str]()
    named = [
        (action, key, check)
        for action in actions(where)[part::2]
        for key in action.keys
        for check in known[action.id]
    ]
    async with opened(where, tmp_path, monkeypatch) as play:
        for action, key, check in named:
            if not check.alone:
                wrong += await one(play, where, action, key, check)
    for action, key, check in named:
        if check.alone:
            async with opened(where, tmp_path, monkeypatch) as play:
                wrong += await one(play, where, action, key, check)
    assert not wrong, "\n".join(wrong)


async def one(play: Play, where: Where, action: Action, key: str, check: Check) -> list[str]:
    """What is wrong with one key: nothing, or a sentence and the screen."""
    about = f"{where}: {key} ({action.help})"
    await come_home(play, where)
    if check.keeps:
        await play.press(key)
        if not check.so(play):
            return [f"{about} leads away\n{text_of(play.app)}"]
    await prepare(play, check.way)
    play.remember()
    if check.so(play):
        return [f"{about} was so before the key\n{text_of(play.app)}"]
    await play.press(key, *check.then)
    for _ in range(150):
        if check.so(play):
            return []
        await play.pilot.pause(0.02)
    return [f"{about} did not come so\n{play.sent}\n{play.ran}\n{text_of(play.app)}"]


async def prepare(play: Play, way: tuple[str, ...]) -> None:
    """Go the way; `undoable` stands for an act of the developer's that has just been done."""
    if way == ("undoable",):
        act = inverse(Hold(task="held", held=True), play.app.feed.overview, Reply())
        assert act is not None
        play.app.acts.append(act)
    else:
        await play.press(*way)
