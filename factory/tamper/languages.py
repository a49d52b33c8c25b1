"""The tests of files that are not Python, found by their outward form.

A test runs here from its heading to the next one's, so what stands between two tests counts for
the first: enough to see that a test, its skip or its assertions came or went.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from factory.model import Struct
from factory.review.kinds import is_test
from factory.tamper.base import Found
from factory.tamper.cases import Case, Suite


class _Language(Struct):
    opens: re.Pattern[str]
    """Where a test begins; its group `name`, where it has one, is the test's name."""
    named: re.Pattern[str] | None
    """Where the name stands if not in the opening: the first match after it."""
    skips: re.Pattern[str]
    checks: re.Pattern[str]
    anywhere: bool = False
    """Whether tests stand in any file, not in files of tests only."""


def _language(
    opens: str, skips: str, checks: str, named: str = "", anywhere: bool = False
) -> _Language:
    return _Language(
        opens=re.compile(opens, re.MULTILINE),
        named=re.compile(named) if named else None,
        skips=re.compile(skips),
        checks=re.compile(checks),
        anywhere=anywhere,
    )


_JAVASCRIPT = _language(
    opens=r"^[ \t]*[xf]?(?:it|test|specify)(?:\.\w+)*(?:\([^()\n]*\))?\("
    r"\s*(?P<quote>['\"`])(?P<name>[^\n]*?)(?P=quote)",
    skips=r"^\s*(?:x(?:it|test|describe|specify|context)|f(?:it|describe)"
    r"|(?:it|test|describe|context|suite|specify)\.(?:skip|skipIf|todo|only|fixme|fails|failing))\b"
    r"|\bthis\.skip\(|\btest\.(?:skip|fixme)\(|\bpending\(",
    checks=r"\bexpect\s*\(|\bassert\w*[.(]|\.should\b|\bt\.(?:is|not|deepEqual|true|false|throws)\(",
)
_GO = _language(
    opens=r"^func (?P<name>(?:Test|Fuzz|Example)\w*)\(",
    skips=r"\b\w+\.Skip(?:f|Now)?\(|^//go:build |^// \+build ",
    checks=r"\b\w+\.(?:Error|Errorf|Fatal|Fatalf|Fail|FailNow)\("
    r"|\b(?:assert|require|is|qt)\.\w+\(",
)
_RUST = _language(
    opens=r"^[ \t]*#\[(?:\w+::)*test\b[^\n]*",
    named=r"\bfn\s+(?P<name>\w+)",
    skips=r"#\[\s*(?:ignore|should_panic)\b|#\[cfg_attr\([^\n]{0,200}\bignore\b",
    checks=r"\b(?:debug_)?assert\w*!|\bpanic!",
    anywhere=True,
)
_JAVA = _language(
    opens=r"^[ \t]*@(?:\w+\.)*(?:Test|ParameterizedTest|RepeatedTest|TestFactory)\b[^\n]*",
    named=r"(?<![@\w.])(?P<name>\w{1,200}|`[^`\n]{1,200}`)[ \t]{0,8}\(",
    skips=r"@(?:\w+\.)*(?:Disabled\w*|Ignore|EnabledIf\w*)\b|\bassume\w*\(",
    checks=r"\bassert\w*\s*[.(]|\bverify\w*\(|\bfail\(|\bshould\w*\b|\bexpected\s*=",
)
_CSHARP = _language(
    opens=r"^[ \t]*\[(?:Fact|Theory|Test|TestMethod|TestCase)\b[^\n]*",
    named=r"(?<![\[\w.])(?P<name>\w{1,200})[ \t]{0,8}\(",
    skips=r"\bSkip\s*=|\[(?:Ignore|Explicit)\b",
    checks=r"\bAssert\.|\.Should\(|\bExpect\(",
)
_RUBY = _language(
    opens=r"^[ \t]*x?(?:it|specify|scenario|test)[ (]+(?P<quote>['\"])(?P<name>[^\n]*?)(?P=quote)"
    r"|^[ \t]*def (?P<method>test_\w+)",
    skips=r"^\s*(?:xit|xdescribe|xcontext|skip|pending)\b|[,(]\s*:?(?:skip|pending)\b",
    checks=r"\bexpect[ ({]|\b(?:assert|refute)\w*|\bmust_\w+|\bshould\b",
)
_BY_SUFFIX = {
    "go": _GO,
    "rs": _RUST,
    "java": _JAVA,
    "kt": _JAVA,
    "scala": _JAVA,
    "groovy": _JAVA,
    "cs": _CSHARP,
    "rb": _RUBY,
    **dict.fromkeys(("js", "jsx", "ts", "tsx", "mjs", "cjs", "mts", "cts"), _JAVASCRIPT),
}
_PYTHON = _language(
    opens=r"^[ \t]*(?:async )?def (?P<name>test\w*)\(",
    skips=r"\bmark\.(?:skip|xfail)|\b(?:pytest|unittest)\.(?:skip|importorskip)|\bskipTest\(",
    checks=r"\bassert\w*\b|\braises\(",
)
_TRIVIAL = re.compile(
    r"expect\((?:true|1)\)\.\w[\w.]*\((?:true|1)?\)|assert!\(true\)|assert(?:True|\.True|\.ok)?"
    r"\((?:t, )?true\)|assert true\b|expect\(true\)\.to (?:eq|be)\W?\(?true\)?"
)
_ATTRIBUTE = re.compile(r"\s*(?:#\[|@\w|\[\w)")
_COMMENT = re.compile(r"//[^\n]*|/\*(?:[^*/]|\*(?!/)|/(?!\*))*\*/|^[ \t]*#[^\n\[]*$", re.MULTILINE)
_FILLER = re.compile(
    r"\b(?:async|function|func|fn|fun|void|public|private|pub|end|do|return|pass)\b"
)
_BODY = re.compile(r"\{|=>|\bdo\b|:[ \t]*$|\n", re.MULTILINE)


