"""The files of a change: in reading order, what each is, and how much of it was seen."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from textual.content import Content

from factory.wire import FileView, ReviewIndex
from tui.diff.places import marks_of
from tui.text import clean, pad, shorten_path
from tui.widgets.listing import Listing, Slot

_TITLES = {
    "logic": "code", "test": "tests", "config": "config", "docs": "docs", "folded": "folded"
}  # fmt: skip


class Files(Listing):
    """The column beside the diff; its keys are paths."""

    DEFAULT_CSS = """
    Files { width: 24; background: $surface; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._files: dict[str, FileView] = {}
        self._seen: Collection[str] = ()

    def show_files(self, index: ReviewIndex, seen: Collection[str]) -> None:
        """Show these files; `seen` are ids of hunks and marks of files, read when drawn."""
        self._files = {file.path: file for file in index.files}
        self._seen = seen
        slots: list[Slot] = []
        kind = ""
        for file in index.files:
            if file.kind != kind and (kind or file.kind != "logic"):
                slots.append(Slot("", title=_TITLES.get(file.kind, file.kind)))
            kind = file.kind
            slots.append(Slot(file.path))
        self.show(slots, self._line)

    def follow_marks(self, paths: Iterable[str]) -> None:
        """Draw these files anew: something in them was marked as seen, or not seen."""
        self.redraw(paths)

    def on_unmount(self) -> None:
        """Let go of the files at once: a screen that was closed is collected much later."""
        self._files = {}
        self.show((), self._line)

    def _line(self, slot: Slot, width: int) -> Content:
        file = self._files.get(slot.key)
        if file is None:
            return Content.styled(pad(f" {slot.title}", width), "$text-muted")
        warning = "▲" if file.critical else "⚠" if file.badges else " "
        state = seen_state(file, self._seen)
        style = "$text-muted" if state == "[x]" else "$text"
        return Content.assemble(
            (warning, "$text-warning"),
            (f"{state} ", "$text-success" if state == "[x]" else "$text-muted"),
            (shorten_path(clean(file.path, exact=True), width - 5), style),
        )


def seen_state(file: FileView, seen: Collection[str]) -> str:
    """`[x]` where all of a file was seen, `[-]` where some of it was, else `[ ]`."""
    marks = marks_of(file)
    count = sum(mark in seen for mark in marks)
    if marks and count == len(marks):
        return "[x]"
    return "[-]" if count else "[ ]"
