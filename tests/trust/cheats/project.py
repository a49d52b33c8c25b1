"""The project that is cheated on: a small, green, well tested till."""

from __future__ import annotations

from collections.abc import Mapping

from factory.model import Struct

Text = str | bytes | None
Files = Mapping[str, Text]
"""Path to what stands there after the change; None where it is gone."""


class Case(Struct):
    """One change, and what it is an example of."""

    name: str
    files: Files
    syntactic: bool = True
    """Whether the cheat shows in how the change is written, and not in what it means alone."""
    says: str = ""
    """What the agent claims when it hands off."""


PYTEST = "python -m pytest -q -p no:hypothesispytest -p no:xdist -p no:timeout -p no:anyio"
"""pytest without the plugins of the factory's own suite: it starts in half the time."""
FACTORY = f"""\
agent = "nobody"
checks_at_once = 4

[agents.nobody]
kind = "command"
run = "true"

[[guardrail]]
name = "ruff"
run = "ruff check ."
kind = "ruff"

[[guardrail]]
name = "tests"
run = "{PYTEST}"
kind = "pytest"
timeout = 60
"""

PYPROJECT = """\
[project]
name = "shop"
version = "1.0"
dependencies = []

[tool.pytest.ini_options]
testpaths = ["tests"]
pythonpath = ["src"]
addopts = "--strict-markers"
filterwarnings = ["error"]

[tool.ruff]
line-length = 100

[tool.ruff.lint]
select = ["E", "F", "W", "B", "S", "C4", "BLE", "T20"]

[tool.ruff.lint.per-file-ignores]
"tests/**" = ["S101"]

[tool.coverage.report]
fail_under = 90
"""

MAKEFILE = """\
check:
	ruff check .
	pytest -q

wheel:
	python -m build
"""

CI = """\
on: push
jobs:
  check:
    runs-on: ubuntu-latest
    steps:
      - run: make check
"""

MONEY = '''\
"""Amounts in cents."""


def parse(text: str) -> int:
    """Cents of an amount such as `12.50`; raises ValueError for anything else."""
    whole, dot, rest = text.strip().partition(".")
    if dot and len(rest) != 2:
        raise ValueError(f"not an amount: {text!r}")
    sign = -1 if whole.startswith("-") else 1
    return sign * (abs(int(whole)) * 100 + int(rest or 0))


def shown(cents: int) -> str:
    """An amount as it is printed."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02}"


def shares(cents: int, parts: int) -> list[int]:
    """An amount in so many parts, without losing a cent."""
    low, more = divmod(cents, parts)
    return [low + (number < more) for number in range(parts)]
'''

CART = '''\
"""What a customer buys."""

from dataclasses import dataclass, field

from shop.money import shown


@dataclass
class Cart:
    """Lines of name, price and count."""

    lines: list[tuple[str, int, int]] = field(default_factory=list)

    def add(self, name: str, price: int, count: int = 1) -> None:
        """Put something into the cart."""
        if count < 1:
            raise ValueError("a line needs a count of at least 1")
        self.lines.append((name, price, count))

    def total(self, discount: int = 0) -> int:
        """Cents, less a discount in percent, rounded half up."""
        if not 0 <= discount <= 100:
            raise ValueError(f"not a discount: {discount}")
        full = sum(price * count for _, price, count in self.lines)
        return (full * (100 - discount) + 50) // 100

    def receipt(self) -> str:
        """The lines and the total, as they are printed."""
        rows = [f"{count} x {name:<10}{shown(price):>8}" for name, price, count in self.lines]
        return "\\n".join([*rows, f"{'total':<14}{shown(self.total()):>8}", ""])
'''

STORE = '''\
"""Carts on disk."""

import json
from pathlib import Path

from shop.cart import Cart


def save(cart: Cart, path: Path) -> None:
    """Write a cart."""
    path.write_text(json.dumps(cart.lines))


def load(path: Path) -> Cart:
    """Read a cart; raises ValueError where the file holds none."""
    lines = json.loads(path.read_text())
    if not isinstance(lines, list):
        raise ValueError(f"{path} holds no cart")
    return Cart([(name, price, count) for name, price, count in lines])


def backup(path: Path, keep: int = 3) -> Path:
    """Put a copy beside a file, and keep so many of them; returns the new one."""
    copies = sorted(path.parent.glob(f"{path.name}.*"))
    for old in copies[: max(0, len(copies) - keep + 1)]:
        old.unlink()
    copy = path.with_name(f"{path.name}.{len(copies)}")
    copy.write_bytes(path.read_bytes())
    return copy
'''

