"""The verb `engine`: in the foreground, restart, stop, and as a service."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from factory import spawn
from factory.model import EngineError, FactoryError
from tui.commands.console import Console
from tui.commands.service import service


def engine(
    console: Console,
    start: Path,
    *,
    action: str | None = None,
    at_once: bool = False,
    install: bool = False,
) -> int:
    """Carry out one form of the verb; without any, be the engine until it is stopped."""
    if install:
        return write_service(console, start, os.environ)
    if action is None:
        spawn.become_engine(spawn.find_repository(start))
    verb = stop if action == "stop" else restart
    return asyncio.run(verb(console, start, at_once=at_once))


async def stop(console: Console, start: Path, *, at_once: bool = False) -> int:
    """Have the engine stop, after the turns under way or at once. Nothing is lost."""
    place = spawn.find_repository(start)
    if await spawn.running(place) is None:
        console.line("no engine runs here")
        return 0
    if not at_once:
        console.note("the engine finishes the turns under way; --at-once does not wait for them")
    await spawn.stop_engine(place, at_once=at_once)
    console.line("the engine has stopped; factory-tui goes on where it was")
    return 0


async def restart(console: Console, start: Path, *, at_once: bool = False) -> int:
    """Stop the engine and start one of this version, with the PATH and keys of this shell."""
    place = spawn.find_repository(start)
    if await spawn.running(place) is not None:
        if not at_once:
            console.note("the engine finishes the turns under way first; --at-once does not wait")
        await spawn.stop_engine(place, at_once=at_once)
    await spawn.ensure_engine(place)
    console.line("the engine runs, with the PATH and keys of this shell")
    return 0


def write_service(console: Console, start: Path, environ: Mapping[str, str]) -> int:
    """Write a service file for this repository's engine and print how to enable it."""
    place = spawn.find_repository(start)
    found = service(
        sys.platform,
        place.id,
        str(place.path),
        spawn.engine_command(place),
        {name: environ[name] for name in ("PATH", "FACTORY_TUI_HOME") if name in environ},
        Path.home(),
    )
    if found is None:
        raise EngineError(
            f"there is no service for {sys.platform} here; run `factory-tui engine` where it stays"
        )
    try:
        found.file.parent.mkdir(parents=True, exist_ok=True)
        found.file.write_text(found.text, encoding="utf-8")
    except OSError as error:
        raise FactoryError(f"{found.file} cannot be written: {error.strerror}") from error
    console.line(f"wrote {found.file}")
    console.line(f"enable: {found.enable}")
    console.line(f"disable: {found.remove}")
    console.line("it has this shell's PATH; give it keys by your system's own means, never in it")
    return 0
