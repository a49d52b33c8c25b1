from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment
from textual.color import Color

from factory.wire import MovedLines
from tests.screen import segments_of, text_of
from tests.stage_review import Diff
from tests.tui.test_diff import Viewer
from tests.tui.test_diff_split import opened, settled
from tui.diff.cells import occurrences, shown, signed, tail, whole
from tui.diff.moves import Moves
from tui.diff.paint import COMPONENTS
from tui.diff.words import changed
from tui.theme import AsciiSigns
from tui.widgets.diff import SPLIT_FROM

pytestmark = pytest.mark.anyio

LINES = st.text(alphabet=st.sampled_from("ab1 \t_.(漢é\u0301🙂ß\r"), max_size=50)

# --- words -----------------------------------------------------------------------------------


def marked(old: str, new: str) -> tuple[list[str], list[str]]:
    before, after = changed(old, new)
    return [old[a:b] for a, b in before], [new[a:b] for a, b in after]


def test_the_words_that_differ_are_marked_on_both_sides() -> None:
    assert marked("total(items, tax=0.2)", "total(items, vat=0.25)") == (
        ["tax", "2"],
        ["vat", "25"],
    )
    assert marked("return value", "return new value") == ([], ["new "])


def test_two_words_with_a_blank_between_are_one_mark() -> None:
    assert marked("keep a b c keep this", "keep x y z keep this") == (["a b c"], ["x y z"])


def test_lines_with_too_little_in_common_are_not_marked() -> None:
    assert changed("import os", "x = compute(1, 2)") == ((), ())
    assert changed("", "something") == ((), ())
    assert changed("same", "same") == ((), ())


def test_lines_of_many_words_are_marked_without_comparing_each_with_each() -> None:
    old, new = "head " + "a, b. " * 160 + "tail", "head " + "c; d: " * 160 + "tail"
    assert changed(old, new) == ((), ())
    long = "keep " * 150
    assert marked(long + "a, " * 60 + "end", long + "b; " * 60 + "end")[0] == [("a, " * 60)[:-1]]


@given(old=LINES, new=LINES)
def test_what_is_not_marked_is_the_same_on_both_sides(old: str, new: str) -> None:
    before, after = changed(old, new)
    if before or after:
        rests = [
            "".join(text[a:b] for a, b in zip([0, *ends], [*starts, len(text)], strict=True))
            for text, starts, ends in (
                (old, [a for a, _ in before], [b for _, b in before]),
                (new, [a for a, _ in after], [b for _, b in after]),
            )
        ]
        assert rests[0].split() == rests[1].split() or "".join(rests[0].split()) == "".join(
            rests[1].split()
        )


# --- blanks and hits -------------------------------------------------------------------------


@given(line=LINES)
def test_a_line_with_signs_for_its_blanks_is_as_long_as_without(line: str) -> None:
    plain, signs = shown(line), signed(line)
    assert len(plain) == len(signs)
    assert all(a == b or (a == " " and b in "·→") for a, b in zip(plain, signs, strict=True))
    assert plain[tail(line) :].strip(" ␍") == ""


def test_tabs_have_an_arrow_and_spaces_a_dot() -> None:
    assert signed("\ta b\t") == "→   a·b→"
    assert signed("漢\tb") == "漢→ b"
    assert tail("a b  \t\r") == 3
    assert signed("x" * 5_000 + " ") == shown("x" * 5_000 + " ")


@given(line=LINES, words=LINES)
def test_words_are_found_where_they_stand_whatever_their_case(line: str, words: str) -> None:
    for start, end in occurrences(line, words.casefold()):
        assert 0 <= start < end <= len(line)
        assert words.casefold() in line[start:end].casefold()
        begin, stop = whole(line, start, end)
        assert begin <= start < end <= stop


def test_a_letter_that_becomes_two_when_its_case_is_folded_moves_no_hit() -> None:
    assert occurrences("Straße ist STRASSE", "strasse") == ((0, 6), (11, 18))
    assert occurrences("abc", "") == ()


# --- the screen ------------------------------------------------------------------------------


def pair() -> Diff:
    return Diff().file("a.txt", (1, "", "-one two three four\n+one two THREE four"))


@pytest.mark.parametrize("width", [100, SPLIT_FROM])
async def test_changed_words_are_underlined_below_and_beside_one_another(width: int) -> None:
    app = Viewer()
    async with app.run_test(size=(width, 20)) as pilot:
        await opened(app, pilot, pair())
        code = [segment for line in segments_of(app)[2:4] for segment in line]
        under = [segment.text for segment in code if segment.style and segment.style.underline]
        assert under == ["three", "THREE"]
        grounds = {s.style.bgcolor for s in code if s.style and s.text in {"three", "THREE"}}
        assert len(grounds) == 2


