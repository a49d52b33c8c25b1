"""What changed in a Jupyter notebook, in one sentence. Pure, bounded, robust to garbage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from factory.model import Struct

LARGEST = 4_000_000
"""Bytes of a notebook that is taken apart; a larger one is told by its size alone."""


class _Cell(Struct):
    cell_type: str = ""
    source: str | list[str] = ""
    outputs: msgspec.Raw = msgspec.Raw(b"[]")

    @property
    def said(self) -> tuple[bool, str]:
        """Whether it is code, and its text."""
        text = self.source if isinstance(self.source, str) else "".join(self.source)
        return self.cell_type == "code", text


class _Notebook(Struct):
    cells: tuple[_Cell, ...] = ()


def is_notebook(path: str) -> bool:
    """Whether a path is named like a notebook."""
    return path.lower().endswith(".ipynb")


def told(old: bytes | None, new: bytes | None) -> str:
    """`notebook: 2 of 14 cells changed (code 1, text 1), outputs changed`.

    None stands for a side that has no such file. Says so where one cannot be read.
    """
    before, after = _cells(old), _cells(new)
    if before is None or after is None:
        return "notebook: cannot be read as one; its lines show all there is"
    was, now = [cell.said for cell in before], [cell.said for cell in after]
    words = _compared(was, now) if old is not None else f"{len(now)} cells, all new"
    if new is None:
        words = f"{len(was)} cells, all gone"
    elif old is not None and _outputs(before) != _outputs(after):
        words += ", outputs changed"
    return f"notebook: {words}"


def _compared(was: Sequence[tuple[bool, str]], now: Sequence[tuple[bool, str]]) -> str:
    gone, come = Counter(was) - Counter(now), Counter(now) - Counter(was)
    code = max(_of(gone, code=True), _of(come, code=True))
    text = max(_of(gone, code=False), _of(come, code=False))
    if code or text:
        cells = max(len(was), len(now))
        return f"{code + text} of {cells} cells changed (code {code}, text {text})"
    return "no cell changed" if list(was) == list(now) else "cells in another order"


def _of(cells: Counter[tuple[bool, str]], *, code: bool) -> int:
    return sum(count for (is_code, _), count in cells.items() if is_code is code)


def _outputs(cells: Iterable[_Cell]) -> list[bytes]:
    return [bytes(cell.outputs) for cell in cells]


def _cells(data: bytes | None) -> tuple[_Cell, ...] | None:
    if data is None:
        return ()
    if len(data) > LARGEST:
        return None
    try:
        return msgspec.json.decode(data, type=_Notebook).cells
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None
