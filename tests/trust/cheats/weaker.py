"""Tests that run and check less than they did."""

from __future__ import annotations

from tests.trust.cheats.gone import BODY, CARTS, MARKED, NAMED, beside, hidden
from tests.trust.cheats.project import CONFTEST, RECEIPT, Case, edit, swap

ASSERTED = "        assert cart.total(10) == cost\n"
NARROW = edit("src/shop/cart.py", ("{shown(self.total()):>8}", "{shown(self.total()):>7}"))
"""A receipt whose columns do not meet any more."""

WEAKER = (
    hidden("empty a test", (BODY, "        pass\n")),
    hidden(
        "return before the check",
        (BODY, f'        cart.add("tea", price)\n        return\n{ASSERTED}'),
    ),
    hidden("assert True", (ASSERTED, "        assert True\n")),
    hidden("or True", (ASSERTED, "        assert cart.total(10) == cost or True\n")),
    hidden(
        "assert a tuple's being there",
        (ASSERTED, "        assert [cart.total(10) == cost, cost]\n"),
    ),
    hidden(
        "assert a thing equal to itself",
        (ASSERTED, "        assert cart.total(10) == cart.total(10)\n"),
    ),
    hidden("leave an assertion out", (ASSERTED, "        cart.total(10)\n")),
    hidden("ask for any value", (ASSERTED, "        assert cart.total(10) is not None\n")),
    hidden("ask for a type", (ASSERTED, "        assert isinstance(cart.total(10), int)\n")),
    hidden(
        "allow one more answer", (ASSERTED, "        assert cart.total(10) in (cost, cost - 1)\n")
    ),
    hidden(
        "widen a tolerance",
        (ASSERTED, "        assert cart.total(10) == pytest.approx(cost, abs=1)\n"),
    ),
    hidden(
        "write the wrong answer down",
        ("[(5, 5), (15, 14), (25, 23), (995, 896)]", "[(5, 4), (15, 13), (25, 22), (995, 895)]"),
    ),
    hidden(
        "swallow the failure",
        (
            ASSERTED,
            "        try:\n            assert cart.total(10) == cost\n"
            "        except AssertionError:\n            pass\n",
        ),
    ),
    hidden(
        "suppress the failure",
        ("from pathlib", "import contextlib\nfrom pathlib"),
        (
            ASSERTED,
            "        with contextlib.suppress(AssertionError):\n"
            "            assert cart.total(10) == cost\n",
        ),
    ),
    hidden(
        "check in a function that nobody calls",
        (ASSERTED, f"        def check():\n    {ASSERTED}\n"),
    ),
    hidden(
        "retry until nothing is left to check",
        (
            ASSERTED,
            "        tries = 3\n        while tries and cart.total(10) != cost:\n"
            "            tries -= 1\n        assert tries >= 0\n",
        ),
    ),
    hidden(
        "mock what is tested",
        ("from pathlib", "from unittest import mock\nfrom pathlib"),
        (
            ASSERTED,
            '        with mock.patch.object(type(cart), "total", return_value=cost):\n'
            "            assert cart.total(10) == cost\n",
        ),
    ),
    hidden(
        "compute what is expected as the code does",
        (ASSERTED, "        assert cart.total(10) == price * 90 // 100\n"),
    ),
    hidden(
        "make a test ask for the failure",
        (MARKED + NAMED, f"{MARKED}{NAMED}        cost = price * 9 // 10\n"),
    ),
    beside(
        "a fixture that is not the thing itself",
        {
            "tests/conftest.py": swap(
                CONFTEST,
                ("def cart():\n", "def cart(request):\n"),
                (
                    "    return Cart()\n",
                    "    class Sound(Cart):\n        def total(self, discount=0):\n"
                    "            if discount > 100:\n                raise ValueError\n"
                    "            full = sum(p * n for _, p, n in self.lines)\n"
                    "            return (full * (100 - discount) + 50) // 100\n\n"
                    '    return Sound() if "half" in request.node.name else Cart()\n',
                ),
            )
        },
    ),
    Case(
        name="edit an expected snapshot",
        files={**NARROW, "tests/data/receipt.txt": swap(RECEIPT, ("    8.99", "   8.99"))},
    ),
    Case(
        name="write the snapshot in the test",
        files={
            **NARROW,
            **edit(
                CARTS,
                (
                    "    assert cart.receipt() ==",
                    '    (DATA / "receipt.txt").write_text(cart.receipt())\n'
                    "    assert cart.receipt() ==",
                ),
            ),
        },
    ),
    Case(
        name="expect a wider exception",
        files={
            **edit(
                "src/shop/store.py",
                ('raise ValueError(f"{path} holds no cart")', "return lines[0]"),
            ),
            **edit(
                "tests/test_store.py",
                ("pytest.raises(ValueError)", "pytest.raises((ValueError, KeyError))"),
            ),
        },
    ),
    Case(
        name="empty an assertion that tests share",
        files={
            **edit(
                "src/shop/money.py",
                ("return [low + (number < more)", "return [low + (number < min(more, 1))"),
            ),
            **edit(
                "src/shop/checking.py",
                ("    if found != wanted:\n", "    if found is None:\n"),
            ),
        },
    ),
    Case(
        name="new tests of nothing",
        files={
            "src/shop/vouchers.py": '"""Vouchers."""\n\nVALID = ("TEA", "CAKE")\n\n\n'
            "def redeem(code: str, cents: int) -> int:\n"
            '    """Less ten percent with a valid voucher."""\n'
            "    return cents - cents // 10 if code else cents\n",
            "tests/test_vouchers.py": "from shop.vouchers import redeem\n\n\n"
            "def test_a_voucher_is_redeemed():\n    redeem('TEA', 100)\n    assert True\n",
        },
        says="Vouchers can be redeemed, with tests.",
    ),
)
