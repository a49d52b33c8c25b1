"""A review without a screen: Inbox and change are read in sentences, and decided by typing."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.developer import Developer
from tests.shell import Shell
from tests.works import rail, settings

NUMBERS = "".join(f"{n}\n" for n in range(1, 31))
TASK = """\
## Louder

sed -i 's/^7$/seven/; s/^25$//' numbers.txt
echo new > new.txt
"""
WITHOUT_SIGNS = re.compile(r"[^\x20-\x7e\n]")


@pytest.fixture
def shell(developer: Developer) -> Iterator[Shell]:
    developer.commit(
        {
            "factory.toml": settings(rail("clean", "! grep -rn BAD *.txt")),
            "numbers.txt": NUMBERS,
        }
    )
    found = Shell(developer.path)
    found.done("engine", "restart")
    found.done("add", "-f", "-", given=TASK)
    assert found("run", "--until-idle", "--timeout", "60").code == 3
    yield found
    found("engine", "stop", "--at-once")


def test_the_inbox_is_read_item_by_item_with_what_to_type(shell: Shell) -> None:
    said = shell.done("show", "--plain")
    assert not WITHOUT_SIGNS.search(said), said
    assert "Item 1 of 1, ready." in said
    assert "louder: Louder." in said
    assert "It added 3 lines, removed 2, in 2 files." in said
    assert "Guardrails: clean passed" in said
    typed = re.search(r"^To accept it, type: factory-tui (accept louder --tree \w{7})$", said, re.M)
    assert typed is not None
    assert "accepted louder" in shell.done(*typed[1].split(" "))


def test_a_change_is_read_line_by_line_with_comments_and_sent_back(shell: Shell) -> None:
    said = shell.done("show", "louder", "--plain", "--diff")
    assert not WITHOUT_SIGNS.search(said), said
    lines = said.splitlines()
    assert re.search(
        r"^File \d of 2: numbers.txt, \w+, changed, added 2 lines, removed 2\.$", said, re.M
    )
    assert "line 7 removed: 7" in lines
    assert "line 7 added: seven" in lines
    assert "line 8: 8" in lines
    assert any(re.fullmatch(r"Hunk 2 of 2.*, from line 22\.", line) for line in lines), said
    assert "Guardrails: clean passed" in said

    made = shell.done(
        "comment", "louder", "numbers.txt:7", "-m", "why not 7?", "--kind", "question"
    )
    assert "question on numbers.txt:7" in made
    shell.done("comment", "louder", "numbers.txt:7", "--old", "-m", "was fine")
    shell.done("comment", "louder", "-m", "on the whole")
    shell.done("seen", "louder", "new.txt")
    said = shell.done("show", "louder", "--plain", "--diff")
    after = said.index("line 7 added: seven")
    asked = said.index("Your comment, question, not sent yet, on line 7 of numbers.txt: why not 7?")
    assert asked > after
    assert "Your comment, do, not sent yet, on the change: on the whole" in said
    assert "You have seen it." in said
    sent = shell.done("feedback", "louder", "-m", "echo more > more.txt")
    assert "louder goes back to its agent with 3 comments" in sent


def test_a_comment_can_be_taken_back(shell: Shell) -> None:
    made = shell.done("comment", "louder", "new.txt", "-m", "no name for a file")
    words = made.splitlines()[1].removeprefix("to take it back: factory-tui ").split(" ")
    assert "no name for a file" in shell.done("show", "louder", "--plain", "--diff")
    shell.done(*words)
    assert "no name for a file" not in shell.done("show", "louder", "--plain", "--diff")


@pytest.mark.parametrize(
    ("words", "because"),
    [
        (("comment", "louder", "other.txt:7", "-m", "x"), "does not change other.txt"),
        (("comment", "louder", "numbers.txt:15", "-m", "x"), "does not show the line 15"),
        (("comment", "louder", "numbers.txt:7"), "say what the comment is"),
        (("seen", "louder", "other.txt"), "does not change other.txt"),
        (("show",), "name a task"),
    ],
)
def test_what_cannot_be_meant_is_said(shell: Shell, words: tuple[str, ...], because: str) -> None:
    said = shell(*words)
    assert said.code == 2
    assert because in said.err
