"""Bad input, as it is typed: one sentence with the thing, the cause and the way out; nothing lost.

What the command line alone can tell (no repository, no commits, a second engine, …) stands in
test_command.py; here is what shows only while the factory works.
"""

from __future__ import annotations

import json
import resource
import shutil
import subprocess  # noqa: TID251 - the repository of the story is made with git itself
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.developer import Developer
from tests.shell import Said, Shell
from tests.works import rail, settings

AGENT = """
[agents.script]
kind = "command"
run = 'bash -e "$FACTORY_PROMPT_FILE"'
script = true
"""
HELLO = "## hello\n\necho hello > hello.txt\n"
SLOW = "## slow\n\nsleep 3; echo slow > slow.txt\ncd /; true\n"


@pytest.fixture
def shell(developer: Developer) -> Iterator[Shell]:
    """A shell in a repository whose tasks are scripts; its engine is stopped in the end."""
    developer.commit({"factory.toml": settings(agents=AGENT)})
    with begun(developer) as found:
        yield found


@contextmanager
def begun(developer: Developer) -> Iterator[Shell]:
    """A shell in the developer's repository; its engine is stopped in the end."""
    found = Shell(developer.path)
    try:
        yield found
    finally:
        found("engine", "stop", "--at-once")


def add(shell: Shell, text: str = HELLO) -> None:
    shell.done("add", "-f", "-", given=text)


def run(shell: Shell) -> Said:
    return shell("run", "--until-idle", "--timeout", "50")


def status(shell: Shell) -> dict[str, Any]:
    found = json.loads(shell.done("status", "--json"))
    assert isinstance(found, dict)
    return found


def task(shell: Shell, name: str = "hello") -> dict[str, Any]:
    tasks = {view["task"]["id"]: view["task"] for view in status(shell)["tasks"]}
    found = tasks[name]
    assert isinstance(found, dict)
    return found


