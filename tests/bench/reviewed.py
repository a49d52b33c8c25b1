"""A stage engine with changes of many sizes to review: `python -m tests.bench.reviewed SOCKET`.

The diffs are git's own, of files of 300 lines in which every fourth line has changed, read by the
engine's `factory.review`.
"""

from __future__ import annotations

import asyncio
import subprocess  # noqa: TID251 - a benchmark may ask git for a diff of its own making
import sys
import tempfile
import time
from pathlib import Path

import uvicorn

from factory import review
from factory.model import Change, Task, TaskState
from factory.wire import Details, Look, Overview, TaskView
from tests.stage import Stage

SIZES = {"small": 100, "middle": 10_000, "large": 100_000}
"""Lines of the diff, by the task's name."""

_LINES = 300
_EACH = 4


def diff_of(folder: Path, name: str, lines: int) -> tuple[bytes, bytes]:
    """Raw list and patch of a change whose diff has about so many lines."""
    _git(folder, "init", "-q", "-b", "main")
    files = max(1, lines * 2 // (_LINES * 3))
    trees = []
    for side in ("old", "new"):
        for number in range(files):
            file = folder / f"src/part{number // 50}/module{number}.py"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("\n".join(_line(name, side, number, at) for at in range(_LINES)))
        _git(folder, "add", "-A")
        trees.append(_git(folder, "write-tree").decode().strip())
    raw = _git(folder, "diff-tree", "-r", "--raw", "-z", "--no-abbrev", "--no-renames", *trees)
    patch = _git(folder, "diff", "--text", "--full-index", "--no-renames", "--no-color", *trees)
    return raw, patch


def _line(name: str, side: str, number: int, at: int) -> str:
    changed = at % _EACH == 0
    return f"    value_{at} = compute('{name}', {number}, {side if changed else 'same'!r})  # {at}"


def _git(folder: Path, *words: str) -> bytes:
    command = ["git", "-C", str(folder), "-c", "user.name=b", "-c", "user.email=b@b", *words]
    return subprocess.run(command, check=True, capture_output=True).stdout


def stage() -> Stage:
    """A stage with one ready change of each size."""
    now = time.time()
    made = Stage()
    tasks = []
    for at, (name, lines) in enumerate(SIZES.items()):
        with tempfile.TemporaryDirectory(prefix="factory-bench-") as folder:
            read = review.read(*diff_of(Path(folder), name, lines), {})
        change = Change(
            task=name, number=1, snapshot="5" * 40, base="b" * 40, tip="a" * 40, tree="9" * 40,
            patch_id="p", at=now, green=True, added=read.added, removed=read.removed,
        )  # fmt: skip
        task = Task(
            id=name, title=name, agent="claude", created_at=now, changed_at=now,
            state=TaskState.READY, rounds=1,
        )  # fmt: skip
        tasks.append(TaskView(task=task, change=change, since=now - 60 + at))
        made.details[name] = Details(view=tasks[-1])
        made.reviews[name, Look.CHANGE] = read.index(
            task=name, snapshot="5" * 40, tip="a" * 40, tree="9" * 40, against="8" * 40
        )
        made.rows[name, Look.CHANGE] = read.page(0, read.rows)
    made.overview = Overview(
        seq=1, repository="bench", path="/bench", target="main", tip="a" * 40, now=now,
        tasks=tuple(tasks),
    )  # fmt: skip
    return made


async def serve(socket: Path) -> None:
    config = uvicorn.Config(stage().asgi(), uds=str(socket), log_level="error", lifespan="off")
    await uvicorn.Server(config).serve()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
