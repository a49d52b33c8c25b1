"""Rules of a design are guardrails like any other, and are read from the target."""

from __future__ import annotations

import pytest

from factory.gate.judging import Judging
from factory.model import Change, Lane, TaskState
from tests.developer import Developer
from tests.works import rail, settings, told, works

CONTRACT = """
[tool.importlinter]
root_package = "shop"

[[tool.importlinter.contracts]]
name = "the screen knows no table"
type = "forbidden"
source_modules = ["shop.screen"]
forbidden_modules = ["shop.tables"]
"""
PROJECT = {
    "factory.toml": settings(rail("design", "lint-imports --no-cache")),
    "pyproject.toml": CONTRACT,
    "shop/__init__.py": "",
    "shop/tables.py": "ROWS = []\n",
    "shop/screen.py": "TITLE = 'Shop'\n",
}
BREAKS = "echo 'from shop.tables import ROWS' > shop/screen.py"
BENDS = f"{BREAKS}; sed -i 's/^forbidden_modules.*/forbidden_modules = []/' pyproject.toml"
KEEPS = "echo \"TITLE = 'Shops'\" > shop/screen.py"


async def looked_at(developer: Developer, script: str) -> Change:
    developer.commit(PROJECT)
    async with works(developer) as factory:
        task = await factory.ready("Show the rows", script)
        change = (await factory.view(task)).change
        assert change is not None
        return change


@told
async def test_a_change_that_breaks_the_design_is_sent_back(developer: Developer) -> None:
    developer.commit(PROJECT)
    async with works(developer) as factory:
        task = await factory.add("Show the rows", BREAKS)
        view = await factory.until(task, TaskState.PARKED)
        assert view.task.parked is not None
        assert "design" in view.task.parked.message


@told
async def test_a_change_that_bends_the_rule_instead_needs_eyes(developer: Developer) -> None:
    change = await looked_at(developer, BENDS)
    assert change.lane is Lane.EYES
    assert change.weakened == ("design",)


@told
async def test_without_the_targets_own_rules_the_bending_is_not_named(
    developer: Developer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(*_: object) -> tuple[str, ...]:
        return ()

    monkeypatch.setattr(Judging, "with_the_tips", nothing)
    assert (await looked_at(developer, BENDS)).weakened == ()


@told
async def test_a_change_within_the_design_is_plainly_ready(developer: Developer) -> None:
    change = await looked_at(developer, KEEPS)
    assert (change.lane, change.weakened, change.marks) == (Lane.PLAIN, (), ())
