"""The table of a task's life, and what no order of events can bring about."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from factory import lifecycle as life
from factory.lifecycle import Phase, advance, may_land_by_rule, phase
from factory.model import (
    AcceptRule,
    Before,
    Change,
    Decision,
    Handoff,
    Landing,
    Lane,
    Mark,
    NotNowError,
    Parked,
    ParkReason,
    Part,
    Pending,
    Task,
    TaskState,
)

S = TaskState
NOW = 1_000.0
TREE, OTHER = "a" * 40, "b" * 40
COMMIT, STRAY = "c" * 40, "d" * 40

CHANGE = Change(
    task="t", number=1, snapshot="5" * 40, base="0" * 40, tip="1" * 40, tree=TREE,
    patch_id="p", at=0, green=True,
)  # fmt: skip
DECISION = Decision(snapshot="5" * 40, tip="1" * 40, tree=TREE, patch_id="p", at=0)
LANDING = Landing(tip="1" * 40, commit=COMMIT)

EVENTS: dict[str, life.AnyEvent] = {
    "Released": life.Released(),
    "Held": life.Held(),
    "Started": life.Started(base="0" * 40),
    "Asked": life.Asked(question="which?"),
    "Claimed": life.Claimed(handoff=Handoff(summary="done")),
    "Failed": life.Failed(reason=ParkReason.ERROR, message="broke"),
    "Red": life.Red(feedback="FAIL", summary="1 failed"),
    "Conflicted": life.Conflicted(base="1" * 40, tree=OTHER, paths=("a.txt",)),
    "Green": life.Green(change=CHANGE),
    "Accepted": life.Accepted(decision=DECISION),
    "Differs": life.Differs(change=CHANGE),
    "Refused": life.Refused(why="commit or stash b.txt"),
    "Cleared": life.Cleared(),
    "Pushing": life.Pushing(landing=LANDING),
    "Landed": life.Landed(commit=COMMIT),
    "Said": life.Said(text="other way round"),
    "Paused": life.Paused(),
    "Resumed": life.Resumed(),
    "Recheck": life.Recheck(),
    "Rejected": life.Rejected(),
    "Ended": life.Ended(),
    "TookOver": life.TookOver(feedback="the rest"),
    "TakenBack": life.TakenBack(tree=TREE, note="forget it"),
    "HandedOver": life.HandedOver(agent="other"),
}

TABLE = """
    draft      Released→queued Ended→stopped
    queued     Held→draft Started→working Failed→parked Ended→stopped
    working    Asked→parked Claimed→checking Failed→parked Said→working Paused→parked Ended→stopped
    working    TookOver→working HandedOver→working
    told       Asked→parked Claimed→checking Failed→parked Said→working Paused→parked Ended→stopped
    told       TookOver→working TakenBack→ready HandedOver→working
    checking   TookOver→working
    checking   Failed→parked Red→working Conflicted→working Green→ready Ended→stopped
    ready      Red→working Conflicted→working Green→ready Accepted→landing Said→working
    ready      TookOver→working
    ready      Recheck→checking Rejected→rejected Ended→stopped
    landing    Failed→parked Red→working Conflicted→working Differs→ready Refused→landing
    landing    Pushing→landing Ended→stopped TakenBack→ready
    pushing    Failed→parked Red→working Conflicted→working Differs→ready Refused→landing
    pushing    Pushing→landing Landed→landed
    waiting    Failed→parked Red→working Conflicted→working Differs→ready Refused→landing
    waiting    Cleared→landing Pushing→landing Landed→landed Ended→stopped
    waiting    TakenBack→ready
    parked     TookOver→working HandedOver→working
    parked     Said→working Resumed→working Recheck→checking Rejected→rejected Ended→stopped
    unsure     Resumed→landing
    rejected   Resumed→working
    refused    Resumed→working TakenBack→ready
    stopped    Resumed→working
    landed
"""
"""Who is in which state, what can happen there, and where it leads. All else raises.

