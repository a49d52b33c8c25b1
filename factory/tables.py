"""Reading TOML so that every mistake is found at once and named with its key. Pure.

A `Table` gives out the values of one TOML table. Each is read by a `Reader`, a function that
returns the value or raises `Wrong`. What is wrong goes into a list of problems that all tables of
one file share, and a default stands in, so that reading goes on to the end.
"""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypeVar

T = TypeVar("T")
Reader = Callable[[object], T]
"""Returns the value of a key, or raises Wrong. None, which TOML does not have, is always wrong."""

LARGEST = 10**15
"""Numbers past this are a slip of the finger; floats below it are exact to the unit."""


class TomlSyntaxError(Exception):
    """The text is not TOML; the message is one sentence that begins with the line."""


class Wrong(Exception):  # noqa: N818 - never leaves this module and its caller: a word, not an error
    """A value will not do. `expected` says what would; `hint` is a clause that helps."""

    def __init__(self, expected: str, hint: str = "") -> None:
        super().__init__(expected)
        self.expected = expected
        self.hint = hint


def load(text: str) -> dict[str, Any]:
    """Parse TOML. Raises TomlSyntaxError, and nothing else, whatever the text is."""
    for number, line in enumerate(text.split("\n"), start=1):
        if any("\ud800" <= letter <= "\udfff" for letter in line):
            raise TomlSyntaxError(f"line {number}: expected UTF-8 text, found bytes that are not")
    try:
        return tomllib.loads(text.removeprefix("\ufeff"))
    except RecursionError:
        raise TomlSyntaxError("line 1: arrays or tables are nested too deeply") from None
    except ValueError as error:  # TOMLDecodeError, and numbers of thousands of digits
        raise TomlSyntaxError(_sentence(str(error), text)) from None


def _sentence(message: str, text: str) -> str:
    """`Expected '=' … (at line 3, column 5)` → `line 3: not valid TOML: expected '=' …`."""
    where = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)$", message)
    if where is None:
        return "line 1: not valid TOML: a number in it is too long"
    line = where[1] or str(text.count("\n") + 1)
    said = message[: where.start()]
    if twice := re.match(r"Cannot declare \('(.*?)',?\) twice", said):
        name = twice[1].replace("', '", ".")
        return f"line {line}: {name} is declared twice"
    if said == "Cannot overwrite a value":
        return f"line {line}: a key is written for the second time"
    return f"line {line}: not valid TOML: {said[:1].lower()}{said[1:]}"


class Table:
    """One table of the file; `where` is its own key, empty for the file itself."""

    def __init__(self, data: dict[str, Any], where: str, problems: list[str]) -> None:
        self._data = data
        self._where = where
        self._problems = problems
        self._asked: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self._data

    def complain(self, key: str, problem: str) -> None:
        """Add a problem with one key of this table."""
        self._problems.append(f"{self._path(key)}: {problem}")

    def get(self, key: str, read: Reader[T], usual: T) -> T:
        """The value of a key, or `usual` where it is missing or wrong."""
        self._asked.add(key)
        return self._read(key, self._data[key], read, usual) if key in self._data else usual

    def need(self, key: str, read: Reader[T], instead: T) -> T:
        """The value of a key that must be there; `instead` lets reading go on where it is not."""
        if key in self._data:
            return self.get(key, read, instead)
        self._asked.add(key)
        try:
            return read(None)
        except Wrong as wrong:
            self.complain(key, f"expected {wrong.expected}, but it is missing")
            return instead

    def each(self, key: str, read: Reader[T], usual: tuple[T, ...] = ()) -> tuple[T, ...]:
        """A list; what is wrong is left out of it. `usual` where the key is missing."""
        if key not in self._data:
            self._asked.add(key)
            return usual
        values: list[object] = self.get(key, _list, [])
        found = (self._read(f"{key}[{at}]", item, read, None) for at, item in enumerate(values, 1))
        return tuple(item for item in found if item is not None)

    def table(self, key: str) -> Table:
        """A table of its own, empty where it is missing."""
        return Table(self.get(key, _table, {}), self._path(key), self._problems)

    def named(self, key: str, needed: str) -> list[tuple[str, Table]]:
        """The tables `[key.NAME]` in the file's order; `needed`: the problem where none is."""
        group = self.table(key)
        if not self._data.get(key):
            self.complain(key, needed)
        return [(name, group.table(name)) for name in group._data]

    def items(self, key: str, needed: str) -> list[Table]:
        """The tables `[[key]]`, counted from 1; `needed` is the problem where there are none."""
        found: list[dict[str, Any]] = self.get(key, _tables(key), [])
        if not self._data.get(key):
            self.complain(key, needed)
        where = self._path(key)
        return [Table(item, f"{where}[{at}]", self._problems) for at, item in enumerate(found, 1)]

    def pairs(self, key: str, name: Reader[str], read: Reader[str]) -> tuple[tuple[str, str], ...]:
        """A table of strings, its keys and values both read."""
        group = self.table(key)
        for found in group._data:
            group._read(found, found, name, "")
        return tuple((found, group.get(found, read, "")) for found in group._data)

    def close(self, top: Iterable[str] = ()) -> None:
        """Complain about every key that nobody asked for. `top`: the keys of the file itself."""
        for key in self._data:
            if key in self._asked:
                continue
            if key in top:
                hint = f"; {key} stands at the top of the file, before the first [table]"
            else:
                known = ", ".join(sorted(self._asked))
                hint = meant(key, self._asked) or f"; the keys here are {known}"
            self.complain(key, "there is no such key" + hint)

    def _path(self, key: str) -> str:
        bare = key if re.fullmatch(r"[A-Za-z0-9_-]+(\[\d+\])?", key) else shown(key)
        return f"{self._where}.{bare}" if self._where else bare

    def _read(self, key: str, value: object, read: Reader[T], usual: T) -> T:
        try:
            return read(value)
        except Wrong as wrong:
            self.complain(key, f"expected {wrong.expected}, found {shown(value)}{wrong.hint}")
            return usual


