"""What a green check is worth: each witness names a cheat that no mark would, and can be deaf."""

from __future__ import annotations

import pytest

from factory.gate import marking
from factory.gate.asking import Heard
from factory.gate.witnesses import NAME, Witnesses
from factory.model import Change, Lane, Mark, TaskState
from tests.developer import Developer
from tests.works import rail, settings, told, works

PYTEST = rail(
    "tests", "python -m pytest -q -p no:hypothesispytest -p no:xdist -p no:anyio", kind="pytest"
)
RUFF = rail("ruff", "ruff check --select F,S .", kind="ruff")
PROJECT = {
    "factory.toml": settings(PYTEST, RUFF),
    "pyproject.toml": '[tool.pytest.ini_options]\npythonpath = ["."]\n'
    '[tool.ruff.lint.per-file-ignores]\n"tests/**" = ["S101"]\n',
    "shop/__init__.py": "",
    "shop/cart.py": "def total(prices):\n    return sum(prices)\n",
    "tests/test_cart.py": "from shop.cart import total\n\n\ndef test_total():\n"
    "    assert total([1, 2]) == 3\n\n\ndef test_nothing():\n    assert total([]) == 0\n",
}


def written(path: str, text: str) -> str:
    """A script that writes a file."""
    return f"cat > {path} <<'END'\n{text}END\n"


WRONG = written("shop/cart.py", "def total(prices):\n    return 0\n")
GREEN = written(
    "shop/__init__.py",
    'import importlib\n\npython = importlib.import_module("_py" + "test.python")\n'
    "python.Function.runtest = lambda self: None\n",
)
SKIPS = written(
    "shop/cart.py",
    "from importlib import import_module\n\n\ndef total(prices):\n    if prices:\n"
    '        raise import_module("unit" + "test").SkipTest("later")\n    return 0\n',
)
SILENT = written(
    "shop/kept.py",
    "import pickle\n\n\ndef kept(data):\n    # ruff: disable[S301]\n"
    "    return pickle.loads(data)\n",
)
TAX = written("shop/tax.py", "def tax(cents):\n    return cents // 5\n")
TEST = "from shop.tax import tax\n\n\ndef test_tax():\n    assert tax(10) == 2\n"
TESTED = written("tests/test_tax.py", TEST)
NOW_AND_THEN = written(
    "tests/test_tax.py",
    f'import os\n\n{TEST}    assert "--last-failed" not in os.environ["PYTEST_ADDOPTS"]\n',
)
BESIDE = written(
    "tests/test_more.py",
    "from shop.cart import total\n\n\ndef test_one():\n    assert total([4]) == 4\n",
)


@pytest.fixture(autouse=True)
def no_marks(monkeypatch: pytest.MonkeyPatch) -> None:
    """What reads the change is away: the witnesses stand alone."""

    async def none(*_: object) -> tuple[Mark, ...]:
        return ()

    monkeypatch.setattr(marking, "marks", none)


async def looked_at(developer: Developer, script: str) -> Change:
    developer.commit(PROJECT)
    async with works(developer) as factory:
        task = await factory.ready("Change the cart", script)
        change = (await factory.view(task)).change
        assert change is not None
        assert change.green
        return change


CHEATS = {
    "tests that cannot fail": (WRONG + GREEN, "tests", "tests cannot fail"),
    "tests that do not run": (SKIPS, "tests", "test did not run"),
    "a finding that is silenced": (SILENT, "ruff", "silenced finding"),
}


@pytest.mark.parametrize("name", CHEATS)
@told
async def test_a_green_check_that_could_not_have_been_red_needs_eyes(
    developer: Developer, name: str
) -> None:
    script, weakened, kind = CHEATS[name]
    change = await looked_at(developer, script)
    assert change.lane is Lane.EYES
    assert change.weakened == (weakened,)
    assert kind in {mark.kind for mark in change.marks}
    assert weakened in {one.guardrail for one in change.witnesses if one.against}


