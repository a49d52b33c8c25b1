"""Where an agent program is on this machine, how a sandbox gets at it, and which version it is.

It is looked for on the developer's PATH. What npm could fetch and run (as npx does) is fetched
once, by the setup sandbox that sees no key, into a folder that agents only read.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from msgspec.structs import replace

from factory import sandbox
from factory.config import AgentSpec, EnvironmentSpec
from factory.environment import Environments, SetupError
from factory.git import folders
from factory.model import AgentError, FactoryError, Struct
from factory.presets import Form, preset_named
from factory.sandbox import ENVIRONMENT, Bind, Environment

PLACE = "/agent"
"""Where a program that was fetched is mounted."""
_SHIMS = "/agent-bin"
_SYSTEM = ("/bin", "/lib", "/sbin", "/usr")
_BROAD = re.compile(
    r"/|/(?:opt|root|srv|tmp|var)|/(?:home|Users)(?:/[^/]+)?|.*/\.(?:local|cargo|config)"
    r"|/(?:root|(?:home|Users)/[^/]+)/(?:go|src|dev|work|code|projects?|repos?|Documents)"
)
"""Never mounted whole: homes, disks, and what holds other things beside programs."""
_PATIENCE = 30.0
"""Seconds that a program may take to say its version."""


class Found(Struct):
    """A program, ready to be run in a sandbox."""

    places: tuple[str, ...] = ()
    """The files that it is made of where it was looked for: the program, its interpreter."""
    environment: Environment = Environment()
    """What a sandbox mounts so that its name on PATH means it."""


class Programs:
    """The agent programs of one machine, as one engine sees them."""

    def __init__(self, root: Path, environ: Mapping[str, str], *, contained: bool = True) -> None:
        """`root` is ours: links to what was found, and what was fetched."""
        self._root = root
        self._environ = environ
        self._contained = contained
        self._fetched = Environments(root / "fetched", contained=contained, environ=environ)
        self._versions: dict[tuple[str, ...], str] = {}

    async def ready(self, spec: AgentSpec) -> Found:
        """The program of an agent, fetched first where it must be; nothing for one without preset.

        Raises AgentError, naming what is missing and the one command that installs it.
        """
        preset = preset_named(spec.preset)
        form = preset.form(spec.kind) if preset else None
        if preset is None or form is None:
            return Found()
        found = self.look(form)
        if found is None:
            found = await self._fetch(form)
        if found is None:
            raise AgentError(
                f"{preset.title} is not installed: there is no {form.program} on the engine's "
                f"PATH; install it with `{form.install}`, run `factory-tui engine restart`, then "
                "resume the task"
            )
        await self._check_node(form, found)
        return found

    def look(self, form: Form) -> Found | None:
        """The program where it is on PATH; None where it is not."""
        path = self._environ.get("PATH", "")
        place = shutil.which(form.program, path=path)
        if place is None:
            return None
        names = {form.program: Path(place)}
        if (needed := interpreter(Path(place))) and (where := shutil.which(needed, path=path)):
            names[needed] = Path(where)
        return self._linked(names)

    async def version(self, spec: AgentSpec, found: Found) -> str:
        """What the program calls itself: the first line of its `--version`; empty for no answer."""
        preset = preset_named(spec.preset)
        form = preset.form(spec.kind) if preset else None
        if form is None:
            return ""
        key = (form.program, *(f"{place} {_changed(place)}" for place in found.places))
        if key not in self._versions:
            self._versions[key] = await self._say(f"{form.program} --version", found)
        return self._versions[key]

    async def _say(self, command: str, found: Found) -> str:
        """The first line that a command prints in a sandbox without network."""
        folder = self._root / "empty"
        folder.mkdir(parents=True, exist_ok=True)
        said = bytearray()
        profile = sandbox.Profile(
            name="tools", tree=str(folder), tree_writable=False, contained=self._contained,
            binds=found.environment.binds, path=found.environment.path, env=found.environment.env,
        )  # fmt: skip
        try:
            done = await sandbox.run(
                profile, command, timeout=_PATIENCE, on_output=said.extend, on_error=lambda _: None
            )
        except FactoryError:
            return ""
        lines = said.decode(errors="replace").strip().splitlines()
        return lines[0][:80] if lines and done.exit_code == 0 else ""

    async def _fetch(self, form: Form) -> Found | None:
        """Have npm install it into a folder of its own; None where there is no npm."""
        npm = shutil.which("npm", path=self._environ.get("PATH", ""))
        node = shutil.which("node", path=self._environ.get("PATH", ""))
        if not (form.package and npm and node):
            return None
        tools = self._linked({"npm": Path(npm), "node": Path(node)}).environment
        command = (
            f"npm install --prefix {ENVIRONMENT} --no-audit --no-fund --loglevel=error "
            f"{form.package}"
        )
        spec = EnvironmentSpec(
            setup=(command,),
            toolchain=tuple(bind.host for bind in tools.binds),
            path=tuple(bind.host for bind in tools.binds if bind.inside == _SHIMS),
        )
        self._root.mkdir(parents=True, exist_ok=True)
        try:  # where packages' own scripts may write, nothing of the next one is fetched
            async with folders.fresh(self._root, "fetching") as folder:
                built = await self._fetched.ready(spec, folder, {})
        except SetupError as error:
            raise AgentError(
                f"{form.package} could not be fetched (npm's words are in {error.log}); install it "
                f"with `{form.install}`, then resume the task"
            ) from error
        host = next(b.host for b in built.environment.binds if b.inside == ENVIRONMENT)
        found = self._linked({"node": Path(node)})
        return Found(
            places=(str(Path(host, "node_modules", ".bin", form.program)), *found.places),
            environment=replace(
                found.environment,
                binds=(*found.environment.binds, Bind(host=host, inside=PLACE)),
                path=(f"{PLACE}/node_modules/.bin", *found.environment.path),
            ),
        )

    def _linked(self, names: Mapping[str, Path]) -> Found:
        """Folders to mount for some programs, and a folder of links by which PATH finds them."""
        folder = self._root / "links" / "+".join(sorted(names))
        folder.mkdir(parents=True, exist_ok=True)
        mounted: dict[str, Bind] = {}
        for name, place in names.items():
            link = folder / name
            if not link.is_symlink() or link.readlink() != place:
                link.unlink(missing_ok=True)
                link.symlink_to(place)
            for root in roots(place):
                mounted[str(root)] = Bind(host=str(root), inside=str(root))
        return Found(
            places=tuple(str(place) for place in names.values()),
            environment=Environment(
                binds=(*mounted.values(), Bind(host=str(folder), inside=_SHIMS)),
                path=(_SHIMS,),
            ),
        )

    async def _check_node(self, form: Form, found: Found) -> None:
        if not form.node:
            return
        key = ("node", *(f"{place} {_changed(place)}" for place in found.places))
        if key not in self._versions:
            self._versions[key] = await self._say("node --version", found)
        said = re.match(r"v(\d+)", self._versions[key])
        if said and int(said[1]) < form.node:
            raise AgentError(
                f"{form.program} needs Node.js {form.node} or newer, and the engine's PATH has "
                f"{said[0]}: install a newer one, run `factory-tui engine restart`, then resume "
                "the task"
            )


def interpreter(program: Path) -> str:
    """The program that a script names by `env`; empty for any other file."""
    try:
        with program.open("rb") as file:
            first = file.readline(200)
    except OSError:
        return ""
    named = re.match(rb"#!\s*/usr/bin/env\s+(?:-S\s+)?([\w.-]+)", first)
    return named[1].decode() if named else ""


def roots(program: Path) -> Iterator[Path]:
    """The folders that a program and all it links to and is run by lie in, none of them a home."""
    for place in _chain(program):
        if any(place.is_relative_to(folder) for folder in _SYSTEM):
            continue
        yield _root(place)


def _chain(program: Path) -> Iterator[Path]:
    """A program, what it is a link to, and the interpreter that its first line names by path."""
    place = program
    for _hop in range(20):
        yield place
        if not place.is_symlink():
            break
        place = place.parent / place.readlink()
    real = program.resolve()
    yield real
    try:
        with real.open("rb") as file:
            first = file.readline(300)
    except OSError:
        return
    named = re.match(rb"#!\s*(/\S+)", first)
    if named and not named[1].endswith(b"/env"):
        python = Path(named[1].decode(errors="replace"))
        yield from (python, python.resolve())


def _root(place: Path) -> Path:
    """The folder to mount for a program: its package's, its prefix, or just its own."""
    parts = place.parts
    if "node_modules" in parts:
        return Path(*parts[: parts.index("node_modules") + 1])
    folder = place.parent
    whole = folder.parent if folder.name == "bin" else folder
    if not _BROAD.fullmatch(str(whole)):
        return whole
    return place if _BROAD.fullmatch(str(folder)) else folder


def _changed(place: str) -> int:
    """When a file was changed, in nanoseconds; 0 for one that is not there."""
    try:
        return Path(place).stat().st_mtime_ns
    except OSError:
        return 0
