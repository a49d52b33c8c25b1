"""The acp runtime, talking with a scripted agent in a real sandbox."""

from __future__ import annotations

import asyncio
import shlex
import time
from contextlib import aclosing
from pathlib import Path
from typing import TypeVar

import pytest
from msgspec.structs import replace

from factory.agents.acp import Acp
from factory.agents.acp import permissions as leave
from factory.config import AgentSpec
from factory.entry import (
    AnyEntry,
    Delta,
    Finished,
    Output,
    Prompt,
    Question,
    Remark,
    Response,
    ToolCall,
    ToolResult,
    Usage,
)
from factory.model import AgentError, ParkReason, Spend
from tests.agents.bench import Workplace, spec, task

T = TypeVar("T", bound=AnyEntry)
ANSWER = '{"jsonrpc":"2.0","id":0,'
SCRIPTED = (Path(__file__).parent / "acp_agent.py").read_text()


def agent(*flags: str, **settings: object) -> AgentSpec:
    run = f"python3 -c {shlex.quote(SCRIPTED)} {' '.join(flags)}"
    return spec("acp", **{"run": run, **settings})


def worked(place: Workplace) -> list[AnyEntry]:
    return asyncio.run(place.work(Acp()))


def fails(place: Workplace) -> AgentError:
    with pytest.raises(AgentError) as caught:
        worked(place)
    assert "\n" not in str(caught.value)
    return caught.value


def of(entries: list[AnyEntry], kind: type[T]) -> list[T]:
    return [entry for entry in entries if isinstance(entry, kind)]


def test_texts_thoughts_plans_calls_diffs_and_costs_become_entries(tmp_path: Path) -> None:
    place = Workplace(tmp_path, agent(), task())
    entries = worked(place)
    said = [block for entry in of(entries, Response) for block in entry.content]
    texts = [block["text"] for block in said if block["type"] == "text"]
    assert texts == ["I begin with a file that greets the world.", "It greets the universe."]
    assert [b["thinking"] for b in said if b["type"] == "thinking"] == [
        "There is nothing here yet."
    ]
    edits = [block["input"] for block in said if block["type"] == "tool_use"]
    assert edits == [
        {"file_path": "greeting.txt", "new_string": "hello\nworld\n"},
        {
            "file_path": "greeting.txt",
            "old_string": "hello\nworld\n",
            "new_string": "hello\nuniverse\n",
        },
        {"command": "cat greeting.txt"},
    ]
    assert [(call.name, call.text) for call in of(entries, ToolCall)] == [
        ("edit", "edit greeting.txt"),
        ("edit", "edit greeting.txt"),
        ("bash", "cat greeting.txt"),
    ]
    shell = of(entries, ToolResult)[-1]
    assert (shell.text, shell.exit_code, shell.failed) == ("hello\nuniverse\n", 0, False)
    remarks = [entry.text for entry in of(entries, Remark)]
    assert remarks == ["session s1", "plan: ◐ create · ○ replace", "plan: ✓ create · ◐ replace"]
    spent = sum((usage.spend for usage in of(entries, Usage)), Spend())
    assert spent.usd == pytest.approx(0.03)
    assert (spent.input_tokens, spent.output_tokens, spent.cached_tokens) == (1000, 300, 200)


def test_what_a_subscription_pays_has_tokens_and_no_price(tmp_path: Path) -> None:
    entries = worked(Workplace(tmp_path, agent(subscription=True), task()))
    assert all(usage.spend.usd is None for usage in of(entries, Usage))
    assert of(entries, Usage)


def test_a_program_that_asks_leave_is_answered_by_the_developer_and_once_is_once(
    tmp_path: Path,
) -> None:
    place = Workplace(tmp_path, agent("--resume", permissions="ask"), task("Leave"))
    asked = worked(place)[-1]
    assert isinstance(asked, Question)
    assert (asked.text, asked.options) == ("tester asks to: make release", leave.OPTIONS)
    assert isinstance(worked(place)[-1], Question), "without an answer it goes on asking"
    place.tell(leave.ONCE)
    done = worked(place)[-1]
    assert isinstance(done, Finished)
    assert done.handoff.summary == "I was told: allow_once."
    assert "release.txt" in place.files()
    place.tell("and once more")
    assert isinstance(worked(place)[-1], Question), "an answer counts for one request"
    place.tell(leave.ALWAYS)
    worked(place)
    place.tell("a third time")
    assert isinstance(worked(place)[-1], Finished)


