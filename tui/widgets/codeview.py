"""A file to be read: a log view with line numbers, in which the code in view gets its colours."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import ClassVar

from rich.style import Style

from tui.diff.cells import shown
from tui.diff.colour import LONGEST, Spans, Tone, line_tones
from tui.widgets.logview import LogView

_BEFORE = 100
"""Lines above the window that are read too: a string may have begun there."""


class CodeView(LogView):
    """Shows a file. The lines in view are coloured in a thread, once they are there."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"codeview--{tone}" for tone in Tone}
    DEFAULT_CSS = """
    CodeView {
        & > .codeview--keyword { color: $text-accent; }
        & > .codeview--string { color: $text-success; }
        & > .codeview--comment { color: $text-muted; text-style: italic; }
        & > .codeview--number { color: $text-warning; }
        & > .codeview--name { color: $text-primary; }
    }
    """

    def __init__(self, path: str) -> None:
        super().__init__(numbered=True)
        self._path = path
        self._spans: dict[int, Spans] = {}

    def settled(self) -> None:
        """Colour what came into view."""
        if self._plain() and not any(w.group == "colours" and w.is_running for w in self.workers):
            self.run_worker(self._colour(), group="colours")

    def pieces(self, at: int) -> Iterator[tuple[int, int, Style]]:
        """The tones of a line, as far as it is coloured."""
        for start, end, tone in self._spans.get(at, ()):
            yield start, end, self.get_component_rich_style(f"codeview--{tone}", partial=True)

    def _plain(self) -> list[int]:
        return [at for at in self.in_view() if at not in self._spans]

    async def _colour(self) -> None:
        while self.text is not None and (plain := self._plain()):
            first = max(0, plain[0] - _BEFORE)
            lines = self.text.lines[first : plain[-1] + 1]
            tones = await asyncio.to_thread(_tones, self._path, lines)
            self._spans.update((at, tones[at - first]) for at in plain)
            self.refresh()


def _tones(path: str, lines: list[str]) -> list[Spans]:
    return line_tones(path, [shown(line) if len(line) <= LONGEST else "" for line in lines])
