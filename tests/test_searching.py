from __future__ import annotations

import random

import pytest

from factory.wire import Found
from tests.trees import Trees, lines, read, whole


@pytest.fixture(scope="module")
def trees(tmp_path_factory: pytest.TempPathFactory) -> Trees:
    return Trees(tmp_path_factory.mktemp("trees") / "repository")


def block(name: str, count: int) -> bytes:
    return b"".join(b"    %s_%d = something(%d)\n" % (name.encode(), n, n) for n in range(count))


# --- words ---------------------------------------------------------------------------------


def test_every_hit_is_the_row_that_has_the_words_whatever_they_are(trees: Trees) -> None:
    chance = random.Random(4)
    words = ("one", "Two", "+", "-", "- x", "@@", "über", "Über", "line", "no newline", "b.md", "e")
    texts = [b" ".join(w.encode() for w in chance.choices(words, k=4)) for _ in range(60)]
    left = {b"a.py": b"\n".join(texts), b"b.md": b"\n".join(texts[:9]) + b"\n"}
    right = {b"a.py": b"\n".join(texts[::2]) + b"\n", b"b.md": b"\n".join(texts[5:12]) + b"\n"}
    found = read(trees.said(left, right))
    rows = whole(found)
    for sought in (*words, "one +", "zzz", "+++", "\n"):
        exactly = sought != sought.lower()
        expected = [
            at
            for at, row in enumerate(rows)
            if sought in (row.text if exactly else row.text.lower())
        ]
        hits = found.find(sought, 0)
        assert hits.hits == len(expected), sought
        walked, at = [], -1
        for _ in expected:
            at = found.find(sought, at + 1).row
            walked.append(at)
        assert walked == expected, sought


def test_the_hits_go_round_in_both_directions(trees: Trees) -> None:
    found = read(trees.said({}, {b"a.py": b"x\ny\nx\ny\nx\n"}))
    first, second, third = (at for at, row in enumerate(whole(found)) if row.text == "x")
    assert found.find("x", first + 1) == Found(row=second, number=2, hits=3)
    assert found.find("x", third + 1) == Found(row=first, number=1, hits=3)
    assert found.find("x", first - 1, back=True) == Found(row=third, number=3, hits=3)
    assert found.find("x", third - 1, back=True) == Found(row=second, number=2, hits=3)
    assert found.find("nothing", 0) == Found()


# --- moved lines ---------------------------------------------------------------------------


def test_a_block_that_went_to_another_file_is_found_on_both_sides(trees: Trees) -> None:
    moved = block("value", 6)
    left = {b"a.py": lines(20) + moved + lines(20), b"b.py": lines(50)}
    right = {b"a.py": lines(40), b"b.py": lines(30) + moved + lines(20)}
    found = read(trees.said(left, right))
    rows = whole(found)
    pairs = [
        (rows[one.old + at], rows[one.new + at]) for one in found.moves for at in range(one.rows)
    ]
    same = [old.text for old, new in pairs if "value" in old.text]
    assert len(same) == 6
    assert all(old.kind == "-" and new.kind == "+" for old, new in pairs)
    assert all(old.text == new.text for old, new in pairs)


def test_what_was_changed_short_or_reindented_did_not_move(trees: Trees) -> None:
    moved = block("value", 6)
    left = {b"a.py": moved + lines(20), b"b.py": lines(20)}
    for other in (
        moved.replace(b"    ", b"        "),
        moved.replace(b"something", b"another"),
        block("value", 2),
    ):
        found = read(trees.said(left, {b"a.py": lines(20), b"b.py": lines(20) + other}))
        assert found.moves == (), other


def test_no_line_moves_twice(trees: Trees) -> None:
    moved = block("value", 6)
    left = {b"a.py": moved, b"b.py": lines(9)}
    right = {b"b.py": lines(9) + moved + moved}
    found = read(trees.said(left, right))
    assert sum(one.rows for one in found.moves) == 6
    back = read(trees.said(right, left))
    assert sum(one.rows for one in back.moves) == 6
