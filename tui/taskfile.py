"""Tasks as text: one a line, or a Markdown file where `##` starts a task. Pure.

    ## Count requests, not connections
    @internal/limit @cmd/serve.go
    after: csv-export
    agent: claude
    accept: when-green
    budget: $2, 30 min

    Everything below is the spec.

The settings come right after the heading; the first other line begins the spec. A backslash in
front of `##`, a fence or a setting keeps it as text.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from factory.model import AcceptRule, Draft, FactoryError, Struct
from tui.caps import read_budget, write_budget

TEMPLATE = """\
<!-- One task a heading; save and leave the editor to queue them, save nothing to queue none.
     Settings stand right below the heading: @path  after:  agent:  accept:  budget:  hold:  -->

"""
"""What a new file in the editor begins with."""

KEYS = ("after", "agent", "accept", "budget", "hold")
"""The settings of a task, besides `@path`."""

_HEADING = re.compile(r"##(?:[ \t]+(?P<title>.*))?$")
_SETTING = re.compile(r"(?P<key>[A-Za-z-]+):(?:\s+(?P<value>.*))?$")
_ATTACHED = re.compile(r'@(?:"((?:[^"\\]|\\.)+)"|([^\s"]\S*))(?=\s|$)')
_FENCE = re.compile(r" {0,3}(?P<marks>`{3,}|~{3,})(?P<info>.*)$")
_MARKDOWN = re.compile(r"#{1,6}(?:\s|$)| {0,3}(?:`{3}|~{3})")
_BULLET = re.compile(r"^(?:[-*+]|\d{1,3}[.)])[ \t]+")
_BACKSLASHES = re.compile(r"\\+")


class Mistake(Struct):
    """One thing that is wrong in the text; `line` is 1-based."""

    line: int
    text: str


class TaskTextError(FactoryError):
    """The text is not a list of tasks; `mistakes` holds each thing that is wrong."""

    exit_code = 2

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__("; ".join(f"line {found.line}: {found.text}" for found in mistakes))
        self.mistakes = tuple(mistakes)


def parse(text: str) -> tuple[Draft, ...]:
    """The tasks in a text, in its order. Raises TaskTextError with every mistake in it."""
    lines = text.replace("\r\n", "\n").split("\n")
    fenced = _fenced(lines)
    starts = [n for n, line in enumerate(lines) if n not in fenced and _HEADING.match(line)]
    mistakes: list[Mistake] = []
    if starts:
        mistakes.extend(_preamble(lines[: starts[0]]))
        ends = [*starts[1:], len(lines)]
        drafts = [
            _section(lines, start, end, fenced, mistakes)
            for start, end in zip(starts, ends, strict=True)
        ]
    else:
        drafts = list(_one_a_line(lines, mistakes))
    if mistakes:
        raise TaskTextError(mistakes)
    return tuple(drafts)


def render(drafts: Iterable[Draft]) -> str:
    """The Markdown that `parse` reads back as exactly these drafts.

    Titles are expected on one line without spaces at the ends, specs without blank lines at
    either end, `after` without commas: what `parse` gives, and what the engine keeps.
    """
    return "\n".join(_rendered(draft) for draft in drafts)


# --- one task a line -----------------------------------------------------------------------


def _one_a_line(lines: Sequence[str], mistakes: list[Mistake]) -> Iterator[Draft]:
    comments = _commented(lines)
    for number, line in enumerate(lines, start=1):
        if not line.strip() or number - 1 in comments:
            continue
        if _MARKDOWN.match(line):
            mistakes.append(
                Mistake(line=number, text="looks like Markdown; begin each task with `## title`")
            )
            continue
        words = _BULLET.sub("", line.strip())
        title, paths = _split_paths(words)
        if title:
            yield Draft(title=title, paths=paths)
        else:
            mistakes.append(Mistake(line=number, text="a path without a task"))


def _split_paths(words: str) -> tuple[str, tuple[str, ...]]:
    """A line's title and the `@path`s at its end; `\\@` is an at sign."""
    found = list(_ATTACHED.finditer(words))
    end = len(words)
    paths: list[str] = []
    for match in reversed(found):
        begins_word = match.start() == 0 or words[match.start() - 1].isspace()
        if not begins_word or words[match.end() : end].strip():
            break
        paths.insert(0, _path(match))
        end = match.start()
    return _one_line(words[:end].replace("\\@", "@")), tuple(paths)


# --- a heading a task ----------------------------------------------------------------------


def _preamble(lines: Sequence[str]) -> Iterator[Mistake]:
    comments = _commented(lines)
    for number, line in enumerate(lines, start=1):
        if line.strip() and number - 1 not in comments and not line.startswith("# "):
            yield Mistake(line=number, text="stands before the first `## title`")
            return


def _section(
    lines: Sequence[str], start: int, end: int, fenced: frozenset[int], mistakes: list[Mistake]
) -> Draft:
    heading = _HEADING.match(lines[start])
    title = _one_line((heading and heading["title"]) or "")
    if not title:
        mistakes.append(Mistake(line=start + 1, text="`##` without a title"))
    draft = Draft(title=title)
    given: set[str] = set()
    number = start + 1
    while number < end and number not in fenced:
        if lines[number].strip():
            if not _is_setting(lines[number]):
                break
            try:
                draft = _with(draft, lines[number], given)
            except ValueError as error:
                mistakes.append(Mistake(line=number + 1, text=str(error)))
        number += 1
    body = [
        line if at in fenced else _unescaped(line)
        for at, line in enumerate(lines[number:end], start=number)
    ]
    return _changed(draft, spec="\n".join(_trimmed(body)))


