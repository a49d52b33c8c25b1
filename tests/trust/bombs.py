"""Programs that take all they can get of the machine, each beside one that only wants to finish."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterable, Sequence
from pathlib import Path
from typing import TypeVar
from unittest import mock

from factory import sandbox
from factory.git import folders
from factory.model import Struct
from factory.sandbox import bubblewrap, quota
from factory.sandbox.profiles import Limits, Profile
from tests.trust.base import Control, Outcome

Found = TypeVar("Found")

MIB, GIB = 1 << 20, 1 << 30
LONGEST = 300.0
SIBLING = "n=0; while [ $n -lt 5 ]; do n=$((n+1)); python3 -c 1; done; echo finished"
LEAST_PART = 20
"""This part of the machine's memory must stay free."""
NONE = Limits(
    processes=0, file_bytes=0, memory_bytes=0, open_files=0, scratch_bytes=0, disk_bytes=0,
    files=0, output_bytes=0,
)  # fmt: skip


class Bomb(Struct):
    """A program, what it may have, and whether it got more."""

    name: str
    command: str
    limits: Limits
    went_off: Callable[[str, Path], bool]
    """Whether it got all that it wanted, by what it said and what is in its folder."""


def python(text: str) -> str:
    return f"python3 -c '{text}'"


def said(word: str) -> Callable[[str, Path], bool]:
    return lambda output, _folder: word in output


def forks(count: int, most: int) -> Bomb:
    """Doubles until `count` run: the negative control has to stop somewhere."""
    text = f"""
import os, time
first = os.getpid()
for step in range({count.bit_length() - 1}):
    os.fork()
time.sleep(2)
os.write(1, b"forked\\n")
if os.getpid() == first:
    time.sleep(2)
"""
    return Bomb(
        name="forks",
        command=python(text),
        limits=Limits(processes=most),
        went_off=lambda output, _: output.count("forked") >= count,
    )


def memory(wanted: int, most: int) -> Bomb:
    """Asks for it in one piece, and touches every page."""
    text = f'held = bytearray({wanted}); held[::4096] = b"x" * len(held[::4096]); print("got it")'
    return Bomb(
        name="memory of one",
        command=python(text),
        limits=Limits(memory_bytes=most),
        went_off=said("got it"),
    )


def memory_of_many(wanted: int, most: int) -> Bomb:
    """Each of four processes stays below the limit of one."""
    text = f"""
import os, time
held = b"x" * {wanted // 4}
os.mkdir(f"{{os.getpid()}}.holds")
while sum(name.endswith(".holds") for name in os.listdir()) < 4:
    time.sleep(0.05)
time.sleep(1)
print("got it", flush=True)
"""
    return Bomb(
        name="memory of many",
        command=" & ".join([python(text)] * 4) + "; wait",
        limits=Limits(together_bytes=most),
        went_off=lambda output, _: output.count("got it") == 4,
    )


def files(count: int, most: int) -> Bomb:
    text = f"""
import os
for folder in range({count} // 1000):
    os.mkdir(str(folder))
    for name in range(999):
        os.close(os.open(f"{{folder}}/{{name}}", os.O_CREAT))
print("all there")
import time; time.sleep(2)
"""
    return Bomb(
        name="files",
        command=python(text.replace("'", '"')),
        limits=Limits(files=most),
        went_off=said("all there\n"),
    )


def output(wanted: int, most: int) -> Bomb:
    """As fast as it can."""
    command = f"yes 0123456789 | head -c {wanted}; sleep 1; echo all said"
    return Bomb(
        name="output", command=command, limits=Limits(output_bytes=most), went_off=said("all said")
    )


def sparse(size: int) -> Bomb:
    return Bomb(
        name="a file of holes",
        command=f"truncate -s {size} big",
        limits=Limits(),
        went_off=lambda _, folder: size_of(folder / "big") >= size,
    )


