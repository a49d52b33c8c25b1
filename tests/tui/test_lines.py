from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from factory.entry import (
    AnyEntry,
    Delta,
    Finished,
    Origin,
    Output,
    Prompt,
    Question,
    Remark,
    Response,
    ToolCall,
    ToolResult,
    Usage,
)
from factory.model import Handoff
from tui.frame import FrameClock
from tui.layout import arrange, neighbour
from tui.lines import Edit, Kind, Line, Script
from tui.window import Window


def shown(*entries: AnyEntry, whole: bool = False) -> list[str]:
    """What stands there after all of them, read one by one."""
    script = Script(whole=whole)
    lines: list[Line] = []
    for entry in entries:
        edit = script.read([entry])
        if edit.drop:
            del lines[-edit.drop :]
        lines += edit.lines
    return [f"{line.mark or ' '} {line.text}".rstrip() for line in lines]


def said(text: str) -> Response:
    return Response(content=({"type": "text", "text": text},))


# --- entries as lines


def test_a_conversation_reads_like_one() -> None:
    entries = (
        Prompt(text="Task: fix it", origin=Origin.TASK),
        Delta(text="hm", thought=True),
        Response(content=({"type": "thinking", "thinking": "hm"}, {"type": "tool_use"})),
        ToolCall(name="bash", text="pytest -q"),
        ToolResult(text="1 failed", exit_code=1, seconds=2.0),
        ToolCall(name="editor", text="edit a.py"),
        ToolResult(text="edited"),
        Usage(),
        Prompt(text="tests: 1 failed", origin=Origin.GUARDRAILS),
        Question(text="which?"),
        Prompt(text="that one", origin=Origin.DEVELOPER),
        Remark(text="snapshot 2"),
        Finished(handoff=Handoff(summary="fixed")),
    )
    assert shown(*entries) == [
        "> Task: fix it",
        "∴ hm",
        "$ pytest -q",
        "┊ 1 failed",
        "✗ exit code 1 · 2.0s",
        "· edit a.py",
        "┊ edited",
        "> guardrails: tests: 1 failed",
        "? which?",
        "> you: that one",
        "─ snapshot 2",
        "■ handoff: fixed",
    ]


def test_a_long_result_is_short_on_the_floor_and_whole_in_the_zoom() -> None:
    result = ToolResult(text="\n".join(str(n) for n in range(100)))
    assert shown(result) == ["┊ 0", "┊ ⋯ 97 lines more", "┊ 98", "┊ 99"]
    assert len(shown(result, whole=True)) == 100


def test_a_progress_bar_shows_where_it_ended() -> None:
    assert shown(Output(text="10%\r50%\r100%\ndone\n")) == ["  100%", "  done"]


def test_a_sequence_cut_in_two_by_the_stream_is_still_taken_out() -> None:
    assert shown(Delta(text="a\x1b[3"), Delta(text="1mred"), Delta(text="\x1b[0m!")) == ["  ared!"]


def test_an_answer_replaces_what_streamed_in_of_it_and_nothing_else() -> None:
    before = Remark(text="resumed")
    parts = (Delta(text="one\ntw"), Delta(text="why", thought=True), Delta(text="o"))
    assert shown(before, *parts, said("one\ntwo")) == ["─ resumed", "  one", "  two"]
    assert shown(before, said("only this")) == ["─ resumed", "  only this"]


@given(st.lists(st.text("ab \n", max_size=8), max_size=12), st.data())
def test_text_reads_the_same_in_whatever_pieces_it_comes(
    pieces: list[str], data: st.DataObject
) -> None:
    text = "".join(pieces)
    cut = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=4)))
    others = [text[a:b] for a, b in itertools.pairwise((0, *cut, len(text)))]
    one = shown(*(Delta(text=piece) for piece in pieces))
    other = shown(*(Delta(text=piece) for piece in others))
    assert one == other


@given(st.lists(st.sampled_from(["text", "thought", "answer", "call"]), max_size=20))
def test_reading_at_once_and_one_by_one_end_in_the_same_lines(kinds: list[str]) -> None:
    entries: list[AnyEntry] = []
    for kind in kinds:
        match kind:
            case "text":
                entries.append(Delta(text="a\nb"))
            case "thought":
                entries.append(Delta(text="c", thought=True))
            case "answer":
                entries.append(said("a\nb"))
            case _:
                entries.append(ToolCall(name="bash", text="ls"))
    at_once = Script().read(entries)
    assert at_once.drop == 0
    assert [f"{line.mark or ' '} {line.text}".rstrip() for line in at_once.lines] == shown(*entries)


def test_a_line_without_end_goes_on_in_the_next() -> None:
    lines = shown(Output(text="x" * 5_000))
    assert [len(line) - 2 for line in lines] == [2_000, 2_000, 1_000]


