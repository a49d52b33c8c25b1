"""What several tables of factory.toml expect, as readers of `factory.tables`."""

from __future__ import annotations

from factory.tables import text

command = text("a shell command")
free = text("text", r"(?s).*")
own_variable = text(
    "the name of a variable other than PATH, which environment.path is for",
    r"(?!PATH$)[A-Za-z_][A-Za-z0-9_]*",
)
folder = text(
    "a folder of this machine such as /opt/go or ~/.rustup, and never a whole home or disk",
    r"(?!~/*$|/+$|/(?:home|root|Users)(?:/[^/]*)?/*$)(?!.*//)(?!.*/\.{1,2}(?:/|$))"
    r"(?:/|~/)[^\n]+",
)
