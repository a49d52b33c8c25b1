"""`factory-tui accept --without`: a change without some of its files."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.developer import Developer
from tests.shell import Shell
from tests.works import rail, settings


@pytest.fixture
def shell(developer: Developer) -> Iterator[Shell]:
    """A shell in a repository with a factory.toml; its engine is stopped in the end."""
    developer.commit({"factory.toml": settings(rail("clean", "! grep -rn BAD *.txt"))})
    found = Shell(developer.path)
    yield found
    found("engine", "stop", "--at-once")


def test_a_change_lands_without_the_files_that_are_named(
    shell: Shell, developer: Developer
) -> None:
    task = "## two\n\necho 1 > a.txt; echo 2 > b.txt; echo 3 > c.txt\n"
    shell.done("add", "-f", "-", given=task)
    shell("run", "--until-idle", "--timeout", "60")
    wrong = shell("accept", "two", "--yes", "--without", "d.txt")
    assert wrong.code == 2
    assert "two does not change d.txt" in wrong.err
    said = shell.done("accept", "two", "--yes", "--without", "b.txt", "--without", "c.txt")
    assert "two-rest, without b.txt, c.txt, is checked and lands once it is green" in said
    shell("run", "--until-idle", "--timeout", "60")
    there = developer.git("ls-tree", "--name-only", "main").split("\n")
    assert there == ["README.md", "a.txt", "factory.toml"]
    assert "the rest of it has landed" in shell.done("show", "two")


def test_without_means_one_change(shell: Shell) -> None:
    refused = shell("accept", "one", "two", "--without", "a.txt")
    assert refused.code == 2
    assert "--without means one change" in refused.err
