"""Accepting from the Inbox: this item, or several small ones together, after a look at each."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from factory.model import TaskState
from factory.wire import Accept, Later
from tui import acceptcard
from tui.deciding import CHANGED, Shown, together_refusal
from tui.screens.listkeys import ListScreen
from tui.text import line, plural
from tui.waiting import Waiting, view_of
from tui.widgets.card import Card


class Together(ListScreen):
    """Marks, and one card for all that are marked; bound to the trees that the list showed."""

    def __init__(self) -> None:
        super().__init__()
        self.marked: set[str] = set()
        """Ids of the items that are to be accepted together."""
        self._shown: dict[str, Shown] = {}

    def shows(self, items: Sequence[Waiting]) -> None:
        """These items are on the screen from now on, each as it is."""
        now, before = self.factory.now(), self._shown
        self._shown = {}
        for item in items:
            change = item.view.change
            if change is not None:
                known = before.get(item.id)
                same = known is not None and known[:2] == (change.snapshot, change.tree)
                fresh = Shown(change.snapshot, change.tree, now, change.tip)
                self._shown[item.id] = known if known is not None and same else fresh
        self.marked &= {item.id for item in items}

    def action_mark(self) -> None:
        """Mark the item, or not, and go to the next."""
        task = self.listing.cursor
        view = view_of(self.overview, task)
        if view is None:
            return
        if task not in self.marked and view.task.state is not TaskState.READY:
            self.say(f"{line(task)} is {view.task.state}; only a ready change can be accepted")
            return
        self.marked ^= {task}
        self.listing.refresh()
        self.listing.move(1)
        count = len(self.marked)
        marked = f"{count} marked; {self.key('accept')} accepts them together"
        self.say(marked if count else "nothing is marked")

    def action_accept(self) -> None:
        """Ask whether to accept what is marked, or the item under the cursor."""
        names = [name for name in self._shown if name in self.marked] or [self.listing.cursor]
        bound = {name: self._shown[name] for name in names if name in self._shown}
        if refusal := self._refusal(names, bound):
            self.say(refusal, error=True)
            return

        def answered(go: bool | None) -> None:
            if go:
                self._accept(bound)

        card = Card(self._question(bound), "accept", refuse=lambda: self._refusal(names, bound))
        self.app.push_screen(card, answered)

    def action_later(self) -> None:
        """Put the item aside, or take it up again."""
        view = view_of(self.overview, self.listing.cursor)
        if view is None:
            self.say("nothing waits")
            return
        name = view.task.id
        said = f"{line(name)} waits again" if view.later else f"{line(name)} is put aside"
        self.do(Later(task=name, later=not view.later), done=said)

    def _refusal(self, names: Sequence[str], bound: dict[str, Shown]) -> str:
        """Why not all of these can be accepted now, as they were shown when `a` was pressed."""
        if not names or not names[0]:
            return "nothing waits"
        for name in names:
            shown = self._shown.get(name)
            if shown is None or shown != bound.get(name):
                return CHANGED if name in bound else f"{line(name)} has no change to accept"
            refusal = together_refusal(view_of(self.overview, name), shown, self.factory.now())
            if refusal:
                return refusal
        return ""

    def _question(self, bound: dict[str, Shown]) -> Content:
        lines = [
            f"\n  {line(name)} · tree {shown.tree[:7]} · {acceptcard.figures(view)} · "
            f"all {plural(view.hunks, 'hunk')} seen{_unsent(view.comments)}{_behind(view.behind)}"
            for name, shown in bound.items()
            if (view := view_of(self.overview, name)) is not None
        ]
        what = plural(len(bound), "change")
        return Content.assemble((f"accept {what}?", "bold"), *lines)

    def _accept(self, bound: dict[str, Shown]) -> None:
        self.marked.clear()
        for name, shown in bound.items():
            accept = Accept(task=name, snapshot=shown.snapshot, tree=shown.tree, tip=shown.tip)
            self.do(accept, done=f"accepted {plural(len(bound), 'change')}: they land now")
        self.listing.refresh()


def _unsent(comments: int) -> str:
    return f" · {plural(comments, 'comment')} unsent" if comments else ""


def _behind(behind: int) -> str:
    return f" · {behind} behind" if behind else ""
