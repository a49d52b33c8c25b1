"""The keys that decide: feedback, accept, reject. Each asks by a card, bound to what was shown."""

from __future__ import annotations

from collections.abc import Callable

from textual.content import Content

from factory.model import CommentState, TaskState
from factory.wire import Accept, AcceptPart, Look, Overview, Reject, ReviewIndex, SendFeedback
from tui import acceptcard, reviewlines
from tui.deciding import accept_refusal, return_refusal
from tui.screens.reviewing.partly import Partly
from tui.text import line
from tui.widgets.card import Card

Refuse = Callable[[], str]
Rule = Callable[[ReviewIndex, Overview | None, float], str]
Decision = Accept | AcceptPart | Reject | SendFeedback


class Deciding(Partly):
    """A decision acts on the index that was on the screen when its key was pressed."""

    def action_accept(self) -> None:
        """Ask whether to accept exactly the tree that is shown."""
        index, view = self.diff.document.index, self.found()
        refuse = self._refuse(accept_refusal, index)
        if view is None or not self._may(refuse):
            return
        if view.task.state is not TaskState.READY:
            send, show = self.key("feedback"), self.key("evidence")
            name = line(self.task_id)
            self.say(f"{name} is not green; {send} sends feedback, {show} shows the evidence")
            return
        left = self.diff.document.left_out
        if view.left_out and self.look is Look.DELTA:
            whole = f"{self.key('delta')} shows all of it, to accept the rest"
            self.say(f"hunks are left out of this change: {whole}")
            return
        # What is accepted is the whole change, though only what is new of it may be on the screen.
        unseen = view.hunks - view.seen if index.delta else self.diff.document.unseen
        asked = acceptcard.question(view, index, self.comments, unseen=unseen, left=left)
        if left:
            part = AcceptPart(task=index.task, snapshot=index.snapshot, tree=index.tree,
                              left_out=tuple(sorted(left)), tip=index.tip)  # fmt: skip
            done = f"the rest of {line(index.task)} lands once it is green by itself"
            self._ask(asked, "accept the rest", refuse, part, done)
            return
        command = Accept(task=index.task, snapshot=index.snapshot, tree=index.tree, tip=index.tip)
        self._ask(asked, "accept", refuse, command, f"accepted {line(index.task)}: it lands now")

    def action_reject(self) -> None:
        """Ask whether to reject the change."""
        index, view = self.diff.document.index, self.found()
        refuse = self._refuse(return_refusal, index)
        if view is not None and self._may(refuse):
            question = reviewlines.reject_question(view, self.key("undo"))
            command = Reject(task=index.task)
            done = f"rejected {line(index.task)}; {self.key('undo')} brings it back"
            self._ask(question, "reject", refuse, command, done)

    def action_feedback(self) -> None:
        """Write a remark on the whole, then ask whether to send it with all comments."""
        index = self.diff.document.index
        refuse = self._refuse(return_refusal, index)
        if not self._may(refuse):
            return
        from tui.widgets.prompt import Prompt

        listed = [f"\n  {reviewlines.comment_line(comment)}" for comment in self.drafts]
        again = [one for one in self.comments if one.state is CommentState.OPEN]
        listed += [f"\n  again, still open: {reviewlines.comment_line(one)}" for one in again]
        title = Content.assemble(
            ("feedback", "bold"), f" to {line(index.task)}", *listed,
            "\na remark on the whole, if any:" if listed else "\nwhat shall it do?",
        )  # fmt: skip
        key = f"feedback {index.task}"
        prompt = Prompt(
            title, drafts=self.factory.drafts, key=key, send="next", optional=bool(listed)
        )
        self.app.push_screen(prompt, lambda text: self._send(index, refuse, text))

    def _send(self, index: ReviewIndex, refuse: Refuse, text: str | None) -> None:
        view = self.found()
        if text is None or view is None:
            return
        self.factory.drafts[f"feedback {index.task}"] = text  # kept until it has gone
        question = reviewlines.feedback_question(view, self.drafts, text)
        command = SendFeedback(task=index.task, text=text)
        done = f"sent to {line(index.task)}; it comes back when it is green"
        self._ask(question, "send", refuse, command, done)

    def action_evidence(self) -> None:
        """Show every run of every guardrail; a `path:line` in a log leads back to the diff."""
        self.factory.show_evidence(self.task_id, jump=self.read)

    def _refuse(self, rule: Rule, index: ReviewIndex) -> Refuse:
        def refusal() -> str:
            on_screen = self.shown_at and self.diff.document.index is index
            shown_for = self.factory.now() - self.shown_at if on_screen else 0.0
            return rule(index, self.overview, shown_for)

        return refusal

    def _may(self, refuse: Refuse) -> bool:
        if self.look is Look.LIVE:
            self.say("this is the live worktree; its change is decided on when it is ready")
            return False
        refusal = refuse()
        if refusal:
            self.say(refusal, error=True)
        return not refusal

    def _ask(
        self, question: Content, yes: str, refuse: Refuse, command: Decision, done: str
    ) -> None:
        def answered(go: bool | None) -> None:
            if go:
                self.do(command, then=lambda reply: self._decided(command, done))

        self.app.push_screen(Card(question, yes, refuse=refuse), answered)

    def _decided(self, command: Decision, done: str) -> None:
        """Go on to the next change that waits, or back where none does."""
        self.factory.drafts.pop(f"feedback {command.task}", None)
        self.go_on(command.task, done)
