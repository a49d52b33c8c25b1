"""Thirty-odd kinds of repositories, made with the developer's own git."""

from __future__ import annotations

import os
import subprocess  # noqa: TID251 - the developer makes these with git itself
from collections.abc import Callable
from pathlib import Path

from factory.model import Struct
from tests.works import settings

ME = ("-c", "user.name=me", "-c", "user.email=me@localhost", "-c", "protocol.file.allow=always")


class World:
    """A folder with one repository in it, and whatever belongs to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()

    def git(self, path: Path, *words: str, given: bytes = b"", ok: bool = True) -> str:
        done = subprocess.run(
            ("git", *ME, *words), cwd=path, input=given, capture_output=True, check=False,
            env={**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_EDITOR": "true"},
        )  # fmt: skip
        if done.returncode and ok:
            raise AssertionError(f"git {' '.join(words)}: {done.stderr.decode(errors='replace')}")
        return os.fsdecode(done.stdout).rstrip("\n")

    def plain(self, name: str = "project", *init: str, **files: str) -> Path:
        """A repository with a commit on main; its `factory.toml` lets anything pass."""
        path = self.folder / name
        path.mkdir(parents=True)
        self.git(path, "init", "-q", "-b", "main", *init)
        self.commit(
            path, **{"factory.toml": settings(), "a.txt": "one\n", "b/c.txt": "two\n"} | files
        )
        return path

    def commit(self, path: Path, **files: str) -> None:
        for name, text in files.items():
            file = path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        self.git(path, "add", "--all")
        self.git(path, "commit", "-q", "--no-verify", "--no-gpg-sign", "-m", "by hand")

    def kept(self, path: Path) -> str:
        """What of the index, the refs and the stash a landing must leave as it is."""
        staged = self.git(path, "ls-files", "--stage", "-v", ok=False).split("\n")
        refs = self.git(path, "for-each-ref", ok=False).split("\n")
        refs = [line for line in refs if not line.endswith(("refs/heads/main", "refs/heads/trunk"))]
        stash = self.git(path, "stash", "list", ok=False)
        return "\n".join([*(line for line in staged if "hello.txt" not in line), *refs, stash])

    def lost(self, path: Path, before: str) -> list[str]:
        """What of it is not as it was."""
        return [] if self.kept(path) == before else ["index, refs or stash"]


class Kind(Struct):
    """One kind: how it is made, and what is said where nothing can land."""

    make: Callable[[World], Path]
    says: str | None = None


def _with(*commands: tuple[str, ...]) -> Callable[[World], Path]:
    """A plain repository, then these commands of git's."""

    def make(world: World) -> Path:
        path = world.plain()
        for words in commands:
            world.git(path, *words)
        return path

    return make


def _at(name: str) -> Callable[[World], Path]:
    return lambda world: world.plain(name)


def unborn(world: World) -> Path:
    path = world.folder / "project"
    path.mkdir()
    world.git(path, "init", "-q", "-b", "main")
    return path


def cloned(*options: str) -> Callable[[World], Path]:
    def make(world: World) -> Path:
        origin = world.plain("origin")
        world.commit(origin, more="1\n")
        world.git(origin, "config", "uploadpack.allowFilter", "true")
        url = str(origin) if "--shared" in options else f"file://{origin}"
        world.git(world.folder, "clone", "-q", *options, url, "project")
        return world.folder / "project"

    return make


def filled(world: World) -> Path:
    path = cloned("--filter=blob:none", "--no-checkout")(world)
    world.git(path, "fetch", "-q", "--refetch", "--no-filter")
    world.git(path, "checkout", "-q", "main")
    return path


def submodule(world: World) -> Path:
    other = world.plain("other")
    path = world.plain()
    world.git(path, "submodule", "--quiet", "add", str(other), "sub")
    world.git(path, "commit", "-qm", "a submodule")
    return path


def nested(world: World) -> Path:
    path = world.plain()
    world.plain("project/inner")
    return path


def large_files(world: World) -> Path:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "a" * 64 + "\nsize 9\n"
    rules = "*.bin filter=lfs diff=lfs merge=lfs -text\n"
    return world.plain(**{".gitattributes": rules, "big.bin": pointer})


def bare(world: World) -> Path:
    world.plain("origin")
    world.git(world.folder, "clone", "-q", "--bare", "origin", "project")
    return world.folder / "project"


def in_rebase(world: World) -> Path:
    path = _diverged(world)
    world.git(path, "checkout", "-q", "other")
    world.git(path, "rebase", "main", ok=False)
    return path


def in_merge(world: World) -> Path:
    path = _diverged(world)
    world.git(path, "merge", "other", ok=False)
    return path


def _diverged(world: World) -> Path:
    path = world.plain()
    world.git(path, "checkout", "-qb", "other")
    world.commit(path, **{"a.txt": "theirs\n"})
    world.git(path, "checkout", "-q", "main")
    world.commit(path, **{"a.txt": "ours\n"})
    return path


