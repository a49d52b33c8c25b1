"""A rename is told as one, and hides nothing that two names would have shown."""

from __future__ import annotations

import json
import struct

import pytest

from factory.model import Mark
from factory.review import images, notebooks
from tests.trees import LINK, PROGRAM, File, Trees, lines, only, read, whole


@pytest.fixture(scope="module")
def trees(tmp_path_factory: pytest.TempPathFactory) -> Trees:
    return Trees(tmp_path_factory.mktemp("trees") / "repository")


def test_a_file_that_only_has_another_name_is_one_line_in_words(trees: Trees) -> None:
    found = read(trees.said({b"src/a.py": lines(30)}, {b"src/b.py": lines(30)}, renames=True))
    view = only(found)
    assert (view.status, view.old_path, view.path) == ("R", "src/a.py", "src/b.py")
    assert view.notes == ("renamed from src/a.py, unchanged",)
    assert [row.text for row in whole(found)] == ["src/b.py", "renamed from src/a.py, unchanged"]


def test_a_renamed_file_shows_the_lines_that_changed_and_its_mode(trees: Trees) -> None:
    right = {b"b.sh": File(contents=lines(40, 7), mode=PROGRAM)}
    found = read(trees.said({b"a.sh": lines(40)}, right, renames=True))
    assert only(found).notes == ("renamed from a.sh, 1 line changed", "mode 644 → 755")
    assert [row.text for row in whole(found) if row.kind in "+-"] == ["line 7", "line 7 new"]
    untouched = read(trees.said({b"a.sh": lines(40)}, right))
    assert sorted(view.status for view in untouched.files) == ["A", "D"]


def test_a_test_that_leaves_its_folder_is_a_test_that_was_edited(trees: Trees) -> None:
    left, right = {b"tests/test_a.py": lines(30)}, {b"docs/notes.md": lines(30)}
    view = only(read(trees.said(left, right, renames=True)))
    assert "test-edited" in view.badges
    assert view.kind == "test"


def test_a_critical_or_protected_file_is_one_under_either_name(trees: Trees) -> None:
    for left, right in (("auth/keys.py", "old/x.py"), ("old/x.py", "auth/keys.py")):
        said = trees.said({left.encode(): lines(30)}, {right.encode(): lines(30)}, renames=True)
        view = only(read(said, protected=("auth/",), critical=("auth/",)))
        assert view.critical
        assert "protected" in view.badges
        assert not only(read(said)).critical


def test_marks_that_name_the_old_path_stand_at_the_new_one(trees: Trees) -> None:
    said = trees.said({b"a.py": lines(30)}, {b"vendor/a.py": lines(30)}, renames=True)
    mark = Mark(kind="removed test", path="a.py", line=3)
    view = only(read(said, marks=(mark,)))
    assert "removed test" in view.badges
    assert view.kind != "folded"


def test_a_new_name_among_generated_files_folds_nothing(trees: Trees) -> None:
    said = trees.said({b"a.py": lines(30)}, {b"vendor/a.py": lines(30, 3)}, renames=True)
    assert only(read(said)).kind == "logic"


def test_a_file_seen_by_one_name_is_not_seen_by_two(trees: Trees) -> None:
    moved = trees.said({b"a.py": lines(40)}, {b"b.py": lines(40, 7)}, renames=True)
    view = only(read(moved))
    marks = frozenset((view.mark, *(hunk.id for hunk in view.hunks)))
    assert only(read(moved, seen=marks)).seen
    copied = trees.said(
        {b"a.py": lines(40)}, {b"a.py": lines(40), b"b.py": lines(40, 7)}, renames=True
    )
    assert not only(read(copied, seen=marks)).seen
    edited = trees.said({b"b.py": lines(40)}, {b"b.py": lines(40, 7)})
    assert not only(read(edited, seen=marks)).seen


def test_a_link_that_was_moved_says_where_it_leads(trees: Trees) -> None:
    link = File(contents=b"../secret", mode=LINK)
    said = trees.said({b"a/l": link}, {b"b/l": link}, renames=True, wants=True)
    assert "symlink to ../secret" in only(read(said)).notes


# --- told in words -------------------------------------------------------------------------


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", width, height) + b"\x08\0\0\0\0"


