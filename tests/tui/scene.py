"""A morning on the Floor as canned data: the picture that the design draws."""

from __future__ import annotations

from factory import wire
from factory.entry import Delta, Finished, Origin, Prompt, Question, Response, ToolCall, ToolResult
from factory.model import (
    Budget,
    Change,
    Handoff,
    Lane,
    Mark,
    Parked,
    ParkReason,
    Spend,
    Task,
    TaskState,
    Verdict,
)
from factory.wire import GuardrailStatus, Overview, TaskView
from tests.stage import NOW, Stage

TIP = "3f2a9c1" + "0" * 33
GREEN = tuple(
    GuardrailStatus(name=name, verdict=Verdict.PASS, seconds=seconds)
    for name, seconds in (("ruff", 0.1), ("types", 4.2), ("tests", 31.0), ("tamper", 0.0))
)
CHECKING = (
    GuardrailStatus(name="ruff", verdict=Verdict.PASS, seconds=0.1),
    GuardrailStatus(name="types", verdict=Verdict.PASS, seconds=4.2),
    GuardrailStatus(
        name="tests", verdict=Verdict.RUNNING, seconds=12.0, done=143, total=220, expected=19.0
    ),
    GuardrailStatus(name="design", verdict=Verdict.NOT_RUN),
    GuardrailStatus(name="tamper", verdict=Verdict.NOT_RUN),
)


def change(name: str, added: int, removed: int, *files: str, lane: Lane = Lane.PLAIN) -> Change:
    marks = (Mark(kind="skipped test", path="tests/test_auth.py", line=12),)
    return Change(
        task=name,
        number=1,
        snapshot="5" * 40,
        base=TIP,
        tip=TIP,
        tree="9c41e07" + "0" * 33,
        patch_id="p",
        at=NOW,
        lane=lane,
        marks=marks if lane is Lane.EYES else (),
        handoff=Handoff(summary=f"{name} is done, with tests"),
        added=added,
        removed=removed,
        files=files,
        green=True,
    )


def view(
    name: str,
    state: TaskState,
    minutes: float,
    usd: float = 0.0,
    *,
    parked: Parked | None = None,
    changed: Change | None = None,
    guardrails: tuple[GuardrailStatus, ...] = (),
    quiet: float = 0.0,
    rounds: int = 1,
    overlaps: tuple[str, ...] = (),
) -> TaskView:
    task = Task(
        id=name,
        title=name.replace("-", " "),
        agent="claude",
        created_at=NOW - 3600,
        changed_at=NOW,
        state=state,
        parked=parked,
        attempt=1 if rounds else 0,
        rounds=rounds,
    )
    tokens = int(usd * 100_000)
    return TaskView(
        task=task,
        spent=Spend(usd=usd, input_tokens=tokens) if usd else Spend(),
        attempt=f"{name}.1" if rounds else "",
        change=changed,
        guardrails=guardrails,
        overlaps=overlaps,
        since=NOW - minutes * 60,
        spoke_at=NOW - quiet * 60,
    )


def parked(reason: ParkReason, message: str) -> Parked:
    return Parked(reason=reason, message=message)


def views() -> tuple[TaskView, ...]:
    asks = parked(ParkReason.QUESTION, "The header order differs from the docs; keep old order?")
    clash = parked(ParkReason.CONFLICT, "src/auth.py:88 was changed on main by i18n")
    return (
        view(
            "csv-export", TaskState.PARKED, 3, 0.31, parked=asks, overlaps=("fix-login",),
            changed=change("csv-export", 48, 9, "export.py", "cli.py", "tests/test_export.py"),
        ),
        view(
            "rate-limit", TaskState.CHECKING, 0.69, 0.52, guardrails=CHECKING, rounds=2,
            changed=change("rate-limit", 90, 4, "a.py", "b.py", "c.py", "d.py", "e.py"),
        ),
        view("retry-http", TaskState.WORKING, 4.2, 0.12),
        view("i18n", TaskState.WORKING, 9, 0.40, quiet=3.2),
        view("fix-login", TaskState.PARKED, 12, 0.95, parked=clash, rounds=3),
        view(
            "docs-typos", TaskState.READY, 30, 0.08, guardrails=GREEN,
            changed=change("docs-typos", 12, 12, "docs/index.md"),
        ),
        view(
            "auth-cache", TaskState.READY, 55, 0.61, guardrails=GREEN,
            changed=change("auth-cache", 40, 2, "auth.py", "tests/test_auth.py", lane=Lane.EYES),
        ),
        view("vendor-bump", TaskState.QUEUED, 60, rounds=0),
    )  # fmt: skip


def overview(**changes: object) -> Overview:
    fields: dict[str, object] = {
        "seq": 7,
        "repository": "myrepo",
        "path": "/src/myrepo",
        "target": "main",
        "tip": TIP,
        "now": NOW,
        "tasks": views(),
        "tip_guardrails": GREEN,
        "guardrails": ("ruff", "types", "tests", "design", "tamper"),
        "spent_today": Spend(usd=4.12, input_tokens=900_000),
        "day_cap": Budget(usd=20.0),
        "usd_per_hour": 1.8,
        "agents": ("claude",),
    }
    return wire.Overview(**(fields | changes))  # type: ignore[arg-type]  # fields by name


def stage(**changes: object) -> Stage:
    found = Stage(overview=overview(**changes))
    found.write("retry-http.1", *talk())
    found.write("csv-export.1", Prompt(text="Export as CSV"), Question(text="keep old order?"))
    found.write("i18n.1", Prompt(text="Translate"), Delta(text="Reading the catalogue"))
    found.write("docs-typos.1", Finished(handoff=Handoff(summary="12 typos fixed")))
    return found


def talk() -> tuple[Prompt | Response | ToolCall | ToolResult | Delta, ...]:
    listing = "\n".join(f"src/http/part{n}.py" for n in range(12))
    said = {"type": "text", "text": "I look at the client first."}
    return (
        Prompt(text="Retry idempotent requests\nwith backoff", origin=Origin.TASK),
        Response(content=(said,)),
        ToolCall(id="1", name="bash", text="ls src/http"),
        ToolResult(id="1", text=listing, exit_code=0, seconds=0.1),
        ToolCall(id="2", name="bash", text="pytest -q tests/test_http.py"),
        ToolResult(id="2", text="1 failed, 7 passed", exit_code=1, seconds=3.4, failed=True),
        Delta(text="thinking about the timeout", thought=True),
        Delta(text="The retry must not "),
        Delta(text="touch POST; only idempotent\nmethods are safe."),
    )
