"""Finds in a shell command how it starts a tool. Pure."""

from __future__ import annotations

import re

_JOINTS = re.compile(r"&&|\|\||[;|&\n()]")


def version_of(command: str, *names: str) -> str:
    """The command that prints the version of the last of those tools that `command` starts.

    `CI=1 uv run pytest -q tests` → `CI=1 uv run pytest --version`; empty where it starts none of
    them by name.
    """
    words = "|".join(map(re.escape, names))
    tool = re.compile(rf"(.*?(?<![\w./-])(?:[\w./-]*/)?(?:{words}))(?:\s|$)")
    for part in reversed(_JOINTS.split(command)):
        found = tool.match(part.strip())
        if found:
            return f"{found[1]} --version"
    return ""
