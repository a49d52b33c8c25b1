"""Two attempts at one task: independent, compared tree with tree, and one is kept."""

from __future__ import annotations

import pytest

from factory import wire
from factory.model import Budget, TaskState
from factory.wire import Look
from tests.developer import Developer
from tests.works import RefusedError, Works, settings, told, works


@pytest.fixture
def developer(developer: Developer) -> Developer:
    developer.commit({"factory.toml": settings(), "a.txt": "1\n2\n3\n"})
    return developer


ONCE = 'echo "$FACTORY_TASK" > name.txt; cat a.txt > b.txt'
"""A script that does its work in its own way each time."""


async def two(factory: Works) -> tuple[str, str]:
    first = await factory.ready("Name it", ONCE, paths=("b.txt",), budget=Budget(minutes=5))
    (second,) = (await factory.send(wire.Again(task=first))).tasks
    await factory.until(second, TaskState.READY)
    return first, second


@told
async def test_a_second_attempt_is_a_task_of_its_own_with_the_same_words(
    developer: Developer,
) -> None:
    async with works(developer) as factory:
        first, second = await two(factory)
        one, other = factory.task(first), factory.task(second)
        assert second == f"{first}-2"
        assert (other.rival_of, other.nth) == (first, 2)
        assert (other.spec, other.paths, other.budget) == (one.spec, one.paths, one.budget)
        views = {view.task.id: view for view in (await factory.client.overview()).tasks}
        assert views[first].rivals == (second,)
        assert views[second].rivals == (first,)
        (third,) = (await factory.send(wire.Again(task=second, agent="reader"))).tasks
        assert (third, factory.task(third).rival_of) == (f"{first}-3", first)
        assert factory.task(third).agent == "reader"


@told
async def test_the_two_are_compared_tree_with_tree_also_when_the_target_moved(
    developer: Developer,
) -> None:
    async with works(developer) as factory:
        first = await factory.ready("Name it", ONCE)
        developer.commit({"elsewhere.txt": "by hand\n"})
        (second,) = (await factory.send(wire.Again(task=first))).tasks
        await factory.until(second, TaskState.READY)
        index = await factory.client.review(second, Look.RIVAL)
        assert [file.path for file in index.files] == ["name.txt"]
        rows = await factory.client.rows(second, 0, index.rows, Look.RIVAL)
        lines = [row.kind + row.text for row in rows.rows if row.kind in "+-"]
        assert lines == [f"-{first}", f"+{second}"]
        back = await factory.client.review(first, Look.RIVAL)
        assert (back.added, back.removed) == (1, 1)


@told
async def test_what_was_given_up_is_no_rival_any_more(developer: Developer) -> None:
    async with works(developer) as factory:
        first, second = await two(factory)
        await factory.send(wire.Reject(task=first))
        views = {view.task.id: view for view in (await factory.client.overview()).tasks}
        assert views[second].rivals == ()
        with pytest.raises(Exception, match="no other attempt at"):
            await factory.client.review(second, Look.RIVAL)
        await factory.send(wire.Resume(task=first))
        await factory.until(first, TaskState.READY)
        assert (await factory.client.review(second, Look.RIVAL)).files


@told
async def test_when_one_lands_the_other_is_overtaken_and_lands_as_what_it_was_called(
    developer: Developer,
) -> None:
    async with works(developer) as factory:
        first, second = await two(factory)
        await factory.land(second)
        assert developer.subjects()[0] == "Name it"
        views = {view.task.id: view for view in (await factory.client.overview()).tasks}
        assert views[first].overtaken == second
        assert views[second].overtaken == ""
        await factory.once(lambda: factory.engine.runner.pairs.work() is None)
        await factory.add("Another", "echo 1 > c.txt")
        assert factory.kinds(first)[-1] == "ready"  # its agent is not sent to do it once more
        with pytest.raises(RefusedError, match="has landed: there is nothing to attempt again"):
            await factory.send(wire.Again(task=second))


@told
async def test_an_agent_that_there_is_not_attempts_nothing(developer: Developer) -> None:
    async with works(developer) as factory:
        first = await factory.ready("Name it", ONCE)
        with pytest.raises(RefusedError, match="there is no agent 'gpt' in"):
            await factory.send(wire.Again(task=first, agent="gpt"))
        assert [task.id for task in factory.engine.shop.store.tasks.all()] == [first]
