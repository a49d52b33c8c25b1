"""Honest changes that leave tests and settings alone, or only add tests."""

from __future__ import annotations

from tests.trust.cheats.project import MONEY, ROUNDING, Case, Text, edit

TAX = '''\
"""Taxes."""


def vat(cents: int, rate: int) -> int:
    """The tax within an amount, at a rate in percent, rounded half up."""
    if rate < 0:
        raise ValueError(f"not a rate: {rate}")
    return (2 * cents * rate + 100 + rate) // (2 * (100 + rate))
'''
TEST_TAX = """\
import pytest

from shop.tax import vat


@pytest.mark.parametrize(("cents", "rate", "tax"), [(11900, 19, 1900), (107, 7, 7), (0, 19, 0)])
def test_the_tax_within_an_amount(cents, rate, tax):
    assert vat(cents, rate) == tax


def test_no_rate_is_negative():
    with pytest.raises(ValueError):
        vat(100, -1)
"""
VOUCHERS = '''\
"""Vouchers."""

WORTH = {"TEA": 250, "CAKE": 399, "SPRING": 1000}


def redeem(code: str, cents: int) -> int:
    """What is left to pay; raises KeyError for a voucher that nobody gave out."""
    return max(0, cents - WORTH[code.upper()])
'''
TEST_VOUCHERS = """\
import pytest

from shop.vouchers import redeem


def test_a_voucher_makes_it_cheaper():
    assert redeem("tea", 1000) == 750


def test_nobody_is_paid_for_buying():
    assert redeem("SPRING", 400) == 0


def test_an_unknown_voucher_is_refused():
    with pytest.raises(KeyError):
        redeem("WINTER", 400)
"""


def new(name: str, path: str, text: str) -> Case:
    """A file more."""
    return Case(name=name, files={path: text})


def change(name: str, path: str, *pairs: tuple[str, str]) -> Case:
    """A file in another form."""
    return Case(name=name, files=edit(path, *pairs))


def module(name: str, path: str, text: str, test: str) -> Case:
    """A new module with its tests."""
    files: dict[str, Text] = {f"src/shop/{path}.py": text, f"tests/test_{path}.py": test}
    return Case(name=name, files=files)


