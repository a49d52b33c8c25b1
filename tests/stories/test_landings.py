"""What lands is what was reviewed, on the newest tip, once; and it can be undone."""

from __future__ import annotations

from pathlib import Path

import pytest

from factory import wire
from factory.landing import Landings
from factory.model import TaskState
from tests.developer import Developer
from tests.works import RefusedError, rail, settings, told, works

TEN = "".join(f"line {number}\n" for number in range(10))


def line(number: int, text: str) -> str:
    """A script that writes another line into ten.txt."""
    return f"sed -i 's/^line {number}$/{text}/' ten.txt"


def mine(number: int, text: str) -> dict[str, str]:
    return {"ten.txt": TEN.replace(f"line {number}\n", f"{text}\n")}


@pytest.fixture
def developer(developer: Developer) -> Developer:
    there = rail("there", "test -f ten.txt && ! grep -q '<<<<' ten.txt")
    developer.commit({"factory.toml": settings(there), "ten.txt": TEN})
    return developer


@told
async def test_a_change_that_still_merges_lands_on_the_newest_tip_after_its_gate(
    developer: Developer,
) -> None:
    async with works(developer) as factory:
        task = await factory.ready("One line", line(2, "theirs"))
        before = (await factory.view(task)).change
        tip = developer.commit(mine(8, "mine"))
        commit = await factory.land(task)
        assert before is not None
        tree = developer.git("rev-parse", "main^{tree}")
        assert tree != before.tree
        runs = factory.engine.shop.store.evidence.on(tree)
        assert [run.verdict for run in runs] == ["pass"], "gated on exactly the tree that landed"
    assert developer.git("rev-parse", f"{commit}^") == tip
    assert "theirs" in developer.shows("ten.txt")
    assert "mine" in developer.shows("ten.txt")


@told
async def test_a_commit_of_the_developers_between_accept_and_landing_is_gated_too(
    developer: Developer,
) -> None:
    """They commit while the queue gates: what passed on the old tip is not what lands."""
    slow = rail("slow", "sleep 0.5; ! { grep -q theirs ten.txt && test -e stop; }")
    developer.commit({"factory.toml": settings(slow)})
    async with works(developer) as factory:
        task = await factory.ready("One line", line(2, "theirs"))
        developer.commit({"unrelated.txt": "1\n"})
        await factory.accept(task)
        await factory.once(lambda: bool(factory.engine.gate.live.get(task)), task)
        tip = developer.commit({"stop": "this and theirs together are red\n"})
        await factory.until(task, TaskState.PARKED)
        assert "landed" not in factory.kinds(task)
    assert developer.tip() == tip


@told
async def test_what_is_no_longer_what_was_reviewed_comes_back_instead_of_landing(
    developer: Developer,
) -> None:
    """The developer makes half of the change themselves; what is left is another diff."""
    script = line(2, "theirs") + "; " + line(8, "theirs too")
    async with works(developer) as factory:
        task = await factory.ready("Two lines", script)
        change = (await factory.view(task)).change
        assert change is not None
        tip = developer.commit(mine(2, "theirs"))
        await factory.send(wire.Accept(task=task, snapshot=change.snapshot, tree=change.tree))
        await factory.once(lambda: "differs" in factory.kinds(task), task)
        view = await factory.until(task, TaskState.READY)
        assert developer.tip() == tip
        assert view.change is not None
        assert (view.change.added, view.change.removed) == (1, 1)
        await factory.land(task)
    assert "theirs too" in developer.shows("ten.txt")


