"""One engine, many clients: what they are told, and what they say twice."""

from __future__ import annotations

import asyncio
import random
import subprocess  # noqa: TID251 - the second engine is a process of its own
from contextlib import aclosing

import pytest

from factory import lifecycle, wire
from factory.client import connect
from factory.engine import opened
from factory.model import Draft, EngineError, TaskState
from factory.spawn import engine_command, find_repository
from factory.wire import Fact, Happened
from tests.developer import Developer
from tests.works import RefusedError, Works, settings, told, works


@pytest.fixture
def developer(developer: Developer) -> Developer:
    developer.commit({"factory.toml": settings()})
    return developer


# --- one engine ----------------------------------------------------------------------------


@told
async def test_a_second_engine_is_refused_in_one_sentence_and_the_first_goes_on(
    developer: Developer,
) -> None:
    async with works(developer) as factory:
        with pytest.raises(EngineError, match="an engine already runs for "):
            async with opened(developer.place, {}):
                pass
        second = await asyncio.to_thread(
            subprocess.run, engine_command(developer.place), capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert second.returncode == EngineError.exit_code
        assert second.stderr.count("\n") == 1
        assert "an engine already runs" in second.stderr
        await factory.land(await factory.ready("Say hello", "echo hello > hello.txt"))


@told
async def test_a_place_is_free_again_once_its_engine_has_ended(developer: Developer) -> None:
    for _ in range(2):
        async with works(developer) as factory:
            assert (await factory.client.hello()).protocol == wire.PROTOCOL
    assert not developer.place.socket.exists()


@told
async def test_a_linked_worktree_of_the_developers_is_the_same_place(
    developer: Developer,
) -> None:
    linked = developer.path.parent / "linked"
    developer.git("worktree", "add", "-q", "-b", "side", str(linked))
    assert find_repository(linked).socket == developer.place.socket
    async with works(developer):
        with pytest.raises(EngineError, match="already runs"):
            async with opened(find_repository(linked), {}):
                pass


@told
async def test_nobody_else_can_reach_the_engine(developer: Developer) -> None:
    async with works(developer) as factory:
        place = factory.engine.shop.place
        assert place.socket.stat().st_mode & 0o077 == 0
        assert place.socket.parent.stat().st_mode & 0o077 == 0
        assert place.state.stat().st_mode & 0o077 == 0


# --- commands ------------------------------------------------------------------------------


@told
async def test_a_command_sent_twice_with_the_same_key_acts_once(developer: Developer) -> None:
    add = wire.Add(drafts=(Draft(title="Once"),))
    async with works(developer) as factory:
        first = await factory.send(add, key="k")
        assert await factory.send(add, key="k") == first
        replies = await asyncio.gather(*(factory.send(add, key="other") for _ in range(5)))
        assert len({reply.tasks for reply in replies}) == 1
    async with works(developer) as factory:
        assert await factory.send(add, key="k") == first
        assert len((await factory.client.overview()).tasks) == 2


@told
async def test_what_takes_its_time_acts_once_too(developer: Developer) -> None:
    """A client that got no answer in time asks again while the first is still under way."""
    async with works(developer) as factory:
        task = await factory.ready("Say hello", "echo hello > hello.txt")
        await factory.land(task)
        for command in (
            wire.Undo(task=task),
            wire.Adopt(title="Rules", path="factory.toml", text=settings(top="rounds = 1")),
        ):
            key = type(command).__name__
            replies = await asyncio.gather(*(factory.send(command, key=key) for _ in range(5)))
            assert len({reply.tasks for reply in replies}) == 1
        assert len((await factory.client.overview()).tasks) == 3


@told
async def test_a_command_that_was_refused_may_be_sent_again(developer: Developer) -> None:
    async with works(developer) as factory:
        with pytest.raises(RefusedError, match="there is no task 'nowhere'"):
            await factory.send(wire.Pause(task="nowhere"), key="k")
        task = await factory.add("Later", hold=True)
        with pytest.raises(RefusedError, match=f"{task} is draft and cannot be paused"):
            await factory.send(wire.Pause(task=task), key="k")
        await factory.send(wire.Hold(task=task, held=False), key="k")


# --- what clients are told -----------------------------------------------------------------


async def facts_until(factory: Works, after: int, most: int, last: int = 0) -> list[Fact]:
    """What a client hears on one connection until it has heard enough, and hangs up."""
    heard: list[Fact] = []
    socket = factory.engine.shop.place.socket
    async with connect(socket) as client, aclosing(client.notices(after)) as notices:
        async for notice in notices:
            if isinstance(notice, Happened):
                heard.append(notice.fact)
                if len(heard) >= most or heard[-1].seq == last:
                    break
    return heard


@told
async def test_events_go_on_from_a_number_without_loss_or_double(developer: Developer) -> None:
    """A client whose connection breaks again and again, while five agents work."""
    chance = random.Random(7)
    heard: list[Fact] = []
    async with works(developer) as factory:

        async def listen() -> None:
            while all(fact.kind != "enough" for fact in heard):
                after = heard[-1].seq if heard else 0
                heard.extend(await facts_until(factory, after, chance.randint(1, 6)))

        listening = asyncio.create_task(listen())
        tasks = [await factory.add(f"Task {n}", f"echo {n} > {n}.txt") for n in range(5)]
        for task in tasks:
            await factory.until(task, TaskState.READY)
            await factory.accept(task)
        for task in tasks:
            await factory.until(task, TaskState.LANDED)
        factory.engine.shop.store.journal.say("enough")
        await listening
        assert tuple(heard) == factory.facts()[: len(heard)]


@told
async def test_a_view_is_true_for_the_number_it_names(developer: Developer) -> None:
    async with works(developer) as factory:
        task = await factory.ready("Say hello", "echo hello > hello.txt")
        overview = await factory.client.overview()
        assert overview.seq == factory.facts()[-1].seq
        last = factory.engine.shop.store.journal.seq + 1
        following = asyncio.create_task(facts_until(factory, overview.seq, 10, last))
        await factory.accept(task)
        assert [fact.kind for fact in await following] == ["accepted"]


@told
async def test_a_client_that_does_not_listen_is_cut_off_and_catches_up(
    developer: Developer,
) -> None:
    long = "x" * 1_000
    async with works(developer) as factory:
        journal = factory.engine.shop.store.journal
        reader, writer = await asyncio.open_unix_connection(str(developer.place.socket))
        writer.write(b"GET /notices?after=0 HTTP/1.1\r\nHost: engine\r\nConnection: close\r\n\r\n")
        await reader.readuntil(b"\n")
        await factory.once(lambda: factory.engine.hub.attended)
        for _ in range(40):
            with factory.engine.shop.store.transaction():
                for _ in range(100):
                    journal.say("said", text=long)
            await asyncio.sleep(0.005)
        await factory.once(lambda: not factory.engine.hub.attended)

        heard = (await reader.read()).count(b'"kind":"said"')
        assert 0 < heard < 4_000, "it got what was under way, and then the end"
        writer.close()
        caught_up = await facts_until(factory, 0, 10_000, journal.seq)
        assert len([fact for fact in caught_up if fact.kind == "said"]) == 4_000


@told
async def test_a_slow_client_does_not_hold_up_the_others(developer: Developer) -> None:
    async with works(developer) as factory:
        reader, writer = await asyncio.open_unix_connection(str(developer.place.socket))
        writer.write(b"GET /notices?after=0 HTTP/1.1\r\nHost: engine\r\nConnection: close\r\n\r\n")
        await reader.readuntil(b"\n")
        for number in range(3):
            await factory.land(await factory.ready(f"Task {number}", f"echo 1 > {number}.txt"))
        writer.close()


@told
async def test_an_engine_that_is_told_to_stop_ends_the_turns_under_way_first(
    developer: Developer,
) -> None:
    script = "echo 1 > a.txt; until [ -e go ]; do sleep 0.05; done; rm go"
    async with works(developer) as factory:
        task = await factory.add("Work", script)
        other = await factory.add("Later", "echo 1 > b.txt", after=(task,))
        folder = factory.engine.shop.trees.worktrees
        await factory.once(lambda: factory.task(task).worktree != "", task)
        await factory.client.stop()
        assert not factory.engine.stopping.is_set()
        (folder / factory.task(task).worktree / "go").touch()
        await factory.once(factory.engine.stopping.is_set, task)
        assert "claimed" in factory.kinds(task)
    async with works(developer) as factory:
        await factory.until(task, TaskState.READY)
        await factory.land(task)
        await factory.until(other, TaskState.READY)


@told
async def test_an_overview_has_the_states_of_its_own_journal_number(developer: Developer) -> None:
    async with works(developer) as factory:
        await factory.ready("Stale", "echo 1 > stale.txt")
        await factory.until(await factory.add("Busy", "sleep 60"), TaskState.WORKING)
        draft = await factory.add("Draft", "true", hold=True)
        tip = developer.commit({"other.txt": "1\n"})
        await factory.once(lambda: factory.engine.shop.tip.commit == tip)
        load = factory.engine.loads.view()
        look = factory.engine.views.overview(version="", recorded=False, load=load)
        looking = asyncio.create_task(look)
        await asyncio.sleep(0)
        assert not looking.done(), "git is asked how far the change is behind"
        factory.engine.shop.happen(draft, lifecycle.Ended())
        overview = await looking
        (state,) = (view.task.state for view in overview.tasks if view.task.id == draft)
        ended = factory.facts(draft)[-1].seq
        assert state is (TaskState.DRAFT if overview.seq < ended else TaskState.STOPPED)
