"""The house rules that can be measured; the words for them are in CONTRIBUTING.md."""

from __future__ import annotations

import subprocess  # noqa: TID251  what is loaded shows only in a new process
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path

import pytest

from factory import spawn
from factory.git.place import Place
from tests import measures

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "factory" / "demo" / "project"
SOURCES = sorted(
    path
    for package in ("factory", "tui")
    for path in (ROOT / package).rglob("*.py")
    if SAMPLE not in path.parents
)

LARGER = {
    "factory/client.py:Client": "one method for each thing that can be asked, three lines each",
}
"""What may be over a limit, and why it reads better in one piece."""

INSIDE = (
    "factory/sandbox/ears.py",
    "factory/sandbox/beside.py",
    "factory/sandbox/scoping.py",
    "factory/sandbox/escapes/inside.py",
    "factory/sandbox/escapes/kernel.py",
)
"""What is sent into a sandbox and runs there alone."""
STARTS_PROGRAMS = ("factory/git/", "factory/sandbox/__init__.py", "factory/spawn.py", *INSIDE)


def over(path: Path, source: str) -> list[str]:
    return [f"{name}: {size}" for name, size in measures.sizes(path, source) if name not in LARGER]


def test_files_functions_and_classes_stay_small() -> None:
    found = [over(path.relative_to(ROOT), path.read_text()) for path in SOURCES]
    assert [line for lines in found for line in lines] == []


def test_what_may_be_larger_is_larger() -> None:
    found = {
        name
        for path in SOURCES
        for name, _ in measures.sizes(path.relative_to(ROOT), path.read_text())
    }
    assert sorted(LARGER.keys() - found) == []


@pytest.mark.parametrize(
    ("source", "size"),
    [
        ("x = 1\n" * 401, "a.py: 401 lines"),
        ("def f():\n" + "    x = 1\n" * 60, "a.py:f: 61 lines"),
        ("class C:\n" + "    x = 1\n" * 200, "a.py:C: 201 lines, 0 methods"),
        (
            "class C:\n" + "".join(f"    def _{n}(self): ...\n" for n in range(16)),
            "a.py:C: 17 lines, 16 methods",
        ),
        ("class A(App[int]):\n" + "    x = 1\n" * 250, "a.py:A: 251 lines, 0 methods"),
    ],
)
def test_a_thing_past_a_limit_is_found(source: str, size: str) -> None:
    assert over(Path("a.py"), source) == [size]


def strangers(texts: Mapping[str, str]) -> dict[str, list[str]]:
    """Files, by name, that start programs though it is not for them, and the ways they do."""
    outside = {name: text for name, text in texts.items() if not name.startswith(STARTS_PROGRAMS)}
    found = {name: list(measures.starts(text)) for name, text in outside.items()}
    return {name: ways for name, ways in found.items() if ways}


def all_texts() -> dict[str, str]:
    return {path.relative_to(ROOT).as_posix(): path.read_text() for path in SOURCES}


def test_programs_are_started_in_three_rooms_only() -> None:
    assert strangers(all_texts()) == {}


@pytest.mark.parametrize("name", ["factory/gate/__init__.py", "factory/git.py", "tui/app.py"])
def test_a_program_started_in_another_room_breaks_the_rule(name: str) -> None:
    texts = all_texts()
    texts[name] = texts.get(name, "") + "\n\nimport subprocess\n\nsubprocess.run(['git'])\n"
    assert list(strangers(texts)) == [name]


def test_the_rooms_that_may_start_programs_are_no_larger_than_they_need_be() -> None:
    starting = [name for name, text in all_texts().items() if list(measures.starts(text))]
    assert [room for room in STARTS_PROGRAMS if not any(n.startswith(room) for n in starting)] == []


@pytest.mark.parametrize(
    "line",
    [
        "import subprocess",
        "import subprocess as s",
        "from subprocess import run",
        "from concurrent.futures.process import ProcessPoolExecutor",
        "import multiprocessing.pool",
        "from os import execv",
        "import os; os.system('ls')",
        "import os; os.execvp('ls', ['ls'])",
        "import posix; posix.execv('ls', ['ls'])",
        "import os; os.fork()",
        "import asyncio; asyncio.create_subprocess_exec('ls')",
        "from asyncio import create_subprocess_shell",
        "import asyncio; asyncio.get_running_loop().subprocess_exec(None, 'ls')",
        "import asyncio; asyncio.subprocess.Process",
        "from asyncio import subprocess",
        "import os as o; o.system('ls')",
        "from os import *",
        "import os; getattr(os, 'sys' + 'tem')('ls')",
        "__import__('subprocess').run('ls')",
        "import importlib; importlib.import_module('subprocess')",
        "import webbrowser",
        "import git; git.Repo('.')",
        "from git import Repo",
        "import anyio; anyio.run_process('ls')",
    ],
)
def test_every_way_to_start_a_program_is_found(line: str) -> None:
    assert list(measures.starts(line)) != []


def loaded(module: str, *names: str) -> list[str]:
    """Which of the names are loaded once a fresh process has imported the module."""
    program = textwrap.dedent(f"""
        import importlib, sys
        importlib.import_module({module!r})
        print(*(name for name in {names!r} if name in sys.modules))
    """)
    line = [sys.executable, "-P", "-c", program]
    done = subprocess.run(line, capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_the_screen_loads_nothing_of_the_engine() -> None:
    heavy = ("anthropic", "git", "starlette", "uvicorn", "acp", "httpx2", "factory.engine")
    assert loaded("tui.app", *heavy) == []


def test_a_status_line_does_not_load_the_screen() -> None:
    heavy = ("textual", "anthropic", "git", "starlette", "uvicorn", "factory.engine")
    assert loaded("tui.command", *heavy) == []
    assert loaded("tui.commands.look", *heavy) == []


def test_the_engine_loads_nothing_of_a_screen() -> None:
    assert loaded("factory.engine", "textual", "rich", "tui") == []
    assert loaded("factory.__main__", "textual", "rich", "tui") == []


def test_what_a_process_loads_is_seen() -> None:
    assert loaded("tui.app", "textual") == ["textual"]
    assert loaded("anthropic", "anthropic", "httpx2") == ["anthropic", "httpx2"]


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A folder whose `factory` and `tui` say so when they are imported."""
    for name in ("factory", "tui"):
        (tmp_path / name).mkdir()
        for file in ("__init__.py", "__main__.py", "command.py"):
            (tmp_path / name / file).write_text("raise SystemExit('taken over')\n")
    return tmp_path


def said(folder: Path, *line: str) -> str:
    done = subprocess.run(line, cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def engine(folder: Path) -> list[str]:
    return spawn.engine_command(
        Place(path=folder, common=folder, id="x", state=folder, socket=folder / "s")
    )


def test_the_command_and_the_engine_do_not_take_a_folders_own_factory_for_theirs(
    hostile: Path,
) -> None:
    command = str(Path(sys.executable).with_name("factory-tui"))
    assert said(hostile, command, "--version").startswith("factory-tui ")
    assert "is not inside a git repository" in said(hostile, *engine(hostile))


def test_without_its_protection_the_engine_would_be_taken_over(hostile: Path) -> None:
    bare = [word for word in engine(hostile) if word != "-P"]
    assert said(hostile, *bare) == "taken over\n"
