"""Our own agent loop on any endpoint that speaks the Messages API.

Every turn: hear what was said meanwhile, reserve, ask the model, write its answer down, run its
tools in the sandbox. All state is in the transcript; the loop can be left and entered anywhere.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

import msgspec

from factory.agents.base import Desk
from factory.agents.conversation import (
    CUT_OFF_STOPS,
    Block,
    conversation,
    taken_in,
    text_of,
    tool_calls,
)
from factory.agents.endpoint import BYTES_A_TOKEN, Ask, Endpoint
from factory.agents.instructions import system
from factory.agents.progress import admonish, since_round
from factory.agents.roles import Roles, is_plan, with_findings
from factory.agents.setbacks import WAITS, given_up
from factory.agents.tools import TOOLS, handoff, perform, refused, summary
from factory.agents.unpriced import question
from factory.entry import (
    AnyEntry,
    Delta,
    Finished,
    Origin,
    Prompt,
    Question,
    Response,
    ToolCall,
    ToolResult,
)
from factory.ledger import Price, Prices, most
from factory.model import AgentError, Handoff, Spend
from factory.transcript import ASK, HANDOFF, interrupted

ROOM = 0.6
"""Part of the model's window that the conversation may fill before old results are left out."""
MOST_KEPT = 160_000
"""Tokens at which they are left out of a wider window too: every turn carries them."""
USUAL_WINDOW = 200_000
NOT_RUN = (
    "Not run: your answer was cut off at the limit of output tokens, so this call may not be "
    "whole. Do it in smaller steps, a large file in several parts."
)


class Claude:
    """The `claude` runtime. `waits` are the seconds before each further try of a request."""

    def __init__(self, prices: Prices, waits: Sequence[float] = WAITS) -> None:
        self._prices = prices
        self._waits = waits

    async def work(self, desk: Desk) -> AsyncGenerator[AnyEntry, None]:
        """Work until the agent hands off or asks. Raises AgentError and SandboxError."""
        price = self._prices.of(desk.spec.model)
        roles = Roles(desk, self._prices, self._waits)
        asked = None if desk.spec.subscription else question(desk, roles.unpriced())
        if asked is not None:
            yield asked
            return
        loop = _Loop(desk, Endpoint(desk, price, self._waits), price, roles)
        async with aclosing(loop.run()) as entries:
            async for entry in entries:
                yield entry


class _Loop:
    """One run of the loop: its endpoint, and the transcript as it grows."""

    def __init__(self, desk: Desk, endpoint: Endpoint, price: Price | None, roles: Roles) -> None:
        self._desk = desk
        self._endpoint = endpoint
        self._price = price
        self._roles = roles
        self._history = list(desk.history)
        self._start = _last_response(self._history)

    async def run(self) -> AsyncGenerator[AnyEntry, None]:
        """Turn after turn, until one ends the work. An entry counts as said once it is taken."""
        for result in interrupted(self._history, self._desk.now()):
            self._history.append(result)
            yield result
        async with self._endpoint:
            while True:
                for part in (self._roles.plan(self._history), self._turn()):
                    async with aclosing(part) as entries:
                        async for entry in entries:
                            if not isinstance(entry, Delta):
                                self._history.append(entry)
                            yield entry
                if isinstance(self._history[-1], Finished | Question):
                    return

    async def _turn(self) -> AsyncGenerator[AnyEntry, None]:
        """One answer of the model and its tools; or the end of the work."""
        desk = self._desk
        said = desk.steering()
        for text in said:
            yield Prompt(at=desk.now(), text=text, origin=Origin.DEVELOPER)
        end = ending(self._history, desk.now())
        if end is not None:
            async with aclosing(self._ended(end)) as entries:
                async for entry in entries:
                    yield entry
            return
        if advice := admonish(since_round(self._history, self._start), desk.spec.turns):
            yield Prompt(at=desk.now(), text=advice, origin=Origin.ENGINE)
        ask = Ask(
            system=system(desk.spec.instructions),
            messages=conversation(self._history, room(self._price, desk.spec.context)),
            tools=TOOLS,
        )
        cost = self._most(ask)
        answer = self._endpoint.answer(ask, lambda: desk.reserve(cost), given_up(self._history))
        async with aclosing(answer):
            async for entry in answer:
                yield entry
        response = self._history[_last_response(self._history)]
        assert isinstance(response, Response)
        if response.stop == "refusal":
            raise AgentError(
                f"{response.model} refused to go on: read the end of the transcript, then say "
                "the task in other words, or give it to another model"
            )
        for call in tool_calls(response):
            if response.stop in CUT_OFF_STOPS:
                yield refused(desk, call, NOT_RUN)
            elif call["name"] not in (ASK, HANDOFF):
                yield ToolCall(at=desk.now(), id=call["id"], name=call["name"], text=summary(call))
                yield await perform(desk, call)

    async def _ended(self, end: Finished | Question) -> AsyncGenerator[AnyEntry, None]:
        """The end of the work; a handoff is reviewed first, where there is a reviewer."""
        if isinstance(end, Finished):
            async with aclosing(self._roles.review(self._history)) as entries:
                async for entry in entries:
                    yield entry
            end = msgspec.structs.replace(end, handoff=with_findings(end.handoff, self._history))
        yield end

    def _most(self, ask: Ask) -> Spend:
        """The most the request can cost."""
        tokens = input_tokens(ask, self._history)
        free = self._desk.spec.subscription
        return most(self._price, tokens, self._endpoint.max_tokens, free=free)


