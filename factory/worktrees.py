"""The worktrees of attempts: taken from the pool, furnished, snapshotted, given back."""

from __future__ import annotations

import asyncio
from pathlib import Path

from msgspec.structs import replace

from factory import around, environment, sandbox
from factory.agents.programs import Found, Programs
from factory.config import AgentSpec, Config
from factory.environment import ports
from factory.faults import Point, reached
from factory.git import folders
from factory.git.trees import free_name
from factory.model import FactoryError, Task
from factory.shop import Shop
from factory.wire import Attempt


class Worktrees:
    """One worktree for each attempt, and the sandbox around it.

    Each step can be repeated: what is on disk and in the task's row is all that it knows.
    """

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._claimed: set[str] = set()
        self._environment = asyncio.Lock()
        self.programs = Programs(
            shop.place.state / "programs", shop.surroundings, contained=shop.contained
        )

    async def ready(self, task: Task) -> Task:
        """The task's worktree with everything in it; made or mended where it is not there."""
        if not task.worktree or not (self._shop.trees.worktrees / task.worktree / ".git").exists():
            task = await self._take(task)
        folder = self._shop.trees.worktrees / task.worktree
        if not self._opened(task):  # another attempt left it: its files stay as they are
            await self._beside(task)
            self._open_attempt(task)
        if task.lay_out:
            await self._keep(task, folder)
            await self._shop.trees.put(folder, task.lay_out)
            await self._furnish(task, folder)
            task = self._shop.amend(task.id, lay_out="")
        return task

    async def begin(self, task: Task) -> None:
        """Remember what the worktree holds: a command that is cut short begins again from it."""
        folder = self._shop.trees.worktrees / task.worktree
        self._shop.amend(task.id, began=await self._shop.trees.tree(folder, task.base))

    async def _keep(self, task: Task, folder: Path) -> None:
        """What stands there and in no snapshot, an edit by hand say, gets a ref of its own."""
        tree = await self._shop.trees.tree(folder, task.base)
        last = await self._shop.vault.kept(f"{task.id}/{task.snapshot}") if task.snapshot else ""
        if tree != await self._shop.vault.tree_of(last or task.base):
            message = f"{task.id}: before its worktree was laid out anew"
            commit = await self._shop.vault.commit(tree, last or task.base, message)
            await self._shop.vault.keep(f"edits/{task.id}/{tree}", commit)

    async def _take(self, task: Task) -> Task:
        """A slot of the pool, holding the last snapshot, or the base before the first."""
        held = {other.worktree for other in self._shop.store.tasks.all()} | self._claimed
        name = task.worktree or free_name(held)
        self._claimed.add(name)
        try:
            if task.worktree:  # half made, it must not be taken for the agent's work after a kill
                self._shop.amend(task.id, worktree="")
            ref = f"{task.id}/{task.snapshot}"
            tree = await self._shop.vault.kept(ref) if task.snapshot else ""
            folder = await self._shop.trees.worktree(name, tree or task.base)
            await self._furnish(task, folder)
            self._open_attempt(task)
            reached(Point.WORK_LAID)
            return self._shop.amend(task.id, worktree=name, ports=around.block(self._shop, task))
        finally:
            self._claimed.discard(name)

    async def _furnish(self, task: Task, folder: Path) -> None:
        """What stands beside the files: the agent's own git dir, and the included files."""
        await self._beside(task)
        around.say_lacking(self._shop, attempt_name(task), folder)
        included = await self._shop.included()
        if included.strip():
            tracked = await self._shop.trees.tracked(folder)
            environment.include(included, self._shop.repository.path, folder, tracked)

    async def _beside(self, task: Task) -> None:
        self.scratch(task).mkdir(parents=True, exist_ok=True)
        await self._shop.vault.fetch()  # the base may have landed a moment ago, and not be there
        await self._shop.trees.private_git(self._git(task), task.base)

    def _opened(self, task: Task) -> bool:
        name = attempt_name(task)
        return any(known.id == name for known in self._shop.store.tasks.attempts(task.id))

    def _open_attempt(self, task: Task) -> None:
        name = attempt_name(task)
        if not self._opened(task):
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
        """The sandbox of a task's agent: its worktree, its git, its tools.

        Raises AgentError where the agent's program is not there.
        """
        config = self._shop.tip.config or Config()
        async with self._environment:
            ready = await self._shop.environment(config, self._shop.tip.tree)
        folder = str(self._shop.trees.worktrees / task.worktree)
        scratch, git, history = str(self.scratch(task)), "", ""
        if self._shop.contained:
            git, history = str(self._git(task)), str(self._shop.vault.history)
        if spec is not None and spec.kind in ("acp", "command"):
            found = await self.programs.ready(spec)
            own = _own(spec, self._shop.attempt_folder(attempt_name(task)))
            profile = sandbox.cli(
                folder, scratch, login=own, network=spec.network,
                hosts=spec.hosts, private_git=git, history=history,
                environment=_both(found, ready.environment),
                env=(*environment.handed(spec.env, self._shop.surroundings), *spec.variables),
            )  # fmt: skip
            if not (spec.network or spec.hosts or spec.login or spec.config):
                profile = replace(profile, name="tools")
        else:
            profile = sandbox.tools(
                folder, scratch, private_git=git, history=history, environment=ready.environment
            )
        profile = replace(profile, contained=self._shop.contained)
        services = {one.name for one in ready.spec.services if one.agents} if spec else ()
        return ports.accompanied(profile, ready.spec, task.ports, services)

    def scratch(self, task: Task) -> Path:
        """The folder that the agent has as its /tmp."""
        return self._shop.attempt_folder(attempt_name(task)) / "tmp"

    def _git(self, task: Task) -> Path:
        return self._shop.attempt_folder(attempt_name(task)) / "git"

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
        await around.say_left_out(self._shop, attempt_name(task), folder, task.base)
        reached(Point.CHECK_TREE)
        number = task.snapshot + 1
        message = f"{task.id}: snapshot {number}"
        commit = await self._shop.vault.commit(tree, task.base, message)
        await self._shop.vault.keep(f"{task.id}/{number}", commit)
        reached(Point.CHECK_KEPT)
        self._shop.amend(task.id, snapshot=number)
        return commit

    async def give_back(self, task: Task) -> None:
        """Give the worktree back to the pool; its files are in a snapshot first, always."""
        if not task.worktree:
            return
        if (self._shop.trees.worktrees / task.worktree / ".git").exists():
            if task.lay_out:  # what stands there is not what the snapshot holds
                await self._keep(task, self._shop.trees.worktrees / task.worktree)
            last = await self.snapshot(task)
            await self._shop.vault.keep(f"trash/{task.id}", last)
            await self._tear_down(task)
            await self._shop.trees.clear(self._shop.trees.worktrees / task.worktree)
        reached(Point.CLEAN_KEPT)
        self._shop.amend(task.id, worktree="")
        reached(Point.CLEAN_GIVEN)
        for number in range(1, task.attempt + 1):  # one that was handed over left its own, too
            folder = self._shop.attempt_folder(f"{task.id}.{number}")
            for part in ("tmp", "git", "home"):
                await folders.discard(folder / part)

    async def _tear_down(self, task: Task) -> None:
        """Its files are kept by now. No environment is built for it where there is none."""
        if await around.tears_down(self._shop):
            profile = await self.profile(task, None)
            await around.tear_down(self._shop, attempt_name(task), profile)


