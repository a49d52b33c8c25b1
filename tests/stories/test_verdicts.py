"""What is not a pass: whatever goes wrong with a check, nothing lands by it."""

from __future__ import annotations

import pytest

from factory import wire
from factory.model import ParkReason, TaskState, Verdict
from tests.agents.bench import running
from tests.developer import Developer
from tests.works import Works, rail, settings, told, works

PYTEST = rail("tests", "pytest -q", kind="pytest")
PASSING = {"tests/test_it.py": "def test_it():\n    assert True\n"}
HELLO = "echo hello > hello.txt"


async def never_ready(factory: Works, script: str) -> tuple[Verdict, str]:
    """What the one guardrail said of a change that must not pass."""
    task = await factory.add("Say hello", script)
    view = await factory.until(task, TaskState.PARKED)
    assert "ready" not in factory.kinds(task)
    assert view.change is not None
    assert not view.change.green
    run = factory.engine.shop.store.evidence.run(view.change.judged[0].run)
    assert run is not None
    return view.change.judged[0].verdict, run.summary


@pytest.mark.parametrize(
    ("check", "verdict", "words"),
    [
        ("test ! -e hello.txt", Verdict.FAIL, "exit 1"),
        ("if [ -e hello.txt ]; then kill -SEGV $$; fi", Verdict.ERROR, "killed by SIGSEGV"),
        ("if [ -e hello.txt ]; then no-such-tool; fi", Verdict.ERROR, "no-such-tool is missing"),
        ("if [ -e hello.txt ]; then echo x >> hello.txt; fi", Verdict.ERROR, "changed tracked"),
        ("if [ -e hello.txt ]; then rm README.md; fi", Verdict.ERROR, "changed tracked files"),
    ],
    ids=["fail", "crash", "missing tool", "writes a file", "removes a file"],
)
@told
async def test_a_check_that_does_not_end_well_is_never_a_pass(
    developer: Developer, check: str, verdict: Verdict, words: str
) -> None:
    developer.commit({"factory.toml": settings(rail("check", check))})
    async with works(developer) as factory:
        found, summary = await never_ready(factory, HELLO)
        assert found is verdict
        assert words in summary


@told
async def test_a_check_that_takes_too_long_is_an_error_and_leaves_no_process(
    developer: Developer,
) -> None:
    slow = rail("slow", "if [ -e hello.txt ]; then sleep 86398.5; fi", timeout=0.5)
    developer.commit({"factory.toml": settings(slow)})
    async with works(developer) as factory:
        found, summary = await never_ready(factory, HELLO)
        assert (found, summary) == (Verdict.ERROR, "did not end within 0.5 s")
        assert not running("sleep 86398.5")


@told
async def test_a_suite_in_which_nothing_is_collected_is_never_a_pass(developer: Developer) -> None:
    developer.commit({"factory.toml": settings(PYTEST), **PASSING})
    async with works(developer) as factory:
        found, summary = await never_ready(factory, "git rm -q tests/test_it.py || rm -r tests")
        assert found is Verdict.ERROR
        assert "no tests" in summary


@told
async def test_a_suite_that_ends_early_with_success_is_never_a_pass(developer: Developer) -> None:
    developer.commit({"factory.toml": settings(PYTEST), **PASSING})
    early = "printf 'import os\\nos._exit(0)\\n' > tests/conftest.py"
    async with works(developer) as factory:
        found, _ = await never_ready(factory, early)
        assert found is Verdict.ERROR


@told
async def test_a_change_that_no_guardrail_looked_at_is_not_green(developer: Developer) -> None:
    developer.commit({"factory.toml": settings(rail("docs", "true") + 'when = ["docs/**"]\n')})
    async with works(developer) as factory:
        task = await factory.add("Say hello", HELLO)
        view = await factory.until(task, TaskState.PARKED)
        assert view.task.parked is not None
        assert "no guardrail had anything to check" in view.task.parked.message


