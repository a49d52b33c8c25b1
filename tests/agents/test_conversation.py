from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from factory.agents.conversation import (
    LEFT_OUT,
    NOT_TAKEN,
    RECORDED,
    Message,
    cached,
    conversation,
)
from factory.entry import AnyEntry, Finished, Output, Prompt, Question, Remark, Response, ToolResult
from factory.model import Spend
from factory.transcript import INTERRUPTED


def call(name: str = "bash", known: str = "1", **given: Any) -> dict[str, Any]:
    return {"type": "tool_use", "id": known, "name": name, "input": given}


def text(said: str) -> dict[str, Any]:
    return {"type": "text", "text": said}


def response(*blocks: dict[str, Any], stop: str = "tool_use", tokens: int = 0) -> Response:
    return Response(content=blocks, stop=stop, spend=Spend(input_tokens=tokens))


def contents(message: Message) -> list[str]:
    return [block.get("content") or block.get("text") or "" for block in message["content"]]


def test_a_talk_of_two_turns() -> None:
    messages = conversation(
        [
            Prompt(text="go"),
            response(text("I look."), call(command="ls")),
            Remark(text="resumed"),
            ToolResult(id="1", text="whole", shown="cut", exit_code=0),
            Output(text="noise"),
            response(text("Done."), stop="end_turn"),
            Finished(),
            Prompt(text="again"),
        ]
    )
    assert [message["role"] for message in messages] == [
        "user",
        "assistant",
        "user",
        "assistant",
        "user",
    ]
    assert contents(messages[2]) == ["cut"]
    assert contents(messages[4]) == ["again"]


def test_what_is_said_in_a_row_is_one_message() -> None:
    messages = conversation([Prompt(text="one"), Prompt(text=" "), Prompt(text="two")])
    assert [contents(message) for message in messages] == [["one", "two"]]


def test_results_stand_before_words_whatever_came_first() -> None:
    entries: list[AnyEntry] = [
        response(call()),
        Prompt(text="use tabs"),
        ToolResult(id="1", text="out"),
    ]
    assert contents(conversation(entries)[-1]) == ["out", "use tabs"]


def test_the_next_prompt_answers_a_question_once() -> None:
    entries: list[AnyEntry] = [
        response(call("bash", "b"), call("ask", "q", question="which?")),
        ToolResult(id="b", text="out"),
        Question(text="which?", id="q"),
        Prompt(text="the left one"),
        Prompt(text="and hurry"),
    ]
    assert contents(conversation(entries)[-1]) == ["out", "the left one", "and hurry"]
    kinds = [block["type"] for block in conversation(entries)[-1]["content"]]
    assert kinds == ["tool_result", "tool_result", "text"]


def test_a_handoff_is_recorded_and_work_goes_on() -> None:
    entries: list[AnyEntry] = [
        response(call("handoff", "h")),
        Finished(),
        Prompt(text="a test is red"),
    ]
    assert contents(conversation(entries)[-1]) == [RECORDED, "a test is red"]


def test_a_lost_result_reads_as_interrupted_with_or_without_its_entry() -> None:
    lost = ToolResult(id="1", text="?", interrupted=True)
    talks: list[list[AnyEntry]] = [[response(call()), lost], [response(call())]]
    for entries in talks:
        assert contents(conversation(entries)[-1]) == [INTERRUPTED]


def test_an_end_beside_a_lost_result_was_not_taken() -> None:
    lost = ToolResult(id="1", text="?", interrupted=True)
    for name in ("handoff", "ask"):
        for entries in ([lost], []):
            said = conversation([response(call(), call(name, "e")), *entries])[-1]
            assert contents(said) == [INTERRUPTED, NOT_TAKEN]


def test_exit_codes_and_silence_are_told() -> None:
    def told(**result: Any) -> str:
        return contents(conversation([response(call()), ToolResult(id="1", **result)])[-1])[0]

    assert told(text="", exit_code=0) == "(no output)"
    assert told(text="", exit_code=3) == "(exit code 3)"
    assert told(text="bad\n", exit_code=3) == "bad\n(exit code 3)"


def test_ids_that_a_gateway_uses_twice_stay_apart() -> None:
    entries: list[AnyEntry] = [
        response(call()),
        ToolResult(id="1", text="first"),
        response(call()),
        ToolResult(id="1", text="second"),
    ]
    messages = conversation(entries)
    assert [contents(messages[1]), contents(messages[3])] == [["first"], ["second"]]


def test_blocks_that_the_api_would_not_take_back_are_dropped() -> None:
    entries: list[AnyEntry] = [
        Prompt(text="go"),
        response(
            text("  "), {"type": "thinking", "thinking": "…", "signature": ""}, stop="end_turn"
        ),
        Prompt(text="well?"),
    ]
    assert [contents(message) for message in conversation(entries)] == [["go", "well?"]]


def long_talk(turns: int, tokens: int) -> list[AnyEntry]:
    entries: list[AnyEntry] = [Prompt(text="the task " * 200)]
    for turn in range(turns):
        entries.append(response(call(known=str(turn)), tokens=tokens * turn))
        entries.append(ToolResult(id=str(turn), text=f"result {turn} " * 100))
    return entries


def test_old_results_give_way_and_prompts_never_do() -> None:
    entries = long_talk(turns=20, tokens=100)
    messages = conversation(entries, limit=1500)
    kept = [contents(message)[0] != LEFT_OUT for message in messages[2::2]]
    assert kept == [False] * 13 + [True] * 7
    assert contents(messages[0]) == ["the task " * 200]
    assert conversation(entries) == conversation(entries, limit=10_000_000)
    assert not any(LEFT_OUT in contents(message) for message in conversation(entries))


def test_what_was_left_out_stays_left_out_so_the_cache_holds() -> None:
    entries = long_talk(turns=20, tokens=100)
    cut: set[str] = set()
    for end in range(1, len(entries) + 1):
        now = {
            block["tool_use_id"]
            for message in conversation(entries[:end], limit=1500)
            for block in message["content"]
            if block.get("content") == LEFT_OUT
        }
        assert cut <= now
        cut = now
    assert cut


def test_only_the_newest_two_user_messages_are_marked_and_the_rest_untouched() -> None:
    messages = conversation(long_talk(turns=4, tokens=1))
    marked = ["cache_control" in message["content"][-1] for message in cached(messages)]
    assert marked == [False] * 6 + [True, False, True]
    assert not any("cache_control" in block for m in messages for block in m["content"])


ENTRIES = st.lists(
    st.one_of(
        st.builds(Prompt, text=st.sampled_from(["", "words"])),
        st.builds(ToolResult, id=st.sampled_from(["1", "2", "q"]), text=st.just("out")),
        st.builds(
            response,
            st.sampled_from(
                [text("said"), text(""), call(), call("ask", "q"), call("handoff", "2")]
            ),
            stop=st.sampled_from(["tool_use", "end_turn", "refusal", "max_tokens"]),
        ),
        st.just(Remark(text="resumed")),
    ),
    max_size=12,
)


@given(ENTRIES)
def test_any_transcript_gives_messages_that_the_api_takes(entries: list[AnyEntry]) -> None:
    messages = conversation(entries)
    for at, message in enumerate(messages):
        assert message["content"]
        if at:
            assert message["role"] != messages[at - 1]["role"]
        asked = [block["id"] for block in message["content"] if block["type"] == "tool_use"]
        if message["role"] == "assistant" and asked:
            results = messages[at + 1]["content"][: len(asked)]
            assert [block["tool_use_id"] for block in results] == asked
