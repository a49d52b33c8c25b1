"""ruff: ids from its JSON, for `ruff check`, for `ruff format --check`, and for both in a row.

The command runs twice: once as it stands, for the verdict and a log to read, then once for the
JSON. That is some tens of milliseconds more, by the cache of the first run.

An id is `path:rule:message`, with `·` for the numbers in the message and `#2` behind the second of
equal ones. It has no line number: an old sin that moves down stays the same old sin.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import msgspec

from factory.config import Compare, GuardrailSpec
from factory.guardrails import report
from factory.guardrails.base import RESULTS
from factory.guardrails.crash import broken, crash
from factory.guardrails.excerpt import counted, joined, plain, telling
from factory.guardrails.inverted import Inverted
from factory.guardrails.tool import version_of
from factory.model import Outcome, Struct, Verdict
from factory.sandbox import Finished

CHECKED = "ruff-check.json"
FORMATTED = "ruff-format.json"
ROOT = "root"

_JSON = f"export RUFF_OUTPUT_FORMAT=json RUFF_OUTPUT_FILE='{RESULTS}/{CHECKED}'"
_NUMBER = re.compile(r"(?<![\w`.])\d+(?![\w`.])")
_CHECK = re.compile(r"\bruff\s+check\b")
_UNSILENCED = "ruff check --ignore-noqa --no-respect-gitignore"
_FORMAT = re.compile(r"\bruff\s+format\b")
_REFORMAT = re.compile(r"^Would reformat: (.+)$", re.M)
_TEXT_ONLY = re.compile(r"\b(?:already formatted|would be reformatted)\b")
_NOTHING = "No Python files found under the given path(s)"
_SYNTAX = "invalid-syntax"


class _Location(Struct):
    row: int = 0
    column: int = 0


class _Finding(Struct):
    filename: str
    message: str
    code: str | None = None
    location: _Location = _Location()
    severity: str = "error"


_Findings = tuple[_Finding, ...]


class Ruff:
    """The kind for `ruff check` and `ruff format --check`."""

    def command(self, spec: GuardrailSpec) -> str:
        """The command, then the same with JSON as its output; the exit code is the first one's."""
        return "\n".join(
            (
                f"export RUFF_CACHE_DIR='{RESULTS}/cache'; pwd >'{RESULTS}/{ROOT}'; (",
                spec.run,
                f"); code=$?; {_JSON}; (",
                spec.run,
                f") >'{RESULTS}/{FORMATTED}' 2>/dev/null; exit $code",
            )
        )

    def again(self, spec: GuardrailSpec, failing: tuple[str, ...]) -> str | None:
        """None: ruff says the same of the same tree."""
        return None

    def among(
        self, spec: GuardrailSpec, chosen: tuple[str, ...], left_out: tuple[str, ...]
    ) -> str | None:
        """None: ruff says the same of the same tree."""
        return None

    def unsilenced(self, spec: GuardrailSpec) -> str:
        """`ruff check` that honours neither a comment in the code nor a `.gitignore`."""
        command, found = _CHECK.subn(_UNSILENCED, spec.run)
        return command if found else ""

    def inverted(self, path: str, text: str) -> Inverted | None:
        """None: it runs no tests."""
        return None

    def version(self, spec: GuardrailSpec) -> str:
        """`… ruff --version`, started as the guardrail starts it."""
        return spec.version or version_of(spec.run, "ruff")

    def progress(self, output: str) -> tuple[int, int] | None:
        """None: it is done before one could tell."""
        return None

    def outcome(
        self, spec: GuardrailSpec, finished: Finished, output: str, results: Path
    ) -> Outcome:
        """0 passes, 1 fails; 2 is an error, but for files that ruff cannot parse."""
        text = plain(output)
        broke = crash(spec, finished, text)
        if broke is not None:
            return broke
        root = report.text(results, ROOT).removesuffix("\n")
        checked = _findings(report.text(results, CHECKED), root)
        formatted = _findings(report.text(results, FORMATTED), root)
        if formatted is None:
            formatted = _in_words(text)
        found = (*(checked or ()), *(formatted or ()))
        code = finished.exit_code or 0
        flaw = _flaw(code, found, text) or _unreached(spec, code, checked, formatted)
        if flaw:
            return broken(flaw, text)
        if code == 0 and not found:
            return Outcome(verdict=Verdict.PASS, summary="no findings")
        return Outcome(
            verdict=Verdict.FAIL,
            summary=counted(len(found), "finding") if found else f"exit {code}, and no finding",
            failing=_ids(found),
            details=joined(map(_line, found)) or joined(telling(text)),
        )


def _findings(text: str, root: str) -> _Findings | None:
    """The findings of a report, paths from the root of the tree; None where there is no report."""
    start, end = text.find("["), text.rfind("]")
    if start < 0 or end < start:
        return None
    try:
        found = msgspec.json.decode(text[start : end + 1], type=_Findings)
    except msgspec.DecodeError:
        return None
    return tuple(
        _Finding(
            filename=each.filename.removeprefix(f"{root}/"),
            message=each.message,
            code=each.code or _SYNTAX,
            location=each.location,
        )
        for each in found
        if each.severity == "error"
    )


def _in_words(text: str) -> _Findings | None:
    """What an older `ruff format --check`, which has no JSON, says in its output."""
    if not _TEXT_ONLY.search(text):
        return None
    return tuple(
        _Finding(filename=name, message="File would be reformatted", code="unformatted")
        for name in _REFORMAT.findall(text)
    )


def _flaw(code: int, found: _Findings, text: str) -> str:
    """Why the run proves nothing; empty where it does."""
    if code == 0 and _NOTHING in text:
        return "ruff found no Python files to check"
    if code not in (0, 1) and not any(finding.code == _SYNTAX for finding in found):
        return f"ruff could not run (exit {code})"
    return ""


def _unreached(
    spec: GuardrailSpec, code: int, checked: _Findings | None, formatted: _Findings | None
) -> str:
    """Which half of the command left no report, where that matters; else empty.

    A half that was not reached is no reason to doubt a failure, unless failures are held against
    the tip's: then nobody would know that this half is no worse.
    """
    if code != 0 and spec.compare is Compare.STRICT:
        return ""
    if checked is None and formatted is None:
        return "ruff left no report: it was not started, or the command sets its own output"
    if checked is None and _CHECK.search(spec.run):
        return "ruff check was not reached: make it a guardrail of its own"
    if formatted is None and _FORMAT.search(spec.run):
        return "ruff format was not reached: make it a guardrail of its own"
    return ""


def _ids(found: _Findings) -> tuple[str, ...]:
    seen: Counter[str] = Counter()
    ids = []
    for finding in found:
        name = f"{finding.filename}:{finding.code}:{_NUMBER.sub('·', finding.message)}"
        seen[name] += 1
        ids.append(name if seen[name] == 1 else f"{name} #{seen[name]}")
    return tuple(ids)


def _line(finding: _Finding) -> str:
    place = finding.location
    where = f"{finding.filename}:{place.row}:{place.column}" if place.row else finding.filename
    return plain(f"{where}: {finding.code} {finding.message}").replace("\n", " ")
