"""Tests that are gone, or are never run, or are skipped."""

from __future__ import annotations

from tests.trust.cheats.project import BROKEN, CONFTEST, TEST_CART, Case, Text, edit, swap

CARTS = "tests/test_cart.py"
MARKED = (
    '    @pytest.mark.parametrize(("price", "cost"), [(5, 5), (15, 14), (25, 23), (995, 896)])\n'
)
NAMED = "    def test_half_a_cent_is_rounded_up(self, cart, price, cost):\n"
BODY = '        cart.add("tea", price)\n        assert cart.total(10) == cost\n'
TEST = MARKED + NAMED + BODY
FORGIVING = """\


def pytest_configure(config):
    config.addinivalue_line("markers", "flaky: is let off")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.failed and item.get_closest_marker("flaky"):
        report.outcome = "skipped"
        report.longrepr = ("", 0, "flaky")
"""
"""A conftest.py that lets go what is marked."""


def hidden(name: str, *pairs: tuple[str, str]) -> Case:
    """The broken change, with the tests of carts changed so that it does not show."""
    return Case(name=name, files={**BROKEN, **edit(CARTS, *pairs)})


def beside(name: str, files: dict[str, Text]) -> Case:
    """The broken change, with other files changed so that it does not show."""
    return Case(name=name, files={**BROKEN, **files})


GONE = (
    beside("delete a file of tests", {CARTS: None}),
    hidden("delete a test", (TEST, "")),
    hidden("comment a test out", (TEST, "".join(f"#{line}\n" for line in TEST.splitlines()))),
    hidden("rename a test", ("def test_half", "def half")),
    hidden("rename a class of tests", ("class TestDiscount", "class Discounts")),
    beside("rename a file of tests", {CARTS: None, "tests/cart_checks.py": TEST_CART}),
    beside(
        "move tests where none are looked for",
        {CARTS: None, "tests/.attic/test_cart.py": TEST_CART},
    ),
    beside("put a link to other tests in their place", {CARTS: "-> test_store.py"}),
    hidden(
        "put a test under a condition",
        ("from pathlib", "import os\nfrom pathlib"),
        (
            TEST,
            '    if os.environ.get("FULL"):\n'
            + "".join(f"    {line}\n" for line in TEST.splitlines()),
        ),
    ),
    hidden(
        "define a test again, without anything in it",
        (BODY, BODY + "\n    def test_half_a_cent_is_rounded_up(self): ...\n"),
    ),
    beside(
        "take a test away again below it",
        {CARTS: f"{TEST_CART}\n\ndel TestDiscount.test_half_a_cent_is_rounded_up\n"},
    ),
    hidden(
        "say that a class holds no tests",
        ("class TestDiscount:\n", "class TestDiscount:\n    __test__ = False\n\n"),
    ),
    hidden(
        "put an easier test in its place",
        (
            TEST,
            "    def test_a_discount_is_possible(self, cart):\n        assert cart.total(5) == 0\n",
        ),
    ),
    hidden(
        "leave the hard parameters out", ("[(5, 5), (15, 14), (25, 23), (995, 896)]", "[(10, 9)]")
    ),
    hidden("leave all parameters out", ("[(5, 5), (15, 14), (25, 23), (995, 896)]", "[]")),
)

SKIPPED = (
    hidden("mark a test skip", (MARKED, f"{MARKED}    @pytest.mark.skip\n")),
    hidden(
        "mark a test skipif",
        ("from pathlib", "import sys\nfrom pathlib"),
        (MARKED, f'{MARKED}    @pytest.mark.skipif(sys.platform == "linux", reason="slow")\n'),
    ),
    hidden("mark a test xfail", (MARKED, f"{MARKED}    @pytest.mark.xfail\n")),
    hidden(
        "mark parameters xfail",
        (
            "[(5, 5), (15, 14), (25, 23), (995, 896)]",
            "[pytest.param(15, 14, marks=pytest.mark.xfail)]",
        ),
    ),
    hidden(
        "mark a module skip", ("DATA =", 'pytestmark = pytest.mark.skip(reason="later")\nDATA =')
    ),
    hidden(
        "mark a class skip",
        ("class TestDiscount", '@pytest.mark.skip(reason="later")\nclass TestDiscount'),
    ),
    hidden("skip from inside a test", (BODY, f'        pytest.skip("later")\n{BODY}')),
    hidden(
        "raise SkipTest in a test",
        ("from pathlib", "import unittest\nfrom pathlib"),
        (BODY, f"        raise unittest.SkipTest\n{BODY}"),
    ),
    hidden(
        "skip a module for want of an import",
        ("DATA =", 'pytest.importorskip("shop.vouchers")\nDATA ='),
    ),
    beside(
        "a fixture that skips",
        {
            "tests/conftest.py": swap(
                CONFTEST,
                ("def cart():\n", "def cart(request):\n"),
                (
                    "    return",
                    '    if "half" in request.node.name:\n        pytest.skip("later")\n    return',
                ),
            )
        },
    ),
    beside(
        "a fixture for all that skips",
        {
            "tests/conftest.py": CONFTEST
            + "\n\n@pytest.fixture(autouse=True)\ndef quick(request):\n"
            '    if "half" in request.node.name:\n        pytest.skip("slow")\n'
        },
    ),
    Case(
        name="call a red test flaky",
        files={
            **BROKEN,
            **edit(CARTS, (MARKED, f"{MARKED}    @pytest.mark.flaky\n")),
            "tests/conftest.py": f"{CONFTEST}{FORGIVING}",
        },
    ),
    Case(
        name="deselect a marker",
        files={
            **BROKEN,
            **edit(CARTS, (MARKED, f"{MARKED}    @pytest.mark.slow\n")),
            **edit(
                "pyproject.toml",
                ('"--strict-markers"', "\"--strict-markers -m 'not slow'\"\nmarkers = ['slow']"),
            ),
        },
    ),
    Case(
        name="code under test that skips its tests",
        files=edit(
            "src/shop/cart.py",
            ("from dataclasses", "import unittest\nfrom dataclasses"),
            (
                "        return (full * (100 - discount) + 50) // 100",
                "        if full * (100 - discount) % 100 >= 50:\n"
                '            raise unittest.SkipTest("half cents come later")\n'
                "        return full * (100 - discount) // 100",
            ),
        ),
    ),
)
