"""Who has keys of their own reads them in every sentence."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.tui import scene
from tests.tui.playing import playing, shows
from tests.tui.reviewed import reviewing
from tests.tui.snapped import stage
from tests.tui.test_sizes import words
from tui import keys
from tui.settings import Settings

pytestmark = pytest.mark.anyio

TUI = Path(keys.__file__).parent
OWN = {
    "everywhere.undo": "Z", "everywhere.back": "Q,escape", "floor.say": "S", "floor.open": "ctrl+o",
    "review.delta": "D", "review.context": "ctrl+o", "review.comment": "c", "review.range": "V",
    "review.accept": "Y", "card.go": "Y", "text.send": "ctrl+t", "review.leave_out": "X",
}  # fmt: skip
NAMED = re.compile(
    r"(?:^|[;,:(] |\. | · )(?:[a-zA-Z]|enter|space|esc) (?:or \w+ )?(?:brings|answers?|shows|"
    r"lets|takes|opens|goes|go on|reads?|writes|marks|sends|accepts|comments|ends|says?|pauses|"
    r"finds|reverts|runs|draws|closes|reviews?|undo(?:es)?)\b"
)

FIXED = "enter finds   esc close"
"""The keys of a box of letters, which are the same for everybody."""


def literals(file: Path) -> list[str]:
    """The strings of a module that are shown: its docstrings are not."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    told = {
        id(node.value) for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }  # fmt: skip
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told
    ]


def test_no_sentence_names_a_key_by_itself() -> None:
    files = [file for file in TUI.rglob("*.py") if file.name != "keys.py"]
    named = [text for file in files for text in literals(file) if NAMED.search(text)]
    named = [text for text in named if text != FIXED]
    assert len(files) > 50
    assert named == []


def test_a_sentence_that_names_a_key_is_found() -> None:
    for said in ("gone; u brings it back", "s answers", "none; d or space shows it", "enter shows"):
        assert NAMED.search(said), said
    assert not NAMED.search("a line of it says so")


async def test_sentences_of_a_review_name_the_developers_own_keys() -> None:
    async with reviewing(stage(), settings=Settings(keys=OWN)) as review:
        assert "folded: ctrl+o shows 3 lines" in review.text
        assert "c comments on it, V ends it" in await review.press("V")
        await review.press("V", "g", "]")
        assert "Y accepts the rest" in await review.press("X")
        await review.press("x")
        assert "its work is kept, Z brings it back" in words(review.app)
        assert "Y reject" in words(review.app)
        await review.press("escape", "c")
        assert "ctrl+t keep for feedback" in words(review.app)


async def test_sentences_of_the_floor_name_the_developers_own_keys() -> None:
    async with playing(scene.stage(), settings=Settings(keys=OWN)) as pilot:
        await shows(pilot, "S answer")
        await pilot.press("x")
        await shows(pilot, "Z lets it go on")
        shown = words(pilot.app)
        assert "Y end" in shown
        assert "ctrl+o review" in shown
        for old in ("s answer", "u lets", "y end", "enter review"):
            assert f" {old}" not in shown


def test_a_key_that_a_place_takes_from_everywhere_is_a_mistake() -> None:
    assert keys.mistakes({"floor.say": "u"}) == ("floor.say takes the key u from everywhere.undo",)
    assert keys.mistakes({"everywhere.find": "m"}) == (
        "review.comment takes the key m from everywhere.find",
    )
    assert keys.mistakes({"zoom.live_diff": "s"}) == (
        "zoom.live_diff takes the key s from floor.say",
    )
    assert keys.mistakes({}) == ()
    assert keys.mistakes(OWN) == ()


def test_an_action_that_there_is_not_has_no_key() -> None:
    with pytest.raises(KeyError):
        keys.own_key("floor.nothing", {})