Of the states some have more than one face: a landing before its push, during it, and one that
waits for the developer's checkout; and a parked task whose push broke off.
"""


def task(state: TaskState, **fields: object) -> Task:
    plain = Task(id="fix-login", title="Fix", agent="script", created_at=0, changed_at=0,
                 state=state, snapshot=1, attempt=1, position=1)  # fmt: skip
    return replace(plain, **fields)


def parked(resume: TaskState, **fields: object) -> Task:
    why = Parked(reason=ParkReason.STUCK, message="2 red", resume=resume)
    return task(S.PARKED, parked=why, **fields)


FACES = {
    "draft": task(S.DRAFT),
    "queued": task(S.QUEUED),
    "working": task(S.WORKING),
    "told": task(S.WORKING, before=Before(state=S.READY, snapshot=1, told="do")),
    "checking": task(S.CHECKING),
    "ready": task(S.READY),
    "landing": task(S.LANDING, decision=DECISION),
    "pushing": task(S.LANDING, decision=DECISION, landing=LANDING),
    "waiting": task(S.LANDING, decision=DECISION, landing=LANDING, waiting="commit b.txt"),
    "parked": parked(S.WORKING),
    "unsure": parked(S.LANDING, decision=DECISION, landing=LANDING),
    "rejected": task(S.REJECTED),
    "refused": task(S.REJECTED, before=Before(state=S.READY, snapshot=1)),
    "stopped": task(S.STOPPED),
    "landed": task(S.LANDED),
}


def _moves() -> dict[tuple[str, str], TaskState]:
    found: dict[tuple[str, str], TaskState] = {}
    for line in TABLE.split("\n"):
        face, *moves = line.split() or [""]
        for move in moves:
            event, _, state = move.partition("→")
            found[face, event] = TaskState(state)
    return found


MOVES = _moves()


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("face", FACES)
def test_what_can_happen_in_a_state_is_what_the_table_says(face: str, event: str) -> None:
    before = FACES[face]
    if (face, event) in MOVES:
        step = advance(before, EVENTS[event], now=NOW)
        assert step.task.state is MOVES[face, event]
        assert step.kind
    else:
        with pytest.raises(NotNowError, match=f"^fix-login is {before.state} and cannot be "):
            advance(before, EVENTS[event], now=NOW)


def test_the_table_speaks_of_every_state_and_every_event() -> None:
    assert {face.state for face in FACES.values()} == set(TaskState)
    assert {type(event) for event in EVENTS.values()} == set(get_args(life.AnyEvent))
    assert {face for face, _ in MOVES} <= set(FACES)
    assert {event for _, event in MOVES} <= set(EVENTS)


# --- no order of events --------------------------------------------------------------------

VARIANTS: tuple[life.AnyEvent, ...] = (
    *EVENTS.values(),
    life.Failed(reason=ParkReason.RATE_LIMITED, message="429", until=NOW + 60),
    life.Conflicted(base="1" * 40, tree=OTHER, paths=("a.txt",), restart=True),
    life.Green(change=CHANGE, by_rule=True),
    life.Green(change=replace(CHANGE, tree=OTHER, patch_id="q")),
    life.Pushing(landing=Landing(tip="2" * 40, commit=STRAY)),
    life.Landed(commit=STRAY),
)
BEGINNINGS = (
    task(S.QUEUED, snapshot=0, attempt=0),
    task(S.DRAFT, snapshot=0, attempt=0),
    task(S.CHECKING, snapshot=0, attempt=0, agent="", given="9" * 40),
    task(S.CHECKING, snapshot=0, attempt=0, agent="", given="9" * 40, undoes="other"),
)


Is = Callable[[TaskState, life.AnyEvent, TaskState], bool]


class Trail:
    """What has happened to one task, and what must hold of it."""

    def __init__(self, first: Task) -> None:
        self.task = first
        self.steps: list[tuple[TaskState, life.AnyEvent, TaskState]] = []

    def happen(self, event: life.AnyEvent) -> None:
        before = self.task
        try:
            step = advance(before, event, now=NOW)
        except NotNowError as error:
            sentence = str(error)
        else:
            self.task = step.task
            self.steps.append((before.state, event, step.task.state))
            self.holds(before, event)
            return
        assert sentence.startswith(f"{before.id} is {before.state} and cannot be ")

    def holds(self, before: Task, event: life.AnyEvent) -> None:
        after = self.task
        assert not before.state.over or isinstance(event, life.Resumed | life.TakenBack)
        assert before.state is not S.LANDED
        assert (after.parked is not None) is (after.state is S.PARKED)
        assert after.state is not S.LANDING or after.decision is not None
        if after.state is S.READY:
            again = isinstance(event, life.TakenBack) and self.last(is_green) >= 0
            assert again or isinstance(event, life.Green | life.Differs)
        if after.state is S.LANDED:
            self.landed_rightly(event)

    def landed_rightly(self, event: life.AnyEvent) -> None:
        """Green, then accepted as nothing was worked on meanwhile, then this push of the two."""
        assert isinstance(event, life.Landed)
        pushed, accepted, green = self.last(is_push), self.last(is_acceptance), self.last(is_green)
        assert 0 <= green <= accepted < pushed
        push = self.steps[pushed][1]
        assert isinstance(push, life.Pushing)
        assert push.landing.commit == event.commit
        since = {state for _, _, state in self.steps[green:]}
        assert since <= {S.READY, S.LANDING, S.PARKED, S.LANDED}

    def last(self, kind: Is) -> int:
        found = [number for number, step in enumerate(self.steps) if kind(*step)]
        return found[-1] if found else -1


def is_push(before: TaskState, event: life.AnyEvent, after: TaskState) -> bool:
    return isinstance(event, life.Pushing)


def is_green(before: TaskState, event: life.AnyEvent, after: TaskState) -> bool:
    """Also where a decision on what was green is taken back: then it is what it was."""
    back = isinstance(event, life.TakenBack) and after is S.READY
    return back or isinstance(event, life.Green | life.Differs)


def is_acceptance(before: TaskState, event: life.AnyEvent, after: TaskState) -> bool:
    """The developer's word, or the rule's, or an undo's, which were given beforehand."""
    beforehand = isinstance(event, life.Green) and after is S.LANDING
    return isinstance(event, life.Accepted) or beforehand


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(BEGINNINGS), st.lists(st.sampled_from(VARIANTS), max_size=40))
def test_no_order_of_events_lands_what_was_not_green_accepted_and_pushed(
    first: Task, events: list[life.AnyEvent]
) -> None:
    trail = Trail(first)
    for event in events:
        trail.happen(event)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_way_that_a_task_can_go_lands_what_was_not_green_accepted_and_pushed(
    data: st.DataObject,
) -> None:
    """Only events that can happen, so that the ways are long."""
    trail = Trail(data.draw(st.sampled_from(BEGINNINGS)))
    for _ in range(25):
        possible = [event for event in VARIANTS if can(trail.task, event)]
        if not possible:
            break
        trail.happen(data.draw(st.sampled_from(possible)))


