"""Environments: the project's tools and dependencies, built once per state of its lock files."""

from __future__ import annotations

import asyncio
import hashlib
import os
import platform
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec.structs import replace

from factory import sandbox
from factory.config import EnvironmentSpec
from factory.environment.included import digest, include
from factory.git import folders
from factory.logs import Log
from factory.model import FactoryError, Struct
from factory.sandbox import ENVIRONMENT, HOME, Bind, Environment
from factory.sandbox.registries import registries

__all__ = [
    "Environments",
    "Ready",
    "SetupError",
    "digest",
    "handed",
    "include",
    "key",
    "login",
    "seed",
    "toolchain",
]

LONGEST = 3600.0
"""Seconds that one setup command may take."""
_TOLD = 8
"""Lines of a failed setup's output that the error repeats."""


class SetupError(FactoryError):
    """The environment could not be built; `log` holds all that was said."""

    def __init__(self, message: str, *, log: Path) -> None:
        super().__init__(message)
        self.log = log


class Ready(Struct):
    """An environment that can be used."""

    key: str
    """What it was made from, as a hash; part of each verdict reached in it."""
    environment: Environment = Environment()
    log: Path | None = None
    """What its setup said; None where there was no setup."""
    spec: EnvironmentSpec = EnvironmentSpec()

    @property
    def surroundings(self) -> str:
        """All that a check finds there, as a hash: what it is made from, what runs before it."""
        spec = self.spec
        if not (spec.prepare or spec.services or spec.submodules or spec.lfs):
            return self.key
        parts = (self.key, spec.prepare, spec.services, spec.ports, spec.submodules, spec.lfs)
        return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()[:32]


def key(spec: EnvironmentSpec, inputs: Mapping[str, bytes], tools: str) -> str:
    """The name of an environment: 32 hexadecimal digits of all that it is made from.

    `inputs` holds the lock files by path; `tools` says which toolchain the machine has.
    """
    files = sorted((path, hashlib.sha256(data).hexdigest()) for path, data in inputs.items())
    parts = (spec.setup, spec.toolchain, spec.path, spec.env, files, tools)
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()[:32]


def machine_tools() -> str:
    """What of this machine an environment is built against: system release, processor, Python."""
    release = Path("/etc/os-release")
    system = release.read_text(errors="replace") if release.exists() else platform.platform()
    return f"{system}\n{platform.machine()}\n{sys.version}\n{sys.base_prefix}"


def toolchain(spec: EnvironmentSpec) -> Environment:
    """The folders of the machine and the variables that factory.toml declares.

    A leading `~` is the developer's home, since such folders stand at the same place inside.
    """
    folders = [_expanded(name) for name in spec.toolchain]
    return Environment(
        binds=tuple(Bind(host=folder, inside=folder) for folder in folders),
        path=(f"{ENVIRONMENT}/bin", *(_expanded(name) for name in spec.path)),
        env=tuple((name, _expanded(value)) for name, value in spec.env),
    )


def _expanded(name: str) -> str:
    home, slash, rest = name.partition("/")
    return f"{Path.home()}{slash}{rest}" if home == "~" else name