def suite_of(path: str, text: str) -> Suite | None:
    """The tests in a file of a language that is known by its name; None for any other file."""
    language = _BY_SUFFIX.get(path.rsplit(".", 1)[-1])
    if language is None or not (language.anywhere or is_test(path)):
        return None
    return _read(language, text)


def python_by_form(text: str) -> Suite:
    """The tests of Python that does not parse."""
    return _read(_PYTHON, text)


def _read(language: _Language, text: str) -> Suite:
    opened = list(language.opens.finditer(text))
    starts = [_with_attributes(text, found.start()) for found in opened]
    ends = [*starts, len(text)][1:]
    names: dict[str, int] = {}
    cases: list[Case] = []
    for found, start, end in zip(opened, starts, ends, strict=True):
        name, heading = _name(language, found, text, end)
        names[name] = names.get(name, 0) + 1
        again = f" ({names[name]})" if names[name] > 1 else ""
        cases.append(_case(language, name + again, text, (start, heading, end)))
    outside = text[: starts[0]] if starts else text
    return Suite(cases=tuple(cases), skips=tuple(_skips(language, outside, 1)))


def _with_attributes(text: str, start: int) -> int:
    """The start of the attribute lines that stand right above a test."""
    while start > 0:
        above = text.rfind("\n", 0, start - 1) + 1
        if not _ATTRIBUTE.match(text[above:start]):
            break
        start = above
    return start


def _name(language: _Language, found: re.Match[str], text: str, end: int) -> tuple[str, int]:
    """A test's name, and where its heading ends."""
    if language.named is not None:
        named = language.named.search(text, found.end(), end)
        return (named["name"], named.end()) if named else (found[0].strip(), found.end())
    groups = found.groupdict()
    return groups["name"] or groups.get("method") or found[0].strip(), found.end()


def _case(language: _Language, name: str, text: str, span: tuple[int, int, int]) -> Case:
    start, heading, end = span
    block = text[start:end]
    body = _TRIVIAL.sub("", _COMMENT.sub("", text[heading:end]))
    asserts = sum(1 for _ in language.checks.finditer(body))
    inside = _BODY.split(body, maxsplit=1)[-1]
    return Case(
        name=name,
        line=text.count("\n", 0, heading) + 1,
        source=" ".join(body.split()),
        asserts=asserts,
        empty=not asserts and not re.search(r"\w", _FILLER.sub("", inside)),
        skips=tuple(_skips(language, block, text.count("\n", 0, start) + 1)),
    )


def _skips(language: _Language, text: str, first: int) -> Iterator[Found]:
    for number, line in enumerate(text.split("\n"), start=first):
        if language.skips.search(line):
            yield Found(line=number, text=line.strip())