def once(happened: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + 40
    while not happened():
        assert time.monotonic() < end, what
        time.sleep(0.1)


def state(developer: Developer) -> Path:
    return developer.place.state


# --- the repository ------------------------------------------------------------------------


def test_a_detached_head_is_no_hindrance_and_stays_where_it_is(
    shell: Shell, developer: Developer
) -> None:
    developer.git("checkout", "--quiet", "--detach")
    stood = developer.git("rev-parse", "HEAD")
    add(shell)
    assert run(shell).code == 3
    shell.done("accept", "hello", "--yes")
    assert run(shell).code == 0
    assert developer.shows("hello.txt") == "hello"
    assert developer.git("rev-parse", "HEAD") == stood
    assert developer.git("status", "--porcelain") == ""
    assert not (developer.path / "hello.txt").exists()


def test_an_unborn_head_is_no_hindrance_where_the_target_is_there(
    shell: Shell, developer: Developer
) -> None:
    developer.git("checkout", "--quiet", "--orphan", "fresh")
    before = developer.picture()
    add(shell)
    assert run(shell).code == 3
    shell.done("accept", "hello", "--yes")
    assert run(shell).code == 0
    assert developer.shows("hello.txt") == "hello"
    after = developer.picture()
    assert (after.files, after.index) == (before.files, before.index)
    assert developer.git("symbolic-ref", "HEAD") == "refs/heads/fresh"


def test_a_bare_repository_is_refused_and_stays_as_it_is(home: Path) -> None:
    folder = home / "bare.git"
    subprocess.run(("git", "init", "--quiet", "--bare", str(folder)), check=True)
    before = sorted(folder.rglob("*"))
    for words in (("status",), ("add", "a thing"), ("engine",), ("init",)):
        said = Shell(folder)(*words)
        assert (said.code, said.out) == (2, "")
        assert "is a bare repository" in said.err
        assert "run it in a clone with a working tree" in said.err
    assert sorted(folder.rglob("*")) == before


def test_a_git_dir_elsewhere_is_refused_with_the_way_out(developer: Developer, home: Path) -> None:
    moved = home / "elsewhere"
    (developer.path / ".git").rename(moved)
    (developer.path / ".git").write_text(f"gitdir: {moved}\n")
    said = Shell(developer.path)("status")
    assert (said.code, said.out) == (2, "")
    assert f"keeps its git dir elsewhere, in {moved}" in said.err
    assert "git clone" in said.err


def test_a_target_that_is_not_there_is_named_and_nothing_lands_elsewhere(
    developer: Developer,
) -> None:
    developer.commit({"factory.toml": settings(top='target = "trunk"', agents=AGENT)})
    before = developer.picture()
    with begun(developer) as shell:
        for words in (("add", "a thing"), ("run", "--until-idle"), ("init", "--yes")):
            said = shell(*words)
            assert (said.code, said.out) == (2, "")
            assert said.err.count("\n") == 1
            assert "factory.toml on main names the target branch 'trunk'" in said.err
            assert "create it, or correct `target` and commit" in said.err
        assert developer.picture() == before
        developer.git("branch", "trunk")  # the way out
        add(shell)
        assert run(shell).code == 3


def test_a_target_that_goes_away_stops_the_work_and_comes_back(
    shell: Shell, developer: Developer
) -> None:
    add(shell)
    assert run(shell).code == 3
    developer.git("branch", "-m", "main", "elsewhere")
    once(lambda: bool(status(shell).get("problem")), "nobody notices")
    assert "the target branch 'main' does not exist" in status(shell)["problem"]
    developer.git("branch", "-m", "elsewhere", "main")
    once(lambda: not status(shell).get("problem"), "it is not noticed")
    shell.done("accept", "hello", "--yes")
    assert run(shell).code == 0
    assert developer.shows("hello.txt") == "hello"


def test_over_a_dirty_checkout_nothing_lands_until_it_is_clean(
    shell: Shell, developer: Developer
) -> None:
    add(shell)
    assert run(shell).code == 3
    developer.write({"README.md": "half a thought"})
    before = developer.picture()
    shell.done("accept", "hello", "--yes")
    waits = run(shell)
    assert waits.code == 3
    assert "waits to land: commit or stash README.md, or leave main" in waits.out
    assert developer.picture() == before
    developer.git("commit", "--quiet", "--all", "-m", "a whole thought")
    once(lambda: task(shell)["state"] == "landed", "it does not land")
    assert developer.subjects()[:2] == ["hello", "a whole thought"]
    assert developer.git("status", "--porcelain") == ""


def test_an_id_that_was_spoilt_is_not_taken_for_another_repository(
    shell: Shell, developer: Developer
) -> None:
    file = developer.path / ".git" / "factory-tui"
    add(shell)
    shell.done("engine", "stop", "--at-once")
    known = file.read_text()
    for spoilt in ("", "../../etc", known[:5]):
        file.write_text(spoilt)
        said = shell("status")
        assert (said.code, said.out) == (2, "")
        assert "does not hold the repository's id" in said.err
        assert "put back the name of its folder" in said.err
    file.write_text(known)
    shell.done("engine", "restart")
    assert task(shell)["id"] == "hello"


# --- factory.toml --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (settings(agents=AGENT)[:60], "factory.toml on main: line "),
        (settings(agents=AGENT).replace("kind", "knd"), "agents.script.knd: there is no such key"),
        (settings(rail("any", "true", compare="laxer"), agents=AGENT), "guardrail[1].compare: "),
        (settings(agents=AGENT) + "\n[budget]\ntask_usd = 'much'\n", "budget.task_usd: expected"),
        (settings("", agents=AGENT), "expected at least one [[guardrail]]"),
        ("\0\1\2", "factory.toml on main: "),
    ],
    ids=["half written", "key", "value", "type", "nothing to check", "binary"],
)
def test_a_broken_factory_toml_is_named_by_its_key_and_nothing_begins(
    developer: Developer, text: str, sentence: str
) -> None:
    developer.commit({"factory.toml": text})
    before = developer.picture()
    with begun(developer) as shell:
        add(shell)
        ran = run(shell)
        assert ran.code == 3
        assert sentence in ran.out
        assert "; correct it and commit" in ran.out
        assert task(shell).get("state", "queued") == "queued"
        offered = shell("init", "--yes", "--no-measure")
        assert (offered.code, offered.out) == (1, "")
        assert "main has a factory.toml already" in offered.err
        assert developer.picture() == before


def test_a_file_that_is_mended_is_read_without_a_restart(developer: Developer) -> None:
    developer.commit({"factory.toml": "agent ="})
    with begun(developer) as shell:
        add(shell)
        assert run(shell).code == 3
        developer.commit({"factory.toml": settings(agents=AGENT)})
        once(lambda: task(shell).get("state") == "ready", "it does not begin")


# --- agents and tools ----------------------------------------------------------------------


