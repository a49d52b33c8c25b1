"""What a project depends on before and after a change: other people's code that would be run."""

from __future__ import annotations

import ast
import configparser
import json
import re
import tomllib
from collections.abc import Callable, Iterator
from typing import Any

from factory.globs import matches
from factory.model import Mark
from factory.syntax import parse
from factory.tamper.base import Edited, MarkKind, mark

_LOCKS = (
    "poetry.lock", "uv.lock", "pdm.lock", "Pipfile.lock", "pylock*.toml", "package-lock.json",
    "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "bun.lockb", "deno.lock",
    "go.sum", "Cargo.lock", "Gemfile.lock", "composer.lock", "mix.lock", "flake.lock",
    "gradle.lockfile", "conda-lock.yml", ".terraform.lock.hcl",
)  # fmt: skip
_LISTS = ("requirements*.txt", "requirements*.in", "requirements/*.txt", "requirements/*.in",
          "constraints*.txt")  # fmt: skip
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*(?:\[[^\]]*\])?")
_WORD = re.compile(r"[\w@][\w./@-]*")
_SETUP_WORDS = frozenset(
    (
        "install_requires",
        "setup_requires",
        "tests_require",
        "extras_require",
        "requires",
        "requirements",
    )
)
_WANTED = re.compile(r"[dD]ependencies$|^(?:require|require-dev|overrides|resolutions)$")
_GO = re.compile(
    r"^[ \t]*(?:(?:require|replace)[ \t]+)?([\w~/-]{1,200}\.[\w.~/-]{1,400})[ \t]+(v\S+|=>[^\n]*)",
    re.MULTILINE,
)
_GEM = re.compile(r"^[ \t]*gem\s+['\"]([^'\"\n]+)['\"]([^\n]*)", re.MULTILINE)

_Pairs = Iterator[tuple[str, str]]


def marks(file: Edited) -> Iterator[Mark]:
    """The marks of one file: what it names newly, and what it names differently."""
    if file.old == file.new:
        return
    if matches(file.path, _LOCKS):
        yield mark(MarkKind.CHANGED_DEPENDENCY, file.path, 0, "lock file")
        return
    read = _reader(file)
    if read is None or file.new is None:
        return
    old, new = _needs(read, file.before), _needs(read, file.after)
    if new is None:
        yield mark(MarkKind.CHANGED_DEPENDENCY, file.path, 0, "cannot be read")
        return
    lines = dict(_lines(file.after))
    for name, wanted in new.items():
        had = (old or {}).get(name)
        line = lines.get(name, 0)
        if had is None:
            yield mark(MarkKind.NEW_DEPENDENCY, file.path, line, _shown(name, wanted))
        elif had != wanted:
            text = f"{_shown(name, had)} → {_shown(name, wanted)}"
            yield mark(MarkKind.CHANGED_DEPENDENCY, file.path, line, text)


def _reader(file: Edited) -> Callable[[str], _Pairs] | None:
    known: dict[str, Callable[[str], _Pairs]] = {
        "pyproject.toml": _pyproject,
        "setup.cfg": _setup_cfg,
        "setup.py": _setup_py,
        "Pipfile": _pipfile,
        "package.json": _package,
        "composer.json": _package,
        "go.mod": lambda text: ((found[1], found[2]) for found in _GO.finditer(text)),
        "Cargo.toml": _cargo,
        "Gemfile": lambda text: ((found[1], found[2].strip()) for found in _GEM.finditer(text)),
    }
    if file.name in known:
        return known[file.name]
    return _list if matches(file.path, _LISTS) else None


def _needs(read: Callable[[str], _Pairs], text: str) -> dict[str, tuple[str, ...]] | None:
    """Every name with all that is asked of it; None where the text cannot be read."""
    found: dict[str, set[str]] = {}
    try:
        for name, wanted in read(text):
            found.setdefault(name, set()).add(wanted)
    except (ValueError, TypeError, AttributeError, configparser.Error, RecursionError):
        return None
    return {name: tuple(sorted(wanted)) for name, wanted in found.items()}


def _requirement(text: str) -> tuple[str, str]:
    """`HTTPX[http2] >= 0.27 ; …` as the name `httpx` and the rest, without blanks."""
    text = text.strip()
    name = _NAME.match(text)
    if name is None:  # an option: another index, another file, an editable folder
        return text, ""
    plain = re.sub(r"[-_.]+", "-", name[0].partition("[")[0]).lower()
    return plain, "".join(text[len(name[0].partition("[")[0]) :].split())


