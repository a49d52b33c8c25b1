"""Every fault point, struck in each way while the developer does something; then I1 to I8."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from factory.faults import Point
from factory.model import Struct
from tests.trust import invariants
from tests.trust.base import Control, Outcome, p95
from tests.trust.life import Life, StuckError, homestead

KINDS = ("kill", "error", "full")
DOINGS = ("idle", "committing", "rebasing", "editing")
LANES = 3
LONGEST = 20
"""Cases in one life: engines show the newest of the tasks that are over, and no more."""
MOMENT = 0.3
"""Seconds in which an engine that survived a fault may do with it what it does."""
REACHED = 20.0


class Case(Struct):
    """One fault at one point, and what the developer does at that very moment."""

    point: Point
    kind: str
    doing: str

    def __str__(self) -> str:
        return f"{self.point} × {self.kind} × {self.doing}"


ALL = tuple(
    Case(point=point, kind=kind, doing=doing)
    for point, kind, doing in itertools.product(Point, KINDS, DOINGS)
)
QUICK = tuple(
    Case(point=point, kind=kind, doing=doing)
    for point, kind, doing in (
        (Point.LAND_HOOKED, "full", "committing"), (Point.LAND_PUSHED, "kill", "rebasing"),
        (Point.WORK_SAID, "kill", "idle"),
    )
)  # fmt: skip


def crashes(full: bool) -> Outcome:
    """All of them on three lives at a time, then engines without transactions and recovery."""
    cases = list(ALL if full else QUICK)
    random.Random(6).shuffle(cases)
    recoveries: list[float] = []
    lives: list[Life] = []
    with homestead() as home:
        lanes = [cases[lane::LANES] for lane in range(LANES)]
        notes, found = asyncio.run(_side_by_side(home, lanes, recoveries, lives))
    return Outcome(
        tried=len(cases),
        held=len(cases) - len(notes),
        control=f"{len(found)} of {len(WEAKER)} weaker engines found out",
        proven=len(found) == len(WEAKER),
        notes=tuple(notes),
        figures=(
            ("recovery p95, s", p95(recoveries)),
            ("landed to audited p95, s", p95([took for life in lives for took in life.audits])),
        ),
    )


async def _side_by_side(
    home: Path, lanes: list[list[Case]], recoveries: list[float], lives: list[Life]
) -> tuple[list[str], list[str]]:
    """What was broken, and which of the weaker engines were found out."""
    notes: list[str] = []
    numbers = itertools.count()

    def begin() -> Life:
        lives.append(Life(home, next(numbers)))
        return lives[-1]

    async def lane(cases: list[Case]) -> None:
        life = begin()
        for case in cases:
            if len(life.titles) >= LONGEST:
                life = begin()
            if wrong := await strike(life, case, recoveries):
                notes.append(f"{case}: {'; '.join(wrong)}")
                life = begin()  # the next must not suffer for it

    async with asyncio.TaskGroup() as group:
        for cases in lanes:
            group.create_task(lane(cases))
        weaker = group.create_task(_weaker(home, numbers))
    return notes, weaker.result()


async def strike(
    life: Life, case: Case, recoveries: list[float], *, patience: float = 40
) -> list[str]:
    """One case; what is broken after it."""
    title = f"t{len(life.titles)}"
    life.commit({f"mine-{title}": title})
    fault, armed = life.fault(case.point, case.kind)
    life.start(fault)
    giving = asyncio.create_task(life.add(title, priced=len(life.titles) % 2 == 1))
    try:
        await _reached(life, giving, armed)
        with _doing(life, case.doing) as finish:
            life.go_on()
            if case.kind != "kill":
                await asyncio.sleep(MOMENT)
                life.kill()
            while life.alive():
                await asyncio.sleep(0.01)
            began = time.monotonic()
            life.start()
            if not await life.up():
                return [f"the engine does not come up again: {life.last_words()}"]
            recoveries.append(time.monotonic() - began)
            await giving
            if case.doing == "editing":
                await asyncio.sleep(MOMENT)
            wrong = finish()
        await life.settle(patience)
    except (StuckError, AssertionError) as stuck:  # or their own git was refused
        return [str(stuck)]
    finally:
        giving.cancel()
        armed.unlink(missing_ok=True)
        life.kill()
        while life.alive():
            await asyncio.sleep(0.01)
    return wrong + await asyncio.to_thread(invariants.broken, life)


async def _reached(life: Life, giving: asyncio.Task[str], armed: Path) -> None:
    """Until the engine stands still at its fault point, pushed on to get there."""
    deadline = time.monotonic() + REACHED
    pushing: asyncio.Task[bool] | None = None
    try:
        while armed.exists() or not life.stands_still():
            if time.monotonic() > deadline or not life.alive():
                raise StuckError("it did not get to the point")
            if giving.done() and (pushing is None or pushing.done()):
                pushing = asyncio.create_task(life.push_on())
            await asyncio.sleep(0.03)
    finally:
        if pushing is not None:
            pushing.cancel()


class _Finish:
    """What ends a developer's doing; says what of theirs was not as they left it."""

    def __init__(self, life: Life, doing: str) -> None:
        self._life, self._doing = life, doing
        self._text = ""

    def begin(self) -> None:
        life, developer = self._life, self._life.developer
        match self._doing:
            case "committing":
                life.commit({"mine.txt": f"{len(life.mine)}\n"})
            case "rebasing":
                life.commit({"mine.txt": f"{len(life.mine)}\n"})
                editor = "sequence.editor=sed -i 's/^pick/edit/'"
                developer.git("-c", editor, "rebase", "-q", "-i", "HEAD~1")
            case "editing":
                self._text = f"in the midst of it, {len(life.mine)}\n"
                developer.write({"README.md": self._text, "note.txt": "not tracked\n"})
            case _:
                pass

    def __call__(self) -> list[str]:
        life, developer = self._life, self._life.developer
        wrong = []
        match self._doing:
            case "committing":
                life.commit({"mine.txt": f"{len(life.mine)}\n"})
            case "rebasing":
                subject = f"{life.mine[-1]} said better"
                developer.git("commit", "-q", "--amend", "-m", subject)
                developer.git("-c", "core.editor=true", "rebase", "--continue")
                life.mine[-1] = subject
            case "editing":
                for name, text in (("README.md", self._text), ("note.txt", "not tracked\n")):
                    if (developer.path / name).read_text() != text:
                        wrong.append(f"I4 {name} is not as it was being edited")
                life.commit({"README.md": self._text, "note.txt": "not tracked\n"})
            case _:
                pass
        return wrong


@contextmanager
def _doing(life: Life, doing: str) -> Iterator[_Finish]:
    finish = _Finish(life, doing)
    finish.begin()
    yield finish


WEAKER = {
    "no transactions": Case(point=Point.COMMAND_DONE, kind="kill", doing="idle"),
    "no second look": Case(point=Point.LAND_PUSHED, kind="kill", doing="idle"),
}
"""By what the engine lacks, a case in which that must be found out."""


async def _weaker(home: Path, numbers: Iterator[int]) -> list[str]:
    """Which of the weaker engines were found out."""
    found = []
    for lacks, case in WEAKER.items():
        life = Life(home, next(numbers), lacks=lacks)
        if await strike(life, case, [], patience=3):
            found.append(lacks)
    return found


CONTROLS = (
    Control(
        name="crashes",
        promise="a fault at any point of a task's life breaks none of I1 to I8",
        run=crashes,
    ),
)
