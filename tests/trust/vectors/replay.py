"""Recorded lines run again beside a plant: as the engine runs them, and as anybody would."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess  # noqa: TID251 - recorded lines are run again, outside of any engine
import threading
from collections.abc import Iterable
from pathlib import Path

from factory.model import Struct
from tests.developer import Developer
from tests.trust.vectors.plants import HOOKS, Vector, Way, filled
from tests.trust.vectors.recording import Line

_LIMITED = ("/usr/bin/env", "timeout", "10")
"""No line may take longer; `Popen`'s own limits look only every so often."""

_PLANTED = """#!/bin/sh
echo "$0 $*" >> {ran}
case $* in *git-upload-pack*) exit 1 ;; esac
timeout 1 cat
"""
"""Says that it ran, and lets through what it is given: a filter's text, say."""


class Answer(Struct):
    """What came of a line."""

    code: int
    out: bytes
    ran: tuple[str, ...] = ()
    """The planted programs that ran, as they were called."""


class Ground:
    """What a finished run left behind, and the plants in it."""

    def __init__(self, home: Path, developer: Developer, state: Path) -> None:
        self.home = home
        self.developer = developer
        self.state = state
        self.own = home / "own"
        """The planted git dir."""
        self.worktree = state / "worktrees/w01"
        self._ran = home / "ran"
        self._program = home / "evil"
        self._program.write_text(_PLANTED.format(ran=self._ran))
        self._program.chmod(0o755)
        self._template = home / "template"
        self._objects = home / "objects"
        self._saved = home / "saved"
        self._prepare()

    def _prepare(self) -> None:
        """A git dir such as an agent has, all objects, and the developer's folder."""
        tip = self.developer.tip()
        for store in ("vault.git", "history.git"):
            shutil.copytree(self.state / store / "objects", self._objects, dirs_exist_ok=True)
        shutil.rmtree(self._objects / "info", ignore_errors=True)
        git = self.developer.git
        git("init", "-q", "--bare", str(self._template), at=self.home)
        (self._template / "objects/info/alternates").write_text(f"{self._objects}\n")
        (self._template / "HEAD").write_text(f"{tip}\n")
        for name, value in (("core.bare", "false"), ("user.name", "a"), ("user.email", "a@b")):
            git("config", name, value, at=self._template)
        git("read-tree", tip, at=self._template)
        shutil.copytree(self.developer.path, self._saved, symlinks=True)
        self._picture = self.developer.picture()

    # --- planting --------------------------------------------------------------------------

    def arm(self, vector: Vector) -> None:
        """Make the planted git dir what the vector wants."""
        shutil.rmtree(self.own, ignore_errors=True)
        shutil.copytree(self._template, self.own, symlinks=True)
        if vector.empty:
            (self.own / "objects/info/alternates").unlink()
        self._configure(self.own, vector)
        if vector.replaces:
            tip = self.developer.tip()
            other = self.developer.git("rev-parse", f"{tip}^")
            place = self.own / "refs/replace"
            place.mkdir(parents=True)
            (place / tip).write_text(f"{other}\n")
            (self.own / "info/grafts").write_text(f"{tip}\n")
        for name, text in vector.own.items():
            self._write(self.own / name, text)
        self._ran.unlink(missing_ok=True)

    def _configure(self, git_dir: Path, vector: Vector) -> None:
        with (git_dir / "config").open("a") as file:
            for name, value in vector.settings:
                file.write(self._filled(_setting(name, value)))
        if vector.attributes:
            self._write(git_dir / "info/attributes", vector.attributes)
        if vector.hooks:
            for hook in HOOKS:
                self._write(git_dir / "hooks" / hook, f"#!/bin/sh\nexec {self._program} {hook}\n")

    def lay(self, folder: Path, vector: Vector) -> None:
        """Plant it in a folder of files, whatever a line before has made of that."""
        folder.mkdir(parents=True, exist_ok=True)
        self._lead(folder, vector.way)
        if vector.attributes:
            self._write(folder / ".gitattributes", vector.attributes)
        for name, text in vector.files.items():
            place = folder / name
            if text.startswith("-> "):
                _remove(place)
                place.symlink_to(self._filled(text.removeprefix("-> ")))
            else:
                self._write(place, text)
        readme = folder / "README.md"
        if readme.exists():
            readme.write_text("changed\n")
        if vector.nested and not (folder / "inner/.git").is_dir():
            _remove(folder / "inner")
            shutil.copytree(self._template, folder / "inner/.git", symlinks=True)
            self._configure(folder / "inner/.git", vector)
            (folder / "inner/README.md").write_text("changed\n")

    def _lead(self, folder: Path, way: Way) -> None:
        """Make the folder's `.git` lead to the planted git dir."""
        place = folder / ".git"
        match way:
            case Way.FOLDER:
                _remove(place)
                shutil.copytree(self.own, place, symlinks=True)
            case Way.SYMLINK:
                _remove(place)
                place.symlink_to(self.own)
            case Way.BARE:
                _remove(place)
                shutil.copytree(self.own, folder, symlinks=True, dirs_exist_ok=True)
            case Way.ABOVE:
                _remove(place)
                _remove(folder.parent / ".git")
                shutil.copytree(self.own, folder.parent / ".git", symlinks=True)
            case Way.COMMONDIR:
                admin = self.home / "admin"
                admin.mkdir(exist_ok=True)
                shutil.copy(self.own / "HEAD", admin / "HEAD")
                shutil.copy(self.own / "index", admin / "index")
                (admin / "commondir").write_text(f"{self.own}\n")
                (admin / "gitdir").write_text(f"{place}\n")
                self._point(place, admin)
            case Way.DEVELOPERS:
                self._point(place, self.developer.path / ".git")
            case Way.FILE:
                self._point(place, self.own)

    def _point(self, place: Path, git_dir: Path) -> None:
        _remove(place)
        place.write_text(f"gitdir: {git_dir}\n")

    def _write(self, place: Path, text: str) -> None:
        place = place.with_name(self._filled(place.name).replace("/", "%"))
        if place.is_symlink() or place.is_dir():
            _remove(place)
        with contextlib.suppress(FileExistsError, NotADirectoryError):
            place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(self._filled(text))
        place.chmod(0o755)

    def _filled(self, text: str) -> str:
        return filled(text, program=self._program, project=self.developer.path, own=self.own)

    def clear(self) -> None:
        """Take every plant away again."""
        for folder in self.folders():
            shutil.rmtree(folder, ignore_errors=True)
            _remove(folder.parent / ".git")

    def folders(self) -> tuple[Path, ...]:
        """All worktrees and checkouts."""
        found = {*self.state.glob("worktrees/w??"), *self.state.glob("checkouts/c??")}
        return tuple(sorted({*found, self.worktree}))

    # --- running ---------------------------------------------------------------------------

    def hardened(self, line: Line, vector: Vector | None) -> Answer:
        """The line as the engine ran it."""
        self._make_room(line)
        if vector is not None:
            for folder in {self.worktree, *_given(line, self.state)}:
                self.lay(folder, vector)
        stdin = line.stdin or self._asked(line)
        done = subprocess.run((*_LIMITED, *line.whole), cwd=line.cwd, env=dict(line.env),
                              input=stdin, capture_output=True, check=False)  # fmt: skip
        return Answer(code=done.returncode, out=done.stdout, ran=self.went_off())

    def plain(self, line: Line, vector: Vector) -> Answer:
        """The same words as anybody would give them to git: in the worktree, on a terminal."""
        self.lay(self.worktree, vector)
        env = {"PATH": os.environ["PATH"], "HOME": str(self.home / "home"), "TERM": "dumb"}
        ours, theirs = os.openpty()
        try:
            process = subprocess.Popen(
                (*_LIMITED, "git", *line.words), cwd=self.worktree, env=env, stdin=subprocess.PIPE,
                stdout=theirs, stderr=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        finally:
            os.close(theirs)
        reading = threading.Thread(target=_drain, args=(ours,))
        reading.start()
        with contextlib.suppress(BrokenPipeError):
            process.communicate(line.stdin or self._asked(line))
        reading.join()
        os.close(ours)
        return Answer(code=process.returncode, out=b"", ran=self.went_off())

    def went_off(self) -> tuple[str, ...]:
        """What ran since the last look."""
        if not self._ran.exists():
            return ()
        said = self._ran.read_text(errors="replace").splitlines()
        self._ran.unlink()
        return tuple(said)

    def _asked(self, line: Line) -> bytes:
        """What GitPython's long-lived reader is asked."""
        return f"{self.developer.tip()}\n".encode() if "--batch" in line.words else b""

    def _make_room(self, line: Line) -> None:
        """Folders and indexes that were gone when the line had ended."""
        for folder in (line.cwd, line.work_tree):
            if folder is not None:
                folder.mkdir(parents=True, exist_ok=True)
        if line.index is not None and not line.index.exists():
            line.index.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(self._template / "index", line.index)

    def differing(self) -> list[str]:
        """What of the developer's is no longer as the run left it."""
        return self._picture.unlike(self.developer.picture())

    def restore(self) -> None:
        """Give the developer their folder back as it was."""
        shutil.rmtree(self.developer.path)
        shutil.copytree(self._saved, self.developer.path, symlinks=True)


def _given(line: Line, state: Path) -> Iterable[Path]:
    """Folders of files that a line was given beside the worktrees."""
    found = line.work_tree
    return (found,) if found is not None and found.is_relative_to(state) else ()


def _setting(name: str, value: str) -> str:
    """A setting as a configuration file has it."""
    section, _, rest = name.partition(".")
    middle, _, key = rest.rpartition(".")
    head = f'[{section} "{middle}"]' if middle else f"[{section}]"
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'{head}\n\t{key} = "{escaped}"\n'


def _remove(place: Path) -> None:
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)


def _drain(descriptor: int) -> None:
    with contextlib.suppress(OSError):
        while os.read(descriptor, 1 << 16):
            pass
