"""The planner before our own loop, and the reviewer after it: one request each, without tools.

Both are models' opinions. A plan begins the worker's conversation; what a review finds stands in
the handoff as claims. It passes nothing and blocks nothing, and where it fails, so it does alone.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from msgspec.structs import replace

from factory.agents.base import Desk
from factory.agents.conversation import conversation, text_of
from factory.agents.endpoint import Ask, Endpoint
from factory.agents.instructions import PLANNER, REVIEWER, with_own
from factory.agents.setbacks import given_up
from factory.config import Role
from factory.entry import AnyEntry, Origin, Prompt, Remark, Response, Usage
from factory.ledger import Prices, most
from factory.model import AgentError, FactoryError, Handoff
from factory.sandbox import run

PLANNING = "planning with "
WORK = "Now do the work. Follow the plan above as far as it holds; where it does not, say so."
REVIEWING = "reviewing with "
REVIEW = "review: "
NO_REVIEW = "no review: "
MOST_DIFF = 400_000
"""Characters of a diff that a reviewer gets."""
MOST_FINDINGS = 20
LONGEST_FINDING = 600
DIFF_SECONDS = 60.0
_DIFF = """\
export GIT_INDEX_FILE="${TMPDIR:-/tmp}/.factory-review"
moves="$(git rev-parse --git-dir)/logs/refs/heads/work"
base=$(sed -n '1{s/^00* //;s/ .*//;p;}' "$moves" 2>/dev/null)
git read-tree "${base:=HEAD}" && git add -A . && git diff --cached --no-ext-diff --no-color "$base"
code=$?; rm -f "$GIT_INDEX_FILE"; exit $code
"""
"""Against where the branch stood at first, in an index of its own; what git says is a claim too."""


class Roles:
    """The planner and the reviewer of one attempt."""

    def __init__(self, desk: Desk, prices: Prices, waits: Sequence[float]) -> None:
        self._desk = desk
        self._prices = prices
        self._waits = waits

    def unpriced(self) -> list[str]:
        """Models of the attempt whose price is unknown."""
        spec = self._desk.spec
        roles = [role for role in (spec.planner, spec.reviewer) if role is not None]
        models = [spec.model, *(role.model or spec.model for role in roles)]
        return [model for model in models if self._prices.of(model) is None]

    async def plan(self, history: Sequence[AnyEntry]) -> AsyncGenerator[AnyEntry, None]:
        """The plan, and the word to begin; nothing where it stands already. Raises AgentError."""
        role = self._desk.spec.planner
        if role is None or not plan_is_missing(history):
            return
        desk = self._as(role)
        if not any(isinstance(entry, Response) for entry in history):
            yield Remark(at=desk.now(), text=PLANNING + desk.spec.model)
            system = with_own(PLANNER, desk.spec.instructions)
            async with aclosing(self._answer(desk, system, history)) as entries:
                async for entry in entries:
                    if isinstance(entry, Response):  # thoughts are another model's own
                        said = ({"type": "text", "text": text_of(entry) or "I have no plan."},)
                        entry = replace(entry, content=said, stop="end_turn")
                    yield entry
        yield Prompt(at=desk.now(), text=WORK, origin=Origin.ENGINE)

    async def review(self, history: Sequence[AnyEntry]) -> AsyncGenerator[AnyEntry, None]:
        """What a reviewer with a fresh eye says of the files, as a remark; never raises for it."""
        role = self._desk.spec.reviewer
        if role is None or reviewed(history) is not None:
            return
        desk = self._as(role)
        yield Remark(at=desk.now(), text=REVIEWING + desk.spec.model)
        try:
            given = [entry for entry in history if isinstance(entry, Prompt)]
            given = [entry for entry in given if entry.origin is not Origin.ENGINE]
            shown = Prompt(text=f"The change as it stands:\n\n{await diff(self._desk)}")
            async with aclosing(self._answer(desk, REVIEWER, [*given, shown])) as entries:
                async for entry in entries:
                    match entry:
                        case Response():
                            yield Remark(at=entry.at, text=REVIEW + text_of(entry))
                            yield Usage(at=entry.at, spend=entry.spend)
                        case Usage():
                            yield entry
                        case _:
                            pass
        except FactoryError as error:
            self._desk.release()
            yield Remark(at=desk.now(), text=f"{NO_REVIEW}{error}")

    def _as(self, role: Role) -> Desk:
        """The desk of a role: the agent's own, with another model or effort."""
        spec = self._desk.spec
        spec = replace(spec, model=role.model or spec.model, effort=role.effort or spec.effort)
        breaker = self._desk.breaker_of(spec) if self._desk.breaker_of else self._desk.breaker
        return replace(self._desk, spec=spec, breaker=breaker)

    async def _answer(
        self, desk: Desk, system: str, told: Sequence[AnyEntry]
    ) -> AsyncGenerator[AnyEntry, None]:
        price = self._prices.of(desk.spec.model)
        ask = Ask(system=system, messages=conversation(told), tools=())
        async with Endpoint(desk, price, self._waits) as endpoint:
            cost = most(price, ask.tokens, endpoint.max_tokens, free=desk.spec.subscription)
            times = given_up(told)
            answer = endpoint.answer(ask, lambda: desk.reserve(cost), times)
            async with aclosing(answer):
                async for entry in answer:
                    yield entry