@pytest.mark.parametrize("answer", [leave.REFUSE, "no, never"])
def test_what_the_developer_does_not_allow_does_not_happen(tmp_path: Path, answer: str) -> None:
    place = Workplace(tmp_path, agent("--resume", permissions="ask"), task("Leave"))
    worked(place)
    place.tell(answer)
    done = worked(place)[-1]
    assert isinstance(done, Finished)
    assert done.handoff.summary == "I was told: reject_once."
    assert place.files() == {}


def test_by_the_usual_policy_nobody_is_asked(tmp_path: Path) -> None:
    place = Workplace(tmp_path, agent(), task("Leave"))
    assert isinstance(worked(place)[-1], Finished)
    assert "release.txt" in place.files()


def test_what_is_odd_is_shown_and_never_fatal(tmp_path: Path) -> None:
    place = Workplace(tmp_path, agent(), task("Odd"))
    entries = worked(place)
    assert isinstance(entries[-1], Finished)
    assert entries[-1].handoff.summary.endswith("Odd, but done.")
    strange = [entry.text for entry in of(entries, Remark) if "not known" in entry.text]
    assert [text for text in strange if "mind_reading" in text] == [
        "told something that is not known here: 'mind_reading'"
    ]
    printed = "".join(entry.text for entry in of(entries, Output))
    for line in ("[session/glow]", "[fs/read_text_file]", "is no text", "{half a message"):
        assert line in printed
    said = "".join(b.get("text", "") for e in of(entries, Response) for b in e.content)
    assert said.count("x") >= 10_000_000
    assert "a file of yours" not in said


def test_a_flood_arrives_whole_and_in_order(tmp_path: Path) -> None:
    place = Workplace(tmp_path, agent(), task("Flood"))
    entries = worked(place)
    said = "".join(b.get("text", "") for e in of(entries, Response) for b in e.content)
    assert said == "".join(f"line {number}\n" for number in range(20_000))
    assert "greeting.txt" in place.files()


def test_a_crash_is_told_by_the_exit_code_and_the_last_words(tmp_path: Path) -> None:
    place = Workplace(tmp_path, agent(), task("Crash"))
    failure = fails(place)
    assert "exit code 101: panicked at src/main.rs" in str(failure)
    assert failure.reason is ParkReason.ERROR
    texts = [
        b["text"] for e in place.transcript.entries() if isinstance(e, Response) for b in e.content
    ]
    assert texts == ["I shall be brief."], "what it said before is kept"


def test_a_limit_parks_until_its_hour_and_an_empty_account_for_the_developer(
    tmp_path: Path,
) -> None:
    limited = fails(Workplace(tmp_path / "a", agent(), task("Limited")))
    assert limited.reason is ParkReason.RATE_LIMITED
    assert limited.until is not None
    assert 600 < limited.until - time.time() < 1300
    assert fails(Workplace(tmp_path / "b", agent(), task("Spent"))).reason is ParkReason.BUDGET


def test_closing_cancels_the_turn_so_that_the_program_can_keep_its_session(tmp_path: Path) -> None:
    place = Workplace(tmp_path, agent("--resume"), task("Slow"))

    async def leave_early() -> None:
        async with aclosing(place.follow(Acp())) as entries:
            async for entry in entries:
                if isinstance(entry, Delta):
                    break

    asyncio.run(leave_early())
    assert (place.scratch / "sessions" / "cancelled").read_text() == "yes"


@pytest.mark.parametrize("offer", ["--load", "--resume"])
def test_a_session_that_can_be_taken_up_is_and_its_old_words_are_not_told_again(
    tmp_path: Path, offer: str
) -> None:
    place = Workplace(tmp_path, agent(offer), task())
    worked(place)
    place.tell("greet louder")
    entries = worked(place)
    assert not of(entries, Remark), "no new session"
    assert [b["text"] for e in of(entries, Response) for b in e.content if "text" in b] == [
        "It is loud now."
    ]
    assert sorted(path.name for path in (place.scratch / "sessions").iterdir()) == ["s1"]


@pytest.mark.parametrize("flags", [(), ("--resume",)])
def test_a_session_that_is_gone_begins_afresh_with_a_page_of_how_things_stand(
    tmp_path: Path, flags: tuple[str, ...]
) -> None:
    place = Workplace(tmp_path, agent(*flags), task())
    worked(place)
    (place.scratch / "sessions" / "s1").unlink()
    place.tell("greet louder")
    entries = worked(place)
    assert "its session s1 is gone: it begins afresh" in [e.text for e in of(entries, Remark)]
    kept = [path.read_text() for path in (place.scratch / "sessions").iterdir()]
    assert len(kept) == 1
    for words in ("Task: Greet", "greet louder", "edit greeting.txt", "It greets the universe."):
        assert words in kept[0]
    assert "loud.txt" in place.files()


