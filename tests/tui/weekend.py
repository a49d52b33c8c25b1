"""A weekend in the factory as canned data: every state that the lists can show."""

from __future__ import annotations

from typing import Any

from factory import wire
from factory.model import (
    Budget,
    Change,
    Lane,
    Mark,
    Parked,
    ParkReason,
    Spend,
    Task,
    TaskState,
    Verdict,
)
from factory.wire import Fact, GuardrailStatus, Overview, ReportItem, TaskView
from tests.stage import NOW, Stage

HOUR = 3_600.0
FRIDAY = NOW - 62 * HOUR
TIP = "a11f09c" + "0" * 33


def change(name: str, added: int, removed: int, *files: str, **fields: Any) -> Change:
    return Change(
        task=name, number=1, snapshot="5" * 40, base="b" * 40, tip=TIP, tree="9c41e07" + "0" * 33,
        patch_id="p", at=NOW, green=True, added=added, removed=removed, files=files, **fields,
    )  # fmt: skip


def task(name: str, state: TaskState, title: str = "", **fields: Any) -> Task:
    given: dict[str, Any] = {"agent": "claude", "created_at": FRIDAY, "attempt": 1, **fields}
    return Task(id=name, title=title or name, changed_at=NOW, state=state, **given)


def view(name: str, state: TaskState, hours: float, usd: float, **fields: Any) -> TaskView:
    own = {key: value for key, value in fields.items() if key in ("guardrails", "change")}
    rest = {key: value for key, value in fields.items() if key not in own}
    spent = Spend(usd=usd, input_tokens=int(usd * 90_000), output_tokens=int(usd * 9_000))
    return TaskView(
        task=task(name, state, **rest), since=NOW - hours * HOUR, spoke_at=NOW, spent=spent, **own
    )


def tasks() -> tuple[TaskView, ...]:
    stuck = Parked(reason=ParkReason.STUCK, message="2 tests red, after 3 rounds")
    asks = Parked(reason=ParkReason.QUESTION, message="keep the old column order?")
    limited = Parked(reason=ParkReason.RATE_LIMITED, message="rate limited", until=NOW + 2 * HOUR)
    running = GuardrailStatus(name="go-test", verdict=Verdict.RUNNING, seconds=12, expected=40.0)
    skipped = Mark(kind="skipped test", path="internal/limit/bucket_test.go", line=12)
    return (
        view("vendor-bump", TaskState.PARKED, 9, 3.10, parked=stuck, rounds=3,
             title="Bump vendored YAML"),
        view("csv-export", TaskState.PARKED, 0.05, 0.31, parked=asks, rounds=1,
             title="Export reports as CSV", paths=("internal/report",)),
        view("crawl-docs", TaskState.PARKED, 3, 0.80, parked=limited, rounds=1,
             title="Check all links in the docs"),
        view("rate-limit", TaskState.READY, 51, 0.52, rounds=2, title="Count requests per key",
             change=change("rate-limit", 90, 4, "internal/limit/bucket.go",
                           critical=("internal/limit/bucket.go",))),
        view("fast-path", TaskState.READY, 20, 1.12, rounds=1, title="Skip work for empty input",
             change=change("fast-path", 31, 8, "internal/limit/bucket_test.go",
                           lane=Lane.EYES, marks=(skipped,))),
        view("i18n", TaskState.WORKING, 0.07, 0.44, rounds=1, title="Translate error messages"),
        view("go-1-24", TaskState.CHECKING, 0.01, 0.20, rounds=1, title="Move to Go 1.24",
             guardrails=(running,)),
        view("docs-typos", TaskState.LANDED, 30, 0.08, landed="77ab012" + "0" * 33,
             title="Fix typos in docs/", change=change("docs-typos", 12, 12, "docs/a.md")),
        view("fix-login", TaskState.LANDED, 40, 2.40, landed="91cd000" + "0" * 33,
             title="Fix the login redirect", change=change("fix-login", 48, 9, "src/auth.py")),
        view("try-rust", TaskState.REJECTED, 35, 4.05, title="Rewrite the parser in Rust"),
        view("bench", TaskState.QUEUED, 60, 0, attempt=0, position=1, title="Benchmark the parser",
             after=("rate-limit",)),
        view("retry-http", TaskState.QUEUED, 60, 0, attempt=0, position=2, budget=Budget(usd=2),
             title="Retry HTTP 503 with backoff", paths=("internal/http/", "internal/report/*.go")),
        view("drop-py39", TaskState.QUEUED, 59, 0, attempt=0, position=3, title="Drop Python 3.9"),
        view("big-idea", TaskState.DRAFT, 58, 0, attempt=0, position=4, title="A plugin system"),
    )  # fmt: skip