def plan_is_missing(history: Sequence[AnyEntry]) -> bool:
    """Whether there is no answer yet, or the plan is there and the word to begin is not."""
    responses = [at for at, entry in enumerate(history) if isinstance(entry, Response)]
    if not responses:
        return True
    first = responses[0]
    planned = any(
        isinstance(entry, Remark) and entry.text.startswith(PLANNING) for entry in history[:first]
    )
    told = any(isinstance(entry, Prompt) and entry.text == WORK for entry in history[first:])
    return planned and len(responses) == 1 and not told


def is_plan(history: Sequence[AnyEntry], at: int) -> bool:
    """Whether the response there is the plan, which was asked for without tools."""
    after = history[at + 1 :]
    return any(isinstance(entry, Prompt) and entry.text == WORK for entry in after[:1])


def reviewed(history: Sequence[AnyEntry]) -> str | None:
    """What the reviewer said of the newest handoff; "" where it could not; None: not asked."""
    for entry in reversed(history):
        match entry:
            case Response() | Prompt():
                return None
            case Remark(text=text) if text.startswith(REVIEW):
                return text.removeprefix(REVIEW)
            case Remark(text=text) if text.startswith(NO_REVIEW):
                return ""
            case _:
                pass
    return None


def with_findings(note: Handoff, history: Sequence[AnyEntry]) -> Handoff:
    """The handoff with what the reviewer claims to have found."""
    lines = re.findall(r"^\s*(?:[-*]|\d+[.)])\s+(.+)$", reviewed(history) or "", re.MULTILINE)
    found = tuple(f"reviewer: {line.strip()[:LONGEST_FINDING]}" for line in lines)
    return replace(note, findings=(*note.findings, *found[:MOST_FINDINGS]))


async def diff(desk: Desk) -> str:
    """The files as a diff against where the attempt began, made in the sandbox.

    Raises AgentError, SandboxError.
    """
    pieces: list[bytes] = []
    ended = await run(desk.profile, _DIFF, timeout=DIFF_SECONDS, on_output=pieces.append)
    text = b"".join(pieces).decode(errors="replace")
    if ended.exit_code != 0:
        raise AgentError(f"the change could not be shown ({text.strip()[-200:]})")
    if len(text) > MOST_DIFF:
        text = f"{text[:MOST_DIFF]}\n[cut here: {len(text) - MOST_DIFF:,} characters more]"
    return text or "(nothing was changed)"
