"""The text editor tool, as a script of its own that runs inside the sandbox.

Reads one JSON request on stdin (the input of `str_replace_based_edit_tool`), prints what the model
is told, and ends with 1 where nothing was done. Standard library only: it is started from its
source with `python -I -S -c` in the root of the tree; paths lead there and nowhere else.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

TREE = os.sep + "worktree"
"""How the model names the root, wherever it is: without a sandbox the tree lies elsewhere."""
MOST_BYTES = 4 << 20
MOST_ENTRIES = 400
AROUND = 4
"""Lines shown before and after an edit."""
UNLISTED = frozenset({"__pycache__", "node_modules", "target", "venv"})

Request = dict[str, Any]


class RefusedError(Exception):
    """Nothing was done; the message says why and what to do."""


def main() -> int:
    """Answer the request on stdin; the exit code."""
    request = json.load(sys.stdin.buffer)
    code, text = 0, ""
    try:
        text = answer(request)
    except RefusedError as refusal:
        code, text = 1, str(refusal)
    except OSError as error:
        code, text = 1, f"{request.get('path')}: {error.strerror}."
    sys.stdout.buffer.write(text.encode())
    return code


def answer(request: Request) -> str:
    """Do what is asked and say what was done. Raises RefusedError and OSError."""
    commands = {"view": view, "create": create, "str_replace": replace, "insert": insert}
    command = commands.get(str(request.get("command")))
    if command is None:
        raise RefusedError(
            f"There is no command {request.get('command')!r}: use one of {', '.join(commands)}."
        )
    return command(request, inside(word(request, "path")))


def view(request: Request, path: Path) -> str:
    """A file with line numbers, or a folder two levels deep."""
    if path.is_dir():
        return listing(path)
    lines = read(path)[0].split("\n")
    if lines[-1] == "":
        lines.pop()
    first, last = view_range(request, len(lines))
    return numbered(lines, first, last) if lines else f"{request['path']} is empty."


def create(request: Request, path: Path) -> str:
    """Write a whole file, making its folders."""
    text = word(request, "file_text", empty=True)
    if path.is_dir():
        raise RefusedError(f"{request['path']} is a folder: give the path of a file.")
    before = path.exists()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    lines = text.count("\n") + (not text.endswith("\n") and text != "")
    return f"{'Replaced' if before else 'Created'} {request['path']} ({lines} lines)."


def replace(request: Request, path: Path) -> str:
    """Put `new_str` where `old_str` stands, which must be exactly once."""
    old, new = word(request, "old_str"), word(request, "new_str", empty=True)
    text, crlf = read(path)
    if crlf:
        old, new = old.replace("\r\n", "\n"), new.replace("\r\n", "\n")
    if old == new:
        raise RefusedError("old_str and new_str are the same: nothing would change.")
    found = positions(text, old)
    if not found:
        raise RefusedError(
            f"old_str does not appear in {request['path']}, so nothing was replaced. "
            + nearly(text, old)
        )
    if len(found) > 1:
        at = ", ".join(str(text.count("\n", 0, place) + 1) for place in found[:20])
        raise RefusedError(
            f"old_str appears {len(found)} times in {request['path']} (lines {at}), so nothing was "
            "replaced. Give more of the lines around the one you mean."
        )
    place = found[0]
    text = text[:place] + new + text[place + len(old) :]
    write(path, text, crlf=crlf)
    first = text.count("\n", 0, place) + 1
    return edited(request, text, first, first + new.count("\n"))


def insert(request: Request, path: Path) -> str:
    """Put `insert_text` after line `insert_line`; 0 is before the first."""
    given = word(request, "insert_text", empty=True)
    text, crlf = read(path)
    lines = [line + "\n" for line in text.split("\n")]
    lines[-1] = lines[-1][:-1]
    if lines[-1] == "":
        lines.pop()
    after = request.get("insert_line")
    if not isinstance(after, int) or not 0 <= after <= len(lines):
        raise RefusedError(f"insert_line must be a number from 0 to {len(lines)}, not {after!r}.")
    given = given.replace("\r\n", "\n") if crlf else given
    if not given.endswith("\n"):
        given += "\n"
    if 0 < after == len(lines) and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    text = "".join((*lines[:after], given, *lines[after:]))
    write(path, text, crlf=crlf)
    return edited(request, text, after + 1, after + given.count("\n"))


def inside(path: str) -> Path:
    """The file that a path means; links are followed first. Raises RefusedError."""
    root = Path.cwd().resolve()
    if path == TREE or path.startswith(TREE + os.sep):
        path = path[len(TREE) :].lstrip(os.sep)
    full = Path(os.path.realpath(root / path))
    if full != root and root not in full.parents:
        raise RefusedError(
            f"{path} is not below {TREE}: this tool sees only the tree; use bash for other files."
        )
    return full


def word(request: Request, name: str, *, empty: bool = False) -> str:
    """A text of the request. Raises RefusedError where it is missing."""
    value = request.get(name)
    if not isinstance(value, str) or (not value and not empty):
        raise RefusedError(f"{request.get('command')} needs {name}, a text.")
    return value


def read(path: Path) -> tuple[str, bool]:
    """A file's text, line ends as `\\n`, and whether all of them are `\\r\\n` on disk."""
    if path.is_dir():
        raise RefusedError(f"{path.name} is a folder: give the path of a file.")
    if path.stat().st_size > MOST_BYTES:
        raise RefusedError(f"{path.name} is larger than {MOST_BYTES >> 20} MiB: use bash for it.")
    data = path.read_bytes()
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise RefusedError(f"{path.name} is not text in UTF-8: use bash for it.")
    crlf = 0 < text.count("\r\n") == text.count("\n")
    return (text.replace("\r\n", "\n") if crlf else text), crlf


