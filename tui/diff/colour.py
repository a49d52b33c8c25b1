"""Syntax colours of the lines in view, by Pygments, and changed words: in a thread, when asked.

Pygments is imported at the first question, so that it never delays a first paint or a key.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from functools import lru_cache
from itertools import groupby
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from factory.wire import Row, RowKind
from tui.diff.cells import shown
from tui.diff.words import Marks, changed

if TYPE_CHECKING:
    from pygments.lexer import Lexer
    from pygments.token import _TokenType

LONGEST = 1_000
"""Characters of a line that is coloured; a longer one stays plain."""

KEPT = 4_000
"""Coloured lines that are kept."""


class Tone(StrEnum):
    """What a piece of code is, as far as colour goes."""

    KEYWORD = "keyword"
    STRING = "string"
    COMMENT = "comment"
    NUMBER = "number"
    NAME = "name"


class Span(NamedTuple):
    """Characters `start` … `end` of a shown line have a tone."""

    start: int
    end: int
    tone: Tone


Spans: TypeAlias = tuple[Span, ...]


class Wanted(NamedTuple):
    """A row to be coloured."""

    number: int
    path: str
    row: Row


class Compared(NamedTuple):
    """A removed line and the added one beside it, whose words are to be compared."""

    removed: int
    added: int
    old: str
    new: str


class Colours:
    """The tones of the lines that were in view, and the words that changed in them."""

    def __init__(self) -> None:
        self._spans: OrderedDict[int, Spans] = OrderedDict()
        self._words: OrderedDict[int, Marks] = OrderedDict()

    def spans(self, number: int) -> Spans:
        """The tones of a row; none where it has not been coloured yet."""
        return self._spans.get(number, ())

    def known(self, number: int) -> bool:
        """Whether a row has been coloured."""
        return number in self._spans

    def words(self, number: int) -> Marks:
        """The words of a row that its partner has not; none where they were not compared yet."""
        return self._words.get(number, ())

    def compared(self, number: int) -> bool:
        """Whether the words of a row were compared."""
        return number in self._words

    async def fill(self, wanted: Sequence[Wanted], pairs: Sequence[Compared] = ()) -> None:
        """Colour rows and compare words, in a thread; rows of one hunk in order tell most."""
        spans, words = await asyncio.to_thread(lambda: (_coloured(wanted), _changed(pairs)))
        self._spans.update(spans)
        self._words.update(words)
        for kept in (self._spans, self._words):
            while len(kept) > KEPT:
                kept.popitem(last=False)


def _coloured(wanted: Iterable[Wanted]) -> dict[int, Spans]:
    found: dict[int, Spans] = {}
    for (path, _), group in groupby(wanted, key=lambda want: (want.path, want.row.hunk)):
        rows = list(group)
        tones = hunk_tones(path, [want.row for want in rows])
        found.update(zip((want.number for want in rows), tones, strict=True))
    return found


def _changed(pairs: Iterable[Compared]) -> dict[int, Marks]:
    found: dict[int, Marks] = {}
    for removed, added, old, new in pairs:
        found[removed], found[added] = changed(shown(old), shown(new))
    return found


def hunk_tones(path: str, rows: Sequence[Row]) -> list[Spans]:
    """The tones of consecutive rows of one hunk, each side read as a text of its own."""
    tones: list[Spans] = [()] * len(rows)
    old = [at for at, row in enumerate(rows) if row.kind in (RowKind.CONTEXT, RowKind.REMOVED)]
    new = [at for at, row in enumerate(rows) if row.kind in (RowKind.CONTEXT, RowKind.ADDED)]
    sides = (old, new) if any(row.kind == RowKind.REMOVED for row in rows) else (new,)
    for side in sides:
        lines = [shown(rows[at].text) if len(rows[at].text) <= LONGEST else "" for at in side]
        for at, spans in zip(side, line_tones(path, lines), strict=True):
            tones[at] = spans
    return tones


def line_tones(path: str, lines: Sequence[str]) -> list[Spans]:
    """The tones of consecutive lines of a file."""
    tones: list[list[Span]] = [[] for _ in lines]
    lexer = _lexer(path) if lines else None
    if lexer is None:
        return [()] * len(lines)
    line = column = 0
    text = "\n".join(lines) + "\n"  # many lexers see a comment only by the end of its line
    for _, token, value in lexer.get_tokens_unprocessed(text):
        tone = _tone(token)
        for piece in _pieces(value):
            if piece == "\n":
                line, column = line + 1, 0
                continue
            if tone is not None and line < len(tones):
                tones[line].append(Span(column, column + len(piece), tone))
            column += len(piece)
    return [tuple(spans) for spans in tones]


def _pieces(value: str) -> Iterator[str]:
    """The parts of a token that lie on one line each, with the newlines between them."""
    first, *rest = value.split("\n")
    if first:
        yield first
    for part in rest:
        yield "\n"
        if part:
            yield part


def _lexer(path: str) -> Lexer | None:
    name = PurePosixPath(path).name
    first, _, rest = name.partition(".")
    if name in _USUAL or not rest or not first:  # `go.mod`, `Makefile`, `.bashrc`
        return _lexer_of(name)
    return _lexer_of(first if first in _USUAL else PurePosixPath(name).suffix.lower())


@lru_cache(maxsize=128)
def _lexer_of(kind: str) -> Lexer | None:
    """The lexer of a suffix (`.py`) or of a whole name (`Makefile`), made once.

    Pygments' own search compiles the patterns of all its lexers: 60 ms and some megabytes. Ours
    takes the lexer that names the pattern first, and the shorter name of two.
    """
    from pygments.lexers import get_all_lexers, get_lexer_by_name

    wanted = (kind, f"*{kind}") if kind.startswith(".") else (kind,)
    found = [
        (patterns.index(pattern), len(name), aliases[0])
        for name, aliases, patterns, _ in get_all_lexers(plugins=False)
        for pattern in wanted
        if pattern in patterns and aliases
    ]
    alias = _USUAL.get(kind) or (min(found)[2] if found else "")
    return get_lexer_by_name(alias, stripnl=False, ensurenl=False) if alias else None


_USUAL = {
    **dict.fromkeys((".dockerfile", "Dockerfile", "Containerfile"), "docker"),
    **dict.fromkeys((".env", ".envrc", ".gitignore", ".dockerignore", ".profile"), "bash"),
    **dict.fromkeys((".csproj", ".fsproj", ".plist", ".props", ".storyboard", ".xib"), "xml"),
    **dict.fromkeys((".conf", ".editorconfig", ".flake8", ".gitconfig", ".gitmodules"), "ini"),
    **dict.fromkeys((".svelte", ".astro"), "html"),
    **dict.fromkeys((".j2", ".jinja", ".jinja2"), "jinja"),
    **dict.fromkeys((".mts", ".cts"), "typescript"),
    **dict.fromkeys((".glsl", ".vert", ".frag"), "glsl"),
    **dict.fromkeys(("Cargo.lock", "poetry.lock", "uv.lock"), "toml"),
    ".bazel": "python", ".erb": "rhtml", ".gql": "graphql", ".inc": "php", ".ipynb": "json",
    ".jsonc": "json5", ".m": "objective-c", ".pro": "prolog", ".r": "r", ".t": "perl",
    ".tcss": "scss", "CMakeLists.txt": "cmake", "Jenkinsfile": "groovy", "Makefile": "make",
    "go.mod": "go", "meson.build": "meson",
}  # fmt: skip
"""What several languages claim, or Pygments does not know or takes for something else."""


@lru_cache(maxsize=256)
def _tone(token: _TokenType) -> Tone | None:
    from pygments.token import Comment, Keyword, Name, Number, Operator, String

    for kind, tone in (
        (Comment, Tone.COMMENT),
        (String, Tone.STRING),
        (Number, Tone.NUMBER),
        (Keyword, Tone.KEYWORD),
        (Operator.Word, Tone.KEYWORD),
        (Name.Function, Tone.NAME),
        (Name.Class, Tone.NAME),
        (Name.Decorator, Tone.NAME),
        (Name.Tag, Tone.NAME),
        (Name.Builtin, Tone.NAME),
    ):
        if kind in token.split():
            return tone
    return None
