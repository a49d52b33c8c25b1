"""Which reader reads which `output`: a further form is one file and one line here."""

from __future__ import annotations

from factory.agents.codexjson import CodexJson
from factory.agents.events import Events, Run
from factory.agents.geminijson import GeminiJson
from factory.agents.lineevents import LineEvents
from factory.agents.opencodejson import OpenCodeJson
from factory.agents.reader import Reader, Text
from factory.agents.streamjson import QwenJson, StreamJson

EVENTS: dict[str, type[Events]] = {
    "claude-stream-json": StreamJson,
    "codex-json": CodexJson,
    "gemini-stream-json": GeminiJson,
    "qwen-stream-json": QwenJson,
    "opencode-json": OpenCodeJson,
    "events": LineEvents,
}
"""The forms that are events; `text` is none."""


def reader(output: str, run: Run) -> Reader:
    """What reads this form."""
    form = EVENTS.get(output)
    return Text(run.spec, run.now) if form is None else form(run)