def can(task: Task, event: life.AnyEvent) -> bool:
    try:
        advance(task, event, now=NOW)
    except NotNowError:
        return False
    return True


def test_a_landing_that_forgets_its_push_would_be_caught() -> None:
    """The negative control: the same look at a trail without a push, and without an accept."""
    for kept in ((is_green, is_acceptance), (is_green, is_push), (is_acceptance, is_push)):
        trail = Trail(FACES["landing"])
        whole: list[tuple[TaskState, life.AnyEvent, TaskState]] = [
            (S.CHECKING, EVENTS["Green"], S.READY),
            (S.READY, EVENTS["Accepted"], S.LANDING),
            (S.LANDING, EVENTS["Pushing"], S.LANDING),
        ]
        trail.steps = [step for step in whole if any(kind(*step) for kind in kept)]
        with pytest.raises(AssertionError):
            trail.landed_rightly(life.Landed(commit=COMMIT))


# --- rounds, prompts, phases ---------------------------------------------------------------


def test_red_goes_back_to_the_agent_until_its_rounds_are_used_up() -> None:
    one = task(S.CHECKING)
    for number in (1, 2, 3):
        step = advance(one, EVENTS["Red"], now=NOW, rounds=3)
        assert (step.task.state, step.task.round) == (S.WORKING, number)
        assert step.task.prompts[-1].text == "FAIL"
        one = replace(step.task, state=S.CHECKING)
    stuck = advance(one, EVENTS["Red"], now=NOW, rounds=3).task
    assert stuck.parked is not None
    assert stuck.parked.reason is ParkReason.STUCK
    assert "1 failed, after 4 rounds" in stuck.parked.message


