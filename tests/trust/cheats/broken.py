"""Checks that do not end as checks do."""

from __future__ import annotations

from factory.model import Struct
from tests.trust.cheats.project import PYTEST

_REPORT = "/results/junit.xml"
_TEST = '<testcase classname="tests.test_a" name="test_a" file="tests/test_a.py" time="0.1"/>'


class Broken(Struct):
    """A check that does not end as checks do."""

    name: str
    run: str
    kind: str = "pytest"
    files: tuple[tuple[str, str], ...] = ()
    timeout: float = 30


def suite(name: str, text: str, path: str = "tests/test_a.py", run: str = PYTEST) -> Broken:
    """A suite of one file."""
    return Broken(name=name, run=f"{run} {path}", files=((path, text),))


BROKEN = (
    Broken(name="no tests at all", run=f"{PYTEST} empty", files=(("empty/a.txt", "x\n"),)),
    suite("a file without tests", "def check():\n    assert False\n"),
    suite("tests that are all skipped", "import pytest\n\npytestmark = pytest.mark.skip\n\n\ndef test_a():\n    assert False\n"),
    suite("a file that skips itself", "import pytest\n\npytest.skip('x', allow_module_level=True)\n"),
    suite("tests that are all deselected", "def test_a():\n    assert False\n", run=f"{PYTEST} -k nothing"),
    suite("tests that are collected only", "def test_a():\n    assert False\n", run=f"{PYTEST} --collect-only"),
    suite("a test that ends the program well", "import os\n\n\ndef test_a():\n    os._exit(0)\n"),
    suite("a test that ends the run well", "import pytest\n\n\ndef test_a():\n    pytest.exit('x', returncode=0)\n\n\ndef test_b():\n    assert False\n"),
    suite("a test that kills itself", "import os, signal\n\n\ndef test_a():\n    os.kill(os.getpid(), signal.SIGSEGV)\n"),
    suite("a test that writes its own report", f"import os\n\n\ndef test_a():\n    open('{_REPORT}', 'w').write('<testsuites><testsuite><testcase')\n    os._exit(0)\n"),
    Broken(name="a hang", run="sleep 600", timeout=0.5),
    Broken(name="a hang of pytest", run=f"{PYTEST} tests/test_a.py", timeout=2,
           files=(("tests/test_a.py", "import time\n\n\ndef test_a():\n    time.sleep(600)\n"),)),
    Broken(name="success without a report", run="true"),
    Broken(name="success in words", run="echo '3 passed in 0.01s'"),
    Broken(name="an empty report", run=f"touch {_REPORT}"),
    Broken(name="half a report", run=f"echo '<testsuites><testsuite>{_TEST}' > {_REPORT}"),
    Broken(name="a report without tests", run=f"echo '<testsuites><testsuite/></testsuites>' > {_REPORT}"),
    Broken(name="a report that leads elsewhere", run=f"echo '<testsuites><testsuite>{_TEST}</testsuite></testsuites>' > /tmp/x; ln -s /tmp/x {_REPORT}"),
    Broken(name="a pipe for a report", run=f"mkfifo {_REPORT}"),
    Broken(name="a good report and a bad end", run=f"echo '<testsuites><testsuite>{_TEST}</testsuite></testsuites>' > {_REPORT}; exit 1"),
    Broken(name="fewer tests in the report than were collected", run=f"echo 'collected 9 items'; echo '<testsuites><testsuite>{_TEST}</testsuite></testsuites>' > {_REPORT}"),
    Broken(name="a flood and no report", run="yes | head -c 20000000"),
    Broken(name="a missing tool", run="no-such-tool", kind="command"),
    Broken(name="a missing tool, and success", run="no-such-tool; exit 127", kind="command"),
    Broken(name="a crash", run="kill -SEGV $$", kind="command"),
    Broken(name="a hang of a command", run="sleep 600", kind="command", timeout=0.5),
    Broken(name="a check that edits what it checks", run="echo x >> README.md", kind="command"),
    Broken(name="a check that removes what it checks", run="rm README.md", kind="command"),
    Broken(name="ruff that is not started", run="true || ruff check .", kind="ruff"),
    Broken(name="ruff that finds nothing to check", run="mkdir /tmp/e; ruff check /tmp/e", kind="ruff"),
    Broken(name="ruff that cannot run", run="ruff check --no-such-option .", kind="ruff"),
)  # fmt: skip
