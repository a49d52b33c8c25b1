"""What differs between two trees of one repository: paths, lines, and the identity of a diff."""

from __future__ import annotations

from collections.abc import Sequence

from factory.git.command import Git, shown
from factory.model import Struct

NO_FILE, FILE, LINK, MODULE = "000000", "100644", "120000", "160000"
"""Modes in git's trees: where there is nothing, a file, a symbolic link, a submodule."""

# Renames are for the reader alone. What is compared to land or to be gated stays `--no-renames`:
# whether git sees a rename depends on how alike two files are, on how many others there are and on
# its version, and none of that may change what a diff is, nor which paths a guardrail looks at.
_APART = ("--no-renames",)
_RENAMES = ("--find-renames", "--no-rename-empty", "-l400")
"""At most 400 × 400 files are held against each other by their lines: past that only those that
moved unchanged are renames, the rest is told as deleted and new."""


class Changed(Struct):
    """One path that differs between two trees."""

    path: str
    status: str
    """`A`, `M`, `D` or `T`; `R` where renames were asked for."""
    old_mode: str
    new_mode: str
    old: str
    new: str
    """Blob ids; zeros where that side has none."""
    name: bytes = b""
    """The path's own bytes, for git."""
    old_path: str = ""
    """What a renamed file was called."""

    @property
    def blobs(self) -> tuple[str, ...]:
        """Object ids of its contents, left before right; a submodule has none here."""
        sides = ((self.old_mode, self.old), (self.new_mode, self.new))
        return tuple(oid for mode, oid in sides if mode not in (NO_FILE, MODULE))

    @property
    def submodule(self) -> bool:
        """Whether it is one on either side."""
        return MODULE in (self.old_mode, self.new_mode)


class Comparisons:
    """Compares trees, as git does; touches no working tree and runs no program of theirs."""

    def __init__(self, git: Git) -> None:
        self.git = git

    async def patch_id(self, left: str, right: str) -> str:
        """What tells two diffs apart whatever they stand on; empty for an empty diff."""
        diff = await self.git(
            "diff", "--no-ext-diff", "--no-textconv", "--no-color", "--no-renames", "-U0",
            "--binary", "--full-index", left, right,
        )  # fmt: skip
        if not diff.out:
            return ""
        identity = await self.git("patch-id", "--verbatim", stdin=diff.out)
        return identity.text.partition(" ")[0]

    async def raw(self, left: str, right: str, *, renames: bool = False) -> bytes:
        """Git's raw diff of two trees, `-z`: the truth about which paths differ."""
        pairs = _RENAMES if renames else _APART
        found = await self.git(
            "diff-tree", "-r", "--raw", "-z", "--full-index", *pairs, left, right
        )
        return found.out

    async def patch(
        self, left: str, right: str, *, context: int = 3, renames: bool = False
    ) -> bytes:
        """Git's own diff of two trees, every blob as text."""
        found = await self.git(
            "diff", "--no-ext-diff", "--no-textconv", "--text", "--no-color",
            *(_RENAMES if renames else _APART),
            "--full-index", "--ignore-submodules=none", f"-U{context}", left, right,
        )  # fmt: skip
        return found.out

    async def renamed(self, left: str, right: str) -> dict[str, str]:
        """The new path of every file that has another name on the right, by its old one."""
        entries = parse_raw(await self.raw(left, right, renames=True))
        return {one.old_path: one.path for one in entries if one.old_path}

    async def changed(self, left: str, right: str) -> tuple[Changed, ...]:
        """The paths in which two trees differ."""
        return parse_raw(await self.raw(left, right))

    async def clashes(self, left: str, right: str) -> tuple[str, ...]:
        """The paths in which two commits do not merge; 5 ms, touches no working tree."""
        merged = await self.git(
            "merge-tree", "--write-tree", "-z", "--name-only", "--no-messages",
            "--allow-unrelated-histories", left, right, ok=(0, 1),
        )  # fmt: skip
        _, *conflicts = merged.names
        return tuple(dict.fromkeys(conflicts)) if merged.code else ()

    async def counted(self, left: str, right: str) -> tuple[tuple[str, int, int], ...]:
        """`(path, added, removed)` of what differs between two trees; binary files count none."""
        found = await self.git("diff-tree", "-r", "--numstat", "-z", "--no-renames", left, right)
        files = (entry.split(b"\t", 2) for entry in found.out.split(b"\0") if entry)
        return tuple(
            (shown(path), int(plus) if plus.isdigit() else 0, int(minus) if minus.isdigit() else 0)
            for plus, minus, path in files
        )

    async def count(self, left: str, right: str) -> tuple[int, int]:
        """Lines added and removed between two trees; binary files count none."""
        files = await self.counted(left, right)
        return sum(added for _, added, _ in files), sum(removed for *_, removed in files)

    async def missing(self, tip: str, commits: Sequence[str]) -> frozenset[str]:
        """Those of some commits that are not the tip and no ancestors of it."""
        asked = "\n".join((*commits, f"^{tip}")).encode() + b"\n"
        found = await self.git("rev-list", "--stdin", stdin=asked)
        return frozenset(commits) & frozenset(found.text.split("\n"))

    async def distance(self, old: str, new: str) -> int:
        """How many commits `new` has that `old` lacks."""
        counted = await self.git("rev-list", "--count", f"{old}..{new}", ok=(0, 128))
        return int(counted.text) if counted.code == 0 and counted.text else 0


def parse_raw(raw: bytes) -> tuple[Changed, ...]:
    """`diff-tree --raw -z` as data: `:modes oids status`, NUL, path, NUL, …

    A rename has two paths, the old one first.
    """
    fields = iter(raw.split(b"\0"))
    found: list[Changed] = []
    for head in fields:
        if not head:
            break
        old_mode, new_mode, old, new, status = head.decode().lstrip(":").split(" ")
        before = next(fields) if status.startswith("R") else b""
        path = next(fields)
        found.append(
            Changed(
                path=shown(path),
                old_path=shown(before),
                status=status[:1],
                old_mode=old_mode,
                new_mode=new_mode,
                old=old,
                new=new,
                name=path,
            )
        )
    return tuple(found)