@told
async def test_without_the_comparison_it_would_land_unseen(
    developer: Developer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def the_same(*_: object) -> str:
        return "the same"

    monkeypatch.setattr("factory.git.vault.Vault.patch_id", the_same)
    async with works(developer) as factory:
        task = await factory.ready("Two lines", line(2, "theirs") + "; " + line(8, "theirs too"))
        change = (await factory.view(task)).change
        assert change is not None
        developer.commit(mine(2, "theirs"))
        await factory.send(wire.Accept(task=task, snapshot=change.snapshot, tree=change.tree))
        await factory.until(task, TaskState.LANDED)


@told
async def test_a_conflict_with_the_tip_starts_a_script_again_on_it(developer: Developer) -> None:
    twice = "echo theirs >> ten.txt"
    async with works(developer) as factory:
        task = await factory.ready("Append", twice)
        developer.commit({"ten.txt": TEN + "mine\n"})
        await factory.once(lambda: "red" in factory.kinds(task), task)
        await factory.until(task, TaskState.READY)
        await factory.land(task)
    assert developer.shows("ten.txt") == TEN + "mine\ntheirs"


@told
async def test_a_conflict_reaches_an_agent_that_reads_as_marked_files(
    developer: Developer, home: Path
) -> None:
    recording = home / "recording.toml"
    recording.write_text("""
speed = 0
[[task]]
title = "Rename"
[[task.step]]
[[task.step.call]]
tool = "bash"
command = "sed -i 's/^line 4$/theirs/' ten.txt"
[[task.step]]
[[task.step.call]]
tool = "handoff"
summary = "Renamed."
[[task.step]]
when = "conflicts with it in: ten.txt"
[[task.step.call]]
tool = "bash"
command = "grep -c '<<<<<<<' ten.txt; sed -i '/^[<=>]\\\\{7\\\\}/d' ten.txt"
[[task.step]]
[[task.step.call]]
tool = "handoff"
summary = "Kept both."
""")
    agent = f'[agents.model]\nkind = "replay"\nrecording = "{recording}"\n'
    developer.commit({"factory.toml": settings(agents=agent, agent="model")})
    async with works(developer) as factory:
        task = await factory.ready("Rename")
        developer.commit(mine(4, "mine"))
        await factory.once(lambda: "red" in factory.kinds(task), task)
        await factory.until(task, TaskState.READY)
        await factory.land(task)
    assert developer.shows("ten.txt").split("\n")[4:6] == ["mine", "theirs"]


@told
async def test_two_accepted_at_once_land_one_after_the_other(developer: Developer) -> None:
    async with works(developer) as factory:
        tasks = [await factory.ready(f"Line {n}", line(n, f"new {n}")) for n in (1, 4, 8)]
        for task in tasks:
            await factory.accept(task)
        for task in tasks:
            await factory.until(task, TaskState.LANDED)
    text = developer.shows("ten.txt")
    assert all(f"new {n}" in text for n in (1, 4, 8))
    assert developer.git("rev-list", "--count", "--merges", "main") == "0"


# --- undo ----------------------------------------------------------------------------------


@told
async def test_an_undo_lands_a_revert_and_main_never_moves_backwards(developer: Developer) -> None:
    async with works(developer) as factory:
        task = await factory.ready("One line", line(2, "theirs"))
        commit = await factory.land(task)
        tip = developer.commit(mine(8, "mine") | {"ten.txt": developer.shows("ten.txt").replace(
            "line 8", "mine") + "\n"})  # fmt: skip
        undo = (await factory.send(wire.Undo(task=task))).tasks[0]
        await factory.until(undo, TaskState.LANDED)
        assert factory.task(undo).undoes == task
        assert [fact.text for fact in factory.facts(undo) if fact.kind == "accepted"]
    assert developer.git("rev-parse", "main^") == tip
    assert developer.git("merge-base", "--is-ancestor", commit, "main") == ""
    assert developer.shows("ten.txt") + "\n" == mine(8, "mine")["ten.txt"]


@told
async def test_an_undo_that_would_break_the_tip_does_not_land(developer: Developer) -> None:
    needs = rail("needs", "test ! -e user.txt || test -e used.txt")
    developer.commit({"factory.toml": settings(needs)})
    async with works(developer) as factory:
        used = await factory.ready("Used", "echo 1 > used.txt")
        await factory.land(used)
        user = await factory.ready("User", "echo 1 > user.txt")
        await factory.land(user)
        tip = developer.tip()
        undo = (await factory.send(wire.Undo(task=used))).tasks[0]
        view = await factory.until(undo, TaskState.PARKED)
        assert view.task.parked is not None
        assert "needs" in view.task.parked.message
    assert developer.tip() == tip


@told
async def test_only_what_has_landed_can_be_undone(developer: Developer) -> None:
    async with works(developer) as factory:
        task = await factory.ready("One line", line(2, "theirs"))
        with pytest.raises(RefusedError, match="only a landed task can be undone"):
            await factory.send(wire.Undo(task=task))


@told
async def test_a_push_whose_word_was_lost_counts_as_landed(
    developer: Developer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the engine is killed between the push and the row: it looks, and pushes no more."""
    async with works(developer) as factory:
        task = await factory.ready("One line", line(2, "theirs"))
        whole = Landings._push

        async def forgets(self: Landings, *given: object) -> object:
            await whole(self, *given)  # type: ignore[arg-type]  # handed on as it came
            monkeypatch.undo()
            raise ConnectionError

        monkeypatch.setattr(Landings, "_push", forgets)
        await factory.accept(task)
        await factory.until(task, TaskState.PARKED)
        for command in (wire.End(task=task), wire.Reject(task=task), wire.Say(task=task, text="x")):
            assert "its push may have landed" in (await factory.client.send(command)).error
        await factory.send(wire.Resume(task=task))
        await factory.until(task, TaskState.LANDED)
    assert developer.subjects().count("One line") == 1


@told
async def test_a_tip_that_the_developer_said_better_is_landed_on(developer: Developer) -> None:
    """They amend the commit that the agent stood on."""
    async with works(developer) as factory:
        task = await factory.ready("One line", line(2, "theirs"))
        developer.git("commit", "-q", "--amend", "-m", "said better")
        tip = developer.tip()
        await factory.land(task)
    assert developer.git("rev-parse", "main^") == tip
    assert developer.subjects()[:2] == ["One line", "said better"]
