"""Driving tasks through their phases: who may start, what runs, what comes next.

The rows say which phase each task is in; here it is started, and ended when the row says so. There
is no other memory: after a kill, the same rows start the same phases again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable

from factory import admission, lifecycle
from factory.ahead import Ahead
from factory.attempt import Attempts
from factory.clock import rest
from factory.config import Config
from factory.gate import Gate
from factory.landing import Landings
from factory.lifecycle import Phase
from factory.model import (
    FactoryError,
    NotNowError,
    ParkReason,
    StoreError,
    Task,
    TaskState,
)
from factory.pairs import Pairs
from factory.phases import Phases
from factory.reviewing import Reviewing, all_aside
from factory.shop import Shop
from factory.wire import Fact

log = logging.getLogger(__name__)

_AGAIN = 3.0
"""Seconds after which a landing that waits for the developer's checkout looks at it again."""
_ALONE = (
    "programs run uncontained here, so nothing begins while nobody attends: open factory-tui, or "
    "get bubblewrap (`factory-tui doctor` says how)"
)
_SELDOM = 60.0
"""Seconds at most between two tries of a landing that is refused for no cause we see."""
_AHEAD, _PAIRS = "", " "
"""Stand for what is checked and compared ahead of time, among the ids of tasks."""
_ENDING = (lifecycle.TAKEN_BACK, lifecycle.HANDED_OVER)
_NOTICE = 60.0
"""Seconds after which a suspended machine, or a clock that was set, is noticed while something is
due by the clock."""
_DISK = 5.0
"""Seconds after which a database that could not be written is tried again."""


