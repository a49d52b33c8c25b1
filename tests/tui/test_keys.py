from __future__ import annotations

from pathlib import Path

import pytest

from factory import wire
from tests.screen import check_golden, text_of
from tests.tui import scene
from tests.tui.playing import SMALL, playing, settled, shows, until
from tui import keys, settings
from tui.keys import REGISTRY, Where, actions, bindings
from tui.screens.evidence import EvidenceScreen
from tui.screens.file import FileScreen
from tui.screens.floor import FloorScreen
from tui.screens.help import HelpScreen
from tui.screens.inbox import InboxScreen
from tui.screens.ledger import LedgerScreen
from tui.screens.report import ReportScreen
from tui.screens.review import ReviewScreen
from tui.screens.rival import RivalScreen
from tui.screens.tasks import TasksScreen
from tui.screens.zoom import ZoomScreen
from tui.settings import Settings
from tui.widgets.card import Card
from tui.widgets.prompt import Box

SCREENS = {
    Where.FLOOR: FloorScreen,
    Where.ZOOM: ZoomScreen,
    Where.INBOX: InboxScreen,
    Where.REVIEW: ReviewScreen,
    Where.RIVAL: RivalScreen,
    Where.EVIDENCE: EvidenceScreen,
    Where.FILE: FileScreen,
    Where.TASKS: TasksScreen,
    Where.LEDGER: LedgerScreen,
    Where.REPORT: ReportScreen,
    Where.CARD: Card,
    Where.TEXT: Box,
}

DESIGN = {
    Where.FLOOR: "1 2 3 4 0 ! h j k l left right up down g G ctrl+d ctrl+u tab enter q escape"
    " / : ctrl+p ? y u n N s p b e t + | x",
    Where.ZOOM: "1 2 3 4 0 ! ( ) [ ] d G g j k ctrl+d ctrl+u s p b e t + x q escape / : ? y u",
    Where.INBOX: "1 2 3 4 0 ! j k g G enter q / : ? y u",
    Where.REVIEW: "n N p F ] [ J K } { ) ( space r m v C enter d w b e t f a x q / : ? y u",
    Where.EVIDENCE: "enter R W q / : ? y",
    Where.FILE: "e t q / : ? y",
    Where.TASKS: "enter n N + < > p x q / : ? y u",
    Where.LEDGER: "1 2 3 4 0 j k g G q / : ? y",
    Where.REPORT: "1 2 3 4 0 j k g G enter q / : ? y u",
    Where.CARD: "y",
    Where.TEXT: "enter ctrl+j ctrl+g escape",
}
"""The table of the design, section 10, but for what the review screen cannot do yet."""

NOT_USED = {"ctrl+b", "ctrl+a", "ctrl+s", "ctrl+q", "shift+enter"}
MOVES = {"left", "right", "up", "down", "first", "last", "half_down", "half_up"}


@pytest.mark.parametrize("where", DESIGN)
def test_every_key_of_the_design_does_something_where_it_says(where: Where) -> None:
    found = {key for action in actions(where) for key in action.keys}
    assert set(DESIGN[where].split()) - found == set()


@pytest.mark.parametrize("where", SCREENS)
def test_every_action_of_a_place_exists_there(where: Where) -> None:
    screen = SCREENS[where]
    missing = [a.id for a in actions(where) if not hasattr(screen, f"action_{a.id}")]
    assert [name for name in missing if name not in MOVES] == []


@pytest.mark.parametrize("where", list(Where))
def test_no_key_means_two_things_in_one_place(where: Where) -> None:
    found = [key for action in actions(where) for key in action.keys]
    assert len(found) == len(set(found))


def test_no_key_is_used_that_terminals_and_tmux_take() -> None:
    used = {key for action in REGISTRY for key in action.keys}
    assert not used & NOT_USED
    assert not [key for key in used if key.startswith("alt+")]
    assert not [key for key in used if key[0] == "f" and key[1:].isdigit()]


def test_confirming_is_never_enter_and_never_repeats_the_key_that_asked() -> None:
    (go,) = actions(Where.CARD)
    asking = {"accept", "feedback", "reject", "waive", "budget", "end", "remove"}
    keys_that_ask = {k for action in REGISTRY if action.id in asking for k in action.keys}
    assert not {*go.keys} & {"enter", *keys_that_ask}


