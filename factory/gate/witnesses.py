"""What else is asked of a candidate that is green: whether its checks could have been red.

Each answer is evidence of its own, reached like any guardrail's: every guardrail with the tip's
versions of protected files, the linter with nothing silenced, the tip's tests by their ids, the
tip's tests with each of them made to fail (`inversion`), and the change's new tests on the tip's
code. None is a verdict: they put a change before a person, or are a note.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

from msgspec.structs import replace

from factory import guardrails
from factory.environment import Ready
from factory.gate.asking import Asked, Asker, Heard, file_of
from factory.gate.checks import Checks
from factory.gate.inversion import Inversion
from factory.gate.judging import Judging, Subject
from factory.git.comparisons import Changed
from factory.git.edited import with_versions
from factory.globs import matches
from factory.guardrails import verdict
from factory.guardrails.excerpt import counted, named
from factory.guardrails.pytest import MOST_AGAIN
from factory.model import Judged, Mark, Run, Verdict, Witness
from factory.review.kinds import FileKind, is_test, kind_of
from factory.shop import Shop
from factory.wire import GuardrailStatus

T = TypeVar("T")

NAME = "witnesses"
"""What they are called together where guardrails are shown."""
_SHOWN = 10
"""Marks of one kind that are listed."""
_FINE = (Verdict.PASS, Verdict.WAIVED, Verdict.NOT_RUN)

_AGAIN = """\
end=$(($(date +%s) + 20)); n=0
while [ $n -lt 9 ] && [ $(date +%s) -lt $end ]; do n=$((n + 1)); (
{command}
) || exit $?; done"""
"""Nine times more, and for 20 seconds at most."""


class Witnesses:
    """Asks what a green guardrail is worth."""

    def __init__(self, shop: Shop, checks: Checks, judging: Judging) -> None:
        self._shop = shop
        self._judging = judging
        self._asker = Asker(shop, checks, judging)
        self._inversion = Inversion(self._asker)

    async def hear(self, subject: Subject, ready: Ready, runs: Iterable[Run]) -> Heard:
        """What all of them say of a candidate; nothing where the target has no guardrails yet.

        How many have answered stands beside the guardrails, under `NAME`.
        """
        if subject.tip.config is None:
            return Heard()
        overlaid = await self._judging.overlaid(subject)
        specs = {spec.name: spec for spec in subject.config.guardrails}
        asked = [
            Asked(subject=subject, ready=ready, spec=specs[run.guardrail], overlaid=overlaid,
                  kind=guardrails.kind(specs[run.guardrail].kind), run=run)
            for run in runs
        ]  # fmt: skip
        asking = (self._silenced, self._lost, self._inversion.ask, self._new, self._steady)
        asks = [ask(one) for one in asked for ask in asking]
        answered = 0

        def tell() -> None:
            status = GuardrailStatus(
                name=NAME, verdict=Verdict.RUNNING, done=answered, total=len(asks) + 1
            )
            self._judging.told(subject.task.id, status)

        async def one_of(ask: Coroutine[Any, Any, T]) -> T:
            nonlocal answered
            answer = await ask
            answered += 1
            tell()
            return answer

        tell()
        async with asyncio.TaskGroup() as group:
            again = group.create_task(one_of(self._judging.with_the_tips(subject, ready)))
            answers = [group.create_task(one_of(ask)) for ask in asks]
        heard = [self._bent(again.result()), *(answer.result() for answer in answers)]
        return Heard(
            weakened=tuple(dict.fromkeys(name for one in heard for name in one.weakened)),
            marks=tuple(mark for one in heard for mark in one.marks),
            idle=tuple(name for one in heard for name in one.idle),
            witnesses=tuple(witness for one in heard for witness in one.witnesses),
        )

    # --- every guardrail -------------------------------------------------------------------

    def _bent(self, again: tuple[Judged, ...]) -> Heard:
        """The guardrails once more, with the tip's versions of protected files."""
        witnesses = []
        for one in again:
            run = self._shop.store.evidence.run(one.run) if one.run else None
            if run is not None:
                witnesses.append(
                    Witness(
                        guardrail=one.guardrail, run=run.id, answer=one.note or run.summary,
                        asked="once more, with the target's versions of protected files",
                        against=one.verdict not in _FINE,
                    )
                )  # fmt: skip
        weakened = tuple(one.guardrail for one in again if one.verdict not in _FINE)
        return Heard(weakened=weakened, witnesses=tuple(witnesses))

    # --- the linter ------------------------------------------------------------------------

    async def _silenced(self, asked: Asked) -> Heard:
        """Findings that are there once no comment, ignore file or setting of the change counts."""
        command = asked.kind.unsilenced(asked.spec)
        if not command:
            return Heard()
        spec = asked.variant("unsilenced", command)
        here = await self._asker.evidence(spec, asked.overlaid, asked)
        there = await self._asker.evidence(spec, asked.subject.tip.tree, asked)
        new = verdict.worse(here, there)
        marks = tuple(
            Mark(kind="silenced finding", path=name.partition(":")[0], text=name.partition(":")[2])
            for name in new[:_SHOWN]
        )
        broke = here.verdict is Verdict.ERROR and there.verdict is not Verdict.ERROR
        text = here.summary if broke else f"{counted(len(new), 'finding')} more than on the target"
        question = "with nothing silenced, by the target's settings"
        against = bool(new) or broke
        return Heard(
            weakened=(asked.spec.name,) if against else (),
            marks=marks,
            witnesses=(asked.answer(question, here, text, against=against),),
        )

    # --- the tip's tests -------------------------------------------------------------------

    async def _lost(self, asked: Asked) -> Heard:
        """Each test of the tip by its id: it must be there and have run, in the tip's own files."""
        if not asked.run.passing:
            return Heard()
        tip = await self._judging.on_tip(asked.subject, asked.spec)
        fewer = len(tip.passing) - len(asked.run.passing)
        text = f"{len(asked.run.passing)} pass, and {len(tip.passing)} do on the target"
        marks = []
        if fewer > 0:
            gone = [name for name in tip.passing if name not in set(asked.run.passing)]
            marks.append(Mark(kind="fewer tests", path=file_of(gone[0]), text=text))
        if asked.overlaid == asked.subject.tip.tree:
            said = asked.answer("how many tests pass", asked.run, text, against=fewer > 0)
            return Heard(marks=tuple(marks), witnesses=(said,))
        own = await self._asker.evidence(asked.spec, asked.overlaid, asked, once=False)
        seen = {*own.passing, *own.failing}
        lost = [name for name in tip.passing if name not in seen]
        marks += [
            Mark(kind="test did not run", path=file_of(name), text=name) for name in lost[:_SHOWN]
        ]
        text = f"{len(tip.passing) - len(lost)} of {len(tip.passing)} ran; in the change {text}"
        said = asked.answer(
            "each test of the target by its id", own, text, against=bool(lost) or fewer > 0
        )
        return Heard(
            weakened=(asked.spec.name,) if lost else (), marks=tuple(marks), witnesses=(said,)
        )

    # --- new tests -------------------------------------------------------------------------

    async def _new(self, asked: Asked) -> Heard:
        """New tests on the tip's code: one that passes there proves nothing about the change."""
        tests = _tests(asked.subject)
        code = [c for c in asked.subject.changed if kind_of(c.path) is FileKind.LOGIC]
        new, command = await self._added(asked) if code and tests else ((), "")
        if not command:
            return Heard()
        tip = asked.subject.tip.tree
        tree = await with_versions(self._shop.vault, tip, map(_backwards, tests))
        run = await self._asker.evidence(asked.variant("new-on-the-tip", command), tree, asked)
        idle = tuple(name for name in new if name in set(run.passing))
        none = len(idle) == len(new)
        text = f"{len(new) - len(idle)} of {counted(len(new), 'new test')} need the change"
        said = asked.answer("new tests on the target's code", run, text, against=none)
        if not none:
            return Heard(idle=idle, witnesses=(said,))
        text = f"{counted(len(new), 'new test')}, and all pass without the change: {named(idle, 3)}"
        mark = Mark(kind="nothing proven", path=file_of(new[0]), text=text)
        return Heard(idle=idle, marks=(mark,), witnesses=(said,))

    async def _steady(self, asked: Asked) -> Heard:
        """New tests again and again: one that fails now and then would be everybody's trouble."""
        new, command = await self._added(asked)
        if not command:
            return Heard()
        spec = asked.variant("new-again", _AGAIN.format(command=command))
        run = await self._asker.evidence(spec, asked.subject.tree, asked)
        unsteady = [name for name in run.failing if name in set(new)]
        text = f"{len(new) - len(unsteady)} of {counted(len(new), 'new test')} passed each time"
        said = asked.answer("new tests, nine times more", run, text, against=bool(unsteady))
        marks = (Mark(kind="flaky new test", path=file_of(n), text=n) for n in unsteady[:_SHOWN])
        return Heard(marks=tuple(marks), witnesses=(said,))

    async def _added(self, asked: Asked) -> tuple[tuple[str, ...], str]:
        """The tests that the tip does not have, and what runs them alone; empty for none."""
        where = {c.path for c in _tests(asked.subject)}
        if not asked.run.passing or not where:
            return (), ""
        tip = await self._judging.on_tip(asked.subject, asked.spec)
        known = {*tip.passing, *tip.failing}
        new = [name for name in asked.run.passing if name not in known and file_of(name) in where]
        chosen = tuple(new[:MOST_AGAIN])
        rest = {file_of(name) for name in known} - {file_of(name) for name in chosen}
        return chosen, asked.kind.among(asked.spec, chosen, tuple(sorted(rest))) or ""


def _tests(subject: Subject) -> list[Changed]:
    """What a change does to tests, and to what is protected beside them."""
    protected = subject.config.protected
    return [c for c in subject.changed if is_test(c.path) or matches(c.path, protected)]


def _backwards(change: Changed) -> Changed:
    """The change that takes it back: with it, a tree gets the new side's version."""
    status = {"A": "D", "D": "A"}.get(change.status, change.status)
    return replace(change, status=status, old_mode=change.new_mode, new_mode=change.old_mode,
                   old=change.new, new=change.old)  # fmt: skip
