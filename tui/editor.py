"""Hands the terminal to another program: the developer's editor, a shell."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from textual.app import App, SuspendNotSupported

from factory.model import FactoryError


class EditorError(FactoryError):
    """The program could not be run in the terminal."""


_PLUS = frozenset(
    ("vi", "vim", "nvim", "nano", "emacs", "emacsclient", "micro", "kak", "view", "vim.tiny")
)
_COLON = frozenset(("hx", "helix", "zed", "zeditor", "subl"))
_GOTO = frozenset(("code", "codium", "cursor", "code-insiders"))


def editor_command(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The developer's editor: $VISUAL, else $EDITOR, else vi."""
    words = environment.get("VISUAL") or environment.get("EDITOR") or "vi"
    try:
        return tuple(shlex.split(words)) or ("vi",)
    except ValueError as error:
        raise EditorError(f"$EDITOR cannot be read: {error}") from error


def edit(app: App[object], file: Path, line: int = 0) -> None:
    """Open a file or folder in the editor and wait; raises EditorError where that fails."""
    folder = file if file.is_dir() else file.parent
    run(app, opening(editor_command(os.environ), file, line), folder)


def opening(editor: Sequence[str], file: Path, line: int) -> tuple[str, ...]:
    """The command line that opens a file at a line, in the way of this editor.

    An editor that is not known gets the file alone: it might take a `+12` for a file's name.
    """
    name = Path(editor[0]).name
    if not line:
        return (*editor, str(file))
    if name in _PLUS:
        return (*editor, f"+{line}", str(file))
    if name in _COLON:
        return (*editor, f"{file}:{line}")
    if name in _GOTO:
        return (*editor, "--goto", f"{file}:{line}")
    return (*editor, str(file))


def run(app: App[object], command: Sequence[str], folder: Path) -> None:
    """Run a program with the real terminal; the screen comes back when it ends."""
    from factory import spawn

    try:
        with app.suspend():
            code = spawn.run_in_terminal(command, folder)
    except SuspendNotSupported as error:
        raise EditorError("this terminal cannot be handed to another program") from error
    except OSError as error:
        raise EditorError(f"{command[0]} cannot be started: {error.strerror}") from error
    if code != 0:
        raise EditorError(f"{command[0]} ended with exit code {code}; nothing was taken from it")
