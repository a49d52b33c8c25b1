"""How a Python project's dependencies get into /env: by pip, uv or poetry, as it has it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable

from factory.config import EnvironmentSpec
from factory.proposal.findings import Findings
from factory.proposal.requirements import Listed, Pyproject, lists, main, requirement_files
from factory.proposal.tree import Tree

_TEST = frozenset({"test", "tests", "testing"})
_DEVELOP = frozenset({"dev", "develop", "development"})
_VENV = "python3 -m venv /env"
_PIP = "/env/bin/pip install"
_VERSIONED = re.compile(r"setuptools.scm|hatch-vcs|\bpbr\b", re.IGNORECASE)
_WRITTEN = re.compile(r"^\s*(?:write_to|version[_-]file)\s*=\s*[\"']([^\"']+)", re.MULTILINE)
_INPUTS = (
    "pyproject.toml", "setup.py", "setup.cfg", "uv.lock", "poetry.lock", "requirements/*.txt",
)  # fmt: skip


def look(tree: Tree, pyproject: Pyproject, tools: tuple[str, ...]) -> Findings:
    """The environment in which these tools run on this project, and what is unsure about it."""
    chosen = _chosen(lists(tree, pyproject), tools)
    named = main(pyproject).union(*(listed.requires for listed in chosen))
    extra = tuple(tool for tool in tools if tool not in named)
    missing = tuple(_unsure(tree, extra))
    if extra in ((), ("pytest",)) and not chosen and not _has_project(tree, pyproject):
        return Findings(missing=missing)  # the sandbox has pytest and ruff of its own
    inputs = (*_INPUTS, *(name for name in requirement_files(tree) if "/" not in name))
    return Findings(
        environment=EnvironmentSpec(
            setup=(_VENV, *_setup(tree, pyproject, chosen), *_tools(extra)),
            inputs=tuple(
                name for name in inputs if name in tree or ("*" in name and tree.some(name))
            ),
        ),
        missing=missing,
    )


def _chosen(found: tuple[Listed, ...], tools: tuple[str, ...]) -> tuple[Listed, ...]:
    """The lists for tests and for these tools, else those for development; and the main file."""
    chosen = tuple(item for item in found if item.words & _TEST or item.requires & set(tools))
    chosen = chosen or tuple(item for item in found if item.words & _DEVELOP)
    plain = tuple(item for item in found if item.name == "requirements.txt")
    return plain + tuple(item for item in chosen if item not in plain)


def _has_project(tree: Tree, pyproject: Pyproject) -> bool:
    return bool(pyproject.project or pyproject.tool.poetry) or "setup.py" in tree or _metadata(tree)


def _metadata(tree: Tree) -> bool:
    return "[metadata]" in tree.text("setup.cfg")


def _setup(tree: Tree, pyproject: Pyproject, chosen: tuple[Listed, ...]) -> tuple[str, ...]:
    """The commands that install the project and the chosen lists."""
    pretend = "SETUPTOOLS_SCM_PRETEND_VERSION=0.0.0 PBR_VERSION=0.0.0 " if _scm(tree) else ""
    extras = [item.name for item in chosen if item.kind == "extra"]
    groups = [item.name for item in chosen if item.kind == "group"]
    files = [item.name for item in chosen if item.kind == "file"]
    if pyproject.tool.poetry:
        with_groups = [item.name for item in chosen if item.kind == "poetry"]
        return _poetry(with_groups, extras)
    if "uv.lock" in tree:
        sync = "VIRTUAL_ENV=/env /env/bin/uv sync --active --frozen --inexact"
        return (
            f"{_PIP} uv",
            pretend + sync + _options("--extra", extras) + _options("--group", groups),
        )
    if pyproject.application and "setup.py" not in tree:
        needs = "/env/bin/uv pip install --python /env/bin/python -r pyproject.toml"
        given = _options("--extra", extras) + _options("--group", groups) + _options("-r", files)
        return (f"{_PIP} uv", needs + given)
    given = _options("--group", groups) + _options("-r", files)
    if _has_project(tree, pyproject):
        given += " -e " + shlex.quote("." + (f"[{','.join(extras)}]" if extras else ""))
    newer = (f"{_PIP} --upgrade pip",) if groups else ()  # pip knows groups since 25.1
    return (*newer, f"{pretend}{_PIP}{given}") if given else ()


def _poetry(groups: list[str], extras: list[str]) -> tuple[str, ...]:
    """Poetry stands in an environment of its own: its needs are not the project's."""
    install = "VIRTUAL_ENV=/env /env/poetry/bin/poetry install --no-interaction"
    return (
        "python3 -m venv /env/poetry && /env/poetry/bin/pip install poetry",
        install + _options("--with", groups) + _options("--extras", extras),
    )


def _tools(names: tuple[str, ...]) -> tuple[str, ...]:
    return (f"{_PIP} {' '.join(names)}",) if names else ()


def _options(option: str, values: Iterable[str]) -> str:
    return "".join(f" {option} {shlex.quote(value)}" for value in values)


def _scm(tree: Tree) -> bool:
    return any(
        _VERSIONED.search(tree.text(name)) for name in ("pyproject.toml", "setup.cfg", "setup.py")
    )


def _unsure(tree: Tree, extra: tuple[str, ...]) -> Iterable[str]:
    for tool in extra:
        if tool != "pytest":
            yield f"{tool} is configured but no dependency list names it: its newest is installed"
    for name in ("pdm.lock", "Pipfile.lock", "environment.yml"):
        if name in tree:
            yield f"{name} is not used: write the commands that do to environment.setup"
    for found in _WRITTEN.finditer(tree.text("pyproject.toml")):
        if found[1] not in tree:
            yield (
                f"{found[1]} is written when the package is built and is not in git: "
                "name it in .worktreeinclude"
            )
