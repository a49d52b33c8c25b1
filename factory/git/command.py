"""Running git: from an empty environment, with nothing configured that could start a program."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO

from factory.awake import Limit
from factory.model import GitError, Struct

TIMEOUT = 120.0
"""Seconds; a git command that takes longer is killed and is an error."""

_ENVIRONMENT = {
    "HOME": "/nonexistent",
    "LC_ALL": "C.UTF-8",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ALLOW_PROTOCOL": "file",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_PAGER": "cat",
    "GIT_MERGE_AUTOEDIT": "no",
}

_SETTINGS = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.attributesFile=/dev/null",
    "core.symlinks=true",
    "core.autocrlf=false",
    "core.quotePath=true",
    "diff.external=",
    "gc.auto=0",
    "maintenance.auto=false",
    "submodule.recurse=false",
    "fetch.recurseSubmodules=false",
    "transfer.fsckObjects=true",
    "protocol.allow=never",
    "protocol.file.allow=always",
    "commit.gpgSign=false",
    "merge.conflictStyle=merge",
    "merge.renames=true",
)
"""What the factory's own repositories are asked with, whatever their config file says."""


class Result(Struct):
    """What a git command gave back."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        """Standard output as text, without the last line's end."""
        return self.out.decode("utf-8", "replace").rstrip("\n")

    @property
    def names(self) -> tuple[str, ...]:
        """The fields of a `-z` output."""
        return tuple(shown(name) for name in self.out.split(b"\0") if name)


def shown(name: bytes) -> str:
    """A name of git's as text; bytes that are not UTF-8 are written as `\\xff`."""
    return name.decode("utf-8", "backslashreplace")


@cache
def program() -> str:
    """The git program, found once on the PATH of this process."""
    found = shutil.which("git")
    if found is None:
        raise GitError("git is not installed, or not on PATH; install git 2.38 or newer")
    return found


@cache
def _leash() -> tuple[str, ...]:
    """What ends a command with the engine, `kill -9` included; nothing where it is not there."""
    found = shutil.which("setpriv")
    return (found, "--pdeathsig", "KILL") if found else ()


_LONG = frozenset(
    {"add", "clean", "diff-files", "diff-index", "fetch", "read-tree", "status", "update-index"}
)
"""Commands that take as long as a repository is large; the others are over before one could see.

A leash costs 2 ms, so it is for these.
"""


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a git command on the factory's own repositories."""
    path = f"{Path(program()).parent}:/usr/local/bin:/usr/bin:/bin"
    return {"PATH": path, **_ENVIRONMENT, **(extra or {})}


def hardened(git_dir: Path, work_tree: Path | None = None) -> list[str]:
    """The beginning of every command line: an explicit git dir, and settings that win."""
    line = [program(), "--no-pager", f"--git-dir={git_dir}"]
    if work_tree is not None:
        line.append(f"--work-tree={work_tree}")
    for setting in _SETTINGS:
        line += ["-c", setting]
    return line


class Git:
    """Runs git on one of the factory's own repositories (the vault, history.git)."""

    def __init__(self, git_dir: Path) -> None:
        self.git_dir = git_dir

    async def __call__(
        self,
        *arguments: str,
        stdin: bytes = b"",
        work_tree: Path | None = None,
        index: Path | None = None,
        env: Mapping[str, str] | None = None,
        ok: Sequence[int] = (0,),
        settings: Sequence[str] = (),
        timeout: float = TIMEOUT,
        most: int | None = None,
    ) -> Result:
        """Run one command. Raises GitError for an exit code not in `ok`, and past `timeout`.

        Where it says more than `most` bytes, it is stopped and what it said by then counts.
        """
        extra = dict(env or {})
        if index is not None:
            extra["GIT_INDEX_FILE"] = str(index)
        line = hardened(self.git_dir, work_tree)
        for setting in settings:
            line += ["-c", setting]
        result = await execute(
            [*line, *arguments],
            env=environment(extra),
            stdin=stdin,
            cwd=work_tree or self.git_dir,
            timeout=timeout,
            most=most,
        )
        return expect(result, arguments, ok)


def expect(result: Result, arguments: Sequence[str], ok: Sequence[int]) -> Result:
    """The result, or a GitError that names the command and git's own last word."""
    if result.code in ok:
        return result
    words = result.err.strip().splitlines()
    last = words[-1] if words else f"exit code {result.code}"
    raise GitError(f"git {arguments[0]} failed: {last}", code=result.code, stderr=result.err)


async def execute(
    line: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path,
    stdin: bytes = b"",
    timeout: float = TIMEOUT,
    most: int | None = None,
) -> Result:
    """Run a git command line to its end; it is killed when the caller is cancelled.

    It stands in a session of its own, so that a signal to the engine's group does not cut it in
    two; one that may take long ends with the engine.
    """
    if not _LONG.isdisjoint(line):
        line = [*_leash(), *line]
    pipe = asyncio.subprocess.PIPE
    process = await _start(
        line, env, cwd, stdin=pipe if stdin else asyncio.subprocess.DEVNULL, out=pipe, err=pipe
    )
    try:
        async with Limit(timeout):
            if most is not None:
                return await _beginning(process, most)
            out, err = await process.communicate(stdin or None)
    except TimeoutError:
        _kill(process)
        raise GitError(
            f"git took longer than {timeout:.0f} s and was stopped: {line[-1]}"
        ) from None
    except asyncio.CancelledError:
        _kill(process)
        raise
    return Result(code=process.returncode or 0, out=out, err=err.decode("utf-8", "replace"))


async def _beginning(process: asyncio.subprocess.Process, most: int) -> Result:
    """What a command says, up to so many bytes; its errors are few."""
    said = bytearray()
    out, err = process.stdout, process.stderr
    if out is None or err is None:
        raise GitError("git was started without pipes; try again")
    while len(said) <= most and (chunk := await out.read(1 << 16)):
        said += chunk
    if len(said) > most:
        _kill(process)
        await process.communicate()
        return Result(code=0, out=bytes(said[:most]), err="")
    words = await err.read()
    return Result(code=await process.wait(), out=bytes(said), err=words.decode("utf-8", "replace"))


async def execute_alone(
    line: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path,
    holding: Sequence[int],
    timeout: float = TIMEOUT,
) -> Result:
    """Run a git command line that goes on when the caller is cancelled, killed, or out of time.

    It speaks into files, not pipes: whatever writes into a pipe that nobody reads any more, a
    filter in the midst of a checkout say, is killed. `holding` are descriptors of locks that last
    as long as it does.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = await _start(line, env, cwd, out=out, err=err, holding=holding)
        try:
            async with Limit(timeout):
                code = await process.wait()
        except TimeoutError:
            raise GitError(f"git takes longer than {timeout:.0f} s and goes on alone") from None
        for file in (out, err):
            file.seek(0)
        return Result(code=code, out=out.read(), err=err.read().decode("utf-8", "replace"))


async def _start(
    line: Sequence[str],
    env: Mapping[str, str],
    cwd: Path,
    *,
    out: int | IO[bytes],
    err: int | IO[bytes],
    stdin: int = asyncio.subprocess.DEVNULL,
    holding: Sequence[int] = (),
) -> asyncio.subprocess.Process:
    try:
        return await asyncio.create_subprocess_exec(
            *line, stdin=stdin, stdout=out, stderr=err, env=dict(env), cwd=cwd,
            start_new_session=True, pass_fds=holding,
        )  # fmt: skip
    except OSError as error:
        raise GitError(f"git cannot be started in {cwd}: {error.strerror}") from error


def _kill(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):  # it ended just now
            os.killpg(process.pid, signal.SIGKILL)
