"""What every runtime must hold to. A new runtime gets a case in `case`, and nothing else."""

from __future__ import annotations

import asyncio
import shlex
import uuid
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest

from factory.agents import RUNTIMES, runtime
from factory.agents.base import Desk, Runtime
from factory.agents.command import Command
from factory.agents.recording import load
from factory.agents.replay import Replay, ReplayServer
from factory.config import AgentSpec
from factory.entry import AnyEntry, Finished, Origin, Prompt, Question, Response, ToolResult
from factory.ledger import own_prices, prices
from factory.model import AgentError, ParkReason, Spend
from tests.agents.bench import Workplace, claude, running, spec, task

RECORDED = Path(__file__).parent / "recorded.toml"
SCRIPTED = (Path(__file__).parent / "acp_agent.py").read_text()
SCRIPTS = {
    "Greet": "echo hello > greeting.txt; echo universe >> greeting.txt; echo It greets.",
    "Sleep": "sleep $(cat nap)",
    "Fail": "echo something; echo no such greeting >&2; exit 3",
}
KINDS = sorted(RUNTIMES)
CONVERSING = [kind for kind in KINDS if kind != "command"]


@asynccontextmanager
async def case(kind: str, title: str = "Greet") -> AsyncIterator[AgentSpec]:
    match kind:
        case "claude":
            async with ReplayServer(load(RECORDED)) as url:
                yield spec("claude", base_url=url)
        case "replay":
            yield spec("replay", recording=str(RECORDED))
        case "acp":
            yield spec("acp", run=f"python3 -c {shlex.quote(SCRIPTED)} --resume")
        case "command":
            yield spec("command", run=SCRIPTS[title])
        case _:
            pytest.fail(f"{kind} has no case: add one")


class TwiceMinded:
    """A runtime that breaks the protocol: its tools run before their response is on disk."""

    async def work(self, desk: Desk) -> AsyncGenerator[AnyEntry, None]:
        yield ToolResult(id="a")
        yield Response(content=({"type": "tool_use", "id": "a", "name": "bash", "input": {}},))
        yield Finished()


def in_order(entries: list[AnyEntry]) -> bool:
    """Whether each result follows its response, and the last entry is an ending."""
    known: set[str] = set()
    for entry in entries:
        if isinstance(entry, Response):
            known |= {block["id"] for block in entry.content if block["type"] == "tool_use"}
        if isinstance(entry, ToolResult) and entry.id not in known:
            return False
    return isinstance(entries[-1], Finished | Question)


@pytest.mark.parametrize("kind", KINDS)
def test_the_work_is_done_and_told_in_order(tmp_path: Path, kind: str) -> None:
    async def story() -> None:
        async with case(kind) as agent:
            place = Workplace(tmp_path, agent, task())
            entries = await place.work(runtime(agent))
            assert in_order(entries)
            assert place.files()["greeting.txt"] == "hello\nuniverse\n"
            last = entries[-1]
            assert isinstance(last, Finished)
            assert last.handoff.summary.startswith("It greets")
            assert all(entry.at > 0 for entry in entries)
            assert place.reserved

    asyncio.run(story())


def test_a_runtime_that_acts_before_it_writes_would_be_caught(tmp_path: Path) -> None:
    place = Workplace(tmp_path, spec(), task())
    assert not in_order(asyncio.run(place.work(TwiceMinded())))


@pytest.mark.parametrize("kind", KINDS)
def test_closing_leaves_no_process(tmp_path: Path, kind: str) -> None:
    async def story() -> None:
        async with case(kind, "Sleep") as agent:
            place = Workplace(tmp_path, agent, task("Sleep"))
            nap = f"86399.{uuid.uuid4().int}"
            (place.tree / "nap").write_text(nap)
            work = asyncio.create_task(place.work(runtime(agent)))
            while not running(f"sleep {nap}"):
                await asyncio.sleep(0.01)
                assert not work.done()
            work.cancel()
            with pytest.raises(asyncio.CancelledError):
                await work
            assert not running(f"sleep {nap}")

    asyncio.run(story())


@pytest.mark.parametrize("kind", KINDS)
def test_left_after_any_entry_and_entered_again_it_does_the_same_work(
    tmp_path: Path, kind: str
) -> None:
    async def leave_after(number: int, place: Workplace, agent: AgentSpec) -> bool:
        """Whether the work was left, as if killed, after so many entries."""
        async with aclosing(place.follow(runtime(agent))) as entries:
            async for _entry in entries:
                number -= 1
                if number == 0:
                    return True
        return False

    async def story() -> None:
        async with case(kind) as agent:
            whole = Workplace(tmp_path / "whole", agent, task())
            await whole.work(runtime(agent))
            number, left = 1, True
            while left:
                place = Workplace(tmp_path / str(number), agent, task())
                left = await leave_after(number, place, agent)
                assert isinstance((await place.work(runtime(agent)))[-1], Finished)
                assert place.files() == whole.files(), f"left after entry {number}"
                number += 3 if kind == "acp" else 1  # it has many, each left with a process
            assert number > 2

    asyncio.run(story())


