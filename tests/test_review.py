from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factory import review
from factory.model import GitError, Mark
from factory.wire import Row, RowKind
from tests.trees import (
    A_COMMIT,
    ANOTHER,
    FILE,
    LINK,
    MODULE,
    PROGRAM,
    File,
    Tree,
    Trees,
    lines,
    only,
    read,
    whole,
)


@pytest.fixture(scope="module")
def trees(tmp_path_factory: pytest.TempPathFactory) -> Trees:
    return Trees(tmp_path_factory.mktemp("trees") / "repository")


# --- rows ----------------------------------------------------------------------------------


def test_a_change_reads_as_its_file_its_hunk_and_its_lines(trees: Trees) -> None:
    said = trees.said({b"a.py": b"def f():\n    x = 1\n"}, {b"a.py": b"def f():\n    x = 2\n"})
    found = read(said)
    hunk = only(found).hunks[0].id
    assert whole(found) == (
        Row(RowKind.FILE, 0, 0, "a.py", 0),
        Row(RowKind.HUNK, 1, 1, "", 0, hunk),
        Row(RowKind.CONTEXT, 1, 1, "def f():", 0, hunk),
        Row(RowKind.REMOVED, 2, 0, "    x = 1", 0, hunk),
        Row(RowKind.ADDED, 0, 2, "    x = 2", 0, hunk),
    )
    assert (found.added, found.removed, found.rows) == (1, 1, 5)


def test_a_hunk_names_the_function_that_it_stands_in(trees: Trees) -> None:
    body = b"def outer():\n" + b"    pass\n" * 8
    said = trees.said({b"a.py": body}, {b"a.py": body + b"    end()\n"})
    assert only(read(said)).hunks[0].heading == "def outer():"


def test_a_page_out_of_the_middle_is_the_same_rows_as_in_the_whole(trees: Trees) -> None:
    said = trees.said(
        {b"a.py": lines(400), b"b.py": b""},
        {b"a.py": lines(400, 7).replace(b"line 300\n", b""), b"b.py": lines(150)},
    )
    found = read(said)
    everything = whole(found)
    assert len(everything) == found.rows
    for first in range(0, found.rows, 9):
        assert found.page(first, 9) == everything[first : first + 9]
    assert found.page(found.rows, 9) == ()
    assert found.page(-3, 5) == everything[:2]


def test_rows_stand_where_the_index_says(trees: Trees) -> None:
    left = {b"a.py": lines(60), b"b.md": b"x\n", b"run.sh": b"run\n"}
    right: Tree = {
        b"a.py": lines(60, 3).replace(b"line 50\n", b""),
        b"b.md": b"y\n",
        b"run.sh": File(contents=b"run\n", mode=PROGRAM),
    }
    found = read(trees.said(left, right))
    rows = whole(found)
    for number, view in enumerate(found.files):
        assert rows[view.row].text == view.path
        assert {row.file for row in rows[view.row : view.row + view.rows]} == {number}
        for hunk in view.hunks:
            assert rows[hunk.row].kind == RowKind.HUNK
            assert {row.hunk for row in rows[hunk.row : hunk.row + hunk.rows]} == {hunk.id}


def test_a_missing_last_newline_is_a_note_and_counts_as_no_line(trees: Trees) -> None:
    found = read(trees.said({b"a": b"x\n"}, {b"a": b"x"}))
    assert [row.kind for row in whole(found)][2:] == ["-", "+", "n"]
    assert whole(found)[-1].text == "no newline at end of file"
    assert (found.added, found.removed) == (1, 1)


def test_tabs_and_carriage_returns_stay_as_they_are_and_foreign_bytes_are_written_out(
    trees: Trees,
) -> None:
    found = read(trees.said({}, {b"a": b"\tone\r\nt\xe9o\n"}))
    assert [row.text for row in whole(found)][-2:] == ["\tone\r", "t\\xe9o"]


