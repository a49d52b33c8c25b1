"""pytest: ids and verdicts from its JUnit report, progress from its output.

The options go in by PYTEST_ADDOPTS, so that every command works that starts pytest in the end:
they come after the project's own `addopts` and before what the command itself says.

The report and the tests share a process, and a test can do to it what it likes. What is asked for
here is that all witnesses agree: exit code, report, and the number of tests that were collected.
"""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

from factory.config import Compare, GuardrailSpec
from factory.guardrails import report
from factory.guardrails.base import RESULTS
from factory.guardrails.crash import broken, crash
from factory.guardrails.excerpt import LINES, counted, cut, joined, plain, telling
from factory.guardrails.inverted import Inverted, inverted
from factory.guardrails.junit import Case, Ending, Report, parse
from factory.guardrails.progress import collected, progress
from factory.guardrails.tool import version_of
from factory.model import Outcome, Verdict
from factory.sandbox import TREE, Finished

REPORT = "junit.xml"
COVERAGE = "coverage"
"""The id of a coverage that is under the project's own limit."""
MOST_AGAIN = 50
"""More failing tests than that are not run again: so many are not flaky."""

_OPTIONS = (
    f"--junitxml='{RESULTS}/{REPORT}'",
    "-o junit_family=xunit1",
    "--junit-prefix=",
    f"-o cache_dir='{RESULTS}/cache'",
    "-o console_output_style=count",
    "--continue-on-collection-errors",
    "--maxfail=0",
    "--color=no",
)
_LAST_FAILED = f"{RESULTS}/cache/v/cache"
_LOW_COVERAGE = re.compile(r"^(?:ERROR: Coverage failure|FAIL Required test coverage)", re.M)
_CONFTEST = re.compile(rf"^ImportError while loading conftest '(?:{TREE}/)?([^']+)'", re.M)
_PLACE = re.compile(r"[^\s:/][^\s:]{0,200}:\d+: ")
_SAYS_WHAT = re.compile(r"^ *(?:assert\b|[\w.]+(?:Error|Exception|Exit)\b|Failed:)")
_PLAIN = re.compile(r"[\w./-]{1,300}")
"""Paths that stand in a shell's double quotes as they are."""
_WORDS = {
    Ending.FAILED: "failed",
    Ending.PASSED: "passed",
    Ending.SKIPPED: "skipped",
    Ending.XFAILED: "xfailed",
}


class Pytest:
    """The kind for every command that runs pytest once."""

    def command(self, spec: GuardrailSpec) -> str:
        """The command with our options in its environment."""
        return f"{_export(_OPTIONS)}\n{spec.run}"

    def again(self, spec: GuardrailSpec, failing: tuple[str, ...]) -> str | None:
        """Runs those tests by pytest's own memory of what failed last, which we write for it.

        Ids as arguments would add to the paths that the command names, not replace them.
        """
        return self.among(spec, failing, ())

    def among(
        self, spec: GuardrailSpec, chosen: tuple[str, ...], left_out: tuple[str, ...]
    ) -> str | None:
        """The same for any ids. Files that are left out are not imported, and so need not work."""
        if not 0 < len(chosen) <= MOST_AGAIN or not all(map(_can_run_alone, chosen)):
            return None
        memory = shlex.quote(json.dumps(dict.fromkeys(chosen, True)))
        ignored = [f"--ignore={path}" for path in left_out if _PLAIN.fullmatch(path)]
        return "\n".join(
            (
                f"mkdir -p '{_LAST_FAILED}'",
                f"printf %s {memory} >'{_LAST_FAILED}/lastfailed'",
                _export((*_OPTIONS, "--last-failed", *ignored)),
                spec.run,
            )
        )

    def unsilenced(self, spec: GuardrailSpec) -> str:
        """Empty: a skipped test is seen by its id."""
        return ""

    def inverted(self, path: str, text: str) -> Inverted | None:
        """A Python file with a `raise` at the beginning of each test."""
        return inverted(text) if path.endswith(".py") else None

    def version(self, spec: GuardrailSpec) -> str:
        """`… pytest --version`, started as the guardrail starts it."""
        return spec.version or version_of(spec.run, "pytest", "py.test")

    def progress(self, output: str) -> tuple[int, int] | None:
        """`(done, total)`; None before the tests are collected."""
        return progress(output)

    def outcome(
        self, spec: GuardrailSpec, finished: Finished, output: str, results: Path
    ) -> Outcome:
        """A pass is exit code 0, a whole report, no failure in it, and every test accounted for."""
        text = plain(output)
        data = report.read(results, REPORT)
        found = parse(data) if data is not None else None
        broke = crash(spec, finished, "" if found else text)
        if broke is not None:
            return broke
        if found is None:
            return _without_report(finished, text, cut_short=data is not None)
        return _judged(spec, finished.exit_code or 0, found, text)


