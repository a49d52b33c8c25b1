"""What became of the lines of a comment, from one version of their file to the next."""

from __future__ import annotations

import random

import pytest

from factory.model import Anchor, Comment, CommentKind, CommentState
from factory.review.anchors import Answer, answer, excerpt, feedback

BEFORE = """\
def take(bucket, n):
    bucket.refill(time.now())
    if bucket.tokens < n:
        return False
    bucket.tokens -= n
    return True


def give(bucket, n):
    bucket.tokens += n
    return True
""".splitlines()


def on(line: int, end: int = 0) -> Anchor:
    anchor = Anchor(path="bucket.py", line=line, end=end)
    return Anchor(path="bucket.py", line=line, end=end, text=excerpt(BEFORE, anchor))


def became(anchor: Anchor, after: list[str]) -> tuple[int, int, bool, str]:
    found = answer(anchor, BEFORE, after)
    assert found is not None
    return found.anchor.line, found.anchor.end, found.changed, found.anchor.text


def edited(first: int, last: int, *lines: str) -> list[str]:
    """The file with lines `first` … `last` (1-based, inclusive) replaced by these."""
    return [*BEFORE[: first - 1], *lines, *BEFORE[last:]]


def test_lines_that_only_moved_are_not_changed() -> None:
    assert became(on(2), ["import time", "", *BEFORE]) == (4, 0, False, BEFORE[1])
    assert became(on(3, 4), ["import time", *BEFORE]) == (4, 5, False, "\n".join(BEFORE[2:4]))
    assert became(on(11), BEFORE) == (11, 0, False, BEFORE[10])


def test_the_lines_that_were_put_in_their_place_are_the_answer() -> None:
    after = edited(2, 2, "    now = clock.now()", "    bucket.refill(now)")
    assert became(on(2), after) == (2, 3, True, "    now = clock.now()\n    bucket.refill(now)")


def test_a_line_that_reads_the_same_elsewhere_is_not_taken_for_it() -> None:
    after = edited(6, 6, "    return bucket")
    assert became(on(6), after) == (6, 0, True, "    return bucket")


def test_of_a_range_that_was_edited_in_part_the_rest_is_part_of_the_answer() -> None:
    after = edited(3, 3, "    if bucket.tokens < n or not n:")
    assert became(on(2, 4), after) == (2, 4, True, "\n".join(after[1:4]))


def test_lines_that_are_gone_leave_their_comment_on_the_file() -> None:
    after = edited(2, 2)
    assert became(on(2), after) == (0, 0, True, BEFORE[1])
    assert became(on(2), []) == (0, 0, True, BEFORE[1])


def test_lines_that_were_moved_as_they_are_are_found() -> None:
    after = [*edited(1, 6), "", *BEFORE[:6]]
    assert became(on(2), after)[2:] == (False, BEFORE[1])


def test_of_a_rewritten_file_the_most_similar_lines_are_the_answer() -> None:
    after = [f"line {n}" for n in range(30)] + ["    bucket.refill(clock.now())"]
    found = answer(on(2), BEFORE, after)
    assert found is not None
    assert found.changed
    assert found.anchor.end - found.anchor.line <= 1


def test_an_anchor_of_another_version_is_left_to_the_search_by_likeness() -> None:
    assert answer(on(2), ["something else", *BEFORE], BEFORE) is None
    assert answer(Anchor(path="bucket.py"), BEFORE, BEFORE) is None


def test_through_200_random_edits_a_comment_is_on_its_line_or_says_that_it_changed() -> None:
    """Its line carries a name of its own, so that the truth is known without the code's help."""
    dice = random.Random(4)
    lines = [f"    value_{n} = compute({n})" if n % 4 else "" for n in range(120)]
    anchor = Anchor(path="a.py", line=62, text=lines[61])
    text, kept, told = lines[61], 0, False
    for number in range(200):
        after = list(lines)
        at = dice.randrange(len(after))
        match dice.choice(("insert", "remove", "change")):
            case "insert":
                after[at:at] = [f"    extra_{number} = {number}" for _ in range(dice.randint(1, 5))]
            case "remove" if len(after) > 60:
                del after[at : at + dice.randint(1, 3)]
            case _:
                after[at] = f"    other_{number} = {number}"
        found = answer(anchor, lines, after)
        assert found is not None
        if text in after:
            assert not found.changed
            assert after[found.anchor.line - 1] == text
            kept += 1
        else:
            assert found.changed
            told = True
            break
        lines, anchor = after, found.anchor
    assert kept > 10 or told


def test_a_comment_sent_again_says_since_when_it_is_open() -> None:
    def comment(name: str, first: int) -> Comment:
        return Comment(
            id=name, task="t", kind=CommentKind.DO, anchor=on(2), text=name,
            state=CommentState.OPEN, round=3, first=first,
        )  # fmt: skip

    text = feedback([comment("older", 1), comment("new", 3)], "")
    assert "1. bucket.py:2 (still open from round 1)" in text
    assert "2. bucket.py:2\n" in text


@pytest.mark.parametrize("lines", [[], [""], ["}"]])
def test_a_file_cut_to_nothing_leaves_an_anchor_that_can_be_shown(lines: list[str]) -> None:
    found = answer(on(5), BEFORE, lines)
    assert isinstance(found, Answer)
    assert found.anchor.line == 0 or lines[found.anchor.line - 1] == found.anchor.text
