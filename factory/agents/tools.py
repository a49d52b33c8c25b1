"""The tools of our own agent loop: what the model is offered, and running a call in the sandbox."""

from __future__ import annotations

import contextlib
import shlex
import sys
from importlib import resources
from typing import Any

import msgspec

from factory.agents.base import Desk
from factory.agents.conversation import Block
from factory.agents.output import Capture, shown
from factory.entry import ToolResult
from factory.model import Handoff
from factory.sandbox import run
from factory.transcript import ASK, HANDOFF

BASH = "bash"
EDITOR = "str_replace_based_edit_tool"
USUAL_SECONDS = 120.0
MOST_SECONDS = 600.0
MOST_COMMAND_BYTES = 100_000
"""Linux takes 128 KiB for one argument."""
EDITOR_SECONDS = 30.0

_TEXTS = {"type": "array", "items": {"type": "string"}}

TOOLS: tuple[Block, ...] = (
    {"type": "bash_20250124", "name": BASH},
    {"type": "text_editor_20250728", "name": EDITOR},
    {
        "name": HANDOFF,
        "description": (
            "End the work with a note to the developer who reviews it. Call it once the task is "
            "done and you have run what shows it, or when you found that it cannot or should not "
            "be done. Claim only what you have seen."
        ),
        "input_schema": {
            "type": "object",
            "properties": {
                "summary": {
                    "type": "string",
                    "description": "What you changed and why, in two or three sentences.",
                },
                "deviations": {
                    **_TEXTS,
                    "description": "Where you did other than asked, or beyond it, and why.",
                },
                "concerns": {
                    **_TEXTS,
                    "description": "What may be wrong, is not tested, or should be looked at.",
                },
                "findings": {
                    **_TEXTS,
                    "description": "What you noticed that is not part of the task.",
                },
            },
            "required": ["summary"],
        },
    },
    {
        "name": ASK,
        "description": (
            "Ask the developer one question and wait, perhaps for hours. Only where you cannot "
            "decide from the task and the code, and a wrong guess would cost the work."
        ),
        "input_schema": {
            "type": "object",
            "properties": {
                "question": {
                    "type": "string",
                    "description": "The question with what one must know to answer it, and the "
                    "choices you see.",
                }
            },
            "required": ["question"],
        },
    },
)

# Each command is a shell of its own in a sandbox of its own, where nothing is left running. What a
# shell would keep is kept in two files: its exported variables and its folder.
_SHELL = """\
factory_env="${TMPDIR:-/tmp}/.factory-env" factory_cwd="${TMPDIR:-/tmp}/.factory-cwd"
if [ -r "$factory_env" ]; then . "$factory_env"; fi
if IFS= read -r factory_go 2>/dev/null <"$factory_cwd"; then cd "$factory_go" 2>/dev/null; fi
trap 'export -p >|"$factory_env"; pwd >|"$factory_cwd"' EXIT
eval %s
"""


def summary(call: Block) -> str:
    """One line for the screen: the command, or what is done to which file."""
    given = call.get("input") or {}
    match call.get("name"):
        case "bash":
            return "restart" if given.get("restart") else str(given.get("command", ""))
        case "str_replace_based_edit_tool":
            verbs = {"str_replace": "edit", "insert": "insert into"}
            command = str(given.get("command", ""))
            path = str(given.get("path", "")).removeprefix("/worktree/")
            lines = given.get("view_range")
            return f"{verbs.get(command, command)} {path}" + (f" {lines}" if lines else "")
        case name:
            return str(name)


async def perform(desk: Desk, call: Block) -> ToolResult:
    """Run one call to its end. What the model did wrong is in the result, never raised.

    Raises SandboxError where the sandbox itself does not work.
    """
    given = call.get("input")
    given = given if isinstance(given, dict) else {}
    match call.get("name"):
        case "bash" if given.get("restart"):
            return _forget(desk, call)
        case "bash":
            return await _bash(desk, call, given)
        case "str_replace_based_edit_tool":
            return await _edit(desk, call, given)
        case name:
            offered = ", ".join(tool["name"] for tool in TOOLS)
            return refused(desk, call, f"There is no tool {name!r}: use one of {offered}.")


def refused(desk: Desk, call: Block, text: str) -> ToolResult:
    """The result of a call that was not run."""
    return ToolResult(at=desk.now(), id=call["id"], text=text, failed=True)


def handoff(given: Any) -> Handoff:
    """The input of a `handoff` call as data; what does not fit is read as far as it goes."""
    given = given if isinstance(given, dict) else {}
    return Handoff(
        summary=_text(given.get("summary")),
        deviations=_texts(given.get("deviations")),
        concerns=_texts(given.get("concerns")),
        findings=_texts(given.get("findings")),
    )


async def _bash(desk: Desk, call: Block, given: dict[str, Any]) -> ToolResult:
    command = given.get("command")
    if not isinstance(command, str) or not command.strip() or "\0" in command:
        return refused(desk, call, "bash needs a command, a text without NUL characters.")
    if len(command.encode()) > MOST_COMMAND_BYTES:
        return refused(
            desk, call, f"The command is too long: write what is in it to a file with {EDITOR}."
        )
    wanted = given.get("timeout")
    seconds = float(wanted) if isinstance(wanted, int | float) and wanted > 0 else USUAL_SECONDS
    seconds = min(seconds, MOST_SECONDS)
    return await _run(desk, call, _SHELL % shlex.quote(command), seconds)


async def _edit(desk: Desk, call: Block, given: dict[str, Any]) -> ToolResult:
    source = resources.files("factory.agents").joinpath("editor.py").read_text()
    command = [sys.executable, "-I", "-S", "-c", source]
    alone = msgspec.structs.replace(desk.profile, services=())
    desk = msgspec.structs.replace(desk, profile=alone)
    result = await _run(desk, call, command, EDITOR_SECONDS, msgspec.json.encode(given))
    return msgspec.structs.replace(result, exit_code=None)


async def _run(
    desk: Desk, call: Block, command: str | list[str], seconds: float, stdin: bytes = b""
) -> ToolResult:
    capture = Capture()
    finished = await run(
        desk.profile, command, timeout=seconds, on_output=capture.feed, stdin=stdin
    )
    text = capture.text()
    if finished.timed_out:
        text = (
            f"{text.rstrip()}\n[stopped after {seconds:g} s; with `timeout` a command may take up "
            f"to {MOST_SECONDS:g} s]"
        ).lstrip()
    cut = shown(text)
    return ToolResult(
        at=desk.now(),
        id=call["id"],
        text=text,
        shown="" if cut == text else cut,
        exit_code=finished.exit_code,
        seconds=finished.seconds,
        failed=finished.exit_code != 0,
    )


def _forget(desk: Desk, call: Block) -> ToolResult:
    """Forget the shell's folder and variables. Unlinking follows no link that an agent made."""
    for name in (".factory-env", ".factory-cwd"):
        with contextlib.suppress(OSError):
            (desk.scratch / name).unlink()
    return ToolResult(at=desk.now(), id=call["id"], text="The shell starts afresh.", exit_code=0)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        value = [value]
    return tuple(str(item) for item in value) if isinstance(value, list) else ()