class Runner:
    """Runs the phases of all tasks until it is stopped."""

    def __init__(
        self, shop: Shop, attempts: Attempts, gate: Gate, landings: Landings, reviewing: Reviewing
    ) -> None:
        self._shop = shop
        self._attempts = attempts
        self._landings = landings
        self._phases = Phases(shop, attempts, gate, landings, reviewing)
        self._ahead = Ahead(shop, gate, self._phases)
        self.pairs = Pairs(shop)
        self._running: dict[str, tuple[Phase | None, asyncio.Task[None]]] = {}
        self._wake = asyncio.Event()
        self._waits: dict[str, tuple[float, float]] = {}
        """When a landing that waits is looked at, and how long it waited before, by task."""
        self._seen_tip = ""
        self._moved = True
        self.attended: Callable[[], bool] = lambda: True
        """Whether a client listens."""
        self.draining = False
        """True lets the turns under way end and starts nothing new."""
        self.problem = ""
        """Why nothing new is started, in words for the developer."""

    def wake(self, fact: Fact | None = None) -> None:
        """A row may have changed: look at them again.

        What was taken back or given away ends at once: the next word is not for its agent's hands.
        """
        if fact is not None and fact.kind in _ENDING and fact.task in self._running:
            _end(*self._running[fact.task])
        self._wake.set()

    def moved(self) -> None:
        """The target may have moved: ask git, then look at the rows."""
        self._moved = True
        self._wake.set()

    async def drained(self) -> None:
        """Wait until nothing runs any more."""
        while self._running:
            await asyncio.wait([task for _, task in self._running.values()])

    async def run(self) -> None:
        """Drive until cancelled; then every phase is cancelled too, and rows stay as they are."""
        try:
            while True:
                self._wake.clear()
                try:
                    wait = await self._look()
                except FactoryError as error:  # a full disk, a target that is gone: look again
                    self.problem, wait = str(error), _DISK
                except Exception as error:  # whatever it is, the other tasks go on
                    log.exception("the look at all tasks failed")
                    self.problem, wait = f"a fault of factory-tui's own: {error!r}", _DISK
                soon = None if wait is None else min(wait, _NOTICE)
                await rest(self._wake, soon, self._shop.clock)
        finally:
            under_way = [task for _, task in self._running.values()]
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)

    async def _look(self) -> float | None:
        """One look at all rows; returns the seconds until the next one that is due anyway."""
        began = self._shop.now()
        if self._moved:
            self._moved = False
            try:
                await self._shop.refresh()
            except BaseException:
                self._moved = True  # nobody will say so again
                raise
        tip = self._shop.tip
        if tip.commit != self._seen_tip:
            self._seen_tip = tip.commit
            self._shop.store.journal.say("tip", text=tip.commit)
            await self._ahead.conflicts(self._running)
        self.problem = self._stopper()
        tasks = self._shop.store.tasks.all()
        self._resume_due(tasks)
        for task in self._shop.store.tasks.all():
            self._tidy(task)
        if not self.draining:
            self._start_queued(self._shop.store.tasks.all())
            for task in self._shop.store.tasks.all():
                self._drive(task)
            self._gate_ahead()
        return self._due(self._shop.store.tasks.all(), began)

    def _alone(self) -> bool:
        """Whether nothing may begin: what runs is uncontained, and nobody attends."""
        return not (self._shop.contained or self.attended())

    def _stopper(self) -> str:
        if self._alone():
            return _ALONE
        if self._shop.tip.problem:
            return self._shop.tip.problem
        return self._ahead.problem

    def _resume_due(self, tasks: tuple[Task, ...]) -> None:
        now = self._shop.now()
        places = admission.places(tasks, self._shop.tip.config or Config())
        for task in tasks:
            if task.parked is not None and task.parked.until is not None:
                works = task.parked.resume is TaskState.WORKING
                if admission.due(task, now) and (places > 0 or not works):
                    self._shop.happen(task.id, lifecycle.Resumed())
                    places -= works
            elif task.waiting and task.id not in self._running and not self.draining:
                when, pause = self._waits.setdefault(task.id, (now + _AGAIN, _AGAIN))
                if not now < when <= now + pause:  # or the clock was set back
                    self._spawn(task.id, None, self._clear(task))

    async def _clear(self, task: Task) -> None:
        """A landing that waits: go on as soon as the developer's checkout is out of the way.

        Where nothing is seen in its way it is tried, and if it is refused again, ever more seldom.
        """
        _, pause = self._waits[task.id]
        hindered = await self._landings.hindered(task)
        pause = _AGAIN if hindered else min(2 * pause, _SELDOM)
        self._waits[task.id] = (self._shop.now() + pause, pause)
        if not hindered:
            self._shop.happen(task.id, lifecycle.Cleared())

    def _start_queued(self, tasks: tuple[Task, ...]) -> None:
        config = self._shop.tip.config
        if config is None or self.problem:
            return
        self.problem = admission.held(tasks, config, all_aside(self._shop, tasks))
        if self.problem:
            return
        for task, never in admission.admitted(tasks, config):
            if never:
                failed = lifecycle.Failed(reason=ParkReason.ERROR, message=never)
                self._shop.happen(task.id, failed)
                continue
            if not task.agent:  # queued while there was no factory.toml that could be read
                self._shop.amend(task.id, agent=config.agent)
            self._shop.happen(task.id, lifecycle.Started(base=self._shop.tip.commit))

    def _drive(self, task: Task) -> None:
        phase = lifecycle.phase(task)
        under_way = self._running.get(task.id)
        if under_way is not None and under_way[0] is not phase:
            _end(*under_way)  # paused, ended, or sent back: the row has moved on
        elif phase is not None and under_way is None and not self._alone():
            self._spawn(task.id, phase, self._phases.run(task, phase))

    def _gate_ahead(self) -> None:
        """Find out what the developer will want to know, while nobody waits for it."""
        phases = {phase for phase, _ in self._running.values()}
        if self._alone():
            return
        if _PAIRS not in self._running and (work := self.pairs.work()):
            self._spawn(_PAIRS, None, work)
        if _AHEAD not in self._running and (work := self._ahead.work(phases)):
            self._spawn(_AHEAD, None, work)

    def _due(self, tasks: tuple[Task, ...], began: float) -> float | None:
        """Seconds until something goes on by itself; None where nothing does."""
        times = [task.parked.until for task in tasks if task.parked]
        times += [self._waits.get(task.id, (None,))[0] for task in tasks if task.waiting]
        due = _next((*times, self._ahead.again), began)
        return None if due is None else max(0.05, due - self._shop.now())

    def _tidy(self, task: Task) -> None:
        """A task that is over gives its worktree back; feedback that was taken back leaves none."""
        if not task.worktree or task.id in self._running:
            return
        if task.state.over:
            self._spawn(task.id, None, self._attempts.worktrees.give_back(task))
        elif task.state is TaskState.READY and task.lay_out:
            self._spawn(task.id, None, self._attempts.worktrees.ready(task))

    def _spawn(
        self, name: str, phase: Phase | None, work: Coroutine[object, object, object]
    ) -> None:
        async def guarded() -> None:
            try:
                await work
            except NotNowError:
                pass  # the developer was quicker; the row says what comes next
            except StoreError as error:
                self.problem = str(error)
                await self._shop.clock.sleep(_DISK)
            except FactoryError as error:
                log.warning("%s: %s", name, error)
                await self._shop.clock.sleep(_DISK)
            except Exception:
                log.exception("%s: a fault of our own", name)
                await self._shop.clock.sleep(_DISK)
            finally:
                self._running.pop(name, None)
                self.wake()

        self._running[name] = (phase, asyncio.create_task(guarded(), name=f"{name} {phase}"))


def _end(phase: Phase | None, work: asyncio.Task[None]) -> None:
    """End what runs of a phase, once: it must end in peace."""
    if phase is not None and not work.cancelling():
        work.cancel()


def _next(times: Iterable[float | None], began: float) -> float | None:
    """The first of some times. What was due when a look began was begun by it, or waits."""
    return min((time for time in times if time is not None and time > began), default=None)
