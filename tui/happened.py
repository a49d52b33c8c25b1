"""A fact of the journal in words for its reader; the journal's own are short and stay as they are.

Pure. The lists of the screen and the command line share it; `--json` gives facts as they are.
"""

from __future__ import annotations

import re

from factory.wire import Fact
from tui import text

_WORDS = {
    "again": "is another attempt",
    "audited": "found whole after landing",
    "base": "guardrails ran on the target",
    "budget": "budget changed",
    "claimed": "says it is done",
    "cleared": "tries again to land",
    "comment": "comment written",
    "compared": "waiting changes compared",
    "differs": "not as accepted",
    "draft": "held back",
    "handed over": "goes to another agent,",
    "held": "held back",
    "landing": "begins to land",
    "later": "put aside",
    "left out": "parts left out or put back",
    "part": "is to land a part of",
    "moved": "moved in the queue",
    "read": "was being read",
    "recheck": "checked again",
    "red": "sent back",
    "refused": "waits to land",
    "seen": "parts marked as seen",
    "taken back": "decision taken back:",
    "tip": "the target is now",
    "undo": "takes back",
    "unwaived": "waiver withdrawn:",
}
_OBJECT = re.compile(r"\b([0-9a-f]{7})[0-9a-f]{33}\b")


def words(fact: Fact) -> str:
    """What happened: `says it is done`."""
    return _WORDS.get(fact.kind) or text.line(fact.kind)


def said(fact: Fact) -> str:
    """The rest of it in one clean line, object ids in seven digits; may be empty."""
    return _OBJECT.sub(r"\1", text.line(fact.text))
