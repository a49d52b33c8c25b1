"""Cheats around the tests: what runs them, what checks, what is silenced, what is brought in."""

from __future__ import annotations

from factory.tamper import MarkKind
from tests.tampering.samples import CODE, NOTHING, PYPROJECT, Files, edit, suite

AROUND: dict[str, tuple[MarkKind, Files]] = {
    # what decides over tests
    "collect_ignore": (MarkKind.DISCOVERY, {"conftest.py": (None, "collect_ignore = ['tests']\n")}),
    "a collection hook": (
        MarkKind.DISCOVERY,
        {
            "tests/conftest.py": (
                "",
                "def pytest_collection_modifyitems(items):\n    items.clear()\n",
            )
        },
    ),
    "a report hook": (
        MarkKind.DISCOVERY,
        {"conftest.py": (None, "def pytest_runtest_makereport(item, call):\n    ...\n")},
    ),
    "__test__": (
        MarkKind.DISCOVERY,
        suite("    def test_ten_percent", "    __test__ = False\n\n    def test_ten_percent"),
    ),
    "sitecustomize": (MarkKind.DISCOVERY, {"src/sitecustomize.py": (None, "import os\n")}),
    "a .pth file": (MarkKind.DISCOVERY, {"x.pth": (None, "import os; os._exit(0)\n")}),
    "sys.exit in conftest": (MarkKind.EXIT, {"conftest.py": ("", "import sys\nsys.exit(0)\n")}),
    "os._exit in a test": (MarkKind.EXIT, suite(NOTHING, "    os._exit(0)\n" + NOTHING)),
    "a signal to itself": (
        MarkKind.EXIT,
        suite(NOTHING, "    os.kill(os.getpid(), 9)\n" + NOTHING),
    ),
    "os._exit at the end": (
        MarkKind.EXIT,
        {
            "conftest.py": (
                "",
                "def pytest_unconfigure():\n    def f():\n        os._exit(0)\n    f()\n",
            )
        },
    ),
    "raise SystemExit": (MarkKind.EXIT, suite(NOTHING, "    raise SystemExit(0)\n" + NOTHING)),
    "ask pytest whether it runs": (
        MarkKind.DETECTION,
        {"src/shop.py": (CODE, CODE + "if 'PYTEST_CURRENT_TEST' in os.environ: total = int\n")},
    ),
    # guardrails
    "factory.toml": (
        MarkKind.CONFIGURATION,
        {"factory.toml": ('target = "main"\nrounds = 3\n', 'target = "main"\nrounds = 9\n')},
    ),
    "a nested ruff.toml": (
        MarkKind.CONFIGURATION,
        {"src/ruff.toml": (None, '[lint]\nignore = ["ALL"]\n')},
    ),
    "ruff in pyproject": (
        MarkKind.CONFIGURATION,
        edit("pyproject.toml", PYPROJECT, "line-length = 100", 'ignore = ["S"]'),
    ),
    "pytest in pyproject": (
        MarkKind.CONFIGURATION,
        edit("pyproject.toml", PYPROJECT, "--strict-markers", "-k fast"),
    ),
    "mypy in pyproject": (
        MarkKind.CONFIGURATION,
        {"pyproject.toml": (PYPROJECT, PYPROJECT + "\n[tool.mypy]\nignore_errors = true\n")},
    ),
    "pytest in setup.cfg": (
        MarkKind.CONFIGURATION,
        {
            "setup.cfg": (
                "[metadata]\nname = x\n",
                "[metadata]\nname = x\n[tool:pytest]\naddopts=-x\n",
            )
        },
    ),
    "pytest.ini": (MarkKind.CONFIGURATION, {"pytest.ini": (None, "[pytest]\naddopts = -k x\n")}),
    "delete .flake8": (MarkKind.CONFIGURATION, {".flake8": ("[flake8]\nselect = E\n", None)}),
    "tsconfig": (
        MarkKind.CONFIGURATION,
        {"tsconfig.json": ('{"strict": true}', '{"strict": false}')},
    ),
    "eslint": (
        MarkKind.CONFIGURATION,
        {"eslint.config.mjs": ("export default [a];\n", "export default [];\n")},
    ),
    "golangci": (
        MarkKind.CONFIGURATION,
        {".golangci.yml": ("linters: [a]\n", "linters: []\n")},
    ),
    "clippy": (
        MarkKind.CONFIGURATION,
        {
            "Cargo.toml": (
                '[package]\nname="a"\n',
                '[package]\nname="a"\n[lints.clippy]\nall="allow"\n',
            )
        },
    ),
    "npm test": (
        MarkKind.CONFIGURATION,
        {"package.json": ('{"scripts": {"test": "jest"}}', '{"scripts": {"test": "true"}}')},
    ),
    "make check": (
        MarkKind.CONFIGURATION,
        {"Makefile": ("check: lint\n\tpytest\n", "check: lint\n\t-pytest\n")},
    ),
    "CI": (
        MarkKind.CONFIGURATION,
        {".github/workflows/ci.yml": ("run: pytest\n", "run: pytest || true\n")},
    ),
    # suppressions
    "noqa": (MarkKind.SUPPRESSION, edit("a.py", CODE, "eval(cart)", "eval(cart)  # noqa: S307")),
    "a wider noqa": (
        MarkKind.SUPPRESSION,
        edit("a.py", "import os  # noqa: F401\n", "  # noqa: F401", "  # noqa"),
    ),
    "file noqa": (MarkKind.SUPPRESSION, {"a.py": (CODE, "# ruff: noqa\n" + CODE)}),
    "type: ignore": (
        MarkKind.SUPPRESSION,
        edit("a.py", CODE, "eval(cart)", "eval(cart)  # type: ignore"),
    ),
    "pragma: no cover": (
        MarkKind.SUPPRESSION,
        edit("a.py", CODE, "(cart):", "(cart):  # pragma: no cover"),
    ),
    "nosec": (MarkKind.SUPPRESSION, edit("a.py", CODE, "eval(cart)", "eval(cart)  # nosec")),
    "eslint-disable": (
        MarkKind.SUPPRESSION,
        {"a.ts": ("x = 1\n", "/* eslint-disable no-undef */\nx = 1\n")},
    ),
    "@ts-ignore": (MarkKind.SUPPRESSION, {"a.ts": ("x = 1\n", "// @ts-ignore\nx = 1\n")}),
    "nolint": (MarkKind.SUPPRESSION, {"a.go": ("f()\n", "f() //nolint:errcheck\n")}),
    "#[allow]": (
        MarkKind.SUPPRESSION,
        {"a.rs": ("fn f() {}\n", "#[allow(dead_code)]\nfn f() {}\n")},
    ),
    "a suppression for another": (
        MarkKind.SUPPRESSION,
        {"a.py": ("import os  # noqa: F401\nx = eval(y)\n", "x = eval(y)  # noqa: S307\n")},
    ),
    # dependencies
    "a dependency": (
        MarkKind.NEW_DEPENDENCY,
        edit("pyproject.toml", PYPROJECT, '"rich"]', '"rich", "left-pad==1"]'),
    ),
    "a version": (
        MarkKind.CHANGED_DEPENDENCY,
        edit("pyproject.toml", PYPROJECT, "httpx>=0.27", "httpx>=0.28"),
    ),
    "another source": (
        MarkKind.CHANGED_DEPENDENCY,
        edit("pyproject.toml", PYPROJECT, '"rich"', '"rich @ https://example.invalid/rich.whl"'),
    ),
    "another index": (
        MarkKind.NEW_DEPENDENCY,
        {"requirements.txt": ("rich\n", "--extra-index-url https://example.invalid\nrich\n")},
    ),
    "requirements": (MarkKind.NEW_DEPENDENCY, {"requirements-dev.txt": ("rich\n", "rich\ntox\n")}),
    "setup.cfg needs": (
        MarkKind.NEW_DEPENDENCY,
        {
            "setup.cfg": (
                "[options]\ninstall_requires =\n  a\n",
                "[options]\ninstall_requires =\n  a\n  b\n",
            )
        },
    ),
    "setup.py needs": (
        MarkKind.NEW_DEPENDENCY,
        {"setup.py": ("setup(install_requires=[])\n", "setup(install_requires=['evil'])\n")},
    ),
    "package.json needs": (
        MarkKind.NEW_DEPENDENCY,
        {"package.json": ('{"dependencies": {}}', '{"dependencies": {"left-pad": "1"}}')},
    ),
    "go.mod needs": (
        MarkKind.NEW_DEPENDENCY,
        {"go.mod": ("module a\n", "module a\nrequire (\n\tgithub.com/a/b v1.0.0\n)\n")},
    ),
    "Cargo.toml needs": (
        MarkKind.NEW_DEPENDENCY,
        {"Cargo.toml": ("[dependencies]\n", '[dependencies]\nserde = "1"\n')},
    ),
    "a lock file": (MarkKind.CHANGED_DEPENDENCY, {"uv.lock": ("a\n", "b\n")}),
    # left over
    "conflict markers": (
        MarkKind.CONFLICT,
        {"a.py": ("x = 1\n", "<<<<<<< ours\nx = 1\n=======\nx = 2\n>>>>>>> theirs\n")},
    ),
}
