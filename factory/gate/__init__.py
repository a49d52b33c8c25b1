"""The gate: the order of checks on the tree that would land, and what they decide together.

snapshot → tree check → merge with the tip → dependencies → guardrails on exactly that candidate →
tamper marks → witnesses: the same with the tip's versions of protected files, and what else tells
honest from clever. The engine runs it, never an agent, and no agent's word counts in it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from msgspec.structs import replace

from factory import lifecycle, sandbox
from factory.attempt import Attempts
from factory.config import FILE, Config
from factory.environment import Ready
from factory.faults import Point, reached
from factory.gate import marking, treecheck
from factory.gate.asking import Heard
from factory.gate.checks import Checks
from factory.gate.judging import Judging, Subject
from factory.gate.witnesses import Witnesses
from factory.git import pointers
from factory.git.comparisons import LINK
from factory.git.soundness import faults
from factory.git.vault import Merge
from factory.globs import matches
from factory.guardrails import verdict
from factory.model import (
    Change,
    ConfigError,
    Judged,
    Lane,
    ParkReason,
    Run,
    Task,
    TaskState,
    Verdict,
)
from factory.review.claims import unproven
from factory.shop import Shop, Tip


class Gate:
    """Runs the gate for tasks, and for the tip itself."""

    def __init__(self, shop: Shop, checks: Checks, attempts: Attempts) -> None:
        self._shop = shop
        self._attempts = attempts
        self.checks = checks
        self.judging = Judging(shop, checks)
        self._witnesses = Witnesses(shop, checks, self.judging)
        self.live = self.judging.live

    async def check(self, task: Task) -> lifecycle.AnyEvent:
        """The phase `check`: snapshot the worktree, then examine it on the newest tip."""
        await self._fix(task)
        snapshot = await self._attempts.worktrees.snapshot(task)
        tip = await self._shop.refresh()
        return await self.examine(self._shop.store.tasks.get(task.id), snapshot, tip)

    async def examine(self, task: Task, snapshot: str, tip: Tip) -> lifecycle.AnyEvent:
        """What the gate says of a snapshot merged with a tip; keeps the change it makes of it."""
        merge = await self._shop.vault.merge(tip.commit, snapshot)
        reached(Point.CHECK_MERGED)
        if merge.conflicts:
            return self._conflict(task, tip, merge)
        changed = await self._shop.vault.changed(tip.tree, merge.tree)
        if not changed and task.state in (TaskState.READY, TaskState.LANDING):
            held = f"{self._shop.vault.target} already holds all of it; end the task"
            return lifecycle.Red(feedback=held, summary=held, again=False)
        if not changed:
            nothing = "nothing was changed: the tree is the target's own"
            return self._red(task, f"FAIL: {nothing}. Do what was asked.", nothing)
        config = tip.config or await self._own_config(merge.tree)
        if config is None:
            return lifecycle.Failed(reason=ParkReason.ERROR, message=tip.problem)
        subject = Subject(task=task, snapshot=snapshot, tip=tip, tree=merge.tree, config=config,
                          changed=changed)  # fmt: skip
        found = await self._tree_problems(subject) or await self._mistakes(subject)
        if found:
            text = "\n".join(f"FAIL: {line}" for line in found)
            return self._red(task, text, f"tree check: {found[0]}")
        return await self._guard(subject)

    def _red(self, task: Task, feedback: str, summary: str) -> lifecycle.Red:
        """What is wrong goes to the agent. A script would do the same again: to the developer."""
        agent = self._shop.agent(task)
        if agent is None or not agent.script:
            return lifecycle.Red(feedback=feedback, summary=summary)
        summary = f"{summary}; say another script, or end the task"
        return lifecycle.Red(feedback=feedback, summary=summary, again=False)

    def _conflict(self, task: Task, tip: Tip, merge: Merge) -> lifecycle.Conflicted:
        """A command cannot read conflict markers: it begins again on the tip."""
        spec = self._shop.agent(task)
        restart = spec is not None and spec.kind == "command" and spec.output == "text"
        tree = tip.tree if restart else merge.tree
        return lifecycle.Conflicted(
            base=tip.commit, tree=tree, paths=merge.conflicts, restart=restart
        )

    async def _own_config(self, tree: str) -> Config | None:
        """The candidate's own factory.toml counts only while the target has none at all."""
        if self._shop.tip.problem.startswith("there is no"):
            return await self._shop.config_of(tree)
        return None

    async def _tree_problems(self, subject: Subject) -> tuple[str, ...]:
        vault, changed = self._shop.vault, subject.changed
        links = {
            c.path: (await vault.objects.blob(c.new)).decode(errors="replace")
            for c in changed
            if c.new_mode == LINK
        }
        sizes = await vault.sizes(tuple(oid for c in changed for oid in c.blobs))
        if found := treecheck.problems(changed, sizes=sizes, links=links):
            return found
        if large := await pointers.strangers(vault, changed, subject.tip.commit):
            return treecheck.kept_elsewhere(large)
        return treecheck.refused(changed, await faults(vault, subject.tip.commit, subject.tree))

    async def _mistakes(self, subject: Subject) -> tuple[str, ...]:
        """A factory.toml that could not be read once it had landed would stop everything."""
        if FILE not in subject.paths:
            return ()
        try:
            await self._shop.config_of(subject.tree)
        except ConfigError as error:
            return tuple(f"{FILE}: {problem}" for problem in error.problems)
        return ()

    async def _guard(self, subject: Subject) -> lifecycle.AnyEvent:
        held = await self._dependencies(subject)
        if held is not None:
            return held
        try:
            ready = await self._shop.environment(subject.config, subject.made_from)
            judged, runs = await self.judging.judge(subject, subject.tree, ready, subject.task.id)
            marks = await marking.marks(self._shop, subject)
            heard = Heard()
            if verdict.green(judged):
                heard = await self._witnesses.hear(subject, ready, runs)
        finally:
            self.live.pop(subject.task.id, None)
        heard = replace(heard, marks=(*marks, *heard.marks))
        change = await self._change(subject, judged, heard)
        reached(Point.CHECK_JUDGED)
        self._shop.store.evidence.put_change(change)
        reached(Point.CHECK_DONE)
        if not change.green:
            return await self._not_green(subject, judged, runs, ready)
        return lifecycle.Green(change=change, by_rule=self._by_rule(subject, change))

    async def _dependencies(self, subject: Subject) -> lifecycle.Failed | None:
        """New dependencies are new code: nothing is installed before the developer allows it."""
        spec = subject.config.environment
        touched = [path for path in subject.paths if matches(path, spec.inputs)]
        if not touched or not spec.setup or subject.tip.config is None:
            return None
        inputs = await self._shop.inputs(subject.config, subject.tree)
        key = self._shop.environments.key(spec, inputs)
        if key in subject.task.allowed:
            return None
        self._shop.store.answers.put_note(f"dependencies:{subject.task.id}", key)
        names = ", ".join(touched[:3])
        return lifecycle.Failed(
            reason=ParkReason.DEPENDENCIES,
            message=f"{names} changed, and what they name would be installed; resume allows it",
        )

    async def _change(self, subject: Subject, judged: tuple[Judged, ...], heard: Heard) -> Change:
        vault, task, config = self._shop.vault, subject.task, subject.config
        async with asyncio.TaskGroup() as group:
            counted = group.create_task(vault.count(subject.tip.tree, subject.tree))
            patch = group.create_task(vault.patch_id(subject.tip.tree, subject.tree))
        added, removed = counted.result()
        green = verdict.green(judged)
        commands = self._attempts.commands(task)
        handoff = replace(task.handoff, unproven=unproven(task.handoff, commands))
        return Change(
            task=task.id, number=task.snapshot, snapshot=subject.snapshot, base=task.base,
            tip=subject.tip.commit, tree=subject.tree, green=green, judged=judged,
            patch_id=patch.result(),
            at=self._shop.now(), lane=Lane.EYES if heard.marks or heard.weakened else Lane.PLAIN,
            weakened=heard.weakened, marks=heard.marks, idle=heard.idle, witnesses=heard.witnesses,
            handoff=handoff,
            added=added, removed=removed, files=subject.paths,
            critical=tuple(path for path in subject.paths if matches(path, config.critical)),
            protected=tuple(path for path in subject.paths if matches(path, config.protected)),
        )  # fmt: skip

    def _by_rule(self, subject: Subject, change: Change) -> bool:
        rule = subject.config.standing_accept
        return lifecycle.may_land_by_rule(
            subject.task, change, lines=rule.max_lines, until=rule.until, now=self._shop.now(),
            in_paths=all(matches(path, rule.paths) for path in change.files) or not rule.paths,
        )  # fmt: skip

    async def _not_green(
        self, subject: Subject, judged: Sequence[Judged], runs: Sequence[Run], ready: Ready
    ) -> lifecycle.AnyEvent:
        """Whose fault it is: an error that the tip has too is nobody's change."""
        wrong = {one.guardrail for one in judged if verdict.stops(one.verdict)}
        red = [run for run in runs if run.guardrail in wrong]
        if not red:
            message = "no guardrail had anything to check here, and that is not a pass"
            return lifecycle.Failed(reason=ParkReason.ERROR, message=message)
        specs = {spec.name: spec for spec in subject.config.guardrails}
        for run in red:
            if run.verdict is Verdict.ERROR and subject.tip.config is not None:
                tip = await self.judging.on_tip(subject, specs[run.guardrail])
                if tip.verdict is Verdict.ERROR:
                    message = f"{run.guardrail} cannot run, on the target neither: {run.summary}"
                    return lifecycle.Failed(reason=ParkReason.ERROR, message=message)
        return self._red(subject.task, verdict.feedback(red, judged), verdict.summary(red, judged))

    async def tip(self) -> tuple[Judged, ...]:
        """What every guardrail says of the tip itself."""
        return await self.judging.tip()

    async def _fix(self, task: Task) -> None:
        """Run the guardrails' own fix commands in the worktree, in the agent's sandbox."""
        config = self._shop.tip.config
        rails = [spec for spec in config.guardrails if spec.fix] if config else []
        folder = self._shop.trees.worktrees / task.worktree
        if not rails or not task.worktree or task.lay_out or not (folder / ".git").exists():
            return
        profile = await self._attempts.worktrees.profile(task, None)
        for spec in rails:
            await sandbox.run(profile, spec.fix, timeout=spec.timeout)
