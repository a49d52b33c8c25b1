"""One meaning of a glob for the whole house, pure: the one `.gitignore` has, without negation.

`*`, `?` and `[abc]` stay within one folder, `**` spans any number of them. A pattern without a
slash is held against the file's name wherever it stands; one with a slash against the whole path.
A trailing slash means everything below a folder: `vendor/` at any depth, `docs/api/` from the
root. Matching is case-sensitive. There is no escape character: write `[*]` for a star.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable
from functools import lru_cache

_SPAN = "**"


def matches(path: str, globs: Iterable[str]) -> bool:
    """Whether any of the globs matches the path, which is relative to the root, with `/`.

    Takes time proportional to path times pattern at worst: paths come from agents.
    """
    names = path.split("/")
    return any(_match(names, _compiled(glob)) for glob in globs)


@lru_cache(maxsize=1024)
def _compiled(glob: str) -> tuple[re.Pattern[str] | None, ...]:
    """One pattern a folder; None stands for `**`, any number of folders."""
    anchored = "/" in glob.rstrip("/")
    parts = glob.split("/") if anchored else [_SPAN, *glob.split("/")]
    if glob.endswith("/"):
        parts[-1] = _SPAN
    if parts[-1] == _SPAN:
        parts.append("*")  # what stands below the folder, not the folder itself
    return tuple(None if part == _SPAN else re.compile(fnmatch.translate(part)) for part in parts)


def _match(names: list[str], parts: tuple[re.Pattern[str] | None, ...]) -> bool:
    """Match with one point of return, the newest `**`: an earlier one could not do better."""
    name = part = 0
    span, resume = -1, 0
    while name < len(names):
        if part < len(parts) and parts[part] is None:
            span, resume = part, name
            part += 1
        elif part < len(parts) and _fits(parts[part], names[name]):
            name, part = name + 1, part + 1
        elif span >= 0:
            resume += 1
            name, part = resume, span + 1
        else:
            return False
    return all(rest is None for rest in parts[part:])


def _fits(part: re.Pattern[str] | None, name: str) -> bool:
    return part is not None and part.match(name) is not None
