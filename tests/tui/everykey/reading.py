"""What the keys of review, attempts, evidence, files, pages and cards must do."""

from __future__ import annotations

from factory.model import Anchor
from factory.wire import (
    Accept,
    AcceptPart,
    Later,
    LeaveOut,
    Look,
    MarkSeen,
    Reject,
    Rerun,
    RowKind,
    SaveComment,
    SendFeedback,
    Waive,
)
from tests.stage_review import SNAPSHOT, TIP, TREE
from tests.tui.everykey.check import Check, Checks, So, front, sends, shows, typed
from tests.tui.everykey.play import Play
from tui.keys import Where

PATH = "internal/limit/bucket.go"
FIRST, SECOND = f"{PATH}-41", f"{PATH}-88"
ACCEPT = Accept(task="rate-limit", snapshot=SNAPSHOT, tree=TREE, tip=TIP)
REST = AcceptPart(task="rate-limit", snapshot=SNAPSHOT, tree=TREE, tip=TIP, left_out=(FIRST,))
TO_LINE = ("]", "j", "j")
FREE = (*TO_LINE, "j")
"""A line that nothing has been written on."""
LOG = ("@guardrail types", "enter", "g")


def _goes(kind: str, by: int) -> So:
    return lambda p: p.row.kind == kind and (p.spot.y - p.was.spot.y) * by > 0


def _other_hit(by: int) -> So:
    return lambda p: "float64" in p.under and (p.spot.y - p.was.spot.y) * by > 0


def _moves(by: int) -> So:
    return lambda p: (p.spot.y - p.was.spot.y) * by > 0


def _remark(about: str) -> So:
    """A comment went whose place is so: `line`, `range`, `file` or `change`."""

    def kind(anchor: Anchor) -> str:
        if anchor.line:
            return "range" if anchor.end else "line"
        return "file" if anchor.path else "change"

    def so(play: Play) -> bool:
        kept = [one for one in play.sent if isinstance(one, SaveComment)]
        return bool(kept) and kept[-1].text == "hm" and kind(kept[-1].anchor) == about

    return so


def _laid(name: str) -> So:
    """The lines are laid out otherwise, and it shows."""

    def so(play: Play) -> bool:
        return getattr(play.review.diff.document.sheet, name) and play.text != play.was.text

    return so


def _page(play: Play) -> bool:
    return play.review.query_one("#review-page").display and "Limit requests" in play.text


def _more(play: Play) -> bool:
    return any("context=10" in asked for asked in play.stage.asked)


def _read_on(play: Play) -> bool:
    marks = [one.marks for one in play.sent if isinstance(one, MarkSeen)]
    return play.spot.y > play.was.spot.y and (FIRST,) in marks


HM = typed("hm", "enter")

MOVES: Checks = {
    "next_hunk": (Check(_goes(RowKind.HUNK, 1), ("g",)),),
    "previous_hunk": (Check(_goes(RowKind.HUNK, -1), ("G",)),),
    "next_file": (Check(_goes(RowKind.FILE, 1), ("g",)),),
    "previous_file": (Check(_goes(RowKind.FILE, -1), ("G", "{")),),
    "context": (Check(_more, TO_LINE),),
    "wrap": (
        Check(lambda p: _laid("wrap")(p) and "the edge" in p.text, ("}",)),
        Check(lambda p: not p.review.diff.document.sheet.wrap, ("w",)),
    ),
}

