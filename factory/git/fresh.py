"""A new repository with one commit: for the demo, and for journeys through real packages."""

from __future__ import annotations

import subprocess  # noqa: TID251  this package is where git is run
from pathlib import Path

from factory.git.command import environment, program


def make(folder: Path, message: str) -> None:
    """Make a git repository of all files in `folder`, with one commit on `main`."""
    author = ("-c", "user.name=Demo", "-c", "user.email=demo@localhost")
    for arguments in (
        ("init", "--quiet", "--initial-branch=main"),
        ("config", "user.name", "Demo"),
        ("config", "user.email", "demo@localhost"),
        ("add", "--all", "--force"),
        (*author, "commit", "--quiet", "-m", message),
    ):
        subprocess.run([program(), *arguments], cwd=folder, env=environment(), check=True)
