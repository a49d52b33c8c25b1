"""Caps in money, tokens and minutes, for a task and for a day; limits of the endpoint."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from factory import wire
from factory.clock import SYSTEM, Clock
from factory.model import Budget, Parked, ParkReason, TaskState
from tests.agents.bench import running
from tests.agents.scripted import Reply, Scripted, bash, done, refuses
from tests.clocks import Wound
from tests.developer import Developer
from tests.works import SCRIPT, Works, settings, told, works

TURN = 1_600
"""Tokens of one turn of the endpoint's."""
DOLLARS = (1000 * 2 + 500 * 0.1 + 100 * 10) / 1e6
"""What a turn costs."""
TURNS = 12


def long_work(then: str = "true") -> list[Reply]:
    """A dozen turns that each do something else, and the end."""
    lines = [f"echo {number} >> log.txt; {then}" for number in range(TURNS)]
    return [*(bash(line, f"call{number}") for number, line in enumerate(lines)), done()]


@asynccontextmanager
async def at_work(
    developer: Developer,
    endpoint: Scripted,
    top: str = "",
    budget: str = "",
    clock: Clock = SYSTEM,
    model: str = "claude-sonnet-5-5",
) -> AsyncIterator[Works]:
    """A factory whose one agent asks the endpoint."""
    async with endpoint.listening() as url:
        agent = f'[agents.model]\nkind = "claude"\nbase_url = "{url}"\nmax_tokens = 200\n'
        agent += f'model = "{model}"\n'
        given = settings(agents=agent + SCRIPT, agent="model", top=top)
        developer.commit({"factory.toml": given + budget})
        async with works(developer, clock=clock, ANTHROPIC_API_KEY="sk-test") as factory:
            yield factory


async def parked(factory: Works, task: str) -> Parked:
    view = await factory.until(task, TaskState.PARKED)
    assert view.task.parked is not None
    return view.task.parked


@told
async def test_a_cap_in_tokens_stops_before_the_turn_that_would_pass_it(
    developer: Developer,
) -> None:
    endpoint = Scripted(long_work())
    async with at_work(developer, endpoint) as factory:
        task = await factory.add("Work", budget=Budget(tokens=4 * TURN))
        why = await parked(factory, task)
        assert why.reason is ParkReason.BUDGET
        assert "6,400 tokens" in why.message
        spent = (await factory.view(task)).spent
        assert spent.tokens == len(endpoint.asked) * TURN
        assert 0 < spent.tokens <= 4 * TURN

        await factory.send(wire.RaiseBudget(task=task, budget=Budget(tokens=100 * TURN)))
        await factory.until(task, TaskState.READY)
        assert (await factory.view(task)).spent.tokens == (TURNS + 1) * TURN
        rows = {row.name: row.spent.tokens for row in (await factory.client.ledger()).tasks}
        assert rows == {task: (TURNS + 1) * TURN}