def in_bisect(world: World) -> Path:
    path = world.plain()
    for number in range(4):
        world.commit(path, **{"a.txt": f"{number}\n"})
    world.git(path, "bisect", "start", "HEAD", "HEAD~4")
    return path


def crlf(world: World) -> Path:
    path = world.plain(**{".gitattributes": "*.txt text eol=crlf\n", "d.txt": "one\r\ntwo\r\n"})
    world.git(path, "config", "core.autocrlf", "true")
    return path


def many_branches(count: int) -> Callable[[World], Path]:
    def make(world: World) -> Path:
        path = world.plain()
        tip = world.git(path, "rev-parse", "HEAD")
        lines = "".join(f"create refs/heads/b{n} {tip}\n" for n in range(count))
        world.git(path, "update-ref", "--stdin", given=lines.encode())
        world.git(path, "pack-refs", "--all")
        return path

    return make


def worktree(world: World) -> Path:
    path = world.plain()
    world.git(path, "worktree", "add", "-q", "-b", "feature", "../feature")
    return world.folder / "feature"


def twice(world: World) -> Path:
    path = world.plain()
    world.git(path, "worktree", "add", "-q", "--force", "../again", "main")
    return path


def elsewhere(world: World) -> Path:
    """Main is checked out in another worktree than the one that one stands in."""
    path = world.plain()
    world.git(path, "checkout", "-qb", "feature")
    world.git(path, "worktree", "add", "-q", "../again", "main")
    return path


def linked(world: World) -> Path:
    real = world.plain("real")
    (world.folder / "project").symlink_to(real)
    return world.folder / "project"


def hooks(world: World) -> Path:
    path = world.plain()
    for name in ("pre-commit", "commit-msg", "pre-merge-commit", "pre-rebase", "pre-push"):
        _hook(path / ".git/hooks" / name, "exit 1")
    return path


def receiving_hooks(world: World) -> Path:
    path = world.plain()
    for name in ("pre-receive", "update"):
        _hook(path / ".git/hooks" / name, "echo 'not on a Sunday' >&2; exit 1")
    return path


