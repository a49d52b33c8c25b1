from __future__ import annotations

import asyncio
from unittest import mock

import pytest

from factory.review import Review
from tests.histories.reading import read
from tests.histories.sources import own

SOME = 12


def test_this_projects_own_commits_are_drawn_whole_and_rebuilt_byte_for_byte() -> None:
    history = own(SOME)
    if not history.commits:
        pytest.skip(f"there is no history here: {history.missing or 'it has no commits'}")
    found = [asyncio.run(read(history.git_dir, commit)) for commit in history.commits]
    assert [what for one in found for what in one.wrong] == []
    assert sum(one.rebuilt for one in found) > 0


def test_a_reader_that_loses_a_line_is_caught() -> None:
    history = own(SOME)
    if not history.commits:
        pytest.skip(f"there is no history here: {history.missing or 'it has no commits'}")
    whole = Review._lines

    def short(*given):  # type: ignore[no-untyped-def]  # whatever the real one takes
        *_, first, end = given
        yield from list(whole(*given))[: end - first - 1]

    with mock.patch.object(Review, "_lines", short):
        found = [asyncio.run(read(history.git_dir, commit)) for commit in history.commits[:3]]
    assert any(one.wrong for one in found)