@told
async def test_without_the_look_at_the_cap_every_turn_would_be_paid(
    developer: Developer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("factory.purse.exceeded", lambda *_, **__: None)
    endpoint = Scripted(long_work())
    async with at_work(developer, endpoint) as factory:
        await factory.ready("Work", budget=Budget(tokens=4 * TURN))
        assert len(endpoint.asked) == TURNS + 1


@told
async def test_a_cap_in_money_stops_before_the_turn_that_would_pass_it(
    developer: Developer,
) -> None:
    endpoint = Scripted(long_work())
    async with at_work(developer, endpoint, budget="[budget]\ntask_usd = 0.02\n") as factory:
        task = await factory.add("Work")
        why = await parked(factory, task)
        assert why.reason is ParkReason.BUDGET
        assert "of $0.02" in why.message
        spent = (await factory.view(task)).spent
        assert spent.usd == pytest.approx(len(endpoint.asked) * DOLLARS)
        assert 0 < (spent.usd or 0) <= 0.02


@told
async def test_a_cap_in_minutes_stops_before_the_next_turn(developer: Developer) -> None:
    endpoint = Scripted(long_work("sleep 0.3"))
    async with at_work(developer, endpoint) as factory:
        task = await factory.add("Work", budget=Budget(minutes=0.01))
        why = await parked(factory, task)
        assert why.reason is ParkReason.BUDGET
        assert "of 0.01 minutes" in why.message
        assert 1 <= len(endpoint.asked) < TURNS


@told
async def test_a_command_that_hangs_is_stopped_at_its_cap_in_minutes(developer: Developer) -> None:
    developer.commit({"factory.toml": settings()})
    script = "echo 1 > one.txt; if [ -e hangs ]; then sleep 86393.5; fi"
    async with works(developer) as factory:
        task = await factory.add("Work", "touch hangs; " + script, budget=Budget(minutes=0.01))
        why = await parked(factory, task)
        assert why.reason is ParkReason.BUDGET
        assert "has worked its 0.01 minutes" in why.message
        assert not running("sleep 86393.5")
        await factory.send(wire.SendFeedback(task=task, text=script))
        assert (await parked(factory, task)).reason is ParkReason.BUDGET, "the cap still holds"
        await factory.send(wire.RaiseBudget(task=task, budget=Budget(minutes=5)))
        await factory.until(task, TaskState.READY)


@told
async def test_the_days_cap_stops_whoever_comes_next(developer: Developer) -> None:
    endpoint = Scripted([bash("echo 1 > one.txt"), done(), bash("echo 1 > two.txt"), done()])
    day = f"[budget]\nday_tokens = {4 * TURN - 1_000}\n"
    async with at_work(developer, endpoint, budget=day) as factory:
        await factory.ready("One")
        other = await factory.add("Two")
        why = await parked(factory, other)
        assert why.reason is ParkReason.BUDGET
        assert why.message.startswith("today has used 3,200 of 5,400 tokens")
        assert len(endpoint.asked) == 2


@told
async def test_what_was_spent_is_known_after_a_restart(developer: Developer) -> None:
    endpoint = Scripted(long_work())
    async with endpoint.listening() as url:
        agent = f'[agents.model]\nkind = "claude"\nbase_url = "{url}"\nmax_tokens = 200\n'
        developer.commit({"factory.toml": settings(agents=agent, agent="model")})
        async with works(developer, ANTHROPIC_API_KEY="sk-test") as factory:
            task = await factory.add("Work", budget=Budget(tokens=4 * TURN))
            await parked(factory, task)
            before = (await factory.view(task)).spent
            asked = len(endpoint.asked)
        async with works(developer, ANTHROPIC_API_KEY="sk-test") as factory:
            assert (await factory.view(task)).spent.tokens == before.tokens
            await factory.send(wire.Resume(task=task))
            assert (await parked(factory, task)).reason is ParkReason.BUDGET
            assert len(endpoint.asked) == asked


# --- a model whose price nobody knows ------------------------------------------------------


@asynccontextmanager
async def unpriced(
    developer: Developer, endpoint: Scripted, *, attended: bool, budget: str = ""
) -> AsyncIterator[Works]:
    """A factory whose one agent has a model that no table knows."""
    async with at_work(developer, endpoint, model="nobodys-own", budget=budget) as factory:
        factory.engine.runner._attempts.attended = lambda: attended
        yield factory


@told
async def test_an_unknown_price_is_asked_about_and_go_on_goes_on_counting_tokens(
    developer: Developer,
) -> None:
    endpoint = Scripted([bash("echo 1 > one.txt"), done()])
    async with unpriced(developer, endpoint, attended=True) as factory:
        task = await factory.add("Work")
        why = await parked(factory, task)
        assert why.reason is ParkReason.QUESTION
        assert why.message.startswith("What nobodys-own costs is unknown, so only its tokens")
        assert "prices.toml, or set task_tokens in [budget], or answer `go on`" in why.message
        assert why.options == ("go on",)
        await factory.send(wire.Say(task=task, text="why?"))
        assert (await parked(factory, task)).message == why.message, "which is no consent"
        assert endpoint.asked == [], "nothing was spent before"

        await factory.send(wire.Say(task=task, text="Go on."))
        await factory.until(task, TaskState.READY)
        spent = (await factory.view(task)).spent
        assert (spent.usd, spent.tokens) == (None, 2 * TURN)
        texts = [block.get("text") for block in endpoint.told(0)]
        assert "why?" in texts, "no word is lost"


@told
async def test_an_unknown_price_under_a_cap_in_tokens_is_not_asked_about(
    developer: Developer,
) -> None:
    endpoint = Scripted([bash("echo 1 > one.txt"), done()])
    async with unpriced(developer, endpoint, attended=True) as factory:
        task = await factory.add("Work")
        await parked(factory, task)
        await factory.send(wire.RaiseBudget(task=task, budget=Budget(tokens=100 * TURN)))
        await factory.send(wire.Resume(task=task))
        await factory.until(task, TaskState.READY)


@told
async def test_an_unknown_price_is_refused_where_nobody_attends_or_dollars_are_capped(
    developer: Developer,
) -> None:
    endpoint = Scripted([done()])
    async with unpriced(developer, endpoint, attended=False) as factory:
        why = await parked(factory, await factory.add("Work"))
        assert why.reason is ParkReason.BUDGET
        assert "What nobodys-own costs is unknown, and nobody attends" in why.message
        assert why.until is None
        capped = await factory.add("Work", budget=Budget(usd=5))
        why = await parked(factory, capped)
        assert why.reason is ParkReason.BUDGET
        assert "has a cap of $5.00, but the model's price is unknown" in why.message
        assert endpoint.asked == []


# --- the endpoint's own limits -------------------------------------------------------------


@told
async def test_a_rate_limit_parks_with_its_hour_and_goes_on_by_itself(
    developer: Developer,
) -> None:
    limited = refuses(429, "rate_limit_error", "slow down", retry_after="3600")
    endpoint = Scripted([limited, bash("echo 1 > one.txt"), done()])
    clock = Wound()
    async with at_work(developer, endpoint, clock=clock) as factory:
        task = await factory.add("Work")
        why = await parked(factory, task)
        assert why.reason is ParkReason.RATE_LIMITED
        assert why.until is not None
        assert why.until - clock.now() == pytest.approx(3600, abs=120)
        assert len(endpoint.asked) == 1

        clock.jump(3601)
        await factory.once(lambda: factory.task(task).state is not TaskState.PARKED, task)
        await factory.until(task, TaskState.READY)
        assert factory.kinds(task) == [
            "queued", "started", "parked", "resumed", "claimed", "ready"
        ]  # fmt: skip


@told
async def test_a_limited_task_that_the_developer_resumes_asks_at_once(developer: Developer) -> None:
    limited = refuses(429, "rate_limit_error", "slow down", retry_after="3600")
    endpoint = Scripted([limited, limited, bash("echo 1 > one.txt"), done()])
    async with at_work(developer, endpoint) as factory:
        task = await factory.add("Work")
        for times in (1, 2):
            await factory.once(lambda n=times: len(endpoint.asked) == n, task)  # type: ignore[misc]
            assert (await parked(factory, task)).reason is ParkReason.RATE_LIMITED
            await factory.send(wire.Resume(task=task))
        await factory.until(task, TaskState.READY)


@told
async def test_after_a_clock_that_was_set_back_a_parked_task_goes_on_once(
    developer: Developer,
) -> None:
    """It was a year ahead when the hour was named."""
    limited = refuses(429, "rate_limit_error", "slow down", retry_after="60")
    endpoint = Scripted([limited, bash("echo 1 > one.txt"), done()])
    clock = Wound(speed=20)
    clock.jump(365 * 86_400)
    async with at_work(developer, endpoint, clock=clock) as factory:
        task = await factory.add("Work")
        await parked(factory, task)
        clock.jump(-365 * 86_400)
        await factory.once(lambda: factory.task(task).state is TaskState.READY, task)
        assert len(endpoint.asked) == 3
        assert factory.kinds(task).count("claimed") == 1


@told
async def test_a_limited_task_gives_its_place_to_the_next(developer: Developer) -> None:
    endpoint = Scripted([refuses(429, "rate_limit_error", "slow down", retry_after="3600")])
    async with at_work(developer, endpoint, top="agents_at_once = 1") as factory:
        first = await factory.add("One")
        into_it = await factory.add("Two")
        other = await factory.add("Three", "echo 3 > three.txt", agent="script")
        await factory.until(first, TaskState.PARKED)
        await factory.until(other, TaskState.READY)
        assert factory.kinds(into_it) == ["queued"]
        assert len(endpoint.asked) == 1


@told
async def test_a_key_that_is_refused_parks_with_the_way_out(developer: Developer) -> None:
    endpoint = Scripted([refuses(401, "authentication_error", "invalid x-api-key")])
    async with at_work(developer, endpoint) as factory:
        why = await parked(factory, await factory.add("Work"))
        assert why.reason is ParkReason.ERROR
        assert "put a valid key into ANTHROPIC_API_KEY" in why.message
        assert why.until is None


@told
async def test_the_key_is_in_no_file_of_the_factorys(developer: Developer) -> None:
    endpoint = Scripted([bash("env > env.txt; echo 1 > one.txt"), done()])
    async with at_work(developer, endpoint) as factory:
        await factory.ready("Work")
        state = factory.engine.shop.place.state
        for path in state.rglob("*"):
            if path.is_file():
                assert b"sk-test" not in path.read_bytes(), path
        assert (await factory.client.hello()).keys == ("ANTHROPIC_API_KEY",)
