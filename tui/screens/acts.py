"""What the developer can do about one task, on the Floor and in the zoom alike."""

from __future__ import annotations

from pathlib import Path

from factory import wire
from factory.model import Budget, TaskState
from factory.wire import TaskView
from tui.floorlist import view_of
from tui.keys import Where
from tui.screens.moving import Moving
from tui.standing import asks
from tui.text import line, money
from tui.widgets.card import Card


class TaskActs(Moving):
    """Say, pause, end, budget, editor, shell, evidence; each about `current_task`."""

    def view(self) -> TaskView | None:
        """The task under the cursor, as the newest overview has it; says so where there is none."""
        found = view_of(self.overview, self.current_task())
        if found is None:
            self.say(f"there is no task here; {self.key('new_tasks', Where.FLOOR)} writes new ones")
        return found

    def action_say(self) -> None:
        """Steer the agent, or answer its question."""
        view = self.view()
        if view is None:
            return
        task = view.task
        if task.state.over:
            self.say(f"{line(task.id)} is {task.state}; nobody listens", error=True)
            return
        from tui.screens.saying import say_to

        say_to(self, view)

    def action_pause(self) -> None:
        """Pause the agent, or let the task go on."""
        view = self.view()
        if view is None:
            return
        name = view.task.id
        match view.task.state:
            case TaskState.WORKING | TaskState.CHECKING:
                self.do(wire.Pause(task=name), done=f"{line(name)} pauses after this turn")
            case TaskState.PARKED if asks(view):
                self.say(f"it waits for your answer; {self.key('say')} answers")
            case TaskState.PARKED | TaskState.STOPPED:
                self.do(wire.Resume(task=name), done=f"{line(name)} goes on")
            case TaskState.DRAFT:
                self.do(wire.Hold(task=name, held=False), done=f"{line(name)} is queued")
            case TaskState.QUEUED:
                self.do(wire.Hold(task=name, held=True), done=f"{line(name)} is held back")
            case state:
                self.say(f"{line(name)} is {state}; there is nothing to pause")

    def action_evidence(self) -> None:
        """Show what the guardrails of the task found."""
        view = self.view()
        if view is not None:
            self.factory.show_evidence(view.task.id)

    def action_budget(self) -> None:
        """Ask for new caps of the task."""
        view = self.view()
        if view is None:
            return
        from tui.screens.budget import BudgetPrompt

        name = view.task.id
        spent = money(view.spent, view.subscription)
        prompt = BudgetPrompt(name, view.task.budget, spent, drafts=self.factory.drafts)
        self.app.push_screen(prompt, lambda budget: self._capped(name, budget))

    def _capped(self, task: str, budget: Budget | None) -> None:
        if budget is not None:
            said = f"{line(task)} has a new budget"
            self.do(wire.RaiseBudget(task=task, budget=budget), done=said)

    def action_end(self) -> None:
        """End the task for good, after a card."""
        view = self.view()
        if view is None:
            return
        name = view.task.id
        if view.task.state.over:
            self.say(f"{line(name)} is {view.task.state} already")
            return
        back = f"{self.key('undo')} lets it go on"
        card = Card(f"End {line(name)}? Its work is snapshotted and kept; {back}.", "end")

        def ended(go: bool | None) -> None:
            if go:
                self.do(wire.End(task=name), done=f"{line(name)} has ended; {back}")

        self.app.push_screen(card, ended)

    def place_to_edit(self) -> tuple[str, int]:
        """The file, and the line of it, that the editor opens; empty for the worktree itself."""
        return "", 0

    def action_editor(self) -> None:
        """Open the worktree in the developer's editor."""
        self.run_worker(self._outside(shell=False), exclusive=True, group="outside")

    def action_shell(self) -> None:
        """Open a shell in the worktree's sandbox."""
        self.run_worker(self._outside(shell=True), exclusive=True, group="outside")

    async def _outside(self, *, shell: bool) -> None:
        view = self.view()
        if view is None:
            return
        name = view.task.id
        details = await self.ask(lambda client: client.details(name))
        if details is None:
            return
        if not details.worktree:
            why = "it gets one when it works" if view.task.agent else "no agent works on it"
            self.say(f"{line(name)} has no worktree now: {why}", error=True)
            return
        if shell and not details.shell:
            self.say("there is no shell here: no sandbox runs on this machine", error=True)
            return
        from tui import editor

        folder = Path(details.worktree)
        try:
            if shell:
                editor.run(self.app, details.shell, folder)
            else:
                path, number = self.place_to_edit()
                file = (folder / path).resolve()
                # A link of the agent's may lead anywhere; what is opened is in the worktree.
                inside = path and file.is_file() and file.is_relative_to(folder.resolve())
                editor.edit(self.app, *((file, number) if inside else (folder, 0)))
        except editor.EditorError as error:
            self.say(str(error), error=True)
