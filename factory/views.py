"""The engine's state as the views that clients ask for. Reads, changes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec
from msgspec.structs import replace

from factory.agents.hearing import hears
from factory.attempt import Attempts
from factory.audit import Audits
from factory.config import Config
from factory.entry import AnyEntry, Delta, Output, ToolCall
from factory.gate import Gate
from factory.gate.judging import status_of
from factory.model import Change, Hears, Judged, Run, Task, TaskState, Verdict
from factory.parting import left_out, under_way
from factory.purse import Purse
from factory.remarks import decided_note
from factory.reviewing import hunks_note, put_aside
from factory.rivals import marked
from factory.run import Runner
from factory.sandbox import shell
from factory.shop import Shop
from factory.store import Evidence
from factory.transcript import Transcript
from factory.wire import (
    Details,
    GuardrailStatus,
    Load,
    Overview,
    TaskView,
)
from factory.worktrees import attempt_name

_SHOWN_AFTER_END = 100
"""Tasks that are over and still listed, the newest."""
_LAST = 16_384
"""Bytes of a transcript's end in which its last line is looked for."""


class Views:
    """Builds views from rows and from what is under way."""

    def __init__(
        self, shop: Shop, purse: Purse, attempts: Attempts, gate: Gate, runner: Runner,
        audits: Audits,
    ) -> None:  # fmt: skip
        self._shop = shop
        self._attempts = attempts
        self._purse = purse
        self._gate = gate
        self._runner = runner
        self._audits = audits
        self._behind: dict[tuple[str, str], int] = {}
        self._statuses: dict[str, GuardrailStatus] = {}

    async def overview(self, *, version: str, recorded: bool, load: Load) -> Overview:
        """One picture of everything."""
        seq = self._shop.store.journal.seq  # with the rows: while git is asked, more may happen
        tasks = self._listed()
        changes = {task.id: self._shop.store.evidence.change(task.id) for task in tasks}
        views = marked([await self._task(task, changes) for task in tasks])
        config = self._shop.tip.config
        return Overview(
            seq=seq, repository=self._shop.repository.path.name,
            path=str(self._shop.repository.path), target=self._shop.vault.target,
            tip=self._shop.tip.commit, now=self._shop.now(), tasks=views,
            tip_guardrails=self._on_tip(),
            guardrails=tuple(spec.name for spec in config.guardrails) if config else (),
            spent_today=self._purse.today(), usd_per_hour=self._purse.per_hour(),
            contained=self._shop.contained, recorded=recorded, problem=self._runner.problem,
            alarm=self._audits.alarm,
            agents=tuple(agent.name for agent in config.agents) if config else (),
            version=version, load=load, **({"day_cap": config.day_budget} if config else {}),
        )  # fmt: skip

    def _listed(self) -> tuple[Task, ...]:
        """Every open task, and the newest of those that are over."""
        tasks = self._shop.store.tasks.all()
        over = sorted((t for t in tasks if t.state.over), key=lambda t: t.changed_at, reverse=True)
        dropped = {task.id for task in over[_SHOWN_AFTER_END:]}
        return tuple(task for task in tasks if task.id not in dropped)

    async def _task(self, task: Task, changes: dict[str, Change | None]) -> TaskView:
        change = changes[task.id]
        name = attempt_name(task) if task.attempt else ""
        path = self._shop.attempt_folder(name) / "transcript.jsonl"
        spoke = path.stat().st_mtime if name and path.exists() else 0.0
        seen, left, hunks = _counted(self._shop, change)
        behind = await self._distance(task, change)
        config = self._shop.tip.config
        agent = config.agent_named(task.agent) if config else None
        decided = self._shop.store.answers.note(decided_note(task.id))
        return TaskView(
            task=task, spent=self._purse.of(task), attempt=name, change=change,
            guardrails=self._guardrails(task, change),
            overlaps=_overlaps(task, changes, self._shop),
            meets=self._runner.pairs.meets(change, changes.values()),
            moved_files=self._runner.pairs.moved(change) if change and behind else (),
            behind=behind, stale_on=change.tip if change and behind else "",
            since=task.changed_at, spoke_at=spoke,
            last_line=_last_line(path) if task.state is TaskState.WORKING else "",
            comments=sum(c.state == "draft" for c in self._shop.store.reviews.comments(task.id)),
            seen=seen, hunks=hunks, left_out=left, part=under_way(self._shop, task),
            later=put_aside(self._shop, task, change),
            looked=bool(decided and change),
            subscription=bool(agent and agent.subscription),
            hears=hears(agent) if agent else Hears.BEGINS_AGAIN,
        )  # fmt: skip

    async def _distance(self, task: Task, change: Change | None) -> int:
        tip = self._shop.tip.commit
        if change is None or task.state.over or change.tip == tip:
            return 0
        known = self._behind.get((change.tip, tip))
        if known is None:
            known = await self._shop.vault.distance(change.tip, tip)
            self._behind[change.tip, tip] = known
        return known

    def _guardrails(self, task: Task, change: Change | None) -> tuple[GuardrailStatus, ...]:
        live = self._gate.live.get(task.id)
        if live is not None:
            return live
        if change is not None:
            return tuple(self._status(judged, judged.run) for judged in change.judged)
        config = self._shop.tip.config
        specs = config.guardrails if config else ()
        return tuple(GuardrailStatus(name=spec.name, verdict=Verdict.NOT_RUN) for spec in specs)

    def _on_tip(self) -> tuple[GuardrailStatus, ...]:
        live = self._gate.live.get("")
        if live is not None:
            return live
        config = self._shop.tip.config
        newest = dict(self._shop.store.evidence.newest_on(self._shop.tip.tree))
        names = [spec.name for spec in config.guardrails] if config else []
        unjudged = (Judged(guardrail=name, verdict=Verdict.NOT_RUN) for name in names)
        return tuple(self._status(one, newest.get(one.guardrail)) for one in unjudged)

    def _status(self, judged: Judged, run: str | None) -> GuardrailStatus:
        """A verdict as the bar shows it; the run's own verdict where none was judged.

        Runs never change, and hold every test's id: they are read once.
        """
        if not run:
            return status_of(judged, None)
        known = self._statuses.get(run)
        if known is None:
            found = self._shop.store.evidence.run(run)
            own = found.verdict if found else Verdict.NOT_RUN
            known = status_of(Judged(guardrail=judged.guardrail, verdict=own), found)
            self._statuses[run] = known
        if judged.verdict is Verdict.NOT_RUN:
            return known
        return replace(known, verdict=judged.verdict, summary=judged.note or known.summary)

    async def details(self, name: str) -> Details:
        """Everything about one task."""
        task = self._shop.store.tasks.get(name)
        changes = {other.id: self._shop.store.evidence.change(other.id) for other in self._listed()}
        changes.setdefault(name, self._shop.store.evidence.change(name))
        own = self._shop.store.evidence.changes(name)
        runs = {run.id: run for change in own for run in self._shop.store.evidence.on(change.tree)}
        worktree = self._shop.trees.worktrees / task.worktree if task.worktree else None
        return Details(
            view=await self._task(task, changes),
            comments=self._shop.store.reviews.comments(name),
            runs=tuple(sorted(runs.values(), key=lambda run: -run.at)),
            asked=_asked(self._shop.store.evidence, own),
            changes=own,
            attempts=self._shop.store.tasks.attempts(name),
            worktree=str(worktree or ""),
            shell=await self._shell(task) if worktree else (),
        )  # fmt: skip

    async def _shell(self, task: Task) -> tuple[str, ...]:
        """The command that opens a shell where the task's agent works; none before it can."""
        config, tree = self._shop.tip.config or Config(), self._shop.tip.tree
        inputs = await self._shop.inputs(config, tree)
        if self._shop.environments.known(config.environment, inputs) is None:
            return ()  # it is being built, or cannot be: nobody waits for that to look at a task
        profile = await self._attempts.worktrees.profile(task, None)
        folder = self._shop.attempt_folder(attempt_name(task)) / "shell"
        return shell.interactive(profile, folder)


