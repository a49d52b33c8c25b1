from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.model import TaskState
from tests.tui.weekend import change, view
from tui.overlap import meets, overlapping

PATHS = st.lists(st.sampled_from(["a", "b", "*.py", "**", "."]), min_size=1, max_size=4).map(
    "/".join
)


@pytest.mark.parametrize(
    ("one", "two", "meet"),
    [
        ("src/a.py", "src/a.py", True),
        ("src", "src/a.py", True),
        ("src/", "./src/deep/b.py", True),
        ("src/*.py", "src/a.py", True),
        ("**/*.py", "docs/x.md", True),
        ("src/a.py", "src/b.py", False),
        ("src", "srcs", False),
        ("docs/", "src/*.py", False),
    ],
)
def test_two_paths_meet_where_one_may_hold_the_other(one: str, two: str, meet: bool) -> None:
    assert meets(one, two) is meet


@given(PATHS, PATHS)
def test_meeting_has_no_direction(one: str, two: str) -> None:
    assert meets(one, two) == meets(two, one)


def test_a_change_counts_by_its_files_and_what_is_over_not_at_all() -> None:
    asked = view("asked", TaskState.QUEUED, 1, 0, paths=("src",))
    narrow = change("narrow", 1, 1, "src/a.py")
    changed = view("narrow", TaskState.READY, 1, 0, paths=("src",), change=narrow)
    landed = view("landed", TaskState.LANDED, 1, 0, paths=("src",))
    tasks = (asked, changed, landed)
    assert overlapping(("src/b.py",), tasks) == ("asked",)
    assert overlapping(("src/a.py",), tasks) == ("asked", "narrow")
    assert overlapping((), tasks) == ()