def test_lines_that_look_like_headings_are_lines(trees: Trees) -> None:
    tricky = b"@@ -1 +1 @@\ndiff --git a/x b/x\n--- a/x\n+++ b/x\n\\ No newline\nindex 1..2\n"
    found = read(trees.said({b"a": b""}, {b"a": tricky}))
    assert [row.text for row in whole(found) if row.kind == "+"] == tricky.decode().splitlines()


def test_nothing_changed_is_an_empty_review() -> None:
    found = review.read(b"", b"", {})
    assert (found.rows, found.files, found.page(0, 50)) == (0, (), ())


def test_a_list_and_a_patch_of_different_trees_are_refused(trees: Trees) -> None:
    one = trees.said({}, {b"a": b"x\n"})
    other = trees.said({}, {b"a": b"x\n", b"b": b"y\n"})
    with pytest.raises(GitError, match="different trees"):
        review.read(one.raw, other.patch, {})
    with pytest.raises(GitError, match="cannot be read"):
        review.read(b"rubbish\0name\0", b"", {})


def test_a_file_whose_lines_git_withholds_says_so(trees: Trees) -> None:
    said = trees.said({}, {b"a": b"x\n", b"b": b"y\n"})
    cut = said.patch[: said.patch.index(b"diff --git a/b")]
    hidden = review.read(said.raw, cut, {}).files[1]
    assert hidden.badges == ("lines not shown",)
    assert hidden.notes == ("git shows no lines of this file",)


# --- against git ---------------------------------------------------------------------------

FOLDERS = st.sampled_from([b"", b"src/", b"two words/", b"d\xff/"])
NAMES = st.sampled_from(
    (b"a.py", b"with space.py", b'quo"te', b"tab\t", b"new\nline", b"\xff\xfe", b"\\", b"-rf",
     "ünï.md".encode(), b"a => b", b"{x}", b" b", b"@@ -1 +1 @@")
)  # fmt: skip
LINES = st.sampled_from(
    (b"", b"a", b"b", b"c", b"  d", b"a\rb", b"e\r", b"\x0c", b"caf\xe9", "é".encode(), b"-- a",
     b"@@ -1 +1 @@", b"diff --git a/x b/x", b"+++ b/x", b"\\ No newline", b"x\0y")
)  # fmt: skip
TEXTS = st.tuples(st.lists(LINES, max_size=30), st.booleans()).map(
    lambda drawn: b"\n".join(drawn[0]) + (b"\n" if drawn[0] and drawn[1] else b"")
)
CONTENTS = st.one_of(TEXTS, TEXTS, st.binary(max_size=300))
FILES = st.one_of(
    st.builds(File, contents=CONTENTS, mode=st.sampled_from([FILE, FILE, PROGRAM])),
    st.builds(File, contents=st.sampled_from([b"a", b"../b", b"\xff"]), mode=st.just(LINK)),
    st.builds(File, contents=st.sampled_from([A_COMMIT, ANOTHER]), mode=st.just(MODULE)),
)
PATHS = st.tuples(FOLDERS, NAMES).map(b"".join)
TREES = st.dictionaries(PATHS, FILES, max_size=6)


def seen_by_git(numstat: bytes) -> dict[str, tuple[int, int]]:
    counted = {}
    for entry in numstat.split(b"\0")[:-1]:
        added, removed, path = entry.split(b"\t", 2)
        if added == b"-":  # a NUL, and git counts nothing
            continue
        counted[path.decode("utf-8", "backslashreplace")] = (int(added), int(removed))
    return counted


def as_lines(file: File | None) -> list[str]:
    if file is None:
        return []
    contents = b"Subproject commit " + file.contents if file.mode == MODULE else file.contents
    split = contents.split(b"\n")
    return [
        line.decode("utf-8", "backslashreplace") for line in (split if split[-1] else split[:-1])
    ]


