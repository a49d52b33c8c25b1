"""What the keys of Inbox, Tasks, Ledger and Report must do."""

from __future__ import annotations

from factory.model import Budget, Draft
from factory.wire import Accept, Add, Again, Edit, End, Hold, Later, Move, RaiseBudget, Undo
from tests.stage_review import SNAPSHOT, TIP, TREE
from tests.tui.everykey.check import Check, Checks, front, sends, shows, typed
from tests.tui.everykey.play import Play
from tui.keys import Where

RETRY = Accept(task="retry-http", snapshot=SNAPSHOT, tree=TREE, tip=TIP)
DOCS = Accept(task="docs-typos", snapshot=SNAPSHOT, tree=TREE, tip=TIP)

INBOX: Checks = {
    "open": (Check(front("ReviewScreen")),),
    "evidence": (Check(front("EvidenceScreen")),),
    "mark": (Check(shows("1 marked; a accepts them together"), ("@retry-http",)),),
    "accept": (
        Check(sends(RETRY), ("@retry-http",), ("y",), alone=True),
        Check(
            lambda p: len(p.sent) == 2 and all(one in p.sent for one in (RETRY, DOCS)),
            ("@retry-http", "space", "@docs-typos", "space"), ("y",), alone=True,
        ),
    ),
    "later": (
        Check(sends(Later(task="retry-http", later=True)), ("@retry-http",), alone=True),
        Check(sends(Later(task="csv-export", later=False)), ("@csv-export",), alone=True),
    ),
    "again": (Check(sends(Again(task="rate-limit")), ("@rate-limit",), ("y",), alone=True),),
    "order": (
        Check(shows("suggested order:"), alone=True),
        Check(shows("the oldest first"), ("o",), alone=True),
    ),
}  # fmt: skip


def _moved_up(play: Play) -> bool:
    return play.sent == [Move(task="retry-http", before="bench")]


def _moved_down(play: Play) -> bool:
    return play.sent == [Move(task="bench", before="drop-py39")]


def _edited(play: Play) -> bool:
    found = [one for one in play.sent if isinstance(one, Edit)]
    return [one.task for one in found] == ["retry-http"] and found[0].draft.spec == "thrice"


TASKS: Checks = {
    "open": (
        Check(_edited, ("@retry-http",), ("ctrl+j", "ctrl+j", *typed("thrice", "enter"))),
        Check(front("ReviewScreen"), ("@rate-limit",)),
        Check(lambda p: p.front == "FloorScreen" and p.task == "i18n", ("@i18n",)),
    ),
    "new_tasks": (
        Check(
            sends(Add(drafts=(Draft(title="one"), Draft(title="two")))), (),
            typed("one", "ctrl+j", *typed("two", "enter")),
        ),
    ),
    "edit_tasks": (Check(sends(Add(drafts=(Draft(title="From the editor"),)))),),
    "budget": (
        Check(
            sends(RaiseBudget(task="bench", budget=Budget(usd=7))), ("@bench",),
            typed("$7", "enter"),
        ),
    ),
    "earlier": (Check(_moved_up, ("@retry-http",)),),
    "later": (Check(_moved_down, ("@bench",)),),
    "hold": (
        Check(sends(Hold(task="bench", held=True)), ("@bench",)),
        Check(sends(Hold(task="big-idea", held=False)), ("@big-idea",)),
    ),
    "remove": (
        Check(sends(End(task="bench")), ("@bench",)),
        Check(sends(End(task="i18n")), ("@i18n",), ("y",)),
    ),
}  # fmt: skip

LEDGER: Checks = {
    "open": (Check(lambda p: p.front == "FloorScreen" and p.task == "csv-export", ("tab", "g")),),
}

REPORT: Checks = {
    "open": (
        Check(lambda p: p.front == "FloorScreen" and p.task == "vendor-bump", ("@vendor-bump",)),
        Check(front("ReviewScreen"), ("@rate-limit",)),
    ),
    "undo_landing": (
        Check(sends(Undo(task="fix-login")), ("@fix-login",), ("y",)),
        Check(sends(Hold(task="held", held=False)), ("undoable",)),
    ),
}  # fmt: skip

OWN = {Where.INBOX: INBOX, Where.TASKS: TASKS, Where.LEDGER: LEDGER, Where.REPORT: REPORT}