def test_every_action_has_a_word_and_a_sentence() -> None:
    for action in REGISTRY:
        assert action.name
        assert action.help.endswith(".")
        assert action.help[0].isupper() or action.help[0] == "`"


def test_binding_ids_are_unique_so_that_they_can_be_given_other_keys() -> None:
    for where in Where:
        ids = [binding.id for binding in bindings(where)]
        assert len(ids) == len(set(ids))


# --- the developer's own keys


def test_a_settings_file_that_is_not_there_is_an_empty_one(tmp_path: Path) -> None:
    assert settings.load(tmp_path / "keys.toml") == Settings()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("signs = ", "keys.toml"),
        ("signs = 3", "Expected `str`"),
        ('[keys]\n"floor.fly" = "z"', "floor.fly is not an action"),
        ('[keys]\n"floor.say" = "p"', "both want the key p"),
    ],
)
def test_a_mistake_in_the_settings_is_named_and_nothing_breaks(
    tmp_path: Path, text: str, problem: str
) -> None:
    file = tmp_path / "keys.toml"
    file.write_text(text)
    found = settings.load(file)
    assert found.keys == {}
    assert problem in " ".join(found.problems)


@pytest.mark.anyio
async def test_own_keys_work_and_help_footer_and_palette_name_them() -> None:
    own = Settings(keys={"floor.say": "z", "everywhere.keys": "K"})
    stage = scene.stage()
    async with playing(stage, settings=own) as pilot:
        await shows(pilot, "z say")
        await pilot.press("s")
        assert isinstance(pilot.app.screen, FloorScreen)
        await pilot.press("z", *"hello", "enter")
        await until(pilot, lambda: stage.commands)
        assert stage.commands == [wire.Say(task="csv-export", text="hello")]
        await pilot.press("K")
        await shows(pilot, "z            Say something to the agent")
        await pilot.press("escape", "colon", *"say something")
        await shows(pilot, "say  (z)")


@pytest.mark.anyio
async def test_problems_of_the_settings_are_said_on_the_screen() -> None:
    async with playing(scene.stage(), settings=Settings(problems=("keys.toml: line 1",))) as pilot:
        await shows(pilot, "⚠ keys.toml: line 1")


@pytest.mark.anyio
async def test_signs_can_be_ascii_everywhere() -> None:
    async with playing(scene.stage(), settings=Settings(signs="ascii")) as pilot:
        await shows(pilot, "rate-limit * checking")
        shown = text_of(pilot.app)
        assert [sign for sign in "✓✗⚠◐○▲▸─│┬┼…·" if sign in shown] == []


@pytest.mark.anyio
async def test_a_theme_can_be_chosen_and_an_unknown_one_is_not_fatal() -> None:
    for name, expected in (("factory-blue-orange",) * 2, ("none such", "factory")):
        async with playing(scene.stage(), SMALL, settings=Settings(theme=name)) as pilot:
            assert pilot.app.theme == expected
            if name != expected:
                await shows(pilot, 'keys.toml: no theme is called "none such"')


# --- help and palette


@pytest.mark.anyio
async def test_help_lists_every_key_of_the_place() -> None:
    async with playing(scene.stage(), (120, 100)) as pilot:
        await settled(pilot)
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(pilot.app.screen, HelpScreen))
        shown = text_of(pilot.app)
        for action in (*actions(Where.FLOOR), *actions(Where.CARD), *actions(Where.TEXT)):
            assert action.help in shown
        check_golden(pilot.app, "help-floor")
        await pilot.press("question_mark")
        assert isinstance(pilot.app.screen, FloorScreen)


@pytest.mark.anyio
async def test_the_palette_does_what_the_key_does() -> None:
    async with playing(scene.stage()) as pilot:
        await pilot.press("ctrl+p", *"panes and list")
        await shows(pilot, "Change between panes and list")
        await pilot.press("enter")
        await shows(pilot, "▸! csv-export")


def test_keys_are_shown_as_they_are_read() -> None:
    assert [keys.shown(key) for key in ("escape", "ctrl+d", "!", "enter", "pagedown")] == [
        "esc",
        "^d",
        "!",
        "enter",
        "pgdn",
    ]
