"""The engine of one repository: start, recover, watch, stop."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import filelock
import watchfiles

from factory import __version__, lifecycle
from factory.attempt import Attempts
from factory.audit import Audits
from factory.clock import SYSTEM, Clock
from factory.commands import Commands
from factory.discretion import Discretion, keys
from factory.environment import Environments
from factory.faults import Point, reached
from factory.gate import Gate
from factory.gate.checks import Checks
from factory.git import folders
from factory.git.place import Place
from factory.git.repository import Repository
from factory.git.target import chosen
from factory.git.trees import Trees
from factory.git.vault import Vault
from factory.hub import Hub
from factory.landing import Landings
from factory.load import Loads
from factory.model import RUNS_ALREADY, EngineError
from factory.purse import Purse
from factory.reporting import Reports
from factory.reviewing import Reviewing
from factory.reviewing.recalling import Recalling
from factory.reviewing.searching import Searching
from factory.run import Runner
from factory.sandbox.containment import Level
from factory.sandbox.escapes import suite as escapes
from factory.shop import Shop
from factory.store import Store
from factory.views import Views
from factory.wire import PROTOCOL, Hello

log = logging.getLogger(__name__)

_GLANCE = 400
"""Milliseconds between two glances of a watcher at what the system has told it: each costs."""


class Engine:
    """Everything that runs for one repository. Made by `opened`."""

    def __init__(self, shop: Shop, hub: Hub, environment: Mapping[str, str]) -> None:
        self.shop = shop
        self.hub = hub
        purse = Purse(shop.store, shop.now)
        self._ahead = asyncio.create_task(asyncio.to_thread(_import_ahead))
        attempts = Attempts(shop, purse, self._ahead)
        self.checks = Checks(shop)
        self.gate = Gate(shop, self.checks, attempts)
        self.reviewing = Reviewing(shop)
        self.searching = Searching(shop, self.reviewing)
        self.recalling = Recalling(shop, self.reviewing)
        self.runner = Runner(shop, attempts, self.gate, Landings(shop, self.gate), self.reviewing)
        self.audits = Audits(shop, self.gate)
        self.runner.attended = attempts.attended = lambda: hub.attended
        hub.came = self.runner.wake
        self.views = Views(shop, purse, attempts, self.gate, self.runner, self.audits)
        self.loads = Loads(shop)
        self.reports = Reports(shop, purse)
        self.commands = Commands(shop, self.reviewing)
        self.commands.hurried = attempts.ask_again
        self.stopping = asyncio.Event()
        self._path = environment.get("PATH", "")
        shop.store.journal.listen(hub.happened)
        shop.store.journal.listen(self.loads.happened)
        shop.store.journal.listen(self.audits.happened)
        shop.store.journal.listen(self.runner.wake)

    def hello(self) -> Hello:
        """Who we are."""
        return Hello(
            protocol=PROTOCOL, version=__version__, pid=os.getpid(),
            repository=str(self.shop.repository.path), path_variable=self._path,
            keys=tuple(sorted(self.shop.keys)),
        )  # fmt: skip

    @property
    def recorded(self) -> bool:
        """Whether the model's answers are recorded: the default agent is a replay."""
        config = self.shop.tip.config
        agent = config.agent_named(config.agent) if config else None
        return agent is not None and agent.kind == "replay"

    async def run(self) -> None:
        """Run until `stopping` is set; then every phase ends where it can be begun again."""
        resumed = sum(lifecycle.phase(t) is not None for t in self.shop.store.tasks.all())
        self.shop.store.journal.say("engine", text=f"started, {resumed} under way")
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(self.runner.run()),
                group.create_task(self._watch()),
                group.create_task(self.audits.run()),
                group.create_task(self.reviewing.read_ahead()),
            ]
            await self.stopping.wait()
            for task in tasks:
                task.cancel()

    def stop_soon(self, *, at_once: bool) -> None:
        """Stop: at once, or after the turns under way. Returns before it is done."""
        self.runner.draining = True
        self._ending = asyncio.create_task(self._end(at_once=at_once))

    async def _end(self, *, at_once: bool) -> None:
        if not at_once:
            await self.runner.drained()
        self.stopping.set()

    async def _watch(self) -> None:
        """Look again when the developer's refs change: a commit, a checkout, a rebase."""
        common = self.shop.place.common
        async with asyncio.TaskGroup() as group:
            group.create_task(self._wake_on(common, recursive=False))
            group.create_task(self._wake_on(common / "refs", recursive=True))

    async def _wake_on(self, folder: Path, *, recursive: bool) -> None:
        try:
            async for _ in watchfiles.awatch(
                folder, watch_filter=None, debounce=400, step=_GLANCE, recursive=recursive,
                rust_timeout=60_000,
            ):  # fmt: skip
                self.runner.moved()
        except (OSError, RuntimeError) as error:  # no more inotify watches: look by the clock
            log.warning("%s cannot be watched (%s); it is looked at by the clock", folder, error)
            while True:
                await asyncio.sleep(2)
                self.runner.moved()


def _import_ahead() -> None:
    """What takes a second to import, in a thread. Two threads at it at once would both fail."""
    import anthropic  # noqa: F401


@asynccontextmanager
async def opened(
    place: Place, environment: Mapping[str, str], *, clock: Clock = SYSTEM
) -> AsyncIterator[Engine]:
    """The engine of a repository, with everything it holds; one at a time, by the given clock.

    Raises EngineError where another one runs, RepositoryError where it cannot work here.
    """
    lock = filelock.FileLock(place.lock)
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        raise EngineError(f"{RUNS_ALREADY} {place.path}; `factory-tui` attaches to it") from None
    try:
        reached(Point.START_LOCKED)
        hub = Hub()
        shop = await _shop(place, environment, hub, clock)
        try:
            yield Engine(shop, hub, environment)
        finally:
            shop.close()
    finally:
        lock.release()


async def _shop(place: Place, environment: Mapping[str, str], hub: Hub, clock: Clock) -> Shop:
    repository = Repository(place.path)
    secrets = keys(environment)
    discretion = Discretion(secrets)
    surroundings = {**os.environ, **environment}
    store = Store(place.state / "factory.db", now=clock.now, discretion=discretion)
    try:
        reached(Point.START_STORE)
        vault = Vault(place.state, repository, await chosen(repository))
        await asyncio.to_thread(folders.sweep, place.state)
        await vault.prepare()
        reached(Point.START_VAULT)
        containment = await escapes.probe()
        contained = containment.level is Level.BUBBLEWRAP
        if not contained:
            log.warning("%s", containment.sentence)
        shop = Shop(
            place, store, vault, Trees(vault, checkouts=_checkouts()),
            Environments(place.state / "environments", contained=contained, environ=surroundings),
            clock=clock, tell=hub.tell, contained=contained, keys=secrets,
            surroundings=surroundings, discretion=discretion,
        )  # fmt: skip
        await shop.refresh()
    except BaseException:
        store.close()
        raise
    return shop


def _checkouts() -> int:
    return max(8, os.cpu_count() or 2)
