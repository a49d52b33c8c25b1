"""A transcript as the messages that the Messages API takes. Pure, and the same every time.

A prefix of the transcript gives a prefix of the messages, except where old tool results were
left out; so the cache of the model's endpoint holds from turn to turn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from factory.entry import AnyEntry, Prompt, Response, ToolResult
from factory.model import Spend, Struct
from factory.transcript import ASK, HANDOFF, INTERRUPTED

Block = dict[str, Any]
"""A content block, as the Messages API spells it."""
Message = dict[str, Any]

KEPT_RESULTS = 6
"""How many of the newest tool results stay whole when older ones are left out."""
SHORT = 400
"""Characters of a tool result that are not worth leaving out."""
LEFT_OUT = "[left out to make room: look again if you still need it]"
RECORDED = "recorded"
CUT_OFF_STOPS = ("max_tokens", "model_context_window_exceeded")
"""Stop reasons of an answer whose last block may be half a block."""
UNANSWERED = "no answer yet: go on as you think best"
NOT_TAKEN = "not taken: a call beside it was interrupted; look, and do it again when all is done"


class _Turn(Struct):
    """An answer of the model, and everything it was told before it."""

    told: tuple[Prompt, ...]
    results: dict[str, Block]
    """By the id of the call; ids need not be unique beyond a turn."""
    response: Response | None


def conversation(entries: Sequence[AnyEntry], limit: int = 0) -> list[Message]:
    """The messages to send: user and assistant in turn, every tool call with its result.

    `limit` is in tokens: once a response took in more, results before the newest few are left out
    for good; 0 leaves everything in. Prompts are never left out.
    """
    messages: list[Message] = []
    asked: Response | None = None
    for turn in _turns(entries, _first_kept(entries, limit)):
        said = _user(asked, turn)
        if said:
            _add(messages, "user", said)
        asked = turn.response
        if asked is not None and asked.stop == "refusal":
            asked = None  # the API asks to leave a refused answer out
        if asked is not None and (answer := _assistant(asked)):
            _add(messages, "assistant", answer)
    return messages


def cached(messages: Sequence[Message]) -> list[Message]:
    """The messages with a cache mark on the last block of the two newest user messages."""
    marked = list(messages)
    users = [at for at, message in enumerate(marked) if message["role"] == "user"]
    for at in users[-2:]:
        *before, last = marked[at]["content"]
        last = {**last, "cache_control": {"type": "ephemeral"}}
        marked[at] = {"role": "user", "content": [*before, last]}
    return marked


def taken_in(spend: Spend) -> int:
    """Tokens of the conversation that a request carried, cached ones included."""
    return spend.input_tokens + spend.cached_tokens


def tool_calls(response: Response) -> tuple[Block, ...]:
    """The tool calls of a response, as blocks, in order."""
    return tuple(block for block in response.content if block.get("type") == "tool_use")


def text_of(response: Response) -> str:
    """What a response says to people."""
    texts = (block.get("text", "") for block in response.content if block.get("type") == "text")
    return "\n\n".join(text.strip() for text in texts if text.strip())


def _turns(entries: Sequence[AnyEntry], first_kept: int) -> Iterator[_Turn]:
    """The transcript turn by turn, the last one without a response."""
    told: list[Prompt] = []
    results: dict[str, Block] = {}
    for at, entry in enumerate(entries):
        match entry:
            case Prompt(text=text) if text.strip():
                told.append(entry)
            case ToolResult():
                results[entry.id] = _result(entry, left_out=at < first_kept)
            case Response():
                yield _Turn(told=tuple(told), results=results, response=entry)
                told, results = [], {}
            case _:
                pass
    yield _Turn(told=tuple(told), results=results, response=None)


def _first_kept(entries: Sequence[AnyEntry], limit: int) -> int:
    """Index of the first entry whose result stays whole; it only ever grows with the entries."""
    first, seen = 0, []
    for at, entry in enumerate(entries):
        match entry:
            case ToolResult():
                seen.append(at)
            case Response(spend=spend) if limit and taken_in(spend) > limit:
                first = max(first, seen[-KEPT_RESULTS] if len(seen) >= KEPT_RESULTS else 0)
            case _:
                pass
    return first


def _result(entry: ToolResult, *, left_out: bool) -> Block:
    text = entry.shown or entry.text
    if entry.interrupted:
        text = INTERRUPTED
    elif left_out and len(text) > SHORT:
        text = LEFT_OUT
    if entry.exit_code:
        text = f"{text.rstrip()}\n(exit code {entry.exit_code})".lstrip()
    block = {
        "type": "tool_result",
        "tool_use_id": entry.id,
        "content": text if text.strip() else "(no output)",
    }
    return {**block, "is_error": True} if entry.failed or entry.interrupted else block


def _user(asked: Response | None, turn: _Turn) -> list[Block]:
    """The results of the calls in `asked`, then what was said; the first answers an `ask`."""
    told = list(turn.told)
    calls = tool_calls(asked) if asked else ()
    found = [turn.results.get(call["id"]) for call in calls]
    lost = any(
        result["content"] == INTERRUPTED if result else call["name"] not in (ASK, HANDOFF)
        for call, result in zip(calls, found, strict=True)
    )
    blocks = []
    for call, result in zip(calls, found, strict=True):
        if result is None and call["name"] == ASK:
            text = told.pop(0).text if told else NOT_TAKEN if lost else UNANSWERED
        elif call["name"] == HANDOFF:
            text = NOT_TAKEN if lost else RECORDED
        else:
            text = INTERRUPTED
        blocks.append(result or _answer(call["id"], text))
    return blocks + [{"type": "text", "text": prompt.text} for prompt in told]


def _answer(call: str, text: str) -> Block:
    return {"type": "tool_result", "tool_use_id": call, "content": text}


def _assistant(response: Response) -> list[Block]:
    """The blocks that the API takes back: no empty text, no thought that was cut off."""
    return [block for block in response.content if _goes_back(block)]


def _goes_back(block: Block) -> bool:
    match block.get("type"):
        case "text":
            return bool(str(block.get("text", "")).strip())
        case "thinking":
            return bool(block.get("signature"))
        case _:
            return True


def _add(messages: list[Message], role: str, blocks: list[Block]) -> None:
    """Append, or join with the message before where the same side speaks on."""
    if messages and messages[-1]["role"] == role:
        messages[-1] = {"role": role, "content": [*messages[-1]["content"], *blocks]}
    else:
        messages.append({"role": role, "content": blocks})
