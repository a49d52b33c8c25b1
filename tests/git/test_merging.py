"""Candidates: merges without a checkout, other versions of files, identities of diffs."""

from __future__ import annotations

import os

from factory.git.edited import with_versions
from tests.developer import Developer
from tests.git.cellar import cellar
from tests.works import told

TEN = "".join(f"line {number}\n" for number in range(10))


def with_line(number: int, text: str) -> str:
    return TEN.replace(f"line {number}\n", f"{text}\n")


@told
async def test_changes_of_different_lines_merge(developer: Developer) -> None:
    developer.commit({"ten.txt": TEN})
    async with cellar(developer) as vault:
        work = await vault.holding({"ten.txt": with_line(1, "theirs")})
        developer.commit({"ten.txt": with_line(8, "mine")})
        merge = await vault.vault.merge(await vault.vault.fetch(), work)
        assert merge.conflicts == ()
        text = await vault.text(merge.tree, "ten.txt")
        assert "theirs" in text
        assert "mine" in text


@told
async def test_changes_of_the_same_line_are_named_and_marked(developer: Developer) -> None:
    name = "new\nline and ünïcode.txt"
    developer.commit({"ten.txt": TEN, name: TEN})
    async with cellar(developer) as vault:
        work = await vault.holding({"ten.txt": with_line(4, "theirs"), name: with_line(4, "this")})
        developer.commit({"ten.txt": with_line(4, "mine"), name: with_line(4, "that")})
        merge = await vault.vault.merge(await vault.vault.fetch(), work)
        assert set(merge.conflicts) == {"ten.txt", name}
        text = await vault.text(merge.tree, "ten.txt")
        assert "<<<<<<<" in text
        assert text.index("mine") < text.index("=======") < text.index("theirs")


@told
async def test_a_file_changed_here_and_deleted_there_is_a_conflict(developer: Developer) -> None:
    developer.commit({"ten.txt": TEN})
    async with cellar(developer) as vault:
        work = await vault.holding({"ten.txt": with_line(4, "theirs")})
        developer.git("rm", "-q", "ten.txt")
        developer.git("commit", "-qm", "gone")
        merge = await vault.vault.merge(await vault.vault.fetch(), work)
        assert merge.conflicts == ("ten.txt",)


@told
async def test_a_merge_touches_neither_checkout_nor_worktree(developer: Developer) -> None:
    developer.commit({"ten.txt": TEN})
    async with cellar(developer) as vault:
        folder = await vault.worktree()
        work = await vault.holding({"ten.txt": with_line(4, "theirs")})
        developer.commit({"ten.txt": with_line(4, "mine")})
        before = developer.picture()
        await vault.vault.merge(await vault.vault.fetch(), work)
        assert developer.picture() == before
        assert (folder / "ten.txt").read_text() == TEN


@told
async def test_a_commit_that_the_developer_took_back_does_not_come_again_with_a_change(
    developer: Developer,
) -> None:
    developer.commit({"ten.txt": TEN})
    async with cellar(developer) as vault:
        developer.commit({"ten.txt": with_line(8, "a secret"), "secret.txt": "1\n"})
        await vault.vault.fetch()
        work = await vault.holding({"ten.txt": with_line(8, "a secret").replace("line 1", "new")})
        developer.git("reset", "-q", "--hard", "HEAD~1")
        tip = await vault.vault.fetch()
        merge = await vault.vault.merge(tip, work)
        assert merge.conflicts == ()
        assert await vault.text(merge.tree, "ten.txt") == with_line(1, "new")
        assert "secret.txt" not in await vault.paths(merge.tree)
        control = await vault.vault.git("merge-tree", "--write-tree", tip, work)
        assert "secret.txt" in await vault.paths(control.text), "the control: git's own base"


@told
async def test_a_tip_that_was_only_said_better_is_no_conflict(developer: Developer) -> None:
    developer.commit({"ten.txt": TEN})
    async with cellar(developer) as vault:
        work = await vault.holding({"ten.txt": with_line(4, "theirs")})
        developer.git("commit", "-q", "--amend", "-m", "said better")
        merge = await vault.vault.merge(await vault.vault.fetch(), work)
        assert merge.conflicts == ()
        assert "theirs" in await vault.text(merge.tree, "ten.txt")


@told
async def test_files_take_the_tips_versions_again(developer: Developer) -> None:
    raw = os.fsdecode(b"raw-\xe9\n.txt")
    developer.commit({"tests/a.py": "old a", "tests/gone.py": "old gone", raw: "old", "c.py": "c"})
    async with cellar(developer) as vault:
        tip = vault.base
        files = {"tests/a.py": "new a", "tests/gone.py": "", "tests/new.py": "new", raw: "new"}
        work = await vault.holding({**files, "c.py": "new c"})
        tree = await vault.vault.tree_of(work)
        changed = await vault.vault.changed(tip, work)
        touched = [change for change in changed if change.path != "c.py"]
        mixed = await with_versions(vault.vault, tree, touched)
        left = await vault.vault.changed(tip, mixed)
        assert [(change.path, change.status) for change in left] == [("c.py", "M")]


@told
async def test_the_same_diff_on_another_base_has_the_same_identity(developer: Developer) -> None:
    developer.commit({"ten.txt": TEN, "other.txt": "1\n"})
    async with cellar(developer) as vault:
        tip = vault.base
        work = await vault.holding({"ten.txt": with_line(1, "theirs")})
        first = await vault.vault.patch_id(tip, work)
        developer.commit({"other.txt": "2\n", "ten.txt": with_line(9, "mine")})
        moved = await vault.vault.fetch()
        merge = await vault.vault.merge(moved, work)
        assert await vault.vault.patch_id(moved, merge.tree) == first


@told
async def test_any_other_byte_or_mode_has_another_identity(developer: Developer) -> None:
    developer.commit({"ten.txt": TEN, "run.sh": "true\n"})
    async with cellar(developer) as vault:
        tip = vault.base
        one = {"ten.txt": with_line(1, "x = 1")}
        commits = [await vault.holding(one)]
        commits.append(await vault.holding({"ten.txt": with_line(1, "x  = 1")}))
        commits.append(await vault.holding({"ten.txt": with_line(1, "x = 1 ")}))
        commits.append(await vault.holding({**one, "blob.bin": b"\0\1"}))
        commits.append(await vault.holding({**one, "blob.bin": b"\0\2"}))
        folder = await vault.trees.worktree("w98", commits[0])
        (folder / "run.sh").chmod(0o755)
        commits.append(await vault.vault.commit(await vault.tree(folder), tip, "mode"))
        found = {await vault.vault.patch_id(tip, commit) for commit in commits}
        assert len(found) == len(commits)
        assert await vault.vault.patch_id(tip, tip) == ""
