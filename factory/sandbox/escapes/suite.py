"""Running probes in a sandbox: a few at every start of the engine, all of them for `doctor`."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import importlib.util
import marshal
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from enum import StrEnum
from importlib.abc import InspectLoader
from pathlib import Path
from types import CodeType, ModuleType

from msgspec.structs import replace

from factory import sandbox
from factory.hosts import proxy_port
from factory.model import SandboxError, Struct
from factory.sandbox import bubblewrap, containment, network, profiles
from factory.sandbox.containment import Containment, Level
from factory.sandbox.escapes import inside
from factory.sandbox.escapes.world import World
from factory.sandbox.profiles import ENVIRONMENT, HOME, Bind, Environment, Profile
from factory.sandbox.registries import registries

PROFILES = ("tools", "gate", "setup", "cli", "hosts")
LEAST = 60
"""Probes that must have been tried for a suite to mean anything."""
_MODULES = ("files", "processes", "kernel", "network")
_HOSTS = ("granted.example",)
_LONGEST = 120.0
_QUICKLY = 10.0
_SHELL = ("PWD", "OLDPWD", "SHLVL", "_")
"""What a shell sets by itself."""
_SOCKETS = (
    "/run/dbus/system_bus_socket",
    "/run/docker.sock",
    "/run/containerd/containerd.sock",
    "/run/podman/podman.sock",
    "/run/snapd.socket",
    "/run/systemd/private",
    "/tmp/.X11-unix",
    "/var/run/docker.sock",
)
_BOOT = """
import marshal, sys
modules, facts, names, apart = marshal.load(open(0, "rb"))
space = {}
for name, code in modules:
    module = sys.modules[name] = type(sys)(name)
    exec(code, module.__dict__)
    space.update(module.__dict__)
space["main"](space["Plants"](facts), names, space, apart=apart)
"""
_PARENT = """
import ctypes, os, time
ctypes.CDLL(None).prctl(1, 9)
os.write(1, b"%d\\n" % os.getpid())
time.sleep(600)
"""
"""Another program of the host's: it has a name, a key in its environment, and ends with us."""


class Sign(StrEnum):
    """What one probe came to."""

    HELD = "held"
    ESCAPED = "escaped"
    GRANTED = "granted"
    """It is what the profile is for, and was not tried."""
    UNTRIED = "untried"


class Probe(Struct):
    """One way out that is tried."""

    name: str
    tries: str
    """What it tries to do, in words that follow `it can`."""
    module: str
    granted: tuple[str, ...] = ()
    """Profiles in which it is no escape."""


class Tried(Struct):
    """One probe in one profile."""

    probe: Probe
    sign: Sign
    shown: str = ""
    """Foreign text: what it could do, or why it could not, as the system says it."""


def probes() -> tuple[Probe, ...]:
    """All of them, in their order."""
    return tuple(
        Probe(
            name=name,
            tries=(function.__doc__ or "").strip(),
            module=module.__name__,
            granted=module.GRANTED.get(name, ()),
        )
        for module in _modules()
        for name, function in vars(module).items()
        if not name.startswith("_") and getattr(function, "__module__", "") == module.__name__
    )


def _modules() -> list[ModuleType]:
    return [importlib.import_module(f"factory.sandbox.escapes.{name}") for name in _MODULES]


async def probe() -> Containment:
    """Really run a sandbox once, and believe only what it shows. Takes some 40 ms."""
    if not bubblewrap.find_bubblewrap():
        return Containment(level=Level.NONE, sentence=containment.missing())
    try:
        tried = await _quickly()
        if {one.sign for one in tried} - {Sign.HELD} == {Sign.UNTRIED}:
            tried = await _quickly()  # a machine that stands still for seconds shows nothing
    except SandboxError as error:
        return Containment(level=Level.NONE, sentence=str(error))
    except OSError as error:
        sentence = f"the sandbox cannot be tried: {error}; make room and try again"
        return Containment(level=Level.NONE, sentence=sentence)
    return containment.judge(_fault(one) for one in tried if one.sign is not Sign.HELD)


async def _quickly() -> tuple[Tried, ...]:
    quick = [name for module in _modules() for name in module.QUICK]
    chosen = [probe for probe in probes() if probe.name in quick]
    async with _planted(whole=False) as world:
        return await _run(world, _profile(world, "tools"), chosen, apart=False)


def _fault(one: Tried) -> str:
    if one.sign is Sign.ESCAPED:
        return f"a program in it can {one.probe.tries} ({one.shown})"
    return f"whether a program in it can {one.probe.tries} was not to be found out ({one.shown})"


async def attempt(
    profile: str, *, contained: bool = True, only: Collection[str] = ()
) -> tuple[Tried, ...]:
    """All probes in a profile, or those of some names, each in a process of its own.

    Uncontained they go for nothing but what is planted: that shows that a probe can succeed.
    Raises SandboxError where there is no sandbox.
    """
    async with _planted(whole=True) as world:
        shown = replace(_profile(world, profile), contained=contained)
        wanted = [one for one in probes() if not only or one.name in only]
        async with network.granted(shown, world.root / "network") as granted:
            return await _run(world, granted.profile, wanted, apart=True)


