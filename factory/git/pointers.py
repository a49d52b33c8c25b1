"""Files that git-lfs keeps: their real content in folders of ours, their pointers in trees.

Which paths those are, the tip's .gitattributes say. The content is copied from the developer's
`.git/lfs/objects`, each object checked against its hash; git-lfs is never run, nothing is fetched.
A pointer is filled only where the target's own history holds it: one that an agent has written
names whatever it likes.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from factory.git.command import Git, shown
from factory.git.comparisons import NO_FILE, Changed
from factory.git.vault import Vault
from factory.model import Struct

_POINTER = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\n"
    rb"oid sha256:([0-9a-f]{64})\nsize (0|[1-9][0-9]{0,14})\n"
)
_LONGEST = 200
"""Bytes of a pointer without extensions; no other is filled."""
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_PIECE = 1 << 20


class Pointer(Struct):
    """A pointer in a tree."""

    path: bytes
    mode: str
    blob: str
    """Of the pointer's own text."""
    oid: str
    """SHA-256 of the content, by which its object is named."""
    size: int
    """Bytes of the content."""


def parse(text: bytes) -> tuple[str, int] | None:
    """The object's SHA-256 and size; None for what is no plain pointer."""
    found = _POINTER.fullmatch(text)
    return (found[1].decode(), int(found[2])) if found else None


async def kept(vault: Vault, commit: str, paths: Collection[bytes]) -> frozenset[bytes]:
    """Those of some paths that git-lfs keeps by the .gitattributes of a commit."""
    if not paths:
        return frozenset()
    named = await vault.git(
        "grep", "--quiet", "--no-textconv", "--fixed-strings", "-e", "filter=lfs", commit,
        "--", ":(glob)**/.gitattributes", ok=(0, 1),
    )  # fmt: skip
    if named.code:
        return frozenset()
    with tempfile.TemporaryDirectory(dir=vault.root, prefix="index-") as folder:
        index = Path(folder) / "index"
        await vault.git("read-tree", commit, index=index)
        asked = b"\0".join(paths) + b"\0"
        found = await vault.git(
            "check-attr", "--cached", "-z", "--stdin", "filter", stdin=asked, index=index
        )
    fields = found.out.split(b"\0")
    said = zip(fields[::3], fields[2::3], strict=False)
    return frozenset(path for path, value in said if value == b"lfs")


async def within(vault: Vault, tree: str, rules: str) -> tuple[Pointer, ...]:
    """The pointers of a tree that the target's history holds, too, where git-lfs keeps files."""
    listing = await vault.git("ls-tree", "-r", "-l", "-z", tree)
    small = {}
    for line in listing.out.split(b"\0"):
        head, _, path = line.partition(b"\t")
        mode, kind, blob, size = (*head.decode().split(), "", "", "", "")[:4]
        if kind == "blob" and mode.startswith("100") and 0 < int(size) <= _LONGEST:
            small[path] = (mode, blob)
    chosen = await kept(vault, rules, tuple(small))
    if not chosen:
        return ()
    blobs = {small[path][1] for path in chosen}
    texts = await vault.blobs(tuple(blobs & await _in_history(vault, blobs)))
    found = []
    for path in sorted(chosen):
        mode, blob = small[path]
        said = parse(texts.get(blob, b""))
        if said is not None:
            found.append(Pointer(path=path, mode=mode, blob=blob, oid=said[0], size=said[1]))
    return tuple(found)


async def strangers(vault: Vault, changed: Sequence[Changed], rules: str) -> frozenset[str]:
    """Changed files of git-lfs that hold no pointer of the target's history.

    Those of the target's own that never were pointers do not count.
    """
    files = [one for one in changed if one.new_mode.startswith("100") and one.old != one.new]
    chosen = await kept(vault, rules, [one.name for one in files])
    if not chosen:
        return frozenset()
    files = [one for one in files if one.name in chosen]
    sizes = await vault.sizes(tuple(oid for one in files for oid in one.blobs))
    small = tuple(oid for oid, size in sizes.items() if size <= _LONGEST)
    texts = await vault.blobs(small)
    pointing = {oid for oid in small if parse(texts[oid]) is not None}
    known = pointing & await _in_history(vault, pointing)
    return frozenset(
        one.path
        for one in files
        if one.new not in known and (one.old_mode == NO_FILE or one.old in pointing)
    )


async def _in_history(vault: Vault, blobs: Collection[str]) -> frozenset[str]:
    """Those of some blobs that the target's history holds."""
    history, asked = Git(vault.history), "\n".join(blobs).encode() + b"\n"
    answer = await history("cat-file", "--batch-check=%(objectname)", stdin=asked)
    return frozenset(answer.text.split("\n"))  # of the others it says that they are missing


def _beside(index: Path) -> Path:
    """Which contents stand for which pointers in a folder: lines of `RAW POINTER PATH`."""
    return index.with_suffix(".lfs")


