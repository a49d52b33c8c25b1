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
