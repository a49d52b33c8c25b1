"""`factory-tui` as it is typed: real processes, in a pipe or at a terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import subprocess  # noqa: TID251 - the command is run as the developer runs it
import sys
import termios
from pathlib import Path

from factory.model import Struct

COMMAND = str(Path(sys.executable).with_name("factory-tui"))
_PATIENCE = 60.0


class Said(Struct):
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str


class Shell:
    """A shell in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *words: str, given: str = "", env: dict[str, str] | None = None) -> Said:
        """Run `factory-tui` with these words in a pipe."""
        done = subprocess.run(
            (COMMAND, *words),
            cwd=self.folder,
            input=given,
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
            env={**os.environ, **(env or {})},
        )
        return Said(code=done.returncode, out=done.stdout, err=done.stderr)

    def done(self, *words: str, given: str = "") -> str:
        """Run it, expect 0, and give what it printed."""
        said = self(*words, given=given)
        assert said.code == 0, said
        return said.out

    def at_terminal(self, *words: str, typed: str = "", env: dict[str, str] | None = None) -> Said:
        """Run it at a terminal of its own, where `typed` is typed; `out` is all it printed."""
        ours, theirs = pty.openpty()

        def take_terminal() -> None:
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        process = subprocess.Popen(
            (COMMAND, *words),
            cwd=self.folder,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            preexec_fn=take_terminal,
            env={**os.environ, "TERM": "xterm", **(env or {})},
        )
        os.close(theirs)
        os.write(ours, typed.encode())
        printed = bytearray()
        while select.select([ours], [], [], _PATIENCE)[0]:
            try:
                piece = os.read(ours, 65_536)
            except OSError:  # Linux: the other side is closed
                break
            if not piece:
                break
            printed += piece
        os.close(ours)
        return Said(code=process.wait(_PATIENCE), out=printed.decode(), err="")

    def begun(self, *words: str) -> subprocess.Popen[str]:
        """Start it and let it run, its output in a pipe."""
        return subprocess.Popen(
            (COMMAND, *words),
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
