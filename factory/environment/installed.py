"""Whether the tools are still those that were asked for their version, told without running them.

To ask costs some tenths of a second, and a landing must not wait that long; to look at files does
not. What was installed anew has another time, size or place on the disk.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from factory.sandbox import Environment

_SYSTEM = ("/usr/local/bin", "/usr/bin")
_WORD = re.compile(r"[\w./+-]{1,200}")
_MOST = 12
"""Words of a command that may be names of programs."""


def stamp(command: str, environment: Environment) -> str:
    """What the programs that a command names look like on disk, and the packages beside them."""
    facts = []
    for folder in _folders(environment):
        for path in (folder, *_packages(folder)):
            facts.append(_looks(path))
        for word in dict.fromkeys(_WORD.findall(command)[:_MOST]):
            facts.append(_looks(folder / word))
    return hashlib.sha256("\n".join(filter(None, facts)).encode()).hexdigest()[:16]


def _folders(environment: Environment) -> Iterator[Path]:
    """The folders in which a sandbox looks for programs, as they stand on this machine."""
    for name in environment.path:
        yield _outside(name, environment)
    yield Path(sys.executable).parent
    yield from map(Path, _SYSTEM)


def _outside(name: str, environment: Environment) -> Path:
    inside = Path(name)
    for bind in environment.binds:
        if inside.is_relative_to(bind.inside):
            return Path(bind.host, inside.relative_to(bind.inside))
    return inside


def _packages(folder: Path) -> Iterator[Path]:
    yield from sorted(folder.parent.glob("lib/python3*/site-packages"))


def _looks(path: Path) -> str:
    """A file's or folder's place, size and times; empty where it is not there."""
    try:
        facts = path.stat()
    except (OSError, ValueError):
        return ""
    return f"{path} {facts.st_ino} {facts.st_size} {facts.st_mtime_ns} {facts.st_ctime_ns}"
