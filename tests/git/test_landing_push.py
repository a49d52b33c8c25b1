"""The one write to the developer's repository: it fast-forwards, or it leaves all as it was."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path

import pytest

from factory.model import FactoryError
from tests.developer import Developer
from tests.git.cellar import Cellar, cellar, plain
from tests.works import told

TEN = "".join(f"line {number}\n" for number in range(10))


@pytest.fixture
def developer(developer: Developer) -> Developer:
    developer.commit({"a.txt": "1\n", "b.txt": "1\n", "gone.txt": "1\n"})
    return developer


async def work(vault: Cellar) -> str:
    return await vault.holding({"a.txt": "2\n", "new.txt": "new\n", "gone.txt": ""})


def landed(developer: Developer, commit: str) -> None:
    """The checkout is at the commit, whole and clean."""
    assert developer.tip() == commit
    assert developer.git("status", "--porcelain") == ""
    assert (developer.path / "a.txt").read_text() == "2\n"
    assert (developer.path / "new.txt").read_text() == "new\n"
    assert not (developer.path / "gone.txt").exists()


@told
async def test_a_clean_checkout_is_moved_forward_with_its_files(developer: Developer) -> None:
    async with cellar(developer) as vault:
        commit = await work(vault)
        assert (await vault.land(commit)).done
        landed(developer, commit)


@told
async def test_untracked_and_ignored_files_beside_it_stay(developer: Developer) -> None:
    (developer.path / ".git/info/exclude").write_text("*.log\n")
    developer.write({"notes.md": "mine", "run.log": "mine"})
    async with cellar(developer) as vault:
        assert (await vault.land(await work(vault))).done
    assert (developer.path / "notes.md").read_text() == "mine"
    assert (developer.path / "run.log").read_text() == "mine"


@pytest.mark.parametrize("how", ["edited", "staged", "removed", "staged removal", "other file"])
@told
async def test_a_dirty_checkout_is_refused_and_left_untouched(
    developer: Developer, how: str
) -> None:
    match how:
        case "edited":
            developer.write({"a.txt": "mine\n"})
        case "staged":
            developer.write({"a.txt": "mine\n"})
            developer.git("add", "a.txt")
        case "removed":
            (developer.path / "a.txt").unlink()
        case "staged removal":
            developer.git("rm", "-q", "a.txt")
        case "other file":
            developer.write({"b.txt": "mine\n"})
    async with cellar(developer) as vault:
        pushed = await vault.refused(await work(vault))
        assert not pushed.moved
        assert await vault.vault.repository.dirty("main") == (
            ("b.txt",) if how == "other file" else ("a.txt",)
        )


@told
async def test_plainly_moving_the_ref_would_revert_the_landing_at_the_next_commit(
    developer: Developer,
) -> None:
    """The control for the push: what `update-ref` under a checkout does."""
    async with cellar(developer) as vault:
        commit = await work(vault)
        plain(developer.path, "fetch", "-q", str(vault.vault.git_dir), commit)
        developer.git("update-ref", "refs/heads/main", commit)
        developer.git("commit", "-qam", "my next commit")
        assert developer.shows("a.txt") == "1"


# --- the lease -----------------------------------------------------------------------------


@told
async def test_a_commit_of_the_developers_meanwhile_is_never_lost(developer: Developer) -> None:
    async with cellar(developer) as vault:
        commit, lease = await work(vault), vault.base
        mine = developer.commit({"b.txt": "mine\n"})
        before = developer.picture()
        pushed = await vault.land(commit, lease)
        assert pushed.moved
        assert not pushed.done
        assert developer.tip() == mine
        assert developer.picture() == before


@told
async def test_without_the_lease_their_commit_would_be_gone(developer: Developer) -> None:
    async with cellar(developer) as vault:
        commit = await work(vault)
        developer.commit({"b.txt": "mine\n"})
        plain(
            vault.vault.git_dir, "push", "-q", "--force", "--receive-pack",
            "git -c receive.denyCurrentBranch=updateInstead receive-pack",
            str(developer.path), f"{commit}:refs/heads/main",
        )  # fmt: skip
        assert developer.shows("b.txt") == "1"


@told
async def test_landing_the_same_commit_twice_lands_it_once(developer: Developer) -> None:
    async with cellar(developer) as vault:
        commit, lease = await work(vault), vault.base
        assert (await vault.land(commit, lease)).done
        before = developer.picture()
        assert (await vault.land(commit, lease)).moved
        assert developer.picture() == before
        assert developer.subjects().count("work") == 1


@told
async def test_of_two_landings_at_once_one_wins_and_nothing_is_torn(developer: Developer) -> None:
    async with cellar(developer) as vault:
        lease = vault.base
        one = await vault.holding({"a.txt": "one\n", "one.txt": "1\n"})
        other = await vault.holding({"a.txt": "other\n", "other.txt": "1\n"})
        results = await asyncio.gather(vault.land(one, lease), vault.land(other, lease))
        assert sum(pushed.done for pushed in results) == 1
        winner = one if results[0].done else other
        assert developer.tip() == winner
        assert developer.git("status", "--porcelain") == ""


# --- where the target is checked out -------------------------------------------------------


@told
async def test_a_target_that_is_not_checked_out_moves_alone(developer: Developer) -> None:
    developer.git("switch", "-qc", "mine")
    developer.write({"a.txt": "in the midst of something\n"})
    async with cellar(developer) as vault:
        files = developer.picture().files
        commit = await work(vault)
        assert (await vault.land(commit)).done
        assert developer.tip() == commit
        assert developer.picture().files == files
        assert developer.git("symbolic-ref", "HEAD") == "refs/heads/mine"


@told
async def test_a_linked_worktree_of_the_developers_is_moved_forward_too(
    developer: Developer, home: Path
) -> None:
    developer.git("switch", "-qc", "mine")
    linked = home / "linked"
    developer.git("worktree", "add", "-q", str(linked), "main")
    async with cellar(developer) as vault:
        commit = await work(vault)
        assert (await vault.land(commit)).done
        assert (linked / "a.txt").read_text() == "2\n"
        assert developer.git("status", "--porcelain", at=linked) == ""


@told
async def test_a_dirty_linked_worktree_of_the_developers_is_refused_untouched(
    developer: Developer, home: Path
) -> None:
    developer.git("switch", "-qc", "mine")
    linked = home / "linked"
    developer.git("worktree", "add", "-q", str(linked), "main")
    (linked / "b.txt").write_text("mine\n")
    async with cellar(developer) as vault:
        await vault.refused(await work(vault))
        assert await vault.vault.repository.dirty("main") == ("b.txt",)
    assert (linked / "b.txt").read_text() == "mine\n"
    assert (linked / "a.txt").read_text() == "1\n"


@told
async def test_a_stash_and_other_branches_stay(developer: Developer) -> None:
    developer.write({"b.txt": "set aside\n"})
    developer.git("stash", "-q")
    developer.git("branch", "other", "HEAD~1")
    other = developer.tip("other")
    async with cellar(developer) as vault:
        assert (await vault.land(await work(vault))).done
    assert developer.tip("other") == other
    developer.git("stash", "pop", "-q")
    assert (developer.path / "b.txt").read_text() == "set aside\n"


@told
async def test_hooks_of_the_developers_do_not_run(developer: Developer, home: Path) -> None:
    for name in ("pre-receive", "update", "post-receive", "post-update", "push-to-checkout",
                 "post-checkout", "post-merge", "reference-transaction"):  # fmt: skip
        hook = developer.path / ".git/hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\necho {name} >> {home}/ran\n")
        hook.chmod(0o755)
    async with cellar(developer) as vault:
        commit = await work(vault)
        assert (await vault.land(commit)).done
        landed(developer, commit)
    assert not (home / "ran").exists()
    developer.git("switch", "-qc", "another")
    assert (home / "ran").exists(), "the control: they do run for the developer"


@told
async def test_the_developers_own_filters_count(developer: Developer) -> None:
    """As with LFS: the tree holds one text, the checkout another."""
    developer.git("config", "--global", "filter.shout.smudge", "tr a-z A-Z")
    developer.git("config", "--global", "filter.shout.clean", "tr A-Z a-z")
    developer.commit({".gitattributes": "*.loud filter=shout\n"})
    async with cellar(developer) as vault:
        assert (await vault.land(await vault.holding({"x.loud": "quiet\n"}))).done
    assert (developer.path / "x.loud").read_text() == "QUIET\n"
    assert developer.git("status", "--porcelain") == ""


@told
async def test_strange_names_land_as_they_are(developer: Developer) -> None:
    names = ["with space", "new\nline", "ünïcode", os.fsdecode(b"latin-\xe9"), "-dash"]
    async with cellar(developer) as vault:
        assert (await vault.land(await vault.holding(dict.fromkeys(names, "there\n")))).done
    assert all((developer.path / name).read_text() == "there\n" for name in names)
    assert developer.git("status", "--porcelain") == ""


@told
async def test_a_lock_that_the_developers_own_git_left_is_a_refusal_and_stays(
    developer: Developer,
) -> None:
    lock = developer.path / ".git/index.lock"
    lock.write_text("")
    async with cellar(developer) as vault:
        pushed = await vault.refused(await work(vault))
        assert not pushed.moved
        assert pushed.reason
    assert lock.exists()


@told
async def test_a_repository_that_is_gone_is_one_sentence(developer: Developer) -> None:
    async with cellar(developer) as vault:
        commit, lease = await work(vault), vault.base
        shutil.rmtree(developer.path / ".git")
        with pytest.raises(FactoryError):
            await vault.land(commit, lease)
