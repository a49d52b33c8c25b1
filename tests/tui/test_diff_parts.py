from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from factory.model import Anchor, FactoryError
from factory.wire import Row, RowKind
from tests.stage_review import bucket
from tests.tui.source import Source
from tui.diff import cells
from tui.diff.cells import LONGEST, breaks, shown, window
from tui.diff.colour import Tone, hunk_tones
from tui.diff.geometry import Shape, Spot, Viewport
from tui.diff.pages import KEPT, PAGE, Pages
from tui.diff.places import Places, Progress, anchor_of

pytestmark = pytest.mark.anyio

LINES = st.text(
    alphabet=st.sampled_from("abc \t漢字é\u0301🙂\u200d\u202e\x1b[]m;\x00\x9b\r\U000e0041"),
    max_size=60,
)

MOVES = st.sampled_from(["move", "page", "scroll", "to"])

# --- cells -----------------------------------------------------------------------------------


@given(line=LINES, width=st.integers(2, 30))
def test_wrapped_pieces_fit_their_width_and_lose_nothing(line: str, width: int) -> None:
    text = shown(line)
    cuts = breaks(text, width)
    assert "".join(text[cut.start : cut.end] for cut in cuts) == text
    assert all(cell_len(text[cut.start : cut.end]) <= width for cut in cuts)


@given(line=LINES, left=st.integers(0, 40), width=st.integers(2, 30))
def test_a_window_never_halves_a_character_or_sticks_out(line: str, left: int, width: int) -> None:
    text = shown(line)
    cut = window(text, left, width)
    assert cut.pad + cell_len(text[cut.start : cut.end]) <= width


@given(line=LINES)
def test_what_is_shown_has_nothing_that_a_terminal_obeys_or_hides(line: str) -> None:
    text = shown(line)
    assert all(character.isprintable() for character in text)
    assert "\u200d" not in text
    assert "\u202e" not in text


def test_tabs_stop_every_four_cells_after_wide_characters_too() -> None:
    assert cells.expand("a\tb") == "a   b"
    assert cells.expand("漢\tb") == "漢  b"
    assert cells.expand("漢字\tb") == "漢字    b"


def test_the_end_of_a_huge_line_is_told_in_words() -> None:
    assert shown("x" * 1_000_000).endswith(f"x … {1_000_000 - LONGEST:,} more characters")


# --- geometry --------------------------------------------------------------------------------


def port(rows: int, height: int, tall: dict[int, int] | None = None, *folds: range) -> Viewport:
    lines = tall or {}
    made = Viewport(Shape(rows, folds), lambda row: lines.get(row, 1))
    made.height = height
    return made


def rows_of(viewport: Viewport) -> list[int]:
    return [spot.row for spot in viewport.visible()]


def test_moving_scrolls_as_little_as_it_takes() -> None:
    viewport = port(100, 10)
    viewport.move(9)
    assert rows_of(viewport) == list(range(10))
    viewport.move(1)
    assert rows_of(viewport) == list(range(1, 11))
    viewport.move(-10)
    assert rows_of(viewport)[0] == 0


def test_a_row_taller_than_the_window_is_scrolled_through_before_it_is_left() -> None:
    viewport = port(5, 4, {1: 10})
    viewport.move(1)
    seen = set(viewport.visible())
    while viewport.cursor == 1:
        viewport.move(1)
        seen.update(viewport.visible())
    assert {Spot(1, line) for line in range(10)} <= seen


def test_a_page_never_runs_past_the_end_and_then_goes_to_the_last_row() -> None:
    viewport = port(25, 10)
    viewport.page(1)
    viewport.page(1)
    assert rows_of(viewport) == list(range(15, 25))
    viewport.page(1)
    assert viewport.cursor == 24


def test_folded_rows_are_stepped_over_however_many_there_are() -> None:
    asked: list[int] = []

    def lines(row: int) -> int:
        asked.append(row)
        return 1

    viewport = Viewport(Shape(1_000_000, (range(3, 999_998),)), lines)
    viewport.height = 4
    viewport.move(3)
    assert viewport.cursor == 999_998
    assert rows_of(viewport) == [0, 1, 2, 999_998]
    assert len(asked) < 100