def test_the_developers_word_gives_fresh_rounds() -> None:
    tired = parked(S.WORKING, round=4)
    assert advance(tired, EVENTS["Said"], now=NOW).task.round == 0
    assert advance(tired, EVENTS["Resumed"], now=NOW).task.round == 0


def test_a_change_that_no_agent_made_waits_for_the_developer_when_red() -> None:
    given_one = task(S.CHECKING, agent="", given=COMMIT)
    step = advance(given_one, EVENTS["Red"], now=NOW)
    assert step.task.parked is not None
    assert step.task.parked.resume is S.CHECKING
    assert step.task.prompts == ()


def test_a_conflict_moves_the_base_and_lays_out_both_sides() -> None:
    moved = advance(task(S.READY), EVENTS["Conflicted"], now=NOW).task
    assert (moved.base, moved.lay_out) == ("1" * 40, OTHER)
    assert "a.txt" in moved.prompts[-1].text


def test_a_push_whose_fate_is_unknown_can_only_be_found_out() -> None:
    for name in ("Said", "Recheck", "Rejected", "Ended"):
        with pytest.raises(NotNowError, match="its push may have landed; resume finds out"):
            advance(FACES["unsure"], EVENTS[name], now=NOW)
    assert advance(FACES["unsure"], EVENTS["Resumed"], now=NOW).task.landing == LANDING


def test_only_working_checking_and_an_unhindered_landing_have_a_phase() -> None:
    phases = {face: phase(one) for face, one in FACES.items()}
    assert {face: found for face, found in phases.items() if found is not None} == {
        "working": Phase.WORK,
        "told": Phase.WORK,
        "checking": Phase.CHECK,
        "landing": Phase.LAND,
        "pushing": Phase.LAND,
    }


# --- decisions that are taken back ---------------------------------------------------------


def told(*heard_before: str, snapshot: int = 3) -> Task:
    prompts = tuple(Pending(text=text, origin="developer", at=0) for text in heard_before)
    ready = task(S.READY, snapshot=snapshot, round=0, rounds=2, prompts=prompts)
    return advance(ready, life.Said(text="do it"), now=NOW).task


def test_feedback_that_nobody_has_heard_is_taken_back_without_a_word() -> None:
    after = advance(told(), EVENTS["TakenBack"], now=NOW).task
    assert (after.state, after.prompts, after.rounds, after.before) == (S.READY, (), 2, None)
    assert after.lay_out == TREE


def test_an_agent_that_has_heard_the_feedback_is_told_that_it_is_withdrawn() -> None:
    heard = replace(told(), prompts=())
    after = advance(heard, EVENTS["TakenBack"], now=NOW).task
    assert [one.text for one in after.prompts] == ["forget it"]


def test_feedback_that_was_answered_cannot_be_taken_back() -> None:
    for answered in (
        replace(told(), snapshot=4),
        advance(told(), EVENTS["Claimed"], now=NOW).task,
        advance(advance(told(), EVENTS["Claimed"], now=NOW).task, EVENTS["Red"], now=NOW).task,
    ):
        with pytest.raises(NotNowError, match="that came too late"):
            advance(answered, EVENTS["TakenBack"], now=NOW)


def test_a_rejection_taken_back_leaves_a_task_where_it_was() -> None:
    for before in (task(S.READY), parked(S.CHECKING)):
        gone = advance(before, EVENTS["Rejected"], now=NOW).task
        back = advance(gone, EVENTS["TakenBack"], now=NOW).task
        assert (back.state, back.parked) == (before.state, before.parked)


# --- a part of a change --------------------------------------------------------------------


def a_part(**fields: object) -> Task:
    part = Part(of="whole", patch_id="p", concerns=("skipped test a.py",))
    return task(S.CHECKING, agent="", given=COMMIT, part=part, **fields)