def applied(old: list[str], rows: list[Row]) -> list[str]:
    """The left side with the rows applied; every line that is not new must be the left side's."""
    new: list[str] = []
    at = 0
    for row in rows:
        if row.kind == RowKind.HUNK:
            while at < row.old - 1:
                new.append(old[at])
                at += 1
        if row.kind in (RowKind.CONTEXT, RowKind.REMOVED):
            assert (row.text, row.old) == (old[at], at + 1)
            at += 1
        if row.kind in (RowKind.CONTEXT, RowKind.ADDED):
            new.append(row.text)
            assert row.new == len(new)
    return new + old[at:]


@given(left=TREES, right=TREES)
@settings(max_examples=60, deadline=None)
def test_the_rows_add_up_to_what_git_counts_and_turn_the_left_side_into_the_right(
    trees: Trees, left: dict[bytes, File], right: dict[bytes, File]
) -> None:
    said = trees.said(left, right)
    found = read(said)
    rows = whole(found)
    assert len(rows) == found.rows
    counted = seen_by_git(said.numstat)
    names = {path.decode("utf-8", "backslashreplace"): path for path in (*left, *right)}
    changed = {path for path in names.values() if left.get(path) != right.get(path)}
    assert {names[view.path] for view in found.files} == changed
    for number, view in enumerate(found.files):
        mine = [row for row in rows if row.file == number]
        sides = left.get(names[view.path]), right.get(names[view.path])
        if "binary" in view.badges:
            assert any(b"\0" in side.contents for side in sides if side)
            assert any(note.startswith("binary, ") for note in view.notes)
            continue
        kinds = [row.kind for row in mine]
        assert (kinds.count("+"), kinds.count("-")) == (view.added, view.removed)
        if (
            view.status != "T" and view.path in counted
        ):  # git counts a change of type as if both were text
            assert (view.added, view.removed) == counted[view.path]
        assert applied(as_lines(sides[0]), mine) == as_lines(sides[1])


# --- order, marks --------------------------------------------------------------------------


def test_files_are_read_from_what_matters_most_to_what_is_folded(trees: Trees) -> None:
    right = {
        b"README.md": b"x\n",
        b"uv.lock": lines(90),
        b"vendor/lib/a.go": lines(80),
        b"setup.cfg": b"x\n",
        b"tests/test_a.py": lines(30),
        b"tests/test_cheat.py": b"x\n",
        b"small.py": b"x\n",
        b"large.py": lines(20),
        b"src/auth.py": b"x\n",
        b"api/out.gen": lines(70),
    }
    said = trees.said({}, right)
    marks = (Mark(kind="skipped test", path="tests/test_cheat.py"),)
    found = review.read(
        said.raw, said.patch, {}, critical=("src/auth.py",), folded=("*.gen",), marks=marks
    )
    assert [(view.path, view.kind) for view in found.files] == [
        ("src/auth.py", "logic"),
        ("tests/test_cheat.py", "test"),
        ("large.py", "logic"),
        ("small.py", "logic"),
        ("tests/test_a.py", "test"),
        ("setup.cfg", "config"),
        ("README.md", "docs"),
        ("api/out.gen", "folded"),
        ("uv.lock", "folded"),
        ("vendor/lib/a.go", "folded"),
    ]
    assert found.files[0].critical
    assert found.files[1].badges == ("skipped test",)


def test_nothing_critical_or_tampered_with_hides_among_generated_files(trees: Trees) -> None:
    said = trees.said({}, {b"vendor/a.py": b"x\n", b"vendor/test_b.py": b"x\n", b"uv.lock": b"x\n"})
    marks = (
        Mark(kind="suppression", path="vendor/test_b.py"),
        Mark(kind="new dependency", path="uv.lock"),
    )
    found = review.read(said.raw, said.patch, {}, critical=("vendor/a.py",), marks=marks)
    assert [(view.path, view.kind) for view in found.files] == [
        ("vendor/a.py", "logic"),
        ("vendor/test_b.py", "test"),
        ("uv.lock", "folded"),
    ]


