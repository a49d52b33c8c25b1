from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App, ComposeResult

from factory.model import Anchor, Comment, CommentKind, CommentState, FactoryError
from factory.wire import Row, RowKind
from tests.screen import segments_of, text_of
from tests.stage_review import Diff, bucket
from tui.diff import cells
from tui.diff.cells import LONGEST, breaks, shown, window
from tui.diff.colour import Tone, hunk_tones
from tui.diff.document import Document
from tui.diff.geometry import Shape, Spot, Viewport
from tui.diff.locate import Place, locate, place_of
from tui.diff.pages import KEPT, PAGE, Pages
from tui.diff.places import Places, Progress, anchor_of
from tui.widgets.diff import DiffView

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


@dataclass
class Source:
    """Rows as an engine gives them, and what it was asked for."""

    rows: Sequence[Row]
    asked: list[tuple[int, int]] = field(default_factory=list)
    broken: bool = False

    async def fetch(self, first: int, count: int) -> Sequence[Row]:
        self.asked.append((first, count))
        if self.broken:
            raise FactoryError("the engine does not answer")
        return self.rows[first : first + count]


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
    jumped.show(hunk.row + 3, end)
    assert hunk.id not in jumped.shown()
    paged = Progress(places)
    paged.show(hunk.row, hunk.row + 4)
    assert hunk.id not in paged.shown()
    paged.show(hunk.row + 3, end)
    assert hunk.id in paged.shown()


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


# --- the view --------------------------------------------------------------------------------


class Viewer(App[None]):
    def compose(self) -> ComposeResult:
        yield DiffView()

    @property
    def view(self) -> DiffView:
        return self.query_one(DiffView)

    def open(self, diff: Diff, source: Source | None = None) -> Source:
        source = source or Source(diff.rows)
        index = diff.index("t")
        self.view.show(Document(index, source.fetch, self.view.document.sheet))
        return source


