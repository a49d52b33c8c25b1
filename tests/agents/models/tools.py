"""What a recording does, done with the tools that the asking program offers.

A recording knows our own loop's tools: a shell and an editor. Each program has its own names and
inputs for the same, which it tells with every request; so the tool is found by its name and its
input by its schema. Where a program has no such tool, its shell does the same.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from factory.agents.conversation import Block
from factory.agents.tools import BASH
from tests.agents.models.conversation import Json, Tool

SHELLS = (
    "Bash",
    "bash",
    "run_shell_command",
    "exec_command",
    "shell_command",
    "shell",
)
WRITERS = ("Write", "write_file", "write", "create_file")
EDITORS = ("Edit", "edit", "replace", "edit_file", "search_replace")
READERS = ("Read", "read_file", "read", "view")
PATCH = "apply_patch"

PATHS = ("file_path", "filePath", "path", "absolute_path", "file")
CONTENTS = ("content", "contents", "file_text", "text")
OLDS = ("old_string", "oldString", "old_str", "old")
NEWS = ("new_string", "newString", "new_str", "new")
COMMANDS = ("command", "cmd")
REPLACE = """
import pathlib, sys
path, old, new = sys.argv[1:]
file = pathlib.Path(path)
file.write_text(file.read_text().replace(old, new))
"""


class NoToolError(Exception):
    """The program offers none that could do it, not even a shell."""


def translate(block: Block, tools: Sequence[Tool], root: str) -> Block:
    """A recorded call as one of the program's; `root` is where it works. Raises NoToolError."""
    given = block["input"]
    if block["name"] == BASH:
        return _shell(block, tools, given["command"])
    path = given["path"]
    match given["command"]:
        case "create":
            return _create(block, tools, root, path, given["file_text"])
        case "str_replace":
            return _replace(block, tools, root, given)
        case _:
            if tool := _first(tools, READERS):
                return _named(block, tool, {_key(tool, PATHS): _absolute(root, path)})
            return _shell(block, tools, f"cat {shlex.quote(path)}")


def _create(block: Block, tools: Sequence[Tool], root: str, path: str, words: str) -> Block:
    if tool := _first(tools, WRITERS):
        given = {_key(tool, PATHS): _absolute(root, path), _key(tool, CONTENTS): words}
        return _named(block, tool, given)
    if (tool := _first(tools, (PATCH,))) and tool.free:
        added = "".join(f"+{line}\n" for line in words.splitlines())
        return _patch(block, f"*** Add File: {path}\n{added}")
    folder = shlex.quote(str(PurePosixPath(path).parent))
    put = f"printf %s {shlex.quote(words)} > {shlex.quote(path)}"
    return _shell(block, tools, f"mkdir -p {folder} && {put}")


def _replace(block: Block, tools: Sequence[Tool], root: str, given: Mapping[str, str]) -> Block:
    path, old, new = given["path"], given["old_str"], given["new_str"]
    if tool := _first(tools, EDITORS):
        keys = (_key(tool, PATHS), _key(tool, OLDS), _key(tool, NEWS))
        return _named(block, tool, dict(zip(keys, (_absolute(root, path), old, new), strict=True)))
    if (tool := _first(tools, (PATCH,))) and tool.free:
        lines = [f"-{line}" for line in old.splitlines()] + [
            f"+{line}" for line in new.splitlines()
        ]
        return _patch(block, f"*** Update File: {path}\n@@\n" + "\n".join(lines) + "\n")
    return _shell(block, tools, shlex.join(["python3", "-c", REPLACE, path, old, new]))


def _patch(block: Block, body: str) -> Block:
    return {**block, "name": PATCH, "input": {"text": f"*** Begin Patch\n{body}*** End Patch\n"}}


def _shell(block: Block, tools: Sequence[Tool], command: str) -> Block:
    tool = _first(tools, SHELLS)
    if tool is None:
        raise NoToolError(", ".join(tool.name for tool in tools) or "no tools at all")
    key = _key(tool, COMMANDS)
    many = _properties(tool).get(key, {}).get("type") == "array"
    return _named(block, tool, {key: ["bash", "-c", command] if many else command})


def _first(tools: Sequence[Tool], names: Sequence[str]) -> Tool | None:
    offered = {tool.name: tool for tool in tools}
    return next((offered[name] for name in names if name in offered), None)


def _properties(tool: Tool) -> dict[str, Json]:
    properties: dict[str, Json] = tool.schema.get("properties") or {}
    return properties


def _key(tool: Tool, names: Sequence[str]) -> str:
    return next((name for name in names if name in _properties(tool)), names[0])


def _named(block: Block, tool: Tool, given: Json) -> Block:
    """The call, with a plain value for whatever else the tool requires."""
    wanted = [name for name in tool.schema.get("required") or () if name not in given]
    return {
        **block,
        "name": tool.name,
        "input": given | {name: _plain(_properties(tool).get(name, {})) for name in wanted},
    }


def _plain(schema: Json) -> Any:
    if schema.get("enum"):
        return schema["enum"][0]
    match schema.get("type"):
        case "boolean":
            return False
        case "integer" | "number":
            return 1
        case "array":
            return []
        case "object":
            return {}
        case _:
            return "as the task asks"


def _absolute(root: str, path: str) -> str:
    return str(PurePosixPath(root) / path)
