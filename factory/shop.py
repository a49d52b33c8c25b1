"""What the phases of a task work with: the live resources of one engine, and the target's tip."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path

from msgspec.structs import replace

from factory import lifecycle
from factory.clock import Clock
from factory.config import FILE, AgentSpec, Config, EnvironmentSpec
from factory.configfile import parse
from factory.discretion import Discretion, granted
from factory.environment import Environments, Ready
from factory.faults import Point, reached
from factory.git.place import Place
from factory.git.repository import Repository
from factory.git.trees import INCLUDE, Trees
from factory.git.vault import Vault
from factory.globs import matches
from factory.model import ConfigError, Struct, Task
from factory.store import Store
from factory.wire import AnyNotice


class Tip(Struct):
    """The target's tip and what the factory reads from it."""

    commit: str
    tree: str
    config: Config | None
    problem: str = ""
    """Why there is no config: no factory.toml, or its mistakes."""


class Shop:
    """Everything a phase may use. Made once by the engine, closed with it."""

    def __init__(
        self,
        place: Place,
        store: Store,
        vault: Vault,
        trees: Trees,
        environments: Environments,
        *,
        clock: Clock,
        tell: Callable[[AnyNotice], None],
        contained: bool,
        keys: Mapping[str, str],
        surroundings: Mapping[str, str],
        discretion: Discretion,
    ) -> None:
        self.place = place
        self.store = store
        self.vault = vault
        self.trees = trees
        self.environments = environments
        self.clock = clock
        self.now = clock.now
        self.tell = tell
        self.contained = contained
        self.keys = keys
        """Credentials by the name of their variable, as read when the engine started."""
        self.surroundings = surroundings
        """The environment that the engine was started in, keys included."""
        self.discretion = discretion
        self._reading = asyncio.Lock()
        self.tip = Tip(commit="", tree="", config=None, problem="the engine is starting")

    @property
    def repository(self) -> Repository:
        """The developer's repository."""
        return self.vault.repository

    @property
    def logs(self) -> Path:
        """Folder of the guardrails' logs."""
        return self.place.state / "logs"

    def attempt_folder(self, attempt: str) -> Path:
        """Folder of an attempt: its transcript, its private git dir, its scratch."""
        return self.place.state / "attempts" / attempt

    async def refresh(self) -> Tip:
        """Fetch the target, and read factory.toml again where it moved."""
        async with self._reading:
            commit = await self.vault.fetch()
            if commit != self.tip.commit:
                await self._read(commit)
        return self.tip

    async def moved(self, commit: str) -> None:
        """The target was moved to a commit that the vault holds: fetching it can wait."""
        async with self._reading:
            await self._read(commit)

    async def _read(self, commit: str) -> None:
        async with asyncio.TaskGroup() as group:
            tip = group.create_task(self._read_tip(commit))
            ignores = group.create_task(_ignores(self.vault, commit))
        self.trees.rules, self.trees.own_excludes = commit, ignores.result()
        self.tip = tip.result()
        config = self.tip.config
        wanted = config.environment if config else EnvironmentSpec()
        self.trees.modules = self.place.common / "modules" if wanted.submodules else None
        self.trees.lfs = self.place.common / "lfs" / "objects" if wanted.lfs else None
        agents = config.agents if config else ()
        named = {name for spec in agents for name in (spec.key_env, *spec.env)}
        self.discretion.learn(granted(named, self.surroundings))

    async def _read_tip(self, commit: str) -> Tip:
        tree = await self.vault.tree_of(commit)
        try:
            config = await self.config_of(tree)
        except ConfigError as error:
            mistakes = "; ".join(error.problems)
            problem = f"{FILE} on {self.vault.target}: {mistakes}; correct it and commit"
            return Tip(commit=commit, tree=tree, config=None, problem=problem)
        missing = f"there is no {FILE} on the target yet: `factory-tui init`, then accept it"
        problem = "" if config else missing
        return Tip(commit=commit, tree=tree, config=config, problem=problem)

    async def config_of(self, tree: str) -> Config | None:
        """The factory.toml of a tree. Raises ConfigError where it has mistakes."""
        text = await self.vault.objects.file(tree, FILE)
        if text is None:
            return None
        try:
            return parse(text.decode())
        except UnicodeDecodeError as error:
            raise ConfigError((f"not UTF-8 at byte {error.start}; save it as UTF-8",)) from error

    def agent(self, task: Task) -> AgentSpec | None:
        """The agent that a task names, as the tip's factory.toml has it."""
        return self.tip.config.agent_named(task.agent) if self.tip.config else None

    async def included(self) -> str:
        """The text of the tip's .worktreeinclude."""
        found = await self.vault.objects.file(self.tip.tree, INCLUDE)
        return (found or b"").decode(errors="replace")

    async def inputs(self, config: Config, tree: str) -> dict[str, bytes]:
        """The files of a tree that its environment is made from, by path."""
        patterns = config.environment.inputs
        if not patterns:
            return {}
        return {
            path: await self.vault.objects.blob(oid)
            for path, oid in await self.vault.files(tree)
            if matches(path, patterns)
        }

    async def environment(self, config: Config, tree: str) -> Ready:
        """The project's environment for a tree, built where it is not there yet."""
        inputs = await self.inputs(config, tree)
        known = self.environments.known(config.environment, inputs)
        if known is not None:
            return known
        async with self.trees.checkout(tree) as folder:
            return await self.environments.ready(config.environment, folder, inputs)

    def happen(self, name: str, event: lifecycle.AnyEvent) -> Task:
        """Let something happen to a task: its new row and the fact commit together.

        Raises NotNowError where the task's state does not allow it.
        """
        rounds = self.tip.config.rounds if self.tip.config else 3
        with self.store.transaction():
            task = self.store.tasks.get(name)
            step = lifecycle.advance(task, event, now=self.now(), rounds=rounds)
            self.store.tasks.put(task, step.task)
            self.store.journal.say(step.kind, task=name, text=step.text)
            reached(Point.STEP_WRITTEN)
        reached(Point.STEP_KEPT)
        return step.task

    def amend(self, name: str, **fields: object) -> Task:
        """Change fields of a task's row that are no change of state; returns the row."""
        task = self.store.tasks.get(name)
        after = replace(task, **fields)
        self.store.tasks.put(task, after)
        return after

    def close(self) -> None:
        """Give everything back."""
        self.vault.close()
        self.store.close()


async def _ignores(vault: Vault, commit: str) -> str:
    """What no snapshot takes in: what the developer ignores, and what .worktreeinclude names."""
    included = await vault.objects.file(commit, INCLUDE)
    own = await vault.repository.excludes()
    return f"{own}\n{(included or b'').decode(errors='replace')}\n"
