"""Whether a recorded tool call wrote a line, or took it out. Pure.

Calls of our own editor, of Claude Code's and of most others have the same few words for what they
write; a shell command is what it says, if it writes at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

from factory.model import Struct
from factory.review.patches import Patched, is_patch, patched
from factory.wire import Trace

_ALIKE = 0.75
_COMPARED = 400
"""Characters of a line that are compared."""
_MOST_LINES = 4_000
"""Lines of one call that are compared by likeness."""
_DISTINCT = 12
"""Characters from which on a line is its own sign, whatever file the command names."""

_PATHS = ("path", "file_path", "notebook_path", "filePath", "filename", "file")
_WROTE = (
    "file_text", "content", "contents", "new_str", "new_string", "newString", "insert_text",
    "new_source",
)  # fmt: skip
_TOOK = ("old_str", "old_string", "oldString")
_PATCHES = ("patchText", "patch", "diff", "unified_diff", "input", "command", "cmd")
"""Where a patch may stand that names its files itself."""
_VERBS = {"delete": "rm"}
_CHANGES = "apply_patch"
"""What stands for a change of which only the file is known: a command that may have written it."""
_WHOLE = ("file_text", "content", "contents")
"""What is the whole of the file afterwards."""
_COMMANDS = ("command", "cmd", "script", "code")

_WRITES = re.compile(
    r"(?<![0-9&<>=-])>{1,2}(?![>&=])\s*(?!/dev/null)|\btee\b|\b(?:sed|perl|ruby)\b[^|;&]*\s-\w*i"
    r"|\b(?:apply_)?patch\b|\bgit\s+(?:apply|am|mv|rm|checkout|restore|stash|revert|cherry-pick|merge)\b"
    r"|(?:^|[|;&(]\s*)(?:\w+=\S+\s+)*(?:python|node|ruby|perl|deno|bun|ed|ex|dd|cp|mv|rm|install"
    r"|truncate|rsync)[\d.]*\s",
    re.MULTILINE,
)
_FORMATS = re.compile(
    r"\b(?:ruff|black|isort|autopep8|yapf|prettier|biome|eslint|gofmt|goimports|rustfmt|dprint"
    r"|clang-format|stylua|shfmt|(?:cargo|go|deno|zig|dart|mix|just|make|terraform) f(?:or)?ma?t"
    r"|pre-commit|codemod|sd|comby|ast-grep)\b"
)
_REMOVES = re.compile(r"\b(?:rm|mv|git\s+(?:rm|mv|checkout|restore|reset)|unlink|trash)\b")


class Line(Struct):
    """A line of a file, and what is known of it to tell it from others."""

    path: str
    text: str
    """As it stands in the file."""
    new: bool = True
    """False: it was taken out."""
    above: str = ""
    """The next line above that is not blank, stripped; `below` likewise."""
    below: str = ""
    common: bool = False
    """Whether other lines read the same, so that its neighbours must decide."""


class Edit(Struct):
    """What a call wrote and took out."""

    path: str = ""
    wrote: str = ""
    took: str = ""
    command: str = ""
    """Where it is a command: all of it."""
    whole: bool = False
    """Whether `wrote` is the whole file."""

    @property
    def text(self) -> str:
        """What there is to show of it."""
        return self.command or self.wrote or self.took


class Traced(Struct):
    """A line found in a call."""

    trace: Trace
    at: int
    """Index of the line in the edit's text; -1 where it is not in it."""
    weight: float = 0.0


def line_of(path: str, lines: Sequence[str], number: int, *, new: bool) -> Line | None:
    """Line `number` (1-based) of a file as a `Line`; None where the file has no such line."""
    if not 0 < number <= len(lines):
        return None
    text = lines[number - 1].rstrip("\r")
    stripped = text.strip()
    same = sum(1 for line in lines if line.strip() == stripped)
    return Line(
        path=path, text=text, new=new, common=same > 1 or not re.search(r"\w\W*\w\W*\w", stripped),
        above=next((one.strip() for one in reversed(lines[: number - 1]) if one.strip()), ""),
        below=next((one.strip() for one in lines[number:] if one.strip()), ""),
    )  # fmt: skip


def edits_of(given: Mapping[str, Any]) -> tuple[Edit, ...]:
    """The edits that a tool call makes, one a file; none where it can write nothing."""
    if found := tuple(_patches(given)):
        return found
    parts = [part for part in _listed(given.get("edits")) if isinstance(part, dict)]
    named: dict[str, list[Mapping[str, Any]]] = {}
    for part in (given, *parts):
        named.setdefault(_path(part) or _path(given), []).append(part)
    edits = [edit for path, group in named.items() if path and (edit := _edit(path, group))]
    command = "" if _path(given) else "\n".join(_texts([given], _COMMANDS))
    return tuple(edits) or ((Edit(command=command),) if command else ())


def _path(given: Mapping[str, Any]) -> str:
    return next((str(given[key]) for key in _PATHS if isinstance(given.get(key), str)), "")


def _edit(path: str, parts: Sequence[Mapping[str, Any]]) -> Edit | None:
    wrote = "\n".join(_texts(parts, _WROTE))
    took = "\n".join(_texts(parts, _TOOK))
    whole = any(part.get(key) for part in parts for key in _WHOLE)
    return Edit(path=path, wrote=wrote, took=took, whole=whole) if wrote or took else None


