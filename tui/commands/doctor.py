"""The verb `doctor`: what is missing or broken, and the way out."""

from __future__ import annotations

import os
from pathlib import Path

from factory import spawn, wire
from factory.model import FactoryError
from factory.wire import Diagnosis, Health
from tui.commands.console import Console
from tui.commands.escapes import escapes
from tui.commands.json_text import dumps

_SIGNS = {Health.FINE: "✓", Health.WEAK: "~", Health.BROKEN: "✗"}


async def doctor(
    console: Console,
    start: Path,
    *,
    profiles: bool = False,
    sandbox: bool = False,
    as_json: bool = False,
) -> int:
    """Print one line a part; 1 where something is broken. Starts no engine."""
    if sandbox:
        return await escapes(console, as_json=as_json)
    examined, profile_lines = await spawn.examine(start)
    found = (*examined, await _engine(start))
    if as_json:
        console.raw(dumps(found))
    else:
        for diagnosis in found:
            console.line(f"{_SIGNS[diagnosis.health]} {diagnosis.part}: {diagnosis.sentence}")
            for detail in diagnosis.details:
                console.line(f"    {detail}")
        if profiles:
            for line in profile_lines:
                console.line(line)
        else:
            console.line(
                "  the sandbox: --profiles prints its four profiles, --sandbox tries to get out"
            )
    return int(any(diagnosis.health is Health.BROKEN for diagnosis in found))


async def _engine(start: Path) -> Diagnosis:
    """The engine that runs, with the PATH and the names of the keys that it found."""
    try:
        hello = await spawn.running(spawn.find_repository(start))
    except FactoryError:  # why there is no repository, the line above says
        return Diagnosis(part="engine", health=Health.WEAK, sentence="none can run here")
    if hello is None:
        sentence = "none runs; factory-tui starts one"
        return Diagnosis(part="engine", health=Health.FINE, sentence=sentence)
    details = (f"PATH {hello.path_variable}", f"keys {', '.join(hello.keys) or 'none'}")
    words = f"version {hello.version}, process {hello.pid}"
    if hello.protocol != wire.PROTOCOL:
        words += f", speaks protocol {hello.protocol}: `factory-tui engine restart` renews it"
        return Diagnosis(part="engine", health=Health.BROKEN, sentence=words, details=details)
    if hello.path_variable != os.environ.get("PATH", ""):
        words += "; its PATH is not this shell's, `factory-tui engine restart` renews it"
        return Diagnosis(part="engine", health=Health.WEAK, sentence=words, details=details)
    return Diagnosis(part="engine", health=Health.FINE, sentence=words, details=details)
