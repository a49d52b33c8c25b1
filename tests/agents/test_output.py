from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.agents.output import Capture, shown
from factory.agents.progress import repeats


@given(st.lists(st.text("abc\n", max_size=40), max_size=30), st.integers(10, 100))
def test_a_capture_holds_both_ends_within_its_limit(chunks: list[str], limit: int) -> None:
    capture = Capture(limit)
    for chunk in chunks:
        capture.feed(chunk.encode())
    whole = "".join(chunks)
    if len(whole) <= limit:
        assert capture.text() == whole
        return
    head, mark, tail = capture.text().partition("\n[… ")
    tail = tail.partition("…]\n")[2]
    assert whole.startswith(head)
    assert whole.endswith(tail)
    assert len(head) + len(tail) <= limit + 40
    assert mark or head == whole


def test_a_flood_takes_no_more_memory_than_the_limit() -> None:
    capture = Capture(1000)
    for number in range(10_000):
        capture.feed(b"%06d\n" % number)
    text = capture.text()
    assert text.startswith("000000\n")
    assert text.endswith("009999\n")
    assert len(text) < 1100
    assert "\n[… 68,996 bytes were not kept …]\n" in text


def test_short_output_is_shown_as_it_is() -> None:
    assert shown("a\nb\n") == "a\nb\n"
    assert shown("") == ""


def test_characters_are_cut_before_lines() -> None:
    table = "x" * 10_000_000 + "\n" + "y" * 10_000_000
    text = shown(table)
    assert len(text) < 30_200
    assert "19,970,001 characters are left out" in text


def test_lines_are_cut_in_the_middle() -> None:
    text = shown("".join(f"{number}\n" for number in range(1000)))
    lines = text.splitlines()
    assert lines[:2] == ["0", "1"]
    assert lines[128].startswith("[… 744 lines are left out here: print less")
    assert lines[-1] == "999"
    assert len(lines) == 257


@pytest.mark.parametrize(
    ("calls", "loop"),
    [
        ("aaaaaa", True),
        ("aaaaa", False),
        ("baaaaaa", True),
        ("aaaaaab", False),
        ("abababab", True),
        ("ababab", False),
        ("abcabcabcabc", True),
        ("abcdabcdabcd", True),
        ("abcdabcdabce", False),
        ("abcdeabcdeabcde", False),
        ("", False),
    ],
)
def test_a_loop_is_a_short_pattern_over_and_over(calls: str, loop: bool) -> None:
    assert repeats([call.encode() for call in calls]) is loop
