"""One agent at one task in one worktree: made ready, worked, snapshotted, given back.

A phase may be run again from its beginning: the worktree, the transcript and the task row on disk
are all it knows, and each step leaves them so that it can be repeated.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

from msgspec.structs import replace

from factory import agents, environment, lifecycle, sandbox
from factory.agents.base import Desk
from factory.brief import brief
from factory.config import AgentSpec, Config
from factory.entry import (
    AnyEntry,
    Finished,
    Origin,
    Prompt,
    Question,
    Remark,
    Response,
    ToolCall,
    ToolResult,
    Usage,
)
from factory.git.trees import free_name
from factory.model import AgentError, FactoryError, ParkReason, Pending, Spend, Task
from factory.purse import Purse
from factory.shop import Shop
from factory.transcript import Transcript
from factory.wire import Attempt, Grew


class Attempts:
    """The attempts of one engine."""

    def __init__(self, shop: Shop, purse: Purse, imported: asyncio.Future[None]) -> None:
        """`imported` is done once the model's library can be used."""
        self._shop = shop
        self._imported = imported
        self._purse = purse
        self._claimed: set[str] = set()
        self._environment = asyncio.Lock()

    # --- the phase `work` ------------------------------------------------------------------

    async def work(self, task: Task) -> lifecycle.AnyEvent:
        """The phase `work`: the agent runs until it claims to be done, asks, or cannot go on."""
        config, spec = self._settings(task)
        if spec is None or config is None:
            return lifecycle.Failed(
                reason=ParkReason.ERROR,
                message=f"factory.toml on the target has no agent {task.agent!r}; add it, or end "
                "the task",
            )
        task = await self.ready(task)
        transcript = self.transcript(task)
        try:
            transcript.resume(self._shop.now())
            self._deliver(task, transcript, config, spec)
            ended = _already(transcript.entries())
            if ended is not None:
                return ended
            if spec.kind != "command":
                await asyncio.shield(self._imported)
            desk = await self._desk(task, config, spec, transcript)
            with self._purse.at_work(task, spec):
                async with aclosing(agents.runtime(spec).work(desk)) as entries:
                    ended = await self._follow(task, spec, transcript, entries)
            return self._lost(task) or ended
        except AgentError as error:
            return lifecycle.Failed(reason=error.reason, message=str(error), until=error.until)
        finally:
            transcript.close()

    async def _follow(
        self,
        task: Task,
        spec: AgentSpec,
        transcript: Transcript,
        entries: AsyncGenerator[AnyEntry, None],
    ) -> lifecycle.AnyEvent:
        """Write what the agent says, count what it costs, until it stops."""
        name = attempt_name(task)
        async for entry in entries:
            stamped = replace(entry, at=self._shop.now())
            size = transcript.append(stamped)
            self._shop.tell(Grew(name=name, size=size))
            match stamped:
                case Prompt(text=text):
                    self._heard(task.id, text)
                case Response(spend=spend) | Usage(spend=spend):
                    self._purse.settle(task, spec, spend)
                case Question(text=text):
                    return lifecycle.Asked(question=text)
                case Finished(handoff=handoff):
                    return lifecycle.Claimed(handoff=handoff)
                case _:
                    pass
        raise AgentError(f"{spec.name} stopped without a word; look at its transcript, then resume")

    def _lost(self, task: Task) -> lifecycle.Failed | None:
        """Somebody removed the worktree: what the agent claims is no more, so it begins anew."""
        if (self._shop.trees.worktrees / task.worktree / ".git").exists():
            return None
        now = self._shop.store.tasks.get(task.id)
        spec = Pending(text=task.spec, origin=Origin.TASK, at=self._shop.now())
        self._shop.amend(task.id, attempt=now.attempt + 1, prompts=(*now.prompts, spec))
        return lifecycle.Failed(
            reason=ParkReason.ERROR,
            message=f"the worktree {task.worktree} was removed while the agent worked in it; "
            "resume begins anew, from the last snapshot",
        )

    async def _desk(
        self, task: Task, config: Config, spec: AgentSpec, transcript: Transcript
    ) -> Desk:
        profile = await self.profile(task, spec)
        return Desk(
            task=task.id, title=task.title, spec=spec, profile=profile,
            scratch=self._scratch(task), history=transcript.entries(),
            steering=lambda: self._steering(task.id),
            reserve=lambda most: self._purse.reserve(
                self._shop.store.tasks.get(task.id), spec, most, config
            ),
            key=self._shop.keys.get(spec.key_env, ""), now=self._shop.now,
        )  # fmt: skip

    def _settings(self, task: Task) -> tuple[Config | None, AgentSpec | None]:
        config = self._shop.tip.config
        return config, config.agent_named(task.agent) if config else None

    # --- what is said to the agent ---------------------------------------------------------

    def _deliver(self, task: Task, transcript: Transcript, config: Config, spec: AgentSpec) -> None:
        """Write what is still to be said into the transcript; then, only then, forget it."""
        said = [entry for entry in transcript.entries() if isinstance(entry, Prompt)]
        for pending in task.prompts:
            origin = Origin(pending.origin)
            text = brief(task, config, spec) if origin is Origin.TASK else pending.text
            if not any(entry.text == text and entry.at >= pending.at for entry in said):
                size = transcript.append(Prompt(at=self._shop.now(), text=text, origin=origin))
                self._shop.tell(Grew(name=attempt_name(task), size=size))
        told = set(task.prompts)
        now = self._shop.store.tasks.get(task.id)
        self._shop.amend(task.id, prompts=tuple(p for p in now.prompts if p not in told))

    def _steering(self, name: str) -> tuple[str, ...]:
        """What the developer has said meanwhile; it is forgotten once it is in the transcript."""
        return tuple(pending.text for pending in self._shop.store.tasks.get(name).prompts)

    def _heard(self, name: str, text: str) -> None:
        task = self._shop.store.tasks.get(name)
        left = tuple(pending for pending in task.prompts if pending.text != text)
        if len(left) != len(task.prompts):
            self._shop.amend(name, prompts=left)

    # --- the worktree ----------------------------------------------------------------------

    async def ready(self, task: Task) -> Task:
        """The task's worktree with everything in it; made or mended where it is not there."""
        if not task.worktree or not (self._shop.trees.worktrees / task.worktree / ".git").exists():
            task = await self._take(task)
        folder = self._shop.trees.worktrees / task.worktree
        if task.lay_out:
            await self._shop.trees.put(folder, task.lay_out)
            await self._furnish(task, folder)
            task = self._shop.amend(task.id, lay_out="")
        return task

    async def _take(self, task: Task) -> Task:
        """A slot of the pool, holding the last snapshot, or the base before the first."""
        held = {other.worktree for other in self._shop.store.tasks.all()} | self._claimed
        name = task.worktree or free_name(held)
        self._claimed.add(name)
        try:
            ref = f"{task.id}/{task.snapshot}"
            tree = await self._shop.vault.kept(ref) if task.snapshot else ""
            folder = await self._shop.trees.worktree(name, tree or task.base)
            await self._furnish(task, folder)
            self._open_attempt(task)
            return self._shop.amend(task.id, worktree=name)
        finally:
            self._claimed.discard(name)

    async def _furnish(self, task: Task, folder: Path) -> None:
        """What stands beside the files: the agent's own git dir, and the included files."""
        home = self._shop.attempt_folder(attempt_name(task))
        self._scratch(task).mkdir(parents=True, exist_ok=True)
        await self._shop.trees.private_git(home / "git", task.base)
        tracked = await self._shop.trees.tracked(folder)
        included = await self._shop.included()
        environment.include(included, self._shop.repository.path, folder, tracked)

    def _open_attempt(self, task: Task) -> None:
        name = attempt_name(task)
        if not any(known.id == name for known in self._shop.store.tasks.attempts(task.id)):
            self._shop.store.tasks.put_attempt(
                Attempt(
                    id=name,
                    task=task.id,
                    number=task.attempt,
                    agent=task.agent,
                    started_at=self._shop.now(),
                )
            )

    async def profile(self, task: Task, spec: AgentSpec | None) -> sandbox.Profile:
        """The sandbox of a task's agent: its worktree, its git, its tools."""
        home = self._shop.attempt_folder(attempt_name(task))
        folder = self._shop.trees.worktrees / task.worktree
        config = self._shop.tip.config or Config()
        async with self._environment:
            ready = await self._shop.environment(config, self._shop.tip.tree)
        login = environment.login(spec.login) if spec and spec.login else ()
        handed = environment.handed(spec.env, self._surroundings()) if spec else ()
        tree, scratch, tools = str(folder), str(self._scratch(task)), ready.environment
        git, history = (str(home / "git"), str(self._shop.vault.history))
        if not self._shop.contained:
            git = history = ""
        if spec is not None and spec.kind == "command" and (spec.network or login):
            profile = sandbox.cli(
                tree, scratch, login=login, network=spec.network, private_git=git,
                history=history, environment=tools, env=handed,
            )  # fmt: skip
        else:
            profile = sandbox.tools(
                tree, scratch, private_git=git, history=history, environment=tools, env=handed
            )
        return replace(profile, contained=self._shop.contained)

    def _scratch(self, task: Task) -> Path:
        return self._shop.attempt_folder(attempt_name(task)) / "tmp"

    def _surroundings(self) -> dict[str, str]:
        """What an agent program can be handed: our environment, and the keys taken out of it."""
        return {**os.environ, **self._shop.keys}

    # --- snapshots -------------------------------------------------------------------------

    async def snapshot(self, task: Task) -> str:
        """A snapshot of the worktree as it is; the last one where it holds no worktree."""
        if task.given:
            await self._shop.vault.keep(f"{task.id}/1", task.given)
            self._shop.amend(task.id, snapshot=1)
            return task.given
        last = await self._shop.vault.kept(f"{task.id}/{task.snapshot}") if task.snapshot else ""
        folder = self._shop.trees.worktrees / task.worktree
        if not task.worktree or not (folder / ".git").exists() or task.lay_out:
            if not last:
                raise FactoryError(
                    f"{task.id} has nothing to check: its worktree is gone and no snapshot was "
                    "made; say a word to it and its agent begins anew"
                )
            return last
        tree = await self._shop.trees.tree(folder, task.base)
        if last:
            known = await self._shop.vault.objects.commit(last)
            if known.tree == tree and known.parents == (task.base,):
                return last
        number = task.snapshot + 1
        message = f"{task.id}: snapshot {number}"
        commit = await self._shop.vault.commit(tree, task.base, message)
        await self._shop.vault.keep(f"{task.id}/{number}", commit)
        self._shop.amend(task.id, snapshot=number)
        return commit

    async def give_back(self, task: Task) -> None:
        """Give the worktree back to the pool; its files are in a snapshot first, always."""
        if not task.worktree:
            return
        if (self._shop.trees.worktrees / task.worktree / ".git").exists():
            last = await self.snapshot(task)
            await self._shop.vault.keep(f"trash/{task.id}", last)
        self._shop.amend(task.id, worktree="")
        scratch = self._scratch(task)
        await asyncio.to_thread(shutil.rmtree, scratch, ignore_errors=True)

    # --- what it said ----------------------------------------------------------------------

    def transcript(self, task: Task) -> Transcript:
        """The transcript of the task's current attempt."""
        return Transcript(self._shop.attempt_folder(attempt_name(task)) / "transcript.jsonl")

    def remark(self, task: Task, text: str) -> None:
        """A word of the engine's in the transcript."""
        transcript = self.transcript(task)
        size = transcript.append(Remark(at=self._shop.now(), text=text))
        transcript.close()
        self._shop.tell(Grew(name=attempt_name(task), size=size))

    def commands(self, task: Task) -> tuple[tuple[str, int | None], ...]:
        """The commands that the agent ran, with their true exit codes."""
        ran: dict[str, str] = {}
        found: list[tuple[str, int | None]] = []
        for entry in self.transcript(task).entries():
            match entry:
                case ToolCall(id=name, text=text):
                    ran[name] = text
                case ToolResult(id=name, exit_code=code) if name in ran:
                    found.append((ran[name], code))
                case _:
                    pass
        return tuple(found)

    def spent(self, task: Task) -> Spend:
        """What a task has cost so far."""
        return self._purse.of(task)


def attempt_name(task: Task) -> str:
    """Id of a task's current attempt, and name of its transcript."""
    return f"{task.id}.{task.attempt}"


def _already(entries: list[AnyEntry]) -> lifecycle.AnyEvent | None:
    """What a killed engine had heard but not yet acted on: the last word stands."""
    for entry in reversed(entries):
        match entry:
            case Finished(handoff=handoff):
                return lifecycle.Claimed(handoff=handoff)
            case Question(text=text):
                return lifecycle.Asked(question=text)
            case Remark():
                continue
            case _:
                return None
    return None