def text(what: str, pattern: str = r"(?s).*\S.*") -> Reader[str]:
    """Read a string that the whole of a pattern fits; by default, one that is not blank."""
    fits = re.compile(pattern)

    def read(value: object) -> str:
        if isinstance(value, str) and "\0" not in value and fits.fullmatch(value):
            return value
        raise Wrong(what)

    return read


def choice(words: Iterable[str]) -> Reader[str]:
    """Read one of a few words."""
    known = tuple(words)

    def read(value: object) -> str:
        if isinstance(value, str) and value in known:
            return value
        hint = meant(value, known) if isinstance(value, str) else ""
        raise Wrong("one of " + ", ".join(known), hint)

    return read


def whole(what: str, least: int = 1, most: int = LARGEST) -> Reader[int]:
    """Read a whole number within bounds, both inclusive."""
    limit = f"of at least {least}" if most == LARGEST else f"from {least} to {most}"

    def read(value: object) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        raise Wrong(f"{what} as a whole number {limit}")

    return read


def positive(what: str, hint: str = "") -> Reader[float]:
    """Read a number above zero, whole or not."""

    def read(value: object) -> float:
        match value:
            case bool():
                pass
            case int() | float() if 0 < value <= LARGEST:  # nan compares as false
                return float(value)
        raise Wrong(f"{what} as a positive number", hint)

    return read


def flag(value: object) -> bool:
    """Read true or false."""
    if isinstance(value, bool):
        return value
    raise Wrong("true or false")


def moment(value: object) -> float:
    """Read a date and time with its offset, as seconds since the epoch."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.timestamp()
    raise Wrong("a date and time with its offset, such as 2027-01-31T08:00:00Z")


def shown(value: object) -> str:
    """A value of the file as a message may show it: one short line, no control characters."""
    match value:
        case bool() | str():
            line = json.dumps(value, ensure_ascii=False)
        case int() if abs(value) > LARGEST:
            line = "a number of more than 15 digits"
        case list():
            line = "a list"
        case dict():
            line = "a table"
        case _:
            line = str(value)
    line = "".join(letter if letter.isprintable() else "�" for letter in line)
    return line if len(line) <= 60 else line[:57] + "…" + line[-1]


def meant(word: str, known: Iterable[str]) -> str:
    """The clause `; did you mean …?` where a known word is close, else nothing."""
    close = difflib.get_close_matches(word.lower(), sorted(known), n=1)
    return f"; did you mean {close[0]}?" if close else ""


def _list(value: object) -> list[Any]:
    if isinstance(value, list):
        return value
    raise Wrong("a list")


def _table(value: object) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    raise Wrong("a table")


def _tables(key: str) -> Reader[list[dict[str, Any]]]:
    def read(value: object) -> list[dict[str, Any]]:
        if isinstance(value, list) and all(isinstance(item, dict) for item in value):
            return value
        raise Wrong(f"[[{key}]] in double brackets")

    return read