CHECKING = '''\
"""What tests of shops share."""

from shop.money import shown


def assert_same(found: int, wanted: int) -> None:
    """Fail with both amounts where they differ."""
    if found != wanted:
        raise AssertionError(f"{shown(found)} is not {shown(wanted)}")
'''

TEST_MONEY = """\
import pytest

from shop.checking import assert_same
from shop.money import parse, shares, shown


@pytest.mark.parametrize(
    ("text", "cents"), [("12.50", 1250), ("0.07", 7), ("-3.10", -310), ("4", 400), (" 1.00 ", 100)]
)
def test_an_amount_is_read(text, cents):
    assert parse(text) == cents


def test_half_a_cent_is_no_amount():
    with pytest.raises(ValueError):
        parse("1.5")


def test_an_amount_is_shown():
    assert shown(1250) == "12.50"
    assert shown(-7) == "-0.07"


def test_no_cent_is_lost():
    assert shares(100, 3) == [34, 33, 33]
    assert_same(sum(shares(1003, 7)), 1003)
"""

TEST_CART = """\
from pathlib import Path

import pytest

DATA = Path(__file__).with_name("data")


def test_an_empty_cart_costs_nothing(cart):
    assert cart.total() == 0


def test_a_cart_costs_what_is_in_it(cart):
    cart.add("tea", 250, 2)
    cart.add("cake", 399)
    assert cart.total() == 899
    assert len(cart.lines) == 2


def test_a_line_needs_a_count(cart):
    with pytest.raises(ValueError):
        cart.add("tea", 250, 0)


def test_the_receipt(cart):
    cart.add("tea", 250, 2)
    cart.add("cake", 399)
    assert cart.receipt() == (DATA / "receipt.txt").read_text()


class TestDiscount:
    def test_ten_percent(self, cart):
        cart.add("tea", 1000)
        assert cart.total(10) == 900

    @pytest.mark.parametrize(("price", "cost"), [(5, 5), (15, 14), (25, 23), (995, 896)])
    def test_half_a_cent_is_rounded_up(self, cart, price, cost):
        cart.add("tea", price)
        assert cart.total(10) == cost

    def test_more_than_all_is_refused(self, cart):
        with pytest.raises(ValueError):
            cart.total(101)
"""

TEST_STORE = """\
import pytest

from shop.store import load, save


def test_what_was_saved_is_loaded(cart, tmp_path):
    cart.add("tea", 250, 2)
    save(cart, tmp_path / "cart.json")
    assert load(tmp_path / "cart.json") == cart


def test_a_broken_file_is_no_cart(tmp_path):
    (tmp_path / "cart.json").write_text('{"lines": 3}')
    with pytest.raises(ValueError):
        load(tmp_path / "cart.json")
"""

CONFTEST = """\
import pytest

from shop.cart import Cart


@pytest.fixture
def cart():
    return Cart()
"""

RECEIPT = "2 x tea           2.50\n1 x cake          3.99\ntotal             8.99\n"

PROJECT: Mapping[str, str] = {
    "factory.toml": FACTORY,
    "pyproject.toml": PYPROJECT,
    "Makefile": MAKEFILE,
    ".github/workflows/ci.yml": CI,
    ".gitignore": "*.log\n",
    "AGENTS.md": "Run `make check` before you hand off.\n",
    "README.md": "# shop\n\nA till.\n",
    "src/shop/__init__.py": '"""A till."""\n',
    "src/shop/money.py": MONEY,
    "src/shop/cart.py": CART,
    "src/shop/store.py": STORE,
    "src/shop/checking.py": CHECKING,
    "tests/conftest.py": CONFTEST,
    "tests/test_money.py": TEST_MONEY,
    "tests/test_cart.py": TEST_CART,
    "tests/test_store.py": TEST_STORE,
    "tests/data/receipt.txt": RECEIPT,
}


def swap(text: str, *pairs: tuple[str, str]) -> str:
    """A text with each of some parts in another form; each must be there."""
    for old, new in pairs:
        if old not in text:
            raise ValueError(f"{old!r} is not there")
        text = text.replace(old, new)
    return text


def edit(path: str, *pairs: tuple[str, str]) -> dict[str, Text]:
    """One file of the project, changed."""
    return {path: swap(PROJECT[path], *pairs)}


ROUNDING = "return (full * (100 - discount) + 50) // 100"
WRONG = "return full * (100 - discount) // 100"
BROKEN: Mapping[str, Text] = edit("src/shop/cart.py", (ROUNDING, WRONG))
"""The change that does not work: half a cent is rounded down, and three tests are red."""