async def test_nothing_is_underlined_where_a_line_has_no_partner() -> None:
    app = Viewer()
    async with app.run_test(size=(100, 20)) as pilot:
        await opened(app, pilot, Diff().file("a.txt", (1, "", "-one two three\n same\n+one two")))
        assert not any(s.style and s.style.underline for line in segments_of(app) for s in line)


async def test_blanks_at_the_end_of_an_added_line_are_always_marked() -> None:
    app = Viewer()
    async with app.run_test(size=(100, 20)) as pilot:
        await opened(
            app, pilot, Diff().file("a.txt", (1, "", "+one two  \t\n-old  \n three  \n+\tx"))
        )
        lines = text_of(app).splitlines()
        assert lines[2].endswith("+ one two··→")
        assert lines[3].endswith("- old")
        assert lines[4].endswith("three")
        app.view.lay_out(blanks=True)
        lines = await settled(app, pilot)
        assert lines[2].endswith("+ one·two··→")
        assert lines[3].endswith("- old··")
        assert lines[4].endswith("three··")
        assert lines[5].endswith("+ →   x")
        app.view.lay_out(blanks=False)
        lines = await settled(app, pilot)
        assert lines[5].endswith("+     x")


async def test_hits_are_reversed_and_go_when_nothing_is_looked_for() -> None:
    app = Viewer()
    async with app.run_test(size=(100, 20)) as pilot:
        await opened(app, pilot, pair())

        def reversed_() -> list[str]:
            found = [segment for line in segments_of(app)[2:] for segment in line]
            return [segment.text for segment in found if segment.style and segment.style.reverse]

        assert reversed_() == []
        app.view.document.words = "two t"
        app.view.redraw()
        await settled(app, pilot)
        assert ["".join(reversed_())] == ["two ttwo T"]
        app.view.document.words = ""
        app.view.redraw()
        await settled(app, pilot)
        assert reversed_() == []


def moved() -> tuple[Diff, MovedLines]:
    lines = ["def f():", "    a = 1", "    return a"]
    diff = (
        Diff()
        .file("src/a.py", (88, "", "\n".join(f"-{line}" for line in lines) + "\n x"))
        .file("src/b.py", (5, "", " y\n" + "\n".join(f"+{line}" for line in lines)))
    )
    at = [number for number, row in enumerate(diff.rows) if row.text == "def f():"]
    return diff, MovedLines(old=at[0], new=at[1], rows=3)


@pytest.mark.parametrize("width", [100, SPLIT_FROM])
async def test_a_moved_block_says_where_it_went_and_where_it_came_from(width: int) -> None:
    app = Viewer()
    async with app.run_test(size=(width, 30)) as pilot:
        diff, move = moved()
        await opened(app, pilot, diff)
        plain = text_of(app)
        assert "≡" not in plain
        app.view.document.take_moves([move])
        app.view.redraw()
        lines = await settled(app, pilot)
        at = next(number for number, line in enumerate(lines) if "moved to src/b.py:6" in line)
        assert all("≡-" in line for line in lines[at + 1 : at + 4])
        assert "≡" not in lines[at + 4]
        at = next(number for number, line in enumerate(lines) if "moved from src/a.py:88" in line)
        assert all("≡+" in line for line in lines[at + 1 : at + 4])
        assert len(lines) == len(plain.splitlines())


async def test_the_line_at_the_other_end_of_a_move_is_fetched_though_it_is_far() -> None:
    filler = "\n".join([" x"] * 900)
    app = Viewer()
    async with app.run_test(size=(100, 20)) as pilot:
        diff = Diff().file("a.py", (1, "", f"-moved\n{filler}")).file("b.py", (70, "", "+moved"))
        await opened(app, pilot, diff)
        old = next(at for at, row in enumerate(diff.rows) if row.text == "moved")
        app.view.document.take_moves([MovedLines(old=old, new=len(diff.rows) - 1, rows=1)])
        app.view.redraw()
        lines = await settled(app, pilot)
        assert "moved to b.py:70" in "\n".join(lines)


def test_a_row_knows_its_other_end_and_whether_it_is_the_first() -> None:
    moves = Moves([MovedLines(old=10, new=50, rows=3), MovedLines(old=90, new=20, rows=1)])
    assert moves.of(9) is None
    assert moves.of(10) == (50, True)
    assert moves.of(12) == (52, False)
    assert moves.of(13) is None
    assert moves.of(51) == (11, False)
    assert moves.of(20) == (90, True)


def test_the_signs_have_ascii_ones_a_cell_for_a_cell() -> None:
    signs = "≡·→␍│▸┃"
    out = AsciiSigns().apply([Segment(signs)], Color(0, 0, 0))
    assert out[0].text.isascii()
    assert len(out[0].text) == len(signs)


def test_every_mark_can_be_coloured_by_a_theme() -> None:
    marks = {"added-word", "removed-word", "moved", "hit", "blank", "trailing"}
    assert marks <= set(COMPONENTS)
