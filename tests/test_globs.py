from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factory.globs import matches


@pytest.mark.parametrize(
    ("glob", "path"),
    [
        ("*.py", "a.py"),
        ("*.py", "deep/er/a.py"),
        ("conftest.py", "conftest.py"),
        ("conftest.py", "tests/unit/conftest.py"),
        ("tests/**", "tests/a.py"),
        ("tests/**", "tests/unit/a.py"),
        ("**/tests/**", "tests/a.py"),
        ("**/tests/**", "pkg/tests/a.py"),
        ("**/*.lock", "a.lock"),
        ("src/**/a.py", "src/a.py"),
        ("src/**/a.py", "src/x/y/a.py"),
        ("src/*/a.py", "src/x/a.py"),
        ("**", "anything/at/all"),
        ("vendor/", "vendor/a/b.go"),
        ("vendor/", "cmd/vendor/b.go"),
        ("docs/api/", "docs/api/x.md"),
        ("**/__snapshots__/**", "a/b/__snapshots__/c.snap"),
        ("a/**/b/**/c", "a/b/x/b/y/c"),
        ("[ab].txt", "b.txt"),
        ("[!ab].txt", "c.txt"),
        ("?.txt", "é.txt"),
        ("*", ".hidden"),
        ("a[*]b", "a*b"),
        ("*.txt", "line\nbreak.txt"),
    ],
)
def test_a_glob_matches_what_git_says_it_matches(glob: str, path: str) -> None:
    assert matches(path, [glob])


@pytest.mark.parametrize(
    ("glob", "path"),
    [
        ("*.py", "a.pyc"),
        ("src/*.py", "src/deep/a.py"),
        ("src/*.py", "other/src/a.py"),
        ("tests/**", "tests"),
        ("tests/**", "pkg/tests/a.py"),
        ("tests", "tests/a.py"),
        ("vendor/", "vendor"),
        ("docs/api/", "site/docs/api/x.md"),
        ("src/**/a.py", "src/a.pyx"),
        ("a/**/b/**/c", "a/x/y/c"),
        ("[!ab].txt", "a.txt"),
        ("*.PY", "a.py"),
        ("*.txt", "a.txt\n"),
        ("/a.py", "a.py"),
        ("a[*]b", "axb"),
        ("", "a"),
    ],
)
def test_a_glob_matches_nothing_else(glob: str, path: str) -> None:
    assert not matches(path, [glob])


def test_no_globs_match_nothing_and_any_of_several_is_enough() -> None:
    assert not matches("a.py", ())
    assert matches("a.py", ("*.go", "*.py"))


def test_a_path_made_to_stall_the_matcher_is_answered_at_once() -> None:
    path = "/".join(["a" * 200] * 200)
    assert not matches(path, ["**/" + "*a" * 12 + "b/**/" + "*a" * 12 + "b"])


_names = st.text("ab.", min_size=1, max_size=3)
_parts = st.one_of(st.just("**"), st.text("ab.*?", min_size=1, max_size=3))


@settings(deadline=None)
@given(st.lists(_names, min_size=1, max_size=5), st.lists(_parts, min_size=2, max_size=5))
def test_it_agrees_with_the_regular_expression_git_documents(
    names: list[str], parts: list[str]
) -> None:
    path, glob = "/".join(names), "/".join(parts)
    assert matches(path, [glob]) == (re.fullmatch(_reference(parts), path) is not None)


def _reference(parts: list[str]) -> str:
    pattern = ""
    for at, part in enumerate(parts):
        last = at == len(parts) - 1
        if part == "**":
            pattern += ".+" if last else "(?:[^/]+/)*"
        else:
            body = re.sub(r"\*+", "[^/]*", re.escape(part).replace(r"\*", "*").replace(r"\?", "?"))
            pattern += body.replace("?", "[^/]") + ("" if last else "/")
    return pattern
