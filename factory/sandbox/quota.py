"""What a sandbox uses of the machine, looked at while it runs, and the limit that it is over.

The kernel holds one process to its limits (prlimit), but nothing holds a whole sandbox where there
is no control group to put it in. So the engine looks, four times a second: at the sandbox's
processes and their memory, and at what the file systems lost since it began. Only where that is
much are the folders that it can write measured.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from factory.model import Struct
from factory.sandbox.profiles import HOME, SCRATCH, TREE, Limits, Profile

TICK = 0.25
"""Seconds between two looks."""
_STEP = 8
"""A measure is taken each time another such part of the limit is gone."""
_DEEPEST = 200
_PAGE = os.sysconf("SC_PAGE_SIZE")
_MEMORY = (HOME, SCRATCH, "/dev/shm")
"""Folders that lie in memory where nothing of the host's is mounted."""


class Use(Struct):
    """What a sandbox uses at one moment."""

    processes: int = 0
    """With their threads."""
    memory: int = 0
    """Bytes of all processes and of files in memory."""
    disk: int = 0
    """Bytes below the folders that it can write; 0 where they were not measured."""
    files: int = 0
    """Files, folders and links there, or in the fullest folder in memory."""
    depth: int = 0


def over(limits: Limits, use: Use) -> str:
    """Which limit is passed, in a sentence; empty where none is."""
    if limits.processes and use.processes > limits.processes:
        return f"ended: it had more than {limits.processes} processes and threads"
    if limits.together_bytes and use.memory > limits.together_bytes:
        return f"ended: it took more than {_size(limits.together_bytes)} of memory"
    if limits.disk_bytes and use.disk > limits.disk_bytes:
        return f"ended: its folders hold more than {_size(limits.disk_bytes)}"
    if limits.files and use.files > limits.files:
        return f"ended: its folders hold more than {limits.files:,} files"
    if use.depth > _DEEPEST:
        return f"ended: its folders lie more than {_DEEPEST} deep"
    return ""


def _size(number: int) -> str:
    return f"{number / (1 << 30):.3g} GiB" if number >= 1 << 30 else f"{number >> 20} MiB"


