"""The contract of every reader: recorded streams of real programs, whole, cut, mixed and broken.

A stream's name is program, version, case and exit code. `typings` and `words` are written by the
programs' own type definitions and sources, for what a scripted model does not bring about.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from factory.agents.events import Events, Run
from factory.agents.lines import Lines
from factory.agents.reader import Text
from factory.agents.readers import EVENTS, reader
from factory.config import OUTPUTS, AgentSpec
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
from factory.model import AgentError, Spend
from factory.sandbox import Finished as Ended

STREAMS = Path(__file__).with_name("streams")
FORMS = {
    "claude": "claude-stream-json",
    "codex": "codex-json",
    "gemini": "gemini-stream-json",
    "qwen": "qwen-stream-json",
    "opencode": "opencode-json",
    "events": "events",
}
NAMES = sorted(path.stem for path in STREAMS.glob("*.jsonl"))
DONE = [name for name in NAMES if "-done-" in name]
NOW = 1_795_400_000.0
WRONG: tuple[Any, ...] = (
    None, True, -1, 3.5, 1 << 70, 1e300, "", "x", [], [None], [[]], {}, {"a": {}}, "[" * 900,
)  # fmt: skip


def whole(name: str) -> bytes:
    return (STREAMS / f"{name}.jsonl").read_bytes()


def reading(name: str, session: str = "") -> Any:
    form = FORMS[name.split("-")[0]]
    spec = AgentSpec(name="tester", kind="command", output=form, model="")
    return reader(form, Run(spec=spec, now=lambda: NOW, session=session))


def read(name: str, chunks: Iterable[bytes], session: str = "") -> list[AnyEntry | AgentError]:
    """The entries of a stream that comes in these chunks, and the failure it ends with."""
    lines, reads = Lines(256 << 20, 64 << 20), reading(name, session)
    found: list[AnyEntry | AgentError] = []
    for chunk in chunks:
        lines.feed(chunk)
        found += reads.read(lines.take())
    found += reads.read(lines.rest())
    reads.ended = Ended(exit_code=int(name.rsplit("-", 1)[1]), seconds=1.0)
    try:
        found += reads.end()
    except AgentError as error:
        found.append(error)
    return found


def shown(entries: Sequence[AnyEntry | AgentError]) -> str:
    return "".join(f"{line}\n" for entry in entries for line in _shown(entry))


def _shown(entry: AnyEntry | AgentError) -> Iterator[str]:
    match entry:
        case AgentError():
            until = "" if entry.until is None else f" in {entry.until - NOW:.0f} s"
            yield f"! {entry.reason}{until}: {entry}"
        case Response(content=blocks, stop=stop):
            for block in blocks:
                yield f"Response {block.get('type')} {_cut(_said(block))} {stop}".rstrip()
        case Delta(text=text, thought=thought):
            yield f"Delta{' (thought)' if thought else ''} {_cut(text)}"
        case ToolCall(name=name, text=text):
            yield f"ToolCall {name}: {_cut(text)}"
        case ToolResult(text=text, exit_code=code, failed=failed, seconds=seconds):
            took = f" {seconds:g} s" if seconds else ""
            yield f"ToolResult {code}{' failed' if failed else ''}{took}: {_cut(text, 300)}"
        case Usage(spend=spend):
            tokens = f"{spend.input_tokens} in {spend.cached_tokens} cached"
            yield f"Usage {tokens} {spend.output_tokens} out usd={spend.usd}"
        case Finished(handoff=handoff):
            yield f"Finished {handoff.summary!r} {handoff.deviations} {handoff.concerns}"
        case Remark(text=text) | Output(text=text) | Question(text=text) | Prompt(text=text):
            yield f"{type(entry).__name__} {_cut(text)}"


def _said(block: dict[str, Any]) -> str:
    return str(block.get("text") or block.get("thinking") or block.get("input"))


def _cut(text: str, most: int = 120) -> str:
    return repr(text if len(text) <= most else text[:most] + "…")


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_stream_becomes_these_entries(name: str) -> None:
    told, file = shown(read(name, [whole(name)])), STREAMS / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDENS"):
        file.write_text(told)
    assert told == file.read_text()


@pytest.mark.parametrize("name", NAMES)
def test_however_its_bytes_arrive_the_entries_are_the_same(name: str) -> None:
    data, expected, dice = whole(name), read(name, [whole(name)]), random.Random(name)
    for size in (1, 7, 4096):
        cuts = [data[at : at + size] for at in range(0, len(data), size)]
        assert shown(read(name, cuts)) == shown(expected)
    crlf = data.replace(b"\n", b"\r\n")
    places = sorted(dice.sample(range(len(crlf)), min(40, len(crlf))))
    pieces = [crlf[a:b] for a, b in zip([0, *places], [*places, len(crlf)], strict=True)]
    assert shown(read(name, pieces)) == shown(expected)


@pytest.mark.parametrize("name", NAMES)
def test_unknown_events_and_bytes_that_are_no_text_are_shown_and_change_nothing(name: str) -> None:
    expected = [entry for entry in read(name, [whole(name)]) if not _told_once(entry)]
    strange = (b'{"type":"of_next_year","x":1}', b"\xff\xfe\x00 no text", b'{"type":7}', b"[1,2]",
               b'{"x":' * 5000, b'{"type":"system","subtype":["?"]}', b"{" * 9000)  # fmt: skip
    rows = whole(name).splitlines()
    mixed = [part for at, row in enumerate(rows) for part in (strange[at % len(strange)], row)]
    found = [entry for entry in read(name, [b"\n".join(mixed)]) if not _told_once(entry)]
    last = [entry for entry in found if isinstance(entry, AgentError)]
    if not any("exit code" in str(error) for error in last):
        assert shown(found) == shown(expected)
    assert _ends(found)


def _told_once(entry: AnyEntry | AgentError) -> bool:
    return isinstance(entry, Output) or (
        isinstance(entry, Remark) and "which is not understood" in entry.text
    )


def _ends(entries: Sequence[AnyEntry | AgentError]) -> bool:
    return bool(entries) and isinstance(entries[-1], Finished | AgentError | Question)


@pytest.mark.parametrize("name", NAMES)
def test_a_stream_that_is_torn_anywhere_still_comes_to_an_end(name: str) -> None:
    rows = whole(name).splitlines(keepends=True)
    torn = [row[: len(row) // 2] + b"\n" + row[len(row) // 2 :] if at % 7 == 3 else row
            for at, row in enumerate(rows)]  # fmt: skip
    assert _ends(read(name, torn))
    for at in range(len(rows)):
        assert _ends(read(name, [*rows[:at], rows[at][: len(rows[at]) // 2]]))
    broken = bytearray(whole(name))
    for at in range(50, len(broken), 97):
        broken[at] = 0xFF
    assert _ends(read(name, [bytes(broken)]))


@pytest.mark.parametrize("name", NAMES)
def test_a_known_event_of_the_wrong_shape_is_never_fatal(name: str) -> None:
    rows, dice = whole(name).splitlines(), random.Random(name)
    for _ in range(60):
        at = dice.randrange(len(rows))
        wrong = _changed(rows[at], dice)
        entries = read(name, [b"\n".join([*rows[:at], wrong, *rows[at + 1 :]])])
        assert _ends(entries)
        for entry in entries:
            if not isinstance(entry, AgentError):
                data = msgspec.json.encode(entry)
                assert msgspec.json.decode(data, type=AnyEntry) is not None


def _changed(row: bytes, dice: random.Random) -> bytes:
    """The event with one of its values, at any depth, replaced by a wrong one."""
    try:
        event = msgspec.json.decode(row)
    except msgspec.DecodeError:
        return row
    places = list(_places(event)) if isinstance(event, dict) else []
    if places:
        within, key = dice.choice(places)
        within[key] = dice.choice(WRONG)
    return msgspec.json.encode(event)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    for key in value.keys() if isinstance(value, dict) else range(len(value)):
        yield value, key
        if isinstance(value[key], dict | list):
            yield from _places(value[key])


@pytest.mark.parametrize("name", DONE)
def test_a_line_of_ten_megabytes_is_no_danger(name: str) -> None:
    rows = whole(name).splitlines()
    long = b"x" * (10 << 20)
    mixed = [rows[0], long, b'{"type":"of_next_year","x":"' + long + b'"}', *rows[1:]]
    found = read(name, [b"\n".join(mixed)])
    kept = [entry for entry in found if not _told_once(entry)]
    assert shown(kept) == shown([e for e in read(name, [whole(name)]) if not _told_once(e)])


@pytest.mark.parametrize("name", [name for name in NAMES if "-lost-" in name])
def test_a_session_that_is_not_known_is_told_apart_from_a_failure(name: str) -> None:
    for session, gone in (("s-1", True), ("", False)):
        reads = reading(name, session)
        list(reads.read(whole(name).decode().splitlines()))
        reads.ended = Ended(exit_code=1, seconds=1.0)
        assert reads.session_lost is gone
    like = next(done for done in DONE if done.split("-")[0] == name.split("-")[0])
    done = reading(like, "s-1")
    list(done.read(whole(like).decode().splitlines()))
    done.ended = Ended(exit_code=0, seconds=1.0)
    assert not done.session_lost


@pytest.mark.parametrize(
    ("first", "then"),
    [("codex-0.169.0-done-0", "codex-0.169.0-resumed-0"),
     ("claude-2.1.330-done-0", "claude-2.1.330-resumed-0"),
     ("qwen-0.24.4-done-0", "qwen-0.24.4-resumed-0")],
)  # fmt: skip
def test_what_a_resumed_session_tells_again_is_counted_once(first: str, then: str) -> None:
    spent = _sum(read(first, [whole(first)]))
    form = FORMS[first.split("-")[0]]
    spec = AgentSpec(name="tester", kind="command", output=form)
    reads = reader(form, Run(spec=spec, now=lambda: NOW, session="s", counted=spent))
    more = _sum(list(reads.read(whole(then).decode().splitlines())))
    alone = _sum(read(then, [whole(then)]))
    assert more.output_tokens < 30
    assert (more.usd or 0.0) < 0.001
    assert alone.output_tokens > 200 or (alone.usd or 0.0) > 0.006, "else this shows nothing"


def _sum(entries: Sequence[AnyEntry | AgentError]) -> Spend:
    return sum((entry.spend for entry in entries if isinstance(entry, Usage)), Spend())


def test_each_output_of_factory_toml_has_its_reader() -> None:
    assert {"text", *EVENTS} == set(OUTPUTS) == {"text", *FORMS.values()}
    run = Run(spec=AgentSpec(name="a", kind="command"), now=lambda: NOW)
    assert isinstance(reader("text", run), Text)
    assert all(isinstance(reader(form, run), Events) for form in EVENTS)
