from __future__ import annotations

import os
from pathlib import Path

import pytest

from factory.config import Compare, GuardrailSpec
from factory.guardrails import KINDS, kind, report
from factory.guardrails.verdict import flaky, judge
from factory.model import Verdict
from factory.sandbox import Finished
from tests.guardrails.trial import QUICK, Trial

RUN = f"{QUICK}python -m pytest"

MANY = """
import unittest
import pytest

class TestOuter:
    class TestInner:
        def test_deep(self):
            assert 1 == 2
    def test_method(self):
        pass

@pytest.mark.parametrize("v", ["a b", "ü[x]", "a::b", "a/b.py", "x\\ny", 'q"<&', "\\x00", "1/2]"])
def test_param(v):
    assert v == "a b", "why"

class Old(unittest.TestCase):
    def test_unit(self):
        self.assertEqual(1, 2)
    def test_sub(self):
        for i in range(3):
            with self.subTest(i=i):
                self.assertEqual(i, 1)

@pytest.fixture
def bad_end():
    yield
    raise RuntimeError("at the end")

def test_teardown(bad_end):
    pass

@pytest.fixture
def bad_start():
    raise RuntimeError("at the start")

def test_setup(bad_start):
    pass

@pytest.mark.skip(reason="later")
def test_skipped():
    pass

@pytest.mark.xfail
def test_expected():
    assert 0
"""

BASE = """
class Base:
    def test_inherited(self):
        assert 0
"""

HEIR = """
from tests.base import Base

class TestHeir(Base):
    def test_own(self):
        assert 0
"""


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    return Trial(tmp_path)


def test_a_green_suite_passes_with_its_ids_and_skips_are_counted_apart(trial: Trial) -> None:
    trial.write(test_a="import pytest\ndef test_a(): pass\n@pytest.mark.skip\ndef test_s(): pass\n")
    said = trial.run("pytest", f"{RUN} -q")
    assert said.verdict is Verdict.PASS
    assert said.summary == "1 passed, 1 skipped"
    assert said.passing == ("test_a.py::test_a",)
    assert said.counted == 1
    assert kind("pytest").progress(trial.output) == (2, 2)
    assert not (trial.tree / ".pytest_cache").exists()


def test_ids_are_pytests_own_node_ids_and_each_of_them_can_be_run_again(trial: Trial) -> None:
    trial.write(tests__test_many=MANY, tests__base=BASE, tests__test_heir=HEIR)
    said = trial.run("pytest", f"{RUN} tests -rA")
    assert said.verdict is Verdict.FAIL
    assert said.summary == "12 failed, 2 passed, 1 skipped, 1 xfailed, 2 errors"
    for name in said.failing:
        assert f" {name}" in trial.output, "not pytest's own id"
    assert "tests/test_heir.py::TestHeir::test_inherited" in said.failing
    assert "tests/test_many.py::TestOuter::TestInner::test_deep" in said.failing
    assert "tests/test_many.py::test_param[1/2]]" in said.failing
    assert "tests/test_many.py::test_teardown" not in said.passing

    again = trial.run("pytest", f"{RUN} tests", again=said.failing)
    assert set(again.failing) == set(said.failing)
    assert again.passing == ()


def test_details_name_each_failure_with_its_assertion_and_place(trial: Trial) -> None:
    trial.write(test_a="def test_a():\n    x = 3\n    assert x == 4\n")
    details = trial.run("pytest", RUN).details.splitlines()
    assert details[:3] == [
        "FAILED test_a.py::test_a",
        "  assert 3 == 4",
        "  test_a.py:3: AssertionError",
    ]


def test_many_failures_share_20_lines(trial: Trial) -> None:
    trial.write(test_a="".join(f"def test_{n}(): assert {n} < 0\n" for n in range(30)))
    said = trial.run("pytest", RUN)
    lines = said.details.splitlines()
    assert len(said.failing) == 30
    assert len(lines) == 20
    assert lines[-1] == "⋯ 41 more lines in the log"


def test_the_same_ids_come_with_xdist_and_progress_counts_to_the_end(trial: Trial) -> None:
    trial.write(
        test_a="import pytest\n"
        "@pytest.mark.parametrize('n', range(9))\ndef test_n(n): assert n != 5\n"
    )
    said = trial.run("pytest", f"{RUN} -p xdist -n 2")
    assert said.failing == ("test_a.py::test_n[5]",)
    assert said.summary == "1 failed, 8 passed"
    assert kind("pytest").progress(trial.output) == (9, 9)


