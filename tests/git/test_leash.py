"""git of ours that takes long ends with the engine that started it, even by `kill -9`."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess  # noqa: TID251 - an engine's stand-in is killed
import sys
import time
from pathlib import Path

import pytest

from tests.developer import Developer

ENGINE = """
import asyncio, sys
from pathlib import Path
from factory.git import command
if sys.argv[3] == "bare":
    command._leash = lambda: ()
folder = Path(sys.argv[1])
git = command.Git(folder / ".git")
asyncio.run(git("add", f"--pathspec-from-file={sys.argv[2]}", work_tree=folder))
"""


def survives(developer: Developer, pipe: Path, how: str) -> bool:
    """Whether a git that waits for a pipe is there a second after its engine was killed."""
    engine = subprocess.Popen((sys.executable, "-c", ENGINE, developer.path, pipe, how))
    mark = f"--pathspec-from-file={pipe}".encode()

    def waiting() -> list[int]:
        lines = {}
        for file in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                lines[int(file.parent.name)] = file.read_bytes()
            except OSError:
                continue
        return [pid for pid, line in lines.items() if mark in line.split(b"\0")]

    deadline = time.monotonic() + 30
    while not waiting() and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.3)
    engine.kill()
    engine.wait()
    time.sleep(1)
    left = waiting()
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    (developer.path / ".git/index.lock").unlink(missing_ok=True)
    return bool(left)


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="util-linux has no setpriv here")
def test_a_long_git_command_ends_with_a_killed_engine_and_only_by_its_leash(
    developer: Developer, home: Path
) -> None:
    pipe = home / "pipe"
    os.mkfifo(pipe)
    assert not survives(developer, pipe, "leashed")
    assert survives(developer, pipe, "bare")