@pytest.mark.parametrize("kind", CONVERSING)
def test_a_question_parks_and_its_answer_arrives(tmp_path: Path, kind: str) -> None:
    async def story() -> None:
        async with case(kind) as agent:
            place = Workplace(tmp_path, agent, task("Ask"))
            question = (await place.work(runtime(agent)))[-1]
            assert isinstance(question, Question)
            assert question.text == "Which name shall it have?"
            again = (await place.work(runtime(agent)))[-1]
            assert isinstance(again, Question), "without an answer it goes on asking"
            assert place.files() == {}
            place.tell("call it named")
            last = (await place.work(runtime(agent)))[-1]
            assert isinstance(last, Finished)
            assert last.handoff.summary == "It has a name."
            assert "named.txt" in place.files()

    asyncio.run(story())


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_developer_says_meanwhile_is_heard_or_left_for_later(
    tmp_path: Path, kind: str
) -> None:
    async def story() -> None:
        async with case(kind) as agent:
            place = Workplace(tmp_path, agent, task())
            entries: list[AnyEntry] = []
            async for entry in place.follow(runtime(agent)):
                if not entries:
                    place.unheard.append("and greet louder")
                entries.append(entry)
            heard = [entry.text for entry in entries if isinstance(entry, Prompt)]
            assert heard + place.unheard == ["and greet louder"]
            if kind in CONVERSING:
                said = next(entry for entry in entries if isinstance(entry, Prompt))
                assert said.origin is Origin.DEVELOPER
                assert "loud.txt" in place.files()

    asyncio.run(story())


@pytest.mark.parametrize("kind", KINDS)
def test_feedback_goes_on_with_the_same_work(tmp_path: Path, kind: str) -> None:
    async def story() -> None:
        async with case(kind) as agent:
            place = Workplace(tmp_path, agent, task())
            first = await place.work(runtime(agent))
            place.tell("Please greet louder.")
            second = await place.work(runtime(agent))
            assert isinstance(first[-1], Finished)
            assert isinstance(second[-1], Finished)
            assert second[-1].at > first[-1].at

    asyncio.run(story())


@pytest.mark.parametrize("kind", KINDS)
def test_a_cap_that_is_hit_lets_nothing_begin(tmp_path: Path, kind: str) -> None:
    def refuse(most: Spend) -> None:
        raise AgentError("the cap is hit", reason=ParkReason.BUDGET)

    async def story() -> None:
        async with case(kind) as agent:
            place = Workplace(tmp_path, agent, task())
            place.reserve = refuse
            with pytest.raises(AgentError, match="the cap is hit") as caught:
                await place.work(runtime(agent))
            assert caught.value.reason is ParkReason.BUDGET
            assert place.files() == {}
            assert place.transcript.entries() == [task()]
            place.reserve = lambda most: None
            await place.work(runtime(agent))
            assert place.files(), "with the cap raised it works"

    asyncio.run(story())


@pytest.mark.parametrize(
    ("worker", "agent", "said"),
    [
        (Command(), spec(run=SCRIPTS["Fail"]), "exit code 3: no such greeting"),
        (Command(), spec(run="exit 127"), "exit code 127 and without a word"),
        (Replay(prices(), "/nowhere/at/all.toml"), spec(), "cannot be read"),
        (claude(waits=()), spec(base_url="http://127.0.0.1:9"), "127.0.0.1:9 cannot be reached"),
    ],
    ids=["command", "silent-command", "replay", "claude"],
)
def test_what_cannot_go_on_says_so_in_a_sentence(
    tmp_path: Path, worker: Runtime, agent: AgentSpec, said: str
) -> None:
    with pytest.raises(AgentError, match=said) as caught:
        asyncio.run(Workplace(tmp_path, agent, task()).work(worker))
    assert "\n" not in str(caught.value)


def test_a_kind_that_does_not_exist_is_named() -> None:
    with pytest.raises(
        AgentError, match=r"kind 'telepathy', which is none of claude, acp, command"
    ):
        runtime(spec("telepathy"))


def test_the_developers_own_prices_count_and_a_broken_file_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    own = own_prices()
    own.parent.mkdir(parents=True)
    own.write_text('[[price]]\nmodel = "claude-sonnet-5-5"\ninput = 500.0\noutput = 0.0\n')

    async def cost() -> float:
        async with case("replay") as agent:
            entries = await Workplace(tmp_path, agent, task()).work(runtime(agent))
            return sum(e.spend.usd or 0.0 for e in entries if isinstance(e, Response))

    assert asyncio.run(cost()) > 0.05, "by the shipped table a tenth of a cent"
    own.write_text("[[price]")
    with pytest.raises(AgentError, match=r"prices\.toml"):
        runtime(spec())