def _list(text: str) -> _Pairs:
    joined = text.replace("\\\n", " ")
    for line in joined.splitlines():
        wanted = re.sub(r"(?:^|\s)#.*", "", line).strip()
        if wanted:
            yield _requirement(re.sub(r"\s--hash=\S+", "", wanted))


def _pyproject(text: str) -> _Pairs:
    found = tomllib.loads(text)
    project, tool = found.get("project", {}), found.get("tool", {})
    lists = [project.get("dependencies", []), found.get("build-system", {}).get("requires", [])]
    lists += [*project.get("optional-dependencies", {}).values()]
    lists += [*found.get("dependency-groups", {}).values()]
    lists += [*tool.get("pdm", {}).get("dev-dependencies", {}).values()]
    lists.append(tool.get("uv", {}).get("dev-dependencies", []))
    for environment in tool.get("hatch", {}).get("envs", {}).values():
        lists += [environment.get(key, []) for key in ("dependencies", "extra-dependencies")]
    for wanted in (one for each in lists for one in each if isinstance(one, str)):
        yield _requirement(wanted)
    poetry = tool.get("poetry", {})
    groups = [poetry, *poetry.get("group", {}).values()]
    for group in groups:
        for key in ("dependencies", "dev-dependencies"):
            yield from _table(group.get(key, {}))
    for key in ("sources", "index", "index-url", "extra-index-url", "find-links"):
        if key in tool.get("uv", {}):
            yield f"tool.uv.{key}", json.dumps(tool["uv"][key], sort_keys=True, default=str)
    if "source" in poetry:
        yield "tool.poetry.source", json.dumps(poetry["source"], sort_keys=True, default=str)


def _setup_cfg(text: str) -> _Pairs:
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    parser.read_string(text)
    for section in parser.sections():
        for key, value in parser[section].items():
            if section == "options.extras_require" or key in _SETUP_WORDS:
                for line in (value or "").splitlines():
                    if line.strip() and not line.strip().startswith("#"):
                        yield _requirement(line)


def _setup_py(text: str) -> _Pairs:
    tree = parse(text)
    if tree is None:
        raise ValueError("setup.py does not parse")
    for node in ast.walk(tree):
        if not isinstance(node, ast.keyword | ast.Assign):
            continue
        targets = [ast.Name(id=node.arg or "")] if isinstance(node, ast.keyword) else node.targets
        if any(isinstance(one, ast.Name) and one.id.lower() in _SETUP_WORDS for one in targets):
            for one in ast.walk(node.value):
                if isinstance(one, ast.Constant) and isinstance(one.value, str):
                    yield _requirement(one.value)


def _pipfile(text: str) -> _Pairs:
    found = tomllib.loads(text)
    for key in ("packages", "dev-packages"):
        yield from _table(found.get(key, {}))


def _package(text: str) -> _Pairs:
    found = json.loads(text or "{}")
    for key, value in found.items():
        if isinstance(value, dict) and _WANTED.search(key):
            yield from _table(value)


def _cargo(text: str) -> _Pairs:
    yield from _cargo_tables(tomllib.loads(text))


def _cargo_tables(table: dict[str, Any]) -> _Pairs:
    for key, value in table.items():
        if not isinstance(value, dict):
            continue
        if key.endswith("dependencies"):
            yield from _table(value)
        elif key in ("patch", "replace"):
            yield key, json.dumps(value, sort_keys=True, default=str)
        else:
            yield from _cargo_tables(value)


def _table(table: dict[str, Any]) -> _Pairs:
    for name, wanted in table.items():
        if name != "python":
            yield name, wanted if isinstance(wanted, str) else json.dumps(wanted, sort_keys=True)


def _shown(name: str, wanted: tuple[str, ...]) -> str:
    return f"{name} {' '.join(wanted)}".strip()


def _lines(text: str) -> Iterator[tuple[str, int]]:
    """Every word of a text that can be a name, as `_requirement` writes it, with its first line."""
    for number, line in reversed(list(enumerate(text.split("\n"), start=1))):
        for word in _WORD.findall(line):
            yield word, number
            yield _requirement(word)[0], number
