"""What a person must see: weakened checks, marks, new dependencies; and what lands by rule."""

from __future__ import annotations

from pathlib import Path

import pytest

from factory import wire
from factory.gate.judging import Judging
from factory.model import AcceptRule, Lane, ParkReason, TaskState
from tests.developer import Developer
from tests.works import Works, rail, settings, told, works

SUITE = rail("suite", "sh tests/run.sh")
GOOD = {"value.txt": "good\n", "tests/run.sh": "grep -qx good value.txt\n"}
CHEAT = "echo bad > value.txt; echo true > tests/run.sh"

PYTEST = rail("tests", "pytest -q", kind="pytest")
TESTED = {
    "value.py": "VALUE = 1\n",
    "tests/test_value.py": "import value\n\n\ndef test_value():\n    assert value.VALUE == 1\n",
    "tests/test_other.py": "def test_other():\n    assert True\n",
    "pyproject.toml": '[tool.pytest.ini_options]\npythonpath = ["."]\n',
}
SKIPS = (
    "echo VALUE = 2 > value.py; "
    "sed -i 's/^def test_value/import pytest\\n\\n\\n@pytest.mark.skip\\ndef test_value/' "
    "tests/test_value.py"
)


@told
async def test_a_check_that_the_change_itself_weakens_needs_eyes_and_is_named(
    developer: Developer,
) -> None:
    developer.commit({"factory.toml": settings(SUITE), **GOOD})
    async with works(developer) as factory:
        task = await factory.ready("Change the value", CHEAT)
        change = (await factory.view(task)).change
        assert change is not None
        assert change.green
        assert change.lane is Lane.EYES
        assert change.weakened == ("suite",)
        assert change.protected == ("tests/run.sh",)
        await factory.land(task)  # a person may: it is their suite
    assert developer.shows("value.txt") == "bad"


@told
async def test_without_the_tips_own_checks_the_weakening_would_not_be_named(
    developer: Developer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(*_: object) -> tuple[str, ...]:
        return ()

    monkeypatch.setattr(Judging, "with_the_tips", nothing)
    developer.commit({"factory.toml": settings(SUITE), **GOOD})
    async with works(developer) as factory:
        task = await factory.ready("Change the value", CHEAT)
        change = (await factory.view(task)).change
        assert change is not None
        assert change.weakened == ()


@told
async def test_an_honest_new_test_is_plainly_ready(developer: Developer) -> None:
    developer.commit({"factory.toml": settings(PYTEST), **TESTED})
    added = "sed 's/test_value/test_more/; s/== 1/< 2/' tests/test_value.py > tests/test_more.py"
    async with works(developer) as factory:
        task = await factory.ready("Add a test", added)
        change = (await factory.view(task)).change
        assert change is not None
        assert (change.lane, change.marks, change.weakened) == (Lane.PLAIN, (), ())


@told
async def test_a_skipped_test_is_marked_and_never_plainly_ready(developer: Developer) -> None:
    developer.commit({"factory.toml": settings(PYTEST), **TESTED})
    async with works(developer) as factory:
        task = await factory.ready("Change the value", SKIPS)
        change = (await factory.view(task)).change
        assert change is not None
        assert change.lane is Lane.EYES
        assert ("skipped test", "tests/test_value.py") in {(m.kind, m.path) for m in change.marks}
        assert change.weakened == ("tests",)


# --- what a tree may not hold --------------------------------------------------------------


COMMIT = "git -c user.name=a -c user.email=a@localhost commit -q --allow-empty -m x"


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (f"git init -q inner; cd inner; {COMMIT}", "git repository inside the tree"),
        ("git init -q inner; echo 1 > inner/f", "git repository inside the tree"),
        ("ln -s /etc/passwd leak", "symlink out of the repository"),
        ("ln -s ../../outside leak", "symlink out of the repository"),
        ("mkdir d; ln -s . d/x; ln -s d/x/x/../../.. leak", "leak: is a symlink out"),
        ("head -c 25000000 /dev/zero > huge.bin", "larger than 20 MB"),
    ],
    ids=["repository", "empty repository", "link out", "link up", "link by links", "huge file"],
)
@told
async def test_what_no_tree_may_hold_is_sent_back(
    developer: Developer, script: str, words: str
) -> None:
    developer.commit({"factory.toml": settings(top="rounds = 0")})
    async with works(developer) as factory:
        task = await factory.add("Leave something", script)
        view = await factory.until(task, TaskState.PARKED)
        assert view.task.parked is not None
        assert view.task.parked.reason is ParkReason.STUCK
        assert words in view.task.parked.message