def real(size: int, most: int) -> Bomb:
    """In pieces below the limit of one file, and not faster than a disk would be."""
    piece = min(size // 8, 4 * GIB)
    pieces = size // piece
    step = f"fallocate -l {piece} $n && sleep 0.4"
    command = f"n=0; while [ $n -lt {pieces} ]; do n=$((n+1)); {step}; done; echo all written"
    return Bomb(
        name="a real file",
        command=command,
        limits=Limits(disk_bytes=most),
        went_off=said("all written"),
    )


def size_of(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


QUICK = (
    forks(256, 100),
    memory(400 * MIB, 200 * MIB),
    memory_of_many(240 * MIB, 120 * MIB),
    files(20_000, 5_000),
    output(400 * MIB, 50 * MIB),
    sparse(50 * GIB),
    real(2 * GIB, 512 * MIB),
)
FULL = (
    forks(4096, 1024),
    memory(9 * GIB, 8 * GIB),
    memory_of_many(8 * GIB, 4 * GIB),
    files(1_200_000, 1_000_000),
    output(10 * GIB, GIB),
    sparse(50 * GIB),
    real(50 * GIB, 20 * GIB),
)


def bombs(full: bool) -> Outcome:
    """Each bomb beside a sibling, the large ones one by one; then the small ones without limits."""
    beat = _Beat()
    notes: list[str] = []
    for some in [[bomb] for bomb in FULL] if full else [QUICK]:
        notes += asyncio.run(_beside(some, beat))
    with (
        mock.patch.object(quota.Watch, "look", mock.AsyncMock(return_value="")),
        mock.patch.object(bubblewrap, "fitting", lambda limits, _machine: limits),
    ):
        bare = asyncio.run(_all(_bare(bomb) for bomb in QUICK))
    failed = {note.partition(":")[0] for note in notes}
    return Outcome(
        tried=len(QUICK),
        held=len(QUICK) - len(failed),
        control=f"{sum(bare)} of {len(QUICK)} went off",
        proven=all(bare),
        notes=tuple(notes),
        figures=(
            ("longest wait of the engine's loop, s", round(beat.longest, 2)),
            ("least memory free, GiB", round(beat.least / GIB, 1)),
        ),
    )


async def _beside(some: Sequence[Bomb], beat: _Beat) -> list[str]:
    """Bombs at the same time, with a pulse in between; what was wrong."""
    beating = asyncio.create_task(beat.go_on())
    found = await _all(_contained(bomb) for bomb in some)
    beating.cancel()
    pairs = zip(some, found, strict=True)
    wrong = [f"{bomb.name}: {what}" for bomb, words in pairs for what in words]
    if beat.least < bubblewrap.look().memory // LEAST_PART:
        wrong.append(f"{some[-1].name}: only {beat.least / GIB:.1f} GiB of memory were left")
    return wrong


async def _all(works: Iterable[Coroutine[None, None, Found]]) -> list[Found]:
    return list(await asyncio.gather(*works))


async def _contained(bomb: Bomb) -> list[str]:
    """What was wrong, a few words each."""
    first, second = (Path(tempfile.mkdtemp(prefix="ft-bomb-")) for _ in range(2))
    try:
        ran, sibling = await asyncio.gather(
            _run(first, bomb.command, bomb.limits), _run(second, SIBLING, Limits())
        )
        wrong = []
        if bomb.went_off(ran, first):
            wrong.append("it got all that it wanted")
        if "finished" not in sibling:
            wrong.append(f"the sibling did not finish: {sibling[-200:]!r}")
        return wrong
    finally:
        for folder in (first, second):
            await asyncio.to_thread(folders.remove, folder)


async def _bare(bomb: Bomb) -> bool:
    """Whether the same bomb goes off with no limits."""
    folder = Path(tempfile.mkdtemp(prefix="ft-bomb-"))
    try:
        return bomb.went_off(await _run(folder, bomb.command, NONE), folder)
    finally:
        await asyncio.to_thread(folders.remove, folder)


async def _run(folder: Path, command: str, limits: Limits) -> str:
    """The beginning and the end of what it said."""
    ends: list[bytes] = []

    def take(chunk: bytes) -> None:
        ends.append(chunk)
        if len(ends) > 400:
            del ends[200:300]

    profile = Profile(name="tools", tree=str(folder), limits=limits)
    await sandbox.run(profile, command, timeout=LONGEST, on_output=take)
    return b"".join(ends).decode(errors="replace")


class _Beat:
    """A pulse in the loop of the sandboxes: how long it was held up, and what memory was left.

    The first is a figure and no bar: what else the machine has to do is in it, too.
    """

    def __init__(self) -> None:
        self.longest = 0.0
        self.least = _available()

    async def go_on(self) -> None:
        while True:
            began = time.monotonic()
            await asyncio.sleep(0.05)
            self.longest = max(self.longest, time.monotonic() - began - 0.05)
            self.least = min(self.least, _available())


def _available() -> int:
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return 0


CONTROLS = (
    Control(
        name="bombs",
        promise="a program that takes all it can get is ended, and its siblings finish",
        run=bombs,
    ),
)
