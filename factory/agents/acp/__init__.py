"""The `acp` runtime: any program that speaks the Agent Client Protocol.

The program runs in the sandbox from the first word to the last, and edits the worktree itself: it
is offered neither files nor a terminal of ours. A session that it can take up again goes on after a
kill; where it cannot, a fresh one begins with a page that says how things stand.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress

from msgspec import structs

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
from factory.agents.reader import last_session, session_remark
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
from factory.model import AgentError, ParkReason, Spend, Struct
from factory.presets import preset_named
from factory.sandbox import TREE, outside
from factory.statepage import state_page

VERSION = 1
"""Of the protocol."""
START = 120.0
"""Seconds that a program has to say hello: some load for ten, and longer on a busy machine."""
STOPPING = 5.0
"""Seconds that a cancelled turn has to end, so that the session is kept."""
AUTH_REQUIRED = -32000
_GO_ON = (
    "You were interrupted, and anything you were doing may or may not have run. Look at what is "
    "there, then go on with the task."
)
_WAY_OUT = "check that `run` starts a program that speaks it, then resume the task"


class Offer(Struct):
    """What a program said of itself."""

    title: str = ""
    resumes: str = ""
    """The request that takes up a session: `session/resume`, `session/load`, or none."""
    methods: tuple[str, ...] = ()
    """Ids of the ways to sign in."""


class Acp:
    """Runs `spec.run` with the sandbox profile of the desk, and talks with it."""

    async def work(self, desk: Desk) -> AsyncGenerator[AnyEntry, None]:
        """Work until the agent is done or asks. Raises AgentError and SandboxError."""
        desk.reserve(_nothing(desk))
        async with aclosing(_Session(desk).run()) as entries:
            async for entry in entries:
                yield entry


class _Session:
    """One run of the program, with one session of its."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._history = list(desk.history)
        variables = (*desk.profile.env, *told(desk.spec))
        profile = structs.replace(desk.profile, env=variables)
        self._talk = Talk(profile, desk.spec.run)
        self._tree = TREE if profile.contained else outside(profile, TREE)
        paid = sum(e.spend.usd or 0.0 for e in self._history if isinstance(e, Usage))
        self._updates = Updates(desk.now, paid=paid, money=not desk.spec.subscription)
        self._allowed: set[str] = set()
        self._asked: Question | None = None
        self._session = ""

    async def run(self) -> AsyncGenerator[AnyEntry, None]:
        """Turn after turn, until nothing more is to be said."""
        try:
            async with self._talk:
                offer = await self._hello()
                before = last_session(self._history)
                taken_up = bool(before) and await self._take_up(before, offer)
                if before and not taken_up:
                    yield self._remark(f"its session {before} is gone: it begins afresh")
                if not taken_up:
                    await self._begin(offer)
                    yield session_remark(self._session, self._desk.now())
                words = self._words(taken_up=taken_up)
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

    def _failed(self, said: Failure) -> AgentError:
        """What to raise for a program that refused to go on, or is gone."""
        preset = preset_named(self._desk.spec.preset)
        program = Program(
            name=preset.title if preset else "the program", preset=self._desk.spec.preset
        )
        return failure(program, self._desk.spec, said, self._desk.now())

    # --- how it begins ---------------------------------------------------------------------

    async def _hello(self) -> Offer:
        """Learn what the program can do. Raises AgentError where it does not answer as one."""
        nothing = {"fs": {"readTextFile": False, "writeTextFile": False}, "terminal": False}
        client = {"name": "factory-tui", "version": "1"}
        hello = {"protocolVersion": VERSION, "clientCapabilities": nothing, "clientInfo": client}
        said = await self._promptly("initialize", hello)
        return offer_of(said)

    async def _promptly(self, method: str, params: Message) -> Message:
        """A request that is answered at once, or the program does not speak the protocol."""
        try:
            async with asyncio.timeout(START):
                return await self._talk.ask(method, params)
        except TimeoutError:
            raise AgentError(
                f"{self._desk.spec.name} did not answer {method!r} of the Agent Client Protocol "
                f"within {START:.0f} s: {_WAY_OUT}"
            ) from None

    async def _take_up(self, session: str, offer: Offer) -> bool:
        """Go on with a session, where the program still has it."""
        if not offer.resumes:
            return False
        place = {"sessionId": session, "cwd": self._tree, "mcpServers": []}
        try:
            said = await self._promptly(offer.resumes, place)
        except RefusedError:
            return False
        self._session = session
        self._updates.model = model_of(said)
        self._talk.drop()
        return True

    async def _begin(self, offer: Offer) -> None:
        """A fresh session, signed in where the program wants that first."""
        place: Message = {"cwd": self._tree, "mcpServers": []}
        try:
            said = await self._promptly("session/new", place)
        except RefusedError as error:
            ways = self._ways(offer)
            if error.code != AUTH_REQUIRED or not ways:
                raise
            await self._promptly("authenticate", {"methodId": ways[0]})
            said = await self._promptly("session/new", place)
        self._session = str(said.get("sessionId") or "")
        if not self._session:
            raise AgentError(f"{self._desk.spec.name} began a session that has no id; {_WAY_OUT}")
        self._updates.model = model_of(said)
        await self._choose(said)

    def _ways(self, offer: Offer) -> list[str]:
        """The ways to sign in that need nobody: what the preset knows to take a key."""
        preset = preset_named(self._desk.spec.preset)
        known = preset.ways if preset else ()
        return [way for way in known if way in offer.methods]

    async def _choose(self, said: Message) -> None:
        """Set model and effort where the session has options for them, by the program's ids."""
        spec = self._desk.spec
        for category, value in (("model", spec.model), ("thought_level", spec.effort)):
            option = option_of(said, category)
            if value and option:
                chosen = {"sessionId": self._session, "configId": option, "value": value}
                await self._promptly("session/set_config_option", chosen)
                if category == "model":
                    self._updates.model = value

    def _words(self, *, taken_up: bool) -> str:
        """What it is told first."""
        history = self._history
        if not taken_up:
            worked = any(isinstance(entry, Response | ToolCall) for entry in history)
            return state_page("", history) if worked else prompt(history, "")
        unheard: list[str] = []
        for entry in reversed(history):
            match entry:
                case Prompt(text=text):
                    unheard.append(text)
                case Response() | ToolCall() | Finished() | Question():
                    break
                case _:
                    pass
        words = BETWEEN.join(reversed(unheard)) or _GO_ON
        if asked := answered(history):
            words = f"The developer's answer to your request to {asked}: {words}"
        return words

    # --- a turn ----------------------------------------------------------------------------

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
            case Permission():
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
        return wish(given, " ".join(text.split())[:300] or "do something that it does not name")

    async def _stop(self, work: asyncio.Future[Message]) -> None:
        """Cancel the turn and give it a moment, so that the session remembers what it did."""
        await self._talk.tell("session/cancel", {"sessionId": self._session})
        for came in self._talk.take():
            if isinstance(came, Permission) and not came.answer.done():
                came.answer.cancel()
        await asyncio.wait({work}, timeout=STOPPING)
        work.cancel()
        with suppress(asyncio.CancelledError, RefusedError, GoneError):
            await work

    def _remark(self, text: str) -> Remark:
        return Remark(at=self._desk.now(), text=text)


