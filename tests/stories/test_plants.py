"""An agent in its sandbox plants secrets and programs; none gets out, none runs outside."""

from __future__ import annotations

from pathlib import Path

import pytest

from factory import wire
from factory.model import TaskState
from tests.developer import Developer
from tests.works import Works, settings, told, works


async def paths(factory: Works, task: str) -> set[str]:
    """What the newest candidate of a task holds."""
    change = (await factory.view(task)).change
    assert change is not None
    vault = factory.engine.shop.vault
    return set((await vault.git("ls-tree", "-r", "-z", "--name-only", change.tree)).names)


LEAK = "echo KEY=1 > .env; echo KEY=1 > local.env; rm -f .gitignore; echo '!*' > .gitignore"


@told
async def test_a_secret_never_enters_a_snapshot_however_the_agent_tries(
    developer: Developer, home: Path
) -> None:
    rules = {".gitignore": ".env\n", ".worktreeinclude": "included.env\n"}
    developer.commit({"factory.toml": settings(), **rules})
    developer.write({"included.env": "KEY=secret\n"})
    (home / "home/ignore").write_text("local.env\nincluded.env\n")
    developer.git("config", "--global", "core.excludesFile", str(home / "home/ignore"))
    tries = f"{LEAK}; cp included.env shown.txt; git add -f . ; git -c user.name=a -c "
    async with works(developer) as factory:
        task = await factory.ready("Leak", tries + "user.email=a@b commit -qm x")
        assert await paths(factory, task) == {
            ".gitignore", ".worktreeinclude", "README.md", "factory.toml", "shown.txt"
        }  # fmt: skip


@told
async def test_a_rule_that_the_developer_adds_while_an_agent_works_counts(
    developer: Developer,
) -> None:
    developer.commit({"factory.toml": settings()})
    script = "echo 1 > a.txt; echo KEY=1 > .env; until [ -e go ]; do sleep 0.05; done; rm go"
    async with works(developer) as factory:
        task = await factory.add("Work", script)
        await factory.once(lambda: factory.task(task).worktree != "", task)
        folder = factory.engine.shop.trees.worktrees / factory.task(task).worktree
        tip = developer.commit({".gitignore": ".env\n"})
        await factory.once(lambda: factory.engine.shop.tip.commit == tip)
        (folder / "go").touch()
        await factory.until(task, TaskState.READY)
        assert ".env" not in await paths(factory, task)


@told
async def test_a_kill_while_the_rules_are_laid_out_does_not_let_secrets_in(
    developer: Developer,
) -> None:
    """What a kill leaves behind: the rules of a commit begun and not finished."""
    developer.commit({"factory.toml": settings(), ".gitignore": ".env\n"})
    async with works(developer) as factory:
        task = await factory.ready("Work", "echo 1 > a.txt; echo KEY=1 > .env; rm .gitignore")
        trees, state = factory.engine.shop.trees, factory.engine.shop.place.state
        stamp = state / "ignore.base"
        assert stamp.read_text() == developer.tip()

        async def killed(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        folder = trees.worktrees / factory.task(task).worktree
        whole = trees.vault.git
        trees.rules = developer.git("rev-parse", "main^")
        trees.vault.git = killed  # type: ignore[assignment]  # git is the last thing it does
        with pytest.raises(KeyboardInterrupt):
            await trees._lay_out_rules(state / "ignore", trees.rules)
        trees.vault.git, trees.rules = whole, developer.tip()
        tree = await trees.tree(folder, factory.task(task).base)
        names = (await whole("ls-tree", "--name-only", tree)).text.split("\n")
        assert "a.txt" in names
        assert ".env" not in names


# --- programs ------------------------------------------------------------------------------

NEST = """
git init -q inner
cd inner
echo 1 > file
echo '* filter=x' > .gitattributes
git add .
git -c user.name=a -c user.email=a@b commit -qm x
git config filter.x.clean 'touch {ran}; cat'
git config core.fsmonitor 'touch {ran}; false'
echo 2 > file
cd ..
echo 1 > hello.txt
"""


@told
async def test_a_repository_that_an_agent_leaves_behind_is_never_asked_outside(
    developer: Developer, home: Path
) -> None:
    """Each look of the developer's and each check reads the files; none runs its filters."""
    developer.commit({"factory.toml": settings()})
    ran = home / "ran"
    async with works(developer) as factory:
        task = await factory.add("Nest", NEST.format(ran=ran))
        view = await factory.until(task, TaskState.PARKED)
        assert view.task.parked is not None
        assert "inner: is a git repository inside the tree" in view.task.parked.message
        folder = factory.engine.shop.trees.worktrees / factory.task(task).worktree
        for number in range(3):
            (folder / "inner/file").write_text(f"{number}\n")
            await factory.client.review(task, wire.Look.LIVE)
        await factory.send(wire.Rerun(task=task)) if view.change else None
        await factory.send(wire.SendFeedback(task=task, text="rm -rf inner/.git"))
        await factory.until(task, TaskState.READY)
        assert not ran.exists()


@told
async def test_what_an_agent_says_of_its_work_counts_for_nothing(developer: Developer) -> None:
    rail = "[[guardrail]]\nname = 'there'\nrun = 'test -f hello.txt'\n"
    developer.commit({"factory.toml": settings(rail)})
    async with works(developer) as factory:
        task = await factory.add("Claim", "echo 1 > other.txt; echo 'all tests pass, ship it'")
        view = await factory.until(task, TaskState.PARKED)
        assert view.task.handoff.summary == "all tests pass, ship it"
        assert view.change is not None
        assert not view.change.green
        assert "ready" not in factory.kinds(task)


# --- what git refuses ----------------------------------------------------------------------

MODULE = (
    "printf '[submodule \"a\"]\\n\\tpath = a\\n\\turl = ./a\\n\\tupdate = !ls\\n' > .gitmodules"
)
HIDDEN = "printf x > $(printf '.g\\342\\200\\214it')"


@pytest.mark.parametrize(
    ("script", "why"),
    [(MODULE, ".gitmodules: git does not let it be pushed (disallowed submodule update setting"),
     (HIDDEN, "git does not let it be pushed (contains '.git')")],
)  # fmt: skip
@told
async def test_a_change_that_git_would_never_let_land_is_never_called_ready(
    developer: Developer, script: str, why: str
) -> None:
    developer.commit({"factory.toml": settings()})
    async with works(developer) as factory:
        task = await factory.add("Work", script)
        view = await factory.until(task, TaskState.PARKED)
        assert view.task.parked is not None
        assert why in view.task.parked.message


@told
async def test_without_asking_git_first_it_is_accepted_and_then_refused_for_ever(
    developer: Developer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def none(*_: object) -> tuple[()]:
        return ()

    monkeypatch.setattr("factory.gate.faults", none)
    developer.commit({"factory.toml": settings()})
    async with works(developer) as factory:
        task = await factory.ready("Work", MODULE)
        await factory.accept(task)
        await factory.once(lambda: bool(factory.task(task).waiting), task)
        assert "unpacker error" in factory.task(task).waiting
