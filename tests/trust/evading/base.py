"""What an evasion is."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from factory.model import Struct
from tests.trees import File

Files = Mapping[bytes, File | bytes]


class Evasion(Struct):
    """A change, and one that a reader would let pass.

    Both stand on `left`. All paths are relative to a folder of the evasion's own.
    """

    name: str
    right: Files
    twin: Files
    """What the reader takes it for; `left` where they see nothing at all."""
    shows: tuple[str, ...]
    """Words of which at least one must be on the screen, and not for the twin."""
    left: Files = msgspec.field(default_factory=dict)
    absent: tuple[str, ...] = ()
    """What does not land, and so need not show."""
    script: str = ""
    """What the agent does besides, in the evasion's folder, to keep it out of sight."""


CODE = b"def allowed(user):\n    check(user)\n    return user.admin\n"
EVIL = b"def allowed(user):\n    return True\n"


def line(name: str, evil: str | bytes, harmless: str | bytes, *shows: str) -> Evasion:
    """One line added to a file of code."""
    added, instead = (text.encode() if isinstance(text, str) else text for text in (evil, harmless))
    return Evasion(
        name=name,
        left={b"a.py": CODE},
        right={b"a.py": CODE + added + b"\n"},
        twin={b"a.py": CODE + instead + b"\n"},
        shows=shows,
    )