def test_a_session_that_was_killed_before_it_was_told_anything_is_told_all(tmp_path: Path) -> None:
    place = Workplace(tmp_path, agent("--resume"), task())
    worked(place)
    (place.scratch / "sessions" / "s1").unlink()
    place.tell("greet louder")

    async def killed() -> None:
        async with aclosing(place.follow(Acp())) as entries:
            async for entry in entries:
                if isinstance(entry, Remark) and entry.text == "session s1":
                    break

    asyncio.run(killed())
    (kept,) = (place.scratch / "sessions").iterdir()
    assert kept.read_text() == "[]"
    assert not of(worked(place), Remark), "it is taken up"
    for words in ("Task: Greet", "greet louder", "edit greeting.txt"):
        assert words in kept.read_text()


def test_a_program_that_takes_up_nothing_hears_long_feedback_whole(tmp_path: Path) -> None:
    place = Workplace(tmp_path, agent(), task())
    worked(place)
    place.tell("greet louder\n" + "\n".join(f"line {number}" for number in range(30)))
    worked(place)
    kept = "".join(path.read_text() for path in (place.scratch / "sessions").iterdir())
    assert "line 29" in kept


def test_after_a_kill_in_the_midst_it_is_not_told_its_task_twice(tmp_path: Path) -> None:
    place = Workplace(tmp_path, agent("--resume"), task())

    async def killed() -> None:
        async with aclosing(place.follow(Acp())) as entries:
            async for entry in entries:
                if isinstance(entry, ToolResult):
                    break

    asyncio.run(killed())
    assert isinstance(worked(place)[-1], Finished)
    (kept,) = (place.scratch / "sessions").iterdir()
    assert kept.read_text().count("Task: Greet") == 1
    assert "You were interrupted" in kept.read_text()


def test_words_that_come_while_it_works_are_heard_at_the_next_turn(tmp_path: Path) -> None:
    place = Workplace(tmp_path, agent(), task())
    place.unheard.append("greet louder")
    entries = worked(place)
    heard = next(at for at, entry in enumerate(entries) if isinstance(entry, Prompt))
    assert any(isinstance(entry, ToolCall) for entry in entries[:heard])
    assert "loud.txt" in place.files()
    assert place.unheard == []


def test_a_cap_is_looked_at_within_a_long_turn(tmp_path: Path) -> None:
    place = Workplace(tmp_path, agent(), task())
    spent: list[Spend] = []

    def reserve(most: Spend) -> None:
        spent.append(most)
        if len(spent) > 1:
            raise AgentError("the cap is hit", reason=ParkReason.BUDGET)

    place.reserve = reserve
    assert fails(place).reason is ParkReason.BUDGET
    assert "universe" not in place.files()["greeting.txt"]


def test_a_program_that_wants_to_be_signed_in_is_where_the_preset_knows_how(
    tmp_path: Path,
) -> None:
    place = Workplace(tmp_path / "a", agent("--auth"), task())
    failure = fails(place)
    assert "sign in" in str(failure)
    known = Workplace(tmp_path / "b", agent("--auth", preset="qwen"), task())
    assert isinstance(worked(known)[-1], Finished)


def test_the_model_is_chosen_where_sessions_have_a_choice(tmp_path: Path) -> None:
    place = Workplace(tmp_path, agent("--options", model="large"), task())
    entries = worked(place)
    assert place.files()["model"] == "large"
    assert {entry.model for entry in of(entries, Response)} == {"large"}


@pytest.mark.parametrize(
    ("run", "said"),
    [
        ("true", "exit code 0 and without a word"),
        ("echo oops >&2; exit 3", "exit code 3: oops"),
        ("no-such-agent --acp", "no-such-agent"),
        (f"""read x; echo '{ANSWER}"result":{{"protocolVersion":99}}}}'; cat""", "99"),
        (f"""read x; echo '{ANSWER}"result":[]}}'; cat""", "speaks it"),
        (f"""read x; echo '{ANSWER}"error":{{"code":-1,"message":"no"}}}}'; cat""", "tester: no"),
    ],
)
def test_a_program_that_does_not_speak_the_protocol_says_so_in_a_sentence(
    tmp_path: Path, run: str, said: str
) -> None:
    assert said in str(fails(Workplace(tmp_path, agent(run=run), task())))


def test_without_a_sandbox_it_works_in_the_worktree_as_well(tmp_path: Path) -> None:
    place = Workplace(tmp_path, agent(), task())
    place.contained = False
    place.spec = replace(place.spec, run=f"ACP_SESSIONS={tmp_path}/sessions {place.spec.run}")
    assert isinstance(worked(place)[-1], Finished)
    assert place.files()["greeting.txt"] == "hello\nuniverse\n"
