from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App
from textual.pilot import Pilot

from factory.model import Anchor
from factory.wire import Row
from tests.screen import segments_of, text_of
from tests.stage_review import Diff
from tests.tui.source import Source
from tests.tui.test_diff import Viewer, below, foreign, said
from tui.diff.geometry import Shape, Viewport
from tui.diff.pages import PAGE, Pages
from tui.diff.pairs import LONGEST, Pairs
from tui.widgets.diff import SPLIT_FROM

pytestmark = pytest.mark.anyio

WIDE = (SPLIT_FROM, 30)

# --- pairs -----------------------------------------------------------------------------------


def pairs_of(signs: str, missing: range = range(0)) -> tuple[Pairs, Pages]:
    """The pairs of a hunk of lines with these signs, whose pages in `missing` have not come."""
    rows = [Row(sign, at + 1, at + 1, f"{at}", 0, "h") for at, sign in enumerate(signs)]
    pages = Pages(Source(rows).fetch, len(rows))
    for page in range(-(-len(rows) // PAGE)):
        if page not in missing:
            pages.keep(page, rows[page * PAGE : (page + 1) * PAGE])
    return Pairs(pages, len(rows)), pages


def test_lines_of_one_run_stand_beside_one_another_in_order() -> None:
    pairs, _ = pairs_of(" --+++ -+ + -")
    assert [pairs.partner(row) for row in range(13)] == [
        None, 3, 4, 1, 2, None, None, 8, 7, None, None, None, None
    ]  # fmt: skip
    assert pairs.carried(3) == pairs.carried(4) == range(3, 5)
    assert pairs.carried(5) is None
    assert pairs.carried(1) is None


@given(signs=st.text(alphabet=" -+", max_size=60))
def test_a_pair_is_a_removed_and_an_added_line_and_each_is_in_one_pair(signs: str) -> None:
    pairs, _ = pairs_of(signs)
    for row, sign in enumerate(signs):
        other = pairs.partner(row)
        if other is not None:
            assert {sign, signs[other]} == {"-", "+"}
            assert pairs.partner(other) == row
        assert (pairs.carried(row) is not None) == (sign == "+" and other is not None)


def test_a_run_across_pages_is_paired_anew_when_the_rest_has_come() -> None:
    signs = " " * (PAGE - 3) + "---" + "+++" + " "
    pairs, pages = pairs_of(signs, range(1, 2))
    first = PAGE - 3
    assert pairs.partner(first) is None
    assert pairs.lacks(first) == PAGE
    assert pairs.lacks(0) is None
    pages.keep(1, [Row(sign, 1, 1, "", 0, "h") for sign in signs[PAGE:]])
    assert pairs.partner(first) == PAGE
    assert pairs.lacks(first) is None


def test_a_run_that_nobody_would_compare_is_not_walked_to_its_end() -> None:
    asked = 0

    class Counting(Pages):
        def row(self, number: int) -> Row | None:
            nonlocal asked
            asked += 1
            return Row("-" if number < 50_000 else "+", 1, 1, "", 0, "h")

    pairs = Pairs(Counting(Source([]).fetch, 100_000), 100_000)
    assert pairs.partner(25_000) is None
    assert pairs.partner(25_001) is None
    assert asked < 10 * LONGEST
    viewport = Viewport(Shape(100_000, (), pairs), lambda _row: 1)
    viewport.height = 40
    for _ in range(50):
        viewport.page(1)
        viewport.move(3)
    assert asked < 50 * 40 * 40


def test_the_longest_run_that_is_paired_is_paired_wholly() -> None:
    half = LONGEST // 2
    pairs, _ = pairs_of("-" * half + "+" * half)
    assert all(pairs.partner(row) == row + half for row in range(half))
    longer, _ = pairs_of("-" * half + "+" * (half + 1))
    assert not any(longer.partner(row) for row in range(LONGEST + 1))


# --- the window ------------------------------------------------------------------------------


@given(
    signs=st.text(alphabet=" -+", min_size=1, max_size=60),
    moves=st.lists(
        st.tuples(st.sampled_from(["move", "page", "scroll", "to", "across"]), st.integers(-9, 60)),
        max_size=12,
    ),
    tall=st.dictionaries(st.integers(0, 59), st.integers(1, 5)),
)
def test_the_cursor_is_always_in_the_window_on_either_side(
    signs: str, moves: list[tuple[str, int]], tall: dict[int, int]
) -> None:
    pairs, _ = pairs_of(signs)
    viewport = Viewport(Shape(len(signs), (), pairs), lambda row: tall.get(row, 1))
    viewport.height = 6
    for name, by in moves:
        if name == "across":
            viewport.across(new=by > 0)
        else:
            getattr(viewport, name)(by)
        shown = [spot.row for spot in viewport.visible()]
        assert viewport.home in shown
        assert all(pairs.carried(row) is None for row in shown)
        assert shown == sorted(shown)


@given(signs=st.text(alphabet=" -+", min_size=1, max_size=60), new=st.booleans())
def test_every_line_is_reached_line_by_line_on_one_of_the_sides(signs: str, new: bool) -> None:
    pairs, _ = pairs_of(signs)
    viewport = Viewport(Shape(len(signs), (), pairs), lambda _row: 1)
    viewport.height, viewport.on_new = 6, new
    viewport.to(0)
    viewport.across(new=new)
    visited = [viewport.cursor]
    for _ in signs:
        viewport.move(1)
        visited.append(viewport.cursor)
    lost = set(range(len(signs))) - set(visited)
    assert all(pairs.partner(row) is not None and (signs[row] == "-") == new for row in lost)


# --- the screen ------------------------------------------------------------------------------


async def opened(app: Viewer, pilot: Pilot[None], diff: Diff) -> Source:
    source = app.open(diff)
    await settled(app, pilot)
    return source


async def settled(app: App[None], pilot: Pilot[None]) -> list[str]:
    for _ in range(3):
        await pilot.pause()
        await app.workers.wait_for_complete()
    await pilot.pause()
    return text_of(app).splitlines()


def small() -> Diff:
    text = (
        " def f():\n-    one = 1\n-    two = 2\n+    one = 11\n+    two = 22\n+    three = 33\n end"
    )
    return Diff().file("a.py", (7, "def f", text))


async def test_a_wide_view_has_old_and_new_side_by_side_and_a_narrow_one_below_one_another() -> (
    None
):
    app = Viewer()
    async with app.run_test(size=WIDE) as pilot:
        await opened(app, pilot, small())
        lines = await settled(app, pilot)
        middle = (SPLIT_FROM - 1) // 2
        assert [(line[:middle].split(), line[middle + 1 :].split()) for line in lines[2:7]] == [
            (["7", "def", "f():"], ["7", "def", "f():"]),
            (["8", "-", "one", "=", "1"], ["8", "+", "one", "=", "11"]),
            (["9", "-", "two", "=", "2"], ["9", "+", "two", "=", "22"]),
            ([], ["10", "+", "three", "=", "33"]),
            (["10", "end"], ["11", "end"]),
        ]
        assert all(line[middle] == "│" for line in lines[2:7])
        await pilot.resize_terminal(SPLIT_FROM - 1, 30)
        lines = await settled(app, pilot)
        assert "   8      -     one = 1" in lines[3]
        assert "        8 +     one = 11" in lines[5]
        app.view.split = True
        app.view.redraw()
        lines = await settled(app, pilot)
        assert "- " in lines[3]
        assert "+ " in lines[3]


async def test_a_comment_on_either_side_of_a_pair_stands_below_it() -> None:
    app = Viewer()
    async with app.run_test(size=WIDE) as pilot:
        await opened(app, pilot, small())
        app.view.document.remark(
            [
                said("before", Anchor(path="a.py", line=8, new=False)),
                said("after", Anchor(path="a.py", line=8)),
                said("alone", Anchor(path="a.py", line=10)),
            ]
        )
        app.view.redraw()
        lines = await settled(app, pilot)
        assert below(lines, "one = 11").endswith("before")
        assert below(lines, "before").endswith("after")
        assert below(lines, "three = 33").endswith("alone")


async def test_what_is_commented_on_is_the_line_of_the_side_that_the_cursor_is_on() -> None:
    app = Viewer()
    async with app.run_test(size=WIDE) as pilot:
        await opened(app, pilot, small())
        view, document = app.view, app.view.document
        view.go(lambda port: port.move(3))
        assert document.anchor() == Anchor(path="a.py", line=8, text="    one = 11")
        lines = await settled(app, pilot)
        assert lines[3].index("▸") > SPLIT_FROM // 2 - 2
        view.go(lambda port: port.across(new=False))
        assert document.anchor() == Anchor(path="a.py", line=8, new=False, text="    one = 1")
        lines = await settled(app, pilot)
        assert lines[3].startswith("▸")
        view.go(lambda port: port.move(1))
        anchor = document.anchor()
        assert anchor is not None
        assert (anchor.line, anchor.new) == (9, False)


async def test_a_range_across_pairs_is_of_the_side_it_was_begun_on() -> None:
    app = Viewer()
    async with app.run_test(size=WIDE) as pilot:
        await opened(app, pilot, small())
        view, document = app.view, app.view.document
        view.go(lambda port: port.move(3))
        document.range_from = document.port.cursor
        view.go(lambda port: port.move(2))
        view.redraw()
        anchor = document.anchor()
        assert anchor is not None
        assert (anchor.line, anchor.end, anchor.new) == (8, 10, True)
        lines = await settled(app, pilot)
        assert [line.count("┃") for line in lines[3:6]] == [1, 1, 0]
        assert "▸" in lines[5]


async def test_a_click_goes_to_the_side_that_was_clicked() -> None:
    app = Viewer()
    async with app.run_test(size=WIDE) as pilot:
        await opened(app, pilot, small())
        document = app.view.document
        await pilot.click("DiffView", offset=(20, 3))
        assert document.port.cursor == 3
        await pilot.click("DiffView", offset=(100, 3))
        assert document.port.cursor == 5


async def test_both_sides_wrap_and_the_pair_is_as_tall_as_its_longer_line() -> None:
    words = " ".join(f"word{number}" for number in range(30))
    app = Viewer()
    async with app.run_test(size=WIDE) as pilot:
        await opened(app, pilot, Diff().file("a.txt", (1, "", f"-short\n+{words}\n same {words}")))
        app.view.lay_out(wrap=True)
        lines = await settled(app, pilot)
        middle = (SPLIT_FROM - 1) // 2
        end = next(at for at, line in enumerate(lines) if "same" in line)
        assert end == 6
        right = "".join(line[middle + 9 :].ljust(62) for line in lines[2:end])
        assert words.replace(" ", "") in right.replace(" ", "")
        assert all(not line[1:middle].strip() for line in lines[3:end])


async def test_tabs_wide_and_combining_characters_are_cut_to_the_width_of_each_side() -> None:
    old = "\t漢字漢字 e\u0301🙂 " * 12
    app = Viewer()
    async with app.run_test(size=(SPLIT_FROM + 1, 20)) as pilot:
        await opened(app, pilot, Diff().file("a.txt", (1, "", f"-{old}\n+x{old}y\n {old}")))
        for left in (0, 1, 2, 3, 8, 40):
            app.view.lay_out(left=left)
            await settled(app, pilot)
            for line in segments_of(app)[:6]:
                text = "".join(segment.text for segment in line)
                assert cell_len(text) == SPLIT_FROM + 1
            beside = "".join(segment.text for segment in segments_of(app)[2])
            assert cell_len(beside[: beside.index("│")]) == SPLIT_FROM // 2
        app.view.lay_out(wrap=True)
        await settled(app, pilot)
        for line in segments_of(app):
            assert cell_len("".join(segment.text for segment in line)) == SPLIT_FROM + 1


async def test_no_byte_of_a_hostile_pair_reaches_the_terminal_as_a_control() -> None:
    app = Viewer()
    async with app.run_test(size=WIDE) as pilot:
        text = "-\x1b[31mred \x9b2J\u202e a\t\r\n+\x1b[32mred \x9b2J\u2066 b \t\r"
        diff = Diff().file("a.py", (1, "", text.replace("\r\n", "\u200b\n")))
        app.open(diff)
        for blanks in (False, True):
            app.view.lay_out(blanks=blanks)
            app.view.document.words = "red"
            app.view.redraw()
            await settled(app, pilot)
            screen = "\n".join("".join(s.text for s in line) for line in segments_of(app))
            assert foreign(screen) == []
            assert "␛[31mred" in screen


async def test_a_page_that_comes_late_pairs_what_was_shown_alone() -> None:
    text = "\n".join(
        [*(f" c{n}" for n in range(PAGE - 12)), *["-x"] * 20, *["+y"] * 20, *[" z"] * 300]
    )
    app = Viewer()
    async with app.run_test(size=WIDE) as pilot:
        source = await opened(app, pilot, Diff().file("a.txt", (1, "", text)))
        assert source.asked == [(0, PAGE)]
        app.view.go(lambda port: port.to(PAGE - 5, at=10))
        lines = await settled(app, pilot)
        assert source.asked[:2] == [(0, PAGE), (PAGE, PAGE)]
        assert lines[10].count(" x") == 1
        assert lines[10].count(" y") == 1


async def test_a_place_and_the_rows_shown_outlive_the_change_of_layout() -> None:
    app = Viewer()
    async with app.run_test(size=WIDE) as pilot:
        await opened(app, pilot, small())
        view = app.view
        view.go(lambda port: port.to(6))
        before = view.document.anchor()
        for split in (False, True, False):
            view.split = split
            view.redraw()
            await settled(app, pilot)
            assert view.document.anchor() == before
            assert any("▸" in line and "two = 22" in line for line in text_of(app).splitlines())


async def test_opening_a_large_diff_side_by_side_asks_for_what_is_in_view() -> None:
    diff = Diff()
    for number in range(1_000):
        text = "\n".join(f"{'--++ '[at % 5]}value_{at} = {number}" for at in range(98))
        diff.file(f"src/part{number}.py", (1, "def part():", text))
    app = Viewer()
    async with app.run_test(size=WIDE) as pilot:
        source = await opened(app, pilot, diff)
        assert source.asked == [(0, PAGE)]
        app.view.go(lambda port: port.to(port.shape.last))
        lines = await settled(app, pilot)
        assert "value_97 = 999" in "\n".join(lines)
        assert len(source.asked) == 2
