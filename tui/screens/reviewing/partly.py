"""What is put aside: hunks and files left out of an accept, and the whole change for later."""

from __future__ import annotations

from factory.model import TaskState
from factory.wire import Later, LeaveOut, Look
from tui.screens.base import FactoryScreen
from tui.screens.reviewing.asking import Asking
from tui.text import line, plural


class Partly(Asking):
    """What is left out is kept by the engine, like the marks of what was seen."""

    def action_leave_out(self) -> None:
        """Leave the hunk (on a heading, the file) out of an accept, or put it back."""
        if self.look is not Look.CHANGE or self.query_one("#review-page").display:
            whole, page = self.key("delta"), self.key("read_on")
            self.say(f"hunks are left out of the whole change; {whole} or {page} shows it")
            return
        document = self.diff.document
        marks = document.places.marks_at(document.port.cursor)
        if not marks:
            return
        out = not document.left_out.issuperset(marks)
        document.left_out = (
            document.left_out | set(marks) if out else document.left_out - set(marks)
        )
        self.diff.redraw()
        self.refresh_lines()
        self.do(LeaveOut(task=self.task_id, marks=marks, out=out))
        left = len(document.left_out)
        rest = f"{self.key('accept')} accepts the rest, which is checked first"
        said = f"{plural(left, 'place')} left out; {rest}"
        self.say(said if left else "nothing is left out")

    def action_later(self) -> None:
        """Put this change aside and go on to the next, or take it up again."""
        view = self.found()
        if view is None or view.task.state not in (TaskState.READY, TaskState.PARKED):
            self.say("only what waits can be put aside")
            return
        name, later = view.task.id, not view.later
        undo, again = self.key("undo"), self.key("later")
        done = f"{line(name)} is put aside; {undo} or {again} takes it up again"
        if later:
            self.do(Later(task=name), then=lambda _: self.go_on(name, done))
        else:
            self.do(Later(task=name, later=False), done=f"{line(name)} waits again")

    def go_on(self, task: str, done: str) -> None:
        """Say what was done with a task, and show what waits next."""
        if self.app.screen is not self or self.task_id != task:
            return
        if self.go_to_neighbour(1):
            self.say(f"{done}. Next: {line(self.task_id)}")
            return
        self.app.pop_screen()
        if isinstance(self.app.screen, FactoryScreen):
            self.app.screen.say(done)