class Environments:
    """The environments of one repository, each a folder named by its key.

    A folder counts once a file beside it says that its setup went through to the end: what a dead
    engine left behind is built again. Folders stay where they are built, since a virtual
    environment knows its own path.
    """

    def __init__(
        self,
        root: Path,
        *,
        contained: bool = True,
        tools: str = "",
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        """`root` is ours alone. `tools` is what `machine_tools` said, asked where it is empty."""
        self._root = root
        self._contained = contained
        self._environ = environ
        self._tools = tools or machine_tools()
        self._locks: dict[str, asyncio.Lock] = {}

    def key(self, spec: EnvironmentSpec, inputs: Mapping[str, bytes]) -> str:
        """`key` on this machine."""
        return key(spec, inputs, self._tools)

    def known(self, spec: EnvironmentSpec, inputs: Mapping[str, bytes]) -> Ready | None:
        """The environment if it need not be built first."""
        name = self.key(spec, inputs)
        declared = toolchain(spec)
        if not spec.setup:
            return Ready(key=name, environment=declared, spec=spec)
        if not self._done(name).exists():
            return None
        os.utime(self._done(name))
        folder = self._root / name
        env = declared.env
        if (folder / "pyvenv.cfg").exists():
            env = (("VIRTUAL_ENV", ENVIRONMENT), *env)
        binds = (*declared.binds, Bind(host=str(folder), inside=ENVIRONMENT))
        return Ready(
            key=name,
            environment=replace(declared, binds=binds, env=env),
            log=self._log(name),
            spec=spec,
        )

    async def ready(
        self,
        spec: EnvironmentSpec,
        checkout: Path,
        inputs: Mapping[str, bytes],
        on_output: Callable[[bytes], None] | None = None,
    ) -> Ready:
        """The environment, built first where it is not there yet, once however many ask.

        `checkout` is a folder with the files of the tree, which setup may write to. Raises
        SetupError where a setup command fails.
        """
        name = self.key(spec, inputs)
        async with self._locks.setdefault(name, asyncio.Lock()):
            if self.known(spec, inputs) is None:
                await self._build(name, spec, checkout, on_output)
        found = self.known(spec, inputs)
        assert found is not None
        return found

    async def forget(self, unused_since: float) -> int:
        """Remove environments that nobody has asked for since then; returns how many."""
        old = [done for done in self._root.glob("*.done") if done.stat().st_mtime < unused_since]
        for done in old:
            done.unlink()
            await asyncio.to_thread(folders.remove, done.with_suffix(""))
            done.with_suffix(".log").unlink(missing_ok=True)
        return len(old)

    async def _build(
        self,
        name: str,
        spec: EnvironmentSpec,
        checkout: Path,
        on_output: Callable[[bytes], None] | None,
    ) -> None:
        folder, cache, log = self._root / name, self._root / "cache", self._log(name)
        try:
            await asyncio.to_thread(folders.remove, folder)
            folder.mkdir(parents=True)
            cache.mkdir(exist_ok=True)
            log.write_bytes(b"")
        except OSError as error:
            raise SetupError(f"the environment cannot be built: {error}", log=log) from error
        profile = sandbox.setup(
            str(checkout),
            str(folder),
            str(cache),
            registries=registries(self._environ, Path.home()),
            environment=toolchain(spec),
        )
        profile = replace(profile, contained=self._contained)
        with Log(log) as file:

            def take(chunk: bytes) -> None:
                file.write(chunk)
                if on_output is not None:
                    on_output(chunk)

            for command in spec.setup:
                take(f"$ {command}\n".encode())
                finished = await sandbox.run(profile, command, timeout=LONGEST, on_output=take)
                if finished.exit_code != 0:
                    file.flush()
                    await asyncio.to_thread(folders.remove, folder)
                    raise _failed(command, finished, log)
        self._done(name).touch()

    def _done(self, name: str) -> Path:
        return self._root / f"{name}.done"

    def _log(self, name: str) -> Path:
        return self._root / f"{name}.log"


def _failed(command: str, finished: sandbox.Finished, log: Path) -> SetupError:
    how = f"took over {LONGEST:g} s" if finished.timed_out else f"ended with {finished.exit_code}"
    lines = log.read_bytes()[-4096:].decode(errors="replace").strip().splitlines()[-_TOLD:]
    said = "\n  ".join(lines)
    message = f"setup of the environment failed, `{command}` {how}; mend it in factory.toml"
    return SetupError(f"{message}, or see {log}:\n  {said}", log=log)


def login(names: Sequence[str], home: Path | None = None) -> tuple[Bind, ...]:
    """The developer's folders that an agent program may read and write, at the same place inside.

    What is not there is left out. Raises FactoryError for the home itself or a folder above it.
    """
    home = home or Path.home()
    binds = []
    for name in names:
        place = home / name.removeprefix("~").lstrip("/") if name.startswith("~") else Path(name)
        if home.is_relative_to(place) or home.resolve().is_relative_to(place.resolve()):
            raise FactoryError(f"login: {name} holds the whole home; name a folder below it")
        if place.is_relative_to(home):
            inside = str(Path(HOME, place.relative_to(home)))
        else:
            inside = str(place)
        if place.exists():
            binds.append(Bind(host=str(place), inside=inside, writable=True))
    return tuple(binds)


def seed(files: Sequence[Path], source: Path, folder: Path) -> None:
    """Copy those of the files that lie below `source` to the same place below `folder`.

    `folder` is made anew, so that no program can have put a link there. What is not there, or is
    no plain file, is left out.
    """
    folders.remove(folder)
    folder.mkdir(parents=True)
    for file in files:
        if file.is_relative_to(source) and file.is_file():
            place = folder / file.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, place)


def handed(
    names: Sequence[str], environ: Mapping[str, str] = os.environ
) -> tuple[tuple[str, str], ...]:
    """The variables of these names, where they are set."""
    return tuple((name, environ[name]) for name in names if name in environ)