def overview(seq: int = 40) -> Overview:
    return Overview(
        seq=seq, repository="myrepo", path="/src/myrepo", target="main", tip=TIP, now=NOW,
        tasks=tasks(), spent_today=Spend(usd=4.12, input_tokens=400_000, output_tokens=40_000),
        day_cap=Budget(usd=20), usd_per_hour=1.8, agents=("claude", "codex"),
    )  # fmt: skip


def report() -> wire.Report:
    items = tuple(
        ReportItem(
            task=one.task.id, title=one.task.title, state=one.task.state, note=_NOTES[one.task.id],
            spent=one.spent, parked=one.task.parked, by_rule=one.task.id == "docs-typos",
        )
        for one in tasks()
        if one.task.id in _NOTES
    )  # fmt: skip
    return wire.Report(
        since=FRIDAY, until=NOW, items=items, events=events(), tip=TIP,
        spent=Spend(usd=21.40, input_tokens=2_000_000, output_tokens=200_000),
    )  # fmt: skip


_NOTES = {
    "vendor-bump": "stuck: 2 tests red, after 3 rounds",
    "csv-export": "asks: keep the old column order?",
    "rate-limit": "green on a11f09c",
    "fast-path": "needs your eyes",
    "docs-typos": "landed by rule docs/**",
    "fix-login": "landed as 91cd000",
    "try-rust": "rejected: not now",
    "bench": "waits for rate-limit",
}


def events() -> tuple[Fact, ...]:
    return (
        Fact(seq=11, at=NOW - 54 * HOUR, kind="restarted", text="3 tasks resumed after a reboot"),
        Fact(seq=19, at=NOW - 53 * HOUR, kind="rate limited", text="until 05:00, 2 tasks waited"),
        Fact(seq=30, at=NOW - 20 * HOUR, kind="held", task="fast-path",
             text="it skips a test that fails on the tip too"),
    )  # fmt: skip


def ledger() -> wire.LedgerView:
    def row(name: str, usd: float | None, tokens: int, count: int, landed: int) -> wire.LedgerRow:
        spent = Spend(usd=usd, input_tokens=tokens, output_tokens=tokens // 10, seconds=3_700.0)
        return wire.LedgerRow(name=name, spent=spent, tasks=count, landed=landed)

    return wire.LedgerView(
        days=(
            row("2027-01-15", 4.12, 400_000, 5, 0),
            row("2027-01-14", 9.80, 900_000, 6, 1),
            row("2027-01-13", 7.48, 700_000, 4, 1),
        ),
        tasks=(
            row("try-rust", 4.05, 420_000, 1, 0),
            row("vendor-bump", 3.10, 300_000, 1, 0),
            row("fix-login", 2.40, 250_000, 1, 1),
            row("docs-typos", 0.08, 9_000, 1, 1),
            row("i18n", None, 41_000, 1, 0),
        ),
        agents=(row("claude", 21.40, 1_900_000, 12, 2), row("codex", None, 41_000, 1, 0)),
    )


def history() -> tuple[Fact, ...]:
    told = (
        (FRIDAY, "queued", "rate-limit", ""),
        (FRIDAY + 60, "started", "rate-limit", ""),
        (FRIDAY + 900, "ready", "rate-limit", "green on a11f09c"),
        (NOW - 40 * HOUR, "landed", "fix-login", "91cd000"),
        (NOW - 20 * HOUR, "parked", "vendor-bump", "stuck: 2 tests red, after 3 rounds"),
        (NOW - 600, "asked", "csv-export", "keep the old\x1b[2J column order?"),
    )
    return tuple(
        Fact(seq=n, at=at, kind=kind, task=name, text=text)
        for n, (at, kind, name, text) in enumerate(told, start=1)
    )


def stage() -> Stage:
    return Stage(overview=overview(), report=report(), ledger=ledger(), history=history())
