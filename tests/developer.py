"""A developer at their repository, with git as they run it, and a picture of all that is theirs."""

from __future__ import annotations

import hashlib
import os
import subprocess  # noqa: TID251 - the developer runs git themselves
from collections.abc import Mapping
from pathlib import Path

from factory.git import fresh
from factory.git.place import Place, find_repository
from factory.model import Struct

README = "# A project\n"


class Picture(Struct):
    """All that is the developer's: files, index, refs, stash and settings, byte for byte."""

    files: dict[str, str]
    index: str
    refs: str
    git: dict[str, str]
    """What lies in the git dir, objects and the factory's id left out."""

    def unlike(self, other: Picture) -> list[str]:
        """The names of what differs, for a test that fails."""
        pairs = ((self.files, other.files), (self.git, other.git))
        return [
            name for one, two in pairs for name in sorted({*one, *two})
            if one.get(name) != two.get(name)
        ]  # fmt: skip


class Developer:
    """One developer and their checkout."""

    def __init__(self, path: Path, files: Mapping[str, str] | None = None) -> None:
        self.path = path
        path.mkdir()
        self.write({"README.md": README, **(files or {})})
        fresh.make(path, "The first commit")

    @classmethod
    def of(cls, path: Path) -> Developer:
        """The developer of a repository that stands already."""
        developer = cls.__new__(cls)
        developer.path = path
        return developer

    @property
    def place(self) -> Place:
        return find_repository(self.path)

    def git(self, *arguments: str, at: Path | None = None, ok: bool = True) -> str:
        done = subprocess.run(
            ("git", *arguments), cwd=at or self.path, capture_output=True, check=False
        )
        assert done.returncode == 0 or not ok, done.stderr.decode()
        return os.fsdecode(done.stdout).rstrip("\n")

    def write(self, files: Mapping[str, str]) -> None:
        for name, text in files.items():
            path = self.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def commit(self, files: Mapping[str, str], message: str = "by hand") -> str:
        """Write files and commit all of them; returns the commit."""
        self.write(files)
        self.git("add", "--all")
        self.git("commit", "--quiet", "-m", message)
        return self.tip()

    def tip(self, branch: str = "main") -> str:
        return self.git("rev-parse", f"refs/heads/{branch}")

    def shows(self, path: str, commit: str = "main") -> str:
        """A file as the commit has it."""
        return self.git("cat-file", "blob", f"{commit}:{path}")

    def subjects(self) -> list[str]:
        """What was committed on main, the newest first."""
        return self.git("log", "--format=%s", "main").split("\n")

    def picture(self) -> Picture:
        folder = self.path / ".git"
        return Picture(
            files=_hashes(self.path, skipped=(".git",)),
            index=self.git("ls-files", "--stage", "-v"),
            refs=self.git("for-each-ref") + self.git("stash", "list"),
            git=_hashes(folder, skipped=("objects", "factory-tui")),
        )


def _hashes(root: Path, skipped: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root)
        if name.parts[0] in skipped or (path.is_dir() and not path.is_symlink()):
            continue
        data = os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes()
        found[str(name)] = f"{path.lstat().st_mode:o} {hashlib.sha256(data).hexdigest()}"
    return found