def test_without_a_key_the_task_parks_with_the_way_out(
    developer: Developer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    claude = '[agents.claude]\nkind = "claude"\n'
    developer.commit({"factory.toml": settings(agents=claude, agent="claude")})
    before = developer.picture()
    with begun(developer) as shell:
        add(shell)
        ran = run(shell)
        assert ran.code == 3
        assert task(shell).get("parked"), ran
        parked = task(shell)["parked"]["message"]
        assert "no API key for agent 'claude'" in parked
        assert "put one into ANTHROPIC_API_KEY and run `factory-tui engine restart`" in parked
        assert developer.picture() == before


def test_a_missing_tool_stops_all_says_why_and_is_tried_again_after_a_restart(
    developer: Developer,
) -> None:
    tools = developer.path.parent / "tools"
    tools.mkdir()
    top = f'[environment]\ntoolchain = ["{tools}"]\npath = ["{tools}"]\n'
    developer.commit({"factory.toml": settings(rail("lint", "lynter ."), agents=AGENT + top)})
    before = developer.picture()
    with begun(developer) as shell:
        shell.done("engine", "restart")
        once(lambda: bool(status(shell).get("problem")), "nobody notices")
        add(shell)
        ran = run(shell)
        assert ran.code == 3
        assert "lint cannot run on main itself: " in ran.out
        assert "lynter" in ran.out
        assert "mend it, then `factory-tui engine restart`" in ran.out
        assert task(shell).get("state", "queued") == "queued"
        assert developer.picture() == before
        (tools / "lynter").write_text("#!/bin/sh\nexit 0\n")
        (tools / "lynter").chmod(0o755)
        shell.done("engine", "restart")
        once(lambda: task(shell).get("state") == "ready", "it does not begin")


def test_an_environment_that_cannot_be_built_is_built_once_and_said(developer: Developer) -> None:
    count = "echo x >> /cache/count; false"
    top = f'[environment]\nsetup = ["{count}"]\n'
    developer.commit({"factory.toml": settings(agents=AGENT + top)})
    with begun(developer) as shell:
        shell.done("engine", "restart")
        once(lambda: bool(status(shell).get("problem")), "nobody notices")
        assert "setup of the environment failed" in status(shell)["problem"]
        assert "mend it in factory.toml" in status(shell)["problem"]
        (built,) = state(developer).glob("environments/cache/count")
        time.sleep(1)
        assert len(built.read_text().split()) <= 2  # the base, and a task that asked meanwhile


# --- what stands on the disk ---------------------------------------------------------------


def test_a_worktree_removed_under_a_working_agent_parks_and_begins_anew(
    shell: Shell, developer: Developer
) -> None:
    add(shell, SLOW)
    once(lambda: any(state(developer).glob("attempts/slow.1/tmp/prompt.md")), "it does not begin")
    time.sleep(0.5)
    shutil.rmtree(state(developer) / "worktrees" / "w01")
    ran = run(shell)
    assert ran.code == 3
    parked = task(shell, "slow")["parked"]
    assert parked, ran.out + shell("log", "slow").out
    assert parked["reason"] == "error"
    shell.done("resume", "slow")
    assert run(shell).code == 3
    assert task(shell, "slow")["state"] == "ready"
    assert "+slow" in shell.done("show", "slow", "--diff").splitlines()


def test_a_worktree_removed_while_its_change_waits_costs_nothing(
    shell: Shell, developer: Developer
) -> None:
    add(shell)
    assert run(shell).code == 3
    shutil.rmtree(state(developer) / "worktrees")
    shell.done("feedback", "hello", "-m", "echo more >> hello.txt")
    assert run(shell).code == 3
    shell.done("accept", "hello", "--yes")
    assert run(shell).code == 0
    assert developer.shows("hello.txt") == "hello\nmore"


def full(shell: Shell, size: int) -> None:
    """Let the engine, and all that it starts from now on, write no file past `size` bytes."""
    pid = json.loads(shell.done("doctor", "--json"))
    number = next(part for part in pid if part["part"] == "engine")["sentence"].split()[-1]
    _, hard = resource.prlimit(int(number), resource.RLIMIT_FSIZE)
    resource.prlimit(int(number), resource.RLIMIT_FSIZE, (size if size else hard, hard))


def test_on_a_full_disk_what_was_confirmed_stays_and_work_goes_on_when_there_is_room(
    shell: Shell, developer: Developer
) -> None:
    add(shell)
    assert run(shell).code == 3
    before = developer.picture()
    full(shell, 1)
    refused = shell("add", "another thing")
    assert (refused.code, refused.out) == (1, "")
    assert "the database cannot be written" in refused.err
    assert "free some disk space, nothing that was confirmed is lost" in refused.err
    assert refused.err.count("\n") == 1
    assert shell("accept", "hello", "--yes").code == 1
    assert task(shell)["state"] == "ready"
    assert developer.picture() == before
    full(shell, 0)
    assert [view["task"]["id"] for view in status(shell)["tasks"]] == ["hello"]
    shell.done("accept", "hello", "--yes")
    assert run(shell).code == 0
    assert developer.shows("hello.txt") == "hello"


def test_an_engine_that_cannot_write_at_all_says_so_and_leaves_the_repository_alone(
    shell: Shell, developer: Developer
) -> None:
    add(shell)
    shell.done("engine", "stop", "--at-once")
    before = developer.picture()
    database = state(developer) / "factory.db"
    whole = database.read_bytes()
    database.write_bytes(b"no database" * 1000)
    said = shell("add", "another thing")
    assert (said.code, said.out) == (1, "")
    assert f"the database {database} cannot be opened" in said.err
    assert said.err.count("\n") == 1
    assert developer.picture() == before
    for rest in state(developer).glob("factory.db-*"):
        rest.unlink()
    database.write_bytes(whole)
    shell.done("engine", "restart")
    assert task(shell)["id"] == "hello"
