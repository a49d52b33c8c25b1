from __future__ import annotations

import pytest

from factory.model import Anchor, Comment, CommentKind, CommentState, Handoff
from factory.review.anchors import excerpt, feedback, place, replied
from factory.review.claims import unproven

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


def on(line: int, end: int = 0, lines: list[str] = BEFORE) -> Anchor:
    anchor = Anchor(path="bucket.py", line=line, end=end)
    return Anchor(path="bucket.py", line=line, end=end, text=excerpt(lines, anchor))


def line_of(anchor: Anchor | None) -> int:
    return anchor.line if anchor else 0


# --- where a comment stands ----------------------------------------------------------------


def test_a_comment_moves_with_its_line() -> None:
    after = ["import time", "", *BEFORE]
    assert place(on(2), after) == Anchor(
        path="bucket.py", line=4, text="    bucket.refill(time.now())"
    )


def test_a_range_moves_as_a_whole() -> None:
    moved = place(on(3, 4), ["# a", *BEFORE])
    assert moved is not None
    assert (moved.line, moved.end) == (4, 5)


def test_of_equal_lines_the_nearest_is_the_one() -> None:
    assert line_of(place(on(6), BEFORE)) == 6
    assert line_of(place(on(11), BEFORE)) == 11
    assert line_of(place(on(11), ["#", *BEFORE])) == 12


def test_a_line_that_went_far_away_is_found_where_there_is_only_one() -> None:
    far = [f"line {n}" for n in range(200)]
    assert line_of(place(on(2), [*far, BEFORE[1], *far])) == 201
    assert place(on(2), [*far, BEFORE[1], BEFORE[1], *far]) is None


def test_an_edited_line_keeps_its_comment_and_gives_it_its_new_text() -> None:
    after = [*BEFORE]
    after[1] = "    bucket.refill(clock.now())"
    moved = place(on(2), after)
    assert moved == Anchor(path="bucket.py", line=2, text="    bucket.refill(clock.now())")


def test_a_line_that_is_gone_leaves_its_comment_outdated() -> None:
    after = [line for line in BEFORE if "refill" not in line]
    assert place(on(2), after) is None
    assert place(on(2), []) is None


def test_a_lone_bracket_does_not_attach_itself_to_any_other() -> None:
    before = ["{", "  a: 1", "}"]
    after = [*(f"line {n}" for n in range(20)), "}", *(f"line {n}" for n in range(20)), "}"]
    assert place(on(3, lines=before), after) is None
    assert line_of(place(on(3, lines=before), ["{", "  a: 1", "  b: 2", "}"])) == 4


def test_a_comment_on_the_file_or_the_change_stays() -> None:
    for anchor in (Anchor(), Anchor(path="a.py")):
        assert place(anchor, []) == anchor


def test_a_megabyte_in_one_line_takes_no_minutes() -> None:
    one, other = "a b " * 300_000, "b a " * 300_000
    anchor = Anchor(path="a.js", line=1, text=one)
    assert line_of(place(anchor, [other])) == 1


def test_an_excerpt_is_the_lines_that_are_named() -> None:
    assert (
        excerpt(BEFORE, Anchor(path="a", line=5, end=6))
        == "    bucket.tokens -= n\n    return True"
    )
    assert excerpt(BEFORE, Anchor(path="a", line=1)) == "def take(bucket, n):"
    assert excerpt(BEFORE, Anchor(path="a", line=99)) == ""
    assert excerpt(BEFORE, Anchor(path="a")) == ""


# --- what the agent is told ----------------------------------------------------------------


def comment(kind: CommentKind, anchor: Anchor, text: str) -> Comment:
    return Comment(id="c", task="t", kind=kind, anchor=anchor, text=text)


COMMENTS = (
    comment(CommentKind.DO, on(2), "inject the clock"),
    comment(CommentKind.QUESTION, on(3, 4), "what if n is 0?\nor less?"),
    comment(CommentKind.NOTE, Anchor(path="README.md"), "we rename this next week"),
    comment(CommentKind.DO, Anchor(), "smaller commits"),
    comment(CommentKind.DO, Anchor(path="a.py", line=7, new=False, text="x = 1"), "keep this"),
)


def test_the_agent_is_told_each_comment_with_its_place_its_lines_and_what_is_asked() -> None:
    assert (
        feedback(COMMENTS, " Nearly there. ")
        == """\
The developer has read your change and sends it back.

Nearly there.

1. bucket.py:2
   >     bucket.refill(time.now())
   Do this: inject the clock

2. bucket.py:3-4
   >     if bucket.tokens < n:
   >         return False
   Answer this in your handoff: what if n is 0?
   or less?

3. README.md
   Keep in mind, nothing to change: we rename this next week

4. the whole change
   Do this: smaller commits

5. a.py:7 (before your change)
   > x = 1
   Do this: keep this

Go through every number. In the findings of your handoff write one line for each, beginning with \
its number: what you changed, your answer, or why you left it. Change nothing that is not asked for.
"""
    )