# --- new dependencies ----------------------------------------------------------------------

ENVIRONMENT = """
[environment]
setup = ["cp requirements.txt /env/"]
inputs = ["requirements.txt"]
"""


@told
async def test_new_dependencies_are_not_installed_before_the_developer_allows_it(
    developer: Developer,
) -> None:
    built = rail("built", "cmp requirements.txt /env/requirements.txt")
    developer.commit({"factory.toml": settings(built) + ENVIRONMENT, "requirements.txt": "one\n"})
    async with works(developer) as factory:
        task = await factory.add("Use two", "echo two >> requirements.txt")
        view = await factory.until(task, TaskState.PARKED)
        assert view.task.parked is not None
        assert view.task.parked.reason is ParkReason.DEPENDENCIES
        assert "requirements.txt" in view.task.parked.message
        root: Path = factory.engine.shop.place.state / "environments"
        assert not [file for file in root.rglob("requirements.txt") if "two" in file.read_text()]

        await factory.send(wire.Resume(task=task))
        await factory.until(task, TaskState.READY)
        assert [file for file in root.rglob("requirements.txt") if "two" in file.read_text()]
        await factory.land(task)


# --- the standing accept -------------------------------------------------------------------

RULE = """
[standing_accept]
paths = ["docs/**", "tests/**", "money/**"]
max_lines = 5
"""


def ruled(*rails: str) -> str:
    return settings(*rails, top='critical = ["money/**"]') + RULE


async def asked(factory: Works, script: str) -> None:
    """A task that may land by itself waits for the developer all the same."""
    task = await factory.ready("Some change", script, accept=AcceptRule.WHEN_GREEN)
    assert "accepted" not in factory.kinds(task)
    assert factory.task(task).decision is None


@told
async def test_what_the_rule_covers_lands_by_itself_and_is_journaled_so(
    developer: Developer,
) -> None:
    developer.commit({"factory.toml": ruled()})
    async with works(developer) as factory:
        script = "mkdir docs; echo hello > docs/hello.md"
        task = await factory.add("Say hello", script, accept=AcceptRule.WHEN_GREEN)
        await factory.until(task, TaskState.LANDED)
        accepted = [fact.text for fact in factory.facts(task) if fact.kind == "accepted"]
        assert accepted == ["by rule"]
        assert [item.by_rule for item in (await factory.client.report(1.0)).items] == [True]
    assert developer.shows("docs/hello.md") == "hello"


@pytest.mark.parametrize(
    "script",
    [
        "mkdir src; echo hello > src/hello.py",
        "mkdir docs; seq 6 > docs/long.md",
        "mkdir money; echo 1 > money/rate.txt",
    ],
    ids=["other path", "too many lines", "critical path"],
)
@told
async def test_past_the_limits_of_the_rule_the_developer_is_asked(
    developer: Developer, script: str
) -> None:
    developer.commit({"factory.toml": ruled()})
    async with works(developer) as factory:
        await asked(factory, script)


@told
async def test_a_weakened_check_never_lands_by_rule(developer: Developer) -> None:
    developer.commit({"factory.toml": ruled(SUITE), "docs/value.txt": "good\n",
                      "tests/run.sh": "grep -qx good docs/value.txt\n"})  # fmt: skip
    async with works(developer) as factory:
        await asked(factory, "echo bad > docs/value.txt; echo true > tests/run.sh")


@told
async def test_after_its_end_the_rule_covers_nothing(developer: Developer) -> None:
    developer.commit({"factory.toml": ruled() + "until = 2020-01-01T00:00:00Z\n"})
    async with works(developer) as factory:
        await asked(factory, "mkdir docs; echo hello > docs/hello.md")


@told
async def test_a_task_that_asks_does_not_land_by_rule(developer: Developer) -> None:
    developer.commit({"factory.toml": ruled()})
    async with works(developer) as factory:
        task = await factory.ready("Say hello", "mkdir docs; echo hello > docs/hello.md")
        assert "accepted" not in factory.kinds(task)