REVIEW: Checks = {
    **MOVES,
    "next_hit": (Check(_other_hit(1), ("g", "/", *typed("float64", "enter"))),),
    "previous_hit": (Check(_other_hit(-1), ("g", "/", *typed("float64", "enter", "n"))),),
    "file_by_name": (Check(lambda p: p.under == "cmd/serve.go", (), typed("srv", "enter")),),
    "find_in_files": (
        Check(
            lambda p: p.under.strip() == "b.refill(time.Now())", (),
            typed("now(", "enter", "enter"),
        ),
        Check(front("FileScreen"), (), typed("now(", "enter", "down", "enter")),
    ),
    "next_change": (Check(lambda p: p.task not in ("", p.was.task)),),
    "previous_change": (Check(lambda p: p.task == "rate-limit", (")",)),),
    "read_on": (Check(_read_on, ("g",), ("space",), alone=True),),
    "seen": (
        Check(sends(MarkSeen(task="rate-limit", marks=(FIRST,), seen=True)), ("]",), alone=True),
        Check(
            lambda p: MarkSeen(task="rate-limit", marks=(FIRST,), seen=False) in p.sent,
            ("]", "r", "["), alone=True,
        ),
    ),
    "comment": (
        Check(_remark("line"), FREE, HM, alone=True),
        Check(_remark("range"), (*FREE, "v", "j", "j"), HM, alone=True),
    ),
    "range": (
        Check(lambda p: p.review.diff.document.range_from == p.spot.y, TO_LINE),
        Check(lambda p: p.review.diff.document.range_from is None, (*TO_LINE, "v")),
    ),
    "comment_file": (Check(_remark("file"), TO_LINE, HM, alone=True),),
    "comment_change": (Check(_remark("change"), TO_LINE, HM, alone=True),),
    "summary": (Check(_page), Check(lambda p: not _page(p), ("i",))),
    "why": (Check(lambda p: p.front == "Page" and "fills by itself" in p.text, TO_LINE),),
    "delta": (
        Check(lambda p: p.review.look is Look.DELTA and "since your last look" in p.text),
        Check(lambda p: p.review.look is Look.CHANGE, ("d",)),
    ),
    "split": (
        Check(_laid("split"), ("]",)),
        Check(lambda p: not p.review.diff.document.sheet.split, ("|",)),
    ),
    "blanks": (
        Check(lambda p: _laid("blanks")(p) and "→" in p.text, ("]",)),
        Check(lambda p: not p.review.diff.document.sheet.blanks, ("W",)),
    ),
    "evidence": (Check(front("EvidenceScreen")),),
    "editor": (Check(lambda p: p.ran.strip().endswith("/worktree")),),
    "shell": (Check(lambda p: p.ran.strip().endswith("/worktree: shell")),),
    "leave_out": (
        Check(sends(LeaveOut(task="rate-limit", marks=(FIRST,), out=True)), ("]",), alone=True),
        Check(
            sends(LeaveOut(task="rate-limit", marks=(FIRST, SECOND), out=True)), ("g",), alone=True
        ),
    ),
    "later": (
        Check(
            lambda p: p.sent == [Later(task="rate-limit")] and p.task != "rate-limit", alone=True
        ),
    ),
    "rival": (Check(shows("is the only attempt")),),
    "feedback": (
        Check(
            sends(SendFeedback(task="rate-limit", text="more")), (), typed("more", "enter", "y"),
            alone=True,
        ),
    ),
    "accept": (
        Check(sends(ACCEPT), (), ("y",), alone=True),
        Check(lambda p: p.sent[-1:] == [REST], ("]", "-"), ("y",), alone=True),
    ),
    "reject": (Check(sends(Reject(task="rate-limit")), (), ("y",), alone=True),),
}  # fmt: skip

RIVAL: Checks = {
    **MOVES,
    "keep": (Check(sends(Reject(task="rate-limit")), (), ("y",), alone=True),),
    "rival": (Check(front("ReviewScreen")),),
}


def _at_line(play: Play) -> bool:
    return play.front == "ReviewScreen" and play.row.new == 46


EVIDENCE: Checks = {
    "open": (
        Check(front("LogScreen"), ("@guardrail types",)),
        Check(
            _at_line, ("@guardrail types", "enter", "g", "/", *typed("bucket.go:46", "enter"))
        ),
    ),
    "rerun": (Check(sends(Rerun(task="rate-limit", guardrail="ruff")), ("@guardrail ruff",)),),
    "commands_run": (Check(lambda p: p.front == "Page" and "What the agent ran" in p.text),),
    "compare": (
        Check(
            lambda p: p.front == "Page" and "Old against new" in p.text, ("@guardrail tests",)
        ),
    ),
    "next_hit": (Check(_moves(1), (*LOG, "/", *typed("checked", "enter"))),),
    "previous_hit": (Check(_moves(-1), (*LOG, "/", *typed("checked", "enter", "n", "n"))),),
    "waive": (
        Check(
            sends(Waive(task="rate-limit", guardrail="types", tree=TREE, reason="old sin")),
            ("@guardrail types",), typed("old sin", "enter", "y"),
        ),
    ),
}  # fmt: skip

FILE: Checks = {
    "editor": (
        Check(lambda p: "+4 " in p.ran and p.ran.strip().endswith("lib/clock.go"), ("j",)),
    ),
    "shell": (Check(lambda p: p.ran.strip().endswith("/worktree: shell")),),
    "next_hit": (Check(_moves(1), ("g", "/", *typed("Now", "enter"))),),
    "previous_hit": (Check(_moves(-1), ("g", "/", *typed("Now", "enter", "n", "n"))),),
}  # fmt: skip

PAGE: Checks = {
    "open": (
        Check(front("ReviewScreen"), ("g", "/", *typed("TestOld", "escape"))),
        Check(shows("this line names no file"), ("g",)),
    ),
}

CARD: Checks = {"go": (Check(sends(ACCEPT), alone=True),)}

OWN = {
    Where.REVIEW: REVIEW, Where.RIVAL: RIVAL, Where.EVIDENCE: EVIDENCE, Where.FILE: FILE,
    Where.PAGE: PAGE, Where.CARD: CARD,
}  # fmt: skip
