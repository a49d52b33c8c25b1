"""What a Python project says it needs: its lists of requirements, by whichever file names them."""

from __future__ import annotations

import configparser
import re
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Any

import msgspec

from factory.model import Struct
from factory.proposal.tree import Tree
from factory.tables import TomlSyntaxError, load

_NAME = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")


class Listed(Struct):
    """One list of requirements."""

    kind: str
    """`extra`, `group`, `poetry` (a group of poetry's) or `file`."""
    name: str
    """Its name; of a file, its path."""
    requires: frozenset[str]
    """Names of distributions, in lower case with `-`."""

    @property
    def words(self) -> frozenset[str]:
        """What the name says: `requirements/test.txt` → requirements, test, txt."""
        return frozenset(re.split(r"[^a-z]+", self.name.lower()))


class _Project(Struct, rename="kebab"):
    dependencies: tuple[str, ...] = ()
    optional_dependencies: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)


class _Poetry(Struct):
    dependencies: dict[str, Any] = msgspec.field(default_factory=dict)
    group: dict[str, _Poetry] = msgspec.field(default_factory=dict)


class _Uv(Struct):
    package: bool = True


class _Tools(Struct):
    poetry: _Poetry | None = None
    uv: _Uv = _Uv()


class Pyproject(Struct, rename="kebab"):
    """What matters here of pyproject.toml; empty where there is none."""

    project: _Project | None = None
    build_system: dict[str, Any] | None = None
    dependency_groups: dict[str, tuple[str | dict[str, str], ...]] = msgspec.field(
        default_factory=dict
    )
    tool: _Tools = _Tools()

    @property
    def application(self) -> bool:
        """A project that is not built: there is nothing to install but what it needs."""
        built = self.build_system is not None and self.tool.uv.package
        return self.project is not None and not built


def read(tree: Tree) -> tuple[Pyproject, str]:
    """pyproject.toml, and a sentence that says why it could not be read, if so."""
    try:
        return msgspec.convert(load(tree.text("pyproject.toml")), Pyproject), ""
    except TomlSyntaxError as error:
        return Pyproject(), f"pyproject.toml cannot be read: {error}"
    except msgspec.ValidationError as error:
        return Pyproject(), f"pyproject.toml is not as its standard says: {error}"


def main(pyproject: Pyproject) -> frozenset[str]:
    """What the project needs to run."""
    listed = pyproject.project.dependencies if pyproject.project else ()
    poetry = pyproject.tool.poetry.dependencies if pyproject.tool.poetry else {}
    return _names((*listed, *poetry))


def lists(tree: Tree, pyproject: Pyproject) -> tuple[Listed, ...]:
    """Every further list: extras, groups and files."""
    found: list[Listed] = []
    if pyproject.project:
        for name, requires in pyproject.project.optional_dependencies.items():
            found.append(Listed(kind="extra", name=name, requires=_names(requires)))
    for name, requires in _setup_cfg(tree).items():
        found.append(Listed(kind="extra", name=name, requires=_names(requires)))
    for name in pyproject.dependency_groups:
        found.append(Listed(kind="group", name=name, requires=_group(pyproject, name, set())))
    if pyproject.tool.poetry:
        for name, group in pyproject.tool.poetry.group.items():
            found.append(Listed(kind="poetry", name=name, requires=_names(group.dependencies)))
    for path in requirement_files(tree):
        lines = re.sub(r"#.*", "", tree.text(path)).splitlines()
        found.append(Listed(kind="file", name=path, requires=_names(lines)))
    return tuple(found)


def requirement_files(tree: Tree) -> tuple[str, ...]:
    """Files in pip's format, in the root and in `requirements/`; no constraints."""
    return tuple(
        name
        for name in tree.some("*requirements*.txt", "requirements/*.txt")
        if PurePosixPath(name).parent.as_posix() in (".", "requirements")
    )


def _group(pyproject: Pyproject, name: str, seen: set[str]) -> frozenset[str]:
    """A group with the groups it includes."""
    if name in seen:
        return frozenset()
    items = pyproject.dependency_groups.get(name, ())
    found = _names(item for item in items if isinstance(item, str))
    for item in items:
        if isinstance(item, dict):
            found |= _group(pyproject, item.get("include-group", ""), {*seen, name})
    return found


def _setup_cfg(tree: Tree) -> dict[str, tuple[str, ...]]:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(tree.text("setup.cfg"))
    except configparser.Error:
        return {}
    if not parser.has_section("options.extras_require"):
        return {}
    return {
        name: tuple(value.splitlines()) for name, value in parser.items("options.extras_require")
    }


def _names(requirements: Iterable[str]) -> frozenset[str]:
    found = (_NAME.match(requirement) for requirement in requirements)
    return frozenset(re.sub(r"[._-]+", "-", name[1].lower()) for name in found if name)