def test_a_hunk_keeps_its_id_when_it_moves_and_when_more_context_is_shown(trees: Trees) -> None:
    before = only(read(trees.said({b"a": lines(90)}, {b"a": lines(90, 40)})))
    moved = only(read(trees.said({b"a": b"0\n" + lines(90)}, {b"a": b"0\n" + lines(90, 40)})))
    wide = only(read(trees.said({b"a": lines(90)}, {b"a": lines(90, 40)}, context=12)))
    assert wide.hunks[0].rows > before.hunks[0].rows
    assert wide.hunks[0].id == moved.hunks[0].id == before.hunks[0].id


def test_a_hunk_whose_lines_or_file_differ_has_another_id(trees: Trees) -> None:
    said = [
        trees.said({b"a": lines(90)}, {b"a": lines(90, 40)}),
        trees.said({b"a": lines(90)}, {b"a": lines(90, 41)}),
        trees.said({b"b": lines(90)}, {b"b": lines(90, 40)}),
    ]
    assert len({only(read(one)).hunks[0].id for one in said}) == 3


def test_the_same_lines_twice_in_a_file_are_two_things_to_look_at(trees: Trees) -> None:
    block = b"1\n2\n3\n4\n5\n6\n7\n8\n"
    new = block.replace(b"4\n", b"4\nx\n")
    hunks = only(read(trees.said({b"a": block * 2}, {b"a": new * 2}))).hunks
    assert len({hunk.id for hunk in hunks}) == len(hunks) == 2


def test_seen_hunks_stay_seen_until_their_lines_change(trees: Trees) -> None:
    first = trees.said({b"a": lines(90)}, {b"a": lines(90, 4).replace(b"line 80\n", b"")})
    ids = frozenset(hunk.id for hunk in only(read(first)).hunks)
    assert only(review.read(first.raw, first.patch, {}, seen=ids)).seen

    second = trees.said({b"a": lines(90)}, {b"a": lines(90, 4).replace(b"line 80\n", b"new\n")})
    view = only(review.read(second.raw, second.patch, {}, seen=ids, looked=ids))
    assert [hunk.seen for hunk in view.hunks] == [True, False]
    assert [hunk.fresh for hunk in view.hunks] == [False, True]
    assert not view.seen


def test_a_file_is_marked_as_seen_in_exactly_one_state(trees: Trees) -> None:
    said = trees.said({b"a": lines(9)}, {b"a": lines(9, 4)})
    mark = only(read(said)).mark
    view = only(review.read(said.raw, said.patch, {}, seen=frozenset((mark,))))
    assert view.seen
    assert view.hunks[0].seen

    program = trees.said({b"a": lines(9)}, {b"a": File(contents=lines(9, 4), mode=PROGRAM)})
    other = trees.said({b"a": lines(9)}, {b"a": lines(9, 5)})
    for changed in (program, other):
        again = review.read(changed.raw, changed.patch, {}, seen=frozenset((mark,)))
        assert not only(again).seen


def test_the_index_says_what_the_diff_rests_on(trees: Trees) -> None:
    found = read(trees.said({}, {b"a": b"x\n"}))
    index = found.index(task="t", snapshot="s", tip="c", tree="r", against="l", delta=True)
    assert (index.files, index.rows, index.added) == (found.files, found.rows, 1)
    assert (index.task, index.against, index.delta) == ("t", "l", True)


def test_a_hundred_thousand_lines_are_read_without_making_a_row_of_each(tmp_path: Path) -> None:
    said = Trees(tmp_path / "r").said({}, {b"a.py": lines(100_000)})
    found = read(said)
    assert found.rows == 100_002
    assert [row.text for row in found.page(99_999, 2)] == ["line 99997", "line 99998"]