@pytest.mark.parametrize("name", CHEATS)
@told
async def test_without_witnesses_it_would_be_plainly_ready(
    developer: Developer, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(*_: object) -> Heard:
        return Heard()

    monkeypatch.setattr(Witnesses, "hear", nothing)
    change = await looked_at(developer, CHEATS[name][0])
    assert (change.lane, change.weakened, change.marks) == (Lane.PLAIN, (), ())


@told
async def test_new_tests_that_need_the_change_are_plainly_ready(developer: Developer) -> None:
    change = await looked_at(developer, TAX + TESTED)
    assert (change.lane, change.idle) == (Lane.PLAIN, ())


@told
async def test_each_question_is_evidence_of_its_own_with_a_run_and_a_log(
    developer: Developer,
) -> None:
    developer.commit(PROJECT)
    async with works(developer) as factory:
        task = await factory.ready("Change the cart", TAX + TESTED)
        details = await factory.client.details(task)
        change = details.view.change
        assert change is not None
        assert {(one.guardrail, one.asked) for one in change.witnesses} == QUESTIONS
        assert not any(one.against for one in change.witnesses)
        runs = {run.id: run for run in details.asked}
        assert {one.run for one in change.witnesses} == set(runs)
        for one in change.witnesses:
            assert (await factory.client.log(one.run)).size > 0, one.asked
        answers = {one.asked: one.answer for one in change.witnesses}
    assert answers["new tests on the target's code"] == "1 of 1 new test need the change"
    assert answers["the target's tests, each made to fail at its first line"].startswith("2 of 2")


QUESTIONS = {
    ("ruff", "once more, with the target's versions of protected files"),
    ("tests", "once more, with the target's versions of protected files"),
    ("ruff", "with nothing silenced, by the target's settings"),
    ("tests", "each test of the target by its id"),
    ("tests", "the target's tests, each made to fail at its first line"),
    ("tests", "new tests on the target's code"),
    ("tests", "new tests, nine times more"),
}


@told
async def test_tests_that_cannot_be_made_to_fail_on_the_target_are_no_answer(
    developer: Developer,
) -> None:
    swallows = (
        "from shop.cart import total\n\n\ndef calm(test):\n    def tried():\n        try:\n"
        "            test()\n        except AssertionError:\n            print('well')\n\n"
        "    return tried\n\n\n@calm\ndef test_total():\n    assert total([1, 2]) == 3\n"
    )
    developer.commit(PROJECT)
    developer.commit({"tests/test_cart.py": swallows})
    async with works(developer) as factory:
        task = await factory.ready("Change the cart", TAX + TESTED)
        change = (await factory.view(task)).change
    assert change is not None
    asked = {one.asked: one.answer for one in change.witnesses}
    assert asked["each test of the target by its id"].startswith("1 of 1 ran")
    assert not any("made to fail" in question for question in asked), asked


@told
async def test_one_new_test_that_proves_nothing_is_a_note(developer: Developer) -> None:
    change = await looked_at(developer, TAX + TESTED + BESIDE)
    assert (change.lane, change.idle) == (Lane.PLAIN, ("tests/test_more.py::test_one",))


@told
async def test_new_tests_of_which_none_proves_anything_need_eyes(developer: Developer) -> None:
    change = await looked_at(developer, TAX + BESIDE)
    assert change.lane is Lane.EYES
    assert [mark.kind for mark in change.marks] == ["nothing proven"]


@told
async def test_a_new_test_that_fails_now_and_then_needs_eyes(developer: Developer) -> None:
    change = await looked_at(developer, TAX + NOW_AND_THEN)
    assert change.lane is Lane.EYES
    assert ("flaky new test", "tests/test_tax.py") in {(m.kind, m.path) for m in change.marks}


@told
async def test_tests_alone_have_nothing_to_prove(developer: Developer) -> None:
    change = await looked_at(developer, BESIDE)
    assert (change.lane, change.marks, change.idle) == (Lane.PLAIN, (), ())


@told
async def test_one_sees_how_many_witnesses_have_answered(developer: Developer) -> None:
    developer.commit(PROJECT)
    async with works(developer) as factory:
        task = await factory.add("Add a tax", TAX + TESTED)
        live = factory.engine.gate.live
        await factory.once(lambda: any(one.name == NAME for one in live.get(task, ())), task)
        await factory.until(task, TaskState.READY)
        assert task not in live
        ran = {run.guardrail: run.command for run in (await factory.client.details(task)).runs}
        assert ran["ruff"] == "ruff check --select F,S ."  # nothing of what we add to it