@told
async def test_without_the_verdict_a_red_change_would_land(
    developer: Developer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: everything between a red check and the target hangs on this one word."""
    monkeypatch.setattr("factory.guardrails.verdict.green", lambda judged: True)
    developer.commit({"factory.toml": settings(rail("check", "test ! -e hello.txt"))})
    async with works(developer) as factory:
        await factory.land(await factory.ready("Say hello", HELLO))
    assert developer.shows("hello.txt") == "hello"


@told
async def test_one_red_check_among_green_ones_is_red(developer: Developer) -> None:
    rails = (rail("one", "true"), rail("two", "test ! -e hello.txt"), rail("three", "true"))
    developer.commit({"factory.toml": settings(*rails)})
    async with works(developer) as factory:
        task = await factory.add("Say hello", HELLO)
        view = await factory.until(task, TaskState.PARKED)
        assert view.change is not None
        found = [judged.verdict for judged in view.change.judged]
        assert found == [Verdict.PASS, Verdict.FAIL, Verdict.PASS]


@told
async def test_in_order_the_first_red_check_is_the_last_that_runs(developer: Developer) -> None:
    rails = (rail("one", "test ! -e hello.txt"), rail("two", "true"))
    developer.commit({"factory.toml": settings(*rails, top="in_order = true")})
    async with works(developer) as factory:
        task = await factory.add("Say hello", HELLO)
        view = await factory.until(task, TaskState.PARKED)
        assert view.change is not None
        found = [judged.verdict for judged in view.change.judged]
        assert found == [Verdict.FAIL, Verdict.NOT_RUN]


# --- the base ------------------------------------------------------------------------------

RED_AND_GREEN = {
    "tests/test_it.py": "def test_old():\n    assert False\n\n\ndef test_good():\n    assert True\n"
}


@told
async def test_old_failures_of_the_tip_are_not_held_against_a_change(developer: Developer) -> None:
    ratchet = rail("tests", "pytest -q", kind="pytest", compare="no-worse")
    developer.commit({"factory.toml": settings(ratchet), **RED_AND_GREEN})
    async with works(developer) as factory:
        task = await factory.ready("Say hello", HELLO)
        change = (await factory.view(task)).change
        assert change is not None
        assert change.judged[0].verdict is Verdict.PASS
        assert "on the tip too" in change.judged[0].note
        await factory.land(task)


@told
async def test_a_new_failure_beside_an_old_one_is_red(developer: Developer) -> None:
    ratchet = rail("tests", "pytest -q", kind="pytest", compare="no-worse")
    developer.commit({"factory.toml": settings(ratchet), **RED_AND_GREEN})
    async with works(developer) as factory:
        found, _ = await never_ready(factory, "sed -i 's/assert True/assert 0/' tests/test_it.py")
        assert found is Verdict.FAIL


@told
async def test_a_check_that_cannot_run_on_the_tip_stops_all_and_says_why(
    developer: Developer,
) -> None:
    developer.commit({"factory.toml": settings(rail("check", "no-such-tool"))})
    async with works(developer) as factory:
        await factory.once(lambda: "no-such-tool" in factory.engine.runner.problem)
        task = await factory.add("Say hello", HELLO)
        assert "no-such-tool is missing" in (await factory.client.overview()).problem
        assert factory.task(task).state is TaskState.QUEUED
        developer.commit({"factory.toml": settings(rail("check", "true"))})
        await factory.until(task, TaskState.READY)


@told
async def test_an_error_that_the_tip_has_too_parks_and_is_not_blamed_on_the_agent(
    developer: Developer,
) -> None:
    developer.commit({"factory.toml": "not yet written"})
    async with works(developer) as factory:
        task = await factory.add("Say hello", HELLO + "; exit", agent="reader")
        developer.commit({"factory.toml": settings(rail("check", "no-such-tool"))})
        view = await factory.until(task, TaskState.PARKED)
        assert view.task.parked is not None
        assert view.task.parked.reason is ParkReason.ERROR
        assert "on the target neither" in view.task.parked.message
        assert "red" not in factory.kinds(task)


# --- the developer's own word --------------------------------------------------------------

STYLE = rail("style", "! grep -q '!' hello.txt")


@told
async def test_a_waiver_with_a_reason_lands_and_is_named_in_the_commit(
    developer: Developer,
) -> None:
    developer.commit({"factory.toml": settings(rail("there", "test -f hello.txt"), STYLE)})
    async with works(developer) as factory:
        task = await factory.add("Say hello", "echo 'hello!' > hello.txt")
        change = (await factory.until(task, TaskState.PARKED)).change
        assert change is not None
        waive = wire.Waive(task=task, guardrail="style", tree=change.tree, reason="greetings shout")
        await factory.send(waive)
        ready = (await factory.until(task, TaskState.READY)).change
        assert ready is not None
        assert [one.verdict for one in ready.judged] == [Verdict.PASS, Verdict.WAIVED]
        await factory.land(task)
    message = developer.git("log", "-1", "--format=%B", "main")
    assert "Factory-Evidence: 1 passed on tree" in message
    assert "Factory-Waived: style: greetings shout" in message


@told
async def test_a_waiver_is_for_one_tree_and_needs_a_reason(developer: Developer) -> None:
    developer.commit({"factory.toml": settings(STYLE)})
    async with works(developer) as factory:
        task = await factory.add("Say hello", "echo 'hello!' > hello.txt")
        change = (await factory.until(task, TaskState.PARKED)).change
        assert change is not None
        for wrong in (
            wire.Waive(task=task, guardrail="style", tree=change.tree, reason="  "),
            wire.Waive(task=task, guardrail="style", tree="0" * 40, reason="fine"),
            wire.Waive(task=task, guardrail="stile", tree=change.tree, reason="fine"),
        ):
            assert (await factory.client.send(wrong)).error
        await factory.send(
            wire.Waive(task=task, guardrail="style", tree=change.tree, reason="fine")
        )
        await factory.until(task, TaskState.READY)
        await factory.send(wire.SendFeedback(task=task, text="echo 'hello!!' > hello.txt"))
        await factory.once(lambda: factory.task(task).state is not TaskState.READY)
        await factory.until(task, TaskState.PARKED)


@told
async def test_a_check_run_again_leaves_both_runs_to_be_seen(developer: Developer) -> None:
    """The checkout's own untracked file decides, which is what makes it come out otherwise."""
    mood = rail("mood", "grep -q good mood.txt")
    developer.commit({"factory.toml": settings(mood), ".worktreeinclude": "mood.txt\n"})
    developer.write({"mood.txt": "good\n"})
    (developer.path / ".git/info/exclude").write_text("mood.txt\n")
    async with works(developer) as factory:
        await factory.once(lambda: bool(factory.facts()) and "base" in factory.kinds(""))
        developer.write({"mood.txt": "bad\n"})
        task = await factory.add("Say hello", HELLO)
        await factory.until(task, TaskState.PARKED)
        developer.write({"mood.txt": "good\n"})
        await factory.send(wire.Rerun(task=task, guardrail="mood"))
        await factory.until(task, TaskState.READY)
        runs = (await factory.client.details(task)).runs
        assert [run.verdict for run in runs] == [Verdict.PASS, Verdict.FAIL]
        for run in runs:
            assert (await factory.client.log(run.id)).size >= 0
        await factory.land(task)
    assert "mood.txt" not in developer.git("ls-tree", "--name-only", "main")


@told
async def test_a_verdict_is_reached_once_for_each_tree(developer: Developer) -> None:
    developer.commit({"factory.toml": settings(rail("check", "test -f hello.txt"))})
    async with works(developer) as factory:
        task = await factory.ready("Say hello", HELLO)
        await factory.land(task)
        tree = developer.git("rev-parse", "main^{tree}")
        assert len(factory.engine.shop.store.evidence.on(tree)) == 1
