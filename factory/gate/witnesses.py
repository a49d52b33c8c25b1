"""What else is asked of a candidate that is green: whether its checks could have been red.

Each answer is evidence of its own, reached like any guardrail's: the linter with nothing silenced,
the tip's tests by their ids, the tip's tests with each of them made to fail, and the change's new
tests on the tip's code. None is a verdict: they put a change before a person, or are a note.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

from msgspec.structs import replace

from factory import guardrails
from factory.config import Compare, GuardrailSpec
from factory.environment import Ready
from factory.gate.checks import Checks
from factory.gate.judging import Judging, Subject
from factory.git.comparisons import Changed
from factory.globs import matches
from factory.guardrails import verdict
from factory.guardrails.base import Kind
from factory.guardrails.excerpt import counted, named
from factory.guardrails.pytest import MOST_AGAIN
from factory.model import Mark, Run, Struct, Verdict
from factory.review.kinds import FileKind, is_test, kind_of
from factory.shop import Shop
from factory.wire import GuardrailStatus

T = TypeVar("T")

NAME = "witnesses"
"""What they are called together where guardrails are shown."""
MOST_FILES = 40
"""Files of tests that are made to fail; of a larger suite, a choice that the tree makes."""
_SHOWN = 10
"""Marks of one kind that are listed."""


_AGAIN = """\
end=$(($(date +%s) + 20)); n=0
while [ $n -lt 9 ] && [ $(date +%s) -lt $end ]; do n=$((n + 1)); (
{command}
) || exit $?; done"""
"""Nine times more, and for 20 seconds at most."""


class Heard(Struct):
    """What the witnesses said."""

    weakened: tuple[str, ...] = ()
    """Guardrails that say less than they did."""
    marks: tuple[Mark, ...] = ()
    idle: tuple[str, ...] = ()
    """New tests that pass on the tip's code too."""


class _Asked(Struct):
    """One guardrail that passed on a candidate, and what it is held against."""

    subject: Subject
    ready: Ready
    spec: GuardrailSpec
    kind: Kind
    overlaid: str
    """The candidate with the tip's versions of protected files."""
    run: Run


