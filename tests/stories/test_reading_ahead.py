"""Diffs are read from git once, and after a restart before anybody asks."""

from __future__ import annotations

import asyncio

import pytest

from factory.model import GitError
from factory.review import Review, read
from factory.reviewing.kept import KeptDiffs
from tests.developer import Developer
from tests.works import settings, told, works


def diff_of(size: int) -> Review:
    empty = read(b"", b"", {})
    return Review(b"x" * size, empty.files, ())


@told
async def test_a_diff_that_is_asked_for_twice_at_once_is_made_once() -> None:
    kept, made = KeptDiffs(), []

    async def make() -> Review:
        made.append(1)
        await asyncio.sleep(0)
        return diff_of(1)

    key = ("w01", "a", "b", 3)
    first, second = await asyncio.gather(kept.read(key, make), kept.read(key, make))
    assert first is second
    assert made == [1]


@told
async def test_a_diff_that_could_not_be_made_is_made_when_it_is_asked_for_again() -> None:
    kept = KeptDiffs()

    async def refuse() -> Review:
        raise GitError("git is away")

    async def make() -> Review:
        return diff_of(1)

    with pytest.raises(GitError):
        await kept.read(("w01", "a", "b", 3), refuse)
    assert (await kept.read(("w01", "a", "b", 3), make)).size == 1


@pytest.mark.parametrize(("size", "still"), [(10, 30), (8 << 20, 6)])
@told
async def test_many_small_diffs_are_kept_and_few_large_ones(size: int, still: int) -> None:
    kept, made = KeptDiffs(), []

    async def read_one(number: int) -> None:
        async def make() -> Review:
            made.append(number)
            return diff_of(size)

        await kept.read(("w01", str(number), "b", 3), make)

    for number in range(30):
        await read_one(number)
    made.clear()
    for number in reversed(range(30)):
        if len(made) == 0:
            await read_one(number)
    assert 30 - (made[0] + 1 if made else 0) == still


@told
async def test_after_a_restart_the_diffs_that_wait_are_there_before_they_are_asked_for(
    developer: Developer,
) -> None:
    developer.commit({"factory.toml": settings()})
    async with works(developer) as factory:
        task = await factory.ready("Write one", "echo one > one.txt")
    async with works(developer) as factory:
        await factory.engine.reviewing.read_ahead()
        git = factory.engine.shop.vault.patch
        factory.engine.shop.vault.patch = None  # type: ignore[assignment]  # git would be missed
        index = await factory.client.review(task)
        factory.engine.shop.vault.patch = git  # type: ignore[method-assign]  # it is back
        assert [file.path for file in index.files] == ["one.txt"]
