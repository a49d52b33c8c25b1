"""How a talk begins: the program says what it can do, and a session is taken up or begun."""

from __future__ import annotations

import asyncio

from factory.agents.acp.choices import choices, model_of
from factory.agents.acp.talk import Message, RefusedError, Talk
from factory.config import AgentSpec
from factory.model import AgentError, Struct
from factory.presets import preset_named

VERSION = 1
"""Of the protocol."""
START = 120.0
"""Seconds that a program has for an answer that needs no model: some load for ten."""
AUTH_REQUIRED = -32000
_WAY_OUT = "check that `run` starts a program that speaks it, then resume the task"


class Entered(Struct):
    """A session that can be prompted."""

    session: str
    taken_up: bool
    """Whether it is the one from before, with all that was said in it."""
    model: str = ""
    """What works in it, where the program tells."""
    refused: tuple[str, ...] = ()
    """Sentences about what it would not be set to."""


class Offer(Struct):
    """What a program said of itself."""

    title: str = ""
    resumes: str = ""
    """The request that takes up a session: `session/resume`, `session/load`, or none."""
    methods: tuple[str, ...] = ()
    """Ids of the ways to sign in."""


async def enter(talk: Talk, spec: AgentSpec, tree: str, before: str) -> Entered:
    """Take up the session `before`, or begin one, signed in where the program wants that first.

    `tree` is the worktree as the program sees it. Raises AgentError, and what `Talk.ask` raises.
    """
    nothing = {"fs": {"readTextFile": False, "writeTextFile": False}, "terminal": False}
    client = {"name": "factory-tui", "version": "1"}
    hello = {"protocolVersion": VERSION, "clientCapabilities": nothing, "clientInfo": client}
    offer = offer_of(await _promptly(talk, spec, "initialize", hello))
    place: Message = {"cwd": tree, "mcpServers": []}
    if before and offer.resumes:
        try:
            said = await _promptly(talk, spec, offer.resumes, {"sessionId": before, **place})
        except RefusedError:
            pass
        else:
            talk.drop()
            model, refused = await _choose(talk, spec, before, said)
            return Entered(session=before, taken_up=True, model=model, refused=refused)
    said = await _begin(talk, spec, offer, place)
    session = str(said.get("sessionId") or "")
    if not session:
        raise AgentError(f"{spec.name} began a session that has no id; {_WAY_OUT}")
    model, refused = await _choose(talk, spec, session, said)
    return Entered(session=session, taken_up=False, model=model, refused=refused)


async def _begin(talk: Talk, spec: AgentSpec, offer: Offer, place: Message) -> Message:
    try:
        return await _promptly(talk, spec, "session/new", place)
    except RefusedError as error:
        preset = preset_named(spec.preset)
        ways = [way for way in preset.ways if way in offer.methods] if preset else []
        if error.code != AUTH_REQUIRED or not ways:
            raise
        await _promptly(talk, spec, "authenticate", {"methodId": ways[0]})
        return await _promptly(talk, spec, "session/new", place)


async def _choose(
    talk: Talk, spec: AgentSpec, session: str, said: Message
) -> tuple[str, tuple[str, ...]]:
    """Set mode, effort and model where the session has a choice; the model, and what was refused.

    A refused choice is no reason not to work: a program that knows no such model says so itself.
    """
    model, refused = model_of(said), []
    for choice in choices(said, spec):
        fields = {"sessionId": session, **dict(choice.fields)}
        try:
            await _promptly(talk, spec, choice.method, fields)
        except RefusedError as error:
            refused.append(f"its {choice.what} stays as it is, not {choice.value!r}: {error}")
        else:
            model = choice.value if choice.what == "model" else model
    return model, tuple(refused)


async def _promptly(talk: Talk, spec: AgentSpec, method: str, params: Message) -> Message:
    """A request that is answered at once, or the program does not speak the protocol."""
    try:
        async with asyncio.timeout(START):
            return await talk.ask(method, params)
    except TimeoutError:
        raise AgentError(
            f"{spec.name} did not answer {method!r} of the Agent Client Protocol within "
            f"{START:.0f} s: {_WAY_OUT}"
        ) from None


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
