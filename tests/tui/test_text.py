from __future__ import annotations

import unicodedata
from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual import events
from textual.app import App, ComposeResult
from textual.widgets import Static

from factory import wire
from factory.entry import (
    AnyEntry,
    Delta,
    Finished,
    Output,
    Prompt,
    Question,
    Remark,
    Response,
    ToolCall,
    ToolResult,
)
from factory.model import Handoff, ParkReason, Spend, TaskState, Verdict
from factory.wire import Fact, GuardrailStatus, LedgerRow, LedgerView, Report, ReportItem
from tests.screen import segments_of, text_of
from tests.stage import NOW, Stage
from tests.tui import scene
from tests.tui.payloads import CONTROL, FORBIDDEN, MARKUP, PAYLOADS
from tests.tui.playing import application, playing, until
from tui import text
from tui.lines import Script, told
from tui.screens.base import FactoryScreen
from tui.widgets import prompt

TALL = (160, 120)


def sane(payload: str) -> str:
    """What JSON can carry: lone surrogates never get past the wire."""
    return payload.encode("utf-8", "replace").decode()


def fours(payloads: tuple[str, ...]) -> list[tuple[str, ...]]:
    return [payloads[n : n + 4] for n in range(0, len(payloads), 4)]


def leaks(app: App[None]) -> list[str]:
    """Foreign control characters in what the terminal would get."""
    found = ("".join(segment.text for segment in line) for line in segments_of(app))
    return [line for line in found if FORBIDDEN.search(line)]


def hostile(*payloads: str) -> wire.Overview:
    """Every string that comes from elsewhere says a payload; four tasks share them."""
    said = sane("".join(payloads))
    states = (TaskState.PARKED, TaskState.WORKING, TaskState.READY, TaskState.QUEUED)
    views = tuple(
        _hostile_view(f"{n}", sane(payloads[n % len(payloads)]), state)
        for n, state in enumerate(states)
    )
    guardrails = _hostile_guardrails(said)
    return scene.overview(
        repository=said, path=said, target=said, problem=said, alarm=said, tasks=views,
        tip_guardrails=guardrails, guardrails=(said,), agents=(said,),
    )  # fmt: skip


def _hostile_guardrails(said: str) -> tuple[GuardrailStatus, ...]:
    return tuple(
        GuardrailStatus(name=said, verdict=verdict, seconds=1.0, summary=said)
        for verdict in (Verdict.RUNNING, Verdict.FAIL)
    )


def _hostile_view(number: str, said: str, state: TaskState) -> wire.TaskView:
    changed = scene.change("x", 1, 1, said)
    view = scene.view(
        number + said,
        state,
        3,
        0.5,
        parked=scene.parked(ParkReason.STUCK, said) if state is TaskState.PARKED else None,
        changed=msgspec.structs.replace(changed, handoff=Handoff(summary=said)),
        guardrails=_hostile_guardrails(said),
        overlaps=(said,),
    )
    return msgspec.structs.replace(view, attempt="a.1", last_line=said)


def spoken(payload: str) -> tuple[AnyEntry, ...]:
    said = sane(payload)
    block = {"type": "text", "text": said}
    return (
        Prompt(text=said), Delta(text=said), Delta(text=said, thought=True), Output(text=said),
        Response(content=(block,)), ToolCall(name=said, text=said),
        ToolResult(text=said, exit_code=1), Question(text=said), Remark(text=said),
        Finished(handoff=Handoff(summary=said)),
    )  # fmt: skip


def filled(payload: str) -> Stage:
    """A stage whose other views say it too."""
    said = sane(payload)
    stage = Stage(overview=hostile(payload))
    row = LedgerRow(name=said, spent=Spend(usd=1.0), tasks=1)
    stage.ledger = LedgerView(days=(row,), tasks=(row,), agents=(row,))
    stage.history = (Fact(seq=1, at=NOW, kind="parked", task=said, text=said),)
    item = ReportItem(task=said, title=said, state=TaskState.READY, note=said)
    stage.report = Report(since=NOW - 9, until=NOW, items=(item,), events=stage.history, tip=said)
    return stage


@pytest.mark.anyio
@pytest.mark.parametrize("mode", ["floor", "inbox", "tasks"])
async def test_no_payload_reaches_the_terminal_from_a_picture_of_the_factory(mode: str) -> None:
    stage = Stage(overview=hostile("nothing yet"))
    async with playing(stage, TALL, mode=mode) as pilot:
        app = application(pilot)
        for four in fours(PAYLOADS):
            app.feed.overview = hostile(*four)
            app.take_overview(app.feed.overview)
            await pilot.pause()
            assert leaks(app) == []