def test_a_remark_alone_is_enough_and_nothing_is_nothing() -> None:
    assert "try again" in feedback((), "try again")
    assert "number" not in feedback((), "try again")
    assert feedback((), "  ") == ""


def test_a_long_range_is_quoted_in_part() -> None:
    text = "\n".join(f"line {n}" for n in range(40))
    said = feedback(
        (comment(CommentKind.DO, Anchor(path="a", line=1, end=40, text=text), "x"),), ""
    )
    assert "> line 11\n" in said
    assert "> … 28 more lines\n" in said
    assert "line 12" not in said


def test_replies_find_their_comments_by_number_and_answer_questions() -> None:
    handoff = Handoff(findings=("1. injected", "#2: it returns True", "something else", "9. none"))
    first, second, third, *_ = replied(COMMENTS, handoff)
    assert (first.reply, first.state) == ("injected", CommentState.DRAFT)
    assert (second.reply, second.state) == ("it returns True", CommentState.ANSWERED)
    assert third == COMMENTS[2]


# --- claims --------------------------------------------------------------------------------

PROVEN = [
    ("All tests pass.", "pytest -q"),
    ("All tests pass.", "cd src && uv run python3 -P -m pytest -q 2>&1"),
    ("All 120 tests now pass.", "PYTHONPATH=. timeout -k 5 60 pytest"),
    ("The test suite is green.", "(cd src && make test)"),
    ("12 passed.", "npm test"),
    ("I ran pytest.", "set -e\npytest"),
    ("ruff is clean.", "ruff check . && pytest"),
    ("mypy reports no errors", "poetry run mypy src"),
    ("It builds cleanly.", "cargo build --release"),
    ("Formatted with black.", "black src"),
    ("Benchmarked: 3x faster.", "time python load.py"),
    ("Benchmarked.", "python benchmarks/run.py"),
    ("Coverage is 95 %.", "pytest --cov=src"),
    ("Verified by hand.", "python demo.py"),
]


@pytest.mark.parametrize(("claim", "command"), PROVEN, ids=[f"{c}-{d}" for c, d in PROVEN])
def test_a_claim_is_borne_out_by_its_own_kind_of_command_alone(claim: str, command: str) -> None:
    handoff = Handoff(summary=f"Done. {claim}")
    assert unproven(handoff, [("git status", 0), (command, 0)]) == ()
    assert unproven(handoff, [("git status", 0)]) != ()
    assert unproven(handoff, [(command, 1)]) != ()
    assert unproven(handoff, [(command, None)]) != ()


@pytest.mark.parametrize(
    "command",
    [
        "pytest | tail -3",
        "pytest || true",
        "pytest; echo done",
        "pytest &",
        "pytest\nls",
        "true || pytest",
        "echo pytest",
        "grep -r pytest .",
        "pytest --version",
        "pytest --collect-only",
        "pytest() { true; }; pytest",
        "python run.py -m pytest",
        "cat <<EOF\nisn't pytest\nEOF",
    ],
)
def test_an_exit_code_that_is_not_the_tests_own_shows_nothing(command: str) -> None:
    assert unproven(Handoff(summary="All tests pass."), [(command, 0)]) == ("All tests pass",)


def test_a_pipe_counts_where_it_carries_the_exit_code() -> None:
    handoff = Handoff(summary="All tests pass.")
    assert unproven(handoff, [("pytest | tail -3", 0)], pipefail=True) == ()
    assert unproven(handoff, [("pytest | tail -3", 1)], pipefail=True) != ()


def test_tests_that_passed_once_and_failed_last_do_not_pass() -> None:
    handoff = Handoff(summary="All tests pass.")
    assert unproven(handoff, [("pytest", 0), ("pytest -x", 1)]) == ("All tests pass",)
    assert unproven(handoff, [("pytest", 1), ("pytest -x", 0)]) == ()


@pytest.mark.parametrize(
    "said",
    [
        "I did not run pytest.",
        "The tests should pass.",
        "I could not get mypy to run, so nothing is verified.",
        "Run pytest once the fixture is there.",
        "The new test covers the empty list.",
        "Moved the retry loop into its own function.",
        "Adds a benchmark for the parser.",
        "The build script takes a flag now.",
    ],
)
def test_what_claims_nothing_is_not_held_against_anything(said: str) -> None:
    assert unproven(Handoff(summary=said), []) == ()


def test_claims_are_found_wherever_they_stand_and_said_once_in_their_own_words() -> None:
    handoff = Handoff(
        summary="Cached the parser; benchmarked it.\nAll tests pass, and I ran ruff and pytest.",
        findings=("1. all tests  pass", "2. Benchmarked twice"),
    )
    assert unproven(handoff, [("ruff check", 0)]) == (
        "benchmarked", "All tests pass", "ran ruff and pytest",
    )  # fmt: skip
