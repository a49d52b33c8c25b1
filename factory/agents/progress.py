"""Whether an agent still gets anywhere: loops, idling, answers cut off. Pure, from its entries.

What is found is first said to the agent; found again after that, the work is stuck.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from factory.agents.conversation import CUT_OFF_STOPS, Block, text_of, tool_calls
from factory.entry import AnyEntry, Origin, Prompt, Response
from factory.model import AgentError, ParkReason

PATTERNS = ((1, 6), (2, 4), (3, 4), (4, 3))
"""A pattern of so many calls, so many times in a row, is a loop; twelve calls at most."""
IDLE_TURNS = 25
"""Turns without an edit or a command, after which the agent is asked what it is about."""
CUT_OFF_TURNS = 3
"""Answers in a row that were cut off at the token limit, after which it is stuck."""

LOOPING = (
    "You have made the same calls again and again with nothing new coming of it. Stop, say what "
    "you are after and why this does not get there, and try something else. If you cannot go on "
    "without the developer, use `ask`; if the work is done, use `handoff`."
)
IDLING = (
    f"You have looked around for {IDLE_TURNS} turns without an edit or a command. Begin with the "
    "change, as far as you understand it. If something keeps you from it, use `ask`; if there is "
    "nothing to do, use `handoff` and say so."
)
CUT_OFF = (
    "Your answer was cut off at the limit of output tokens. Go on from there in smaller steps: "
    "one tool call at a time, large files in several parts."
)
SILENT = "Your answer was empty. Go on with the task, or end it with `handoff`."

_EDITS = frozenset({"create", "str_replace", "insert"})


def admonish(entries: Sequence[AnyEntry], turns: int) -> str | None:
    """What the agent should be told before its next turn; None where all is well.

    `entries` begin where this round of work began; `turns` is the most it may take. Raises
    AgentError (stuck) where the limit is reached or telling did not help.
    """
    taken = sum(isinstance(entry, Response) for entry in entries)
    if taken >= turns:
        raise _stuck(f"The agent took all of its {turns} turns without coming to an end")
    recent = _since_last_prompt(entries)
    told = {entry.text for entry in entries if isinstance(entry, Prompt)}
    responses = [entry for entry in entries if isinstance(entry, Response)]
    if responses and all(entry.stop in CUT_OFF_STOPS for entry in responses[-CUT_OFF_TURNS:]):
        if len(responses) >= CUT_OFF_TURNS:
            raise _stuck(f"{CUT_OFF_TURNS} answers in a row were cut off at the token limit")
        if recent and not tool_calls(responses[-1]):
            return CUT_OFF
    for found, words, what in (
        (repeats([_signature(call) for call in _calls(recent)]), LOOPING, "repeats itself"),
        (_idle(recent) >= IDLE_TURNS, IDLING, "looks around and changes nothing"),
        (_silent(recent), SILENT, "answers nothing"),
    ):
        if found and words in told:
            raise _stuck(f"The agent {what}, and being told so did not help")
        if found:
            return words
    return None


def repeats(signatures: list[bytes]) -> bool:
    """Whether the newest calls are one short pattern over and over."""
    for length, times in PATTERNS:
        newest = signatures[-length * times :]
        if len(newest) == length * times and newest == newest[-length:] * times:
            return True
    return False


def _since_last_prompt(entries: Sequence[AnyEntry]) -> list[Response]:
    recent: list[Response] = []
    for entry in reversed(entries):
        if isinstance(entry, Prompt):
            break
        if isinstance(entry, Response):
            recent.append(entry)
    return recent[::-1]


def _calls(responses: Sequence[Response]) -> list[Block]:
    return [call for response in responses for call in tool_calls(response)]


def _signature(call: Block) -> bytes:
    return msgspec.json.encode([call.get("name"), call.get("input")], order="deterministic")


def _idle(responses: Sequence[Response]) -> int:
    """Turns since the last one that edited a file or ran a command."""
    for back, response in enumerate(reversed(responses)):
        if any(_acts(call) for call in tool_calls(response)):
            return back
    return len(responses)


def _acts(call: Block) -> bool:
    return call.get("name") == "bash" or (call.get("input") or {}).get("command") in _EDITS


def _silent(responses: Sequence[Response]) -> bool:
    last = responses[-1] if responses else None
    if last is None or last.stop == "pause_turn":
        return False
    return not tool_calls(last) and not text_of(last)


def _stuck(message: str) -> AgentError:
    return AgentError(
        f"{message}: read the end of its transcript, then tell it how to go on, or end the task",
        reason=ParkReason.STUCK,
    )


def since_round(entries: Sequence[AnyEntry], start: int) -> Sequence[AnyEntry]:
    """The entries from the last word that was not the engine's own, or from `start` on."""
    for at in range(len(entries) - 1, start - 1, -1):
        entry = entries[at]
        if isinstance(entry, Prompt) and entry.origin is not Origin.ENGINE:
            return entries[at:]
    return entries[start:]
