"""All guardrails on one tree: in which order, held against which tip, and what is waived."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from factory.config import Config, GuardrailSpec
from factory.environment import Ready
from factory.gate.checks import Checks
from factory.git.comparisons import Changed
from factory.git.edited import with_versions
from factory.globs import matches
from factory.guardrails import verdict
from factory.model import Change, FactoryError, Judged, NotNowError, Run, Struct, Task, Verdict
from factory.shop import Shop, Tip
from factory.wire import GuardrailStatus, Progressed


class Subject(Struct):
    """What a gate looks at: one snapshot on one tip."""

    task: Task
    snapshot: str
    tip: Tip
    tree: str
    config: Config
    changed: tuple[Changed, ...]

    @property
    def made_from(self) -> str:
        """The tree whose files take part in making the environment, where it is not made yet.

        Set-up has the network, and what it makes is shared: nothing that an agent wrote takes part,
        but where it changed what the environment is keyed by and the developer allowed that.
        """
        own = any(matches(path, self.config.environment.inputs) for path in self.paths)
        return self.tree if own else self.tip.tree

    @property
    def paths(self) -> tuple[str, ...]:
        """The changed paths."""
        return tuple(change.path for change in self.changed)


class Judging:
    """Runs the guardrails on trees and keeps how far each is."""

    def __init__(self, shop: Shop, checks: Checks) -> None:
        self._shop = shop
        self._checks = checks
        self.live: dict[str, tuple[GuardrailStatus, ...]] = {}
        """How far each gate under way is, by task; the tip's under an empty name."""

    async def judge(
        self, subject: Subject, tree: str, ready: Ready, name: str | None
    ) -> tuple[tuple[Judged, ...], tuple[Run, ...]]:
        """Every guardrail's verdict on a tree, and the runs they rest on."""
        board = _Board(self, subject.config.guardrails, name)
        limit = asyncio.Semaphore(1 if subject.config.in_order else len(board.specs) or 1)
        failed = asyncio.Event()

        async def one(spec: GuardrailSpec) -> tuple[Judged, Run | None]:
            if not verdict.applies(spec, subject.paths):
                return Judged(
                    guardrail=spec.name, verdict=Verdict.NOT_RUN, note=verdict.OUT_OF_SCOPE
                ), None
            async with limit:
                if subject.config.in_order and failed.is_set():
                    return Judged(guardrail=spec.name, verdict=Verdict.NOT_RUN), None
                judged, run = await self._one(subject, spec, tree, ready, board)
            if judged.verdict not in (Verdict.PASS, Verdict.WAIVED):
                failed.set()
            board.settle(judged, run)
            return judged, run

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(spec)) for spec in board.specs]
        pairs = [task.result() for task in tasks]
        return tuple(pair[0] for pair in pairs), tuple(run for _, run in pairs if run is not None)

    async def _one(
        self, subject: Subject, spec: GuardrailSpec, tree: str, ready: Ready, board: _Board
    ) -> tuple[Judged, Run]:
        notes = self._shop.store.answers
        again = f"again:{subject.task.id}:{spec.name}"
        fresh = tree == subject.tree and notes.note(again) == tree
        run = await self._checks.evidence(spec, tree, ready, progress=board.show, fresh=fresh)
        if fresh:
            notes.put_note(again, "")
        waived = notes.note(waiver(subject.task.id, spec.name, tree))
        if waived:
            return Judged(guardrail=spec.name, verdict=Verdict.WAIVED, run=run.id, note=waived), run
        tip = None
        if run.verdict is Verdict.FAIL and spec.compare == "no-worse":
            tip = await self.on_tip(subject, spec)
        found, note = verdict.judge(run, spec.compare, tip)
        return Judged(guardrail=spec.name, verdict=found, run=run.id, note=note), run

    async def on_tip(self, subject: Subject, spec: GuardrailSpec) -> Run:
        """What a guardrail says of the tip that the subject stands on."""
        ready = await self._shop.environment(subject.config, subject.tip.tree)
        return await self._checks.evidence(spec, subject.tip.tree, ready, progress=lambda _: None)

    async def overlaid(self, subject: Subject) -> str:
        """The subject's tree with the tip's own versions of protected files."""
        touched = [c for c in subject.changed if matches(c.path, subject.config.protected)]
        if not touched:
            return subject.tree
        return await with_versions(self._shop.vault, subject.tree, touched)

    async def with_the_tips(self, subject: Subject, ready: Ready) -> tuple[Judged, ...]:
        """Every guardrail where the protected files are the tip's own again; none if they are."""
        tree = await self.overlaid(subject)
        if tree in (subject.tree, subject.tip.tree) or subject.tip.config is None:
            return ()
        judged, _ = await self.judge(subject, tree, ready, None)
        return judged

    async def tip(self) -> tuple[Judged, ...]:
        """Run all guardrails on the tip itself: what the base is like, and whether they can run."""
        tip = self._shop.tip
        if tip.config is None:
            return ()
        try:
            ready = await self._shop.environment(tip.config, tip.tree)
            board = _Board(self, tip.config.guardrails, "")
            judged = []
            for spec in board.specs:
                run = await self._checks.evidence(spec, tip.tree, ready, progress=board.show)
                note = run.summary if run.verdict is Verdict.ERROR else ""
                judged.append(
                    Judged(guardrail=spec.name, verdict=run.verdict, run=run.id, note=note)
                )
                board.settle(judged[-1], run)
        finally:
            self.live.pop("", None)
        return tuple(judged)

    def told(self, name: str, status: GuardrailStatus) -> None:
        """A guardrail, or what stands beside them, got further: keep it and show it.

        Nothing, where that gate has ended: a run that it began may still go on for another's sake.
        """
        if name not in self.live:
            return
        known = {one.name: one for one in self.live[name]}
        self.live[name] = tuple({**known, status.name: status}.values())
        self._shop.tell(Progressed(task=name, guardrail=status))