def test_a_file_that_cannot_be_collected_fails_by_name_and_the_others_run(trial: Trial) -> None:
    trial.write(test_good="def test_good(): pass\n", test_broken="def test_(:\n")
    said = trial.run("pytest", RUN)
    assert said.verdict is Verdict.FAIL
    assert said.failing == ("test_broken.py",)
    assert said.passing == ("test_good.py::test_good",)
    assert "SyntaxError: invalid syntax" in said.details.splitlines()[1]


def test_a_conftest_that_cannot_be_imported_fails_by_name(trial: Trial) -> None:
    trial.write(
        tests__conftest="import nothing_of_that_name\n", tests__test_a="def test_a(): pass\n"
    )
    said = trial.run("pytest", f"{RUN} tests")
    assert said.verdict is Verdict.FAIL
    assert said.failing == ("tests/conftest.py",)
    assert said.counted == 0


EXIT_EARLY = "import pytest\ndef test_a(): pass\ndef test_b(): pytest.exit('x', returncode=0)\n"
DROP = "def pytest_collection_modifyitems(items): items[:] = items[:1]\n"
BREAK = "def pytest_runtest_logreport(report): raise RuntimeError('boom')\n"
WHITEWASH = """
import pytest

@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    session.exitstatus = 0
"""
TWO = "def test_a(): pass\ndef test_b(): pass\n"


@pytest.mark.parametrize(
    ("files", "command", "summary"),
    [
        ({"a": "x = 1\n"}, RUN, "no tests collected"),
        ({"test_a": TWO}, f"{RUN} -k nothing", "no tests collected"),
        ({"test_a": TWO}, f"{RUN} --collect-only", "no tests collected"),
        ({"test_a": "import pytest\npytest.skip(allow_module_level=True)\n"}, RUN, "no test"),
        ({"test_a": "import os\ndef test_a(): os._exit(0)\n"}, RUN, "exit 0 without a report"),
        ({"test_a": "import os\ndef test_a(): os._exit(1)\n"}, RUN, "exit 1 without a report"),
        ({"test_a": "import os\ndef test_a(): os.abort()\n"}, RUN, "killed by SIGABRT"),
        ({"test_a": EXIT_EARLY}, RUN, "stopped early (exit 0): the report has 1 of 2 tests"),
        ({"test_a": TWO, "conftest": DROP}, RUN, "the report has 1 of 2 tests"),
        ({"test_a": TWO, "conftest": BREAK}, RUN, "INTERNALERROR"),
        ({"test_a": TWO}, f"{RUN} --no-such-option", "does not take its command line"),
        ({"test_a": TWO}, f"PYTEST_ADDOPTS= {RUN}", "did not see PYTEST_ADDOPTS"),
        ({}, "python3 -m pytset", "the Python module pytset is not installed"),
        ({}, "nosuchpytest", "the tool nosuchpytest is missing"),
    ],
)
def test_a_run_that_proves_nothing_is_an_error(
    trial: Trial, files: dict[str, str], command: str, summary: str
) -> None:
    said = trial.write(**files).run("pytest", command)
    assert said.verdict is Verdict.ERROR
    assert summary in said.summary


@pytest.mark.parametrize(
    "files",
    [
        {"test_a": "import os\ndef test_a(): os._exit(0)\ndef test_b(): assert 0\n"},
        {"test_a": EXIT_EARLY},
        {"test_a": f"{TWO}def test_c(): assert 0\n", "conftest": DROP},
        {"test_a": "def test_a(): assert 0\n", "conftest": WHITEWASH},
    ],
)
def test_a_cheat_that_fools_the_exit_code_does_not_fool_the_report(
    trial: Trial, files: dict[str, str]
) -> None:
    trial.write(**files)
    assert trial.run("command", RUN).verdict is Verdict.PASS, "the control is fooled"
    assert trial.run("pytest", RUN).verdict in (Verdict.FAIL, Verdict.ERROR)