def attempt_name(task: Task) -> str:
    """Id of a task's current attempt, and name of its transcript."""
    return f"{task.id}.{task.attempt}"


def _both(found: Found, tools: sandbox.Environment) -> sandbox.Environment:
    """The agent's own program, and the project's tools in front of it."""
    mounted = {bind.inside for bind in tools.binds}
    binds = [bind for bind in found.environment.binds if bind.inside not in mounted]
    return replace(
        tools,
        binds=(*tools.binds, *binds),
        path=(*tools.path, *found.environment.path),
        env=(*found.environment.env, *tools.env),
    )


def _own(spec: AgentSpec, attempt: Path) -> tuple[sandbox.Bind, ...]:
    """The folders of a program's configuration that are this attempt's alone, and its login."""
    home, binds = Path.home(), []
    for name in spec.config:
        inside = name.removeprefix("~").lstrip("/")
        host = attempt / "home" / inside
        if not host.exists():
            seeds = [home / seed.removeprefix("~/") for seed in spec.seeds]
            environment.seed(seeds, home / inside, attempt / "seeding")
            host.parent.mkdir(parents=True, exist_ok=True)
            (attempt / "seeding").rename(host)  # whole or not at all: a kill leaves none half made
        place = f"{sandbox.HOME}/{inside}"
        binds.append(sandbox.Bind(host=str(host), inside=place, writable=True))
    return (*binds, *environment.login(spec.login))