def ending(history: Sequence[AnyEntry], at: float) -> Finished | Question | None:
    """How the work ends, if the last response ends it and nothing was said since.

    A turn without a tool call ends it too: what it says is the note. `at` is the entry's time.
    Where a call of that response was interrupted, the model has to look at it before it may end.
    """
    last = _last_response(history)
    if last == len(history) or any(_speaks_against(entry) for entry in history[last:]):
        return None
    response = history[last]
    assert isinstance(response, Response)
    if response.stop in (*CUT_OFF_STOPS, "refusal", "pause_turn"):
        return None
    calls: dict[str, Block] = {call["name"]: call for call in tool_calls(response)}
    if ASK in calls:
        given = calls[ASK].get("input") or {}
        return Question(at=at, text=str(given.get("question", "")), id=calls[ASK]["id"])
    if HANDOFF in calls:
        return Finished(at=at, handoff=handoff(calls[HANDOFF].get("input")))
    if calls or not text_of(response):
        return None
    return Finished(at=at, handoff=Handoff(summary=text_of(response)))


def _speaks_against(entry: AnyEntry) -> bool:
    return isinstance(entry, Prompt) or (isinstance(entry, ToolResult) and entry.interrupted)


def room(price: Price | None, own: int = 0) -> int:
    """Tokens of conversation above which old tool results are left out; `own` is the agent's."""
    window = own or (price.context if price else USUAL_WINDOW)
    return min(int(window * ROOM), MOST_KEPT)


def input_tokens(ask: Ask, history: Sequence[AnyEntry]) -> int:
    """No fewer tokens than the request will carry.

    Counted from what the last answer carried, where the endpoint counts; else from its size.
    """
    whole = ask.tokens
    last = _last_response(history)
    if last == len(history) or is_plan(history, last):
        return whole
    response = history[last]
    assert isinstance(response, Response)
    counted = taken_in(response.spend) + response.spend.output_tokens
    since = [entry for entry in history[last + 1 :] if isinstance(entry, Prompt | ToolResult)]
    added = len(msgspec.json.encode(since)) // BYTES_A_TOKEN
    return min(whole, counted + added) if counted else whole


def _last_response(history: Sequence[AnyEntry]) -> int:
    """Index of the last response; the length where there is none."""
    for at in range(len(history) - 1, -1, -1):
        if isinstance(history[at], Response):
            return at
    return len(history)
