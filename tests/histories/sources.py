"""Where real histories come from: this repository's own, and successive releases of packages.

A package's releases are fetched by its registry's ordinary client, and each is committed on the one
before.
"""

from __future__ import annotations

import os
import shutil
import subprocess  # noqa: TID251 - git, pip and npm make the histories
import sys
import tarfile
from itertools import pairwise
from pathlib import Path

from factory.model import Struct

ROOT = Path(__file__).parents[2]
"""Of this project's own files."""
_PATIENCE = 180


class Source(Struct):
    """Some releases of one package, oldest first."""

    name: str
    registry: str
    """`pip` or `npm`."""
    releases: str
    """Versions, with blanks between them."""


class Commit(Struct):
    """Two trees of a repository that follow one another."""

    left: str
    right: str


class History(Struct):
    """Commits to be read, and where they are."""

    name: str
    git_dir: Path
    commits: tuple[Commit, ...]
    missing: str = ""
    """Why there are fewer than there should be."""


SOURCES = (
    Source(
        name="cachetools",
        registry="pip",
        releases=(
            "4.2.1 4.2.2 4.2.4 5.0.0 5.1.0 5.2.0 5.2.1 5.3.0 5.3.1 5.3.2 5.3.3 5.4.0 5.5.0 "
            "5.5.1 5.5.2 6.0.0 6.1.0 6.2.0 "
            "6.2.1 6.2.2 6.2.3 6.2.4 6.2.5 6.2.6 7.0.0 7.0.1 7.0.2 7.0.3 7.0.4 7.0.5 7.0.6"
        ),
    ),
    Source(
        name="sqlparse",
        registry="pip",
        releases=("0.2.4 0.3.0 0.3.1 0.4.0 0.4.1 0.4.2 0.4.3 0.4.4 0.5.0"),
    ),
    Source(
        name="markupsafe",
        registry="pip",
        releases=("1.1.0 1.1.1 2.0.0 2.0.1 2.1.0 2.1.1 2.1.2 2.1.3 2.1.4 2.1.5 3.0.0 3.0.1 3.0.2"),
    ),
    Source(
        name="msgspec",
        registry="pip",
        releases=(
            "0.12.0 0.13.1 0.14.0 0.14.1 0.14.2 0.15.0 0.15.1 0.16.0 0.17.0 0.18.0 0.18.1 "
            "0.18.2 0.18.3 0.18.4 0.18.5 0.18.6 "
            "0.5.1 0.5.2 0.5.3 0.5.4 0.5.5"
        ),
    ),
    Source(
        name="marked",
        registry="npm",
        releases=("17.0.4 17.0.5 17.0.6 18.0.0 18.0.1 18.0.2 18.0.3 18.0.4 18.0.5"),
    ),
    Source(
        name="nanoid",
        registry="npm",
        releases=(
            "5.0.5 5.0.6 5.0.7 5.0.8 5.0.9 5.1.0 5.1.2 5.1.3 5.1.4 5.1.5 5.1.6 5.1.7 5.1.8 "
            "5.1.9 5.1.10 5.1.11 5.1.12 5.1.13 5.1.14 5.1.15 5.1.16 6.0.0 6.0.1 6.0.2 "
            "18.0.6 18.0.7 18.0.8 18.0.9 18.0.10 18.0.11 18.0.12 18.0.13 18.0.14 18.1.0"
        ),
    ),
    Source(
        name="bulma",
        registry="npm",
        releases=("0.7.4 0.7.5 0.8.0 0.8.1 0.8.2 0.9.0 0.9.1 0.9.2 0.9.3 0.9.4"),
    ),
    Source(
        name="node-addon-api",
        registry="npm",
        releases=(
            "4.2.0 4.3.0 5.0.0 5.1.0 6.0.0 6.1.0 7.0.0 7.1.0 7.1.1 8.0.0 8.1.0 8.2.0 8.2.1 "
            "8.2.2 8.3.0 8.3.1 8.4.0 8.5.0 8.6.0 8.7.0"
        ),
    ),
    Source(
        name="tree-sitter-json",
        registry="npm",
        releases=(
            "0.14.0 0.15.1 0.16.0 0.19.0 0.20.0 0.20.1 0.20.2 0.21.0 0.23.0 0.24.2 0.24.3 "
            "0.24.4 0.24.5 0.24.7 0.24.8"
        ),
    ),
    Source(
        name="type-fest",
        registry="npm",
        releases=(
            "4.39.0 4.39.1 4.40.0 4.40.1 4.41.0 5.0.0 5.0.1 5.1.0 5.2.0 5.3.0 5.3.1 5.4.0 "
            "5.4.1 5.4.2 5.4.3 5.4.4 5.5.0"
        ),
    ),
    Source(
        name="preact",
        registry="npm",
        releases=(
            "10.27.0 10.27.1 10.27.2 10.27.3 10.28.0 10.28.1 10.28.2 10.28.3 10.28.4 10.29.0 "
            "10.29.1 10.29.2 10.29.3 10.29.4 "
            "10.29.5 10.29.6 10.29.7 10.29.8 11.0.0 11.0.1 11.0.2 11.1.0"
        ),
    ),
)


