"""The few fields of a transcript's entries that reviewing needs; what is long is never decoded."""

from __future__ import annotations

from factory.model import Struct


class ToolCall(Struct, tag="ToolCall"):
    """A tool was about to run."""

    at: float = 0.0
    id: str = ""
    name: str = ""
    text: str = ""


class ToolResult(Struct, tag="ToolResult"):
    """Without what the tool printed, which may be long."""

    id: str = ""
    exit_code: int | None = None
    seconds: float = 0.0
    interrupted: bool = False
    failed: bool = False


class Finished(Struct, tag="Finished"):
    """The agent said that it is done."""

    at: float = 0.0
