from pathlib import Path

import pytest

from factory.config import Compare, GuardrailSpec
from factory.guardrails import KINDS
from factory.guardrails.verdict import judge
from factory.model import Verdict
from tests.guardrails.trial import Trial

SINS = "import os\nimport sys\n\n\ndef f(x1):\n    return x1 == None\n"


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    return Trial(tmp_path)


def test_clean_code_passes(trial: Trial) -> None:
    said = trial.write(a="x = 1\n").run("ruff", "ruff check . && ruff format --check .")
    assert said.verdict is Verdict.PASS
    assert "All checks passed!" in trial.output
    assert "1 file already formatted" in trial.output
    assert [path.name for path in trial.tree.iterdir()] == ["a.py"], "it leaves nothing behind"


def test_findings_fail_with_ids_and_details_and_a_log_to_read(trial: Trial) -> None:
    said = trial.write(pkg__a=SINS).run("ruff", "ruff check --select F,E7")
    assert said.verdict is Verdict.FAIL
    assert said.summary == "3 findings"
    assert said.failing == (
        "pkg/a.py:F401:`os` imported but unused",
        "pkg/a.py:F401:`sys` imported but unused",
        "pkg/a.py:E711:Comparison to `None` should be `cond is None`",
    )
    assert said.details.splitlines()[0] == "pkg/a.py:1:8: F401 `os` imported but unused"
    assert "  --> pkg/a.py:1:8" in trial.output or " --> pkg/a.py:1:8" in trial.output


def test_ids_stay_when_lines_move_and_tell_equal_findings_apart(trial: Trial) -> None:
    line = f"x = '{'y' * 120}'\n"
    tip = trial.write(a=line + line).run("ruff", "ruff check --select E501")
    moved = trial.write(a=f"# moved\n\n{line}\n\n{line}").run("ruff", "ruff check --select E501")
    assert tip.failing == moved.failing
    assert tip.failing[1].endswith(" #2")
    assert judge(moved, Compare.NO_WORSE, tip)[0] is Verdict.PASS
    third = trial.write(a=line * 3).run("ruff", "ruff check --select E501")
    verdict, note = judge(third, Compare.NO_WORSE, tip)
    assert verdict is Verdict.FAIL
    assert note == "1 new: a.py:E501:Line too long (· > ·) #3; 2 others on the tip too"


def test_one_sin_for_another_of_the_same_rule_is_worse(trial: Trial) -> None:
    tip = trial.write(a="import os\n").run("ruff", "ruff check")
    swapped = trial.write(a="import re\n").run("ruff", "ruff check")
    assert judge(swapped, Compare.NO_WORSE, tip)[0] is Verdict.FAIL


def test_unformatted_files_fail_by_path(trial: Trial) -> None:
    said = trial.write(a="x=1\n", b="y = 1\n").run("ruff", "ruff format --check")
    assert said.verdict is Verdict.FAIL
    assert said.failing == ("a.py:unformatted:File would be reformatted",)


@pytest.mark.parametrize("command", ["ruff check", "ruff format --check"])
def test_a_file_that_cannot_be_parsed_is_the_changes_fault(trial: Trial, command: str) -> None:
    said = trial.write(a="def (\n").run("ruff", command)
    assert said.verdict is Verdict.FAIL
    assert said.failing[0].startswith("a.py:invalid-syntax:")


@pytest.mark.parametrize(
    ("files", "command", "summary"),
    [
        ({"a": "x = 1\n"}, "ruff check --no-such-option", "ruff could not run (exit 2)"),
        ({"a": "x = 1\n"}, "ruff check --select NOPE", "ruff could not run (exit 2)"),
        ({"a": SINS}, "true ruff check", "ruff left no report"),
        ({"a": "x = 1\n"}, "ruff check --output-file out --output-format text", "could not run"),
        ({}, "ruff check", "ruff found no Python files"),
        ({"a": "x = 1\n"}, "rufff check", "the tool rufff is missing"),
        ({"a": "x = 1\n"}, "kill -9 $$; ruff check", "killed by SIGKILL"),
    ],
)
def test_a_run_that_proves_nothing_is_an_error(
    trial: Trial, files: dict[str, str], command: str, summary: str
) -> None:
    said = trial.write(**files).run("ruff", command)
    assert said.verdict is Verdict.ERROR
    assert summary in said.summary


def test_a_half_that_was_not_reached_cannot_be_held_against_the_tip(trial: Trial) -> None:
    both = "ruff check && ruff format --check"
    trial.write(a="import os\nx=1\n")
    assert trial.run("ruff", both).verdict is Verdict.FAIL
    said = trial.run("ruff", both, compare=Compare.NO_WORSE)
    assert said.verdict is Verdict.ERROR
    assert said.summary == "ruff format was not reached: make it a guardrail of its own"


def test_a_ruff_that_writes_no_json_for_formats_is_read_from_its_words(trial: Trial) -> None:
    old = trial.tree / "bin" / "ruff"
    old.parent.mkdir()
    old.write_text(
        "#!/bin/sh\necho 'Would reformat: a b.py'\necho '1 file would be reformatted'\nexit 1\n"
    )
    old.chmod(0o755)
    said = trial.run("ruff", "bin/ruff format --check", compare=Compare.NO_WORSE)
    assert said.failing == ("a b.py:unformatted:File would be reformatted",)


SILENT = {
    "noqa": "import os  # noqa: F401\n",
    "a file's noqa": "# ruff: noqa\nimport os\n",
    "flake8's noqa": "# flake8: noqa\nimport os\n",
    "a block": "# ruff: disable[F401]\nimport os\n",
}


@pytest.mark.parametrize("name", SILENT)
def test_unsilenced_ruff_reports_what_a_comment_hides(trial: Trial, name: str) -> None:
    trial.write(a=SILENT[name])
    run = "ruff check --select F"
    assert trial.run("ruff", run).verdict is Verdict.PASS
    loud = KINDS["ruff"].unsilenced(GuardrailSpec(name="it", run=run, kind="ruff"))
    assert trial.run("ruff", loud).failing == ("a.py:F401:`os` imported but unused",)


@pytest.mark.parametrize(
    ("run", "loud"),
    [
        ("uv run ruff  check src", "uv run ruff check --ignore-noqa --no-respect-gitignore src"),
        ("ruff format --check", ""),
        ("make lint", ""),
    ],
)
def test_only_ruff_check_is_unsilenced(run: str, loud: str) -> None:
    assert KINDS["ruff"].unsilenced(GuardrailSpec(name="it", run=run, kind="ruff")) == loud
    assert KINDS["command"].unsilenced(GuardrailSpec(name="it", run=run)) == ""
