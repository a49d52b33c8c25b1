"""Small steps of a task's life that were once wrong."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from factory import lifecycle
from factory.model import (
    AcceptRule,
    Change,
    Judged,
    Parked,
    ParkReason,
    Task,
    TaskState,
    Verdict,
)

TASK = Task(id="a", title="A", agent="script", created_at=0, changed_at=0, base="b" * 40)


def test_a_task_ended_in_its_first_round_goes_on_in_its_worktree_and_on_its_base() -> None:
    """A new start would take a newer base for files that stand on the old one."""
    stopped = replace(TASK, state=TaskState.STOPPED, worktree="w01")
    step = lifecycle.advance(stopped, lifecycle.Resumed(), now=1)
    assert (step.task.state, step.task.base) == (TaskState.WORKING, TASK.base)
    never_begun = replace(TASK, state=TaskState.STOPPED)
    step = lifecycle.advance(never_begun, lifecycle.Resumed(), now=1)
    assert step.task.state is TaskState.QUEUED


@pytest.mark.parametrize(("until", "round_"), [(10.0, 2), (None, 0)])
def test_only_the_developer_gives_fresh_rounds_not_the_clock(
    until: float | None, round_: int
) -> None:
    parked = Parked(reason=ParkReason.RATE_LIMITED, message="busy", until=until)
    task = replace(TASK, state=TaskState.PARKED, parked=parked, round=2)
    assert lifecycle.advance(task, lifecycle.Resumed(), now=11).task.round == round_


@pytest.mark.parametrize("verdict", [Verdict.PASS, Verdict.WAIVED])
def test_the_standing_accept_never_takes_what_was_waived(verdict: Verdict) -> None:
    change = Change(
        task="a", number=1, snapshot="s", base="b", tip="t", tree="r", patch_id="p", at=0,
        judged=(Judged(guardrail="tests", verdict=verdict),), green=True,
    )  # fmt: skip
    task = replace(TASK, accept=AcceptRule.WHEN_GREEN)
    taken = lifecycle.may_land_by_rule(task, change, lines=9, until=None, now=0, in_paths=True)
    assert taken is (verdict is Verdict.PASS)
