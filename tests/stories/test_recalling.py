"""Evidence on demand from a real engine: why a line is there, what was run, tests old and new."""

from __future__ import annotations

import json
from typing import Any

import pytest

from factory.model import FactoryError, TaskState
from factory.wire import Look, Trace
from tests.developer import Developer
from tests.works import rail, settings, told, works

PYTEST = rail("tests", "pytest -q", kind="pytest", compare="no-worse")
TESTS = (
    "def test_a():\n    assert True\n\n\ndef test_b():\n    assert True\n\n\n"
    "def test_c():\n    assert False\n"
)


def event(kind: str, **content: Any) -> str:
    """One line as Claude Code prints it."""
    message = {"id": "m1", "content": [content]}
    return json.dumps({"type": kind, "message": message})


EVENTS = "\n".join(
    [
        event("assistant", type="text", text="The greeting goes into a file of its own."),
        event(
            "assistant", type="tool_use", id="t1", name="Write",
            input={"file_path": "/worktree/hello.txt", "content": "hello there\n"},
        ),
        event("user", type="tool_result", tool_use_id="t1", content="written"),
        event(
            "assistant", type="tool_use", id="t2", name="Bash",
            input={"command": "pytest -q"},
        ),
        event("user", type="tool_result", tool_use_id="t2", content="Exit code 1", is_error=True),
        json.dumps(
            {"type": "result", "subtype": "success", "result": "All tests pass.", "usage": {}}
        ),
    ]
)  # fmt: skip

TELLING = f"""
[agents.telling]
kind = "command"
output = "claude-stream-json"
run = '''
echo hello there > hello.txt
cat <<'END'
{EVENTS}
END
'''
"""


@told
async def test_the_engine_tells_which_call_wrote_a_line_and_what_was_said(
    developer: Developer,
) -> None:
    developer.commit({"factory.toml": settings(agents=TELLING, agent="telling")})
    async with works(developer) as factory:
        task = await factory.ready("Greet", "Greet whoever comes.")
        why = await factory.client.why(task, "hello.txt", 1, new=True)
        assert (why.text, why.trace, why.attempt) == ("hello there", Trace.WRITTEN, f"{task}.1")
        assert why.said == "The greeting goes into a file of its own."
        assert "Greet whoever comes." in why.asked
        assert (why.call, why.exit_code, why.ended) == ("write hello.txt", None, True)
        deeds = await factory.client.deeds(task)
        assert [(one.text, one.exit_code, one.failed) for one in deeds.commands] == [
            ("pytest -q", 1, True)
        ]
        assert [(one.words, one.command, one.ran) for one in deeds.claims] == [
            ("All tests pass", "", True)
        ]


@told
async def test_a_script_is_named_as_what_wrote_a_line_and_removed_one(developer: Developer) -> None:
    developer.commit({"factory.toml": settings(), "old.txt": "the old words\nstay\n"})
    script = "sed -i '/the old words/d' old.txt\necho brand new words > new.txt"
    async with works(developer) as factory:
        task = await factory.ready("Change", script)
        new = await factory.client.why(task, "new.txt", 1, new=True)
        assert (new.trace, new.tool) == (Trace.WRITTEN, "script")
        assert new.excerpt[new.marked] == "echo brand new words > new.txt"
        old = await factory.client.why(task, "old.txt", 1, new=False)
        assert old.excerpt[old.marked] == "sed -i '/the old words/d' old.txt"
        nowhere = await factory.client.why(task, "new.txt", 7, new=True)
        assert (nowhere.trace, nowhere.text) == (Trace.NONE, "")
        with pytest.raises(FactoryError):
            await factory.client.why("no-such-task", "new.txt", 1, new=True)


@told
async def test_a_line_of_the_live_worktree_has_its_reason_too(developer: Developer) -> None:
    developer.commit({"factory.toml": settings()})
    script = "echo still at it > work.txt; until [ -e /tmp/go ]; do sleep 0.02; done"
    async with works(developer) as factory:
        task = await factory.add("Work", script)
        await factory.once(lambda: bool(factory.task(task).worktree), task)
        tree = factory.engine.shop.trees.worktrees / factory.task(task).worktree
        await factory.once(lambda: (tree / "work.txt").exists(), task)
        await factory.client.review(task, Look.LIVE)
        why = await factory.client.why(task, "work.txt", 1, new=True, look=Look.LIVE)
        assert (why.trace, why.tool) == (Trace.WRITTEN, "script")
        (factory.engine.shop.attempt_folder(f"{task}.1") / "tmp" / "go").touch()
        await factory.until(task, TaskState.READY)


@told
async def test_tests_are_held_against_the_tips_by_name(developer: Developer) -> None:
    developer.commit({"factory.toml": settings(PYTEST), "tests/test_it.py": TESTS})
    script = (
        "sed -i 's/def test_b/def test_new/' tests/test_it.py\n"
        "printf 'def test_d():\\n    assert True\\n' > tests/test_d.py"
    )
    async with works(developer) as factory:
        task = await factory.ready("Rename", script)
        (tests,) = await factory.client.compared(task)
        assert tests.guardrail == "tests"
        assert tests.tip == factory.engine.shop.tip.commit
        assert tests.still == ("tests/test_it.py::test_c",)
        assert tests.gone == ("tests/test_it.py::test_b",)
        assert set(tests.new_ones) == {"tests/test_it.py::test_new", "tests/test_d.py::test_d"}
        assert (tests.kept, tests.broken, tests.mended) == (1, (), ())