@given(
    moves=st.lists(
        st.tuples(st.sampled_from(["move", "page", "scroll", "to"]), st.integers(-9, 60))
    ),
    tall=st.dictionaries(st.integers(0, 49), st.integers(1, 7)),
)
def test_the_cursor_is_always_in_the_window(
    moves: list[tuple[str, int]], tall: dict[int, int]
) -> None:
    viewport = port(50, 6, tall, range(10, 20))
    for name, by in moves:
        getattr(viewport, name)(by)
        assert viewport.cursor in rows_of(viewport)
        assert not 10 <= viewport.cursor < 20


# --- pages, places, progress -----------------------------------------------------------------


def numbered(count: int) -> list[Row]:
    return [Row(RowKind.CONTEXT, n + 1, n + 1, f"line {n}", 0, "h") for n in range(count)]


async def test_pages_are_fetched_once_and_the_oldest_are_forgotten() -> None:
    source = Source(numbered(PAGE * (KEPT + 5)))
    pages = Pages(source.fetch, len(source.rows))
    for row in range(0, len(source.rows), PAGE):
        await pages.at(row)
        await pages.at(row + 1)
    assert len(source.asked) == KEPT + 5
    assert pages.row(0) is None
    assert pages.missing([0, 1]) == (0,)


async def test_a_page_that_could_not_be_read_can_be_asked_for_again() -> None:
    source = Source(numbered(10), broken=True)
    pages = Pages(source.fetch, 10)
    with pytest.raises(FactoryError):
        await pages.load(0)
    source.broken = False
    assert pages.missing([3]) == (0,)
    assert (await pages.at(3)).text == "line 3"


def test_hunks_in_folded_files_are_passed_over() -> None:
    diff = bucket()
    places = Places(diff.files)
    last = diff.files[-1]
    shape = Shape(len(diff.rows), (range(last.row + 1, last.row + last.rows),))
    test_file = diff.files[2]
    assert places.hunk_from(test_file.hunks[0].row, 1, shape) is None
    assert places.file_from(test_file.row, 1, shape) == last.row


def test_a_hunk_counts_as_shown_only_from_its_heading_to_its_end_without_a_gap() -> None:
    places = Places(bucket().files)
    hunk = places.hunks[0]
    end = hunk.row + hunk.rows - 1
    jumped = Progress(places)
    assert hunk.id not in jumped.show(hunk.row + 3, end)
    paged = Progress(places)
    assert hunk.id not in paged.show(hunk.row, hunk.row + 4)
    assert hunk.id in paged.show(hunk.row + 3, end)


def test_a_comment_means_the_new_side_where_there_is_one() -> None:
    rows = [Row("-", 7, 0, "gone", 0), Row("+", 0, 9, "came", 0), Row(" ", 8, 10, "stays", 0)]
    assert anchor_of("a.py", rows) == Anchor(
        path="a.py", line=9, end=10, new=True, text="came\nstays"
    )
    assert anchor_of("a.py", rows[:1]) == Anchor(path="a.py", line=7, new=False, text="gone")
    assert anchor_of("a.py", [Row("f", 0, 0, "a.py", 0)]) is None


def test_strings_over_several_lines_are_coloured_on_each_side_by_itself() -> None:
    rows = [
        Row(" ", 1, 1, 'x = """one', 0, "h"),
        Row("-", 2, 0, 'two"""', 0, "h"),
        Row("+", 0, 2, "def", 0, "h"),
        Row("+", 0, 3, 'three"""', 0, "h"),
    ]
    tones = hunk_tones("a.py", rows)
    assert {span.tone for span in tones[1]} == {Tone.STRING}
    assert {span.tone for span in tones[2]} == {Tone.STRING}


@pytest.mark.parametrize("rows", [1_000, 1_000_000])
def test_moving_looks_at_as_many_lines_however_long_the_diff_is(rows: int) -> None:
    asked = 0

    def lines(_row: int) -> int:
        nonlocal asked
        asked += 1
        return 1

    viewport = Viewport(Shape(rows), lines)
    viewport.height = 40
    for _ in range(20):
        viewport.page(1)
        viewport.move(3)
    assert asked < 20 * 40 * 12