@pytest.mark.anyio
@pytest.mark.parametrize("mode", ["ledger", "report"])
async def test_no_payload_reaches_the_terminal_from_what_was(mode: str) -> None:
    stage = filled("".join(PAYLOADS))
    async with playing(stage, TALL, mode=mode) as pilot:
        await until(pilot, lambda: "IMPORTANT" in text_of(pilot.app))
        assert leaks(pilot.app) == []


@pytest.mark.anyio
async def test_no_payload_reaches_the_terminal_from_a_transcript() -> None:
    stage = scene.stage(tasks=(scene.view("x", TaskState.WORKING, 1),))
    for payload in PAYLOADS:
        stage.write("x.1", *spoken(payload))
    async with playing(stage, (100, 2000)) as pilot:
        await until(pilot, lambda: "interlinear" in text_of(pilot.app))
        assert leaks(pilot.app) == []
        await pilot.press("enter")
        await until(pilot, lambda: "a[i] = b[j]" in text_of(pilot.app))
        assert leaks(pilot.app) == []
        for payload in MARKUP:
            assert payload in text_of(pilot.app)


@pytest.mark.anyio
async def test_no_payload_reaches_the_terminal_from_an_answer_a_prompt_or_a_paste() -> None:
    stage = scene.stage()
    async with playing(stage) as pilot:
        app = application(pilot)
        screen = app.screen
        assert isinstance(screen, FactoryScreen)
        for payload in PAYLOADS[::2]:
            screen.say(payload, error=True)
            await pilot.pause()
            assert leaks(app) == []
        await app.push_screen(prompt.Prompt("x", drafts={"k": "".join(CONTROL)}, key="k"))
        for payload in PAYLOADS[::2]:
            box = app.screen.query_one(prompt.Box)
            box.post_message(events.Paste(sane(payload)))
            await pilot.pause()
            assert leaks(app) == []


@pytest.mark.anyio
@pytest.mark.usefixtures("unprotected")
async def test_without_cleaning_the_same_pictures_do_leak() -> None:
    caught = 0
    stage = scene.stage()
    async with playing(stage, TALL) as pilot:
        app = application(pilot)
        for four in fours(CONTROL):
            app.feed.overview = hostile(*four)
            app.take_overview(app.feed.overview)
            await pilot.pause()
            caught += bool(leaks(app))
    assert caught > len(CONTROL) // 8


@pytest.mark.usefixtures("unprotected")
def test_without_cleaning_the_lines_of_a_transcript_do_leak() -> None:
    lines = [line.text for payload in CONTROL for line in Script().read(spoken(payload)).lines]
    assert [line for line in lines if FORBIDDEN.search(line)]


