from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.model import AcceptRule, Budget, Draft
from tui.caps import read_budget, write_budget
from tui.taskfile import TEMPLATE, Mistake, TaskTextError, parse, render

NASTY_LINES = st.sampled_from(
    [
        "## heading",
        "##",
        "\\## kept",
        "\\\\## kept twice",
        "### smaller",
        "```python",
        "```",
        "~~~",
        "\\```",
        "    ```",
        "@src/a.py",
        "@dataclass everywhere",
        "\\@src",
        "after: lunch",
        "After:",
        "agnet: claude",
        "budget: $2",
        "\\budget: $2",
        "<!-- a comment",
        "-->",
        "",
        "   ",
        "- a list",
        "plain words",
    ]
)
LINES = st.one_of(NASTY_LINES, st.text(st.characters(exclude_characters="\r\n"), max_size=30))


def _spec(lines: list[str]) -> str:
    while lines and not lines[0].strip():
        lines = lines[1:]
    while lines and not lines[-1].strip():
        lines = lines[:-1]
    return "\n".join(lines)


def _words(text: str) -> str:
    return " ".join(text.split())


PRINTABLE = st.characters(exclude_categories=("C", "Z"))
TITLES = st.text(max_size=40).map(_words).filter(bool)
PATHS = st.text(st.one_of(PRINTABLE, st.just(" ")), min_size=1, max_size=20)
NAMES = st.text(st.characters(exclude_categories=("C", "Z"), exclude_characters=","), min_size=1)
MONEY = st.integers(1, 10_000_000).map(lambda cents: cents / 100)
BUDGETS = st.builds(
    Budget,
    usd=st.none() | MONEY,
    tokens=st.none() | st.integers(1, 10**9),
    minutes=st.none() | st.integers(1, 10_000).map(lambda halves: halves / 2),
)
DRAFTS = st.builds(
    Draft,
    title=TITLES,
    spec=st.lists(LINES, max_size=8).map(_spec),
    paths=st.lists(PATHS, max_size=3).map(tuple),
    after=st.lists(NAMES, max_size=3).map(tuple),
    agent=st.none() | NAMES,
    accept=st.sampled_from(AcceptRule),
    budget=st.none() | BUDGETS,
    hold=st.booleans(),
)


@given(st.lists(DRAFTS, max_size=4).map(tuple))
def test_what_is_rendered_is_read_back_as_the_same_tasks(drafts: tuple[Draft, ...]) -> None:
    assert parse(render(drafts)) == drafts


@given(st.lists(DRAFTS, min_size=1, max_size=3).map(tuple))
def test_the_editor_s_opening_comment_is_no_task(drafts: tuple[Draft, ...]) -> None:
    assert parse(TEMPLATE + render(drafts)) == drafts
    assert parse(TEMPLATE) == ()


@given(st.text())
def test_any_text_is_tasks_or_named_mistakes(text: str) -> None:
    drafts, mistakes = _read(text)
    assert all(1 <= mistake.line <= text.count("\n") + 1 for mistake in mistakes)
    assert all(draft.title == _words(draft.title) != "" for draft in drafts)
    assert not (drafts and mistakes)


def _read(text: str) -> tuple[tuple[Draft, ...], tuple[Mistake, ...]]:
    try:
        return parse(text), ()
    except TaskTextError as error:
        return (), error.mistakes


@given(BUDGETS)
def test_a_budget_is_read_back_as_written(budget: Budget) -> None:
    assert read_budget(write_budget(budget)) == budget


def test_six_pasted_lines_are_six_tasks() -> None:
    pasted = (
        "Fix the login redirect\n- retry HTTP 503\n* drop python 3.9\n\n"
        "1. rename Bucket to Limiter @src/limit.py @tests/\n  indented\r\nuse \\@dataclass\n"
    )
    assert parse(pasted) == (
        Draft(title="Fix the login redirect"),
        Draft(title="retry HTTP 503"),
        Draft(title="drop python 3.9"),
        Draft(title="rename Bucket to Limiter", paths=("src/limit.py", "tests/")),
        Draft(title="indented"),
        Draft(title="use @dataclass"),
    )


def test_a_line_may_begin_with_an_issue_s_number() -> None:
    assert parse("#12 fix the login") == (Draft(title="#12 fix the login"),)


def test_a_sign_that_begins_lists_stays_where_it_stands_inside_a_line() -> None:
    (task,) = parse("- read n + 1 of 3. and - at the end - 4) more")
    assert task.title == "read n + 1 of 3. and - at the end - 4) more"


def test_an_at_sign_inside_a_line_stays_where_it_is() -> None:
    assert parse("mail bob@example.org about @dataclass use") == (
        Draft(title="mail bob@example.org about @dataclass use"),
    )


def test_a_file_of_headings_carries_settings_and_specs() -> None:
    text = """\
# Sprint 12
## Count requests, not connections

@internal/limit "x"
"""
    with pytest.raises(TaskTextError, match="line 4: `@` attaches paths"):
        parse(text)
    assert parse(
        """\
# Sprint 12

## Count requests, not connections
@internal/limit @"a b.go"
after: csv-export, fix-login
budget: $2, 200k tokens, 1.5 h
accept: when-green

As in the design.
```sh
## not a heading
```
## Second
agent: claude
hold: yes
"""
    ) == (
        Draft(
            title="Count requests, not connections",
            spec="As in the design.\n```sh\n## not a heading\n```",
            paths=("internal/limit", "a b.go"),
            after=("csv-export", "fix-login"),
            budget=Budget(usd=2, tokens=200_000, minutes=90),
            accept=AcceptRule.WHEN_GREEN,
        ),
        Draft(title="Second", agent="claude", hold=True),
    )


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("prose first\n## A task\n", 1, "before the first"),
        ("# A design\n\nwhich is prose\n", 1, "begin each task with `## title`"),
        ("a task\n```\ncode\n```\n", 2, "begin each task with `## title`"),
        ("@only/a/path\n", 1, "a path without a task"),
        ("## A\n##\n", 2, "without a title"),
        ("## A\nagnet: claude\n", 2, "`agent:` is"),
        ("## A\nbudget: 2 euros\n", 2, "not `2 euros`"),
        ("## A\nbudget: $0\n", 2, "above 0"),
        ("## A\nbudget: $1, $2\n", 2, "at most one cap"),
        ("## A\naccept: always\n", 2, "`ask` or `when-green`"),
        ("## A\nhold: maybe\n", 2, "`yes` or `no`"),
        ("## A\nagent:\n", 2, "has no value"),
        ("## A\nagent: a\n\nagent: b\n", 4, "given twice"),
        ("## A\n@dataclass is used\n", 2, "attaches paths"),
    ],
)
def test_a_mistake_is_named_with_its_line(text: str, line: int, word: str) -> None:
    with pytest.raises(TaskTextError) as caught:
        parse(text)
    (mistake,) = caught.value.mistakes[:1]
    assert mistake.line == line
    assert word in mistake.text
    assert str(caught.value).startswith(f"line {line}: ")
    assert caught.value.exit_code == 2


def test_all_mistakes_are_named_at_once() -> None:
    with pytest.raises(TaskTextError) as caught:
        parse("## A\nbudget: x\nhold: x\n## \n")
    assert [mistake.line for mistake in caught.value.mistakes] == [2, 3, 4]
