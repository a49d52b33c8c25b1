"""After each landing the target is looked at again: what is not as it was meant to be is red."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from factory.audit import Audits
from factory.git.repository import Repository
from factory.model import GitError, Verdict
from tests.developer import Developer
from tests.works import Works, rail, settings, told, works
from tui import headline


@pytest.fixture
def developer(developer: Developer) -> Developer:
    developer.commit({"factory.toml": settings(rail("there", "test -f README.md"))})
    return developer


async def audited(factory: Works, task: str) -> None:
    await factory.once(lambda: factory.task(task).audited, task)


def alarms(factory: Works) -> list[str]:
    return [fact.text for fact in factory.facts() if fact.kind == "alarm"]


@told
async def test_a_landing_as_it_was_meant_to_be_is_a_fact_and_no_alarm(developer: Developer) -> None:
    async with works(developer) as factory:
        task = await factory.ready("One", "echo 1 > one.txt")
        await factory.land(task)
        await audited(factory, task)
        assert "audited" in factory.kinds(task)
        overview = await factory.client.overview()
        assert alarms(factory) == []
    assert overview.alarm == ""


@told
async def test_a_target_that_was_rewritten_over_a_landing_is_red_on_the_floor(
    developer: Developer,
) -> None:
    async with works(developer) as factory:
        first = await factory.ready("One", "echo 1 > one.txt")
        commit = await factory.land(first)
        await audited(factory, first)
        developer.git("reset", "-q", "--hard", "HEAD~1")
        developer.commit({"mine.txt": "1\n"}, "instead")
        second = await factory.ready("Two", "echo 2 > two.txt")
        await factory.land(second)
        await audited(factory, second)
        overview = await factory.client.overview()
        assert commit[:7] in overview.alarm
        assert "cherry-pick" in overview.alarm
        assert headline.standing(overview) is Verdict.FAIL
        assert "✗" in headline.header(overview, 120).plain
        assert any(commit[:7] in line.plain for line in headline.attention(overview, 200, 0.0))
        third = await factory.ready("Three", "echo 3 > three.txt")
        await factory.land(third)
        await audited(factory, third)
        assert (await factory.client.overview()).alarm == "", "told once: it was deliberate"
        assert len(alarms(factory)) == 1


@told
async def test_without_the_look_at_earlier_landings_nobody_would_be_told(
    developer: Developer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def none(*_: object) -> frozenset[str]:
        return frozenset()

    monkeypatch.setattr("factory.git.vault.Vault.missing", none)
    async with works(developer) as factory:
        first = await factory.ready("One", "echo 1 > one.txt")
        await factory.land(first)
        developer.git("reset", "-q", "--hard", "HEAD~1")
        second = await factory.ready("Two", "echo 2 > two.txt")
        await factory.land(second)
        await audited(factory, second)
        assert (await factory.client.overview()).alarm == ""


@told
async def test_an_audit_that_cannot_be_made_is_made_later_and_more_and_more_seldom(
    developer: Developer, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, tries = Repository.tree, list[float]()

    async def refused(self: Repository, commit: str) -> str:
        tries.append(asyncio.get_running_loop().time())
        if len(tries) < 4:
            raise GitError("the disk is full")
        return await plain(self, commit)

    monkeypatch.setattr("factory.audit._AGAIN", 0.2)
    monkeypatch.setattr(Repository, "tree", refused)
    async with works(developer) as factory:
        task = await factory.ready("One", "echo 1 > one.txt")
        await factory.land(task)
        await audited(factory, task)
        assert "audited" in factory.kinds(task)
    waits = [later - earlier for earlier, later in pairwise(tries)]
    assert len(waits) == 3
    assert all(wait >= least for wait, least in zip(waits, (0.2, 0.4, 0.8), strict=True)), waits


@told
async def test_another_tree_than_the_one_that_passed_is_an_alarm(
    developer: Developer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GitHub's own queue once did that, and customers noticed before it did."""
    plain = Repository.tree

    async def another(self: Repository, commit: str) -> str:
        return await plain(self, f"{commit}~1")

    monkeypatch.setattr(Repository, "tree", another)
    async with works(developer) as factory:
        task = await factory.ready("One", "echo 1 > one.txt")
        await factory.land(task)
        await audited(factory, task)
        assert "not the tree that passed" in (await factory.client.overview()).alarm
        assert "audited" not in factory.kinds(task)


@told
async def test_a_guardrail_that_is_red_on_what_has_landed_is_an_alarm(
    developer: Developer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file beside the tree, on which it rests too, has changed since."""
    grep = rail("there", "grep -q 1 .env")
    developer.commit({"factory.toml": settings(grep), ".worktreeinclude": ".env\n"})
    developer.commit({".gitignore": ".env\n", ".env": "1\n"})
    with monkeypatch.context() as patch:
        patch.setattr(Audits, "happened", lambda *_: None)
        async with works(developer) as factory:
            task = await factory.ready("One", "echo 1 > one.txt")
            await factory.land(task)
    developer.write({".env": "2\n"})
    async with works(developer) as factory:
        await audited(factory, task)
        alarm = (await factory.client.overview()).alarm
    assert "there passed before it landed and is red on main" in alarm


@told
async def test_a_landing_that_a_dead_engine_did_not_audit_is_audited_by_the_next(
    developer: Developer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Audits, "happened", lambda *_: None)
        async with works(developer) as factory:
            task = await factory.ready("One", "echo 1 > one.txt")
            await factory.land(task)
            assert not factory.task(task).audited
    async with works(developer) as factory:
        await audited(factory, task)
