"""A stage engine with changes of many sizes to review: `python -m tests.bench.reviewed SOCKET`.

The diffs are git's own, of files in which every fourth line has changed, read by the engine's
`factory.review`.
"""

from __future__ import annotations

import asyncio
import subprocess  # noqa: TID251 - a benchmark may ask git for a diff of its own making
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import uvicorn
from msgspec.structs import replace

from factory import review
from factory.model import Change, Task, TaskState
from factory.wire import Details, Look, Overview, ReviewIndex, TaskView
from tests.stage import Stage


class Shape(NamedTuple):
    """How large a diff is."""

    files: int
    lines: int
    """Lines of each file."""


SIZES = {
    "small": Shape(1, 80),
    "middle": Shape(26, 300),
    "large": Shape(260, 300),
    "vast": Shape(2_000, 40),
}
"""By the task's name: 100 lines, 10,000, 100,000, and 100,000 in 2,000 files."""

UNREAD = "unread"
"""The last task: the largest change once more, of which nothing was seen. It opens with its page.
"""

_EACH = 4


def write(folder: Path, name: str, side: str, shape: Shape) -> None:
    """Write one side of a change into a folder."""
    for number in range(shape.files):
        file = folder / f"src/part{number // 50}/module{number}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join(_line(name, side, number, at) for at in range(shape.lines)))


def repository_of(folder: Path, name: str, shape: Shape) -> tuple[str, str]:
    """Make a repository; the two trees of a change of this size in it."""
    git(folder, "init", "-q", "-b", "main")
    trees = []
    for side in ("old", "new"):
        write(folder, name, side, shape)
        git(folder, "add", "-A")
        trees.append(git(folder, "write-tree").decode().strip())
    return trees[0], trees[1]


def diff_of(folder: Path, name: str, shape: Shape) -> tuple[bytes, bytes]:
    """Raw list and patch of a change of this size."""
    trees = repository_of(folder, name, shape)
    raw = git(folder, "diff-tree", "-r", "--raw", "-z", "--no-abbrev", "--no-renames", *trees)
    patch = git(folder, "diff", "--text", "--full-index", "--no-renames", "--no-color", *trees)
    return raw, patch


def _line(name: str, side: str, number: int, at: int) -> str:
    changed = at % _EACH == 0
    return f"    value_{at} = compute('{name}', {number}, {side if changed else 'same'!r})  # {at}"


def git(folder: Path, *words: str) -> bytes:
    """Run git in a folder as somebody; its output."""
    command = ["git", "-C", str(folder), "-c", "user.name=b", "-c", "user.email=b@b", *words]
    return subprocess.run(command, check=True, capture_output=True).stdout


def stage() -> Stage:
    """A stage with one ready change of each size."""
    now = time.time()
    made = Stage()
    tasks, indexes = [], {}
    for at, (name, shape) in enumerate(SIZES.items()):
        with tempfile.TemporaryDirectory(prefix="factory-bench-") as folder:
            read = review.read(*diff_of(Path(folder), name, shape), {})
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
        index = read.index(
            task=name, snapshot="5" * 40, tip="a" * 40, tree="9" * 40, against="8" * 40
        )
        made.reviews[name, Look.CHANGE] = _begun(index)
        made.rows[name, Look.CHANGE] = read.page(0, read.rows)
        indexes[name] = index
    last = tasks[-1]
    unread = replace(last, task=replace(last.task, id=UNREAD, title=UNREAD), since=now)
    made.details[UNREAD] = Details(view=unread)
    made.reviews[UNREAD, Look.CHANGE] = replace(indexes["vast"], task=UNREAD)
    made.rows[UNREAD, Look.CHANGE] = made.rows["vast", Look.CHANGE]
    made.overview = Overview(
        seq=1, repository="bench", path="/bench", target="main", tip="a" * 40, now=now,
        tasks=(*tasks, unread),
    )  # fmt: skip
    return made


def _begun(index: ReviewIndex) -> ReviewIndex:
    """With its first file seen: a review that was begun opens with the diff, not with the page."""
    first = index.files[0]
    hunks = tuple(replace(hunk, seen=True) for hunk in first.hunks)
    return replace(index, files=(replace(first, hunks=hunks, seen=True), *index.files[1:]))


async def serve(socket: Path) -> None:
    config = uvicorn.Config(stage().asgi(), uds=str(socket), log_level="error", lifespan="off")
    await uvicorn.Server(config).serve()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