def _can_run_alone(name: str) -> bool:
    path, _, test = name.partition("::")
    return bool(test) or (path.endswith(".py") and Path(path).name != "conftest.py")


def _export(options: tuple[str, ...]) -> str:
    return f'export PYTEST_ADDOPTS="${{PYTEST_ADDOPTS-}} {" ".join(options)}"'


def _without_report(finished: Finished, text: str, *, cut_short: bool) -> Outcome:
    conftest = _CONFTEST.search(text)
    if conftest is not None:
        return Outcome(
            verdict=Verdict.FAIL,
            summary=f"{cut(conftest[1], 100)} cannot be imported, so no test ran",
            failing=(conftest[1],),
            counted=0,
            details=joined(telling(text)),
        )
    if finished.exit_code == 4:
        return broken("pytest does not take its command line (exit 4)", text)
    if cut_short:
        return broken("pytest's report is cut short: it was ended while it wrote it", text)
    return broken(
        f"exit {finished.exit_code} without a report: pytest was not started, was ended in the "
        "middle of a test, or did not see PYTEST_ADDOPTS",
        text,
    )


def _judged(spec: GuardrailSpec, code: int, found: Report, text: str) -> Outcome:
    bad = tuple(case for case in found.cases if case.bad)
    flaw = _flaw(spec, code, found, bad, text)
    if flaw:
        return broken(flaw, text)
    failing = tuple(case.id for case in bad)
    if _LOW_COVERAGE.search(text):
        failing = (*failing, COVERAGE)
    passed = code == 0 and not failing
    named = code == 0 or (code == 1 and failing)
    return Outcome(
        verdict=Verdict.PASS if passed else Verdict.FAIL,
        summary=_summary(found) if named else f"{_summary(found)}, exit {code}",
        failing=failing,
        passing=tuple(case.id for case in found.cases if case.ending is Ending.PASSED),
        counted=sum(case.ran for case in found.cases),
        details="" if passed else (_details(bad) or joined(telling(text))),
    )


def _flaw(
    spec: GuardrailSpec, code: int, found: Report, bad: tuple[Case, ...], text: str
) -> str | None:
    """Why the report proves nothing; None where it does.

    A run that stopped early shows what fails, but not that nothing else does: it is a failure
    where any failure is one, and an error where failures are held against the tip's.
    """
    if found.internal:
        return "pytest or a plugin of it broke: INTERNALERROR"
    if not bad and (code == 5 or not found.cases):
        return "no tests collected"
    if not bad and not any(case.ran for case in found.cases):
        return f"no test ran: {counted(len(found.cases), 'test')} skipped"
    expected = collected(text) or 0
    stopped = code in (2, 3, 4) or found.tests < expected
    if stopped and (not bad or spec.compare is Compare.NO_WORSE):
        of = f"{found.tests} of {expected}" if expected else f"{found.tests}"
        return f"stopped early (exit {code}): the report has {of} tests"
    return None


def _summary(found: Report) -> str:
    number = dict.fromkeys(Ending, 0)
    for case in found.cases:
        number[case.ending] += 1
    words = [f"{number[ending]} {word}" for ending, word in _WORDS.items() if number[ending]]
    if number[Ending.BROKEN]:
        words.append(counted(number[Ending.BROKEN], "error"))
    return ", ".join(words)


def _details(bad: tuple[Case, ...]) -> str:
    """Each failing test and what was wrong, in as many lines as fit."""
    room = max(2, LINES // max(1, len(bad)))
    lines: list[str] = []
    for case in bad:
        word = "ERROR" if case.ending is Ending.BROKEN else "FAILED"
        lines += (f"{word} {case.id}", *_why(case.text)[: room - 1])
    return joined(lines)


def _why(text: str) -> list[str]:
    """The lines of a failure that say most: `E   assert …` and the place; else the last ones."""
    lines = plain(text).split("\n")
    asserted = [f"  {line[1:].strip()}" for line in lines if line.startswith("E ")]
    if not asserted:
        return [f"  {line.strip()}" for line in lines if line.strip()][-4:]
    first = next((line for line in asserted if _SAYS_WHAT.search(line)), asserted[0])
    place = [f"  {line}" for line in lines if _PLACE.match(line)][-1:]
    return [first, *place, *(line for line in asserted if line is not first)]
