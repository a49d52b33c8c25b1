from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest

from factory.agents.conversation import conversation
from factory.agents.recording import Bash, HandOff, RecordedTask, Recording, Step, answer, load
from factory.agents.replay import ReplayServer
from factory.entry import AnyEntry, Prompt, Response, ToolResult
from factory.model import AgentError
from tests.agents.bench import task

RECORDING = Recording(
    task=(
        RecordedTask(title="Other", step=(Step(say="other"),)),
        RecordedTask(
            title="Greet",
            step=(
                Step(say="one", call=(Bash(command="1a"), Bash(command="1b"))),
                Step(say="two", call=(Bash(command="2"), HandOff(summary="end"))),
                Step(when="guardrail", say="red one", call=(Bash(command="r1"),)),
                Step(say="red two", call=(Bash(command="r2"),)),
                Step(when="conflict", say="conflict one"),
                Step(say="conflict two"),
            ),
        ),
    )
)


class Talk:
    """A conversation with the recording; `hear` gives what it says next."""

    def __init__(self) -> None:
        self.entries: list[AnyEntry] = [task()]

    def hear(self) -> str:
        played = answer(RECORDING, conversation(self.entries))
        self.entries.append(
            Response(content=({"type": "text", "text": played.step.say}, *played.calls))
        )
        commands = [call["input"].get("command", call["name"]) for call in played.calls]
        return " ".join([played.step.say, *commands])

    def give(self, *interrupted: str) -> None:
        """Results for all calls of the last answer, some of them interrupted."""
        last = self.entries[-1]
        assert isinstance(last, Response)
        for block in last.content:
            if block["type"] == "tool_use" and block["name"] == "bash":
                lost = block["input"]["command"] in interrupted
                self.entries.append(ToolResult(id=block["id"], text="conflict", interrupted=lost))

    def say(self, text: str) -> None:
        self.entries.append(Prompt(text=text))


def test_steps_follow_each_other_and_prompts_choose_the_section() -> None:
    talk = Talk()
    assert talk.hear() == "one 1a 1b"
    talk.give()
    talk.say("by the way")
    assert talk.hear() == "two 2 handoff"
    talk.give()
    talk.say("a guardrail is red")
    assert talk.hear() == "red one r1"
    talk.give()
    assert talk.hear() == "red two r2"
    talk.give()
    talk.say("a guardrail is red again")
    assert talk.hear() == "red one r1"
    talk.give()
    talk.say("guardrail conflict")
    assert talk.hear() == "conflict one"
    talk.say("go on")
    assert talk.hear() == "conflict two"
    talk.say("go on")
    assert talk.hear().endswith("handoff")


def test_an_interrupted_step_is_played_again_with_what_was_lost() -> None:
    talk = Talk()
    talk.hear()
    talk.give("1b")
    assert talk.hear() == "one 1b"
    talk.give("1b")
    assert talk.hear() == "one 1b"
    talk.give()
    assert talk.hear() == "two 2 handoff"
    talk.give("2")
    assert talk.hear() == "two 2 handoff"


def test_ids_of_calls_are_never_used_twice() -> None:
    talk = Talk()
    for _ in range(3):
        talk.hear()
        talk.give("1a")
    calls = [
        b["id"] for e in talk.entries if isinstance(e, Response) for b in e.content if "id" in b
    ]
    assert len(calls) == len(set(calls)) == 4


def test_a_task_that_was_not_recorded_ends_at_once() -> None:
    played = answer(RECORDING, conversation([task("Something else")]))
    assert played.calls[0]["input"]["summary"] == "Nothing is recorded for this task."


@pytest.mark.parametrize(
    "text",
    [
        "[[task",
        '[[task]]\ntitle = "x"\n',
        '[[task]]\ntitle = "x"\n[[task.step]]\nsays = "typo"\n',
        '[[task]]\ntitle = "x"\n[[task.step]]\n[[task.step.call]]\ntool = "dance"\n',
    ],
)
def test_a_broken_recording_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "r.toml").write_text(text)
    with pytest.raises(AgentError, match=r"r\.toml cannot be read"):
        load(tmp_path / "r.toml")


def test_the_pace_of_the_recording_is_kept_and_an_answer_ends_with_the_server() -> None:
    slow = Recording(task=(RecordedTask(title="Greet", step=(Step(say="x" * 1200, delay=0.5),)),))
    body: dict[str, Any] = {"model": "m", "messages": conversation([task()])}

    async def story() -> None:
        server = ReplayServer(slow)
        async with httpx2.AsyncClient(base_url=await server.start(), trust_env=False) as client:
            counted = await client.post("/v1/messages/count_tokens", json=body)
            assert counted.json()["input_tokens"] > 10
            async with client.stream("POST", "/v1/messages", json=body) as reply:
                lines = reply.aiter_lines()
                began = time.monotonic()
                pieces = 0
                while pieces < 2:
                    pieces += "text_delta" in await anext(lines)
                assert time.monotonic() - began >= 0.4  # less than the pause: clocks have ticks
                await server.stop()
                with pytest.raises(httpx2.HTTPError):
                    async for _ in lines:
                        pass

    asyncio.run(story())
