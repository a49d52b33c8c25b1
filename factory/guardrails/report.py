"""Reads the reports that a check left behind. The check ran foreign code: nothing is followed."""

from __future__ import annotations

import os
import stat
from pathlib import Path

LARGEST = 64 << 20
"""Bytes; a report larger than that is not read."""


def read(results: Path, name: str) -> bytes | None:
    """The bytes of a regular file right below `results`; None where there is none, or too large.

    Links and pipes are not opened: inside, a test could have put one there that leads anywhere
    on this machine.
    """
    try:
        number = os.open(results / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    with os.fdopen(number, "rb") as file:
        facts = os.fstat(file.fileno())
        if not stat.S_ISREG(facts.st_mode) or facts.st_size > LARGEST:
            return None
        return file.read(LARGEST)


def text(results: Path, name: str) -> str:
    """The same as text; empty where there is none. Bytes that are not UTF-8 become `�`."""
    return (read(results, name) or b"").decode(errors="replace")
