"""What guardrails say of a tree, and the change that rests on it."""

from __future__ import annotations

from enum import StrEnum

from factory.model.struct import Struct
from factory.model.task import Handoff


class Verdict(StrEnum):
    """What one guardrail says of one tree; only `pass` is a pass."""

    PASS = "pass"
    FAIL = "fail"
    ERROR = "error"
    FLAKY = "flaky"
    WAIVED = "waived"
    STALE = "stale"
    RUNNING = "running"
    NOT_RUN = "not run"

    @property
    def sign(self) -> str:
        """The one character that stands for it everywhere."""
        return _SIGNS[self]


_SIGNS = {
    Verdict.PASS: "✓",
    Verdict.FAIL: "✗",
    Verdict.ERROR: "⚠",
    Verdict.FLAKY: "✗",
    Verdict.WAIVED: "~",
    Verdict.STALE: "~",
    Verdict.RUNNING: "◐",
    Verdict.NOT_RUN: "○",
}


class Outcome(Struct):
    """What a guardrail's own output says, before anything is compared with the tip."""

    verdict: Verdict
    summary: str
    """One line: `3 failed, 120 passed`."""
    failing: tuple[str, ...] = ()
    """Ids of what fails, where the tool has ids: test ids, `path:rule`."""
    passing: tuple[str, ...] = ()
    counted: int | None = None
    """How many things were checked; 0 is an error, None where the tool cannot tell."""
    details: str = ""
    """At most 20 lines for the agent, the most telling first."""


class Run(Struct):
    """One run of one guardrail on one exact tree: a piece of evidence."""

    id: str
    """Also the name of its log."""
    guardrail: str
    tree: str
    key: str
    """Hash of everything besides the tree that the verdict rests on: command, environment, tool."""
    tool: str
    """What the tool's own `--version` said."""
    verdict: Verdict
    summary: str
    exit_code: int | None
    seconds: float
    at: float
    failing: tuple[str, ...] = ()
    passing: tuple[str, ...] = ()
    counted: int | None = None
    details: str = ""
    command: str = ""
    """The guardrail's own, as it stands in factory.toml: what to type to see the same."""
    note: str = ""
    """Why the verdict differs from the tool's own: `2 failed on the tip too`."""
    waived: str = ""
    """The developer's typed reason, where waived."""


class Judged(Struct):
    """A run's verdict as it counts for a change: held against the tip, or waived."""

    guardrail: str
    verdict: Verdict
    run: str = ""
    """Id of the run; empty where the guardrail does not apply to this change."""
    note: str = ""
    """Why it differs from the run's own: `2 failed on the tip too`; the reason of a waiver."""


class Lane(StrEnum):
    """Which lane of the inbox a change stands in."""

    PLAIN = "plain"
    EYES = "needs your eyes"


class Mark(Struct):
    """A tamper mark: something that makes checks say less than they did."""

    kind: str
    """`deleted test`, `skipped test`, `emptied test`, `guardrail configuration`, …"""
    path: str
    line: int = 0
    text: str = ""
    """The line or the fact, as found (foreign text)."""


class Witness(Struct):
    """One question put to a guardrail that passed, and its answer: evidence, and no verdict."""

    guardrail: str
    asked: str
    answer: str
    run: str = ""
    """Id of the run that it rests on, with a log of its own."""
    against: bool = False
    """Whether it speaks against the change."""


class Change(Struct):
    """A candidate with its evidence: what the inbox shows."""

    task: str
    number: int
    snapshot: str
    base: str
    tip: str
    tree: str
    """The candidate tree: snapshot merged with tip."""
    patch_id: str
    at: float
    lane: Lane = Lane.PLAIN
    judged: tuple[Judged, ...] = ()
    """Every guardrail's verdict, in the order of factory.toml."""
    weakened: tuple[str, ...] = ()
    """Names of guardrails that are red with the tip's versions of protected files, or say less."""
    marks: tuple[Mark, ...] = ()
    idle: tuple[str, ...] = ()
    """New tests that pass on the tip's code too: they prove nothing about the change."""
    witnesses: tuple[Witness, ...] = ()
    """What else was asked of the guardrails once all were green."""
    handoff: Handoff = Handoff()
    added: int = 0
    removed: int = 0
    files: tuple[str, ...] = ()
    critical: tuple[str, ...] = ()
    protected: tuple[str, ...] = ()
    green: bool = False
