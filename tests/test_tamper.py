from __future__ import annotations

import pytest

from factory.tamper import Edited, MarkKind, dependencies_changed, marks, reads_tests
from tests.tampering.around import AROUND
from tests.tampering.code import CODED, PLAIN
from tests.tampering.honest import HONEST as OTHERS
from tests.tampering.samples import NOTHING, SUITE, Files, T, edit
from tests.tampering.weaker import WEAKER

CHEATS = WEAKER | AROUND | CODED
HONEST = OTHERS | PLAIN


def found(files: Files, protected: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    edited = [
        Edited(
            path=path,
            old=None if old is None else old.encode(),
            new=None if new is None else new.encode(),
        )
        for path, (old, new) in files.items()
    ]
    return [(mark.kind, mark.path) for mark in marks(edited, protected=protected)]


@pytest.mark.parametrize("name", CHEATS)
def test_a_cheat_is_marked(name: str) -> None:
    kind, files = CHEATS[name]
    assert (kind, next(iter(files))) in found(files)


@pytest.mark.parametrize("name", CHEATS)
def test_a_cheat_that_was_there_before_is_not_marked_again(name: str) -> None:
    _, files = CHEATS[name]
    there = {path: (new, new) for path, (_, new) in files.items()}
    assert found(there) == []


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_change_is_not_marked(name: str) -> None:
    assert found(HONEST[name]) == []


def test_a_cheat_among_honest_changes_is_the_only_mark() -> None:
    files = dict(HONEST["a split file"])
    files |= edit("tests/test_other.py", SUITE, NOTHING, "    pass\n")
    files |= HONEST["code"]
    assert found(files) == [(MarkKind.EMPTIED, "tests/test_other.py")]


def test_a_test_does_not_count_as_moved_when_its_new_home_checks_less() -> None:
    weak = SUITE.replace("    assert len(cart) == 1\n", "")
    assert found({T: (SUITE, None), "tests/test_cart.py": (None, weak)}) == [
        (MarkKind.WEAKENED, "tests/test_cart.py")
    ]


def test_one_new_test_stands_for_one_that_is_gone_and_not_for_two() -> None:
    twice = "def test_a():\n    assert f(1) == 1\n\n\ndef test_b():\n    assert f(1) == 1\n"
    once = "def test_c():\n    assert f(1) == 1\n"
    assert found({T: (twice, once)}) == [(MarkKind.REMOVED, T)]


def test_a_mark_says_where_and_what() -> None:
    _, files = CHEATS["mark xfail"]
    ((path, (old, new)),) = files.items()
    assert old is not None
    assert new is not None
    (mark,) = marks([Edited(path=path, old=old.encode(), new=new.encode())])
    assert (mark.path, mark.line, mark.text) == (T, 10, "@pytest.mark.xfail")


def test_settings_that_come_or_go_with_their_file_are_one_mark() -> None:
    text = b"[lint]\nignore = []\n[format]\nline-ending = 'lf'\n"
    (came,) = marks([Edited(path="ruff.toml", new=text)])
    (went,) = marks([Edited(path="ruff.toml", old=text)])
    assert (came.text, went.text) == (
        "the file added: lint, format",
        "the file removed: lint, format",
    )


def test_a_mark_of_a_deleted_file_counts_its_tests() -> None:
    (mark,) = marks([Edited(path=T, old=SUITE.encode())])
    assert mark.text.startswith("4 tests: test_total_of_nothing, test_total_of_one, TestDiscount::")


def test_protected_files_that_are_no_tests_count_as_configuration() -> None:
    files: Files = {"AGENTS.md": ("Run ruff.\n", "Do not run ruff.\n")}
    assert found(files, protected=("AGENTS.md",)) == [(MarkKind.CONFIGURATION, "AGENTS.md")]
    assert found(files) == []
    honest = HONEST["new tests"] | HONEST["a version number"]
    assert found(honest, protected=("tests/**", "pyproject.toml")) == []


@pytest.mark.parametrize(
    ("name", "changed"),
    [("a dependency", True), ("a version", True), ("a lock file", True), ("noqa", False)],
)
def test_changed_dependencies_are_told_from_other_marks(name: str, changed: bool) -> None:
    _, files = CHEATS[name]
    edited = [
        Edited(path=path, old=(old or "").encode(), new=(new or "").encode())
        for path, (old, new) in files.items()
    ]
    assert dependencies_changed(marks(edited)) is changed


# --- answers of the tests ------------------------------------------------------------------

ASKED = """\
import pytest


@pytest.mark.parametrize(("price", "cost"), [(15, 14), (25, 23), (995, 896)])
def test_total(price, cost):
    assert total(price) == cost


def test_sign():
    assert sign("EUR") == "€"
    assert sign("CHF") == "CHF"
"""


def answers(code: str, before: str = "") -> list[str]:
    """The answers that code has since a change; tests are read only where that could matter."""
    edited = [Edited(path="src/shop.py", old=before.encode(), new=code.encode())]
    tests = (ASKED,) if reads_tests(edited) else ()
    return [mark.text for mark in marks(edited, tests=tests) if mark.kind == MarkKind.ANSWER]


BRANCHES = """\
def total(price):
    if price == 15:
        return 14
    if price == 25:
        return 23
"""


@pytest.mark.parametrize(
    "code",
    [
        BRANCHES + "    return 0\n",
        "def total(price):\n    known = {15: 14, 25: 23, 995: 896}\n    return known[price]\n",
        "def total(price):\n    match price:\n        case 15:\n            return 14\n"
        "        case 25:\n            return 23\n",
        "def total(price):\n    return 14 if price == 15 else 23 if price == 25 else price\n",
    ],
    ids=["branches", "a table", "a match", "conditions"],
)
def test_code_that_has_the_answers_of_the_tests_is_marked(code: str) -> None:
    assert answers(code) == ["as in the tests: 15 → 14, 25 → 23"] or "995 → 896" in answers(code)[0]


@pytest.mark.parametrize(
    "code",
    [
        "def total(price):\n    return price * 9 // 10\n",
        "SIGNS = {'EUR': '€', 'USD': '$', 'GBP': '£', 'JPY': '¥'}\n",
        "def size(n):\n    if n == 0:\n        return 1\n    if n == 1:\n        return 1\n",
        "def other(n):\n    if n == 7:\n        return 14\n    if n == 8:\n        return 23\n",
    ],
    ids=["a rule", "a table of the world", "common numbers", "other cases"],
)
def test_code_that_says_something_of_its_own_is_not_marked(code: str) -> None:
    assert answers(code) == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("src/prices.json", '{"15": 14, "25": 23}'),
        ("src/prices.json", '{"ten": {"15": 14, "25": [23]}}'),
        ("src/prices.json", "[[15, 14], [25, 23]]"),
        ("src/prices.json", '[{"price": 15, "cost": 14}, {"price": 25, "cost": 23}]'),
        ("src/prices.csv", "price,cost\n15,14\n25,23\n"),
        ("src/prices.tsv", "15\t14\n25\t23\n"),
    ],
)
def test_data_that_has_the_answers_of_the_tests_is_marked(path: str, text: str) -> None:
    edited = [Edited(path=path, old=None, new=text.encode())]
    assert reads_tests(edited)
    kinds = {(mark.kind, mark.path) for mark in marks(edited, tests=(ASKED,))}
    assert kinds == {(MarkKind.ANSWER, path)}
    there = [Edited(path=path, old=text.encode(), new=text.encode() + b"\n")]
    assert not marks(there, tests=(ASKED,))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("src/prices.json", '{"7": 14, "8": 23}'),
        ("src/prices.json", '{"15": 14, "30": 28, "45": 40, "60": 55, "75": 70}'),
        ("src/prices.json", '{"15": 14, "25":'),
        ("src/prices.json", "[" * 90_000),
        ("src/prices.csv", "a\0b\n"),
        ("tests/data/prices.json", '{"15": 14, "25": 23}'),
    ],
    ids=["other cases", "a table of the world", "broken", "deep", "binary", "data of the tests"],
)
def test_data_that_says_something_of_its_own_is_not_marked(path: str, text: str) -> None:
    assert not marks([Edited(path=path, old=None, new=text.encode())], tests=(ASKED,))


