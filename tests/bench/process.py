"""What a process used, as the kernel counts it."""

from __future__ import annotations

import os
import time
from pathlib import Path


def processor_seconds(pid: int) -> float:
    """Processor time of a process and all its threads so far, without its children.

    By the process's own clock (what `clock_getcpuclockid` gives): /proc counts in steps of 10 ms.
    """
    return time.clock_gettime(~pid << 3 | 2)


def thread_seconds(pid: int) -> float:
    """Processor time of a process's first thread so far: the one that answers keys."""
    return int(Path(f"/proc/{pid}/task/{pid}/schedstat").read_text().split()[0]) / 1e9


def resident_mb(pid: int) -> float:
    """Memory of a process now, in MB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def peak_mb(pid: int) -> float:
    """The most memory that a process has had so far, in MB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    (peak,) = (line.split()[1] for line in lines if line.startswith("VmHWM:"))
    return int(peak) * 1024 / 1e6


def waited_seconds(pid: int) -> float:
    """How long a process's first thread has been ready to run, and did not."""
    return int(Path(f"/proc/{pid}/task/{pid}/schedstat").read_text().split()[1]) / 1e9


def machine_seconds() -> tuple[float, float]:
    """What all processors have spent on niced programs so far, and on nothing."""
    ticks = [int(word) for word in Path("/proc/stat").read_text().split("\n")[0].split()[1:]]
    second = os.sysconf("SC_CLK_TCK")
    return ticks[1] / second, (ticks[3] + ticks[4]) / second
