"""Server-sent events, and a text cut into pieces."""

from __future__ import annotations

import msgspec

from tests.agents.models.conversation import Json

PIECE = 400
"""Characters in one event."""


def event(data: Json, *, named: bool = True) -> bytes:
    """One event; its name is the data's own `type`."""
    name = f"event: {data['type']}\n" if named else ""
    return name.encode() + b"data: " + msgspec.json.encode(data) + b"\n\n"


def json_of(value: object) -> str:
    """Compact JSON."""
    return msgspec.json.encode(value).decode()


def pieces(words: str) -> list[str]:
    """The text in pieces."""
    return [words[at : at + PIECE] for at in range(0, len(words), PIECE)]
