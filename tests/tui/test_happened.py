"""Facts of the journal as a developer reads them: no word of the engine's own, no long id."""

from __future__ import annotations

import pytest

from factory.wire import Fact
from tui import account, ledgerlines
from tui.commands import describe

COMMIT = "3f2a9c1" + "0" * 33


def fact(kind: str, text: str = "", task: str = "") -> Fact:
    return Fact(seq=1, at=0.0, kind=kind, task=task, text=text)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (fact("claimed", "with tests", "csv"), "csv says it is done  with tests"),
        (fact("tip", COMMIT), "the target is now  3f2a9c1"),
        (fact("base", COMMIT), "guardrails ran on the target  3f2a9c1"),
        (fact("red", "tests: 2 failed", "csv"), "csv sent back  tests: 2 failed"),
        (fact("landed", COMMIT, "csv"), "csv landed  3f2a9c1"),
        (fact("unheard of", "\x1b[31mred", "c\x07sv"), "c␇sv unheard of  red"),
    ],
)
def test_a_fact_is_told_in_words(found: Fact, words: str) -> None:
    assert describe.fact_line(found).partition("  ")[2] == words


def test_the_screens_use_the_same_words() -> None:
    found = fact("claimed", f"as {COMMIT}", "csv")
    assert "says it is done  as 3f2a9c1" in ledgerlines.fact(found, 120).plain
    assert account.event(found).endswith("csv says it is done  as 3f2a9c1")
