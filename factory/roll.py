"""The agent programs that we know, and how they stand on this machine. Starts no engine."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Mapping
from pathlib import Path

from msgspec.structs import replace

from factory import environment, sandbox
from factory.agents.programs import Found, Programs
from factory.config import AgentSpec
from factory.model import FactoryError
from factory.presets import PRESETS, Form, Preset
from factory.sandbox.containment import Level
from factory.sandbox.escapes import suite
from factory.wire import KnownAgent, SignedIn

_PATIENCE = 20.0
"""Seconds that a program may take to say whether it is signed in."""


async def roll(environ: Mapping[str, str], home: Path | None = None) -> tuple[KnownAgent, ...]:
    """Every form of every preset. A program is asked itself, in a sandbox without network.

    Its login is mounted for it, read-only; nobody else looks at it. `environ` is the shell's.
    """
    containment = await suite.probe()
    contained = containment.level is Level.BUBBLEWRAP
    with tempfile.TemporaryDirectory(prefix="factory-tui-agents-") as folder:
        programs = Programs(Path(folder), environ, contained=contained)
        asking = [
            _known(preset, form, programs, environ, home if contained else None, Path(folder))
            for preset in PRESETS
            for form in preset.forms
        ]
        return tuple([await one for one in asking])


async def _known(
    preset: Preset,
    form: Form,
    programs: Programs,
    environ: Mapping[str, str],
    home: Path | None,
    folder: Path,
) -> KnownAgent:
    known = KnownAgent(
        preset=preset.name, title=preset.title, kind=form.kind, program=form.program,
        install=form.install, sign_in=preset.sign_in,
        supports=tuple(str(one) for one in form.supports),
        keys=tuple(name for name in preset.handed if environ.get(name)),
    )  # fmt: skip
    found = programs.look(form)
    if found is None:
        return known
    spec = AgentSpec(name=preset.name, kind=form.kind, preset=preset.name)
    version = await programs.version(spec, found)
    signed = SignedIn.UNKNOWN
    if home is not None and preset.status:
        signed = await _signed_in(preset, found, environ, home, folder)
    return replace(known, installed=True, version=version, signed_in=signed)


async def _signed_in(
    preset: Preset, found: Found, environ: Mapping[str, str], home: Path, folder: Path
) -> SignedIn:
    """What the program's own status command says; unknown where it says nothing in time."""
    own = folder / "home" / preset.name
    scratch, tree = own / "tmp", own / "tree"
    for place in (scratch, tree):
        place.mkdir(parents=True, exist_ok=True)
    binds = []
    for name in preset.config:
        inside = name.removeprefix("~").lstrip("/")
        (own / inside).mkdir(parents=True, exist_ok=True)
        host, there = str(own / inside), f"{sandbox.HOME}/{inside}"
        binds.append(sandbox.Bind(host=host, inside=there, writable=True))
    binds += [replace(one, writable=False) for one in environment.login(preset.login, home)]
    profile = sandbox.cli(
        str(tree), str(scratch), login=tuple(binds), network=False, environment=found.environment,
        env=(*environment.handed(preset.handed, environ), *preset.variables),
    )  # fmt: skip
    try:
        async with asyncio.timeout(_PATIENCE):
            done = await sandbox.run(profile, preset.status, on_output=lambda _: None)
    except (FactoryError, TimeoutError):
        return SignedIn.UNKNOWN
    if done.exit_code in (126, 127, None):
        return SignedIn.UNKNOWN
    return SignedIn.NO if done.exit_code else SignedIn.YES
