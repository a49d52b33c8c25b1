from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from msgspec.structs import replace

from factory.model import Verdict, Witness
from factory.wire import Chunk, FileText, FileView, GuardrailStatus, Progressed, Rerun, Waive
from tests.screen import check_golden
from tests.stage import Stage
from tests.stage_review import TREE, bucket, change, guardrails, review_stage, runs
from tests.tui.reviewed import Clock, Review, reviewing
from tui.deciding import CHANGED, waive_refusal
from tui.diff.place import Place
from tui.logtext import PIECE, LogText, named_place, place_in
from tui.screens.evidence import EvidenceScreen
from tui.screens.file import FileScreen
from tui.screens.log import LogScreen
from tui.screens.review import ReviewScreen
from tui.widgets.card import Card

pytestmark = pytest.mark.anyio

LOG = "\n".join(
    [
        "$ mypy .",
        *(f"checked {n}" for n in range(400)),
        "internal/limit/bucket.go:46: error: no clock",
        "lib/other.go:3: note: elsewhere",
        "Found 1 error",
    ]
)


def red() -> Stage:
    """A stage on which `types` is red, and its log names a place in the diff."""
    stage = review_stage()
    tasks = tuple(replace(item, guardrails=guardrails()) for item in stage.overview.tasks)
    stage.overview = replace(stage.overview, tasks=tasks)
    stage.details = {
        name: replace(kept, view=replace(kept.view, guardrails=guardrails()))
        for name, kept in stage.details.items()
    }
    stage.logs = {run.id: LOG.encode() for run in runs()}
    return stage


WITNESSES = (
    Witness(
        guardrail="tests", asked="each made to fail", answer="1 did not", run="w1", against=True
    ),
    Witness(guardrail="ruff", asked="with nothing silenced", answer="0 findings more", run="w2"),
)


def asked() -> Stage:
    """The same stage, where the green guardrails were asked more."""
    stage = red()
    kept = stage.details["rate-limit"]
    found = replace(change("rate-limit"), witnesses=WITNESSES)
    beside = tuple(
        replace(runs()[0], id=one.run, tree="3" * 40, details=f"found by {one.run}")
        for one in WITNESSES
    )
    stage.details["rate-limit"] = replace(kept, view=replace(kept.view, change=found), asked=beside)
    stage.logs |= {one.run: LOG.encode() for one in WITNESSES}
    return stage


@asynccontextmanager
async def evidence(
    stage: Stage | None = None, size: tuple[int, int] = (120, 40)
) -> AsyncIterator[Review]:
    async with reviewing(stage or red(), size=size) as review:
        await review.press("b")
        yield review


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)], ids=lambda s: f"{s[0]}x{s[1]}")
async def test_evidence_looks_as_it_should(size: tuple[int, int]) -> None:
    async with reviewing(red(), size=size, clock=Clock(step=0.0001)) as review:
        await review.press("b", "j", "j", "j")
        check_golden(review.app, f"evidence-{size[0]}x{size[1]}")


async def test_both_runs_of_a_check_that_ran_again_are_there() -> None:
    async with evidence() as review:
        assert "✓ tests  143 passed" in review.text
        assert "✗ ran before  1 failed, 142 passed" in review.text
        assert "tests 1.2 · exit 0 · run-tests · counted 143" in review.text
        assert "✗ tree 1111111  ruff  3 findings" in review.text


async def test_a_red_run_shows_what_it_found_under_the_cursor() -> None:
    async with evidence() as review:
        assert "error: no clock" not in review.text
        assert "internal/limit/bucket.go:42: error: no clock" in await review.press("j", "j", "j")


async def test_a_running_guardrail_shows_how_far_it_is() -> None:
    async with evidence() as review:
        running = GuardrailStatus(
            name="tests", verdict=Verdict.RUNNING, seconds=3, done=70, total=143
        )
        review.stage.tell(Progressed(task="rate-limit", guardrail=running))
        await review.pilot.pause(0.1)
        assert "◐ tests  running" in review.text
        assert "70/143" in review.text


async def test_enter_opens_the_log_at_its_end_and_a_place_in_it_leads_to_the_diff() -> None:
    async with evidence() as review:
        text = await review.press("j", "j", "j", "enter")
        assert [type(screen) for screen in review.app.screen_stack][-1] is LogScreen
        assert "Found 1 error" in text
        text = await review.press("k", "k", "enter")
        assert isinstance(review.front, ReviewScreen)
        assert any("▸" in line and "46 +" in line for line in text.splitlines())


async def test_a_place_in_a_log_that_the_diff_has_not_opens_its_file_at_the_line() -> None:
    stage = red()
    text = "".join(f"line {number}\n" for number in range(1, 90))
    stage.files["lib/other.go"] = FileText(path="lib/other.go", text=text)
    async with evidence(stage) as review:
        await review.press("j", "j", "j", "enter", "k", "enter")
        assert isinstance(review.front, FileScreen)
        assert review.front.place_to_edit() == ("lib/other.go", 3)
        assert "▸    3  line 3" in review.text
        assert "Found 1 error" in await review.press("q")
        stage.files.clear()
        await review.press("enter")
        assert isinstance(review.front, LogScreen)


