"""How a program that has no tool for it asks the developer: by its last message's end. Pure."""

from __future__ import annotations

import re

from factory.entry import Finished, Question
from factory.model import Handoff

SAY_SO = (
    "If you need to know something that only the developer can decide, end your last message with "
    "a line that begins with `QUESTION:` and stop there. The answer comes as your next message."
)
"""What it is told of this with its task."""
_ASKED = re.compile(r"^[ *_>#-]*QUESTION:[ *_]*(\S.*)\Z", re.MULTILINE | re.DOTALL)


def closing(message: str, at: float) -> Finished | Question:
    """What the last message of a program ends its work with."""
    asked = _ASKED.search(message.strip())
    if asked:
        return Question(at=at, text=asked[1].strip())
    return Finished(at=at, handoff=Handoff(summary=message.strip()))
