"""The evidence of a change: every run of every guardrail, its log, run again, waive."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Static

from factory.model import Verdict
from factory.wire import (
    AnyNotice,
    GuardrailStatus,
    Overview,
    Progressed,
    Rerun,
    Waive,
)
from tui import evidencelines
from tui.deciding import waive_refusal
from tui.diff.place import Place
from tui.evidencelines import Evidence
from tui.keys import Where, bindings
from tui.screens.proving import Proving
from tui.text import clean, line
from tui.waiting import view_of
from tui.widgets.card import Card
from tui.widgets.footer import Footer
from tui.widgets.listing import Listing, Slot

_WAIVABLE = (Verdict.FAIL, Verdict.ERROR, Verdict.FLAKY)


class EvidenceScreen(Proving):
    """What a change rests on. `jump` goes to a place of the diff below; else a review is opened."""

    WHERE = Where.EVIDENCE
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Where.EVIDENCE)]
    HINTS = ("open", "rerun", "waive", "back", "keys")
    AUTO_FOCUS = "Listing"
    CSS_PATH = "evidence.tcss"

    def __init__(self, task: str, *, jump: Callable[[Place], None] | None = None) -> None:
        super().__init__(task, jump)
        self._live: dict[str, GuardrailStatus] = {}

    def compose(self) -> ComposeResult:
        """What it is about, the runs, what the one under the cursor found."""
        yield Static(id="evidence-heading")
        yield Listing()
        yield Static(id="evidence-details")
        yield Footer()

    def current_task(self) -> str:
        """The task it is about."""
        return self._of

    def take(self, overview: Overview) -> None:
        """Ask anew: a run may have ended."""
        self.run_worker(self._read(), group="read", exclusive=True)

    def hear(self, notice: AnyNotice) -> None:
        """Show how far a guardrail is that runs."""
        if isinstance(notice, Progressed) and notice.task == self._of:
            self._live[notice.guardrail.name] = notice.guardrail
            self._show()

    @on(Listing.Chosen)
    def action_open(self) -> None:
        """Open the log of the run, or the place of the mark."""
        evidence, key = self._evidence, self.listing.cursor
        if evidence is None:
            return
        mark, run = evidence.mark(key), evidence.run(key)
        if mark is not None:
            self.jump(Place(mark.path, mark.line, at=3))
        elif run is not None:
            from tui.screens.log import LogScreen

            self.app.push_screen(LogScreen(run, self._files, self.jump))
        else:
            self.say(f"it has not run, so there is no log; {self.key('rerun')} runs it")

    def action_rerun(self) -> None:
        """Run this guardrail again; both runs stay."""
        name = self.guardrail()
        if name:
            done = f"{line(name)} runs again; both runs stay visible"
            self.do(Rerun(task=self._of, guardrail=name), done=done)

    def action_waive(self) -> None:
        """Ask why this verdict shall not count, then ask again."""
        name, evidence = self.guardrail(), self._evidence
        change = evidence.change if evidence else None
        if not name or evidence is None or change is None:
            return
        status = next((s for s in evidence.statuses() if s.name == name), None)
        if status is None or status.verdict not in _WAIVABLE:
            verdict = status.verdict if status else Verdict.NOT_RUN
            self.say(f"{line(name)} is {verdict}; there is nothing to waive")
            return
        from tui.widgets.prompt import Prompt

        title = Content.assemble(
            ("waive ", "bold"), line(name), f" for tree {change.tree[:7]} and no other",
            "\nwhy may it not count? The reason is kept, and named in the landed commit.",
        )  # fmt: skip
        key = f"waive {self._of} {name}"
        prompt = Prompt(title, drafts=self.factory.drafts, key=key, send="next")
        self.app.push_screen(prompt, lambda reason: self._waive(name, change.tree, reason))

    def _waive(self, name: str, tree: str, reason: str | None) -> None:
        if not reason:
            return
        question = Content.assemble(
            ("waive ", "bold"), f"{line(name)} for tree {tree[:7]}? It shows as ~ and never green.",
            f"\n  {line(reason)}\n",
        )  # fmt: skip

        def answered(go: bool | None) -> None:
            if go:
                waive = Waive(task=self._of, guardrail=name, tree=tree, reason=reason)
                self.do(waive, done=f"{line(name)} is waived for tree {tree[:7]}")

        card = Card(question, "waive", refuse=lambda: self._refusal(name, tree))
        self.app.push_screen(card, answered)

    def _refusal(self, name: str, tree: str) -> str:
        return waive_refusal(view_of(self.overview, self._of), tree, name)

    async def _read(self) -> None:
        details = await self.ask(lambda client: client.details(self._of))
        if details is None:
            return
        self._live.clear()
        known = self._evidence
        self._evidence = Evidence(details, self._live, self.compared, self.claims)
        self._show()
        if known is None or known.change != details.view.change:
            await self.read_more()
            self._evidence = Evidence(details, self._live, self.compared, self.claims)
            self._show()
        if details.view.change is not None and not self._files:
            index = await self.ask(lambda client: client.review(self._of))
            self._files = index.files if index else ()

    @on(Listing.Moved)
    def _show(self) -> None:
        evidence = self._evidence
        if evidence is None:
            return
        width = self.size.width
        self.query_one("#evidence-heading", Static).update(evidencelines.heading(evidence, width))
        self.listing.show(evidencelines.slots(evidence), self._draw)
        run = evidence.run(self.listing.cursor)
        found = Content(clean(run.details if run else "", newlines=True))
        details = self.query_one("#evidence-details", Static)
        details.display = bool(found)
        details.update(found)

    def _draw(self, slot: Slot, width: int) -> Content:
        assert self._evidence is not None
        return evidencelines.draw(self._evidence, slot, width, self.factory.now())