class _Board:
    """The statuses of one gate under way, in the order of factory.toml.

    `name` is the task's, empty for the tip's own; None for a run that nobody watches.
    """

    def __init__(self, judging: Judging, specs: Sequence[GuardrailSpec], name: str | None) -> None:
        self.specs = specs
        self._judging = judging
        self._name = name
        if name is not None:
            judging.live[name] = tuple(
                GuardrailStatus(name=spec.name, verdict=Verdict.NOT_RUN) for spec in specs
            )

    def show(self, status: GuardrailStatus) -> None:
        """One guardrail got further."""
        if self._name is not None:
            self._judging.told(self._name, status)

    def settle(self, judged: Judged, run: Run | None) -> None:
        """One guardrail has its verdict."""
        self.show(status_of(judged, run))


def status_of(judged: Judged, run: Run | None) -> GuardrailStatus:
    """A verdict as the bar shows it."""
    if run is None:
        return GuardrailStatus(name=judged.guardrail, verdict=judged.verdict, summary=judged.note)
    return GuardrailStatus(
        name=judged.guardrail, verdict=judged.verdict, seconds=run.seconds, run=run.id,
        summary=judged.note or run.summary, done=run.counted, total=run.counted,
    )  # fmt: skip


def waiver(task: str, guardrail: str, tree: str) -> str:
    """Name of the note that holds a waiver's reason: one guardrail, one task, one exact tree."""
    return f"waiver:{task}:{guardrail}:{tree}"


def refuse_waiver(change: Change | None, guardrail: str, tree: str, reason: str) -> None:
    """Raise where a waiver may not be given."""
    if change is None or change.tree != tree:
        raise NotNowError("the change is no longer the one you looked at; look again")
    if not reason.strip():
        raise FactoryError("a waiver needs a reason in words; it stands in the landed commit")
    if guardrail not in {one.guardrail for one in change.judged}:
        raise FactoryError(f"{guardrail!r} is not a guardrail of this change")
