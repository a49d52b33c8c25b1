"""What the outcomes of guardrails amount to: evidence in, verdict out. Pure.

Nothing here turns an error, a flaky or a missing run into a pass. A guardrail whose `when` names no
changed path is not run, stands aside as `○ out of scope`, and neither blocks nor counts: a change
that no guardrail looked at is not green.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import msgspec

from factory.config import Compare, GuardrailSpec
from factory.globs import matches
from factory.guardrails.excerpt import LINES, counted, cut, joined, named
from factory.model import Judged, Outcome, Run, Verdict

OUT_OF_SCOPE = "out of scope"
"""The note of a guardrail that is not run since the change touches nothing of its `when`."""

READING = 1
"""Number of the way in which outcomes are read; a change to it voids all evidence."""

Said = Outcome | Run
"""Verdict and ids as the tool's own output says them."""

_HAS_RUN = (Verdict.PASS, Verdict.FAIL, Verdict.WAIVED, Verdict.FLAKY)
_RED = (Verdict.FAIL, Verdict.ERROR, Verdict.FLAKY)


def judge(said: Said, compare: Compare, tip: Said | None) -> tuple[Verdict, str]:
    """The verdict that counts for a change, and a note where there is more to say.

    Strict, it is the tool's own. No worse than the tip, a failure passes if it has ids and the tip
    fails on every one of them. `tip` is None where the tip was not run.
    """
    if said.verdict is Verdict.PASS and said.counted == 0:
        return Verdict.ERROR, "nothing was checked"
    if said.verdict is Verdict.PASS:
        return Verdict.PASS, _missing(said, tip)
    if said.verdict is not Verdict.FAIL or compare is Compare.STRICT:
        return said.verdict, ""
    if tip is None or tip.verdict not in _HAS_RUN:
        return Verdict.ERROR, "the tip could not be checked, so there is nothing to compare with"
    if not said.failing:
        return Verdict.FAIL, "what fails has no ids, so it cannot be held against the tip"
    if said.counted == 0:
        return Verdict.FAIL, "nothing was checked, so it cannot be held against the tip"
    new = worse(said, tip)
    old = len(said.failing) - len(new)
    if new:
        also = f"; {counted(old, 'other')} on the tip too" if old else ""
        return Verdict.FAIL, f"{len(new)} new: {named(new)}{also}"
    note = f"{counted(old, 'failure')}, all on the tip too"
    return Verdict.PASS, "; ".join(filter(None, (note, _missing(said, tip))))


def worse(said: Said, tip: Said) -> tuple[str, ...]:
    """The failing ids that the tip lacks.

    A test of a file that the tip cannot even collect is not new. What fails on the tip now and
    then, so that it was flaky there, is new: nobody knows which of the two it is here.
    """
    known = set() if tip.verdict is Verdict.FLAKY else set(tip.failing)
    return tuple(
        name for name in said.failing if name not in known and name.partition("::")[0] not in known
    )


def _missing(said: Said, tip: Said | None) -> str:
    """Names what passed on the tip and neither passed nor failed now; the tamper marks judge it."""
    here = {*said.passing, *said.failing}
    gone = [name for name in tip.passing if name not in here] if tip else []
    return f"passed on the tip and did not run: {named(gone)}" if gone else ""


def flaky(first: Outcome, again: Outcome) -> tuple[Outcome, str]:
    """The first outcome in the light of a second run of what failed in it, and a note.

    It is flaky if all of that passed now. Flaky is never a pass, and nothing else changes.
    """
    if first.verdict is not Verdict.FAIL or not first.failing:
        return first, ""
    passed = {name for name in again.passing if name not in again.failing}
    files = {name.partition("::")[0] for name in passed}
    healed = [name for name in first.failing if name in passed or name in files]
    if len(healed) == len(first.failing) and again.verdict is Verdict.PASS:
        found = msgspec.structs.replace(first, verdict=Verdict.FLAKY)
        return found, f"failed, then passed on the same tree: {named(healed)}"
    return first, f"passed when run again: {named(healed)}" if healed else ""


def evidence_key(spec: GuardrailSpec, environment_key: str, tool_version: str) -> str:
    """Hash (hexadecimal) of all that a verdict rests on besides the tree; one byte changes it."""
    facts = [getattr(spec, name) for name in spec.__struct_fields__]
    rests_on = msgspec.json.encode([READING, facts, environment_key, tool_version])
    return hashlib.sha256(rests_on).hexdigest()


def applies(spec: GuardrailSpec, changed: Iterable[str]) -> bool:
    """Whether the guardrail has to run on a change of these paths."""
    return not spec.when or any(matches(path, spec.when) for path in changed)


def stops(verdict: Verdict) -> bool:
    """Whether it is red: the change cannot go on with it."""
    return verdict in _RED


def green(judged: Sequence[Judged]) -> bool:
    """Whether every guardrail in scope passed or was waived, and there is one at least."""
    verdicts = [
        one.verdict
        for one in judged
        if not (one.verdict is Verdict.NOT_RUN and one.note == OUT_OF_SCOPE)
    ]
    return bool(verdicts) and all(v in (Verdict.PASS, Verdict.WAIVED) for v in verdicts)


def summary(red: Sequence[Run], judged: Sequence[Judged]) -> str:
    """What is red in one line; where it is held against the tip, what is new beside it."""
    notes = {one.guardrail: one.note for one in judged}
    return ", ".join(f"{run.guardrail}: {notes.get(run.guardrail) or run.summary}" for run in red)


def feedback(red: Sequence[Run], judged: Sequence[Judged] = ()) -> str:
    """What goes back to the agent of the runs that are red: at most 20 lines, totals first.

    Notes in `judged` say what is new beside the tip. Empty where nothing is red.
    """
    if not red:
        return ""
    notes = {one.guardrail: one.note for one in judged}
    total = f"{counted(len(red), 'guardrail')} not green: "
    lines = [total + ", ".join(f"{run.guardrail} {_word(run)}" for run in red)]
    room = LINES - 1
    for at, run in enumerate(red):
        share = room // (len(red) - at)
        block = _block(run, notes.get(run.guardrail) or run.note)[:share]
        lines += block
        room -= len(block)
    return joined(lines)


def _block(run: Run, note: str) -> list[str]:
    """One run's lines, the most telling first, so that it may be cut anywhere."""
    cause = ": the check itself could not run" if run.verdict is Verdict.ERROR else ""
    lines = [f"{_word(run)} {run.guardrail}{cause}: {run.summary}"]
    if note:
        lines.append(f"  {note}")
    command = "; ".join(line.strip() for line in run.command.split("\n") if line.strip())
    lines.append(f"  reproduce: {command}")
    return [
        cut(line) for line in (*lines, *(f"  {line}" for line in run.details.split("\n") if line))
    ]


def _word(run: Run) -> str:
    return run.verdict.value.upper()
