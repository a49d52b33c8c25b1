"""A landing's push killed with all its group in the midst of the developer's files."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import subprocess  # noqa: TID251 - the developer does what the sentence says
from pathlib import Path

import pytest

from factory.git.torn import torn
from tests.developer import Developer
from tests.git.cellar import Cellar, cellar
from tests.works import settings, told, works


@pytest.fixture
def developer(developer: Developer, home: Path) -> Developer:
    """A filter of theirs takes its time, so that a kill can come in the midst of the files."""
    developer.git(
        "config", "--global", "filter.slow.smudge", f"test -e {home}/fast || sleep 5; cat"
    )
    developer.git("config", "--global", "filter.slow.clean", "cat")
    developer.commit({"a.txt": "1\n", "m.slow": "1\n", "z.txt": "1\n", "gone.txt": "1\n"})
    developer.commit({".gitattributes": "*.slow filter=slow\n"})
    return developer


THEIRS = {"a.txt": "2\n", "b.txt": "new\n", "m.slow": "2\n", "z.txt": "2\n", "gone.txt": ""}


def read_tree(developer: Developer) -> int:
    """The process that lays out the developer's files; 0 where there is none."""
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            words = file.read_bytes().split(b"\0")
            if b"read-tree" in words and os.fsencode(developer.path) in words:
                return int(file.parent.name)
    return 0


async def cut_off(vault: Cellar, commit: str) -> None:
    """Push, and kill the push's whole group once the first file is written."""
    pushing = asyncio.create_task(vault.land(commit))
    while (vault.developer.path / "a.txt").read_text() == "1\n" or not read_tree(vault.developer):
        await asyncio.sleep(0.02)
    os.killpg(os.getpgid(read_tree(vault.developer)), signal.SIGKILL)
    assert not (await pushing).done


async def sentence(vault: Cellar, commit: str, lease: str) -> str:
    inside = vault.vault
    return await torn(inside.repository, inside, target="main", old=lease, new=commit)


def obey(said: str, folder: Path) -> None:
    """What the sentence says, done by the developer."""
    line = re.findall(r"`(.*)`", said)[0]
    subprocess.run(line, shell=True, cwd=folder, check=True, capture_output=True)


@told
async def test_a_torn_checkout_is_told_from_edits_and_put_back_by_what_the_sentence_says(
    developer: Developer, home: Path
) -> None:
    lease, before = developer.tip(), developer.picture()
    async with cellar(developer) as vault:
        commit = await vault.holding(THEIRS)
        await cut_off(vault, commit)
        assert developer.tip() == lease
        assert (developer.path / ".git/index.lock").exists()
        said = await sentence(vault, commit, lease)
        assert "a landing was cut off" in said
        assert (developer.path / ".git/index.lock").exists(), "it is shown, and never touched"
        obey(said, developer.path)
        assert developer.picture().files == before.files
        assert developer.picture().index == before.index
        assert await sentence(vault, commit, lease) == ""
        (home / "fast").touch()
        assert (await vault.land(commit)).done
    assert developer.git("status", "--porcelain") == ""
    assert (developer.path / "m.slow").read_text() == "2\n"


@told
async def test_with_an_edit_of_the_developers_in_it_nothing_is_proposed(
    developer: Developer,
) -> None:
    lease = developer.tip()
    async with cellar(developer) as vault:
        commit = await vault.holding(THEIRS)
        await cut_off(vault, commit)
        developer.write({"README.md": "mine\n"})
        assert await sentence(vault, commit, lease) == ""
        assert "README.md" in await vault.vault.repository.dirty("main")


@told
async def test_a_checkout_that_is_only_dirty_is_not_called_torn(developer: Developer) -> None:
    async with cellar(developer) as vault:
        commit = await vault.holding(THEIRS)
        for name in ("a.txt", "README.md"):
            developer.write({name: "mine\n"})
            assert await sentence(vault, commit, developer.tip()) == ""
            developer.git("checkout", "-q", name)


@told
async def test_the_next_engine_says_how_to_go_on_and_goes_on(
    developer: Developer, home: Path
) -> None:
    developer.commit({"factory.toml": settings()})
    async with works(developer) as factory:
        task = await factory.ready("Two", "for f in a.txt m.slow z.txt; do echo 2 > $f; done")
        await factory.accept(task)
        await factory.once(lambda: bool(read_tree(developer)), task)
        await factory.once(lambda: (developer.path / "a.txt").read_text() == "2\n", task)
        os.killpg(os.getpgid(read_tree(developer)), signal.SIGKILL)
        await factory.once(lambda: bool(factory.task(task).waiting), task)
    async with works(developer) as factory:
        why = factory.task(task).waiting
        assert "a landing was cut off while it wrote your files" in why
        (home / "fast").touch()
        obey(why, developer.path)
        await factory.once(lambda: bool(factory.task(task).landed), task)
    assert developer.subjects().count("Two") == 1
    assert developer.git("status", "--porcelain") == ""
