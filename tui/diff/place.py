"""A place in a diff that outlives the diff: by file and line, not by row."""

from __future__ import annotations

from typing import NamedTuple


class Place(NamedTuple):
    """A line of a file, and on which line of the window it stands."""

    path: str
    line: int = 0
    """1-based; 0 for the file's heading."""
    new: bool = True
    at: int = 0
    hunk: str = ""
    """Id of its hunk, where it is a hunk's heading."""
