"""The developer's repository: asked, fetched from, and landed on by one leased push. Nothing else.

No command here writes to it but the push of `land`, and that one only fast-forwards.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import shlex
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from factory.faults import Point, reached
from factory.git.command import Git, Result, environment, execute, execute_alone, expect, program
from factory.git.folders import LANDING_LOCK
from factory.git.forward import hooks
from factory.git.obstacles import in_the_way
from factory.model import RepositoryError, Struct

_RECEIVE = (
    "git -c receive.denyCurrentBranch=updateInstead -c {hooks}"
    " -c receive.fsckObjects=true -c receive.autogc=false -c gc.auto=0 -c maintenance.auto=false"
    " receive-pack"
)
"""Refuses a dirty or overlapping checkout untouched; takes objects in by quarantine."""


class Pushed(Struct):
    """What became of a push: landed, or why not."""

    done: bool
    moved: bool = False
    """The target is no longer where the lease said."""
    reason: str = ""
    """Git's own words (foreign text) where it was refused otherwise."""
    in_the_way: tuple[str, ...] = ()
    """Untracked and ignored files that it would have written over."""


class Repository:
    """The developer's repository at `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    async def ask(
        self, *arguments: str, own: bool = False, ok: tuple[int, ...] = (0,), stdin: bytes = b""
    ) -> Result:
        """Run one reading command. `own` lets the developer's global configuration count."""
        line = [program(), "--no-pager", "-c", "safe.directory=*", "-c", "core.fsmonitor=false"]
        line += ["-c", "core.hooksPath=/dev/null", *arguments]
        env = environment()
        if own:
            env |= _developers_settings()
        return expect(await execute(line, env=env, cwd=self.path, stdin=stdin), arguments, ok)

    async def tip(self, target: str) -> str:
        """The commit that the target points to. Raises RepositoryError where there is none."""
        name = f"refs/heads/{target}"
        found = await self.ask("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}", ok=(0, 1))
        if found.code == 0:
            return found.text
        raise RepositoryError(await self._why_no_tip(target))

    async def tree(self, commit: str) -> str:
        """The tree of a commit as the developer's repository holds it; empty where it does not."""
        found = await self.ask("rev-parse", "--verify", "--quiet", f"{commit}^{{tree}}", ok=(0, 1))
        return found.text

    async def _why_no_tip(self, target: str) -> str:
        heads = await self.branches()
        if not heads:
            return f"{self.path} has no commits yet; make a first one, then start again"
        known = ", ".join(heads[:5])
        return (
            f"the target branch {target!r} does not exist in {self.path} (there is {known}); "
            "create it, or set `target` in factory.toml"
        )

    async def branches(self) -> tuple[str, ...]:
        """Local branches, the checked-out one first, then `main` and `master`."""
        head = (await self.ask("symbolic-ref", "--short", "-q", "HEAD", ok=(0, 1))).text
        all_ = (await self.ask("for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads")).text
        names = [name for name in all_.split("\n") if name]
        return tuple(sorted(names, key=lambda name: (name != head, name not in _USUAL, name)))

    async def file(self, branch: str, path: str) -> bytes | None:
        """A file as a local branch has it; None where there is none."""
        name = f"refs/heads/{branch}:{path}"
        shown = await self.ask("cat-file", "blob", name, ok=(0, 128))
        return shown.out if shown.code == 0 else None

    async def author(self) -> tuple[str, str]:
        """Name and mail of the developer, as their own commits would say."""
        asked = ("config", "-z", "--get-regexp", r"^user\.(name|email)$")
        found = (await self.ask(*asked, own=True, ok=(0, 1))).names
        said = dict(entry.partition("\n")[::2] for entry in found)  # the last one counts
        return (
            said.get("user.name") or "developer",
            said.get("user.email") or "developer@localhost",
        )

    async def object_format(self) -> str:
        """`sha1` or `sha256`."""
        return (await self.ask("rev-parse", "--show-object-format")).text or "sha1"

    async def excludes(self) -> str:
        """The developer's own ignore patterns: `info/exclude` and their global excludes file."""
        texts = []
        found, common = await asyncio.gather(
            self.ask("config", "--path", "core.excludesFile", own=True, ok=(0, 1)),
            self.ask("rev-parse", "--path-format=absolute", "--git-common-dir"),
        )
        default = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "git/ignore"
        texts.append(Path(found.text) if found.text else default)
        texts.append(Path(common.text) / "info" / "exclude")
        return "\n".join(file.read_text(errors="replace") for file in texts if file.is_file())

    async def checkouts_of(self, target: str) -> tuple[Path, ...]:
        """Working trees in which the target is checked out."""
        listing = (await self.ask("worktree", "list", "--porcelain", "-z")).out
        paths: list[Path] = []
        for block in listing.split(b"\0\0"):
            facts = dict(line.partition(b" ")[::2] for line in block.split(b"\0") if line)
            if facts.get(b"branch") == f"refs/heads/{target}".encode() and b"worktree" in facts:
                paths.append(Path(os.fsdecode(facts[b"worktree"])))
        return tuple(paths)

    async def dirty(self, target: str) -> tuple[str, ...]:
        """Tracked files with uncommitted changes, in the checkouts of the target."""
        found = [await self.changed(path) for path in await self.checkouts_of(target)]
        return tuple(name for names in found for name in sorted(names))

    async def in_the_way(
        self, vault: Path, commit: str, *, target: str, lease: str
    ) -> tuple[str, ...]:
        """Untracked and ignored files that landing `commit` would write over."""
        return await in_the_way(Git(vault), lease, commit, await self.checkouts_of(target))

    async def changed(self, checkout: Path) -> frozenset[str]:
        """Tracked files with uncommitted changes, in one checkout."""
        # A rename would be told by two names, the second in a field of its own.
        line = ("status", "--porcelain", "-z", "--untracked-files=no", "--no-renames")
        found = await self.ask("-C", str(checkout), *line, own=True)
        return frozenset(name[3:] for name in found.names if len(name) > 3)

    async def halfway(self, target: str) -> str:
        """What the developer has begun with the target and not finished; empty for nothing.

        Git takes a branch that is being rebased or bisected for checked out, and a push to it
        would lay its files over those of the commit that they stand on.
        """
        line = ("rev-parse", "--path-format=absolute", "--git-common-dir")
        asked = await self.ask(*line, ok=(0, 128))  # where it is gone, the push says so
        common = Path(os.fsdecode(asked.out.rstrip(b"\n")))
        for folder in (common, *common.glob("worktrees/*")):
            for name in ("rebase-merge", "rebase-apply"):
                if _word(folder / name / "head-name") == f"refs/heads/{target}":
                    return "rebase"
            if _word(folder / "BISECT_START") == target:
                return "bisect"
        return ""

    async def land(self, vault: Path, commit: str, *, target: str, lease: str) -> Pushed:
        """Push `commit` onto the target, if that is still at `lease`.

        The push stands in a session of its own and outlives the engine. The developer's own
        global settings count in it (LFS, line ends), their hooks do not.
        """
        ref, own = f"refs/heads/{target}", vault / "landing-hooks"
        receive = _RECEIVE.format(hooks=shlex.quote(f"core.hooksPath={own}"))
        line = [program(), f"--git-dir={vault}", "-c", "core.hooksPath=/dev/null"]
        line += ["push", "--porcelain", "--no-verify", f"--force-with-lease={ref}:{lease}"]
        line += [f"--receive-pack={receive}", "--", str(self.path), f"{commit}:{ref}"]
        env = environment() | _developers_settings()
        async with _turn(vault / LANDING_LOCK) as lock:
            tip, names, begun = await asyncio.gather(
                self.tip(target),
                self.in_the_way(vault, commit, target=target, lease=lease),
                self.halfway(target),
            )
            if tip != lease:
                return Pushed(done=False, moved=True)
            if names:
                return Pushed(done=False, in_the_way=names)
            if begun:
                return Pushed(done=False, reason=f"finish or abort your {begun} of {target}")
            hooks(own, self.path, ref=ref, old=lease, new=commit)
            reached(Point.LAND_HOOKED)
            result = await execute_alone(line, env=env, cwd=vault, holding=(lock,))
            if result.code == 0:
                return Pushed(done=True)
            moved = await self.tip(target) != lease
        return Pushed(done=False, moved=moved, reason=_refusal(result))