IMAGES = {
    "a.png": (png(640, 480), (640, 480)),
    "a.gif": (b"GIF89a" + struct.pack("<HH", 20, 10) + b"\0\0\0", (20, 10)),
    "a.bmp": (b"BM" + bytes(12) + struct.pack("<Iii", 40, 33, -44) + bytes(28), (33, 44)),
    "a.ico": (b"\0\0\1\0\2\0\x10\x10" + bytes(14) + bytes(16), (256, 256)),
    "a.jpg": (
        b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(9)
        + b"\xff\xc0\0\x11\x08" + struct.pack(">HH", 300, 400) + bytes(12),
        (400, 300),
    ),
    "a.webp": (
        b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + b"\xff\x01\0" + b"\x7f\0\0",
        (512, 128),
    ),
    "a.svg": (b'<?xml version="1.0"?><svg width="24px" height="12"><g/></svg>', (24, 12)),
    "b.svg": (b"<svg viewBox='0 0 32 16'></svg>", (32, 16)),
}  # fmt: skip


@pytest.mark.parametrize("name", IMAGES)
def test_an_images_header_says_its_dimensions_and_no_rubbish_raises(name: str) -> None:
    data, size = IMAGES[name]
    assert images.dimensions(name, data) == size
    for cut in range(len(data)):
        images.dimensions(name, data[:cut])
        images.dimensions(name, data[:cut] + b"\xff" * 40)
    assert images.dimensions(name, b"") is None
    assert images.dimensions(name, b"\xff" * 5_000) is None


def test_an_image_is_told_by_size_and_dimensions(trees: Trees) -> None:
    left, right = png(16, 16) + bytes(200), png(32, 24) + bytes(900)
    said = trees.said({b"logo.png": left}, {b"logo.png": right}, wants=True)
    notes = only(read(said)).notes
    assert "binary, 229 B → 929 B" in notes
    assert "image, 16×16 → 32×24" in notes


def notebook(*cells: tuple[str, str], out: str = "") -> bytes:
    made = [
        {"cell_type": kind, "source": text, "outputs": [out] if out else []} for kind, text in cells
    ]
    return json.dumps({"cells": made, "nbformat": 4}, indent=1).encode()


def test_a_notebook_is_folded_and_told_in_words(trees: Trees) -> None:
    before = notebook(("code", "a = 1"), ("markdown", "# A"), ("code", "b"))
    after = notebook(("code", "a = 2"), ("markdown", "# B"), ("code", "b"), out="plot")
    said = trees.said({b"n.ipynb": before}, {b"n.ipynb": after}, wants=True)
    view = only(read(said))
    words = "notebook: 2 of 3 cells changed (code 1, text 1), outputs changed"
    assert (view.kind, view.notes) == ("folded", (words,))
    assert view.hunks
    assert only(read(said, critical=("n.ipynb",))).kind == "logic"


def test_a_notebook_that_is_none_says_so() -> None:
    for rubbish in (b"", b"{", b"[" * 100_000, b'{"cells": 3}', b"\xff\xfe", b'{"cells":[[]]}'):
        assert "cannot be read" in notebooks.told(rubbish, rubbish)
    same = notebook(("code", "a"), ("code", "b"))
    turned = notebook(("code", "b"), ("code", "a"))
    assert notebooks.told(same, turned) == "notebook: cells in another order"
    assert notebooks.told(same, same) == "notebook: no cell changed"
    assert notebooks.told(None, same) == "notebook: 2 cells, all new"


def test_what_the_tip_calls_generated_is_folded_and_an_agents_word_is_not(trees: Trees) -> None:
    said = trees.said({b"api/x.py": lines(9)}, {b"api/x.py": lines(9, 3)}, wants=True)
    assert only(read(said)).kind == "logic"
    for rule in (b"api/*.py linguist-generated\n", b"*.py linguist-vendored=true\n"):
        assert only(read(said, attributes=rule)).kind == "folded"
        assert only(read(said, attributes=rule, critical=("api/",))).kind == "logic"
    taken_back = b"*.py linguist-generated\napi/** -linguist-generated\n"
    assert only(read(said, attributes=taken_back)).kind == "logic"

    marked = b"# @generated by a tool, DO NOT EDIT\n"
    by_tip = trees.said({b"x.py": marked + lines(9)}, {b"x.py": marked + lines(9, 3)}, wants=True)
    assert only(read(by_tip)).kind == "folded"
    by_agent = trees.said({b"x.py": lines(9)}, {b"x.py": marked + lines(9, 3)}, wants=True)
    assert only(read(by_agent)).kind == "logic"
    new = trees.said({}, {b"x.py": marked + lines(9)}, wants=True)
    assert only(read(new)).kind == "logic"
