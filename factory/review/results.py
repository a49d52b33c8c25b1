"""What a guardrail with ids says of a change, held against what it said of the tip. Pure."""

from __future__ import annotations

from factory.model import Run
from factory.wire import Compared


def has_ids(run: Run) -> bool:
    """Whether a run names what it looked at; without names there is nothing to compare."""
    return bool(run.passing or run.failing)


def compare(run: Run, tip: str, old: Run | None) -> Compared:
    """The run on the change against `old`, the newest on the tip (a commit), by name.

    A tool that names only what fails (a linter) has no added and no gone ones.
    """
    if old is None:
        return Compared(guardrail=run.guardrail, run=run.id, tip=tip)
    failing, failed = dict.fromkeys(run.failing), dict.fromkeys(old.failing)
    passing, passed = dict.fromkeys(run.passing), dict.fromkeys(old.passing)
    both = bool(run.passing or old.passing)
    return Compared(
        guardrail=run.guardrail, run=run.id, tip=tip, tip_run=old.id,
        broken=tuple(name for name in failing if name not in failed),
        still=tuple(name for name in failing if name in failed),
        mended=tuple(
            name for name in failed if name in passing or (not both and name not in failing)
        ),
        new_ones=tuple(name for name in passing if name not in passed and name not in failed),
        gone=tuple(
            name
            for name in (passed | failed if both else {})
            if name not in passing and name not in failing
        ),
        kept=sum(name in passed for name in passing),
    )  # fmt: skip
