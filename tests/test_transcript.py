from __future__ import annotations

import resource
from pathlib import Path
from typing import Any

import msgspec
import pytest

from factory.entry import (
    AnyEntry,
    Delta,
    Origin,
    Output,
    Prompt,
    Question,
    Remark,
    Response,
    ToolCall,
    ToolResult,
)
from factory.model import StoreError
from factory.transcript import INTERRUPTED, Transcript, interrupted


def tool(name: str, call: str = "t1", **given: Any) -> dict[str, Any]:
    return {"type": "tool_use", "id": call, "name": name, "input": given}


def test_entries_come_back_in_order_and_without_deltas(tmp_path: Path) -> None:
    transcript = Transcript(tmp_path / "deep" / "a.1.jsonl")
    said: list[AnyEntry] = [
        Prompt(text="do it\x1b[31m — ✓", origin=Origin.TASK),
        Response(content=(tool("bash", command="ls"),), stop="tool_use"),
        ToolCall(id="t1", name="bash", text="ls"),
        ToolResult(id="t1", text="a\nb", exit_code=0),
        Output(text="raw"),
        Remark(text="snapshot 1"),
    ]
    transcript.append(said[0])
    transcript.append(Delta(text="thin"))
    sizes = [transcript.append(entry) for entry in said[1:]]
    assert transcript.entries() == said
    assert sizes[-1] == transcript.path.stat().st_size


def test_reading_by_offset_gives_whole_lines_and_joins_up(tmp_path: Path) -> None:
    transcript = Transcript(tmp_path / "t")
    for number in range(200):
        transcript.append(Prompt(text=f"{number} äöü ✓ " * 9))
    offset, text = 0, ""
    while (chunk := transcript.read(offset, 1000)).text:
        assert chunk.offset == offset
        assert chunk.text.endswith("\n")
        offset, text = chunk.end, text + chunk.text
    assert text.encode() == transcript.path.read_bytes()
    assert offset == chunk.size == chunk.end


def test_a_line_longer_than_the_limit_is_still_given_whole(tmp_path: Path) -> None:
    transcript = Transcript(tmp_path / "t")
    transcript.append(Prompt(text="x" * 300_000))
    transcript.append(Prompt(text="short"))
    chunk = transcript.read(0, 100)
    assert len(chunk.text) > 300_000
    assert chunk.text.endswith("\n")


def test_the_tail_starts_at_a_line_and_ends_at_the_last_whole_one(tmp_path: Path) -> None:
    transcript = Transcript(tmp_path / "t")
    for number in range(50):
        transcript.append(Prompt(text=f"line {number}"))
    with transcript.path.open("ab") as file:
        file.write(b'{"type":"Prompt","te')
    chunk = transcript.tail(200)
    lines = chunk.text.splitlines()
    assert chunk.tail
    assert "line 49" in lines[-1]
    assert 1 < len(lines) < 10
    assert len(chunk.text) <= 200
    assert all(line.startswith('{"type":"Prompt"') for line in lines)
    assert "line 49" in transcript.tail(5).text


def test_the_tail_of_a_short_file_is_the_whole_file(tmp_path: Path) -> None:
    transcript = Transcript(tmp_path / "t")
    assert transcript.tail(100).text == ""
    transcript.append(Prompt(text="a"))
    assert transcript.tail(10_000).offset == 0
    assert transcript.tail(10_000).text.encode() == transcript.path.read_bytes()


def test_a_torn_last_line_is_ignored_and_cut_off_before_the_next_append(tmp_path: Path) -> None:
    path = tmp_path / "t"
    Transcript(path).append(Prompt(text="one"))
    whole = path.read_bytes()
    for torn in (b'{"type":"Prompt","text":"tw', b"\xc3", b'{"type":"Prompt","text":"no newline"}'):
        path.write_bytes(whole + torn)
        transcript = Transcript(path)
        assert [entry.text for entry in transcript.entries() if isinstance(entry, Prompt)] == [
            "one"
        ]
        assert transcript.read(0, 10_000).text.encode() == whole
        transcript.append(Prompt(text="two"))
        assert transcript.entries() == [Prompt(text="one"), Prompt(text="two")]


def test_entries_of_a_newer_version_are_skipped(tmp_path: Path) -> None:
    path = tmp_path / "t"
    transcript = Transcript(path)
    transcript.append(Prompt(text="one"))
    with path.open("ab") as file:
        file.write(b'{"type":"Telepathy","text":"?"}\n')
        file.write(b'{"type":"Prompt","text":"two","mood":"new field"}\n')
    assert transcript.entries() == [Prompt(text="one"), Prompt(text="two")]


def test_resuming_answers_each_lost_call_once(tmp_path: Path) -> None:
    transcript = Transcript(tmp_path / "t")
    transcript.append(Prompt(text="go"))
    calls = tuple(tool("bash", f"t{number}", command="ls") for number in range(3))
    transcript.append(Response(content=({"type": "text", "text": "so"}, *calls), stop="tool_use"))
    transcript.append(ToolCall(id="t0", name="bash", text="ls"))
    transcript.append(ToolResult(id="t0", text="done"))
    transcript.append(ToolCall(id="t1", name="bash", text="ls"))
    added = transcript.resume(at=9.0)
    assert [(result.id, result.interrupted, result.at) for result in added] == [
        ("t1", True, 9.0),
        ("t2", True, 9.0),
    ]
    assert transcript.entries()[-2:] == list(added)
    assert transcript.resume(at=10.0) == ()


def test_a_question_and_a_handoff_are_not_interrupted() -> None:
    asked = Response(content=(tool("ask", "q", question="which?"),), stop="tool_use")
    assert interrupted([Prompt(text="go"), asked, Question(text="which?", id="q")]) == ()
    done = Response(content=(tool("handoff", "h", summary="ok"),), stop="tool_use")
    assert interrupted([Prompt(text="go"), done]) == ()
    mixed = Response(content=(tool("bash", "b"), tool("ask", "q")), stop="tool_use")
    assert [result.id for result in interrupted([mixed])] == ["b"]
    assert interrupted([mixed])[0].text == INTERRUPTED


def test_only_the_last_response_is_looked_at() -> None:
    old = Response(content=(tool("bash", "old"),), stop="tool_use")
    assert interrupted([old, Response(content=({"type": "text", "text": "."},), stop="end")]) == ()
    assert interrupted([]) == ()


def test_a_full_disk_is_one_sentence_and_leaves_whole_lines(tmp_path: Path) -> None:
    transcript = Transcript(tmp_path / "t")
    transcript.append(Prompt(text="one"))
    whole = transcript.path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(whole) + 20, hard))
    try:
        with pytest.raises(StoreError, match=r"cannot be written: File too large; make room"):
            transcript.append(Prompt(text="two" * 100))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert transcript.path.read_bytes() == whole
    transcript.append(Prompt(text="two"))
    assert transcript.entries() == [Prompt(text="one"), Prompt(text="two")]


def test_a_closed_transcript_opens_itself_again(tmp_path: Path) -> None:
    transcript = Transcript(tmp_path / "t")
    transcript.append(Prompt(text="one"))
    transcript.close()
    transcript.close()
    assert transcript.append(Prompt(text="two")) == transcript.path.stat().st_size
    assert transcript.path.stat().st_mode & 0o077 == 0
    assert msgspec.json.decode(transcript.path.read_bytes().splitlines()[1])["text"] == "two"