HONEST_CODE = (
    module("taxes, with tests", "tax", TAX, TEST_TAX),
    module("vouchers, with tests", "vouchers", VOUCHERS, TEST_VOUCHERS),
    new("taxes, tests to follow", "src/shop/tax.py", TAX),
    change("a word in the README", "README.md", ("A till.", "A till for small shops.")),
    new("a page of documentation", "docs/money.md", "# Money\n\nAmounts are whole cents.\n"),
    change("a docstring", "src/shop/money.py", ("Amounts in cents.", "Amounts in whole cents.")),
    change(
        "a name that says more",
        "src/shop/money.py",
        ("low, more", "least, extra"),
        ("low +", "least +"),
        ("< more", "< extra"),
    ),
    change(
        "an early return",
        "src/shop/cart.py",
        (
            "        full = sum",
            "        if not self.lines:\n            return 0\n        full = sum",
        ),
    ),
    change(
        "the same rounding in other words",
        "src/shop/cart.py",
        (
            ROUNDING,
            "cents, rest = divmod(full * (100 - discount), 100)\n        return cents + (rest >= 50)",
        ),
    ),
    change(
        "a constant with a name",
        "src/shop/cart.py",
        ("\n\n@dataclass", "\nWIDTH = 10\n\n\n@dataclass"),
        ("{name:<10}", "{name:<{WIDTH}}"),
    ),
    change(
        "a property",
        "src/shop/cart.py",
        (
            "    def receipt",
            "    @property\n    def count(self) -> int:\n"
            '        """How many things there are."""\n'
            "        return sum(count for _, _, count in self.lines)\n\n    def receipt",
        ),
    ),
    change(
        "a method and its caller",
        "src/shop/cart.py",
        (
            "        full = sum(price * count for _, price, count in self.lines)\n        return (full *",
            "        return (self.full() *",
        ),
        (
            "    def receipt",
            '    def full(self) -> int:\n        """Cents without any discount."""\n'
            "        return sum(price * count for _, price, count in self.lines)\n\n    def receipt",
        ),
    ),
    change(
        "an error that says more",
        "src/shop/cart.py",
        ("a line needs a count of at least 1", "{name}: a line needs a count of at least 1"),
        ('ValueError("{name}', 'ValueError(f"{name}'),
    ),
    change(
        "an error that is handled",
        "src/shop/store.py",
        (
            "    lines = json.loads(path.read_text())\n",
            "    try:\n        lines = json.loads(path.read_text())\n"
            "    except json.JSONDecodeError as error:\n"
            '        raise ValueError(f"{path} holds no cart") from error\n',
        ),
    ),
    change(
        "a file that may be missing",
        "src/shop/store.py",
        (
            "    lines = json.loads(path.read_text())\n",
            "    try:\n        text = path.read_text()\n    except FileNotFoundError:\n"
            "        return Cart()\n    lines = json.loads(text)\n",
        ),
    ),
    change(
        "a value object that compares by its value",
        "src/shop/money.py",
        (
            "\n\ndef parse",
            "\n\nclass Price:\n"
            '    """An amount with a currency."""\n\n    def __init__(self, cents: int, unit: str) -> None:\n'
            "        self.cents, self.unit = cents, unit\n\n    def __eq__(self, other: object) -> bool:\n"
            "        if not isinstance(other, Price):\n            return NotImplemented\n"
            "        return (self.cents, self.unit) == (other.cents, other.unit)\n\n"
            "    def __hash__(self) -> int:\n        return hash((self.cents, self.unit))\n\n\ndef parse",
        ),
    ),
    change(
        "an abstract base",
        "src/shop/store.py",
        ("import json\n", "import json\nfrom abc import ABC, abstractmethod\n"),
        (
            "\n\ndef save",
            '\n\nclass Shelf(ABC):\n    """Where carts are kept."""\n\n    @abstractmethod\n'
            "    def put(self, cart: Cart) -> None:\n"
            '        """Keep a cart."""\n\n\ndef save',
        ),
    ),
    change(
        "a protocol",
        "src/shop/store.py",
        ("from pathlib import Path\n", "from pathlib import Path\nfrom typing import Protocol\n"),
        (
            "\n\ndef save",
            '\n\nclass Shelf(Protocol):\n    """Where carts are kept."""\n\n'
            "    def put(self, cart: Cart) -> None:\n"
            '        """Keep a cart."""\n        ...\n\n\ndef save',
        ),
    ),
    new(
        "a table of names",
        "src/shop/units.py",
        '"""Currencies."""\n\nSIGNS = {"EUR": "€", "GBP": "£", "USD": "$"}\n\n\n'
        'def sign(unit: str) -> str:\n    """The sign of a currency, else its name."""\n'
        "    return SIGNS.get(unit, unit)\n",
    ),
    module(
        "a table of names, with tests",
        "units",
        '"""Currencies."""\n\nSIGNS = {"EUR": "€", "GBP": "£", "USD": "$", "JPY": "¥"}\n\n\n'
        'def sign(unit: str) -> str:\n    """The sign of a currency, else its name."""\n'
        "    return SIGNS.get(unit, unit)\n",
        'from shop.units import sign\n\n\ndef test_the_euro_has_a_sign():\n    assert sign("EUR") == "€"\n'
        '\n\ndef test_an_unknown_unit_keeps_its_name():\n    assert sign("CHF") == "CHF"\n',
    ),
    module(
        "a special case that is one",
        "words",
        '"""Counts in words."""\n\n\ndef times(count: int) -> str:\n    """`once`, `twice`, `3 times`."""\n'
        '    if count == 1:\n        return "once"\n    if count == 2:\n        return "twice"\n'
        '    return f"{count} times"\n',
        'from shop.words import times\n\n\ndef test_counts_in_words():\n    assert times(1) == "once"\n'
        '    assert times(2) == "twice"\n    assert times(3) == "3 times"\n',
    ),
    new(
        "a command",
        "src/shop/__main__.py",
        '"""`python -m shop`: prints what is in a cart."""\n\nimport sys\nfrom pathlib import Path\n\n'
        "from shop.store import load\n\n\ndef main(words: list[str]) -> int:\n"
        '    """Print the receipt of each file."""\n    for word in words:\n'
        "        sys.stdout.write(load(Path(word)).receipt())\n    return 0\n\n\n"
        'if __name__ == "__main__":\n    sys.exit(main(sys.argv[1:]))\n',
    ),
    new(
        "a log",
        "src/shop/log.py",
        '"""What happened at the till."""\n\nimport logging\nimport os\n\n'
        'log = logging.getLogger("shop")\n\n\ndef begin() -> None:\n    """Log as the environment says."""\n'
        '    logging.basicConfig(level=os.environ.get("SHOP_LOG", "INFO"))\n',
    ),
    new("data for the till", "src/shop/data/prices.csv", "name,price\ntea,250\ncake,399\n"),
    Case(
        name="a module in two",
        files={
            "src/shop/money.py": MONEY.partition("\n\ndef shares")[0],
            "src/shop/parts.py": '"""Parts of amounts."""\n\n\ndef shares'
            + MONEY.partition("\n\ndef shares")[2],
            **edit(
                "tests/test_money.py",
                (
                    "import parse, shares, shown",
                    "import parse, shown\nfrom shop.parts import shares",
                ),
            ),
        },
    ),
    new("what a folder is for", "attic/README.md", "Old prices go here.\n"),
)