def write(path: Path, text: str, *, crlf: bool) -> None:
    """Write in place: the file keeps its mode, its links and its line ends."""
    path.write_bytes((text.replace("\n", "\r\n") if crlf else text).encode())


def view_range(request: Request, lines: int) -> tuple[int, int]:
    """First and last line to show, 1-based and inclusive. Raises RefusedError."""
    wanted = request.get("view_range")
    if wanted is None:
        return 1, lines
    match wanted:
        case [int(first), int(last)] if 1 <= first <= lines and (last == -1 or last >= first):
            return first, lines if last == -1 else min(last, lines)
        case _:
            raise RefusedError(
                f"view_range must be [first, last] with lines from 1 to {lines} "
                f"(-1 means the last), not {wanted!r}."
            )


def numbered(lines: list[str], first: int, last: int) -> str:
    """These lines, each behind its number."""
    rows = enumerate(lines[first - 1 : last], start=first)
    return "\n".join(f"{number:>6}\t{line.rstrip(chr(13))}" for number, line in rows)


def edited(request: Request, text: str, first: int, last: int) -> str:
    """What is said after an edit: the new lines and a few around them."""
    lines = text.removesuffix("\n").split("\n")
    shown = numbered(lines, max(first - AROUND, 1), min(last + AROUND, len(lines)))
    return f"Edited {request['path']}, which now reads:\n{shown}"


def positions(text: str, old: str) -> list[int]:
    """Where `old` begins, overlaps counted: they are ambiguous too."""
    found, place = [], text.find(old)
    while place >= 0:
        found.append(place)
        place = text.find(old, place + 1)
    return found


def nearly(text: str, old: str) -> str:
    """Where lines stand that differ in white space only; else what to do."""
    lines = text.split("\n")
    wanted = [line.strip() for line in old.strip("\n").split("\n")]
    stripped = [line.strip() for line in lines]
    for at in range(len(lines) - len(wanted) + 1):
        if any(wanted) and stripped[at : at + len(wanted)] == wanted:
            return "It differs in white space only from:\n" + numbered(
                lines, at + 1, at + len(wanted)
            )
    return "View the file and copy the lines exactly."


def listing(folder: Path) -> str:
    """Files and folders, two levels deep, hidden and generated ones left out."""
    names: list[str] = []
    for entry in entries(folder):
        names.append(entry.name + "/" * entry.is_dir())
        if entry.is_dir() and not entry.is_symlink():
            names += [
                f"{entry.name}/{inner.name}" + "/" * inner.is_dir() for inner in entries(entry)
            ]
    more = len(names) - MOST_ENTRIES
    tail = [f"… and {more} more: use bash to look further"] if more > 0 else []
    return "\n".join(names[:MOST_ENTRIES] + tail) or "(empty)"


def entries(folder: Path) -> list[Path]:
    """What a folder holds, sorted by name."""
    return sorted(
        entry
        for entry in folder.iterdir()
        if not entry.name.startswith(".") and entry.name not in UNLISTED
    )


if __name__ == "__main__":
    sys.exit(main())
