from __future__ import annotations

import asyncio
import json
import os
import shlex
import time
from pathlib import Path
from typing import Any

import pytest

from factory.agents.command import Command, prompt
from factory.agents.lines import Lines
from factory.entry import (
    AnyEntry,
    Delta,
    Finished,
    Origin,
    Output,
    Prompt,
    Remark,
    Response,
    ToolCall,
    ToolResult,
    Usage,
)
from factory.model import AgentError, Handoff, ParkReason, Spend
from factory.presets import CLAUDE
from tests.agents.bench import Workplace, spec, task

INIT = {"type": "system", "subtype": "init", "session_id": "s-1", "model": "claude-opus-5-5"}
RESULT = {
    "type": "result",
    "subtype": "success",
    "is_error": False,
    "result": "All green.",
    "total_cost_usd": 0.25,
    "usage": {"input_tokens": 30, "cache_read_input_tokens": 700, "output_tokens": 90},
    "session_id": "s-1",
}


def run(home: Path, script: str, *said: Prompt, **settings: Any) -> list[AnyEntry]:
    place = Workplace(home, spec("command", run=script, **settings), *said)
    return asyncio.run(place.work(Command()))


def speaks(*events: Any) -> str:
    """A shell script that prints events as Claude Code does."""
    lines = [event if isinstance(event, str) else json.dumps(event) for event in events]
    return "printf '%s\\n' " + " ".join(shlex.quote(line) for line in lines)


def assistant(*blocks: dict[str, Any], known: str = "m1", **usage: int) -> dict[str, Any]:
    message = {"id": known, "model": "claude-opus-5-5", "content": list(blocks), "usage": usage}
    return {"type": "assistant", "message": message}


def foreign(home: Path, *events: Any, then: str = "", **settings: Any) -> list[AnyEntry]:
    script = speaks(*events) + then
    return run(home, script, task(), output="claude-stream-json", **settings)


def fails(home: Path, *events: Any, then: str = "") -> AgentError:
    with pytest.raises(AgentError) as caught:
        foreign(home, *events, then=then)
    return caught.value


def test_a_single_prompt_reaches_the_program_word_for_word(tmp_path: Path) -> None:
    script = "set -e\nx='a  b'\necho \"$x\" > out.txt\n# ünïcode\n"
    entries = run(tmp_path, 'bash "$FACTORY_PROMPT_FILE"', Prompt(text=script))
    assert (tmp_path / "tree/out.txt").read_text() == "a  b\n"
    assert isinstance(entries[-1], Finished)


def test_without_a_session_everything_said_so_far_is_told(tmp_path: Path) -> None:
    script = (
        'cat "$FACTORY_PROMPT_FILE"; echo; echo "$FACTORY_TASK/$FACTORY_TITLE/$FACTORY_SESSION"'
    )
    place = Workplace(tmp_path, spec("command", run=script), Prompt(text="one"))
    asyncio.run(place.work(Command()))
    place.tell("two")
    last = asyncio.run(place.work(Command()))[-1]
    assert isinstance(last, Finished)
    assert last.handoff.summary == "one\n---\ntwo\nt-1/Greet/"


def test_output_arrives_while_the_program_runs(tmp_path: Path) -> None:
    place = Workplace(tmp_path, spec("command", run="echo early; read -r x < gate"), task())
    os.mkfifo(place.tree / "gate")

    async def story() -> None:
        async for entry in place.follow(Command()):
            if isinstance(entry, Output):
                assert entry.text == "early\n"
                with (place.tree / "gate").open("w") as gate:
                    gate.write("go\n")

    asyncio.run(story())
    assert any(isinstance(entry, Finished) for entry in place.transcript.entries())


def test_a_flood_of_output_is_kept_within_bounds_and_its_end_is_kept(tmp_path: Path) -> None:
    script = "yes 'a line of forty characters, all of them' | head -n 400000; echo the end"
    entries = run(tmp_path, script, task())
    text = "".join(entry.text for entry in entries if isinstance(entry, Output))
    assert len(text) < 9 << 20
    assert "lines were not kept" in text
    assert text.endswith("the end\n")


