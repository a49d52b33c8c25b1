"""The machine's processes, as /proc shows them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path


def command_lines() -> Iterator[tuple[int, bytes]]:
    """Each process's number and its words, ended by NULs; those that end meanwhile are left out."""
    for name in os.listdir("/proc"):  # noqa: PTH208 - a glob stops at the first that may not be seen
        if name.isdigit():
            try:
                yield int(name), Path("/proc", name, "cmdline").read_bytes()
            except OSError:
                continue
