"""Words that reach a program on its stdin while it runs, and words that come too late."""

from __future__ import annotations

import asyncio
import shlex
from pathlib import Path

from factory.agents.command import Command
from factory.entry import AnyEntry, Finished, Output, Prompt, Remark, ToolCall
from tests.agents.bench import Workplace, spec, task

PROGRAM = """
import json, sys
def tell(**event): print(json.dumps(event), flush=True)
def hear():
    message = json.loads(sys.stdin.readline())
    if "--deaf" not in sys.argv: tell(**message, isReplay=True)
    return message["message"]["content"]
first = hear()
tell(type="system", subtype="init", session_id="s-1")
call = {"type": "tool_use", "id": "t1", "name": "Bash", "input": {"command": "make"}}
tell(type="assistant", message={"id": "m1", "model": "m", "content": [call]})
more = hear() if "--waits" in sys.argv else ""
said = {"type": "text", "text": f"{len(first)} and {more}"}
tell(type="assistant", message={"id": "m2", "model": "m", "content": [said]})
tell(type="result", subtype="success", result=f"{len(first)} and {more}", usage={})
if "--waits" in sys.argv:
    print("rest:", repr(sys.stdin.read()))
"""
TAKES = "--input-format stream-json"


def place(home: Path, *flags: str) -> Workplace:
    run = " ".join(("python3 -c", shlex.quote(PROGRAM), *flags))
    return Workplace(home, spec("command", run=run, output="claude-stream-json"), task())


def story(at: Workplace, word: str) -> list[AnyEntry]:
    """Work, and say the word once the program has called its tool."""

    async def follow() -> list[AnyEntry]:
        found = []
        async for entry in at.follow(Command(deaf=0.6)):
            found.append(entry)
            if isinstance(entry, ToolCall):
                at.unheard.append(word)
        return found

    return asyncio.run(follow())


def told(entries: list[AnyEntry]) -> list[str]:
    return [entry.text for entry in entries if isinstance(entry, Prompt)]


def test_a_word_reaches_the_running_program_and_is_acknowledged(tmp_path: Path) -> None:
    at = place(tmp_path, TAKES, "--waits")
    entries = story(at, " louder, \n ünd now\n")
    assert told(entries) == [" louder, \n ünd now\n"], "not the task, which it was told first"
    assert at.unheard == [], "it is forgotten once it was heard"
    last = entries[-1]
    assert isinstance(last, Finished)
    assert last.handoff.summary == f"{len(task().text)} and  louder, \n ünd now\n"
    assert [e.text for e in entries if isinstance(e, Output)] == ["rest: ''\n"], "stdin was closed"
    assert entries.index(next(e for e in entries if isinstance(e, Prompt))) < len(entries) - 3


def test_a_word_that_comes_too_late_is_kept_for_the_next_round(tmp_path: Path) -> None:
    at = place(tmp_path, TAKES)
    entries = story(at, "too late")
    assert isinstance(entries[-1], Finished)
    assert told(entries) == []
    assert at.unheard == ["too late"]


def test_a_program_that_gives_nothing_back_does_not_lose_a_word(tmp_path: Path) -> None:
    at = place(tmp_path, TAKES, "--waits", "--deaf")
    entries = story(at, "said, never acknowledged")
    assert isinstance(entries[-1], Finished)
    assert told(entries) == []
    assert at.unheard == ["said, never acknowledged"], "told again is better than lost"


def test_a_command_that_takes_no_messages_is_told_by_its_file_alone(tmp_path: Path) -> None:
    run = 'cat; echo; cat "$FACTORY_PROMPT_FILE"; '
    entries = asyncio.run(Workplace(tmp_path, spec("command", run=run), task()).work(Command()))
    said = "".join(entry.text for entry in entries if isinstance(entry, Output))
    assert said.strip() == task().text
    assert not any(isinstance(e, Remark) and "session" in e.text for e in entries)