def _patches(given: Mapping[str, Any]) -> Iterator[Edit]:
    """The edits of a patch, and of changes that are told with or without their lines."""
    silent: list[str] = []
    for change in _listed(given.get("changes")):
        if isinstance(change, dict) and (path := _path(change)):
            texts = [text for text in _texts([change], ("diff", "unified_diff")) if text]
            yield from (_of(part) for text in texts for part in patched(text, path))
            silent += [] if texts else [f"{_VERBS.get(str(change.get('kind')), _CHANGES)} {path}"]
    if silent:
        yield Edit(command="\n".join(silent))
    for text in _texts([given], _PATCHES):
        if is_patch(text):
            yield from (_of(part) for part in patched(text))


def _of(part: Patched) -> Edit:
    return Edit(path=part.path, wrote=part.wrote, took=part.took)


def of_script(text: str) -> Edit:
    """A task that is a script, run as it is."""
    return Edit(command=text)


def traced(edit: Edit, line: Line, *, alike: bool) -> Traced | None:
    """Whether and how an edit wrote the line (or, where it is an old one, took it out)."""
    if edit.command:
        return _in_command(edit, line, alike=alike)
    if not _same_file(edit.path, line.path):
        return None
    to, away = (edit.wrote, edit.took) if line.new else (edit.took, edit.wrote)
    found = _added(to, away, line)
    if found is not None:
        return found
    if not line.new and edit.whole and line.text.strip() not in edit.wrote:
        return Traced(trace=Trace.WHOLE, at=-1)
    return _alike(to, away, line) if alike else None


def ran_on(edit: Edit, line: Line) -> bool:
    """Whether an edit is a command that may have changed the line's file."""
    if not edit.command:
        return False
    named = _name(line.path) in edit.command
    return bool(_FORMATS.search(edit.command)) or (named and bool(_WRITES.search(edit.command)))


def _in_command(edit: Edit, line: Line, *, alike: bool) -> Traced | None:
    command, text = edit.command, line.text.strip()
    if not text or not _WRITES.search(command):
        return None
    named = _name(line.path) in command
    rows = [row.strip() for row in command.split("\n")]
    if text in rows and (named or len(text) >= _DISTINCT):
        return _best(rows, line)
    if named and len(text) >= _DISTINCT // 2 and text in command:
        at = next((at for at, row in enumerate(rows) if text in row), -1)
        return None if line.common else Traced(trace=Trace.WRITTEN, at=at)
    if not line.new and named and _REMOVES.search(command):
        at = next(at for at, row in enumerate(rows) if _name(line.path) in row)
        return Traced(trace=Trace.WHOLE, at=at)
    return _alike(command, "", line) if alike and named and line.new else None


def _added(to: str, away: str, line: Line) -> Traced | None:
    """The line in what an edit wrote, unless it only kept it; with another indent it wrote it."""
    rows, gone = to.split("\n"), away.split("\n")
    text, stripped = line.text.rstrip(), line.text.strip()
    more = [row.rstrip() for row in rows].count(text) - [row.rstrip() for row in gone].count(text)
    bare = [row.strip() for row in rows]
    if not stripped or (more <= 0 and bare.count(stripped) <= _count(gone, stripped)):
        return None
    return _best(bare, line)


def _count(rows: Sequence[str], stripped: str) -> int:
    return sum(row.strip() == stripped for row in rows)


def _best(rows: Sequence[str], line: Line) -> Traced | None:
    """Where in these (stripped) rows the line stands with most of its neighbours."""
    text = line.text.strip()
    places = [(_beside(rows, at, line), -at) for at, row in enumerate(rows) if row == text]
    neighbours, minus = max(places)
    if line.common and not neighbours:
        return None
    weight = float(neighbours) if line.common else 0.0
    return Traced(trace=Trace.WRITTEN, at=-minus, weight=weight)


def _beside(rows: Sequence[str], at: int, line: Line) -> int:
    above = next((row for row in reversed(rows[:at]) if row), None)
    below = next((row for row in rows[at + 1 :] if row), None)
    return (above == line.above) + (below == line.below)


def _alike(to: str, away: str, line: Line) -> Traced | None:
    """The most similar line; what differs in white space, quotes and wrapping only is the same."""
    bare = _bare(line.text)
    if line.common or len(bare) < 4:
        return None
    rows = to.split("\n")[:_MOST_LINES]
    if bare in _bare(to) and bare not in _bare(away):
        return Traced(trace=Trace.ALIKE, at=_most(rows, line)[1], weight=1.0)
    ratio, at = _most(rows, line)
    return Traced(trace=Trace.ALIKE, at=at, weight=ratio) if ratio >= _ALIKE else None


def _most(rows: Sequence[str], line: Line) -> tuple[float, int]:
    """The ratio and index of the row that is most like the line."""
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(line.text.strip()[:_COMPARED])
    best, found = 0.0, 0
    for at, row in enumerate(rows):
        matcher.set_seq1(row.strip()[:_COMPARED])
        if matcher.real_quick_ratio() > best and matcher.quick_ratio() > best:
            ratio = matcher.ratio()
            if ratio > best:
                best, found = ratio, at
    return best, found


def _bare(text: str) -> str:
    return re.sub(r"[\s,;]+", "", text).replace("'", '"')


def _same_file(named: str, path: str) -> bool:
    named = named.removeprefix("/worktree/").removeprefix("./")
    return named == path or (named.startswith("/") and named.endswith(f"/{path}"))


def _name(path: str) -> str:
    return path.rsplit("/", 1)[-1]


def _listed(given: object) -> Sequence[Any]:
    return given if isinstance(given, list) else ()


def _texts(parts: Sequence[Mapping[str, Any]], keys: Sequence[str]) -> Iterator[str]:
    for part in parts:
        for key in keys:
            text = part.get(key)
            if isinstance(text, str):
                yield text.replace("\r\n", "\n")
