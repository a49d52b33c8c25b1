"""The books of the soak: they notice what a weekend must not do."""

from __future__ import annotations

from factory.model import Spend, Task, TaskState
from factory.store import Spent
from factory.wire import Fact, LedgerRow, LedgerView, Report
from tests.trust.weekend import books
from tests.trust.weekend.model import Bill

FRIDAY = 1_795_197_840.0
TITLES = {"t-1": "good-00"}


def line(usd: float, *, settled: bool = True, at: float = FRIDAY) -> Spent:
    return Spent(task="t-1", agent="model", at=at, spend=Spend(usd=usd), settled=settled)


def bill(usd: float) -> Bill:
    return Bill(task="good-00", at=FRIDAY, usd=usd)


def test_each_bill_once_in_the_ledger_is_right() -> None:
    assert not list(books.audit([bill(0.01), bill(0.02)], [line(0.02), line(0.01)], TITLES))


def test_a_turn_that_was_paid_twice_is_noticed() -> None:
    found = list(books.audit([bill(0.01)], [line(0.01), line(0.01)], TITLES))
    assert found == ["good-00: $0.010000 stands in the ledger and was never billed"]


def test_a_turn_that_is_lost_is_noticed() -> None:
    found = list(books.audit([bill(0.01), bill(0.02)], [line(0.01)], TITLES))
    assert found == ["good-00: 1 bills are covered by nothing, 0 set aside"]


def test_a_turn_that_a_kill_cut_off_is_covered_by_what_was_set_aside() -> None:
    bills = [bill(0.01), bill(0.02)]
    assert not list(books.audit(bills, [line(0.01), line(0.05, settled=False)], TITLES))
    found = list(books.audit(bills, [line(0.01), line(0.015, settled=False)], TITLES))
    assert found == ["good-00: less was set aside than was billed"]


def test_a_report_that_is_a_cent_off_is_noticed() -> None:
    lines = [line(1.0), line(2.0)]
    row = LedgerRow(name="x", spent=Spend(usd=3.0))
    report = Report(since=0, until=1, spent=Spend(usd=2.99))
    found = list(books.adds_up(report, LedgerView(days=(row,), tasks=(row,), agents=()), lines))
    assert "the report says $2.9900, and the lines are $3.0000" in found
    assert not [words for words in found if "ledger's" in words]


def test_a_day_over_its_cap_is_noticed() -> None:
    lines = [line(1.0), line(1.1), line(1.1, at=FRIDAY + 86_400)]
    assert len(list(books.over_the_cap(lines, 2.0))) == 1


def test_what_went_on_twice_from_one_stop_is_noticed() -> None:
    kinds = ("queued", "parked", "resumed", "resumed", "landed", "landed")
    facts = [Fact(seq=n, at=0, kind=kind, task="t-1") for n, kind in enumerate(kinds, 1)]
    task = Task(
        id="t-1", title="good-00", agent="model", created_at=0, changed_at=0,
        state=TaskState.LANDED,
    )  # fmt: skip
    assert list(books.broken(facts, [task], 1)) == [
        "t-1 was parked 1 times and resumed 2 times", "t-1 was landed 2 times",
    ]  # fmt: skip
    assert "the journal has gaps" in list(books.broken(facts[1:], [task], 1))
    assert "1 of 2 tasks are there" in list(books.broken(facts, [task], 2))
