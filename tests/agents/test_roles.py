"""The planner before the work and the reviewer after it: one request each, and only opinions."""

from __future__ import annotations

import asyncio
import os
import subprocess  # noqa: TID251 - the worktree of a test needs a git dir of its own
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from factory.agents.roles import NO_REVIEW, PLANNING, REVIEW, WORK
from factory.config import Role
from factory.entry import AnyEntry, Finished, Origin, Prompt, Remark, Response, Usage
from factory.model import AgentError, Spend
from tests.agents.bench import Workplace, claude, spec, task
from tests.agents.scripted import Reply, Scripted, bash, calls, done, refuses, says

PLANNER = Role(model="claude-opus-5-5", effort="high")
REVIEWER = Role(model="claude-haiku-5-5", effort="low")
FOUND = "Here it is.\n- a.txt:1: says one, not two\n* b.txt is missing\nThat is all."


class Story:
    """One agent with roles, in a worktree that git knows."""

    def __init__(self, home: Path, *replies: Reply, key: str = "sk-1", **roles: Any) -> None:
        self.endpoint = Scripted(list(replies))
        self.place = Workplace(home, spec(), task(), key=key)
        self.roles = roles
        self.place.git = str(home / "git")
        (self.place.tree / "a.txt").write_text("none\n")
        self._git("init", "-q", "-b", "work")
        self._git("add", ".")
        self._git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "base")
        self._git("config", "core.worktree", "/worktree")

    def _git(self, *words: str) -> None:
        own = {"GIT_DIR": self.place.git, "GIT_WORK_TREE": str(self.place.tree)}
        subprocess.run(["git", *words], env={**os.environ, **own}, check=True)

    def work(self, until: Callable[[AnyEntry], bool] = lambda _: False) -> list[AnyEntry]:
        """All entries of one run; it is left, as if killed, once one of them is such."""

        async def follow() -> list[AnyEntry]:
            async with self.endpoint.listening() as url:
                self.place.spec = spec(base_url=url, **self.roles)
                seen = []
                async for entry in self.place.follow(claude()):
                    seen.append(entry)
                    if until(entry):
                        break
                return seen

        return asyncio.run(follow())

    def entries(self) -> list[AnyEntry]:
        return list(self.place.transcript.entries())


def findings(entries: list[AnyEntry]) -> tuple[str, ...]:
    last = entries[-1]
    assert isinstance(last, Finished)
    return last.handoff.findings


EDIT = bash("echo one > a.txt; echo new > c.txt")


def test_the_plan_is_asked_for_once_without_tools_and_begins_the_work(tmp_path: Path) -> None:
    story = Story(tmp_path, says("1. Look at a.txt"), EDIT, done(), planner=PLANNER)
    entries = story.work()
    plan, first, second = story.endpoint.asked
    assert plan["model"] == "claude-opus-5-5"
    assert plan["output_config"] == {"effort": "high"}
    assert "tools" not in plan
    assert first["model"] == "claude-sonnet-5-5"
    assert [message["role"] for message in first["messages"]] == ["user", "assistant", "user"]
    assert first["messages"][1]["content"] == [{"type": "text", "text": "1. Look at a.txt"}]
    assert story.endpoint.told(1)[-1]["text"] == WORK
    assert len(second["tools"]) == 4
    assert f"{PLANNING}claude-opus-5-5" in [e.text for e in entries if isinstance(e, Remark)]
    planned, worked, *_ = story.place.reserved
    assert planned.usd is not None
    assert worked.input_tokens > planned.input_tokens, "its tools are counted, too"


def is_plan(entry: AnyEntry) -> bool:
    return isinstance(entry, Response)


def is_review(entry: AnyEntry) -> bool:
    return isinstance(entry, Remark) and entry.text.startswith(REVIEW)


def is_paid(entry: AnyEntry) -> bool:
    return isinstance(entry, Usage)


def test_a_plan_that_a_kill_left_alone_is_not_asked_for_again(tmp_path: Path) -> None:
    story = Story(tmp_path, says("1. Look"), done(), planner=PLANNER)
    story.work(until=is_plan)
    assert len(story.endpoint.asked) == 1
    entries = story.work()
    assert isinstance(entries[-1], Finished)
    assert len(story.endpoint.asked) == 2
    said = [e.text for e in story.entries() if isinstance(e, Prompt)]
    assert said.count(WORK) == 1
    story.place.tell("and b.txt")
    story.work()
    assert len(story.endpoint.asked) == 3, "the next round has the plan already"


def test_the_reviewer_sees_task_and_diff_afresh_and_its_findings_are_claims(tmp_path: Path) -> None:
    story = Story(
        tmp_path, EDIT, calls("handoff", summary="done", findings=["own"]), says(FOUND),
        reviewer=REVIEWER,
    )  # fmt: skip
    entries = story.work()
    asked = story.endpoint.asked[-1]
    assert asked["model"] == "claude-haiku-5-5"
    assert "tools" not in asked
    assert [message["role"] for message in asked["messages"]] == ["user"]
    given, shown = (block["text"] for block in asked["messages"][0]["content"])
    assert given.startswith("Task: Greet")
    assert "-none\n+one" in shown
    assert "c.txt" in shown, "what git does not know yet is a change, too"
    claims = ("own", "reviewer: a.txt:1: says one, not two", "reviewer: b.txt is missing")
    assert findings(entries) == claims
    assert sum(entry.spend.output_tokens for entry in entries if isinstance(entry, Usage)) == 100
    assert len(story.place.reserved) == 3
    assert not (story.place.tree / ".factory-review").exists()


@pytest.mark.parametrize("left_after", [is_review, is_paid])
def test_a_review_that_a_kill_left_alone_is_not_paid_twice(
    tmp_path: Path, left_after: Callable[[AnyEntry], bool]
) -> None:
    story = Story(tmp_path, EDIT, done(), says(FOUND), reviewer=REVIEWER)
    story.work(until=left_after)
    assert len(findings(story.work())) == 2
    assert len(story.endpoint.asked) == 3


def test_each_handoff_is_reviewed_and_the_worker_hears_nothing_of_it(tmp_path: Path) -> None:
    story = Story(tmp_path, done("one"), says(FOUND), done("two"), says("none"), reviewer=REVIEWER)
    assert len(findings(story.work())) == 2
    story.place.transcript.append(Prompt(text="tests are red", origin=Origin.GUARDRAILS))
    assert findings(story.work()) == ()
    assert "b.txt is missing" not in str(story.endpoint.asked[2])
    assert "tests are red" in str(story.endpoint.asked[3])


def test_a_reviewer_that_fails_costs_nothing_but_its_opinion(tmp_path: Path) -> None:
    gone = refuses(404, "not_found_error", "no such model")
    story = Story(tmp_path, done(), gone, reviewer=REVIEWER)
    entries = story.work()
    assert findings(entries) == ()
    said = [e.text for e in entries if isinstance(e, Remark)]
    assert any(text.startswith(NO_REVIEW) and "no such model" in text for text in said)


def test_a_reviewer_past_the_cap_is_not_asked(tmp_path: Path) -> None:
    story = Story(tmp_path, done(), reviewer=REVIEWER)

    def capped(most: Spend) -> None:
        story.place.reserved.append(most)
        if len(story.place.reserved) > 1:
            raise AgentError("out of tokens")

    story.place.reserve = capped
    assert findings(story.work()) == ()
    assert len(story.endpoint.asked) == 1


def test_without_roles_nobody_else_is_asked(tmp_path: Path) -> None:
    story = Story(tmp_path, EDIT, done())
    story.work()
    assert len(story.endpoint.asked) == 2