async def test_in_a_log_n_goes_from_hit_to_hit_and_back() -> None:
    async with evidence() as review:
        await review.press("j", "j", "j", "enter", "slash")
        await review.write("checked 39")
        assert "enter keeps, then n N" in review.text
        await review.press("enter")
        assert isinstance(review.front, LogScreen)
        assert review.front.copied() == "checked 39"
        await review.press("n")
        assert review.front.copied() == "checked 390"
        await review.press("N", "N")
        assert review.front.copied() == "checked 399"
        await review.press("slash", "escape")
        assert "nothing was looked for yet" in await review.press("n")


async def test_the_list_of_runs_can_be_searched() -> None:
    async with evidence() as review:
        await review.press("slash")
        await review.write("t.skip")
        await review.press("enter", "enter")
        assert isinstance(review.front, ReviewScreen)


async def test_a_log_can_be_read_from_its_beginning() -> None:
    async with evidence() as review:
        text = await review.press("j", "j", "j", "enter", "g")
        assert "$ mypy ." in text


async def test_a_tamper_mark_leads_to_its_line() -> None:
    async with evidence() as review:
        text = await review.press("G", "k", "enter")
        assert isinstance(review.front, ReviewScreen)
        assert any("▸" in line and "t.Skip" in line for line in text.splitlines())


async def test_evidence_opened_elsewhere_leads_to_a_review() -> None:
    async with reviewing(red()) as review:
        review.app.pop_screen()
        await review.app.push_screen(EvidenceScreen("rate-limit"))
        await review.settle()
        await review.press("G", "k", "enter")
        assert isinstance(review.front, ReviewScreen)


async def test_what_else_a_green_guardrail_was_asked_is_there_each_with_its_own_log() -> None:
    async with evidence(asked()) as review:
        assert "what else the green ones were asked" in review.text
        assert "⚠ tests  1 did not · each made to fail" in review.text
        assert "· ruff  0 findings more · with nothing silenced" in review.text
        assert "tree 3333333" not in review.text, "its trees are nobody's earlier ones"
        assert "found by w1" in await review.press("j", "j", "j", "j")
        assert "put the cursor on a guardrail" in await review.press("R")
        assert "Found 1 error" in await review.press("enter")
        assert [type(screen) for screen in review.app.screen_stack][-1] is LogScreen


async def test_where_nothing_else_was_asked_nothing_is_said_of_it() -> None:
    async with evidence() as review:
        assert "what else" not in review.text


async def test_shift_r_runs_the_guardrail_again() -> None:
    async with evidence() as review:
        await review.press("j", "R")
        assert review.sent(Rerun) == [Rerun(task="rate-limit", guardrail="tests")]


async def test_a_waiver_needs_a_typed_reason_and_then_y() -> None:
    async with evidence() as review:
        await review.press("j", "j", "j", "W", "enter")
        assert "nothing is written yet" in review.text
        await review.write("known")
        text = await review.press("enter")
        assert isinstance(review.front, Card)
        assert f"waive types for tree {TREE[:7]}? It shows as ~ and never green." in text
        assert review.sent(Waive) == []
        await review.press("y")
        assert review.sent(Waive) == [
            Waive(task="rate-limit", guardrail="types", tree=TREE, reason="known")
        ]


async def test_a_pass_cannot_be_waived() -> None:
    async with evidence() as review:
        assert "ruff is pass; there is nothing to waive" in await review.press("W")


async def test_a_waiver_for_a_tree_that_has_changed_is_refused() -> None:
    async with evidence() as review:
        await review.press("j", "j", "j", "W")
        await review.write("known")
        await review.press("enter")
        tasks = tuple(
            replace(item, change=change(item.task.id, tree="0" * 40))
            for item in review.stage.overview.tasks
        )
        review.stage.happen(replace(review.stage.overview, tasks=tasks))
        await review.pilot.pause(0.4)
        assert CHANGED in await review.press("y")
        assert review.sent(Waive) == []


def test_without_the_change_there_is_nothing_to_waive() -> None:
    item = replace(review_stage().overview.tasks[0], guardrails=guardrails())
    assert waive_refusal(item, TREE, "types") == ""
    assert waive_refusal(item, "1" * 40, "types") == CHANGED
    assert waive_refusal(None, TREE, "types") == CHANGED
    assert "nothing" in waive_refusal(item, TREE, "nothing")


async def test_a_task_without_a_change_says_what_has_not_run() -> None:
    stage = red()
    name = "i18n"
    kept = stage.details[name]
    idle = (GuardrailStatus(name="ruff", verdict=Verdict.NOT_RUN),)
    stage.details[name] = replace(kept, view=replace(kept.view, guardrails=idle), runs=())
    async with reviewing(stage) as review:
        await review.app.push_screen(EvidenceScreen(name))
        await review.settle()
        assert "○ ruff  not run" in review.text
        assert "R runs it" in await review.press("enter")


