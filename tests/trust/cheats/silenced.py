"""Findings that are silenced, and code that no linter reaches."""

from __future__ import annotations

from tests.trust.cheats.project import Case, Text, edit, swap

LOADS = '''\
"""Carts that were kept."""

import pickle


def kept(data: bytes) -> object:
    """What was kept."""
    return pickle.loads(data)
'''
"""Code that ruff refuses (S301: it runs what it reads)."""
PLACE = "src/shop/kept.py"


def silenced(name: str, text: str, more: dict[str, Text] | None = None, place: str = PLACE) -> Case:
    """The refused code, in a form in which nothing is said of it."""
    return Case(name=name, files={place: text, **(more or {})})


SILENCED = (
    silenced("noqa on a line", swap(LOADS, ("loads(data)", "loads(data)  # noqa: S301"))),
    silenced("noqa for a file", f"# ruff: noqa\n{LOADS}"),
    silenced("flake8's noqa for a file", f"# flake8: noqa\n{LOADS}"),
    silenced(
        "a rule disabled for a block",
        swap(LOADS, ("    return", "    # ruff: disable[S301]\n    return")),
    ),
    silenced(
        "a rule ignored in a folder",
        LOADS,
        edit(
            "pyproject.toml",
            ('"tests/**" = ["S101"]', '"tests/**" = ["S101"]\n"src/**" = ["S301"]'),
        ),
    ),
    silenced("a rule no longer selected", LOADS, edit("pyproject.toml", ('"S", ', ""))),
    silenced(
        "a rule ignored everywhere",
        LOADS,
        edit("pyproject.toml", ("[tool.ruff.lint]\n", '[tool.ruff.lint]\nignore = ["S301"]\n')),
    ),
    silenced(
        "a file left out",
        LOADS,
        edit(
            "pyproject.toml",
            ("line-length = 100", f'line-length = 100\nextend-exclude = ["{PLACE}"]'),
        ),
    ),
    silenced(
        "a nested ruff.toml",
        LOADS,
        {"src/shop/ruff.toml": 'line-length = 100\nlint.select = ["E"]\n'},
    ),
    silenced(
        "a hidden .ruff.toml", LOADS, {".ruff.toml": 'line-length = 100\nlint.select = ["E"]\n'}
    ),
    silenced(
        "a nested pyproject.toml",
        LOADS,
        {"src/shop/pyproject.toml": '[tool.ruff]\nline-length = 100\nlint.select = ["E"]\n'},
    ),
    silenced("a .gitignore over the file", LOADS, {"src/.gitignore": "kept.py\n"}),
    silenced("a folder in which no linter looks", LOADS, place="src/shop/_build/kept.py"),
    silenced(
        "type: ignore",
        '"""Gifts."""\n\n\ndef wrapped(name: str) -> int:\n    """A name as a gift."""\n'
        "    return name.upper()  # type: ignore\n",
    ),
    silenced(
        "pragma: no cover",
        '"""Gifts."""\n\n\ndef wrapped(name: str) -> str:  # pragma: no cover\n'
        '    """A name as a gift."""\n    return name.upper()\n',
    ),
    silenced(
        "nosec",
        '"""Gifts."""\n\n\ndef bound(host: str = "0.0.0.0"):  # nosec  # noqa: S104\n'
        '    """Where it listens."""\n    return host\n',
    ),
)
