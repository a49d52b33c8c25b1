"""The contract of the acp runtime: recorded sessions of real programs, played to it word for word.

A player stands for the program: it answers each request with what the recorded one said then. What
programs of tomorrow and broken ones write is mixed in, and must change nothing.
"""

from __future__ import annotations

import asyncio
import os
import shlex
from pathlib import Path

import pytest

from factory.agents.acp import Acp
from factory.entry import (
    AnyEntry,
    Finished,
    Output,
    Remark,
    Response,
    ToolCall,
    ToolResult,
    Usage,
)
from tests.agents.bench import Workplace, spec, task

STREAMS = Path(__file__).with_name("streams") / "acp"
NAMES = sorted(path.stem for path in STREAMS.glob("*.jsonl"))
PLAYER = """
import json, os, sys
lines = open("/tmp/recorded", "rb").read().split(b"\\n")
mixed, cut = "mixed" in sys.argv, "cut" in sys.argv
out = sys.stdout.buffer
def say(data):
    if cut:
        for at in range(0, len(data), 7):
            out.write(data[at:at + 7]); out.flush()
    else:
        out.write(data)
    out.write(b"\\n"); out.flush()
def noise():
    say(b'{"jsonrpc":"2.0","method":"session/update","params":{"sessionId":"s","update":'
        b'{"sessionUpdate":"dream","of":["sheep"]}}}')
    say(b'{"jsonrpc":"2.0","method":"session/dream"}')
    say(b"\\xff\\xfe no text at all"); say(b'{"half":'); say(b"[]"); say(b"7"); say(b"")
    say(b'{"jsonrpc":"2.0","method":"session/update","params":{"sessionId":"s","update":'
        b'{"sessionUpdate":"usage_update","used":1,"size":2,"_meta":{"pad":"'
        + b"x" * 10_000_000 + b'"}}}}')
    say(b'{"jsonrpc":"2.0","method":"session/update","params":{"sessionId":"s","update":'
        b'{"sessionUpdate":"tool_call","toolCallId":null,"title":[],"content":{}}}}')
def play(upto):
    while lines:
        line = lines.pop(0)
        if not line:
            continue
        say(line)
        message = json.loads(line)
        if "method" in message and "id" in message:
            return
        if message.get("id") == upto and "method" not in message:
            return
asked = []
for heard in sys.stdin:
    message = json.loads(heard)
    if "method" in message and "id" in message:
        asked.append(message["id"])
        if mixed and message["method"] == "session/prompt":
            noise()
    if "id" in message:
        play(asked[-1])
"""


def played(tmp_path: Path, name: str, *how: str) -> list[AnyEntry]:
    run = f"exec python3 -c {shlex.quote(PLAYER)} {' '.join(how)}"
    place = Workplace(tmp_path, spec("acp", run=run, model=""), task())
    (place.scratch / "recorded").write_bytes((STREAMS / f"{name}.jsonl").read_bytes())
    return asyncio.run(place.work(Acp()))


def told(entries: list[AnyEntry]) -> str:
    """The entries in short, without what only noise brings about."""
    return "".join(f"{line}\n" for entry in entries if (line := _line(entry)))


def _line(entry: AnyEntry) -> str:
    match entry:
        case Response(content=content, model=model):
            said = [
                f"{one['type']} {one.get('text') or one.get('thinking') or one.get('input')!r}"
                for one in content
            ]
            return f"Response {model} {'; '.join(said)[:300]}"
        case ToolCall(name=name, text=text):
            return f"ToolCall {name}: {text[:200]!r}"
        case ToolResult(text=text, exit_code=code, failed=failed):
            return f"ToolResult {code} {'failed ' if failed else ''}{text[:120]!r}"
        case Usage(spend=spend):
            price = None if spend.usd is None else round(spend.usd, 6)
            counts = (spend.input_tokens, spend.cached_tokens, spend.output_tokens)
            return f"Usage {counts[0]} in {counts[1]} cached {counts[2]} out usd={price}"
        case Remark(text=text):
            return "" if "not known here" in text else f"Remark {text!r}"
        case Finished(handoff=handoff):
            return f"Finished {handoff.summary!r}"
        case Output():
            return ""
        case _:
            return type(entry).__name__


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_session_becomes_the_same_entries(tmp_path: Path, name: str) -> None:
    entries = played(tmp_path, name)
    golden = STREAMS / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDENS"):
        golden.write_text(told(entries))
    assert told(entries) == golden.read_text()
    assert isinstance(entries[-1], Finished)
    assert any(isinstance(entry, ToolCall) for entry in entries)


@pytest.mark.parametrize("name", NAMES)
def test_strange_messages_long_lines_and_broken_ones_change_nothing(
    tmp_path: Path, name: str
) -> None:
    entries = played(tmp_path, name, "mixed")
    assert told(entries) == (STREAMS / f"{name}.txt").read_text()
    assert "no text at all" in "".join(e.text for e in entries if isinstance(e, Output))
    strange = [e.text for e in entries if isinstance(e, Remark) and "not known here" in e.text]
    assert strange.count("told something that is not known here: 'dream'") == 1


@pytest.mark.parametrize("name", NAMES)
def test_lines_that_come_in_pieces_change_nothing(tmp_path: Path, name: str) -> None:
    assert told(played(tmp_path, name, "cut")) == (STREAMS / f"{name}.txt").read_text()
