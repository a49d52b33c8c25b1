"""The actions that work on every screen."""

from __future__ import annotations

from factory.model import TaskState
from factory.wire import TaskView, Undo
from tui.screens.core import Connected
from tui.standing import needs_you
from tui.text import line
from tui.waiting import view_of
from tui.widgets.card import Card


class Everywhere(Connected):
    """Modes, palette, help, find, copy, undo, the next that waits."""

    def action_show_floor(self) -> None:
        """Go to the Floor."""
        self.factory.show_mode("floor")

    def action_show_inbox(self) -> None:
        """Go to the Inbox."""
        self.factory.show_mode("inbox")

    def action_show_tasks(self) -> None:
        """Go to the Tasks."""
        self.factory.show_mode("tasks")

    def action_show_ledger(self) -> None:
        """Go to the Ledger and history."""
        self.factory.show_mode("ledger")

    def action_show_report(self) -> None:
        """Go to the Report."""
        self.factory.show_mode("report")

    def action_next_waiting(self) -> None:
        """Go to the next task, after the one under the cursor, that needs the developer."""
        tasks = self.overview.tasks if self.overview else ()
        waiting = [view.task.id for view in tasks if needs_you(view)]
        if not waiting:
            self.say("nothing needs you now")
            return
        here = self.current_task()
        at = waiting.index(here) + 1 if here in waiting else 0
        self.factory.show_task(waiting[at % len(waiting)])

    def action_back(self) -> None:
        """Close this screen, or go to the Floor from a mode's first one."""
        if len(self.app.screen_stack) > 1:
            self.app.pop_screen()
        else:
            self.factory.show_mode("floor")

    def action_panel(self) -> None:
        """Go to the next panel."""
        self.focus_next()

    def action_commands(self) -> None:
        """Open the palette of commands."""
        self.app.action_command_palette()

    def action_keys(self) -> None:
        """Show the keys that work here."""
        from tui.screens.help import HelpScreen

        self.app.push_screen(HelpScreen(self.WHERE, self.factory.keymap))

    def action_find(self) -> None:
        """Begin to find in what is shown."""
        self.footer.begin_find()

    def action_copy(self) -> None:
        """Copy what is under the cursor."""
        text = self.copied()
        if not text:
            self.say("nothing to copy here")
            return
        self.app.copy_to_clipboard(text)
        self.say(f"copied {len(text)} characters")

    def action_undo(self) -> None:
        """Undo the developer's last act; without one, the landing under the cursor."""
        act = self.factory.last_act()
        named = act.landing if act else self.current_task()
        found = view_of(self.overview, named) if named else None
        if _landed(found):
            self.revert(named)
        elif act is None or not act.commands:
            self.say("nothing of yours to undo" if act is None else act.said)
        elif _pushed(found):
            self.factory.acts.append(act)
            self.say(f"{line(named)} is landing in this moment; then {self.key('undo')} reverts it")
        else:
            for command in act.commands:
                self.do(command, done=act.said, remember=False)

    def revert(self, task: str) -> None:
        """Ask, then undo a landing: that is a change of its own."""

        def go(yes: bool | None) -> None:
            if yes:
                done = f"{line(task)} is being reverted; it lands once it is green"
                self.do(Undo(task=task), done=done, remember=False)

        question = f"Revert {line(task)}? It is a change of its own, checked like any other."
        self.app.push_screen(Card(question, "revert"), go)


def _pushed(found: TaskView | None) -> bool:
    """Whether its push is under way: too late to take the accept back, too early to revert it."""
    return found is not None and bool(found.task.landing) and not found.task.waiting


def _landed(found: TaskView | None) -> bool:
    return found is not None and found.task.state is TaskState.LANDED
