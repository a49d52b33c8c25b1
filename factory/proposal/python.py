"""Python: ruff, black, mypy and pytest, by what the project configures. ruff and pytest need
not be installed: the sandbox has them.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from factory.config import GuardrailSpec
from factory.proposal import dependencies
from factory.proposal.findings import Findings, Site
from factory.proposal.requirements import lists, main, read
from factory.proposal.tree import Tree

_TESTS = ("test_*.py", "*_test.py")
_RUFF = GuardrailSpec(name="ruff", run="ruff check .", kind="ruff")
_RUFF_FORMAT = GuardrailSpec(
    name="ruff-format",
    run="ruff format --check .",
    fix="ruff format .",
    version="ruff --version",
)
_BLACK = GuardrailSpec(
    name="black", run="black --check .", fix="black .", version="black --version"
)
_PYTEST = GuardrailSpec(name="pytest", run="python -m pytest", kind="pytest", timeout=1800.0)
_TARGETS = re.compile(
    r"^\[(?:tool\.)?mypy\]\s*\n(?:(?!\[).*\n)*?[ \t]*(?:files|packages|modules)[ \t]*=",
    re.MULTILINE,
)
"""mypy's own section, where it says what to check."""
_MENTIONS = (
    "Makefile", "justfile", "tox.ini", "noxfile.py", ".pre-commit-config.yaml", "pyproject.toml",
    ".github/workflows/*.yml", ".github/workflows/*.yaml",
)  # fmt: skip


def look(site: Site) -> Findings:
    """Guardrails and environment of a Python project; nothing where there is no Python."""
    tree = site.tree
    if not tree.some("*.py"):
        return Findings()
    pyproject, problem = read(tree)
    named = main(pyproject).union(*(listed.requires for listed in lists(tree, pyproject)))
    guardrails = [_RUFF, *_format(tree, named), *_types(tree, named)]
    missing = [problem] if problem else []
    if tree.some(*_TESTS):
        guardrails.append(_PYTEST)
    else:
        missing.append("no tests found: add test_*.py files, and pytest as a guardrail with them")
    if not _configures(tree, "ruff", "ruff.toml", ".ruff.toml"):
        missing.append("ruff is not configured: its default rules are proposed")
    missing += _runners(tree)
    tools = tuple(spec.name for spec in guardrails if spec.name in ("black", "mypy", "pytest"))
    found = dependencies.look(tree, pyproject, tools)
    return Findings(guardrails=tuple(guardrails), missing=tuple(missing)) + found


def _format(tree: Tree, named: frozenset[str]) -> list[GuardrailSpec]:
    texts = "\n".join(tree.text(name) for name in tree.some(*_MENTIONS))
    if "black" in named or _configures(tree, "black") or re.search(r"psf/black|\bblack \.", texts):
        return [_BLACK]
    if re.search(r"ruff-format|ruff format|^\[tool\.ruff\.format\]", texts, re.MULTILINE):
        return [_RUFF_FORMAT]
    return []


def _types(tree: Tree, named: frozenset[str]) -> list[GuardrailSpec]:
    configured = _configures(tree, "mypy", "mypy.ini", ".mypy.ini")
    hook = "mirrors-mypy" in tree.text(".pre-commit-config.yaml")
    if not (configured or hook or "mypy" in named):
        return []
    texts = (tree.text(name) for name in ("pyproject.toml", "mypy.ini", ".mypy.ini", "setup.cfg"))
    targets = any(_TARGETS.search(text) for text in texts)
    run = "mypy" if configured and targets else f"mypy {_sources(tree)}"
    return [GuardrailSpec(name="mypy", run=run, version="mypy --version")]


def _configures(tree: Tree, tool: str, *files: str) -> bool:
    """Whether a tool has a file or a section of its own."""
    section = re.compile(rf"^\[(?:tool\.)?{tool}[\].:-]", re.MULTILINE)
    shared = ("pyproject.toml", "setup.cfg", "tox.ini")
    return bool(tree.first(files)) or any(section.search(tree.text(name)) for name in shared)


def _sources(tree: Tree) -> str:
    """What to check: `src`, else the packages in the root, else everything."""
    if tree.some("src/**/*.py"):
        return "src"
    packages = [PurePosixPath(name).parts for name in tree.some("*/__init__.py")]
    roots = sorted({parts[0] for parts in packages if parts[0] not in ("tests", "test", "docs")})
    plain = [name for name in roots if re.fullmatch(r"\w+", name)]
    return " ".join(plain) or "."


def _runners(tree: Tree) -> list[str]:
    found = [
        ("tox", "tox.ini" in tree or _configures(tree, "tox")),
        ("nox", "noxfile.py" in tree),
    ]
    return [
        f"{name} is not proposed: it builds environments from the network, which guardrails do "
        "not have; its commands can be guardrails one by one"
        for name, there in found
        if there
    ]
