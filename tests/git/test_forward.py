"""A landing beside the developer's own git at the worst moment: their files are never torn."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from factory.git import forward
from tests.developer import Developer
from tests.git.cellar import Cellar, cellar
from tests.works import told

COMMITS = "echo mine > mine.txt; git add mine.txt; git commit -qm 'in between'"
SWITCHES = "git switch -q main"


@pytest.fixture
def developer(developer: Developer) -> Developer:
    developer.commit({"a.txt": "1\n", "b.txt": "1\n"})
    return developer


def meanwhile(vault: Cellar, does: str) -> None:
    """Have the developer do something while a push is under way.

    git runs `update` once it has looked at the branch and before it touches a file or locks it.
    """
    folder = vault.vault.git_dir / "landing-hooks"
    folder.mkdir(exist_ok=True)
    file = folder / "update"
    file.write_text(
        f"#!/bin/sh\nunset $(git rev-parse --local-env-vars)\ncd {vault.developer.path}\n{does}\n"
    )
    file.chmod(0o700)


@told
async def test_a_commit_between_the_look_and_the_move_refuses_the_landing_whole(
    developer: Developer,
) -> None:
    async with cellar(developer) as vault:
        commit = await vault.holding({"a.txt": "2\n", "new.txt": "new\n"})
        meanwhile(vault, COMMITS)
        pushed = await vault.land(commit)
        assert pushed.moved
        assert not pushed.done
    assert developer.subjects()[0] == "in between"
    assert developer.git("status", "--porcelain") == ""
    assert not (developer.path / "new.txt").exists()


@told
async def test_gits_own_order_would_tear_the_checkout(
    developer: Developer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("factory.git.repository.hooks", lambda *_, **__: None)
    async with cellar(developer) as vault:
        commit = await vault.holding({"a.txt": "2\n", "new.txt": "new\n"})
        meanwhile(vault, COMMITS)
        assert not (await vault.land(commit)).done
    assert developer.subjects()[0] == "in between"
    assert "new.txt" in developer.git("status", "--porcelain")


@told
async def test_an_edit_between_the_look_and_the_move_refuses_the_landing_whole(
    developer: Developer,
) -> None:
    async with cellar(developer) as vault:
        for does in ("echo mine > a.txt", "echo mine > b.txt; git add b.txt"):
            commit = await vault.holding({"a.txt": "2\n", "new.txt": "new\n"})
            meanwhile(vault, does)
            pushed = await vault.land(commit)
            assert (pushed.done, pushed.moved) == (False, False)
    assert (developer.path / "a.txt").read_text() == "mine\n"
    assert developer.git("status", "--porcelain").split("\n") == [" M a.txt", "M  b.txt"]


@told
async def test_switching_to_the_target_meanwhile_ends_on_what_has_landed(
    developer: Developer,
) -> None:
    developer.git("switch", "-qc", "side", "HEAD~1")
    async with cellar(developer) as vault:
        commit = await vault.holding({"a.txt": "2\n", "new.txt": "new\n"})
        meanwhile(vault, SWITCHES)
        assert (await vault.land(commit)).done
    assert developer.git("rev-parse", "HEAD") == commit
    assert developer.git("status", "--porcelain") == ""
    assert (developer.path / "new.txt").read_text() == "new\n"


@told
async def test_the_branch_is_locked_while_the_files_are_laid_out(
    developer: Developer, home: Path
) -> None:
    """A filter of theirs runs in the midst of it, and tries to commit."""
    tries = home / "tries"
    tries.write_text(
        f"#!/bin/sh\ncat\nunset $(git rev-parse --local-env-vars)\ncd {developer.path}\n"
        f"git commit --allow-empty -qm 'squeezed in' 2> {home}/said\nexit 0\n"
    )
    tries.chmod(0o700)
    developer.git("config", "--global", "filter.tries.smudge", str(tries))
    developer.commit({".gitattributes": "*.slow filter=tries\n"})
    async with cellar(developer) as vault:
        commit = await vault.holding({"x.slow": "1\n"})
        assert (await vault.land(commit)).done
    assert "lock" in (home / "said").read_text()
    assert developer.tip() == commit
    assert developer.git("status", "--porcelain") == ""


@told
async def test_a_place_with_strange_characters_is_landed_on(home: Path) -> None:
    developer = Developer(home / 'it\'s a $(touch x) "place" %s')
    developer.git("branch", "-m", "main", "main")
    async with cellar(developer) as vault:
        assert (await vault.land(await vault.holding({"a.txt": "1\n"}))).done
    assert (developer.path / "a.txt").read_text() == "1\n"
    assert developer.git("status", "--porcelain") == ""


@told
async def test_where_hooks_cannot_run_a_clean_checkout_still_moves_with_its_branch(
    developer: Developer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def not_executable(folder: Path, repository: Path, *, ref: str, old: str, new: str) -> None:
        forward.hooks(folder, repository, ref=ref, old=old, new=new)
        for file in folder.iterdir():
            file.chmod(stat.S_IRUSR)

    monkeypatch.setattr("factory.git.repository.hooks", not_executable)
    async with cellar(developer) as vault:
        commit = await vault.holding({"a.txt": "2\n"})
        assert (await vault.land(commit)).done
    assert developer.git("status", "--porcelain") == ""
