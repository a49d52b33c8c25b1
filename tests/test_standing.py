from __future__ import annotations

import msgspec
import pytest

from factory.model import (
    Change,
    Lane,
    Mark,
    Parked,
    ParkReason,
    Task,
    TaskState,
    Verdict,
)
from factory.wire import GuardrailStatus, Overview, TaskView
from tui.inboxlines import draw
from tui.standing import Counts, counts, moving, needs_you, short, sign, why
from tui.waiting import Group, Waiting

NOW = 10_000.0


def view(state: TaskState, name: str = "fix-login", **task: object) -> TaskView:
    plain = Task(id=name, title=name, agent="claude", created_at=0, changed_at=0, state=state)
    return TaskView(task=msgspec.structs.replace(plain, **task), since=NOW - 252)


def parked(reason: ParkReason, message: str, *, until: float | None = None) -> TaskView:
    return view(TaskState.PARKED, parked=Parked(reason=reason, message=message, until=until))


def ready(**fields: object) -> TaskView:
    change = Change(
        task="fix-login", number=1, snapshot="5" * 40, base="b" * 40, tip="3f2a9c1" + "0" * 33,
        tree="9c41e07" + "0" * 33, patch_id="p", at=0, green=True,
    )  # fmt: skip
    seen = {name: value for name, value in fields.items() if name in TaskView.__struct_fields__}
    rest = {name: value for name, value in fields.items() if name not in seen}
    changed = msgspec.structs.replace(change, **rest)
    return msgspec.structs.replace(view(TaskState.READY), change=changed, **seen)


def picture(*tasks: TaskView, problem: str = "") -> Overview:
    return Overview(
        seq=1, repository="r", path="/r", target="main", tip="3" * 40, now=NOW,
        tasks=tasks, problem=problem,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("task", "waits", "mark", "sentence"),
    [
        (view(TaskState.DRAFT), False, "○", "held back"),
        (view(TaskState.QUEUED), False, "○", "waits for its turn"),
        (view(TaskState.QUEUED, after=("a", "b")), False, "○", "after a, b"),
        (view(TaskState.WORKING), False, "◐", "working 4:12 · silent 4m"),
        (view(TaskState.LANDING), False, "◐", "landing"),
        (
            view(TaskState.LANDING, waiting="commit or stash b.txt"),
            True,
            "!",
            "waits to land: commit or stash b.txt",
        ),
        (view(TaskState.LANDED, landed="a11f09c" + "0" * 33), False, "✓", "landed as a11f09c"),
        (view(TaskState.REJECTED), False, "✗", "rejected; its work is kept"),
        (parked(ParkReason.QUESTION, "keep\x1b[31m it?"), True, "!", "asks: keep it?"),
        (parked(ParkReason.STUCK, "2 tests red"), True, "!", "stuck: 2 tests red"),
        (parked(ParkReason.PAUSED, "paused by you"), False, "○", "paused by you"),
        (ready(), False, "✓", "green on 3f2a9c1"),
        (ready(behind=2, stale_on="a" * 40), False, "~", "green on aaaaaaa, 2 behind"),
        (
            ready(lane=Lane.EYES, marks=(Mark(kind="skipped test", path="t/x.py"),)),
            True,
            "!",
            "needs your eyes: skipped test t/x.py",
        ),
        (
            ready(guardrails=(GuardrailStatus(name="types", verdict=Verdict.WAIVED),)),
            False,
            "~",
            "waived: types",
        ),
    ],
)
def test_a_task_says_in_one_line_how_it_stands(
    task: TaskView, waits: bool, mark: str, sentence: str
) -> None:
    assert why(task, NOW) == sentence
    assert needs_you(task) is waits
    assert sign(task) == mark


def test_a_check_shows_how_far_it_is() -> None:
    def checking(**fields: object) -> TaskView:
        running = GuardrailStatus(name="go-test", verdict=Verdict.RUNNING, seconds=12)
        status = msgspec.structs.replace(running, **fields)
        return msgspec.structs.replace(view(TaskState.CHECKING), guardrails=(status,))

    assert why(checking(done=143, total=220), NOW) == "checking: go-test 143/220"
    assert why(checking(expected=40.0), NOW) == "checking: go-test 12s of ~40s"
    assert why(checking(), NOW) == "checking: go-test 12s"


def test_what_waits_for_the_clock_does_not_need_you() -> None:
    task = parked(ParkReason.RATE_LIMITED, "rate limited", until=NOW + 60)
    assert not needs_you(task)
    assert why(task, NOW).startswith("rate limited until ")


def test_the_status_line_leaves_out_what_is_nought() -> None:
    tasks = (parked(ParkReason.STUCK, "x"), view(TaskState.WORKING), ready(), ready())
    assert counts(tasks) == Counts(needs_you=1, working=1, ready=2)
    assert short(counts(tasks)) == "!1 ◐1 ✓2"
    assert short(counts(())) == "idle"
    assert short(counts((view(TaskState.LANDED),))) == "idle"


def test_a_queue_behind_something_that_waits_does_not_move() -> None:
    waits = parked(ParkReason.QUESTION, "which?")
    behind = view(TaskState.QUEUED, "second", after=("fix-login",))
    free = view(TaskState.QUEUED, "free")
    chained = view(TaskState.QUEUED, "third", after=("free",))
    assert moving(picture(waits, behind, chained, free)) == ("third", "free")
    assert moving(picture(waits, behind)) == ()


def test_nothing_queued_moves_while_there_is_a_problem() -> None:
    tasks = (view(TaskState.QUEUED), view(TaskState.WORKING, "at-work"))
    assert moving(picture(*tasks, problem="no factory.toml")) == ("at-work",)
    assert moving(picture(*tasks)) == ("fix-login", "at-work")


def test_the_inbox_says_why_an_accepted_change_waits_whatever_it_touches() -> None:
    eyes = ready(lane=Lane.EYES, marks=(Mark(kind="skipped test", path="t/x.py"),))
    task = msgspec.structs.replace(
        eyes.task, state=TaskState.LANDING, waiting="commit or stash b.txt"
    )
    item = Waiting(group=Group.NEEDS_YOU, view=msgspec.structs.replace(eyes, task=task))
    assert "waits to land: commit or stash b.txt" in draw(item, 1, 100, NOW).plain
