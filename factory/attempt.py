"""One agent at one task in one worktree: made ready, worked, snapshotted, given back.

A phase may be run again from its beginning: the worktree, the transcript and the task row on disk
are all it knows, and each step leaves them so that it can be repeated.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager

from msgspec.structs import replace

from factory import admission, agents, around, lifecycle
from factory.agents.base import Desk
from factory.agents.breaker import Breakers
from factory.agents.unpriced import PRICE
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
from factory.faults import Point, reached
from factory.model import AgentError, ParkReason, Pending, Spend, Task, TaskState
from factory.purse import Purse, unpriced
from factory.sandbox import network
from factory.shop import Shop
from factory.telling import Telling
from factory.transcript import Transcript, cut_short
from factory.wire import Grew
from factory.worktrees import Worktrees, attempt_name


class Attempts:
    """The attempts of one engine."""

    def __init__(self, shop: Shop, purse: Purse, imported: asyncio.Future[None]) -> None:
        """`imported` is done once the model's library can be used."""
        self._shop = shop
        self._imported = imported
        self._purse = purse
        self._breakers = Breakers(shop.clock, doubtful=admission.limited(shop.store.tasks.all()))
        self.worktrees = Worktrees(shop)
        self.attended: Callable[[], bool] = lambda: True  # whether a client listens
        self._telling = Telling(shop)

    # --- the phase `work` ------------------------------------------------------------------

    async def work(self, task: Task) -> lifecycle.AnyEvent:
        """The phase `work`: the agent runs until it claims to be done, asks, or cannot go on.

        A word that it did not hear any more, or could not, is told at once: it goes on.
        """
        while True:
            ended = await self._round(task)
            task = self._shop.store.tasks.get(task.id)
            unheard = task.state is TaskState.WORKING and task.prompts
            if not (unheard and isinstance(ended, lifecycle.Claimed)):
                return ended

    async def _round(self, task: Task) -> lifecycle.AnyEvent:
        config, spec = self._settings(task)
        if spec is None or config is None:
            return lifecycle.Failed(
                reason=ParkReason.ERROR,
                message=f"factory.toml on the target has no agent {task.agent!r}; add it, or end "
                "the task",
            )
        transcript = self.transcript(task)
        if task.began and cut_short(transcript.entries()):
            task = self._shop.amend(task.id, lay_out=task.began)
        task = await self.worktrees.ready(task)
        try:
            transcript.resume(self._shop.now())
            self._purse.catch_up(task, spec, _turns(task, transcript.entries()))
            await self._telling.deliver(task, transcript, config, spec)
            ended = _already(transcript.entries())
            if ended is not None:
                return ended
            if spec.kind != "command":
                await asyncio.shield(self._imported)
            if spec.kind == "command" and spec.output == "text":
                await self.worktrees.begin(task)
            desk = await self._desk(task, config, spec, transcript)
            # A program is one turn, however long it takes; our own loop looks between its turns.
            left = self._purse.left(task, config) if spec.kind in ("acp", "command") else None
            await self._sign(task, spec, transcript)
            with self._purse.at_work(task, spec):
                async with (
                    asyncio.timeout(left),
                    _connected(self._shop, task, desk, transcript) as desk,
                    aclosing(agents.runtime(spec).work(desk)) as said,
                ):
                    ended = await self._follow(task, spec, transcript, said)
            return self._lost(task) or ended
        except TimeoutError:
            if self._purse.left(task, config) != 0:
                raise
            why = self._purse.over(task, config)
            return lifecycle.Failed(reason=ParkReason.BUDGET, message=why)
        except AgentError as error:
            return lifecycle.Failed(reason=error.reason, message=str(error), until=error.until)
        finally:
            transcript.close()

    def ask_again(self, task: Task) -> None:
        """The developer resumes a task: its account is asked, whatever pause it is given."""
        _, spec = self._settings(task)
        if spec is not None:
            self._breakers.before(spec).ask_again()

    async def _sign(self, task: Task, spec: AgentSpec, transcript: Transcript) -> None:
        """Write down which version of a program works, where that is not in the transcript yet."""
        found = await self.worktrees.programs.ready(spec)
        version = await self.worktrees.programs.version(spec, found)
        text = f"{spec.name}: {version}"
        signed = any(isinstance(e, Remark) and e.text == text for e in transcript.entries())
        if version and not signed:
            size = transcript.append(Remark(at=self._shop.now(), text=text))
            self._shop.tell(Grew(name=attempt_name(task), size=size))

    async def _follow(
        self,
        task: Task,
        spec: AgentSpec,
        transcript: Transcript,
        entries: AsyncGenerator[AnyEntry, None],
    ) -> lifecycle.AnyEvent:
        """Write what the agent says, count what it costs, until it stops."""
        name, turn = attempt_name(task), len(_turns(task, transcript.entries()))
        async for entry in entries:
            stamped = replace(entry, at=self._shop.now())
            size = transcript.append(stamped)
            reached(Point.WORK_SAID)
            self._shop.tell(Grew(name=name, size=size))
            match stamped:
                case Prompt(text=text):
                    self._telling.heard(task.id, text)
                case Response(spend=spend) | Usage(spend=spend):
                    turn += 1
                    self._purse.settle(task, spec, spend, f"{name}#{turn}")
                case Question(text=text, options=options):
                    return lifecycle.Asked(question=text, options=options)
                case Finished(handoff=handoff):
                    reached(Point.WORK_DONE)
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
        profile = await self.worktrees.profile(task, spec)
        await around.prepare(self._shop, task, profile)
        return Desk(
            task=task.id, title=task.title, spec=spec, profile=profile,
            scratch=self.worktrees.scratch(task), history=transcript.entries(),
            steering=lambda: self._telling.steering(task.id),
            reserve=lambda most: self._purse.reserve(
                self._shop.store.tasks.get(task.id), spec, most, config
            ),
            release=lambda: self._purse.release(task), clock=self._shop.clock,
            breaker=self._breakers.before(spec), breaker_of=self._breakers.before,
            key=self._shop.surroundings.get(spec.key_env, ""),
            unpriced=unpriced(task, config, attended=self.attended()),
        )  # fmt: skip

    def _settings(self, task: Task) -> tuple[Config | None, AgentSpec | None]:
        config = self._shop.tip.config
        return config, config.agent_named(task.agent) if config else None

    # --- what it said ----------------------------------------------------------------------

    def transcript(self, task: Task) -> Transcript:
        """The transcript of the task's current attempt."""
        path = self._shop.attempt_folder(attempt_name(task)) / "transcript.jsonl"
        return Transcript(path, self._shop.discretion)

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