def own(limit: int = 100_000) -> History:
    """This checkout's newest commits that have one parent; none where it is no checkout."""
    git_dir = ROOT / ".git"
    if not git_dir.exists():
        return History(name="factory-tui", git_dir=git_dir, commits=(), missing="not a checkout")
    said = _git(ROOT, "log", "--no-merges", f"-n{limit}", "--format=%P %H")
    pairs = [line.split() for line in said.splitlines()]
    commits = tuple(Commit(left=one[0], right=one[1]) for one in pairs if len(one) == 2)
    real = Path(_git(ROOT, "rev-parse", "--absolute-git-dir").strip())
    return History(name="factory-tui", git_dir=real, commits=commits)


def released(source: Source, folder: Path, kept: Path | None = None) -> History:
    """Releases of a package as commits; `kept` holds what was fetched, for another time."""
    repository, packed = folder / source.name, kept or folder / "packed"
    repository.mkdir(parents=True)
    packed.mkdir(parents=True, exist_ok=True)
    _git(repository, "init", "-q", "-b", "main")
    made: list[str] = []
    missing: list[str] = []
    for release in source.releases.split():
        archive = _fetched(source, release, packed)
        if archive is None:
            missing.append(release)
            continue
        _unpack(archive, repository)
        # Archives give all files one age: by it, git would take them for what it knows.
        (repository / ".git" / "index").unlink(missing_ok=True)
        _git(repository, "add", "-A", "-f")
        _git(repository, "commit", "-q", "--allow-empty", "-m", release)
        made.append(_git(repository, "rev-parse", "HEAD").strip())
    commits = tuple(Commit(left=a, right=b) for a, b in pairwise(made))
    why = f"not to be had: {', '.join(missing)}" if missing else ""
    return History(name=source.name, git_dir=repository / ".git", commits=commits, missing=why)


def _fetched(source: Source, release: str, packed: Path) -> Path | None:
    folder = packed / f"{source.name}-{release}"
    if not list(folder.glob("*.t*gz")):
        folder.mkdir(exist_ok=True)
        if source.registry == "npm":
            line = ["npm", "pack", f"{source.name}@{release}", "--ignore-scripts", "--silent"]
            line += ["--pack-destination", str(folder)]
        else:
            line = [sys.executable, "-m", "pip", "download", "--quiet", "--retries", "1"]
            line += ["--no-deps", "--no-binary", ":all:", "--dest", str(folder)]
            line.append(f"{source.name}=={release}")
        try:
            subprocess.run(line, capture_output=True, check=False, timeout=_PATIENCE, cwd=folder)
        except (OSError, subprocess.TimeoutExpired):
            return None
    return next(iter(folder.glob("*.t*gz")), None)


def _unpack(archive: Path, repository: Path) -> None:
    """Put a release's files in place of those of the one before."""
    for path in repository.iterdir():
        if path.name == ".git":
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    with tarfile.open(archive) as tar:
        for member in tar.getmembers():
            member.name = member.name.partition("/")[2]  # without the release's own folder
            if not member.name or not (member.isfile() or member.isdir()):
                continue
            member.mode |= 0o700 if member.isdir() else 0o600
            member.uid, member.gid, member.uname, member.gname = os.getuid(), os.getgid(), "", ""
            tar.extract(member, repository, filter="data")


def _git(folder: Path, *words: str) -> str:
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@localhost",
        "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@localhost",
    }  # fmt: skip
    line = ["git", "-c", "safe.directory=*", "-c", "core.autocrlf=false", "-c", "gc.auto=0", *words]
    done = subprocess.run(line, cwd=folder, env=environment, capture_output=True, check=True)
    return done.stdout.decode(errors="replace")
