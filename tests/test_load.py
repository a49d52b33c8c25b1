"""What reviewing asks of the developer, in figures."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from factory.load import decisions_per_hour, load, review_times
from factory.model import Task, TaskState
from factory.wire import Fact, Load
from tests.stage import NOW
from tests.stage_review import overview
from tui.attention import AWAY, Attention, Reading
from tui.inboxlines import heading
from tui.standing import load as told
from tui.waiting import waiting

HOUR = 3_600.0


def fact(kind: str, task: str, at: float = NOW, text: str = "") -> Fact:
    return Fact(seq=1, at=at, kind=kind, task=task, text=text)


def read(task: str, seconds: int) -> Fact:
    return fact("read", task, text=f"{seconds} s")


def test_a_review_takes_what_was_read_for_each_decision() -> None:
    facts = (
        read("a", 300), fact("feedback", "a"), read("a", 100), fact("accepted", "a"),
        fact("accepted", "b"), read("b", 600), read("open", 5_000), fact("rejected", "unread"),
    )  # fmt: skip
    assert review_times(facts) == (200.0, 600.0)
    found = load((), facts, now=NOW, at_most=6)
    assert (found.review_seconds, found.reviews) == (400.0, 2)


def test_before_the_first_review_nothing_is_made_up() -> None:
    assert load((), (), now=NOW, at_most=6) == Load(at_most=6)
    assert told(overview()) == ""


def test_decisions_count_over_the_last_eight_hours_or_since_the_first() -> None:
    old = [fact("accepted", "x", NOW - 9 * HOUR)]
    assert decisions_per_hour(old, NOW) == 0.0
    long = [*old, fact("accepted", "a", NOW - 7.9 * HOUR), fact("rejected", "b", NOW - HOUR)]
    assert decisions_per_hour(long, NOW) == pytest.approx(2 / 7.9)
    fresh = [fact("accepted", name, NOW - 600) for name in "abc"]
    assert decisions_per_hour(fresh, NOW) == 3.0


def test_the_oldest_is_the_one_that_waits_longest_for_a_person() -> None:
    def task(name: str, state: TaskState, at: float) -> Task:
        return Task(id=name, title=name, agent="a", created_at=0, changed_at=at, state=state)

    tasks = (
        task("old", TaskState.LANDED, 1.0), task("one", TaskState.READY, 50.0),
        task("two", TaskState.READY, 40.0), task("works", TaskState.WORKING, 2.0),
    )  # fmt: skip
    found = load(tasks, (), now=NOW, at_most=2)
    assert (found.waiting, found.oldest) == (2, 40.0)


def test_the_heading_says_how_long_the_waiting_ones_will_take() -> None:
    busy = Load(waiting=4, review_seconds=600.0, reviews=9, decisions_per_hour=2.5)
    picture = replace(overview(), load=busy)
    words = "4 to decide on ≈ 40 min · 2.5 decided an hour"
    assert told(picture) == words
    assert words in heading(picture, waiting(picture), NOW, 120).plain
    assert words not in heading(picture, waiting(picture), NOW, 80).plain


# --- what the client measures --------------------------------------------------------------------


def test_reading_is_the_time_between_keys_and_a_long_pause_is_no_reading() -> None:
    attention = Attention()
    assert attention.look("a", 100.0) is None
    assert attention.look("a", 160.0) is None
    assert attention.look("a", 10_000.0) is None  # away for long: it counts for two minutes
    assert attention.look("b", 10_010.0) == Reading(task="a", seconds=60 + AWAY + 10)
    assert attention.look("", 10_012.0) is None  # a glance is no review
    assert attention.look("", 20_000.0) is None
