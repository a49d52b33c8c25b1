"""The `acp` runtime: any program that speaks the Agent Client Protocol.

The program runs in the sandbox from the first word to the last, and edits the worktree itself: it
is offered neither files nor a terminal of ours. A session that it can take up again goes on after a
kill; where it cannot, a fresh one begins with a page that says how things stand.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing, suppress

from msgspec import structs

from factory.agents.acp.entrance import AUTH_REQUIRED, Entered, enter
from factory.agents.acp.permissions import (
    ONCE,
    Wish,
    answered,
    decided,
    outcome,
    question,
    wish,
)
from factory.agents.acp.talk import (
    Came,
    GoneError,
    Message,
    Permission,
    RefusedError,
    Stray,
    Talk,
    Update,
)
from factory.agents.acp.updates import Updates
from factory.agents.asking import closing
from factory.agents.base import Desk
from factory.agents.command import BETWEEN, prompt, told
from factory.agents.reader import counted, last_session, session_began, session_remark
from factory.agents.reasons import Failure, Program, Why, failure
from factory.entry import (
    AnyEntry,
    Finished,
    Origin,
    Prompt,
    Question,
    Remark,
    Response,
    ToolCall,
    Usage,
)
from factory.model import AgentError, ParkReason, Spend
from factory.presets import preset_named
from factory.sandbox import TREE, outside
from factory.statepage import state_page

STOPPING = 5.0
"""Seconds that a cancelled turn has to end, so that the session is kept."""
_GO_ON = (
    "You were interrupted, and anything you were doing may or may not have run. Look at what is "
    "there, then go on with the task."
)


class Acp:
    """Runs `spec.run` with the sandbox profile of the desk, and talks with it."""

    def __init__(self, stopping: float = STOPPING) -> None:
        """`stopping` are the seconds that a cancelled turn has to end."""
        self._stopping = stopping

    async def work(self, desk: Desk) -> AsyncGenerator[AnyEntry, None]:
        """Work until the agent is done or asks. Raises AgentError and SandboxError."""
        desk.reserve(_nothing(desk))
        async with aclosing(_Session(desk, self._stopping).run()) as entries:
            async for entry in entries:
                yield entry


class _Session:
    """One run of the program, with one session of its."""

    def __init__(self, desk: Desk, stopping: float) -> None:
        self._desk = desk
        self._stopping = stopping
        self._history = list(desk.history)
        variables = (*desk.profile.env, *told(desk.spec))
        profile = structs.replace(desk.profile, env=variables)
        self._talk = Talk(profile, desk.spec.run)
        self._tree = TREE if profile.contained else outside(profile, TREE)
        self._updates = Updates(desk.now, money=not desk.spec.subscription)
        self._allowed: set[str] = set()
        self._asked: Question | None = None
        self._session = ""

    async def run(self) -> AsyncGenerator[AnyEntry, None]:
        """Turn after turn, until nothing more is to be said."""
        try:
            async with self._talk:
                before = last_session(self._history)
                entered = await enter(self._talk, self._desk.spec, self._tree, before)
                self._session, self._updates.model = entered.session, entered.model
                if entered.taken_up:  # a session begun anew counts from nothing
                    self._updates.paid = counted(self._history, before).usd or 0.0
                for remark in self._remarks(before, entered):
                    yield remark
                words = self._words(taken_up=entered.taken_up)
                while words:
                    async with aclosing(self._turn(words)) as entries:
                        async for entry in entries:
                            yield entry
                    if self._asked is not None:
                        return
                    said = self._desk.steering()
                    for text in said:
                        yield Prompt(at=self._desk.now(), text=text, origin=Origin.DEVELOPER)
                    words = BETWEEN.join(said)
                yield closing(self._updates.last, self._desk.now())
        except RefusedError as error:
            why = Why.LOGIN if error.code == AUTH_REQUIRED else None
            raise self._failed(Failure(text=str(error), why=why)) from error
        except GoneError as error:
            raise self._failed(Failure(text=str(error))) from error

    def _remarks(self, before: str, entered: Entered) -> Iterator[Remark]:
        """What is to be known of the session: that it is another, and what it was refused."""
        if before and not entered.taken_up:
            yield self._remark(f"its session {before} is gone: it begins afresh")
        if not entered.taken_up:
            yield session_remark(self._session, self._desk.now())
        yield from map(self._remark, entered.refused)

    def _failed(self, said: Failure) -> AgentError:
        """What to raise for a program that refused to go on, or is gone."""
        preset = preset_named(self._desk.spec.preset)
        program = Program(
            name=preset.title if preset else "the program", preset=self._desk.spec.preset
        )
        return failure(program, self._desk.spec, said, self._desk.now())

    # --- a turn ----------------------------------------------------------------------------

    def _words(self, *, taken_up: bool) -> str:
        """What it is told first.

        A session in which nothing was done yet may have been killed before it was told anything:
        it is told all. One that is new after work was done has a page of that, and whole what no
        session has answered.
        """
        history = self._history
        unheard = _unheard(history)
        if not (taken_up and any(map(_worked, history[session_began(history) + 1 :]))):
            if not any(isinstance(entry, Response | ToolCall) for entry in history):
                return prompt(history, "")
            said = (entry.text for entry in unheard if entry.origin is not Origin.TASK)
            return BETWEEN.join((state_page("", history), *said))
        words = BETWEEN.join(entry.text for entry in unheard) or _GO_ON
        if asked := answered(history):
            words = f"The developer's answer to your request to {asked}: {words}"
        return words

    async def _turn(self, words: str) -> AsyncGenerator[AnyEntry, None]:
        """Say something, and follow what comes of it to the end of the turn, or to a question."""
        given = {"sessionId": self._session, "prompt": [{"type": "text", "text": words}]}
        work = asyncio.ensure_future(self._talk.ask("session/prompt", given))
        try:
            async with aclosing(self._talk.during(work)) as batches:
                async for batch in batches:
                    for came in batch:
                        for entry in self._entries(came):
                            yield entry
                            self._look_at_the_cap(entry)
                    if self._asked is not None:
                        for entry in (*self._updates.whole(), self._asked):
                            yield entry
                        return
            if work.exception() is not None:
                for entry in self._updates.whole():
                    yield entry
            for entry in self._updates.ended(result := work.result()):
                yield entry
            _check(str(result.get("stopReason") or "end_turn"))
        finally:
            if not work.done():
                await self._stop(work)

    def _look_at_the_cap(self, entry: AnyEntry) -> None:
        """A turn of a program's may be long: what it has cost is held against the caps within."""
        if isinstance(entry, Usage):
            self._desk.reserve(_nothing(self._desk))

    def _entries(self, came: Came) -> Sequence[AnyEntry]:
        match came:
            case Update(given=given):
                return tuple(self._updates.read(given))
            case Stray():
                return tuple(self._updates.stray(came))
            case Permission(given=given):
                self._updates.asked(given)
                self._permit(came)
                return ()

    def _permit(self, came: Permission) -> None:
        """Answer by policy, or leave the request open and ask the developer."""
        if came.answer.done() or self._asked is not None:
            return
        asked = self._wish(came.given)
        decision = decided(asked, self._desk.spec, self._history, self._allowed)
        if not decision:
            self._asked = question(asked, self._desk.spec, self._desk.now())
            return
        if decision == ONCE:
            self._allowed.add(asked.id)
        came.answer.set_result(outcome(asked, decision))

    def _wish(self, given: Message) -> Wish:
        call = given.get("toolCall")
        call = call if isinstance(call, dict) else {}
        raw = call.get("rawInput")
        command = raw.get("command") if isinstance(raw, dict) else None
        known = self._updates.titles.get(str(call.get("toolCallId")), "")
        text = command if isinstance(command, str) else str(call.get("title") or known)
        return wish(given, text)

    async def _stop(self, work: asyncio.Future[Message]) -> None:
        """Cancel the turn and give it a moment, so that the session remembers what it did."""
        with suppress(TimeoutError):  # one who reads nothing any more is not even told
            async with asyncio.timeout(self._stopping):
                await self._talk.tell("session/cancel", {"sessionId": self._session})
                self._talk.drop()
                await asyncio.wait({work})
        work.cancel()
        with suppress(asyncio.CancelledError, RefusedError, GoneError):
            await work

    def _remark(self, text: str) -> Remark:
        return Remark(at=self._desk.now(), text=text)


def _unheard(history: Sequence[AnyEntry]) -> list[Prompt]:
    """What was said since the program last did something, the oldest first."""
    done = next((at for at in range(len(history) - 1, -1, -1) if _worked(history[at])), -1)
    return [entry for entry in history[done + 1 :] if isinstance(entry, Prompt)]


def _worked(entry: AnyEntry) -> bool:
    return isinstance(entry, Response | ToolCall | Finished | Question)


def _check(stop: str) -> None:
    """Raises AgentError where a turn ended otherwise than by itself."""
    match stop:
        case "refusal":
            raise AgentError(
                "the model refused to go on: read the end of the transcript, then say the task in "
                "other words, or give it to another agent", reason=ParkReason.STUCK,
            )  # fmt: skip
        case "max_tokens" | "max_turn_requests":
            raise AgentError(
                f"its turn ended at a limit of its own ({stop}): tell it how to go on",
                reason=ParkReason.STUCK,
            )
        case "cancelled":
            raise AgentError("its turn was cancelled, and not by the factory: resume the task")
        case _:
            pass


def _nothing(desk: Desk) -> Spend:
    """What is set aside for a turn of a program that tells its price afterwards."""
    return Spend(usd=None if desk.spec.subscription else 0.0)
