"""git as hostile input: every line that the engine gives to git, beside all that could be planted.

The lines come from a real run (`vectors/story.py`), and are held against the source, so that none
is missing. Each is run again as it was, with a plant in every folder of files; and once more in the
words alone, as anybody would run git in a worktree.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from pathlib import Path

from factory.model import Struct
from tests.developer import Developer
from tests.trust.base import Control, Outcome
from tests.trust.court import own_home
from tests.trust.vectors import sites, story
from tests.trust.vectors.plants import VECTORS, Vector
from tests.trust.vectors.recording import Line, Recorder
from tests.trust.vectors.replay import Answer, Ground

FEWEST = 20
"""So many lines must run something without our wrapper, or the plants show nothing."""
EACH = 4
"""Lines that a vector meets at quick size; the next vector meets the next ones."""
LOUD = ("hooks", "core.fsmonitor", "a remote that is a program", "core.worktree")
"""Vectors that plain git meets with every line at quick size, by the beginnings of their names."""
_UNSTEADY = ("commit-tree", "fetch", "pack-objects", "index-pack", "update-ref", "worktree", "push")
"""Their answers hold times or pack names, or tell of folders that are there by then."""


class Found(Struct):
    """What became of all pairs of a line and a vector."""

    tried: int
    bad: tuple[str, ...]
    """A sentence each."""
    naive: frozenset[str]
    """Lines that ran a plant in plain git's hands."""
    fired: frozenset[str]
    """Vectors that ran something, or changed the developer's repository, in plain git's hands."""
    changed: int
    """Vectors by which plain git changed the developer's repository."""
    loud: int
    """Vectors that plain git met."""
    lines: int


def vectors(full: bool) -> Outcome:
    """Every line beside every vector; at quick size each line and each vector a few times."""
    with own_home() as home:
        developer = Developer(home / "project")
        recorder = Recorder(developer.path)
        with recorder.recording():
            asyncio.run(story.told(developer, home / "evil"))
        live = tuple(_live(home, developer))
        found = _all(Ground(home, developer, developer.place.state), recorder.lines, full=full)
        unseen = sites.unseen(recorder.lines)
    missing = [f"no line came from {one.place}: git {' '.join(one.words)}" for one in unseen]
    bad = (*missing, *live, *found.bad)
    return Outcome(
        tried=found.tried,
        held=max(0, found.tried - len(bad)),
        control=f"plain git runs a plant in {len(found.naive)} of {found.lines} lines; "
        f"{len(found.fired)} of {found.loud} vectors go off, {found.changed} of them change the "
        "developer's repository",
        proven=len(found.naive) >= FEWEST and found.changed > 0,
        notes=bad,
        figures=(("lines", found.lines), ("vectors", len(VECTORS)), ("sites", len(sites.sites()))),
    )


def _live(home: Path, developer: Developer) -> Iterator[str]:
    """What was wrong after the run itself, whose agents planted things, too."""
    if (home / "ran").exists():
        yield f"during the run: {(home / 'ran').read_text()[:200]}"
    if said := developer.git("status", "--porcelain"):
        yield f"the developer's checkout is not clean after the run: {said[:200]}"
    if said := developer.git("fsck", "--no-dangling", "--no-progress"):
        yield f"the developer's repository is not sound after the run: {said[:200]}"


def _all(ground: Ground, lines: tuple[Line, ...], *, full: bool) -> Found:
    steady = _steady(ground, lines)
    bad: list[str] = []
    naive: set[str] = set()
    fired: set[str] = set()
    tried = changed = 0
    for number, vector in enumerate(VECTORS):
        some = lines if full else _some(lines, number)
        bad += _held(ground, some, vector, steady)
        tried += len(some)
        if full or vector.name.startswith(LOUD):
            ran, moved = _plainly(ground, lines, vector)
            naive |= ran
            changed += moved
            fired |= {vector.name} if ran or moved else set()
    return Found(
        tried=tried, bad=tuple(bad), naive=frozenset(naive), fired=frozenset(fired),
        changed=changed, lines=len(lines),
        loud=sum(full or vector.name.startswith(LOUD) for vector in VECTORS),
    )  # fmt: skip


def _some(lines: tuple[Line, ...], number: int) -> tuple[Line, ...]:
    return tuple(lines[(number * EACH + step) % len(lines)] for step in range(EACH))


def _steady(ground: Ground, lines: Iterable[Line]) -> dict[str, Answer]:
    """What lines say that say the same each time, with nothing planted."""
    free = (line for line in lines if line.index is None and line.work_tree is None)
    asked = [line for line in free if line.words[0] not in _UNSTEADY]
    first = [ground.hardened(line, None) for line in asked]
    second = [ground.hardened(line, None) for line in asked]
    pairs = zip(asked, first, second, strict=True)
    return {line.shape: one for line, one, two in pairs if one == two}


def _held(
    ground: Ground, lines: Iterable[Line], vector: Vector, steady: dict[str, Answer]
) -> list[str]:
    """What was wrong where the engine's lines met a vector."""
    ground.arm(vector)
    bad = []
    for line in lines:
        name = f"git {line.words[0]} beside {vector.name}"
        if line.words[0] == "push":
            bad += [f"{name}: {what}" for what in _pushed(ground, line, vector)]
            continue
        answer = ground.hardened(line, vector)
        if answer.ran:
            bad.append(f"{name} ran {answer.ran[0]}")
        known = steady.get(line.shape)
        if known is not None and answer != known:
            bad.append(f"{name} gave another answer")
    if differing := ground.differing():
        bad.append(f"{vector.name} changed the developer's {', '.join(differing[:3])}")
        ground.restore()
    ground.clear()
    return bad


def _pushed(ground: Ground, line: Line, vector: Vector) -> Iterator[str]:
    """The landing again, from where it began: it must be the fast-forward, and nothing else."""
    ours = ground.developer
    lease = next(word.rpartition(":")[2] for word in line.words if word.startswith("--force-with"))
    commit = line.words[-1].partition(":")[0]
    ours.git("reset", "-q", "--hard", lease)
    answer = ground.hardened(line, vector)
    if answer.ran:
        yield f"ran {answer.ran[0]}"
    if answer.code or ours.tip() != commit or ours.git("status", "--porcelain"):
        yield f"is no fast-forward to {commit[:7]}: {answer.out.decode(errors='replace')[-200:]}"
    ground.restore()


def _plainly(ground: Ground, lines: Iterable[Line], vector: Vector) -> tuple[set[str], bool]:
    """The lines that run a plant in plain git's hands, and whether it hurt the developer."""
    ground.arm(vector)
    landing = [line for line in lines if line.words[0] == "push"]
    ran = {line.shape for line in landing if ground.plain(line, vector).ran}
    ground.restore()  # a landing is one, with whatever git it is pushed
    ran |= {line.shape for line in lines if line not in landing and ground.plain(line, vector).ran}
    hurt = bool(ground.differing())
    if hurt:
        ground.restore()
    ground.clear()
    return ran, hurt


CONTROLS = (
    Control(
        name="git-vectors",
        promise="git runs nothing that an agent planted, whatever the engine asks it, and changes "
        "nothing of the developer's",
        run=vectors,
    ),
)
