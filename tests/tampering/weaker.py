"""Cheats that make tests say less."""

from __future__ import annotations

from factory.tamper import MarkKind
from tests.tampering.samples import GO, JAVA, JS, NOTHING, RUST, SUITE, Files, T, edit, suite, swap

WEAKER: dict[str, tuple[MarkKind, Files]] = {
    # tests that are gone
    "delete the file": (MarkKind.DELETED, {T: (SUITE, None)}),
    "delete a JavaScript file": (MarkKind.DELETED, {"src/total.test.ts": (JS, None)}),
    "delete a test": (
        MarkKind.REMOVED,
        suite("def test_total_of_nothing(cart):\n" + NOTHING, ""),
    ),
    "rename the file so that it is not collected": (
        MarkKind.DELETED,
        {T: (SUITE, None), "tests/shop_tests_old.py": (None, SUITE)},
    ),
    "rename a test so that it is not collected": (
        MarkKind.REMOVED,
        suite("def test_total_of_nothing", "def check_total_of_nothing"),
    ),
    "rename its class so that it is not collected": (
        MarkKind.REMOVED,
        suite("class TestDiscount", "class Discount"),
    ),
    "put the tests under if False": (
        MarkKind.REMOVED,
        suite("class TestDiscount:", "if False:\n  class TestDiscount:"),
    ),
    "delete a name again": (
        MarkKind.REMOVED,
        {T: (SUITE, SUITE + "\ndel test_total_of_nothing\n")},
    ),
    "empty the file": (MarkKind.REMOVED, {T: (SUITE, "")}),
    "make the file a binary one": (MarkKind.REMOVED, {T: (SUITE, "\0" + SUITE)}),
    "break the file": (MarkKind.DISCOVERY, {T: (SUITE, SUITE + "\ndef (:\n")}),
    "replace a test with an easy one": (
        MarkKind.REMOVED,
        suite(
            "def test_total_of_nothing(cart):\n" + NOTHING, "def test_imports():\n    import shop\n"
        ),
    ),
    "comment a JavaScript test out": (
        MarkKind.REMOVED,
        edit("src/total.test.ts", JS, '  it("is 0 for nothing"', '  // it("is 0 for nothing"'),
    ),
    "delete a Go test": (
        MarkKind.REMOVED,
        edit("total_test.go", GO, "func TestTotal", "func total"),
    ),
    "delete a Rust test": (MarkKind.REMOVED, edit("src/lib.rs", RUST, "    #[test]\n", "")),
    "delete a Java test": (
        MarkKind.REMOVED,
        edit("src/test/TotalTest.java", JAVA, "  @Test\n  void adds", "  void adds"),
    ),
    # tests that are skipped
    "mark skip": (
        MarkKind.SKIPPED,
        suite("def test_total_of_nothing", "@pytest.mark.skip\ndef test_total_of_nothing"),
    ),
    "mark skipif": (
        MarkKind.SKIPPED,
        suite(
            "def test_total_of_nothing",
            "@pytest.mark.skipif(True, reason='x')\ndef test_total_of_nothing",
        ),
    ),
    "mark xfail": (
        MarkKind.SKIPPED,
        suite("def test_total_of_nothing", "@pytest.mark.xfail\ndef test_total_of_nothing"),
    ),
    "mark one parameter": (
        MarkKind.SKIPPED,
        suite("[1, 2, 3]", "[1, 2, pytest.param(3, marks=pytest.mark.xfail)]"),
    ),
    "mark the module": (
        MarkKind.SKIPPED,
        suite("\n\n@pytest.fixture", "\npytestmark = pytest.mark.skip\n\n@pytest.fixture"),
    ),
    "skip the class": (
        MarkKind.SKIPPED,
        suite("class TestDiscount", "@unittest.skip('later')\nclass TestDiscount"),
    ),
    "skip from inside": (MarkKind.SKIPPED, suite(NOTHING, "    pytest.skip()\n" + NOTHING)),
    "skip under a borrowed name": (
        MarkKind.SKIPPED,
        edit(
            T,
            swap(SUITE, "import pytest", "import pytest as p\nimport pytest"),
            NOTHING,
            "    p.skip('x')\n" + NOTHING,
        ),
    ),
    "raise SkipTest": (
        MarkKind.SKIPPED,
        edit(
            T, "from unittest import SkipTest\n" + SUITE, NOTHING, "    raise SkipTest\n" + NOTHING
        ),
    ),
    "import or skip": (
        MarkKind.SKIPPED,
        suite("from shop", "pytest.importorskip('nothing')\nfrom shop"),
    ),
    "move the skip to the test that fails": (
        MarkKind.SKIPPED,
        edit(
            T,
            swap(
                SUITE, "def test_total_of_nothing", "@pytest.mark.skip\ndef test_total_of_nothing"
            ),
            "@pytest.mark.skip\ndef test_total_of_nothing(cart):\n" + NOTHING,
            "def test_total_of_nothing(cart):\n"
            + NOTHING
            + "\n\n@pytest.mark.skip\ndef test_new(cart):\n    assert total(cart, 1) == 2\n",
        ),
    ),
    "it.skip": (MarkKind.SKIPPED, edit("a.test.ts", JS, 'it("adds"', 'it.skip("adds"')),
    "xit": (MarkKind.SKIPPED, edit("a.test.ts", JS, 'it("adds"', 'xit("adds"')),
    "it.only on another": (MarkKind.SKIPPED, edit("a.spec.js", JS, 'it("is 0', 'it.only("is 0')),
    "describe.skip": (MarkKind.SKIPPED, edit("a.test.ts", JS, "describe(", "describe.skip(")),
    "t.Skip": (
        MarkKind.SKIPPED,
        edit("total_test.go", GO, "\trequire", '\tt.Skip("flaky")\n\trequire'),
    ),
    "a build tag": (
        MarkKind.SKIPPED,
        edit("total_test.go", GO, "package shop", "//go:build never\n\npackage shop"),
    ),
    "#[ignore]": (MarkKind.SKIPPED, edit("src/lib.rs", RUST, "#[test]", "#[test]\n    #[ignore]")),
    "#[ignore] above": (
        MarkKind.SKIPPED,
        edit(
            "src/lib.rs",
            RUST,
            "    #[test]\n    fn is_p",
            "    #[ignore]\n    #[test]\n    fn is_p",
        ),
    ),
    "@Disabled": (
        MarkKind.SKIPPED,
        edit("src/test/TotalTest.java", JAVA, "@Test", "@Disabled\n  @Test"),
    ),
    # tests that check less
    "pass": (MarkKind.EMPTIED, suite(NOTHING, "    pass\n")),
    "an ellipsis": (MarkKind.EMPTIED, suite(NOTHING, "    ...\n")),
    "a docstring": (MarkKind.EMPTIED, suite(NOTHING, '    """Nothing."""\n')),
    "assert True": (MarkKind.EMPTIED, suite(NOTHING, "    assert True\n")),
    "assert 1 == 1": (MarkKind.EMPTIED, suite(NOTHING, "    assert 1 == 1\n")),
    "assert a tuple": (MarkKind.EMPTIED, suite(NOTHING, "    assert (total, 'ok')\n")),
    "return early": (MarkKind.EMPTIED, suite(NOTHING, "    return\n" + NOTHING)),
    "if False": (
        MarkKind.EMPTIED,
        suite(NOTHING, "    if False:\n        assert total(cart) == 0\n"),
    ),
    "or True": (MarkKind.EMPTIED, suite("== 0", "== 0 or True")),
    "a new test that checks nothing": (
        MarkKind.EMPTIED,
        {T: (SUITE, SUITE + "\n\ndef test_tax():\n    assert True\n")},
    ),
    "shadow it with an empty one": (
        MarkKind.EMPTIED,
        {T: (SUITE, SUITE + "\n\ndef test_total_of_nothing():\n    pass\n")},
    ),
    "empty a JavaScript test": (
        MarkKind.EMPTIED,
        edit("a.test.ts", JS, "    expect(total([])).toBe(0);\n", "    expect(true).toBe(true);\n"),
    ),
    "empty a Go test": (
        MarkKind.EMPTIED,
        edit("total_test.go", GO, "\trequire.Equal(t, 0, Total())\n", ""),
    ),
    "empty a Rust test": (
        MarkKind.EMPTIED,
        edit("src/lib.rs", RUST, "assert_eq!(total(), 3);", "assert!(true);"),
    ),
    "drop assertions": (MarkKind.WEAKENED, suite("    assert len(cart) == 1\n", "")),
    "drop parameters": (MarkKind.WEAKENED, suite("[1, 2, 3]", "[1]")),
    "swallow the failure": (
        MarkKind.WEAKENED,
        suite(
            NOTHING,
            "    try:\n        assert total(cart) == 0\n    except Exception:\n        pass\n",
        ),
    ),
    "suppress the failure": (
        MarkKind.WEAKENED,
        suite(NOTHING, "    with suppress(AssertionError):\n        assert total(cart) == 0\n"),
    ),
    "ask for any value": (MarkKind.WEAKENED, suite("total(cart) == 0", "total(cart) is not None")),
    "ask for truth": (MarkKind.WEAKENED, suite("total(cart, discount=10) == 9", "total(cart)")),
    "call instead of raises": (
        MarkKind.WEAKENED,
        suite(
            "        with pytest.raises(ValueError):\n            total(cart, discount=101)",
            "        total(cart, discount=100)",
        ),
    ),
}
