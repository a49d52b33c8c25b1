"""Real packages from the registry: eight scripts each in parallel, all accepted, none half done."""

from __future__ import annotations

import asyncio
import shutil
import subprocess  # noqa: TID251 - the suite is run by hand, and git is asked what landed
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest

from factory import spawn, wire
from factory.client import Client, connect
from factory.git import fresh
from factory.globs import matches
from factory.model import ParkReason, Struct, TaskState
from factory.wire import Fact, Overview, TaskView
from tests.journeys.packages import (
    CACHETOOLS,
    SQLPARSE,
    TOOLZ,
    Package,
    UnreachableError,
    fetch,
)

PATIENCE = 420.0
LOOK = 0.2


class Suite(Struct):
    """What a package's own tests say."""

    passing: frozenset[str]
    failing: frozenset[str]


class Landed(Struct):
    """One landing, as git tells it."""

    commit: str
    parent: str
    task: str
    files: tuple[str, ...]


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="ft-"))
    monkeypatch.setenv("FACTORY_TUI_HOME", str(folder / "state"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("package", [TOOLZ, SQLPARSE, CACHETOOLS], ids=lambda p: p.name)
def test_every_landing_leaves_the_suite_as_green_as_it_was(package: Package, home: Path) -> None:
    try:
        source = fetch(package, home)
    except UnreachableError as error:
        pytest.skip(f"the package registry cannot be reached: {error}")
    (source / "factory.toml").write_text(package.settings)
    fresh.make(source, f"{package.name} {package.version}")
    first = git(source, "rev-parse", "main")
    before = suite(package, source, first, home)
    assert before.passing

    overview, facts = asyncio.run(journey(package, source))

    views = {view.task.title: view for view in overview.tasks}
    landings = landed(source, first)
    assert sorted(one.task for one in landings) == sorted(
        views[draft.title].task.id for draft in package.tasks
    )
    for landing in landings:
        after = suite(package, source, landing.commit, home)
        assert after.failing <= before.failing, landing
        assert after.passing >= before.passing, landing
        assert_whole(source, landing, overview)
    conflicts = [fact for fact in facts if fact.kind == "red" and "conflict in" in fact.text]
    assert bool(conflicts) is package.overlap
    assert_parked(views[package.idle.title], "nothing was changed: the tree is the target's own")
    assert_parked(views[package.breaks.title], "tests: ")
    assert git(source, "status", "--porcelain") == ""
    assert git(source, "rev-parse", "HEAD") == landings[-1].commit
    assert git(source, "symbolic-ref", "HEAD") == "refs/heads/main"


async def journey(package: Package, source: Path) -> tuple[Overview, tuple[Fact, ...]]:
    """All tasks at once; whatever becomes ready is accepted, until nothing goes further."""
    place = spawn.find_repository(source)
    await spawn.ensure_engine(place)
    try:
        async with connect(place.socket) as client:
            drafts = (*package.tasks, package.idle, package.breaks)
            reply = await client.send(wire.Add(drafts=drafts))
            assert not reply.error, reply.error
            overview = await accept_all(client)
            return overview, await client.history(limit=10_000)
    finally:
        await spawn.stop_engine(place, at_once=True)


async def accept_all(client: Client) -> Overview:
    """Accept every change that is shown as ready; returns the picture at the end."""
    async with asyncio.timeout(PATIENCE):
        while True:
            overview = await client.overview()
            assert not overview.problem, overview.problem
            ends = (TaskState.LANDED, TaskState.PARKED)
            if all(view.task.state in ends for view in overview.tasks):
                return overview
            for view in overview.tasks:
                if view.task.state is TaskState.READY and view.change is not None:
                    change = view.change
                    await client.send(
                        wire.Accept(task=change.task, snapshot=change.snapshot, tree=change.tree)
                    )  # may be refused where the change has just moved on: then it is ready again
            await asyncio.sleep(LOOK)


def assert_parked(view: TaskView, sentence: str) -> None:
    parked = view.task.parked
    assert parked is not None
    assert parked.reason is ParkReason.STUCK
    assert sentence in parked.message
    assert parked.message.endswith("; say another script, or end the task")
    assert not view.task.landed


def assert_whole(source: Path, landing: Landed, overview: Overview) -> None:
    """What landed is the whole change that was accepted, and nothing outside the task's part."""
    view = next(view for view in overview.tasks if view.task.id == landing.task)
    change, decision = view.change, view.task.decision
    assert change is not None
    assert decision is not None
    assert view.task.landed == landing.commit
    assert landing.files == tuple(sorted(change.files))
    assert all(matches(path, view.task.paths) for path in landing.files)
    assert patch_id(source, landing.parent, landing.commit) == decision.patch_id


def suite(package: Package, source: Path, commit: str, home: Path) -> Suite:
    """Run the package's own tests by hand, on a commit."""
    with tempfile.TemporaryDirectory(dir=home) as name:
        folder = Path(name) / "tree"
        git(source, "worktree", "add", "--quiet", "--detach", str(folder), commit)
        report = Path(name) / "report.xml"
        tests = package.tests.split()[-1]
        line = [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", "-p",
                "no:cacheprovider", "-o", "junit_family=xunit1", tests]  # fmt: skip
        environment = {"PATH": "/usr/bin:/bin", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
                       "PYTHONPATH": f"{folder / 'src'}:{folder}",
                       "PYTHONDONTWRITEBYTECODE": "1"}  # fmt: skip
        subprocess.run(line, cwd=folder, env=environment, capture_output=True, check=False)
        git(source, "worktree", "remove", "--force", str(folder))
        return read(report)


def read(report: Path) -> Suite:
    passing: set[str] = set()
    failing: set[str] = set()
    for case in ET.parse(report).iter("testcase"):
        name = f"{case.get('classname')}::{case.get('name')}"
        bad = case.find("failure") is not None or case.find("error") is not None
        (failing if bad else passing).add(name)
    return Suite(passing=frozenset(passing), failing=frozenset(failing))


def landed(source: Path, first: str) -> list[Landed]:
    """The landings since the first commit, oldest first; main is one straight line."""
    found = []
    for commit in git(source, "rev-list", "--reverse", f"{first}..main").split():
        parent = git(source, "rev-parse", f"{commit}^@")
        task = git(source, "log", "-1", "--format=%(trailers:key=Factory-Task,valueonly)", commit)
        files = git(source, "diff-tree", "-r", "--name-only", "--no-renames", parent, commit)
        found.append(
            Landed(commit=commit, parent=parent, task=task.strip(), files=tuple(files.split("\n")))
        )
    return found


def patch_id(source: Path, parent: str, commit: str) -> str:
    """What tells two diffs apart, whatever they stand on."""
    line = ("diff", "--no-renames", "-U0", "--binary", "--full-index", parent, commit)
    diff = subprocess.run(("git", *line), cwd=source, capture_output=True, check=True).stdout
    command = ("git", "patch-id", "--verbatim")
    found = subprocess.run(command, cwd=source, input=diff, capture_output=True, check=True)
    return found.stdout.decode().partition(" ")[0]


def git(source: Path, *arguments: str) -> str:
    done = subprocess.run(
        ("git", *arguments), cwd=source, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()
