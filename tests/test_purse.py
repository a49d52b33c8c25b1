from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import pytest

from factory.config import AgentSpec, Config
from factory.model import AgentError, Budget, ParkReason, Spend, Task
from factory.purse import Purse
from factory.store import Spent, Store

NOW = 1_800_000_000.0
AGENT = AgentSpec(name="claude", kind="claude")
CONFIG = Config(day_budget=Budget(usd=1.0))


def task(name: str) -> Task:
    return Task(id=name, title=name, agent="claude", created_at=NOW, changed_at=NOW)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "factory.db", now=lambda: NOW)
    yield store
    store.close()


@pytest.fixture
def purse(store: Store) -> Purse:
    return Purse(store, lambda: NOW)


def test_what_is_set_aside_for_a_turn_is_not_shown_as_spent(purse: Purse) -> None:
    purse.reserve(task("a"), AGENT, Spend(usd=0.6), CONFIG)
    assert purse.today().usd is None
    assert purse.per_hour() == 0
    assert purse.of(task("a")).usd is None
    purse.settle(task("a"), AGENT, Spend(usd=0.1))
    assert purse.today().usd == 0.1
    assert purse.of(task("a")).usd == 0.1


def test_what_others_have_set_aside_counts_against_the_day(purse: Purse) -> None:
    purse.reserve(task("a"), AGENT, Spend(usd=0.6), CONFIG)
    with pytest.raises(AgentError) as refused:
        purse.reserve(task("b"), AGENT, Spend(usd=0.6), CONFIG)
    assert refused.value.reason is ParkReason.BUDGET
    purse.settle(task("a"), AGENT, Spend(usd=0.1))
    purse.reserve(task("b"), AGENT, Spend(usd=0.6), CONFIG)


def test_a_turn_that_a_kill_cut_off_stays_paid(store: Store, purse: Purse) -> None:
    purse.reserve(task("a"), AGENT, Spend(usd=0.6), CONFIG)
    after = Purse(store, lambda: NOW)
    assert after.today().usd == 0.6
    with pytest.raises(AgentError):
        after.reserve(task("a"), AGENT, Spend(usd=0.6), CONFIG)


def test_a_turn_that_a_killed_engine_had_not_settled_is_settled_once(tmp_path: Path) -> None:
    store = Store(tmp_path / "factory.db", now=lambda: NOW)
    purse = Purse(store, lambda: NOW)
    turns = {"a.1#1": Spend(usd=0.1), "a.1#2": Spend(usd=0.2)}
    purse.reserve(task("a"), AGENT, Spend(usd=1), Config())
    purse.settle(task("a"), AGENT, turns["a.1#1"], "a.1#1")
    purse.reserve(task("a"), AGENT, Spend(usd=1), Config())
    for _ in range(2):
        after = Purse(store, lambda: NOW)
        after.catch_up(task("a"), AGENT, turns)
        assert after.of(task("a")).usd == pytest.approx(0.3), "and its reservation is gone"


def test_who_meets_the_days_cap_goes_on_at_midnight(purse: Purse) -> None:
    purse.reserve(task("a"), AGENT, Spend(usd=0.6), CONFIG)
    with pytest.raises(AgentError, match="it goes on tomorrow") as refused:
        purse.reserve(task("b"), AGENT, Spend(usd=0.6), CONFIG)
    assert refused.value.until is not None
    midnight = datetime.fromtimestamp(refused.value.until)
    assert (midnight.hour, midnight.minute, midnight.second) == (0, 0, 0)
    assert 0 < refused.value.until - NOW <= 25 * 3600


def test_who_would_pass_the_cap_of_any_day_waits_for_the_developer(purse: Purse) -> None:
    with pytest.raises(AgentError, match=r"raise \[budget\]") as refused:
        purse.reserve(task("a"), AGENT, Spend(usd=1.6), CONFIG)
    assert refused.value.until is None


def test_what_was_set_aside_for_a_turn_that_failed_is_free_again(store: Store) -> None:
    purse = Purse(store, lambda: NOW)
    purse.reserve(task("a"), AGENT, Spend(usd=0.6), CONFIG)
    purse.release(task("a"))
    assert store.money.lines() == ()


def test_a_turn_that_was_cut_off_in_the_midst_stays_paid(store: Store) -> None:
    purse = Purse(store, lambda: NOW)
    with purse.at_work(task("a"), AGENT):
        purse.reserve(task("a"), AGENT, Spend(usd=0.6), CONFIG)
    assert purse.today().usd == 0.6
    purse.reserve(task("b"), AGENT, Spend(usd=0.1), CONFIG)
    assert purse.of(task("a")).usd == 0.6


@pytest.mark.parametrize("seed", range(2))
def test_what_is_added_up_once_is_what_all_lines_come_to(store: Store, seed: int) -> None:
    chance, money = random.Random(seed), store.money
    names = [str(number) for number in range(30)]

    def change(step: int) -> None:
        if chance.random() < 0.2:
            money.drop(chance.choice(names))
            return
        spend = Spend(usd=chance.choice((None, 0.25)), input_tokens=step)
        spent = Spent(task=chance.choice("ab"), agent="claude", at=NOW + step, spend=spend,
                      settled=chance.random() < 0.7)  # fmt: skip
        money.put(chance.choice(names), spent)  # often a name that there is already

    def compare(step: int) -> None:
        open_ = names[: step % 3]
        for since, name in ((0.0, ""), (0.0, "a"), (NOW + 50, ""), (NOW + 50, "b")):
            lines = money.lines(since=since, task=name, without=open_)
            found = money.sum(since=since, task=name, without=open_)
            assert found == sum((line.spend for line in lines), Spend())

    for step in range(100):
        change(step)
        compare(step)
        with suppress(NotADirectoryError), store.transaction():
            change(step)
            compare(step)
            raise NotADirectoryError
        compare(step)