# --- a window on them


def window(count: int, **options: int) -> Window:
    found = Window(options.get("most", 1_000))
    found.apply(Edit(0, [Line(Kind.TEXT, f"line {n}", turn=n % 10 == 0) for n in range(count)]))
    return found


def texts(found: Window, width: int = 20, height: int = 3) -> list[str]:
    return [row.text for row in found.rows(width, height)]


def test_a_window_follows_the_end_until_it_is_scrolled() -> None:
    found = window(10)
    assert texts(found) == ["line 7", "line 8", "line 9"]
    found.scroll(-2, 20, 3)
    assert texts(found) == ["line 5", "line 6", "line 7"]
    found.apply(Edit(0, [Line(Kind.TEXT, "new")]))
    assert texts(found) == ["line 5", "line 6", "line 7"]
    found.scroll(99, 20, 3)
    assert texts(found)[-1] == "new"
    assert found.following


def test_scrolling_by_nothing_changes_nothing() -> None:
    found = window(10)
    found.scroll(0, 20, 3)
    assert found.following


def test_a_window_forgets_its_oldest_lines_and_stays_where_it_stood() -> None:
    found = window(100, most=100)
    found.scroll(-20, 20, 3)
    stood = texts(found)
    found.apply(Edit(0, [Line(Kind.TEXT, "more")] * 30))
    assert len(found) == 100
    assert texts(found) == stood


def test_turns_and_words_are_found_in_both_directions() -> None:
    found = window(35)
    assert found.turn(-1, 20, 3)
    assert texts(found)[0] == "line 30"
    assert found.turn(-1, 20, 3)
    assert texts(found)[0] == "line 20"
    assert found.turn(1, 20, 3)
    assert texts(found)[0] == "line 30"
    assert found.find("LINE 4", 20, 3, again=False)
    assert texts(found)[0] == "line 4"
    assert not found.find("nowhere", 20, 3, again=False)
    found.to_first()
    assert not found.turn(-1, 20, 3)


@given(
    st.lists(st.text("ab 漢字", max_size=60), max_size=30),
    st.integers(3, 30),
    st.integers(1, 12),
    st.lists(st.integers(-9, 9), max_size=6),
)
def test_whatever_is_scrolled_the_rows_are_consecutive_and_fit(
    lines: list[str], width: int, height: int, moves: list[int]
) -> None:
    found = Window(1_000)
    found.apply(Edit(0, [Line(Kind.TEXT, line) for line in lines]))
    all_rows = [(row.line, row.part) for row in found.rows(width, 10_000)]
    for move in moves:
        found.scroll(move, width, height)
        rows = found.rows(width, height)
        places = [(row.line, row.part) for row in rows]
        assert all(cell_len(row.text) <= max(2, width - 2) for row in rows)
        start = all_rows.index(places[0]) if places else 0
        assert all_rows[start : start + len(places)] == places
        assert len(places) == min(height, len(all_rows))


# --- the grid and the clock


@given(st.integers(1, 60), st.integers(40, 250), st.integers(6, 80), st.integers(0, 59))
def test_every_grid_holds_the_pane_under_the_cursor(
    count: int, width: int, height: int, at: int
) -> None:
    chosen = min(at, count - 1)
    shape = arrange(count, width, height, chosen)
    assert shape.first <= chosen < shape.end <= count
    assert shape.end - shape.first <= shape.columns * shape.rows
    assert height // shape.rows >= 4 or shape.rows == 1
    assert width // shape.columns >= 38 or shape.columns == 1


@pytest.mark.parametrize(
    ("at", "across", "down", "there"),
    [
        (0, 1, 0, 1),
        (1, 1, 0, 1),
        (0, -1, 0, 0),
        (0, 0, 1, 2),
        (3, 0, 1, 4),
        (4, 0, 1, 4),
        (0, 0, -1, 0),
    ],
)
def test_the_cursor_moves_as_the_eye_does(at: int, across: int, down: int, there: int) -> None:
    assert neighbour(at, 5, 2, across=across, down=down) == there


def test_the_clock_serves_a_few_in_turn_and_sleeps_when_nobody_waits() -> None:
    painted: list[int] = []
    woken: list[bool] = []
    clock = FrameClock(served=2)
    clock.start(lambda: woken.append(True))
    for n in (0, 1, 2, 0, 1):
        clock.ask(n, lambda n=n: painted.append(n))  # type: ignore[misc]  # a default binds it now
    assert clock.tick()
    clock.ask(0, lambda: painted.append(0))
    assert not clock.tick()
    assert painted == [0, 1, 2, 0]
    assert woken == [True]
    clock.ask(3, lambda: painted.append(3))
    clock.forget(3)
    assert not clock.tick()
    assert painted == [0, 1, 2, 0]
