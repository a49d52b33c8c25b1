"""What the engine says by itself."""

from __future__ import annotations

from factory.model import Struct
from factory.wire.views import Fact, GuardrailStatus


class Notice(Struct, tag=True):
    """Base of what the engine says by itself."""


class Happened(Notice):
    """A journal fact was written; views asked for now include it."""

    fact: Fact


class Grew(Notice):
    """An attempt's transcript, or a run's log, reached `size` bytes."""

    name: str
    size: int


class Progressed(Notice):
    """A guardrail that is running got further."""

    task: str
    guardrail: GuardrailStatus


AnyNotice = Happened | Grew | Progressed