def test_the_prompt_is_never_written_through_a_link_that_the_agent_made(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    place = Workplace(tmp_path, spec("command", run="cat $FACTORY_PROMPT_FILE"), task())
    (place.scratch / "prompt.md").symlink_to(victim)
    asyncio.run(place.work(Command()))
    assert victim.read_text() == "mine"
    assert not (place.scratch / "prompt.md").is_symlink()


def test_a_plain_write_would_have_gone_through_it(tmp_path: Path) -> None:
    victim, link = tmp_path / "victim", tmp_path / "link"
    victim.write_text("mine")
    link.symlink_to(victim)
    link.write_text("theirs")
    assert victim.read_text() == "theirs"


def test_without_a_sandbox_the_prompt_is_found_too(tmp_path: Path) -> None:
    place = Workplace(tmp_path, spec("command", run="cat $FACTORY_PROMPT_FILE > got"), task())
    place.contained = False
    asyncio.run(place.work(Command()))
    assert place.files()["got"] == task().text


def test_claude_codes_events_become_entries(tmp_path: Path) -> None:
    call = {"type": "tool_use", "id": "t1", "name": "Bash", "input": {"command": "ls -l"}}
    edit = {"type": "tool_use", "id": "t2", "name": "Edit", "input": {"file_path": "/worktree/a"}}
    results = [
        {"type": "tool_result", "tool_use_id": "t1", "content": "total 0"},
        {
            "type": "tool_result",
            "tool_use_id": "t2",
            "content": [{"type": "text", "text": "no"}, {"type": "image"}],
            "is_error": True,
        },
    ]
    entries = foreign(
        tmp_path,
        INIT,
        {"type": "stream_event", "event": {"delta": {"type": "text_delta", "text": "I l"}}},
        assistant(
            {"type": "text", "text": "I look."}, input_tokens=10, cache_read_input_tokens=600
        ),
        assistant(call, input_tokens=10, cache_read_input_tokens=600),
        {"type": "rate_limit_event", "rate_limit_info": {"status": "allowed", "resetsAt": 1}},
        assistant(edit, known="m2", input_tokens=15),
        {"type": "user", "message": {"role": "user", "content": results}},
        {"type": "of_a_later_version", "message": 3},
        "plain words in between",
        RESULT,
    )
    kinds = [type(entry) for entry in entries if not isinstance(entry, Delta)]
    assert kinds == [
        Remark, Usage, Response, Response, ToolCall, Usage, Response, ToolCall,
        ToolResult, ToolResult, Remark, Output, Usage, Finished,
    ]  # fmt: skip
    told = [entry.text for entry in entries if isinstance(entry, ToolCall | ToolResult)]
    assert told == ["ls -l", "edit a", "total 0", "no\n[image]"]
    spent = sum((entry.spend for entry in entries if isinstance(entry, Usage)), Spend())
    assert spent == Spend(usd=0.25, input_tokens=30, cached_tokens=700, output_tokens=90)
    last = entries[-1]
    assert isinstance(last, Finished)
    assert last.handoff.summary == "All green."


def test_a_subscription_costs_tokens_and_no_money(tmp_path: Path) -> None:
    entries = foreign(tmp_path, INIT, RESULT, subscription=True)
    spent = sum((entry.spend for entry in entries if isinstance(entry, Usage)), Spend())
    assert spent.usd is None
    assert spent.tokens == 820


def test_a_second_round_resumes_the_session_with_the_new_words_only(tmp_path: Path) -> None:
    script = speaks(INIT, RESULT) + '; echo "<$FACTORY_SESSION>"; cat "$FACTORY_PROMPT_FILE"'
    place = Workplace(
        tmp_path, spec("command", run=script, output="claude-stream-json"), Prompt(text="the task")
    )
    first = asyncio.run(place.work(Command()))
    place.tell("louder")
    second = asyncio.run(place.work(Command()))
    outputs = [[e.text for e in run if isinstance(e, Output)] for run in (first, second)]
    assert outputs == [["<>\n", "the task\n"], ["<s-1>\n", "louder\n"]]
    assert not any(isinstance(entry, Remark) for entry in second), "the session is known"


def test_a_session_that_is_gone_is_begun_afresh(tmp_path: Path) -> None:
    lost = {**RESULT, "is_error": True, "subtype": "error_during_execution", "result": None}
    lost["errors"] = ["No conversation found with session ID: s-0"]
    script = f'if [ "$FACTORY_SESSION" ]; then {speaks(lost)}; exit 1; fi; {speaks(INIT, RESULT)}'
    place = Workplace(
        tmp_path,
        spec("command", run=script, output="claude-stream-json"),
        Prompt(text="the task"),
    )
    place.transcript.append(Remark(text="session s-0"))
    entries = asyncio.run(place.work(Command()))
    assert isinstance(entries[-1], Finished)
    said = [entry.text for entry in entries if isinstance(entry, Remark)]
    assert said == ["its session s-0 is gone: it begins afresh", "session s-1"]


SOON = time.time() + 5000


@pytest.mark.parametrize(
    ("result", "reason", "said"),
    [
        ({"subtype": "error_max_budget_usd"}, ParkReason.BUDGET, "raise --max-budget-usd"),
        ({"subtype": "error_max_turns"}, ParkReason.STUCK, "tell it how to go on"),
        ({"result": "Invalid API key · Please run /login"}, ParkReason.ERROR, "sign in by running"),
        ({"api_error_status": 401, "result": "no"}, ParkReason.ERROR, "sign in by running"),
        (
            {"result": "Claude AI usage limit reached|1999999999"},
            ParkReason.RATE_LIMITED,
            "goes on",
        ),
        ({"api_error_status": 529, "result": "Overloaded"}, ParkReason.RATE_LIMITED, "goes on"),
        ({"subtype": "error_during_execution", "result": "boom"}, ParkReason.ERROR, "boom"),
        ({"subtype": 7, "result": None, "errors": "?"}, ParkReason.ERROR, "7"),
    ],
)
def test_an_error_result_parks_the_task_with_its_reason(
    tmp_path: Path, result: dict[str, Any], reason: ParkReason, said: str
) -> None:
    failure = fails(tmp_path, INIT, {**RESULT, "is_error": True, **result}, then="; exit 1")
    assert failure.reason is reason
    assert said in str(failure)
    assert (failure.until is not None) == ("|1999999999" in str(result))


def test_the_end_of_a_rate_limit_is_taken_from_where_it_is_named(tmp_path: Path) -> None:
    limited = {**RESULT, "is_error": True, "api_error_status": 429, "result": "You hit your limit"}
    event = {
        "type": "rate_limit_event",
        "rate_limit_info": {"status": "rejected", "resetsAt": SOON},
    }
    assert fails(tmp_path / "a", INIT, event, limited).until == SOON
    named = {**limited, "result": "usage limit reached|1999999999"}
    assert fails(tmp_path / "b", INIT, event, named).until == 1999999999
    assert fails(tmp_path / "c", INIT, limited).until is None, "its account's breaker knows better"


def test_a_program_that_dies_without_a_result_is_told_by_its_last_line(tmp_path: Path) -> None:
    failure = fails(tmp_path, INIT, then="; echo Segmentation fault >&2; exit 139")
    assert "exit code 139: Segmentation fault" in str(failure)
    assert "without a result" in str(fails(tmp_path / "b", "just words"))


def test_the_preset_resumes_only_what_there_is_to_resume(tmp_path: Path) -> None:
    shim = f'claude() {{ printf "%s\\n" "$@"; head -n 1 | sed "s/^/told: /"; {speaks(RESULT)}; }}; '
    said = Prompt(text="the task")
    settings = {"run": shim + CLAUDE.forms[0].run, "output": "claude-stream-json"}
    place = Workplace(tmp_path, spec("command", **settings), said)

    def told() -> str:
        entries = asyncio.run(place.work(Command()))
        return "".join(entry.text for entry in entries if isinstance(entry, Output))

    first = told()
    place.transcript.append(Remark(text="session s-9"))
    place.tell("louder")
    assert "--resume" not in first
    message = 'told: {"type":"user","message":{"role":"user","content":"%s"}}\n'
    assert first.endswith(message % "the task")
    assert told().endswith("--resume\ns-9\n" + message % "louder")


def test_a_session_begun_anew_and_killed_before_its_end_hears_all_again() -> None:
    newest = Prompt(text="louder", origin=Origin.DEVELOPER)
    done, anew = Finished(handoff=Handoff(summary="done")), Remark(text="session s-2")
    once: list[AnyEntry] = [Prompt(text="the task"), Remark(text="session s-1"), done]
    history = [*once, newest, anew]
    assert prompt(history, "s-2") == "the task\n\n---\n\nlouder"
    assert prompt([*history, done, newest], "s-2") == "louder"
    assert prompt([*once, newest], "s-1") == "louder", "one that goes on hears it alone"


def test_lines_come_whole_however_the_bytes_are_cut() -> None:
    data = "eins\nzwölf\r\n\ndreiundzwanzig".encode()
    for size in range(1, len(data) + 1):
        lines = Lines(limit=1000, longest=1000)
        got: list[str] = []
        for at in range(0, len(data), size):
            lines.feed(data[at : at + size])
            got += lines.take()
        assert [*got, *lines.rest()] == ["eins", "zwölf", "", "dreiundzwanzig"]


def test_a_line_without_end_is_given_in_pieces() -> None:
    lines = Lines(limit=1000, longest=10)
    lines.feed(b"x" * 25)
    assert lines.take() == ["x" * 10, "x" * 10]
    assert lines.rest() == ["x" * 5]
