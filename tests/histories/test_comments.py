from __future__ import annotations

import random
from pathlib import Path

import textual

from tests.histories.edits import EDITS, End, Trial, counted, trial

SEED = 20_26


def trials(count: int, *, follow: bool = True) -> list[Trial]:
    """Comments through random edits of files of Textual: its one version is pinned."""
    chance = random.Random(SEED)
    texts = [path.read_text() for path in sorted(Path(textual.__file__).parent.rglob("*.py"))]
    files = [text.split("\n") for text in texts if text.count("\n") > 20]
    return [trial(chance, chance.choice(files), follow) for _ in range(count)]


def test_after_200_edits_every_comment_is_on_its_line_or_says_that_it_is_not() -> None:
    found = trials(200)
    assert [one for one in found if one.end is End.WRONG] == []
    assert {kind for one in found for kind in one.kinds} == set(EDITS)
    ends = counted(found)
    assert ends[End.OUTDATED] < 30, "a comment that gives up easily helps nobody"
    assert ends[End.GONE], "some of the lines were deleted"


def test_by_its_text_alone_a_comment_ends_up_on_other_lines() -> None:
    assert counted(trials(200, follow=False))[End.WRONG] > 0
