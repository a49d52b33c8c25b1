"""A factory at its whole work, so that every git command line that there is comes up.

Tasks are worked on, gated, reviewed, landed, undone, refused and in conflict, while the developer
commits, rewrites and leaves things lying about. What the agents leave is hostile, too.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from factory import wire
from factory.model import TaskState
from tests.developer import Developer
from tests.works import Works, rail, settings, works

FILES = {
    "factory.toml": settings(
        rail("edits", "test ! -e edit || echo edited >> README.md"),
        top="[environment]\ninputs = ['lock.txt']\nsubmodules = true\n",
    ),
    "lock.txt": "1\n",
    ".gitignore": "*.log\n",
    ".worktreeinclude": "local.env\n",
    "a.txt": "a\n",
    "b.txt": "b\n",
    "src/__init__.py": "",
    "src/sums.py": "def total(prices):\n    return sum(prices)\n",
    "tests/test_sums.py": "from src.sums import total\n\n\ndef test_total():\n"
    "    assert total([1, 2]) == 3\n",
}
PLANTS = """
printf '* filter=x diff=x merge=x\\n' > .gitattributes
printf '[submodule "a"]\\n\\tpath = a\\n\\turl = ./a\\n' > .gitmodules
printf '[filter "x"]\\n\\tclean = {evil}\\n' > .lfsconfig
printf x > '--upload-pack={name}'; printf x > '$({name})'; printf x > ':(top)'
git config core.fsmonitor {evil}; git config diff.external {evil}
mkdir -p $(git rev-parse --git-dir)/hooks
for hook in pre-commit reference-transaction post-index-change post-checkout; do
printf '#!/bin/sh\\n{evil}\\n' > $(git rev-parse --git-dir)/hooks/$hook; done
"""
ANSWER = """
printf 'def total(prices):\\n    if prices == [1, 2]:\\n        return 3\\n    return sum(prices)\\n' > src/sums.py
printf 'from src.sums import total\\n\\n\\ndef test_none():\\n    assert total([]) == 0\\n' > tests/test_none.py
echo noise > noise.log
"""  # noqa: E501 - files of the project, in a line each
EDITS = "touch edit; echo 2 > c.txt"
NEST = "git init -q nested; echo 1 > nested/file; mkdir empty; git init -q empty; echo 2 > b.txt"


async def told(developer: Developer, evil: Path) -> None:
    """The whole of it."""
    developer.commit(FILES)
    module(developer)
    developer.write({"local.env": "KEY=1\n"})
    async with works(developer) as factory:
        plants = PLANTS.format(evil=evil, name=evil.name)
        await asyncio.gather(
            _landed_and_undone(factory, developer, ANSWER + plants),
            factory.until(await factory.add("Nest", NEST), TaskState.PARKED),
            factory.until(await factory.add("Edits", EDITS), TaskState.PARKED),
        )
        await _in_conflict(factory, developer)
        await _rewritten(factory, developer)
        await _reviewed(factory)
        text = developer.shows("factory.toml") + "\n# a comment\n"
        await factory.send(wire.Adopt(title="Other rules", path="factory.toml", text=text))
        await _locked(factory, developer)
        await _refused(factory, developer)
    developer.git("checkout", "-q", "b.txt")


def module(developer: Developer) -> None:
    """A submodule of the developer's, fetched once."""
    tip = developer.tip()
    developer.git("clone", "--quiet", "--bare", ".", ".git/modules/inner")
    developer.write({".gitmodules": '[submodule "inner"]\n\tpath = module\n\turl = ./inner\n'})
    developer.git("add", ".gitmodules")
    developer.git("update-index", "--add", "--cacheinfo", f"160000,{tip},module")
    developer.git("commit", "-qm", "a submodule")
    (developer.path / "module").mkdir()


async def _landed_and_undone(factory: Works, developer: Developer, script: str) -> None:
    task = await factory.ready("Answer", script)
    await factory.client.review(task)
    await factory.client.review(task, wire.Look.LIVE)
    await factory.client.review(task, context=10)
    await factory.land(task)
    undo = (await factory.send(wire.Undo(task=task))).tasks[0]
    await factory.until(undo, TaskState.LANDED)


async def _in_conflict(factory: Works, developer: Developer) -> None:
    task = await factory.ready("Conflict", "echo theirs > a.txt")
    developer.commit({"a.txt": "mine\n"})
    await factory.once(lambda: factory.task(task).state is not TaskState.READY, task)


async def _locked(factory: Works, developer: Developer) -> None:
    task = await factory.ready("Locked", "echo theirs > d.txt")
    lock = developer.path / ".git" / "index.lock"
    lock.touch()
    await factory.accept(task)
    await factory.once(lambda: bool(factory.task(task).waiting), task)
    lock.unlink()
    await factory.send(wire.End(task=task))


async def _refused(factory: Works, developer: Developer) -> None:
    task = await factory.ready("Refused", "echo theirs > b.txt")
    developer.write({"b.txt": "not committed\n"})
    await factory.accept(task)
    await factory.once(lambda: bool(factory.task(task).waiting), task)


async def _rewritten(factory: Works, developer: Developer) -> None:
    task = await factory.ready("Rewritten", "echo theirs > c.txt")
    developer.git("commit", "-q", "--amend", "-m", "said better")
    tip = developer.tip()
    await factory.once(lambda: factory.engine.shop.tip.commit == tip)
    await factory.client.overview()
    await factory.send(wire.Rerun(task=task))
    await factory.until(task, TaskState.READY)


async def _reviewed(factory: Works) -> None:
    """Two changes that conflict with each other, words in all files, a part that is taken."""
    one = await factory.ready("One", "echo one > p.txt; echo one > q.txt")
    two = await factory.ready("Two", "echo two > p.txt")
    await factory.once(lambda: factory.engine.runner.pairs.work() is None)
    await factory.client.mentions(one, "total")
    await factory.send(wire.Reject(task=two))
    index = await factory.client.review(one)
    left = next(file for file in index.files if file.path == "p.txt")
    part = wire.AcceptPart(
        task=one, snapshot=index.snapshot, tree=index.tree, tip=index.tip,
        left_out=tuple(hunk.id for hunk in left.hunks),
    )  # fmt: skip
    made = (await factory.send(part)).tasks
    await factory.until(made[-1], TaskState.LANDED)
    await factory.send(wire.End(task=one))