@pytest.mark.parametrize(
    ("change", "state"),
    [
        (CHANGE, S.LANDING),
        (replace(CHANGE, patch_id="another"), S.READY),
        (replace(CHANGE, lane=Lane.EYES, weakened=("tests",)), S.READY),
        (replace(CHANGE, lane=Lane.EYES, marks=(Mark(kind="deleted test", path="a.py"),)), S.READY),
        (
            replace(CHANGE, lane=Lane.EYES, marks=(Mark(kind="skipped test", path="a.py"),)),
            S.LANDING,
        ),
    ],
    ids=["as accepted", "another diff", "weakens", "another mark", "a mark that was seen"],
)
def test_a_part_lands_by_itself_only_as_it_was_accepted_and_seen(
    change: Change, state: TaskState
) -> None:
    assert advance(a_part(), life.Green(change=change), now=NOW).task.state is state


def test_a_red_part_waits_for_the_developer_and_names_the_whole() -> None:
    after = advance(a_part(), EVENTS["Red"], now=NOW).task
    assert after.parked is not None
    assert after.parked.message == (
        "without what was left out: 1 failed; whole itself is as it was"
    )


def test_the_rest_of_what_no_agent_reads_goes_to_the_developer() -> None:
    for whole, event in (
        (task(S.READY, agent=""), EVENTS["TookOver"]),
        (task(S.READY), life.TookOver(feedback="", again=False)),
    ):
        after = advance(whole, event, now=NOW).task
        assert after.parked is not None
        assert "the rest of it has landed" in after.parked.message


def test_what_a_part_was_taken_of_never_lands_by_rule() -> None:
    asks = task(S.CHECKING, accept=AcceptRule.WHEN_GREEN, parts=("whole-rest",))
    assert not may_land_by_rule(asks, SMALL, lines=99, until=None, now=NOW, in_paths=True)


def test_another_agent_goes_on_with_a_task_and_hears_what_was_not_heard_yet() -> None:
    unheard = Pending(text="be quick", origin="developer", at=NOW - 2)
    asked = Pending(text="the task", origin="task", at=NOW - 3)
    before = task(S.WORKING, prompts=(asked, unheard), round=2, rounds=4, began=TREE, worktree="w")
    step = advance(before, life.HandedOver(agent="other"), now=NOW)
    after = step.task
    assert (step.kind, step.text) == (life.HANDED_OVER, "from script to other")
    assert (after.agent, after.attempt, after.takes_over) == ("other", 2, True)
    assert [one.text for one in after.prompts] == ["", "be quick"], "its task is said anew"
    assert (after.worktree, after.began, after.round) == ("w", "", 0)
    with pytest.raises(NotNowError, match="no agent has begun it"):
        advance(task(S.PARKED, attempt=0), life.HandedOver(agent="other"), now=NOW)


# --- the standing accept -------------------------------------------------------------------


def by_rule(change: Change, *, lines: int = 10, until: float | None = None, **more: bool) -> bool:
    asks = task(S.CHECKING, accept=AcceptRule.WHEN_GREEN)
    in_paths = more.get("in_paths", True)
    return may_land_by_rule(asks, change, lines=lines, until=until, now=NOW, in_paths=in_paths)


SMALL = replace(CHANGE, added=4, removed=6)


def test_the_standing_accept_takes_a_small_plain_green_change() -> None:
    assert by_rule(SMALL)
    assert by_rule(SMALL, until=NOW)


def test_the_standing_accept_takes_nothing_past_its_limits() -> None:
    assert not by_rule(SMALL, lines=9)
    assert not by_rule(SMALL, until=NOW - 1)
    assert not by_rule(SMALL, in_paths=False)


@pytest.mark.parametrize(
    "change",
    [
        replace(SMALL, lane=Lane.EYES),
        replace(SMALL, critical=("till/money.py",)),
        replace(SMALL, marks=(Mark(kind="new dependency", path="requirements.txt"),)),
    ],
    ids=["eyes lane", "critical path", "mark"],
)
def test_the_standing_accept_never_takes_what_a_person_must_see(change: Change) -> None:
    assert not by_rule(change)


def test_a_task_that_asks_is_never_taken_by_rule() -> None:
    asks = task(S.CHECKING, accept=AcceptRule.ASK)
    assert not may_land_by_rule(asks, SMALL, lines=10, until=None, now=NOW, in_paths=True)


def test_a_rule_does_not_take_what_was_ready_before() -> None:
    ready = advance(task(S.READY), life.Green(change=CHANGE, by_rule=True), now=NOW).task
    assert (ready.state, ready.decision) == (S.READY, None)
