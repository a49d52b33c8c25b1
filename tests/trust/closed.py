"""Sandboxes that are missing, blocked, broken or full of holes: nothing begins unattended."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
import shutil
import struct
import subprocess  # noqa: TID251 - where the kernel refuses, a whole process must be refused
import sys
import tempfile
from collections.abc import Callable
from contextlib import aclosing
from io import StringIO
from pathlib import Path
from unittest import mock

from factory.model import SandboxError, TaskState
from factory.run import Runner
from factory.sandbox import bubblewrap, seccomp
from tests.developer import Developer
from tests.trust.base import Control, Outcome
from tests.works import Works, rail, settings, works
from tui.commands import describe, unattended
from tui.commands.console import Console

Spoil = Callable[[Path], contextlib.AbstractContextManager[object]]

HOME = str(Path.home())


def program(script: str) -> Spoil:
    """A bubblewrap that is this shell script."""

    def spoil(folder: Path) -> contextlib.AbstractContextManager[object]:
        path = folder / "bwrap"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return mock.patch.object(bubblewrap, "find_bubblewrap", return_value=path)

    return spoil


def told(*instead: str, without: str = "") -> Spoil:
    """A bubblewrap that is told something else, besides or in the place of an option."""
    whole = bubblewrap.arguments

    def weaker(*args: object, **named: object) -> list[str]:
        words = whole(*args, **named)  # type: ignore[arg-type]  # handed on as it came
        at = words.index(without) if without else len(words)
        return [*words[:at], *instead, *words[at + 1 :]]

    return lambda _folder: mock.patch.object(bubblewrap, "arguments", weaker)


def missing(_folder: Path) -> contextlib.AbstractContextManager[object]:
    return mock.patch.object(bubblewrap, "find_bubblewrap", return_value=None)


UID_MAP = "echo 'bwrap: setting up uid map: Permission denied' >&2; exit 1"
NAMESPACE = "echo 'bwrap: No permissions to create new namespace' >&2; exit 1"
PARTS = ("--unshare-ipc", "--unshare-net", "--unshare-uts", "--unshare-cgroup")
QUICKLY: dict[str, Spoil] = {
    "missing": missing,
    "blocked by AppArmor": program(UID_MAP),
    "without the network's wall": told("--share-net"),
}
WHOLLY: dict[str, Spoil] = {
    **QUICKLY,
    "no namespaces": program(NAMESPACE),
    "killed at once": program("kill -9 $$"),
    "silent": program("exit 0"),
    "not a program": program("exec /no/such/program"),
    "containing nothing": program('while [ "$1" != -- ]; do shift; done; shift; exec "$@"'),
    "with the host's processes": told(*PARTS, without="--unshare-all"),
    "with namespaces of one's own": told(without="--disable-userns"),
    "with the home": told("--ro-bind", HOME, HOME),
    "with the machine's devices": told("--ro-bind", "/dev", "/dev"),
    "with rights": told("--cap-add", "ALL"),
}

SCRIPT = "echo hello > hello.txt"
SENTENCE = re.compile(r"[^.\n]{40,400}")
"""One, however long: what a developer gets to read is no list."""


def closed(full: bool) -> Outcome:
    """Each broken sandbox in turn; at full size more of them, and one that the kernel refuses."""
    ways = WHOLLY if full else QUICKLY
    logging.getLogger("factory").setLevel(logging.ERROR)  # it says why each does not hold
    held = {name: asyncio.run(_story(spoil, open_to_all=False)) for name, spoil in ways.items()}
    bare = {name: asyncio.run(_story(spoil, open_to_all=True)) for name, spoil in ways.items()}
    if full:
        held["refused by the kernel"] = _refused_by_the_kernel()
    problems = [f"{name}: {what}" for name, found in held.items() for what in found]
    ran = sum("it ran" in found for found in bare.values())
    return Outcome(
        tried=len(held),
        held=sum(not found for found in held.values()),
        control=f"{ran} of {len(bare)} ran uncontained with nobody there",
        proven=ran == len(bare),
        notes=tuple(problems),
    )


async def _story(spoil: Spoil, *, open_to_all: bool) -> list[str]:
    """What was wrong, a few words each."""
    folder = Path(tempfile.mkdtemp(prefix="ft-"))
    at_home = mock.patch.dict(os.environ, {"FACTORY_TUI_HOME": str(folder / "state")})
    bare = mock.patch.object(Runner, "_alone", return_value=False)
    try:
        with spoil(folder), at_home, bare if open_to_all else contextlib.nullcontext():
            developer = Developer(folder / "project")
            developer.commit({"factory.toml": settings(rail("any", "true"))})
            async with works(developer) as factory:
                return await _tell(factory, developer.path, wait=open_to_all)
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def _tell(factory: Works, path: Path, *, wait: bool) -> list[str]:
    task = await factory.add("Say hello", SCRIPT)
    if wait:
        await factory.until(task, TaskState.READY)
        return ["it ran"]
    wrong = []
    try:
        await unattended.run(Console(StringIO(), StringIO(), StringIO(), {}), path)
        wrong.append("unattended work was not refused")
    except SandboxError as error:
        if error.exit_code != 3 or not SENTENCE.fullmatch(str(error)):
            wrong.append(f"it was refused by {error}")
    overview = await factory.client.overview()
    if overview.contained or "uncontained" not in overview.problem:
        wrong.append("the picture does not say so")
    if not any("⚠" in line for line in describe.warnings(overview)):
        wrong.append("`status` does not say so")
    if factory.kinds(task) != ["queued"]:
        wrong.append("the task began with nobody there")
    async with aclosing(factory.client.notices(0)) as notices:
        listening = asyncio.create_task(anext(notices))
        await factory.until(task, TaskState.READY)
        listening.cancel()
    return wrong


# --- the kernel's own refusal --------------------------------------------------------------

NO_NAMESPACES = """
import ctypes, sys
from tui.command import main
rules = bytes.fromhex(sys.argv.pop(1))
class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("rules", ctypes.c_char_p)]
library = ctypes.CDLL(None, use_errno=True)
assert library.prctl(38, 1, 0, 0, 0) == 0
assert library.prctl(22, 2, ctypes.byref(Program(len(rules) // 8, rules))) == 0
sys.argv[0] = "factory-tui"
sys.exit(main(sys.argv[1:]))
"""
_USERS = 0x10000000
"""CLONE_NEWUSER."""
_NUMBERS = {"x86_64": (56, 272), "aarch64": (220, 97)}
"""clone and unshare."""


def _refused_by_the_kernel() -> list[str]:
    """`factory-tui run` in a process that may make no user namespace, as under AppArmor."""
    architecture = os.uname().machine
    if architecture not in _NUMBERS:
        return []
    folder = Path(tempfile.mkdtemp(prefix="ft-"))
    given = {"PATH": os.environ["PATH"], "HOME": str(folder), "FACTORY_TUI_HOME": f"{folder}/state"}
    try:
        with mock.patch.dict(os.environ, given):
            developer = Developer(folder / "project")
            developer.commit({"factory.toml": settings(rail("any", "true"))})
        plain = _command(developer.path, given, "add", "--hold", "Say hello")
        _command(developer.path, given, "engine", "stop", "--at-once")
        done = _command(developer.path, given, "run", "--until-idle", rules=_rules(architecture))
        _command(developer.path, given, "engine", "stop", "--at-once")
        wrong = [] if plain.returncode == 0 else [f"no task could be queued: {plain.stderr}"]
        if done.returncode != 3 or "do not run unattended" not in done.stderr:
            wrong.append(f"it ended with {done.returncode}: {done.stderr}")
        if done.stderr.count("\n") != 1:
            wrong.append("it said more than a sentence")
        return wrong
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _command(
    path: Path, given: dict[str, str], *words: str, rules: bytes = b""
) -> subprocess.CompletedProcess[str]:
    plain = [str(Path(sys.executable).with_name("factory-tui"))]
    start = [sys.executable, "-P", "-c", NO_NAMESPACES, rules.hex()] if rules else plain
    return subprocess.run(
        [*start, *words],
        cwd=path,
        env=given,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def _rules(architecture: str) -> bytes:
    """No new user namespace, by whichever of its calls."""
    clone, unshare = _NUMBERS[architecture]
    lines: list[seccomp.Instruction] = [(0x20, 0, 0, 0)]
    for number in (clone, unshare):
        lines += [
            (0x15, 0, 4, number),
            (0x20, 0, 0, 16),
            (0x45, 0, 1, _USERS),
            (0x06, 0, 0, 0x00050001),
            (0x06, 0, 0, 0x7FFF0000),
        ]
    lines += [(0x15, 0, 1, 435), (0x06, 0, 0, 0x00050026), (0x06, 0, 0, 0x7FFF0000)]
    return b"".join(struct.pack("=HBBI", *line) for line in lines)


CONTROLS = (
    Control(
        name="fail-closed",
        promise="where the sandbox is missing or does not hold, nothing begins unattended",
        run=closed,
    ),
)