class Watch:
    """Looks at one running sandbox."""

    def __init__(self, profile: Profile, init: int) -> None:
        """`init` is the number of its process 1."""
        self._limits = profile.limits
        self._root = Path(f"/proc/{init}/root")
        binds = (bind for bind in profile.binds if bind.writable)
        folders = [*([profile.tree] if profile.tree_writable else []), *(b.host for b in binds)]
        self._folders = tuple(folders)
        covered = {TREE, *(bind.inside for bind in profile.binds)}
        self._memory = tuple(path for path in _MEMORY if path not in covered)
        self._free = {folder: _free(folder) for folder in self._folders}
        self._devices = {Path(folder).stat().st_dev for folder in self._folders}
        self._shared = _shared_memory()
        self._measured = 0
        self._weighed = 0

    async def look(self) -> str:
        """Which limit it is over, in a sentence; empty where it is over none."""
        use = self._processes()
        size, files = self._in_memory()
        used = Use(processes=use.processes, memory=size + self._weight(use.memory), files=files)
        if sentence := over(self._limits, used):
            return sentence
        steps = self._steps()
        if steps <= self._measured:
            return ""
        self._measured = steps
        return over(self._limits, await asyncio.to_thread(self._measure))

    # --- processes and memory --------------------------------------------------------------

    def _numbers(self) -> list[str]:
        """The sandbox's own processes, by their number inside."""
        try:
            return [path.name for path in (self._root / "proc").iterdir() if path.name.isdigit()]
        except OSError:
            return []

    def _processes(self) -> Use:
        threads = pages = 0
        for number in self._numbers():
            with contextlib.suppress(OSError, ValueError, IndexError):
                text = (self._root / "proc" / number / "stat").read_text(errors="replace")
                fields = text.rpartition(")")[2].split()
                threads, pages = threads + int(fields[17]), pages + int(fields[21])
        return Use(processes=threads, memory=pages * _PAGE)

    def _weight(self, memory: int) -> int:
        """Memory with what processes share counted once, which is slow to ask for.

        So it is asked only past the limit, and again only once there is a tenth more.
        """
        most = self._limits.together_bytes
        if memory <= most or memory * 10 < self._weighed * 11 or not most:
            return min(memory, most)
        self._weighed = memory
        return self._exactly()

    def _exactly(self) -> int:
        total = 0
        for number in self._numbers():
            with contextlib.suppress(OSError, ValueError, IndexError):
                text = (self._root / "proc" / number / "smaps_rollup").read_text()
                for line in text.splitlines():
                    if line.startswith("Pss:"):
                        total += int(line.split()[1]) * 1024
        return total

    def _in_memory(self) -> tuple[int, int]:
        """Bytes of files in memory, and the number of files in the fullest such folder."""
        size = files = 0
        for path in self._memory:
            with contextlib.suppress(OSError):
                found = os.statvfs(f"{self._root}{path}")
                size += (found.f_blocks - found.f_bfree) * found.f_frsize
                files = max(files, found.f_files - found.f_ffree)
        return size, files

    # --- disk ------------------------------------------------------------------------------

    def _steps(self) -> int:
        """How much the machine lost since it began, in parts of the limits."""
        grown = _shared_memory() - self._shared
        steps = _STEP * grown // (self._limits.together_bytes or grown or 1)
        for folder, (size, files) in self._free.items():
            now_size, now_files = _free(folder)
            steps = max(
                steps,
                _STEP * (size - now_size) // (self._limits.disk_bytes or size or 1),
                _STEP * (files - now_files) // (self._limits.files or files or 1),
            )
        return steps

    def _measure(self) -> Use:
        """What its folders hold, and what it has open that no folder holds any more."""
        seen: set[tuple[int, int]] = set()
        disk = memory = files = deepest = 0
        for depth, found in self._everything():
            files, deepest = files + 1, max(deepest, depth)
            key = (found.st_dev, found.st_ino)
            if key in seen:
                continue
            seen.add(key)
            if found.st_dev in self._devices:
                disk += found.st_blocks * 512
            else:
                memory += found.st_blocks * 512
            if files > self._limits.files > 0:
                break
        return Use(disk=disk, memory=memory, files=files, depth=deepest)

    def _everything(self) -> Iterator[tuple[int, os.stat_result]]:
        for folder in self._folders:
            with contextlib.suppress(OSError):
                number = os.open(folder, _FOLDER)
                yield from _below(number, 0)
        for number_ in self._numbers():
            with contextlib.suppress(OSError):
                for file in (self._root / "proc" / number_ / "fd").iterdir():
                    with contextlib.suppress(OSError):
                        found = file.stat()
                        if stat.S_ISREG(found.st_mode) and not found.st_nlink:
                            yield 0, found


_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW


def _below(folder: int, depth: int) -> Iterator[tuple[int, os.stat_result]]:
    """All that lies below an open folder, with its depth, no link followed; closes the folder."""
    below: list[str] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    yield depth, entry.stat(follow_symlinks=False)
                    if entry.is_dir(follow_symlinks=False):
                        below.append(entry.name)
        for name in below if depth <= _DEEPEST else ():
            with contextlib.suppress(OSError):
                yield from _below(os.open(name, _FOLDER, dir_fd=folder), depth + 1)
    finally:
        os.close(folder)


def _shared_memory() -> int:
    """Bytes of memory in files without a disk, mapped or not, on the whole machine."""
    with contextlib.suppress(OSError, ValueError):
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("Shmem:"):
                return int(line.split()[1]) * 1024
    return 0


def _free(folder: str) -> tuple[int, int]:
    """Free bytes and free files of the file system that a folder lies on."""
    try:
        found = os.statvfs(folder)
    except OSError:
        return 0, 0
    return found.f_bfree * found.f_frsize, found.f_ffree
