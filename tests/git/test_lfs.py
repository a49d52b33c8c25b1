"""Files of git-lfs by choice: their content in worktrees, their pointers in trees."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from factory.git import pointers
from tests.developer import Developer
from tests.git.cellar import Cellar, cellar
from tests.works import told

RULES = "*.bin filter=lfs diff=lfs merge=lfs -text\n"
CONTENT = b"\x00the real thing\xff" * 900


def pointer(content: bytes, size: int | None = None) -> str:
    oid = hashlib.sha256(content).hexdigest()
    said = len(content) if size is None else size
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {said}\n"


def with_object(developer: Developer, content: bytes, held: bytes | None = None) -> Path:
    """The developer's git-lfs holds a content; `held` is what stands in its file instead."""
    oid = hashlib.sha256(content).hexdigest()
    place = developer.path / ".git" / "lfs" / "objects" / oid[:2] / oid[2:4] / oid
    place.parent.mkdir(parents=True)
    place.write_bytes(content if held is None else held)
    return place


def switched_on(vault: Cellar) -> None:
    vault.trees.lfs = vault.developer.path / ".git" / "lfs" / "objects"
    vault.trees.rules = vault.base


async def strange(vault: Cellar, tree: str) -> frozenset[str]:
    base = await vault.vault.tree_of(vault.base)
    changed = await vault.vault.changed(base, tree)
    return await pointers.strangers(vault.vault, changed, vault.base)


@told
async def test_folders_hold_the_content_and_trees_the_pointer(developer: Developer) -> None:
    with_object(developer, CONTENT)
    text = pointer(CONTENT)
    developer.commit({".gitattributes": RULES, "in/a.bin": text, "plain.txt": text})
    async with cellar(developer) as vault:
        folder = await vault.worktree()
        assert (folder / "in/a.bin").read_text() == text, "off by default"
        switched_on(vault)
        folder = await vault.worktree()
        assert (folder / "in/a.bin").read_bytes() == CONTENT
        assert (folder / "plain.txt").read_text() == text, "only what .gitattributes name"
        base = await vault.vault.tree_of(vault.base)
        assert await vault.tree(folder) == base, "nothing was changed"
        own = folder.parent / "own"
        await vault.trees.private_git(own, vault.base)
        for hidden in (True, False):  # nor does the agent's own git see a change
            git, index = vault.vault.git, own / "index"
            seen = await git("diff-files", "--name-only", work_tree=folder, index=index)
            assert ("in/a.bin" not in seen.text.split()) is hidden
            show = ("update-index", "--no-skip-worktree", "in/a.bin")
            await git(*show, work_tree=folder, index=index)

        os.utime(folder / "in/a.bin", (1, 1))
        (folder / "in/copy.bin").write_bytes(CONTENT)
        (folder / "raw.dat").write_bytes(CONTENT)
        tree = await vault.tree(folder)
        assert await vault.text(tree, "in/a.bin") == await vault.text(tree, "in/copy.bin") == text
        assert await vault.vault.objects.file(tree, "raw.dat") == CONTENT
        assert await strange(vault, tree) == frozenset()
        (folder / "in/a.bin").write_bytes(b"another")
        (folder / "new.bin").write_bytes(b"new")
        tree = await vault.tree(folder)
        assert await vault.text(tree, "in/a.bin") == "another", "a snapshot loses nothing"
        assert await strange(vault, tree) == {"in/a.bin", "new.bin"}, "but it cannot land"

        async with vault.trees.checkout(base) as checkout:
            assert (checkout / "in/a.bin").read_bytes() == CONTENT
            assert await vault.trees.differing(checkout) == ()
            (checkout / "in/a.bin").write_bytes(b"changed by a check")
            assert await vault.trees.differing(checkout) == ("in/a.bin",)
        await vault.worktree()
        assert await vault.tree(folder) == base


@pytest.mark.parametrize("known", [True, False])
@told
async def test_a_pointer_that_an_agent_wrote_is_never_filled(
    developer: Developer, monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    """It may name any object that the developer has. The control: whatever stands in the vault."""
    with_object(developer, CONTENT)
    secret = b"of a branch that no agent sees"
    with_object(developer, secret)
    developer.commit({".gitattributes": RULES, "a.bin": pointer(CONTENT)})

    async def everything(vault: object, blobs: set[str]) -> frozenset[str]:
        return frozenset(blobs)

    if not known:
        monkeypatch.setattr("factory.git.pointers._in_history", everything)
    async with cellar(developer) as vault:
        switched_on(vault)
        commit = await vault.holding({"a.bin": pointer(secret), ".gitattributes": "* filter=lfs\n"})
        folder = await vault.trees.worktree("w01", commit)
        filled = (folder / "a.bin").read_bytes() == secret
        assert filled is not known
        tree = await vault.vault.tree_of(commit)
        assert await strange(vault, tree) == (frozenset({"a.bin"}) if known else frozenset())
        assert await vault.tree(folder) == tree


@told
async def test_an_object_that_is_not_what_its_name_says_leaves_the_pointer(
    developer: Developer,
) -> None:
    outside = developer.path.parent / "outside"
    outside.write_bytes(b"linked")
    with_object(developer, b"wrong", held=b"other")
    with_object(developer, b"short", held=b"s")
    with_object(developer, b"size")
    link = with_object(developer, b"linked")
    link.unlink()
    link.symlink_to(outside)
    files = {
        "wrong.bin": pointer(b"wrong"),
        "short.bin": pointer(b"short"),
        "size.bin": pointer(b"size", 10**14),
        "linked.bin": pointer(b"linked"),
        "gone.bin": pointer(b"never fetched"),
    }
    up = pointer(b"").replace(hashlib.sha256(b"").hexdigest(), "../" * 21 + "x")
    developer.commit({".gitattributes": RULES, "up.bin": up, **files})
    async with cellar(developer) as vault:
        switched_on(vault)
        folder = await vault.worktree()
        assert {name: (folder / name).read_text() for name in files} == files
        assert (folder / "up.bin").read_text() == up
        assert vault.trees.lacking[folder] == tuple(sorted(files))
        assert await vault.tree(folder) == await vault.vault.tree_of(vault.base)
        assert sorted(path.name for path in folder.parent.iterdir()) == ["w01", "w01.index"]


@told
async def test_a_landing_of_other_files_leaves_the_pointer_as_it_was(developer: Developer) -> None:
    with_object(developer, CONTENT)
    developer.commit({".gitattributes": RULES, "a.bin": pointer(CONTENT)})
    async with cellar(developer) as vault:
        switched_on(vault)
        folder = await vault.worktree()
        (folder / "a.bin").rename(folder / "b.bin")
        tree = await vault.tree(folder)
        assert await strange(vault, tree) == frozenset()
        pushed = await vault.land(await vault.vault.commit(tree, vault.base, "moved"))
        assert pushed.done
    assert developer.shows("b.bin") == pointer(CONTENT).strip()
