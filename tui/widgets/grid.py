"""The grid of panes: it reflows with its size, and a pane keeps its place while it is there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from textual.containers import Container
from textual.message import Message
from textual.widget import Widget

from factory.entry import AnyEntry
from tui.frame import FrameClock
from tui.layout import Shape, arrange, neighbour
from tui.lines import Line, Script
from tui.widgets.pane import Heading, Pane


class Grid(Container):
    """Panes by task. It is told which tasks there are, what each says, and where the cursor is."""

    class Arranged(Message):
        """Other panes are on the screen than before."""

    DEFAULT_CSS = """
    Grid { layout: grid; height: 1fr; grid-gutter: 0; }
    """

    def __init__(self, frame: FrameClock) -> None:
        super().__init__()
        self._frame = frame
        self._order: list[str] = []
        self._panes: dict[str, Pane] = {}
        self._scripts: dict[str, tuple[str, Script]] = {}
        self._current = ""
        self._shape = Shape()

    @property
    def shown(self) -> tuple[str, ...]:
        """Ids of the tasks whose panes are on the screen, in their order."""
        return tuple(self._panes)

    @property
    def order(self) -> tuple[str, ...]:
        """Ids of all tasks that have a place, in their order."""
        return tuple(self._order)

    def show(self, tasks: Iterable[str], current: str) -> None:
        """Have panes for these tasks: who is there stays in place, who is new comes last."""
        wanted = list(tasks)
        here = [task for task in self._order if task in wanted]
        self._order = here + [task for task in wanted if task not in here]
        self._current = current
        self.reflow()

    def reflow(self) -> None:
        """Arrange the panes for the size that the grid has now."""
        width, height = self.size
        if not width or not height:
            return
        before = tuple(self._panes)
        at = self._order.index(self._current) if self._current in self._order else 0
        shape = arrange(len(self._order), width, height, at)
        seen = self._order[shape.first : shape.end]
        for task in [task for task in self._panes if task not in seen]:
            self._panes.pop(task).remove()
            self._scripts.pop(task, None)
        for task in seen:
            if task not in self._panes:
                self._panes[task] = Pane(task, self._frame)
                self.mount(self._panes[task])
        self._place(shape, seen)
        if tuple(seen) != before:
            self._panes = {task: self._panes[task] for task in seen}
            self.post_message(self.Arranged())

    def head(self, headings: Mapping[str, Heading], current: str) -> None:
        """Change headings, and show which pane has the cursor."""
        for task, found in headings.items():
            self._panes[task].head(found, current=task == current)

    def summarize(self, task: str, lines: tuple[Line, ...]) -> None:
        """Stand these lines above what a pane's agent said."""
        if task in self._panes:
            self._panes[task].summarize(lines)

    def feed(self, task: str, attempt: str, entries: Sequence[AnyEntry]) -> None:
        """Let a pane show what its agent said and did."""
        pane = self._panes.get(task)
        if pane is None:
            return
        name, script = self._scripts.get(task, ("", Script()))
        if name != attempt:
            script = Script()
            self._scripts[task] = (attempt, script)
        pane.feed(script.read(entries))

    def beside(self, task: str, *, across: int = 0, down: int = 0) -> str:
        """The task whose pane lies in that direction; the same one at an edge."""
        if task not in self._order:
            return self._order[0] if self._order else ""
        at = neighbour(
            self._order.index(task),
            len(self._order),
            self._shape.columns,
            across=across,
            down=down,
        )
        return self._order[at]

    def pane(self, task: str) -> Pane | None:
        """The pane of a task, where it is on the screen."""
        return self._panes.get(task)

    def on_resize(self) -> None:
        """Arrange anew."""
        self.reflow()

    def _place(self, shape: Shape, seen: Sequence[str]) -> None:
        if shape != self._shape:
            self._shape = shape
            self.styles.grid_size_columns = shape.columns
            self.styles.grid_size_rows = shape.rows
        for at, task in enumerate(seen):
            pane = self._panes[task]
            left = at % shape.columns > 0
            last = at == len(seen) - 1
            span = shape.columns - at % shape.columns if last else 1
            if (pane.styles.column_span or 1) != span:
                pane.styles.column_span = span
            pane.stand(left=left, joint="┬" if at < shape.columns else "┼")
        standing = [pane.about for pane in self.query_children(Pane) if pane.about in seen]
        if standing != list(seen):
            self.sort_children(key=lambda node: _index(node, seen))


def _index(node: Widget, seen: Sequence[str]) -> int:
    about = node.about if isinstance(node, Pane) else ""
    return seen.index(about) if about in seen else len(seen)
