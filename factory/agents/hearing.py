"""When an agent at work hears what the developer says to it. Pure."""

from __future__ import annotations

from factory.config import AgentSpec
from factory.model import Hears
from factory.presets import Supports, preset_named


def hears(spec: AgentSpec) -> Hears:
    """When a word said now reaches the agent, should it be in the midst of its work.

    Our own loop listens before each request, so between its tool calls. A program that keeps a
    session is told once its turn has ended, in that session; any other is begun again with it.
    """
    if spec.kind in ("claude", "replay"):
        return Hears.BETWEEN_CALLS
    preset = preset_named(spec.preset)
    form = preset.form(spec.kind) if preset else None
    if form is not None and Supports.STEER in form.supports:
        return Hears.BETWEEN_CALLS
    if spec.kind == "acp" or spec.output != "text":
        return Hears.NEXT_TURN
    return Hears.BEGINS_AGAIN