class Witnesses:
    """Asks what a green guardrail is worth."""

    def __init__(self, shop: Shop, checks: Checks, judging: Judging) -> None:
        self._shop = shop
        self._checks = checks
        self._judging = judging

    async def hear(self, subject: Subject, ready: Ready, runs: Iterable[Run]) -> Heard:
        """What all of them say of a candidate; nothing where the target has no guardrails yet.

        How many have answered stands beside the guardrails, under `NAME`.
        """
        if subject.tip.config is None:
            return Heard()
        overlaid = await self._judging.overlaid(subject)
        specs = {spec.name: spec for spec in subject.config.guardrails}
        asked = [
            _Asked(subject=subject, ready=ready, spec=specs[run.guardrail], overlaid=overlaid,
                   kind=guardrails.kind(specs[run.guardrail].kind), run=run)
            for run in runs
        ]  # fmt: skip
        asks = [
            ask(one)
            for one in asked
            for ask in (self._silenced, self._lost, self._must_fail, self._new, self._steady)
        ]
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
            weak = group.create_task(one_of(self._judging.weakened(subject, ready)))
            answers = [group.create_task(one_of(ask)) for ask in asks]
        heard = [Heard(weakened=weak.result()), *(answer.result() for answer in answers)]
        return Heard(
            weakened=tuple(dict.fromkeys(name for one in heard for name in one.weakened)),
            marks=tuple(mark for one in heard for mark in one.marks),
            idle=tuple(name for one in heard for name in one.idle),
        )

    # --- the linter ------------------------------------------------------------------------

    async def _silenced(self, asked: _Asked) -> Heard:
        """Findings that are there once no comment, ignore file or setting of the change counts."""
        command = asked.kind.unsilenced(asked.spec)
        if not command:
            return Heard()
        spec = self._spec(asked, "unsilenced", command)
        here = await self._evidence(spec, asked.overlaid, asked)
        there = await self._evidence(spec, asked.subject.tip.tree, asked)
        new = verdict.worse(here, there)
        marks = tuple(
            Mark(kind="silenced finding", path=name.partition(":")[0], text=name.partition(":")[2])
            for name in new[:_SHOWN]
        )
        broke = here.verdict is Verdict.ERROR and there.verdict is not Verdict.ERROR
        return Heard(weakened=(asked.spec.name,) if new or broke else (), marks=marks)

    # --- the tip's tests -------------------------------------------------------------------

    async def _lost(self, asked: _Asked) -> Heard:
        """Each test of the tip by its id: it must be there and have run, in the tip's own files."""
        if not asked.run.passing:
            return Heard()
        tip = await self._judging.on_tip(asked.subject, asked.spec)
        fewer = len(tip.passing) - len(asked.run.passing)
        marks = []
        if fewer > 0:
            gone = [name for name in tip.passing if name not in set(asked.run.passing)]
            text = f"{len(asked.run.passing)} pass, and {len(tip.passing)} do on the target"
            marks.append(Mark(kind="fewer tests", path=_file(gone[0]), text=text))
        if asked.overlaid == asked.subject.tip.tree:
            return Heard(marks=tuple(marks))
        own = await self._evidence(asked.spec, asked.overlaid, asked, once=False)
        seen = {*own.passing, *own.failing}
        lost = [name for name in tip.passing if name not in seen]
        marks += [
            Mark(kind="test did not run", path=_file(name), text=name) for name in lost[:_SHOWN]
        ]
        return Heard(weakened=(asked.spec.name,) if lost else (), marks=tuple(marks))

    async def _must_fail(self, asked: _Asked) -> Heard:
        """Tests that cannot pass, and do: whatever made them, it is not the code under test."""
        subject = asked.subject
        if not asked.run.passing or asked.overlaid == subject.tip.tree or _is_prose(subject):
            return Heard()
        tip = await self._judging.on_tip(subject, asked.spec)
        there, expected = await self._inverted(asked, subject.tip.tree, tip.passing)
        here, _ = await self._inverted(asked, asked.overlaid, tip.passing)
        if there is None or here is None:
            return Heard()
        failed = set(here.failing)
        sound = [name for name in there.failing if name in expected and name not in failed]
        if not sound:
            return Heard()
        text = f"{counted(len(sound), 'test')} made to fail did not: {named(sound)}"
        mark = Mark(kind="tests cannot fail", path=_file(sound[0]), text=text)
        return Heard(weakened=(asked.spec.name,), marks=(mark,))

    async def _inverted(
        self, asked: _Asked, tree: str, ids: tuple[str, ...]
    ) -> tuple[Run | None, frozenset[str]]:
        """A run of a tree's tests with each made to fail, and the ids that have to."""
        paths = sorted({_file(name) for name in ids}, key=_by_chance)
        changed: list[Changed] = []
        expected: set[str] = set()
        for path in paths[:MOST_FILES]:
            text = await self._shop.vault.objects.file(tree, path)
            found = asked.kind.inverted(path, text.decode(errors="replace")) if text else None
            if found is not None:
                changed.append(await self._replacement(path, found.text))
                expected |= {
                    name for name in ids if _file(name) == path and _name(name) in found.names
                }
        command = asked.spec.run
        if len(paths) > MOST_FILES:
            expected = set(sorted(expected, key=_by_chance)[:MOST_AGAIN])
            rest = tuple({*paths} - {_file(name) for name in expected})
            command = asked.kind.among(asked.spec, tuple(sorted(expected)), rest) or ""
        if not expected or not command:
            return None, frozenset()
        made = await self._shop.trees.with_versions(tree, changed)
        run = await self._evidence(self._spec(asked, "must-fail", command), made, asked)
        return run, frozenset(expected)

    async def _replacement(self, path: str, text: str) -> Changed:
        written = await self._shop.vault.git("hash-object", "-w", "--stdin", stdin=text.encode())
        mode, oid = "100644", written.text
        return Changed(path=path, status="M", old_mode=mode, new_mode=mode, old=oid, new=oid,
                       name=path.encode())  # fmt: skip

    # --- new tests -------------------------------------------------------------------------

    async def _new(self, asked: _Asked) -> Heard:
        """New tests on the tip's code: one that passes there proves nothing about the change."""
        tests = _tests(asked.subject)
        code = [c for c in asked.subject.changed if kind_of(c.path) is FileKind.LOGIC]
        new, command = await self._added(asked) if code and tests else ((), "")
        if not command:
            return Heard()
        tip = asked.subject.tip.tree
        tree = await self._shop.trees.with_versions(tip, map(_backwards, tests))
        run = await self._evidence(self._spec(asked, "new-on-the-tip", command), tree, asked)
        idle = tuple(name for name in new if name in set(run.passing))
        if len(idle) < len(new):
            return Heard(idle=idle)
        text = f"{counted(len(new), 'new test')}, and all pass without the change: {named(idle, 3)}"
        return Heard(idle=idle, marks=(Mark(kind="nothing proven", path=_file(new[0]), text=text),))

    async def _steady(self, asked: _Asked) -> Heard:
        """New tests again and again: one that fails now and then would be everybody's trouble."""
        new, command = await self._added(asked)
        if not command:
            return Heard()
        spec = self._spec(asked, "new-again", _AGAIN.format(command=command))
        run = await self._evidence(spec, asked.subject.tree, asked)
        marks = (
            Mark(kind="flaky new test", path=_file(name), text=name)
            for name in run.failing
            if name in set(new)
        )
        return Heard(marks=tuple(marks)[:_SHOWN])

    async def _added(self, asked: _Asked) -> tuple[tuple[str, ...], str]:
        """The tests that the tip does not have, and what runs them alone; empty for none."""
        where = {c.path for c in _tests(asked.subject)}
        if not asked.run.passing or not where:
            return (), ""
        tip = await self._judging.on_tip(asked.subject, asked.spec)
        known = {*tip.passing, *tip.failing}
        new = [name for name in asked.run.passing if name not in known and _file(name) in where]
        chosen = tuple(new[:MOST_AGAIN])
        rest = {_file(name) for name in known} - {_file(name) for name in chosen}
        return chosen, asked.kind.among(asked.spec, chosen, tuple(sorted(rest))) or ""

    # --- how they ask ----------------------------------------------------------------------

    def _spec(self, asked: _Asked, name: str, command: str) -> GuardrailSpec:
        name = f"{asked.spec.name}-{name}"
        return replace(asked.spec, name=name, run=command, compare=Compare.STRICT, fix="")

    async def _evidence(
        self, spec: GuardrailSpec, tree: str, asked: _Asked, *, once: bool = True
    ) -> Run:
        return await self._checks.evidence(
            spec, tree, asked.ready, progress=lambda _: None, once=once
        )


def _file(name: str) -> str:
    return name.partition("::")[0]


def _name(name: str) -> str:
    """A test's name within its file, without parameters."""
    return name.partition("::")[2].partition("[")[0]


def _by_chance(name: str) -> str:
    """An order that nobody chose."""
    return hashlib.sha256(name.encode()).hexdigest()


def _tests(subject: Subject) -> list[Changed]:
    """What a change does to tests, and to what is protected beside them."""
    protected = subject.config.protected
    return [c for c in subject.changed if is_test(c.path) or matches(c.path, protected)]


def _backwards(change: Changed) -> Changed:
    """The change that takes it back: with it, a tree gets the new side's version."""
    status = {"A": "D", "D": "A"}.get(change.status, change.status)
    return replace(change, status=status, old_mode=change.new_mode, new_mode=change.old_mode,
                   old=change.new, new=change.old)  # fmt: skip


def _is_prose(subject: Subject) -> bool:
    """Whether nothing but documentation was changed."""
    return all(path.endswith((".md", ".rst", ".adoc")) for path in subject.paths)