def test_a_suite_that_prints_without_end_is_still_read(trial: Trial) -> None:
    loud = "def test_a():\n    for n in range(9): print('x' * 1_000_000)\n"
    trial.write(test_a=f"{loud}def test_b(): assert 0\n")
    said = trial.run("pytest", f"{RUN} -s")
    assert trial.finished.output_bytes > 9_000_000
    assert said.failing == ("test_a.py::test_b",)


def test_a_test_that_hangs_is_an_error(trial: Trial) -> None:
    trial.write(test_a="import time\ndef test_a(): time.sleep(60)\n")
    said = trial.run("pytest", RUN, timeout=1)
    assert said.verdict is Verdict.ERROR
    assert said.summary == "did not end within 1 s"


def test_stopping_at_the_first_failure_is_fine_alone_but_not_beside_the_tip(trial: Trial) -> None:
    trial.write(test_a="def test_a(): assert 0\ndef test_b(): assert 0\n")
    assert trial.run("pytest", f"{RUN} -x").verdict is Verdict.FAIL
    said = trial.run("pytest", f"{RUN} -x", compare=Compare.NO_WORSE)
    assert said.verdict is Verdict.ERROR
    assert "1 of 2 tests" in said.summary


def test_the_projects_own_options_stay_but_do_not_stop_the_run(trial: Trial) -> None:
    trial.write(test_a="def test_a(): assert 0\ndef test_b(): assert 0\n")
    (trial.tree / "pytest.ini").write_text(
        "[pytest]\naddopts = -q -x --color=yes --junit-prefix=p -p no:cacheprovider\n"
        "junit_family = legacy\n"
    )
    said = trial.run("pytest", RUN, compare=Compare.NO_WORSE)
    assert said.failing == ("test_a.py::test_a", "test_a.py::test_b")


def test_what_passes_the_second_time_is_flaky_and_runs_alone(trial: Trial) -> None:
    trial.write(
        test_a="import os, pathlib\ndef test_now_and_then():\n"
        "    seen = pathlib.Path('seen')\n    first = not seen.exists()\n    seen.touch()\n"
        "    assert not first\n"
        "def test_other(): pass\n"
    )
    first = trial.run("pytest", f"{RUN} test_a.py")
    again = trial.run("pytest", f"{RUN} test_a.py", again=first.failing)
    assert again.summary == "1 passed"
    found, note = flaky(first, again)
    assert found.verdict is Verdict.FLAKY
    assert note == "failed, then passed on the same tree: test_a.py::test_now_and_then"


def test_chosen_tests_run_alone_and_files_left_out_are_not_even_imported(trial: Trial) -> None:
    trial.write(
        test_a="def test_a(): pass\ndef test_b(): assert 0\n", test_broken="import nothing\n"
    )
    spec = GuardrailSpec(name="it", run=RUN, kind="pytest")
    alone = KINDS["pytest"].among(spec, ("test_a.py::test_a",), ("test_broken.py",))
    assert alone is not None
    said = trial.run("pytest", alone)
    assert (said.verdict, said.passing) == (Verdict.PASS, ("test_a.py::test_a",))


def test_a_path_that_a_shell_would_read_is_not_handed_to_it(trial: Trial) -> None:
    spec = GuardrailSpec(name="it", run=RUN, kind="pytest")
    alone = KINDS["pytest"].among(spec, ("test_a.py::test_a",), ('t"; touch /tmp/x; ".py', "b.py"))
    assert alone is not None
    assert "touch" not in alone
    assert "--ignore=b.py" in alone


def test_tests_made_to_fail_fail(trial: Trial) -> None:
    text = "def test_a(): pass\nclass TestB:\n    def test_b(self):\n        assert True\n"
    found = KINDS["pytest"].inverted("test_a.py", text)
    assert found is not None
    said = trial.write(test_a=found.text).run("pytest", RUN)
    assert said.failing == ("test_a.py::test_a", "test_a.py::TestB::test_b")
    assert KINDS["pytest"].inverted("test_a.js", text) is None


