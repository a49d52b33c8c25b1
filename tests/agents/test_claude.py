from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from factory.agents.progress import CUT_OFF, IDLING, LOOPING, SILENT
from factory.entry import AnyEntry, Prompt, Response
from factory.model import ParkReason
from tests.agents.bench import claude, spec
from tests.agents.scripted import (
    answers,
    bash,
    calls,
    done,
    events,
    raw,
    says,
)
from tests.agents.story import EDITOR, Story, summary


def test_a_turn_without_a_tool_call_is_the_handoff(tmp_path: Path) -> None:
    story = Story(tmp_path, says("All is well already."))
    assert summary(story.work()) == "All is well already."


def test_the_request_says_what_it_is_and_marks_what_to_cache(tmp_path: Path) -> None:
    story = Story(tmp_path, bash("true"), done())
    story.work()
    first, second = story.endpoint.asked
    assert first["system"][0]["cache_control"] == {"type": "ephemeral"}
    assert first["system"][0]["text"].endswith("Be kind.\n")
    assert first["thinking"] == {"type": "adaptive", "display": "summarized"}
    assert [tool["name"] for tool in first["tools"]] == ["bash", EDITOR, "handoff", "ask"]
    marked = [message["content"][-1].get("cache_control") for message in second["messages"]]
    assert marked == [{"type": "ephemeral"}, None, {"type": "ephemeral"}]
    assert second["messages"][:1] == first["messages"], "or nothing would be read from the cache"


def test_the_cost_of_a_turn_is_in_its_response(tmp_path: Path) -> None:
    story = Story(tmp_path, done())
    response = next(entry for entry in story.work() if isinstance(entry, Response))
    spend = response.spend
    assert (spend.input_tokens, spend.cached_tokens, spend.output_tokens) == (1000, 500, 100)
    assert spend.usd == pytest.approx((1000 * 2 + 500 * 0.1 + 100 * 10) / 1e6)
    reserved = story.place.reserved[0]
    assert reserved.usd is not None
    assert spend.usd is not None
    assert reserved.usd > spend.usd


def test_a_call_that_was_cut_off_is_not_run(tmp_path: Path) -> None:
    half = calls(EDITOR, command="create", path="a", file_text="half", stop="max_tokens")
    story = Story(tmp_path, half, done())
    story.work()
    assert story.place.files() == {}
    assert "cut off at the limit" in story.endpoint.told()[0]["content"]


def test_the_same_call_runs_when_it_is_whole(tmp_path: Path) -> None:
    story = Story(tmp_path, calls(EDITOR, command="create", path="a", file_text="whole"), done())
    story.work()
    assert story.place.files() == {"a": "whole"}


def test_a_text_that_was_cut_off_goes_on(tmp_path: Path) -> None:
    story = Story(tmp_path, says("Once upon", stop="max_tokens"), done())
    assert summary(story.work()) == "done"
    assert story.endpoint.told()[0]["text"] == CUT_OFF


def test_answers_cut_off_again_and_again_are_stuck(tmp_path: Path) -> None:
    story = Story(tmp_path, says("Once upon", stop="max_tokens"))
    failure = story.fails()
    assert failure.reason is ParkReason.STUCK
    assert len(story.endpoint.asked) == 3


def test_a_handoff_that_was_cut_off_does_not_count(tmp_path: Path) -> None:
    story = Story(tmp_path, calls("handoff", summary="ha", stop="max_tokens"), done("whole"))
    assert summary(story.work()) == "whole"


def test_a_paused_turn_goes_on(tmp_path: Path) -> None:
    story = Story(tmp_path, says("Thinking of", stop="pause_turn"), says("it is done"))
    assert summary(story.work()) == "it is done"
    assert story.endpoint.asked[1]["messages"][-1]["role"] == "assistant"