def _is_setting(line: str) -> bool:
    """Whether a line below a heading is a setting, or was clearly meant as one."""
    if line.startswith("@"):
        return True
    match = _SETTING.match(line)
    if not match:
        return False
    key = match["key"].lower()
    return key in KEYS or bool(difflib.get_close_matches(key, KEYS, cutoff=0.8))


def _with(draft: Draft, line: str, given: set[str]) -> Draft:
    """The draft with one setting line applied. Raises ValueError saying what was expected."""
    if line.startswith("@"):
        return _changed(draft, paths=(*draft.paths, *_paths(line)))
    match = _SETTING.match(line)
    key, value = (match["key"].lower(), (match["value"] or "").strip()) if match else ("", "")
    if key not in KEYS:
        (near,) = difflib.get_close_matches(key, KEYS, n=1, cutoff=0.0)
        raise ValueError(
            f"`{key}:` is not a setting; `{near}:` is (a \\ in front keeps it as text)"
        )
    if key in given:
        raise ValueError(f"`{key}:` is given twice")
    given.add(key)
    if not value:
        raise ValueError(f"`{key}:` has no value")
    return _changed(draft, **{key: _READERS[key](value)})


def _paths(line: str) -> tuple[str, ...]:
    found = list(_ATTACHED.finditer(line))
    if not found or _ATTACHED.sub("", line).strip():
        raise ValueError(
            '`@` attaches paths: `@src/auth.py @"a b.txt"`; '
            "write `\\@` where the spec begins with one"
        )
    return tuple(_path(match) for match in found)


def _path(match: re.Match[str]) -> str:
    quoted, bare = match.groups()
    return bare if quoted is None else re.sub(r"\\(.)", r"\1", quoted)


def _after(value: str) -> tuple[str, ...]:
    return tuple(name for part in value.split(",") if (name := part.strip()))


def _accept(value: str) -> AcceptRule:
    try:
        return AcceptRule(value)
    except ValueError:
        raise ValueError("`accept:` is `ask` or `when-green`") from None


def _hold(value: str) -> bool:
    if value not in ("yes", "no"):
        raise ValueError("`hold:` is `yes` or `no`")
    return value == "yes"


_READERS: dict[str, Callable[[str], object]] = {
    "after": _after,
    "agent": str,
    "accept": _accept,
    "budget": read_budget,
    "hold": _hold,
}


# --- writing -------------------------------------------------------------------------------


def _rendered(draft: Draft) -> str:
    lines = [f"## {draft.title}"]
    if draft.paths:
        lines.append(" ".join(f"@{_quoted(path)}" for path in draft.paths))
    if draft.after:
        lines.append(f"after: {', '.join(draft.after)}")
    if draft.agent is not None:
        lines.append(f"agent: {draft.agent}")
    if draft.accept is not AcceptRule.ASK:
        lines.append(f"accept: {draft.accept}")
    if draft.budget is not None:
        lines.append(f"budget: {write_budget(draft.budget)}")
    if draft.hold:
        lines.append("hold: yes")
    if draft.spec:
        lines += ["", *_escaped(draft.spec.split("\n"))]
    return "\n".join(lines) + "\n"


def _quoted(path: str) -> str:
    if path.startswith('"') or any(char.isspace() for char in path):
        return '"' + re.sub(r'(["\\])', r"\\\1", path) + '"'
    return path


def _escaped(lines: Sequence[str]) -> Iterator[str]:
    """Spec lines with a backslash wherever `parse` would see something else than text."""
    fenced = _fenced(lines)
    for number, line in enumerate(lines):
        if number not in fenced and (_special(line, first=number == 0) or _unescaped(line) != line):
            yield "\\" + line
        else:
            yield line


def _special(line: str, *, first: bool) -> bool:
    return bool(_HEADING.match(line) or _FENCE.match(line) or (first and _is_setting(line)))


def _unescaped(line: str) -> str:
    """A spec line without the backslash that kept it from being a heading, fence or setting."""
    marks = _BACKSLASHES.match(line)
    return line[1:] if marks and _special(line[marks.end() :], first=True) else line


# --- lines ---------------------------------------------------------------------------------


def _fenced(lines: Sequence[str]) -> frozenset[int]:
    """Numbers of the lines of closed code blocks, fences included. An unclosed one is text."""
    found: set[int] = set()
    number = 0
    while number < len(lines):
        end = _fence_end(lines, number)
        if end is not None:
            found.update(range(number, end + 1))
            number = end
        number += 1
    return frozenset(found)


def _fence_end(lines: Sequence[str], start: int) -> int | None:
    opened = _FENCE.match(lines[start])
    if not opened or (opened["marks"][0] == "`" and "`" in opened["info"]):
        return None
    for number in range(start + 1, len(lines)):
        closed = _FENCE.match(lines[number])
        if closed and not closed["info"].strip() and closed["marks"].startswith(opened["marks"]):
            return number
    return None


def _commented(lines: Sequence[str]) -> frozenset[int]:
    """Numbers of the lines that belong to an HTML comment which begins at a line's start."""
    found: set[int] = set()
    inside = False
    for number, line in enumerate(lines):
        inside = inside or line.startswith("<!--")
        if inside:
            found.add(number)
            inside = "-->" not in line
    return frozenset(found)


def _trimmed(lines: list[str]) -> list[str]:
    """The lines without blank ones at either end."""
    kept = [number for number, line in enumerate(lines) if line.strip()]
    return lines[kept[0] : kept[-1] + 1] if kept else []


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _changed(draft: Draft, **fields: object) -> Draft:
    return msgspec.structs.replace(draft, **fields)
