"""Files of the developer's that no commit holds are never written over by a landing."""

from __future__ import annotations

import pytest

from tests.developer import Developer
from tests.git.cellar import cellar
from tests.works import told


@pytest.fixture
def developer(developer: Developer) -> Developer:
    developer.commit({"a.txt": "1\n", "gone.txt": "1\n"})
    return developer


@pytest.mark.parametrize(
    "rules", ["", "new.txt\n", "new.*\n"], ids=["untracked", "ignored", "glob"]
)
@told
async def test_a_file_in_the_way_that_no_commit_holds_is_not_overwritten(
    developer: Developer, rules: str
) -> None:
    (developer.path / ".git/info/exclude").write_text(rules)
    developer.write({"new.txt": "mine, never committed\n"})
    async with cellar(developer) as vault:
        assert (await vault.refused(await vault.holding({"new.txt": "new\n"}))).in_the_way == (
            "new.txt",
        )
    assert (developer.path / "new.txt").read_text() == "mine, never committed\n"


@told
async def test_without_our_own_look_git_would_write_over_an_ignored_file(
    developer: Developer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(*_: object) -> tuple[str, ...]:
        return ()

    monkeypatch.setattr("factory.git.repository.in_the_way", nothing)
    (developer.path / ".git/info/exclude").write_text("new.txt\n")
    developer.write({"new.txt": "mine, never committed\n"})
    async with cellar(developer) as vault:
        assert (await vault.land(await vault.holding({"new.txt": "new\n"}))).done
    assert (developer.path / "new.txt").read_text() == "new\n"


@pytest.mark.parametrize(
    ("theirs", "brings", "named"),
    [
        ({"place": "a file"}, {"place/in": "new\n"}, "place"),
        ({"place/in": "a folder"}, {"place": "new\n"}, "place/in"),
        ({"deep/er/x": "1"}, {"deep/er/x": "new\n", "deep/er/y": "new\n"}, "deep/er/x"),
        ({"gone.txt.d/x": "1"}, {"gone.txt": "", "gone.txt.d": "new\n"}, "gone.txt.d/x"),
    ],
)
@told
async def test_folders_and_files_in_each_others_place_are_in_the_way(
    developer: Developer, theirs: dict[str, str], brings: dict[str, str], named: str
) -> None:
    (developer.path / ".git/info/exclude").write_text("place\ndeep\n*.d\n")
    developer.write(theirs)
    async with cellar(developer) as vault:
        assert (await vault.refused(await vault.holding(brings))).in_the_way == (named,)


@told
async def test_tracked_files_and_folders_may_change_places(developer: Developer) -> None:
    developer.commit({"folder/in": "1\n"})
    async with cellar(developer) as vault:
        files = {"folder/in": "", "a.txt": ""}
        first = await vault.holding(files)
        folder = await vault.trees.worktree("w97", first)
        (folder / "folder").write_text("now a file\n")
        (folder / "a.txt").mkdir()
        (folder / "a.txt/in").write_text("now a folder\n")
        commit = await vault.vault.commit(await vault.tree(folder), vault.base, "places")
        assert (await vault.land(commit)).done
    assert (developer.path / "folder").read_text() == "now a file\n"
    assert (developer.path / "a.txt/in").read_text() == "now a folder\n"
