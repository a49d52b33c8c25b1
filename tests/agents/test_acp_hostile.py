"""The acp runtime before programs that mean harm: nothing they write ends us, or fools a budget."""

from __future__ import annotations

import asyncio
import shlex
from contextlib import aclosing
from pathlib import Path

import pytest

from factory.agents.acp import Acp
from factory.agents.acp import permissions as leave
from factory.agents.reader import session_remark
from factory.entry import (
    AnyEntry,
    Finished,
    Origin,
    Prompt,
    Question,
    Remark,
    ToolResult,
    Usage,
)
from factory.model import AgentError, Spend
from factory.sandbox import Feed
from tests.agents.bench import Workplace, spec, task
from tests.agents.test_acp import agent, of

PLAYER = '''
import json, sys
def send(**message):
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\\n")
    sys.stdout.flush()
def told(**update):
    send(method="session/update", params={"sessionId": "s1", "update": update})
def begin():
    """Answer up to the prompt; its number."""
    for line in sys.stdin:
        asked = json.loads(line)
        if asked["method"] == "session/prompt":
            return asked["id"]
        send(id=asked["id"], result={"protocolVersion": 1, "sessionId": "s1"})
'''


def hostile(tmp_path: Path, *lines: str) -> Workplace:
    """A workplace whose program does these lines once it was prompted as `number`."""
    script = "\n".join((PLAYER, "number = begin()", *lines))
    run = f"exec python3 -c {shlex.quote(script)}"
    return Workplace(tmp_path, spec("acp", run=run), task())


def worked(place: Workplace) -> list[AnyEntry]:
    async def in_time() -> list[AnyEntry]:
        async with asyncio.timeout(30):
            return await place.work(Acp())

    return asyncio.run(in_time())


def test_numbers_and_depths_that_nobody_can_write_down_are_let_go(tmp_path: Path) -> None:
    place = hostile(
        tmp_path,
        "deep = '[' * 5000 + ']' * 5000",
        "call = dict(sessionUpdate='tool_call', title='x', kind='execute', status='completed')",
        "told(**call, toolCallId='a', rawOutput={'exit_code': 1 << 70})",
        "told(**call, toolCallId='b', rawOutput={'n': 1 << 70})",
        "told(**call, toolCallId='c', rawOutput=json.loads('[' * 950 + ']' * 950))",
        "print('{\"a\":' + deep + '}', flush=True)",
        "for amount in (0.5, 1e308):",
        "    cost = {'amount': amount, 'currency': 'USD'}",
        "    told(sessionUpdate='usage_update', used=1, size=2, cost=cost)",
        "used = {'inputTokens': -5000, 'outputTokens': 1 << 70, 'cachedReadTokens': 7}",
        "send(id=number, result={'stopReason': 'end_turn', 'usage': used})",
        "sys.stdin.read()",
    )
    entries = worked(place)
    assert isinstance(entries[-1], Finished)
    assert {entry.exit_code for entry in of(entries, ToolResult)} == {None}
    spent = sum((usage.spend for usage in of(entries, Usage)), Spend())
    assert spent == Spend(usd=0.5, cached_tokens=7)


def test_an_error_that_is_no_error_ends_the_turn_all_the_same(tmp_path: Path) -> None:
    place = hostile(tmp_path, "send(id=[], result={})", "send(id=number, error='boom')",
                    "sys.stdin.read()")  # fmt: skip
    with pytest.raises(AgentError, match="boom"):
        worked(place)


def test_a_program_that_hears_nothing_is_cancelled_all_the_same(tmp_path: Path) -> None:
    place = hostile(
        tmp_path, "for id in range(9000, 14000): send(id=id, method='never/heard')",
        "told(sessionUpdate='tool_call', toolCallId='t', title='full', status='completed')",
        "import time; time.sleep(600)",
    )  # fmt: skip

    async def first() -> None:
        async with asyncio.timeout(20), aclosing(Acp(0.5).work(place.desk())) as entries:
            async for entry in entries:
                if isinstance(entry, ToolResult):
                    await asyncio.sleep(0.5)
                    return

    asyncio.run(first())


def test_who_waits_to_say_more_hears_that_nobody_will_listen() -> None:
    async def said() -> None:
        feed = Feed()
        writing = asyncio.create_task(feed.write(b"x" * (1 << 20)))
        await asyncio.sleep(0)
        feed.close()
        async with asyncio.timeout(5):
            with pytest.raises(BrokenPipeError):
                await writing

    asyncio.run(said())


def test_a_session_that_is_begun_anew_is_counted_from_nothing(tmp_path: Path) -> None:
    place = hostile(
        tmp_path,
        "cost = {'amount': 1.2, 'currency': 'USD'}",
        "told(sessionUpdate='usage_update', used=1, size=2, cost=cost)",
        "send(id=number, result={'stopReason': 'end_turn'})", "sys.stdin.read()",
    )  # fmt: skip
    for entry in (session_remark("s0", 0.0), Usage(at=0.0, spend=Spend(usd=1.0))):
        place.transcript.append(entry)
    assert [usage.spend.usd for usage in of(worked(place), Usage)] == [1.2]


@pytest.mark.parametrize(
    ("allowed", "then"),
    [("ls # make", "ls #\nmake"), ("a" * 300 + "b", "a" * 300 + "c"), ("ls a", "ls  a")],
)
def test_leave_for_one_command_is_none_for_another_that_looks_like_it(
    allowed: str, then: str
) -> None:
    first, second = leave.wish({}, allowed), leave.wish({}, then)
    said = (leave.question(first, spec(), 0.0), Prompt(text=leave.ALWAYS, origin=Origin.DEVELOPER))
    ask = spec("acp", permissions="ask")
    assert leave.decided(first, ask, said, ()) == leave.ALWAYS
    assert leave.decided(second, ask, said, ()) == ""
    assert "\n" not in second.text


def test_leave_is_given_though_words_and_remarks_stand_before_the_answer(tmp_path: Path) -> None:
    place = Workplace(tmp_path, agent("--resume", permissions="ask"), task("Leave"))
    assert isinstance(worked(place)[-1], Question)
    place.transcript.append(Remark(at=0.0, text="network: it reached for nothing"))
    place.tell("be quick")
    place.tell(leave.ONCE)
    done = worked(place)[-1]
    assert isinstance(done, Finished)
    assert done.handoff.summary == "I was told: allow_once."
