"""What kind of file a path names, by its name alone: what a reviewer reads first, and last."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum

from factory.globs import matches


class FileKind(StrEnum):
    """The kinds of files, in the order in which they are read."""

    LOGIC = "logic"
    TEST = "test"
    CONFIG = "config"
    DOCS = "docs"
    FOLDED = "folded"


_FOLDED = re.compile(
    r"""(?: .*/ )? (?:
        (?: node_modules | vendor | third_party | __snapshots__ ) / .*
      | [^/]* \. (?: lock | lockb | min\.js | min\.css | map | snap )
      | [^/]* (?: _pb2(?:_grpc)?\.pyi? | \.pb\.go | \.g\.dart | _generated\.\w+ | \.generated\.\w+ )
      | package-lock\.json | npm-shrinkwrap\.json | pnpm-lock\.yaml | go\.sum | gradle\.lockfile
    )""",
    re.VERBOSE,
)

_TEST = re.compile(
    r"""(?: .*/ )? (?:
        (?: tests? | __tests__ | specs? | testing | testdata | e2e ) / .*
      | (?: test_[^/]* | [^/]*_test | tests? | conftest ) \.py
      | [^/]*_test\.(?: go | rs | exs | dart | cc | cpp | c )
      | [^/]*_(?: spec | test )\.rb
      | [^/]*\.(?: test | spec | cy )\.[cm]?[jt]sx?
      | [^/]*(?: Test | Tests | IT | Spec )\.(?: java | kt | scala | groovy | cs | swift | php )
    )""",
    re.VERBOSE,
)

_DOCS = re.compile(
    r"""(?: .*/ )? (?:
        (?: docs? | man ) / .*
      | [^/]*\.(?: md | markdown | rst | adoc | txt | tex )
      | (?: README | LICEN[CS]E | COPYING | NOTICE | AUTHORS | CHANGE(?:S|LOG) ) [^/]*
    )""",
    re.VERBOSE,
)

_CONFIG = re.compile(
    r"""(?: .*/ )? (?:
        (?: \.github | \.circleci | \.config | \.vscode | \.idea | \.claude | \.cursor ) / .*
      | \.[^/]+
      | (?: Makefile | GNUmakefile | justfile | Dockerfile | Containerfile | Procfile ) [^/]*
      | [^/]*\.(?: toml | ini | cfg | conf | ya?ml | json[5c]? | xml | properties | env | mk )
      | (?: requirements | constraints ) [^/]* \.(?: txt | in )
      | [^/]*\.config\.[cm]?[jt]s | setup\.py | noxfile\.py | go\.mod
    )""",
    re.VERBOSE,
)


def kind_of(path: str, folded: Sequence[str] = ()) -> FileKind:
    """The kind of a path; `folded` are the globs of generated files in factory.toml."""
    if matches(path, folded) or _FOLDED.fullmatch(path):
        return FileKind.FOLDED
    if _TEST.fullmatch(path):
        return FileKind.TEST
    if _CONFIG.fullmatch(path):
        return FileKind.CONFIG
    if _DOCS.fullmatch(path):
        return FileKind.DOCS
    return FileKind.LOGIC


def is_test(path: str) -> bool:
    """Whether the path is one of tests or of their data, wherever generated files go."""
    return _TEST.fullmatch(path) is not None
