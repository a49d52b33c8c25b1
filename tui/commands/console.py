"""Where a command reads and writes: lines of plain text, fit for pipes and screen readers."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TextIO

from rich.cells import cell_len

from factory.model import FactoryError
from tui.text import clean, fit, line, pad

_COLOURS = {"✓": "32", "✗": "31", "⚠": "33", "!": "1;33", "~": "33", "◐": "36"}
_GAP = "  "


class UsageError(FactoryError):
    """The command line says something that cannot be meant."""

    exit_code = 2


class Console:
    """The terminal or pipe that a command was started with.

    Every line goes through `tui.text.clean`; colour is added afterwards, to the sign that a line
    begins with, and only on a terminal without NO_COLOR.
    """

    def __init__(
        self, stdin: TextIO, stdout: TextIO, stderr: TextIO, environ: Mapping[str, str]
    ) -> None:
        self._stdin = stdin
        self._stdout = stdout
        self._stderr = stderr
        self.asks = stdin.isatty() and stdout.isatty()
        """Whether a person is there to be asked."""
        terminal = stdout.isatty() and environ.get("TERM") != "dumb"
        self._colour = terminal and not environ.get("NO_COLOR")

    @classmethod
    def of_process(cls, environ: Mapping[str, str]) -> Console:
        """The console of this process; what the encoding lacks is printed as `?`."""
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="replace", line_buffering=True)
        return cls(sys.stdin, sys.stdout, sys.stderr, environ)

    def line(self, text: str = "", *, exact: bool = False) -> None:
        """One line. With `exact` no invisible character is dropped (for what is reviewed)."""
        flat = clean(text, exact=exact)
        if self._colour and flat[:1] in _COLOURS:
            flat = f"\x1b[{_COLOURS[flat[0]]}m{flat[0]}\x1b[0m{flat[1:]}"
        self._stdout.write(flat + "\n")

    def lines(self, text: str, *, indent: str = "") -> None:
        """Foreign text of several lines."""
        for part in clean(text, newlines=True).split("\n"):
            self._stdout.write(f"{indent}{part}".rstrip() + "\n")

    def fields(self, *fields: str) -> None:
        """One line of fields with tabs in between, and none within: for scripts."""
        self._stdout.write("\t".join(line(field) for field in fields) + "\n")

    def table(self, rows: Iterable[Sequence[str]], *, indent: str = "", width: int = 60) -> None:
        """Rows with their columns lined up; a cell is cut at `width`, the last one never is."""
        found = [[clean(cell) for cell in row] for row in rows]
        columns = max((len(row) for row in found), default=0)
        widths = [
            min(width, max((cell_len(row[at]) for row in found if at < len(row) - 1), default=0))
            for at in range(columns)
        ]
        for row in found:
            cells = [pad(fit(cell, widths[at]), widths[at]) for at, cell in enumerate(row[:-1])]
            self.line(indent + _GAP.join([*cells, row[-1] if row else ""]).rstrip())

    def raw(self, text: str) -> None:
        """Text of our own that is already safe, such as JSON in ASCII."""
        self._stdout.write(text)

    def note(self, text: str) -> None:
        """A sentence beside the output: on stderr."""
        self._stderr.write(clean(text) + "\n")

    def question(self, text: str, default: str = "") -> str:
        """Ask the person and give the answer, or the default for none. Only where `asks`."""
        asked = f"{text} [{default}] " if default else f"{text} "
        self._stdout.write(clean(asked, newlines=True))
        self._stdout.flush()
        answer = self._stdin.readline()
        if not answer:
            raise KeyboardInterrupt
        return answer.strip() or default

    def confirms(self, text: str) -> bool:
        """Whether the person says yes; enter alone is no."""
        return self.question(f"{text} [y/N]").lower() in ("y", "yes")

    def read(self, source: str) -> str:
        """The text of a file, or of standard input for `-`. Raises UsageError."""
        if source == "-":
            return self._stdin.read()
        try:
            return Path(source).read_text(encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{source} cannot be read: {error.strerror or error}") from error
        except UnicodeDecodeError as error:
            raise UsageError(f"{source} is not UTF-8 text") from error
