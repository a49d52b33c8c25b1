from __future__ import annotations

import pytest
from rich.cells import cell_len
from textual.app import ComposeResult

from factory.model import Anchor, Comment, CommentKind, CommentState
from factory.wire import RowKind
from tests.screen import segments_of, text_of
from tests.stage_review import Diff, bucket
from tests.tui.source import Source
from tui.diff import cells
from tui.diff.document import Document
from tui.diff.locate import locate, place_of, reveal
from tui.diff.pages import PAGE
from tui.diff.place import Place
from tui.theme import Themed
from tui.widgets.diff import DiffView

pytestmark = pytest.mark.anyio


class Viewer(Themed):
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
                said("other", Anchor(path="not/here.py", line=7)),
            ]
        )
        app.view.redraw()
        await pilot.pause()
        lines = text_of(app).splitlines()
        assert "on the change: whole" in lines[1]
        assert below(lines, "if b.tokens < float64(n)") == "│ you·do [draft] on lines 42-43: here"
        assert below(lines, "b.tokens -= n") == "│ you·do [draft]: gone"
        assert below(lines, " cmd/serve.go") == "│ you·do [draft] on the file: file"
        assert below(lines, "on the file: file").endswith("on line 900, not shown here: far")
        assert "on not/here.py:7, not shown here: other" in text_of(app)


async def test_a_comment_on_the_first_line_of_a_hunk_is_shown_once() -> None:
    app = Viewer()
    async with app.run_test(size=(100, 40)) as pilot:
        diff = Diff().file("a.py", (7, "def a", "+one\n two"), (30, "def b", "-gone\n here"))
        app.open(diff)
        await app.workers.wait_for_complete()
        comments = [
            said("first", Anchor(path="a.py", line=7)),
            said("old", Anchor(path="a.py", line=30, new=False)),
        ]
        app.view.document.remark(comments)
        app.view.redraw()
        await pilot.pause()
        lines = text_of(app).splitlines()
        assert below(lines, "+ one") == "│ you·do [draft]: first"
        assert below(lines, "- gone") == "│ you·do [draft]: old"
        assert sum("[draft]" in text for text in lines) == 2


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


async def test_a_line_in_a_folded_file_is_unfolded_when_it_is_gone_to() -> None:
    app = Viewer()
    async with app.run_test(size=(100, 40)) as pilot:
        app.open(bucket())
        document = app.view.document
        row = await locate(document, Place("go.sum", 2))
        assert document.port.shape.nearest(row) != row
        reveal(document, row)
        app.view.go(lambda port: port.to(row))
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert any("▸" in line and line.endswith("+ b") for line in text_of(app).splitlines())


async def test_a_step_of_the_cursor_draws_two_lines_and_not_the_window() -> None:
    app = Viewer()
    async with app.run_test(size=(100, 30)) as pilot:
        app.open(large(1_000))
        await pilot.pause()
        await app.workers.wait_for_complete()
        await pilot.pause()
        drawn: list[int] = []
        draw = app.view.render_line
        app.view.render_line = lambda y: drawn.append(y) or draw(y)  # type: ignore[method-assign,func-returns-value]  # counted
        app.view.go(lambda port: port.move(1))
        await pilot.pause()
        assert drawn == [0, 1]
        drawn.clear()
        app.view.go(lambda port: port.page(1))
        await pilot.pause()
        assert set(drawn) == set(range(30))