@pytest.fixture
def unprotected(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The negative control: `clean` hands everything on."""

    def handed_on(given: str, **_: object) -> str:
        return given

    monkeypatch.setattr("tui.text.clean", handed_on)
    monkeypatch.setattr("tui.lines.clean", handed_on)
    yield
    monkeypatch.undo()


class Plain(App[None]):
    """What Textual does with a `str`, which is why nothing foreign is ever one."""

    def compose(self) -> ComposeResult:
        yield Static("a[i] = b[j]")


@pytest.mark.anyio
async def test_textual_would_read_markup_in_a_plain_string() -> None:
    async with Plain().run_test() as pilot:
        assert "a[i] = b[j]" not in text_of(pilot.app)


# --- the function itself


@pytest.mark.parametrize("payload", CONTROL)
@pytest.mark.parametrize("exact", [False, True])
def test_nothing_is_left_that_a_terminal_would_obey(payload: str, exact: bool) -> None:
    assert not FORBIDDEN.search(text.clean(payload, exact=exact))


@pytest.mark.parametrize("payload", MARKUP)
def test_markup_is_shown_as_it_is(payload: str) -> None:
    assert text.clean(payload) == payload
    assert text.content(payload).plain == payload


@given(st.text(st.characters(), max_size=300))
def test_any_text_at_all_comes_out_harmless(given_text: str) -> None:
    for exact in (False, True):
        cleaned = text.clean(given_text, exact=exact)
        assert not FORBIDDEN.search(cleaned)
        cleaned.encode()
        assert text.clean(cleaned, exact=exact) == cleaned


LIKE_A_SPACE = "\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
LIKE_A_SPACE += "\u202f\u205f\u2800\u3000"


def named(blank: str) -> str:
    return "<A0>" if blank == "\xa0" else f"<U+{ord(blank):04X}>"


@pytest.mark.parametrize("blank", LIKE_A_SPACE)
def test_what_prints_as_a_space_and_is_none_shows_in_what_is_reviewed(blank: str) -> None:
    assert text.clean(f"a{blank}b", exact=True) == f"a{named(blank)}b"
    assert text.clean(f"a{blank}b") == f"a{blank}b"


def _unseen() -> list[str]:
    """All that no font prints: controls, formats, breaks, surrogates."""
    every = map(chr, range(0x110000))
    hidden = [c for c in every if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp", "Cs")]
    return [c for c in hidden if not unicodedata.name(c, "").startswith(WRITTEN)]


WRITTEN = ("ARABIC", "SYRIAC", "KAITHI")
"""Format characters that have a picture: signs that stand before or around figures."""


def test_everything_that_no_font_prints_shows_in_what_is_reviewed() -> None:
    hidden = [c for c in _unseen() if c not in "\n\t" and text.clean(c, exact=True) == c]
    assert [f"{ord(c):04x}" for c in hidden] == []


@given(st.text(st.characters(), max_size=100))
def test_what_is_reviewed_hides_nothing(given_text: str) -> None:
    cleaned = text.clean(given_text, exact=True, tab=0, newlines=True)
    assert len(cleaned) >= len(given_text)
    plain = "".join(c for c in given_text if not FORBIDDEN.match(c) and c not in LIKE_A_SPACE)
    left = iter(cleaned)
    assert all(c in left for c in plain)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_no_entry_of_a_transcript_can_break_a_pane(given_text: str) -> None:
    script = Script()
    lines = script.read([Delta(text=given_text), Delta(text=given_text)]).lines
    for entry in (Prompt(text=given_text), ToolResult(text=given_text), Question(text=given_text)):
        lines += told(entry, whole=True)
    for line in lines:
        assert not FORBIDDEN.search(line.text)


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=120), st.integers(1, 40))
def test_wrapping_loses_no_word_and_stays_within_the_width(given_text: str, width: int) -> None:
    cleaned = text.clean(given_text)
    rows = text.wrap(cleaned, width)
    assert all(cell_len(row) <= max(width, 2) for row in rows)
    assert "".join("".join(rows).split()) == "".join(cleaned.split())


def test_a_newline_is_shown_or_kept_and_a_tab_is_spread() -> None:
    assert text.clean("a\nb") == "a⏎b"
    assert text.clean("a\r\nb", newlines=True) == "a\nb"
    assert text.clean("a\tb") == "a   b"
    assert text.clean("a\tb", tab=0) == "a\tb"
    assert text.line("  a\n\n b\tc  ") == "a b c"


@pytest.mark.parametrize(
    ("path", "width", "shown"),
    [
        ("a.py", 20, "a.py"),
        ("internal/limit/bucket.go", 24, "internal/limit/bucket.go"),
        ("internal/limit/deep/bucket.go", 21, "…/deep/bucket.go"),
        ("internal/limit/deep/bucket.go", 12, "…/bucket.go"),
        ("internal/limit/deep/bucket.go", 6, "…et.go"),
        ("a-very-long-name-without-folders.py", 10, "…olders.py"),
        ("x/y", 0, ""),
    ],
)
def test_paths_shorten_in_the_middle_and_keep_their_name(path: str, width: int, shown: str) -> None:
    assert text.shorten_path(path, width) == shown


def test_figures_read_as_the_design_writes_them() -> None:
    assert [text.ago(n) for n in (41, 180, 7200, 432_000, -5)] == ["41s", "3m", "2h", "5d", "0s"]
    assert [text.clock(n) for n in (41, 252, 3723)] == ["0:41", "4:12", "1:02:03"]
    assert [text.took(n) for n in (0.12, 12.4, 130)] == ["0.1s", "12s", "2m10s"]
    assert text.money(Spend(usd=4.12)) == "$4.12"
    assert text.money(Spend(usd=0.001)) == "<$0.01"
    assert text.money(Spend(input_tokens=41_000)) == "41k tok"
    assert text.money(Spend(usd=0.0, input_tokens=1_250_000), subscription=True) == "1.2M tok"
    assert text.plural(1, "file") == "1 file"
    assert text.fit("abcdef", 4) == "abc…"
