"""A diff as a terminal shows what plain `git diff` prints: what our review stands against."""

from __future__ import annotations

import re
import unicodedata

_SEQUENCE = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|\x9b[0-9;?]*[a-zA-Z]|\x1b\][^\x07]*\x07")
_OVERRIDE = re.compile("\u202e([^\u202c]*)\u202c?")
_TWINS = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u03bf\u01c3\u037e\u3164\u2800",
    "aeopcyxo!;  ",
)
_META = ("index ", "new file mode", "deleted file mode", "@@ ")


def seen(diff: str, columns: int = 120) -> str:
    """What meets the eye: overwritten, cut at the edge, and with letters taken for their twins."""
    lines = [line for line in diff.split("\n") if not line.startswith(_META)]
    return "\n".join(_line(line)[:columns].rstrip() for line in lines).rstrip()


def _line(line: str) -> str:
    line = _OVERRIDE.sub(lambda found: found[1][::-1], _SEQUENCE.sub("", line))
    cells: list[str] = []
    at = 0
    for letter in line.expandtabs(8):
        if letter == "\r":
            at = 0
        elif letter == "\b":
            at = max(at - 1, 0)
        elif unicodedata.category(letter) not in ("Cc", "Cf", "Zl", "Zp", "Mn"):
            cells[at : at + 1] = [letter]
            at += 1
    text = unicodedata.normalize("NFKC", "".join(cells).translate(_TWINS))
    return "".join(" " if letter.isspace() else letter for letter in text)