async def _run(
    world: World, profile: Profile, wanted: Sequence[Probe], *, apart: bool
) -> tuple[Tried, ...]:
    free = {one.name for one in wanted if profile.contained and profile.name in one.granted}
    names = [one.name for one in wanted if one.name not in free]
    facts = world.facts | _facts(world, profile)
    modules = dict.fromkeys(one.module for one in wanted)
    payload = marshal.dumps((_codes(modules), facts, names, apart))
    said: list[bytes] = []
    finished = await sandbox.run(
        profile, [sys.executable, "-I", "-S", "-c", _BOOT],
        timeout=_LONGEST if apart else _QUICKLY, on_output=said.append, stdin=payload,
    )  # fmt: skip
    lines = dict(_lines(b"".join(said).decode(errors="replace")))
    missing = f"it said nothing, and all ended with {finished.exit_code}"
    reached = world.reached(set(names))
    return tuple(
        _tried(one, free, lines.get(one.name, (Sign.UNTRIED, missing)), reached) for one in wanted
    )


def _lines(said: str) -> Iterable[tuple[str, tuple[Sign, str]]]:
    for line in said.splitlines():
        name, how, shown = (*line.split("\t", 2), "", "")[:3]
        if how in tuple(Sign):
            yield name, (Sign(how), shown)


def _tried(one: Probe, free: set[str], line: tuple[Sign, str], reached: set[str]) -> Tried:
    if one.name in free:
        return Tried(probe=one, sign=Sign.GRANTED)
    sign, shown = line
    if one.name in reached:
        sign, shown = Sign.ESCAPED, shown or "its mark was found outside"
    return Tried(probe=one, sign=sign, shown=shown)


def _codes(names: Iterable[str]) -> list[tuple[str, CodeType | None]]:
    """The modules' code, compiled: to compile it inside would take longer than all the rest."""
    found = []
    for name in (inside.__name__, *names):
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert isinstance(spec.loader, InspectLoader)
        found.append((name, spec.loader.get_code(name)))
    return found


def _facts(world: World, profile: Profile) -> dict[str, str | int]:
    machine = bubblewrap.look()
    variables = (*bubblewrap.environment(profile, machine), *_SHELL)
    facts: dict[str, str | int] = {
        "contained": profile.contained,
        "variables": "\n".join(variables),
        "private": "",
        "proxy": proxy_port(profile.hosts),
        "toolchain": "\n".join(machine.python),
        "system": str(world.root / "system"),
        **world.place(contained=profile.contained),
    }
    if profile.contained:
        shown = (*machine.python, *(bind.inside for bind in profile.binds))
        private = containment.private_files(Path.home(), shown)
        facts["private"] = "\n".join((*map(str, private), *_real_sockets(os.environ)))
        top = ("/", "/usr", "/usr/local/bin", "/etc", "/run", "/dev", "/home", "/proc", "/var")
        facts["system"] = "\n".join((*top, *machine.python))
    return facts


def _real_sockets(environ: Mapping[str, str]) -> list[str]:
    """Sockets of this machine by which programs can be started or keys used, where there are."""
    runtime = environ.get("XDG_RUNTIME_DIR", "")
    own = [f"{runtime}/{name}" for name in ("bus", "systemd", "docker.sock", "wayland-0")]
    named = environ.get("SSH_AUTH_SOCK", "")
    every = (*_SOCKETS, *(own if runtime else ()), *([named] if named else ()))
    return [name for name in every if os.path.lexists(name)]


def _profile(world: World, name: str) -> Profile:
    """A profile as a task has it, with what is planted in the places of the real things."""
    state = world.root / "state"
    tree, scratch = str(state / "worktrees/w01"), str(state / "attempts/t1.1/tmp")
    git, history = str(state / "attempts/t1.1/git"), str(state / "history.git")
    built = str(state / "environments/abc")
    ready = Environment(binds=(Bind(host=built, inside=ENVIRONMENT),))
    match name:
        case "tools":
            return profiles.tools(
                tree, scratch, private_git=git, history=history, environment=ready
            )
        case "gate":
            return profiles.gate(tree, str(state / "results"), environment=ready)
        case "setup":
            cache = str(state / "environments/cache")
            index = registries(os.environ, Path.home())
            return profiles.setup(tree, built, cache, registries=index)
        case _:
            login = Bind(host=str(world.root / "home/agent"), inside=f"{HOME}/agent", writable=True)
            return profiles.cli(
                tree, scratch, login=(login,), hosts=_HOSTS if name == "hosts" else (),
                private_git=git, history=history, environment=ready,
            )  # fmt: skip


@contextlib.asynccontextmanager
async def _planted(*, whole: bool) -> AsyncIterator[World]:
    """A world in a folder of its own; the whole of it takes more than a moment."""
    with tempfile.TemporaryDirectory(prefix="factory-escapes-") as name:
        world = World(Path(name).resolve(), whole=whole)
        try:
            if not whole:
                yield world
                return
            async with _process(world.root) as parent, _process(world.root) as doomed:
                world.facts |= {"parent": parent, "doomed": doomed}
                yield world
        finally:
            world.close()


@contextlib.asynccontextmanager
async def _process(folder: Path) -> AsyncIterator[int]:
    """Another program of the host's, by its number."""
    loop = asyncio.get_running_loop()
    number = loop.create_future()

    def take(chunk: bytes) -> None:
        if not number.done():
            number.set_result(int(chunk))

    plain = Profile(
        name="planted", tree=str(folder), contained=False, env=(("FACTORY_PLANTED", "a-key"),)
    )
    command = [sys.executable, "-I", "-S", "-c", _PARENT, "factory-planted"]
    running = asyncio.create_task(
        sandbox.run(plain, command, on_output=take, stdin=b"planted descriptor")
    )
    try:
        await asyncio.wait({number, running}, return_when=asyncio.FIRST_COMPLETED)
        if not number.done():
            raise SandboxError("the suite's own program could not be started")
        yield number.result()
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
