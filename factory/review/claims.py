"""What a handoff claims, held against the commands that were recorded.

A claim is borne out by a command of the kind it speaks of whose newest run ended with exit code
0. "Newest", since an agent that saw its tests pass and then fail has not shown that they pass.
The exit code must be the program's own: that of `pytest | tail` is tail's, and `pytest || true`
says nothing at all.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from itertools import dropwhile

from factory.model import Handoff, Struct
from factory.wire import Weighed


class Claim(Struct):
    """A way to claim something, and the programs that would bear it out."""

    says: re.Pattern[str]
    """What the claim reads like, within one sentence."""
    shown_by: re.Pattern[str] | None
    """How the command begins that shows it; None: any program that does more than read."""


class _Ran(Struct):
    """One program of a recorded command, without what it was wrapped in, and whether it passed."""

    program: str
    passed: bool
    command: str
    """The whole that it was a part of."""
    code: int | None


def _claim(says: str, shown_by: str | None) -> Claim:
    proof = None if shown_by is None else re.compile(rf"(?:{shown_by})(?:\s|$)")
    return Claim(says=re.compile(says, re.IGNORECASE), shown_by=proof)


_SCRIPT = r"(?:npm|yarn|pnpm|bun)(?: run)? "
_TESTS = (
    r"pytest|py\.test|unittest|doctest|tox|nox|ctest|rspec|phpunit|jest|vitest|mocha|bats"
    r"|(?:go|cargo|cargo nextest|mix|swift|dotnet|deno|bun) test|cargo nextest run|node --test"
    rf"|{_SCRIPT}test\S*|(?:make|just) (?:test|check)\S*|(?:python \S*)?manage\.py test"
    r"|(?:mvn|gradlew?)(?: \S+)* (?:test|verify|check)"
)
_LINTERS = (
    r"ruff check|flake8|pylint|eslint|golangci-lint|go vet|cargo clippy|biome|rubocop|shellcheck"
    rf"|pre-commit run|{_SCRIPT}lint\S*|(?:make|just) lint\S*"
)
_TYPES = (
    r"mypy|dmypy|pyright|basedpyright|pytype|ty check|tsc|vue-tsc"
    rf"|{_SCRIPT}type\S*|(?:make|just) (?:types|typecheck|mypy)"
)
_BUILDS = (
    rf"{_SCRIPT}build\S*|(?:cargo|go) (?:build|check|install|run|test|vet)|make|ninja|cmake --build"
    r"|tsc|mvn|gradlew?|dotnet build|build|(?:hatch|uv|docker) build|gcc|g\+\+|clang\S*|javac"
    r"|compileall|py_compile"
)
_FORMATS = r"ruff format|black|isort|gofmt|goimports|cargo fmt|rustfmt|prettier|biome format"
_MEASURES = (
    r"hyperfine|pyperf|perf|wrk|k6|asv|time|timeit|cProfile|(?:pytest|go test)(?: \S+)* \S*bench\S*"
    r"|cargo bench|(?:\S+ )?\S*bench\S*"
)
_COVERAGE = (
    r"coverage|(?:pytest|go test|jest|vitest)(?: \S+)* --?cov\S*|nyc|c8"
    rf"|cargo (?:tarpaulin|llvm-cov)|{_SCRIPT}cov\S*"
)

_OK = r"(?:pass(?:es|ed|ing)?|succeeds?|succeeded|(?:is|are|stays?|remains?|all) (?:\w+ )?green)"
_CLEAN = (
    rf"(?:{_OK}|(?:is|are|reports?|comes?|runs?|ran) (?:\w+ )?(?:clean|no (?:errors?|issues?)))"
)
_RAN = r"(?:(?:re-?)?ran|executed|(?:have|has|been|were|was) run)"

CLAIMS = (
    _claim(rf"\b(?:\w+ )?(?:\d+ )?tests?\b(?: \w+){{0,4}}? {_OK}\b", _TESTS),
    _claim(rf"\b\d+ (?:tests? )?passed\b|\b{_OK} all (?:the )?tests\b|\bgreen tests\b", _TESTS),
    _claim(rf"\b{_RAN} (?:\w+ ){{0,3}}?(?:pytest|tox|nox|test suite|tests?)\b", _TESTS),
    _claim(rf"\bpytest\b(?: \w+)? {_CLEAN}\b|\b(?:fully|well|thoroughly|unit)[- ]tested\b", _TESTS),
    _claim(rf"\b{_RAN} (?:\w+ ){{0,2}}?(?:ruff|flake8|pylint|eslint|clippy|linters?)\b", _LINTERS),
    _claim(rf"\b(?:ruff|flake8|pylint|eslint|clippy|lint\w*)\b(?: \w+)? {_CLEAN}\b", _LINTERS),
    _claim(r"\blint[- ](?:clean|free)\b|\bno lint\w* (?:errors?|warnings?|issues?)\b", _LINTERS),
    _claim(rf"\b{_RAN} (?:\w+ ){{0,2}}?(?:mypy|pyright|tsc|type[- ]?check\w*)\b", _TYPES),
    _claim(rf"\b(?:mypy|pyright|tsc|types|typing|type[- ]?check\w*)\b(?: \w+)? {_CLEAN}\b", _TYPES),
    _claim(r"\bno type errors?\b|\btype[- ]?checks? cleanly\b|\btypes check\b", _TYPES),
    _claim(rf"\b(?:builds?|compiles?) (?:cleanly|successfully|fine)\b|\bbuild {_OK}\b", _BUILDS),
    _claim(rf"\bformatted with \w+|\b{_RAN} (?:black|gofmt|prettier|ruff format)\b", _FORMATS),
    _claim(r"\bbenchmark(?:ed|s show|s confirm)\b|\b(?:measured|profiled)\b", _MEASURES),
    _claim(r"\b\d+(?:\.\d+)? ?(?:x|×|times|%) (?:faster|quicker|speed-?up|less memory)", _MEASURES),
    _claim(
        r"\b\d+(?:\.\d+)? ?% coverage\b|\bcoverage (?:is|of|at|rose|went)\b.{0,20}\d", _COVERAGE
    ),
    _claim(r"\b(?:verified|manually tested|confirmed|double-?checked|checked by hand)\b", None),
)
"""Every claim that is looked for, with the programs that bear it out."""

_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+")
_DENIED = re.compile(
    r"\b(?:not|never|cannot|nothing|should|would|will|must|to be|please|if|once|until|unless"
    r"|needs? to)\b|n't\b",
    re.IGNORECASE,
)
_READING = re.compile(
    r"(?:cat|ls|head|tail|less|more|e?grep|rg|ag|find|fd|sed|awk|wc|tree|pwd|echo|printf|which|file"
    r"|stat|diff|git|cd|mkdir|cp|mv|rm|touch|chmod|sleep|true|type|env|export)(?:\s|$)"
)
_IDLE = re.compile(r"\s(?:--version|--help|-h|--collect-only|--co|--exit-zero|--dry-run)(?:\s|$)")
_PREFIXES = frozenset(("env", "nice", "sudo", "command", "exec", "nohup", "npx", "bunx"))
_RUNNERS = frozenset(("uv", "poetry", "pdm", "pipenv", "hatch", "rye", "conda"))
_ASSIGNED = re.compile(r"\w+=")
_DURATION = re.compile(r"-|\d+(?:\.\d+)?[smhd]?$")
_PYTHON_MODULE = re.compile(r"(?:\S*/)?python\d?(?:\.\d+)?(?: -\S+)*? -m (.+)")
_PUNCTUATION = frozenset("();<>|&")


def unproven(
    handoff: Handoff, commands: Sequence[tuple[str, int | None]], *, pipefail: bool = False
) -> tuple[str, ...]:
    """The claims of a handoff that no recorded command bears out, in the handoff's own words.

    `commands` are what the agent ran, oldest first, each with its exit code (None: it has none).
    `pipefail` says that they ran under `set -o pipefail`, where a pipe's exit code does count.
    """
    claims = weighed(handoff, commands, pipefail=pipefail)
    return tuple(claim.words for claim in claims if not claim.command)


def weighed(
    handoff: Handoff, commands: Sequence[tuple[str, int | None]], *, pipefail: bool = False
) -> tuple[Weighed, ...]:
    """Every claim of a handoff, with the command that bears it out where there is one.

    One that is put in more words elsewhere in the note is named once, in those.
    """
    ran = [one for command, code in commands for one in _runs(command, code, pipefail)]
    found: dict[str, Weighed] = {}
    for text in (handoff.summary, *handoff.deviations, *handoff.findings):
        for sentence in _SENTENCE.split(text):
            for claim in CLAIMS:
                said = claim.says.search(sentence)
                if said is None or _DENIED.search(sentence[: said.end()]):
                    continue
                one = _weigh(" ".join(said[0].split()), claim, ran)
                known = found.get(one.words.casefold())
                if known is None or (known.command and not one.command):
                    found[one.words.casefold()] = one
    return tuple(
        one
        for low, one in found.items()
        if not any(
            low != more and low in more and bool(other.command) == bool(one.command)
            for more, other in found.items()
        )
    )


def _weigh(words: str, claim: Claim, ran: Sequence[_Ran]) -> Weighed:
    """The newest command of the kind that a claim speaks of; it shows it if it passed."""
    proof = claim.shown_by
    kind = [
        one
        for one in reversed(ran)
        if (proof.match(one.program) if proof else not _READING.match(one.program))
    ]
    if proof is None:
        shown = next((one for one in kind if one.passed), None)
    else:
        shown = kind[0] if kind and kind[0].passed else None
    if shown is not None:
        return Weighed(words=words, command=shown.command, exit_code=0, ran=True)
    return Weighed(words=words, exit_code=kind[0].code if kind else None, ran=bool(kind))


def _runs(command: str, code: int | None, pipefail: bool) -> Iterator[_Ran]:
    """The programs of a command whose own exit code is known from that of the whole."""
    spoiling = {"||", "&", ";"} if pipefail else {"||", "&", ";", "|", "|&"}
    chain: list[list[str]] = [[]]
    certain = [True]
    for word in _words(command):
        if not _PUNCTUATION.issuperset(word):
            chain[-1].append(word)
        elif "<" not in word and ">" not in word:
            if word in spoiling:
                certain = [False] * len(certain)
            chain.append([])
            certain.append(word != "||")
    for words, known in zip(chain, certain, strict=True):
        for program in _unwrapped(words):
            if known and not _IDLE.search(program):
                yield _Ran(program=program, passed=code == 0, command=command, code=code)


def _words(command: str) -> list[str]:
    """The words and operators of a shell command; none where nothing certain can be read from it.

    That is an open quote, a here-document, and whatever has brackets: a function or a subshell
    can be made to say anything.
    """
    joined = command.replace("\\\n", " ").strip().replace("\n", " ; ")
    if joined.startswith("(") and joined.endswith(")"):
        joined = joined[1:-1]
    lexer = shlex.shlex(joined, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    try:
        words = list(lexer)
    except ValueError:
        return []
    bracketed = any(_PUNCTUATION.issuperset(word) and set("()") & set(word) for word in words)
    return [] if bracketed else words


def _unwrapped(words: list[str]) -> Iterator[str]:
    """The program without what starts it: `uv run python -m pytest -q` is `pytest -q`."""
    while words:
        head = words[0].rsplit("/", 1)[-1]
        module = _PYTHON_MODULE.match(" ".join(words))
        if _ASSIGNED.match(words[0]) or head in _PREFIXES:
            words = words[1:]
        elif head in _RUNNERS and words[1:2] == ["run"]:
            words = words[2:]
        elif head == "timeout":
            words = list(dropwhile(_DURATION.match, words[1:]))
        elif module is not None:
            words = module[1].split(" ")
        elif head == "time" and len(words) > 1:
            yield " ".join(words)
            words = words[1:]
        else:
            yield " ".join([head, *words[1:]])
            return
