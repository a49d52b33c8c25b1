"""The keys of the evidence that answer by a page: what was run, tests old against new."""

from __future__ import annotations

from collections.abc import Callable

from textual.content import Content

from factory.wire import Compared, FileView, Weighed
from tui import pagelines
from tui.diff.place import Place
from tui.evidencelines import Evidence
from tui.screens.listkeys import ListScreen
from tui.screens.page import Page
from tui.text import line


class Proving(ListScreen):
    """Knows the evidence of one task, and what takes the engine longer to tell of it."""

    def __init__(self, task: str, jump: Callable[[Place], None] | None) -> None:
        super().__init__()
        self._of = task
        self._jump_below = jump
        self._evidence: Evidence | None = None
        self._files: tuple[FileView, ...] = ()
        self.compared: dict[str, Compared] = {}
        self.claims: tuple[Weighed, ...] = ()

    def jump(self, place: Place) -> None:
        """Go to a place of the diff."""
        self.app.pop_screen()
        if self._jump_below is not None:
            self._jump_below(place)
        else:
            self.factory.show_review(self._of, at=place)

    def action_commands_run(self) -> None:
        """Show what the agent ran, with true exit codes, and what bears out its claims."""
        self.run_worker(self._show_commands(), group="page", exclusive=True)

    def action_compare(self) -> None:
        """Show the names that a guardrail told, held against the tip."""
        self.run_worker(self._show_compared(), group="page", exclusive=True)

    async def _show_commands(self) -> None:
        found = await self.ask(lambda client: client.deeds(self._of))
        if found is not None and self.app.screen is self:
            heading = Content.assemble((" What the agent ran  ", "bold"), line(self._of))
            self.app.push_screen(Page(self._of, heading, pagelines.deeds(found)))

    async def _show_compared(self) -> None:
        name, evidence = self.guardrail(), self._evidence
        run = evidence.run(self.listing.cursor) if evidence else None
        found = await self.ask(lambda client: client.compared(self._of)) if name else None
        if found is None or self.app.screen is not self:
            return
        one = next((one for one in found if one.guardrail == name), None)
        if one is None:
            why = "does not name what it checks" if run else "has not run on this tree"
            self.say(f"{line(name)} {why}, so there is nothing to compare by name")
            return
        heading = Content.assemble((" Old against new  ", "bold"), line(name))
        self.app.push_screen(Page(self._of, heading, pagelines.compared(one), self._to_file))

    def _to_file(self, path: str) -> str:
        """Go from a page to a file of the diff; a sentence where it is not in it."""
        if not any(file.path == path for file in self._files):
            return f"{line(path)} is not in this change" if path else "this line names no file"
        self.app.pop_screen()
        self.jump(Place(path))
        return ""

    async def read_more(self) -> None:
        """What takes the engine longer: it is asked once for each change."""
        found = await self.ask(lambda client: client.compared(self._of))
        self.compared = {one.run: one for one in found or ()}
        deeds = await self.ask(lambda client: client.deeds(self._of))
        self.claims = deeds.claims if deeds else ()

    def guardrail(self) -> str:
        """Name of the guardrail under the cursor; empty, and said so, where there is none."""
        name = self._evidence.guardrail(self.listing.cursor) if self._evidence else ""
        if not name:
            self.say("put the cursor on a guardrail")
        return name
