"""Settings of guardrails before and after a change, compared by what they mean."""

from __future__ import annotations

import configparser
import json
import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from factory.globs import matches
from factory.model import Mark
from factory.review.kinds import is_test
from factory.tamper.base import Edited, MarkKind, mark

_WHOLE = (
    "factory.toml", "ruff.toml", ".ruff.toml", "pytest.ini", ".pytest.ini", "pytest.toml",
    ".pytest.toml", "tox.ini", "tox.toml", "mypy.ini", ".mypy.ini", ".flake8", ".pylintrc",
    "pylintrc", ".coveragerc", "pyrightconfig.json", "pyrefly.toml", "ty.toml", ".bandit",
    ".importlinter", ".pre-commit-config.yaml", "noxfile.py", ".eslintrc*", "eslint.config.*",
    ".eslintignore", "biome.json*", "tsconfig*.json", "jest.config.*", "vitest.config.*",
    "playwright.config.*", ".mocharc*", "karma.conf.*", "cypress.config.*", ".nycrc*",
    ".golangci.*", "clippy.toml", ".clippy.toml", "deny.toml", ".cargo/config*", ".rubocop*.yml",
    ".rspec", "phpunit.xml*", "checkstyle*.xml", "detekt*.yml", "codecov.yml", ".codecov.yml",
    ".gitlab-ci.yml", ".github/workflows/**", ".circleci/**", "Jenkinsfile", "azure-pipelines.yml",
)  # fmt: skip
_TOOLS = frozenset(
    (
        "ruff", "pytest", "mypy", "pyright", "basedpyright", "ty", "pyrefly", "pylint", "flake8",
        "black", "isort", "coverage", "bandit", "tox", "nox", "importlinter", "vulture", "deptry",
        "poe", "taskipy",
    )
)  # fmt: skip
_SECTIONS = re.compile(
    r"(?:tool:)?(?:pytest|mypy|flake8|pylint|isort|coverage|pycodestyle|pydocstyle|tox|testenv"
    r"|importlinter|bandit|aliases)\b",
    re.IGNORECASE,
)
_SCRIPT = re.compile(r"test|lint|check|type|cover|\bci\b|verify|format|^pre|^post|install|prepare")
_TARGET = re.compile(
    r"(?P<name>[\w.-]{0,60}?(?:test|check|lint|type|mypy|\bci|verify|cover)[\w.-]{0,60})[ \t]{0,9}:"
)

Read = Callable[[str], dict[str, Any]]


def marks(file: Edited, protected: Sequence[str]) -> Iterator[Mark]:
    """The marks of one file; `protected` are the globs of factory.toml."""
    if file.old == file.new:
        return
    read = _reader(file, protected)
    if read is None:
        return
    old, new = _settings(read, file.before), _settings(read, file.after)
    if file.old is None or file.new is None:
        keys = ", ".join(filter(None, old | new))
        if old or new:
            text = f"the file {'added' if file.old is None else 'removed'}: {keys}".rstrip(": ")
            yield mark(MarkKind.CONFIGURATION, file.path, 0, text)
        return
    for key in dict.fromkeys((*old, *new)):
        if old.get(key) != new.get(key):
            change = "added" if key not in old else "removed" if key not in new else "changed"
            text = f"{key or 'the file'} {change}"
            yield mark(MarkKind.CONFIGURATION, file.path, _line(file.after, key), text)


def _reader(file: Edited, protected: Sequence[str]) -> Read | None:
    """What reads the settings of a file of this name; None where it holds none."""
    known = {
        "pyproject.toml": _pyproject,
        "setup.cfg": _setup,
        "package.json": _package,
        "Cargo.toml": _cargo,
        "Makefile": _targets,
        "GNUmakefile": _targets,
        "justfile": _targets,
    }
    if file.name in known:
        return known[file.name]
    if matches(file.path, _WHOLE) or (matches(file.path, protected) and not is_test(file.path)):
        return _whole(file.path)
    return None


def _settings(read: Read, text: str) -> dict[str, Any]:
    """What a text sets; of one that cannot be read, its lines."""
    if not text.strip():
        return {}
    try:
        return read(text)
    except (ValueError, TypeError, AttributeError, configparser.Error, RecursionError):
        return _lines(text)


def _whole(path: str) -> Read:
    if path.endswith(".toml"):
        return tomllib.loads
    if path.endswith(".json"):
        return _json
    if path.endswith((".ini", ".flake8", ".coveragerc", "pylintrc", ".importlinter")):
        return lambda text: {name: dict(found) for name, found in _ini(text).items() if found}
    return _lines


def _lines(text: str) -> dict[str, Any]:
    lines = [line.rstrip() for line in text.splitlines()]
    return {"": [line for line in lines if line and not line.lstrip().startswith(("#", "//"))]}


def _json(text: str) -> dict[str, Any]:
    found = json.loads(text)
    return found if isinstance(found, dict) else {"": found}


def _ini(text: str) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    parser.read_string(text)
    return parser


def _pyproject(text: str) -> dict[str, Any]:
    tools = tomllib.loads(text).get("tool", {})
    found = {f"tool.{name}": value for name, value in tools.items() if name in _TOOLS}
    environments = tools.get("hatch", {}).get("envs")
    if environments:
        found["tool.hatch.envs"] = environments
    return found


def _setup(text: str) -> dict[str, Any]:
    parser = _ini(text)
    return {name: dict(parser[name]) for name in parser.sections() if _SECTIONS.match(name)}


def _package(text: str) -> dict[str, Any]:
    found = _json(text)
    scripts = found.get("scripts", {})
    kept = {f"scripts.{name}": run for name, run in scripts.items() if _SCRIPT.search(name)}
    tools = (
        "jest",
        "mocha",
        "ava",
        "nyc",
        "c8",
        "vitest",
        "eslintConfig",
        "eslintIgnore",
        "lint-staged",
    )
    return kept | {name: found[name] for name in tools if name in found}


def _cargo(text: str) -> dict[str, Any]:
    found = tomllib.loads(text)
    keys = ("lints", "test", "bench", "profile")
    kept = {key: found[key] for key in keys if key in found}
    workspace = found.get("workspace", {}).get("lints")
    return kept | ({"workspace.lints": workspace} if workspace else {})


def _targets(text: str) -> dict[str, Any]:
    """The recipes whose names say that they check something."""
    found: dict[str, Any] = {}
    recipe: list[str] | None = None
    for line in text.splitlines():
        target = _TARGET.match(line)
        if target:
            recipe = found.setdefault(target["name"], [])
            recipe.append(line.rstrip())
        elif line[:1] in (" ", "\t") and recipe is not None:
            recipe.append(line.strip())
        elif line.strip() and not line.startswith("#"):
            recipe = None
    return found


def _line(text: str, key: str) -> int:
    """Where a key stands, as well as that can be told; 0 where it does not."""
    for shape in (f"[{key}", f'"{key.rpartition(".")[2]}"', key):
        at = text.find(shape) if key else -1
        if at >= 0:
            return text.count("\n", 0, at) + 1
    return 0
