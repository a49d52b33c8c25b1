from pathlib import Path

import pytest

from factory.config import GuardrailSpec
from factory.guardrails import KINDS, excerpt, kind
from factory.guardrails.tool import version_of
from factory.model import ConfigError, Verdict
from factory.sandbox import Finished
from tests.guardrails.trial import Trial


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    return Trial(tmp_path)


def test_exit_code_0_passes_and_the_last_line_is_the_summary(trial: Trial) -> None:
    said = trial.run("command", "echo checking; echo 'Success: no issues found in 3 source files'")
    assert said.verdict is Verdict.PASS
    assert said.summary == "Success: no issues found in 3 source files"


def test_another_exit_code_fails_with_the_line_that_counts(trial: Trial) -> None:
    said = trial.run(
        "command", "echo 'a.py:3: error: no'; echo 'Found 1 error in 1 file'; echo bye; exit 3"
    )
    assert said.verdict is Verdict.FAIL
    assert said.summary == "Found 1 error in 1 file"
    assert said.details.splitlines()[0] == "a.py:3: error: no"


@pytest.mark.parametrize(
    ("command", "summary"),
    [
        ("nosuchtool --check", "the tool nosuchtool is missing"),
        ("python3 -m nosuchmodule", "the Python module nosuchmodule is not installed"),
        ("echo x > tool; ./tool", "the command cannot be executed"),
        ("kill -9 $$", "killed by SIGKILL"),
        ("sh -c 'kill -SEGV $$'", "killed by SIGSEGV"),
        (
            "printf 'make: *** [Makefile:2: lint] Error 127\\n'; exit 2",
            "a tool it starts is missing",
        ),
    ],
)
def test_what_could_not_run_is_an_error_that_names_the_cause(
    trial: Trial, command: str, summary: str
) -> None:
    said = trial.run("command", command)
    assert said.verdict is Verdict.ERROR
    assert summary in said.summary


def test_a_check_that_does_not_end_is_an_error(trial: Trial) -> None:
    said = trial.run("command", "echo started; sleep 60", timeout=0.3)
    assert said.verdict is Verdict.ERROR
    assert said.summary == "did not end within 0.3 s"
    assert said.details == "started"


def test_a_tool_that_says_module_not_found_in_the_middle_still_fails(trial: Trial) -> None:
    lines = "".join(f"echo line {n};" for n in range(9))
    said = trial.run("command", f"echo 'python3: No module named x'; {lines} exit 1")
    assert said.verdict is Verdict.FAIL


def test_of_much_output_20_lines_go_back_places_and_errors_first(trial: Trial) -> None:
    (trial.tree / "out.txt").write_text(
        "".join(f"noise {n}\n" for n in range(100_000))
        + "src/a.py:10:4: wrong\n"
        + "".join(f"more {n}\n" for n in range(100_000))
        + "fatal: gave up\n"
        + "the end\n"
    )
    said = trial.run("command", "cat out.txt; exit 1")
    lines = said.details.splitlines()
    assert len(lines) == 20
    assert lines[0] == "src/a.py:10:4: wrong"
    assert "fatal: gave up" in lines
    assert lines[-1] == "the end"


def test_escape_sequences_and_overwritten_text_do_not_get_through() -> None:
    foreign = "\x1b[31mred\x1b[0m \x1b]0;title\x07x\n10%\r100% done\r\n\x9b2Jbell\x07\x00"
    assert excerpt.plain(foreign) == "red x\n100% done\n2Jbell"


def test_a_hostile_line_costs_no_more_than_its_length() -> None:
    spec = GuardrailSpec(name="it", run="x")
    for line in ("python" * 300_000, "\x1b]" * 300_000, "a.b:" * 300_000, "\r" * 300_000):
        said = kind("command").outcome(spec, Finished(exit_code=1, seconds=0), line, Path())
        assert said.verdict is Verdict.FAIL
        kind("pytest").progress(line)


def test_a_long_line_is_cut() -> None:
    assert len(excerpt.telling("x" * 10_000)[0]) == excerpt.WIDTH


def test_there_is_a_kind_for_each_name_and_a_sentence_for_every_other() -> None:
    assert set(KINDS) == {"command", "pytest", "ruff"}
    with pytest.raises(ConfigError, match="'pytst' is not a kind of guardrail; use one of command"):
        kind("pytst")


@pytest.mark.parametrize(
    ("command", "version"),
    [
        ("pytest", "pytest --version"),
        ("python -m pytest -q tests", "python -m pytest --version"),
        ("CI=1 uv run pytest -x", "CI=1 uv run pytest --version"),
        ("pip install -q pytest-cov && .venv/bin/pytest", ".venv/bin/pytest --version"),
        ("(cd sub && py.test)", "py.test --version"),
        ("make test", ""),
        ("./run-pytest.sh", ""),
    ],
)
def test_the_version_is_asked_as_the_guardrail_starts_the_tool(command: str, version: str) -> None:
    assert version_of(command, "pytest", "py.test") == version