# --- logs of any length ----------------------------------------------------------------------


class Log:
    """A log in bytes, read as the engine gives it."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.asked = 0

    async def fetch(self, offset: int, limit: int, tail: bool) -> Chunk:
        self.asked += 1
        offset = max(0, len(self.data) - limit) if tail else offset
        piece = self.data[offset : offset + limit]
        return Chunk(
            offset=offset, end=offset + len(piece), size=len(self.data),
            text=piece.decode(errors="replace"), tail=tail,
        )  # fmt: skip


async def test_a_log_of_any_length_is_read_in_pieces_and_put_together_exactly() -> None:
    lines = [f"line {number} " + "x" * (number % 97) for number in range(9_000)]
    log = Log("\n".join(lines).encode())
    text = LogText(log.fetch)
    await text.open_end()
    assert log.asked == 1
    assert text.lines[-1] == lines[-1]
    while await text.extend_up():
        pass
    assert text.lines == lines
    assert log.asked == -(-len(log.data) // PIECE)
    log.data += b" and more\nlast"
    assert await text.extend_down()
    assert text.lines[-2:] == [lines[-1] + " and more", "last"]
    assert not await text.extend_down()


def test_places_in_logs_are_found_only_in_files_of_the_change() -> None:
    files = bucket().files
    assert place_in("internal/limit/bucket.go:46:2: oh", files) == Place(
        "internal/limit/bucket.go", 46, at=3
    )
    assert place_in('File "/src/cmd/serve.go", line 13, in main', files) == Place(
        "cmd/serve.go", 13, at=3
    )
    assert place_in("xcmd/serve.go:13", files) is None
    assert place_in("no place at 12:30", files) is None
    assert named_place("lib/other.go:3: note") == Place("lib/other.go", 3)
    assert named_place("12:30:01 all well") is None


async def test_a_hostile_log_reaches_the_screen_without_its_controls() -> None:
    stage = red()
    evil = b"\x1b]0;owned\x07\x1b[2J\x9b5n tail\x00\r\n\xe2\x80\xae rtl [bold]x[/]\n" * 30
    stage.logs = {run.id: evil for run in runs()}
    async with evidence(stage) as review:
        text = await review.press("j", "j", "j", "enter")
        assert "[bold]x[/]" in text
        assert all(character.isprintable() for character in text if character != "\n")


REAL = {
    "pytest": "tests/test_till.py:12: AssertionError",
    "pytest, absolute": "/worktree/src/till.py:12: in total",
    "traceback": '  File "/worktree/src/till.py", line 12, in total',
    "ruff": "src/till.py:12:5: F401 [*] `os` imported but unused",
    "ruff, full": "  --> src/till.py:12:8",
    "mypy": "src/till.py:12: error: Incompatible return value type  [return-value]",
    "tsc": "web/app.ts(12,5): error TS2322: Type 'string' is not assignable",
    "tsc, pretty": "web/app.ts:12:5 - error TS2322: Type 'string' is not assignable",
    "a router's file": "web/[id]/(shop)/page.tsx(12,5): error TS2304: Cannot find name",
    "go": "./internal/limit.go:12:2: undefined: clock",
    "go test": "    limit_test.go:12: empty",
    "rustc": "   --> src/main.rs:12:5",
    "gcc": "src/main.c:12:5: error: expected ';' before '}' token",
    "make": "Makefile:12: *** missing separator.  Stop.",
    "msvc": "src/main.c(12): error C2143: syntax error",
    "with a blank": "docs/read me.md:12: line too long",
}
FILES = (
    "tests/test_till.py", "src/till.py", "web/app.ts", "web/[id]/(shop)/page.tsx",
    "internal/limit.go", "internal/limit_test.go", "src/main.rs", "src/main.c", "Makefile",
    "docs/read me.md", "a/twin.py", "b/twin.py", "app.ts",
)  # fmt: skip


@pytest.mark.parametrize("tool", REAL)
def test_the_place_that_a_tool_names_is_found_in_its_own_format(tool: str) -> None:
    place = place_in(REAL[tool], [FileView(path=path) for path in FILES])
    assert place is not None
    assert place.line == 12
    assert place.path.rsplit("/", 1)[-1] in REAL[tool]


def test_eslint_names_the_file_once_above_its_findings() -> None:
    files = [FileView(path=path) for path in FILES]
    log = ["/worktree/web/app.ts", "  3:1  error  x  rule", "   12:5  warning  y  rule"]
    assert place_in(log[2], files, log[:2]) == Place("web/app.ts", 12, at=3)
    assert place_in(log[2], files, ["lib/other.ts", log[1]]) is None


@pytest.mark.parametrize(
    "line", ["twin.py:12: which?", "xsrc/till.py:12", "src/till.pyc:12", "at 12:30 o'clock", "12:5"]
)
def test_what_names_no_file_of_the_change_for_sure_leads_nowhere(line: str) -> None:
    assert place_in(line, [FileView(path=path) for path in FILES]) is None
