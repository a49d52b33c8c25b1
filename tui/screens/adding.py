"""Writing new tasks: in a box, or in the developer's editor."""

from __future__ import annotations

from factory import wire
from factory.model import Draft
from tui.screens.base import FactoryScreen
from tui.text import line, plural


class Adding(FactoryScreen):
    """The two keys that queue new tasks, for the screens that have them."""

    def action_new_tasks(self) -> None:
        """Write tasks a line each."""
        from tui.screens.newtasks import NewTasks

        self.app.push_screen(NewTasks(self.overview, drafts=self.factory.drafts), self.add)

    def action_edit_tasks(self) -> None:
        """Write tasks in the editor; what cannot be read is kept for the next time."""
        from tui.editor import EditorError
        from tui.taskfile import TEMPLATE, TaskTextError, parse
        from tui.widgets.prompt import edit_text

        key = "task file"
        try:
            written = edit_text(self.app, self.factory.drafts.get(key, TEMPLATE))
        except EditorError as error:
            self.say(str(error), error=True)
            return
        try:
            drafts = parse(written)
        except TaskTextError as error:
            self.factory.drafts[key] = written
            self.say(f"{line(str(error))}; {self.key('edit_tasks')} opens it again", error=True)
            return
        self.factory.drafts.pop(key, None)
        if drafts:
            self.add(drafts)
        else:
            self.say("nothing was written, nothing is queued")

    def add(self, drafts: tuple[Draft, ...] | None) -> None:
        """Queue these, where there are any."""
        if drafts:
            done = f"queued {plural(len(drafts), 'task')}; {self.key('undo')} takes it back"
            self.do(wire.Add(drafts=drafts), done=done)
