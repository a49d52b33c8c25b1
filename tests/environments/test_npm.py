"""The quickest of the presets; `python -m tests.environments` travels with all of them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.environments.journey import MissingError, travel
from tests.environments.samples import NPM


def test_a_project_of_npms_goes_from_its_lock_file_to_a_change_made_by_running_it(
    home: Path,
) -> None:
    try:
        found = asyncio.run(travel(NPM, home))
    except MissingError as error:
        pytest.skip(f"not to be had here: {error}")
    assert set(NPM.guardrails) == set(found.green)
    assert found.shows == NPM.says
    assert found.environment.setup == (
        "npm ci --no-audit --no-fund && mv node_modules /env/node_modules",
    )