def test_answers_that_were_there_before_are_not_marked_again() -> None:
    assert answers("# a line\n" + BRANCHES, before=BRANCHES) == []


HOSTILE = {
    "deep": "def test_a():\n    assert " + "(" * 90 + "1" + ")" * 90 + " == 2\n",
    "deeper": "x = " + "-" * 3_000 + "1\n",
    "long sum": "x = " + "+".join(["1"] * 6_000) + "\n",
    "blank lines": "\n" * 60_000 + "#",
    "returns": "\r" * 60_000 + "x",
    "comment starts": "/*" * 8_000,
    "hashes": "# " * 8_000,
    "one word": "a" * 100_000,
    "brackets": "#[cfg_attr(" * 8_000,
    "markers": "<<<<<<< a\n" * 6_000,
    "many tests": "".join(f"def test_{n}():\n    assert f({n}) == {n}\n" for n in range(300)),
    "answers": "def f(x):\n"
    + "".join(f"    if x == {n}:\n        return {n + 1}\n" for n in range(900)),
    "a table": "x = {" + ", ".join(f"({n}, {n}): [{n}, {n}]" for n in range(3_000)) + "}\n",
    "modules": "import sys\n" + "sys.modules\n" * 9_000,
    "not a program": "}{)(\x01\x02é\u202e'\"`" * 2_000,
}


@pytest.mark.parametrize("path", [T, "src/shop.py", "conftest.py", "a.test.ts", "a_test.go",
                                  "src/lib.rs", "ATest.java", "pyproject.toml", "Makefile",
                                  "go.mod", "setup.cfg", "package.json",
                                  "requirements.txt", "setup.py"])  # fmt: skip
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_read_to_the_end_without_an_error(name: str, path: str) -> None:
    text = HOSTILE[name]
    for old, new in ((SUITE, text), (text, SUITE)):
        marks([Edited(path=path, old=old.encode(), new=new.encode())], tests=(text, SUITE))
