"""What is no pass, whatever it looks like: broken checks and flaky tests.

The runs are the gate's own, in the real sandbox, on trees of a real vault.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping

from factory.config import Config, GuardrailSpec
from factory.gate import checks
from factory.gate.judging import Subject
from factory.guardrails import verdict
from factory.model import Outcome as Said
from factory.model import Run, Struct, Task, Verdict
from tests.trust.base import Control, Outcome
from tests.trust.cheats.broken import BROKEN, Broken, suite
from tests.trust.cheats.project import PROJECT
from tests.trust.court import Court, court

QUICK = ("no tests at all", "tests that are all skipped", "a test that ends the program well",
         "a hang", "success without a report", "half a report", "a missing tool",
         "a check that edits what it checks", "ruff that is not started")  # fmt: skip


async def _judged(bench: Court, broken: Broken) -> tuple[bool, Run | None]:
    """Whether a gate of that one guardrail is green, and the run."""
    shop = bench.shop
    tip = await shop.refresh()
    folder = await shop.trees.worktree("w01", tip.tree)
    for name, text in (*broken.files, ("note.txt", broken.name)):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    tree = await shop.trees.tree(folder, tip.commit)
    spec = GuardrailSpec(name="it", run=broken.run, kind=broken.kind, timeout=broken.timeout)
    config = Config(guardrails=(spec,))
    task = Task(id="t", title=broken.name, agent="", created_at=0, changed_at=0)
    changed = await shop.vault.changed(tip.tree, tree)
    subject = Subject(task=task, snapshot="", tip=tip, tree=tree, config=config, changed=changed)
    ready = await shop.environment(config, tree)
    judged, runs = await bench.engine.gate.judging.judge(subject, tree, ready, None)
    return verdict.green(judged), runs[0] if runs else None


async def _never(cases: tuple[Broken, ...]) -> list[tuple[Broken, bool, Run | None]]:
    async with court(PROJECT) as bench:
        return [(one, *await _judged(bench, one)) for one in cases]


def never(full: bool) -> Outcome:
    """Nothing collected, a crash, a time-out, a broken report: never a pass."""
    cases = tuple(one for one in BROKEN if full or one.name in QUICK)
    found = asyncio.run(_never(cases))
    passed = [one.name for one, green, _ in found if green]
    by_code = sum(run is not None and run.exit_code == 0 for _, _, run in found)
    nothing = verdict.green(())  # no guardrail at all
    return Outcome(
        tried=len(cases) + 1,
        held=len(cases) + 1 - len(passed) - nothing,
        control=f"by exit code alone {by_code} of {len(cases)} pass",
        proven=by_code >= 3,
        notes=tuple(f"taken for a pass: {name}" for name in passed),
    )


# --- flaky tests ---------------------------------------------------------------------------

_NOW_AND_THEN = """
import os


def test_flaky():
    assert "--last-failed" in os.environ["PYTEST_ADDOPTS"]  # red at first, green when run again


def test_sound():
    assert True
"""
_REGRESSION = "\n\ndef test_regression():\n    assert 1 == 2\n"


def flaky(full: bool) -> Outcome:
    """A failure that a second run does not show is flaky, never a pass, and hides no other."""
    real = asyncio.run(
        _never((suite("flaky", _NOW_AND_THEN), suite("both", _NOW_AND_THEN + _REGRESSION)))
    )
    wanted = {"flaky": Verdict.FLAKY, "both": Verdict.FAIL}
    wrong = [
        one.name
        for one, green, run in real
        if green or run is None or run.verdict is not wanted[one.name]
    ]
    chance = random.Random(3)
    seeded = [_seeded(chance) for _ in range(2_000 if full else 200)]
    red = [case for case in seeded if case.red]
    passed = [case for case in red if case.verdict is Verdict.PASS]
    return Outcome(
        tried=len(real) + len(red),
        held=len(real) + len(red) - len(wrong) - len(passed),
        control=f"retried until green {sum(case.retried for case in red)} of {len(red)} red "
        "suites pass, each with a regression in it",
        proven=any(case.retried for case in red),
        notes=tuple(f"{name} has the wrong verdict" for name in wrong),
        figures=(("called flaky", sum(case.verdict is Verdict.FLAKY for case in red)),),
    )


class Seeded(Struct):
    """A suite with flaky tests, and a regression that shows each time or now and then."""

    red: bool
    """Whether the regression showed at first."""
    verdict: Verdict
    retried: bool
    """Whether "run again what failed until it is green" calls it green."""


def _seeded(chance: random.Random) -> Seeded:
    odds = {f"t::{n}": chance.choice((0.01, 0.1, 0.5)) for n in range(chance.randrange(1, 6))}
    odds["t::regression"] = chance.choice((0.5, 0.9, 1.0))
    first = _said(odds, chance)
    found, retried = first, False
    for _ in range(checks.AGAIN if first.failing else 0):
        again = _said({name: odds[name] for name in first.failing}, chance)
        retried = retried or not again.failing
        found, _ = verdict.flaky(first, again)
        if found.verdict is not Verdict.FLAKY:
            break
    return Seeded(red="t::regression" in first.failing, verdict=found.verdict, retried=retried)


def _said(odds: Mapping[str, float], chance: random.Random) -> Said:
    failing = tuple(name for name, odd in odds.items() if chance.random() < odd)
    passing = tuple(name for name in odds if name not in failing)
    return Said(
        verdict=Verdict.FAIL if failing else Verdict.PASS, summary="", failing=failing,
        passing=passing, counted=len(odds),
    )  # fmt: skip


CONTROLS = (
    Control(
        name="never-a-pass",
        promise="nothing collected, a crash, a time-out or a broken report is never a pass",
        run=never,
    ),
    Control(
        name="flaky-tests",
        promise="a flaky test is never a pass, and hides no regression",
        run=flaky,
    ),
)