def large(lines: int) -> Diff:
    diff = Diff()
    for number in range(lines // 100):
        text = "\n".join(f"{'+- '[at % 3]}value_{at} = {number}" for at in range(98))
        diff.file(f"src/part{number}.py", (1, "def part():", text))
    return diff


async def test_opening_a_hundred_thousand_lines_asks_for_what_is_in_view() -> None:
    app = Viewer()
    async with app.run_test(size=(100, 30)) as pilot:
        source = app.open(large(100_000))
        await pilot.pause()
        await app.workers.wait_for_complete()
        assert "src/part0.py" in text_of(app)
        assert "value_1 = 0" in text_of(app)
        assert source.asked == [(0, PAGE)]
        app.view.go(lambda port: port.to(port.shape.total - 1))
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert "value_97 = 999" in text_of(app)
        assert len(source.asked) == 2


async def test_both_line_numbers_and_signs_stand_before_the_code() -> None:
    app = Viewer()
    async with app.run_test(size=(100, 40)) as pilot:
        app.open(bucket())
        await app.workers.wait_for_complete()
        await pilot.pause()
        lines = text_of(app).splitlines()
        assert "  41   41   func (b *Bucket) Take(n int) bool {" in lines[2]
        assert "       42 +     b.refill(time.Now())" in lines[3]
        assert "  42      -     b.tokens -= n" in "\n".join(lines)
        assert "▲ critical" in lines[0]
        assert "go.sum +3 −0  folded: enter shows 3 lines" in "\n".join(lines)


async def test_wrapping_shows_all_of_a_line_and_scrolling_the_rest_of_it() -> None:
    words = " ".join(f"word{number}" for number in range(40))
    app = Viewer()
    async with app.run_test(size=(60, 20)) as pilot:
        app.open(Diff().file("a.txt", (1, "", f"+{words}\n+end")))
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert "word39" not in text_of(app)
        assert "…" in text_of(app)
        app.view.lay_out(wrap=True)
        await pilot.pause()
        assert "word39" in text_of(app).replace("\n" + " " * 13, "")
        app.view.lay_out(wrap=False)
        app.view.lay_out(left=len(words) - 20)
        await pilot.pause()
        assert "word39" in text_of(app)


async def test_colours_come_after_the_lines_and_never_change_them() -> None:
    app = Viewer()
    async with app.run_test(size=(100, 40)) as pilot:
        app.open(Diff().file("a.py", (1, "", "+def f():  # note\n+    return 'text'")))
        await app.workers.wait_for_complete()
        await pilot.pause()
        await pilot.pause()
        await app.workers.wait_for_complete()
        await pilot.pause()
        code = segments_of(app)[2]
        colours = {segment.text.strip(): segment.style.color for segment in code if segment.style}
        assert colours["def"] != colours["# note"]
        assert "return 'text'" in text_of(app)


HOSTILE = (
    "+\x1b[31mred\x1b[0m and \x1b]0;title\x07 and \x1b]8;;http://x\x1b\\link",
    "+\x9b2J clear, \x90dcs\x9c, bell \x07, back \x08\x08, null \x00, del \x7f",
    "+if admin: \u202e\u2066# only\u2069 \u2066 you see this",
    "+zero\u200bwidth\u200djoin\ufeff tag\U000e0041 \u2028 line",
    "+漢字🙂 wide é combined e\u0301",
    "+" + "x" * 1_000_000,
    "+\r carriage",
    "+[bold red]markup[/] [link=x]",
)


async def hostile_screen(name: str = "\x1b[7mname\u202e.py") -> str:
    app = Viewer()
    async with app.run_test(size=(80, 20)) as pilot:
        diff = Diff().file(name, (1, "\x1b[2Jdef \u202e", "\n".join(HOSTILE)), notes=("\x1b[5mn",))
        app.open(diff)
        await app.workers.wait_for_complete()
        app.view.lay_out(left=3)
        app.view.lay_out(left=0)
        await pilot.pause()
        return "\n".join("".join(segment.text for segment in line) for line in segments_of(app))


def foreign(screen: str) -> list[str]:
    """Characters that a terminal would obey or hide."""
    return [c for c in screen if c != "\n" and not c.isprintable() and c != "\u200d"]


async def test_no_byte_of_a_hostile_diff_reaches_the_terminal_as_a_control() -> None:
    screen = await hostile_screen()
    assert foreign(screen) == []
    assert "␛[31mred" in screen
    assert "<U+202E>" in screen
    assert "<U+200B>" in screen
    assert "[bold red]markup[/] [link=x]" in screen
    assert all(cell_len(line) == 80 for line in screen.split("\n"))


async def test_the_check_sees_hostile_bytes_where_nothing_cleans(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in ("tui.diff.cells", "tui.diff.paint"):
        monkeypatch.setattr(f"{module}.clean", _as_it_is)
    cells.shown.cache_clear()
    try:
        assert "\x1b" in foreign(await hostile_screen("plain.py"))
    finally:
        cells.shown.cache_clear()


def _as_it_is(text: str, *, newlines: bool = False, exact: bool = False, tab: int = 4) -> str:
    return text


async def test_a_comment_stands_under_its_last_line_and_moves_the_rest_down() -> None:
    app = Viewer()
    async with app.run_test(size=(100, 40)) as pilot:
        app.open(bucket())
        await app.workers.wait_for_complete()
        app.view.document.remark(
            [
                said("here", Anchor(path="internal/limit/bucket.go", line=42, end=43)),
                said("gone", Anchor(path="internal/limit/bucket.go", line=42, new=False)),
                said("file", Anchor(path="cmd/serve.go")),
                said("far", Anchor(path="cmd/serve.go", line=900)),
                said("whole", Anchor()),
            ]
        )
        app.view.redraw()
        await pilot.pause()
        lines = text_of(app).splitlines()
        assert "on the change: whole" in lines[1]
        assert below(lines, "if b.tokens < float64(n)") == "│ you·do [draft] on lines 42-43: here"
        assert below(lines, "b.tokens -= n") == "│ you·do [draft]: gone"
        assert below(lines, " cmd/serve.go") == "│ you·do [draft] on the file: file"
        assert "far" in below(lines, "on the file: file")


def said(text: str, anchor: Anchor) -> Comment:
    return Comment(
        id=text, task="t", kind=CommentKind.DO, anchor=anchor, text=text, state=CommentState.DRAFT
    )


def below(lines: list[str], words: str) -> str:
    at = next(number for number, line in enumerate(lines) if words in line)
    return lines[at + 1].strip()


async def test_a_line_is_found_again_among_more_context() -> None:
    few = Diff().file("a.py", (50, "f", " a\n+b\n c"))
    text = "\n".join([*(f" c{n}" for n in range(30)), "-x", "-y", " a", "+b", *[" d"] * 900])
    many = Diff().file("z.py", (1, "", "+one")).file("a.py", (20, "f", text))
    document = Document(few.index("t"), Source(few.rows).fetch, DiffView().document.sheet)
    await document.pages.at(0)
    document.port.height = 10
    document.port.to(3)
    place = place_of(document)
    assert place is not None
    assert (place.path, place.line, place.new) == ("a.py", 51, True)
    wide = Document(many.index("t"), Source(many.rows).fetch, document.sheet)
    assert (await wide.pages.at(await locate(wide, place))).text == "b"
    assert await locate(wide, Place("gone.py", 4)) == 0
    assert (await wide.pages.at(await locate(wide, Place("a.py", 1)))).kind == RowKind.HUNK


async def test_an_engine_that_does_not_answer_is_told_and_asked_again_at_the_next_key() -> None:
    class Hearing(Viewer):
        def __init__(self) -> None:
            super().__init__()
            self.heard: list[str] = []

        def on_diff_view_failed(self, event: DiffView.Failed) -> None:
            self.heard.append(event.sentence)

    app = Hearing()
    async with app.run_test(size=(80, 20)) as pilot:
        diff = bucket()
        source = app.open(diff, Source(diff.rows, broken=True))
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert app.heard == ["the engine does not answer"]
        source.broken = False
        app.view.go(lambda port: port.move(1))
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert "b.refill" in text_of(app)


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