def _last_line(path: Path) -> str:
    """The newest line that an agent said or did, for the list (foreign text)."""
    if not path.exists():
        return ""
    for line in reversed(Transcript(path).tail(_LAST).text.split("\n")):
        try:
            entry = msgspec.json.decode(line, type=AnyEntry) if line else None
        except msgspec.ValidationError:
            continue
        match entry:
            case Delta(text=text) | Output(text=text) | ToolCall(text=text) if text.strip():
                return text.strip().split("\n")[-1][:200]
            case _:
                continue
    return ""


def _overlaps(task: Task, changes: dict[str, Change | None], shop: Shop) -> tuple[str, ...]:
    """Other open tasks whose changes touch the same files."""
    own = changes.get(task.id)
    if own is None or task.state.over:
        return ()
    files = set(own.files)
    found = []
    for name, change in changes.items():
        if name == task.id or change is None or not files.intersection(change.files):
            continue
        if not shop.store.tasks.get(name).state.over:
            found.append(name)
    return tuple(found)


def _counted(shop: Shop, change: Change | None) -> tuple[int, int, int]:
    """`(seen, left out, all)` hunks of a change."""
    ids = shop.store.answers.note(hunks_note(change)).split() if change else []
    if change is None or not ids:
        return 0, 0, 0
    seen, left = shop.store.reviews.seen(change.task), left_out(shop, change.task)
    return sum(name in seen for name in ids), sum(name in left for name in ids), len(ids)


def _asked(evidence: Evidence, changes: Iterable[Change]) -> tuple[Run, ...]:
    """The runs that the changes' witnesses rest on, each once."""
    names = dict.fromkeys(one.run for change in changes for one in change.witnesses)
    found = (evidence.run(name) for name in names)
    return tuple(run for run in found if run is not None)
