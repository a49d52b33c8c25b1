"""The same diff in what others read diffs with: time to the first screen and to the end.

`git diff | less`, `tig`, and `nit` (from PyPI), each where it is installed; on the same machine, in
the same run, in the same pseudo-terminal, and with the diff in a file where a program can read one.
Ours is the whole client on a stage engine and is asked by a key; the others begin as processes with
every question. Of each, the first opening is left out.

`less` is faster to its first screen, and no goal says otherwise: it paints what git has written so
far, while we wait for the whole answer, the list of all files among it. `tig` and `nit` are figures
where they are installed.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import NamedTuple

from tests.bench import reviewed
from tests.bench.diff import begin, engine, opened
from tests.bench.panes import python
from tests.bench.reviewed import SIZES
from tests.bench.terminal import Terminal

NAME = "rivals"

_TIMES = 4
_END = rb"'vast', 499,"
"""In the last file by its path, and in no other."""
_OURS = rb"value_39 "
"""The same for us, whose colours part the words: nothing else is painted once `G` was pressed."""


class Rival(NamedTuple):
    """How a program shows a diff."""

    command: str
    """A shell's line; `{old}` and `{new}` are commits."""
    end: bytes
    """What shows that its key `G` has come to the end; empty where its bytes do not tell."""


_RIVALS: Mapping[str, Rival] = {
    "less": Rival("git diff --no-renames {old} {new} | less -R", _END),
    "tig": Rival("git diff --no-renames {old} {new} | tig", b""),
    "nit": Rival("nit {old}..{new}", b""),
}


def measure() -> dict[str, float]:
    """Milliseconds: to the first screen, to the end; `…_ratio` is theirs over ours."""
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="factory-bench-") as name:
        folder = Path(name) / "project"
        folder.mkdir()
        old, new = _commits(folder, *reviewed.repository_of(folder, "vast", SIZES["vast"]))
        socket = Path(name) / "engine.sock"
        with engine(socket), Terminal(python("tests.bench.ours", str(socket))) as screen:
            begin(screen, b"vast")
            screen.press("Gk")  # the last one opens with its page
            screen.drain(0.3)
            first = opened(screen, "vast", _TIMES)
            screen.press("\r")
            screen.drain(1.0)
            ends = [_to_end(screen) for _ in range(_TIMES)]
        found |= {"ours_first_ms": median(first[1:]), "ours_end_ms": median(ends[1:])}
        for program, rival in _RIVALS.items():
            if shutil.which(program) is None:
                print(f"  {program} is not installed here: skipped", file=sys.stderr)
                continue
            line = f"cd {folder} && {rival.command.format(old=old, new=new)}"
            found |= _measured(program, line, rival.end)
    for figure in [figure for figure in found if not figure.startswith("ours")]:
        kind = "end" if figure.endswith("end_ms") else "first"
        found[figure.replace("_ms", "_ratio")] = found[figure] / found[f"ours_{kind}_ms"]
    return found


def _commits(folder: Path, *trees: str) -> tuple[str, str]:
    """The two trees as commits, the second upon the first."""
    old = reviewed.git(folder, "commit-tree", "-m", "old", trees[0]).decode().strip()
    new = reviewed.git(folder, "commit-tree", "-m", "new", "-p", old, trees[1])
    return old, new.decode().strip()


def _measured(program: str, line: str, end: bytes) -> dict[str, float]:
    first, ends = [], []
    try:
        for _ in range(_TIMES):
            with Terminal(["sh", "-c", line]) as screen:
                first.append(screen.wait(rb"'vast', ", timeout=30, start=0) * 1_000)
                if end:
                    screen.drain(0.3)  # what it has painted by then is no answer to a key
                    ends.append(screen.answer_time("G", end, timeout=30) * 1_000)
    except TimeoutError as error:
        print(f"  {program} did not answer: skipped, {str(error)[:80]}", file=sys.stderr)
        return {}
    told = {f"{program}_first_ms": median(first[1:])}
    return told | ({f"{program}_end_ms": median(ends[1:])} if ends else {})


def _to_end(screen: Terminal) -> float:
    screen.press("g")
    screen.drain(0.5)
    taken = screen.answer_time("G", _OURS) * 1_000
    screen.drain(0.3)
    return taken


if __name__ == "__main__":
    for name, figure in measure().items():
        print(f"{name:20} {figure:8.1f}")
