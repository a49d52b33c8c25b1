from __future__ import annotations

import pytest

from tests.trees import A_COMMIT, ANOTHER, LINK, MODULE, PROGRAM, File, Trees, only, read, whole


@pytest.fixture(scope="module")
def trees(tmp_path_factory: pytest.TempPathFactory) -> Trees:
    return Trees(tmp_path_factory.mktemp("trees") / "repository")


# --- what lines do not show ----------------------------------------------------------------

BLOB = bytes(range(256)) * 16


@pytest.mark.parametrize(
    ("old", "new", "notes"),
    [
        (b"x\n", File(contents=b"x\n", mode=PROGRAM), ("mode 644 → 755",)),
        (None, File(contents=b"x\n", mode=PROGRAM), ("new, executable",)),
        (None, b"", ("new empty file",)),
        (b"x\n", None, ("deleted",)),
        (b"", None, ("deleted, was empty",)),
        (BLOB, BLOB * 2, ("binary, 4 KB → 8 KB",)),
        (None, BLOB, ("binary, 4 KB",)),
        (BLOB, None, ("deleted", "binary, 4 KB")),
        (None, File(contents=b"../x", mode=LINK), ("symlink to ../x",)),
        (
            b"x\n",
            File(contents=b"/etc/passwd", mode=LINK),
            ("type changed: file → symlink", "symlink to /etc/passwd"),
        ),
        (
            File(contents=A_COMMIT, mode=MODULE),
            File(contents=ANOTHER, mode=MODULE),
            ("submodule aaaaaaa → bbbbbbb: its files are not in this review",),
        ),
        (
            None,
            File(contents=ANOTHER, mode=MODULE),
            ("submodule none → bbbbbbb: its files are not in this review",),
        ),
        (b"x\n", b"y\n", ()),
    ],
)
def test_a_file_notes_what_its_lines_do_not_show(
    trees: Trees, old: File | bytes | None, new: File | bytes | None, notes: tuple[str, ...]
) -> None:
    left = {b"thing": old} if old is not None else {}
    right = {b"thing": new} if new is not None else {}
    found = read(trees.said(left, right))
    assert only(found).notes == notes
    assert [row.text for row in whole(found) if row.kind == "n" and not row.hunk] == list(notes)


def test_a_binary_file_is_a_note_and_has_no_lines(trees: Trees) -> None:
    found = read(trees.said({}, {b"logo.png": b"\x89PNG\r\n\x1a\n" + BLOB}))
    assert (only(found).hunks, found.added, found.rows) == ((), 0, 2)
    assert "binary" in only(found).badges


def test_one_nul_does_not_hide_a_script_from_its_reader(trees: Trees) -> None:
    script = b"#!/bin/sh\n# \0\n" + b"echo a line of a script that somebody should read\n" * 9
    found = read(trees.said({}, {b"run.sh": script}))
    assert found.added == 11
    assert only(found).badges == ("NUL bytes",)


def test_stray_bytes_beside_a_nul_do_not_hide_it_either(trees: Trees) -> None:
    script = b"#!/bin/sh\n# \0 \xff\n" + b"echo a line of a script that somebody should read\n" * 9
    assert only(read(trees.said({}, {b"run.sh": script}))).badges == ("not UTF-8", "NUL bytes")


def test_an_attribute_of_the_repository_does_not_hide_lines(trees: Trees) -> None:
    attributes = trees.folder / ".gitattributes"
    attributes.write_text("*.py -diff\n")
    try:
        shown = read(trees.said({}, {b"a.py": b"import os\n"}))
        hidden = read(trees.said({}, {b"a.py": b"import os\n"}, text=False))
    finally:
        attributes.unlink()
    assert only(shown).added == 1
    assert only(hidden).added == 0  # what --text protects from; it still says so
    assert only(hidden).notes == ("binary, 10 B",)


# --- what to look at twice -----------------------------------------------------------------

