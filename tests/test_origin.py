"""Why a line is there: transcripts as the agents write them, on disk, and the question."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from factory.entry import (
    AnyEntry,
    Delta,
    Finished,
    Origin,
    Prompt,
    Remark,
    Response,
    ToolCall,
    ToolResult,
)
from factory.review.commands import called
from factory.review.edits import line_of
from factory.review.origin import newest, search
from factory.transcript import BEGUN, Transcript
from factory.wire import Trace, Why

BUCKET = """\
import time


def take(bucket, n):
    bucket.refill(time.now())
    if bucket.tokens < n:
        return False
    return True


def give(bucket, n):
    if n < 0:
        return False
    return True
"""
PATH = "src/bucket.py"
HUNK = """\
@@ -3,3 +3,3 @@
 def take(bucket, n):
-    bucket.refill(0)
+    bucket.refill(time.now())
     if bucket.tokens < n:
"""


class Story:
    """An attempt, told call by call."""

    def __init__(self, folder: Path, attempt: str = "limit.1") -> None:
        self.attempt = attempt
        self.transcript = Transcript(folder / attempt / "transcript.jsonl")
        self._number = 0

    def told(self, text: str, origin: Origin = Origin.TASK) -> Story:
        return self._say(Prompt(text=text, origin=origin))

    def did(
        self, tool: str, given: dict[str, Any], *, words: str = "", code: int | None = 0,
        failed: bool = False, result: bool = True,
    ) -> Story:  # fmt: skip
        """One answer of the agent with one call, and what came of it."""
        self._number += 1
        name = f"call-{self._number}"
        block = {"type": "tool_use", "id": name, "name": tool, "input": given}
        said = ({"type": "text", "text": words},) if words else ()
        self._say(Response(content=(*said, block), request=f"r{self._number}", at=self._number))
        text = given.get("command", "") if tool in ("bash", "Bash") else f"edit {PATH}"
        self._say(ToolCall(id=name, name=tool, text=str(text), at=self._number))
        if result:
            self._say(ToolResult(id=name, text="x" * 200, exit_code=code, failed=failed))
        return self

    def wrote(self, text: str, **more: Any) -> Story:
        given = {"command": "create", "path": PATH, "file_text": text}
        return self.did("str_replace_based_edit_tool", given, **more)

    def replaced(self, old: str, new: str, **more: Any) -> Story:
        given = {"command": "str_replace", "path": PATH, "old_str": old, "new_str": new}
        return self.did("str_replace_based_edit_tool", given, **more)

    def ended(self) -> Story:
        return self._say(Finished())

    def _say(self, entry: AnyEntry) -> Story:
        self.transcript.append(entry)
        return self

    def why(self, number: int, file: str = BUCKET, *, new: bool = True, path: str = PATH) -> Why:
        line = line_of(path, file.split("\n"), number, new=new)
        assert line is not None
        tries = (
            search(self.transcript.lines(), line, self.attempt, alike=alike)
            for alike in (False, True)
        )
        return newest(tries) or Why(text=line.text)


@pytest.fixture
def story(tmp_path: Path) -> Story:
    return Story(tmp_path).told("Limit requests.")


def test_a_line_is_there_since_the_call_that_wrote_it_with_the_words_before_it(
    story: Story,
) -> None:
    why = story.wrote(BUCKET, words="A bucket holds the tokens.").why(5)
    assert why.trace is Trace.WRITTEN
    assert (why.said, why.asked, why.asked_by) == (
        "A bucket holds the tokens.", "Limit requests.", "task"
    )  # fmt: skip
    assert (why.turn, why.round, why.exit_code, why.ended) == (1, 1, 0, True)
    assert why.excerpt[why.marked] == "    bucket.refill(time.now())"


def test_the_newest_call_counts_and_what_was_asked_then(story: Story) -> None:
    story.wrote(BUCKET.replace("time.now()", "0"), words="first").ended()
    story.told("tests failed: no clock", Origin.GUARDRAILS)
    story.replaced("    bucket.refill(0)\n", "    bucket.refill(time.now())\n", words="the clock")
    why = story.why(5)
    assert (why.said, why.asked_by, why.round, why.turn) == ("the clock", "guardrails", 2, 2)
    assert story.why(6).said == "first"


def test_a_line_that_an_edit_only_kept_was_not_written_by_it(story: Story) -> None:
    story.wrote(BUCKET, words="made")
    kept = "    if bucket.tokens < n:\n        return False\n"
    story.replaced(kept, kept + "    bucket.tokens -= n\n", words="took")
    assert story.why(6).said == "made"


def test_an_edit_that_was_refused_wrote_nothing(story: Story) -> None:
    story.replaced("a", "    bucket.refill(time.now())", words="tried", code=1, failed=True)
    assert story.why(5).trace is Trace.NONE


def test_of_equal_lines_the_neighbours_tell_which_call_wrote_it(story: Story) -> None:
    head, tail = BUCKET.split("\n\n\ndef give")
    story.wrote(head + "\n", words="take")
    story.replaced("    return True\n", "    return True\n\n\ndef give" + tail, words="give")
    assert story.why(7).said == "take"
    assert story.why(13).said == "give"


def test_the_agents_last_words_stand_though_it_went_on_in_silence(story: Story) -> None:
    story.did("bash", {"command": "ls"}, words="I look first, then write the bucket.")
    why = story.wrote(BUCKET).why(5)
    assert (why.said, why.said_turn, why.turn) == ("I look first, then write the bucket.", 1, 2)


@pytest.mark.parametrize(
    "command",
    [
        f"mkdir -p src && cat > {PATH} <<'EOF'\n{BUCKET}EOF",
        f"cd src && printf '%s\\n' '    bucket.refill(time.now())' >> {PATH.split('/')[1]}",
        f"sed -i 's/refill(0)/refill(time.now())/; s/^x$/    bucket.refill(time.now())/' {PATH}",
        f"python - <<'EOF'\nopen('{PATH}', 'w').write('''\n{BUCKET}''')\nEOF",
    ],
    ids=["here-document", "append", "sed", "python"],
)
def test_a_command_can_have_written_it_and_its_exit_code_is_told(
    story: Story, command: str
) -> None:
    why = story.did("bash", {"command": command}, words="by hand", code=3).why(5)
    assert (why.trace, why.exit_code, why.said) == (Trace.WRITTEN, 3, "by hand")


@pytest.mark.parametrize(
    "command",
    [
        f"grep -n 'bucket.refill(time.now())' {PATH}",
        f"grep -rn 'bucket.refill(time.now())' src/ 2>/dev/null; cat {PATH}",
        f"sed -n '/bucket.refill(time.now())/p' {PATH} | head",
        f"git diff {PATH} # bucket.refill(time.now())",
    ],
)
def test_a_command_that_only_reads_the_line_did_not_write_it(story: Story, command: str) -> None:
    story.wrote(BUCKET, words="wrote").did("bash", {"command": command}, words="read")
    assert story.why(5).said == "wrote"


def test_another_file_with_the_same_line_is_not_taken_for_it(story: Story) -> None:
    given = {"command": "create", "path": "lib/other.py", "file_text": BUCKET}
    assert story.did("str_replace_based_edit_tool", given).why(5).trace is Trace.NONE


@pytest.mark.parametrize(
    ("tool", "given"),
    [
        ("Write", {"file_path": f"/worktree/{PATH}", "content": BUCKET}),
        ("Edit", {"file_path": f"/x/y/{PATH}", "old_string": "", "new_string": BUCKET}),
        ("MultiEdit", {"file_path": PATH, "edits": [{"old_string": "a", "new_string": BUCKET}]}),
        ("edit", {"filePath": f"/worktree/{PATH}", "oldString": "a", "newString": BUCKET}),
        ("apply_patch", {"changes": [{"path": PATH, "kind": "update", "diff": HUNK}]}),
        ("apply_patch", {"patchText": f"*** Begin Patch\n*** Update File: {PATH}\n{HUNK}"}),
        (
            "edit",
            {
                "file_path": "a",
                "new_string": "x",
                "edits": [{"file_path": PATH, "new_string": BUCKET}],
            },
        ),
        (
            "shell",
            {
                "command": f"apply_patch <<'E'\n*** Begin Patch\n*** Add File: a\n+x\n"
                f"*** Update File: {PATH}\n{HUNK}*** End Patch\nE"
            },
        ),
        ("insert", {"command": "insert", "path": PATH, "insert_line": 0, "insert_text": BUCKET}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_editors_of_other_agents_are_read(
    story: Story, tool: str, given: dict[str, Any]
) -> None:
    why = story.did(tool, given, words="so", code=None).why(5)
    assert (why.trace, why.said, why.exit_code) == (Trace.WRITTEN, "so", None)


def test_claude_codes_answer_in_several_events_is_one_turn(story: Story) -> None:
    def block(**content: Any) -> None:
        story.transcript.append(Response(content=(content,), request="msg_1"))

    block(type="thinking", thinking="a bucket")
    block(type="text", text="I write it.")
    given = {"file_path": PATH, "content": BUCKET}
    block(type="tool_use", id="t1", name="Write", input=given)
    why = story.why(5)
    assert (why.turn, why.said, why.thought, why.ended) == (1, "I write it.", "a bucket", False)


def test_what_a_formatter_made_of_a_line_is_found_by_likeness_and_said_so(story: Story) -> None:
    story.wrote("def f():\n    return call( 'one','two' , 'three' )\n", words="called")
    after = 'def f():\n    return call(\n        "one", "two",\n        "three",\n    )\n'
    why = story.why(3, after)
    assert (why.trace, why.said) == (Trace.ALIKE, "called")


def test_where_no_edit_is_found_the_commands_that_ran_on_the_file_are_named(story: Story) -> None:
    story.did("bash", {"command": f"./gen > {PATH}"}, code=0)
    story.did("bash", {"command": "ruff format ."}, code=1)
    story.did("bash", {"command": "ls"})
    why = story.why(5)
    assert why.trace is Trace.NONE
    assert [(one.text, one.exit_code) for one in why.ran] == [
        ("ruff format .", 1), (f"./gen > {PATH}", 0)
    ]  # fmt: skip


def test_a_change_without_its_lines_is_named_as_what_may_have_written_them(story: Story) -> None:
    changes = [{"path": f"/worktree/{PATH}", "kind": "update"}, {"path": "x", "kind": "add"}]
    why = story.did("apply_patch", {"changes": changes}, code=None).why(5)
    assert why.trace is Trace.NONE
    assert [one.text for one in why.ran] == [f"apply_patch /worktree/{PATH}\napply_patch x"]


def test_a_removed_line_leads_to_the_edit_that_removed_it(story: Story) -> None:
    story.replaced("    bucket.refill(time.now())\n", "", words="the caller refills")
    why = story.why(5, new=False)
    assert (why.trace, why.said) == (Trace.WRITTEN, "the caller refills")
    assert why.excerpt[why.marked] == "    bucket.refill(time.now())"


def test_a_removed_line_of_a_file_that_was_written_anew_or_deleted_says_so(story: Story) -> None:
    story.wrote("pass\n", words="anew")
    assert (story.why(5, new=False).trace, story.why(5, new=False).said) == (Trace.WHOLE, "anew")
    story.did("bash", {"command": f"git rm {PATH}"}, words="not needed")
    assert story.why(5, new=False).said == "not needed"


def test_a_task_that_is_a_script_wrote_the_line(tmp_path: Path) -> None:
    story = Story(tmp_path).told(f"cat > {PATH} <<'EOF'\n{BUCKET}EOF")
    story.transcript.append(Remark(text=BEGUN))
    why = story.why(5)
    assert (why.trace, why.tool, why.turn) == (Trace.WRITTEN, "script", 0)


def test_torn_and_foreign_lines_of_a_transcript_are_passed_over(story: Story) -> None:
    story.wrote(BUCKET, words="so")
    with story.transcript.path.open("ab") as file:
        file.write(b'{"type":"Response","content":7}\n{"type":"Later"}\n{"type":"Respon')
    assert story.why(5).said == "so"


def test_the_place_in_the_transcript_is_that_of_the_answer_with_the_call(story: Story) -> None:
    for number in range(50):
        story.transcript.append(Delta(text=f"word {number}"))
    why = story.wrote(BUCKET).why(5)
    at = dict(story.transcript.lines())[why.offset]
    assert at.startswith(b'{"type":"Response"')


def test_commands_have_their_true_exit_codes_and_rounds(story: Story) -> None:
    story.did("bash", {"command": "pytest"}, code=1).wrote(BUCKET).ended()
    story.did("Bash", {"command": "make"}, code=None, failed=True).did(
        "bash", {"command": "x"}, result=False
    )
    found = tuple(called(story.transcript.lines(), story.attempt))
    shells = [(c.ran.text, c.ran.exit_code, c.ran.failed, c.ran.round) for c in found if c.shell]
    assert shells == [("pytest", 1, False, 1), ("make", None, True, 2)]