_USUAL = ("main", "master")
_AGAIN = 0.05
"""Seconds after which a push looks again whether another one has ended."""


@asynccontextmanager
async def _turn(file: Path) -> AsyncIterator[int]:
    """One push at a time, also after a kill: the push inherits the lock and holds it to its end.

    Two at once have left a checkout with files of both.
    """
    lock = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        while not _locked(lock):  # noqa: ASYNC110  another process holds it
            await asyncio.sleep(_AGAIN)
        yield lock
    finally:
        os.close(lock)


def _locked(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _developers_settings() -> dict[str, str]:
    """What lets git find the developer's global configuration and its filters."""
    kept = ("HOME", "XDG_CONFIG_HOME", "PATH", "USER", "LOGNAME")
    settings = {name: os.environ[name] for name in kept if name in os.environ}
    config = os.environ.get("GIT_CONFIG_GLOBAL") or str(Path.home() / ".gitconfig")
    if not Path(config).is_file():
        xdg = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
        config = f"{xdg}/git/config"
    return {**settings, "GIT_CONFIG_GLOBAL": config, "GIT_ATTR_NOSYSTEM": "0"}


def _word(file: Path) -> str:
    """What a small file of git's says, empty where there is none."""
    try:
        return file.read_text(errors="replace").strip()
    except OSError:
        return ""


def _refusal(result: Result) -> str:
    """The reason in a refused push's report, without the boilerplate around it."""
    for line in result.text.split("\n"):
        if line.startswith("!"):
            summary = line.split("\t")[-1]
            inner = summary[summary.find("(") + 1 : summary.rfind(")")]
            return inner or summary
    words = [line for line in result.err.split("\n") if line.strip()]
    return words[-1] if words else f"git push ended with {result.code}"
