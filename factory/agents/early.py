"""The early gate: a check that a program runs, by its own stop hook, before it may stop. Pure.

It spares a round: what a linter finds goes back while the program still has all in mind. It decides
nothing; the gate does, afterwards, outside.
"""

from __future__ import annotations

import shlex

import msgspec

SETTINGS = "early.json"
SCRIPT = "early.sh"
PATIENCE = 300
"""Seconds that the check may take; past them the program stops without it."""
LINES = 20
"""Most lines of what the check said that the program is told."""


def settings(folder: str) -> str:
    """Claude Code's settings with the hook; `folder` is where the script is, as the program sees
    it."""
    hook = {"type": "command", "command": f"sh {folder}/{SCRIPT}", "timeout": PATIENCE}
    return msgspec.json.encode({"hooks": {"Stop": [{"hooks": [hook]}]}}).decode()


def script(check: str) -> str:
    """What the hook runs: it holds the program back where the check fails, and only once in a row.

    Exit code 2 is how a hook of Claude Code's says no; what is on stderr is told to the model.
    """
    quoted = shlex.quote(check)
    return f"""\
case $(cat) in *'"stop_hook_active":true'* | *'"stop_hook_active": true'*) exit 0 ;; esac
said=$(sh -c {quoted} 2>&1) && exit 0
printf 'Before you stop, make this pass: %s\\n' {quoted} >&2
printf '%s\\n' "$said" | tail -n {LINES} >&2
exit 2
"""
