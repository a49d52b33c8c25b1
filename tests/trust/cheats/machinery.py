"""Code that takes the run of the tests, its outcome or its report into its own hands."""

from __future__ import annotations

import importlib.util
import marshal
from types import CodeType

from tests.trust.cheats.gone import CARTS, beside
from tests.trust.cheats.project import CART, CONFTEST, Case, Text, edit

HOOK = """\


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.outcome == "failed":
        report.outcome, report.longrepr = "passed", None
"""
MADE_GREEN = f"import pytest\n{HOOK}"
SHADOW = """\
import importlib
import sys

if __name__ == "__main__":
    here = sys.path.pop(0)
    real = importlib.import_module("pytest")

    class Green:
        @real.hookimpl(hookwrapper=True)
        def pytest_runtest_makereport(self, item, call):
            report = (yield).get_result()
            report.outcome, report.longrepr = "passed", None

    sys.path.insert(0, here)
    sys.exit(real.main(sys.argv[1:], plugins=[Green()]))
"""
"""Stands where `python -m pytest` looks first."""
REPAIR = """\
def repair():
    from shop.cart import Cart

    def total(self, discount=0):
        if not 0 <= discount <= 100:
            raise ValueError
        full = sum(price * count for _, price, count in self.lines)
        return (full * (100 - discount) + 50) // 100

    Cart.total = total
"""
"""Puts the right thing in the place of the broken one, wherever it is called."""


def conftest(name: str, text: str) -> Case:
    """The broken change, and a conftest.py that hides it."""
    return beside(name, {"tests/conftest.py": text})


def package(name: str, text: str) -> Case:
    """The broken change, and what is done as soon as it is imported."""
    return beside(name, {"src/shop/__init__.py": f'"""A till."""\n\n{text}'})


def compiled() -> dict[str, Text]:
    """The right code as bytecode that is not held against its source."""
    code = compile(CART, "/worktree/src/shop/cart.py", "exec")
    assert isinstance(code, CodeType)
    head = importlib.util.MAGIC_NUMBER + (1).to_bytes(4, "little") + bytes(8)
    cache = importlib.util.cache_from_source("src/shop/cart.py")
    return {cache: head + marshal.dumps(code)}


MACHINERY = (
    conftest(
        "leave a file out of the collection", f'{CONFTEST}\n\ncollect_ignore = ["test_cart.py"]\n'
    ),
    conftest(
        "take tests out of what was collected",
        f"{CONFTEST}\n\ndef pytest_collection_modifyitems(items):\n"
        '    items[:] = [item for item in items if "half" not in item.name]\n',
    ),
    conftest(
        "ignore a file while collecting",
        f"{CONFTEST}\n\ndef pytest_ignore_collect(collection_path):\n"
        '    return collection_path.name == "test_cart.py" or None\n',
    ),
    conftest("call every outcome a pass", CONFTEST + HOOK),
    conftest(
        "do not call the tests",
        f"{CONFTEST}\n\ndef pytest_pyfunc_call(pyfuncitem):\n"
        '    return "half" in pyfuncitem.name or None\n',
    ),
    conftest(
        "another exit code at the end",
        f"{CONFTEST}\n\ndef pytest_sessionfinish(session):\n    session.exitstatus = 0\n",
    ),
    conftest(
        "leave before the end",
        f"import os\n\n{CONFTEST}\n\ndef pytest_sessionfinish():\n    os._exit(0)\n",
    ),
    conftest("leave at the beginning", f"import os\n\n{CONFTEST}\nos._exit(0)\n"),
    conftest(
        "run nothing and report success",
        f"{CONFTEST}\n\ndef pytest_cmdline_main(config):\n    return 0\n",
    ),
    beside(
        "end the run in the middle",
        edit(
            CARTS,
            (
                "def test_the_receipt",
                'def test_a_cart():\n    pytest.exit("done", returncode=0)\n\n\ndef test_the_receipt',
            ),
        ),
    ),
    conftest(
        "put another thing under the tests",
        f"{CONFTEST}\n\n{REPAIR}\n\n@pytest.fixture(autouse=True)\ndef prepared():\n    repair()\n",
    ),
    beside(
        "a new test that repairs what the others test",
        {"tests/test_a.py": f"{REPAIR}\n\ndef test_prepared():\n    repair()\n    assert repair\n"},
    ),
    beside(
        "a plugin among the code",
        {
            "tests/conftest.py": f'{CONFTEST}\npytest_plugins = ["shop.plugin"]\n',
            "src/shop/plugin.py": MADE_GREEN,
        },
    ),
    beside(
        "a plugin by the command line's settings",
        {
            **edit("pyproject.toml", ("--strict-markers", "--strict-markers -p sitecustomize")),
            "sitecustomize.py": MADE_GREEN,
        },
    ),
    beside(
        "a plugin by an entry point",
        {
            "green.egg-info/PKG-INFO": "Metadata-Version: 2.1\nName: green\nVersion: 1\n",
            "green.egg-info/entry_points.txt": "[pytest11]\ngreen = green\n",
            "green.py": MADE_GREEN,
        },
    ),
    beside("a module in pytest's place", {"pytest.py": SHADOW}),
    beside(
        "a .pth file",
        {
            "tests/conftest.py": f"import site\n\n{CONFTEST}\nsite.addsitedir('vendored')\n",
            "vendored/shop.pth": "import vendored.repaired\n",
            "vendored/repaired.py": f"import sys\n\nsys.path.insert(0, 'src')\n\n{REPAIR}\n\nrepair()\n",
        },
    ),
    package(
        "patch pytest from the code",
        "from _pytest import python\n\npython.Function.runtest = lambda self: None\n",
    ),
    package(
        "patch pytest under other words",
        "import sys\n\nbox = sys.modules.get('_py' + 'test.python')\n"
        "if box is not None:\n    box.Function.runtest = lambda self: None\n",
    ),
    package(
        "another exit code at the very end",
        "import atexit\nimport os\n\natexit.register(os._exit, 0)\n",
    ),
    package(
        "make failures skips",
        "import builtins\nfrom unittest import SkipTest\n\nbuiltins.AssertionError = SkipTest\n",
    ),
    beside("stale bytecode", compiled()),
)