def _hook(path: Path, script: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def replaced(world: World) -> Path:
    path = world.plain()
    world.commit(path, **{"a.txt": "evil\n"})
    old, new = (world.git(path, "rev-parse", f"{tip}:a.txt") for tip in ("HEAD~1", "HEAD"))
    world.git(path, "replace", new, old)
    return path


def grafted(world: World) -> Path:
    path = world.plain()
    world.commit(path, **{"a.txt": "2\n"})
    (path / ".git/info/grafts").write_text(world.git(path, "rev-parse", "HEAD") + "\n")
    return path


def monitored(world: World) -> Path:
    path = world.plain()
    _hook(path / ".git/hooks/monitor", "echo ran >> ../monitored; exit 1")
    world.git(path, "config", "core.fsmonitor", ".git/hooks/monitor")
    return path


def huge(world: World) -> Path:
    path = world.plain()
    blob = world.git(path, "hash-object", "-w", "a.txt")
    lines = "".join(f"100644 {blob}\tmany/{n // 100}/{n}.txt\n" for n in range(20_000))
    world.git(path, "update-index", "--index-info", given=lines.encode())
    world.git(path, "commit", "-qm", "many")
    world.git(path, "checkout", "-qf", "HEAD", "--", ".")
    return path


def stashed(world: World) -> Path:
    path = world.plain()
    (path / "a.txt").write_text("for later\n")
    world.git(path, "stash", "-q")
    (path / ".git/info").mkdir(exist_ok=True)
    (path / ".git/info/exclude").write_text("# mine\n*.log\n")
    return path


def dirty(world: World) -> Path:
    path = world.plain()
    (path / "a.txt").write_text("not yet\n")
    return path


def staged(world: World) -> Path:
    path = world.plain()
    (path / "new.txt").write_text("staged\n")
    world.git(path, "add", "new.txt")
    return path


def untracked(world: World) -> Path:
    path = world.plain(**{".gitignore": "*.log\n"})
    (path / "notes.md").write_text("mine\n")
    (path / "debug.log").write_text("mine\n")
    return path


def in_the_way(world: World) -> Path:
    path = world.plain()
    (path / "hello.txt").write_text("mine\n")
    return path


def separate(world: World) -> Path:
    return world.plain("project", "--separate-git-dir", str(world.folder / "elsewhere.git"))


def locked(name: str) -> Callable[[World], Path]:
    def make(world: World) -> Path:
        path = world.plain()
        (path / ".git" / name).write_text("")
        return path

    return make


def symbolic(world: World) -> Path:
    path = world.plain()
    world.git(path, "branch", "-m", "main", "trunk")
    world.git(path, "symbolic-ref", "refs/heads/main", "refs/heads/trunk")
    return path


def broken(world: World) -> Path:
    path = world.plain()
    blob = world.git(path, "rev-parse", "HEAD:b/c.txt")
    (path / ".git/objects" / blob[:2] / blob[2:]).unlink()
    return path


def somebody_elses(world: World) -> Path:
    path = world.plain()
    if os.getuid() == 0:
        for file in (path, *path.rglob("*")):
            os.chown(file, 12_345, 12_345, follow_symlinks=False)
    return path


def without_target(world: World) -> Path:
    path = world.plain()
    world.git(path, "branch", "-m", "main", "master")
    world.commit(path, **{"factory.toml": settings(top='target = "main"')})
    return path


_EVERYWHERE = ("config", "core.hooksPath", "/nonexistent/hooks")

KINDS: dict[str, Kind] = {
    "plain": Kind(make=_with()),
    "without a commit": Kind(make=unborn, says="commit"),
    "an unborn branch": Kind(make=_with(("checkout", "-q", "--orphan", "fresh"))),
    "a detached HEAD": Kind(make=_with(("checkout", "-q", "--detach"))),
    "shallow": Kind(make=cloned("--depth=1")),
    "sparse": Kind(make=_with(("sparse-checkout", "set", "b"))),
    "a partial clone": Kind(
        make=cloned("--filter=blob:none", "--no-checkout"), says="partial clone"
    ),
    "a partial clone, filled": Kind(make=filled),
    "a partial clone, checked out": Kind(make=cloned("--filter=blob:none")),
    "a submodule": Kind(make=submodule),
    "a repository inside": Kind(make=nested),
    "LFS pointers": Kind(make=large_files),
    "bare": Kind(make=bare, says="bare repository"),
    "names that differ in case": Kind(make=lambda world: world.plain(**{"A.txt": "1\n"})),
    "in a rebase": Kind(make=in_rebase),
    "in a merge": Kind(make=in_merge, says="checkout|commit|clean|merge"),
    "in a bisect": Kind(make=in_bisect, says="bisect"),
    "CRLF and autocrlf": Kind(make=crlf),
    "10,000 branches": Kind(make=many_branches(10_000)),
    "a worktree of the developer's": Kind(make=worktree),
    "main in two worktrees": Kind(make=twice),
    "main in another worktree": Kind(make=elsewhere),
    "main checked out nowhere": Kind(make=_with(("checkout", "-qb", "feature"))),
    "a symlinked path": Kind(make=linked),
    "spaces in the path": Kind(make=_at("my  project ")),
    "a newline in the path": Kind(make=_at("my\nproject"), says="line break"),
    "Unicode in the path": Kind(make=_at("проект-日本 é")),
    "no UTF-8 in the path": Kind(make=_at(os.fsdecode(b"caf\xe9")), says="no UTF-8"),
    "quotes and dashes in the path": Kind(make=_at("--q'\"$(x);")),
    "sha256": Kind(
        make=lambda world: world.plain("project", "--object-format=sha256"), says="sha256"
    ),
    "hooks that refuse commits": Kind(make=hooks),
    "hooks that refuse pushes": Kind(make=receiving_hooks),
    "hooks elsewhere": Kind(make=_with(_EVERYWHERE)),
    "packed refs": Kind(make=_with(("pack-refs", "--all"), ("gc", "-q"))),
    "replaced objects": Kind(make=replaced),
    "grafts": Kind(make=grafted, says="cannot be read"),
    "signed commits": Kind(
        make=_with(("config", "commit.gpgsign", "true"), ("config", "gpg.program", "false"))
    ),
    "an index of 20,000 files": Kind(make=huge),
    "a split index": Kind(make=_with(("update-index", "--split-index"))),
    "an untracked cache": Kind(make=_with(("update-index", "--untracked-cache"))),
    "a file system monitor": Kind(make=monitored),
    "alternates": Kind(make=cloned("--shared")),
    "with a stash": Kind(make=stashed),
    "a dirty checkout": Kind(make=dirty, says="a.txt|checkout|commit"),
    "something staged": Kind(make=staged, says="checkout|commit|clean"),
    "untracked and ignored files": Kind(make=untracked),
    "a file in the way": Kind(make=in_the_way, says="hello.txt"),
    "a git dir elsewhere": Kind(make=separate, says="keeps its git dir elsewhere"),
    "a lock on the index": Kind(make=locked("index.lock"), says="index.lock is there"),
    "a lock on main": Kind(make=locked("refs/heads/main.lock"), says="main.lock is there"),
    "main is a symbolic ref": Kind(make=symbolic),
    "a tag named main": Kind(make=_with(("tag", "main"))),
    "refuses the current branch": Kind(
        make=_with(("config", "receive.denyCurrentBranch", "refuse"))
    ),
    "renamed diffs and colours": Kind(
        make=_with(("config", "diff.renames", "copies"), ("config", "color.ui", "always"))
    ),
    "an object is missing": Kind(make=broken, says="fsck"),
    "somebody else's": Kind(make=somebody_elses, says="cannot be read"),
    "no such target": Kind(make=without_target, says="main"),
}

QUICK = (
    "a detached HEAD", "shallow", "bare", "in a merge", "a newline in the path", "sha256",
    "a symlinked path",
)  # fmt: skip