def offer_of(said: Message) -> Offer:
    """The answer to `initialize` as data. Raises AgentError for another protocol."""
    from acp import schema
    from pydantic import ValidationError

    try:
        hello = schema.InitializeResponse.model_validate(said)
    except ValidationError as error:
        raise AgentError(
            "it answered 'initialize' with something else than the Agent Client Protocol says: "
            + _WAY_OUT
        ) from error
    if hello.protocol_version != VERSION:
        raise AgentError(
            f"it speaks version {hello.protocol_version} of the Agent Client Protocol, and "
            f"factory-tui version {VERSION}: update the older of the two"
        )
    can = hello.agent_capabilities
    sessions = can.session_capabilities if can else None
    resumes = "session/resume" if sessions and sessions.resume is not None else ""
    if not resumes and can and can.load_session:
        resumes = "session/load"
    info = hello.agent_info
    methods = said.get("authMethods")
    ways = [way for way in methods if isinstance(way, dict)] if isinstance(methods, list) else []
    return Offer(
        title=f"{info.name} {info.version}" if info else "",
        resumes=resumes,
        methods=tuple(str(way.get("id")) for way in ways),
    )


def option_of(said: Message, category: str) -> str:
    """The id of a session's option of some category; empty where it has none."""
    options = said.get("configOptions")
    for option in options if isinstance(options, list) else []:
        if isinstance(option, dict) and category in (option.get("category"), option.get("id")):
            return str(option.get("id") or "")
    return ""


def model_of(said: Message) -> str:
    """The model that a session has; empty where the program does not tell."""
    options = said.get("configOptions")
    for option in options if isinstance(options, list) else []:
        if isinstance(option, dict) and "model" in (option.get("category"), option.get("id")):
            return str(option.get("currentValue") or "")
    models = said.get("models")
    return str(models.get("currentModelId") or "") if isinstance(models, dict) else ""


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