@asynccontextmanager
async def _connected(
    shop: Shop, task: Task, desk: Desk, transcript: Transcript
) -> AsyncIterator[Desk]:
    """Open the network that the agent is granted; in the end, say where it went."""
    folder = shop.attempt_folder(attempt_name(task)) / "network"

    def remark(text: str) -> None:
        size = transcript.append(Remark(at=shop.now(), text=text))
        shop.tell(Grew(name=attempt_name(task), size=size))

    async with network.granted(
        desk.profile, folder, now=shop.now, refused=lambda why: remark(f"network: refused {why}")
    ) as granted:
        try:
            yield replace(desk, profile=granted.profile)
        finally:
            if went := granted.summary():
                remark(went)


def _turns(task: Task, entries: list[AnyEntry]) -> dict[str, Spend]:
    """What each turn in a transcript has cost, by the name of its line in the ledger."""
    spent = [entry.spend for entry in entries if isinstance(entry, Response | Usage)]
    return {f"{attempt_name(task)}#{turn}": spend for turn, spend in enumerate(spent, 1)}


def _already(entries: list[AnyEntry]) -> lifecycle.AnyEvent | None:
    """What a killed engine had heard but not yet acted on: the last word stands."""
    for entry in reversed(entries):
        match entry:
            case Finished(handoff=handoff):
                return lifecycle.Claimed(handoff=handoff)
            case Question(id=name) if name == PRICE:
                return None  # a cap may have been set, or a price: it is looked at again
            case Question(text=text, options=options):
                return lifecycle.Asked(question=text, options=options)
            case Remark():
                continue
            case _:
                return None
    return None
