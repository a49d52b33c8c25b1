"""What a file of data says: pairs of a key and its value, or of two cells of a row. Pure."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from itertools import combinations

Plain = str | int | float | bytes
Pair = tuple[Plain, Plain]

_LARGEST = 200_000
"""Characters of a file that is read."""
_WIDEST = 20
"""Values of one row that are looked at: a table may be as wide as it likes."""
_ROWS = 2_000
"""Rows of one table that are looked at."""


def is_data(path: str) -> bool:
    """Whether a file's name says that it holds data that can be read here."""
    return path.endswith((".json", ".csv", ".tsv"))


def tables(path: str, text: str) -> Iterator[frozenset[Pair]]:
    """The pairs of every table in a file of data; none where it cannot be read as such."""
    if len(text) > _LARGEST:
        return
    try:
        if path.endswith(".json"):
            yield from _inside(json.loads(text))
        else:
            between = "\t" if path.endswith(".tsv") else ","
            yield _paired(csv.reader(text.splitlines(), delimiter=between))
    except (ValueError, RecursionError, csv.Error):
        return


def _inside(value: object) -> Iterator[frozenset[Pair]]:
    match value:
        case dict():
            yield frozenset(
                (given, answer)
                for key, said in list(value.items())[:_ROWS]
                for given in _cell(key)
                for answer in _row(said)
            )
            for said in value.values():
                yield from _inside(said)
        case list():
            yield _paired(value)
            for said in value:
                yield from _inside(said)
        case _:
            pass


def _paired(rows: Iterable[object]) -> frozenset[Pair]:
    """Each cell with each that comes after it in its row."""
    found: set[Pair] = set()
    for _, row in zip(range(_ROWS), rows, strict=False):
        cells = row.values() if isinstance(row, dict) else row if isinstance(row, list) else ()
        found |= set(combinations(_row(list(cells)), 2))
    return frozenset(found)


def _row(value: object) -> list[Plain]:
    cells = value if isinstance(value, list) else [value]
    return [plain for cell in cells[:_WIDEST] for plain in _cell(cell)]


def _cell(value: object) -> Iterator[Plain]:
    """A value; one that is written as text may be meant as a number."""
    match value:
        case bool() | None:
            return
        case str():
            number = value.strip()
            digits = number.removeprefix("-")
            if digits.isascii() and digits.isdigit() and len(digits) < 19:
                yield int(number)
            elif number:
                yield value
        case int() | float():
            yield value
        case _:
            return