def test_old_sins_pass_beside_the_tip_where_lines_moved_and_a_new_one_does_not(
    trial: Trial,
) -> None:
    sin = "def test_sin(): assert 0\ndef test_ok(): pass\n"
    tip = trial.write(test_a=sin).run("pytest", RUN, compare=Compare.NO_WORSE)
    moved = trial.write(test_a=f"# a line\n\n{sin}").run("pytest", RUN, compare=Compare.NO_WORSE)
    assert judge(moved, Compare.NO_WORSE, tip) == (Verdict.PASS, "1 failure, all on the tip too")
    assert judge(moved, Compare.STRICT, tip)[0] is Verdict.FAIL
    worse = trial.write(test_a=f"{sin}def test_new(): assert 0\n").run("pytest", RUN)
    verdict, note = judge(worse, Compare.NO_WORSE, tip)
    assert verdict is Verdict.FAIL
    assert note == "1 new: test_a.py::test_new; 1 other on the tip too"


def test_more_than_50_failures_and_what_is_no_test_are_not_run_again() -> None:
    spec = GuardrailSpec(name="it", run="pytest", kind="pytest")
    again = kind("pytest").again
    assert again(spec, ("a.py::t", "b.py")) is not None
    assert again(spec, ()) is None
    assert again(spec, ("a.py::t", "coverage")) is None
    assert again(spec, ("tests/conftest.py",)) is None
    assert again(spec, tuple(f"a.py::t{n}" for n in range(51))) is None


def test_an_unmet_coverage_limit_has_an_id_of_its_own(tmp_path: Path) -> None:
    case = '<testcase classname="a" name="t" file="a.py"/>'
    (tmp_path / "junit.xml").write_text(f"<testsuite>{case}</testsuite>")
    said = kind("pytest").outcome(
        GuardrailSpec(name="it", run="pytest", kind="pytest"),
        Finished(exit_code=1, seconds=1),
        "collected 1 item\nERROR: Coverage failure: total of 50 is less than fail-under=90\n",
        tmp_path,
    )
    assert said.verdict is Verdict.FAIL
    assert said.failing == ("coverage",)


@pytest.mark.parametrize("content", ["", "<testsuites><testsuite><testcase", "no xml", "\x00\xff"])
def test_a_report_cut_short_is_an_error(tmp_path: Path, content: str) -> None:
    (tmp_path / "junit.xml").write_bytes(content.encode("latin-1"))
    spec = GuardrailSpec(name="it", run="pytest", kind="pytest")
    said = kind("pytest").outcome(spec, Finished(exit_code=0, seconds=1), "", tmp_path)
    assert said.verdict is Verdict.ERROR
    assert "cut short" in said.summary


def test_a_report_that_leads_elsewhere_is_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("of the host's")
    results = tmp_path / "results"
    results.mkdir()
    (results / "link").symlink_to(secret)
    os.mkfifo(results / "pipe")
    (results / "plain").write_text("a report")
    assert report.read(results, "link") is None
    assert report.read(results, "pipe") is None
    assert report.read(results, "plain") == b"a report"
    assert (results / "link").read_text() == "of the host's", "a plain read would have followed it"


PLAIN = "collected 20 items / 1 error / 3 deselected / 17 selected\n\ntests/test_a.py ...F"


@pytest.mark.parametrize(
    ("output", "progress"),
    [
        ("", None),
        ("============ test session starts ====\nrootdir: /worktree\n", None),
        ("collected 17 items\n\n", (0, 17)),
        (PLAIN, (4, 17)),
        (f"{PLAIN}...    [ 7/17]\ntests/test_b.py .", (8, 17)),
        (f"{PLAIN}..     [ 35%]\ntests/test_b.py ..", (8, 17)),
        (f"{PLAIN}.......FE      [100%]\n\n=== FAILURES ===\n ... [ 1/99] \n", (17, 17)),
        ("...F.....   [ 9/17]\n..", (11, 17)),
        ("collecting ... collected 3 items\n\ntests/a.py::t[x [1/2]] PASSED  [ 33%]\n", (1, 3)),
        ("collected 3 items\n\ntests/a.py::t[a] PASSED\ntests/a.py::t[b] FAILED\n", (2, 3)),
        ("created: 2/2 workers\n2 workers [17 items]\n\n..F", (3, 17)),
        ("2 workers [17 items]\n\n[gw0] [ 5/17] PASSED tests/a.py::t \ntests/a.py::u \n", (5, 17)),
    ],
)
def test_progress_is_read_from_every_way_in_which_pytest_prints_it(
    output: str, progress: tuple[int, int] | None
) -> None:
    assert kind("pytest").progress(output) == progress
