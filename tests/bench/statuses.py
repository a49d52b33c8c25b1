"""What was shown of tasks, held against the journal. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from factory.model import Struct, TaskState
from factory.wire import Fact
from tests.bench.watched import Noted

S = TaskState
_STATES = {
    "queued": S.QUEUED, "held": S.DRAFT, "started": S.WORKING, "feedback": S.WORKING,
    "red": S.WORKING, "claimed": S.CHECKING, "recheck": S.CHECKING, "ready": S.READY,
    "differs": S.READY, "accepted": S.LANDING, "landing": S.LANDING, "landed": S.LANDED,
    "parked": S.PARKED, "rejected": S.REJECTED, "stopped": S.STOPPED,
}  # fmt: skip
"""The state that a fact of a kind leaves a task in; no other kinds happen here."""
_SHOWN = {
    S.READY: ("ready", "needs your eyes"),
    S.LANDING: ("landing", "waits to land"),
    S.PARKED: ("asks", "stuck", "error", "paused"),
}
_SOON = 1.0
"""Seconds within which a pane shows what happened."""


class Shown(Struct):
    """The states of tasks in one overview, and the journal number that it claims."""

    seq: int
    states: dict[str, TaskState]


def untrue(shown: Iterable[Shown], facts: Sequence[Fact]) -> list[str]:
    """Where an overview told a state that the journal does not have at the overview's number."""
    wrong = []
    for one in shown:
        had = _states(fact for fact in facts if fact.seq <= one.seq)
        wrong += [
            f"{task} was shown {state} at fact {one.seq}, and was {had.get(task)}"
            for task, state in one.states.items()
            if had.get(task) is not state
        ]
    return wrong


def belated(noted: Iterable[Noted], facts: Sequence[Fact]) -> list[str]:
    """Where a heading said what no task's state was within the second before."""
    wrong = []
    for one in noted:
        before = _states(fact for fact in facts if fact.at <= one.at - _SOON)
        lately = [fact for fact in facts if one.at - _SOON < fact.at <= one.at]
        for task, head in one.heads.items():
            states = {_STATES[f.kind] for f in lately if f.task == task and f.kind in _STATES}
            states |= {before[task]} if task in before else set()
            words = [word for state in states for word in _SHOWN.get(state, (str(state),))]
            if states and not any(f" {word} " in f"{head} " for word in words):
                wrong.append(f"{task}'s pane said {head.strip('─ ')!r}, and it was {words}")
    return wrong


def _states(facts: Iterable[Fact]) -> dict[str, TaskState]:
    return {fact.task: _STATES[fact.kind] for fact in facts if fact.task and fact.kind in _STATES}


def astray(said: Mapping[str, Sequence[str]], found: Mapping[str, Sequence[str]]) -> list[str]:
    """Words that were said to an agent and not found with it once, or found with another."""
    wrong = []
    for task, words in said.items():
        counted = Counter(found.get(task, ()))
        wrong += [f"{word} is {counted[word]} times with {task}" for word in words
                  if counted[word] != 1]  # fmt: skip
        wrong += [f"{word} came to {task}" for word in counted if word not in words]
    return wrong