async def lay_out(
    vault: Vault, folder: Path, index: Path, tree: str, *, rules: str, objects: Path
) -> tuple[str, ...]:
    """Put contents in place of a tree's pointers; returns the paths whose object is not there.

    `rules` is the commit whose .gitattributes count, `objects` the developer's `.git/lfs/objects`.
    The index gets the contents' ids without the contents, so that nothing is stored twice.
    """
    found = await within(vault, tree, rules)
    filled = await asyncio.to_thread(_fill_all, folder, found, objects)
    if filled:
        names = b"\0".join(one.path for one in filled) + b"\0"
        await vault.git(
            "update-index", "-z", "--info-only", "--stdin", stdin=names,
            work_tree=folder, index=index,
        )  # fmt: skip
        blobs = {one.path: one.blob for one in filled}
        raw = {path: oid for path, _, oid in await _staged(vault.git, index) if path in blobs}
        lines = (f"{raw[path]} {blobs[path]} ".encode() + path for path in raw)
        _beside(index).write_bytes(b"\0".join(lines))
    else:
        forget(index)
    done = frozenset(filled)
    return tuple(shown(one.path) for one in found if one not in done)


def forget(index: Path) -> None:
    """The folder holds no contents any more."""
    _beside(index).unlink(missing_ok=True)


async def write_tree(vault: Vault, index: Path, rules: str) -> str:
    """The tree of an index, with its pointers in place of contents that are as they were."""
    beside = _beside(index)
    if not beside.is_file():
        return (await vault.git("write-tree", index=index)).text
    known = [line.split(b" ", 2) for line in beside.read_bytes().split(b"\0")]
    pointers = {raw.decode(): blob.decode() for raw, blob, _ in known}
    own = {path for _, _, path in known}
    same = [one for one in await _staged(vault.git, index) if one[2] in pointers]
    moved = await kept(vault, rules, [path for path, _, _ in same if path not in own])
    lines = [
        f"{mode} {pointers[raw]}\t".encode() + path
        for path, mode, raw in same
        if path in own or path in moved
    ]
    with tempfile.TemporaryDirectory(dir=vault.root, prefix="index-") as scratch:
        copy = Path(scratch) / "index"
        shutil.copyfile(index, copy)
        await vault.git(
            "update-index", "-z", "--index-info", stdin=b"\0".join(lines) + b"\0" if lines else b"",
            work_tree=Path(scratch), index=copy,
        )  # fmt: skip
        return (await vault.git("write-tree", index=copy)).text


async def hide(vault: Vault, index: Path, tree: str, rules: str) -> None:
    """Let an agent's own git take contents for what its index names: it knows no git-lfs."""
    names = [one.path for one in await within(vault, tree, rules)]
    if names:
        await vault.git(
            "update-index", "-z", "--skip-worktree", "--stdin", stdin=b"\0".join(names) + b"\0",
            work_tree=index.parent, index=index,
        )  # fmt: skip


async def _staged(git: Git, index: Path) -> list[tuple[bytes, str, str]]:
    """`(path, mode, id)` of each regular file in an index."""
    listing = await git("ls-files", "--stage", "-z", index=index)
    found = []
    for line in listing.out.split(b"\0"):
        head, _, path = line.partition(b"\t")
        if head.startswith(b"100"):
            mode, oid, _ = head.decode().split(" ")
            found.append((path, mode, oid))
    return found


def _fill_all(folder: Path, found: Collection[Pointer], objects: Path) -> tuple[Pointer, ...]:
    return tuple(one for one in found if _fill(folder, one, objects))


def _fill(folder: Path, one: Pointer, objects: Path) -> bool:
    """Copy one object over its pointer; False where it is not there, or not what it is called."""
    draft = folder.parent / f"{folder.name}.lfs.new"
    source = objects / one.oid[:2] / one.oid[2:4] / one.oid
    try:
        if not source.resolve().is_relative_to(objects.resolve()):
            return False
        if not _copied(source, draft, one):
            return False
        draft.chmod(0o755 if one.mode == "100755" else 0o644)
        with _parent(folder, one.path) as number:
            name = one.path.rpartition(b"/")[2]
            if not stat.S_ISREG(os.lstat(name, dir_fd=number).st_mode):
                return False
            os.rename(draft, name, dst_dir_fd=number)
    except OSError:
        return False
    finally:
        draft.unlink(missing_ok=True)
    return True


def _copied(source: Path, draft: Path, one: Pointer) -> bool:
    """Whether what was copied is the object: size and hash are those of its pointer."""
    digest, left = hashlib.sha256(), one.size
    number = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(number, "rb") as file, draft.open("wb") as out:
        facts = os.fstat(number)
        if not stat.S_ISREG(facts.st_mode) or facts.st_size != one.size:
            return False
        while left > 0 and (piece := file.read(min(_PIECE, left))):
            digest.update(piece)
            out.write(piece)
            left -= len(piece)
    return left == 0 and digest.hexdigest() == one.oid


@contextlib.contextmanager
def _parent(folder: Path, path: bytes) -> Iterator[int]:
    """The folder that a path lies in; no link is followed. Raises OSError where there is one."""
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in path.split(b"/")[:-1]:
            below = os.open(part, _FOLDER, dir_fd=number)
            os.close(number)
            number = below
        yield number
    finally:
        os.close(number)
