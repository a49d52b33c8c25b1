"""Waiting changes that conflict with one another are told before one of them is accepted."""

from __future__ import annotations

import pytest

from factory import wire
from factory.model import TaskState
from factory.pairs import Pairs
from factory.wire import Meeting
from tests.developer import Developer
from tests.works import Works, settings, told, works

TEN = "".join(f"line {number}\n" for number in range(10))


@pytest.fixture
def developer(developer: Developer) -> Developer:
    developer.commit({"factory.toml": settings(), "ten.txt": TEN, "other.txt": "1\n"})
    return developer


def line(number: int, text: str) -> str:
    return f"sed -i 's/^line {number}$/{text}/' ten.txt"


async def three(factory: Works) -> tuple[str, str, str]:
    """Two that change one line in two ways, and one that changes the same file elsewhere."""
    mine = await factory.ready("Mine", line(2, "mine"))
    theirs = await factory.ready("Theirs", line(2, "theirs"))
    apart = await factory.ready("Apart", line(8, "apart"))
    return mine, theirs, apart


async def compared(factory: Works) -> None:
    await factory.once(lambda: factory.engine.runner.pairs.work() is None)


@told
async def test_two_waiting_changes_of_one_line_name_each_other_and_no_third(
    developer: Developer,
) -> None:
    async with works(developer) as factory:
        mine, theirs, apart = await three(factory)
        await compared(factory)
        assert (await factory.view(mine)).meets == (Meeting(task=theirs, paths=("ten.txt",)),)
        assert (await factory.view(theirs)).meets == (Meeting(task=mine, paths=("ten.txt",)),)
        alone = await factory.view(apart)
        assert alone.meets == ()
        assert set(alone.overlaps) == {mine, theirs}
        assert "compared" in [fact.kind for fact in factory.facts()]


@told
async def test_a_conflict_is_gone_with_the_change_that_it_was_with(developer: Developer) -> None:
    async with works(developer) as factory:
        mine, theirs, _ = await three(factory)
        await compared(factory)
        await factory.send(wire.Reject(task=theirs))
        assert (await factory.view(mine)).meets == ()


@told
async def test_what_the_pairs_say_comes_true(developer: Developer) -> None:
    """Whoever lands second of two that conflict is done again; who does not conflict is not."""
    async with works(developer) as factory:
        mine, theirs, apart = await three(factory)
        await compared(factory)
        assert (await factory.view(mine)).meets
        await factory.land(mine)
        await factory.once(lambda: factory.task(theirs).state is not TaskState.READY, theirs)
        await factory.land(apart)
        assert developer.shows("ten.txt").splitlines()[2] == "mine"
        assert "conflict" in factory.story(theirs)


@told
async def test_without_the_comparison_nothing_is_told(
    developer: Developer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Pairs, "work", lambda _: None)
    async with works(developer) as factory:
        mine, *_ = await three(factory)
        assert (await factory.view(mine)).meets == ()


@told
async def test_files_that_the_target_moved_under_a_change_are_named(developer: Developer) -> None:
    async with works(developer) as factory:
        task = await factory.ready("Both", line(2, "mine") + "; echo 3 > third.txt")
        slow = await factory.add("Slow", "sleep 600")  # so that nothing is checked ahead of time
        await factory.until(slow, TaskState.WORKING)
        developer.commit({"ten.txt": TEN.replace("line 8", "by hand"), "other.txt": "2\n"})
        pairs = factory.engine.runner.pairs
        change = (await factory.view(task)).change
        assert change is not None
        await factory.once(lambda: pairs.moved(change) == ("ten.txt",), task)
        view = await factory.view(task)
        assert view.moved_files == ("ten.txt",)
        assert view.behind == 1
        await factory.send(wire.End(task=slow))
