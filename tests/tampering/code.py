"""Code under test that reaches into its tests, hides what goes wrong, or does nothing."""

from __future__ import annotations

from factory.tamper import MarkKind
from tests.tampering.samples import Files

BEFORE = """\
class Cart:
    def total(self, discount):
        full = sum(self.prices)
        return full * (100 - discount) // 100


def assert_same(found, wanted):
    if found != wanted:
        raise AssertionError(found)
"""
PLACE = "src/shop.py"
BODY = "        full = sum(self.prices)\n        return full * (100 - discount) // 100"


def more(text: str) -> Files:
    return {PLACE: (BEFORE, f"{text}\n\n{BEFORE}")}


CODED: dict[str, tuple[MarkKind, Files]] = {
    "import pytest": (MarkKind.MACHINERY, more("import pytest")),
    "import from _pytest": (MarkKind.MACHINERY, more("from _pytest.runner import call_and_report")),
    "a mock in the code": (MarkKind.MACHINERY, more("from unittest.mock import ANY")),
    "look for loaded modules": (MarkKind.MACHINERY, more("import sys\nx = sys.modules.get('a')")),
    "look who calls": (MarkKind.MACHINERY, more("import sys\nx = sys._getframe(1)")),
    "trace": (MarkKind.MACHINERY, more("import sys\nsys.settrace(print)")),
    "patch a builtin": (
        MarkKind.MACHINERY,
        more("import builtins\nbuiltins.AssertionError = Skip"),
    ),
    "set a builtin": (MarkKind.MACHINERY, more("import builtins\nsetattr(builtins, 'sum', max)")),
    "leave the program": (MarkKind.EXIT, more("import atexit, os\natexit.register(os._exit, 0)")),
    "name the tool": (MarkKind.DETECTION, more("if 'pytest' in argv[0]:\n    fast = True")),
    "name a test": (MarkKind.DETECTION, more("ANSWERS = 'tests/data/receipt.txt'")),
    "name the gate's folder": (
        MarkKind.DETECTION,
        more("import os\nx = os.path.isdir('/results')"),
    ),
    "be equal to everything": (
        MarkKind.COMPARISON,
        more("class Any:\n    def __eq__(self, other):\n        return True"),
    ),
    "be equal by a lambda": (
        MarkKind.COMPARISON,
        more("class Any:\n    __eq__ = lambda self, other: True"),
    ),
    "swallow an error": (
        MarkKind.SWALLOWED,
        more("def f(x):\n    try:\n        return g(x)\n    except Exception:\n        return 0"),
    ),
    "swallow all errors": (
        MarkKind.SWALLOWED,
        more("def f(x):\n    try:\n        g(x)\n    except:\n        pass"),
    ),
    "suppress an error": (MarkKind.SWALLOWED, more("with suppress(Exception):\n    g()")),
    "a function that does nothing": (MarkKind.HOLLOW, more("def vat(cents, rate):\n    return 0")),
    "a function to come": (
        MarkKind.HOLLOW,
        more("def vat(cents, rate):\n    raise NotImplementedError"),
    ),
    "a function hollowed out": (
        MarkKind.HOLLOW,
        {
            PLACE: (
                BEFORE,
                BEFORE.replace(
                    BODY,
                    "        return 0",
                ),
            )
        },
    ),
    "a function that hands back what it got": (
        MarkKind.HOLLOW,
        {
            PLACE: (
                BEFORE,
                BEFORE.replace(
                    BODY,
                    "        return discount",
                ),
            )
        },
    ),
    "weaken what tests share": (
        MarkKind.WEAKENED,
        {PLACE: (BEFORE, BEFORE.replace("if found != wanted", "if found is None"))},
    ),
    "remove what tests share": (
        MarkKind.WEAKENED,
        {PLACE: (BEFORE, BEFORE.partition("\n\n\ndef")[0])},
    ),
    "a test with a certainty": (
        MarkKind.EMPTIED,
        {"tests/test_new.py": (None, "def test_a():\n    f(3)\n    assert True\n")},
    ),
    "a module in a tool's place": (MarkKind.DISCOVERY, {"pytest.py": (None, "x = 1\n")}),
    "a module in the library's place": (MarkKind.DISCOVERY, {"src/json.py": (None, "x = 1\n")}),
    "a package in a tool's place": (MarkKind.DISCOVERY, {"ruff/__init__.py": (None, "x = 1\n")}),
    "bytecode": (MarkKind.DISCOVERY, {"src/__pycache__/shop.cpython-311.pyc": (None, "x\n")}),
    "an entry point": (
        MarkKind.DISCOVERY,
        {"x.egg-info/entry_points.txt": (None, "[pytest11]\nx = x\n")},
    ),
    "a folder that linters pass by": (MarkKind.SUPPRESSION, {"src/_build/a.py": (None, "x = 1\n")}),
    "a hidden pytest.toml": (MarkKind.CONFIGURATION, {".pytest.toml": (None, "[pytest]\nx = 1\n")}),
}

PLAIN: dict[str, Files] = {
    "a module that asks for itself": more("import sys\nx = sys.modules[__name__]"),
    "an error that is logged": more(
        "def f(x):\n    try:\n        return g(x)\n    except Exception:\n"
        "        log.exception('g')"
    ),
    "an error that is handed on": more(
        "def f(x):\n    try:\n        return g(x)\n    except Exception as error:\n"
        "        raise ShopError from error"
    ),
    "an error of one kind": more(
        "def f(x):\n    try:\n        return g(x)\n    except KeyError:\n        return None"
    ),
    "a comparison": more(
        "class Price:\n    def __eq__(self, other):\n        if not isinstance(other, Price):\n"
        "            return NotImplemented\n        return self.cents == other.cents"
    ),
    "an abstract method": more(
        "class Shelf(ABC):\n    @abstractmethod\n    def put(self, cart): ...\n"
    ),
    "a property": more("class Shelf:\n    def is_full(self):\n        return False"),
    "a docstring about tests": more('"""Run pytest, and see tests/test_shop.py."""'),
    "an early return": {
        PLACE: (
            BEFORE,
            BEFORE.replace(
                "        full", "        if not self.prices:\n            return 0\n        full"
            ),
        )
    },
    "a module of a name that others have too": {"src/shop/types.py": (None, "x = 1\n")},
    "metadata without entry points": {"x.egg-info/PKG-INFO": (None, "Name: x\n")},
    "a test without an assertion": {"tests/test_new.py": (None, "def test_a():\n    f(3)\n")},
}
