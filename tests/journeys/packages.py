"""Three public packages that ship their tests, and what is to be done in each by scripts."""

from __future__ import annotations

import os
import subprocess  # noqa: TID251 - pip fetches the packages, pytest judges them
import sys
import tarfile
from pathlib import Path

from factory.model import Draft, Struct

RULES = "E4,E7,E9,F,UP,B,C4,SIM,RET"
"""What the ruff guardrail looks at."""
_PATIENCE = 120
"""Seconds in which a package must be here."""

_FUTURE = """
import ast, sys
from pathlib import Path
for name in sys.argv[1:]:
    path = Path(name)
    text = path.read_text()
    tree = ast.parse(text)
    line = "from __future__ import annotations"
    if not tree.body or line in text:
        continue
    first = tree.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    at = first.end_lineno if documented else first.lineno - 1
    lines = text.split("\\n")
    lines[at:at] = ["", line] if documented else [line, ""]
    path.write_text("\\n".join(lines))
"""
"""A codemod of our own, by the syntax tree."""


class Package(Struct):
    """One release, and how its tests are run."""

    name: str
    version: str
    tests: str
    """The command of the guardrail, in the root of the source distribution."""
    tasks: tuple[Draft, ...]
    """Eight that are to land."""
    breaks: Draft
    """One that no suite lets pass."""
    idle: Draft
    """One that has nothing to do."""
    overlap: bool = True
    """Whether two of the first four touch the same lines: the second to land meets a conflict."""
    environment: str = ""
    """`[environment]` of its factory.toml."""

    @property
    def settings(self) -> str:
        """Its factory.toml."""
        return f"""\
agents_at_once = 4
waiting_at_most = 0
rounds = 9

[agents.script]
kind = "command"
run = 'bash -e "$FACTORY_PROMPT_FILE"'
script = true
{self.environment}
[[guardrail]]
name = "ruff"
run = "ruff check --isolated --target-version py38 --select {RULES} ."
kind = "ruff"
compare = "no-worse"

[[guardrail]]
name = "tests"
run = "{self.tests}"
kind = "pytest"
compare = "no-worse"
"""


def fix(title: str, rules: str, *paths: str) -> Draft:
    """A task for ruff: fix these rules, in these files."""
    where = " ".join(paths)
    command = (
        f"ruff check --isolated --target-version py38 --fix --unsafe-fixes --exit-zero {where}"
    )
    return Draft(title=title, spec=f"{command} --select {rules}", paths=paths)


def shell(title: str, command: str, *paths: str) -> Draft:
    """A task for a codemod: `command` gets the files as arguments."""
    return Draft(title=title, spec=f"{command} {' '.join(paths)}", paths=paths)


def future(title: str, *paths: str) -> Draft:
    """A task for the codemod of our own."""
    where = " ".join(paths)
    return Draft(title=title, spec=f"python3 - {where} <<'END'{_FUTURE}END\n", paths=paths)


class UnreachableError(Exception):
    """The registry did not give the package; the message is pip's last word."""


def fetch(package: Package, folder: Path) -> Path:
    """Download a source distribution and unpack it. Raises UnreachableError."""
    release = f"{package.name}=={package.version}"
    line = [sys.executable, "-m", "pip", "download", "--quiet", "--retries", "1", "--timeout", "20"]
    line += ["--no-deps", "--no-binary", package.name, "--dest", str(folder), release]
    try:
        done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=_PATIENCE)
    except subprocess.TimeoutExpired:
        raise UnreachableError(f"pip was not done with {release} in {_PATIENCE} s") from None
    found = list(folder.glob("*.tar.gz"))
    if not found:
        words = done.stderr.strip().splitlines() or ["pip said nothing"]
        raise UnreachableError(f"pip could not get {release}: {words[-1]}")
    with tarfile.open(found[0]) as archive:
        members = archive.getmembers()
        for member in members:  # root would keep the packager's owner, and git refuse the folder
            member.uid, member.gid, member.uname, member.gname = os.getuid(), os.getgid(), "", ""
        if hasattr(tarfile, "data_filter"):  # Python 3.11.4; before that there is no such word
            archive.extraction_filter = tarfile.data_filter
        archive.extractall(folder, members)
    return next(path for path in folder.iterdir() if path.is_dir())


TOOLZ = Package(
    name="toolz",
    version="0.12.1",
    tests="PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 python3 -m pytest -q toolz",
    tasks=(
        fix("Write toolz for today's Python", "UP", "toolz/*.py"),
        fix("Sort the imports of toolz", "I", "toolz/*.py"),
        future("Postpone the annotations of toolz", "toolz/*.py"),
        fix("Return at once in toolz", "RET", "toolz/*.py"),
        fix("Simplify the conditions of toolz", "SIM", "toolz/*.py"),
        fix("Tidy the sandbox", "UP,SIM,RET", "toolz/sandbox/*.py"),
        fix("Write the tests for today's Python", "UP", "toolz/tests/*.py"),
        fix("Comprehend in the tests", "C4", "toolz/tests/*.py"),
    ),
    breaks=shell(
        "Turn every answer round", "sed -i 's/return /return not /'", "toolz/itertoolz.py"
    ),
    idle=fix("Mend asynchronous code, of which there is none", "ASYNC", "toolz/*.py"),
)

SQLPARSE = Package(
    name="sqlparse",
    version="0.5.1",
    tests="PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 python3 -m pytest -q tests",
    tasks=(
        fix("Write sqlparse for today's Python", "UP", "sqlparse/*.py"),
        fix("Sort the imports of sqlparse", "I", "sqlparse/*.py"),
        future("Postpone the annotations of sqlparse", "sqlparse/*.py"),
        fix("Return at once in sqlparse", "RET", "sqlparse/*.py"),
        fix("Simplify the conditions of the engine", "SIM,RET", "sqlparse/engine/*.py"),
        fix("Sort the imports of the filters", "I", "sqlparse/filters/*.py"),
        fix("Simplify the conditions of the filters", "SIM", "sqlparse/filters/*.py"),
        fix("Tidy the tests", "UP,I,C4", "tests/*.py"),
    ),
    breaks=shell("Turn every answer round", "sed -i 's/return /return not /'", "sqlparse/sql.py"),
    idle=fix("Mend asynchronous code, of which there is none", "ASYNC", "sqlparse/*.py"),
)

CACHETOOLS = Package(
    name="cachetools",
    version="5.5.2",
    overlap=False,
    tests="PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 python3 -m pytest -q tests",
    environment="""
[environment]
setup = [
    "python3 -m venv /env",
    "/env/bin/python -m pip install --quiet --editable . pytest ruff",
]
inputs = ["pyproject.toml", "setup.py", "setup.cfg"]
""",
    tasks=(
        fix("Write cachetools for today's Python", "UP", "src/cachetools/*.py"),
        fix("Sort the imports of cachetools", "I", "src/cachetools/*.py"),
        future("Postpone the annotations of cachetools", "src/cachetools/*.py"),
        fix("Return at once in cachetools", "RET", "src/cachetools/*.py"),
        fix("Suppress in place of passing", "SIM", "src/cachetools/*.py"),
        fix("Literals in place of calls", "C4", "src/cachetools/*.py"),
        fix("Tidy the tests", "I,C4", "tests/*.py"),
        fix("Tidy the settings of the documentation", "RET,UP,I,Q", "docs/conf.py"),
    ),
    breaks=shell(
        "Turn every answer round", "sed -i 's/return /return not /'", "src/cachetools/*.py"
    ),
    idle=fix("Mend asynchronous code, of which there is none", "ASYNC", "src/cachetools/*.py"),
)
