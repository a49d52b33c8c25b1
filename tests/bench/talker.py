"""An agent that talks without a pause: `python3 -m tests.bench.talker acp|stream|events`.

It runs in a worktree, with nothing but the standard library and the scripted agent of the tests.
Each turn it writes the words that it was told into a file of the worktree, then talks for a while.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.agents.acp_agent import Agent

RATE = 60
"""Lines a second."""
TURN = 8.0
"""Seconds of a turn."""
WORD = re.compile(r"word-\d+-\d+")
_BEAT = 0.05
Message = dict[str, Any]


def line(number: int) -> str:
    """One line of what it says."""
    return (
        f"{number} collected src/package/module_{number % 37}.py::test_case_{number} PASSED "
        f"in 0.0{number % 9}s\n"
    )


def own(kind: str) -> Path:
    """A file of a name that no other worktree has: sixteen changes that do not meet."""
    return next(iter(Path().glob(f"{kind}-*.txt")), Path(f"{kind}-{uuid.uuid4().hex}.txt"))


def note(text: str) -> None:
    """Keep what was heard."""
    with own("heard").open("a") as file:
        file.writelines(f"{word}\n" for word in WORD.findall(text))


def talk(say: Callable[[str], None], second: Callable[[int], None]) -> None:
    """Say so many lines a second, and once a second do something else besides."""
    begun, said, seconds = time.monotonic(), 0, 0
    while (passed := time.monotonic() - begun) < TURN:
        while said < passed * RATE:
            say(line(said))
            said += 1
        if passed > seconds + 1:
            seconds += 1
            second(seconds)
        time.sleep(_BEAT)


class Talker(Agent):
    """Over the Agent Client Protocol."""

    def prompted(self, text: str) -> Message:
        note(text)
        talk(self._say, self._second)
        return {"stopReason": "end_turn", "usage": {"inputTokens": 100, "outputTokens": 50}}

    def _say(self, text: str) -> None:
        self.update("agent_message_chunk", content={"type": "text", "text": text})

    def _second(self, number: int) -> None:
        self.think(f"What comes after {number}?")
        self.plan("look", "write", "test", done=number % 3)
        if number % 2:
            self.edit(str(own("talk")), f"{uuid.uuid4()}\n")
        if number % 4 == 0:
            self.run("wc -l talk-*.txt")


def write(message: Message) -> None:
    """One event, a line."""
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def events() -> None:
    """By the line protocol of factory-tui's own."""
    write({"type": "session", "id": os.environ["FACTORY_SESSION"] or "e1"})
    note(Path(os.environ["FACTORY_PROMPT_FILE"]).read_text())

    def second(number: int) -> None:
        name = f"{os.getpid()}-{number}"
        write({"type": "text", "text": f"That was second {number}."})
        write({"type": "tool", "id": name, "name": "bash", "command": "wc -l talk-*.txt"})
        own("talk").write_text(f"{uuid.uuid4()}\n")
        write({"type": "result", "id": name, "text": "1 talk.txt", "exit_code": 0})

    talk(lambda text: write({"type": "text", "text": text, "partial": True}), second)
    write({"type": "usage", "input_tokens": 100, "output_tokens": 50, "usd": 0.001})
    write({"type": "done", "summary": "Talked."})


def stream() -> None:
    """As Claude Code does headless."""
    session = os.environ["FACTORY_SESSION"] or str(uuid.uuid4())
    write({"type": "system", "subtype": "init", "session_id": session, "model": "talker"})
    note(Path(os.environ["FACTORY_PROMPT_FILE"]).read_text())
    usage = {"input_tokens": 100, "output_tokens": 50}

    def says(name: str, block: Message) -> None:
        message = {"id": name, "model": "talker", "content": [block], "usage": usage}
        write({"type": "assistant", "session_id": session, "message": message})

    def second(number: int) -> None:
        name = f"{os.getpid()}-{number}"
        says(f"m{name}", {"type": "text", "text": f"That was second {number}."})
        given = {"command": "wc -l talk-*.txt"}
        says(f"t{name}", {"type": "tool_use", "id": name, "name": "Bash", "input": given})
        own("talk").write_text(f"{uuid.uuid4()}\n")
        block = {"type": "tool_result", "tool_use_id": name, "content": "1 talk.txt"}
        write({"type": "user", "session_id": session, "message": {"content": [block]}})

    def say(text: str) -> None:
        delta = {"type": "text_delta", "text": text}
        event = {"type": "content_block_delta", "index": 0, "delta": delta}
        write({"type": "stream_event", "session_id": session, "event": event})

    talk(say, second)
    write({"type": "result", "subtype": "success", "is_error": False, "result": "Talked.",
           "session_id": session, "usage": usage, "total_cost_usd": 0.001})  # fmt: skip


if __name__ == "__main__":
    match sys.argv[1]:
        case "acp":
            Talker(sys.argv[2:]).listen()
        case "stream":
            stream()
        case _:
            events()
