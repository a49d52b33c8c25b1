"""Several small changes are accepted together from the Inbox, after a look at each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from factory.model import Lane
from factory.wire import Accept, Later, TaskView
from tests.screen import text_of
from tests.stage import NOW, Stage, played
from tests.stage_review import SNAPSHOT, TIP, TREE, change, overview, view
from tests.tui.reviewed import OTHER, Clock
from tui.app import FactoryApp
from tui.deciding import CHANGED, Shown, together_refusal
from tui.widgets.card import Card

pytestmark = pytest.mark.anyio


def seen(task: str, **fields: Any) -> TaskView:
    """A plain change of which every hunk was seen."""
    return view(task, task.title(), **({"seen": 4, "hunks": 4, "since": NOW - 600} | fields))


@dataclass
class Inbox:
    """An Inbox on the stage, with real keys."""

    app: FactoryApp
    stage: Stage
    pilot: Pilot[None]

    async def press(self, *keys: str) -> str:
        for key in keys:
            await self.pilot.press(key)
            await self.wait(0.05)
        return text_of(self.app)

    async def wait(self, seconds: float) -> None:
        await self.pilot.pause(seconds)

    @property
    def accepted(self) -> list[str]:
        return [one.task for one in self.stage.commands if isinstance(one, Accept)]


def staged(*tasks: TaskView) -> Stage:
    return Stage(overview=overview(*tasks))


async def open_inbox(
    stage: Stage, story: Callable[[Inbox], Awaitable[None]], clock: Clock | None = None
) -> None:
    app = FactoryApp(played(stage), open_at="inbox", now=clock or Clock())
    async with app.run_test(size=(100, 30)) as pilot:
        while app.feed.overview is None:
            await pilot.pause()
        await pilot.pause()
        await story(Inbox(app, stage, pilot))


async def test_marked_changes_are_accepted_by_one_card_each_at_its_own_tree() -> None:
    async def story(inbox: Inbox) -> None:
        text = await inbox.press("space", "space")
        assert text.count("[x]") == 2
        text = await inbox.press("a")
        assert "accept 2 changes?" in text
        assert text.count(f"tree {TREE[:7]} · +90 −4 · ✓2 · $0.52 · round 2 · all 4 hunks") == 2
        assert inbox.accepted == []
        text = await inbox.press("y")
        assert inbox.stage.commands == [
            Accept(task="one", snapshot=SNAPSHOT, tree=TREE, tip=TIP),
            Accept(task="two", snapshot=SNAPSHOT, tree=TREE, tip=TIP),
        ]
        assert "[x]" not in text

    await open_inbox(staged(seen("one"), seen("two"), seen("three")), story)


async def test_without_marks_it_is_the_item_under_the_cursor() -> None:
    async def story(inbox: Inbox) -> None:
        assert "accept 1 change?" in await inbox.press("j", "a")
        await inbox.press("y")
        assert inbox.accepted == ["two"]

    await open_inbox(staged(seen("one"), seen("two")), story)


async def test_one_of_them_that_was_not_looked_at_holds_all_back() -> None:
    async def story(inbox: Inbox) -> None:
        text = await inbox.press("space", "space", "a")
        assert "look at two first: 3 hunks unseen" in text
        assert not isinstance(inbox.app.screen, Card)
        assert inbox.accepted == []

    await open_inbox(staged(seen("one"), seen("two", seen=1)), story)


async def test_what_was_made_anew_since_the_card_came_is_not_accepted() -> None:
    async def story(inbox: Inbox) -> None:
        await inbox.press("space", "space", "a")
        anew = seen("two", change=change("two", tree=OTHER))
        inbox.stage.happen(overview(seen("one"), anew))
        await inbox.wait(0.4)
        assert CHANGED in await inbox.press("y")
        assert inbox.accepted == []

    await open_inbox(staged(seen("one"), seen("two")), story)


async def test_without_the_refusal_a_tree_that_nobody_saw_would_be_accepted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def story(inbox: Inbox) -> None:
        await inbox.press("a")
        monkeypatch.setattr("tui.screens.together.Together._refusal", lambda *_: "")
        inbox.stage.happen(overview(seen("one", change=change("one", tree=OTHER))))
        await inbox.wait(0.4)
        await inbox.press("y")
        assert inbox.accepted == ["one"]

    await open_inbox(staged(seen("one")), story)


async def test_a_list_that_has_just_come_is_not_decided_on() -> None:
    async def story(inbox: Inbox) -> None:
        assert CHANGED in await inbox.press("a")
        assert inbox.accepted == []

    await open_inbox(staged(seen("one")), story, Clock(step=0.001))


async def test_z_puts_an_item_aside_and_takes_it_up_again() -> None:
    async def story(inbox: Inbox) -> None:
        await inbox.press("z")
        assert inbox.stage.commands == [Later(task="one")]
        inbox.stage.happen(overview(seen("one", later=NOW - 120), seen("two")))
        await inbox.wait(0.4)
        text = text_of(inbox.app)
        assert "1 ready · 1 later" in text
        assert text.index("later (1)") > text.index("two")
        assert "put aside" in text
        await inbox.press("z")
        assert inbox.stage.commands[1:] == [Later(task="one", later=False)]

    await open_inbox(staged(seen("one"), seen("two")), story)


def test_only_what_is_plain_and_whole_and_seen_may_go_from_a_list() -> None:
    shown = Shown(SNAPSHOT, TREE, NOW)
    plain = seen("one")
    assert together_refusal(plain, shown, NOW + 1) == ""
    assert plain.change is not None
    eyes = replace(plain.change, lane=Lane.EYES)
    for item, words in (
        (replace(plain, change=eyes), "needs your eyes"),
        (replace(plain, hunks=0, seen=0), "look at one first"),
        (replace(plain, left_out=1), "1 hunk of one left out"),
        (replace(plain, part="one-rest"), "a part of one, is to land first"),
        (replace(plain, change=None), "only a ready change"),
        (None, CHANGED),
    ):
        assert words in together_refusal(item, shown, NOW + 1)
    assert together_refusal(plain, shown._replace(tree=OTHER), NOW + 1) == CHANGED
    assert together_refusal(plain, shown, NOW + 0.4) == CHANGED
