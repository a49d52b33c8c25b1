"""Every git command line of a real engine, with what it was given, as it started it."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from factory.git import command
from factory.model import Struct

_OID = re.compile(r"\b[0-9a-f]{40}\b|(?<=refs/factory/)\S+")
_GLOBAL = ("-c", "-C")
_OWN_FOLDERS = re.compile(r"/(w|c)\d\d\b|/index-\w+|/(t|s)?\d+(\.\d+)?\b")


class Line(Struct):
    """One command line, with all that it needs to be run again."""

    whole: tuple[str, ...]
    env: tuple[tuple[str, str], ...]
    cwd: Path
    stdin: bytes = b""

    @property
    def words(self) -> tuple[str, ...]:
        """What git was asked to do, without the options before it."""
        rest = list(self.whole[1:])
        while rest and rest[0].startswith("-"):
            del rest[: 2 if rest[0] in _GLOBAL else 1]
        return tuple(rest)

    @property
    def shape(self) -> str:
        """What it has in common with others that differ in ids and folders alone."""
        text = " ".join(_OWN_FOLDERS.sub("/N", _OID.sub("OID", word)) for word in self.words)
        return f"{text} [stdin]" if self.stdin else text

    @property
    def work_tree(self) -> Path | None:
        """The folder of files that it was given."""
        prefix = "--work-tree="
        found = [word for word in self.whole if word.startswith(prefix)]
        return Path(found[0].removeprefix(prefix)) if found else None

    @property
    def index(self) -> Path | None:
        """The index that it was given."""
        found = dict(self.env).get("GIT_INDEX_FILE")
        return Path(found) if found else None


class Recorder:
    """Keeps the last line of each shape, in the order in which the shapes came up."""

    def __init__(self, developer: Path) -> None:
        self._developer = developer
        """What is run there by hand is the developer's own."""
        self._lines: dict[str, Line] = {}
        self.count = 0
        self._told: list[tuple[str, ...]] = []

    @property
    def lines(self) -> tuple[Line, ...]:
        return tuple(self._lines.values())

    def keep(self, line: Line) -> None:
        self.count += 1
        self._lines[line.shape] = line

    def popen(self, program: Any, words: Any, cwd: Any, env: Any) -> None:
        """A process is about to be started, by whomever."""
        names = [str(word) for word in words] if isinstance(words, (list, tuple)) else [str(words)]
        if Path(str(program)).name != "git" or Path(names[0]).name != "git":
            return
        if tuple(names) in self._told:
            self._told.remove(tuple(names))  # `_start` says more of it
            return
        if names[0] == "git" and Path(str(cwd)) == self._developer:
            return
        given = {str(name): str(value) for name, value in (env or {}).items()}
        self.keep(Line(whole=tuple(names), env=tuple(given.items()), cwd=Path(str(cwd or "/"))))

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Listen: at the one place that starts git, and beside it for what goes around it."""
        start = command._start

        async def heard(
            line: Sequence[str], env: Mapping[str, str], cwd: Path, **more: Any
        ) -> asyncio.subprocess.Process:
            leash = len(command._leash()) if line[0] in command._leash() else 0
            if not leash:
                self._told.append(tuple(line))
            process = await start(line, env, cwd, **more)
            found = Line(whole=tuple(line[leash:]), env=tuple(env.items()), cwd=Path(cwd))
            if more.get("stdin") == asyncio.subprocess.PIPE:
                _listen(process, found, self)
            else:
                self.keep(found)
            return process

        _HEARING.append(self)
        try:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(command, "_start", heard)
                yield
        finally:
            _HEARING.remove(self)


def _listen(process: asyncio.subprocess.Process, line: Line, recorder: Recorder) -> None:
    """Note what a process is told, once it is told."""
    tell = process.communicate

    async def communicate(stdin: bytes | None = None) -> tuple[bytes, bytes]:
        recorder.keep(Line(whole=line.whole, env=line.env, cwd=line.cwd, stdin=bytes(stdin or b"")))
        return await tell(stdin)

    process.communicate = communicate  # type: ignore[method-assign,assignment]  # of this one alone


_HEARING: list[Recorder] = []


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "subprocess.Popen":
        for recorder in _HEARING:
            recorder.popen(*arguments)


sys.addaudithook(_audit)
