"""The keys that comment: on a line, a range, a file, the change."""

from __future__ import annotations

from uuid import uuid4

from msgspec.structs import replace

from factory.model import Anchor, Comment, CommentKind
from factory.wire import DropComment, Look, Overview, SaveComment
from tui.diff.place import Place
from tui.keys import Where
from tui.screens.reviewing.reading import Reading
from tui.text import line


class Remarking(Reading):
    """Comments are drafts until `f` sends them; each is saved while it is written."""

    def __init__(self, task: str, look: Look = Look.CHANGE, at: Place | None = None) -> None:
        super().__init__(task, look, at)
        self._unsaved: dict[str, Comment] = {}
        self._saved: set[str] = set()
        self._opened: dict[str, Comment] = {}
        """Drafts as they were when they were last opened: dropped, they can come back so."""
        self._keeping = False

    def action_range(self) -> None:
        """Start a range at the cursor, or end it."""
        document = self.diff.document
        document.range_from = document.port.cursor if document.range_from is None else None
        self.diff.redraw()
        if document.range_from is not None:
            say, end = self.key("comment"), self.key("range")
            self.say(f"move to the end of the range; {say} comments on it, {end} ends it")

    def action_back(self) -> None:
        """End the range, else close the review."""
        if self.diff.document.range_from is not None:
            self.action_range()
        elif self.files.has_focus:
            self.action_panel()
        else:
            super().action_back()

    def action_comment(self) -> None:
        """Comment on the line or the range; a draft that stands there is written on."""
        self._comment_on(self.diff.document.anchor())

    def action_comment_file(self) -> None:
        """Comment on the file."""
        document = self.diff.document
        file = document.places.file(document.port.cursor)
        self._comment_on(Anchor(path=file.path) if file else None)

    def action_comment_change(self) -> None:
        """Comment on the change as a whole."""
        self._comment_on(Anchor())

    def _comment_on(self, anchor: Anchor | None) -> None:
        if self.look is Look.LIVE:
            steer = f"{self.key('say', Where.FLOOR)} on the Floor says something to the agent"
            self.say(f"comments are for a finished change; {steer}")
            return
        if anchor is None:
            self.say("there is no line here to comment on")
            return
        from tui.widgets.comment import CommentBox

        same = [c for c in self.drafts if _place(c.anchor) == _place(anchor)]
        draft = same[-1] if same else self._new(anchor)
        self.diff.document.range_from = None
        self.diff.redraw()
        if draft.text:
            self._opened[draft.id] = draft

        def save(kind: CommentKind, text: str) -> None:
            self._save(replace(draft, kind=kind, text=text))

        box = CommentBox(f"comment on {_named(anchor)}", save, draft.kind, draft.text)
        self.app.push_screen(box)

    def _new(self, anchor: Anchor) -> Comment:
        view, index = self.found(), self.diff.document.index
        return Comment(
            id=uuid4().hex,
            task=self.task_id,
            kind=CommentKind.DO,
            anchor=anchor,
            text="",
            tree=index.tree if anchor.new else index.against,
            round=view.task.rounds if view else 0,
            at=self.factory.now(),
        )

    def _save(self, draft: Comment) -> None:
        """Show the comment and have the engine keep it; an empty one is dropped."""
        rest = tuple(comment for comment in self.comments if comment.id != draft.id)
        self.show_comments((*rest, draft) if draft.text else rest)
        self._unsaved[draft.id] = draft
        self._keep_unsaved()

    def take(self, overview: Overview) -> None:
        """Save what could not be saved while the engine was away."""
        super().take(overview)
        self._keep_unsaved()

    def _keep_unsaved(self) -> None:
        if self._unsaved and not self._keeping:
            self._keeping = True
            self.app.run_worker(self._keep(), exit_on_error=False)

    async def _keep(self) -> None:
        """Save one after the other: a newer wording must never be overtaken by an older one."""
        try:
            while self._unsaved:
                name, draft = next(iter(self._unsaved.items()))
                before = self._opened.get(name)
                undo = _command(before) if before and not draft.text else None
                news = name not in self._saved or undo is not None
                if await self.do(_command(draft), remember=news, undo=undo).wait() is None:
                    return
                self._saved.add(name)
                if self._unsaved[name] is draft:
                    del self._unsaved[name]
        finally:
            self._keeping = False


def _command(draft: Comment) -> SaveComment | DropComment:
    if not draft.text:
        return DropComment(id=draft.id)
    return SaveComment(
        id=draft.id, task=draft.task, kind=draft.kind, anchor=draft.anchor, text=draft.text,
        tree=draft.tree,
    )  # fmt: skip


def _place(anchor: Anchor) -> tuple[str, int, int, bool]:
    return anchor.path, anchor.line, anchor.end, anchor.new


def _named(anchor: Anchor) -> str:
    if not anchor.path:
        return "the change"
    if not anchor.line:
        return line(anchor.path)
    lines = f"{anchor.line}-{anchor.end}" if anchor.end else f"{anchor.line}"
    return f"{line(anchor.path)}:{lines}{'' if anchor.new else ' (removed)'}"
