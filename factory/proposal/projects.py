"""Projects in folders of their own, each with its own lock file. Pure."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath

from msgspec.structs import replace

from factory.config import FILE, EnvironmentSpec, GuardrailSpec
from factory.proposal.findings import Findings
from factory.proposal.tree import Tree

_LOCKS = (
    "uv.lock", "poetry.lock", "package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml",
    "yarn.lock", "bun.lock", "bun.lockb", "Cargo.lock", "go.mod",
)  # fmt: skip
_NOT = frozenset(
    {"test", "tests", "testdata", "fixtures", "spec", "example", "examples", "docs", "templates"}
)
"""Folders whose projects are there to be looked at, not to be built."""
_MOST = 12
_MOST_SHARED = 30
_ENV = re.compile(r"(?<![\w/.-])/env(?=[/\s]|$)")
_VENV = "python3 -m venv /env"


def folders(tree: Tree) -> tuple[str, ...]:
    """Folders below the root with a lock file, but none inside another one of them."""
    found: list[str] = []
    for name in sorted(tree.some(*_LOCKS), key=lambda name: (name.count("/"), name)):
        folder = str(PurePosixPath(name).parent)
        parts = folder.split("/")
        if folder == "." or _NOT.intersection(parts) or folder in found:
            continue
        if not any(folder.startswith(f"{outer}/") for outer in found):
            found.append(folder)
    return tuple(found[:_MOST])


def together(tree: Tree, root: Findings, below: Mapping[str, Findings]) -> Findings:
    """What is found below, as commands for the root of the whole repository.

    A guardrail runs where its folder is touched, and where anything is that belongs to none.
    """
    shared = _shared(tree, tuple(below))
    several = sum(map(_is_python, (root, *below.values()))) > 1
    total = Findings()
    for folder, found in below.items():
        total += _within(folder, found, shared, own_path=several and _is_python(found))
    return total


def _shared(tree: Tree, folders: Sequence[str]) -> tuple[str, ...] | None:
    """Globs of all else in the repository; None where those are too many to be read."""
    names = [name.partition("/") for name in tree.without(folders).names]
    globs = dict.fromkeys((FILE, *(f"{top}/**" if slash else top for top, slash, _ in names)))
    return tuple(globs) if len(globs) <= _MOST_SHARED else None


def _is_python(found: Findings) -> bool:
    return _VENV in found.environment.setup


def _within(
    folder: str, found: Findings, shared: tuple[str, ...] | None, *, own_path: bool
) -> Findings:
    own = f"/env/{_slug(folder)}"
    go = f"cd {shlex.quote(folder)}"
    start = f'{go} && PATH="{own}/bin:$PATH"' if own_path else go
    spec = found.environment
    when = () if shared is None else (f"{folder}/**", *shared)
    setup = [f"{go} && {command}" for command in _moved(spec.setup, own)]
    if setup:
        setup.insert(0, f"mkdir -p {own}")
    return Findings(
        guardrails=tuple(_guardrail(one, folder, start, when) for one in found.guardrails),
        environment=EnvironmentSpec(
            setup=tuple(setup),
            inputs=tuple(f"{folder}/{name}" for name in spec.inputs),
            toolchain=spec.toolchain,
            path=(*([f"{own}/bin"] if _is_python(found) else []), *spec.path),
            env=spec.env,
            prepare=tuple(f"(cd {shlex.quote(folder)} && {c})" for c in _moved(spec.prepare, own)),
        ),
        missing=tuple(f"{folder}: {sentence}" for sentence in found.missing),
    )


def _moved(commands: Iterable[str], own: str) -> Iterable[str]:
    """The same commands for an environment that has a folder of its own."""
    return (_ENV.sub(own, command) for command in commands)


def _guardrail(
    spec: GuardrailSpec, folder: str, start: str, when: tuple[str, ...]
) -> GuardrailSpec:
    return replace(
        spec,
        name=f"{_slug(folder)}-{spec.name}"[-40:].lstrip("-._"),
        run=f"{start} && {spec.run}",
        fix=f"{start} && {spec.fix}" if spec.fix else "",
        version=f"{start} && {spec.version}" if spec.version else "",
        when=when,
    )


def _slug(folder: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", folder)
