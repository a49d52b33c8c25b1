"""The edits that programs report beside a tool's answer, as the text of a diff. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

MOST = 256 << 10
"""Most characters of a diff that are kept."""


def of_tool(rich: Mapping[str, Any]) -> str:
    """The diff in what Claude Code tells of an edit or of a command that edited; or empty."""
    files: list[tuple[object, object]] = []
    if isinstance(rich.get("structuredPatch"), list):
        files = [(rich.get("filePath"), rich["structuredPatch"])]
    elif isinstance(bash := rich.get("bashEditDiff"), dict) and isinstance(bash.get("files"), list):
        parts = [file for file in bash["files"] if isinstance(file, dict)]
        files = [(file.get("filePath"), file.get("hunks")) for file in parts]
    return "\n".join(row for path, hunks in files for row in _file(path, hunks))[:MOST]


def _file(path: object, hunks: object) -> Iterator[str]:
    if not isinstance(path, str) or not isinstance(hunks, list) or not hunks:
        return
    name = path.removeprefix("/worktree/")
    yield from (f"--- {name}", f"+++ {name}")
    for hunk in hunks:
        if isinstance(hunk, dict) and isinstance(lines := hunk.get("lines"), list):
            keys = ("oldStart", "oldLines", "newStart", "newLines")
            old, olds, new, news = (_number(hunk.get(key)) for key in keys)
            yield f"@@ -{old},{olds} +{new},{news} @@"
            yield from _texts(lines)


def _texts(lines: Iterable[Any]) -> Iterator[str]:
    return (line for line in lines if isinstance(line, str))


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