EVASIONS = [
    ("bidi", "if admin:\u202e # } \u2066\n", "bidi characters"),
    ("zero width", "pass\u200bword = 1\n", "invisible characters"),
    ("byte order mark", "\ufeffimport os\n", "invisible characters"),
    ("tag characters", "x = 'a\U000e0041\U000e0042'\n", "invisible characters"),
    ("joiner in a name", "user1\u200d = 2\n", "invisible characters"),
    ("Cyrillic a", "is_\u0430dmin = True\n", "lookalike letters"),
    ("wide letters", "\uff41dmin = True\n", "lookalike letters"),
    ("nothing but Cyrillic", "\u0441\u043e\u0440 = 1  # \u044d\u0442\u043e\n", "lookalike letters"),
    ("bold letters", "\U0001d41e\U0001d42f\U0001d41a\U0001d425(x)\n", "lookalike letters"),
    ("a click for a bang", "if x \u01c3= y:\n", "lookalike letters"),
    ("a Greek question mark", "x = 1\u037e\n", "lookalike letters"),
    ("a blank of Braille", "x = 1;\u2800\n", "invisible characters"),
    ("carriage return", "evil()\r# harmless\n", "CR inside a line"),
    ("escape", "print('\x1b[2K')\n", "control characters"),
    ("form feed", "x = 1\x0c\n", "control characters"),
    ("one-byte escape", "x = '\u009b2K'\n", "control characters"),
    ("long line", "x = '" + "a" * 1100 + "'; evil()\n", "long lines"),
    ("pushed by spaces", "x = 1;" + " " * 200 + "evil()\n", "code pushed right"),
    ("pushed by tabs", "x = 1;" + "\t" * 16 + "evil()\n", "code pushed right"),
    ("pushed by both", "x = 1;" + " \t" * 20 + "evil()\n", "code pushed right"),
    ("pushed by wide blanks", "x = 1;" + "\u3000" * 130 + "evil()\n", "code pushed right"),
]


@pytest.mark.parametrize(("line", "badge"), [e[1:] for e in EVASIONS], ids=[e[0] for e in EVASIONS])
def test_a_line_that_reads_as_something_else_gets_a_badge(
    trees: Trees, line: str, badge: str
) -> None:
    added = read(trees.said({b"a.py": b"x\n"}, {b"a.py": b"x\n" + line.encode()}))
    removed = read(trees.said({b"a.py": b"x\n" + line.encode()}, {b"a.py": b"x\n"}))
    assert badge in only(added).badges
    assert only(removed).badges == ()


@pytest.mark.parametrize(
    "line",
    [
        "x = 1",
        "price = '5 €'  # naïve, größer, 日本語",
        "print('👩‍💻 ✔️ 1️⃣')",
        "name = 'Анна и Борис'",
        "# ура, это рука; все со мной",
        "Δx = μ * 2",
        " " * 56 + "deep = 1",
        "\t" * 7 + "deep := 1",
        "# " + "-" * 97,
        "table = [" + " " * 40 + "]",
        "x = 1" + " " * 200,
    ],
)
def test_an_honest_line_gets_no_badge(trees: Trees, line: str) -> None:
    text = (line + "\nnext_line = 1\n").encode()
    assert only(read(trees.said({}, {b"a.py": text}))).badges == ()


def test_line_ends_that_change_are_said(trees: Trees) -> None:
    changed = read(trees.said({b"a": b"one\ntwo\n"}, {b"a": b"one\r\ntwo\r\n"}))
    same = read(trees.said({b"a": b"one\r\ntwo\r\n"}, {b"a": b"one\r\n2\r\n"}))
    assert only(changed).badges == ("line ends changed",)
    assert only(same).badges == ()


@pytest.mark.parametrize(
    ("path", "badge"),
    [
        (b"caf\xe9.py", "strange name"),
        ("\u0430dmin.py".encode(), "strange name"),
        (b"a\nb.py", "strange name"),
        (b"a.py ", "strange name"),
        ("cafe\u0301.py".encode(), "strange name"),
        (b"src/.gitattributes", "git attributes"),
    ],
)
def test_a_name_that_misleads_gets_a_badge(trees: Trees, path: bytes, badge: str) -> None:
    assert badge in only(read(trees.said({}, {path: b"x\n"}))).badges
    assert only(read(trees.said({}, {"größe und maß.py".encode(): b"x\n"}))).badges == ()


def test_text_that_is_no_utf8_is_said(trees: Trees) -> None:
    assert only(read(trees.said({}, {b"a.txt": b"caf\xe9\n"}))).badges == ("not UTF-8",)


def test_edited_tests_and_protected_files_say_so_and_new_tests_do_not(trees: Trees) -> None:
    left = {b"tests/test_a.py": b"x\n", b"ci.yml": b"x\n"}
    right = {b"tests/test_a.py": b"y\n", b"ci.yml": b"y\n", b"tests/test_b.py": b"y\n"}
    found = read(trees.said(left, right), protected=("ci.yml",))
    assert {view.path: view.badges for view in found.files} == {
        "tests/test_a.py": ("test-edited",),
        "tests/test_b.py": (),
        "ci.yml": ("protected",),
    }