def test_an_empty_answer_is_asked_for_again_and_then_stuck(tmp_path: Path) -> None:
    story = Story(tmp_path, answers(stop="end_turn"), done())
    assert summary(story.work()) == "done"
    assert story.endpoint.told()[-1]["text"] == SILENT
    silent = Story(tmp_path / "silent", answers(stop="end_turn"))
    assert silent.fails().reason is ParkReason.STUCK
    assert len(silent.endpoint.asked) == 2


def test_a_refusal_parks_and_is_left_out_when_it_goes_on(tmp_path: Path) -> None:
    story = Story(tmp_path, says("I would rather", stop="refusal"), done())
    assert "refused to go on" in str(story.fails())
    story.place.tell("It is only a greeting.")
    assert summary(story.work()) == "done"
    assert [message["role"] for message in story.endpoint.asked[-1]["messages"]] == ["user"]


def test_going_round_in_circles_is_said_once_and_then_stuck(tmp_path: Path) -> None:
    pattern = [bash("make"), calls(EDITOR, command="view", path="/worktree")]
    story = Story(tmp_path, *pattern * 4, *pattern * 4)
    failure = story.fails()
    assert failure.reason is ParkReason.STUCK
    assert "repeats itself" in str(failure)
    said = [e.text for e in story.place.transcript.entries() if isinstance(e, Prompt)]
    assert said[1:] == [LOOPING]
    assert len(story.endpoint.asked) == 16


def test_the_developers_word_ends_being_stuck(tmp_path: Path) -> None:
    story = Story(tmp_path, *[bash("true")] * 12, done())
    story.fails()
    story.place.tell("Look at the Makefile first.")
    assert summary(story.work()) == "done"


def test_looking_around_without_end_is_noticed(tmp_path: Path) -> None:
    looks = [
        calls(EDITOR, command="view", path="/worktree", view_range=[number, number])
        for number in range(25)
    ]
    story = Story(tmp_path, *looks, done())
    story.work()
    assert story.endpoint.told()[-1]["text"] == IDLING


def test_the_limit_of_turns_holds(tmp_path: Path) -> None:
    story = Story(tmp_path, *[bash(f"echo {number}") for number in range(9)], turns=4)
    assert "all of its 4 turns" in str(story.fails())
    assert len(story.endpoint.asked) == 4


def test_steering_between_turns_reaches_the_model_with_the_results(tmp_path: Path) -> None:
    story = Story(tmp_path, bash("echo one"), done())
    story.place.unheard.append("use tabs")
    story.work()
    texts = [block.get("text", "") for block in story.endpoint.told(0)]
    assert texts[-1] == "use tabs"


def test_steering_at_the_last_moment_is_not_lost_to_the_handoff(tmp_path: Path) -> None:
    story = Story(tmp_path, done("too early"), done("with tabs"))

    async def follow() -> list[AnyEntry]:
        async with story.endpoint.listening() as url:
            story.place.spec = spec(base_url=url)
            entries = []
            async for entry in story.place.follow(claude()):
                if isinstance(entry, Response) and len(story.endpoint.asked) == 1:
                    story.place.unheard.append("use tabs")
                entries.append(entry)
            return entries

    assert summary(asyncio.run(follow())) == "with tabs"
    told = story.endpoint.told()
    assert [block.get("content") or block["text"] for block in told] == ["recorded", "use tabs"]


def test_what_cannot_be_written_as_text_does_not_break_the_transcript(tmp_path: Path) -> None:
    call = {"type": "tool_use", "id": "1", "name": "bash", "input": {"command": "echo", "n": 7}}
    body = events({"type": "text", "text": "LONE"}, call, stop="tool_use", tokens=1)
    body = body.replace(b"LONE", b"lone \\ud83d half").replace(b'n\\":7', b'n\\":' + b"7" * 40)
    story = Story(tmp_path, raw(body), done())
    assert summary(story.work()) == "done"
    response = next(e for e in story.place.transcript.entries() if isinstance(e, Response))
    assert response.content[0]["text"] == "lone ? half"
    assert response.content[1]["input"]["n"] == "7" * 40
